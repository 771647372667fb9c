"""A planted leak is named with its evidence; clean tasks and chance are not accused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import CRM, make_crm
from equipoise.exceptions import InputError
from equipoise.intervals import area_under_curve
from equipoise.models.leaks import find_leaks

COLUMNS = ["feature", "evidence", "value", "low", "high", "level", "note"]


def test_the_length_of_the_call_is_named_with_three_kinds_of_evidence(offer, planted, duration):
    days = pd.Timedelta(days=1) * np.random.default_rng(1).integers(0, 5, len(offer))
    found = find_leaks(
        planted(offer, duration=duration),
        recorded_at={"duration": pd.Timestamp("2026-03-01") + days, "orders_3m": "2026-03-01"},
        decided_at="2026-03-01",
        model="logistic",
        seed=7,
    )
    assert found.suspects == ("duration",)
    frame = found.frame().set_index("evidence")
    assert list(found.frame()) == COLUMNS
    assert [*frame.index] == ["alone", "recorded_after", "added_back"]
    assert frame.loc["alone", "value"] == area_under_curve(offer.y, duration).value
    assert frame.loc["alone", "low"] > 0.9 == frame.loc["alone", "level"]
    assert frame.loc["alone", "note"] == "higher numbers"
    assert 0.75 < frame.loc["recorded_after", "value"] < 0.85
    worst = int(np.argmax(days))
    assert frame.loc["recorded_after", "note"].endswith(
        f"at worst 4 days after the decision (row {worst})"
    )
    assert frame.loc["added_back", "low"] > 0.1


def test_its_evidence_reads_as_sentences(offer, planted, duration):
    told = find_leaks(planted(offer, duration=duration)).explain().splitlines()
    features = len(offer.file.features) + 1
    assert told[0].startswith(f"{features} features were searched alone in ")
    assert told[0].endswith(" ways; the ranges of areas hold for all of them at once.")
    assert told[1].startswith("'duration': area 0.9")
    assert told[1].endswith("] from this feature alone, by higher numbers.")
    assert told[2:] == ["No dates of recording were given, so none was compared with the decision."]


@pytest.fixture(scope="module")
def other() -> CRM:
    return make_crm(customers=1500, seed=11)


@pytest.mark.parametrize("name", ["offer_response", "churn_90d", "case_priority", "coupon_uplift"])
@pytest.mark.parametrize("drawn", ["world", "other"])
def test_nothing_is_named_on_a_clean_world(name, drawn, request):
    crm = request.getfixturevalue(drawn)
    found = find_leaks(crm.task(name))
    assert found.suspects == ()
    assert list(found.frame()) == COLUMNS
    assert not len(found.frame())
    areas = found.searched()["value"]
    assert areas.isna().all() or (not areas.isna().any() and areas.max() < 0.8)
    told = f"{len(areas)} of {len(areas)} could not be judged alone"
    assert (told in found.explain()) == areas.isna().any()
    assert "None is named at level 0.9. A leak that only hints stays below it." in found.explain()


def test_chance_is_not_named_though_it_exceeds_the_level(small):
    rng = np.random.default_rng(5)
    above = 0
    for _ in range(60):
        y = rng.permutation(np.repeat([0, 1], [30, 12]))
        found = find_leaks(small(rng.normal(size=42), y), level=0.62)
        above += found.searched()["value"].iloc[0] > 0.62
        assert found.suspects == ()
    assert above > 8


def test_what_lies_above_the_level_but_could_be_chance_is_said(small):
    y = np.repeat([0, 1], [20, 12])
    found = find_leaks(small(np.arange(32.0) - 14 * (np.arange(32) == 31), y))
    (row,) = found.searched().itertuples()
    assert row.low < 0.9 < row.value
    assert row.note == "higher numbers (above the level, but chance is not excluded)"
    assert found.suspects == ()
    assert "'x' is not named: area 0.9" in found.explain()


def test_what_a_suspect_adds_is_said_with_its_interval_or_why_not(small, planted):
    y = np.tile([0, 0, 1], 80)
    x = np.random.default_rng(4).gamma(2 + 6 * y)
    told = find_leaks(small(x, y), model="logistic", seed=1, level=0.8).explain()
    assert "'x': what it adds to a model is not measured: every feature is a suspect." in told
    both = planted(small(np.resize([1.0, 2.0, 3.0, 5.0], 240), y), minutes=x)
    found = find_leaks(both, model="logistic", seed=1, level=0.8)
    row = found.frame().set_index("evidence").loc["added_back"]
    assert (
        f"'minutes': added back, it raises the area by {row['value']:.3f} "
        f"[{row['low']:+.3f}, {row['high']:+.3f}] ({row['note']})."
    ) in found.explain()


def test_a_longer_search_gives_wider_intervals(offer, planted):
    rng = np.random.default_rng(2)
    more = planted(offer, **{f"noise_{k}": rng.normal(size=len(offer)) for k in range(20)})
    few, many = (find_leaks(task).searched().set_index("feature") for task in (offer, more))
    assert (many["low"].reindex(few.index) < few["low"]).all()
    assert (many["value"].reindex(few.index) == few["value"]).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"level": 0.4},
            "level must be a number in [0.5, 1], got 0.4. Use for example 0.9.",
        ),
        (
            {"model": "logistc", "seed": 1},
            "model must be a known name, got 'logistc'. Did you mean 'logistic'?",
        ),
        (
            {"model": "logistic"},
            "seed is required with a model, got None. Use a seed such as 7.",
        ),
        (
            {"decided_at": "2026-03-01"},
            "recorded_at must be given with decided_at, got None. Say when each feature was "
            "recorded, or leave out `decided_at`.",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(offer, given, message):
    with pytest.raises(InputError) as refusal:
        find_leaks(offer, **given)
    assert str(refusal.value) == message
