"""How far estimated effects are from the true ones, which only a simulator knows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.models.uplift._campaign import check_rows, read_scores

__all__ = ["effect_error"]

Floats = NDArray[np.float64]

CONSTANT = "no ranking: all the same"
NOTHING = "no effects to be told apart"
NO_GAIN = "contacting the best gains nothing"


def effect_error(
    estimate: ArrayLike, true_effect: ArrayLike, *, share: float = 0.2
) -> pd.DataFrame:
    """Compare estimated effects with true ones: `measure, value, note`, one row a measure.

    Nothing is estimated: the figures are exact for these rows, and have no intervals. How they
    differ between worlds is seen by drawing more worlds.

    - `root_mean_squared_error`, and `bias` (mean of estimate less truth), in probability. Beside
      them `root_mean_squared_error_of_mean`, what giving everybody the true mean would score.
    - `rank_correlation` (Spearman's): one where the order is right, zero where it says nothing.
    - `true_uplift_at_top`: the mean true effect among the top `share` of the estimates, beside
      `true_uplift_at_top_by_oracle`, the most that any ranking can have there.
    - `oracle_share_at_top`: the first as a share of the second. Ranking by lot does not give zero
      but `oracle_share_at_random`.
    - `true_qini`: area between the curve of true effects gathered and chance, as a share of the
      oracle's; one where the order is right, zero by lot, negative where worse.

    Parameters
    ----------
    estimate : array_like of float, shape (n,)
        Effects, or any scores: errors then mean nothing, but the ranking is judged. Tied rows count
        by the same fraction where a cut falls among them.
    true_effect : array_like of float, shape (n,)
        Change of the outcome's probability by a contact, such as column `true_effect` of
        `true_effects(crm, task)`.
    share : float
        What counts as the top, in (0, 1]; the nearest whole number of rows, at least one.

    Raises
    ------
    InputError
        Where rows do not match, a value is missing, a true effect lies outside -1..1, or the share
        is none.

    Examples
    --------
    >>> found = effect_error([0.3, 0.2, 0.1, 0.0], [0.2, 0.4, 0.0, 0.0], share=0.25)
    >>> values = found.set_index("measure")["value"].round(2)
    >>> values[["rank_correlation", "oracle_share_at_top", "oracle_share_at_random"]].tolist()
    [0.74, 0.5, 0.38]
    """
    check_rows(estimate=estimate, true_effect=true_effect)
    guess, truth = read_scores(estimate, "estimate"), read_scores(true_effect, "true_effect")
    _check_effects(truth)
    move = "Use 0.2 for the top fifth."
    part = check_number("share", share, low=0, high=1, open_low=True, next_move=move)
    top = max(1, round(part * len(truth)))
    own, best = _gathered(guess, truth), _gathered(truth, truth)
    reached, most = (float(np.interp(top, *curve)) / top for curve in (own, best))
    room = _over_chance(*best)
    rows = [
        ("root_mean_squared_error", float(np.sqrt(((guess - truth) ** 2).mean())), ""),
        ("root_mean_squared_error_of_mean", float(truth.std()), ""),
        ("bias", float((guess - truth).mean()), ""),
        ("rank_correlation", *_rank_correlation(guess, truth)),
        ("true_uplift_at_top", reached, ""),
        ("true_uplift_at_top_by_oracle", most, ""),
        ("oracle_share_at_top", *_share(reached, most, NO_GAIN)),
        ("oracle_share_at_random", *_share(float(truth.mean()), most, NO_GAIN)),
        ("true_qini", *_share(_over_chance(*own), room, NOTHING)),
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "note"])


def _gathered(scores: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Return numbers of rows and the true effects they sum to, at each level of the scores."""
    order = np.argsort(-scores)
    fallen = scores[order]
    ends = np.flatnonzero(np.append(fallen[1:] != fallen[:-1], True))
    summed = truth[order].cumsum()[ends]
    return np.append(0.0, ends + 1.0), np.append(0.0, summed)


def _over_chance(count: Floats, gathered: Floats) -> float:
    area = float((np.diff(count) * (gathered[1:] + gathered[:-1])).sum() / 2)
    return area - float(count[-1] * gathered[-1] / 2)


def _rank_correlation(guess: Floats, truth: Floats) -> tuple[float, str]:
    if np.ptp(guess) == 0 or np.ptp(truth) == 0:
        return np.nan, CONSTANT if np.ptp(guess) == 0 else NOTHING
    return float(np.corrcoef(rankdata(guess), rankdata(truth))[0, 1]), ""


def _share(part: float, of: float, note: str) -> tuple[float, str]:
    """Return a share, or say why there is none; a sum of rounding errors is nothing."""
    return (part / of, "") if of > 1e-12 else (np.nan, note)


def _check_effects(truth: Floats) -> None:
    outside = ~((truth >= -1) & (truth <= 1))
    if outside.any() or not len(truth):
        found = f"{truth[outside][0]:g}" if len(truth) else "no rows"
        move = "Pass the difference of two probabilities."
        raise InputError("true_effect", "must lie in -1..1", found, move)
