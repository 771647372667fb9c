"""Declared bounds: what is known about each feature without looking at the customers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np

from equipoise.exceptions import InputError

__all__ = ["DeclaredBounds", "Limits", "category_text", "checked_bounds", "is_category"]

Limits = tuple[float, float] | Sequence[str]
DeclaredBounds = Mapping[str, Limits | Sequence[int]] | Sequence[tuple[float, float]]


def checked_bounds(bounds: DeclaredBounds) -> dict[str, Limits]:
    """Return the limits of each feature by name; the places of a list are `column 0` and so on."""
    if isinstance(bounds, np.ndarray):
        bounds = bounds.tolist()
    if not isinstance(bounds, Mapping):
        if isinstance(bounds, str) or not isinstance(bounds, Sequence):
            bounds = ()
        bounds = {f"column {place}": limits for place, limits in enumerate(bounds)}
    if not bounds:
        raise InputError(
            "bounds", "must be declared for every feature", "none", "Give (low, high) for each."
        )
    checked = {str(name): _checked_limits(str(name), limits) for name, limits in bounds.items()}
    if len(checked) < len(bounds):
        move = "Name each once: 1 and '1' are one column."
        raise InputError("bounds", "must not repeat a column", f"{len(bounds)} names", move)
    if all(is_category(limits) and len(limits) == 1 for limits in checked.values()):
        raise InputError(
            "bounds",
            "must let at least one feature vary",
            "a single category each",
            "Declare every category that a customer can have.",
        )
    return checked


def is_category(limits: Limits) -> TypeGuard[Sequence[str]]:
    """Say whether checked limits list categories rather than (low, high)."""
    return isinstance(limits[0], str)


def _checked_limits(name: str, limits: object) -> Limits:
    values = list(limits) if isinstance(limits, Iterable) and not isinstance(limits, str) else []
    if _are_categories(values):
        texts = tuple(category_text(value) for value in values)
        if len(set(texts)) < len(texts):
            raise InputError(
                f"bounds of {name!r}", "must not repeat a category", values, "Name each once."
            )
        return texts
    if len(values) == 2 and all(_is_number(value) for value in values):
        low, high = float(values[0]), float(values[1])
        if low < high and math.isfinite(high - low):
            return low, high
        if low > high:
            move = f"Write ({high:g}, {low:g}) if that was meant."
            raise InputError(f"bounds of {name!r}", "must be low, then high", limits, move)
    raise InputError(
        f"bounds of {name!r}",
        "must be finite numbers, low then high, or categories (two numbers as text)",
        limits,
        "Write what is known without looking at the data.",
    )


def _are_categories(values: list[Any]) -> bool:
    """Say whether they are: texts, booleans, or more whole numbers than the two of (low, high)."""
    if not values or not all(
        isinstance(value, str | bool | np.bool_ | Integral) for value in values
    ):
        return False
    return len(values) > 2 or all(isinstance(value, str | bool | np.bool_) for value in values)


def category_text(value: object) -> str:
    """Write a category as text: a code is "1" whether it is stored as 1, 1.0 or "1"."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return f"{value + 0.0:.0f}"
    return str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)
