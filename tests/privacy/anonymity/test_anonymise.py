"""What is released satisfies what was asked for, and nothing that satisfies it loses less."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity import anonymise, measure_anonymity
from equipoise.privacy.anonymity._candidates import LOSSES, Candidate, Demand, classes_at
from equipoise.privacy.anonymity._diversity import Attribute
from equipoise.privacy.anonymity._generalising import Generalised

HIERARCHIES = {
    "age": [5, 10, 20, "*"],
    "postcode": [2, 1, "*"],
    "city": [{"Bonn": "inland", "Ulm": "inland", "Kiel": "coast"}, "*"],
    "joined": ["quarter", "year", "*"],
}


@given(
    rows=st.integers(2, 80),
    seed=st.integers(0, 2**32),
    k=st.integers(2, 12),
    l=st.sampled_from([None, 2, 3]),
    t=st.sampled_from([None, 0.15, 0.4]),
    share=st.sampled_from([0.0, 0.05, 0.4]),
    loss=st.sampled_from(sorted(LOSSES)),
)
@settings(max_examples=20, deadline=None)
def test_every_class_satisfies_the_demand(rows, seed, k, l, t, share, loss, make):  # noqa: E741
    table = make(rows, seed)
    assume(k <= rows and (l or 1) <= table["reason"].nunique(dropna=False))
    before = table.copy(deep=True)
    found = anonymise(
        table, quasi_identifiers=HIERARCHIES, k=k, sensitive="reason", l=l, t=t,
        max_suppressed=share, loss=loss,
    )  # fmt: skip
    pd.testing.assert_frame_equal(table, before)
    assert found.suppressed == rows - len(found.table) <= share * rows
    classes = found.table.groupby(list(HIERARCHIES), dropna=False, observed=True)
    assert classes.size().min() >= k
    again = measure_anonymity(found.table, quasi_identifiers=list(HIERARCHIES), sensitive="reason")
    assert again.k == found.anonymity.k == classes.size().min()
    assert again.attributes["distinct_l"].iloc[0] >= (l or 1)
    assert again.attributes["t"].iloc[0] <= (t or 1) + 1e-9
    untouched = ["persons", "score", "reason"]
    pd.testing.assert_frame_equal(found.table[untouched], table.loc[found.table.index, untouched])
    assert found.loss == pytest.approx(found.frame()["loss"].iloc[0])
    assert found.loss <= found.frame().loc[found.frame()["fits"], loss].min() + 1e-12


@given(
    rows=st.integers(10, 60),
    seed=st.integers(0, 2**32),
    k=st.integers(2, 6),
    t=st.sampled_from([1.0, 0.3]),
    share=st.sampled_from([0.0, 0.1, 0.3]),
)
@settings(max_examples=5, deadline=None)
def test_no_candidate_at_all_loses_less(rows, seed, k, t, share, make):
    table = make(rows, seed)
    columns = {name: Generalised.of(name, table[name], HIERARCHIES[name]) for name in HIERARCHIES}
    demand = Demand(k=k, l=2, t=t, secrets=(Attribute.of(table["reason"]),))
    every = [
        Candidate.of(columns, demand, levels)
        for levels in product(*(range(column.levels) for column in columns.values()))
    ]
    fitting = [candidate for candidate in every if candidate.suppressed <= share * rows]
    for loss, measured in LOSSES.items():
        found = anonymise(
            table, quasi_identifiers=HIERARCHIES, k=k, sensitive="reason", l=2, t=t,
            max_suppressed=share, loss=loss,
        )  # fmt: skip
        assert found.loss == pytest.approx(min(measured(candidate) for candidate in fitting))


@given(rows=st.integers(2, 60), seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=10, deadline=None)
def test_generalising_never_lowers_k_or_l_nor_raises_t(rows, seed, data, make):
    table = make(rows, seed)
    columns = {name: Generalised.of(name, table[name], HIERARCHIES[name]) for name in HIERARCHIES}
    fine = tuple(data.draw(st.integers(0, c.levels - 1)) for c in columns.values())
    coarse = tuple(
        data.draw(st.integers(level, c.levels - 1))
        for level, c in zip(fine, columns.values(), strict=True)
    )
    one, other = (released(table, columns, levels) for levels in (fine, coarse))
    assert other.k >= one.k
    told, coarser = one.attributes, other.attributes
    assert (coarser["distinct_l"] >= told["distinct_l"]).all()
    assert (coarser["entropy_l"] >= told["entropy_l"] - 1e-9).all()
    assert (coarser["t"] <= told["t"] + 1e-9).all()


def released(table, columns, levels):
    generalised = {
        name: column.released(level)
        for (name, column), level in zip(columns.items(), levels, strict=True)
    }
    found = measure_anonymity(
        table.assign(**generalised),
        quasi_identifiers=list(columns),
        sensitive=["reason", "score", "persons"],
    )
    # Classes are those of the text that is released, as codes have them.
    assert len(found.frame()) == classes_at(columns, levels).max() + 1
    return found


def ncp_by_hand(table, found):
    """Spans of ages over all ages, values of a prefix over all values; suppressed rows count 1."""
    total = 0.0
    for index in table.index:
        if index not in found.table.index:
            total += 1.0
            continue
        lost = []
        for name in ("age", "postcode"):
            text = found.table.loc[index, name]
            same = found.table[name] == text if found.levels[name] else table[name] == text
            values = table.loc[same[same].index, name]
            if name == "age":
                lost.append((values.max() - values.min()) / (table[name].max() - table[name].min()))
            else:
                lost.append((values.nunique() - 1) / (table[name].nunique() - 1))
        total += np.mean(lost)
    return total / len(table)


def test_losses_are_what_their_papers_say():
    ages = [20, 21, 24, 29, 33, 34, 38, 39, 60]
    table = pd.DataFrame({"age": ages, "postcode": ["K01", "K02", "K01", "K02"] * 2 + ["L20"]})
    hierarchies = {"age": [5, 10], "postcode": [1]}
    found = anonymise(table, quasi_identifiers=hierarchies, k=2, max_suppressed=0.2)
    assert found.suppressed == 1
    assert found.loss == pytest.approx(ncp_by_hand(table, found))
    sizes = found.table.groupby(["age", "postcode"]).size()
    chosen = found.frame().iloc[0]
    assert chosen["discernibility"] == pytest.approx(((sizes**2).sum() + 1 * 9) / 9**2)
    assert chosen["class_size"] == pytest.approx(sizes.mean() / 2)


def test_real_customers_become_alike(people):
    hierarchies = {
        "postcode_area": [2, "*"],
        "birth_date": ["month", "year", 5, 10, 20, "*"],
        "gender": ["*"],
        "household_size": [2, 4, "*"],
    }
    found = anonymise(people, quasi_identifiers=hierarchies, k=5)
    again = anonymise(people, quasi_identifiers=hierarchies, k=5)
    pd.testing.assert_frame_equal(found.table, again.table)
    pd.testing.assert_frame_equal(found.frame(), again.frame())
    assert found.anonymity.k >= 5
    assert found.unique_columns == ("individual_id",)
    assert repr(found).endswith("most rows still single by individual_id)")
    assert set(found.levels) == set(hierarchies)
    assert found.steps["gender"] in ("exact", "*")


def test_a_table_that_is_good_enough_is_left_as_it_is():
    table = pd.DataFrame({"area": pd.Categorical(["K01"] * 3 + [None] * 3)}, index=range(5, 11))
    found = anonymise(table, quasi_identifiers={"area": ["*"]}, k=3)
    pd.testing.assert_frame_equal(found.table, table)
    assert (found.loss, found.suppressed, found.levels) == (0.0, 0, {"area": 0})


def test_a_loss_of_ones_own_decides_among_the_least_general(make):
    table = make(200, 1, missing=0.0)
    hierarchies = {"age": [5, 10, "*"], "postcode": [2, 1, "*"]}
    asked = {"quasi_identifiers": hierarchies, "k": 25, "max_suppressed": 0.05}

    def ages_kept(candidate):
        return -candidate["age"].nunique()

    def postcodes_kept(candidate):
        return -candidate["postcode"].nunique()

    young = anonymise(table, loss=ages_kept, **asked)
    near = anonymise(table, loss=postcodes_kept, **asked)
    assert young.loss == -young.table["age"].nunique()
    assert near.table["postcode"].nunique() > young.table["postcode"].nunique()
    assert near.table["age"].nunique() < young.table["age"].nunique()
    assert young.frame()["loss"].notna().sum() >= 2
    assert young.frame()["loss"].iloc[0] == young.frame()["loss"].min()


TABLE = pd.DataFrame(
    {
        "who": list("aabcdefghi"),
        "age": range(20, 30),
        "band": ["low", "high"] * 5,
        "area": "K01",
        "gap": [None, *range(9)],
    }
)
AGE = {"age": [5, 10]}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"k": 1}, "k must be a whole number of at least 2, got 1. With k = 1 nobody need look like "
                   "another."),
        ({"k": 11}, "k must not exceed the rows, got 11 of 10 rows. Lower k."),
        ({"quasi_identifiers": ["age"]},
         "quasi_identifiers must give each column its hierarchy, got ['age']. Use a mapping such as "
         "{'age': [5, 10, '*']}; [] keeps a column exact."),
        ({"quasi_identifiers": {"aeg": [5]}},
         "quasi_identifiers must name a column of the table, got 'aeg'. Did you mean 'age'?"),
        ({"quasi_identifiers": {}},
         "quasi_identifiers must name at least one column, got none. Name what others may know of a "
         "customer, such as postcode and birth date."),
        ({"sensitive": "age"},
         "sensitive must not name a quasi-identifier, got 'age'. A column is either what others may "
         "know or what they must not learn."),
        ({"l": 2}, "l must be asked for sensitive columns, got none. Name in `sensitive` what nobody "
                   "should learn."),
        ({"sensitive": "band", "l": 3},
         "l must not exceed the different values of 'band', got 3 of 2. Lower l, or leave that "
         "column to t."),
        ({"sensitive": "band", "l": 1},
         "l must be a whole number of at least 2, got 1. With l = 1 all may be alike."),
        ({"sensitive": "band", "t": 0},
         "t must be a number in (0, 1], got 0. Use a distance such as 0.2; 1 asks for nothing."),
        ({"sensitive": "band", "t": 1.5},
         "t must be a number in (0, 1], got 1.5. Use a distance such as 0.2; 1 asks for nothing."),
        ({"loss": "npc"}, "loss must be a known name, got 'npc'. Did you mean 'ncp'?"),
        ({"loss": lambda table: float("nan")},
         "loss must return a finite number, got nan. Let it return one number for a table."),
        ({"max_suppressed": 1.0}, "max_suppressed must be a number below 1, got 1.0. Use a share such "
                                  "as 0.05."),
        ({"unit": "who"}, "unit must name each row's customer once, got 1 further rows. Bring the "
                          "table to one row a customer first: k would count rows."),
        ({"unit": "gap"}, "unit must say whose row each is, got 1 rows without. Drop rows that are "
                          "nobody's."),
        ({"sensitive": "band", "nominal": "bnad"},
         "nominal must name sensitive columns, got 'bnad'. Did you mean 'band'?"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(asked, message):
    given = {"quasi_identifiers": AGE, "k": 2} | asked
    with pytest.raises(InputError) as refused:
        anonymise(TABLE, **given)
    assert str(refused.value) == message


def test_what_cannot_be_reached_names_what_can():
    table = pd.DataFrame({"area": ["K01"] * 40 + ["K02"] * 6 + ["K03"] * 4})
    with pytest.raises(InputError) as refused:
        anonymise(table, quasi_identifiers={"area": []}, k=10, max_suppressed=0.08)
    assert str(refused.value) == (
        "k must be reachable with at most 8 % of the rows suppressed, got k = 10, which needs 20 % "
        "suppressed. "
        "Within that limit k = 6 is reachable. Add a coarser step such as '*', or allow more to be "
        "suppressed."
    )
    assert (
        anonymise(table, quasi_identifiers={"area": []}, k=6, max_suppressed=0.08).suppressed == 4
    )
    found = anonymise(table, quasi_identifiers={"area": []}, k=10, max_suppressed=0.2)
    assert found.suppressed == 10


@given(seed=st.integers(0, 2**32), rows=st.integers(40, 80), diverse=st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_k_that_is_named_is_the_greatest_that_is_reachable(seed, rows, diverse, make):
    table = make(rows, seed)
    also = {"sensitive": "reason", "l": 2} if diverse else {}
    asked = {"quasi_identifiers": {"postcode": [], "city": []}, "max_suppressed": 0.3} | also
    with pytest.raises(InputError) as refused:
        anonymise(table, k=rows, **asked)
    named = re.search(r"Within that limit k = (\d+) is reachable", str(refused.value))
    reachable = int(named.group(1)) if named else 1
    if named:
        assert anonymise(table, k=reachable, **asked).anonymity.k >= reachable
    with pytest.raises(InputError):
        anonymise(table, k=reachable + 1, **asked)


def test_names_of_columns_may_be_numbers():
    table = pd.DataFrame({0: [20, 21, 30, 31], 1: list("abab")})
    found = anonymise(table, quasi_identifiers={0: [10]}, k=2, sensitive=[1], l=2)
    assert found.table[0].tolist() == ["20–29", "20–29", "30–39", "30–39"]
    assert repr(found.anonymity) == (
        "Anonymity(k=2, 0.0% of 4 customers single, by 0, 1: l=2, t=0.000)"
    )


def test_codes_without_an_order_are_not_made_alike_by_their_numbers():
    # Neighbouring codes: as numbers they lie close to each other, as names they do not.
    table = pd.DataFrame({"area": list("aaabbb"), "code": [1, 3, 5, 2, 4, 6]})
    asked = {"quasi_identifiers": {"area": ["*"]}, "k": 2, "sensitive": "code", "t": 0.2}
    assert anonymise(table, **asked).levels == {"area": 0}
    found = anonymise(table, nominal="code", **asked)
    assert found.levels == {"area": 1}
    assert found.anonymity.attributes["distance"].tolist() == ["variational"]


def test_a_distance_that_cannot_be_reached_says_what_came_nearest():
    table = pd.DataFrame(
        {"area": ["K01"] * 10 + ["K02"] * 10, "band": ["low"] * 10 + ["high"] * 10}
    )
    with pytest.raises(InputError) as refused:
        anonymise(table, quasi_identifiers={"area": []}, k=2, sensitive="band", t=0.2)
    assert str(refused.value) == (
        "the demand must be reachable with at most 5 % of the rows suppressed, got k = 2, t = 0.2, "
        "which needs 100 % suppressed in the best candidate tried. Add a coarser step such as "
        "'*', or allow more "
        "to be suppressed."
    )


def test_too_many_levels_are_refused():
    wide = {f"q{j}": [1, 2, 4, 8, 16, "*"] for j in range(6)}
    table = pd.DataFrame({name: range(10) for name in wide})
    with pytest.raises(InputError) as refused:
        anonymise(table, quasi_identifiers=wide, k=2)
    assert str(refused.value) == (
        "quasi_identifiers must not have more than 50,000 combinations of levels, got 117,649. Leave "
        "out some steps of the hierarchies."
    )
