"""Exercise 3d: what may be said about a group of fourteen people."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import MINIMUM_TRIALS, wilson

__all__ = ["FEW"]

SILENT = "not estimable"
DRAWS = 400
OTHERS = (900, 4000)
ROUNDED = 0.006
ENOUGH = ((3, 14), (2, 10))
TOO_FEW = ((1, 5), (0, 5), (3, 9), (9, 9), (2, 2), (0, 1), (0, 0))
EVERYBODY_ELSE = (OTHERS, (3600, 4000), (0, 4000))

Said = dict[tuple[int, int], Any]


def say(hits: int, trials: int, others_hits: int, others_trials: int) -> str | tuple[float, float]:
    """Say what a small group's counts allow: an interval, or that there are too few."""
    if trials < 10:
        return "not estimable"
    rate = wilson(hits, trials)
    return float(rate.low), float(rate.high)


class _Case(NamedTuple):
    """The counts of a group, with the rate that they were drawn from, and what the answer says."""

    hits: int
    trials: int
    rate: float
    said: tuple[float, float]

    @property
    def covers(self) -> bool:
        low, high = self.said
        return low - ROUNDED / 2 <= self.rate <= high + ROUNDED / 2

    @property
    def width(self) -> float:
        usual = wilson(self.hits, self.trials)
        return float((self.said[1] - self.said[0]) / (usual.high - usual.low))


def _judge(answer: Any) -> Verdict:
    said = {counts: answer(*counts, *OTHERS) for counts in (*ENOUGH, *TOO_FEW)}
    if all(each is None or each is ... for each in said.values()):
        return not_attempted()
    return (
        _of_enough(said)
        or _merged(answer)
        or _of_too_few(said)
        or _at_the_edges(answer)
        or _covering(answer)
    )


def _of_enough(said: Said) -> Verdict | None:
    for (hits, trials), each in ((counts, said[counts]) for counts in ENOUGH):
        told = f"Of {hits} of {trials} people you say {_shown(each)}."
        if _is_silent(each):
            return wrong(
                f"{told} That is few people, and it is not nothing: their rate is neither 1 % nor 90 %. A "
                "wide interval says so; silence says less than these people do.",
                "few people say nothing",
            )
        if _is_number(each):
            return wrong(
                f"{told} One person more or less would move it by {1 / trials:.0%}: say from where to "
                "where the rate may lie.",
                "the point alone",
            )
        if not _is_pair(each):
            return wrong(f"{told} Return a pair (low, high) with low at most high, or {SILENT!r}.")
    return None


def _merged(answer: Any) -> Verdict | None:
    for counts in ((3, 14), (1, 5)):
        if len({_shown(answer(*counts, *others)) for others in EVERYBODY_ELSE}) > 1:
            return wrong(
                f"I changed the counts of the others, and what you say of {counts[0]} of {counts[1]} people "
                "changed. Others may be merged with them if a reader is told so; the statement that was "
                "asked for is about these people.",
                "merged silently",
            )
    return None


def _of_too_few(said: Said) -> Verdict | None:
    for hits, trials in TOO_FEW:
        each = said[hits, trials]
        told = f"Of {hits} of {trials} people you say {_shown(each)}."
        if each is None or (_is_number(each) and np.isnan(each)):
            return wrong(
                f"{told} Whoever finds the field empty reads that there is no problem. Say {SILENT!r}.",
                "a missing group is a passed test",
            )
        if _is_number(each):
            return wrong(
                f"{told} A reader takes it for what is known of them. Say {SILENT!r}.",
                "no figure means zero" if each == 0 else "the point alone",
            )
        if not _is_silent(each):
            return wrong(
                f"{told} With fewer than ten people no rate is stated here: say {SILENT!r}."
            )
    return None


def _is_silent(said: Any) -> bool:
    return isinstance(said, str) and said == SILENT


def _is_number(said: Any) -> bool:
    return isinstance(said, int | float | np.number)


def _is_pair(said: Any) -> bool:
    if isinstance(said, str) or np.shape(said) != (2,):
        return False
    return bool(float(said[0]) <= float(said[1]))


def _shown(said: Any) -> str:
    if _is_number(said):
        return f"{float(said):.3g}"
    return f"({float(said[0]):.3f}, {float(said[1]):.3f})" if _is_pair(said) else repr(said)


def _at_the_edges(answer: Any) -> Verdict | None:
    nobody, everybody = (answer(hits, 14, *OTHERS) for hits in (0, 14))
    if not (_is_pair(nobody) and _is_pair(everybody)):
        return wrong("Of none of fourteen, and of all of them, you return no pair (low, high).")
    if float(nobody[1]) < 0.1 or float(everybody[0]) > 0.9:
        return wrong(
            f"Of none of fourteen people you say that the rate is at most {float(nobody[1]):.0%}, of all "
            f"fourteen at least {float(everybody[0]):.0%}. Fourteen people cannot show that: where one in "
            "ten is contacted, more than one group of fourteen in five has none.",
            "none of fourteen means never",
        )
    if min(float(nobody[0]), 1 - float(everybody[1])) < -ROUNDED:
        return wrong("Your interval holds rates below 0 or above 1, which nobody can have.")
    return None


def _covering(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    cases = [_case(answer, rng) for _ in range(DRAWS)]
    covered = np.mean([case.covers for case in cases])
    width = np.median([case.width for case in cases])
    if covered < 0.9:
        return wrong(
            f"I know the rates that small groups were drawn from. Your intervals contain them in "
            f"{covered:.0%} of the cases; 95 % was asked for."
        )
    if width > 1.6:
        return wrong(
            f"Your intervals are {width:.1f} times as wide as they need to be. Caution that says less "
            "than the people do leaves them out as well."
        )
    return right(
        f"Your intervals hold in {covered:.0%} of the cases, none of fourteen is not never, and of fewer "
        "than ten people you say that you cannot tell. Nobody has been merged away. What helps these "
        "people is more of them in the records, not another formula."
    )


def _case(answer: Any, rng: np.random.Generator) -> _Case:
    trials, rate = int(rng.integers(MINIMUM_TRIALS, 40)), float(rng.uniform(0.03, 0.6))
    hits = int(rng.binomial(trials, rate))
    low, high = answer(hits, trials, *OTHERS)
    return _Case(hits, trials, rate, (float(low), float(high)))


FEW = Exercise(
    name="3d",
    task=(
        "Write say(hits, trials, others_hits, others_trials): what may be said about the rate of a small "
        "group. Return 'not estimable' where it has fewer than ten trials, and otherwise its 95 % interval "
        "as a pair (low, high). The counts of all other customers come along; whether they belong into the "
        "statement is for you to judge."
    ),
    hints=(
        "Whom is the statement about? And what does a rate of 0 of 14 not tell you?",
        "First look at trials. Where there are enough, wilson from equipoise.intervals gives a rate with "
        "bounds that stay within 0 and 1, and wide where people are few.",
        "wilson(hits, trials) has .low and .high. The rate itself is not asked for, and the others are not "
        "needed.",
    ),
    judge=_judge,
    solution=say,
)
