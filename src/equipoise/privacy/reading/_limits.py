"""The most that a release can tell, worked out from epsilon and delta alone."""

from __future__ import annotations

import math

from scipy.special import expit, logit

from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.accounting import gaussian_delta

__all__ = ["exception", "noise_advantage", "odds_factor", "posterior", "releases_to_even"]

SLACK = 1.1  # with a delta the odds may grow by a tenth more than e^epsilon, save in 11 delta
LARGEST = 709.0  # the exponential of more is no floating point number


def exception(delta: float) -> float:
    """Return the share of releases in which odds may grow by more than 1.1 e^epsilon, at most.

    Where S are the outputs at which they do, P(S) <= e^epsilon Q(S) + delta <= P(S) / 1.1 + delta.
    """
    return min(1.0, delta * SLACK / (SLACK - 1))


def odds_factor(promise: Guarantee) -> float:
    """Return what the odds of a suspicion are multiplied by, at most."""
    growth = log_odds_factor(promise)
    return math.exp(growth) if growth < LARGEST else math.inf


def log_odds_factor(promise: Guarantee) -> float:
    """Return the logarithm of the odds factor, which cannot overflow."""
    return promise.epsilon + math.log(SLACK) * (promise.delta > 0)


def posterior(prior: float, promise: Guarantee, *, sign: int = 1) -> float:
    """Return the highest chance (the lowest with sign -1) that the release leaves a suspicion at."""
    return float(expit(logit(prior) + sign * log_odds_factor(promise)))


def releases_to_even(prior: float, promise: Guarantee) -> float:
    """Return after how many such releases the suspicion may be an even bet, by adding epsilons up."""
    needed = -float(logit(prior)) - math.log(SLACK) * (promise.delta > 0)
    if prior >= 0.5:
        return 0.0
    return float(max(1, math.ceil(needed / promise.epsilon - 1e-9)))


def noise_advantage(promise: Guarantee) -> float:
    """Return the exact largest advantage where the release is Gaussian, else NaN."""
    return math.nan if promise.mu is None else gaussian_delta(0.0, promise.mu)
