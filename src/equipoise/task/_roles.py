"""The columns beside outcome and features: groups, unit, time, weights, treatment, trust, consent."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_columns, suggestion
from equipoise.exceptions import InputError
from equipoise.task._columns import UNKNOWN, Column
from equipoise.task._file import TRUST_ROLES, TaskFile

__all__ = [
    "check_roles",
    "group_levels",
    "read_allowed",
    "read_flags",
    "read_probability",
    "read_time",
    "read_treatment",
    "read_unit",
    "read_weights",
]

MOST_GROUPS = 100
_CODINGS = ({"0": 0, "1": 1}, {"false": 0, "true": 1})
_PERMISSIONS = (*_CODINGS, {"no": 0, "yes": 1})


def check_roles(columns: dict[str, Column], file: TaskFile) -> None:
    """Refuse columns that the table lacks, and a column with two roles that exclude each other."""
    single = {
        "unit": file.unit,
        "outcome": file.outcome.column,
        "time": file.time,
        "weights": file.weights,
        "treatment": file.treatment,
    }
    if isinstance(file.treatment_probability, str):
        single["treatment_probability"] = file.treatment_probability
    after = {role: getattr(file, role) for role in TRUST_ROLES}
    trust = {role: name for role, name in after.items() if name is not None}
    permissions = {f"allowed.{policy}": name for policy, name in file.allowed.items()}
    taken: dict[str, str] = {}
    for role, name in (single | trust | permissions).items():
        if name is None:
            continue
        check_columns(role, [name], columns)
        if name in taken:
            raise InputError(
                role, f"must not be the {taken[name]} column", repr(name), "Name another column."
            )
        taken[name] = role
    check_columns("groups", file.groups, columns)
    check_columns("features", file.features, columns)
    _check_apart("features", list(file.features), taken)
    no_groups = {"unit": file.unit, "outcome": file.outcome.column} | trust | permissions
    _check_apart("groups", list(file.groups), {name: role for role, name in no_groups.items()})


def _check_apart(parameter: str, names: list[str], taken: dict[str, str]) -> None:
    for name in names:
        if name in taken:
            raise InputError(
                parameter,
                f"must not contain the {taken[name]} column",
                repr(name),
                f"Remove {name!r} there.",
            )


def group_levels(
    column: Column, keep: NDArray[np.bool_], reference: str | None = None
) -> pd.Series:
    """Return a sensitive attribute as text, "unknown" where missing.

    Without a reference only the number of levels is checked.
    """
    text = column.text[keep].fillna(UNKNOWN).reset_index(drop=True)
    levels = sorted(text.unique())
    if len(levels) < 2:
        raise InputError(
            f"group {column.name!r}",
            "must have at least two values",
            f"only {levels[0]!r}",
            "Remove it: there is nobody to compare with.",
        )
    if len(levels) > MOST_GROUPS:
        raise InputError(
            f"group {column.name!r}",
            f"must have at most {MOST_GROUPS} values",
            f"{len(levels):,} values",
            "Bin it first, for example into age bands.",
        )
    if reference is not None and reference not in levels:
        raise InputError(
            f"reference of group {column.name!r}",
            "must be one of its values",
            repr(reference),
            suggestion(reference, levels),
        )
    return text


def read_unit(column: Column, keep: NDArray[np.bool_], most_rows: int) -> pd.Series:
    """Return whose row each is; nobody may have more than `most_rows`."""
    unit = column.text[keep].reset_index(drop=True)
    missing = int(unit.isna().sum())
    if missing:
        raise InputError(
            f"unit {column.name!r}",
            "must say in every row whose it is",
            f"{missing:,} of {len(unit):,} rows without",
            "Complete it: splits and guarantees go by customer.",
        )
    counts = unit.value_counts()
    if counts.iloc[0] > most_rows:
        raise InputError(
            f"unit {column.name!r}",
            f"must stand in at most rows_per_unit: {most_rows} rows",
            f"{counts.index[0]!r} in {counts.iloc[0]:,}",
            "Raise rows_per_unit if a customer may have several rows, or remove the repeats.",
        )
    return unit.rename(column.name)


def read_time(column: Column, keep: NDArray[np.bool_]) -> pd.Series:
    """Return dates, or numbers where time is counted."""
    _check_complete("time", column, keep)
    if column.raw.dtype.kind == "M":
        return column.raw[keep].reset_index(drop=True)
    if column.numbers is not None and not column.holds_dates:
        return column.numbers[keep].reset_index(drop=True)
    text = column.text[keep].reset_index(drop=True)
    for form in ("ISO8601", "%Y%m%d"):
        try:
            return pd.to_datetime(text, format=form)
        except (ValueError, TypeError):
            continue
    raise InputError(
        f"time {column.name!r}",
        "must hold ISO dates (2026-03-31) or numbers in every row",
        repr(_first_odd(text)),
        "Rewrite the dates year-month-day: 03/04 means two different days.",
    )


def _first_odd(text: pd.Series) -> str:
    parsed = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    odd = text[parsed.isna()]
    return str(odd.iloc[0] if len(odd) else text.iloc[0])


def read_weights(column: Column, keep: NDArray[np.bool_]) -> pd.Series:
    """Return numbers of at least 0, not all 0."""
    weights = _complete_numbers("weights", column, keep)
    if (weights < 0).any() or not weights.any():
        raise InputError(
            f"weights {column.name!r}",
            "must be at least 0, and not all 0",
            f"{weights.min():g}",
            "Correct the column.",
        )
    return weights


def read_treatment(column: Column, keep: NDArray[np.bool_]) -> pd.Series:
    """Return 1 for treated and 0 for untreated rows."""
    _check_complete("treatment", column, keep)
    text = column.text[keep].reset_index(drop=True).str.lower()
    levels = set(text.unique())
    for coding in _CODINGS:
        if levels == set(coding):
            return text.map(coding).astype(int)
    raise InputError(
        f"treatment {column.name!r}",
        "must hold both 0 and 1 (or both false and true)",
        ", ".join(map(repr, sorted(levels)[:5])),
        "Code who was treated as 1 and who was not as 0.",
    )


def read_flags(role: str, column: Column, keep: NDArray[np.bool_]) -> pd.Series:
    """Return 1 for rows where it happened and 0 for the others; it may have happened nowhere."""
    rule = "must hold 0 and 1 only (or false and true)"
    cure = "Code the rows where it happened as 1 and all others as 0."
    return _coded(role, column, keep, codings=_CODINGS, rule=rule, cure=cure)


def read_probability(
    given: str | float, columns: dict[str, Column], keep: NDArray[np.bool_]
) -> pd.Series:
    """Return each row's chance to be treated, from a column or as one number for all."""
    if isinstance(given, float):
        chance = pd.Series(given, index=range(int(keep.sum())))
    else:
        chance = _complete_numbers("treatment_probability", columns[given], keep)
    if not chance.between(0, 1, inclusive="neither").all():
        raise InputError(
            "treatment_probability",
            "must lie strictly between 0 and 1",
            f"{chance.min():g} to {chance.max():g}",
            "Customers who were always or never treated cannot be compared: remove them.",
        )
    return chance


