"""Rows counted where they are: one lazy group-by of the engine that holds them."""

from __future__ import annotations

import glob
import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from equipoise._checks import check_columns
from equipoise.exceptions import InputError
from equipoise.fairness._rows import HEAVIEST, LIGHTEST, WEIGHTS

__all__ = ["observed"]

# More combinations than this are no groups of customers but customers, or raw scores.
MOST = 100_000
# What DuckDB may hold of a file at once; past it, it spills to a folder that is removed.
MEMORY = "1GB"

# What may stand beside the columns of the caller, in this order. The engine sees these names and
# k0, k1, … only, so that nothing there can clash.
OWN = ("score_bin", "count", "score", "weight", "weight_squared")


def observed(
    frame: Any,
    *,
    by: Sequence[str],
    y_true: str,
    y_pred: str,
    y_score: str | None = None,
    bins: int = 10,
    weights: str | None = None,
) -> pd.DataFrame:
    """Count rows by their raw values with one group-by, on the engine that holds them.

    Parameters
    ----------
    frame : table or path
        A polars, pyarrow, DuckDB, Dask, PySpark or pandas table, or the path of a Parquet file, a
        folder of them or a glob. Files are streamed and may be larger than memory; names of folders
        such as ``region=north`` are a column where the files have none of that name.
    by : sequence of str
        Columns of groups.
    y_true, y_pred : str
        Columns of outcome and decision; no column has two of these roles.
    y_score : str, optional
        Column of scores from 0 to 1.
    bins : int
        Number of score bins of equal width; a score on an edge belongs to the upper bin, and 1 to
        the last.
    weights : str, optional
        Column of the number of customers that each row stands for; 0 is allowed.

    Returns
    -------
    DataFrame
        One row an observed combination, in no order: `by` under their own names, `y_true` and
        `y_pred`, as Python values, null and NaN alike as a missing value; `score_bin`; `count` of
        rows;
        `score`, the sum of the scores, weighted where rows are; `weight` and `weight_squared`, sums.
        Of the last five, only `count` is there without scores and weights.

    Raises
    ------
    InputError
        Where the table cannot be read or has no rows, a column is unknown, a score is missing or
        outside 0..1, a weight is negative or not finite, all weights are 0, or there are more than
        100,000 combinations.
    """
    keys = {f"k{place}": name for place, name in enumerate([*by, y_true, y_pred])}
    names = dict(zip(keys, [*by, "y_true", "y_pred"], strict=True))
    measures = {"y_score": y_score, "weights": weights}
    with _opened(frame) as table:
        schema = table.collect_schema()
        _check_columns(schema, {"by": by, "y_true, y_pred": (y_true, y_pred)}, measures)
        raw = {key: _column(table, name) for key, name in keys.items()}
        values = _scored(table, y_score, bins, weights) | _weighed(table, weights)
        found = _collected(_grouped(table, raw, values))
    _check_rows(found, measures)
    return _merged(found, names, bins)


@contextmanager
def _opened(frame: Any) -> Iterator[nw.LazyFrame[Any]]:
    if isinstance(frame, str | os.PathLike):
        with _parquet(os.fspath(frame)) as relation:
            yield _known(relation)
    else:
        yield _known(frame)


def _known(frame: Any) -> nw.LazyFrame[Any]:
    try:
        with warnings.catch_warnings():
            # It says where narwhals will keep Dask in future, which no caller can act upon.
            warnings.filterwarnings("ignore", "Dask support is moving", FutureWarning)
            known: nw.LazyFrame[Any] = nw.from_native(frame).lazy()
            return known
    except nw.exceptions.DuplicateError as problem:
        rule, move = "must have columns of different names", "Rename one of them."
        raise InputError("frame", rule, "a name that is there twice", move) from problem
    except TypeError as problem:
        rule = "must be a table that narwhals can read (polars, DuckDB, PySpark, …) or a path"
        move = "Make it a data frame, or write it to Parquet."
        raise InputError("frame", rule, type(frame).__name__, move) from problem


