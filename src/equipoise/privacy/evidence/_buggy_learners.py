"""Learners one line away from sound, and their sound twins."""

from __future__ import annotations

from typing import Any

import numpy as np

from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._study import NoisyDescent
from equipoise.privacy.learning import PrivateLogisticRegression

__all__ = ["buggy_learners", "sound_learners"]


class UnclippedDescent(NoisyDescent):
    """Scales rows and does not clip them."""

    def rows(self, X: Floats) -> Floats:
        """Return rows scaled by their bounds."""
        low, high = self.limits(X)
        return 2 * (X - low) / (high - low) - 1


class HalfNoiseDescent(NoisyDescent):
    """Adds half the noise to each sum."""

    def noise_sd(self, n: int) -> float:
        """Return half of what the claim needs."""
        return super().noise_sd(n) / 2


class OneColumnSensitivity(NoisyDescent):
    """Takes the largest value of a column for the largest norm of a row."""

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

    def generator(self) -> Any:
        """Return a generator that never draws anew."""
        return SameNoiseEachTime(super().generator())


class NoiseOfTheMeanDescent(NoisyDescent):
    """Sizes noise for the mean gradient and adds it to the sum."""

    def noise_sd(self, n: int) -> float:
        """Return the noise that a mean needs."""
        return super().noise_sd(n) / n


class BoundsFromDataDescent(NoisyDescent):
    """Takes the smallest and largest value of each column for its bounds."""

    def limits(self, X: Floats) -> tuple[Floats, Floats]:
        """Return the range of the data."""
        return X.min(axis=0), X.max(axis=0)


class SpentTwiceDescent(NoisyDescent):
    """Takes four times the steps that its noise was sized for."""

    def steps_taken(self) -> int:
        """Return more steps than were paid for."""
        return 4 * self.steps


class SeededDescent(NoisyDescent):
    """Draws its noise from a fixed seed."""

    def generator(self) -> Any:
        """Return a generator whose seed is in the code."""
        return np.random.default_rng(42)


class WeightBeforeClippingDescent(NoisyDescent):
    """Reads the weight of a row before it is clipped."""

    def weights_of_rows(self, X: Floats) -> Floats:
        """Return 1 up to the middle of the bounds, and more above."""
        return np.maximum(X[:, 0] / 50, 1.0)


class WeightedDescent(NoisyDescent):
    """A sound weighted descent: a row counts less the less was spent, never more than once."""

    def weights_of_rows(self, X: Floats) -> Floats:
        """Return a weight between a half and 1."""
        return np.clip(X[:, 0] / 100, 0.5, 1.0)


def buggy_learners() -> tuple[PlantedBug, ...]:
    """Return the learners that do not keep their claim."""
    return (
        PlantedBug(
            "no clipping",
            "learner",
            "It scales rows by the declared bounds and does not clip what lies outside.",
            "SmartNoise issue 622, fixed by pull request 624",
            UnclippedDescent(),
        ),
        PlantedBug(
            "half the noise",
            "learner",
            "Each sum of gradients gets half the noise that the claim needs.",
            "",
            HalfNoiseDescent(),
        ),
        PlantedBug(
            "sensitivity of one column",
            "learner",
            "It takes the largest value of a column for the largest norm of a row.",
            "",
            OneColumnSensitivity(),
        ),
        PlantedBug(
            "noise reused",
            "learner",
            "It draws noise once and adds it to the sum of every step.",
            "",
            ReusedNoiseDescent(),
        ),
        PlantedBug(
            "noise of the mean on the sum",
            "learner",
            "It divides the noise by the number of rows and adds it to the sum of gradients.",
            "",
            NoiseOfTheMeanDescent(),
        ),
        PlantedBug(
            "bounds from data",
            "learner",
            "It takes the range of each column in the table for the declared bounds.",
            "diffprivlib issue 20, open since 2020; hazy/dpart pull request 6",
            BoundsFromDataDescent(),
        ),
        PlantedBug(
            "budget spent twice",
            "learner",
            "It takes four times the steps that it sized its noise for, which doubles the ratio.",
            "diffprivlib issue 104: two centrings share one slice of epsilon",
            SpentTwiceDescent(),
        ),
        PlantedBug(
            "fixed seed",
            "learner",
            "Its noise comes from a seed in the code, whatever random_state says.",
            "diffprivlib issue 79 is the mirror image: given seeds were ignored",
            SeededDescent(),
        ),
        PlantedBug(
            "weights before clipping",
            "learner",
            "It reads the weight of a row before it clips the row: a huge amount counts often.",
            "",
            WeightBeforeClippingDescent(),
        ),
    )


def sound_learners() -> tuple[PlantedBug, ...]:
    """Return learners of the same kind that keep it."""
    weighted = WeightedDescent()
    default = PrivateLogisticRegression(epsilon=1.0, delta=1e-6, bounds=[(0.0, 100.0)] * 4)
    return (
        PlantedBug("descent", "learner", "Rows are clipped first.", "", NoisyDescent(), True),
        PlantedBug("weighted descent", "learner", "Weights stay below 1.", "", weighted, True),
        PlantedBug("default learner", "learner", "The one of this package.", "", default, True),
    )
