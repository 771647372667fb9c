"""Cells of an export: text, ids, yes or no, and dates, each read by one rule or refused."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from equipoise._checks import suggestion
from equipoise.consent._moments import ISO_DATE, moments
from equipoise.crm._loading import Unmapped
from equipoise.exceptions import InputError

__all__ = ["Clock", "Export", "meant", "read_export"]

_YES_NO = {"true": True, "1": True, "false": False, "0": False}


class Clock:
    """Whether the dates that decide on consent have a UTC offset: all, or none."""

    def __init__(self, date_format: str | None) -> None:
        if date_format is not None and not (isinstance(date_format, str) and "%" in date_format):
            raise InputError(
                "date_format",
                "must be a format such as '%d/%m/%Y'",
                repr(date_format),
                "See the table of format codes of datetime.strptime.",
            )
        self.date_format = date_format
        self._kinds: dict[bool, str] = {}

    def saw(self, name: str, with_offset: bool | None) -> None:
        """Remember one column; refuse the first that is of another kind."""
        if with_offset is None:
            return
        self._kinds.setdefault(with_offset, name)
        if len(self._kinds) > 1:
            raise InputError(
                "the dates of the export",
                "must all have a UTC offset or none",
                f"{self._kinds[True]} with and {self._kinds[False]} without",
                "Export them in one way, or leave out one column: nobody can say which came first.",
            )


class Export:
    """One object of an export; it remembers which columns were read.

    Parameters
    ----------
    name : str
        What messages call it.
    table : pandas.DataFrame
        Rows as exported; never changed.
    clock : Clock
        How dates are written.
    known : sequence of str
        The columns that the loader can read. Names are compared without regard to case.
    """

    def __init__(self, name: str, table: pd.DataFrame, clock: Clock, known: Sequence[str]) -> None:
        if not isinstance(table, pd.DataFrame):
            kind = type(table).__name__
            raise InputError(name, "must be a DataFrame", kind, "Read it with pandas first.")
        self.name = name
        self._clock = clock
        self._table = table.reset_index(drop=True)
        self._places = self._place_of(self._table.columns)
        self._known = {column.casefold() for column in known}
        self._read: set[str] = set()

    def __len__(self) -> int:
        return len(self._table)

    def has(self, column: str) -> bool:
        """Say whether the export has the column."""
        return column.casefold() in self._places

    def starting_with(self, prefix: str) -> list[str]:
        """Return the columns whose names start so, as written."""
        columns = [str(column).strip() for column in self._table.columns]
        return [c for c in columns if c.casefold().startswith(prefix.casefold())]

    def need(self, *columns: str) -> None:
        """Refuse an export without these columns."""
        for column in columns:
            if not self.has(column):
                raise self._lacks(column, list(map(str, self._table.columns)))

    def need_if_renamed(self, column: str) -> bool:
        """Say whether the column is there; refuse if another one looks like it."""
        if self.has(column):
            return True
        strange = [str(c) for c in self._table.columns if str(c).casefold() not in self._known]
        folded = [name.casefold() for name in strange]
        if difflib.get_close_matches(column.casefold(), folded, n=1, cutoff=0.8):
            raise self._lacks(column, strange)
        return False

    def keep(self, rows: pd.Series) -> Export:
        """Return the export with some of its rows."""
        kept = Export(self.name, self._table[rows.to_numpy(dtype=bool)], self._clock, ())
        kept._known, kept._read = self._known, self._read
        return kept

    def text(self, column: str) -> pd.Series:
        """Return a column as text without surrounding blanks; empty cells are missing."""
        if not self.has(column):
            return pd.Series(None, index=self._table.index, dtype="str")
        return _text(self._column(column))

    def ids(self, column: str) -> pd.Series:
        """Return a column of ids, which must be given once each."""
        ids = self.text(column)
        if ids.isna().any():
            found = f"{int(ids.isna().sum()):,} of {len(ids):,} rows without"
            raise InputError(f"{self.name}.{column}", "must be given", found, "Export it again.")
        if ids.duplicated().any():
            raise InputError(
                f"{self.name}.{column}",
                "must stand once each",
                f"{ids[ids.duplicated()].iloc[0]!r} more than once",
                "Decide which of the rows is right and remove the others.",
            )
        return ids

    def flag(self, column: str, *, blank: bool | None = None) -> pd.Series:
        """Return a column as bool; empty cells are `blank`, or refused."""
        text = self.text(column).str.casefold()
        read = text.map(_YES_NO)
        if blank is not None:
            read = read.where(text.notna(), blank)
        odd = read.isna()
        if odd.any():
            first = self.text(column)[odd].iloc[0]
            raise InputError(
                f"{self.name}.{column}",
                "must hold true, false, 1 or 0",
                "nothing" if pd.isna(first) else repr(first),
                "Export it again, or correct the column.",
            )
        return read.astype(bool)

    def date(self, column: str, *, decides: bool = True) -> pd.Series:
        """Return a column as times, in UTC if they have offsets; missing where not exported.

        `decides` says that the dates settle which expression of consent came first.
        """
        if not self.has(column):
            return pd.Series(pd.NaT, index=self._table.index, dtype="datetime64[us]")
        name = f"{self.name}.{column}"
        times, with_offset = _dates(self._column(column), name, self._clock.date_format)
        if decides:
            self._clock.saw(name, with_offset)
        return times.dt.tz_localize(None) if with_offset else times

    def note_unread(self, unmapped: Unmapped, reasons: dict[str, str]) -> None:
        """Note each column that nothing was read from, with the number of cells it fills."""
        reasons = {column.casefold(): why for column, why in reasons.items()}
        for folded, column in self._places.items():
            if folded not in self._read:
                filled = int(_text(self._table[column]).notna().sum())
                why = reasons.get(folded, "No column of our tables holds it.")
                unmapped.note(self.name, why, column=str(column), rows=filled)

    def note_absent(self, unmapped: Unmapped, columns: Iterable[str]) -> None:
        """Note each of these columns that the export does not have."""
        for column in columns:
            if not self.has(column):
                unmapped.note(self.name, "Not exported.", column=column)

    def _column(self, column: str) -> pd.Series:
        self._read.add(column.casefold())
        return self._table[self._places[column.casefold()]]

    def _lacks(self, column: str, others: list[str]) -> InputError:
        return InputError(
            self.name,
            f"must have the column {column!r}",
            "none of that name",
            suggestion(column, others),
        )

    def _place_of(self, columns: Iterable[object]) -> dict[str, object]:
        places: dict[str, object] = {}
        for column in columns:
            folded = str(column).strip().casefold()
            if folded in places:
                raise InputError(
                    self.name, "must name each column once", repr(column), "Rename one of them."
                )
            places[folded] = column
        return places


def meant(words: pd.Series, meanings: Mapping[str, str]) -> pd.Series:
    """Return what each word stands for, else missing; a refusal is heard in any spelling.

    Case, spaces and underscores do not matter for an opt-out. An opt-in must be written as known.
    """
    refusals = {_letters(word): said for word, said in meanings.items() if said == "opt_out"}

    def hear(word: str) -> str | None:
        return meanings.get(word, refusals.get(_letters(word)))

    return words.map(hear, na_action="ignore")


def _letters(word: str) -> str:
    return re.sub(r"[\s_-]", "", word).casefold()


def read_export(path: Path) -> pd.DataFrame:
    """Return a CSV file with commas and UTF-8, every cell as text exactly as written."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as handle:
            _check_rows(path, csv.reader(handle))
        return pd.read_csv(
            path, encoding="utf-8-sig", dtype=str, keep_default_na=False, index_col=False
        )
    except UnicodeDecodeError as problem:
        raise InputError(
            path.name, "must be UTF-8", str(problem), "Export it as UTF-8."
        ) from problem
    except csv.Error as problem:
        cure = "Export it again with commas and quotes."
        raise InputError(path.name, "must be readable as CSV", str(problem), cure) from problem


