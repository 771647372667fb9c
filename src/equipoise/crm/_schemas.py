"""The rules of the data dictionary as pandera schemas, and refusals that name the first break."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from equipoise._checks import check_choice, suggestion
from equipoise.crm._dictionary import TABLE_NAMES, columns_of, values_text
from equipoise.crm._dictionary_columns import COLUMNS, Column
from equipoise.exceptions import InputError

if TYPE_CHECKING:
    import pandera.pandas as pa

__all__ = ["check_tables", "checks_of", "foreign_check", "foreign_keys", "table_schemas"]

UNIQUE_TOGETHER = {"campaign_members": ["campaign_id", "contact_id"]}
_DTYPES = {
    "text": "str",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool",
    "date": "datetime64[us]",
}


def table_schemas() -> dict[str, pa.DataFrameSchema]:
    """Return the pandera schema of every table, made from the data dictionary.

    A schema allows no column that the dictionary does not know. It cannot see other tables:
    `check_tables` looks at foreign keys too.

    Returns
    -------
    dict of str to pandera.pandas.DataFrameSchema

    Examples
    --------
    >>> list(table_schemas()["order_items"].columns)
    ['order_item_id', 'order_id', 'category', 'quantity', 'unit_price_eur']
    """
    import pandera.pandas as pa  # a tenth of a second, wanted by few

    return {
        table: pa.DataFrameSchema(
            {column.name: _schema_column(column) for column in columns_of(table)},
            name=table,
            strict=True,
            unique=UNIQUE_TOGETHER.get(table),
        )
        for table in TABLE_NAMES
    }


def check_tables(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse tables that break a rule of the data dictionary.

    Each table must have all its columns and no others, in any order. A foreign key is checked
    where the table it points into is given too.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables by the names of the dictionary; some may be left out.

    Raises
    ------
    InputError
        For the first break: its table and column, the rule, the first offending value and its
        row (by label).

    Examples
    --------
    >>> item = {"order_item_id": ["1-1"], "order_id": ["1"], "category": ["garden"],
    ...         "quantity": [0], "unit_price_eur": [9.5]}
    >>> check_tables({"order_items": pd.DataFrame(item)})
    Traceback (most recent call last):
        ...
    equipoise.exceptions.InputError: column 'quantity' of table 'order_items' must be
    1 or more, got 0 in row 0. Correct or remove that row.
    """
    schemas = table_schemas()
    for name, table in tables.items():
        check_choice("table", name, schemas)
        _check_names(name, table)
        _check_rules(schemas[name], table)
    for column, parent in foreign_keys(tables):
        values = tables[column.table][column.name].dropna()
        check = foreign_check(column, parent)
        wrong = values[~check(values).check_output].reset_index()
        if len(wrong):
            wrong.columns = ["index", "failure_case"]
            raise _refused(column.table, column.name, str(check.error), wrong)


def checks_of(column: Column) -> list[pa.Check]:
    """Return the pandera checks of a column's values: its levels or its bounds."""
    import pandera.pandas as pa

    if column.levels:
        return [pa.Check.isin(column.levels, error=f"must be one of {values_text(column)}")]
    if column.bounds is None:
        return []
    finite = " and finite" if column.type == "number" else ""
    rule = f"must be {values_text(column)}{finite}"
    return [pa.Check.in_range(*_limits(column), error=rule)]


def foreign_keys(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[Column, pd.Series]]:
    """Yield each foreign key between columns that are given, with the values it may have."""
    for column in COLUMNS:
        if column.key and column.key.startswith("foreign "):
            table, _, name = column.key.removeprefix("foreign ").partition(".")
            if column.name in tables.get(column.table, ()) and name in tables.get(table, ()):
                yield column, tables[table][name]


def foreign_check(column: Column, parent: pd.Series) -> pa.Check:
    """Return the pandera check that a value is one of another table's."""
    import pandera.pandas as pa

    target = str(column.key).removeprefix("foreign ")
    return pa.Check(lambda values: values.isin(parent), error=f"must be one of {target}")


def _schema_column(column: Column) -> pa.Column:
    import pandera.pandas as pa

    return pa.Column(
        _dtype(column),
        checks_of(column),
        nullable=column.may_be_missing,
        unique=column.key == "primary",
        description=column.meaning,
    )


def _dtype(column: Column) -> str:
    nullable = column.type == "integer" and column.may_be_missing
    return "Int64" if nullable else _DTYPES[column.type]


def _limits(column: Column) -> tuple[Any, Any]:
    """Return the bounds as values; a last day ends with its last moment, and infinity is none."""
    low, high = column.bounds or (None, None)
    if column.type != "date":
        return low, sys.float_info.max if high is None else high
    end = pd.Timestamp.max if high is None else pd.Timestamp(high) + pd.Timedelta("1D")
    return pd.Timestamp(low), end.as_unit("us") - pd.Timedelta(1, "us")


def _check_names(name: str, table: pd.DataFrame) -> None:
    known = [column.name for column in columns_of(name)]
    for wanted in known:
        if wanted not in table.columns:
            raise InputError(
                f"table {name!r}",
                "must have every column of the dictionary",
                f"no {wanted!r}",
                "Add it, or rename the column that holds it.",
            )
    for found in table.columns:
        if found not in known:
            raise InputError(
                f"table {name!r}",
                "must have no column that the dictionary does not know",
                repr(found),
                f"{suggestion(found, known)} Rename it, or leave it out.",
            )


def _check_rules(schema: pa.DataFrameSchema, table: pd.DataFrame) -> None:
    from pandera.errors import SchemaError, SchemaErrorReason

    try:
        schema.validate(table)
    except SchemaError as error:
        name = str(schema.name)
        if error.reason_code is SchemaErrorReason.DUPLICATES:
            raise _repeated(name, table) from None
        (column,) = (known for known in columns_of(name) if known.name == error.schema.name)
        rules = {
            SchemaErrorReason.WRONG_DATATYPE: f"must be stored as {_dtype(column)}",
            SchemaErrorReason.SERIES_CONTAINS_NULLS: "must not be missing",
            SchemaErrorReason.SERIES_CONTAINS_DUPLICATES: "must not repeat",
        }
        rule = rules.get(error.reason_code) or error.check.error
        raise _refused(name, column.name, rule, error.failure_cases) from None


def _repeated(name: str, table: pd.DataFrame) -> InputError:
    keys = UNIQUE_TOGETHER[name]
    again = table[table.duplicated(keys)].iloc[:1]
    found = " and ".join(repr(again[key].tolist()[0]) for key in keys)
    return InputError(
        f"columns {' and '.join(map(repr, keys))} of table {name!r}",
        "must not repeat together",
        f"{found} again in row {again.index.tolist()[0]!r}",
        "Remove the repeated row.",
    )


def _refused(table: str, column: str, rule: str, cases: pd.DataFrame | str) -> InputError:
    """Return the refusal; the cases are offending values, or the storage type of all of them."""
    parameter = f"column {column!r} of table {table!r}"
    if isinstance(cases, str):
        return InputError(parameter, rule, cases, "Convert the column.")
    row, value = (cases[part].tolist()[0] for part in ("index", "failure_case"))
    found = f"{_shown(value)} in row {row!r}"
    return InputError(parameter, rule, found, "Correct or remove that row.")


def _shown(value: object) -> str:
    if pd.isna(value):
        return "nothing"
    return repr(value) if isinstance(value, str) else str(value)
