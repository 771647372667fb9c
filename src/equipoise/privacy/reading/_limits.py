"""The most that a release can tell, worked out from epsilon and delta alone."""

from __future__ import annotations

import math

from scipy.special import expit, logit

from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.accounting import gaussian_delta

__all__ = ["exception", "noise_advantage", "odds_factor", "posterior", "releases_to_even"]

SLACK = 1.1  # with a delta the odds may move by a tenth more than e^epsilon, save in 11 delta
RARE = 11  # SLACK / (SLACK - 1)
LARGEST = 709.0  # the exponential of more is no floating point number


def exception(delta: float) -> float:
    """Return the share of releases, at most, in which odds may rise by more than 1.1 e^epsilon.

    Let P be the releases with the suspicion true and Q those with it false, and S the outputs at
    which the odds rise by more: there P > 1.1 e^epsilon Q. With epsilon and delta, P(S) <= e^epsilon
    Q(S) + delta <= P(S) / 1.1 + delta, so P(S) <= 11 delta, and Q(S) is smaller still. The same with
    P and Q exchanged says that odds fall by more in 11 delta of the releases, at most. Both are
    needed: a release that says of somebody absent, with probability delta, that they are absent
    satisfies the promise and ends the suspicion.

    Where 11 delta reaches 1, every release may be an exception, and nothing is limited.
    """
    return min(1.0, RARE * delta)


def odds_factor(promise: Guarantee) -> float:
    """Return what the odds of a suspicion are multiplied or divided by, at most."""
    growth = log_odds_factor(promise)
    return math.exp(growth) if growth < LARGEST else math.inf


def log_odds_factor(promise: Guarantee) -> float:
    """Return the logarithm of the odds factor, which cannot overflow; infinite without a limit."""
    if exception(promise.delta) >= 1:
        return math.inf
    return promise.epsilon + math.log(SLACK) * (promise.delta > 0)


def posterior(prior: float, promise: Guarantee, *, sign: int = 1) -> float:
    """Return the highest chance (the lowest with sign -1) that the release leaves a suspicion at."""
    return float(expit(logit(prior) + sign * log_odds_factor(promise)))


def releases_to_even(prior: float, promise: Guarantee) -> float:
    """Return after how many such releases the suspicion may be an even bet.

    Epsilons and deltas are added up: it may be once the odds have grown enough, and once the sum of
    the deltas limits nothing.
    """
    if prior >= 0.5:
        return 0.0
    needed = -float(logit(prior)) - math.log(SLACK) * (promise.delta > 0)
    by_epsilon = needed / promise.epsilon
    by_delta = 1 / (RARE * float(promise.delta)) if promise.delta > 0 else math.inf
    many = min(by_epsilon, by_delta)
    return math.inf if math.isinf(many) else float(max(1, math.ceil(many - 1e-9)))


def noise_advantage(promise: Guarantee) -> float:
    """Return the exact largest advantage where the release is Gaussian, else NaN."""
    return math.nan if promise.mu is None else gaussian_delta(0.0, promise.mu)
