"""The audit as JSON: valid by its documented schema, and the frames' figures."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from equipoise.fairness import RATES, REST, Audit, audit, audit_counts

SCHEMA = json.loads(
    files("equipoise.fairness").joinpath("audit.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
Change = Callable[[dict[str, Any]], object]


def customers(**more: Any) -> Audit:
    rng = np.random.default_rng(31)
    n = 900
    groups = pd.DataFrame(
        {"band": rng.choice(["a", "b", "c"], n, p=[0.6, 0.38, 0.02]), "age": rng.integers(0, 2, n)}
    )
    score = rng.random(n)
    made = {"weights": rng.integers(1, 5, n), "unit": np.arange(n) // 2, "y_score": score}
    asked = {name: made.get(name, value) for name, value in more.items()}
    return audit(
        rng.binomial(1, 0.2 + 0.5 * score), (score > 0.6).astype(int), groups=groups, **asked
    )


def of_cells(*groups: tuple[float, ...], **more: float) -> Audit:
    cells = [
        (f"g{place}", y, d, counts[2 * y + d])
        for place, counts in enumerate(groups)
        for y in (0, 1)
        for d in (0, 1)
    ]
    table = pd.DataFrame(cells, columns=["band", "y_true", "y_pred", "count"]).assign(**more)
    return audit_counts(table)


AUDITS: dict[str, Callable[[], Audit]] = {
    "to the rest": customers,
    "to a group": lambda: customers(reference={"band": "a", "age": 1}),
    "with scores": lambda: customers(y_score=None, reference={"band": REST, "age": 0}),
    "weighted": lambda: customers(weights=None),
    "repeated customers": lambda: customers(unit=None),
    "everything": lambda: customers(weights=None, unit=None, y_score=None),
    "suppressed": lambda: customers(y_score=None).suppressed(),
    "wholly suppressed": lambda: customers().suppressed(5000),
    "a single group": lambda: of_cells((40, 30, 20, 10)),
    "a single small group": lambda: of_cells((1, 0, 2, 1)),
    "nobody contacted": lambda: of_cells((40, 0, 20, 0), (40, 0, 30, 0)),
    "one outcome": lambda: of_cells((40, 20, 0, 0), (40, 50, 0, 0)),
    "impossible conflict": lambda: of_cells((50, 50, 50, 50), (0, 10, 5, 60)),
    "noised": lambda: of_cells((40.3, -2.7, 20, 11), (30, 25.5, 20, 18), noise_scale=2.0),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(AUDITS["with scores"]().to_json())


def wrong(document: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def fields(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every field of every object that the schema describes; alternatives only narrow them."""
    if isinstance(part, dict):
        for name, value in part.get("properties", {}).items():
            yield f"{path}/{name}", value
        for name, value in part.items():
            if name not in ("oneOf", "not"):
                yield from fields(value, f"{path}/{name}")


def test_every_field_has_a_title_and_a_description():
    found = dict(fields(SCHEMA))
    assert len(found) > 50
    for path, told in found.items():
        assert told.get("title"), path
        assert told.get("description", "").endswith("."), path
    for name, told in SCHEMA["$defs"].items():
        assert told["title"], name
        assert told["description"].endswith("."), name


def test_the_metrics_of_the_schema_are_the_rates_and_the_area_under_the_curve():
    assert SCHEMA["$defs"]["metric"]["enum"] == [*RATES, "auc"]


@pytest.mark.parametrize("what", AUDITS)
def test_what_an_audit_writes_is_valid(what):
    assert wrong(json.loads(AUDITS[what]().to_json())) == []


@pytest.mark.parametrize(
    ("frame", "value"),
    [("gaps", "gap"), ("ratios", "ratio"), ("worst", "gap"), ("conflicts", "gap")],
)
def test_the_figures_are_those_of_the_frames(frame, value):
    result = AUDITS["with scores"]()
    table = getattr(result, frame)()
    rows = json.loads(result.to_json())[frame]
    assert len(rows) == len(table)
    for row, told in zip(rows, table.to_dict("records"), strict=True):
        for name in set(table) - {value, "low", "high", "note", "noise_floor"}:
            assert row[name] == told[name]
        if told["note"]:
            assert row[value] is None
            assert row["reason"] == told["note"]
        else:
            assert [row[name] for name in (value, "low", "high")] == [
                told[name] for name in (value, "low", "high")
            ]


