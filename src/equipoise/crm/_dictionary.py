"""The data dictionary: one source for documents, schemas and what a purpose may read."""

from __future__ import annotations

import pandas as pd

from equipoise._checks import check_choice
from equipoise.consent import PURPOSES
from equipoise.crm._dictionary_columns import COLUMNS, Column

__all__ = [
    "TABLE_NAMES",
    "columns_of",
    "dictionary",
    "dictionary_markdown",
    "readable",
    "values_text",
]

TABLE_NAMES = tuple(dict.fromkeys(column.table for column in COLUMNS))


def dictionary() -> pd.DataFrame:
    """Return the data dictionary: one row a column of the CRM's tables.

    Returns
    -------
    pandas.DataFrame
        `table, column, type, unit, values` (the texts or numbers allowed), `meaning,
        may_be_missing, missing_means` (unknown, or none: nothing to record), `key, kind, purposes`
        (who may read it) and `reason` (why these). An empty `purposes` means that nobody should
        read the column.

    Examples
    --------
    >>> dictionary().set_index(["table", "column"]).loc[("individuals", "children_count"), "reason"]
    'It should never have been collected: no purpose needs it.'
    """
    return pd.DataFrame(
        {
            "table": column.table,
            "column": column.name,
            "type": column.type,
            "unit": column.unit,
            "values": values_text(column),
            "meaning": column.meaning,
            "may_be_missing": column.may_be_missing,
            "missing_means": column.missing_means,
            "key": column.key or "",
            "kind": column.kind,
            "purposes": ", ".join(column.purposes),
            "reason": column.reading.reason,
        }
        for column in COLUMNS
    )


def dictionary_markdown() -> str:
    """Return the data dictionary as Markdown, one section a table.

    Returns
    -------
    str

    Examples
    --------
    >>> print(dictionary_markdown().splitlines()[2])
    ## individuals
    """
    sections = "\n\n".join(f"## {table}\n\n{_section(table)}" for table in TABLE_NAMES)
    return f"# Data dictionary\n\n{sections}\n"


def readable(table: str, purpose: str) -> tuple[str, ...]:
    """Return the columns of a table that a consent purpose may read, in the table's order.

    Keys are always among them: they join rows. That a row is there says something too, so rows
    of a table of which only keys are readable must not be counted. This is about columns; which
    *persons* permit the purpose is for `equipoise.consent.permitted`.

    Parameters
    ----------
    table : str
        Name of a table of the CRM.
    purpose : str
        One of `equipoise.consent.PURPOSES`.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        If the table or the purpose is unknown.

    Examples
    --------
    >>> readable("order_items", "third_party_sharing")
    ('order_item_id', 'order_id', 'category')
    """
    check_choice("purpose", purpose, PURPOSES)
    return tuple(column.name for column in columns_of(table) if purpose in column.purposes)


def columns_of(table: str) -> tuple[Column, ...]:
    """Return the columns that a table must have, in order; refuse an unknown table."""
    check_choice("table", table, TABLE_NAMES)
    return tuple(column for column in COLUMNS if column.table == table)


def values_text(column: Column) -> str:
    """Return the values that a column allows, as text: its levels, or its bounds."""
    if column.bounds is None:
        return ", ".join(column.levels)
    low, high = column.bounds
    return f"{low} or more" if high is None else f"{low} to {high}"


def _section(table: str) -> str:
    rows = "\n".join(_line(column) for column in columns_of(table))
    return (
        "| column | type | values | meaning | read by | because |\n"
        f"|---|---|---|---|---|---|\n{rows}"
    )


def _line(column: Column) -> str:
    unit = f", {column.unit}" if column.unit else ""
    missing = f", or missing: {column.missing_means}" if column.may_be_missing else ""
    cells = (
        f"`{column.name}`{f', {column.key}' if column.key else ''}",
        f"{column.type}{unit}{missing}",
        values_text(column),
        column.meaning,
        _readers(column),
        column.reading.reason,
    )
    return f"| {' | '.join(cells)} |"


def _readers(column: Column) -> str:
    if not column.purposes:
        return "nobody"
    return "every purpose" if len(column.purposes) == len(PURPOSES) else ", ".join(column.purposes)
