"""Exercise 2b: which column knew the answer, and what shows it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import area_under_curve

__all__ = ["LEAK"]

LATE, TELLS = "written after", "tells the answer"
LEVEL = 0.9
DECIDED = pd.Timestamp("2026-03-02")
MANY, FEW = 1_000, 60
RESPONSE = 0.15
HONEST_AREA, LATE_AREA, TELLING_AREA = 0.82, 0.72, 0.97
COLUMNS = ("visits", "clicks", "tenure", "basket", "returns", "distance")
FAMILIES = {"late": 5, "rising": 3, "falling": 3, "blanks": 3, "honest": 5, "few": 4}
"""Written after the decision; or telling, as a high or a low number or by a blank; or no leak."""

Named = tuple[str, str]


def leak(table: pd.DataFrame, written: pd.DataFrame, decided: pd.Timestamp) -> Named | None:
    """Return the column that leaks and the evidence, or None where none is shown to."""
    for column in written:
        if (written[column] > decided).any():
            return column, "written after"
    for column in written:
        values = table[column].fillna(table[column].min() - 1)
        area = area_under_curve(table["responded"], values)
        if area.low > 0.9 or area.high < 0.1:
            return column, "tells the answer"
    return None


class _Case(NamedTuple):
    """A table with the dates of its cells, the family, what leaks, and what the answer says."""

    table: pd.DataFrame
    written: pd.DataFrame
    family: str
    leaks: str | None
    honest: str
    said: Any

    @property
    def named(self) -> str | None:
        return None if self.said is None else str(self.said[0])


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    cases = [_case(answer, rng, family) for family, many in FAMILIES.items() for _ in range(many)]
    if all(case.said is None or case.said is ... for case in cases):
        return not_attempted()
    if not all(case.said is None or _is_pair(case.said) for case in cases):
        return wrong(
            f"Return the name of a column with the evidence, {LATE!r} or {TELLS!r}; or None where no column "
            "is shown to leak."
        )
    return _without(cases) or _missed(cases) or _evidence(cases) or _passed(cases)


def _is_pair(said: Any) -> bool:
    if isinstance(said, str) or not isinstance(said, tuple | list) or len(said) != 2:
        return False
    return said[0] in COLUMNS and said[1] in (LATE, TELLS)


def _of(cases: list[_Case], *families: str) -> list[_Case]:
    return [case for case in cases if case.family in families]


def _without(cases: list[_Case]) -> Verdict | None:
    """Judge what is said of tables in which nothing leaks."""
    honest, few = _of(cases, "honest"), _of(cases, "few")
    wrongly = [case for case in honest if case.named]
    if wrongly and all(case.named == case.honest for case in wrongly):
        return wrong(
            f"In {len(wrongly)} of {len(honest)} tables without a leak you name the column that predicts "
            "best. Something has to predict best. It was written before the decision, and it is wrong "
            "about many customers: that is what an honest column looks like.",
            "the best predictor is the leak",
        )
    if wrongly and all(case.written[str(case.named)].isna().all() for case in wrongly):
        return wrong(
            f"In {len(wrongly)} of {len(honest)} tables without a leak you name a column whose dates nobody "
            "knows. That is a reason to look at what it tells, and no evidence.",
            "an unknown date is a late date",
        )
    if wrongly:
        return wrong(
            f"In {len(wrongly)} of {len(honest)} tables you name a column, and none leaks."
        )
    if any(case.named for case in few):
        return wrong(
            f"Of {FEW} customers a few responded, and one column happens to set them apart. You name it. The "
            "interval of its area reaches below 0.9: these customers cannot show a leak.",
            "an area above 0.9 is a leak, however few the customers",
        )
    return None


def _missed(cases: list[_Case]) -> Verdict | None:
    for families, told, name in (
        (
            ("late",),
            "a column was written after the decision, for those who had responded by then. It helps a model "
            "only a little, so that its area alone is inconspicuous. On the day of the decision it will "
            "not be there",
            "a leak must tell the whole answer",
        ),
        (
            ("rising", "falling", "blanks"),
            "nobody knows when the column was written, but it sets apart nearly all who responded. It is not "
            "always right, and need not be",
            "only a perfect column leaks",
        ),
        (
            ("falling",),
            "the lower the number, the likelier the response: an area close to 0 tells as much as one close "
            "to 1",
            "a leak rises with the answer",
        ),
        (
            ("blanks",),
            "it is not the numbers that tell the answer but where there are none: only who responded has one",
            "a blank tells nothing",
        ),
    ):
        rows = _of(cases, *families)
        if all(case.named != case.leaks for case in rows):
            return wrong(f"In {len(rows)} tables you miss the leak: {told}.", name)
    missed = [case for case in cases if case.leaks and case.named != case.leaks]
    if missed:
        return wrong(f"In {len(missed)} tables you do not name the column that leaks.")
    return None


def _evidence(cases: list[_Case]) -> Verdict | None:
    for case in cases:
        if case.leaks and case.said[1] != (LATE if case.family == "late" else TELLS):
            return wrong(
                f"You name the right column, {case.leaks!r}, but the evidence is another: look whether any "
                "of its cells has a date after the decision, and how far it sets the responses apart alone."
            )
    return None


def _passed(cases: list[_Case]) -> Verdict:
    leaking = sum(case.leaks is not None for case in cases)
    return right(
        f"You find the leak in all {leaking} tables that have one, with evidence that a colleague can check, "
        f"and name nobody in the other {len(cases) - leaking}. A leak that only hints, in a column whose "
        "dates nobody kept, would have passed: ask how a column comes about."
    )


def _case(answer: Any, rng: np.random.Generator, family: str) -> _Case:
    names = list(rng.permutation(COLUMNS))
    honest, leaking = names[:2]
    customers = FEW if family == "few" else MANY
    responded = (rng.random(customers) < RESPONSE).astype(int)
    responded[:8], responded[8:16] = 1, 0
    values = pd.DataFrame(rng.normal(size=(customers, len(names))), columns=names)
    values[honest] += _shift(HONEST_AREA) * responded
    values[leaking] += _leaking(family) * responded
    if family == "few":
        # Set apart but for one pair, whatever the draw.
        values[leaking] = np.where(responded == 1, 3.0, 0.0) + 0.1 * values[leaking].rank(pct=True)
        values.loc[0, leaking] = 0.05
    if family == "blanks":
        seen = (responded == 1) ^ (rng.random(customers) < 0.03)
        values[leaking] = np.where(seen, rng.normal(size=customers), np.nan)
    written = _dates(rng, values, leaking, responded, family)
    table = values[list(COLUMNS)].assign(responded=responded)
    said = answer(table.copy(), written.copy(), DECIDED)
    leaks = None if family in ("honest", "few") else leaking
    return _Case(table, written, family, leaks, honest, None if said is ... else said)


def _shift(area: float) -> float:
    """Return how far two normal distributions lie apart for this area."""
    return float(np.sqrt(2) * norm.ppf(area))


def _leaking(family: str) -> float:
    shift = {"late": _shift(LATE_AREA), "rising": _shift(TELLING_AREA)}
    return -_shift(TELLING_AREA) if family == "falling" else shift.get(family, 0.0)


def _dates(
    rng: np.random.Generator, values: pd.DataFrame, leaking: str, responded: Any, family: str
) -> pd.DataFrame:
    """Return when each cell was written: before the decision, unknown, or for some after it."""
    days = pd.to_timedelta(rng.integers(1, 300, values.shape).ravel(), unit="D")
    written = pd.DataFrame(
        (DECIDED - days).to_numpy().reshape(values.shape), columns=values.columns
    )
    if family == "late":
        after = (responded == 1) & (rng.random(len(written)) < 0.8)
        written.loc[after, leaking] = DECIDED + pd.Timedelta(days=9)
    else:
        written[leaking] = pd.NaT
    written[values.columns[-1]] = pd.NaT
    return written[list(COLUMNS)]


LEAK = Exercise(
    name="2b",
    task=(
        "Write leak(table, written, decided): the column that leaks and the evidence, or None where none "
        "is shown to. table has responded (0 or 1) and six columns; written has for each of their cells "
        "the date when it was written, or nothing where nobody knows. The evidence is 'written after' the "
        "day decided, in any row; or 'tells the answer': even the low end of the interval of its area "
        "under the curve, alone and in the better direction, is above 0.9."
    ),
    hints=(
        "What could nobody have known on the day of the decision? And where no date helps: what is too good "
        "to be true?",
        "First compare every date with decided. Then take one column at a time, and see how well it alone "
        "sets apart who responded: as a high number, as a low number, and by where it is blank.",
        "area_under_curve(table['responded'], values) from equipoise.intervals has .low and .high; an "
        "area near 0 is a leak upside down. fillna with a number below all others makes a blank the "
        "lowest value.",
    ),
    judge=_judge,
    solution=leak,
)
