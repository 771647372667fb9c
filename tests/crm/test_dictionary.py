"""The data dictionary: complete, consistent, and strict about who may read what."""

from dataclasses import FrozenInstanceError

import pytest

from equipoise.consent import PURPOSES
from equipoise.crm._dictionary import (
    TABLE_NAMES,
    columns_of,
    dictionary,
    dictionary_markdown,
    readable,
)
from equipoise.crm._dictionary_columns import COLUMNS
from equipoise.exceptions import InputError

NAMED = {(column.table, column.name): column for column in COLUMNS}
SENSITIVE = ["gender", "birth_date", "age", "age_band", "income_band", "community"]
KINDS = {"identity", "contact", "demographic", "behaviour", "service", "consent", "campaign"}
by_column = pytest.mark.parametrize("column", COLUMNS, ids=lambda c: f"{c.table}.{c.name}")


def readers(table: str, column: str) -> set[str]:
    return {purpose for purpose in PURPOSES if column in readable(table, purpose)}


def test_a_column_is_listed_once():
    assert len(NAMED) == len(COLUMNS)


@by_column
def test_a_column_says_what_it_means_and_why_these_may_read_it(column):
    assert column.meaning.endswith(".")
    assert column.reading.reason.endswith(".")
    assert column.kind in KINDS
    assert set(column.purposes) <= set(PURPOSES)


@by_column
def test_a_column_has_levels_or_bounds_that_fit_its_type(column):
    assert not (column.levels and column.bounds)
    if column.levels:
        assert column.type == "text"
    if column.bounds:
        low, high = column.bounds
        assert column.type in ("integer", "number", "date")
        assert high is None or low < high
    assert column.missing_means in ("", "unknown", "none")


@by_column
def test_a_foreign_key_leads_to_a_primary_key(column):
    if column.key and column.key != "primary":
        table, name = column.key.removeprefix("foreign ").split(".")
        assert NAMED[table, name].key == "primary"


@by_column
def test_keys_are_readable_for_every_purpose(column):
    if column.key:
        assert readers(column.table, column.name) == set(PURPOSES)


@pytest.mark.parametrize("column", ["children_count", "consumer_credit_score"])
def test_what_should_never_have_been_collected_is_readable_by_none(column):
    assert readers("individuals", column) == set()


@pytest.mark.parametrize("column", SENSITIVE)
def test_sensitive_attributes_are_readable_by_the_audit_alone(column):
    assert readers("individuals", column) == {"fairness_audit"}


def test_tracking_is_readable_where_people_agreed_to_be_counted_or_addressed():
    allowed = {"analytics", "profiling", "personalised_offers"}
    assert readers("email_events", "event") == allowed


def test_what_people_complained_about_is_not_used_to_sell_to_them():
    assert readers("cases", "reason") == {"service", "analytics", "fairness_audit"}


def test_partners_see_membership_and_kinds_of_product_beside_keys_consent_and_campaigns():
    about_people = set(TABLE_NAMES) - {"campaigns", "consent_events"}
    shared = {
        (table, name)
        for table in about_people
        for name in readable(table, "third_party_sharing")
        if not NAMED[table, name].key
    }
    assert shared == {("contacts", "loyalty_plan"), ("order_items", "category")}


def test_columns_are_readable_in_the_order_of_the_table():
    order = [column.name for column in columns_of("contacts")]
    found = list(readable("contacts", "service"))
    assert found == sorted(found, key=order.index)


def test_an_unknown_purpose_is_refused():
    with pytest.raises(InputError) as refusal:
        readable("orders", "personalized_offers")
    assert str(refusal.value) == (
        "purpose must be a known name, got 'personalized_offers'. "
        "Did you mean 'personalised_offers'?"
    )


def test_an_unknown_table_is_refused():
    with pytest.raises(InputError) as refusal:
        readable("order", "service")
    assert str(refusal.value) == "table must be a known name, got 'order'. Did you mean 'orders'?"


def test_the_frame_has_a_row_a_column_and_nothing_missing():
    found = dictionary()
    assert list(zip(found["table"], found["column"], strict=True)) == list(NAMED)
    assert not found.isna().any(axis=None)
    row = found.set_index(["table", "column"]).loc[("individuals", "household_size")]
    assert row["values"] == "1 to 20"
    assert row["missing_means"] == "unknown"
    assert row["purposes"] == "analytics, personalised_offers, profiling"


def test_the_markdown_shows_every_column_and_who_reads_it():
    text = dictionary_markdown()
    for table in TABLE_NAMES:
        assert f"## {table}\n" in text
    for column in COLUMNS:
        assert f"| `{column.name}`" in text
    assert (
        "| `children_count` | integer, children | 0 to 20 | Children in the household. | nobody |"
    ) in text
    assert "| `order_id`, foreign orders.order_id | text |" in text


def test_every_row_of_the_markdown_has_the_same_number_of_cells():
    rows = [line for line in dictionary_markdown().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {7}


def test_a_column_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        COLUMNS[0].name = "other"


def test_the_words_of_consent_are_those_of_the_consent_chapter():
    assert set(NAMED["consent_events", "purpose"].levels) == set(PURPOSES)
    spoken = {channel for purpose in PURPOSES.values() for channel in purpose.channels}
    assert set(NAMED["consent_events", "channel"].levels) == spoken
