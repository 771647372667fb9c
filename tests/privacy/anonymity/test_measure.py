"""Each figure beside the formula of its paper, written out class by class."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity import measure_anonymity

QUASI = ["postcode", "city", "persons"]


def as_text(table, names):
    """A missing value as a word of its own, so that plain grouping keeps its rows."""
    return table[names].astype(object).where(table[names].notna(), "<missing>").astype(str)


def classes_of(table, names):
    keys = as_text(table, names).agg("|".join, axis=1)
    return [table.loc[keys.index[keys == key]] for key in keys.unique()]


def shares(column, levels):
    words = as_text(column.to_frame(), [column.name])[column.name]
    return np.array([(words == level).mean() for level in levels])


def transport(p, q, costs):
    """The earth mover's distance as the linear programme that defines it."""
    m = len(p)
    rows = [np.kron(np.eye(m)[i], np.ones(m)) for i in range(m)]
    columns = [np.kron(np.ones(m), np.eye(m)[j]) for j in range(m)]
    solved = linprog(costs.ravel(), A_eq=np.array(rows + columns), b_eq=np.append(p, q))
    assert solved.success
    return solved.fun


tables = st.builds(
    dict, rows=st.integers(1, 40), seed=st.integers(0, 2**32), missing=st.sampled_from([0.0, 0.2])
)


@given(given=tables)
@settings(max_examples=8, deadline=None)
def test_sizes_and_diversity_are_what_counting_class_by_class_gives(given, make):
    table = make(**given)
    found = measure_anonymity(table, quasi_identifiers=QUASI, sensitive=["reason", "score"])
    parts = classes_of(table, QUASI)
    assert sorted(found.frame()["customers"]) == sorted(map(len, parts))
    assert found.k == min(map(len, parts))
    assert found.share_below(5) == pytest.approx(
        sum(len(part) for part in parts if len(part) < 5) / len(table)
    )
    alone = [part.index[0] for part in parts if len(part) == 1]
    assert sorted(found.single()) == sorted(alone)
    for name in ("reason", "score"):
        values = [as_text(part, [name])[name].value_counts(normalize=True) for part in parts]
        told = found.attributes.set_index("attribute").loc[name]
        assert told["distinct_l"] == min(map(len, values))
        entropies = [-(share * np.log(share)).sum() for share in values]
        assert told["entropy_l"] == pytest.approx(math.exp(min(entropies)))
        ratios = [v.iloc[0] / v.iloc[1:].sum() if len(v) > 1 else math.inf for v in values]
        assert told["recursive_c"] == pytest.approx(max(ratios))
        told_rows = sum(len(part) for part, v in zip(parts, values, strict=True) if len(v) == 1)
        assert told["share_told"] == pytest.approx(told_rows / len(table))


@given(given=tables)
@settings(max_examples=8, deadline=None)
def test_distance_between_categories_is_half_the_sum_of_differences(given, make):
    table = make(**given)
    found = measure_anonymity(table, quasi_identifiers=QUASI, sensitive=["reason"])
    levels = as_text(table, ["reason"])["reason"].unique()
    whole = shares(table["reason"], levels)
    far = [0.5 * abs(shares(p["reason"], levels) - whole).sum() for p in classes_of(table, QUASI)]
    assert found.attributes["t"].iloc[0] == pytest.approx(max(far), abs=1e-12)
    assert found.attributes["distance"].iloc[0] == "variational"
    assert sorted(found.frame()["t_reason"]) == pytest.approx(sorted(far), abs=1e-12)


