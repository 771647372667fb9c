"""Private selection: what the best of a random number of tries costs, and whether it is a good one."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from dp_accounting import GaussianDpEvent, dp_event
from dp_accounting.rdp import RdpAccountant
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_epsilon
from equipoise.task import DecisionRule
from equipoise.tradeoff._learner_of_policy import LearnerOfPolicy
from equipoise.tradeoff._private_selection import _moved_by_row, _Parts
from equipoise.tradeoff._selection_cost import Tries, base_mu, selection_epsilon
from equipoise.tradeoff.ways_out import select_privately

PAIRS = [("private_logistic", "none"), ("sufficient_statistics", "none")]
ASKED = {"attribute": "band", "groups": ["a", "b", "z"], "epsilon": 2.0, "delta": 1e-6}
SHAPES = ("logarithmic", "geometric")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mean", [3, 20])
@pytest.mark.parametrize("mu", [0.05, 0.3, 2.0])
def test_the_cost_is_that_of_another_library(mu, mean, shape):
    tries = Tries.of_mean(mean, shape)
    orders = np.r_[np.linspace(1.01, 60, 400), np.geomspace(60, 1e4, 200)]
    other = RdpAccountant(orders=orders)
    other.compose(
        dp_event.RepeatAndSelectDpEvent(GaussianDpEvent(1 / mu), mean, SHAPES.index(shape))
    )
    found, theirs = selection_epsilon(mu, 1e-6, tries), other.get_epsilon(1e-6)
    assert found == pytest.approx(theirs, rel=2e-3)
    assert found <= theirs * (1 + 1e-9)  # theirs looks at listed orders alone


def test_the_cost_follows_by_hand():
    """Theorem 2 at fixed orders is an upper bound, and the best of many orders is the cost."""
    mu, delta, gamma, eta = 0.2, 1e-5, 0.25, 1.0
    rho = mu**2 / 2

    def by_hand(a: float, b: float) -> float:
        loss = a * rho + (1 + eta) * ((1 - 1 / b) * b * rho + math.log(1 / gamma) / b)
        loss += math.log(1 / gamma) / (a - 1)  # the mean of the geometric number is 1 / gamma
        return loss + math.log((a - 1) / a) - (math.log(delta) + math.log(a)) / (a - 1)

    found = selection_epsilon(mu, delta, Tries(eta, gamma))
    every = [by_hand(a, b) for a in np.geomspace(1.5, 500, 400) for b in np.geomspace(1, 100, 400)]
    assert found <= min(every) + 1e-9
    assert found == pytest.approx(min(every), rel=1e-3)


@given(st.floats(0.01, 3.0), st.floats(1.01, 3.0), st.floats(1.5, 40.0), st.sampled_from(SHAPES))
@settings(deadline=None, max_examples=60)
def test_more_signal_or_more_tries_cost_more(mu, factor, mean, shape):
    tries, more = Tries.of_mean(mean, shape), Tries.of_mean(mean * factor, shape)
    cost = selection_epsilon(mu, 1e-6, tries)
    assert cost < selection_epsilon(mu * factor, 1e-6, tries)
    assert cost < selection_epsilon(mu, 1e-6, more)
    assert cost > gaussian_epsilon(mu, 1e-6)


@given(st.floats(0.2, 20.0), st.floats(1.5, 40.0), st.sampled_from(SHAPES))
@settings(deadline=None, max_examples=40)
def test_a_try_gets_the_ratio_that_gives_the_asked_epsilon(epsilon, mean, shape):
    tries = Tries.of_mean(mean, shape)
    spent = selection_epsilon(base_mu(epsilon, 1e-6, tries), 1e-6, tries)
    assert epsilon * (1 - 1e-5) < spent <= epsilon


@pytest.mark.parametrize("shape", SHAPES)
def test_the_number_of_tries_is_drawn_as_stated(shape):
    tries = Tries.of_mean(6.0, shape)
    rng = np.random.default_rng(0)
    drawn = np.array([tries.draw(rng) for _ in range(20_000)])
    once = tries.gamma if tries.shape else (1 - tries.gamma) / -math.log(tries.gamma)
    assert drawn.min() == 1 and tries.mean == pytest.approx(6.0)
    assert drawn.mean() == pytest.approx(6.0, abs=5 * drawn.std() / math.sqrt(20_000))
    assert np.mean(drawn == 1) == pytest.approx(once, abs=0.02)


@pytest.mark.parametrize(
    "rule",
    [DecisionRule(top_share=0.3), DecisionRule(threshold=0.5), DecisionRule(max_profit=True)],
)
@given(seed=st.integers(0, 10_000), tied=st.booleans())
@settings(deadline=None, max_examples=40)
def test_one_row_more_moves_the_sum_by_at_most_its_sensitivity(task_with, rule, seed, tied):
    rng = np.random.default_rng(seed)
    task = task_with(60, decision=rule).take(rng.permutation(60)[: rng.integers(5, 60)])
    scores = rng.integers(0, 4, len(task)) / 4 if tied else rng.random(len(task))
    gone, ties = int(rng.integers(len(task))), rng.permutation(len(task))
    moves = _moved_by_row(task, "profit_eur")
    rest = np.delete(np.arange(len(task)), gone)
    kept = ties[ties != gone]
    # The same order of the others: each row keeps the number that was drawn for it.
    parts = [
        _Parts(task, task, ties, True, moves),
        _Parts(task, task.take(rest), kept - (kept > gone), True, moves),
    ]
    sums = [
        part.scored.profit_eur(part._contacted(own)).sum()
        for part, own in zip(parts, (scores, scores[rest]), strict=True)
    ]
    assert abs(sums[0] - sums[1]) <= moves + 1e-9


def test_coins_fall_by_customer(task_with):
    task = task_with(1200, rows_per_customer=3)
    parts = _Parts.of(task, 0.7, "profit_eur", 1.0, np.random.default_rng(0))
    assert not {*parts.fit.unit} & {*parts.scored.unit}
    assert len(parts.fit) + len(parts.scored) == 1200
    assert 0.6 < len(parts.fit) / 1200 < 0.8


def test_the_whole_promises_what_was_asked(task):
    found = select_privately(task, PAIRS, **ASKED, random_state=0)
    assert str(found.guarantee) == "(epsilon 2, delta 1e-06) per id, add-remove"
    assert found.guarantee.mu is None and gaussian_epsilon(found.mu, 1e-6) < 2
    assert found.guarantee.covers[0] == "the choice among the candidates and its noisy score"
    assert found.guarantee.does_not_cover[-1] == (
        "how long the selection took, which tells how many tries there were"
    )
    by_coins = "how many customers the coins put among those fitted on: it is the number of rows of the fit"
    declares = found.policy.model == "private_logistic"
    assert (by_coins in found.guarantee.does_not_cover) == declares
    assert found.policy[:3] in {(*pair, 2.0) for pair in PAIRS}
    assert found.frame()["mean_tries"].tolist() == [4.0]


def test_the_model_carries_the_promise_of_the_best_of_several_not_of_one_try(task):
    found = select_privately(task, PAIRS, **ASKED, random_state=0)
    assert found.model.guarantee_ == found.guarantee


def test_warnings_do_not_count_the_tries(task, monkeypatch):
    out = task.X.assign(age=task.X["age"].where(task.X.index > 200, 500.0))
    task, told, drawn = replace(task, X=out), {}, []
    monkeypatch.setattr(Tries, "draw", lambda self, rng: drawn[-1])
    for tries in (1, 2, 7):
        drawn.append(tries)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            select_privately(task, PAIRS, **ASKED, random_state=0)
        told[tries] = [str(each.message) for each in heard]
        assert {each.filename for each in heard} == {__file__}
    assert told[1] == told[2] == told[7] and len(told[1]) == 2
    assert all("rows lie outside the declared bounds" in text for text in told[1])


class _Reversed:
    """A learner that ranks customers the wrong way round."""

    def __init__(self, model):
        self.guarantee_ = model.guarantee_
        self.predict_proba = lambda X: model.predict_proba(X)[:, ::-1]


def test_the_chosen_one_is_mostly_a_good_one(task_with, monkeypatch):
    fitted = LearnerOfPolicy.fitted

    def sometimes_bad(self, task):
        model = fitted(self, task)
        is_bad = type(self.learner).__name__ == "SufficientStatisticsClassifier"
        return _Reversed(model) if is_bad else model

    monkeypatch.setattr(LearnerOfPolicy, "fitted", sometimes_bad)
    task = task_with(4000)
    more = {**ASKED, "mean_tries": 8, "shape": "geometric"}
    picks = [select_privately(task, PAIRS, **more, random_state=s).policy.model for s in range(40)]
    # All tries draw the bad one with chance (1/16) / (1 - 7/16) = 1/9; a draw at random would be 1/2.
    assert picks.count("private_logistic") >= 30


def test_euros_are_not_needed_for_positives(task_with):
    task = task_with(value=None)
    assert refused(task) == ("score must be one of this task, got 'profit_eur'. Use 'positives'.")
    found = select_privately(task, PAIRS, **ASKED, score="positives", random_state=0)
    assert math.isfinite(found.noisy_score)


def refused(task, candidates=PAIRS, **changes) -> str:
    with pytest.raises(InputError) as problem:
        select_privately(task, candidates, **{**ASKED, "random_state": 0, **changes})
    return str(problem.value)


def test_what_it_refuses(task, task_with):
    assert refused(task, [("diffprivlib_logistic", "none")]) == (
        "candidates must be learners whose whole noise is Gaussian, got a random linear term in the "
        "objective (diffprivlib 0.6.6). Use private_logistic or sufficient_statistics."
    )
    assert refused(task, [("logistic", "none")]) == (
        "policy must have a private model to be released with a guarantee, got 'logistic'. Choose among "
        "policies with a finite epsilon, of private_logistic, sufficient_statistics, "
        "diffprivlib_logistic."
    )
    assert refused(task, ["private_logistic"]) == (
        "candidates must be pairs of model and mitigation, got ['private_logistic']. Use "
        "[('private_logistic', 'none')]."
    )
    assert refused(task, mean_tries=100, epsilon=1e-6) == (
        "epsilon must leave something for each try, got 1e-06 with 100 tries on average. Use a larger "
        "epsilon, a smaller delta or fewer tries."
    )
    assert refused(task, delta=1e-4, epsilon=1e-4).startswith("epsilon must leave something for ")
    treated = task_with(treatment="agreed", treatment_probability=0.5)
    assert refused(treated) == (
        "score must not need a treatment, got 'profit_eur'. One row then counts for 1 / probability rows, "
        "which has no declared bound. Use 'positives'."
    )
