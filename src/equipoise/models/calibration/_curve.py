"""Mean scores beside rates, from the lowest scores to the highest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval, mean_amount
from equipoise.models._scored_rows import ScoredRows, scored_rows
from equipoise.models.calibration._slope import calibration_slope

if TYPE_CHECKING:
    from equipoise.charts import Picture

__all__ = ["Calibration", "calibration_curve"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What scores promise beside what happens, on rows that the model was not fitted on.

    Attributes
    ----------
    gap : Interval
        Mean score minus rate of the outcome; above 0 the scores promise too much. It hides errors
        that cancel: a model may promise too much to some and too little to others.
    slope : Interval
        How far outcomes rise with the log-odds of the scores; 1 is as far as they say. Below 1 the
        scores are too extreme, as of an overfitted model, above 1 too timid. It hides the level,
        which is the gap's, and anything that is no straight line. NaN where it cannot be told: few
        customers, a score of exactly 0 or 1, one score for all, or scores that set the outcomes
        apart.
    expected_error : float
        Mean distance of mean score and rate over the bins, by rows (expected calibration error).
        It has no interval because it is above 0 by chance alone, the more so the more bins; it
        hides the sign, and whatever cancels within a bin. NaN where a bin is not estimable.
    expected_error_by_chance : float
        What `expected_error` would be with these bins if every score were true.
    """

    gap: Interval
    slope: Interval
    expected_error: float
    expected_error_by_chance: float
    _table: pd.DataFrame = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """Return `bin, n, mean_score, rate, low, high, note`, one row a bin, the lowest scores first.

        `n` counts rows. The 95 % interval is Wilson's, at the number of customers that they amount
        to; with fewer than 10 of them the rate is not estimable, as `note` says.
        """
        return self._table.copy()

    def plot(self) -> Picture:
        """Return the rates against the mean scores as a picture with its data in words."""
        from equipoise.charts.models import draw_calibration

        return draw_calibration(self.frame())


def calibration_curve(
    y: ArrayLike,
    scores: ArrayLike,
    *,
    bins: int | ArrayLike = 10,
    unit: ArrayLike | None = None,
) -> Calibration:
    """Return what scores promise beside what happens.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    scores : array_like of float, shape (n,)
        Probabilities of the positive outcome, by a model that was not fitted on these rows.
    bins : int or array_like of float
        A number of bins with nearly as many rows each; or their rising edges from 0 to 1, of which
        each belongs to the bin above. Rows of the same score are never split, so there may be fewer
        bins, and larger ones.
    unit : array_like, shape (n,), optional
        Customer of each row, where one may have several.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        Where arguments do not match row for row, an outcome is not 0 or 1, a score is no
        probability, or the bins are none.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scores = rng.uniform(size=2_000)
    >>> y = rng.binomial(1, scores**2)
    >>> found = calibration_curve(y, scores, bins=4)
    >>> found.frame()[["bin", "n", "mean_score", "rate"]].round(2)
       bin    n  mean_score  rate
    0    1  500        0.12  0.02
    1    2  500        0.37  0.12
    2    3  500        0.63  0.43
    3    4  500        0.88  0.79
    >>> bool(found.gap.low > 0)
    True
    """
    rows = scored_rows(y, scores, unit, probabilities=True)
    place = (_by_edges if np.ndim(bins) else _by_count)(rows.scores, bins)
    codes = np.unique(place, return_inverse=True)[1]
    table = pd.DataFrame([_bin(rows, codes == code) for code in range(codes.max() + 1)])
    table.insert(0, "bin", np.arange(1, len(table) + 1))
    share, distance = table["n"] / len(codes), (table["mean_score"] - table["rate"]).abs()
    known = bool((table["note"] == "").all())
    return Calibration(
        gap=mean_amount(rows.scores - rows.y, bounds=(-1, 1), clusters=rows.customer),
        slope=calibration_slope(rows),
        expected_error=float(share @ distance) if known else np.nan,
        expected_error_by_chance=float(share @ _by_chance(rows, codes)) if known else np.nan,
        _table=table,
    )


def _by_count(scores: NDArray[np.float64], bins: object) -> NDArray[np.intp]:
    """Return the bin of each row: that of the middle of all rows with its score."""
    count = check_whole("bins", bins, low=2, next_move="Use 10, or rising edges from 0 to 1.")
    _, codes, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return (middle * count / len(scores)).astype(np.intp)[codes]


def _by_edges(scores: NDArray[np.float64], bins: ArrayLike) -> NDArray[np.intp]:
    given = np.asarray(bins)
    edges = given.astype(float) if given.dtype.kind in "iuf" and given.ndim == 1 else np.zeros(0)
    if len(edges) < 3 or edges[0] != 0 or edges[-1] != 1 or not (np.diff(edges) > 0).all():
        found, move = given.tolist(), "Use for example (0, 0.1, 0.5, 1), or a number of bins."
        raise InputError("bins", "must rise from 0 to 1, with an edge between", found, move)
    return np.searchsorted(edges[1:-1], scores, side="right")


def _bin(rows: ScoredRows, inside: NDArray[np.bool_]) -> dict[str, object]:
    customer = rows.customer[inside]
    own = np.bincount(customer).astype(float)
    support = own.sum() ** 2 / (own**2).sum()
    rate, low, high = mean_amount(rows.y[inside], bounds=(0, 1), clusters=customer)
    shown = np.floor(10 * support) / 10
    return {
        "n": int(inside.sum()),
        "mean_score": float(rows.scores[inside].mean()),
        "rate": rate,
        "low": low,
        "high": high,
        "note": f"not estimable (n={shown:g})" if support < MINIMUM_TRIALS else "",
    }


def _by_chance(rows: ScoredRows, codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean distance from 0 of each bin's mean error, if it were normal about 0."""
    size = np.bincount(codes)
    error = rows.y - rows.scores
    error = error - (np.bincount(codes, weights=error) / size)[codes]
    pairs, of_row = np.unique(
        codes * (rows.customer.max() + 1) + rows.customer, return_inverse=True
    )
    bin_of_pair = pairs // (rows.customer.max() + 1)
    squares = np.bincount(bin_of_pair, weights=np.bincount(of_row, weights=error) ** 2)
    customers = np.bincount(bin_of_pair)
    deviation = np.sqrt(squares * customers / (customers - 1)) / size
    return np.asarray(np.sqrt(2 / np.pi) * deviation)
