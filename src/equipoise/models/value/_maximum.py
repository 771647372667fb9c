"""Expected maximum profit: what a ranking is worth to a campaign that keeps customers who leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression

from equipoise.intervals import Interval, mean_amount
from equipoise.models._scored_rows import scored_rows
from equipoise.models.value._given import check_both
from equipoise.models.value._offer import Offer
from equipoise.models.value._ranking import Ranking
from equipoise.models.value._uncertain import not_estimable

__all__ = ["ExpectedMaximumProfit", "expected_maximum_profit"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExpectedMaximumProfit:
    """What a ranking is worth to a retention campaign whose success is uncertain.

    Attributes
    ----------
    profit_eur, low, high : float
        Euros a row, with a 95 % interval over customers (NaN under ten of them). Zero where no
        contact pays; never negative, since contacting nobody is free.
    share : float
        Part of the rows that the best cut contacts, as a mean over how many accept; 0 to 1.
    cuts : DataFrame
        `share, contacts, accept_from, chance`: the cuts that are best for some share of acceptance,
        from which share on each is, and how probable that is. Others are best for none.
    parameters : mapping
        All that was given, with `rows`, `customers` and `positives`.
    note : str
        Why there is no interval; else empty.
    """

    profit_eur: float
    low: float
    high: float
    share: float
    cuts: pd.DataFrame
    parameters: Mapping[str, Any]
    note: str = ""

    def frame(self) -> pd.DataFrame:
        """Return one row: `profit_eur, low, high, share, note`, and each parameter."""
        found = {name: getattr(self, name) for name in ("profit_eur", "low", "high", "share")}
        return pd.DataFrame([{**found, "note": self.note, **self.parameters}])


def expected_maximum_profit(
    y: ArrayLike,
    scores: ArrayLike,
    *,
    clv_eur: float,
    incentive_eur: float,
    contact_cost_eur: float,
    accept_alpha: float,
    accept_beta: float,
    unit: ArrayLike | None = None,
) -> ExpectedMaximumProfit:
    """Say what a ranking is worth to a campaign that offers an incentive to customers who may leave.

    A contacted customer who would leave accepts the incentive with a probability that is not known,
    but has a Beta distribution; then their lifetime value is kept, less the incentive. One who would
    have stayed takes the incentive for nothing. For each probability the best cut is taken, and
    profit is its mean. Nothing has a default: every parameter changes the ranking of models.

    It takes for granted that the probability of acceptance is one for all who would leave, that
    nobody leaves because of the contact, and that the best cut is found: the best of many cuts on
    the same customers overstates itself, the more so the fewer customers there are.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
        1 where the customer left.
    scores : array_like of float, shape (n,)
        Higher is more likely to leave; any finite numbers.
    clv_eur : float
        Lifetime value of a customer who is kept, in euros; above the incentive.
    incentive_eur : float
        Cost of the incentive where it is taken, in euros.
    contact_cost_eur : float
        Cost of each contact, in euros.
    accept_alpha, accept_beta : float
        Parameters of the Beta distribution of the probability that the incentive is accepted; its
        mean is alpha / (alpha + beta).
    unit : array_like, shape (n,), optional
        Customer of each row, where customers have several.

    Returns
    -------
    ExpectedMaximumProfit

    Raises
    ------
    InputError
        Where rows do not match, only one outcome occurs, a score is missing, a cost is negative,
        the incentive is not below the lifetime value, or a Beta parameter is not positive.

    Notes
    -----
    Exact, by incomplete beta functions over the convex hull of the ROC curve. The interval needs no
    resampling: at the best cut a small shift of the cut changes nothing in the first order, so profit
    is the mean of what each row adds, and has the interval of a mean.

    References
    ----------
    Verbraken, Verbeke & Baesens (2013), A novel profit maximizing metric for measuring
    classification performance of customer churn prediction models. IEEE Transactions on Knowledge
    and Data Engineering 25.

    Examples
    --------
    >>> found = expected_maximum_profit(
    ...     [0, 1, 0, 1, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9],
    ...     clv_eur=200, incentive_eur=10, contact_cost_eur=1, accept_alpha=6, accept_beta=14)
    >>> round(found.profit_eur, 4), round(found.share, 3)
    (23.8756, 0.874)
    """
    offer = Offer.of(clv_eur, incentive_eur, contact_cost_eur, accept_alpha, accept_beta)
    rows = scored_rows(y, scores, unit, probabilities=False)
    check_both(rows.y)
    ranking = Ranking.of(rows.scores, rows.customer)
    starts, positives, negatives = _hull(ranking, rows.y)
    turning = offer.turning(positives, negatives)
    stretch = np.searchsorted(starts, ranking.step, side="right") - 1
    added = np.where(rows.y == 1, offer.kept(turning)[stretch], -offer.wasted(turning)[stretch])
    mean = _mean(offer, added, ranking.customer)
    given = (clv_eur, incentive_eur, contact_cost_eur, accept_alpha, accept_beta)
    return ExpectedMaximumProfit(
        profit_eur=float(added.mean()),
        low=mean.low,
        high=mean.high,
        share=float(offer.above(turning)[stretch].mean()),
        cuts=_cuts(offer, turning, positives + negatives),
        parameters={
            **dict(zip(_PARAMETERS, given, strict=True)),
            "rows": len(ranking),
            "customers": len(ranking.own_rows),
            "positives": int(rows.y.sum()),
        },
        note=not_estimable(len(ranking) ** 2 / (ranking.own_rows @ ranking.own_rows))[0],
    )


_PARAMETERS = ("clv_eur", "incentive_eur", "contact_cost_eur", "accept_alpha", "accept_beta")


def _hull(ranking: Ranking, y: NDArray[np.int_]) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return the stretches of the convex hull of the ROC curve: first step, positives, negatives.

    Pooling steps until the base rate only falls gives that hull, in one pass.
    """
    positives, sizes = ranking.by_step(y.astype(float)), np.diff(ranking.ends)
    pooled = isotonic_regression(positives / sizes, weights=sizes, increasing=False)
    starts = pooled.blocks[:-1]
    of_both = np.add.reduceat(sizes, starts)
    of_one = np.add.reduceat(positives, starts)
    return starts, of_one, of_both - of_one


def _mean(offer: Offer, added: Floats, customer: NDArray[np.intp]) -> Interval:
    """Return the mean with an interval, between what a row can cost and what it can add."""
    never_worth_it = np.array([min(1.0, offer.contact_eur / offer.kept_eur)])
    low, high = -offer.wasted_eur, float(offer.kept(never_worth_it)[0])
    if not high > low:
        return Interval(0.0, 0.0, 0.0)
    mean = mean_amount(np.clip(added, low, high), bounds=(low, high), clusters=customer)
    return Interval(mean.value, max(mean.low, 0.0) if mean.low == mean.low else np.nan, mean.high)


def _cuts(offer: Offer, turning: Floats, rows: Floats) -> pd.DataFrame:
    """Return the cuts that are best for some share of acceptance, from nobody on."""
    contacts = np.concatenate([[0.0], np.cumsum(rows)])
    chance = -np.diff(np.concatenate([[1.0], offer.above(turning), [0.0]]))
    cuts = pd.DataFrame(
        {
            "share": contacts / contacts[-1],
            "contacts": contacts.astype(int),
            "accept_from": np.concatenate([[0.0], turning]),
            "chance": chance,
        }
    )
    return cuts[cuts["chance"] > 0].reset_index(drop=True)
