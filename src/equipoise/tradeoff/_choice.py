"""Choice: the best policy within stated limits, why, and what was given up for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.tradeoff._confirm import confirmed, difference
from equipoise.tradeoff._frames import frame_of
from equipoise.tradeoff._limits import check_there, checked_limits
from equipoise.tradeoff._measures import LARGER_IS_BETTER
from equipoise.tradeoff._optimism import optimism
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._policy_file import SavedPolicy, write_policy
from equipoise.tradeoff._probability import probability
from equipoise.tradeoff._reasons import reasons, reasons_for_none
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._relaxing import relaxations, relaxed_pair
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._rule import feasible, ranked, rule_in_words
from equipoise.tradeoff._shadow import shadow_prices

__all__ = ["Choice", "choose"]


@dataclass(frozen=True)
class Choice(SavedPolicy):
    """The pick of a sweep within limits, or the reason why there is none.

    Attributes
    ----------
    policy : Policy or None
        None where no policy satisfies the limits.
    limits : mapping of str to float
        Ceilings (gaps, epsilon, what contacts cause) and floors (measures of which more is better).
    maximise : str
        The measure the pick has most of among the feasible.
    justification : str
        Why these limits, in the words of whoever set them; empty if nobody said.
    reasons : tuple of str
        Why this one, in plain words.
    candidates : DataFrame
        Every complete policy with its means over seeds on the choose-customers, `place` in the plan
        and `feasible`, in the order of `rule`: the best without limits first.
    confirm : DataFrame
        The pick's figures on the untouched confirm-customers: `measure, value, low, high, note`.
    given_up : DataFrame
        The pick less the best policy without limits, on the confirm-customers; empty where they
        are the same.
    runner_up : DataFrame
        The pick less the second best of the feasible, likewise, with that `policy`; empty without one.
    probability : DataFrame
        How probable it is that the pick satisfies each limit, and all of them; see there.
    shadow_prices : DataFrame
        What each limit cost: what moving it alone by a stated step would change.
    optimism : DataFrame
        What the pick shows on the customers it was chosen on beyond what it shows on the others.
    relaxations : DataFrame
        Where nothing is feasible, `limit, asked, needed, policy`: how far each limit alone must
        move to admit a policy.
    relaxed_pair : DataFrame
        The same for the two limits that together admit one, where no single limit does.
    plan : mapping
        The plan of the sweep.
    guarantee : mapping or None
        What the pick, released once, would promise; None where it is not private.
    sweep_digest, task_digest : str
        The sweep this was chosen from, and its task.
    internal : str
        What the figures are not: they come from the customers without noise.
    """

    candidates: pd.DataFrame

    @property
    def rule(self) -> str:
        """What decided, as one sentence: whoever has `candidates` and follows it has the same pick."""
        return rule_in_words(self.limits, self.maximise)

    def save(self, path: str | Path) -> None:
        """Write the decision, its limits, reasons and figures as JSON, for `read_policy`.

        Raises
        ------
        InputError
            Where the path cannot be written.
        """
        write_policy(path, self)


def choose(
    sweep: Sweep,
    limits: Mapping[str, float],
    *,
    maximise: str | None = None,
    justification: str = "",
) -> Choice:
    """Pick the best policy within limits, by means over seeds on the choose-customers.

    Parameters
    ----------
    sweep : Sweep
    limits : mapping of str to float
        By measure: a floor for those of which more is better (`auc`, `average_precision`,
        `lift_at_10`, `profit_eur`, `campaign_eur`, `worst_group_tpr`, `reach`), a ceiling for
        `epsilon` and the others. A measure that is not estimable does not satisfy its limit.
    maximise : str, optional
        A measure of which more is better; by default the sweep's `default_goal`: euros per 1,000
        decisions, per 1,000 customers where consent policies are compared, or `auc` where the task has no
        euros. Ties go to the smaller epsilon, then to the order of the plan.
    justification : str
        Why these limits; kept with the decision.

    Returns
    -------
    Choice
        Its figures come from the confirm-customers, which the choice has not seen: the best of many
        is overstated on the customers it was chosen on.

    Raises
    ------
    InputError
        Where no policy ran with every seed, a limit is no number, or a limit or `maximise` is no
        measure of this sweep.
    """
    goal = sweep.default_goal if maximise is None else maximise
    check_choice("maximise", goal, sorted(LARGER_IS_BETTER))
    table = ranked(sweep, goal)
    if table.empty:
        raise InputError(
            "sweep",
            "must have a policy that ran with every seed",
            "none",
            "See `note` in its frame.",
        )
    if maximise is not None:
        check_there("maximise", sweep, table, goal)
    limits = dict(checked_limits(sweep, table, limits))
    table = table.assign(feasible=feasible(table, limits, goal))
    kept = [Policy.of(row) for _, row in table[table["feasible"]].iterrows()]
    found = _picked(sweep, table, kept, limits, goal) if kept else _none(table, limits, goal)
    return Choice(
        policy=kept[0] if kept else None,
        limits=limits,
        maximise=goal,
        justification=_text(justification),
        candidates=table,
        plan=json.loads(json_text(sweep.manifest["plan"])),
        guarantee=_guarantee(sweep, kept[0]) if kept else None,
        sweep_digest=sweep.manifest["digest"],
        task_digest=sweep.manifest["task_digest"],
        internal=sweep.manifest["internal"],
        **found,
    )


def _picked(
    sweep: Sweep,
    table: pd.DataFrame,
    kept: list[Policy],
    limits: Mapping[str, float],
    goal: str,
) -> dict[str, Any]:
    """Return what is said of the first of the feasible policies."""
    pick, best = kept[0], Policy.of(table.loc[0])
    found = {
        "confirm": confirmed(sweep, pick),
        "given_up": frame_of("given_up") if pick == best else difference(sweep, pick, best),
        "runner_up": _runner_up(sweep, kept),
        "probability": probability(sweep, pick, limits),
        "shadow_prices": shadow_prices(sweep, table, limits, goal),
        "optimism": optimism(sweep, kept, goal),
        "relaxations": frame_of("relaxations"),
        "relaxed_pair": frame_of("relaxed_pair"),
    }
    return {"reasons": tuple(reasons(sweep, table, limits, goal, found)), **found}


def _none(table: pd.DataFrame, limits: Mapping[str, float], goal: str) -> dict[str, Any]:
    """Return what is said where no policy satisfies the limits."""
    alone = relaxations(table, limits, goal)
    pair = relaxed_pair(table, limits, goal) if alone.empty else frame_of("relaxed_pair")
    empty = ("confirm", "given_up", "runner_up", "probability", "shadow_prices", "optimism")
    return {
        "reasons": tuple(reasons_for_none(table, limits, goal, alone, pair)),
        "relaxations": alone,
        "relaxed_pair": pair,
        **{name: frame_of(name) for name in empty},
    }


def _runner_up(sweep: Sweep, kept: list[Policy]) -> pd.DataFrame:
    if len(kept) < 2:
        return frame_of("runner_up")
    rows = difference(sweep, kept[0], kept[1]).itertuples(index=False)
    return frame_of("runner_up", [(str(kept[1]), *row) for row in rows])


def _guarantee(sweep: Sweep, policy: Policy) -> Mapping[str, Any] | None:
    """Return what the manifest says that a policy promises; what it does not name is for all alike."""
    for told in sweep.manifest["guarantees"]:
        if all(told.get(name, value) == value for name, value in policy._asdict().items()):
            promise: Mapping[str, Any] = json.loads(json_text(told["guarantee"]))
            return promise
    return None


def _text(justification: str) -> str:
    if not isinstance(justification, str):
        raise InputError("justification", "must be text", repr(justification), "Write a sentence.")
    try:
        justification.encode()
    except UnicodeEncodeError as problem:
        found, cure = ascii(justification), "Write it in UTF-8, as files are."
        raise InputError("justification", "must be readable text", found, cure) from problem
    return justification
