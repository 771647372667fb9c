"""All policies with all that limits may name, in the order of the rule, so that a reader can pick."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from equipoise.charts import epsilon_text
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._measures import LARGER_IS_BETTER, MEASURES
from equipoise.tradeoff._plan import AS_GIVEN, Policy
from equipoise.tradeoff._rule import satisfied

__all__ = ["MARK", "candidates_table", "told_exactly"]

MARK = "*"
"""Stands behind a figure that has more digits than others, since rounding would hide its side."""

_DIGITS = {"profit_eur": 1, "campaign_eur": 1, "opt_outs": 3, "complaints": 3}
_MOST = 10  # means are rounded to as many


def candidates_table(choice: Choice) -> pd.DataFrame:
    """Return one row a policy, the first of the rule first, with every measure that the sweep has.

    The goal and what is limited stand before the other measures. What is limited is told with so many
    digits that a reader finds it on the same side of its limit as the rule does, and the goal with so
    many that different ones stay different.
    """
    table = choice.candidates
    asked = [choice.maximise, *(name for name in choice.limits if name != "epsilon")]
    there = [name for name in dict.fromkeys([*asked, *MEASURES]) if table[name].notna().any()]
    columns = {
        "order": range(1, len(table) + 1),
        "policy": [_named(row) for _, row in table.iterrows()],
        "within limits": _within(choice),
        "epsilon": table["epsilon"].map(_exact_epsilon),
        **{name: _column(choice, name) for name in there},
        "place in plan": table["place"] + 1,
    }
    shown = pd.DataFrame(columns)
    if (table["consent_policy"] != AS_GIVEN).any():
        shown.insert(2, "consent", table["consent_policy"])
    return shown


def _named(row: pd.Series) -> str:
    return str(Policy.of(row)._replace(consent_policy=AS_GIVEN))


def _within(choice: Choice) -> list[str]:
    """Say for each policy whether it satisfies all limits, or which it does not."""
    table = choice.candidates
    held = satisfied(table, choice.limits)
    failed = [
        ", ".join(name for name, holds in row.items() if not holds) for _, row in held.iterrows()
    ]
    told = [f"not {names}" if names else "yes" for names in failed]
    own = [
        "yes: the pick" if Policy.of(row) == choice.policy else words
        for words, (_, row) in zip(told, table.iterrows(), strict=True)
    ]
    return [
        "no goal" if np.isnan(v) else w for v, w in zip(table[choice.maximise], own, strict=True)
    ]


def _column(choice: Choice, name: str) -> list[str]:
    values = choice.candidates[name]
    digits = _digits(name)
    if name == choice.maximise:
        while digits < _MOST and values.round(digits).nunique() < values.nunique():
            digits += 1
    return [told_exactly(name, value, choice.limits, digits) for value in values]


def _digits(name: str) -> int:
    return _DIGITS.get(name, 4)


def told_exactly(name: str, value: float, limits: Mapping[str, float], digits: int) -> str:
    """Return a figure that is on the same side of its limit as the unrounded one.

    Examples
    --------
    >>> told_exactly("selection_gap", 0.100004, {"selection_gap": 0.1}, 4)
    '0.100004*'
    >>> told_exactly("selection_gap", 0.120004, {"selection_gap": 0.1}, 4)
    '0.1200'
    """
    if np.isnan(value):
        return "not estimable"
    enough = digits
    while (
        enough < _MOST
        and name in limits
        and _side(name, round(value, enough), limits) != _side(name, value, limits)
    ):
        enough += 1
    return f"{round(value, enough) + 0.0:,.{enough}f}{MARK if enough > digits else ''}"


def _side(name: str, value: float, limits: Mapping[str, float]) -> bool:
    return value >= limits[name] if name in LARGER_IS_BETTER else value <= limits[name]


def _exact_epsilon(epsilon: float) -> str:
    short = epsilon_text(epsilon)
    return short if float(short) == epsilon else repr(float(epsilon))
