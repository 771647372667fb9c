"""What is claimed, at the adjacency of the two worlds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from equipoise._checks import check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee

__all__ = ["claim_between", "is_bare", "missing", "stated"]


def stated(claimed: Guarantee | float | None, subject: Any) -> Guarantee | None:
    """Return the claim as given, else the one that the subject carries, else None."""
    if claimed is None:
        own = vars(subject).get("guarantee_") if hasattr(subject, "fit") else None
        claimed = own if own is not None else getattr(subject, "guarantee", None)
    if claimed is None:
        return None
    if isinstance(claimed, Guarantee):
        return _finite(claimed)
    epsilon = check_epsilon(claimed)
    return _finite(Guarantee(epsilon, 0.0, "row", "add-remove", "as stated", (), ()))


def claim_between(claim: Guarantee, adjacency: Adjacency, *, bare: bool) -> Guarantee:
    """Return what the claim says about tables that differ in this way.

    A bare epsilon is taken for the worlds at hand. An add-remove guarantee implies a weaker one
    for replaced rows; a replace-one guarantee says nothing about rows that are absent.
    """
    if bare:
        return replace(claim, adjacency=adjacency)
    if adjacency == "replace-one":
        return claim.as_replace_one()
    if claim.adjacency == "replace-one":
        raise InputError(
            "neighbours",
            "must be of one size for a replace-one claim",
            "a unit that is present in one table alone",
            "Replace the unit's rows instead of removing them.",
        )
    return claim


def is_bare(claimed: object) -> bool:
    """Say whether a claim is an epsilon alone, which tells of no adjacency."""
    return claimed is not None and not isinstance(claimed, Guarantee)


def missing(subject: Any) -> InputError:
    """Return the refusal of a subject that claims nothing."""
    epsilon, delta = getattr(subject, "epsilon", None), getattr(subject, "delta", None)
    move = "Pass claimed=, an epsilon or a Guarantee."
    if isinstance(epsilon, int | float) and delta:
        move = (
            f"Pass a Guarantee with epsilon {epsilon:g} and delta {delta}: a bare epsilon is pure."
        )
    elif isinstance(epsilon, int | float):
        move = f"Pass claimed={float(epsilon)}, its own epsilon, or a Guarantee."
    return InputError(
        "claimed",
        "is required where the subject does not state its guarantee",
        getattr(subject, "__name__", type(subject).__name__),
        move,
    )


def _finite(claim: Guarantee) -> Guarantee:
    if math.isinf(claim.epsilon):
        raise InputError(
            "claimed",
            "must have a finite epsilon to be challenged",
            str(claim),
            "An infinite epsilon promises nothing: there is nothing to refute.",
        )
    return claim
