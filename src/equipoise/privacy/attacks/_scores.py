"""Scores that order customers by how much a model seems to have seen them, and where to cut."""

from __future__ import annotations

import numpy as np

from equipoise.privacy.attacks._cells import Bools, Floats
from equipoise.privacy.attacks._shadows import Shadows, log_odds, resolution

__all__ = ["ATTACKS", "best_cut", "cut_at", "membership_scores"]

ATTACKS = ("loss", "likelihood ratio, offline", "likelihood ratio, online")
BORROWED = 4
"""A customer's variance over few models is noisy: it is averaged with the common one, which counts as
much as this many further models. Carlini et al. switch from the common one to her own at 64."""


def membership_scores(sure: Floats, shadows: Shadows | None) -> dict[str, Floats]:
    """Return a score a customer by attack, higher meaning a member; only the loss without shadows.

    Offline compares with the models that had not seen the customer, online also with those that had.
    `sure` is the probability that the attacked model gives each customer's outcome.
    """
    if shadows is None:
        return {ATTACKS[0]: log_odds(sure, resolution(sure))}
    smallest = resolution(sure, shadows.sure)
    target, said = log_odds(sure, smallest), log_odds(shadows.sure, smallest)
    out_mean, out_spread = _normal(said, ~shadows.inside)
    in_mean, in_spread = _normal(said, shadows.inside)
    offline = (target - out_mean) / out_spread
    inside = (target - in_mean) / in_spread
    ratio = (offline**2 - inside**2) / 2 + np.log(out_spread / in_spread)
    return dict(zip(ATTACKS, (target, offline, ratio), strict=True))


def best_cut(members: Floats, others: Floats) -> tuple[float, float]:
    """Return the cut with the largest true minus false positive rate, and that advantage."""
    cuts = np.unique(np.r_[members, others])
    hits = 1 - np.searchsorted(np.sort(members), cuts, side="left") / len(members)
    alarms = 1 - np.searchsorted(np.sort(others), cuts, side="left") / len(others)
    best = int(np.argmax(hits - alarms))
    return float(cuts[best]), float(hits[best] - alarms[best])


def cut_at(others: Floats, rate: float) -> float | None:
    """Return the cut above which a further non-member lies with probability at most `rate`.

    None where there are too few non-members to tell.
    """
    allowed = min(int(np.floor(rate * (len(others) + 1) + 1e-9)), len(others))
    if allowed < 1 or len(others) < 1 / rate - 1e-9:
        return None
    return float(np.nextafter(np.sort(others)[-allowed], np.inf))


def _normal(said: Floats, where: Bools) -> tuple[Floats, Floats]:
    """Return mean and spread of what some models say of each customer."""
    count = where.sum(axis=0)
    mean = np.where(where, said, 0).sum(axis=0) / count
    squares = np.where(where, (said - mean) ** 2, 0).sum(axis=0)
    common = squares.sum() / (count - 1).sum()
    variance = (squares + BORROWED * common) / (count - 1 + BORROWED)
    # A spread of zero would make any difference infinite.
    return mean, np.sqrt(np.maximum(variance, 1e-18))
