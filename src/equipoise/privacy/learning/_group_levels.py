"""From scores to levels within a group: one common cut then selects the same share of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from equipoise._checks import check_choice, check_whole
from equipoise.exceptions import InputError

__all__ = [
    "Equal",
    "GroupLevels",
    "check_bins",
    "exact_levels",
    "group_levels",
    "is_counted",
    "score_counts",
]

Equal = Literal["selection_rate", "true_positive_rate"]

# Bins are even steps of this logistic function of the log-odds: about a dozen of 64 bins lie where
# the scores of a campaign do, be the outcome as rare as 1 in 100 or as common as 1 in 2.
MIDDLE, WIDTH = -2.0, 2.0
FEWEST_SD = 5.0  # of the noise on a total: below it the curve of a group is mostly noise
MOST_BINS = 4096
TIE = 1e-6  # slope of the curve where it is flat, so that the order of scores is kept


@dataclass(frozen=True)
class GroupLevels:
    """One increasing curve a group, from scores to levels in [0, 1].

    Attributes
    ----------
    curves : array, shape (groups, bins + 1)
        Level at each edge of the bins; linear between edges.
    pooled : array of bool, shape (groups,)
        Groups with too few rows for a curve of their own, which take that of all groups together.
    shared : array, shape (bins + 1,)
        The curve of all groups together.
    """

    curves: NDArray[np.float64]
    pooled: NDArray[np.bool_]
    shared: NDArray[np.float64]

    def levels(self, scores: ArrayLike, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the level of each row, shape (n,).

        Parameters
        ----------
        scores : array_like, shape (n,)
            Probabilities.
        codes : array of int, shape (n,)
            Place of each row's group among the groups.
        """
        edges = np.linspace(0, 1, self.curves.shape[1])
        places = _places(scores)
        found = np.empty(len(places))
        for code, curve in enumerate(self.curves):
            found[codes == code] = np.interp(places[codes == code], edges, curve)
        return found

    def matched(self, scores: ArrayLike, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return for each row the score whose rank among all groups is that of its own in its group.

        Levels have no unit that a cut in chances or euros could use; these have, and the same order.
        A cut at any score selects the same share of all counted rows after matching as before it: of
        all rows for equal selection rates, of those of outcome 1 for equal true positive rates.
        """
        edges = np.linspace(0, 1, len(self.shared))
        places = np.interp(self.levels(scores, codes), self.shared, edges)
        chances: NDArray[np.float64] = expit(logit(places) * WIDTH + MIDDLE)
        return chances


def check_bins(bins: object) -> None:
    """Refuse a number of bins that no curve can be drawn through."""
    move = "Use for example 64."
    if check_whole("bins", bins, low=2, next_move=move) > MOST_BINS:
        raise InputError("bins", f"must be at most {MOST_BINS:,}", bins, move)


def is_counted(outcomes: NDArray[np.int_], equal: Equal) -> NDArray[np.bool_]:
    """Return which rows are counted: all for equal selection rates, else those of outcome 1."""
    check_choice("equal", equal, get_args(Equal))
    return (
        np.asarray(outcomes) == 1 if equal == "true_positive_rate" else np.ones(len(outcomes), bool)
    )


def score_counts(
    scores: ArrayLike, codes: NDArray[np.intp], *, groups: int, bins: int
) -> NDArray[np.float64]:
    """Return how many rows of each group have a score in each bin, shape (groups, bins).

    Bins are fixed beforehand on a scale of log-odds, and depend on no row.

    Examples
    --------
    >>> score_counts([0.05, 0.1, 0.6], np.array([0, 0, 1]), groups=2, bins=4)
    array([[0., 2., 0., 0.],
           [0., 0., 0., 1.]])
    """
    within = np.minimum((_places(scores) * bins).astype(np.intp), bins - 1)
    counts = np.bincount(codes * bins + within, minlength=groups * bins)
    return counts.reshape(groups, bins).astype(float)


def group_levels(counts: NDArray[np.float64], *, total_sd: float = 0.0) -> GroupLevels:
    """Return the curves that follow from counts by group and bin of score.

    The level of a score is one less the share of the group's counted rows with a higher score. It is
    made increasing where noise is not, and linear within a bin. A group whose total is below 5
    standard deviations of its noise, or is 0, takes the curve of all groups; where even that is
    too little, levels are the scale of the bins itself.

    Parameters
    ----------
    counts : array, shape (groups, bins)
        As of `score_counts`, exact or noisy.
    total_sd : float
        Standard deviation of the noise on the total of a group; 0 for exact counts.

    Examples
    --------
    >>> curves = group_levels(np.array([[0.0, 30.0, 10.0, 0.0], [0.0, 10.0, 20.0, 10.0]])).curves
    >>> curves.round(2)
    array([[0.  , 0.  , 0.75, 1.  , 1.  ],
           [0.  , 0.  , 0.25, 0.75, 1.  ]])
    """
    groups, bins = counts.shape
    together = counts.sum(axis=0)
    scale = np.linspace(0, 1, bins + 1)
    told = _tells(together, total_sd * np.sqrt(groups))
    shared = _curve(together) if told else scale
    pooled = np.array([not _tells(each, total_sd) for each in counts])
    curves = [
        shared if lacking else _curve(each) for each, lacking in zip(counts, pooled, strict=True)
    ]
    kept = (np.array([*curves, shared]) + TIE * scale) / (1 + TIE)
    return GroupLevels(kept[:-1], pooled, kept[-1])


def exact_levels(
    scores: ArrayLike,
    codes: NDArray[np.intp],
    outcomes: NDArray[np.int_],
    *,
    groups: int,
    equal: Equal = "selection_rate",
    bins: int = 4096,
) -> GroupLevels:
    """Return curves from exact counts of the rows a model was fitted on: they promise nothing.

    Parameters
    ----------
    scores : array_like, shape (n,)
        Probabilities.
    codes : array of int, shape (n,)
        Place of each row's group, below `groups`.
    outcomes : array of 0 and 1, shape (n,)
    groups : int
        Number of groups.
    equal : {"selection_rate", "true_positive_rate"}
        What one common cut of the levels makes equal: the share of each group's rows that is
        selected, or of its rows of outcome 1.
    bins : int
        Many, for there is no noise.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> codes = np.arange(10_000) % 2
    >>> scores = rng.beta(2, 8 + 4 * codes)
    >>> levels = exact_levels(scores, codes, np.ones(10_000), groups=2).levels(scores, codes)
    >>> [round(float((levels[codes == code] > 0.8).mean()), 2) for code in (0, 1)]
    [0.2, 0.2]
    """
    codes, kept = np.asarray(codes), is_counted(outcomes, equal)
    counts = score_counts(np.asarray(scores)[kept], codes[kept], groups=groups, bins=bins)
    return group_levels(counts)


def _places(scores: ArrayLike) -> NDArray[np.float64]:
    """Return where probabilities lie on the scale of the bins, in [0, 1]."""
    chances = np.asarray(scores, dtype=float)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise InputError("scores", "must be probabilities", "others", "Use predict_proba.")
    places: NDArray[np.float64] = expit((logit(chances) - MIDDLE) / WIDTH)
    return places


def _tells(counts: NDArray[np.float64], total_sd: float) -> bool:
    total = float(counts.sum())
    return total > 0 and total >= FEWEST_SD * total_sd


def _curve(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of rows at or below each edge, from 0 to 1 and nowhere falling."""
    from sklearn.isotonic import isotonic_regression

    total = counts.sum()
    above = np.cumsum(counts[::-1])[::-1]
    shares = np.clip(isotonic_regression(above[1:] / total, increasing=False), 0, 1)
    curve: NDArray[np.float64] = np.r_[0.0, 1 - shares, 1.0]
    return curve
