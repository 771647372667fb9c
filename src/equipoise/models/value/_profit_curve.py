"""Profit curve: what contacting the highest-scored share earns, for every share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_number
from equipoise.intervals import Interval
from equipoise.models.value._elsewhere import best_elsewhere
from equipoise.models.value._given import ADDED, echoed, euro_notes, euros, rows_of
from equipoise.models.value._paid import Paid
from equipoise.models.value._ranking import Ranking, thinned
from equipoise.task import Task

if TYPE_CHECKING:
    from equipoise.charts import Picture

__all__ = ["Cut", "ProfitCurve", "profit_curve"]

Floats = NDArray[np.float64]
OVERSTATED = (
    "the best cut was picked on the customers it is paid on, so its profit overstates itself: "
    "see `best_elsewhere`"
)


@dataclass(frozen=True)
class Cut:
    """What contacting the highest-scored earns at one cut.

    Attributes
    ----------
    share : float
        Part of the rows contacted, from 0 to 1.
    contacts : int
        Rows contacted.
    profit_eur, low, high : float
        Euros for all scored rows together, with a 95 % interval; NaN bounds under ten customers.
    trust_lost_eur : float
        Euros of trust lost as declared; never part of profit.
    note : str
        Why there is no interval; else empty.
    """

    share: float
    contacts: int
    profit_eur: float
    low: float
    high: float
    trust_lost_eur: float
    note: str = ""


@dataclass(frozen=True, eq=False)
class ProfitCurve:
    """What contacting the highest-scored share earns.

    Attributes
    ----------
    table : DataFrame
        What `frame` shows.
    chosen : Cut
        The task's decision. It is the cut that reports speak of.
    best : Cut
        The cut with the most profit among all, and among equals the one with the fewest contacts.
        Being the best of many on these very customers, it overstates itself.
    best_elsewhere : Interval
        Euros, for as many rows, when the best cut is found on four fifths of the customers and
        paid on the other fifth, in turn. Compare this with `chosen`, not `best`.
    parameters : mapping
        Everything that the euros depend on, as the task declares it.
    notes : tuple of str
        What a reader must know besides.
    """

    table: pd.DataFrame
    chosen: Cut
    best: Cut
    best_elsewhere: Interval
    parameters: Mapping[str, Any]
    notes: tuple[str, ...]
    _paid: Paid = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """Return one row a cut, some 200 at most, from nobody to everybody.

        Columns `share, contacts, profit_eur, low, high, trust_lost_eur, is_chosen, is_best, note`.
        Profit is the total of the scored rows in euros: zero is contacting nobody. Each interval
        (95 %, over customers) speaks for its own share alone, and not for the best of them.
        """
        return self.table.copy()

    def at(self, share: float) -> Cut:
        """Return what contacting the highest-scored share earns, to the nearest whole row.

        Raises
        ------
        InputError
            Where the share is not in 0..1.
        """
        part = check_number("share", share, low=0, high=1, next_move="Use 0.2 for a fifth.")
        return _cuts(self._paid.cuts(np.array([round(part * self._paid.rows)])))[0]

    def plot(self) -> Picture:
        """Return the curve as a picture with its data in words; the chosen cut is marked."""
        from equipoise.charts.models import draw_profit_curve

        example = self.parameters["source"] == "example"
        return draw_profit_curve(
            self.frame(),
            unit="example €" if example else "€",
            adds=self.parameters["profit"] == ADDED,
        )


def profit_curve(task: Task, scores: ArrayLike, *, seed: int) -> ProfitCurve:
    """Say what contacting the highest-scored share of a task's rows earns, for every share.

    Profit is the task's own (`Task.profit_eur`): what contacts add where the task knows who was
    treated and how probably, else every positive outcome is credited to the contact, and sure
    buyers count as won. Rows with the same score are taken in proportion, which is the mean over
    all ways to break the tie. It hides who is contacted, and trust lost, which has its own column.

    Parameters
    ----------
    task : Task
        With `value`; its customers must not have taught the model that scored them.
    scores : array_like of float, shape (n,)
        Higher is contacted first; any finite numbers, unless the decision weighs euros with them.
        Read by position; a pandas index must be that of the task.
    seed : int
        Deals the customers into five parts for `best_elsewhere`. Nothing else is left to chance.

    Returns
    -------
    ProfitCurve

    Raises
    ------
    InputError
        Where the task has no euros, a cost is negative or missing, scores do not match the rows, or
        one is not finite.

    Notes
    -----
    Intervals are over customers (`task.unit`): another sample would also move the score at which a
    share ends, and that is included. Where the decision is a score and not a share (`threshold`,
    `max_profit`), the interval of `chosen` is that of the fixed score.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=500, seed=7).task("offer_response")
    >>> curve = profit_curve(task, np.linspace(0, 1, len(task)), seed=1)
    >>> curve.at(0).profit_eur, curve.parameters["cost_per_contact"]
    (0.0, 0.9)
    >>> curve.chosen.contacts == round(0.2 * len(task))
    True
    """
    value = euros(task)
    rows = rows_of(task, scores)
    # A part of tied rows is contacted in any case: the seed says which, and not how many.
    chosen = int(task.decide(rows.scores, seed=seed).sum())
    paid = Paid.of(task, value, Ranking.of(rows.scores, rows.customer))
    best = paid.best()
    cuts = paid.cuts(thinned(len(task), chosen, best))
    fixed = paid.cuts(np.array([chosen]), at_score=task.decision.top_share is None)
    table = cuts.assign(is_chosen=cuts["contacts"] == chosen, is_best=cuts["contacts"] == best)
    told = [column for column in cuts if column != "note"]
    table.loc[table["is_chosen"], told] = fixed[told].to_numpy()
    picked = _cuts(table[table["is_best"]])[0]
    return ProfitCurve(
        table=table[[*told, "is_chosen", "is_best", "note"]],
        chosen=_cuts(fixed)[0],
        best=picked,
        best_elsewhere=best_elsewhere(paid, rows.scores, task.unit, seed=seed),
        parameters=echoed(task, seed=seed),
        notes=(OVERSTATED, *euro_notes(value)),
        _paid=paid,
    )


def _cuts(table: pd.DataFrame) -> list[Cut]:
    names = ("share", "contacts", "profit_eur", "low", "high", "trust_lost_eur", "note")
    return [Cut(*row) for row in table[list(names)].itertuples(index=False)]
