"""The rows that count, the coded outcome and the features, as a task file declares them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import suggestion
from equipoise.exceptions import InputError
from equipoise.task._columns import LARGEST_NUMBER, Column
from equipoise.task._file import Feature, Outcome

__all__ = ["coded_outcome", "feature_frame", "indicator", "kept_rows", "marks_of"]

_MARK = "{} is missing"


def kept_rows(
    columns: Mapping[str, Column], outcome: Outcome, features: Mapping[str, Feature]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which rows count, and in words which were dropped; undeclared blanks are refused."""
    parts = {f"outcome {outcome.column!r}": (columns[outcome.column], str(outcome.missing))}
    parts |= {f"feature {n!r}": (columns[n], feature.missing) for n, feature in features.items()}
    keep = np.ones(len(columns[outcome.column].raw), dtype=bool)
    notes = []
    for name, (column, treatment) in parts.items():
        blanks = int(column.missing.sum())
        if blanks and treatment == "refuse":
            raise _undeclared(name, blanks, len(keep))
        if blanks and treatment == "drop":
            keep &= ~column.missing
            notes.append(f"{_rows(blanks)} without {name} dropped")
    if not keep.any():
        raise InputError(
            "missing", "must leave at least one row", "0 rows", "Fill blanks instead of dropping."
        )
    return keep, notes


def _undeclared(name: str, blanks: int, rows: int) -> InputError:
    value = "" if name.startswith("outcome") else ", or as the value that takes their place"
    return InputError(
        name,
        "must have no missing values while their treatment is refuse",
        f"{blanks:,} of {rows:,} rows",
        f"Declare `missing` as drop{value}, or complete the data.",
    )


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def coded_outcome(column: Column, outcome: Outcome, keep: NDArray[np.bool_]) -> NDArray[np.int_]:
    """Return 1 for positive and 0 for negative rows; any other value is refused."""
    text = column.text[keep]
    other = sorted(set(text) - {*outcome.positive, *outcome.negative})
    if other:
        coding = f"{', '.join(outcome.positive)} against {', '.join(outcome.negative)}"
        raise InputError(
            f"outcome {column.name!r}",
            "must be binary after coding",
            f"{other[0]!r} beside {coding}",
            "List the value under positive or negative, or remove its rows.",
        )
    y: NDArray[np.int_] = text.isin(outcome.positive).to_numpy().astype(int)
    if y.min() == y.max():
        side, lacking = ("positive", "negative") if y.min() else ("negative", "positive")
        raise InputError(
            f"outcome {column.name!r}",
            "must have positive and negative rows",
            f"{_rows(len(y))}, all {side}",
            f"Check the {lacking} values of its coding, and which rows were dropped.",
        )
    return y


def feature_frame(
    columns: Mapping[str, Column], features: Mapping[str, Feature], keep: NDArray[np.bool_]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the features without blanks, and in words what filled them.

    A number whose blanks are filled brings a second column that says where, since a fill is not
    a measurement.
    """
    parts: dict[str, pd.Series] = {}
    notes = []
    for name, feature in features.items():
        missing = columns[name].missing[keep]
        values = _values(columns[name], feature)[keep].reset_index(drop=True)
        parts[name] = values
        if feature.fill is None:
            continue
        parts[name] = values.where(~missing, feature.fill)
        if feature.type == "number":
            parts[indicator(name, features)] = pd.Series(missing.astype(float))
        if missing.any():
            blanks = f"{missing.sum():,} blank{'' if missing.sum() == 1 else 's'}"
            fill = f"{feature.fill:g}" if isinstance(feature.fill, float) else repr(feature.fill)
            notes.append(f"{blanks} of {name!r} set to {fill}")
    return pd.DataFrame(parts), notes


def indicator(name: str, features: Collection[str]) -> str:
    """Return the name of the column that says where `name` was blank; never that of a feature."""
    column = _MARK.format(name)
    while column in features:
        column += "_"
    return column


def marks_of(name: str, columns: Iterable[str], features: Collection[str]) -> list[str]:
    """Return the columns that say where `name` was blank, whichever features have gone since."""
    mark = _MARK.format(name)
    return [one for one in columns if one not in features and one.rstrip("_") == mark]


def _values(column: Column, feature: Feature) -> pd.Series:
    if column.holds_dates:
        raise InputError(
            f"feature {column.name!r}",
            "must not hold dates",
            repr(column.text.dropna().iloc[0]),
            "Replace it by a number such as the days since then, or remove it.",
        )
    return _numbers(column) if feature.type == "number" else _categories(column, feature)


def _numbers(column: Column) -> pd.Series:
    if column.numbers is not None:
        return _within_reason(column.name, column.numbers)
    if column.missing.all():
        return pd.Series(np.nan, index=column.text.index)
    raise InputError(
        f"feature {column.name!r}",
        "must hold plain numbers",
        repr(column.odd_words()[0]),
        "Make it a category, list the value under `source.missing_values`, or correct the data.",
    )


def _within_reason(name: str, numbers: pd.Series) -> pd.Series:
    largest = numbers.abs().max()
    if largest > LARGEST_NUMBER:
        raise InputError(
            f"feature {name!r}",
            f"must lie within ±{LARGEST_NUMBER:g}",
            f"{largest:g}",
            "If it stands for a missing value, list it under `source.missing_values`.",
        )
    return numbers


def _categories(column: Column, feature: Feature) -> pd.Series:
    known = feature.categories or ()
    unseen = sorted(set(column.text.dropna().unique()) - set(known))
    if unseen:
        raise InputError(
            f"feature {column.name!r}",
            "must hold only its listed categories",
            repr(unseen[0]),
            f"Add it to the list, or correct the data. {suggestion(unseen[0], known)}",
        )
    return column.text