def read_allowed(
    allowed: dict[str, str], columns: dict[str, Column], keep: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return which rows each consent policy permits; a blank is no answer, so it is refused."""
    return pd.DataFrame(
        {policy: _permission(policy, columns[name], keep) for policy, name in allowed.items()}
    )


def _permission(policy: str, column: Column, keep: NDArray[np.bool_]) -> pd.Series:
    rule = "must hold yes and no, true and false, or 1 and 0 only"
    cure = "Code who is permitted as 1 and who is not as 0."
    role = f"allowed.{policy}"
    return _coded(role, column, keep, codings=_PERMISSIONS, rule=rule, cure=cure).astype(bool)


def _coded(
    role: str,
    column: Column,
    keep: NDArray[np.bool_],
    *,
    codings: tuple[dict[str, int], ...],
    rule: str,
    cure: str,
) -> pd.Series:
    """Return 0 and 1 by the first coding that knows all values, whatever their capitals."""
    _check_complete(role, column, keep)
    text = column.text[keep].reset_index(drop=True).str.lower()
    levels = set(text.unique())
    for coding in codings:
        if levels <= set(coding):
            return text.map(coding).astype(int)
    shown = ", ".join(map(repr, sorted(levels)[:5]))
    raise InputError(f"{role} {column.name!r}", rule, shown, cure)


def _complete_numbers(role: str, column: Column, keep: NDArray[np.bool_]) -> pd.Series:
    _check_complete(role, column, keep)
    if column.numbers is not None:
        return column.numbers[keep].reset_index(drop=True)
    odd = repr(column.odd_words()[0])
    raise InputError(
        f"{role} {column.name!r}", "must hold plain numbers", odd, "Correct the column."
    )


def _check_complete(role: str, column: Column, keep: NDArray[np.bool_]) -> None:
    missing = int(column.missing[keep].sum())
    if missing:
        raise InputError(
            f"{role} {column.name!r}",
            "must not be missing",
            f"{missing:,} of {int(keep.sum()):,} rows without",
            f"Complete the column, or remove `{role}`.",
        )
