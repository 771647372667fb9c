"""Made-up people: unlike anyone, alike for the same seed, and the same whoever else is there."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mimesis import Address, Locale

from equipoise.crm._identities import _draws, _pools, identities
from equipoise.exceptions import InputError

CUSTOMERS = 3000
PARTS = ["given_name", "family_name", "street", "city", "email", "phone"]


@pytest.fixture(scope="module")
def people():
    random = np.random.default_rng(3)
    number = pd.Series(np.arange(1, CUSTOMERS + 1)).astype("str").str.zfill(7)
    return pd.DataFrame(
        {
            "individual_id": "I" + number,
            "gender": pd.Series(random.choice(["woman", "man", "unknown"], CUSTOMERS), dtype="str"),
            "community": pd.Series(random.choice(["A", "B"], CUSTOMERS), dtype="str"),
        }
    )


@pytest.fixture(scope="module")
def made(people):
    return identities(people, seed=7)


def refusal(*args, **asked):
    with pytest.raises(InputError) as refused:
        identities(*args, **asked)
    return str(refused.value)


def test_the_same_seed_gives_the_same_people_and_another_gives_others(people, made):
    pd.testing.assert_frame_equal(identities(people, seed=7), made)
    other = identities(people, seed=8)
    for part in PARTS:
        assert (other[part] == made[part]).mean() < 0.05


def test_these_people_stay_who_they_are(people):
    found = identities(people.head(2).assign(gender=["woman", "man"]), seed=7)
    assert found.loc[0, PARTS].tolist()[-2:] == ["mana.carter.1@example.invalid", "+44 7700 900195"]


@settings(max_examples=25)
@given(st.lists(st.integers(0, CUSTOMERS - 1), min_size=1, max_size=40, unique=True))
def test_who_else_is_there_and_in_which_order_does_not_matter(chosen):
    number = pd.Series(np.arange(1, CUSTOMERS + 1)).astype("str")
    people = pd.DataFrame({"individual_id": "I" + number, "gender": ["woman", "man"] * 1500})
    whole = identities(people, seed=7)
    pd.testing.assert_frame_equal(identities(people.iloc[chosen], seed=7), whole.iloc[chosen])


def test_the_community_does_not_matter(people, made):
    pd.testing.assert_frame_equal(identities(people.drop(columns="community"), seed=7), made)


def test_rows_keep_their_index_and_their_number():
    people = pd.DataFrame({"individual_id": ["I9", "I4"], "gender": ["man", "woman"]}, index=[5, 3])
    found = identities(people, seed=1)
    assert found.index.tolist() == [5, 3]
    assert found["individual_id"].tolist() == ["I9", "I4"]


def test_given_names_go_with_the_gender_and_with_either_where_it_is_unknown(people, made):
    women, men = set(_pools("en")["given woman"]), set(_pools("en")["given man"])
    by_gender = made["given_name"].groupby(people["gender"]).agg(set)
    assert by_gender["woman"] <= women
    assert by_gender["man"] <= men
    assert by_gender["unknown"] & (women - men)
    assert by_gender["unknown"] & (men - women)


def test_a_missing_gender_is_an_unknown_one():
    people = pd.DataFrame({"individual_id": ["I1"], "gender": pd.Series([None], dtype="str")})
    named = people.assign(gender="unknown")
    pd.testing.assert_frame_equal(identities(people, seed=1), identities(named, seed=1))


def test_every_email_address_is_another_and_leads_nowhere(made):
    assert made["email"].is_unique
    assert made["email"].str.fullmatch(r"[a-z]+\.[a-z]+\.\d+@example\.invalid").all()


def test_phone_numbers_are_kept_free_for_fiction(made):
    assert made["phone"].str.fullmatch(r"\+44 (7700 900|1632 960)\d{3}").all()


@pytest.mark.parametrize("locale", ["en", "en-gb", "de", "fr", "nl", "sv", "da"])
def test_no_town_is_one_that_mimesis_knows(locale):
    address = Address(Locale(locale), seed=1)
    real = {address.city() for _ in range(20_000)}
    assert real.isdisjoint(_pools(locale)["city"])


def test_an_address_is_a_street_with_a_number(made):
    assert made["street"].str.fullmatch(r"\D+ \d{1,3}").mean() > 0.99


@pytest.mark.parametrize("locale", ["de", "ru", "ja", "pl"])
def test_other_languages_have_their_own_names_and_the_same_plain_addresses(people, locale):
    found = identities(people, seed=7, locale=locale)
    assert not found.isna().any(axis=None)
    assert found["email"].is_unique
    assert found["email"].str.fullmatch(r"[a-z]+\.[a-z]+\.\d+@example\.invalid").all()


def test_draws_are_even_and_do_not_depend_on_each_other():
    numbers = np.arange(1, 100_001, dtype=np.uint64)
    one, other = _draws(7, "a", numbers, 10), _draws(7, "b", numbers, 10)
    counts = np.bincount(one * 10 + other, minlength=100)
    chi_square = ((counts - 1000) ** 2 / 1000).sum()
    assert 57 < chi_square < 157  # 99.9 % of chi-square with 99 degrees of freedom, either side
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.015


def test_nobody_is_made_of_nobody(people):
    found = identities(people.iloc[:0], seed=7)
    assert list(found) == ["individual_id", *PARTS]
    assert len(found) == 0


def test_identifiers_without_a_number_of_their_own_are_refused():
    people = pd.DataFrame({"individual_id": ["I1", "Ada"], "gender": ["woman", "woman"]})
    assert refusal(people, seed=7) == (
        "individual_id must end in a number that nobody else has, got 'Ada' in row 1. "
        "Number the individuals, such as 'I0000001'."
    )
    assert refusal(people.assign(individual_id=["I1", "J01"]), seed=7) == (
        "individual_id must end in a number that nobody else has, got 'J01' in row 1. "
        "Number the individuals, such as 'I0000001'."
    )


def test_a_missing_column_is_refused():
    assert refusal(pd.DataFrame({"individual_id": ["I1"]}), seed=7) == (
        "individuals must name a column of the table, got 'gender'. Known: 'individual_id'."
    )


def test_an_unknown_locale_is_refused(people):
    assert refusal(people, seed=7, locale="en-us").startswith(
        "locale must be a known name, got 'en-us'. Did you mean "
    )


def test_a_seed_is_a_whole_number(people):
    assert refusal(people, seed=-1) == (
        "seed must be a whole number of at least 0, got -1. Use a seed such as 7."
    )


def test_mimesis_is_loaded_only_when_asked_for():
    program = "import sys, equipoise.crm._identities; print('mimesis' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert ran.stdout.decode().strip() == "False"