@given(rows=st.integers(2, 25), seed=st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_distance_between_numbers_is_the_least_work_of_moving_them(rows, seed, make):
    table = make(rows, seed, missing=0.0)
    found = measure_anonymity(table, quasi_identifiers=["postcode"], sensitive=["score"])
    levels = np.sort(table["score"].unique())
    place = np.arange(len(levels))
    costs = abs(place[:, None] - place) / max(len(levels) - 1, 1)
    whole = np.array([(table["score"] == level).mean() for level in levels])
    far = [
        transport(np.array([(part["score"] == level).mean() for level in levels]), whole, costs)
        for part in classes_of(table, ["postcode"])
    ]
    assert found.attributes["distance"].iloc[0] == "ordered"
    assert sorted(found.frame()["t_score"]) == pytest.approx(sorted(far), abs=1e-9)


def test_distances_of_the_paper_on_t_closeness():
    # Li, Li and Venkatasubramanian (2007): two classes of three salaries among nine.
    salaries = np.arange(3, 12) * 1000
    low, spread = [3000, 4000, 5000], [6000, 8000, 11000]
    rest = [value for value in salaries if value not in low + spread]
    table = pd.DataFrame({"area": list("aaabbbccc"), "salary": [*low, *spread, *rest]})
    found = measure_anonymity(table, quasi_identifiers="area", sensitive="salary").frame()
    assert found["t_salary"].tolist()[:2] == pytest.approx([0.375, 0.167], abs=1e-3)


def test_an_order_counts_only_where_every_value_has_a_place_in_it():
    bands = pd.Categorical(
        ["low", "middle", "high", "low"], ["low", "middle", "high"], ordered=True
    )
    table = pd.DataFrame({"area": list("aabb"), "band": bands})
    ordered = measure_anonymity(table, quasi_identifiers="area", sensitive="band").attributes
    table.loc[3, "band"] = None
    missing = measure_anonymity(table, quasi_identifiers="area", sensitive="band").attributes
    plain = measure_anonymity(
        table.assign(band=table["band"].astype(object)), quasi_identifiers="area", sensitive="band"
    ).attributes
    assert ordered["distance"].tolist() == ["ordered"]
    assert missing["distance"].tolist() == ["variational"]
    assert missing["t"].tolist() == plain["t"].tolist()


@given(rows=st.integers(1, 40), seed=st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_codes_that_are_only_names_are_as_far_apart_as_the_same_names(rows, seed, make):
    table = make(rows, seed, missing=0.0).assign(
        code=lambda frame: frame["score"].map("c{}".format)
    )
    found = measure_anonymity(
        table, quasi_identifiers="postcode", sensitive=["score", "code"], nominal="score"
    )
    assert found.attributes["distance"].tolist() == ["variational"] * 2
    assert found.frame()["t_score"].tolist() == pytest.approx(found.frame()["t_code"].tolist())
    taken_for_numbers = measure_anonymity(table, quasi_identifiers="postcode", sensitive="score")
    assert taken_for_numbers.attributes["t"].iloc[0] <= found.attributes["t"].iloc[0] + 1e-12


def test_a_constant_attribute_tells_everybody_and_is_no_further_from_the_table():
    table = pd.DataFrame({"area": list("aab"), "score": 1.0, "reason": "complaint"})
    found = measure_anonymity(table, quasi_identifiers="area", sensitive=["score", "reason"])
    assert found.attributes["t"].tolist() == [0.0, 0.0]
    assert found.attributes["share_told"].tolist() == [1.0, 1.0]
    assert found.attributes["recursive_c"].tolist() == [math.inf, math.inf]


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, pd.NaT])
def test_customers_who_miss_a_value_look_alike_to_each_other_only(nothing):
    table = pd.DataFrame({"area": pd.Series([nothing, None, "K01", "K01", "K01"], dtype=object)})
    found = measure_anonymity(table, quasi_identifiers="area")
    assert sorted(found.frame()["customers"]) == [2, 3]
    assert found.frame()["area"].isna().sum() == 1


def test_figures_do_not_depend_on_order_index_or_dtype(make):
    table = make(200, 3)
    asked = {"quasi_identifiers": QUASI, "sensitive": ["reason", "score"]}
    found = measure_anonymity(table, **asked)
    shuffled = measure_anonymity(table.sample(frac=1, random_state=0), **asked)
    other = table.astype({"city": object, "persons": "float", "postcode": "category"})
    retyped = measure_anonymity(other.reset_index(drop=True), **asked)
    for again in (shuffled, retyped):
        pd.testing.assert_frame_equal(again.attributes, found.attributes)
        assert again.frame()["customers"].tolist() == found.frame()["customers"].tolist()


def test_rows_of_one_customer_do_not_hide_it():
    table = pd.DataFrame({"who": ["ann"] * 4 + ["bob", "eve"], "area": ["K01"] * 4 + ["K02"] * 2})
    assert measure_anonymity(table, quasi_identifiers="area").k == 2
    found = measure_anonymity(table, quasi_identifiers="area", unit="who")
    assert found.k == 1
    assert found.customers == 3
    assert found.share_below(2) == pytest.approx(1 / 3)
    assert found.single().tolist() == [0, 1, 2, 3]
    assert found.sizes([2, 3]).to_numpy().tolist() == [
        [2, 1, 1, pytest.approx(1 / 3)],
        [3, 2, 3, 1],
    ]


