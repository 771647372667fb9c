"""Two tables that get the same noisy answers: what a customer moves, and what else was read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from equipoise.exceptions import InputError
from equipoise.privacy.evidence._listening import Heard, Recording, Told, listening, repeated
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._same_model import differences
from equipoise.privacy.evidence._subject import Learner

__all__ = ["Replay", "heard_fit", "replayed"]

SD = "the sd of the noise"


class Replay(NamedTuple):
    """A fit on one table, and its noisy sums beside those of the other table.

    Attributes
    ----------
    fitted : learner
        On the first table.
    own, other : list of Heard
        The sums of each table; those of the other got the answers of the first.
    read : frozenset of str
        In what the models differ nevertheless: empty where sums are all that was read.
    """

    fitted: Any
    own: list[Heard]
    other: list[Heard]
    read: frozenset[str]

    @property
    def moves(self) -> list[Floats]:
        """How a customer moves each sum, shape (d,) each."""
        return [b.exact - a.exact for a, b in zip(self.own, self.other, strict=True)]


def replayed(learner: Learner, seed: int | None, told: Told | None = None) -> Replay:
    """Fit on the first table, and on the second with the noisy sums of the first."""
    own, other = Recording(told), Recording()
    fitted = heard_fit(learner, 0, seed, own)
    other.told = repeated(own)
    apart = heard_fit(learner, 1, seed, other)
    if _shapes(own) != _shapes(other):
        raise _other_sums(own, other)
    read = differences(fitted, apart)
    if read:
        again = Recording(repeated(own))
        unsteady = differences(fitted, heard_fit(learner, 0, seed, again))
        if read <= unsteady:
            raise _unsteady(unsteady)
        read -= unsteady
    meant = zip(own.heard, other.heard, strict=True)
    if not all(np.isclose(a.meant_sd, b.meant_sd, rtol=1e-9, atol=0) for a, b in meant):
        read.add(SD)
    return Replay(fitted, own.heard, other.heard, frozenset(read))


def heard_fit(learner: Learner, world: int, seed: int | None, recording: Recording) -> Any:
    """Return the learner fitted on the table of a world, its sums heard."""
    with listening(recording):
        return learner.fitted(world, seed)


def _shapes(recording: Recording) -> list[tuple[int, ...]]:
    return [each.exact.shape for each in recording.heard]


def _other_sums(own: Recording, other: Recording) -> InputError:
    return InputError(
        "subject",
        "must take as many sums, of the same length, on both tables",
        f"{len(own.heard)} and {len(other.heard)} sums",
        "Give the learner a row_count, or challenge its output.",
    )


def _unsteady(names: set[str]) -> InputError:
    return InputError(
        "subject",
        "must leave the same model from the same sums and seed",
        f"another {' and '.join(sorted(names))}",
        "Draw all that is random from random_state, or challenge its output.",
    )
