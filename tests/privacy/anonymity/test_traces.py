"""What a released table does not keep of those who were left out, and what it says still singles out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity import anonymise

RARE = "only Ann"
KINDS = {
    "text": "str",
    "object": "object",
    "category": "category",
    "pyarrow": pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
}


def kept_values(column):
    """Every value that whoever is given the column can read, in use or not."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return set(column.array.categories)
    if isinstance(column.dtype, pd.ArrowDtype):
        column = pa.Table.from_pandas(column.to_frame("x"))["x"]
        return {value for part in column.chunks for value in part.dictionary.to_pylist()}
    return set(column.dropna())


@given(
    kinds=st.tuples(*[st.sampled_from(sorted(KINDS))] * 2),
    areas=st.lists(st.sampled_from(["N", "S"]), min_size=4, max_size=20),
)
@settings(max_examples=20, deadline=None)
def test_no_column_and_no_index_keeps_a_value_of_those_who_were_left_out(kinds, areas):
    many = [*areas, "N", "N", "S", "S"]
    words = pd.Series([*many, RARE])
    area, reason = (words.astype(KINDS[kind]) for kind in kinds)
    table = pd.DataFrame({"area": area, "reason": reason})
    table.index = pd.MultiIndex.from_arrays([pd.Categorical(words), range(len(words))])
    table.attrs["note"] = f"{RARE} complained"
    before = table.copy(deep=True)
    found = anonymise(table, quasi_identifiers={"area": []}, k=2, max_suppressed=0.3)
    assert found.suppressed == 1
    for name in found.table:
        assert kept_values(found.table[name]) == {"N", "S"}
        assert found.table[name].dtype.name == table[name].dtype.name
    assert set(found.table.index.levels[0]) == {"N", "S"}
    assert RARE not in list(found.table.index.get_level_values(0).astype("category").categories)
    assert found.table.attrs == {}
    pd.testing.assert_frame_equal(table, before)
    assert table.attrs == before.attrs
    assert kept_values(found.anonymity.frame()["area"]) == {"N", "S"}


def test_the_labels_of_an_index_keep_no_category_either():
    table = pd.DataFrame({"area": ["N", "N", "S"]}, index=pd.CategoricalIndex(["a", "b", RARE]))
    found = anonymise(table, quasi_identifiers={"area": []}, k=2, max_suppressed=0.4)
    assert found.table.index.categories.tolist() == ["a", "b"]


def test_an_order_of_categories_outlasts_the_unused_ones():
    order = ["low", "middle", "high"]
    bands = pd.Categorical(["low", "high"] * 2 + ["middle"], order, ordered=True)
    table = pd.DataFrame({"area": list("NNNNS"), "band": bands})
    found = anonymise(table, quasi_identifiers={"area": []}, k=2, max_suppressed=0.4)
    assert found.table["band"].cat.ordered
    assert found.table["band"].cat.categories.tolist() == ["low", "high"]


MAILS = [f"customer{j}@example.org" for j in range(10)]


@pytest.mark.parametrize(
    ("column", "is_named"),
    [
        (MAILS, True),
        ([*MAILS[:9], MAILS[0]], True),
        ([*MAILS[:8], None, None], True),
        ([*MAILS[:3], *[None] * 7], True),
        ([*MAILS[:6], *["other"] * 4], True),
        ([*MAILS[:5], *["other"] * 5], False),
        ([None] * 10, False),
        (["a", "b"] * 5, False),
        ([[mail] for mail in MAILS], True),
        ([{"item": 1}] * 10, False),
    ],
)
def test_a_column_is_named_where_most_of_its_values_are_had_by_one_row(column, is_named):
    table = pd.DataFrame({"age": [31] * 10, "other": column})
    found = anonymise(table, quasi_identifiers={"age": []}, k=5)
    assert found.unique_columns == ("other",) * is_named
    assert repr(found).endswith("single by other)") == is_named


@pytest.mark.parametrize(
    ("index", "named"),
    [
        (pd.RangeIndex(10), ()),
        (np.arange(10), ()),
        (np.arange(10)[::-1], ("index",)),
        (pd.RangeIndex(5, 15), ("index",)),
        (MAILS, ("index",)),
        (pd.MultiIndex.from_product([["a", "b"], range(5)]), ("index",)),
        (["a"] * 10, ()),
    ],
)
def test_row_labels_that_say_whose_row_it_is_are_kept_and_named(index, named):
    table = pd.DataFrame({"age": [31] * 9 + [99]}, index=index)
    found = anonymise(table, quasi_identifiers={"age": []}, k=5, max_suppressed=0.1)
    assert found.unique_columns == named
    assert found.table.index.tolist() == table.index.tolist()[:9]


def test_repeated_names_are_refused_before_the_search():
    table = pd.DataFrame([[31, "a", "b"]] * 5, columns=["age", "note", "note"])

    def loss(candidate):
        raise AssertionError("searched")

    with pytest.raises(InputError) as refused:
        anonymise(table, quasi_identifiers={"age": []}, k=2, loss=loss)
    assert str(refused.value) == (
        "table must name each column once, got 'note'. Rename one of them."
    )
