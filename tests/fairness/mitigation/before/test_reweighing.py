"""Reweighing: the closed form, through AIF360, without its side effects."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import reweighing

BOTH_OUTCOMES = st.lists(
    st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=7
)  # negatives and positives of each group


def rows_of(cells: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return shuffled outcomes and group numbers with these counts of negatives and positives."""
    group = np.repeat(np.arange(len(cells)), [sum(cell) for cell in cells])
    y = np.concatenate([np.repeat([0, 1], cell) for cell in cells])
    order = np.random.default_rng(len(y)).permutation(len(y))
    return y[order], group[order]


@settings(max_examples=20, deadline=None)
@given(BOTH_OUTCOMES)
def test_weights_are_expected_over_observed_shares(cells):
    y, group = rows_of(cells)
    weights = reweighing(y, group)
    for k in range(len(cells)):
        for outcome in (0, 1):
            cell = (group == k) & (y == outcome)
            expected = (group == k).mean() * (y == outcome).mean() / cell.mean()
            assert weights[cell] == pytest.approx(expected, rel=1e-12)
    assert weights.sum() == pytest.approx(len(y))
    rates = [np.average(y[group == k], weights=weights[group == k]) for k in range(len(cells))]
    assert np.ptp(rates) < 1e-12


@pytest.mark.parametrize(
    "coded",
    [
        lambda g: pd.Series(g).map({0: "woman", 1: "man", 2: "<b>"}),
        lambda g: pd.Series(g, index=range(5, 5 + len(g))),
        lambda g: pd.Series(g).astype(float),
        lambda g: pd.Series(g, dtype="Int64"),
        lambda g: pd.Series(g).map({0: "x", 1: "y", 2: "z"}).astype("category"),
        lambda g: pd.Series(g + 7),
        lambda g: g.tolist(),
    ],
)
def test_the_coding_of_the_groups_changes_nothing(coded):
    y, group = rows_of([(20, 10), (5, 25), (7, 7)])
    assert reweighing(y, coded(group)) == pytest.approx(reweighing(y, group), rel=1e-12)


@pytest.mark.parametrize("kind", [bool, float, "Int64", "boolean", "category"])
def test_the_coding_of_the_outcome_changes_nothing(kind):
    y, group = rows_of([(20, 10), (5, 25)])
    typed = pd.Series(y).astype(kind)
    assert reweighing(typed, group) == pytest.approx(reweighing(y, group), rel=1e-12)


def test_arguments_are_not_changed():
    y, group = rows_of([(20, 10), (5, 25)])
    series = pd.Series(group)
    copies = y.copy(), series.copy()
    reweighing(y, series)
    assert (y == copies[0]).all()
    pd.testing.assert_series_equal(series, copies[1])


@pytest.mark.parametrize("level", [logging.NOTSET, logging.INFO, logging.CRITICAL])
def test_logging_is_left_as_it_was_found(level, monkeypatch, caplog):
    monkeypatch.delitem(sys.modules, "aif360.sklearn.preprocessing", raising=False)
    before = logging.root.manager.disable
    logging.disable(level)
    try:
        reweighing([0, 1, 0, 1], ["a", "a", "b", "b"])
        assert logging.root.manager.disable == level
    finally:
        logging.disable(before)
    assert not caplog.records


@pytest.mark.parametrize(
    ("y", "group", "message"),
    [
        (
            [0, 1, 1, 1], ["a", "a", "b", "b"],
            "group 'b' must have rows of both outcomes to be reweighed, got 2 positive of 2. "
            "Merge small groups first.",
        ),
        (
            [0, 0, 0, 1], ["a", "a", "b", "b"],
            "group 'a' must have rows of both outcomes to be reweighed, got 0 positive of 2. "
            "Merge small groups first.",
        ),
        ([1, 2], ["a", "b"], "y must be coded 0 and 1, got 2. Code the positive value as 1."),
        (
            [0, 1, 0], ["a", "b"],
            "y and group must have the same number of rows, got 3 and 2. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            pd.Series([0, 1]), pd.Series(["a", "a"], index=[1, 0]),
            "y and group must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
        (
            [0, 1], pd.Series(["a", None], name="band"),
            "group 'band' must not be missing, got 1 of 2 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_reweighed_are_refused(y, group, message):
    with pytest.raises(InputError) as refusal:
        reweighing(y, group)
    assert str(refusal.value) == message
