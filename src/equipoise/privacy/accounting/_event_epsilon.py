"""The epsilon of an event at a delta: exactly, by loss distributions, or by Rényi orders."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

from equipoise._checks import check_delta
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.accounting._conversions import gaussian_epsilon, zcdp_epsilon
from equipoise.privacy.accounting._events import (
    all_gaussian,
    composed,
    event_record,
    leaves,
    loss_of,
)

__all__ = ["converter", "pld_epsilon"]

# Below this noise, or above this epsilon, the grid of a loss distribution no longer fits memory.
LEAST_NOISE, LARGEST_EPSILON = 0.05, 200.0
MOST_ONE_BY_ONE = 1000


def pld_epsilon(events: Any, delta: float, *, adjacency: Adjacency = "add-remove") -> float:
    """Return the epsilon of events that were planned in advance, by their loss distributions.

    Parameters
    ----------
    events : event of dp_accounting, or several
        Stated as that library does: noise per largest contribution of one unit.
    delta : float
        In (0, 1).
    adjacency : {"add-remove", "replace-one"}

    Returns
    -------
    float
        Rounded up on the library's grid (1e-4 a release), so never below the true one.

    Raises
    ------
    InputError
        Where an event has no loss distribution under this adjacency.

    References
    ----------
    Koskela, Jälkö & Honkela (2020); Doroshenko et al. (2022), Connect the dots.

    Examples
    --------
    >>> import dp_accounting
    >>> round(pld_epsilon([dp_accounting.LaplaceDpEvent(1.0)] * 10, 1e-6), 3)
    9.999
    """
    delta = check_delta(delta, 1.0)
    event = composed(events)
    event_record(event)
    bound = _loss_distribution(event, adjacency)
    if bound is None:
        raise _unsupported(event, adjacency)
    return bound(delta)


def converter(event: Any, adjacency: Adjacency) -> Callable[[float], float]:
    """Return the function from delta to the smallest epsilon that is known to hold for an event.

    Gaussian releases alone are converted exactly. Otherwise the least of what the loss
    distribution, pure epsilon and zCDP say; where none applies, Rényi orders.
    """
    loss = loss_of(event, adjacency)
    if all_gaussian(event):
        return lambda delta: gaussian_epsilon(loss.mu, delta)
    bounds: list[Callable[[float], float]] = []
    if math.isfinite(loss.pure):
        bounds.append(lambda delta: loss.pure)
    if math.isfinite(loss.rho):
        bounds.append(lambda delta: zcdp_epsilon(loss.rho, delta))
    found = _loss_distribution(event, adjacency)
    if found is None and not bounds:
        found = _renyi(event, adjacency)
    bounds += [found] if found is not None else []
    if not bounds:
        raise _unsupported(event, adjacency)
    return lambda delta: min(bound(delta) for bound in bounds)


def _unsupported(event: Any, adjacency: Adjacency) -> InputError:
    return InputError(
        "event",
        f"must be one whose cost is known per {adjacency}",
        repr(event),
        "Spend its parts one by one, or the epsilon and delta that its own proof gives.",
    )


def _loss_distribution(event: Any, adjacency: Adjacency) -> Callable[[float], float] | None:
    from dp_accounting import NeighboringRelation
    from dp_accounting.pld import PLDAccountant

    relation = {
        "add-remove": NeighboringRelation.ADD_OR_REMOVE_ONE,
        "replace-one": NeighboringRelation.REPLACE_ONE,
    }[adjacency]
    accountant = PLDAccountant(relation)
    if not accountant.supports(event):
        return None
    if any(_too_loud(leaf) for leaf, _ in leaves(event)):
        return lambda delta: math.inf
    for leaf, alike in groupby(leaves(event), key=itemgetter(0)):
        times = sum(count for _, count in alike)
        # dp-accounting 0.6.0 counts a repeated randomised response once.
        one_by_one = type(leaf).__name__ == "RandomizedResponseDpEvent"
        if one_by_one and times > MOST_ONE_BY_ONE:
            return None
        for _ in range(times if one_by_one else 1):
            accountant.compose(leaf, 1 if one_by_one else times)
    return lambda delta: float(accountant.get_epsilon(delta))


def _too_loud(leaf: Any) -> bool:
    name, inner = type(leaf).__name__, getattr(leaf, "event", leaf)
    if name == "DiscreteLaplaceDpEvent":
        return bool(leaf.noise_parameter * leaf.sensitivity > LARGEST_EPSILON)
    if name == "MixtureOfGaussiansDpEvent":
        return bool(leaf.standard_deviation < LEAST_NOISE * max(leaf.sensitivities))
    return bool(getattr(inner, "noise_multiplier", 1.0) < LEAST_NOISE)


def _renyi(event: Any, adjacency: Adjacency) -> Callable[[float], float] | None:
    """Bound by Rényi orders, for add-remove alone.

    For replace-one dp-accounting 0.6.0 does not double the contribution of Gaussian and Laplace
    releases here, while its loss distributions do.
    """
    from dp_accounting.rdp import RdpAccountant

    accountant = RdpAccountant()
    if adjacency == "replace-one" or not accountant.supports(event):
        return None
    accountant.compose(event)
    return lambda delta: float(accountant.get_epsilon(delta))
