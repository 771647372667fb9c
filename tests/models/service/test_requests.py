"""The requests of a CRM with their customers, and columns that would mislead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.exceptions import InputError
from equipoise.models.service import requests_of, waiting


@pytest.fixture(scope="module")
def tables():
    return dict(make_crm(customers=300, seed=7).tables)


def test_every_request_keeps_its_row_and_gets_its_customer(tables):
    found = requests_of(tables)
    pd.testing.assert_frame_equal(found[[*tables["cases"]]], tables["cases"])
    people = tables["individuals"].set_index("individual_id")
    assert (found["age_band"] == people["age_band"].reindex(found["individual_id"]).array).all()


def test_a_request_without_a_customer_is_refused(tables):
    with pytest.raises(InputError) as refusal:
        requests_of(tables | {"contacts": tables["contacts"].iloc[:0]})
    n = len(tables["cases"])
    assert str(refusal.value) == (
        f"cases must be of known customers, got {n} of {n} requests without. Load the contacts and "
        "individuals of these requests, or remove them."
    )


def test_a_missing_table_is_refused():
    with pytest.raises(InputError) as refusal:
        requests_of({"case": pd.DataFrame()})
    assert str(refusal.value) == (
        "tables must hold cases, contacts and individuals, got no 'cases'. Did you mean 'case'?"
    )


@pytest.mark.parametrize(
    ("columns", "given", "message"),
    [
        (
            {"hours": [-2.0, *[1.0] * 11]},
            {},
            "hours 'hours' must be at least 0, got -2 among 1 of 12 rows below. Answered before it "
            "was opened: correct the two times.",
        ),
        (
            {"hours": [np.nan, *[1.0] * 11]},
            {},
            "hours 'hours' must not be missing, got 1 of 12 rows without. Complete or remove those "
            "requests.",
        ),
        (
            {"hours": ["1"] * 12},
            {},
            "hours 'hours' must be numbers, got str. Convert the column first.",
        ),
        (
            {"settled": ["yes"] * 12},
            {},
            "settled must be true or false, or 1 or 0, got 'yes'. Code it first.",
        ),
        (
            {"who": [None, *range(11)]},
            {},
            "unit 'who' must not be missing, got 1 of 12 rows without. Complete or remove those "
            "requests.",
        ),
        (
            {},
            {"reference": {"band": "c"}},
            "reference of 'band' must be one of its groups, got 'c'. Known: 'a', 'b'.",
        ),
        (
            {},
            {"reference": {"bend": "a"}},
            "reference must name a column of the table, got 'bend'. Did you mean 'band'?",
        ),
        ({}, {"reference": {}}, "reference must name an attribute, got none. Use {'age_band': '30-44'}."),
        (
            {"hours": [np.inf, *[1.0] * 11]},
            {},
            "hours 'hours' must be finite, got infinity in 1 of 12 rows. "
            "Leave requests that were never answered out, and say so.",
        ),
        (
            {},
            {"reference": "band"},
            "reference must map attributes to groups, got str. Use {'age_band': '30-44'}.",
        ),
        (
            {},
            {"alike": "origin"},
            "alike must name a column of the table, got 'origin'. "
            "Known: 'who', 'band', 'hours', 'settled'.",
        ),
        (
            {},
            {"alike": ["origin"]},
            "alike must name a column of the table, got 'origin'. "
            "Known: 'who', 'band', 'hours', 'settled'.",
        ),
        (
            {},
            {"longer_than_hours": -1},
            "longer_than_hours must be a number in [0, inf], got -1. Give a plain number.",
        ),
    ],
)  # fmt: skip
def test_what_would_mislead_is_refused(table, columns, given, message):
    asked = {"reference": {"band": "a"}, "unit": "who", "hours": "hours", "alike": ()}
    asked |= {"resolved": "settled", "escalated": None}
    with pytest.raises(InputError) as refusal:
        waiting(table(6, 6, **columns), **(asked | given))
    assert str(refusal.value) == message


def test_a_column_that_comes_twice_is_refused(table):
    twice = pd.concat([table(6, 6), table(6, 6)[["band"]]], axis=1)
    with pytest.raises(InputError) as refusal:
        waiting(twice, reference={"band": "a"}, unit="who", hours="hours")
    assert str(refusal.value) == (
        "requests must have each column once, got 'band' twice. Rename or remove one."
    )


def test_no_requests_are_refused():
    with pytest.raises(InputError) as refusal:
        waiting(pd.DataFrame(), reference={"band": "a"})
    assert str(refusal.value) == (
        "requests must be a pandas DataFrame with rows, got no rows. Use requests_of(crm.tables)."
    )
