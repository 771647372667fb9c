"""What k-anonymity does not do, shown on tables that have it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity import anonymise, homogeneous_classes, measure_anonymity


def test_two_releases_of_the_same_customers_single_people_out():
    # Eight people, two known facts. Each release leaves out one of the two and is 2-anonymous.
    truth = pd.DataFrame(
        {
            "age": [31, 31, 38, 38, 52, 52, 57, 57],
            "postcode": ["K01", "K02"] * 4,
            "reason": [f"reason {j}" for j in range(8)],
        }
    )
    ages = anonymise(truth[["age", "reason"]], quasi_identifiers={"age": []}, k=2)
    places = anonymise(truth[["postcode", "reason"]], quasi_identifiers={"postcode": []}, k=2)
    assert min(ages.anonymity.k, places.anonymity.k) >= 2
    for person in truth.itertuples():
        one = set(ages.table.loc[ages.table["age"] == person.age, "reason"])
        other = set(places.table.loc[places.table["postcode"] == person.postcode, "reason"])
        assert min(len(one), len(other)) >= 2
        assert one & other == {person.reason}


def test_releases_of_the_synthetic_crm_compose_badly(people):
    known = ["postcode_area", "household_size", "lead_source", "birth_date"]
    secret = people["consumer_credit_score"]
    by_place = {key: [] for key in known[:3]} | {"birth_date": ["*"]}
    by_age = {"birth_date": ["month", "quarter"]} | {key: ["*"] for key in known[:3]}
    releases = [
        anonymise(people[[*known, secret.name]], quasi_identifiers=steps, k=5, max_suppressed=0.8)
        for steps in (by_place, by_age)
    ]
    assert min(release.anonymity.k for release in releases) >= 5
    values = [
        release.table[secret.name].groupby(release.anonymity.class_of_row).agg(set)
        for release in releases
    ]
    classes = [
        pd.Series(release.anonymity.class_of_row, index=release.table.index) for release in releases
    ]
    both = classes[0].index.intersection(classes[1].index)
    seen = [(values[0][classes[0][row]], values[1][classes[1][row]], secret[row]) for row in both]
    assert all(min(len(one), len(other)) > 1 for one, other, _ in seen)
    told = sum(one & other == {true} for one, other, true in seen)
    assert told > 0.5 * len(seen) > 100


def test_a_k_anonymous_table_still_tells_a_complaint(people):
    complaints = people["reason"].fillna("none")
    told = pd.DataFrame(
        {
            "area": np.where(complaints == "complaint", "K99", people["postcode_area"]),
            "reason": complaints,
        }
    )
    found = anonymise(told, quasi_identifiers={"area": ["*"]}, k=10)
    assert found.anonymity.k >= 10
    same = homogeneous_classes(found.table, quasi_identifiers="area", sensitive="reason")
    assert same["reason"].tolist() == ["complaint"]
    assert same["customers"].tolist() == [int((complaints == "complaint").sum())]
    diverse = anonymise(told, quasi_identifiers={"area": ["*"]}, k=10, sensitive="reason", l=2,
                        max_suppressed=0.0)  # fmt: skip
    assert homogeneous_classes(diverse.table, quasi_identifiers="area", sensitive="reason").empty


def test_homogeneous_classes_agree_with_the_share_that_is_told(make):
    table = make(200, 5)
    names = ["postcode", "age"]
    told = homogeneous_classes(table, quasi_identifiers=names, sensitive="reason", smallest=1)
    found = measure_anonymity(table, quasi_identifiers=names, sensitive="reason")
    assert told["customers"].sum() / 200 == pytest.approx(found.attributes["share_told"].iloc[0])
    for row in told.itertuples(index=False):
        same = (table["age"] == row.age) & (
            table["postcode"].isna() if pd.isna(row.postcode) else table["postcode"] == row.postcode
        )
        assert same.sum() == row.customers
        assert table.loc[same, "reason"].nunique(dropna=False) == 1
    larger = homogeneous_classes(table, quasi_identifiers=names, sensitive="reason")
    assert (larger["customers"] >= 2).all()
    assert len(larger) < len(told)


def test_a_class_of_one_customer_with_many_rows_is_no_larger_for_them():
    table = pd.DataFrame(
        {"who": list("aaabc"), "area": ["K01"] * 3 + ["K02"] * 2, "case": "advice"}
    )
    asked = {"quasi_identifiers": "area", "sensitive": "case"}
    assert homogeneous_classes(table, **asked)["customers"].tolist() == [3, 2]
    found = homogeneous_classes(table, unit="who", **asked)
    assert found.to_numpy().tolist() == [["K02", 2, "advice"]]
    single = homogeneous_classes(table, unit="who", smallest=1, **asked)
    measured = measure_anonymity(table, unit="who", **asked)
    assert sorted(single["customers"]) == sorted(measured.frame()["customers"])


def test_nobody_in_two_roles():
    table = pd.DataFrame({"area": ["K01"]})
    with pytest.raises(InputError, match="sensitive must not name a quasi-identifier, got 'area'"):
        homogeneous_classes(table, quasi_identifiers="area", sensitive="area")
