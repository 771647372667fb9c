"""Tables against the dictionary: what obeys passes, and the first break is named in full."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.crm._dictionary import TABLE_NAMES, columns_of
from equipoise.crm._dictionary_columns import COLUMNS
from equipoise.crm._schemas import check_tables, table_schemas
from equipoise.exceptions import InputError

ROWS = 3


def example(column):
    """Return values that obey the dictionary, another in each row where it must be."""
    if column.key:
        return pd.Series([f"{number}" for number in range(ROWS)], dtype="str")
    if column.levels:
        return pd.Series([column.levels[0]] * ROWS, dtype="str")
    if column.type == "date":
        first = column.bounds[0] if column.bounds else "2025-03-01"
        return pd.Series([first] * ROWS).astype("datetime64[us]")
    if column.type == "boolean":
        return pd.Series([True, False, True])
    if column.type == "text":
        return pd.Series(["fictional-1"] * ROWS, dtype="str")
    low = 1 if column.bounds is None else column.bounds[0]
    dtype = "float64" if column.type == "number" else "int64"
    return pd.Series([low] * ROWS, dtype="Int64" if column.name == "household_size" else dtype)


@pytest.fixture
def tables():
    return {
        table: pd.DataFrame({column.name: example(column) for column in columns_of(table)})
        for table in TABLE_NAMES
    }


def refusal(tables):
    with pytest.raises(InputError) as refused:
        check_tables(tables)
    return str(refused.value)


def changed(tables, table, **columns):
    return tables | {table: tables[table].assign(**columns)}


def test_tables_that_obey_pass(tables):
    check_tables(tables)


def test_empty_tables_pass(tables):
    check_tables({name: table.iloc[:0] for name, table in tables.items()})


def test_checking_changes_no_table(tables):
    before = {name: table.copy() for name, table in tables.items()}
    check_tables(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_the_order_of_columns_does_not_matter(tables):
    check_tables({"orders": tables["orders"].iloc[:, ::-1]})


# Whole numbers and booleans that must be there are stored in types that have no missing value.
CAN_LOSE_ONE = [c for c in COLUMNS if c.type not in ("boolean", "integer") or c.may_be_missing]


@pytest.mark.parametrize("column", CAN_LOSE_ONE, ids=lambda c: f"{c.table}.{c.name}")
def test_a_value_may_be_missing_only_where_the_dictionary_says_so(tables, column):
    table = tables[column.table]
    lost = table[column.name].where(np.arange(ROWS) != 1)
    given = {column.table: table.assign(**{column.name: lost})}
    if column.may_be_missing:
        check_tables(given)
    else:
        assert refusal(given) == (
            f"column {column.name!r} of table {column.table!r} must not be missing, "
            "got nothing in row 1. Correct or remove that row."
        )


def test_an_unknown_level_is_named_with_its_row(tables):
    found = changed(tables, "orders", channel=["store", "phone", "shop"])
    found["orders"].index = [7, 8, 9]
    assert refusal(found) == (
        "column 'channel' of table 'orders' must be one of store, web, got 'phone' in row 8. "
        "Correct or remove that row."
    )


@pytest.mark.parametrize("amount", [-0.01, float("inf")])
def test_an_amount_is_finite_and_not_negative(tables, amount):
    assert refusal(changed(tables, "orders", amount_eur=[1.0, amount, 0.0])) == (
        "column 'amount_eur' of table 'orders' must be 0 or more and finite, "
        f"got {amount} in row 1. Correct or remove that row."
    )


def test_the_last_day_of_the_world_counts_as_a_whole(tables):
    last = pd.Series(pd.to_datetime(["2026-06-30 23:59"] * ROWS)).astype("datetime64[us]")
    check_tables(changed(tables, "orders", order_date=last))
    assert refusal(changed(tables, "orders", order_date=last + pd.Timedelta("1D"))) == (
        "column 'order_date' of table 'orders' must be 2024-01-01 to 2026-06-30, "
        "got 2026-07-01 23:59:00 in row 0. Correct or remove that row."
    )


def test_a_repeated_key_is_refused(tables):
    assert refusal(changed(tables, "cases", case_id=["1", "2", "2"])) == (
        "column 'case_id' of table 'cases' must not repeat, got '2' in row 1. "
        "Correct or remove that row."
    )


def test_a_customer_is_once_in_a_campaign(tables):
    twice = changed(tables, "campaign_members", campaign_id=["1"] * 3, contact_id=["0", "2", "2"])
    assert refusal(twice) == (
        "columns 'campaign_id' and 'contact_id' of table 'campaign_members' must not repeat "
        "together, got '1' and '2' again in row 2. Remove the repeated row."
    )


def test_another_storage_type_is_refused(tables):
    assert refusal(changed(tables, "order_items", quantity=[1.0, 2.0, 3.0])) == (
        "column 'quantity' of table 'order_items' must be stored as int64, got float64. "
        "Convert the column."
    )


def test_a_column_that_is_not_there_is_refused(tables):
    assert refusal({"orders": tables["orders"].drop(columns="channel")}) == (
        "table 'orders' must have every column of the dictionary, got no 'channel'. "
        "Add it, or rename the column that holds it."
    )


def test_a_column_that_nobody_described_is_refused(tables):
    assert refusal(changed(tables, "orders", chanel="web")) == (
        "table 'orders' must have no column that the dictionary does not know, got 'chanel'. "
        "Did you mean 'channel'? Rename it, or leave it out."
    )


def test_an_unknown_table_is_refused(tables):
    assert refusal({"order": tables["orders"]}) == (
        "table must be a known name, got 'order'. Did you mean 'orders'?"
    )


@pytest.mark.parametrize("column", [c for c in COLUMNS if (c.key or "").startswith("foreign")])
def test_a_foreign_key_leads_somewhere(tables, column):
    target = column.key.removeprefix("foreign ")
    found = changed(tables, column.table, **{column.name: ["0", "gone", "2"]})
    assert refusal(found) == (
        f"column {column.name!r} of table {column.table!r} must be one of {target}, "
        "got 'gone' in row 1. Correct or remove that row."
    )


def test_a_foreign_key_is_not_checked_against_a_table_that_is_not_given(tables):
    check_tables({"orders": changed(tables, "orders", contact_id=["0", "gone", "2"])["orders"]})


def test_there_is_a_schema_for_every_table_and_column():
    schemas = table_schemas()
    assert list(schemas) == list(TABLE_NAMES)
    for name, schema in schemas.items():
        assert list(schema.columns) == [column.name for column in columns_of(name)]
        assert [c.description for c in schema.columns.values()] == [
            column.meaning for column in columns_of(name)
        ]


def test_the_simulated_tables_obey():
    crm = make_crm(customers=300, seed=1)
    assert set(crm.tables) == set(TABLE_NAMES)
    check_tables(crm.tables)


def test_pandera_is_loaded_only_when_a_schema_is_wanted():
    program = "import sys, equipoise.crm._quality; print('pandera' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert ran.stdout.decode().strip() == "False"
