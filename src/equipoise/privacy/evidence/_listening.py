"""Listen to the places where a learner sees customers: its noisy sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.learning._noisy_vector import LISTENER

__all__ = ["Heard", "Recording", "listening", "repeated"]

Told = Callable[[int, Floats], Floats | None]


@dataclass(frozen=True)
class Heard:
    """One noisy sum: what the rows add up to, what came out, and the noise that was meant.

    Attributes
    ----------
    exact, noise : array, shape (d,)
        As vectors whose length is how far a customer moves the sum, and whose noise is alike in all
        directions.
    answer : array
        What the learner went on with.
    meant_sd : float
        Of the noise, as the code has it.
    """

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
    """Keep every noisy sum, and answer with noise or as told.

    Parameters
    ----------
    told : callable, optional
        From how many sums came before, and the exact sum, to an answer, or to None for noise.
    """

    def __init__(self, told: Told | None = None) -> None:
        self.heard: list[Heard] = []
        self.told = told

    def __call__(self, exact: Floats, noisy: Floats, meant_sd: float) -> Floats:
        """Answer for one noisy sum; its noise is drawn in any case, so that generators stay alike."""
        answer = self.told(len(self.heard), exact) if self.told else None
        answer = noisy if answer is None else answer
        vector = _as_vector(exact)
        noise = _as_vector(answer) - vector
        self.heard.append(Heard(vector, noise, answer.copy(), float(meant_sd)))
        return answer


def _as_vector(total: Floats) -> Floats:
    """Return a sum as a vector; of a symmetric matrix each place once, by its share of the length."""
    if total.ndim == 1:
        return total.copy()
    rows, columns = np.triu_indices(len(total))
    return total[rows, columns] * np.where(rows == columns, 1.0, np.sqrt(2))


def repeated(recording: Recording) -> Told:
    """Return what gives the answers of a recording again, and zeros after the last."""
    answers = [heard.answer for heard in recording.heard]
    return lambda count, exact: answers[count].copy() if count < len(answers) else 0 * exact


@contextmanager
def listening(recording: Recording) -> Iterator[None]:
    """Let a recording answer for every noisy sum of this thread.

    Fits in other threads go on with noise of their own. Nor are sums heard that a learner takes in
    threads which it starts, unless it runs them in a copy of its context.
    """
    before = LISTENER.set(recording)
    try:
        yield
    finally:
        LISTENER.reset(before)
