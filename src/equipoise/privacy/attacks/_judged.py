"""Attack scores judged on customers who had no part in choosing the cuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from equipoise.intervals import (
    MINIMUM_TRIALS,
    Interval,
    area_under_curve,
    difference,
    newcombe,
    wilson,
)
from equipoise.privacy.attacks._cells import (
    NOTHING,
    Bools,
    Cell,
    Floats,
    beside_the_rest,
    exact_share,
    not_estimable,
    spread,
)
from equipoise.privacy.attacks._scores import best_cut, cut_at

__all__ = ["Judged"]

Line = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """Scores of members and others: the customers in `half` judge what the rest chose."""

    member: Bools
    half: Bools
    scores: Mapping[str, Floats]
    confidence: float

    @cached_property
    def chosen(self) -> dict[str, tuple[float, float]]:
        """The cut of each attack and its advantage, on the choosing half."""
        rest = ~self.half
        return {
            name: best_cut(score[rest & self.member], score[rest & ~self.member])
            for name, score in self.scores.items()
        }

    @property
    def strongest(self) -> str:
        """The attack with the largest advantage on the choosing half."""
        return max(self.chosen, key=lambda name: self.chosen[name][1])

    def frame(self, found: list[Cell], rates: Sequence[float], bound: float) -> pd.DataFrame:
        """Return every measure of every attack, and of the strongest by group."""
        lines: list[Line] = []
        for attack in self.scores:
            lines += self._main(attack, found[0], bound, NOTHING)
            lines += [line for rate in rates for line in self._at_rate(attack, rate)]
        flagged = self._flagged(self.strongest)

        def exact_advantage(rows: Bools, level: float) -> Interval:
            judges = rows & self.half
            hits = exact_share(flagged[judges & self.member], level)
            return difference(hits, exact_share(flagged[judges & ~self.member], level))

        for cell, more in beside_the_rest(found, exact_advantage, self.confidence):
            if cell.attribute != "all":
                lines += self._main(self.strongest, cell, bound, more)
        return pd.DataFrame(lines)

    def _flagged(self, attack: str) -> Bools:
        return self.scores[attack] >= self.chosen[attack][0]

    def _main(self, attack: str, cell: Cell, bound: float, more: Interval) -> list[Line]:
        judges = cell.rows & self.half
        inside, outside = judges & self.member, judges & ~self.member
        flagged = self._flagged(attack)
        gap = NOTHING
        fewest = int(min(inside.sum(), outside.sum()))
        if fewest >= MINIMUM_TRIALS:
            gap = newcombe(
                flagged[inside].sum(),
                inside.sum(),
                flagged[outside].sum(),
                outside.sum(),
                confidence=self.confidence,
            )
        balanced = Interval(*((1 + side) / 2 for side in gap))
        area = area_under_curve(
            self.member[cell.rows].astype(int),
            self.scores[attack][cell.rows],
            confidence=self.confidence,
        )
        note = not_estimable(fewest)
        line = self._line
        return [
            line(attack, cell, "advantage", gap, judges, note, bound, more),
            line(attack, cell, "balanced_accuracy", balanced, judges, note, (1 + bound) / 2),
            line(attack, cell, "area_under_curve", area, cell.rows, note),
        ]

    def _at_rate(self, attack: str, rate: float) -> list[Line]:
        everybody = Cell("all", "all", np.ones(len(self.member), dtype=bool))
        score, others = self.scores[attack], ~self.half & ~self.member
        judges = self.half & ~self.member
        cut = cut_at(score[others], rate)
        hits = alarms = NOTHING
        needed = int(np.ceil(1 / rate - 1e-9))
        fewest = int(min(others.sum(), judges.sum()))
        note = ""
        if cut is None or fewest < needed:
            note = f"not estimable (needs {needed:,} non-members in each half, has {fewest:,})"
        else:
            inside = self.half & self.member
            hits = wilson((score[inside] >= cut).sum(), inside.sum(), confidence=self.confidence)
            alarms = wilson((score[judges] >= cut).sum(), judges.sum(), confidence=self.confidence)
        sides = (("true", hits), ("false", alarms))
        return [
            self._line(attack, everybody, f"{side}_positive_rate_at_{rate:g}", of, self.half, note)
            for side, of in sides
        ]

    def _line(
        self,
        attack: str,
        cell: Cell,
        measure: str,
        of: Interval,
        rows: Bools,
        note: str,
        bound: float = np.nan,
        more: Interval = NOTHING,
    ) -> Line:
        return (
            {"attack": attack, "attribute": cell.attribute, "group": cell.group}
            | {"measure": measure}
            | spread("value", of, "")
            | {"members": int((rows & self.member).sum())}
            | {"non_members": int((rows & ~self.member).sum()), "bound": bound}
            | {"more_than_rest": more.value, "more_low": more.low, "more_high": more.high}
            | {"note": note}
        )
