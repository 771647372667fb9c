from dataclasses import FrozenInstanceError

import pytest

from equipoise.consent import CHANNELS, PURPOSES, purpose_table

BASES = {"consent", "contract", "legitimate_interest", "legal_obligation"}


def test_the_purposes_are_six():
    assert list(PURPOSES) == [
        "service",
        "analytics",
        "personalised_offers",
        "profiling",
        "third_party_sharing",
        "fairness_audit",
    ]


@pytest.mark.parametrize("name", list(PURPOSES))
def test_a_purpose_has_a_sentence_known_bases_and_known_channels(name):
    purpose = PURPOSES[name]
    assert purpose.name == name
    assert purpose.covers.endswith(".")
    assert purpose.covers.count(". ") == 0
    assert purpose.legal_bases
    assert set(purpose.legal_bases) <= BASES
    assert set(purpose.channels) <= set(CHANNELS)


def test_only_service_and_offers_reach_out():
    reaching_out = [name for name, purpose in PURPOSES.items() if purpose.channels != ("any",)]
    assert reaching_out == ["service", "personalised_offers"]


def test_profiles_offers_and_sharing_rest_on_consent_alone():
    for name in ("personalised_offers", "profiling", "third_party_sharing"):
        assert PURPOSES[name].legal_bases == ("consent",)


def test_the_table_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PURPOSES["service"].covers = "everything"
    with pytest.raises(TypeError):
        PURPOSES["service"] = PURPOSES["analytics"]


def test_the_frame_has_a_row_a_purpose():
    table = purpose_table()
    assert list(table) == ["name", "covers", "legal_bases", "channels"]
    assert table["name"].tolist() == list(PURPOSES)
