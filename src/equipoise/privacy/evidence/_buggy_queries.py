"""Queries one line away from sound, and their sound twins."""

from __future__ import annotations

import numpy as np

from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._study import NoisySum

__all__ = ["buggy_queries", "sound_queries"]


class UnclippedSum(NoisySum):
    """Releases what it clipped a copy of."""

    name = "no clipping"
    wrong = "It clips a copy and releases the sum of the amounts as they came."
    seen = "SmartNoise issue 622, fixed by pull request 624"

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum of the amounts as they are."""
        self.clipped(amounts)
        return np.array([amounts.sum()])


class HalfNoiseSum(NoisySum):
    """Adds half the noise."""

    name = "half the noise"
    wrong = "It adds half the noise that its epsilon needs."
    seen = "diffprivlib issues 71 and 97 (noise scaled wrongly, there too large), fixed by pull request 98"

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return half of what the claim needs."""
        return super().noise(amounts, rng) / 2


class SumOfSquares(NoisySum):
    """A sound sum of squares: an amount of 10 moves it by 100."""

    name = "sum of squares"
    wrong = "Sized by the square."

    low, high = 0.0, 10.0

    @property
    def sensitivity(self) -> float:
        """The square of the largest amount."""
        return super().sensitivity ** 2

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum of squared amounts."""
        return np.array([(self.clipped(amounts) ** 2).sum()])


class UnsquaredSensitivity(SumOfSquares):
    """Forgets to square what one customer moves."""

    name = "sensitivity not squared"
    wrong = "It sums squares and sizes the noise for amounts."
    seen = "diffprivlib 0.6.6, LogisticRegression: data_norm enters one term without its square"

    @property
    def sensitivity(self) -> float:
        """The largest amount."""
        return self.high


class TwoSums(NoisySum):
    """A sound pair: the sum, and the sum of what exceeds half the bound; the claim is split."""

    name = "two sums"
    wrong = "The claim covers both."

    @property
    def sensitivity(self) -> float:
        """What one customer moves both by, together."""
        return 1.5 * super().sensitivity

    def sums(self, amounts: Floats) -> Floats:
        """Return both sums."""
        spent = self.clipped(amounts)
        return np.array([spent.sum(), np.maximum(spent - self.high / 2, 0).sum()])


class ReusedNoise(TwoSums):
    """Draws noise once for both."""

    name = "noise reused"
    wrong = "It releases two sums with the same noise: their difference has none."

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return one draw, twice."""
        return np.repeat(super().noise(amounts, rng)[:1], 2)


class SpentTwice(TwoSums):
    """Spends the whole epsilon on each of two sums."""

    name = "budget spent twice"
    wrong = "It releases two sums and sizes the noise of each for the whole epsilon."
    seen = "diffprivlib issue 104: two centrings share one slice of epsilon"

    @property
    def sensitivity(self) -> float:
        """What one customer moves the first sum by."""
        return self.high


class NoiseOfTheMean(NoisySum):
    """Sizes noise for the mean and adds it to the sum."""

    name = "noise of the mean on the sum"
    wrong = "It divides the noise by the number of rows, as for a mean, and adds it to the sum."

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return the noise that a mean needs."""
        return super().noise(amounts, rng) / len(amounts)


class BoundFromData(NoisySum):
    """Takes the largest amount in the table for the bound."""

    name = "bounds from data"
    wrong = "It takes the largest amount in the table for the declared bound."
    seen = "diffprivlib issue 20, open since 2020; hazy/dpart pull request 6"

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum, clipped to the data's own maximum."""
        return np.array([np.clip(amounts, self.low, amounts.max(initial=1.0)).sum()])

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return noise for the data's own maximum."""
        noise: Floats = super().noise(amounts, rng) * amounts.max(initial=1.0) / self.high
        return noise


class SeededSum(NoisySum):
    """Draws its noise from a fixed seed."""

    name = "fixed seed"
    wrong = "Its noise comes from a seed in the code, so that it is the same in every release."
    seen = "diffprivlib issue 79 is the mirror image: given seeds were ignored"

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return the same noise each time."""
        return super().noise(amounts, np.random.default_rng(42))


class WeightedSum(NoisySum):
    """A sound weighted sum: larger amounts count more, and what an amount counts for is clipped."""

    name = "weighted sum"
    wrong = "Weighted, then clipped."

    def weight(self, amounts: Floats) -> Floats:
        """Return 1 up to half the bound, and more above."""
        return np.maximum(amounts / (self.high / 2), 1.0)

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum of weighted amounts, clipped after weighting."""
        return np.array([self.clipped(self.weight(amounts) * amounts).sum()])


class WeightBeforeClipping(WeightedSum):
    """Reads the weight of an amount before it is clipped."""

    name = "weights before clipping"
    wrong = "It reads the weight of an amount before it clips the amount: a huge one counts often."

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum of clipped amounts, by the weights of the amounts as they came."""
        return np.array([(self.weight(amounts) * self.clipped(amounts)).sum()])


BUGGY = (
    UnclippedSum,
    HalfNoiseSum,
    UnsquaredSensitivity,
    ReusedNoise,
    NoiseOfTheMean,
    BoundFromData,
    SpentTwice,
    SeededSum,
    WeightBeforeClipping,
)
SOUND = (NoisySum, SumOfSquares, TwoSums, WeightedSum)


def buggy_queries() -> tuple[PlantedBug, ...]:
    """Return the queries that do not keep their claim."""
    return tuple(PlantedBug.of(kind()) for kind in BUGGY)


def sound_queries() -> tuple[PlantedBug, ...]:
    """Return queries of the same kinds that keep it."""
    return tuple(PlantedBug.of(kind(), sound=True) for kind in SOUND)
