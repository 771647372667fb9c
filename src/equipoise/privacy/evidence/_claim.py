"""What is claimed, at the adjacency of the two worlds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from equipoise._checks import check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee

__all__ = ["claim_between", "stated"]


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


def _finite(claim: Guarantee) -> Guarantee:
    if math.isinf(claim.epsilon):
        raise InputError(
            "claimed",
            "must have a finite epsilon to be challenged",
            str(claim),
            "An infinite epsilon promises nothing: there is nothing to refute.",
        )
    return claim
