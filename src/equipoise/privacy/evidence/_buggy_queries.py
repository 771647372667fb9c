"""Queries one line away from sound, and their sound twins."""

from __future__ import annotations

import numpy as np

from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._study import NoisySum

__all__ = ["buggy_queries", "sound_queries"]


class UnclippedSum(NoisySum):
    """Releases what it clipped a copy of."""

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum of the amounts as they are."""
        self.clipped(amounts)
        return np.array([amounts.sum()])


class HalfNoiseSum(NoisySum):
    """Adds half the noise."""

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return half of what the claim needs."""
        return super().noise(amounts, rng) / 2


class SumOfSquares(NoisySum):
    """A sound sum of squares: an amount of 10 moves it by 100."""

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

    @property
    def sensitivity(self) -> float:
        """The largest amount."""
        return self.high


class TwoSums(NoisySum):
    """A sound pair: the sum, and the sum of what exceeds half the bound; the claim is split."""

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

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return one draw, twice."""
        return np.repeat(super().noise(amounts, rng)[:1], 2)


class SpentTwice(TwoSums):
    """Spends the whole epsilon on each of two sums."""

    @property
    def sensitivity(self) -> float:
        """What one customer moves the first sum by."""
        return self.high


class NoiseOfTheMean(NoisySum):
    """Sizes noise for the mean and adds it to the sum."""

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return the noise that a mean needs."""
        return super().noise(amounts, rng) / len(amounts)


class BoundFromData(NoisySum):
    """Takes the largest amount in the table for the bound."""

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum, clipped to the data's own maximum."""
        return np.array([np.clip(amounts, self.low, amounts.max(initial=1.0)).sum()])

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return noise for the data's own maximum."""
        noise: Floats = super().noise(amounts, rng) * amounts.max(initial=1.0) / self.high
        return noise


class SeededSum(NoisySum):
    """Draws its noise from a fixed seed."""

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return the same noise each time."""
        return super().noise(amounts, np.random.default_rng(42))


class WeightedSum(NoisySum):
    """A sound weighted sum: larger amounts count more, and what an amount counts for is clipped."""

    def weight(self, amounts: Floats) -> Floats:
        """Return 1 up to half the bound, and more above."""
        return np.maximum(amounts / (self.high / 2), 1.0)

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum of weighted amounts, clipped after weighting."""
        return np.array([self.clipped(self.weight(amounts) * amounts).sum()])


class WeightBeforeClipping(WeightedSum):
    """Reads the weight of an amount before it is clipped."""

    def sums(self, amounts: Floats) -> Floats:
        """Return the sum of clipped amounts, by the weights of the amounts as they came."""
        return np.array([(self.weight(amounts) * self.clipped(amounts)).sum()])


def buggy_queries() -> tuple[PlantedBug, ...]:
    """Return the queries that do not keep their claim."""
    return (
        PlantedBug(
            "no clipping",
            "query",
            "It clips a copy and releases the sum of the amounts as they came.",
            "SmartNoise issue 622, fixed by pull request 624",
            UnclippedSum(),
        ),
        PlantedBug(
            "half the noise",
            "query",
            "It adds half the noise that its epsilon needs.",
            "diffprivlib issues 71 and 97 (noise scaled wrongly, there too large), fixed by pull request 98",
            HalfNoiseSum(),
        ),
        PlantedBug(
            "sensitivity not squared",
            "query",
            "It sums squares and sizes the noise for amounts.",
            "diffprivlib 0.6.6, LogisticRegression: data_norm enters one term without its square",
            UnsquaredSensitivity(),
        ),
        PlantedBug(
            "noise reused",
            "query",
            "It releases two sums with the same noise: their difference has none.",
            "",
            ReusedNoise(),
        ),
        PlantedBug(
            "noise of the mean on the sum",
            "query",
            "It divides the noise by the number of rows, as for a mean, and adds it to the sum.",
            "",
            NoiseOfTheMean(),
        ),
        PlantedBug(
            "bounds from data",
            "query",
            "It takes the largest amount in the table for the declared bound.",
            "diffprivlib issue 20, open since 2020; hazy/dpart pull request 6",
            BoundFromData(),
        ),
        PlantedBug(
            "budget spent twice",
            "query",
            "It releases two sums and sizes the noise of each for the whole epsilon.",
            "diffprivlib issue 104: two centrings share one slice of epsilon",
            SpentTwice(),
        ),
        PlantedBug(
            "fixed seed",
            "query",
            "Its noise comes from a seed in the code, so that it is the same in every release.",
            "diffprivlib issue 79 is the mirror image: given seeds were ignored",
            SeededSum(),
        ),
        PlantedBug(
            "weights before clipping",
            "query",
            "It reads the weight of an amount before it clips the amount: a huge one counts often.",
            "",
            WeightBeforeClipping(),
        ),
    )


def sound_queries() -> tuple[PlantedBug, ...]:
    """Return queries of the same kinds that keep it."""
    return (
        PlantedBug("sum", "query", "Amounts are clipped, then noised.", "", NoisySum(), True),
        PlantedBug("sum of squares", "query", "Sized by the square.", "", SumOfSquares(), True),
        PlantedBug("two sums", "query", "The claim covers both.", "", TwoSums(), True),
        PlantedBug("weighted sum", "query", "Weighted, then clipped.", "", WeightedSum(), True),
    )
