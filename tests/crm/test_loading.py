import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.consent import CHANNELS, PURPOSES, check_events
from equipoise.crm._loading import (
    NOT_OURS,
    NOWHERE,
    LoadedCRM,
    Unmapped,
    as_events,
    checked_purposes,
    targets,
)
from equipoise.exceptions import InputError

EVERY_REACH = [
    (purpose, channel)
    for purpose in ("service", "personalised_offers")
    for channel in ("email", "post", "phone")
]


@pytest.mark.parametrize(
    ("expression", "purpose", "channel", "pairs"),
    [
        ("opt_in", "service", "post", [("service", "post")]),
        ("opt_in", "profiling", "post", [("profiling", "any")]),
        ("opt_in", "profiling", None, [("profiling", "any")]),
        ("opt_in", "service", None, []),
        ("opt_in", "service", NOWHERE, []),
        ("opt_in", None, "email", []),
        ("opt_in", NOT_OURS, "email", []),
        ("opt_out", "service", "post", [("service", "post")]),
        ("opt_out", "service", None, EVERY_REACH[:3]),
        ("opt_out", "service", NOWHERE, []),
        ("opt_out", None, "email", [("service", "email"), ("personalised_offers", "email")]),
        ("opt_out", None, None, EVERY_REACH),
        ("opt_out", NOT_OURS, None, []),
    ],
)
def test_vague_refusals_reach_far_and_vague_opt_ins_nowhere(expression, purpose, channel, pairs):
    assert targets(expression, purpose, channel) == pairs


@given(
    purpose=st.sampled_from([*PURPOSES, NOT_OURS, None]),
    channel=st.sampled_from([*CHANNELS, NOWHERE, None]),
)
def test_an_opt_in_never_reaches_further_than_a_refusal(purpose, channel):
    opt_in = targets("opt_in", purpose, channel)
    assert set(opt_in) <= set(targets("opt_out", purpose, channel))
    assert all(channel in PURPOSES[purpose].channels for purpose, channel in opt_in)


def test_purposes_are_checked_and_none_is_an_answer():
    assert checked_purposes({"News": "service", 7: None}) == {"News": "service", "7": NOT_OURS}


@pytest.mark.parametrize(
    ("purposes", "message"),
    [
        (
            {"News": "personalized_offers"},
            "purposes['News'] must be a known name, got 'personalized_offers'. "
            "Did you mean 'personalised_offers'?",
        ),
        (
            "service",
            "purposes must map the purposes of the export to ours, got 'service'. "
            'Use for example {"Newsletter": "personalised_offers"}, or {} to map none.',
        ),
    ],
)
def test_a_purpose_that_is_not_ours_is_refused(purposes, message):
    with pytest.raises(InputError) as refused:
        checked_purposes(purposes)
    assert str(refused.value) == message


def test_no_record_gives_no_event():
    assert check_events(as_events([])).empty


def test_notes_keep_their_order_and_count_values():
    unmapped = Unmapped()
    unmapped.note("Contact", "Why.", column="Fax", rows=3)
    unmapped.note_values("Lead", "Status", pd.Series(["b", "a", "b", None]), "Odd.")
    frame = unmapped.frame()
    assert list(frame) == ["object", "column", "value", "rows", "why"]
    assert frame["object"].tolist() == ["Contact", "Lead", "Lead", "Lead"]
    assert frame["value"].isna().tolist() == [True, False, False, False]
    assert frame[["value", "rows"]].to_numpy()[1:].tolist() == [["(blank)", 1], ["a", 1], ["b", 2]]


def test_a_loaded_crm_says_what_it_holds():
    people = pd.DataFrame({"individual_id": ["P1", "P2"]})
    crm = LoadedCRM("Salesforce", {"individuals": people}, as_events([]), Unmapped().frame())
    assert repr(crm) == "LoadedCRM(Salesforce: individuals=2, consent_events=0, unmapped=0)"
