"""Expected margin: what a contact policy earns if only so much may be spent on contacts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.models.value._given import chances, echoed, euro_notes, euros, rows_of
from equipoise.models.value._paid import Paid, Part
from equipoise.models.value._ranking import Ranking
from equipoise.task import Task, Value

__all__ = ["ExpectedMargin", "expected_margin"]

Floats = NDArray[np.float64]
COUNTED = "counted, not estimated"
DECLARED = "declared in the task, not measured here"
CLAIMED = "the model's own figure"
GROSS = "the model's own figure, which credits every positive outcome to the contact"


@dataclass(frozen=True, eq=False)
class ExpectedMargin:
    """What a contact policy is expected to earn, and what it earned on the scored rows.

    Attributes
    ----------
    table : DataFrame
        What `frame` shows.
    contacted : array of float, shape (n,)
        1 for each row that is contacted, else 0; between for rows tied at the cut, of which a coin
        would have to pick some.
    parameters : mapping
        Everything that the figures depend on; `budget_eur` is the one that was used, None for none.
    notes : tuple of str
        What a reader must know besides.
    """

    table: pd.DataFrame
    contacted: Floats
    parameters: Mapping[str, Any]
    notes: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return `measure, value, low, high, note`: totals of the scored rows.

        - `contacts`, in rows, and `spent_eur`, what they cost: counted, so without an interval.
        - `discount_eur`: what is given away, as it turned out.
        - `profit_eur`: what the policy earned, as it turned out; zero is contacting nobody.
        - `expected_profit_eur`: what the model's probabilities say that it earns.
        - `overstated_eur`: expected less earned. An interval above zero says that the model
          promises more than it keeps.
        - `opt_outs`, `complaints`, `trust_lost_eur`: from rates that a person declared. They are
          no part of profit.
        """
        return self.table.copy()


def expected_margin(
    task: Task,
    scores: ArrayLike,
    *,
    budget_eur: float | None = None,
    probabilities: ArrayLike | None = None,
    probabilities_if_left: ArrayLike | None = None,
) -> ExpectedMargin:
    """Say what the task's decision earns if no more than a budget may be spent on contacts.

    Contacted are those whom the task's decision selects, highest scores first, until the budget is
    spent; a budget that is left over is not spent on others. Rows tied at the cut are taken in
    proportion. The budget pays for contacts alone: a discount costs only when it is used.

    Parameters
    ----------
    task : Task
        With `value`; its customers must not have taught the model that scored them.
    scores : array_like of float, shape (n,)
        Higher is contacted first.
    budget_eur : float, optional
        Euros for as many rows as the task has; by default the task's own budget, which may be none.
    probabilities : array_like of float, shape (n,), optional
        Probability of the positive outcome if contacted, in 0..1; by default the scores.
    probabilities_if_left : array_like of float, shape (n,), optional
        Probability if not contacted. Without it the expected profit credits every positive outcome
        to the contact.

    Returns
    -------
    ExpectedMargin

    Raises
    ------
    InputError
        Where the task has no euros, a cost is negative or missing, the budget does not pay for one
        contact, rows do not match, or a probability is not in 0..1.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=500, seed=7).task("offer_response")
    >>> found = expected_margin(task, np.linspace(0, 0.2, len(task)), budget_eur=20)
    >>> found.frame().set_index("measure").loc[["contacts", "spent_eur"], "value"].tolist()
    [22.0, 19.8]
    """
    value = euros(task)
    rows = rows_of(task, scores)
    claimed = _claimed(task, value, scores, probabilities, probabilities_if_left)
    budget = _budget(value, budget_eur)
    wanted = int(
        task.decide(rows.scores, seed=0).sum()
    )  # the seed says which of the tied, not how many
    count = min(wanted, _affordable(budget, value.cost_per_contact, len(task)))
    paid = Paid.of(task, value, Ranking.of(rows.scores, rows.customer))
    at_score = task.decision.top_share is None and count == wanted
    gross = task.profit_is_incremental and probabilities_if_left is None
    return ExpectedMargin(
        table=_table(task, value, paid, claimed, count, at_score=at_score, gross=gross),
        contacted=paid.ranking.taken(count),
        parameters=echoed(task, budget_eur=budget),
        notes=_notes(value, count, wanted),
    )


