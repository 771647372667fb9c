"""Effects of a task, cross-fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator

from equipoise.exceptions import InputError
from equipoise.models.uplift._campaign import Campaign
from equipoise.models.uplift._cells import dealt
from equipoise.models.uplift._effects import UPLIFT_LEARNERS, effects, uplift_learner


@pytest.mark.parametrize("model", ["logistic", "hist_gradient_boosting"])
@pytest.mark.parametrize("learner", UPLIFT_LEARNERS)
def test_every_learner_ranks_by_the_effect(campaign_task, learner, model):
    task = campaign_task(2500)
    found = effects(task, learner, model=model, folds=2, seed=1)
    assert np.corrcoef(found, task.X["visits"])[0, 1] > 0.4
    assert found.mean() == pytest.approx(0.09, abs=0.06)


def test_the_seed_alone_decides(campaign_task):
    task = campaign_task()
    one, again, other = (effects(task, folds=2, seed=seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


class Counting(BaseEstimator):
    """Predicts how many of the customers at hand it has been fitted on."""

    def fit(self, X, y, treatment, probability, *, unit=None):
        assert set(probability) == {0.7}
        self.seen_ = set(X["visits"])
        return self

    def predict(self, X):
        return X["visits"].isin(self.seen_).to_numpy(dtype=float)


def test_nobody_is_scored_by_a_learner_that_has_seen_them(campaign_task):
    task = campaign_task(600, repeats=3)
    task = replace(task, X=task.X.assign(visits=task.unit.astype(float)))
    assert (effects(task, Counting(), seed=0) == 0).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), min_size=2), st.data())
def test_parts_keep_customers_whole_and_are_even(rows, data):
    folds = data.draw(st.integers(2, 4))
    codes, treated, y = (np.array(part, dtype=int) for part in zip(*rows, strict=True))
    codes = pd.factorize(codes, sort=True)[0]
    part = dealt(Campaign(y, treated, np.full(len(y), 0.5), codes), folds, 0)
    assert (pd.Series(part).groupby(codes).nunique() == 1).all()
    sizes = np.bincount(pd.Series(part).groupby(codes).first(), minlength=folds)
    assert np.ptp(sizes) <= 1


def test_parts_have_as_many_of_each_arm_and_outcome_but_for_one(campaign):
    drawn = campaign(503, 1)
    part = dealt(Campaign(drawn.y, drawn.treatment, drawn.probability, None), 5, 3)
    for cell in range(4):
        own = part[2 * drawn.treatment + drawn.y == cell]
        assert np.ptp(np.bincount(own, minlength=5)) <= 1


def test_parts_go_by_customer_and_not_by_the_order_of_rows(campaign_task):
    task = campaign_task()
    order = np.random.default_rng(0).permutation(len(task))
    shuffled = effects(task.take(order), "two_model", seed=1)
    assert shuffled == pytest.approx(effects(task, "two_model", seed=1)[order], abs=1e-4)


def test_a_lot_without_a_known_probability_is_the_same_as_one_with_the_share(campaign_task):
    task = campaign_task(chance=False)
    chance = pd.Series(np.full(len(task), task.treatment.mean()))
    known = replace(task, treatment_probability=chance)
    assert effects(task, "two_model", seed=1, probability="randomised") == pytest.approx(
        effects(known, "two_model", seed=1)
    )


def test_a_fold_that_leaves_too_few_is_refused(campaign_task):
    task = campaign_task()
    positive = np.flatnonzero((task.treatment == 0) & (task.y == 1))
    kept = np.setdiff1d(np.arange(len(task)), positive[12:])
    small = task.take(kept)
    small = replace(small, treatment_probability=small.treatment_probability * 0 + 0.75)
    with pytest.raises(InputError) as refusal:
        effects(small, seed=0)
    assert str(refusal.value) == (
        "campaign must have at least 10 customers of either outcome in either arm to learn from, got "
        "9 left alone with it. Use more customers, or more folds so that each model sees more of them."
    )


def test_unknown_names_are_refused(campaign_task):
    task = campaign_task()
    for named, message in (
        ({"learner": "doubly_rubust"}, "learner must be a known name, got 'doubly_rubust'. Did you "
         "mean 'doubly_robust'?"),
        ({"model": "logistik"}, "model must be a known name, got 'logistik'. Did you mean "
         "'logistic'?"),
        ({"folds": 1}, "folds must be a whole number of at least 2, got 1. Use 5 or 10."),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1. Use a seed such as 7."),
    ):  # fmt: skip
        with pytest.raises(InputError) as refusal:
            effects(task, **({"seed": 0} | named))
        assert str(refusal.value) == message
    with pytest.raises(InputError):
        uplift_learner(task, "s_learner")
