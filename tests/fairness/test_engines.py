"""Every engine counts what pandas counts, and refuses what would be a silently wrong count."""

from __future__ import annotations

import datetime
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.fairness import _engines
from equipoise.fairness._engines import observed

Held = Callable[[pa.Table], Any]

NAN = float("nan")
LEVELS = {
    "text": pa.array(["north", "south", None, ""]),
    "kind": pa.array(["x", None, "y", "z"]).dictionary_encode(),
    "flag": pa.array([True, False, None]),
    "whole": pa.array([3, None, -1, 70]),
    "part": pa.array([0.5, NAN, None, 2.0]),
    "day": pa.array([datetime.date(2024, 2, 29), None, datetime.date(1969, 12, 31)]),
    "money": pa.array([Decimal("1.10"), Decimal("-2.00"), None]),
    "y": pa.array([0, 1, None], pa.int8()),
    "d": pa.array([True, False]),
}
GROUPS = ("text", "kind", "flag", "whole", "part", "day", "money")
MEASURES = {"y_score": "s", "weights": "w"}
# What pandas itself makes of such columns has no null, or is not what was written.
NULLABLE = {pa.bool_(): pd.BooleanDtype(), pa.int64(): pd.Int64Dtype()}
NULLABLE |= {kind: pd.ArrowDtype(kind) for kind in (pa.date32(), LEVELS["money"].type)}


def table(rows: int = 90) -> pa.Table:
    """Draw rows with every kind of value, and scores and weights that add up exactly."""
    random = np.random.default_rng(2)
    drawn = {n: v.take(pa.array(random.integers(0, len(v), rows))) for n, v in LEVELS.items()}
    scores, weights = random.integers(0, 65, rows) / 64, random.integers(0, 4, rows)
    return pa.table(drawn | {"s": scores, "w": weights})


def simple(**columns: Sequence[Any]) -> pa.Table:
    """Give two customers, with these columns instead or besides."""
    return pa.table({"g": ["a", "b"], "y": [0, 1], "d": [1, 0]} | columns)


def in_pandas(rows: pa.Table) -> pd.DataFrame:
    return rows.to_pandas(types_mapper=NULLABLE.get)


def in_dask(rows: pa.Table) -> Any:
    dask = pytest.importorskip("dask.dataframe", reason="Dask is the extra `scale`")
    return dask.from_pandas(in_pandas(rows), npartitions=3)


def in_file(rows: pa.Table, folder: Path) -> Path:
    pq.write_table(rows, folder / "rows.parquet", row_group_size=20)
    return folder / "rows.parquet"


def in_folder(rows: pa.Table, folder: Path) -> str:
    for place in range(3):
        pq.write_table(rows.slice(place * 30, 30), folder / f"part-{place}.parquet")
    return str(folder)


