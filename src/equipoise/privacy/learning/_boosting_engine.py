"""The one call of interpret: the noise it is told to add, and the tables that are kept of it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.exceptions import InputError

__all__ = ["AdditiveScores", "BoostingNoise", "boosted"]

SETTINGS = {
    "max_bins": 32,
    "max_rounds": 300,
    "max_leaves": 3,
    "learning_rate": 0.01,
    "outer_bags": 1,
    "validation_size": 0,
    "n_jobs": 1,
}
BINS_SHARE = 0.1  # of the squared ratio, for the histograms that bins are cut from
NO_LOGARITHM = 1e30  # a delta at which interpret's classic formula is root(8 queries) / epsilon


@dataclass(frozen=True)
class BoostingNoise:
    """Standard deviations of the noise on counts of bins and on sums of residuals."""

    bins_sd: float
    sums_sd: float

    @classmethod
    def planned(cls, *, features: int, ratio: float) -> BoostingNoise:
        """Return the noise at which one row moves all releases together by `ratio` sds.

        A row moves one count of each feature by 1, and in every round one sum of each feature by at
        most the learning rate times a residual of at most 1.
        """
        return cls(
            bins_sd=math.sqrt(features / BINS_SHARE) / ratio,
            sums_sd=_moved(features) / (math.sqrt(1 - BINS_SHARE) * ratio),
        )


@dataclass(frozen=True)
class AdditiveScores:
    """Log-odds as a sum of one step function a feature.

    Attributes
    ----------
    intercept : float
    cuts : tuple of arrays
        By feature, in the unit of the coded rows; a value equal to a cut lies above it.
    scores : tuple of arrays
        By feature, one more than cuts.
    """

    intercept: float
    cuts: tuple[NDArray[np.float64], ...]
    scores: tuple[NDArray[np.float64], ...]

    def of(self, coded: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of coded rows, shape (n,)."""
        total = np.full(len(coded), self.intercept)
        for place, (cuts, scores) in enumerate(zip(self.cuts, self.scores, strict=True)):
            total += scores[np.searchsorted(cuts, coded[:, place], side="right")]
        return total


def boosted(
    coded: NDArray[np.float64],
    outcomes: NDArray[np.int_],
    *,
    limits: list[tuple[float, float]],
    noise: BoostingNoise,
    seed: int | None,
) -> AdditiveScores:
    """Return interpret's private boosted model of numbers within limits, and nothing else of it."""
    from interpret.privacy import DPExplainableBoostingClassifier

    bins, sums = _knobs(noise, features=len(limits))
    learner = DPExplainableBoostingClassifier(
        feature_types=["continuous"] * len(limits),
        privacy_bounds=np.array(limits),
        composition="classic",
        epsilon=bins + sums,
        bin_budget_frac=bins / (bins + sums),
        delta=NO_LOGARITHM,
        random_state=_short(seed),
        **SETTINGS,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Privacy violation: using a fixed random_state", UserWarning
        )
        learner.fit(coded, outcomes)
    told = (learner.noise_scale_binning_, learner.noise_scale_boosting_)
    if not np.allclose(told, (noise.bins_sd, noise.sums_sd), rtol=1e-9, atol=0):
        raise InputError(
            "interpret",
            "must draw the noise it is told to",
            f"sd {told[0]:.6g} and {told[1]:.6g} for {noise.bins_sd:.6g} and {noise.sums_sd:.6g}",
            "Use interpret-core 0.7.8.",
        )
    return AdditiveScores(
        intercept=float(learner.intercept_[0]),
        cuts=tuple(np.array(levels[0], dtype=float) for levels in learner.bins_),
        scores=tuple(np.array(scores[1:-1], dtype=float) for scores in learner.term_scores_),
    )


def _short(seed: int | None) -> int | None:
    """Return a seed of 31 bits, which is what interpret takes."""
    if seed is None:
        return None
    return int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1)


def _knobs(noise: BoostingNoise, *, features: int) -> tuple[float, float]:
    """Return what interpret takes for two epsilons, so that it draws exactly this noise.

    Its own calibration loses all its digits at a large epsilon. Its classic formula, an sd of
    root(8 queries log(e + epsilon / delta)) / epsilon, can be turned round where delta is huge.
    """
    return (
        math.sqrt(8 * features) / noise.bins_sd,
        math.sqrt(8) * _moved(features) / noise.sums_sd,
    )


def _moved(features: int) -> float:
    """Return how far one row moves the sums of all rounds and features together."""
    return math.sqrt(SETTINGS["max_rounds"] * features) * SETTINGS["learning_rate"]
