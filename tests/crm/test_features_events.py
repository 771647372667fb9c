import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm import features_at, make_crm
from equipoise.crm._features_events import events_12m, order_figures, places
from equipoise.exceptions import InputError

DATE = pd.Timestamp("2026-03-02")
SMALL = make_crm(customers=300, seed=1).tables
ORDERS = SMALL["orders"]
EVENTS = ("orders", "email_events", "cases")
KINDS = {
    "text": lambda column: column.astype("str"),
    "text of Python": lambda column: column.astype(pd.StringDtype("python", na_value=np.nan)),
    "text with NA": lambda column: column.astype("string"),
    "object": lambda column: column.astype("object"),
    "category": lambda column: column.astype("category"),
    "number": lambda column: column.str[1:].astype("Int64"),
}
keys = st.lists(st.integers(0, 40), max_size=20, unique=True)
values = st.lists(st.one_of(st.none(), st.integers(0, 40)), max_size=60)


def column_of(numbers, kind):
    texts = [None if number is None else f"C{number}" for number in numbers]
    return KINDS[kind](pd.Series(texts, dtype="str"))


@settings(max_examples=60)
@given(keys=keys, values=values, kind=st.sampled_from([*KINDS]), with_missing=st.booleans())
def test_places_are_those_of_a_dictionary(keys, values, kind, with_missing):
    known = {key: place for place, key in enumerate(keys)}
    index = pd.Index(column_of([*keys, None] if with_missing else keys, kind))
    found = places(column_of(values, kind), index)
    assert found.tolist() == [known.get(value, -1) for value in values]


@pytest.mark.parametrize("theirs", [kind for kind in KINDS if kind != "number"])
@pytest.mark.parametrize("ours", [kind for kind in KINDS if kind != "number"])
def test_texts_meet_however_they_are_held(ours, theirs):
    index = pd.Index(column_of([3, 1, 2], ours))
    assert places(column_of([2, None, 3, 9], theirs), index).tolist() == [2, -1, 0, -1]


@pytest.mark.parametrize("arranged", ["by customer", "by date", "at random"])
def test_figures_are_to_the_last_digit_those_of_grouping_by_customer(arranged):
    orders = {
        "by customer": ORDERS,
        "by date": ORDERS.sort_values("order_date"),
        "at random": ORDERS.sample(frac=1, random_state=1),
    }[arranged]
    keys = pd.Index(ORDERS["contact_id"].unique())[::-1]
    past = orders[orders["order_date"] < DATE]
    age_days = (DATE - past["order_date"]).dt.days
    rows = pd.DataFrame(
        {
            "days_since_last_order": age_days,
            "orders_12m": age_days <= 365,
            "orders_3m": age_days <= 91,
            "spend_eur_12m": past["amount_eur"].where(age_days <= 365, 0.0),
            "mean_basket_eur": past["amount_eur"],
            "discounted_orders_share": past["discount_eur"] > 0,
            "store_orders_share": past["channel"] == "store",
        }
    ).astype("float64")
    how = dict.fromkeys(rows, "mean") | {"days_since_last_order": "min"}
    how |= dict.fromkeys(("orders_12m", "orders_3m", "spend_eur_12m"), "sum")
    expected = rows.groupby(past["contact_id"], sort=False).agg(how).reindex(keys)
    counts = ["orders_12m", "orders_3m"]
    expected[counts] = expected[counts].fillna(0.0)
    found = order_figures(orders, keys, DATE)
    assert set(found) == set(expected)
    for name, figures in found.items():
        np.testing.assert_array_equal(figures, expected[name].to_numpy(), err_msg=name)


def test_figures_whose_columns_are_not_there_are_left_out():
    keys = pd.Index(ORDERS["contact_id"].unique())
    found = order_figures(ORDERS[["contact_id", "order_date", "channel"]], keys, DATE)
    assert set(found) == {
        "days_since_last_order",
        "orders_12m",
        "orders_3m",
        "store_orders_share",
    }