@contextmanager
def _parquet(path: str) -> Iterator[Any]:
    import duckdb

    files = _files(path)
    try:
        with tempfile.TemporaryDirectory() as spill:
            bounds: dict[str, Any] = {"memory_limit": MEMORY, "temp_directory": spill}
            with duckdb.connect(config=bounds) as connection:
                yield _relation(connection, files)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as problem:
        move = f"Mend it: {str(problem).splitlines()[0].rstrip('.')}."
        raise InputError("frame", "must be readable as Parquet", repr(path), move) from problem


def _files(path: str) -> list[str]:
    """Return the files that a path leads to, in order."""
    places = [path] if os.path.exists(path) else glob.glob(path, recursive=True)
    files = sorted({str(file) for place in places for file in _inside(Path(place))})
    if not files:
        rule = "must lead to a Parquet file, a folder of them or a glob that matches some"
        raise InputError("frame", rule, repr(path), "Correct the path.")
    return files


def _inside(place: Path) -> list[Path]:
    """Return a file itself, or those of a folder but for hidden ones and a writer's own (_)."""
    if (place / "_delta_log").is_dir():
        move = "Open it with a reader of Delta; its folder still holds rows that were removed."
        raise InputError("frame", "must be plain Parquet", f"the Delta table {str(place)!r}", move)
    if place.is_file():
        return [place]
    inside = [file.relative_to(place) for file in place.rglob("*.parquet") if file.is_file()]
    return [place / file for file in inside if not any(p[0] in "._" for p in file.parts)]


def _relation(connection: Any, files: list[str]) -> Any:
    """Read files; a folder such as region=north never replaces a column that is inside them.

    By name, since else the first file's types hold for all: 0.4 would be read as 0.
    """
    names = [glob.escape(file) for file in files]
    plain = connection.read_parquet(names, hive_partitioning=False, union_by_name=True)
    if not any("=" in part for part in Path(files[0]).parts[:-1]):
        return plain
    keyed = connection.read_parquet(names, hive_partitioning=True, union_by_name=True)
    return keyed if set(keyed.columns) - set(plain.columns) else plain


def _check_columns(
    schema: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    measures: Mapping[str, str | None],
) -> None:
    numbers = {role: [name] for role, name in measures.items() if name is not None}
    for role, names in [*groups.items(), *numbers.items()]:
        check_columns(role, names, schema)
    for name in itertools.chain(*groups.values()):
        if schema[name].is_nested():
            rule, move = "must hold single values", "Take one of them into a column."
            raise InputError(f"column {name!r}", rule, str(schema[name]), move)
    for (name,) in numbers.values():
        if not schema[name].is_numeric() and schema[name] != nw.Boolean:
            move = "Convert the column first."
            raise InputError(f"column {name!r}", "must be numbers", str(schema[name]), move)


def _column(table: nw.LazyFrame[Any], name: str) -> nw.Expr:
    """Return a column; Spark takes a dot in an unquoted name for a field."""
    by = table.implementation
    quoted = by.is_pyspark() or by.is_pyspark_connect()
    return nw.col(f"`{name.replace('`', '``')}`" if quoted else name)


def _scored(
    table: nw.LazyFrame[Any], name: str | None, bins: int, weights: str | None
) -> dict[str, nw.Expr]:
    if name is None:
        return {}
    score = _column(table, name).cast(nw.Float64)
    inside = nw.when(score.is_between(0, 1))
    weighed = score if weights is None else score * _column(table, weights).cast(nw.Float64)
    return {
        "score_bin": inside.then((score * bins).floor()),
        "scored": nw.when(~score.is_nan()).then(1.0),
        "score": inside.then(weighed),
    }


def _weighed(table: nw.LazyFrame[Any], name: str | None) -> dict[str, nw.Expr]:
    if name is None:
        return {}
    weight = _column(table, name).cast(nw.Float64)
    usable = nw.when((weight == 0) | weight.is_between(LIGHTEST, HEAVIEST))
    squared = usable.then(weight * weight)
    return {"weighed": usable.then(1.0), "weight": usable.then(weight), "weight_squared": squared}


