"""Argument checks: each message names the parameter, the rule, the value and the next move."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from equipoise.exceptions import InputError

__all__ = [
    "check_choice",
    "check_columns",
    "check_delta",
    "check_epsilon",
    "check_number",
    "check_same_rows",
    "check_seed",
    "check_whole",
    "suggestion",
]


def suggestion(value: object, options: Iterable[object], *, most: int = 12) -> str:
    """Say which known name was probably meant, or list the known ones."""
    known = [str(option) for option in options]
    by_folded = {option.casefold(): option for option in reversed(known)}
    near = difflib.get_close_matches(str(value).casefold(), list(by_folded), n=1, cutoff=0.6)
    if near:
        return f"Did you mean {by_folded[near[0]]!r}?"
    if not known:
        return "There are none."
    shown = ", ".join(repr(option) for option in known[:most])
    return f"Known: {shown}{', …' if len(known) > most else ''}."


def check_choice(parameter: str, value: str, options: Iterable[str]) -> str:
    """Return `value` if it is one of `options`; else refuse and suggest the nearest."""
    known = list(options)
    if value not in known:
        raise InputError(parameter, "must be a known name", repr(value), suggestion(value, known))
    return value


def check_columns(parameter: str, wanted: Iterable[object], present: Iterable[object]) -> None:
    """Refuse the first wanted column that the table does not have; 0 and "0" are two names."""
    columns = list(present)
    for column in wanted:
        if column not in columns:
            move = suggestion(column, columns)
            written_alike = [known for known in columns if str(known) == str(column)]
            if written_alike:
                move = f"Use {written_alike[0]!r}, which is another type."
            raise InputError(parameter, "must name a column of the table", repr(column), move)


def check_seed(random_state: object) -> int | None:
    """Return a seed as a whole number of at least 0, or None where noise is to be fresh."""
    if random_state is None:
        return None
    return check_whole(
        "random_state",
        random_state,
        low=0,
        next_move="Use None for a release, whose noise nobody can repeat.",
    )


def check_number(
    parameter: str,
    value: object,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    open_low: bool = False,
    next_move: str = "Give a plain number.",
) -> float:
    """Return `value` as a float within [low, high] (or (low, high] with `open_low`)."""
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    inside = (number > low if open_low else number >= low) and number <= high
    if not inside:
        span = f" in {'(' if open_low else '['}{low:g}, {high:g}]"
        limited = math.isfinite(low) or math.isfinite(high)
        rule = f"must be a number{span if limited else ''}"
        raise InputError(parameter, rule, repr(value), next_move)
    return number


def check_whole(parameter: str, value: object, *, low: int, next_move: str) -> int:
    """Return `value` as an int of at least `low`."""
    whole = isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())
    if whole and not isinstance(value, bool) and int(value) >= low:  # type: ignore[call-overload]
        return int(value)  # type: ignore[call-overload, no-any-return]
    raise InputError(parameter, f"must be a whole number of at least {low}", repr(value), next_move)


def check_epsilon(epsilon: object) -> float:
    """Return epsilon as a float; infinity means "not private" and is allowed."""
    return check_number(
        "epsilon",
        epsilon,
        low=0.0,
        open_low=True,
        next_move="Use a positive number such as 1.0, or float('inf') for no privacy.",
    )


def check_delta(delta: object, epsilon: float) -> float:
    """Return delta as a float in (0, 1) where epsilon is finite, else 0."""
    if math.isinf(epsilon):
        return 0.0
    if delta is None:
        raise InputError(
            "delta",
            "is required with a finite epsilon",
            "None",
            "Use a value far below 1 / number of customers, such as 1e-6.",
        )
    number = float(delta) if isinstance(delta, Real) and not isinstance(delta, bool) else math.nan
    if not 0.0 < number < 1.0:
        rule = "must lie strictly between 0 and 1"
        raise InputError("delta", rule, repr(delta), "Use a value such as 1e-6.")
    return number


def check_same_rows(parts: Mapping[str, Any]) -> None:
    """Refuse columns and tables of other lengths, and pandas ones whose indexes differ.

    Rows are read by position. Two indexes that differ say that the positions do not match, so the
    caller has to decide; arrays have no index and no say.
    """
    sizes = [part.shape[0] if hasattr(part, "shape") else len(part) for part in parts.values()]
    if len(set(sizes)) > 1:
        raise InputError(
            _listed([*parts]),
            "must have the same number of rows",
            _listed([f"{size:,}" for size in sizes]),
            "Pass the rows of the same customers in the same order.",
        )
    indexed = {name: part.index for name, part in parts.items() if hasattr(part, "iloc")}
    first = next(iter(indexed), "")
    for name, index in indexed.items():
        if not index.equals(indexed[first]):
            raise InputError(
                f"{first} and {name}",
                "must have the same index in the same order",
                "different ones",
                "Align the rows first, or pass arrays to have them read by position.",
            )


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
