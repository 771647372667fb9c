"""Linkage: right and wrong links are counted as they are, and nothing matches in silence."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.attacks import linkage, within_generalised


def table(rng, n, *, levels=3, missing=0.0, start=0):
    frame = pd.DataFrame(
        {
            "id": np.arange(start, start + n),
            "area": rng.choice(list("ABCDEFG")[:levels], n),
            "age": rng.integers(20, 20 + levels, n).astype(float),
        }
    )
    for name in ("area", "age"):
        frame[name] = frame[name].mask(rng.random(n) < missing)
    return frame


def slowly(released, public, names, same):
    """The definition: compare every pair of rows."""
    sizes, right = [], []
    for _, row in released.iterrows():
        found = [
            p.id for p in public.itertuples() if all(same[n](row[n], getattr(p, n)) for n in names)
        ]
        sizes.append(len(found))
        right.append(row["id"] in found)
    return np.array(sizes), np.array(right)


@given(
    seed=st.integers(0, 2**32),
    levels=st.integers(1, 6),
    missing=st.sampled_from([0.0, 0.3]),
    careful=st.booleans(),
    generalised=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_match_sets_are_what_comparing_every_pair_gives(
    seed, levels, missing, careful, generalised
):
    rng = np.random.default_rng(seed)
    people = table(rng, 30, levels=levels, missing=missing)
    released, public = people.sample(20, random_state=1), people.sample(22, random_state=2)
    if released[["area", "age"]].isna().all().any() or public[["area", "age"]].isna().all().any():
        return
    if not generalised and any(
        set(released[n].dropna()).isdisjoint(public[n].dropna()) for n in ("area", "age")
    ):
        return
    if generalised:
        released = released.assign(age=np.where(released["age"].isna(), None, "20–22"))

    def equal(one, other):
        return careful if pd.isna(one) or pd.isna(other) else one == other

    def within(one, other):
        return careful if pd.isna(one) or pd.isna(other) else within_generalised(one, other)

    result = linkage(
        released,
        public,
        ["area", "age"],
        identity="id",
        matches={"age": within_generalised} if generalised else None,
        missing="anything" if careful else "never",
    )
    same = {"area": equal, "age": within if generalised else equal}
    sizes, right = slowly(released, public, ["area", "age"], same)
    rows = result.customers()
    assert rows["matches"].to_numpy().tolist() == sizes.tolist()
    assert rows["is_right"].to_numpy().tolist() == right.tolist()
    assert rows.index.equals(released.index)
    whole = result.frame().iloc[0]
    assert whole.singled_out == pytest.approx(((sizes == 1) & right).mean())
    assert whole.wrong_links == ((sizes == 1) & ~right).sum()
    assert whole.guessed == pytest.approx(np.where(right, 1 / np.maximum(sizes, 1), 0).mean())
    assert whole.singled_out <= min(whole.one_match, whole.guessed + 1e-12)
    assert whole.guessed <= whole.guessed_at_most + 1e-12
    assert whole.unmatched == (sizes == 0).sum()


def test_figures_of_a_table_made_by_hand():
    areas = ["A"] * 10 + list("BCDEFGHIJK")
    public = pd.DataFrame({"id": range(20), "area": areas})
    released = public.iloc[:15].assign(id=[*range(14), 99])
    frame = linkage(released, public, ["area"], identity="id", groups=released[["area"]]).frame()
    whole = frame.iloc[0]
    assert (whole.customers, whole.wrong_links, whole.unmatched) == (15, 1, 0)
    assert (whole.one_match, whole.singled_out) == (5 / 15, 4 / 15)
    assert whole.guessed == pytest.approx((10 * 0.1 + 4) / 15)
    assert whole.low < 4 / 15 < whole.high
    # Five unique links are too few for the precision to be told.
    assert np.isnan(whole.precision)
    of_b = frame[frame.group == "B"].iloc[0]
    assert np.isnan(of_b.singled_out)
    assert of_b.note == "not estimable (n=1)"
    of_a = frame[frame.group == "A"].iloc[0]
    assert (of_a.singled_out, of_a.one_match) == (0, 0)
    assert of_a.high > 0.2


def test_without_truth_there_are_upper_bounds_only():
    rng = np.random.default_rng(0)
    people = table(rng, 60, levels=6)
    public = people.sample(40, random_state=0)
    judged = linkage(people, public, ["area", "age"], identity="id")
    blind = linkage(people, public, ["area", "age"])
    row, known = blind.frame().iloc[0], judged.frame().iloc[0]
    assert not blind.truth_known
    assert np.isnan(row.singled_out) and np.isnan(row.guessed) and pd.isna(row.wrong_links)
    assert row.one_match >= known.singled_out and row.guessed_at_most >= known.guessed
    assert row.note == "upper bounds only: no identity was given"
    assert "is_right" not in blind.customers()
    assert blind.sentence().startswith("At most ")
    assert "no truth was given" in blind.sentence()


def test_hashing_the_address_changes_nothing_for_who_hashes_the_list():
    public = pd.DataFrame({"id": range(50), "email": [f"p{k}@mail.invalid" for k in range(50)]})

    def hashed(frame):
        digest = frame["email"].map(lambda text: hashlib.sha256(text.encode()).hexdigest())
        return frame.assign(email=digest)

    for export in (public, hashed(public)):
        attacker = hashed(public) if export is not public else public
        assert linkage(export, attacker, ["email"], identity="id").frame().singled_out[0] == 1


def test_the_group_that_stands_out_is_named_and_others_are_not():
    rng = np.random.default_rng(0)
    public = pd.DataFrame({"id": range(400), "area": rng.choice(["A", "B"], 400)})
    group = np.where(np.arange(400) < 60, "rare", "common")
    public.loc[:59, "area"] = [f"only {k}" for k in range(60)]
    words = linkage(public, public, ["area"], identity="id", groups=pd.Series(group, name="kind"))
    assert "Reached more than the others: kind rare" in words.sentence()
    assert "kind common" not in words.sentence()
    by_chance = pd.Series(rng.choice(["x", "y", "z"], 400), name="kind")
    words = linkage(public, public, ["area"], identity="id", groups=by_chance).sentence()
    assert words.endswith("No group is reached more than the others beyond chance.")


def test_a_lone_unique_customer_of_a_small_group_is_not_news():
    public = pd.DataFrame({"id": range(2000), "area": ["A", "B"] * 1000})
    public.loc[0, "area"] = "C"
    group = pd.Series(np.where(np.arange(2000) < 70, "few", "many"), name="kind")
    words = linkage(public, public, ["area"], identity="id", groups=group).sentence()
    assert words.endswith("No group is reached more than the others beyond chance.")


def days(n=60):
    return pd.DataFrame(
        {"id": range(n), "born": pd.date_range("1950-01-01", periods=n), "age": range(20, 20 + n)}
    )


def test_numbers_and_days_match_however_they_are_written():
    public = days()
    released = public.assign(age=public["age"].astype(float).mask(public["id"] == 3))
    lists = [
        public,
        public.assign(born=[day.date() for day in public["born"]], age=public["age"].astype(str)),
        public.assign(born=public["born"].astype(str), age=public["age"].astype(float)),
    ]
    for known in lists:
        matches = dict.fromkeys(("born", "age"), within_generalised)
        rows = linkage(released, known, ["born", "age"], identity="id", matches=matches).customers()
        assert rows["matches"].tolist() == [1] * 3 + [0] + [1] * 56
        assert rows["is_right"].sum() == 59


def test_missing_groups_are_a_group():
    public = pd.DataFrame({"id": range(30), "area": ["A"] * 30})
    kind = pd.Series(["x"] * 15 + [None] * 15, name="kind")
    frame = linkage(public, public, ["area"], groups=kind).frame()
    assert frame["group"].tolist() == ["all", "unknown", "x"]
    assert frame["customers"].tolist() == [30, 15, 15]


def test_a_mapping_names_the_group_of_each_public_value():
    public = pd.DataFrame({"id": range(12), "area": list("ABCD") * 3})
    released = public.assign(
        area=public["area"].map({"A": "north", "B": "north", "C": "*", "D": "south"})
    )
    groups_of = {"A": "north", "B": "north", "C": "south", "D": "south"}
    rows = linkage(
        released, public, ["area"], identity="id", matches={"area": groups_of}
    ).customers()
    assert rows["matches"].tolist() == [6, 6, 12, 6] * 3
    assert rows["is_right"].all()


PUBLIC = pd.DataFrame({"id": range(20), "area": list("ABCDE") * 4, "age": range(20)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"quasi_identifiers": ["area", "aeg"]},
            "quasi_identifiers in the released table must name a column of the table, got 'aeg'. "
            "Did you mean 'age'?",
        ),
        (
            {"public": PUBLIC.drop(columns="age")},
            "quasi_identifiers in the public table must name a column of the table, got 'age'. "
            "Known: 'id', 'area'.",
        ),
        (
            {"quasi_identifiers": []},
            "quasi_identifiers must be columns to link by, other than the identity, got []. Name what "
            "an attacker may know, such as ['postcode_area', 'birth_date', 'gender'].",
        ),
        (
            {"quasi_identifiers": ["id"]},
            "quasi_identifiers must be columns to link by, other than the identity, got ['id']. Name "
            "what an attacker may know, such as ['postcode_area', 'birth_date', 'gender'].",
        ),
        (
            {"released": PUBLIC.assign(id=[*range(18), 3, 3])},
            "identity in the released table must name each customer once, got 2 repeated. Keep one row "
            "a customer; link orders only after putting them together.",
        ),
        (
            {"public": PUBLIC.assign(id=[None, *range(1, 20)])},
            "identity in the public table must name each customer once, got 1 missing. Keep one row "
            "a customer; link orders only after putting them together.",
        ),
        (
            {"released": PUBLIC.assign(age="10–19")},
            "matches must say how generalised values are matched, got none for 'age' with '10–19'. Give "
            "matches={'age': within_generalised}, or a function or mapping of your own.",
        ),
        (
            {"released": PUBLIC.assign(age=PUBLIC["age"].map(str))},
            "quasi-identifier 'age' must share a value with the public list, got such as '0' and 0. "
            "Write both tables in the same way. Give matches={'age': within_generalised}, or a function "
            "or mapping of your own.",
        ),
        (
            {"released": PUBLIC.assign(id=PUBLIC["id"].astype(str))},
            "identity must share a customer with the public list, got such as '0' and 0. Write the "
            "identities of both tables in the same way.",
        ),
        (
            {"released": PUBLIC.assign(id=[*range(19), "19"])},
            "identity must be written in the same way in both tables, got '19' and 19. Write the "
            "identities of both tables in the same way.",
        ),
        (
            {"released": PUBLIC.assign(age=[*range(19), "19"])},
            "quasi-identifier 'age' must be written in the same way in both tables, got '19' and 19. "
            "Write both tables in the same way. Give matches={'age': within_generalised}, or a function "
            "or mapping of your own.",
        ),
        (
            {"released": PUBLIC.assign(age="forties"), "matches": {"age": within_generalised}},
            "quasi-identifier 'age' must match a value of the public list, got such as 'forties' and 0. "
            "Write both tables in the same way, or match them by another function or mapping.",
        ),
        (
            {
                "released": PUBLIC.assign(age="young"),
                "matches": {"age": {"0": "young", "1": "young"}},
            },
            "quasi-identifier 'age' must match a value of the public list, got such as 'young' and 0. "
            "Write both tables in the same way, or match them by another function or mapping.",
        ),
        (
            {"released": PUBLIC.assign(age=["10+", *range(1, 20)])},
            "matches must say how generalised values are matched, got none for 'age' with '10+'. Give "
            "matches={'age': within_generalised}, or a function or mapping of your own.",
        ),
        (
            {"quasi_identifiers": ["age", "age"]},
            "quasi_identifiers must name each column once, got 'age'. Leave the repetition out.",
        ),
        (
            {"public": pd.concat([PUBLIC, PUBLIC[["age"]]], axis=1)},
            "public must have one column of each name, got several columns 'age'. Rename or drop the "
            "others.",
        ),
        (
            {"released": pd.concat([PUBLIC, PUBLIC[["id"]]], axis=1)},
            "released must have one column of each name, got several columns 'id'. Rename or drop the "
            "others.",
        ),
        (
            {"matches": {"aeg": within_generalised}},
            "matches must name a column of the table, got 'aeg'. Did you mean 'age'?",
        ),
        (
            {"missing": "sometimes"},
            "missing must be a known name, got 'sometimes'. Known: 'never', 'anything'.",
        ),
        (
            {"released": PUBLIC.iloc[:0]},
            "released must be a table of customers, got 0 rows. Pass a data frame.",
        ),
        (
            {"groups": PUBLIC[["area"]].iloc[:5]},
            "groups must be a frame with one row for each of 20 customers, got 5 rows. Pass the "
            "attributes of the same customers in the same order.",
        ),
        (
            {"groups": PUBLIC["area"].iloc[::-1]},
            "groups must be in the order of table, got the same index in another order. Align "
            "the rows first, or pass arrays to have them read by position.",
        ),
        (
            {"confidence": 1.0},
            "confidence must lie strictly between 0 and 1, got 1.0. Use for example 0.95.",
        ),
    ],
)
def test_refusals(change, message):
    given = {
        "released": PUBLIC,
        "public": PUBLIC,
        "quasi_identifiers": ["area", "age"],
        "identity": "id",
    }
    given |= change
    args = [given.pop(name) for name in ("released", "public", "quasi_identifiers")]
    with pytest.raises(InputError) as refused:
        linkage(*args, **given)
    assert str(refused.value) == message


def test_too_few_customers_are_said_to_be_too_few():
    few = PUBLIC.iloc[:5]
    words = linkage(few, PUBLIC, ["area", "age"], identity="id").sentence()
    assert words == (
        "5 released customers are too few to say what share can be singled out by area and age; "
        "0 unique links were wrong."
    )
    words = linkage(few, PUBLIC, ["area", "age"]).sentence()
    assert words == (
        "5 released customers are too few to say what share can be singled out by area and age: "
        "no truth was given."
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"matches": within_generalised}, "matches must map columns to functions or mappings, got"),
        ({"matches": {"age": 5}}, "matches of 'age' must be a function or a mapping, got 5"),
        ({"quasi_identifiers": 5}, "quasi_identifiers must be names of columns, got 5"),
    ],
)
def test_slips_are_refused_in_our_own_words(given, said):
    table = pd.DataFrame({"id": range(30), "age": range(30)})
    with pytest.raises(InputError) as refused:
        linkage(table, table, **({"quasi_identifiers": ["age"], "identity": "id"} | given))
    assert str(refused.value).startswith(said)
