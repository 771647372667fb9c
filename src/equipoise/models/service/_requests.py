"""Service requests as rows: of a CRM with their customers' groups, or any table with named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_columns, suggestion
from equipoise.exceptions import InputError

__all__ = ["Requests", "read_requests", "requests_of"]

TABLES = ("cases", "contacts", "individuals")


def requests_of(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the service requests of a CRM, each with what is known of its customer.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        With `cases`, `contacts` and `individuals`, such as `make_crm(...).tables`.

    Returns
    -------
    DataFrame
        One row a request, in the order of `cases`: its columns, then those of `individuals`.
        Two contacts of one person are one customer: `individual_id`.

    Raises
    ------
    InputError
        Where a table is missing, or a request has no customer in it.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> requests = requests_of(make_crm(customers=300, seed=7).tables)
    >>> {"waiting_hours", "age_band", "individual_id"} <= {*requests}
    True
    """
    for name in TABLES:
        if name not in tables:
            rule = "must hold cases, contacts and individuals"
            raise InputError("tables", rule, f"no {name!r}", suggestion(name, tables))
    cases = tables["cases"]
    owners = tables["contacts"][["contact_id", "individual_id"]]
    found = cases.merge(owners, on="contact_id", how="left", validate="m:1")
    found = found.merge(tables["individuals"], on="individual_id", how="left", validate="m:1")
    lost = ~found["individual_id"].isin(tables["individuals"]["individual_id"]).to_numpy()
    if lost.any():
        raise InputError(
            "cases",
            "must be of known customers",
            f"{lost.sum():,} of {len(found):,} requests without",
            "Load the contacts and individuals of these requests, or remove them.",
        )
    return found


@dataclass(frozen=True, eq=False)
class Requests:
    """What is measured of each request, row for row.

    Attributes
    ----------
    hours : array of float, shape (n,)
        Waiting time, zero or more.
    flags : mapping of str to array of bool, shape (n,)
        By measure.
    owners : array of int, shape (n,)
        Number of each request's customer.
    """

    hours: NDArray[np.float64]
    flags: Mapping[str, NDArray[np.bool_]]
    owners: NDArray[np.intp]


def read_requests(
    table: pd.DataFrame,
    *,
    unit: str,
    hours: str,
    flags: Mapping[str, str | None],
    alike: Sequence[str],
) -> Requests:
    """Return the named columns, or refuse what would give silently wrong numbers."""
    if not isinstance(table, pd.DataFrame) or not len(table):
        rule, found = "must be a pandas DataFrame with rows", "no rows"
        if not isinstance(table, pd.DataFrame):
            found = f"{type(table).__module__}.{type(table).__qualname__}"
        raise InputError("requests", rule, found, "Use requests_of(crm.tables).")
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        move = "Rename or remove one."
        raise InputError("requests", "must have each column once", f"{twice!r} twice", move)
    named = {measure: column for measure, column in flags.items() if column is not None}
    for parameter, column in {"unit": unit, "hours": hours, **named}.items():
        check_columns(parameter, [column], table.columns)
    check_columns("alike", alike, table.columns)
    owners = np.asarray(pd.factorize(table[unit], sort=True)[0])
    _check_complete(f"unit {unit!r}", owners < 0)
    return Requests(
        _hours(table[hours], f"hours {hours!r}"),
        {measure: _flags(table[column], column) for measure, column in named.items()},
        owners,
    )


def _hours(column: pd.Series, name: str) -> NDArray[np.float64]:
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        raise InputError(name, "must be numbers", str(column.dtype), "Convert the column first.")
    hours = column.to_numpy(dtype=float, na_value=np.nan)
    _check_complete(name, np.isnan(hours))
    endless = int(np.isinf(hours).sum())
    if endless:
        found = f"infinity in {endless:,} of {len(hours):,} rows"
        move = "Leave requests that were never answered out, and say so."
        raise InputError(name, "must be finite", found, move)
    if (hours < 0).any():
        found = f"{hours.min():g} among {(hours < 0).sum():,} of {len(hours):,} rows below"
        move = "Answered before it was opened: correct the two times."
        raise InputError(name, "must be at least 0", found, move)
    return np.asarray(hours)


def _flags(column: pd.Series, name: str) -> NDArray[np.bool_]:
    _check_complete(name, column.isna().to_numpy())
    odd = [value for value in column.unique().tolist() if value not in (0, 1)]
    if odd:
        raise InputError(name, "must be true or false, or 1 or 0", repr(odd[0]), "Code it first.")
    return np.asarray(column.astype(bool))


def _check_complete(name: str, missing: NDArray[np.bool_]) -> None:
    if missing.any():
        found = f"{missing.sum():,} of {len(missing):,} rows without"
        raise InputError(name, "must not be missing", found, "Complete or remove those requests.")
