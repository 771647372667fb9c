"""The choice as a reader needs it: the rule, its reasons, what each limit cost, every candidate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equipoise.fairness.tables import rates_table
from equipoise.pages import Block, Note, Table, Text
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._confirm import confirmed
from equipoise.tradeoff._evidence import rates_of
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._probability import ALL_LIMITS
from equipoise.tradeoff._promise import unlike_promises
from equipoise.tradeoff._report_candidates import MARK, candidates_table
from equipoise.tradeoff._report_words import RELEASED, changes, figures, titles_of
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._shadow import SAME_PICK
from equipoise.tradeoff._words import figure, interval, limit_in_words, share, within
from equipoise.tradeoff.facts import verdict

__all__ = ["choice_blocks"]

_BY_HAND = (
    "By hand: read the table of all policies from the top. It is in the order of the rule, so the first "
    "row that satisfies every limit is the pick. Limits are compared with means to ten decimals, which "
    "the JSON report has. The table rounds them; where that would put a figure on the other side of "
    f"its limit, it has more digits and the mark {MARK}."
)
_ALL = (
    "All policies in the order of the rule, with every measure that a limit may name (the last section "
    f"explains the names). {MARK}: more digits than others, because the rounded figure would lie on the "
    "other side of the limit."
)


def choice_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return why the pick, the rule, what each limit cost, its figures, and all candidates."""
    told = f"Why these limits: {choice.justification}" if choice.justification else _UNSAID
    said = [why for why in choice.reasons if why != choice.rule and not why.startswith(_IN_TABLE)]
    blocks: list[Block] = [
        Text([told, *said, *filter(None, [unlike_promises(sweep)])]),
        Note(f"{choice.rule} {_BY_HAND}"),
        Table(candidates_table(choice), _ALL, folded=True),
    ]
    if choice.policy is None:
        return blocks
    return [*blocks, *_limits(sweep, choice), *_figures(sweep, choice, choice.policy)]


_IN_TABLE = (
    "Loosening ",
    "On the confirm-customers the limit ",
)  # what the table of limits tells, too
_UNSAID = "Nobody has written down why these limits."


def _limits(sweep: Sweep, choice: Choice) -> list[Block]:
    if not choice.limits:
        return []
    return [
        Table(
            _limits_table(choice),
            f"Each limit: what the pick shows on the choose-customers; on the confirm-customers, with "
            f"{RELEASED}; in which share of draws of confirm-customers and seeds it is satisfied; and "
            "what moving this limit alone by one step would change in "
            f"{within(sweep.titles[choice.maximise])}. Not resolvable: the interval of that change "
            "contains zero.",
        )
    ]


def _limits_table(choice: Choice) -> pd.DataFrame:
    pick = choice.candidates[choice.candidates["feasible"]].iloc[0]
    confirm = choice.confirm.set_index("measure")
    draws = choice.probability.set_index("limit")["probability"]
    moved = choice.shadow_prices.set_index(["limit", "direction"])
    rows = [
        {
            "limit": limit_in_words(name, asked),
            "to choose": f"{pick[name]:g}" if name == "epsilon" else figure(name, pick[name]),
            "to confirm": _confirmed(confirm, name, asked),
            "satisfied": _probable(draws[name]) if name != "epsilon" else "declared",
            **{way: _priced(moved, name, way, choice) for way in ("loosened", "tightened")},
        }
        for name, asked in choice.limits.items()
    ]
    if len(rows) > 1:
        rows.append({"limit": ALL_LIMITS, "satisfied": _probable(draws[ALL_LIMITS])})
    return pd.DataFrame(rows).fillna("–")


def _confirmed(confirm: pd.DataFrame, name: str, asked: float) -> str:
    if name == "epsilon":
        return "declared"
    if name not in confirm.index:
        return "not measured there"
    value, low, high, note = confirm.loc[name, ["value", "low", "high", "note"]]
    if not np.isfinite(value):
        return str(note)
    return f"{interval(name, value, low, high)}: {verdict(name, asked, low, high)}"


def _probable(probability: float) -> str:
    return share(probability) if np.isfinite(probability) else "not estimable"


def _priced(moved: pd.DataFrame, name: str, way: str, choice: Choice) -> str:
    if (name, way) not in moved.index:
        return "–"
    row: Any = moved.loc[(name, way)]
    to = f"to {row.moved_to:g}"
    if row.note == SAME_PICK:
        return f"{to}: same pick"
    if row.policy == "none":
        return f"{to}: no policy satisfies the limits"
    if np.isfinite(row.value):
        told = changes(pd.DataFrame([dict(row) | {"measure": choice.maximise}])).iloc[0]
        return f"{to}: {told}, with {row.policy}"
    if np.isfinite(row.low):
        span = f"[{figure(choice.maximise, row.low)}, {figure(choice.maximise, row.high)}]"
        return f"{to}: not resolvable {span}, with {row.policy}"
    return f"{to}: {row.note}, with {row.policy}"


def _figures(sweep: Sweep, choice: Choice, pick: Policy) -> list[Block]:
    best = Policy.of(choice.candidates.loc[0])
    columns = {"the pick": figures(choice.confirm)}
    caption = f"The pick on the untouched confirm-customers, with {RELEASED}."
    blocks: list[Block] = []
    if choice.given_up.empty:
        told = "The limits gave nothing up: the pick is also the best without limits."
        blocks.append(Text([told]))
    else:
        columns["without limits"] = figures(confirmed(sweep, best))
        columns["given up (pick less best)"] = changes(choice.given_up)
        caption += (
            f" Beside it {best}, the best without limits, and what the limits gave up: the one model "
            "less the other on the same customers."
        )
    titles = titles_of(sweep)
    shown = [name for name in choice.confirm["measure"] if name in titles]
    table = pd.DataFrame(columns).reindex(shown).fillna("–")
    table.insert(0, "measure", [titles[name] for name in shown])
    rates = rates_table(rates_of(sweep, pick))
    who = f"Who is contacted under the pick, by {sweep.attribute}, with {RELEASED}."
    return [*blocks, Table(table, caption), Table(rates, who)]
