"""A mechanism or a function on two values or tables that differ by one unit, and what it claims."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from equipoise._checks import check_columns
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy.evidence._claim import claim_between, is_bare, missing, stated
from equipoise.privacy.evidence._family import family_of
from equipoise.privacy.evidence._neighbours import adjacency_of
from equipoise.privacy.evidence._setting import Pose
from equipoise.privacy.evidence._subject import Noisy
from equipoise.privacy.evidence._twin import function_twin, mechanism_twin
from equipoise.privacy.evidence._worst_case import Table

__all__ = ["function_in_worlds", "mechanism_in_worlds"]

GIVEN = "as given"
ROUNDING = 1e-9


def mechanism_in_worlds(mechanism: Any, neighbours: Any, claimed: Guarantee | float | None) -> Pose:
    """Return a mechanism on two values, or a query on its own worst case."""
    claim = stated(claimed, mechanism)
    if claim is None:
        raise missing(mechanism)
    values, told = _values(mechanism, neighbours)
    if not hasattr(mechanism, "worst_case"):
        _check_distance(mechanism, *values, gaussian=claim.mu is not None)
    name, twin = type(mechanism).__name__, mechanism_twin(mechanism, claim.epsilon)
    return Pose(
        Noisy(name, _release(mechanism), values, releases=True),
        claim,
        told,
        family=family_of(mechanism, values, claim.delta),
        twin=None if twin is None else Noisy(name, _release(twin), values, releases=True),
    )


def _release(mechanism: Any) -> Callable[[Any, Any], Any]:
    """Return a call of (value, generator); a choice is told by its place among the candidates."""
    way = mechanism.release if hasattr(mechanism, "release") else mechanism.randomise
    choices = getattr(mechanism, "candidates", None)
    takes_rng = _takes(way, 2)

    def release(value: Any, rng: np.random.Generator | None) -> Any:
        found = way(value, rng) if takes_rng else way(value)
        return found if choices is None else list(choices).index(found)

    return release


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Say whether a function can be called with so many arguments; one in C tells no signature."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _values(mechanism: Any, neighbours: Any) -> tuple[tuple[Any, Any], str]:
    """Return the two values, and how they were chosen."""
    if not isinstance(neighbours, str):
        return (neighbours[0], neighbours[1]), GIVEN
    if neighbours == "my_data":
        move = "Pass neighbours=(value, other_value), or leave it at 'worst_case'."
        raise InputError("neighbours", "must be values for a mechanism", "'my_data'", move)
    if hasattr(mechanism, "worst_case"):
        one, other = mechanism.worst_case()
        return (one, other), "the worst that the query allows"
    if not hasattr(mechanism, "sensitivity"):
        rule, move = "must be given for a mechanism without sensitivity", "Pass two values."
        raise InputError("neighbours", rule, type(mechanism).__name__, move)
    one, other = _one_sensitivity_apart(mechanism)
    return (one, other), f"the values {one} and {other}, one sensitivity apart"


def _one_sensitivity_apart(mechanism: Any) -> tuple[Any, Any]:
    most = mechanism.sensitivity
    if not hasattr(mechanism, "candidates"):
        return type(most)(0), most
    others = len(mechanism.candidates) - 1  # one score falls, all others rise
    return [float(most)] + [0.0] * others, [0.0] + [float(most)] * others


def _check_distance(mechanism: Any, value: Any, other: Any, *, gaussian: bool) -> None:
    most = getattr(mechanism, "sensitivity", None)
    if most is None:
        return
    try:
        moves = np.abs(np.asarray(other, dtype=float) - np.asarray(value, dtype=float)).ravel()
    except (TypeError, ValueError) as problem:
        rule, move = "must be numbers for a mechanism", "Give values that it adds noise to."
        raise InputError("neighbours", rule, f"{value!r} and {other!r}", move) from problem
    if hasattr(mechanism, "candidates"):
        apart = float(moves.max())
    else:
        apart = float(np.linalg.norm(moves) if gaussian else moves.sum())
    if not 0 < apart <= most * (1 + ROUNDING):
        raise InputError(
            "neighbours",
            f"must lie apart by more than 0 and at most the sensitivity {most:g}",
            f"{apart:g}",
            "Give values that one unit can move between.",
        )


def function_in_worlds(
    function: Callable[..., Any], neighbours: Any, claimed: Guarantee | float | None, unit: Any
) -> Pose:
    """Return a function of (table, rng) on two tables; it may have an epsilon to double."""
    name = getattr(function, "__name__", type(function).__name__)
    if isinstance(neighbours, str):
        move = "Write neighbours=(table, other_table)."
        raise InputError("neighbours", "must be given for a function", repr(neighbours), move)
    if not _takes(function, 2):
        move = "Write def query(table, rng), and draw all noise from rng."
        raise InputError("subject", "must take a table and a generator", name, move)
    claim = stated(claimed, function)
    if claim is None:
        raise missing(function)
    worlds = (neighbours[0], neighbours[1])
    promise = claim_between(claim, _adjacency(worlds, unit), bare=is_bare(claimed))
    twin = function_twin(function, claim.epsilon)
    doubled = None if twin is None else Noisy(name, twin, worlds)
    return Pose(Noisy(name, function, worlds), promise, GIVEN, twin=doubled)


def _adjacency(worlds: tuple[Any, Any], unit: Any) -> Adjacency:
    if unit is None:
        return adjacency_of(*(Table(world, None) for world in worlds))
    if not isinstance(unit, str) or not all(hasattr(world, "columns") for world in worlds):
        rule = "must name a column of both frames, for a function"
        raise InputError("unit", rule, type(unit).__name__, "Keep the customer in a column.")
    for world in worlds:
        check_columns("unit", [unit], world.columns)
    owned = [Table(world, None, np.asarray(world[unit], dtype=object)) for world in worlds]
    return adjacency_of(*owned)
