import pandas as pd
import pytest

from equipoise.consent import POLICIES, PURPOSES, permitted, policy_table
from equipoise.exceptions import InputError

PEOPLE = pd.DataFrame({"individual_id": ["P1", "P2", None]})


def test_the_frame_has_a_row_a_policy():
    table = policy_table()
    assert list(table) == ["name", "permits", "purposes"]
    assert table["name"].tolist() == list(POLICIES)


def test_every_policy_but_one_can_be_asked_for_every_purpose():
    narrow = [name for name, policy in POLICIES.items() if policy.purposes != tuple(PURPOSES)]
    assert narrow == ["legitimate_interest"]
    assert POLICIES["legitimate_interest"].purposes == ("service",)


def test_legitimate_interest_is_refused_for_anything_but_service(as_events):
    with pytest.raises(InputError) as refused:
        permitted(
            PEOPLE,
            as_events({}),
            purpose="analytics",
            at="2026-01-03",
            policy="legitimate_interest",
        )
    assert str(refused.value) == (
        "policy 'legitimate_interest' must be asked for purpose service, got 'analytics'. "
        "Use policy 'opt_in', or 'opt_out' to compare."
    )


@pytest.mark.parametrize(
    ("notices", "found"),
    [
        ([], "no events"),
        (["fictional-1", "2026-04"], "1 of 2 events with another notice or none"),
        (["fictional-1", None], "1 of 2 events with another notice or none"),
        (["not fictional-1"], "1 of 1 events with another notice or none"),
    ],
)
def test_everyone_is_refused_unless_every_event_is_synthetic(as_events, notices, found):
    events = as_events(*[{"notice_version": notice} for notice in notices])
    with pytest.raises(InputError) as refused:
        permitted(PEOPLE, events, purpose="profiling", at="2026-01-03", policy="everyone")
    assert str(refused.value) == (
        "policy 'everyone' must be asked of synthetic events only, whose notice_version starts "
        f"with 'fictional-', got {found}. Use policy 'opt_in', or 'opt_out' to compare."
    )


def test_everyone_permits_all_rows_of_synthetic_people(as_events):
    events = as_events({"expression": "withdrawal"})
    rows = permitted(PEOPLE, events, purpose="profiling", at="2026-01-03", policy="everyone")
    pd.testing.assert_frame_equal(rows, PEOPLE)


def test_an_unknown_policy_is_refused(as_events):
    with pytest.raises(InputError) as refused:
        permitted(PEOPLE, as_events({}), purpose="profiling", at="2026-01-03", policy="optin")
    assert str(refused.value) == (
        "policy must be a known name, got 'optin'. Did you mean 'opt_in'?"
    )
