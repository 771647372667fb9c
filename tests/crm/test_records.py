import re
from dataclasses import replace

import pandas as pd
import pytest

from equipoise.crm import (
    ConsentSelection,
    UnderRepresentation,
    dictionary,
    make_crm,
)
from equipoise.crm._schema import TABLES
from equipoise.exceptions import InputError

BY_NAME_ALSO_IN_TABLES = {"individual_id", "contact_id", "campaign_id"}


def assert_same_tables(one, other):
    assert list(one.tables) == list(other.tables)
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, other.tables[name])


def test_the_tables_are_those_of_the_schema(clean):
    assert tuple(clean.tables) == TABLES


def test_the_columns_are_those_of_the_dictionary_in_its_order(clean):
    columns = dictionary().groupby("table")["column"].agg(list)
    assert {name: list(frame) for name, frame in clean.tables.items()} == columns.to_dict()


def test_an_unknown_task_is_refused_with_the_nearest(clean):
    message = "task must be a known name, got 'offer_respons'. Did you mean 'offer_response'?"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        clean.task("offer_respons")


def test_its_text_names_what_was_done(clean, distorted):
    assert repr(clean) == "CRM(customers=4000, seed=11, distortions=none)"
    assert repr(distorted) == (
        "CRM(customers=4000, seed=11, distortions=historical_targeting=0.6:community=B)"
    )
    assert repr(clean.truth) == (
        f"Truth(individuals=4000, campaign_members={len(clean.truth.members)})"
    )


def test_its_text_names_distortions_in_the_order_in_which_they_act():
    crm = make_crm(
        customers=50,
        seed=1,
        distortions=[
            UnderRepresentation(dose=0.1, group=("gender", "man")),
            ConsentSelection(dose=0.2, group=("age_band", "60+")),
        ],
    )
    assert repr(crm) == (
        "CRM(customers=50, seed=1, distortions=consent_selection=0.2:age_band=60+, "
        "under_representation=0.1:gender=man)"
    )


def test_a_world_is_frozen(clean):
    with pytest.raises(AttributeError):
        clean.tables = {}
    with pytest.raises(AttributeError):
        clean.seed = 2


def test_a_clean_world_is_its_own_twin(clean):
    assert clean.clean_twin is clean


def test_the_twin_of_a_distorted_world_is_the_clean_one(clean, distorted):
    assert_same_tables(distorted.clean_twin, clean)
    assert distorted.clean_twin.distortions == ()
    assert distorted.clean_twin is distorted.clean_twin


def test_distortions_can_be_exchanged_and_taken_back(clean, distorted):
    again = clean.with_distortions(*distorted.distortions)
    assert_same_tables(again, distorted)
    assert_same_tables(distorted.with_distortions(), clean)


def test_the_truth_about_a_customer_is_the_clean_twin_s_record(distorted):
    twin = distorted.clean_twin.tables["campaign_members"]
    known = distorted.truth.members
    assert known["campaign_id"].tolist() == twin["campaign_id"].tolist()
    assert known["contact_id"].tolist() == twin["contact_id"].tolist()
    assert known["undistorted_status"].tolist() == twin["status"].tolist()
    assert known["undistorted_has_responded"].tolist() == twin["has_responded"].tolist()


def test_what_the_records_of_the_contacted_show_is_the_potential_outcome(distorted):
    members = distorted.tables["campaign_members"].merge(
        distorted.truth.members, on=["campaign_id", "contact_id"], validate="1:1"
    )
    contacted = members["status"] == "contacted"
    answered = contacted & members["orders_if_contacted"]
    assert members["has_responded"].tolist() == answered.tolist()


def test_no_table_has_a_column_that_only_the_truth_knows(distorted):
    secret = {*distorted.truth.latents, *distorted.truth.members} - BY_NAME_ALSO_IN_TABLES
    for name, frame in distorted.tables.items():
        assert not secret & set(frame), name


def test_no_column_of_a_table_has_the_numbers_of_a_latent(clean):
    latents = clean.truth.latents.select_dtypes("number").round(6)
    values = [set(latents[name]) for name in latents]
    for frame in clean.tables.values():
        numbers = frame.select_dtypes("float64")
        for name in numbers:
            seen = numbers[name][numbers[name] % 1 != 0].round(6)
            assert all(seen.isin(latent).mean() < 0.05 for latent in values if len(seen)), name


def test_tasks_and_features_are_posed_without_the_truth(distorted):
    """A world whose truth is someone else's poses the same task."""
    other = replace(distorted, truth=make_crm(customers=10, seed=2).truth)
    assert other.task("offer_response").digest == distorted.task("offer_response").digest


def test_members_who_were_never_recorded_are_in_the_truth_alone():
    missing = UnderRepresentation(dose=1.0, group=("community", "B"))
    crm = make_crm(customers=1000, seed=4, distortions=[missing])
    latents = crm.truth.latents
    assert len(latents) == 1000
    gone = latents[~latents["is_recorded"]]
    assert len(gone) > 100
    for name, frame in crm.tables.items():
        for key in {"individual_id", "contact_id"} & set(frame):
            assert not frame[key].isin(gone[key]).any(), name
