import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.consent import in_force

OPT_OUT = {"expression": "opt_out"}


@pytest.mark.parametrize(
    ("rows", "state", "record"),
    [
        ([{}], "granted", "E0"),
        ([{}, {"effective_at": "2026-01-03"}], "granted", "E1"),
        ([OPT_OUT], "refused", "E0"),
        ([OPT_OUT, {"effective_at": "2026-01-01"}], "refused", "E0"),
        ([{"effective_at": "2026-01-01"}, OPT_OUT, OPT_OUT], "refused", "E1"),
        ([{}, OPT_OUT], "conflicting", "E1"),
        ([{}, OPT_OUT | {"effective_at": None, "recorded_at": None}], "conflicting", "E1"),
        ([{"effective_at": None}, OPT_OUT | {"effective_at": "2026-01-01"}], "conflicting", "E1"),
        ([{"effective_at": None}, OPT_OUT | {"effective_at": "2026-01-03"}], "refused", "E1"),
        ([{"has_proof": False}], "without_proof", "E0"),
        ([{"has_proof": False}, OPT_OUT], "refused", "E1"),
        ([{"expires_at": "2026-01-03"}], "expired", "E0"),
        ([{"effective_at": "2026-01-01"}, {"expires_at": "2026-01-03"}], "expired", "E1"),
        ([{"expires_at": "2026-01-03"}, {"has_proof": False}], "without_proof", "E1"),
        ([{"expires_at": "2026-01-03"}, OPT_OUT], "refused", "E1"),
        ([{"effective_at": "2026-01-04"}], "no_expression", None),
        ([{"has_proof": False, "expires_at": "2026-01-03"}], "no_expression", None),
    ],
)
def test_each_state_names_the_record_that_decides(as_events, rows, state, record):
    row = in_force(as_events(*rows), at="2026-01-03").iloc[0]
    assert row["state"] == state
    if record is None:
        assert row[["consent_event_id", "expression", "effective_at", "source"]].isna().all()
    else:
        assert row["consent_event_id"] == record
    assert row["why"].endswith(".")


def test_what_is_not_known_yet_was_not_said_yet(as_events):
    events = as_events(OPT_OUT | {"recorded_at": "2026-01-20"})
    assert in_force(events, at="2026-01-10")["state"].tolist() == ["refused"]
    seen = in_force(events, at="2026-01-10", known_at="2026-01-10")
    assert seen["state"].tolist() == ["no_expression"]
    assert seen["why"].tolist() == ["Nothing that is known was in force at that moment."]


def test_there_is_a_row_for_each_person_purpose_and_channel_mentioned(as_events):
    events = as_events(
        {"individual_id": "P2"},
        {"purpose": "service", "channel": "phone"},
        {"purpose": "service", "channel": "email"},
        {},
    )
    table = in_force(events, at="2026-01-03")
    assert list(table.columns) == [
        "individual_id",
        "purpose",
        "channel",
        "state",
        "consent_event_id",
        "expression",
        "effective_at",
        "recorded_at",
        "expires_at",
        "source",
        "why",
    ]
    assert table[["individual_id", "purpose", "channel"]].to_numpy().tolist() == [
        ["P1", "service", "email"],
        ["P1", "service", "phone"],
        ["P1", "profiling", "any"],
        ["P2", "profiling", "any"],
    ]


def test_no_events_give_no_rows(as_events):
    table = in_force(as_events(), at="2026-01-03")
    assert table.empty
    assert "why" in table


def test_ids_keep_their_kind(as_events):
    events = as_events({"individual_id": 12}, {"individual_id": 3})
    assert in_force(events, at="2026-01-03")["individual_id"].tolist() == [3, 12]


@given(data=st.data())
def test_neither_order_nor_index_of_the_events_matters(any_events, questions, data):
    events, asked = data.draw(any_events()), data.draw(questions)
    del asked["purpose"]
    shuffled = events.iloc[data.draw(st.permutations(range(len(events))))]
    pd.testing.assert_frame_equal(
        in_force(shuffled.set_index(pd.Index([0] * len(events))), **asked),
        in_force(events, **asked),
    )
