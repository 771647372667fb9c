"""Vectors of released numbers as one score, chosen on the half of the runs that is not judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equipoise.privacy.evidence._event import Event, chosen_event
from equipoise.privacy.evidence._rates import Floats, Reading

__all__ = ["Attack", "chosen_attack"]

TRIMMED = (0.01, 0.99)  # where a discriminant is fitted: tails heavier than normal would rule it
SINGLY = 40  # released numbers beyond which they are not tried one by one


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
    """Yield a regularised linear discriminant, the ratio of Laplace noise, and each number alone."""
    width = one.shape[1]
    if width > 1:
        yield _discriminant(one, other), None
        yield _laplace_ratio(one, other)
    if width <= SINGLY:
        yield from ((direction, None) for direction in np.eye(width))


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
