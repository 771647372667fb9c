"""Listen to the places where a learner sees customers: its noisy sums."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.learning import _descent, _noisy_vector

__all__ = ["Heard", "Recording", "listening", "repeated"]

HOOK = threading.Lock()
EXACT: dict[str, Callable[..., Floats]] = {
    "noisy_sum": lambda rows, residuals: rows.T @ residuals,
    "noisy_squares": lambda rows: rows.T @ rows,
    "noisy_vector": lambda exact: exact,
}
SEEN_IN = {"noisy_sum": _descent, "noisy_squares": _descent, "noisy_vector": _noisy_vector}


@dataclass(frozen=True)
class Heard:
    """One noisy sum: what the rows add up to, what came out, and the noise that was meant.

    Attributes
    ----------
    place : str
        The function that added noise: to a sum of gradients, of squares, or to a vector of sums.
    exact, noise : array, shape (d,)
        As vectors whose length is how far a customer moves the sum, and whose noise is alike in all
        directions.
    answer : array
        What the learner went on with.
    meant_sd : float
        Of the noise, as the code has it.
    """

    place: str
    exact: Floats
    noise: Floats
    answer: Floats
    meant_sd: float

    @property
    def unit(self) -> float:
        """The sd that was meant; 1 where no noise was."""
        return self.meant_sd or 1.0

    @property
    def in_sd(self) -> Floats:
        """The noise in that sd."""
        return self.noise / self.unit


class Recording:
    """Stand in for the noisy sums: keep what is exact, and answer with noise or as told.

    Parameters
    ----------
    told : callable, optional
        From the place, how many sums came before, and the exact sum, to an answer, or to None for
        noise.
    """

    def __init__(self, told: Callable[[str, int, Floats], Floats | None] | None = None) -> None:
        self.heard: list[Heard] = []
        self.told = told

    def answer(self, place: str, original: Callable[..., Floats], *given: Any) -> Floats:
        """Answer one call of a noisy sum."""
        *summed, meant_sd, _ = given
        exact = EXACT[place](*summed)
        answer = self.told(place, len(self.heard), exact) if self.told else None
        if answer is None:
            answer = original(*given)
        vector = _as_vector(exact)
        noise = _as_vector(answer) - vector
        self.heard.append(Heard(place, vector, noise, answer, float(meant_sd)))
        return answer


def _as_vector(total: Floats) -> Floats:
    """Return a sum as a vector; of a symmetric matrix each place once, by its share of the length."""
    if total.ndim == 1:
        return total
    rows, columns = np.triu_indices(len(total))
    return total[rows, columns] * np.where(rows == columns, 1.0, np.sqrt(2))


def repeated(recording: Recording) -> Callable[[str, int, Floats], Floats | None]:
    """Return what gives the answers of a recording again, and zeros after the last."""
    answers = [heard.answer for heard in recording.heard]
    return lambda place, count, exact: answers[count] if count < len(answers) else 0 * exact


@contextmanager
def listening(recording: Recording) -> Iterator[None]:
    """Put a recording in the place of every noisy sum, one at a time."""
    with HOOK:
        originals = {place: getattr(module, place) for place, module in SEEN_IN.items()}
        try:
            for place, original in originals.items():
                setattr(SEEN_IN[place], place, partial(recording.answer, place, original))
            yield
        finally:
            for place, original in originals.items():
                setattr(SEEN_IN[place], place, original)