IN_MEMORY: dict[str, Held] = {
    "pandas": in_pandas,
    "pandas on arrow": lambda rows: rows.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.from_arrow,
    "polars lazy": lambda rows: pl.from_arrow(rows).lazy(),
    "pyarrow": lambda rows: rows,
    "duckdb": lambda rows: duckdb.connect().from_arrow(rows),
    "dask": in_dask,
}
IN_FILES = {"file": in_file, "folder": in_folder}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an old pandas; only this import and start say so
        sql = pytest.importorskip("pyspark.sql", reason="PySpark has no wheel, so is not locked")
        if shutil.which("java") is None:
            pytest.skip("PySpark needs java")
        builder = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        place = str(tmp_path_factory.mktemp("spark"))
        builder = builder.config("spark.sql.shuffle.partitions", "2")
        session = builder.config("spark.sql.warehouse.dir", place).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(params=[*IN_MEMORY, *IN_FILES, "pyspark"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Held:
    """Put rows where the engine keeps them."""
    if request.param in IN_MEMORY:
        return IN_MEMORY[request.param]
    if request.param in IN_FILES:
        return lambda rows: IN_FILES[request.param](rows, tmp_path)
    session = request.getfixturevalue("spark")
    return lambda rows: session.createDataFrame(decoded(rows))


def decoded(rows: pa.Table) -> pa.Table:
    """Return rows without dictionaries, which Spark does not read."""
    kinds = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in rows.schema]
    return rows.cast(pa.schema([f.with_type(k) for f, k in zip(rows.schema, kinds, strict=True)]))


def plainly(rows: pa.Table, keys: list[str], bins: int = 10) -> dict[Any, list[float]]:
    """Group in pandas: count, scores, weights and their squares by keys and score bin."""
    frame = pd.DataFrame({name: pd.Series(rows[name].to_pylist(), dtype=object) for name in keys})
    score, weight = (rows[name].to_numpy().astype(float) for name in ("s", "w"))
    frame["bin"] = np.minimum(np.floor(score * bins), bins - 1).astype(int)
    sums = pd.DataFrame({"n": 1, "s": score * weight, "w": weight, "w2": weight**2})
    groups = frame.where(frame.notna(), None).groupby([*keys, "bin"], dropna=False).groups
    return {named(key): sums.loc[rows].sum().tolist() for key, rows in groups.items()}


def cells(found: pd.DataFrame, keys: int) -> dict[Any, list[float]]:
    return {named(row[:keys]): list(row[keys:]) for row in found.itertuples(index=False)}


def named(key: Any) -> tuple[Any, ...]:
    return tuple(None if pd.isna(each) else each for each in key)


def refusal(frame: Any, **asked: Any) -> str:
    with pytest.raises(InputError) as refused:
        observed(frame, **({"by": ["g"], "y_true": "y", "y_pred": "d"} | asked))
    return str(refused.value)


def counted(frame: Any, by: str = "g", **asked: Any) -> dict[Any, list[float]]:
    found = observed(frame, by=[by], y_true="y", y_pred="d", **asked)
    return cells(found, 4 if "y_score" in asked else 3)


def test_every_engine_counts_what_pandas_counts(held):
    frame = held(table())
    for by in [*([name] for name in GROUPS), [*GROUPS]]:
        found = observed(frame, by=by, y_true="y", y_pred="d", **MEASURES)
        assert cells(found, len(by) + 3) == plainly(table(), [*by, "y", "d"])


def test_the_columns_are_the_callers_then_what_was_counted(held):
    found = observed(held(table()), by=["kind", "part"], y_true="y", y_pred="d", **MEASURES)
    own = ["score_bin", "count", "score", "weight", "weight_squared"]
    assert [*found] == ["kind", "part", "y_true", "y_pred", *own]
    assert found.dtypes.astype(str).tolist() == [*["object"] * 4, *["int64"] * 2, *["float64"] * 3]
    assert [*observed(held(table()), by=["flag"], y_true="y", y_pred="d")] == [
        *("flag", "y_true", "y_pred", "count")
    ]


def test_a_score_on_an_edge_is_in_the_upper_bin_and_1_in_the_last(held):
    scores = [0.0, 0.25, np.nextafter(0.25, 0), 0.5, 0.75, np.nextafter(1, 0), 1.0]
    many = len(scores)
    rows = pa.table({"g": map(str, range(many)), "y": [0] * many, "d": [0] * many, "s": scores})
    found = observed(held(rows), by=["g"], y_true="y", y_pred="d", y_score="s", bins=4)
    assert found.sort_values("g")["score_bin"].tolist() == [0, 1, 0, 2, 3, 3, 3]


def test_whole_numbers_are_scores_and_weights_too(held):
    rows = simple(s=pa.array([0, 1], pa.int8()), w=pa.array([0, 200], pa.int16()))
    assert counted(held(rows), y_score="s", weights="w") == {
        ("a", 0, 1, 0): [1, 0.0, 0.0, 0.0],
        ("b", 1, 0, 9): [1, 200.0, 200.0, 40_000.0],
    }


def test_null_and_nan_and_the_two_zeros_are_one_group_each(held):
    zeros = [0.0, -0.0, None, NAN]
    rows = pa.table({"g": zeros, "y": [0] * 4, "d": [0] * 4})
    assert counted(held(rows)) == {(0.0, 0, 0): [2], (None, 0, 0): [2]}


def test_large_whole_numbers_stay_apart_beside_a_missing_one(held):
    rows = pa.table({"g": [2**53, 2**53 + 1, None], "y": [0] * 3, "d": [0] * 3})
    found = observed(held(rows), by=["g"], y_true="y", y_pred="d")
    assert {*map(str, found["g"])} == {"9007199254740992", "9007199254740993", "None"}


@pytest.mark.parametrize("outcome", ["scored", "weight_squared", "y_pred"])
def test_names_that_the_count_uses_itself_may_be_columns(held, outcome):
    named_alike = {"k0": ["b", "a"], "k1": ["p", "q"], outcome: [1, 0], "y 1.`x": [0, 1]}
    rows = pa.table({"score": [0.5, 1.0], "count": [1, 2]} | named_alike)
    roles = {"y_true": outcome, "y_pred": "y 1.`x", "y_score": "score", "weights": "count"}
    assert cells(observed(held(rows), by=["k1", "k0"], **roles), 5) == {
        ("p", "b", 1, 0, 5): [1, 0.5, 1.0, 1.0],
        ("q", "a", 0, 1, 9): [1, 2.0, 2.0, 4.0],
    }


def test_only_the_cells_leave_the_engine_and_once(held, monkeypatch):
    rows, collect = [], _engines.nw.LazyFrame.collect

    def watched(*given: Any, **asked: Any) -> Any:
        found = collect(*given, **asked)
        rows.append(len(found))
        return found

    monkeypatch.setattr(_engines.nw.LazyFrame, "collect", watched)
    observed(held(table()), by=["flag"], y_true="y", y_pred="d")
    assert rows == [3 * 3 * 2]


def test_a_lazy_frame_computes_no_other_column():
    def never(_: pl.Series) -> pl.Series:
        raise AssertionError("an unused column was computed")

    lazy = pl.from_arrow(simple()).lazy()
    lazy = lazy.with_columns(pl.col("g").map_batches(never, return_dtype=pl.String).alias("unused"))
    assert counted(lazy) == {("a", 0, 1): [1], ("b", 1, 0): [1]}


def test_chunks_of_an_arrow_table_may_have_other_dictionaries():
    chunks = [pa.array(["x", "y"]).dictionary_encode(), pa.array(["y", None]).dictionary_encode()]
    rows = pa.table({"g": pa.chunked_array(chunks), "y": [0] * 4, "d": [0] * 4})
    assert counted(rows) == {("x", 0, 0): [1], ("y", 0, 0): [2], (None, 0, 0): [1]}


def test_a_polars_enum_is_its_text():
    rows = pl.from_arrow(simple()).with_columns(pl.col("g").cast(pl.Enum(["b", "never", "a"])))
    assert counted(rows) == {("a", 0, 1): [1], ("b", 1, 0): [1]}


def test_a_huge_integer_of_duckdb_is_counted_exactly():
    rows = duckdb.connect().sql(
        "select 'a' g, 0::hugeint y, 1::hugeint d, 3::hugeint w from range(2)"
    )
    assert counted(rows, weights="w") == {("a", 0, 1): [2, 6.0, 18.0]}


SMALL = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.sampled_from(["a", "b", "", None]),
            "part": st.sampled_from([0.0, -0.0, 0.5, NAN, None]),
            "flag": st.sampled_from([True, False, None]),
            "y": st.integers(0, 1),
            "d": st.booleans(),
            "s": st.floats(0, 1),
            "w": st.integers(1, 5),
        }
    ),
    min_size=1,
    max_size=20,
)
KINDS = {"text": pa.string(), "part": pa.float64(), "flag": pa.bool_(), "y": pa.int64()}
SCHEMA = pa.schema(KINDS | {"d": pa.bool_(), "s": pa.float64(), "w": pa.int64()})


