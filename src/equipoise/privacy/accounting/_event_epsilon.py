"""The epsilon of an event at a delta: exactly, by loss distributions, or by Rényi orders."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from equipoise._checks import check_delta
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.accounting._conversions import gaussian_epsilon, zcdp_epsilon
from equipoise.privacy.accounting._event_records import event_from, event_record
from equipoise.privacy.accounting._events import all_gaussian, composed, leaves, loss_of

__all__ = ["converter", "pld_epsilon"]

Bound = Callable[[float], float]

# Below this noise, or above this epsilon, the grid of a loss distribution no longer fits memory.
LEAST_NOISE, LARGEST_LEAF, LARGEST_EPSILON = 0.05, 200.0, 2000.0
FAR_OUT = 1e-15  # the delta down to which a loss distribution reaches
ROUNDING = 2.0**-52  # of delta, per release: five times what was measured against exact Gaussians
MOST_ONE_BY_ONE = 1000
WHOLE_ORDERS = [*range(2, 65), 128, 256, 512, 1024]
INF = math.inf


def pld_epsilon(events: Any, delta: float, *, adjacency: Adjacency = "add-remove") -> float:
    """Return the epsilon of events that were planned in advance, by their loss distributions.

    Parameters
    ----------
    events : event of dp_accounting, or several
        Stated as that library does: noise per largest contribution of one unit.
    delta : float
        In (0, 1). The transforms that compose T releases are out by up to 4e-17 T. For this,
        2.2e-16 (T + 10) is taken off delta, and loss distributions say nothing where delta is no more
        than twice that: 4.4e-11 for 100,000 releases.
    adjacency : {"add-remove", "replace-one"}

    Returns
    -------
    float
        Rounded up on the library's grid (1e-4 a release), so never below the true one. The least of
        what loss distributions, Rényi orders (add-remove alone) and, where an event has them, pure
        epsilon and zCDP say; exact for Gaussian events.

    Raises
    ------
    InputError
        Where nothing is known of an event under this adjacency.

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
    return converter(composed(events), adjacency)(delta)


def converter(event: Any, adjacency: Adjacency) -> Bound:
    """Return the function from delta to the smallest epsilon that is known to hold for an event.

    Gaussian releases alone are converted exactly. Otherwise the least of what pure epsilon, zCDP,
    Rényi orders and loss distributions say; each is a valid bound.
    """
    return _converter(json.dumps(event_record(event)), adjacency)


@lru_cache(maxsize=16)  # a loss distribution may take megabytes
def _converter(record: str, adjacency: Adjacency) -> Bound:
    event = event_from(json.loads(record))
    loss = loss_of(event, adjacency)
    if all_gaussian(event):
        return lambda delta: gaussian_epsilon(loss.mu, delta)
    bounds: list[Bound | None] = [
        (lambda delta: loss.pure) if math.isfinite(loss.pure) else None,
        (lambda delta: zcdp_epsilon(loss.rho, delta)) if math.isfinite(loss.rho) else None,
        _of_library(_renyi, event, adjacency),
    ]
    known = [bound for bound in bounds if bound is not None]
    if not known or min(bound(FAR_OUT) for bound in known) < LARGEST_EPSILON:
        found = _of_library(_loss_distribution, event, adjacency)
        known += [found] if found is not None else []
    if not known:
        raise _unsupported(event, adjacency)
    return lambda delta: min(bound(delta) for bound in known)


def _of_library(
    find: Callable[[Any, Adjacency], Bound | None], event: Any, adjacency: Adjacency
) -> Bound | None:
    """Return a bound of dp-accounting; none where it breaks on numbers that it did not foresee."""
    try:
        return find(event, adjacency)
    except (ArithmeticError, LookupError, NotImplementedError, TypeError, ValueError):
        return None


def _unsupported(event: Any, adjacency: Adjacency) -> InputError:
    return InputError(
        "event",
        f"must be one whose cost is known per {adjacency}",
        repr(event),
        "Spend its parts one by one, or the epsilon and delta that its own proof gives.",
    )


def _loss_distribution(event: Any, adjacency: Adjacency) -> Bound | None:
    from dp_accounting import NeighboringRelation
    from dp_accounting.pld import PLDAccountant

    relation = {
        "add-remove": NeighboringRelation.ADD_OR_REMOVE_ONE,
        "replace-one": NeighboringRelation.REPLACE_ONE,
    }[adjacency]
    if any(_too_loud(leaf) for leaf, _ in leaves(event)):
        return lambda delta: math.inf
    accountant = PLDAccountant(relation)
    slack = ROUNDING * (10 + sum(times for _, times in leaves(event)))
    if not accountant.supports(event) or slack >= 0.5:
        return None
    for leaf, alike in groupby(leaves(event), key=itemgetter(0)):
        times = sum(count for _, count in alike)
        # dp-accounting 0.6.0 counts a repeated randomised response once.
        one_by_one = type(leaf).__name__ == "RandomizedResponseDpEvent"
        if loss_of(leaf, adjacency).rho == 0:
            continue
        if one_by_one and times > MOST_ONE_BY_ONE:
            return None
        for _ in range(times if one_by_one else 1):
            accountant.compose(leaf, 1 if one_by_one else times)
    return lambda delta: float(accountant.get_epsilon(delta - slack)) if delta > 2 * slack else INF


def _too_loud(leaf: Any) -> bool:
    name, inner = type(leaf).__name__, getattr(leaf, "event", leaf)
    if name == "DiscreteLaplaceDpEvent":
        return bool(leaf.noise_parameter * leaf.sensitivity > LARGEST_LEAF)
    if name == "MixtureOfGaussiansDpEvent":
        return bool(leaf.standard_deviation < LEAST_NOISE * max(leaf.sensitivities))
    return bool(getattr(inner, "noise_multiplier", 1.0) < LEAST_NOISE)


def _renyi(event: Any, adjacency: Adjacency) -> Bound | None:
    """Bound by Rényi orders, for add-remove alone.

    For replace-one dp-accounting 0.6.0 does not double the contribution of Gaussian and Laplace
    releases here, while its loss distributions do. Where these exist, whole orders are enough: the
    others are slow, and some of them do not converge.
    """
    from dp_accounting.pld import PLDAccountant
    from dp_accounting.rdp import RdpAccountant

    accountant = RdpAccountant(WHOLE_ORDERS if PLDAccountant().supports(event) else None)
    if adjacency == "replace-one" or not accountant.supports(event):
        return None
    accountant.compose(event)
    return lambda delta: float(accountant.get_epsilon(delta))
