"""What the course says about its customers, before and after each remedy."""

from __future__ import annotations

import pandas as pd
import pytest

import equipoise as eq
from equipoise.privacy.anonymity import anonymise
from equipoise.privacy.attacks import linkage, reconstruct, within_generalised
from equipoise.privacy.queries.mechanisms import LaplaceMechanism

KNOWN = ["postcode_area", "birth_date", "gender"]
STEPS = {
    "postcode_area": [2, 1, "*"],
    "birth_date": ["month", "quarter", "year", 5, 10, 20, "*"],
    "gender": ["*"],
}


@pytest.fixture(scope="module")
def people():
    tables = eq.make_crm(customers=1500, seed=7).tables
    area = tables["contacts"][["individual_id", "postcode_area"]]
    return tables["individuals"].merge(area, on="individual_id")


def test_area_birth_date_and_gender_single_out_most_customers(people):
    export = people.sample(600, random_state=0)
    groups = export[["gender", "age_band"]]
    result = linkage(export, people, KNOWN, identity="individual_id", groups=groups)
    row = result.frame().iloc[0]
    assert row.low > 0.9
    assert row.wrong_links == 0
    coarse = ["postcode_area", "age_band", "gender"]
    banded = linkage(export, people, coarse, identity="individual_id").frame()
    assert banded.high[0] < 0.1


@pytest.mark.parametrize("k", [3, 10])
def test_after_k_anonymity_nobody_on_a_full_list_is_singled_out(people, k):
    export = people[["individual_id", *KNOWN]]
    released = anonymise(export, quasi_identifiers=STEPS, k=k).table
    assert released["birth_date"].ne(export["birth_date"].reindex(released.index)).all()
    matches = dict.fromkeys(KNOWN, within_generalised)
    result = linkage(released, people, KNOWN, identity="individual_id", matches=matches)
    row = result.frame().iloc[0]
    assert (row.one_match, row.unmatched) == (0, 0)
    assert result.customers()["is_right"].all()
    assert result.customers()["matches"].min() >= k
    assert row.guessed <= 1 / k


def test_twenty_counts_reconstruct_a_salary_band_and_noisy_ones_do_not(people):
    high = people["income_band"] == "high"
    team = pd.concat([people[high].iloc[:8], people[~high].iloc[:12]])
    secret = team["income_band"] == "high"
    known = ["gender", "age_band", "community", "household_size"]
    exact, noised = (
        reconstruct(team, secret, known, counts=20, mechanism=mechanism, random_state=0).frame()
        for mechanism in (None, LaplaceMechanism(sensitivity=1, epsilon=0.05))
    )
    assert exact.low[0] > exact.base_rate[0] + 0.1
    assert noised.recovered[0] < noised.base_rate[0] + 0.05
