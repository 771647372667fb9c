"""An exercise: a task, a judge of properties, named misconceptions, hints, and a solution."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Exercise", "Verdict", "not_attempted", "right", "wrong"]

State = Literal["not attempted", "wrong", "right"]


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    Attributes
    ----------
    state : {"not attempted", "wrong", "right"}
    message : str
        What was seen, in a sentence or two; never the answer.
    misconception : str
        The name of a misconception that was recognised, or nothing.
    """

    state: State
    message: str
    misconception: str = ""

    def __repr__(self) -> str:
        named = f" ({self.misconception})" if self.misconception else ""
        return f"{self.state.capitalize()}{named}.\n{textwrap.fill(self.message, 90)}"


def not_attempted() -> Verdict:
    """Return the verdict on a function that returns nothing, as an untouched one does."""
    return Verdict(
        "not attempted",
        "Your function returns nothing. If the ... is still there, replace it and run the cell again; if "
        "not, look whether what you ask for ever holds.",
    )


def wrong(message: str, misconception: str = "") -> Verdict:
    """Return the verdict on an answer that misses a property."""
    return Verdict("wrong", message, misconception)


def right(message: str) -> Verdict:
    """Return the verdict on an answer that has every property."""
    return Verdict("right", message)


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson.

    Attributes
    ----------
    name : str
        Lesson and letter, such as `"3a"`.
    task : str
        What to do, in one or two sentences.
    hints : tuple of str
        Three: where to look, what to do, almost the code.
    judge : callable
        Takes the learner's answer and returns a Verdict. It tests properties on draws that the
        learner has not seen, never equality with one value.
    solution : callable
        A right answer; its source is what the learner is shown.
    """

    name: str
    task: str
    hints: tuple[str, str, str]
    judge: Callable[[object], Verdict]
    solution: Callable[..., object]

    def check(self, answer: object) -> Verdict:
        """Judge an answer; whatever the learner's code raises becomes a verdict."""
        if answer is ...:
            return Verdict("not attempted", "Replace the ... and run the cell again.")
        if not callable(answer):
            return wrong(f"Pass the function itself, not {type(answer).__name__} {answer!r}.")
        try:
            return self.judge(answer)
        except Exception as problem:
            return wrong(f"Your function raised {type(problem).__name__}: {problem}.")

    def solution_source(self) -> str:
        """Return the code of the solution."""
        return inspect.getsource(self.solution)