def _grouped(
    table: nw.LazyFrame[Any], raw: Mapping[str, nw.Expr], values: Mapping[str, nw.Expr]
) -> nw.LazyFrame[Any]:
    """Group rows and add up their values; what a row lacks or has out of range is null and adds 0."""
    groups = [*raw, *(name for name in values if name == "score_bin")]
    sums = [nw.col(name).sum() for name in values if name not in groups]
    rows = _unified(table.select(**raw, **values))
    return rows.group_by(groups, drop_null_keys=False).agg(nw.len().alias("count"), *sums)


def _unified(rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return rows that can be grouped: Arrow refuses chunks whose dictionaries differ."""
    if not rows.implementation.is_pyarrow():
        return rows
    return _known(nw.to_native(rows).unify_dictionaries())


def _collected(cells: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Return cells as Python values: frames of engines differ in what they make of a null."""
    streamed: dict[str, Any] = {"engine": "streaming"} if cells.implementation.is_polars() else {}
    found = cells.head(MOST + 1).collect(**streamed)
    if len(found) > MOST:
        rule, value = "must name columns with few values", f"more than {MOST:,} combinations"
        move = "Leave out identifiers; pass decisions, not raw scores."
        raise InputError("by", rule, value, move)
    columns = {name: pd.Series(found[name].to_list(), dtype=object) for name in found.columns}
    frame = pd.DataFrame({name: each.where(each.notna(), None) for name, each in columns.items()})
    numbers = [name for name in frame if not name.startswith("k")]
    return frame.astype(dict.fromkeys(numbers, "float64") | {"count": "int64"})


def _check_rows(found: pd.DataFrame, measures: Mapping[str, str | None]) -> None:
    rows = found["count"].sum()
    if not rows:
        raise InputError("frame", "must have rows", "none", "Pass the rows of some customers.")
    if "scored" in found:
        _check_scores(f"column {measures['y_score']!r}", found, rows)
    if "weighed" in found:
        _check_weights(f"column {measures['weights']!r}", found, rows)


def _check_scores(parameter: str, found: pd.DataFrame, rows: int) -> None:
    scored, inside = found["scored"].sum(), found["count"][found["score_bin"].notna()].sum()
    if scored < rows:
        value = f"{rows - scored:,.0f} of {rows:,} rows without"
        move = "Remove those rows, or score them."
        raise InputError(parameter, "must not be missing", value, move)
    if inside < rows:
        value = f"{rows - inside:,} of {rows:,} rows outside"
        move = "Pass probabilities, not ranks or margins."
        raise InputError(parameter, "must lie in 0..1", value, move)


def _check_weights(parameter: str, found: pd.DataFrame, rows: int) -> None:
    wrong = rows - found["weighed"].sum()
    if wrong or not found["weight"].any():
        value = f"{wrong:,.0f} of {rows:,} rows that are not" if wrong else "zero in every row"
        raise InputError(parameter, WEIGHTS, value, "Correct those rows.")


def _merged(found: pd.DataFrame, names: Mapping[str, str], bins: int) -> pd.DataFrame:
    """Add up cells that are one: null and NaN, 0 and -0, the last bin and exactly 1."""
    groups = [*names, *(name for name in found if name == "score_bin")]
    if "score_bin" in found:
        found["score_bin"] = found["score_bin"].clip(upper=bins - 1).astype("int64")
    place = found.groupby(groups, dropna=False, sort=False).ngroup()
    sums = found.drop(columns=groups).groupby(place).sum()
    # Not as the index of the sums: there, whole numbers beside None would become floats.
    cells = found.loc[~place.duplicated(), groups].reset_index(drop=True).join(sums)
    return cells[[*names, *(name for name in OWN if name in cells)]].rename(columns=names)
