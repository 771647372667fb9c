"""The balance without widgets: limits in, decision and words out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise._checks import check_choice, check_epsilon, check_number
from equipoise.charts import epsilon_text
from equipoise.lab._balance_words import NAMES, confirm_table, limits_said, sentence
from equipoise.tradeoff import Choice, Policy, Sweep, choose
from equipoise.tradeoff.facts import EUROS, GAPS

__all__ = ["BalanceState", "BalanceView", "balance_view"]


@dataclass(frozen=True)
class BalanceState:
    """The limits that the controls stand for.

    Parameters
    ----------
    epsilon_limit : float
        The most epsilon allowed; infinity is no limit.
    gap_limit : float
        The largest gap allowed, from 0 to 1; infinity is no limit. A limit of 1 still excludes a
        policy whose gap is not estimable.
    gap : {"selection_gap", "opportunity_gap"}
        Which gap is limited and drawn.

    Examples
    --------
    >>> BalanceState(epsilon_limit=2).limits
    {'epsilon': 2.0}
    """

    epsilon_limit: float = math.inf
    gap_limit: float = math.inf
    gap: str = "selection_gap"

    def __post_init__(self) -> None:
        put = object.__setattr__
        check_choice("gap", self.gap, GAPS)
        put(self, "epsilon_limit", check_epsilon(self.epsilon_limit))
        move = "Use a share such as 0.05, or float('inf') for no limit."
        put(self, "gap_limit", check_number("gap_limit", self.gap_limit, low=0, next_move=move))

    @property
    def limits(self) -> dict[str, float]:
        """The limits as `choose` takes them; those that are infinite are left out."""
        asked = {"epsilon": self.epsilon_limit, self.gap: self.gap_limit}
        return {name: limit for name, limit in asked.items() if math.isfinite(limit)}


@dataclass(frozen=True)
class BalanceView:
    """What the explorer shows for one state.

    Attributes
    ----------
    state : BalanceState
    choice : Choice
        What `choose` says for the same limits.
    title : str
        The pick, or that there is none.
    sentence : str
        What is picked, what it earns, what the limits gave up; or what would have to be relaxed.
    limits : str
        The limits in words.
    policies : DataFrame
        What the picture draws: one row a policy with means and bands over seeds, `feasible` and
        `on_frontier`, the most profitable first.
    table : DataFrame
        The same as text.
    confirm : DataFrame
        The pick on the confirm-customers as text: `measure, figure`. Empty without a pick.
    """

    state: BalanceState
    choice: Choice
    title: str
    sentence: str
    limits: str
    policies: pd.DataFrame
    table: pd.DataFrame
    confirm: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return what the picture draws, one row a policy."""
        return self.policies.copy()


def balance_view(sweep: Sweep, state: BalanceState) -> BalanceView:
    """Return what the explorer shows for a state: the decision of `choose`, in words and frames.

    Parameters
    ----------
    sweep : Sweep
        Read as it is; nothing is trained.
    state : BalanceState
        The limits, and the gap that is shown.
    """
    choice = choose(sweep, state.limits)
    unit = sweep.titles[choice.maximise].removeprefix("Profit in ")
    policies = choice.candidates.assign(on_frontier=_on_frontier(sweep, choice, state.gap))
    return BalanceView(
        state=state,
        choice=choice,
        title=_title(choice),
        sentence=sentence(choice, state.gap, unit),
        limits=limits_said(state.epsilon_limit, state.gap_limit, state.gap),
        policies=policies,
        table=_table(policies, choice, state, unit),
        confirm=confirm_table(choice, unit),
    )


def _title(choice: Choice) -> str:
    return "No policy satisfies the limits" if choice.policy is None else f"Pick: {choice.policy}"


def _on_frontier(sweep: Sweep, choice: Choice, gap: str) -> list[bool]:
    known = choice.candidates[gap].notna().any()
    smaller = ["epsilon", gap] if known else ["epsilon"]
    return sweep.on_frontier(choice.candidates, [choice.maximise], smaller)


def _table(policies: pd.DataFrame, choice: Choice, state: BalanceState, unit: str) -> pd.DataFrame:
    changed = policies["mitigation"].map(lambda name: "" if name == "none" else f" with {name}")
    money = choice.maximise in EUROS
    return pd.DataFrame(
        {
            "policy": policies["model"] + changed,
            "epsilon": policies["epsilon"].map(epsilon_text),
            unit if money else "AUC": _banded(policies, choice.maximise),
            NAMES[state.gap]: _banded(policies, state.gap),
            "within limits": [_verdict(row, choice, state) for _, row in policies.iterrows()],
            "on the frontier": policies["on_frontier"].map({True: "yes", False: "no"}),
        }
    )


def _banded(policies: pd.DataFrame, measure: str) -> list[str]:
    """Return a mean with its lowest and highest seed."""
    pattern = "{:,.0f}" if measure in EUROS else "{:.3f}"
    columns = policies[[measure, f"{measure}_low", f"{measure}_high"]]
    return [
        "{} ({} to {})".format(*map(pattern.format, row))
        if np.isfinite(row[0])
        else "not estimable"
        for row in columns.itertuples(index=False, name=None)
    ]


def _verdict(row: pd.Series, choice: Choice, state: BalanceState) -> str:
    if Policy.of(row) == choice.policy:
        return "yes: the pick"
    broken = [
        "gap not estimable" if np.isnan(row[name]) else name.replace(state.gap, "gap")
        for name, limit in state.limits.items()
        if not row[name] <= limit
    ]
    if np.isnan(row[choice.maximise]):
        broken.append("not estimable")
    return f"no: {' and '.join(broken)}" if broken else "yes"
