"""The report as data: valid by its schema, strict JSON, and enough to pick the same policy from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from equipoise.tradeoff import Plan, choose, report_json, sweep
from equipoise.tradeoff._measures import MEASURES
from equipoise.tradeoff._report_json import SCHEMA, write_json

INF = float("inf")
DOCUMENTED = json.loads(
    files("equipoise.tradeoff").joinpath("sweep_report.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(DOCUMENTED)


def wrong(record: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(record)]


@pytest.fixture(scope="module")
def consents(task_with):
    task = task_with(allowed={"opt_in": "agreed", "opt_out": "not_refused"}, policy="opt_in")
    plan = Plan(
        epsilons=[1, INF],
        delta=1e-6,
        models=["logistic", "private_logistic"],
        mitigations=["none", "group_thresholds", "score_gap_penalty"],
        consent_policies=["opt_in", "opt_out"],
        seeds=2,
    )
    return sweep(task, plan, jobs=1)


@pytest.fixture(scope="module")
def choice(consents):
    return choose(consents, {"epsilon": 2, "selection_gap": INF}, justification="Asked for.")


@pytest.fixture(scope="module")
def record(consents, choice):
    return report_json(consents, choice)


def fields(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(part, dict):
        for name, value in part.get("properties", {}).items():
            yield f"{path}/{name}", value
        for name, value in part.items():
            yield from fields(value, f"{path}/{name}")
    if isinstance(part, list):
        for number, value in enumerate(part):
            yield from fields(value, f"{path}/{number}")


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(DOCUMENTED)
    assert DOCUMENTED["properties"]["schema"]["const"] == SCHEMA


def test_every_field_has_a_title_and_a_description():
    found = [*fields(DOCUMENTED), *DOCUMENTED["$defs"].items()]
    assert len(found) > 150
    for path, told in found:
        assert told.get("title"), path
        assert told.get("description", "").endswith("."), path


def test_the_measures_of_the_schema_are_those_of_sweeps():
    assert DOCUMENTED["$defs"]["measure"]["enum"] == list(MEASURES)
    assert DOCUMENTED["$defs"]["limit"]["enum"] == ["epsilon", *MEASURES]


def test_a_report_is_valid_and_strict(record, tmp_path):
    assert wrong(record) == []
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    write_json(tmp_path / "report.json", record)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == record


def test_the_schema_refuses_what_is_not_so(record):
    for broken in (
        {**record, "more": 1},
        {name: told for name, told in record.items() if name != "internal"},
        {**record, "choice": {**record["choice"], "limits": {"hope": 1.0}}},
        {**record, "policies": []},
    ):
        assert len(wrong(broken)) == 1


def test_everything_that_the_page_says_is_there(record, consents, choice):
    assert record["internal"].startswith("Internal study")
    assert record["choice"]["policy"] == str(choice.policy)
    assert record["choice"]["rule"] == choice.rule
    assert record["choice"]["justification"] == "Asked for."
    assert record["choice"]["limits"] == {"epsilon": 2.0, "selection_gap": "inf"}
    assert record["choice"]["guarantee"]["epsilon"] == 1.0
    assert record["plan"]["epsilons"] == [1.0, "inf"]
    assert {row["group"] for row in record["consent"]["permitted"]} == {"a", "b", "z"}
    assert record["price_of_consent"]["reference"] == "opt_out"
    assert {row["order"] for row in record["orders"]["rows"]} >= {"privacy then mitigation"}
    assert record["effects"]["true_positive_rate"]["reference"] == "a"
    assert {price["price_of"] for price in record["prices"]} == {"noise", "bounds and optimiser"}
    assert [told["source"] for told in record["trust"]] == ["missing", "missing"]
    counted = {}
    for row in record["cells"]:
        counted[row["status"]] = counted.get(row["status"], 0) + row["cells"]
    assert counted == consents.rows["status"].value_counts().to_dict()
    assert all(row["reason"] for row in record["cells"] if row["status"] != "ok")
    first = record["policies"][0]
    assert set(first["means"]) == set(first["bands"]) == set(MEASURES)
    assert set(first["bands"]["auc"]) == {"noise and training", "customers"}
    assert first["means"]["opt_outs"] is None
    beaten = [one for one in record["policies"] if not one["membership"]["on_frontier"]]
    assert all(one["membership"]["dominated_by"] for one in beaten)


def test_without_a_pick_and_with_one_seed_it_is_valid_too(swept, sweep_of):
    none = report_json(swept, choose(swept, {"epsilon": 0.01}))
    assert wrong(none) == []
    assert none["choice"]["policy"] is None and none["choice"]["relaxations"]
    assert none["price_of_consent"] is None
    one = sweep_of([{"auc": 0.7}, {"auc": np.nan, "epsilon": 1.0}], replicates=3)
    told = report_json(one, choose(one, {}))
    assert wrong(told) == []
    assert told["orders"] is None and told["effects"]["selection_rate"] is None
    means = {row["model"]: row["means"]["auc"] for row in told["policies"]}
    assert means == {"m0": 0.7, "m1": None}


# What follows knows the JSON and the sentence of its rule, and nothing of the package.


def read_and_pick(record: dict[str, Any], limits: dict[str, float], goal: str) -> str | None:
    better = {row["name"]: row["better"] for row in record["measures"]} | {"epsilon": "smaller"}
    kept = []
    for row in record["policies"]:
        known = row["means"] | {"epsilon": float(row["epsilon"])}
        held = [
            known[name] is not None
            and (known[name] >= limit if better[name] == "larger" else known[name] <= limit)
            for name, limit in limits.items()
        ]
        if all(held) and known[goal] is not None:
            kept.append((-known[goal], known["epsilon"], row["place"], row["policy"]))
    return min(kept)[-1] if kept else None


VALUES = st.sampled_from([0.05, 0.1, 0.1 + 1e-12, 0.1 + 1e-7, 0.2, 0.3, np.nan])
POLICY = st.fixed_dictionaries(
    {
        "profit_eur": st.sampled_from([400.0, 500.0, 500.0000001, 600.0]),
        "auc": st.sampled_from([0.6, 0.7, 0.71, np.nan]),
        "selection_gap": VALUES,
        "reach_gap": VALUES,
        "worst_group_tpr": VALUES,
        "epsilon": st.sampled_from([0.5, 1.0, 2.0, INF]),
    }
)
LIMITS = st.dictionaries(
    st.sampled_from(
        ["auc", "profit_eur", "selection_gap", "reach_gap", "worst_group_tpr", "epsilon"]
    ),
    st.sampled_from([0.05, 0.1, 0.2, 0.5, 0.65, 0.7, 1.0, 2.0, 500.0, INF]),
    max_size=4,
)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(POLICY, min_size=1, max_size=6),
    st.lists(LIMITS, min_size=1, max_size=8),
    st.sampled_from(["profit_eur", "auc"]),
    st.sampled_from([1, 3]),
)
def test_two_people_given_the_report_choose_the_same_policy(sweep_of, policies, asked, goal, seeds):
    result = sweep_of(policies, replicates=3, seeds=seeds)
    there = [name for name in ("auc", "profit_eur") if result.rows[name].notna().any()]
    if goal not in there:
        goal = "profit_eur"
    lost = {"auc", "profit_eur"} - {*there}
    record = report_json(result, choose(result, {}, maximise=goal))
    for limits in asked:
        kept = {name: limit for name, limit in limits.items() if name not in lost}
        pick = choose(result, kept, maximise=goal).policy
        assert read_and_pick(record, kept, goal) == (None if pick is None else str(pick))


def test_a_reader_of_the_whole_record_needs_nothing_else(consents):
    for limits in (
        {"epsilon": 2},
        {"selection_gap": 0.2, "worst_group_tpr": 0.2},
        {"auc": 0.999},
    ):
        record = report_json(consents, choose(consents, limits))
        own = record["choice"]
        asked = {name: float(limit) for name, limit in own["limits"].items()}
        assert read_and_pick(record, asked, own["maximise"]) == own["policy"]
        first = next((row["policy"] for row in record["policies"] if row["feasible"]), None)
        assert first == own["policy"]
