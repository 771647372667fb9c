"""Customers × items in long form: what is read, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.models.offers._rows import read_rows


def test_customers_and_items_are_numbered_in_their_own_order(drawn):
    order = np.random.default_rng(0).permutation(len(drawn))
    one, other = read_rows(drawn, "item"), read_rows(drawn.take(order), "item")
    assert one.items == other.items == ("a", "b", "c", "d")
    assert (one.customer[order] == other.customer).all()
    assert (one.shuffled(3)[order] == other.shuffled(3)).all()
    assert (one.shuffled(3) != one.shuffled(4)).any()


def test_items_may_be_given_row_for_row_as_numbers(drawn):
    numbers = np.tile([3.0, 1.0, 2.0, 10.0], 60)
    rows = read_rows(drawn, numbers)
    assert rows.name == "item"
    assert rows.items == ("1", "10", "2", "3")
    assert [rows.items[code] for code in rows.item[:4]] == ["3", "1", "2", "10"]


@pytest.mark.parametrize(
    ("given", "items"),
    [
        ([1.0, 2.0, 3.0, 4.0], ("1", "2", "3", "4")),
        ([1.5, 2.0, 3.0, 4.0], ("1.5", "2.0", "3.0", "4.0")),
        ([1e300, 1.0, 2.0, 3.0], ("1", f"{1e300:.0f}", "2", "3")),
        ([" tea", "tea cup", "t", "é"], ("t", "tea", "tea cup", "é")),
    ],
)
def test_items_are_text_as_in_a_task(drawn, given, items):
    assert read_rows(drawn, np.tile(given, 60)).items == items


def refused(task, item="item", **asked) -> str:
    with pytest.raises(InputError) as error:
        read_rows(task, item, **asked)
    return str(error.value)


def test_a_pair_that_comes_twice_is_refused(posed):
    task = posed([[0, 1], [1, 0]], rows=[0, 1, 1, 2, 3])
    told = (
        "task must have one row for each customer and item, got 1 rows too many among 5. "
        "Sum up the rows of a pair, or keep one."
    )
    assert refused(task) == refused(task, partial=True) == told


def test_a_customer_without_some_item_is_refused_unless_rows_are_partial(posed):
    task = posed([[0, 1], [1, 0]], rows=[0, 1, 2])
    assert refused(task) == (
        "task must have each of the 2 items for every customer, got 3 rows for 2 customers. "
        "Add the rows that lack, or say partial=True: what has no row is then never offered."
    )
    assert read_rows(task, "item", partial=True).own.tolist() == [2, 1]


def test_an_unknown_item_column_is_refused(drawn):
    assert refused(drawn, "itme") == (
        "item must name a column of the table, got 'itme'. Did you mean 'item'?"
    )


def test_items_of_other_rows_are_refused(drawn):
    items = drawn.X["item"]
    assert refused(drawn, items[:9]) == (
        "item must have one value for each of the 240 rows of the task, got shape (9,). "
        "Pass one column of the same rows."
    )
    assert refused(drawn, items[::-1]) == (
        "item and task must have the same index in the same order, got different ones. "
        "Align the rows first, or pass an array to have it read by position."
    )


def test_a_blank_item_and_a_task_without_rows_are_refused(drawn):
    items = drawn.X["item"].to_numpy(dtype=object, copy=True)
    items[4] = None
    assert refused(drawn, items) == (
        "item must be stated in every row, got none in 1 of 240 rows. Complete those rows."
    )
    assert refused(drawn.take(np.array([], dtype=int))) == (
        "task must have rows, got none. Pass some customers."
    )


def test_groups_are_numbered_by_row(drawn):
    codes, levels = read_rows(drawn, "item").attributes["band"]
    assert levels == ("a", "b")
    assert codes[:8].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    empty = replace(drawn, groups=drawn.groups[[]])
    assert read_rows(empty, "item").attributes == {}
