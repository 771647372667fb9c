"""Reach: all customers in the denominator, breaches shown, and words that follow the counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from equipoise.crm import make_crm
from equipoise.exceptions import InputError
from equipoise.fairness._reach import reach, reach_of
from equipoise.intervals import newcombe, wilson

BAND = {"band": "a"}
STAGES = [
    "customers",
    "permitted",
    "contacted",
    "contacted_of_permitted",
    "contacted_not_permitted",
]
RATES = STAGES[1:4]


def counted(**cells: tuple[int, int, int, int]):
    """Return groups with these counts of (permitted, contacted) = 11, 10, 00, 01."""
    groups = pd.DataFrame({"band": np.repeat([*cells], [sum(each) for each in cells.values()])})
    may, asked = (
        np.concatenate([np.repeat(pattern, each) for each in cells.values()])
        for pattern in ([1, 1, 0, 0], [1, 0, 0, 1])
    )
    return reach(groups, permitted=may, contacted=asked, reference=BAND)


def stages(found) -> pd.DataFrame:
    return found.frame().set_index(["group", "stage"])


@st.composite
def tables(draw):
    n = draw(st.integers(1, 60))
    bits = st.lists(st.booleans(), min_size=n, max_size=n)
    rows = {
        "band": draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n)),
        "may": draw(bits),
        "asked": draw(bits),
        "owner": draw(st.lists(st.integers(0, 40), min_size=n, max_size=n)),
    }
    table = pd.DataFrame(rows)
    table.loc[0, "band"] = "a"
    # A customer is of one group.
    return table.assign(band=table.groupby("owner")["band"].transform("first"))


def of_table(table: pd.DataFrame, *, reference: str | None = None):
    return reach(
        table[["band"]],
        permitted=table["may"],
        contacted=table["asked"],
        reference={"band": reference or table["band"].iloc[0]},
        unit=table["owner"],
    )


def test_a_hand_made_table_gives_counts_and_wilsons_intervals():
    found = counted(a=(12, 28, 20, 0), b=(3, 12, 25, 0))
    assert [*found.frame()] == [
        *("attribute", "group", "stage", "count", "of", "value", "low", "high", "note")
    ]
    frame = stages(found)
    assert frame.loc["a", ["count", "of"]].to_numpy().tolist() == [
        [60, 100],
        [40, 60],
        [12, 60],
        [12, 40],
        [0, 20],
    ]
    assert frame.loc["b", ["count", "of"]].to_numpy().tolist() == [
        [40, 100],
        [15, 40],
        [3, 40],
        [3, 15],
        [0, 25],
    ]
    rates = frame.query("stage != 'contacted_not_permitted'")
    expected = np.transpose(wilson(rates["count"], rates["of"]))
    assert rates[["value", "low", "high"]].to_numpy() == pytest.approx(expected)
    assert set(frame["note"]) == {""}


def test_gaps_are_newcombes_for_the_three_rates():
    found = counted(a=(12, 28, 20, 0), b=(3, 12, 25, 0))
    gaps = found.gaps()
    assert [*gaps] == ["attribute", "group", "reference", "stage", "gap", "low", "high", "note"]
    assert gaps["stage"].tolist() == RATES
    for row, counts in zip(
        gaps.itertuples(), [(15, 40, 40, 60), (3, 40, 12, 60), (3, 15, 12, 40)], strict=True
    ):
        assert [row.gap, row.low, row.high] == pytest.approx(newcombe(*counts))


def test_contacts_without_permission_are_shown_and_count_as_contacts():
    found = counted(a=(12, 28, 20, 0), b=(3, 12, 21, 4))
    frame = stages(found)
    row = frame.loc[("b", "contacted_not_permitted")]
    assert row[["count", "of"]].tolist() == [4, 25]
    assert np.isnan(row[["value", "low", "high"]].astype(float)).all()
    assert row["note"] == "contacted without permission"
    assert frame.loc[("b", "contacted"), "count"] == 7
    assert frame.loc[("b", "contacted_of_permitted"), "count"] == 3
    assert frame.loc[("a", "contacted_not_permitted"), "note"] == ""
    assert found.explain().splitlines()[1] == (
        "- Contacted without permission: 4 of b. It must be nobody."
    )


def test_small_denominators_have_counts_and_no_rates():
    found = counted(a=(12, 28, 20, 0), b=(3, 6, 25, 0), c=(2, 3, 4, 0))
    frame = stages(found)
    row = frame.loc[("b", "contacted_of_permitted")]
    assert row[["count", "of"]].tolist() == [3, 9] and np.isnan(row["value"])
    assert row["note"] == "not estimable (n=9)"
    assert frame.loc[("b", "permitted"), "note"] == ""
    assert frame.loc[("c", "customers"), "note"] == ""
    notes = found.gaps().set_index(["group", "stage"])["note"]
    assert notes["b", "contacted_of_permitted"] == notes["c", "permitted"] == "not estimable (n=9)"
    assert notes["b", "permitted"] == ""


@settings(max_examples=15, deadline=None)
@given(tables())
def test_counts_of_groups_add_up_to_all_customers(table):
    frame = of_table(table).frame()
    assert frame["stage"].unique().tolist() == STAGES
    sums = frame.groupby("stage")["count"].sum()
    owners = table.groupby("owner")[["may", "asked"]].any()
    assert sums["customers"] == len(owners)
    assert (frame.query("stage == 'customers'")["of"] == len(owners)).all()
    assert sums["permitted"] == owners["may"].sum()
    assert sums["contacted"] == owners["asked"].sum()
    breaches = table[table["asked"] & ~table["may"]]
    assert sums["contacted_not_permitted"] == breaches["owner"].nunique()
    counts = frame.pivot(index="group", columns="stage", values="count")
    assert (counts["contacted_of_permitted"] <= counts["permitted"]).all()
    assert (counts["permitted"] <= counts["customers"]).all()


@settings(max_examples=15, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(table, random):
    one, order = of_table(table), random.sample(range(len(table)), len(table))
    other = of_table(table.iloc[order], reference=table["band"].iloc[0])
    assert_frame_equal(one.frame(), other.frame())
    assert_frame_equal(one.gaps(), other.gaps())
    assert one.explain() == other.explain()


@settings(max_examples=15, deadline=None)
@given(tables(), st.integers(2, 3))
def test_repeated_rows_of_each_customer_change_nothing(table, times):
    repeated = table.loc[np.repeat(table.index, times)].reset_index(drop=True)
    assert_frame_equal(of_table(table).frame(), of_table(repeated).frame())


@settings(max_examples=15, deadline=None)
@given(tables())
def test_renamed_groups_keep_their_counts(table):
    names = {"a": "z", "b": "y", "c": "x"}
    frame = of_table(table.assign(band=table["band"].map(names))).frame()
    frame = frame.assign(group=frame["group"].map({new: old for old, new in names.items()}))
    keys = ["group", "stage"]
    assert_frame_equal(
        of_table(table).frame().sort_values(keys, ignore_index=True),
        frame.sort_values(keys, ignore_index=True),
    )


def test_swapping_group_and_reference_flips_the_sign():
    groups = pd.DataFrame({"band": np.repeat([*"ab"], 50)})
    may, asked = np.tile([1, 1, 1, 0, 1], 20), np.r_[np.tile([1, 0], 25), np.zeros(50)]
    one, other = (
        reach(groups, permitted=may, contacted=asked * may, reference={"band": name}).gaps()
        for name in "ab"
    )
    assert one["gap"].tolist() == pytest.approx((-other["gap"]).tolist())
    assert one["low"].tolist() == pytest.approx((-other["high"]).tolist())


def test_a_customer_is_permitted_or_contacted_if_any_row_is():
    groups = pd.DataFrame({"band": ["a"] * 4})
    found = reach(
        groups,
        permitted=[1, 0, 0, 0],
        contacted=[0, 1, 0, 0],
        reference=BAND,
        unit=["x", "x", "y", "y"],
    )
    assert stages(found).loc["a", ["count", "of"]].to_numpy().tolist() == [
        [2, 2],
        [1, 2],
        [1, 2],
        [0, 1],
        [1, 2],
    ]


def test_words_say_what_only_all_customers_show():
    found = counted(a=(200, 600, 200, 0), b=(100, 300, 600, 0))
    assert found.explain() == "\n".join(
        [
            "band",
            "- Nobody is contacted without permission.",
            "- b: permitted 40.0% of 1,000, 40.0 points less often than a (80.0% of 1,000); the "
            "difference lies between 36.0 and 43.8 points.",
            "- b: contacted 10.0% of 1,000, 10.0 points less often than a (20.0% of 1,000); the "
            "difference lies between 6.9 and 13.1 points.",
            "- b: contacted, of those permitted, 25.0% of 400 against a (25.0% of 800): these "
            "customers cannot tell the two apart. The difference may be anything from 5.1 points "
            "less to 5.3 points more.",
            "- b: an audit of permitted customers alone cannot tell of this gap in contacts; it "
            "shows only where all customers are counted.",
        ]
    )


def test_words_say_where_customers_are_too_few():
    assert counted(a=(12, 28, 20, 0), b=(2, 3, 25, 0)).explain().splitlines()[-1] == (
        "- b: how often contacted, of those permitted, cannot be compared with a, not estimable "
        "(n=5)."
    )


def test_words_ask_more_of_each_of_several_groups():
    alone = counted(a=(100, 400, 0, 0), b=(27, 173, 0, 0))
    among = counted(a=(100, 400, 0, 0), b=(27, 173, 0, 0), c=(40, 160, 0, 0), d=(40, 160, 0, 0))
    assert "b: contacted 13.5% of 200, 6.5 points less often" in alone.explain()
    assert "b: contacted 13.5% of 200 against a (20.0% of 500): these customers cannot tell" in (
        among.explain()
    )
    assert "3 groups are compared with a; the ranges of a stage hold for all" in among.explain()
    assert among.gaps().query("group == 'b' and stage == 'contacted'")["high"].iloc[0] < 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 80)] * 3), min_size=2, max_size=4))
def test_words_follow_the_numbers(cells):
    cells = [(*each, 0) if sum(each) else (1, 0, 0, 0) for each in cells]
    found = counted(**dict(zip("abcd", cells, strict=False)))
    text, gaps = found.explain(), found.gaps()
    assert text.count("cannot be compared") == (gaps["note"] != "").sum()
    assert "Nobody is contacted without permission." in text
    clear = text.count("more often than") + text.count("less often than")
    assert clear + text.count("cannot tell the two apart") == (gaps["note"] == "").sum()
    assert clear <= ((gaps["low"] > 0) | (gaps["high"] < 0)).sum()


def test_one_group_alone_has_no_gap():
    found = counted(a=(12, 28, 20, 0))
    assert found.gaps().empty
    assert found.explain() == "band\n- Nobody is contacted without permission."


@pytest.fixture(scope="module")
def task():
    return make_crm(customers=3000, seed=7).task("offer_response", purpose="personalised_offers")


def test_reach_of_a_task_is_what_counting_by_hand_gives(task):
    chosen = task.decide(np.random.default_rng(3).random(len(task)), seed=1)
    frame = reach_of(task, chosen).frame()
    everybody = task.under("everyone")
    may = everybody.allowed["opt_in"].to_numpy()
    assert len(everybody) > len(task) == may.sum()
    contacted = everybody.unit.isin(task.unit[chosen]).to_numpy()
    assert contacted.sum() == chosen.sum()
    for row in frame.itertuples():
        own = (everybody.groups[row.attribute] == row.group).to_numpy()
        count, of = {
            "customers": (own, np.ones_like(own)),
            "permitted": (own & may, own),
            "contacted": (own & contacted, own),
            "contacted_of_permitted": (own & contacted, own & may),
            "contacted_not_permitted": (own & contacted & ~may, own & ~may),
        }[row.stage]
        assert (row[4], row.of) == (count.sum(), of.sum())
    assert set(frame["attribute"]) == set(task.groups)
    sums = frame.query("stage == 'customers'").groupby("attribute")["count"].sum()
    assert (sums == len(everybody)).all()
    assert reach_of(task, chosen).reference == task.reference


def test_reach_of_a_task_keeps_counts_alone(task):
    found = reach_of(task, np.zeros(len(task)))
    assert [*vars(found)] == ["reference", "counts"]
    assert [*found.counts] == ["attribute", "group", "stage", "count", "of"]


def test_reach_of_the_same_contacts_is_the_same_under_a_wider_policy_but_for_permission(task):
    chosen = task.decide(np.random.default_rng(4).random(len(task)), seed=1)
    wider = task.under("opt_out")
    again = wider.unit.isin(task.unit[chosen]).to_numpy()
    one, other = (
        reach_of(*pair).frame().query("stage == 'contacted'").reset_index(drop=True)
        for pair in ((task, chosen), (wider, again))
    )
    assert_frame_equal(one, other)


def test_a_task_without_its_withheld_rows_is_refused(task):
    part = task.take(np.arange(100))
    with pytest.raises(InputError) as caught:
        reach_of(part, np.ones(100))
    assert str(caught.value) == (
        "task must still have the rows that its policy withholds beside it, got 100 rows taken from "
        "it. Pass the task as `under` returns it."
    )


def test_a_task_of_all_rows_is_refused(task):
    with pytest.raises(InputError) as caught:
        reach_of(task._whole, np.ones(len(task._whole)))
    assert str(caught.value) == (
        "task must be under a consent policy, got a task of all rows. Call `task.under(policy)` "
        "first. Known: 'opt_in', 'opt_out', 'everyone'."
    )


def test_contacts_of_other_rows_are_refused(task):
    with pytest.raises(InputError) as caught:
        reach_of(task, np.ones(3))
    assert str(caught.value) == (
        "task and contacted must have the same number of rows, got 1,067 and 3. Pass the rows of the "
        "same customers in the same order."
    )


GROUPS = pd.DataFrame({"band": [*"ab"] * 15})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"permitted": np.ones(29)},
            "groups, permitted and contacted must have the same number of rows, got 30, 29 and 30. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            {"permitted": pd.Series(np.ones(30), index=range(1, 31))},
            "groups and permitted must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
        (
            {"permitted": ["yes"] * 30},
            "permitted must be coded 0 and 1, got 'yes'. Code the positive value as 1.",
        ),
        (
            {"contacted": [None, *[0] * 29]},
            "contacted must not be missing, got 1 of 30 rows without. Remove those rows, or "
            "complete them.",
        ),
        (
            {"reference": {"band": "c"}},
            "reference of 'band' must be one of its groups, got 'c'. Known: 'a', 'b'.",
        ),
    ],
)
def test_what_would_mislead_is_refused(changes, message):
    given = {"permitted": np.ones(30), "contacted": np.ones(30), "reference": BAND}
    with pytest.raises(InputError) as caught:
        reach(GROUPS, **(given | changes))
    assert str(caught.value) == message
