"""Tables as rows of people: whose row it is, which group they are in, and which rules hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_columns
from equipoise.crm._dictionary import TABLE_NAMES, columns_of
from equipoise.crm._dictionary_columns import Column
from equipoise.crm._schemas import checks_of, foreign_check, foreign_keys
from equipoise.exceptions import InputError

__all__ = ["ALL", "MISSING", "NOT_LINKED", "Rows", "crm_rows", "own_rows"]

ALL, MISSING, NOT_LINKED = "all", "missing", "not_linked"
"""Everyone; people whose group is not known; rows that are nobody's."""

Rule = Callable[[pd.Series], NDArray[np.bool_]]
"""Says of each value whether it is valid; missing ones are not asked."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of one table.

    Attributes
    ----------
    table : str
    frame : DataFrame, shape (n, columns)
        What is measured, numbered from 0.
    group, unit : Series, shape (n,)
        Group and customer of each row; a row without a customer is its own.
    rules : mapping
        A rule for each column that has one.
    optional : frozenset
        Columns where missing means that there is nothing to record.
    verified : str or None
        The column that says when a record was last confirmed.
    """

    table: str
    frame: pd.DataFrame
    group: pd.Series
    unit: pd.Series | None
    rules: Mapping[Any, Rule]
    optional: frozenset[str] = frozenset()
    verified: str | None = None

    def clusters(self) -> NDArray[np.intp] | None:
        """Return each row's customer as a number, or None where nobody has two rows."""
        if self.unit is None:
            return None
        codes = np.asarray(pd.factorize(self.unit)[0])
        nobodys = codes < 0
        codes[nobodys] = codes.max(initial=-1) + 1 + np.arange(nobodys.sum())
        return codes if len(np.unique(codes)) < len(codes) else None


def crm_rows(tables: Mapping[str, pd.DataFrame], by: str | None) -> Iterator[Rows]:
    """Yield the tables of a CRM; with `by`, those only whose rows are about people."""
    tables = {name: tables[name].reset_index(drop=True) for name in TABLE_NAMES if name in tables}
    persons = _persons(tables)
    of_person = None
    if by is not None:
        individuals = _needed(tables, "individuals", by)
        of_person = _texts(individuals[by]).set_axis(individuals["individual_id"])
        of_person = of_person[~of_person.index.duplicated()]
    references = {(key.table, key.name): values for key, values in foreign_keys(tables)}
    for name, frame in tables.items():
        person = persons.get(name)
        if of_person is None:
            group = _everyone(frame)
        elif person is None:
            continue
        else:
            group = person.map(of_person).astype("str").fillna(NOT_LINKED)
        measured = frame.drop(columns=[by] if by is not None and name == "individuals" else [])
        rules = {
            column.name: _dictionary_rule(column, references.get((name, column.name)))
            for column in columns_of(name)
            if checks_of(column) or column.key == "primary" or (name, column.name) in references
        }
        verified = "verified_date" if name == "contacts" and "verified_date" in frame else None
        optional = frozenset(c.name for c in columns_of(name) if c.missing_means == "none")
        yield Rows(name, measured, group, person, rules, optional, verified)


def own_rows(
    frame: pd.DataFrame,
    *,
    schema: object,
    unit: str | None,
    by: str | None,
    verified: str | None,
) -> Rows:
    """Return a table of one's own, with the rules of `schema`."""
    for parameter, name in (("unit", unit), ("by", by), ("verified", verified)):
        if name is not None and name not in frame.columns:
            check_columns(parameter, [name], frame.columns)
    frame = frame.reset_index(drop=True)
    group = _everyone(frame) if by is None else _texts(frame[by])
    measured = frame.drop(columns=[] if by is None else [by])
    ids = None if unit is None else frame[unit]
    return Rows("table", measured, group, ids, _own_rules(frame, schema), verified=verified)


