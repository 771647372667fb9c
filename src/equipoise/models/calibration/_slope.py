"""The calibration slope: whether scores are spread as far as the outcomes allow."""

from __future__ import annotations

import numpy as np

from equipoise.intervals import MINIMUM_TRIALS, Interval
from equipoise.intervals._interval import critical
from equipoise.models._scored_rows import ScoredRows
from equipoise.models.calibration._line import fitted_line, log_odds

__all__ = ["calibration_slope"]

NONE = Interval(np.nan, np.nan, np.nan)


def calibration_slope(rows: ScoredRows, *, confidence: float = 0.95) -> Interval:
    """Return the slope of outcomes on log-odds of scores, with customers as the sample.

    NaN with fewer than `MINIMUM_TRIALS` customers of either outcome, a score of exactly 0 or 1
    (its log-odds are infinite), one score for all, or scores that set the outcomes apart.

    References
    ----------
    Cox (1958), Two further applications of a model for binary regression. Biometrika 45. White
    (1982), Maximum likelihood estimation of misspecified models. Econometrica 50.
    """
    customers = [len(np.unique(rows.customer[rows.y == side])) for side in (0, 1)]
    if min(customers) < MINIMUM_TRIALS or rows.scores.min() <= 0 or rows.scores.max() >= 1:
        return NONE
    x = log_odds(rows.scores)
    line = fitted_line(x, rows.y.astype(float))
    if line is None:
        return NONE
    chance = line.at(x)
    design = np.stack([np.ones_like(x), x])
    bread = np.linalg.inv((design * (chance * (1 - chance))) @ design.T)
    pull = np.stack(
        [np.bincount(rows.customer, weights=part) for part in design * (rows.y - chance)]
    )
    count = len(np.unique(rows.customer))
    variance = (bread @ (pull @ pull.T) @ bread)[1, 1] * count / (count - 1)
    reach = critical(confidence) * float(np.sqrt(variance))
    return Interval(line.slope, line.slope - reach, line.slope + reach)