@pytest.mark.parametrize("engine", ["polars", "polars lazy", "pyarrow", "duckdb"])
@settings(max_examples=30)
@given(records=SMALL, bins=st.integers(2, 12))
def test_any_small_table_is_counted_as_in_pandas(engine, records, bins):
    rows = pa.Table.from_pylist(records, schema=SCHEMA)
    by = ["text", "part", "flag"]
    found = observed(IN_MEMORY[engine](rows), by=by, y_true="y", y_pred="d", bins=bins, **MEASURES)
    expected = plainly(rows, [*by, "y", "d"], bins)
    assert cells(found, 6) == {key: pytest.approx(sums) for key, sums in expected.items()}


# Files


def test_a_glob_is_read_and_what_a_writer_hides_is_not(tmp_path):
    in_folder(table(), tmp_path)
    for hidden in (tmp_path / "_temporary", tmp_path / ".cache"):
        hidden.mkdir()
        in_file(table(), hidden)
    (tmp_path / "_SUCCESS").touch()
    whole = counted(table(), "text")
    assert counted(tmp_path, "text") == whole
    assert counted(tmp_path / "part-*.parquet", "text") == whole
    assert counted(tmp_path / "part-0.parquet", "text") == counted(table().slice(0, 30), "text")


def test_folders_named_like_values_are_a_column(tmp_path):
    pq.write_to_dataset(decoded(table()), tmp_path, partition_cols=["kind", "d"])
    with_days = {"by": ["kind", "day"], "y_true": "y", "y_pred": "d"}
    expected = observed(table(), **with_days)
    for path in (tmp_path, f"{tmp_path}/**/*.parquet", f"{tmp_path}/kind=*"):
        texts = observed(path, **with_days).replace({"y_pred": {"true": True, "false": False}})
        assert cells(texts, 4) == cells(expected, 4)


