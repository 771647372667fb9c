"""What an entry costs, computed from what the file keeps of it and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy.accounting._conversions import (
    gaussian_epsilon,
    half_square,
    zcdp_epsilon,
)
from equipoise.privacy.accounting._event_epsilon import converter
from equipoise.privacy.accounting._event_records import event_from
from equipoise.privacy.accounting._events import Loss, all_gaussian, loss_of
from equipoise.privacy.accounting._filters import Composition, check_spend_delta
from equipoise.privacy.accounting._gaussian import gaussian_delta

CONTRADICTION = 1e-3  # of delta: more than any calibration rounds away

__all__ = ["Cost", "cost_of"]


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
    def of_gaussian(cls, mu: float, delta: float | None = None) -> Cost:
        """Return the cost of a Gaussian release, at a delta or at one that nobody chose."""
        loss = Loss.of_gaussian(mu)
        if delta is not None:
            return cls(loss, (gaussian_epsilon(loss.mu, delta), delta))
        return cls(loss, at=lambda d: gaussian_epsilon(loss.mu, d), gaussian=True)

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


def cost_of(source: Mapping[str, Any], adjacency: Adjacency) -> Cost:
    """Return the cost of a source; `verify` calls this again on what the file kept."""
    if "guarantee" in source:
        return _guaranteed(Guarantee.from_dict(source["guarantee"]), adjacency)
    if adjacency == "add-remove" and source["adjacency"] == "replace-one":
        raise _no_way_back("a replace-one entry")
    if "plan" in source:
        return _planned(event_from(source["plan"]), source["delta"], adjacency)
    if "event" in source:
        if source["of_plan"] is not None:
            return Cost(Loss(0.0, 0.0, 0.0), (0.0, 0.0))
        return _event_cost(event_from(source["event"]), source["delta"], adjacency)
    given: Adjacency = source["adjacency"] or adjacency
    return _guaranteed(
        Guarantee(float(source["epsilon"]), source["delta"], "stated", given, "stated", (), ()),
        adjacency,
    )


def _guaranteed(given: Guarantee, adjacency: Adjacency) -> Cost:
    if adjacency == "replace-one":
        given = given.as_replace_one()
    elif given.adjacency == "replace-one":
        raise _no_way_back(str(given))
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


def _no_way_back(told: str) -> InputError:
    return InputError(
        "adjacency",
        "must be add-remove in this ledger",
        told,
        "A replace-one promise implies no add-remove one. Keep a replace-one ledger for it.",
    )


def _planned(event: Any, delta: float, adjacency: Adjacency) -> Cost:
    return Cost(loss_of(event, adjacency), (converter(event, adjacency)(delta), delta))


def _event_cost(event: Any, delta: float | None, adjacency: Adjacency) -> Cost:
    loss = loss_of(event, adjacency)
    if math.isfinite(loss.pure) and not delta:
        return Cost(loss, (loss.pure, 0.0))
    at = converter(event, adjacency)
    if delta is not None:
        return Cost(loss, (at(delta) if delta else loss.pure, delta))
    return Cost(loss, at=at, gaussian=all_gaussian(event))
