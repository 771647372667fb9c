"""A saved decision comes back exactly, and is refused once it is not what its sweep says."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError, StalePolicyError, StalePolicyWarning
from equipoise.tradeoff import Policy, choose, read_policy
from equipoise.tradeoff._policy_file import SavedPolicy

INF = float("inf")
FIELDS = [field.name for field in dataclasses.fields(SavedPolicy)]
LIMITS = {"epsilon": 2, "selection_gap": 0.15}


@pytest.fixture
def result(sweep_of):
    return sweep_of(
        [
            {"profit_eur": 900.0, "epsilon": 4.0, "selection_gap": 0.1},
            {"profit_eur": 800.0 / 3, "epsilon": 2.0, "selection_gap": 0.1},
            {"profit_eur": 200.0, "epsilon": 1.0, "selection_gap": 0.05},
        ],
        seeds=2,
        replicates=20,
        noise=0.01,
    )


@pytest.fixture
def path(result, tmp_path):
    choose(result, LIMITS, justification="Agreed on 3 May.").save(tmp_path / "choice.json")
    return tmp_path / "choice.json"


def same(saved, choice):
    for name in FIELDS:
        one, other = getattr(saved, name), getattr(choice, name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_exact=True)
        else:
            assert one == other, name


def choices(result, sweep_of):
    guarantee = {"model": "m1", "epsilon": 2.0, "guarantee": {"epsilon": 2.0, "covers": ["it"]}}
    promised = dataclasses.replace(result, manifest={**result.manifest, "guarantees": [guarantee]})
    blind = {"auc": np.nan, "opt_outs": np.nan}
    yield promised, choose(promised, LIMITS, justification="Wir sagten „ja“.\n")
    yield result, choose(result, {"epsilon": INF, "profit_eur": 1 / 3}, maximise="auc")
    yield result, choose(result, {"epsilon": np.float64(0.1), "selection_gap": 0})
    yield result, choose(result, {})
    lone = sweep_of([blind], replicates=5)
    yield lone, choose(lone, {"attack_advantage": 0.9})
    yield lone, choose(lone, {"attack_advantage": 0.1}, maximise="lift_at_10")


def test_what_is_read_is_what_was_saved(result, sweep_of, tmp_path):
    path = tmp_path / "choice.json"
    for sweep, choice in choices(result, sweep_of):
        choice.save(path)
        same(read_policy(path), choice)
        same(read_policy(path, sweep), choice)
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_is_strict_json_that_says_what_it_is(result, path, sweep_of):
    def fail(name):
        pytest.fail(f"{name} is no JSON")

    record = json.loads(path.read_text("utf-8"), parse_constant=fail)
    assert [*record] == ["format", "version", *FIELDS, "digest"]
    assert (record["format"], record["version"]) == ("equipoise policy", 1)
    assert record["policy"] == {
        "model": "m1", "mitigation": "none", "epsilon": 2.0, "consent_policy": "as_given",
    }  # fmt: skip
    assert record["limits"] == LIMITS
    assert record["justification"] == "Agreed on 3 May."
    assert record["sweep_digest"] == result.manifest["digest"]
    assert record["task_digest"] == result.manifest["task_digest"]
    assert record["plan"] == result.manifest["plan"]
    assert record["internal"].startswith("Internal study")
    assert record["shadow_prices"][0]["moved_to"] == 4.0
    assert record["probability"][-1]["limit"] == "all limits"
    choose(result, {"epsilon": INF}).save(path)
    record = json.loads(path.read_text("utf-8"), parse_constant=fail)
    assert (record["limits"], record["policy"]["epsilon"]) == ({"epsilon": "inf"}, 4.0)


def test_it_cannot_be_saved_where_there_is_no_folder(result, tmp_path):
    with pytest.raises(InputError):
        choose(result, {}).save(tmp_path / "none" / "choice.json")


def test_a_justification_is_text(result):
    with pytest.raises(InputError) as refused:
        choose(result, {}, justification=3)
    assert str(refused.value) == "justification must be text, got 3. Write a sentence."
    with pytest.raises(InputError) as refused:
        choose(result, {}, justification="\udcfc")  # as a terminal hands over what is no UTF-8
    assert str(refused.value) == (
        "justification must be readable text, got '\\udcfc'. Write it in UTF-8, as files are."
    )


CHANGED = (
    "policy must be as it was written, got choice.json. Choose again and save that; a reason can be "
    "given as `justification`."
)
VERSION = (
    "policy must be a file of `equipoise report --choice` or `Choice.save`, version 1, got "
    "choice.json. Choose again with this version of equipoise and save that."
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"policy": {"model": "m0", "mitigation": "none", "epsilon": 9, "consent_policy": ""}},
            CHANGED,
        ),
        ({"limits": {"epsilon": 9.0, "selection_gap": 0.1}}, CHANGED),
        ({"justification": "Agreed on 4 May."}, CHANGED),
        ({"confirm": []}, CHANGED),
        ({"sweep_digest": "e" * 64}, CHANGED),
        ({"digest": "0" * 64}, CHANGED),
        ({"digest": None}, CHANGED),
        ({"more": 1}, CHANGED),
        ({"version": 2}, VERSION),
        ({"format": "a recipe"}, VERSION),
    ],
)
def test_an_edited_file_is_refused(path, change, message):
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(record | change), "utf-8")
    with pytest.raises(InputError) as refused:
        read_policy(path)
    assert str(refused.value) == message


def test_a_file_that_was_only_laid_out_anew_is_still_the_same(path, result):
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(record, indent=8), "utf-8")
    assert read_policy(path, result).policy == Policy("m1", "none", 2.0)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"justification"', '"justification": "Agreed on 4 May.", "justification"'),
        ("null", "NaN"),
    ],
)
def test_what_json_reads_past_is_an_edit_too(path, was, now):
    text = path.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, now, 1), "utf-8")
    with pytest.raises(InputError, match="policy must be a readable JSON file"):
        read_policy(path)


def test_a_damaged_file_is_refused(path, tmp_path):
    whole = path.read_bytes()
    for content in (
        *(whole[: len(whole) * k // 9] for k in range(9)),
        b"[]",
        b"\xff",
        b"[" * 10**5,
    ):
        path.write_bytes(content)
        with pytest.raises(InputError) as refused:
            read_policy(path)
        assert str(refused.value) == (
            f"policy must be a readable JSON file, got {path}. Write it with `equipoise report --choice`."
        )
    with pytest.raises(InputError):
        read_policy(tmp_path / "none.json")


def another(result, **rows):
    facts = {**result.manifest, "digest": "e" * 64}
    return dataclasses.replace(result, rows=result.rows.assign(**rows), manifest=facts)


def test_another_sweep_makes_it_stale_loudly(result, path):
    with pytest.raises(StalePolicyError) as refused:
        read_policy(path, another(result))
    assert isinstance(refused.value, InputError)
    assert str(refused.value) == (
        "policy must be what its sweep decides, got a stale one: the sweep is eeeeeeeeeeee, it was "
        "dddddddddddd; the pick stays m1, epsilon 2. Choose again and save that, or pass "
        "allow_stale=True."
    )


def test_a_sweep_that_decides_otherwise_says_what_changed(result, path):
    profits = result.rows["model"].map({"m0": 1.0, "m1": 2.0, "m2": 3.0})
    with pytest.raises(StalePolicyError) as refused:
        read_policy(path, another(result, profit_eur=profits))
    assert "; the pick is m2, epsilon 1, it was m1, epsilon 2; profit_eur is 200 [" in str(
        refused.value
    )
    assert "selection_gap is" not in str(refused.value)  # which is the same
    same_name = dataclasses.replace(result, rows=result.rows.assign(profit_eur=profits))
    with pytest.raises(StalePolicyError) as refused:
        read_policy(path, same_name)
    assert str(refused.value).startswith(
        "policy must be what its sweep decides, got a stale one: the pick is m2, epsilon 1, it was "
        "m1, epsilon 2; profit_eur is 200 ["
    )
    nothing = result.rows["selection_gap"] + 1
    with pytest.raises(
        StalePolicyError, match="the pick is none, it was m1, epsilon 2; profit_eur is not"
    ):
        read_policy(path, another(result, selection_gap=nothing))


def test_a_sweep_of_another_task_or_without_the_measure_says_so(result, path, tmp_path):
    other = another(result)
    other = dataclasses.replace(other, manifest={**other.manifest, "task_digest": "f" * 64})
    was = result.manifest["task_digest"][:12]
    with pytest.raises(
        StalePolicyError, match=f"; the task is ffffffffffff, it was {was}; the pick"
    ):
        read_policy(path, other)
    choose(result, {"opt_outs": 9}).save(tmp_path / "trust.json")
    with pytest.raises(
        StalePolicyError, match=r"; choosing again is refused \(limit must be a measure"
    ):
        read_policy(tmp_path / "trust.json", another(result, opt_outs=np.nan))


def test_a_stale_decision_may_be_read_with_a_warning(result, path):
    with pytest.warns(StalePolicyWarning) as heard:
        saved = read_policy(path, another(result), allow_stale=True)
    assert [str(each.message) for each in heard] == [
        "choice.json is stale: the sweep is eeeeeeeeeeee, it was dddddddddddd; the pick stays m1, "
        "epsilon 2."
    ]
    same(saved, choose(result, LIMITS, justification="Agreed on 3 May."))
