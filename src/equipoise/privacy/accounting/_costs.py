"""What an entry costs, computed from what the file keeps of it and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from equipoise._checks import check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy.accounting._conversions import (
    gaussian_epsilon,
    half_square,
    zcdp_epsilon,
)
from equipoise.privacy.accounting._event_epsilon import converter
from equipoise.privacy.accounting._events import (
    Loss,
    all_gaussian,
    composed,
    event_from,
    event_record,
    is_event,
    loss_of,
)
from equipoise.privacy.accounting._filters import Composition, check_spend_delta
from equipoise.privacy.accounting._gaussian import gaussian_delta

CONTRADICTION = 1e-3  # of delta: more than any calibration rounds away

__all__ = ["Cost", "bare_source", "cost_of", "mechanism_of", "plan_source", "source_of"]


@dataclass(frozen=True)
class Cost:
    """The cost of one entry in a ledger's adjacency, before the state of the ledger is known.

    `stated` is the (epsilon, delta) that the basic filter adds. It is None for an event whose delta
    nobody chose: `at` then turns the delta that the ledger sets aside into an epsilon.
    """

    loss: Loss
    stated: tuple[float, float] | None = None
    at: Callable[[float], float] | None = None
    gaussian: bool = False

    @classmethod
    def of_bare(cls, epsilon: float, delta: float) -> Cost:
        """Return the cost of an (epsilon, delta) of which nothing more is known."""
        return cls(Loss.of_pure(epsilon) if delta == 0 else Loss(), (epsilon, delta))

    @classmethod
    def of_gaussian(cls, mu: float) -> Cost:
        """Return the cost of a Gaussian release whose delta nobody chose."""
        return cls(Loss.of_gaussian(mu), at=lambda d: gaussian_epsilon(mu, d), gaussian=True)

    @classmethod
    def of_zcdp(cls, rho: float) -> Cost:
        """Return the cost of a zCDP release whose delta nobody chose."""
        return cls(Loss(rho=rho), at=lambda d: zcdp_epsilon(rho, d))

    def composition(self) -> Composition:
        """Return the composition that suits a ledger which starts with this entry."""
        if self.stated is not None:
            return "basic"
        if self.gaussian:
            return "gaussian"
        return "zcdp" if math.isfinite(self.loss.rho) else "basic"

    def basic(self, delta_left: float) -> tuple[float, float]:
        """Return what the basic filter adds: an event without a delta takes a tenth of the rest."""
        if self.stated is not None:
            return self.stated
        delta = delta_left / 10
        return (math.inf, 0.0) if delta == 0 or self.at is None else (self.at(delta), delta)

    def square(self, composition: Composition) -> float:
        """Return what the filter of squares adds; infinity leaves it."""
        if composition == "gaussian":
            return half_square(self.loss.mu)
        return self.loss.rho if composition == "zcdp" else math.inf


def source_of(given: Any, epsilon: object, delta: object) -> dict[str, Any]:
    """Return what a spend was given, as the file keeps it; refuse what is no spend."""
    if given is None and epsilon is None:
        rule = "must name a cost"
        raise InputError("spend", rule, "nothing", "Give a guarantee, an event, or an epsilon.")
    if given is None:
        return bare_source(epsilon, delta)
    if epsilon is not None:
        move = "Give one of the two: a guarantee or an event brings its own epsilon."
        raise InputError("epsilon", "must not come with a guarantee or an event", epsilon, move)
    if isinstance(given, Guarantee):
        if delta is not None:
            rule = "must not come with a guarantee"
            raise InputError("delta", rule, delta, "A guarantee brings its own delta.")
        mu = None if given.mu is None or math.isinf(given.mu) else float(given.mu)
        return {"guarantee": given.as_dict() | {"mu": mu}}
    if is_event(given):
        chosen = None if delta is None else check_spend_delta(delta)
        return {"event": event_record(given), "delta": chosen}
    rule = "must be a Guarantee or an event of dp_accounting"
    move = "A fitted learner has its promise as guarantee_; bare numbers go to epsilon= and delta=."
    raise InputError("guarantee_or_event", rule, repr(given), move)


def bare_source(epsilon: object, delta: object) -> dict[str, Any]:
    """Return a bare (epsilon, delta), both checked."""
    return {"epsilon": _json(check_epsilon(epsilon)), "delta": check_spend_delta(delta)}


def plan_source(events: Any, delta: float) -> dict[str, Any]:
    """Return a plan, declared before its first event ran."""
    if check_spend_delta(delta) == 0:
        rule = "must be positive for a plan"
        raise InputError("delta", rule, "0", "Spend pure events one by one; they need no delta.")
    return {"plan": event_record(composed(events)), "delta": float(delta)}


def cost_of(source: Mapping[str, Any], adjacency: Adjacency) -> Cost:
    """Return the cost of a source; `verify` calls this again on what the file kept."""
    if "guarantee" in source:
        return _guaranteed(Guarantee.from_dict(source["guarantee"]), adjacency)
    if "plan" in source:
        delta = source["delta"]
        return Cost.of_bare(converter(event_from(source["plan"]), adjacency)(delta), delta)
    if "event" in source:
        return _event_cost(event_from(source["event"]), source["delta"], adjacency)
    return Cost.of_bare(float(source["epsilon"]), source["delta"])


def _guaranteed(given: Guarantee, adjacency: Adjacency) -> Cost:
    if adjacency == "replace-one":
        given = given.as_replace_one()
    elif given.adjacency == "replace-one":
        raise InputError(
            "adjacency",
            "must be add-remove in this ledger",
            str(given),
            "A replace-one promise implies no add-remove one. Keep a replace-one ledger for it.",
        )
    cost = Cost.of_bare(given.epsilon, check_spend_delta(given.delta))
    if given.mu is None or math.isinf(given.epsilon):
        return cost
    if gaussian_delta(given.epsilon, given.mu) > given.delta * (1 + CONTRADICTION):
        rule = "must not promise less loss than its mu has"
        move = f"At delta {given.delta:g}, mu {given.mu:g} means a larger epsilon. Correct either."
        raise InputError("guarantee", rule, str(given), move)
    known = Loss.of_gaussian(given.mu)
    loss = Loss(cost.loss.pure, min(cost.loss.rho, known.rho), min(cost.loss.mu, known.mu))
    return Cost(loss, cost.stated)


def _event_cost(event: Any, delta: float | None, adjacency: Adjacency) -> Cost:
    loss = loss_of(event, adjacency)
    if math.isfinite(loss.pure) and not delta:
        return Cost(loss, (loss.pure, 0.0))
    at = converter(event, adjacency)
    if delta is not None:
        return Cost(loss, (at(delta) if delta else loss.pure, delta))
    return Cost(loss, at=at, gaussian=all_gaussian(event))


def mechanism_of(source: Mapping[str, Any]) -> str:
    """Return how the noise entered, in words."""
    if "guarantee" in source:
        return str(source["guarantee"]["mechanism"])
    if "plan" in source:
        return f"plan: {event_from(source['plan'])}"
    if "event" in source:
        return str(event_from(source["event"]))
    return f"stated (epsilon {float(source['epsilon']):g}, delta {source['delta']:g})"


def _json(number: float) -> float | str:
    """JSON has no infinity."""
    return "inf" if math.isinf(number) else float(number)
