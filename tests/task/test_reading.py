"""Tables from disk: what cannot be read whole is refused, what can arrives as it was."""

from __future__ import annotations

import sqlite3

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equipoise.exceptions import InputError
from equipoise.task import Source
from equipoise.task._reading import examine, read_table

KNOWN = ".csv, .tsv, .txt, .parquet, .pq, .duckdb, .ddb, .sqlite, .sqlite3, .db"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "file must hold a header and rows, got t.csv (nothing). Export it again."),
        (
            "t.csv",
            b"a,b\n",
            "file must hold at least one row, got t.csv (0 rows). Export it again.",
        ),
        (
            "t.csv",
            b"a,b\n1,2\n3,4,5\n",
            "file must have as many cells in each row as in the header, got 3 instead of 2 in line 3 "
            "of t.csv. Put cells that contain the separator in quotes, or correct "
            "`source.separator`.",
        ),
        (
            "t.csv",
            b"a,b\n1,2,3\n3,4,5\n",
            "file must have as many cells in each row as in the header, got 3 instead of 2 in line 2 "
            "of t.csv. Put cells that contain the separator in quotes, or correct "
            "`source.separator`.",
        ),
        (
            "t.csv",
            b"a,b,c\n1,2,3\n3,4\n",
            "file must have as many cells in each row as in the header, got 2 instead of 3 in line 3 "
            "of t.csv. Put cells that contain the separator in quotes, or correct "
            "`source.separator`.",
        ),
        (
            "t.csv",
            b"a,b,a\n1,2,3\n",
            "file must name each column once, got 'a'. Rename one of the columns.",
        ),
        (
            "t.csv",
            b"a,b\n\x81,2\n",
            "file must be readable with encoding cp1252, got t.csv ('charmap' codec can't decode "
            "byte 0x81 in position 4: character maps to <undefined>). Correct `source.encoding` in "
            "the task file, or export the table as UTF-8.",
        ),
        ("t.xlsx", b"PK", f"file must end in one of {KNOWN}, got t.xlsx. Convert or rename it."),
        (
            "t.sqlite",
            b"not a database at all, only words" * 99,
            "file must be a readable SQLite file, got t.sqlite. file is not a database.",
        ),
    ],
)
def test_an_unreadable_file_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        examine(tmp_path / name)
    assert str(refused.value) == message


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        read_table(Source(file="none.csv"), tmp_path)
    assert str(refused.value) == (
        f"file must exist, got {tmp_path / 'none.csv'}. Check the path; it is relative to the task "
        "file."
    )


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("t.parquet", "file must be a readable Parquet file, got t.parquet. "),
        ("t.duckdb", "file must be a readable DuckDB file, got t.duckdb. "),
    ],
)
def test_broken_stores_are_refused_with_what_their_library_says(tmp_path, name, start):
    (tmp_path / name).write_bytes(b"words" * 5000)
    with pytest.raises(InputError) as refused:
        examine(tmp_path / name)
    assert str(refused.value).startswith(start)


def test_two_parquet_columns_of_one_name_are_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError) as refused:
        examine(tmp_path / "t.parquet")
    assert str(refused.value).startswith("file must ")
    assert "a" in str(refused.value)


def test_a_named_index_of_parquet_is_a_column_and_a_numbered_one_is_not(tmp_path):
    frame = pd.DataFrame({"id": ["x", "y"], "v": [1, 2]})
    frame.set_index("id").to_parquet(tmp_path / "t.parquet")
    assert list(examine(tmp_path / "t.parquet")[1]) == ["id", "v"]
    frame.iloc[::-1].to_parquet(tmp_path / "t.parquet")
    assert list(examine(tmp_path / "t.parquet")[1]) == ["id", "v"]


