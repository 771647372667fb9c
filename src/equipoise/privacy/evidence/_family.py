"""Known noise: what a mechanism of the same kind shows to this attack, its choice of event included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.evidence._event import chosen_event
from equipoise.privacy.evidence._rates import Floats, Reading, at_least, at_most
from equipoise.privacy.queries.mechanisms import (
    ExponentialMechanism,
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
    RandomizedResponse,
)

__all__ = ["Family", "family_of", "simulated_losses"]

Quantiles = Callable[[Floats], tuple[Floats, Floats]]
GRID = 20_000  # quantiles on which the rates of a chosen event are worked out
CHOICES, JUDGED = 300, 20  # simulated choices of an event, and second halves for each
LONG, FEW = 10_000, 15  # from so many runs a choice costs seconds, and hardly varies


@dataclass(frozen=True)
class Family:
    """Mechanisms that differ by their epsilon alone, in their two worlds.

    Attributes
    ----------
    kind : {"laplace", "geometric", "gaussian", "choice"}
    sizes : tuple of float
        Of Laplace noise how far the worlds lie apart, in sensitivities. Of geometric noise the
        sensitivity, and how far they lie apart. Of Gaussian noise delta, and how far they lie apart
        in sensitivities. Of a choice the logarithms of the weights of all candidates, then in each
        world what an epsilon of 1 adds to them.
    """

    kind: str
    sizes: tuple[float, ...]

    def quantiles(self, epsilon: float) -> Quantiles:
        """Return what turns uniform numbers into outputs in both worlds."""
        if self.kind == "choice":
            weights, *worlds = np.reshape(self.sizes, (3, -1))
            chances = [np.cumsum(_shares(weights + epsilon * scores)) for scores in worlds]
            return lambda u: (_places(chances[0], u), _places(chances[1], u))
        apart = self.sizes[-1]
        noise: Any = stats.laplace(scale=1 / epsilon)
        if self.kind == "geometric":
            noise = stats.dlaplace(epsilon / self.sizes[0])
        elif self.kind == "gaussian":
            noise = stats.norm(scale=1 / gaussian_mu(epsilon, self.sizes[0]))
        return lambda u: (noise.ppf(u), noise.ppf(u) + apart)


def _shares(logs: Floats) -> Floats:
    raised = np.exp(logs - logs.max())
    shares: Floats = raised / raised.sum()
    return shares


def _places(chances: Floats, u: Floats) -> Floats:
    places: Floats = np.searchsorted(chances[:-1], u, side="right").astype(float)
    return places


def family_of(subject: Any, values: tuple[Any, Any], delta: float) -> Family | None:
    """Return the family of a mechanism of this package, None where its noise is not known.

    A subclass may draw other noise, so that it has no family, and neither have several numbers.
    """
    kind = type(subject)
    one, other = (np.asarray(value, dtype=float).ravel() for value in values)
    if kind is ExponentialMechanism:
        logs = np.zeros(len(one)) if subject.weights is None else np.log(subject.weights)
        return _choice(logs, one / (2 * subject.sensitivity), other / (2 * subject.sensitivity))
    if one.size > 1:
        return None
    if kind is RandomizedResponse:
        told = [np.array([0.5, -0.5]) * (1 - 2 * bit) for bit in (one, other)]
        return _choice(np.zeros(2), *told)
    return _additive(kind, subject, abs(float(other[0] - one[0])), delta)


def _choice(logs: Floats, one: Floats, other: Floats) -> Family:
    return Family("choice", tuple(np.concatenate([logs, one, other]).tolist()))


def _additive(kind: type, subject: Any, apart: float, delta: float) -> Family | None:
    if kind is GeometricMechanism:
        return Family("geometric", (float(subject.sensitivity), apart))
    if kind is LaplaceMechanism:
        return Family("laplace", (apart / subject.sensitivity,))
    if kind is GaussianMechanism and 0 < delta < 1:
        return Family("gaussian", (delta, apart / subject.sensitivity))
    return None


@lru_cache(maxsize=256)
def simulated_losses(
    family: Family, epsilon: float, runs: int, level: float, reading: Reading
) -> Floats:
    """Return losses that repeats of the whole attack show on a mechanism of this epsilon.

    The choice of the event is simulated. How often the chosen event happens is then known, and the
    second half is drawn from binomial counts.
    """
    rng = np.random.default_rng(0)
    outputs = family.quantiles(epsilon)
    everything = outputs((np.arange(GRID) + 0.5) / GRID)
    losses = []
    for _ in range(CHOICES if runs < LONG else FEW):
        first = outputs(rng.random(runs))[0], outputs(rng.random(runs))[1]
        event = chosen_event(first, level=level, reading=reading)
        rates = [float(event.happens(world).mean()) for world in everything]
        pair = rates[event.likelier], rates[1 - event.likelier]
        hits, misses = (rng.binomial(runs, rate, JUDGED) for rate in pair)
        losses.append(reading.loss(at_least(hits, runs, level), at_most(misses, runs, level)))
    return np.maximum(np.concatenate(losses), 0.0)