def _budget(value: Value, given: float | None) -> float | None:
    budget = value.budget_eur if given is None else given
    if budget is None:
        return None
    most, move = np.finfo(float).max, "Give euros for as many rows as the task has."
    found = check_number("budget_eur", budget, low=0, high=most, open_low=True, next_move=move)
    if found < value.cost_per_contact:
        raise InputError(
            "budget_eur",
            "must pay for one contact at least",
            f"{found:g} at {value.cost_per_contact:g} a contact",
            "Raise the budget, or leave it out.",
        )
    return found


def _affordable(budget: float | None, cost: float, rows: int) -> int:
    """Return how many of so many rows the budget can contact."""
    if budget is None or budget >= cost * rows:
        return rows
    return math.floor(budget / cost * (1 + 1e-12))  # 0.3 pays for three contacts at 0.1


def _claimed(
    task: Task,
    value: Value,
    scores: ArrayLike,
    given: ArrayLike | None,
    if_left: ArrayLike | None,
) -> Floats:
    """Return what the probabilities say that contacting each row earns, in euros."""
    name = "scores" if given is None else "probabilities"
    chance = chances(task, scores if given is None else given, name)
    left = 0.0 if if_left is None else chances(task, if_left, "probabilities_if_left")
    won = chance * value.net_per_positive - left * value.won_per_positive
    return np.asarray(won - value.cost_per_contact)


def _table(
    task: Task,
    value: Value,
    paid: Paid,
    claimed: Floats,
    count: int,
    *,
    at_score: bool,
    gross: bool,
) -> pd.DataFrame:
    counts = np.array([count])
    few = paid.cuts(counts)["note"].iloc[0]

    def measured(*parts: Part) -> tuple[float, ...]:
        total = replace(paid, parts=parts).total(counts, at_score=at_score)
        return tuple(float(side[0]) for side in total)

    def told(name: str, value: float, note: str) -> tuple[str, float, float, float, str]:
        return name, value, np.nan, np.nan, note

    expected = float(paid.ranking.totals(claimed, count))
    rows = [
        told("contacts", count, COUNTED),
        told("spent_eur", count * value.cost_per_contact, COUNTED),
        ("discount_eur", *measured(_discount(task, value)), few),
        ("profit_eur", *measured(*paid.parts), few),
        told("expected_profit_eur", expected, GROSS if gross else CLAIMED),
        ("overstated_eur", *measured(*_overstated(claimed, paid.parts)), few),
        told("opt_outs", count * value.opt_outs_per_contact, DECLARED),
        told("complaints", count * value.complaints_per_contact, DECLARED),
        told("trust_lost_eur", count * value.trust_lost_per_contact, DECLARED),
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "note"])


def _discount(task: Task, value: Value) -> Part:
    given_away = np.asarray(task.discount_eur(np.ones(len(task), dtype=bool)), dtype=float)
    return Part(given_away, (0.0, max(value.discount_per_positive, float(given_away.max()))))


def _overstated(claimed: Floats, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return what is claimed less what is earned, in the parts of the latter."""
    first, *others = (Part(-part.values, (-part.bounds[1], -part.bounds[0])) for part in parts)
    (low, high), least, most = first.bounds, float(claimed.min()), float(claimed.max())
    return Part(claimed + first.values, (least + low, most + high)), *others


def _notes(value: Value, count: int, wanted: int) -> tuple[str, ...]:
    cut = f"the budget pays for {count:,} of the {wanted:,} contacts that the decision selects"
    return (
        *([cut] if count < wanted else []),
        *euro_notes(value),
    )
