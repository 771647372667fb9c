"""Choice: the best policy within stated limits, why, and what was given up for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from equipoise._checks import check_choice, check_number
from equipoise._files import atomic_file
from equipoise.exceptions import InputError
from equipoise.tradeoff._confirm import confirmed, difference
from equipoise.tradeoff._measures import LARGER_IS_BETTER, MEASURES
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._reasons import reasons, reasons_for_none
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._sweep import Sweep

__all__ = ["Choice", "choose"]

_FIGURES = ["measure", "value", "low", "high", "note"]
_RELAXATIONS = ["limit", "asked", "needed", "policy"]


@dataclass(frozen=True)
class Choice:
    """The pick of a sweep within limits, or the reason why there is none.

    Attributes
    ----------
    policy : Policy or None
        None where no policy satisfies the limits.
    limits : mapping of str to float
        Ceilings (gaps, epsilon) and floors (measures of which more is better).
    maximise : str
        The measure the pick has most of among the feasible.
    reasons : tuple of str
        Why this one, in plain words.
    candidates : DataFrame
        Every complete policy with its means over seeds on the choose-customers and `feasible`, the
        best without limits first.
    confirm : DataFrame
        The pick's figures on the untouched confirm-customers: `measure, value, low, high, note`.
    given_up : DataFrame
        The pick less the best policy without limits, on the confirm-customers; empty where they
        are the same.
    relaxations : DataFrame
        Where nothing is feasible, `limit, asked, needed, policy`: how far each limit alone must
        move to admit a policy.
    sweep_digest : str
        The sweep this was chosen from.
    internal : str
        What the figures are not: they come from the customers without noise.
    """

    policy: Policy | None
    limits: Mapping[str, float]
    maximise: str
    reasons: tuple[str, ...]
    candidates: pd.DataFrame
    confirm: pd.DataFrame
    given_up: pd.DataFrame
    relaxations: pd.DataFrame
    sweep_digest: str
    internal: str

    def save(self, path: str | Path) -> None:
        """Write the decision, its limits, reasons and figures as JSON."""
        record = {
            "internal": self.internal,
            "policy": None if self.policy is None else self.policy._asdict(),
            "limits": self.limits,
            "maximise": self.maximise,
            "reasons": self.reasons,
            "confirm": self.confirm.to_dict("records"),
            "given_up": self.given_up.to_dict("records"),
            "relaxations": self.relaxations.to_dict("records"),
            "sweep_digest": self.sweep_digest,
        }
        with atomic_file(path) as part:
            part.write_text(json_text(record, indent=2) + "\n", encoding="utf-8")


def choose(sweep: Sweep, limits: Mapping[str, float], *, maximise: str | None = None) -> Choice:
    """Pick the best policy within limits, by means over seeds on the choose-customers.

    Parameters
    ----------
    sweep : Sweep
    limits : mapping of str to float
        By measure: a ceiling for `epsilon`, `selection_gap`, `opportunity_gap`; a floor for `auc`,
        `average_precision`, `lift_at_10`, `profit_eur`, `worst_group_tpr`. A measure that is not
        estimable does not satisfy its limit.
    maximise : str, optional
        By default `profit_eur`, or `auc` where the task has no euros. Ties go to the smaller
        epsilon, then to the order of the plan.

    Returns
    -------
    Choice
        Its figures come from the confirm-customers, which the choice has not seen: the best of many
        is overstated on the customers it was chosen on.

    Raises
    ------
    InputError
        Where no policy ran with every seed, or a limit or `maximise` is no measure of this sweep.
    """
    table = sweep.policies()
    if table.empty:
        raise InputError(
            "sweep",
            "must have a policy that ran with every seed",
            "none",
            "See `note` in its frame.",
        )
    limits = dict(_checked(sweep, limits))
    goal = sweep.default_goal if maximise is None else maximise
    check_choice("maximise", goal, sorted(LARGER_IS_BETTER))
    _check_euros("maximise", sweep, goal)
    table = table.sort_values([goal, "epsilon"], ascending=[False, True], ignore_index=True)
    table = table.assign(feasible=_satisfied(table, limits).all(axis=1) & table[goal].notna())
    feasible = [Policy.of(row) for _, row in table[table["feasible"]].iterrows()]
    pick, best = feasible[0] if feasible else None, Policy.of(table.loc[0])
    figures = _figures() if pick is None else confirmed(sweep, pick)
    relaxed = _relaxations(table, limits, goal)
    return Choice(
        policy=pick,
        limits=limits,
        maximise=goal,
        reasons=tuple(
            reasons_for_none(table, limits, goal, relaxed)
            if pick is None
            else reasons(sweep, table, feasible, limits, goal, figures)
        ),
        candidates=table,
        confirm=figures,
        given_up=_figures() if pick in (None, best) else difference(sweep, pick, best),
        relaxations=relaxed.head(0) if pick else relaxed,
        sweep_digest=sweep.manifest["digest"],
        internal=sweep.manifest["internal"],
    )


def _checked(sweep: Sweep, limits: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, limit in limits.items():
        check_choice("limit", name, ["epsilon", *MEASURES])
        _check_euros("limit", sweep, name)
        number = check_number(f"limit {name}", limit, next_move="Give a number, such as epsilon=2.")
        yield name, number


def _check_euros(parameter: str, sweep: Sweep, measure: str) -> None:
    if measure == "profit_eur" and sweep.task.value is None:
        raise InputError(
            parameter,
            "must be a measure of this sweep",
            "'profit_eur'",
            "Its task has no euros: add `value` to the task file, or use auc.",
        )


def _satisfied(table: pd.DataFrame, limits: Mapping[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {n: table[n] >= v if n in LARGER_IS_BETTER else table[n] <= v for n, v in limits.items()},
        index=table.index,
    )


def _relaxations(table: pd.DataFrame, limits: Mapping[str, float], goal: str) -> pd.DataFrame:
    """For each limit alone, the smallest change that admits a policy while the others hold."""
    satisfied = _satisfied(table, limits)
    rows = []
    for name, limit in limits.items():
        others = table[
            satisfied.drop(columns=name).all(axis=1) & table[[name, goal]].notna().all(axis=1)
        ]
        if len(others):
            values = -others[name] if name in LARGER_IS_BETTER else others[name]
            nearest = others.loc[values.idxmin()]
            rows.append((name, limit, float(nearest[name]), str(Policy.of(nearest))))
    return pd.DataFrame(rows, columns=_RELAXATIONS)


def _figures() -> pd.DataFrame:
    return pd.DataFrame(columns=_FIGURES)
