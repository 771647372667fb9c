"""Choice: the best policy within stated limits, why, and what was given up for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from equipoise._checks import check_choice, check_number
from equipoise._files import atomic_file
from equipoise.exceptions import InputError
from equipoise.tradeoff._confirm import confirmed, difference
from equipoise.tradeoff._measures import LARGER_IS_BETTER, MEASURES
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._sweep import Sweep
from equipoise.tradeoff._words import figure, interval, limits_in_words, title

__all__ = ["Choice", "choose"]


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
        Every complete policy with its means over seeds on the choose-customers and `feasible`.
    confirm : DataFrame
        The pick's figures on the untouched confirm-customers: `measure, value, low, high, note`.
    given_up : DataFrame
        The pick less the best policy without limits, on the confirm-customers.
    relaxations : DataFrame
        Where nothing is feasible: the nearest single limit that would admit a policy.
    sweep_digest : str
        The sweep this was chosen from.
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

    def save(self, path: str | Path) -> None:
        """Write the decision, its limits, reasons and figures as JSON."""
        record = {
            "policy": None if self.policy is None else _jsonable(self.policy._asdict()),
            "limits": _jsonable(self.limits),
            "maximise": self.maximise,
            "reasons": list(self.reasons),
            "confirm": _records(self.confirm),
            "given_up": _records(self.given_up),
            "relaxations": _records(self.relaxations),
            "sweep_digest": self.sweep_digest,
        }
        with atomic_file(path) as part:
            part.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n", encoding="utf-8")


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
        By default `profit_eur`, or `auc` where the task has no euros.

    Returns
    -------
    Choice
        Its figures come from the confirm-customers, which the choice has not seen: the best of many
        is overstated on the customers it was chosen on.
    """
    table = sweep.policies()
    if table.empty:
        raise InputError(
            "sweep",
            "must have a policy that ran with every seed",
            "none",
            "See `note` in its frame.",
        )
    for name, limit in limits.items():
        check_choice("limit", name, ["epsilon", *MEASURES])
        check_number(f"limit {name}", limit, next_move="Give a number, such as epsilon=2.")
    goal = maximise or ("profit_eur" if table["profit_eur"].notna().all() else "auc")
    check_choice("maximise", goal, sorted(LARGER_IS_BETTER))
    within = _within(table, limits)
    table = table.assign(feasible=within.all(axis=1)).sort_values(
        [goal, "epsilon"], ascending=[False, True], ignore_index=True
    )
    feasible = [_policy(row) for _, row in table[table["feasible"]].iterrows()]
    best = _policy(table.loc[0])
    nothing = pd.DataFrame(columns=["measure", "value", "low", "high", "note"])
    if not feasible:
        relaxed = _relaxations(table, limits)
        return Choice(
            None, dict(limits), goal, _no_policy(limits, relaxed), table, nothing, nothing, relaxed,
            sweep.manifest["digest"],
        )  # fmt: skip
    pick = feasible[0]
    return Choice(
        policy=pick,
        limits=dict(limits),
        maximise=goal,
        reasons=_reasons(sweep, table, feasible, limits, goal),
        candidates=table,
        confirm=confirmed(sweep, pick),
        given_up=nothing if pick == best else difference(sweep, pick, best),
        relaxations=pd.DataFrame(),
        sweep_digest=sweep.manifest["digest"],
    )


def _within(table: pd.DataFrame, limits: Mapping[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {n: table[n] >= v if n in LARGER_IS_BETTER else table[n] <= v for n, v in limits.items()},
        index=table.index,
    )


def _policy(row: pd.Series) -> Policy:
    return Policy(row["model"], row["mitigation"], row["epsilon"])


def _relaxations(table: pd.DataFrame, limits: Mapping[str, float]) -> pd.DataFrame:
    """For each limit alone, the smallest change that admits a policy while the others hold."""
    within = _within(table, limits)
    rows = []
    for name, limit in limits.items():
        others = table[within.drop(columns=name).all(axis=1) & table[name].notna()]
        if len(others):
            nearest = others[name].idxmax() if name in LARGER_IS_BETTER else others[name].idxmin()
            rows.append((name, limit, others.loc[nearest, name], str(_policy(others.loc[nearest]))))
    return pd.DataFrame(rows, columns=["limit", "asked", "needed", "policy"])


def _no_policy(limits: Mapping[str, float], relaxed: pd.DataFrame) -> tuple[str, ...]:
    asked = f"No policy satisfies {limits_in_words(limits)}."
    if relaxed.empty:
        return asked, "No single limit can be relaxed to admit one while the others hold."
    nearest = "; ".join(
        f"{row.limit} {row.needed:.3g} (asked {row.asked:g}) admits {row.policy}"
        for row in relaxed.itertuples()
    )
    return asked, f"The nearest relaxations, one at a time, are: {nearest}."


def _reasons(
    sweep: Sweep,
    table: pd.DataFrame,
    feasible: list[Policy],
    limits: Mapping[str, float],
    goal: str,
) -> tuple[str, ...]:
    pick = feasible[0]
    most = table.loc[table["feasible"], goal].iloc[0]
    seeds = len(sweep.manifest["seeds"])
    reasons = [
        f"{len(feasible)} of {len(table)} policies satisfy {limits_in_words(limits)} "
        "on the choose-customers.",
        f"{pick} has the most among them in {title(goal)}: {figure(goal, most)}, "
        f"the mean over {seeds} seeds.",
    ]
    if len(feasible) > 1:
        gap = difference(sweep, pick, feasible[1]).set_index("measure")
        if goal in gap.index and np.isfinite(gap.loc[goal, "value"]):
            value, low, high = gap.loc[goal, ["value", "low", "high"]]
            told = "told apart" if low > 0 or high < 0 else "not told apart"
            reasons.append(
                f"The runner-up is {feasible[1]}. On the confirm-customers the pick differs from it by "
                f"{interval(goal, value, low, high)} in {title(goal)}: {told}."
            )
    best, row = table.loc[0], table[table["feasible"]].iloc[0]
    if (
        row["selection_gap"] < best["selection_gap"]
        and row["worst_group_tpr"] < best["worst_group_tpr"]
    ):
        reasons.append(
            "Part of its smaller gap is levelling down: the lowest true positive rate of any group is "
            f"{row['worst_group_tpr']:.3f}, against {best['worst_group_tpr']:.3f} without limits."
        )
    return tuple(reasons)


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [_jsonable(record) for record in frame.to_dict("records")]


def _jsonable(record: Mapping[str, object]) -> dict[str, object]:
    """JSON has no NaN and no infinity: missing is null, infinite is text."""
    return {name: _plain(value) for name, value in record.items()}


def _plain(value: object) -> object:
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else "inf"
    return value