def test_a_customer_in_two_classes_is_as_single_as_in_the_smaller():
    table = pd.DataFrame({"who": list("aabc"), "area": ["K01", "K02", "K01", "K01"]})
    found = measure_anonymity(table, quasi_identifiers="area", unit="who")
    assert found.share_below(2) == pytest.approx(1 / 3)
    groups = found.by_group(pd.Series(["x", "x", "y", None], name="group"))
    assert groups["group"].tolist() == ["unknown", "x", "y"]
    assert groups["customers"].tolist() == [1, 1, 1]
    assert groups["share_single"].tolist() == [0, 1, 0]


def test_groups_are_measured_among_all_customers(people):
    found = measure_anonymity(people, quasi_identifiers=["postcode_area", "birth_date", "gender"])
    groups = found.by_group(people["gender"]).set_index("group")
    assert groups["customers"].to_dict() == people["gender"].value_counts().to_dict()
    assert groups["single"].sum() == len(found.single())
    assert found.share_below(2) > 0.9
    assert groups.loc["unknown", "share_single"] >= groups.loc["woman", "share_single"]


def test_it_says_what_it_found():
    table = pd.DataFrame({"area": list("aab"), "band": ["low", "high", "low"]})
    found = measure_anonymity(table, quasi_identifiers="area", sensitive="band")
    said = "Anonymity(k=1, 33.3% of 3 customers single, by area, band: l=1, t=0.333)"
    assert repr(found) == said


TABLE = pd.DataFrame({"area": ["K01", "K02"], "band": ["low", None], "list": [[1], [2]]})


@pytest.mark.parametrize(
    ("table", "asked", "message"),
    [
        (
            TABLE.to_dict("list"),
            {"quasi_identifiers": "area"},
            "table must be a pandas DataFrame, got dict. Convert it with to_pandas().",
        ),
        (
            TABLE.iloc[:0],
            {"quasi_identifiers": "area"},
            "table must have rows, got 0 rows. Give the customers it is about.",
        ),
        (
            TABLE,
            {"quasi_identifiers": ["arae"]},
            "quasi_identifiers must name a column of the table, got 'arae'. Did you mean 'area'?",
        ),
        (
            TABLE,
            {"quasi_identifiers": []},
            "quasi_identifiers must name at least one column, got none. Name what others may know of "
            "a customer, such as postcode and birth date.",
        ),
        (
            TABLE,
            {"quasi_identifiers": ["area", "area"]},
            "quasi_identifiers must name each column once, got 'area'. Leave the repetition out.",
        ),
        (
            TABLE,
            {"quasi_identifiers": "area", "sensitive": ["band", "area"]},
            "sensitive must not name a quasi-identifier, got 'area'. A column is either what others "
            "may know or what they must not learn.",
        ),
        (
            TABLE,
            {"quasi_identifiers": "list"},
            "column 'list' must hold single values, got lists or other collections. Spread them over "
            "columns, or leave the column out.",
        ),
        (
            TABLE,
            {"quasi_identifiers": "area", "unit": "band"},
            "unit must say whose row each is, got 1 rows without. Drop rows that are nobody's.",
        ),
        (
            TABLE,
            {"quasi_identifiers": "area", "unit": "area"},
            "unit must not be a quasi-identifier, got 'area'. It names each customer: leave it out of "
            "the quasi-identifiers.",
        ),
        (
            pd.concat([TABLE, TABLE[["area"]]], axis=1),
            {"quasi_identifiers": "area"},
            "table must name each column once, got 'area'. Rename one of them.",
        ),
        (
            TABLE.rename(columns={"area": "customers"}),
            {"quasi_identifiers": "customers"},
            "quasi_identifiers must not be named as the count of a class is, got 'customers'. Rename "
            "the column.",
        ),
        (
            TABLE.rename(columns={"band": "customers"}),
            {"quasi_identifiers": "area", "sensitive": "customers"},
            "sensitive must not be named as the count of a class is, got 'customers'. Rename the "
            "column.",
        ),
        (
            TABLE,
            {"quasi_identifiers": "area", "nominal": "band"},
            "nominal must name sensitive columns, got 'band'. There are none.",
        ),
        (
            TABLE,
            {"quasi_identifiers": 3},
            "quasi_identifiers must be names of columns, got 3. Write for example ['postcode', "
            "'gender'].",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(table, asked, message):
    with pytest.raises(InputError) as refused:
        measure_anonymity(table, **asked)
    assert str(refused.value) == message


def test_groups_of_other_rows_are_refused():
    found = measure_anonymity(TABLE, quasi_identifiers="area")
    with pytest.raises(InputError) as refused:
        found.by_group(TABLE["band"].iloc[:1])
    assert str(refused.value) == (
        "groups must be a Series with the index of the table, got Series of 1. Pass a column of the "
        "same table."
    )
