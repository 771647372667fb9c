"""Rules by group are learnt on customers whom the estimator was not trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from equipoise.fairness.mitigation import MixDecisions, SetThresholds
from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation.after._held_out import _split


class Noting(GaussianNB):
    """Keeps the names of the rows it is trained on and asked about."""

    trained: ClassVar[list] = []
    asked: ClassVar[list] = []

    def fit(self, X, y):
        type(self).trained = [*X.index]
        type(self).asked = []
        return super().fit(X, y)

    def predict_proba(self, X):
        type(self).asked.append([*X.index])
        return super().predict_proba(X)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7])
def test_the_rule_is_learnt_on_a_share_of_each_cell_and_on_no_trained_row(few, share):
    model = SetThresholds(Noting(), holdout=share, random_state=0)
    model.fit(few.X, few.y, group=few.group)
    trained, held = set(Noting.trained), set(Noting.asked[0])
    assert trained | held == set(few.X.index)
    assert not trained & held
    assert model.n_held_out_ == len(held)
    cells = pd.crosstab([few.group, few.y], few.X.index.isin(held), normalize="index")
    assert cells[True].to_numpy() == pytest.approx(share, abs=0.02)


@settings(max_examples=20)
@given(
    cells=st.lists(st.tuples(st.integers(2, 9), st.integers(2, 9)), min_size=2, max_size=5),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 99),
)
def test_every_cell_is_on_both_sides_whatever_the_share_and_the_names(cells, share, seed):
    codes = np.repeat(np.arange(len(cells)), [sum(cell) for cell in cells])
    y = np.concatenate([np.repeat([0, 1], cell) for cell in cells])
    rows = Rows(np.arange(len(y))[:, None], y, codes, [*"abcde"[: len(cells)]])
    train, held = _split(rows, share, np.random.RandomState(seed))
    assert sorted([*train.X.ravel(), *held.X.ravel()]) == [*range(len(y))]
    for part in (train, held):
        assert len({*zip(part.codes, part.y, strict=True)}) == 2 * len(cells)
    renamed = replace(rows, codes=len(cells) - 1 - codes)
    assert (_split(renamed, share, np.random.RandomState(seed))[1].X == held.X).all()


def test_a_rule_learnt_on_trained_rows_would_not_hold_for_anybody_else(draw):
    rows, others = draw(600), draw(6000, seed=1)
    overfit = KNeighborsClassifier(1)  # right about every row that it was trained on
    held_out = MixDecisions(overfit, random_state=0).fit(rows.X, rows.y, group=rows.group)
    trained = overfit.fit(rows.X, rows.y)
    fooled = MixDecisions(trained, prefit=True).fit(rows.X, rows.y, group=rows.group)
    assert fooled.chances_.to_numpy() == pytest.approx(np.array([[0, 1], [0, 1]]))
    gaps = [
        others.gaps(model.selection_chance(others.X, group=others.group))["positive"]
        for model in (held_out, fooled)
    ]
    assert gaps[1] > 0.1
    assert gaps[0] < gaps[1] / 2


def test_a_fitted_estimator_is_used_as_it_is_and_all_rows_are_for_the_rule(few):
    trained = Noting().fit(few.X[:100], few.y[:100])
    rest = few.take(np.arange(100, 300))
    model = MixDecisions(trained, prefit=True).fit(rest.X, rest.y, group=rest.group)
    assert model.estimator_ is trained
    assert len(Noting.trained) == 100
    assert model.n_held_out_ == 200


def test_a_frozen_estimator_survives_cloning(few):
    trained = GaussianNB().fit(few.X[:100], few.y[:100])
    model = clone(MixDecisions(FrozenEstimator(trained), prefit=True))
    model.fit(few.X, few.y, group=few.group)
    assert (model.estimator_.predict(few.X) == trained.predict(few.X)).all()


def test_coins_are_independent_of_who_was_held_out(draw):
    rows = draw(6000)
    model = MixDecisions(Noting(), random_state=5).fit(rows.X, rows.y, group=rows.group)
    chance = model.selection_chance(rows.X, group=rows.group)
    excess = model.predict(rows.X, group=rows.group) - chance
    held = ~rows.X.index.isin(Noting.trained)
    coins = (chance > 0.1) & (chance < 0.9)
    assert coins.sum() > 500
    # With shared numbers the difference would be near 0.5; this is five standard errors.
    assert abs(excess[coins & held].mean() - excess[coins & ~held].mean()) < 5 / np.sqrt(
        coins.sum()
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"holdout": 0}, "holdout must leave rows in both parts, got 0. Use 0.5."),
        ({"holdout": 1.0}, "holdout must leave rows in both parts, got 1.0. Use 0.5."),
        ({"holdout": "half"}, "holdout must be a number in [0, 1], got 'half'. Use 0.5."),
    ],
)
def test_a_share_that_leaves_a_part_empty_is_refused(refusal_of, few, changes, message):
    assert refusal_of(MixDecisions(GaussianNB(), **changes), few) == message


def test_a_cell_that_cannot_be_on_both_sides_is_refused(refusal_of, few):
    first = np.flatnonzero((few.group == "b") & (few.y == 1))[0]
    kept = (few.group == "a") | (few.y == 0) | (few.y.index == first)
    rows = few.take(np.flatnonzero(kept))
    assert refusal_of(MixDecisions(GaussianNB()), rows) == (
        "group 'b' must have at least two positive rows, one to train on and one to hold out, "
        "got 1. Merge small groups first, or pass a fitted estimator with prefit=True."
    )


def test_a_group_of_one_outcome_is_refused(refusal_of, few):
    rows = few.take(np.flatnonzero((few.group == "a") | (few.y == 0)))
    assert refusal_of(MixDecisions(GaussianNB()), rows) == (
        f"group 'b' must have rows of both outcomes, got 0 positive of {(rows.group == 'b').sum()}. "
        "Merge small groups first."
    )


def test_an_estimator_that_is_not_fitted_is_not_taken_for_fitted(few):
    with pytest.raises(NotFittedError):
        MixDecisions(GaussianNB(), prefit=True).fit(few.X, few.y, group=few.group)


@pytest.mark.parametrize("coded", [{0: 1, 1: 2}, {0: "no", 1: "yes"}])
def test_an_estimator_trained_on_another_coding_is_refused(refusal_of, few, coded):
    trained = LogisticRegression().fit(few.X, few.y.map(coded))
    assert refusal_of(SetThresholds(trained, prefit=True), few) == (
        f"estimator must be trained on outcomes coded 0 and 1, got {coded[0]}, {coded[1]}. "
        "Train it on coded outcomes, some of each."
    )


def test_an_estimator_trained_on_booleans_is_fine(few):
    trained = LogisticRegression().fit(few.X, few.y == 1)
    model = SetThresholds(trained, prefit=True).fit(few.X, few.y, group=few.group)
    assert model.score(few.X, few.y, group=few.group) > 0.5
