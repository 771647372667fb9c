"""From a column and the steps that somebody wrote down to the text that each level releases."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from equipoise._checks import suggestion
from equipoise.exceptions import InputError

__all__ = ["TOP", "Hierarchy", "Step", "is_number", "labels_of", "step_text"]

TOP = "*"
Step: TypeAlias = float | str | Mapping[Any, str]
Hierarchy: TypeAlias = Sequence[Step]

_PERIODS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "month": lambda day: day.dt.strftime("%Y-%m"),
    "quarter": lambda day: day.dt.strftime("%Y-Q") + day.dt.quarter.astype(str),
    "year": lambda day: day.dt.strftime("%Y"),
}
_PERIOD_MONTHS = {"month": 1, "quarter": 3, "year": 12}
# Beyond it, fifteen digits no longer tell one span from the next.
_MOST_BINS = 10**13


def step_text(step: Step, values: pd.Index) -> str:
    """Return a level in words."""
    if isinstance(step, Mapping):
        return "groups"
    if isinstance(step, str):
        return step
    if _is_text(values):
        return f"first {step:g}"
    return f"{step:g} years" if _is_date(values) else f"width {step:g}"


def labels_of(name: str, values: pd.Index, hierarchy: Hierarchy) -> list[pd.Series]:
    """Return for each step the label of each value of a column.

    Parameters
    ----------
    name : str
        Of the column, for messages.
    values : Index, shape (m,)
        Different values, none missing.
    hierarchy : sequence of steps
        From the finest to the coarsest: see `anonymise`.

    Returns
    -------
    list of Series of str, shape (m,)
        One for each step. Two values with one label never part again at a later step.

    Raises
    ------
    InputError
        Where a step does not suit the column, or does not contain the one before, or a number is
        infinite, whatever the steps: what others lose against it cannot be said.
    """
    where = f"hierarchy of {name!r}"
    if isinstance(hierarchy, str | Mapping) or not isinstance(hierarchy, Sequence):
        next_move = f"Write a list such as [5, 10, '*'], or [mapping, '*'], got {hierarchy!r:.60}."
        raise InputError(where, "must be a list of steps", type(hierarchy).__name__, next_move)
    # An empty column cannot say whether 2 is a width or a length.
    if not len(values):
        return [pd.Series(dtype=object)] * len(hierarchy)
    _check_finite(where, values)
    _check_order(where, values, hierarchy)
    plain = pd.Series(values)
    labels: list[pd.Series] = []
    for step in hierarchy:
        before = labels[-1] if labels else None
        labels.append(_labelled(where, plain, step, before))
        _check_nested(where, before, labels[-1], step)
    return labels


def _labelled(where: str, values: pd.Series, step: Step, before: pd.Series | None) -> pd.Series:
    if isinstance(step, Mapping):
        return _mapped(where, values if before is None else before, step)
    if step == TOP:
        return pd.Series(TOP, index=values.index, dtype=object)
    if _is_date(values):
        return _periods(where, pd.Series(pd.to_datetime(values)), step)
    if isinstance(values.dtype, pd.PeriodDtype):
        rule, next_move = "must have steps that suit the column", "Use .dt.to_timestamp() first."
        raise InputError(where, rule, f"{step!r} for periods", next_move)
    if isinstance(step, str | bool):
        rule = "must have steps that suit the column"
        next_move = "Use widths for numbers, lengths for text, a mapping, or '*' as the last step."
        raise InputError(where, rule, repr(step), next_move)
    if _is_text(values):
        return _prefixes(where, values, step)
    if is_number(values):
        return _intervals(where, values, step)
    next_move = "Use a mapping from each value to its group, or only '*'."
    raise InputError(where, f"has no numbers for values of type {values.dtype}", step, next_move)


def _mapped(where: str, values: pd.Series, step: Mapping[Any, str]) -> pd.Series:
    for value in values:
        if value not in step:
            rule = "must give every value of the level before its group"
            raise InputError(where, rule, f"{value!r} without one", _nearest_key(value, step))
    return values.map(lambda value: str(step[value])).astype(object)


def _nearest_key(value: object, step: Mapping[Any, str]) -> str:
    kind, kinds = type(value).__name__, sorted({type(key).__name__ for key in step})
    if kinds and kind not in kinds:
        return f"Write its keys as {kind}, as the values are, not as {' or '.join(kinds)}."
    return suggestion(value, step)


def _prefixes(where: str, values: pd.Series, step: float) -> pd.Series:
    length = _whole(where, step, "a length in characters")
    text = values.astype(str)
    return text.where(text.str.len() <= length, text.str[:length] + TOP).astype(object)


def _intervals(where: str, values: pd.Series, step: float) -> pd.Series:
    width = _exact(_positive(where, step, "a width"))
    with np.errstate(over="ignore"):
        quotient = values.astype(float).to_numpy() / float(width)
    if (np.abs(quotient) >= _MOST_BINS).any():
        next_move = "Use a wider step."
        raise InputError(where, "must have fewer bins than numbers tell apart", step, next_move)
    bins = np.floor(quotient)
    # Floats cannot say on which side of an edge they lie; fractions, which are slow, can.
    for place in np.flatnonzero(np.abs(quotient - np.rint(quotient)) <= 1e-14 * np.abs(quotient)):
        bins[place] = _exact(values.iloc[place]) // width
    plain = values.astype(float).to_numpy()
    is_whole = width.denominator == 1 and bool((plain == np.rint(plain)).all())
    found, of_value = np.unique(bins, return_inverse=True)
    spans = [_interval(int(low) * width, width, is_whole) for low in found]
    return pd.Series(np.array(spans, dtype=object)[of_value], dtype=object)


def _exact(number: float) -> Fraction:
    """Return the number as it is written: 0.3 is three tenths, so that 0.3 lies in 0.3 to <0.4."""
    return Fraction(number) if isinstance(number, Integral) else Fraction(repr(float(number)))


def _interval(low: Fraction, width: Fraction, is_whole: bool) -> str:
    if is_whole:
        first, last = int(low), int(low + width) - 1
        return _dashed(first) if first == last else f"{_dashed(first)}–{_dashed(last)}"
    return f"{float(low):.15g} to <{float(low + width):.15g}"


def _dashed(number: int) -> str:
    """Write a minus sign that is not taken for the dash of a span."""
    return f"−{-number}" if number < 0 else str(number)


def _periods(where: str, values: pd.Series, step: float | str) -> pd.Series:
    if isinstance(step, str):
        if step not in _PERIODS:
            rule = "must have a known period of time"
            raise InputError(where, rule, repr(step), suggestion(step, [*_PERIODS, TOP]))
        return _PERIODS[step](values).astype(object)
    years = _whole(where, step, "a number of years")
    first = values.dt.year // years * years
    spans = [str(low) if years == 1 else f"{low}–{low + years - 1}" for low in first]
    return pd.Series(spans, dtype=object)


def _check_finite(where: str, values: pd.Index) -> None:
    if is_number(values) and not np.isfinite(values.to_numpy(dtype=float)).all():
        next_move = "Replace infinite values, or leave their rows out."
        raise InputError(where, "must be of finite numbers", "values that are not", next_move)


def _check_order(where: str, values: pd.Index, hierarchy: Hierarchy) -> None:
    """Refuse steps that do not get coarser, whatever values the column happens to have."""
    if TOP in list(hierarchy)[:-1]:
        rule, next_move = "must have '*' as its last step", "Nothing is coarser than '*'."
        raise InputError(where, rule, list(hierarchy), next_move)
    sizes = [size for step in hierarchy if (size := _size(step, values)) is not None]
    for fine, coarse in pairwise(sizes):
        if _is_text(values):
            if coarse >= fine:
                rule, next_move = "must have lengths that get shorter", "Use for example [3, 2, 1]."
                raise InputError(where, rule, f"{float(coarse):g} after {float(fine):g}", next_move)
        elif coarse <= fine or coarse % fine != 0:
            rule = "must have steps that each contain whole steps of the one before"
            next_move = "Use multiples, such as [5, 10, 20]."
            raise InputError(where, rule, f"{float(coarse):g} after {float(fine):g}", next_move)


def _size(step: Step, values: pd.Index) -> Fraction | None:
    if isinstance(step, Mapping) or step == TOP:
        return None
    if isinstance(step, str):
        is_known = _is_date(values) and step in _PERIOD_MONTHS
        return Fraction(_PERIOD_MONTHS[step]) if is_known else None
    is_size = isinstance(step, int | float | np.number) and not isinstance(step, bool)
    if not is_size or not 0 < step < np.inf:
        return None
    return _exact(step) * (12 if _is_date(values) else 1)


def _check_nested(where: str, before: pd.Series | None, after: pd.Series, step: Step) -> None:
    if before is None:
        return
    groups = after.groupby(before).nunique()
    if (groups > 1).any():
        torn = groups.index[groups > 1][0]
        rule = "must have steps that never part what an earlier step joined"
        next_move = "Let each step contain whole groups of the one before."
        raise InputError(where, rule, f"{torn!r} parted at {step!r:.40}", next_move)


def _positive(where: str, step: object, what: str) -> float:
    if isinstance(step, int | float | np.number) and 0 < float(step) < np.inf:
        return float(step)
    raise InputError(where, f"must have {what} above 0", repr(step), "Use a positive number.")


def _whole(where: str, step: object, what: str) -> int:
    number = _positive(where, step, what)
    if number != int(number):
        raise InputError(where, f"must have {what} that is whole", repr(step), "Use 1, 2 or 3.")
    return int(number)


def is_number(values: pd.Index | pd.Series) -> bool:
    """Return whether values are numbers; true and false are none."""
    kind = values.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _is_date(values: pd.Index | pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return True
    is_object = values.dtype == object and len(values) > 0
    return is_object and all(isinstance(value, datetime.date) for value in values)


def _is_text(values: pd.Index | pd.Series) -> bool:
    return len(values) > 0 and all(isinstance(value, str) for value in values)