def _check_rows(path: Path, reader: Iterable[list[str]]) -> None:
    """Count the cells of each row: a parser fills up short ones without a word."""
    rows = (row for row in reader if row)
    header = next(rows, None)
    if header is None:
        raise InputError(path.name, "must hold a header", "nothing", "Export it again.")
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise InputError(
            path.name,
            "must be separated by commas",
            repr(header[0]),
            "Export it as CSV with commas.",
        )
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InputError(
            path.name, "must name each column once", repr(twice), "Rename one of them."
        )
    for place, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise InputError(
                path.name,
                "must have as many cells in each row as in the header",
                f"{len(row)} instead of {len(header)} in row {place:,}",
                "Put cells that contain commas in quotes.",
            )


def _text(column: pd.Series) -> pd.Series:
    if not isinstance(column.dtype, pd.StringDtype):
        column = column.map(_as_text, na_action="ignore").astype("str")
    column = column.str.strip()
    return column.mask(column == "")


def _as_text(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)  # type: ignore[call-overload]


def _dates(column: pd.Series, name: str, date_format: str | None) -> tuple[pd.Series, bool | None]:
    words = isinstance(column.dtype, pd.StringDtype) or (
        column.dtype == object and column.dropna().map(lambda v: isinstance(v, str)).all()
    )
    if not words:
        return moments(column, name)
    text = _text(column)
    if date_format is not None:
        text = text.where(text.isna(), _rewritten(text, date_format))
    known = text.dropna().unique()
    odd = [value for value in known if ISO_DATE.fullmatch(value) is None]
    if odd:
        raise InputError(
            name,
            "must hold ISO dates (2026-03-31)" + (f" or {date_format!r}" if date_format else ""),
            repr(odd[0]),
            "Pass date_format='%d/%m/%Y' if the day comes first, '%m/%d/%Y' if the month does.",
        )
    return moments(text, name)


def _rewritten(text: pd.Series, date_format: str) -> pd.Series:
    """Return the cells that fit the format in ISO form, the others as they are."""
    try:
        times = pd.to_datetime(text, format=date_format, errors="coerce", utc="%z" in date_format)
    except ValueError as problem:
        raise InputError(
            "date_format",
            "must be a format such as '%d/%m/%Y'",
            repr(date_format),
            "See the table of format codes of datetime.strptime.",
        ) from problem
    return times.map(pd.Timestamp.isoformat, na_action="ignore").astype("str").fillna(text)