def test_an_unknown_discount_is_not_counted_as_none():
    orders = pd.DataFrame(
        {
            "contact_id": ["C1", "C1", "C1", "C2"],
            "order_date": DATE - pd.Timedelta(days=3),
            "discount_eur": pd.array([5.0, 0.0, None, None], dtype="Float64"),
        }
    )
    found = order_figures(orders, pd.Index(["C1", "C2", "C3"]), DATE)
    np.testing.assert_array_equal(found["discounted_orders_share"], [0.5, np.nan, np.nan])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_year_is_365_whole_days_before_the_moment(unit):
    day, minute = pd.Timedelta(days=1), pd.Timedelta(minutes=1)
    edges = [0 * day, minute, 365 * day, 366 * day - minute, 366 * day, None]
    dates = pd.Series([pd.NaT if ago is None else DATE - ago for ago in edges])
    events = pd.DataFrame({"contact_id": [f"C{place}" for place in range(6)]})
    events["at"] = dates.astype(f"datetime64[{unit}]")
    found = events_12m(events, "at", pd.Index(events["contact_id"]), DATE)
    assert found.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]


def test_no_keys_and_no_rows_give_nothing():
    none = pd.Index([], dtype="str")
    assert all(len(figures) == 0 for figures in order_figures(ORDERS, none, DATE).values())
    found = order_figures(ORDERS.iloc[:0], pd.Index(["C1"]), DATE)
    assert found["orders_12m"].tolist() == [0.0]
    assert np.isnan(found["days_since_last_order"]).all()


AS = {
    "text of Python": pd.StringDtype("python", na_value=np.nan),
    "text with NA": "string",
    "object": "object",
    "category": "category",
}


@pytest.mark.parametrize("kind", AS)
@pytest.mark.parametrize("changed", [("individuals", "contacts", *EVENTS), EVENTS, ("contacts",)])
def test_how_texts_are_held_does_not_move_a_number(kind, changed):
    held = {
        name: SMALL[name].astype(dict.fromkeys(SMALL[name].select_dtypes("str"), AS[kind]))
        for name in changed
    }
    found, expected = features_at({**SMALL, **held}, DATE), features_at(SMALL, DATE)
    assert found.index.tolist() == expected.index.tolist()
    pd.testing.assert_frame_equal(found.reset_index(drop=True).astype(expected.dtypes),
                                  expected.reset_index(drop=True), check_exact=True)  # fmt: skip


def test_a_contact_who_stands_twice_has_the_same_features_twice():
    contacts = SMALL["contacts"]
    twice = pd.concat([contacts, contacts.iloc[::-1]])
    expected = features_at(SMALL, DATE)
    pd.testing.assert_frame_equal(
        features_at({**SMALL, "contacts": twice}, DATE), pd.concat([expected, expected[::-1]])
    )


def test_a_contact_without_an_id_has_none_of_the_rows_without_one():
    tables = dict(SMALL)
    for name in ("contacts", *EVENTS):
        column = SMALL[name]["contact_id"]
        tables[name] = SMALL[name].assign(contact_id=column.mask(column == column.iloc[0]))
    before = features_at(tables, DATE)
    features = before[before.index.isna()]
    assert len(features) == 1
    assert (features[["orders_12m", "email_clicks_12m", "cases_12m"]] == 0).all(axis=None)


def test_a_missing_person_moves_nobody_else_s_household():
    people = SMALL["individuals"].assign(household_size=3)
    contacts = SMALL["contacts"].assign(
        individual_id=people["individual_id"].mask(people.index == 0)
    )
    features = features_at({**SMALL, "individuals": people[5:], "contacts": contacts}, DATE)
    assert set(features["household_size"]) == {"3", "unknown"}


def test_a_person_who_stands_twice_is_refused():
    people = SMALL["individuals"]
    tables = {**SMALL, "individuals": pd.concat([people, people[2:3]])}
    message = (
        "individuals.individual_id must name each person once, got 'I00000003' twice. "
        "Keep one row a person."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        features_at(tables, DATE)
    assert len(features_at(tables, DATE, purpose="service")) > 0
