"""Events of dp-accounting: their single releases, and the costs of these that simply add up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.accounting._conversions import half_square, pure_mu
from equipoise.privacy.accounting._decimals import added, root_of_squares
from equipoise.privacy.accounting._event_records import is_event

__all__ = ["Loss", "all_gaussian", "composed", "leaves", "loss_of", "moves_per_unit"]


@dataclass(frozen=True)
class Loss:
    """What an event costs in each currency; infinity where it has no finite cost in it."""

    pure: float = math.inf
    rho: float = math.inf
    mu: float = math.inf

    @classmethod
    def of_pure(cls, epsilon: float) -> Loss:
        """Return the three costs of a pure mechanism."""
        return cls(epsilon, half_square(epsilon), pure_mu(epsilon)) if epsilon < 700 else cls()

    @classmethod
    def of_gaussian(cls, mu: float) -> Loss:
        """Return the costs of Gaussian noise, which is pure for no epsilon."""
        return cls(rho=half_square(mu), mu=mu) if mu < 1e100 else cls()


def composed(events: Any) -> Any:
    """Return one event: what was given, or the composition of several."""
    from dp_accounting import ComposedDpEvent

    if is_event(events):
        return events
    listed = list(events) if isinstance(events, Iterable) and not isinstance(events, str) else []
    if not listed or not all(is_event(event) for event in listed):
        rule = "must be an event of dp_accounting or a list of them"
        move = "Use for instance dp_accounting.GaussianDpEvent(10.0)."
        raise InputError("events", rule, repr(events), move)
    return listed[0] if len(listed) == 1 else ComposedDpEvent(listed)


def leaves(event: Any, times: int = 1) -> Iterator[tuple[Any, int]]:
    """Yield the single releases of an event, each with how often it happens."""
    name = type(event).__name__
    if name == "ComposedDpEvent":
        for part in event.events:
            yield from leaves(part, times)
    elif name == "SelfComposedDpEvent":
        yield from leaves(event.event, times * int(event.count))
    elif name != "NoOpDpEvent":
        yield event, times


def all_gaussian(event: Any) -> bool:
    """Say whether an event is nothing but Gaussian releases, which compose to one."""
    return all(type(leaf).__name__ == "GaussianDpEvent" for leaf, _ in leaves(event))


def loss_of(event: Any, adjacency: Adjacency) -> Loss:
    """Return the cost of an event in each currency, added over its releases and never below.

    The noise of an event is stated per largest contribution of one unit. Replacing a unit moves a
    sum by twice that, so a replace-one ledger doubles epsilon and mu.
    """
    parts = [(_leaf_loss(leaf, adjacency), times) for leaf, times in leaves(event)]
    if [times for _, times in parts] == [1]:
        return parts[0][0]
    return Loss(
        added((loss.pure, times) for loss, times in parts),
        added((loss.rho, times) for loss, times in parts),
        root_of_squares((loss.mu, times) for loss, times in parts),
    )


def _leaf_loss(leaf: Any, adjacency: Adjacency) -> Loss:
    moves = moves_per_unit(adjacency)
    name = type(leaf).__name__
    if name == "GaussianDpEvent":
        return Loss.of_gaussian(_ratio(moves, leaf.noise_multiplier))
    if name == "LaplaceDpEvent":
        return Loss.of_pure(_ratio(moves, leaf.noise_multiplier))
    if name == "DiscreteLaplaceDpEvent":
        return Loss.of_pure(moves * leaf.noise_parameter * leaf.sensitivity)
    if name == "RandomizedResponseDpEvent" and adjacency == "replace-one":
        kept = leaf.num_buckets * (1 - leaf.noise_parameter)
        return Loss.of_pure(math.log1p(_ratio(kept, leaf.noise_parameter)))
    if name == "ZCDpEvent" and leaf.xi == 0:
        return Loss(rho=moves**2 * leaf.rho)
    if name == "PoissonSampledDpEvent":
        inside = loss_of(leaf.event, "add-remove").pure
        if math.isfinite(inside):
            thinned = math.log1p(leaf.sampling_probability * math.expm1(inside))
            return Loss.of_pure(moves * thinned)
    return Loss()


def moves_per_unit(adjacency: Adjacency) -> int:
    """Return how many contributions of one unit separate neighbouring tables."""
    return 2 if adjacency == "replace-one" else 1


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.inf
