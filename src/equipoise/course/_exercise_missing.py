"""Exercise 1d: whether one group's missing values are chance or a mechanism."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import worst_gap

__all__ = ["MISSING"]

DRAWS = 200
GROUPS = tuple("ABCDEFGHIJKL")
FALSE_ALARMS = 0.12
FOUND = 0.85
BLATANT = 0.05
"""Share of the planted groups that answer almost nothing, so that no threshold finds none."""


def missing_more(table: pd.DataFrame) -> str | None:
    """Return the group in which the value is missing more often, or None where chance explains it."""
    blank = table["household_size"].isna().groupby(table["group"]).agg(["sum", "size"])
    if worst_gap(blank["sum"], blank["size"]).low <= 0:
        return None
    return str((blank["sum"] / blank["size"]).idxmax())


class _Draw(NamedTuple):
    """A hidden table with the group whose values were made to go missing, if there is one."""

    table: pd.DataFrame
    planted: str | None

    @property
    def blank(self) -> pd.Series:
        return self.table["household_size"].isna().groupby(self.table["group"]).sum()

    @property
    def share(self) -> pd.Series:
        return self.blank / self.table.groupby("group").size()


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    without = [_drawn(rng, planted=False) for _ in range(DRAWS)]
    planted = [_drawn(rng, planted=True) for _ in range(DRAWS)]
    alarms, found = (_given(answer, draws) for draws in (without, planted))
    if all(each is None for each in (*alarms, *found)):
        return not_attempted()
    if any(each is not None and each not in GROUPS for each in (*alarms, *found)):
        return wrong("Return the name of one group, or None.")
    return _counted(without, planted, alarms, found)


def _given(answer: Any, draws: Sequence[_Draw]) -> list[Any]:
    given = [answer(draw.table.copy()) for draw in draws]
    return [None if each is ... else each for each in given]


def _counted(
    without: Sequence[_Draw], planted: Sequence[_Draw], alarms: list[Any], found: list[Any]
) -> Verdict:
    false = sum(each is not None for each in alarms)
    hit = sum(each == draw.planted for each, draw in zip(found, planted, strict=True))
    said = f"In {false} of {DRAWS} tables without any mechanism you name a group"
    if false > FALSE_ALARMS * DRAWS:
        return wrong(*_too_many(said, without, alarms))
    if hit < FOUND * DRAWS:
        return _too_few(hit, planted, found)
    return right(
        f"{said}, and in {hit} of {DRAWS} tables with one you name the right group. Both kinds of "
        "error stay possible, and neither says why a value is missing: the group that does not "
        "answer and the group that is not asked look alike."
    )


def _too_many(said: str, without: Sequence[_Draw], alarms: list[Any]) -> tuple[str, str]:
    if alarms == [draw.blank.idxmax() for draw in without]:
        return (
            f"{said}: it is the one with the most missing values. The largest group has the most "
            "of everything; compare shares.",
            "many missing values, because many customers",
        )
    if alarms.count(None) < 0.1 * len(alarms):
        return (
            f"{said}. Of twelve groups one always has the highest share. The question is whether "
            "it is higher than chance makes it.",
            "any difference is a mechanism",
        )
    return (
        f"{said}. Each look may be right for itself, but there are twelve groups: whoever looks "
        "twelve times is deceived more often than one interval says. Let it pay for the search.",
        "twelve looks at the price of one",
    )


def _too_few(hit: int, planted: Sequence[_Draw], found: list[Any]) -> Verdict:
    silent = sum(each is None for each in found)
    said = f"In {hit} of {DRAWS} tables with a mechanism you name its group"
    if silent > DRAWS - hit - silent:
        usual = np.median([draw.share[draw.planted] for draw in planted if draw.planted])
        return wrong(
            f"{said}; in {silent} you say that it is chance. A group can be hit although most of its "
            f"values are there: in half of these tables {usual:.0%} or less are missing.",
            "few missing values are harmless",
        )
    return wrong(f"{said}. The group to name is the one with the highest share.")


def _drawn(rng: np.random.Generator, *, planted: bool) -> _Draw:
    sizes = rng.integers(200, 1200, len(GROUPS))
    base = rng.uniform(0.03, 0.08)
    share = np.full(len(GROUPS), base)
    hit = int(rng.integers(len(GROUPS)))
    if planted:
        share[hit] += 0.8 if rng.random() < BLATANT else rng.uniform(0.10, 0.16)
        sizes[hit] = rng.integers(250, 450)
    group = np.repeat(np.arange(len(GROUPS)), sizes)
    household = pd.Series(rng.integers(1, 6, len(group)), dtype="Int64")
    table = pd.DataFrame(
        {
            "group": pd.Series(np.array(GROUPS)[group], dtype="str"),
            "household_size": household.mask(rng.random(len(group)) < share[group]),
        }
    )
    order = rng.permutation(len(table))
    return _Draw(table.take(order).reset_index(drop=True), GROUPS[hit] if planted else None)


MISSING = Exercise(
    name="1d",
    task=(
        "Write missing_more(table): the name of the group in which household_size is missing more "
        "often than elsewhere, or None where chance explains the differences. table has the columns "
        "group (twelve of them, some larger than others) and household_size. At most one is hit."
    ),
    hints=(
        "Count missing values and customers in each group. Which difference would twelve equal "
        "groups show by chance?",
        "Let worst_gap from equipoise.intervals look at all groups at once, and answer None unless "
        "its lower bound is above zero. Otherwise name the group with the highest share.",
        "blank = table['household_size'].isna().groupby(table['group']).agg(['sum', 'size']); "
        "worst_gap(blank['sum'], blank['size']).low tells whether there is anything to name.",
    ),
    judge=_judge,
    solution=missing_more,
)