def test_a_folder_never_replaces_a_column_inside_its_files(tmp_path):
    folder = tmp_path / "g=all"
    folder.mkdir()
    assert counted(in_file(simple(), folder)) == counted(simple())


def test_names_of_files_are_no_patterns(tmp_path):
    for place, name in enumerate(["a[1].parquet", "a1.parquet", "it's.parquet"]):
        pq.write_table(simple(y=[place, place]), tmp_path / name)
    assert counted(tmp_path / "a[1].parquet") == counted(simple(y=[0, 0]))
    assert counted(tmp_path / "it's.parquet") == counted(simple(y=[2, 2]))
    assert sum(count for (count,) in counted(tmp_path).values()) == 6


def test_files_of_other_types_are_read_by_name_in_the_wider_type(tmp_path):
    pq.write_table(simple(), tmp_path / "1.parquet")
    pq.write_table(simple(y=[0.4, 1.0]).select(["d", "y", "g"]), tmp_path / "2.parquet")
    assert {outcome for _, outcome, _ in counted(tmp_path)} == {0.0, 0.4, 1.0}


def test_what_is_held_of_a_file_is_bounded_and_not_blamed_on_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(_engines, "MEMORY", "1KB")
    with pytest.raises(duckdb.OutOfMemoryException):
        counted(in_file(table(), tmp_path), "text")


def test_counting_a_file_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(_engines.tempfile, "tempdir", str(tmp_path / "spill"))
    (tmp_path / "spill").mkdir()
    counted(in_file(table(), tmp_path), "text")
    assert not [*(tmp_path / "spill").iterdir()]


# Refusals


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"by": ["g", "zone"]},
            "by must name a column of the table, got 'zone'. Known: 'g', 'y', 'd', 's', 'w'.",
        ),
        (
            {"y_pred": "Y"},
            "y_true, y_pred must name a column of the table, got 'Y'. Did you mean 'y'?",
        ),
        (
            {"y_score": "score"},
            "y_score must name a column of the table, got 'score'. Known: 'g', 'y', 'd', 's', 'w'.",
        ),
        (
            {"weights": "W"},
            "weights must name a column of the table, got 'W'. Did you mean 'w'?",
        ),
    ],
)
def test_an_unknown_column_is_refused(held, asked, message):
    assert refusal(held(simple(s=[0.0, 1.0], w=[1, 1])), **asked) == message


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (
            [0.5, None],
            "column 's' must not be missing, got 1 of 2 rows without."
            " Remove those rows, or score them.",
        ),
        (
            [NAN, None],
            "column 's' must not be missing, got 2 of 2 rows without."
            " Remove those rows, or score them.",
        ),
        (
            [-0.01, 1.0],
            "column 's' must lie in 0..1, got 1 of 2 rows outside."
            " Pass probabilities, not ranks or margins.",
        ),
        (
            [float("inf"), -float("inf")],
            "column 's' must lie in 0..1, got 2 of 2 rows outside."
            " Pass probabilities, not ranks or margins.",
        ),
        (["0.5", "1"], "column 's' must be numbers, got String. Convert the column first."),
    ],
)
def test_a_score_that_is_no_share_is_refused(held, scores, message):
    assert refusal(held(simple(s=scores)), y_score="s") == message


