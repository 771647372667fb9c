"""Learners one line away from sound, and their sound twins."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._study import NoisyDescent
from equipoise.privacy.learning import PrivateLogisticRegression

__all__ = ["buggy_learners", "sound_learners"]


class UnclippedDescent(NoisyDescent):
    """Scales rows and does not clip them."""

    name = "no clipping"
    wrong = "It scales rows by the declared bounds and does not clip what lies outside."
    seen = "SmartNoise issue 622, fixed by pull request 624"

    def rows(self, X: Floats) -> Floats:
        """Return rows scaled by their bounds."""
        low, high = self.limits(X)
        return 2 * (X - low) / (high - low) - 1


class HalfNoiseDescent(NoisyDescent):
    """Adds half the noise to each sum."""

    name = "half the noise"
    wrong = "Each sum of gradients gets half the noise that the claim needs."

    def noise_sd(self, n: int) -> float:
        """Return half of what the claim needs."""
        return super().noise_sd(n) / 2


class OneColumnSensitivity(NoisyDescent):
    """Takes the largest value of a column for the largest norm of a row."""

    name = "sensitivity of one column"
    wrong = "It takes the largest value of a column for the largest norm of a row."

    @property
    def sensitivity(self) -> float:
        """The largest value of one column."""
        return 1.0


class SameNoiseEachTime:
    """A generator that answers every call with the first draw."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.drawn: Floats | None = None

    def standard_normal(self, size: int) -> Floats:
        """Return the first draw, whatever the call."""
        self.drawn = self.rng.standard_normal(size) if self.drawn is None else self.drawn
        return self.drawn


class ReusedNoiseDescent(NoisyDescent):
    """Draws noise once for all steps."""

    name = "noise reused"
    wrong = "It draws noise once and adds it to the sum of every step."

    def generator(self) -> Any:
        """Return a generator that never draws anew."""
        return SameNoiseEachTime(super().generator())


class NoiseOfTheMeanDescent(NoisyDescent):
    """Sizes noise for the mean gradient and adds it to the sum."""

    name = "noise of the mean on the sum"
    wrong = "It divides the noise by the number of rows and adds it to the sum of gradients."

    def noise_sd(self, n: int) -> float:
        """Return the noise that a mean needs."""
        return super().noise_sd(n) / n


class BoundsFromDataDescent(NoisyDescent):
    """Takes the smallest and largest value of each column for its bounds."""

    name = "bounds from data"
    wrong = "It takes the range of each column in the table for the declared bounds."
    seen = "diffprivlib issue 20, open since 2020; hazy/dpart pull request 6"

    def limits(self, X: Floats) -> tuple[Floats, Floats]:
        """Return the range of the data."""
        return X.min(axis=0), X.max(axis=0)


class SpentTwiceDescent(NoisyDescent):
    """Takes four times the steps that its noise was sized for."""

    name = "budget spent twice"
    wrong = "It takes four times the steps that it sized its noise for, which doubles the ratio."
    seen = "diffprivlib issue 104: two centrings share one slice of epsilon"

    def steps_taken(self) -> int:
        """Return more steps than were paid for."""
        return 4 * self.steps


class SeededDescent(NoisyDescent):
    """Draws its noise from a fixed seed."""

    name = "fixed seed"
    wrong = "Its noise comes from a seed in the code, whatever random_state says."
    seen = "diffprivlib issue 79 is the mirror image: given seeds were ignored"

    def generator(self) -> Any:
        """Return a generator whose seed is in the code."""
        return np.random.default_rng(42)


class WeightBeforeClippingDescent(NoisyDescent):
    """Reads the weight of a row before it is clipped."""

    name = "weights before clipping"
    wrong = "It reads the weight of a row before it clips the row: a huge amount counts often."

    def weights_of_rows(self, X: Floats) -> Floats:
        """Return 1 up to the middle of the bounds, and more above."""
        return np.maximum(X[:, 0] / 50, 1.0)


class SilentInTheLastPlace:
    """A generator whose last draw is always 0."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def standard_normal(self, size: int) -> Floats:
        """Return draws, and 0 in the last place."""
        drawn = self.rng.standard_normal(size)
        drawn[-1] = 0.0
        return drawn


class OneWeightWithoutNoiseDescent(NoisyDescent):
    """Leaves the last place of each sum without noise."""

    name = "one direction without noise"
    wrong = "It adds no noise to the last place of each sum of gradients."
    seen = "diffprivlib issues 104 and 105: second moments without noise where a lower bound is 0"

    def generator(self) -> Any:
        """Return a generator that misses one place."""
        return SilentInTheLastPlace(super().generator())


class ExactMeanBesideDescent(NoisyDescent):
    """Adds to the noisy weights what it reads without noise."""

    name = "exact statistic beside the noisy sums"
    wrong = "It adds the mean of the rows to the weights, and no noise to the mean."

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit with noise, then shift the weights by the exact mean of the rows."""
        super().fit(X, y)
        self.weights_ = self.weights_ + self.rows(np.asarray(X, dtype=float)).mean(axis=0)
        return self


class WeightedDescent(NoisyDescent):
    """A sound weighted descent: a row counts less the less was spent, never more than once."""

    name = "weighted descent"
    wrong = "Weights stay below 1."

    def weights_of_rows(self, X: Floats) -> Floats:
        """Return a weight between a half and 1."""
        return np.clip(X[:, 0] / 100, 0.5, 1.0)


BUGGY = (
    UnclippedDescent,
    HalfNoiseDescent,
    OneColumnSensitivity,
    ReusedNoiseDescent,
    NoiseOfTheMeanDescent,
    BoundsFromDataDescent,
    SpentTwiceDescent,
    SeededDescent,
    WeightBeforeClippingDescent,
    OneWeightWithoutNoiseDescent,
    ExactMeanBesideDescent,
)


def buggy_learners() -> tuple[PlantedBug, ...]:
    """Return the learners that do not keep their claim."""
    return tuple(PlantedBug.of(kind()) for kind in BUGGY)


def sound_learners() -> tuple[PlantedBug, ...]:
    """Return learners of the same kind that keep it."""
    default = PrivateLogisticRegression(epsilon=1.0, delta=1e-6, bounds=[(0.0, 100.0)] * 4)
    return (
        *(PlantedBug.of(kind(), sound=True) for kind in (NoisyDescent, WeightedDescent)),
        PlantedBug("default learner", "learner", "The one of this package.", "", default, True),
    )
