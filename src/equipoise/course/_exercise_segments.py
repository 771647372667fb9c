"""Exercise 3b: whether sixteen segments differ, or show what sixteen equal ones show by chance."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import worst_gap

__all__ = ["SEGMENTS"]

DIFFER, CANNOT_TELL = "differ", "cannot tell"
DRAWS = 75
MANY = 16
FALSE_ALARMS = 0.12
FOUND = 0.9
SIZES = {"few": (60, 140), "many": (900, 1500)}
PLANTED = {"few": 0.4, "many": 0.12}
"""How much less often the planted segment is selected, where a segment has few or many customers."""


def differ(selected: np.ndarray, customers: np.ndarray) -> str:
    """Say whether segments differ, with an interval of the largest gap that pays for the search."""
    largest = worst_gap(selected, customers)
    return "differ" if largest.low > 0 else "cannot tell"


class _Draw(NamedTuple):
    """The counts of sixteen segments, and whether one of them was made to differ."""

    selected: np.ndarray
    customers: np.ndarray
    planted: bool

    @property
    def gap(self) -> float:
        return float(np.ptp(self.selected / self.customers))


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    draws = [
        _drawn(rng, size, planted=planted)
        for planted in (False, True)
        for size in SIZES
        for _ in range(DRAWS)
    ]
    given = [_said(answer, draw.selected, draw.customers) for draw in draws]
    if all(each is None for each in given):
        return not_attempted()
    if any(each not in (DIFFER, CANNOT_TELL) for each in given):
        return wrong(f"Return {DIFFER!r} or {CANNOT_TELL!r}, and nothing else.")
    return _counted(answer, draws, np.array([each == DIFFER for each in given]))


def _said(answer: Any, selected: np.ndarray, customers: np.ndarray) -> Any:
    given = answer(selected.copy(), customers.copy())
    return None if given is ... else given


def _counted(answer: Any, draws: list[_Draw], says: NDArray[np.bool_]) -> Verdict:
    planted = np.array([draw.planted for draw in draws])
    false, found = says[~planted].mean(), says[planted].mean()
    said = f"Of {np.sum(~planted)} tables of sixteen equal segments you say of {false:.0%} that they differ"
    if not says.any():
        return wrong(
            "You never say that segments differ, and in half of these tables one does, by so much that "
            "nobody would overlook it. Silence is an answer, too, and here it is wrong.",
            "who never raises an alarm makes no mistake",
        )
    if false > 0.9:
        return _always(answer, said)
    if _goes_by_size(draws, says):
        return wrong(
            f"{said}. You go by the size of the gap alone. Sixteen segments of a hundred customers show "
            "a large one by chance; of a thousand customers each, a small one is worth a look.",
            "a gap of this size is a finding, however few the customers",
        )
    if false > FALSE_ALARMS:
        return wrong(
            f"{said}. Each look may be right for itself, but you look at sixteen segments, and at 120 "
            "pairs of them. Let the answer pay for the search.",
            "sixteen looks at the price of one",
        )
    if found < FOUND:
        return wrong(
            f"{said}, which is seldom enough. But where one segment is selected far less often than the "
            f"others, you say so in {found:.0%} of the tables only."
        )
    return right(
        f"{said}, and where one segment is left out you say so in {found:.0%}. 'Cannot tell' is not "
        "'equal': a smaller gap than those planted here would often stay unseen."
    )


def _always(answer: Any, said: str) -> Verdict:
    """Tell why an answer sees a difference nearly everywhere: by what it says where there is no gap."""
    customers, same, nobody = (np.full(MANY, count) for count in (100, 20, 0))
    if _said(answer, same, customers) != DIFFER:
        return wrong(
            f"{said}. You ask whether the largest gap is above zero. Among sixteen segments it always "
            "is; ask whether it is larger than chance makes it.",
            "any gap is a finding",
        )
    if _said(answer, nobody, customers) != DIFFER:
        return wrong(
            f"{said}, even where all rates are the same number. A bootstrap draws customers anew, and in "
            "each draw some two of sixteen segments lie furthest apart: its largest gap is never zero.",
            "the percentile bootstrap of a largest gap",
        )
    return wrong(f"{said}. You say so even where nobody at all was selected.")


def _goes_by_size(draws: list[_Draw], says: NDArray[np.bool_]) -> bool:
    gaps = np.array([draw.gap for draw in draws])
    return bool(gaps[says].min() > gaps[~says].max()) if not says.all() else False


def _drawn(rng: np.random.Generator, size: str, *, planted: bool) -> _Draw:
    customers = rng.integers(*SIZES[size], MANY)
    rate = np.full(MANY, rng.uniform(0.45, 0.6) if size == "few" else rng.uniform(0.2, 0.4))
    if planted:
        rate[rng.integers(MANY)] -= PLANTED[size]
    return _Draw(rng.binomial(customers, rate), customers, planted)


SEGMENTS = Exercise(
    name="3b",
    task=(
        "Write differ(selected, customers): 'differ' where the selection rates of sixteen segments differ "
        "by more than chance makes them, and otherwise 'cannot tell'. Both are arrays of sixteen counts, "
        "one a segment. Of tables without any difference at most one in ten may be called 'differ'."
    ),
    hints=(
        "Some two of sixteen equal segments always lie far apart. How far does chance alone bring them?",
        "Two ways lead there: worst_gap from equipoise.intervals has an interval that pays for the "
        "search, and noise_floor from equipoise.intervals.chance says what the largest gap of equal segments "
        "stays below 19 times in 20.",
        "worst_gap(selected, customers).low is above zero only where some segments differ.",
    ),
    judge=_judge,
    solution=differ,
)
