"""The learner's desk: check an answer, take a hint, see the solution after an attempt."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from equipoise._checks import check_choice
from equipoise.course._exercise import Exercise, Verdict
from equipoise.course._exercise_benefit import BENEFIT
from equipoise.course._exercise_budget import BUDGET
from equipoise.course._exercise_calibration import CALIBRATION
from equipoise.course._exercise_consents import CONSENTS
from equipoise.course._exercise_cut import CUT
from equipoise.course._exercise_effect import EFFECT
from equipoise.course._exercise_exposed import EXPOSED
from equipoise.course._exercise_false_promise import FALSE_PROMISE
from equipoise.course._exercise_few import FEW
from equipoise.course._exercise_leak import LEAK
from equipoise.course._exercise_left_out import LEFT_OUT
from equipoise.course._exercise_mean import MEAN
from equipoise.course._exercise_missing import MISSING
from equipoise.course._exercise_odds import ODDS
from equipoise.course._exercise_permitted import PERMITTED
from equipoise.course._exercise_pick import PICK
from equipoise.course._exercise_planted import PLANTED
from equipoise.course._exercise_promise import PROMISE
from equipoise.course._exercise_reidentify import REIDENTIFY
from equipoise.course._exercise_segments import SEGMENTS
from equipoise.course._exercise_ten_alike import TEN_ALIKE
from equipoise.course._exercise_told import TOLD

__all__ = ["EXERCISES", "Desk", "Message", "check", "hint", "solution", "task"]

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        PERMITTED,
        CONSENTS,
        MISSING,
        CUT,
        LEAK,
        EFFECT,
        CALIBRATION,
        LEFT_OUT,
        SEGMENTS,
        PLANTED,
        FEW,
        BENEFIT,
        REIDENTIFY,
        TEN_ALIKE,
        TOLD,
        EXPOSED,
        PROMISE,
        MEAN,
        BUDGET,
        FALSE_PROMISE,
        ODDS,
        PICK,
    )
}


@dataclass(frozen=True)
class Message:
    """A text that a notebook shows as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass
class Desk:
    """What one learner has tried and which hints they have seen.

    Examples
    --------
    >>> desk = Desk()
    >>> desk.solution("3a")
    Try 3a first: the solution comes after an attempt.
    >>> desk.check("3a", ...)
    Not attempted.
    Replace the ... and run the cell again.
    """

    attempted: set[str] = field(default_factory=set)
    hints_seen: dict[str, int] = field(default_factory=dict)

    def task(self, name: str) -> Message:
        """Return what to do."""
        return Message(textwrap.fill(_exercise(name).task, 90))

    def check(self, name: str, answer: object) -> Verdict:
        """Judge an answer; nothing is raised, whatever the answer does."""
        verdict = _exercise(name).check(answer)
        if verdict.state != "not attempted":
            self.attempted.add(name)
        return verdict

    def hint(self, name: str) -> Message:
        """Return the next of three hints; the last one stays."""
        hints = _exercise(name).hints
        place = min(self.hints_seen.get(name, 0), len(hints) - 1)
        self.hints_seen[name] = place + 1
        return Message(textwrap.fill(f"Hint {place + 1} of {len(hints)}: {hints[place]}", 90))

    def solution(self, name: str) -> Message:
        """Return the code of a right answer, once there was an attempt."""
        exercise = _exercise(name)
        if name not in self.attempted:
            return Message(f"Try {name} first: the solution comes after an attempt.")
        return Message(exercise.solution_source())


def _exercise(name: str) -> Exercise:
    return EXERCISES[check_choice("exercise", name, EXERCISES)]


# One kernel is one learner.
_DESK = Desk()
task, check, hint, solution = _DESK.task, _DESK.check, _DESK.hint, _DESK.solution
