"""Known noise: what a mechanism of the same kind shows to this attack, its choice of event included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.evidence._event import chosen_event
from equipoise.privacy.evidence._rates import AnyNoise, Floats, at_least, at_most

__all__ = ["Family", "family_of", "is_tight", "simulated_losses"]

Quantiles = Callable[[Floats], tuple[Floats, Floats]]
GRID = 20_000  # quantiles on which the rates of a chosen event are worked out
CHOICES, JUDGED = 60, 100  # simulated choices of an event, and second halves for each
LONG, FEW = 2_000, 15  # from so many runs a choice of event hardly varies, and fewer are enough


@dataclass(frozen=True)
class Family:
    """Mechanisms that differ by their epsilon alone, in their two worlds.

    Attributes
    ----------
    kind : {"laplace", "geometric", "choice"}
    sizes : tuple of float
        Of geometric noise the sensitivity. Of a choice the logarithms of the weights of all
        candidates, then in each world what an epsilon of 1 adds to them.
    """

    kind: str
    sizes: tuple[float, ...] = ()

    def quantiles(self, epsilon: float) -> Quantiles:
        """Return what turns uniform numbers into outputs in both worlds."""
        if self.kind == "laplace":
            noise = stats.laplace(scale=1 / epsilon)
            return lambda u: (noise.ppf(u), noise.ppf(u) + 1)
        if self.kind == "geometric":
            step = stats.dlaplace(epsilon / self.sizes[0])
            return lambda u: (step.ppf(u), step.ppf(u) + self.sizes[0])
        weights, *worlds = np.reshape(self.sizes, (3, -1))
        chances = [np.cumsum(_shares(weights + epsilon * scores)) for scores in worlds]
        return lambda u: (_places(chances[0], u), _places(chances[1], u))


def _shares(logs: Floats) -> Floats:
    raised = np.exp(logs - logs.max())
    shares: Floats = raised / raised.sum()
    return shares


def _places(chances: Floats, u: Floats) -> Floats:
    places: Floats = np.searchsorted(chances[:-1], u, side="right").astype(float)
    return places


def family_of(subject: Any, values: tuple[Any, Any]) -> Family | None:
    """Return the family that a mechanism says its noise belongs to, None where it is not known."""
    told = _told(subject)
    if told.startswith("exponential") and hasattr(subject, "candidates"):
        weights = getattr(subject, "weights", None)
        logs = np.zeros(len(values[0])) if weights is None else np.log(weights)
        scores = np.asarray(values, dtype=float) / (2 * subject.sensitivity)
        return Family("choice", tuple(np.concatenate([logs, scores.ravel()]).tolist()))
    if told.startswith("laplace"):
        return Family("laplace")
    if "geometric" in told and hasattr(subject, "sensitivity"):
        return Family("geometric", (float(subject.sensitivity),))
    return None


def is_tight(subject: Any, claim: Guarantee) -> bool:
    """Say whether its kind shows all it has to the exact power, of Gaussian noise or of a bit."""
    return _told(subject).startswith("gaussian" if claim.mu is not None else "randomised response")


def _told(subject: Any) -> str:
    return str(getattr(getattr(subject, "guarantee", None), "mechanism", "")).lower()


@lru_cache(maxsize=256)
def simulated_losses(family: Family, epsilon: float, runs: int, level: float) -> Floats:
    """Return bounds that repeats of the whole attack give on a mechanism of this epsilon.

    The choice of the event is simulated. How often the chosen event happens is then known, and the
    second half is drawn from binomial counts.
    """
    rng, reading = np.random.default_rng(0), AnyNoise(0.0)
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