def _persons(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
    """Return the individual behind each row, missing where a row is nobody's."""
    persons = {
        name: frame["individual_id"] for name, frame in tables.items() if "individual_id" in frame
    }
    for key, home in (("contact_id", "contacts"), ("order_id", "orders")):
        if home not in persons or key not in tables[home]:
            continue
        of_key = persons[home].set_axis(tables[home][key])
        of_key = of_key[of_key.index.notna() & ~of_key.index.duplicated()]
        for name, frame in tables.items():
            if name not in persons and key in frame:
                persons[name] = frame[key].map(of_key)
    return persons


def _needed(tables: Mapping[str, pd.DataFrame], name: str, column: str) -> pd.DataFrame:
    if name not in tables:
        raise InputError(
            "by", f"needs the table {name!r}", "tables without it", f"Pass {name!r} too."
        )
    check_columns("by", [column], tables[name].columns)
    check_columns(name, ["individual_id"], tables[name].columns)
    return tables[name]


def _dictionary_rule(column: Column, parent: pd.Series | None) -> Rule:
    checks = checks_of(column)
    if parent is not None:
        checks.append(foreign_check(column, parent))

    def rule(values: pd.Series) -> NDArray[np.bool_]:
        typed = _converted(values, column.type)
        there = typed.notna().to_numpy(bool)
        valid = np.zeros(len(typed), bool)
        valid[there] = _passed(column.name, checks, typed[there].reset_index(drop=True))
        if column.key == "primary":
            valid &= ~values.duplicated(keep=False).to_numpy()
        return valid

    return rule


def _own_rules(frame: pd.DataFrame, schema: Any) -> dict[Any, Rule]:
    columns = getattr(schema, "columns", schema) or {}
    for name in columns:
        if name not in frame.columns:
            check_columns("schema", [name], frame.columns)
    return {name: _own_rule(name, _checks(name, rule)) for name, rule in columns.items()}


def _own_rule(name: Any, checks: list[Any]) -> Rule:
    return lambda values: _passed(name, checks, values)


def _checks(name: Any, rule: Any) -> list[Any]:
    """Return pandera checks from what a caller may write for a column."""
    import pandera.pandas as pa

    if isinstance(rule, pa.Check):
        return [rule]
    if hasattr(rule, "checks"):
        return [*rule.checks]
    if callable(rule):
        return [pa.Check(rule)]
    if isinstance(rule, list | tuple | set | frozenset):
        parts = list(rule)
        if parts and all(isinstance(part, pa.Check) for part in parts):
            return parts
        return [pa.Check.isin(parts)]
    raise InputError(
        f"schema of column {name!r}",
        "must be a pandera check or column, a function of the values, or a list of those allowed",
        repr(rule),
        "Use for example pandera.pandas.Check.ge(0), or ['yes', 'no'].",
    )


def _passed(name: Any, checks: list[Any], values: pd.Series) -> NDArray[np.bool_]:
    valid: NDArray[np.bool_] = np.ones(len(values), bool)
    for check in checks:
        try:
            passed = np.asarray(check(values).check_output)
        except (TypeError, ValueError, AttributeError) as error:
            raise _inapplicable(name, f"{type(error).__name__}: {error}") from error
        if passed.shape != valid.shape:
            raise _inapplicable(name, f"one answer for all {len(values):,} values")
        valid &= passed.astype(bool)
    return valid


def _inapplicable(name: Any, found: str) -> InputError:
    return InputError(
        f"rule of column {name!r}",
        "must say of each value whether it is valid",
        found,
        "Convert the column, or write a rule that fits its values.",
    )


def _converted(values: pd.Series, type: str) -> pd.Series:
    """Return values as numbers or dates where they are to be; what cannot be is missing."""
    if type in ("number", "integer"):
        numbers = pd.to_numeric(values, errors="coerce")
        return numbers.where(numbers % 1 == 0) if type == "integer" else numbers
    if type == "date" and not pd.api.types.is_datetime64_any_dtype(values):
        return pd.to_datetime(values, errors="coerce", format="ISO8601")
    return values


def _everyone(frame: pd.DataFrame) -> pd.Series:
    return pd.Series([ALL], dtype="str").take(np.zeros(len(frame), int)).reset_index(drop=True)


def _texts(values: pd.Series) -> pd.Series:
    """Return groups as text: whole numbers without decimals, so that 1 and 1.0 are one group."""
    codes, levels = pd.factorize(values)
    names = [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in levels]
    return pd.Series([*names, MISSING], dtype="str").take(codes).reset_index(drop=True)
