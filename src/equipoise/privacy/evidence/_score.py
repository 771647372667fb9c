"""Vectors of released numbers as one score, chosen on the half of the runs that is not judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.privacy.evidence._event import Event, chosen_event
from equipoise.privacy.evidence._rates import Floats, Reading

__all__ = ["Attack", "chosen_attack"]

TRIMMED = (0.01, 0.99)  # where a discriminant is fitted: tails heavier than normal would rule it
SINGLY = 40  # released numbers that are tried one by one: those that differ most
TOGETHER = 200  # and so many, at most, in one discriminant


@dataclass(frozen=True)
class Attack:
    """A direction and an event: all that is settled before the second half is looked at.

    Attributes
    ----------
    direction : array, shape (d,)
        Weights on the released numbers.
    limits : pair of arrays, shape (d,), or None
        Where set, the numbers are clipped to them first.
    event : Event
        On their weighted sum.
    """

    direction: Floats
    event: Event
    limits: tuple[Floats, Floats] | None = None

    def scores(self, outputs: Floats) -> Floats:
        """Return the weighted sum of each run's released numbers."""
        return _projected(outputs, self.direction, self.limits)

    def told(self, columns: tuple[str, ...]) -> str:
        """Return the event in words: of one number by its name, where it has one."""
        used = np.flatnonzero(self.direction)
        named = len(used) == 1 and bool(columns)
        return self.event.told(columns[used[0]] if named else "the score")


def chosen_attack(worlds: tuple[Floats, Floats], *, level: float, reading: Reading) -> Attack:
    """Return the direction and event with the largest bound on these runs, shape (runs, d) each."""
    attacks = []
    for direction, limits in _directions(*worlds):
        scores = tuple(_projected(outputs, direction, limits) for outputs in worlds)
        event = chosen_event((scores[0], scores[1]), level=level, reading=reading)
        attacks.append(Attack(direction, event, limits))
    return max(attacks, key=lambda attack: attack.event.expected)


def _projected(outputs: Floats, direction: Floats, limits: tuple[Floats, Floats] | None) -> Floats:
    if limits is not None:
        outputs = np.clip(outputs, *limits)
    used = np.flatnonzero(direction)
    if len(used) == 1:  # exact: a released whole number stays one
        outputs, direction = outputs[:, used], direction[used]
    scores: Floats = outputs @ direction
    return scores


def _directions(
    one: Floats, other: Floats
) -> Iterator[tuple[Floats, tuple[Floats, Floats] | None]]:
    """Yield single numbers, a regularised linear discriminant, and the ratio of Laplace noise."""
    width = one.shape[1]
    telling = _telling(one, other)
    for place in telling[:SINGLY]:
        alone = np.zeros(width)
        alone[place] = 1.0
        yield alone, None
    if len(telling) > 1:
        used, direction = telling[:TOGETHER], np.zeros(width)
        direction[used] = _discriminant(one[:, used], other[:, used])
        yield direction, None
        yield _laplace_ratio(one, other)


def _telling(one: Floats, other: Floats) -> NDArray[np.intp]:
    """Return the places of the numbers that vary, those first whose means lie furthest apart."""
    varies = np.flatnonzero(np.ptp(np.vstack([one, other]), axis=0) > 0)
    if not len(varies):
        return np.arange(1)
    apart = np.abs(one.mean(axis=0) - other.mean(axis=0))[varies]
    spread = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 2)[varies]
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(-np.nan_to_num(apart / spread), kind="stable")
    telling: NDArray[np.intp] = varies[order]
    return telling


def _laplace_ratio(one: Floats, other: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """Return the log-likelihood ratio of independent Laplace noise, but for a factor and a constant.

    A number says nothing more once it lies beyond both middles, so that it is clipped to them.
    """
    middles = [np.median(outputs, axis=0) for outputs in (one, other)]
    deviations = [
        np.abs(outputs - middle).mean(axis=0)
        for outputs, middle in zip((one, other), middles, strict=True)
    ]
    scale = sum(deviations) / 2
    direction: Floats = np.sign(middles[1] - middles[0]) / np.where(scale > 0, scale, 1.0)
    return direction, (np.minimum(*middles), np.maximum(*middles))


def _discriminant(one: Floats, other: Floats) -> Floats:
    low, high = np.quantile(np.vstack([one, other]), TRIMMED, axis=0)
    inside = [np.clip(outputs, low, high) for outputs in (one, other)]
    spread = np.sqrt(sum(outputs.var(axis=0) for outputs in inside) / 2)
    usable = np.where(spread > 0, spread, 1.0)
    scaled = [outputs / usable for outputs in inside]
    covariance = sum(np.cov(outputs, rowvar=False) for outputs in scaled) / 2
    apart = scaled[1].mean(axis=0) - scaled[0].mean(axis=0)
    # Shrunk towards uncorrelated numbers by as much as so few runs can mislead.
    shrunk = covariance + np.eye(len(apart)) * (len(apart) / len(one) + 1e-9)
    direction: Floats = np.linalg.solve(shrunk, apart) / usable
    return direction