def test_groups_hold_their_sizes_and_rates():
    result = AUDITS["with scores"]()
    frame = result.frame().set_index(["attribute", "group", "metric"]).sort_index()
    groups = json.loads(result.to_json())["groups"]
    assert len(groups) * 10 == len(frame)
    for row in groups:
        own = frame.loc[(row["attribute"], row["group"])]
        assert row["n"] == own["n"].iloc[0]
        for metric, told in own.iterrows():
            if told["note"]:
                assert row[metric] == {"value": None, "reason": told["note"]}
            else:
                assert row[metric] == told[["value", "low", "high"]].to_dict()


def test_the_reading_and_the_reference_are_those_of_the_audit():
    result = AUDITS["with scores"]()
    document = json.loads(result.to_json())
    assert document["reference"] == {"band": "the rest", "age": "0"}
    assert document["suppressed_below"] is None
    assert document["reading"] == result.readings()
    assert list(document["reading"]) == ["band", "age"]


def test_the_same_audit_writes_the_same_text():
    assert AUDITS["everything"]().to_json() == AUDITS["everything"]().to_json()


def at(document: dict[str, Any], part: str) -> dict[str, Any]:
    return next(row for row in document[part] if row.get("gap", row.get("ratio")) is not None)


CHANGES: dict[str, Change] = {
    "another version": lambda d: d.update(schema="equipoise.audit/2"),
    "an unknown field": lambda d: d.update(verdict="fair"),
    "no methods": lambda d: d.update(methods=[]),
    "no gaps at all": lambda d: d.pop("gaps"),
    "a minimum that hides nothing": lambda d: d.update(suppressed_below=1),
    "a reference that is no text": lambda d: d["reference"].update(band=1),
    "a reading that is no list": lambda d: d["reading"].update(band="all is well"),
    "no groups": lambda d: d.update(groups=[]),
    "a group without a name": lambda d: d["groups"][0].pop("group"),
    "a group without accuracy": lambda d: d["groups"][0].pop("accuracy"),
    "a group with an unknown rate": lambda d: d["groups"][0].update(lift={"value": None}),
    "half a row": lambda d: d["groups"][0].update(n=12.5),
    "a rate above one": lambda d: d["groups"][0]["accuracy"].update(value=1.2),
    "a rate as text": lambda d: d["groups"][0]["accuracy"].update(value="0.7"),
    "a rate without an interval": lambda d: d["groups"][0]["accuracy"].pop("low"),
    "a rate with a p-value": lambda d: d["groups"][0]["accuracy"].update(p=0.04),
    "a missing rate without a reason": lambda d: d["groups"][0].update(accuracy={"value": None}),
    "a rate that is told and not told": lambda d: d["groups"][0]["accuracy"].update(reason="no"),
    "bounds of nothing": lambda d: d["groups"][0].update(
        accuracy={"value": None, "low": 0, "high": 1, "reason": "no"}
    ),
    "a gap below minus one": lambda d: at(d, "gaps").update(gap=-1.01),
    "a gap of an unknown metric": lambda d: at(d, "gaps").update(metric="lift"),
    "a gap to nobody": lambda d: at(d, "gaps").pop("reference"),
    "a gap that is gone": lambda d: at(d, "gaps").update(gap=None),
    "a negative ratio": lambda d: at(d, "ratios").update(ratio=-0.1),
    "a ratio of a mean": lambda d: at(d, "ratios").update(metric="balanced_accuracy"),
    "a largest gap with a sign": lambda d: at(d, "worst").update(gap=-0.1),
    "a largest gap without a floor": lambda d: at(d, "worst").pop("noise_floor"),
    "a conflict with another supposition": lambda d: at(d, "conflicts").update(if_equal="accuracy"),
    "a conflict about another rate": lambda d: at(d, "conflicts").update(then="auc"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_document_is_not_valid(document, what):
    changed = copy.deepcopy(document)
    CHANGES[what](changed)
    assert wrong(changed)
