"""The event that tells two worlds apart best: chosen on one half of the runs, judged on the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.privacy.evidence._rates import Floats, Reading, at_least, at_most

__all__ = ["Event", "Seen", "chosen_event"]

TAILS = np.array([0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075])
SHARES = np.concatenate([TAILS, np.linspace(0.01, 0.99, 99), 1 - TAILS])
DISTINCT = 64  # outputs with fewer values than this have every value tried


@dataclass(frozen=True)
class Seen:
    """How often an event was seen in both worlds: in the one where it is likelier, and the other.

    Attributes
    ----------
    hits, misses : int
        Runs in which it was seen.
    runs : tuple of int
        Of so many.
    """

    hits: int
    misses: int
    runs: tuple[int, int]

    def epsilon(self, level: float, reading: Reading) -> float:
        """Return the epsilon that the counts show, at least 0."""
        low = at_least(self.hits, self.runs[0], level)
        high = at_most(self.misses, self.runs[1], level)
        return reading.epsilon(float(reading.loss(low, high)))


@dataclass(frozen=True)
class Event:
    """Scores at or beyond a threshold, in one of two worlds.

    Attributes
    ----------
    centre : float or None
        Where set, the score is its distance from here: a world may be wider, not shifted.
    sign : {1, -1}
        Whether scores above or below the threshold count.
    likelier : {0, 1}
        The world in which the event is expected more often.
    """

    centre: float | None
    sign: int
    threshold: float
    likelier: int
    expected: float

    def happens(self, scores: Floats) -> NDArray[np.bool_]:
        """Say for each score whether the event is seen."""
        return self.sign * _folded(scores, self.centre) >= self.sign * self.threshold

    def seen(self, worlds: tuple[Floats, Floats]) -> Seen:
        """Count the event in both worlds."""
        one, other = worlds[self.likelier], worlds[1 - self.likelier]
        counts = [int(self.happens(scores).sum()) for scores in (one, other)]
        return Seen(counts[0], counts[1], (len(one), len(other)))

    def told(self, score: str) -> str:
        """Return the event in words, of a score of that name."""
        side = "at least" if self.sign > 0 else "at most"
        what = score if self.centre is None else f"the distance of {score} from {self.centre:.4g}"
        return f"{what} is {side} {self.threshold:.4g}"


def chosen_event(worlds: tuple[Floats, Floats], *, level: float, reading: Reading) -> Event:
    """Return the event with the largest bound on these scores.

    They are spent: only other runs can say how large the bound really is.
    """
    pooled = np.concatenate(worlds)
    centres = (None, float(np.median(pooled)))
    found = [_best(worlds, centre, sign, level, reading) for centre in centres for sign in (1, -1)]
    return max(found, key=lambda event: event.expected)


def _folded(scores: Floats, centre: float | None) -> Floats:
    return scores if centre is None else np.abs(scores - centre)


def _best(
    worlds: tuple[Floats, Floats], centre: float | None, sign: int, level: float, reading: Reading
) -> Event:
    signed = [np.sort(sign * _folded(scores, centre)) for scores in worlds]
    thresholds = _thresholds(np.concatenate(signed))
    runs = np.array([[len(scores)] for scores in signed])
    counts = runs - [np.searchsorted(scores, thresholds) for scores in signed]
    low, high = at_least(counts, runs, level), at_most(counts, runs, level)
    loss = np.stack([reading.loss(low[0], high[1]), reading.loss(low[1], high[0])])
    likelier, place = np.unravel_index(int(np.argmax(loss)), loss.shape)
    threshold = sign * float(thresholds[place])
    return Event(centre, sign, threshold, int(likelier), float(loss[likelier, place]))


def _thresholds(pooled: Floats) -> Floats:
    distinct = np.unique(pooled)
    if len(distinct) <= DISTINCT:
        return distinct
    return np.unique(np.quantile(pooled, SHARES, method="higher"))
