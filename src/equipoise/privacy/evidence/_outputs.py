"""Outputs of both worlds as numbers: what was released, and whether a run ended with an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.exceptions import EquipoiseError, InputError
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._subject import Raised, Seeds, Subject

__all__ = ["Outputs", "Reader", "drawn_outputs"]

ONE_NUMBER = "Give a statistic that turns an output into one number."


@dataclass(frozen=True)
class Reader:
    """How an output is read: by all its numbers, or by a statistic or an event that was given."""

    call: Callable[[Any], Any] | None = None
    name: str = "output"

    def __call__(self, output: Any) -> Any:
        """Return the numbers that are read off one output."""
        try:
            read = np.ravel(self.call(output)) if self.call else output
        except EquipoiseError:
            raise
        except Exception as problem:
            move = "It is called with one output; for learners that is the fitted learner."
            found = f"{type(problem).__name__}: {problem}"
            raise InputError(self.name, "must read every output", found, move) from problem
        if self.name == "event" and not (len(read) == 1 and read[0] in (False, True)):
            found = repr(read.tolist())[:60]
            move = "Compare it with something, such as score > 0.5."
            raise InputError("event", "must say True or False of an output", found, move)
        return read


@dataclass(frozen=True)
class Outputs:
    """Released numbers of both worlds.

    Attributes
    ----------
    worlds : pair of arrays, shape (runs, d)
        Where runs ended with an error, the first number is 1 for these, and the others are 0.
    columns : tuple of str
        Of a learner, what attribute each number is of; else empty.
    raised : pair of int
        Runs that ended with an error, in each world.
    error : str
        The first.
    """

    worlds: tuple[Floats, Floats]
    columns: tuple[str, ...] = ()
    raised: tuple[int, int] = (0, 0)
    error: str = ""

    @property
    def looked_at(self) -> tuple[str, ...]:
        """What the attack chose from."""
        return tuple(dict.fromkeys(self.columns))


def drawn_outputs(
    subject: Subject, seeds: tuple[Seeds, Seeds], *, runs: int, reader: Reader
) -> Outputs:
    """Run the subject in both worlds, and read what it released.

    Numbers that are not finite, or vary in how many they are, are refused; so is a subject that
    raises in every run.
    """
    drawn = [list(subject.drawn(world, root, runs)) for world, root in enumerate(seeds)]
    failed = [np.array([isinstance(each, Raised) for each in world]) for world in drawn]
    good = [each for world in drawn for each in world if not isinstance(each, Raised)]
    errors = [each.error for world in drawn for each in world if isinstance(each, Raised)]
    if not good:
        move = "Run it once by hand in each world."
        raise InputError("subject", "must run", errors[0], move)
    found, told = ([reader(each) for each in good], ()) if reader.call else subject.rows(good)
    values = _checked(found, reader.name)
    if errors:
        values = _with_errors(values, np.concatenate(failed))
        told = ("whether it ended with an error", *(told or ["the output"] * (values.shape[1] - 1)))
    one, other = int(failed[0].sum()), int(failed[1].sum())
    return Outputs((values[:runs], values[runs:]), told, (one, other), next(iter(errors), ""))


def _with_errors(values: Floats, failed: Any) -> Floats:
    """Return rows for all runs, in which a first number tells that a run ended with an error."""
    rows = np.zeros((len(failed), 1 + values.shape[1]))
    rows[failed, 0] = 1
    rows[~failed, 1:] = values
    return rows


def _checked(rows: list[Any], called: str) -> Floats:
    widths = sorted({len(row) for row in rows})
    if len(widths) != 1 or widths[0] == 0:
        found = f"{widths[0]} and {widths[-1]} in two runs" if widths[1:] else "none"
        raise InputError(called, "must be as many numbers in every run", found, ONE_NUMBER)
    try:
        values = np.array(rows)
        if values.dtype.kind == "c":
            values = np.hstack([values.real, values.imag])
        values = values.astype(float)
    except (TypeError, ValueError) as problem:
        raise InputError(called, "must be numbers", rows[0][:1], ONE_NUMBER) from problem
    odd = int((~np.isfinite(values)).any(axis=1).sum())
    if odd:
        found = f"NaN or infinity in {odd:,} of {len(values):,} runs"
        move = "Give a statistic or an event that can read every output."
        raise InputError(called, "must be finite numbers", found, move)
    return values
