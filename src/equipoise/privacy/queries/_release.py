"""What is released: noised numbers, how far off the noise may have taken them, and the promise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.queries.mechanisms._additive import AdditiveMechanism
from equipoise.privacy.queries.mechanisms._arguments import checked_confidence

__all__ = ["MeanRelease", "QuantileRelease", "Release"]


@dataclass(frozen=True, eq=False)
class Release:
    """Noised counts or sums.

    Attributes
    ----------
    numbers : DataFrame
        One row a number: the columns of its cell, if there are several, and `value`.
    guarantee : Guarantee
        Of all the numbers together.
    mechanism : LaplaceMechanism, GeometricMechanism or GaussianMechanism
        What noised each of them; it knows the scale of the noise.
    """

    numbers: pd.DataFrame
    guarantee: Guarantee
    mechanism: AdditiveMechanism

    @property
    def value(self) -> float:
        """The released number where there is one alone."""
        if len(self.numbers) != 1:
            rule, move = "is one number", "Read frame()."
            raise InputError("value", rule, f"{len(self.numbers)} numbers", move)
        return float(self.numbers["value"].iloc[0])

    @property
    def noise_scale(self) -> float:
        """The scale b of the noise of each number, at which its variance is 2b²."""
        return self.mechanism.noise_scale

    @property
    def noise_sd(self) -> float:
        """The standard deviation of the noise of each number."""
        return self.mechanism.noise_sd

    def interval(self, confidence: float = 0.95, *, together: bool = False) -> pd.DataFrame:
        """Return where the number without noise may lie: `low` and `high`, one row a number.

        It speaks of the noise alone: not of other customers, nor of what clipping and leaving rows out
        have changed. What is known of a count, such as that it is not negative, is not used.

        Parameters
        ----------
        confidence : float
            How often the interval holds.
        together : bool
            Whether all intervals hold at once that often, rather than each of them.
        """
        reach = self.mechanism.largest_noise(self._level(confidence, together))
        value = self.numbers["value"]
        return pd.DataFrame({"low": value - reach, "high": value + reach})

    def frame(self) -> pd.DataFrame:
        """Return one row a number: its cell, `value`, `noise_scale` and the 95 % interval."""
        return self.numbers.assign(noise_scale=self.noise_scale).join(self.interval())

    def _level(self, confidence: float, together: bool, parts: int = 1) -> float:
        """Return the confidence that each of several noises needs (Bonferroni)."""
        return 1 - (1 - checked_confidence(confidence)) / (
            parts * (len(self.numbers) if together else 1)
        )


@dataclass(frozen=True, eq=False)
class MeanRelease(Release):
    """Noised means.

    Attributes
    ----------
    numbers : DataFrame
        One row a mean: the columns of its group, if there are several; `value`, missing (not
        estimable) where the noised number of rows is within two standard deviations of none; and
        `rows`, that number.
    halves : array, shape (means, 2)
        The noised sums that the means follow from: how far values lie above the lower bound, and
        below the upper one, in ranges.
    bounds : tuple of float
    guarantee, mechanism
        As in `Release`; the mechanism noised each half.
    """

    halves: NDArray[np.float64]
    bounds: tuple[float, float]

    @classmethod
    def of(
        cls,
        groups: pd.DataFrame,
        halves: NDArray[np.float64],
        bounds: tuple[float, float],
        guarantee: Guarantee,
        mechanism: AdditiveMechanism,
    ) -> MeanRelease:
        """Work out the means from their noised halves."""
        rows = halves.sum(axis=1)
        above, below = np.maximum(halves, 0).T
        told = rows > 2 * math.sqrt(2) * mechanism.noise_sd
        share = np.divide(
            above, above + below, out=np.full(len(rows), np.nan), where=told & (rows > 0)
        )
        value = bounds[0] + share * (bounds[1] - bounds[0])
        return cls(groups.assign(value=value, rows=rows), guarantee, mechanism, halves, bounds)

    def interval(self, confidence: float = 0.95, *, together: bool = False) -> pd.DataFrame:
        """Return where the mean of the kept and clipped values may lie, whatever the noise was.

        It holds at least that often, stays within the bounds, and is as wide as they are where the
        noise hides how many rows there are. See `Release.interval`.
        """
        reach = self.mechanism.largest_noise(self._level(confidence, together, parts=2))
        least, most = np.maximum(self.halves - reach, 0), np.maximum(self.halves + reach, 0)
        low = _share(least[:, 0], most[:, 1], empty=0.0)
        high = _share(most[:, 0], least[:, 1], empty=1.0)
        start, width = self.bounds[0], self.bounds[1] - self.bounds[0]
        return pd.DataFrame({"low": start + low * width, "high": start + high * width})

    def frame(self) -> pd.DataFrame:
        """Return one row a mean: its group, `value`, the noised `rows` and the 95 % interval."""
        return self.numbers.join(self.interval())


@dataclass(frozen=True, eq=False)
class QuantileRelease:
    """A quantile chosen by chance, near places being more probable.

    There is no interval in the units of the values: how far apart the values lie near the quantile is
    itself private. `rows_off` says how many rows away it may be.

    Attributes
    ----------
    quantile : float
        Which one was asked for, in (0, 1).
    value : float
        A point of the declared grid.
    rows_off : float
        In 95 % of releases at least, no more than so many rows lie between the value and the true
        place of the quantile among the kept and clipped rows.
    guarantee : Guarantee
    """

    quantile: float
    value: float
    rows_off: float
    guarantee: Guarantee

    def frame(self) -> pd.DataFrame:
        """Return one row: `quantile`, `value` and `rows_off`."""
        columns: dict[str, Any] = {name: [getattr(self, name)] for name in _QUANTILE}
        return pd.DataFrame(columns)


_QUANTILE = ("quantile", "value", "rows_off")


def _share(
    part: NDArray[np.float64], rest: NDArray[np.float64], *, empty: float
) -> NDArray[np.float64]:
    whole = part + rest
    shares: NDArray[np.float64] = np.full(len(whole), empty)
    return np.divide(part, whole, out=shares, where=whole > 0)
