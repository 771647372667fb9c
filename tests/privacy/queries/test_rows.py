"""At most so many rows of a customer, whoever else is in the table and whatever the rows hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from equipoise.exceptions import DroppedRowsWarning, InputError
from equipoise.privacy._kept_rows import kept_rows

quiet = pytest.mark.filterwarnings("ignore::equipoise.exceptions.DroppedRowsWarning")


@quiet
@given(
    owners=st.lists(st.integers(0, 6), min_size=1, max_size=40),
    most=st.integers(1, 4),
    key=st.integers(0, 2**63 - 1),
)
@settings(max_examples=80)
def test_each_keeps_all_their_rows_or_as_many_as_may_count(owners, most, key):
    kept = kept_rows(len(owners), owners, most, key)
    before, after = pd.Series(owners).value_counts(), pd.Series(owners)[kept.places].value_counts()
    assert (after.reindex(before.index) == before.clip(upper=most)).all()
    assert (np.diff(kept.places) > 0).all()


@quiet
@given(
    owners=st.lists(st.sampled_from("abcd"), min_size=2, max_size=40),
    key=st.integers(0, 2**63 - 1),
)
@settings(max_examples=60)
def test_what_is_kept_of_others_does_not_depend_on_who_is_there(owners, key):
    everybody = pd.Series(owners)
    others = everybody[everybody != owners[0]]
    if others.empty:
        return
    among_all = everybody.index[kept_rows(len(everybody), everybody, 2, key).places]
    among_others = others.index[kept_rows(len(others), others, 2, key).places]
    assert [row for row in among_all if row in others.index] == list(among_others)


@quiet
def test_no_row_of_a_customer_is_preferred_and_customers_are_settled_apart():
    owners = np.repeat(np.arange(6000), 6)
    kept = kept_rows(len(owners), owners, 2, 0).places.reshape(6000, 2) % 6
    pairs = np.unique(kept, axis=0, return_counts=True)[1]
    assert len(pairs) == 15
    assert stats.chisquare(pairs).pvalue > 1e-5
    neighbours = np.unique(kept[:, 0].reshape(3000, 2), axis=0, return_counts=True)
    first = np.bincount(kept[:, 0], minlength=6) / 6000
    expected = 3000 * np.prod(first[neighbours[0]], axis=1)
    together = expected > 5
    distance = ((neighbours[1] - expected) ** 2 / expected)[together].sum()
    assert distance < stats.chi2.ppf(1 - 1e-5, together.sum())


@quiet
def test_another_key_keeps_other_rows():
    owners = np.repeat(np.arange(300), 6)
    one, other = (kept_rows(len(owners), owners, 1, key).places % 6 for key in (0, 1))
    assert stats.binomtest(int((one == other).sum()), 300, 1 / 6).pvalue > 1e-5


@quiet
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40),
    most=st.integers(1, 5),
    within=st.integers(1, 3),
    key=st.integers(0, 2**63 - 1),
)
@settings(max_examples=80)
def test_each_keeps_as_many_rows_as_may_count_in_all_and_in_a_group(rows, most, within, key):
    table = pd.DataFrame(rows, columns=["owner", "group"])

    def kept(part):
        groups = part["group"].to_numpy()
        found = kept_rows(len(part), part["owner"], most, key, groups=groups, rows_per_group=within)
        return part.iloc[found.places]

    found = kept(table)
    in_groups = table.groupby(["owner", "group"]).size().clip(upper=within)
    assert found.groupby(["owner", "group"]).size().max() <= within
    allowed = in_groups.groupby("owner").sum().clip(upper=most)
    assert (found["owner"].value_counts().sort_index() == allowed).all()
    others = table[table["owner"] != rows[0][0]]
    if len(others):
        assert kept(others).index.tolist() == found[found["owner"] != rows[0][0]].index.tolist()


@quiet
def test_ids_are_hashed_as_text_so_that_a_stranger_with_another_kind_of_id_changes_nothing():
    alone = pd.Series([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
    beside = pd.Series([*alone, "x"], dtype=object)
    for key in range(20):
        among = kept_rows(7, beside, 1, key).places[:2]
        assert kept_rows(6, alone, 1, key).places.tolist() == among.tolist()


def test_without_ids_each_row_is_its_own_unit():
    kept = kept_rows(5, None, None, 0)
    assert (kept.unit, kept.rows_per_unit, kept.places.tolist()) == ("row", 1, [0, 1, 2, 3, 4])


def test_more_than_a_trace_of_left_out_rows_warns():
    owners = pd.Series([*range(150), 0, 0], name="customer")
    with pytest.warns(DroppedRowsWarning) as caught:
        kept = kept_rows(152, owners, 1, 0)
    assert str(caught[0].message) == (
        "2 of 152 rows were left out, so that no customer has more than 1. The statistic is one of "
        "the kept rows; this message was not noised."
    )
    assert (kept.unit, len(kept.places)) == ("customer", 150)
    kept_rows(151, owners[:151], 1, 0)  # one in 151 is a trace


@pytest.mark.parametrize(
    ("unit", "most", "message"),
    [
        (
            ["a", "b"],
            None,
            "rows_per_unit is required with unit, got None. Declare how many rows of a customer may "
            "count; others of theirs are left out.",
        ),
        (
            None,
            3,
            "unit is required when rows_per_unit is above 1, got None. Pass the customer of each row.",
        ),
        (
            ["a", "b"],
            0,
            "rows_per_unit must be a whole number of at least 1, got 0. "
            "Use 1 if each customer may count once.",
        ),
        *(
            (
                unit,
                1,
                f"unit must be a column of ids, got shape {shape}. Pass one id a row, such as "
                "table['customer']; join ids of several parts into one.",
            )
            for unit, shape in (
                (pd.DataFrame({"customer": ["a", "b"]}), "(2, 1)"),
                (np.ones((2, 1)), "(2, 1)"),
                ([("a", 1), ("b", 2)], "(2, 2)"),
                ("ab", "()"),
            )
        ),
        (
            ["a", None],
            1,
            "unit must name the customer of each of 2 rows, got 1 names. "
            "Pass one id a row, none of them missing.",
        ),
    ],
)
def test_ids_and_their_number_of_rows_go_together(unit, most, message):
    with pytest.raises(InputError) as refused:
        kept_rows(2, unit, most, 0)
    assert str(refused.value) == message
