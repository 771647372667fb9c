"""Mean outcomes with and without contact where a policy acts, and the euros they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from equipoise.intervals import Interval, wilson
from equipoise.intervals._interval import critical
from equipoise.intervals.repeated import carriers_of, effective_trials
from equipoise.models.uplift._policy_rows import CampaignRows, Floats

__all__ = ["ArmMean", "arm_chance", "arm_mean", "arm_support", "arm_weights", "combined"]


class ArmMean(NamedTuple):
    """The mean outcome of the rows where a policy acts, had all of them met one arm.

    `total` is how many rows those are, `mean` with `low` and `high` the estimate, and `apart` each
    customer's part in its error, shape (customers,).
    """

    total: float
    mean: float
    low: float
    high: float
    apart: Floats


def arm_chance(rows: CampaignRows, arm: int) -> Floats:
    """Return the probability with which each row was to meet an arm (1 is contact)."""
    return rows.chance if arm else 1 - rows.chance


def arm_weights(rows: CampaignRows, acts: Floats, arm: int) -> Floats:
    """Return how many rows each row stands for; zero for those that met the other arm."""
    return np.where(rows.treated == arm, acts / arm_chance(rows, arm), 0.0)


def arm_support(rows: CampaignRows, acts: Floats, arm: int) -> float:
    """Return how many equal customers the weights of an arm amount to (Kish).

    No more than the stated probabilities let expect: heavy rows that happen to be missing from the
    arm would have made it fewer.
    """
    own = np.bincount(rows.codes, arm_weights(rows, acts, arm))
    squares = float((own**2).sum())
    if squares == 0:
        return 0.0
    expected = acts.sum() ** 2 / (acts**2 / arm_chance(rows, arm)).sum()
    return float(min(expected, own.sum() ** 2 / squares))


def arm_mean(
    rows: CampaignRows,
    acts: Floats,
    arm: int,
    predicted: Floats | None = None,
    *,
    normalised: bool = False,
) -> ArmMean:
    """Estimate the mean outcome under one arm, of rows weighted by how far a policy acts on them.

    The mean is read as a rate and gets Wilson's interval at the sample size that its variance over
    customers amounts to. Where few customers carry the positive outcomes, their variance says
    little, so that size is held near the one that the weights amount to.

    Parameters
    ----------
    rows : CampaignRows
    acts : array of float, shape (n,)
        From 0 (left as it is) to 1; not all zero.
    arm : {0, 1}
        1 for the outcome if contacted.
    predicted : array of float, shape (n,), optional
        Outcome expected under the arm, by a model that has not seen the row's customer; with it the
        estimate is doubly robust.
    normalised : bool
        Whether weights are made to sum to the rows that they stand for; some row must have one.
    """
    weights = arm_weights(rows, acts, arm)
    total = float(acts.sum())
    scaled = weights * (total / weights.sum()) if normalised else weights
    expected = np.zeros(len(acts)) if predicted is None else predicted
    score = acts * expected + scaled * (rows.y - expected)
    mean = float(score.sum() / total)
    apart = np.bincount(rows.codes, score - mean * (scaled if normalised else acts))
    by_weight = predicted is None and not normalised
    most = float((acts / arm_chance(rows, arm)).max() / acts.max()) if by_weight else 1.0
    bounds = _bounds(rows, weights, mean, apart / total, arm_support(rows, acts, arm), most)
    return ArmMean(total, mean, *bounds, apart / total)


def combined(parts: Sequence[tuple[float, ArmMean]], certain: float) -> Interval:
    """Return the sum of means times euros, plus what is certain, with a 95 % interval.

    Each bound moves every mean towards its own bound, by the root of the sum of squares; means that
    rest on the same customers depend on each other as far as these show it.

    Parameters
    ----------
    parts : sequence of (float, ArmMean)
        Euros that a mean of one would bring, with their sign, and the mean.
    certain : float
        Euros that are no estimate.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27.
    """
    euros = np.array([each for each, _ in parts])
    mean, low, high = (
        np.array([getattr(part, side) for _, part in parts]) for side in ("mean", "low", "high")
    )
    alike = _correlation(euros[:, None] * np.array([part.apart for _, part in parts]))
    wins, size = euros >= 0, np.abs(euros)
    down = size * np.where(wins, mean - low, high - mean)
    up = size * np.where(wins, high - mean, mean - low)
    below, above = (float(np.sqrt(max(0.0, side @ alike @ side))) for side in (down, up))
    value = float(euros @ mean) + certain
    return Interval(value, value - below, value + above)


def _bounds(
    rows: CampaignRows, weights: Floats, mean: float, apart: Floats, support: float, most: float
) -> tuple[float, float]:
    """Return the bounds of a mean; all that a rate can be where one customer or none was seen.

    `most` is what a mean would be if every row had met the arm with its outcome: one where weights
    are made to sum to the rows, more where they are not, since too many rows may meet the arm.
    """
    if support <= 1:
        return min(mean, 0.0), max(mean, 1.0)
    rate = float(np.clip(mean / most, 0, 1))
    variance = (apart**2).sum() * support / (support - 1)
    size = effective_trials(
        rate,
        1.0,
        deviation=variance / most**2,
        by_row=0.0,
        by_customer=1 / (support * most),
        carriers=_carriers(rows, weights, of_both=most == 1),
    )
    _, low, high = (most * side for side in wilson(rate * size, size))
    # A doubly robust mean can lie outside 0..1, as no rate does; there its variance alone tells.
    reach = critical(0.95) * float(np.sqrt(variance))
    low = min(low, mean - reach) if mean >= most else low
    high = max(high, mean + reach) if mean <= 0 < reach else high
    return min(mean, float(low)), max(mean, min(float(high), 1.0))


def _carriers(rows: CampaignRows, weights: Floats, *, of_both: bool) -> float:
    """Return how many equal customers carry the outcomes, or also their absence if those are fewer.

    Where weights do not sum to the rows, a row that did not meet the arm tells of absence as well,
    and of those there are enough.
    """
    hits, misses = weights * rows.y, weights * (1 - rows.y if of_both else rows.y)
    return float(
        carriers_of(
            hits.sum(),
            hits.sum() + misses.sum(),
            of_hits=(np.bincount(rows.codes, hits) ** 2).sum(),
            of_misses=(np.bincount(rows.codes, misses) ** 2).sum(),
        )
    )


def _correlation(apart: Floats) -> Floats:
    """Return how far errors go together, shape (parts, parts); a part without error with none."""
    products = apart @ apart.T
    spread = np.sqrt(np.diag(products))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = products / np.outer(spread, spread)
    alike = np.where(np.isfinite(found), found, 0.0)
    np.fill_diagonal(alike, 1.0)
    return alike