WEIGHTS = "column 'w' must be 0 or lie in 1e-60..1e60, not all 0, got "


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([-1.0, 1.0], f"{WEIGHTS}1 of 2 rows that are not. Correct those rows."),
        ([NAN, float("inf")], f"{WEIGHTS}2 of 2 rows that are not. Correct those rows."),
        ([None, 1], f"{WEIGHTS}1 of 2 rows that are not. Correct those rows."),
        ([0.0, 0.0], f"{WEIGHTS}zero in every row. Correct those rows."),
        (["1", "2"], "column 'w' must be numbers, got String. Convert the column first."),
    ],
)
def test_a_weight_that_counts_nobody_is_refused(held, weights, message):
    assert refusal(held(simple(w=weights)), weights="w") == message


def test_a_table_without_rows_is_refused(held):
    empty = simple(s=[0.0, 1.0], w=[1, 1]).slice(0, 0)
    message = "frame must have rows, got none. Pass the rows of some customers."
    assert refusal(held(empty), **MEASURES) == message
    assert refusal(held(empty)) == message


def test_as_many_groups_as_customers_are_refused(held, monkeypatch):
    monkeypatch.setattr(_engines, "MOST", 5)
    many = pa.table({"g": range(6), "y": [0] * 6, "d": [0] * 6})
    assert refusal(held(many)) == (
        "by must name columns with few values, got more than 5 combinations."
        " Leave out identifiers; pass decisions, not raw scores."
    )
    assert len(counted(held(many.slice(0, 5)))) == 5


def test_more_than_a_hundred_thousand_combinations_are_refused():
    many = pl.DataFrame({"g": pl.int_range(100_001, eager=True)}).with_columns(y=0, d=0)
    assert len(counted(many.head(100_000))) == 100_000
    assert "got more than 100,000 combinations" in refusal(many)


@pytest.mark.parametrize(
    ("values", "kind"),
    [([[1], [2]], "List(Int64)"), ([{"a": 1}, {"a": 2}], "Struct({'a': Int64})")],
)
def test_a_column_of_many_values_is_refused(values, kind):
    rows = simple(many=values)
    message = f"column 'many' must hold single values, got {kind}. Take one of them into a column."
    assert refusal(rows, by=["many"]) == refusal(rows, y_true="many") == message


@pytest.mark.parametrize("frame", [None, 3, [1, 2], {"g": [1]}, pd.Series([1]), np.ones((2, 3))])
def test_what_is_no_table_is_refused(frame):
    assert refusal(frame) == (
        "frame must be a table that narwhals can read (polars, DuckDB, PySpark, …) or a path, got"
        f" {type(frame).__name__}. Make it a data frame, or write it to Parquet."
    )


def test_two_columns_of_one_name_are_refused():
    rows = pa.table([pa.array([1]), pa.array([2])], names=["g", "g"])
    assert refusal(rows) == (
        "frame must have columns of different names, got a name that is there twice."
        " Rename one of them."
    )


@pytest.mark.parametrize("name", ["absent.parquet", "absent*.parquet", "empty", "s3://a/b.parquet"])
def test_a_path_that_leads_to_no_file_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    path = name if "://" in name else str(tmp_path / name)
    assert refusal(path) == (
        "frame must lead to a Parquet file, a folder of them or a glob that matches some,"
        f" got {path!r}. Correct the path."
    )


@pytest.mark.parametrize("first", [True, False])
def test_a_file_that_is_no_parquet_is_refused(tmp_path, first):
    pq.write_table(simple(), tmp_path / "m.parquet")
    broken = tmp_path / ("a.parquet" if first else "z.parquet")
    broken.write_text("not a Parquet file\n")
    assert refusal(tmp_path) == (
        f"frame must be readable as Parquet, got '{tmp_path}'. Mend it: Invalid Input Error: "
        f"No magic bytes found at end of file '{broken}'."
    )


def test_a_delta_table_is_refused_since_its_folder_holds_removed_rows(tmp_path):
    in_file(simple(), tmp_path)
    (tmp_path / "_delta_log").mkdir()
    assert refusal(tmp_path) == (
        f"frame must be plain Parquet, got the Delta table '{tmp_path}'. Open it with a reader of"
        " Delta; its folder still holds rows that were removed."
    )
