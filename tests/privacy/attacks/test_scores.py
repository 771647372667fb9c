"""Scores and cuts of membership inference, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from equipoise.privacy.attacks._scores import best_cut, cut_at, membership_scores
from equipoise.privacy.attacks._shadows import Shadows, log_odds, resolution

numbers = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30).map(np.array)


@given(numbers, numbers)
@settings(max_examples=60)
def test_the_best_cut_is_the_best_of_all_cuts(members, others):
    cut, advantage = best_cut(members, others)
    tried = [
        (members >= value).mean() - (others >= value).mean() for value in np.r_[members, others]
    ]
    assert advantage == pytest.approx(max(tried))
    assert (members >= cut).mean() - (others >= cut).mean() == pytest.approx(advantage)


@given(st.integers(20, 60), st.sampled_from([0.05, 0.1, 0.33, 1 - 1e-12]), st.integers(0, 2**32))
@settings(max_examples=40)
def test_a_further_non_member_lies_above_the_cut_as_rarely_as_promised(n, rate, seed):
    others = np.random.default_rng(seed).permutation(n + 1).astype(float)
    # Each of n + 1 exchangeable customers is the further one with equal probability.
    above = [value >= cut_at(np.delete(others, k), rate) for k, value in enumerate(others)]
    assert np.mean(above) <= rate
    assert np.mean(above) >= rate - 1 / (n + 1) - 1e-12


@pytest.mark.parametrize(("n", "rate"), [(999, 0.001), (99, 0.01), (0, 0.5)])
def test_too_few_non_members_give_no_cut(n, rate):
    assert cut_at(np.arange(n, dtype=float), rate) is None
    assert cut_at(np.arange(n + 2, dtype=float), rate) is not None


def test_likelihood_ratios_are_those_of_normal_distributions():
    rng = np.random.default_rng(0)
    inside = rng.random((400, 50)).argsort(axis=0) < 200
    shift, spread = rng.uniform(0, 3, 50), rng.uniform(0.5, 2, 50)
    said = rng.normal(inside * shift, spread)
    target = rng.normal(0, 1, 50)
    scores = membership_scores(expit(target), Shadows(expit(said), inside))
    online = norm.logpdf(target, shift, spread) - norm.logpdf(target, 0, spread)
    assert scores["loss"] == pytest.approx(target)
    assert np.corrcoef(scores["likelihood ratio, online"], online)[0, 1] > 0.95
    assert np.abs(scores["likelihood ratio, offline"] - target / spread).mean() < 0.2
    assert list(membership_scores(expit(target), None)) == ["loss"]


def test_hard_customers_are_told_better_by_ratio_than_by_loss():
    rng = np.random.default_rng(1)
    easy = rng.normal(0, 5, 2000)  # how sure any model is of each customer
    inside = rng.random((32, 2000)).argsort(axis=0) < 16
    said = easy + inside + rng.normal(0, 0.5, inside.shape)
    member = rng.random(2000) < 0.5
    target = easy + member + rng.normal(0, 0.5, 2000)
    scores = membership_scores(expit(target), Shadows(expit(said), inside))
    loss, offline, online = (roc_auc_score(member, score) for score in scores.values())
    assert loss < 0.6
    assert min(offline, online) > 0.85


def test_models_that_never_vary_leave_scores_finite():
    inside = np.array([[True], [True], [False], [False]])
    for sure in (0.0, 0.7, 1.0):
        shadows = Shadows(np.full((4, 1), sure), inside)
        scores = membership_scores(np.array([sure]), shadows)
        assert all(np.isfinite(score).all() for score in scores.values())


def test_votes_are_read_half_a_vote_away_and_sure_models_as_they_are():
    votes, boosted = np.array([0, 0.025, 0.5, 1]), np.array([1e-9, 0.3, 1 - 1e-6])
    assert resolution(votes) == pytest.approx(0.0125)
    assert resolution(votes[:1], votes[1:2]) == resolution(votes)
    assert expit(log_odds(votes, resolution(votes))) == pytest.approx([0.0125, 0.025, 0.5, 0.9875])
    assert expit(log_odds(boosted, resolution(boosted))) == pytest.approx(boosted)
    assert resolution(np.array([0.0, 1.0])) == 0.25
    # What only rounding keeps from 1 is 1.
    assert resolution(np.array([1 - 2e-16, 0.9])) == pytest.approx(0.05)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30).map(np.array))
@settings(max_examples=60)
def test_the_loss_keeps_the_order_of_all_probabilities(sure):
    scores = membership_scores(sure, None)["loss"]
    assert np.isfinite(scores).all()
    told = np.where(np.minimum(sure, 1 - sure) > 1e-12, sure, np.round(sure))
    order = np.argsort(told, kind="stable")
    steps = np.diff(scores[order])
    assert (steps >= 0).all()
    assert (steps[np.diff(told[order]) > 1e-9] > 0).all()