def test_cells_with_separators_quotes_and_line_breaks_arrive_whole(tmp_path):
    frame = pd.DataFrame({"a": ["x, y", 'say "z"', "two\nlines", "a;b\t|"], "b": list("1234")})
    for separator in ",;\t|":
        frame.to_csv(tmp_path / "t.csv", index=False, sep=separator)
        source, read = examine(tmp_path / "t.csv")
        assert source.separator == separator
        pd.testing.assert_frame_equal(read, frame, check_dtype=False)


def test_a_single_column_and_leading_blank_lines_are_no_riddle(tmp_path):
    (tmp_path / "t.csv").write_text("\n\nname\nAnn\nBob\n")
    source, frame = examine(tmp_path / "t.csv")
    assert source.separator == ","
    assert frame["name"].tolist() == ["Ann", "Bob"]


def test_words_for_missing_are_found_only_among_words(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\nNA,1\n x ,?\nNancy,3\n")
    assert examine(tmp_path / "t.csv")[0].missing_values == ("NA", "?")


@pytest.fixture(params=["sqlite", "duckdb", "sqlite.db", "duckdb.db"])
def database(request, tmp_path, customers):
    """A file with the customers under an odd name, a view and a second table."""
    path = tmp_path / f"crm.{request.param.rpartition('.')[2]}"
    odd = 'odd "name"; drop'
    if request.param.startswith("sqlite"):
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE counter (k INTEGER PRIMARY KEY AUTOINCREMENT)")
        connection.execute("INSERT INTO counter VALUES (1)")
        customers.to_sql(odd, connection, index=False)
    else:
        connection = duckdb.connect(str(path))
        connection.execute("CREATE TABLE counter (k INTEGER)")
        quoted = odd.replace('"', '""')
        connection.execute(f'CREATE TABLE "{quoted}" AS SELECT * FROM customers')
    connection.execute("""CREATE VIEW young AS SELECT * FROM "odd ""name""; drop" WHERE age < 40""")
    connection.commit()
    connection.close()
    return path


def test_a_database_with_several_tables_asks_which(database):
    with pytest.raises(InputError) as refused:
        examine(database)
    assert str(refused.value) == (
        f"table must name a table of {database.name}, got nothing. Known: 'counter', "
        "'odd \"name\"; drop', 'young'."
    )
    with pytest.raises(InputError) as refused:
        examine(database, "yung")
    assert str(refused.value) == (
        f"table must name a table of {database.name}, got 'yung'. Did you mean 'young'?"
    )


def test_a_table_or_view_of_any_name_becomes_a_task(database, customers, task_of):
    task = task_of(database, table='odd "name"; drop')
    assert task.X["age"].tolist() == customers["age"].tolist()
    assert task.X["spend"].tolist() == customers["spend"].tolist()
    young = task_of(database, table="young")
    assert len(young) == customers["age"].lt(40).sum()


def test_an_only_table_needs_no_name_and_another_schema_shows(tmp_path, customers, task_of):
    path = tmp_path / "crm.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA sales")
        connection.execute("CREATE TABLE sales.people AS SELECT * FROM customers")
    task = task_of(path)
    assert task.file.source.table == "sales.people"
    assert len(task) == len(customers)


def test_a_view_that_lost_its_table_is_refused(tmp_path):
    path = tmp_path / "crm.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIEW v AS SELECT * FROM gone")
    connection.close()
    with pytest.raises(InputError) as refused:
        examine(path)
    assert str(refused.value).startswith("table must be readable in crm.sqlite, got 'v'. Mend it: ")


def test_somebodys_database_file_reads_no_other_file(tmp_path):
    secret, path = tmp_path / "secret.csv", tmp_path / "crm.duckdb"
    secret.write_text("a,b\n1,2\n")
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE VIEW v AS SELECT * FROM read_csv('{secret}')")
    with pytest.raises(InputError) as refused:
        examine(path)
    assert str(refused.value) == (
        "table must need nothing outside crm.duckdb, got the view 'v'. Export the view to a table."
    )
