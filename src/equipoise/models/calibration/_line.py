"""A straight line in log-odds, fitted to outcomes by maximum likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["LEAST", "Line", "fitted_line", "log_odds"]

Floats = NDArray[np.float64]

LEAST = 1e-12
"""Scores nearer to 0 or 1 count as this near, so that their log-odds are finite."""

MOST_STEPS = 100
PRECISION = 1e-9


class Line(NamedTuple):
    """Log-odds of the outcome: `intercept` + `slope` times log-odds of the score."""

    intercept: float
    slope: float

    def at(self, x: Floats) -> Floats:
        """Return the probability at log-odds `x`."""
        return np.asarray(expit(self.intercept + self.slope * x))


def log_odds(scores: Floats) -> Floats:
    """Return the log-odds of probabilities."""
    inside = np.clip(scores, LEAST, 1 - LEAST)
    return np.log(inside) - np.log1p(-inside)


def fitted_line(x: Floats, targets: Floats) -> Line | None:
    """Return the most likely line, or None where there is none: one x, or outcomes set apart by x.

    Newton's steps, halved where one would go too far.
    """
    middle, spread = float(x.mean()), float(x.std())
    if spread <= 1e-9 * max(1.0, abs(middle)):
        return None
    design = np.stack([np.ones_like(x), (x - middle) / spread])
    line = np.zeros(2)
    for _ in range(MOST_STEPS):
        chance = expit(line @ design)
        curvature = (design * (chance * (1 - chance))) @ design.T
        if np.linalg.cond(curvature) > 1e12:
            return None
        step = _halved(
            np.linalg.solve(curvature, design @ (targets - chance)), line, design, targets
        )
        line = line + step
        if np.abs(step).max() < PRECISION:
            slope = float(line[1] / spread)
            return Line(float(line[0]) - slope * middle, slope)
    return None


def _halved(step: Floats, line: Floats, design: Floats, targets: Floats) -> Floats:
    before = _loss(line, design, targets)
    for _ in range(MOST_STEPS):
        if _loss(line + step, design, targets) <= before + PRECISION:
            break
        step = step / 2
    return step


def _loss(line: Floats, design: Floats, targets: Floats) -> float:
    at = line @ design
    return float((np.logaddexp(0, at) - targets * at).sum())
