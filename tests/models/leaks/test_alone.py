"""Each feature alone: numbers, codes, blanks; customers and not rows are the sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.intervals import area_under_curve
from equipoise.intervals.search import simultaneous
from equipoise.models.leaks import find_leaks
from equipoise.models.leaks._alone import each_alone


def test_the_interval_is_that_of_the_area_at_the_confidence_of_the_search(small):
    rng = np.random.default_rng(0)
    y = np.tile([0, 0, 1], 60)
    x = rng.normal(size=180) + y
    table, ways = each_alone(small(x, y), 0.9)
    told = area_under_curve(y, x, confidence=simultaneous(ways, 0.95))
    assert table.loc[0, ["value", "low", "high"]].tolist() == pytest.approx([*told])
    assert ways == 2


def test_a_code_whose_order_says_nothing_is_read_by_its_rates(small):
    y = np.tile([0, 1, 0, 0], 60)
    x = np.tile([1.0, 2.0, 3.0, 4.0], 60)
    (row,) = find_leaks(small(x, y)).frame().itertuples()
    assert (row.value, row.evidence) == (1.0, "alone")
    assert row.note == (
        "outcome rate per value, learnt on one half of the customers, judged on the other"
    )


def test_a_value_that_recognises_the_customer_is_no_leak(small):
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(60), 8)
    y = rng.permutation(np.arange(60) % 2)[unit]
    postcode = rng.permutation(60)[unit].astype(float)
    assert find_leaks(small(postcode, y, unit)).suspects == ()
    assert find_leaks(small(postcode, y)).suspects == ("x",)


def test_repeating_every_row_of_a_customer_adds_no_evidence(small):
    rng = np.random.default_rng(2)
    y = np.tile([0, 1], 40)
    x = rng.normal(size=80) + 2 * y
    once = find_leaks(small(x, y)).searched()
    again = find_leaks(small(np.tile(x, 5), np.tile(y, 5), np.tile(np.arange(80), 5))).searched()
    assert again["value"].tolist() == pytest.approx(once["value"].tolist())
    assert again["low"].iloc[0] <= once["low"].iloc[0] + 0.02


def test_blanks_that_know_the_outcome_are_evidence_of_their_own(task_of):
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 400)
    blank = np.where(rng.random(400) < 0.03, 1 - y, y) == 1
    table = pd.DataFrame(
        {
            "id": np.arange(400),
            "band": np.resize(["a", "b"], 400),
            "bought": y,
            "age": rng.integers(20, 80, 400),
            "reached": np.where(blank, np.nan, rng.integers(1, 500, 400)),
        }
    )
    found = find_leaks(task_of(table, missing={"reached": 250.0}))
    frame = found.frame().set_index("evidence")
    assert found.suspects == ("reached",)
    assert frame.loc["its_blanks", "note"] == "higher numbers"
    assert frame.loc["its_blanks", "value"] == pytest.approx(0.97, abs=0.02)


def test_few_customers_of_an_outcome_are_not_estimable(small):
    y = np.repeat([0, 1], [40, 9])
    (row,) = find_leaks(small(np.arange(49.0), y)).searched().itertuples()
    assert np.isnan(row.value)
    assert row.note == "not estimable (n=9)"


def test_where_half_the_customers_are_too_few_the_whole_is_judged_by_another_way(small):
    y = np.repeat([0, 1], [80, 14])
    (row,) = find_leaks(small(np.tile([1.0, 2.0], 47), y)).searched().itertuples()
    assert row.note in ("higher numbers", "lower numbers", "being 1 or not")
    assert row.low < row.value < row.high


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_the_order_of_rows_does_not_matter(small_seed):
    from equipoise.task import TaskFile, build_task

    rng = np.random.default_rng(small_seed)
    n = 60
    frame = pd.DataFrame(
        {
            "id": rng.integers(0, 40, n),
            "y": np.resize([0, 1], n),
            "band": np.resize(["a", "b"], n),
            "x": rng.integers(0, 6, n),
        }
    )
    file = TaskFile(
        name="small",
        source={"file": "none"},
        unit="id",
        rows_per_unit=n,
        outcome={"column": "y", "positive": "1", "negative": "0"},
        groups={"band": {"reference": "a"}},
        features={"x": {"type": "number"}},
    )
    shuffled = frame.iloc[rng.permutation(n)]
    one, other = (find_leaks(build_task(each, file)).searched() for each in (frame, shuffled))
    pd.testing.assert_frame_equal(one, other)
