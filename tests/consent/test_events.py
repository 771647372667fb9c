import numpy as np
import pandas as pd
import pytest

from equipoise.consent import EVENT_COLUMNS, check_events
from equipoise.exceptions import InputError

ISO = "must hold ISO dates (2026-03-31 or 2026-03-31T10:00:00Z), or none"
REWRITE = "Rewrite the dates year-month-day: 03/04 means two different days."
ONE_ZONE = "Convert them to one time zone first."


def refusal(events):
    with pytest.raises(InputError) as refused:
        check_events(events)
    return str(refused.value)


def test_the_rows_arrive_as_they_were_but_for_their_dates(as_events):
    events = as_events({}, {"expires_at": "2027-01-01"}).set_index(pd.Index(["b", "a"]))
    before = events.copy(deep=True)
    checked = check_events(events.assign(remark="kept"))
    assert checked.index.tolist() == ["b", "a"]
    assert list(checked) == [*EVENT_COLUMNS, "remark"]
    assert checked["effective_at"].dtype == "datetime64[us]"
    assert checked["expires_at"].isna().tolist() == [True, False]
    pd.testing.assert_frame_equal(events, before)


def test_checked_events_can_be_checked_again(as_events):
    checked = check_events(as_events({}, {"recorded_at": None}))
    pd.testing.assert_frame_equal(check_events(checked), checked)


def test_no_events_are_fine(as_events):
    checked = check_events(as_events())
    assert checked.empty
    assert checked["recorded_at"].dtype == "datetime64[us]"


def test_something_else_than_a_frame_is_refused():
    assert refusal([]) == "events must be a DataFrame, got list. Read it with pandas first."


@pytest.mark.parametrize("column", EVENT_COLUMNS)
def test_a_missing_column_is_refused(as_events, column):
    assert refusal(as_events({}).drop(columns=column)) == (
        f"events must have the column {column!r}, got none of that name. "
        "Add it; values may not be known."
    )


def test_a_renamed_column_is_refused_with_the_nearest_name(as_events):
    assert refusal(as_events({}).rename(columns={"effective_at": "effective_date"})) == (
        "events must have the column 'effective_at', got none of that name. "
        "Did you mean 'effective_date'?"
    )


def test_a_repeated_column_is_refused(as_events):
    events = as_events({})
    events.insert(0, "purpose", "service", allow_duplicates=True)
    assert refusal(events) == (
        "events must name each column once, got 'purpose'. Rename one of the columns."
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"purpose": "personalized_offers"},
            "events.purpose must hold known words, got 'personalized_offers' in 1 of 2 events. "
            "Did you mean 'personalised_offers'?",
        ),
        (
            {"channel": "fax"},
            "events.channel must hold known words, got 'fax' in 1 of 2 events. "
            "Known: 'email', 'post', 'phone', 'any'.",
        ),
        (
            {"expression": None},
            "events.expression must hold known words, got nothing in 1 of 2 events. "
            "Known: 'opt_in', 'opt_out', 'withdrawal'.",
        ),
        (
            {"channel": "email"},
            "events.channel must be a channel of the purpose 'profiling', got 'email'. "
            "Known: 'any'.",
        ),
        (
            {"purpose": "service"},
            "events.channel must be a channel of the purpose 'service', got 'any'. "
            "Known: 'email', 'post', 'phone'.",
        ),
        (
            {"consent_event_id": None},
            "events.consent_event_id must not be missing, got 1 of 2 events without. "
            "Number the events.",
        ),
        (
            {"consent_event_id": "E0"},
            "events.consent_event_id must stand once each, got 'E0' more than once. "
            "Remove repeated rows, or give different events different ids.",
        ),
        (
            {"individual_id": None},
            "events.individual_id must say of every event whose it is, got 1 of 2 events without. "
            "Complete it, or set those events aside.",
        ),
        (
            {"individual_id": 7},
            "events.individual_id must hold text, or whole numbers, got mixed-integer values. "
            "Write the ids as text.",
        ),
        (
            {"has_proof": "yes"},
            "events.has_proof must be true or false in every event, got 'yes'. "
            "Write False where no proof is kept.",
        ),
        (
            {"has_proof": None},
            "events.has_proof must be true or false in every event, got nothing. "
            "Write False where no proof is kept.",
        ),
        ({"effective_at": "03/04/2026"}, f"events.effective_at {ISO}, got '03/04/2026'. {REWRITE}"),
        ({"recorded_at": "2026-03"}, f"events.recorded_at {ISO}, got '2026-03'. {REWRITE}"),
        ({"expires_at": ""}, f"events.expires_at {ISO}, got ''. {REWRITE}"),
        ({"expires_at": 20260304}, f"events.expires_at {ISO}, got 20260304.0. {REWRITE}"),
        (
            {"recorded_at": "2026-02-30"},
            "events.recorded_at must hold dates that exist, got '2026-02-30'. Correct it.",
        ),
        (
            {"effective_at": "2026-01-01T00:00:00Z"},
            "events.effective_at must hold dates that all have a UTC offset or none, got both. "
            f"{ONE_ZONE}",
        ),
    ],
)
def test_an_event_that_is_not_clear_is_refused(as_events, change, message):
    assert refusal(as_events({}, change)) == message


def test_columns_of_two_kinds_of_times_are_refused(as_events):
    events = as_events({"recorded_at": "2026-01-02T00:00:00+01:00"})
    assert refusal(events) == (
        "events must have dates that all have a UTC offset or none, got recorded_at with and "
        f"effective_at without. {ONE_ZONE}"
    )


def test_offsets_of_several_hours_become_utc(as_events):
    """The two days on which clocks change in Berlin have 23 and 25 hours."""
    written = ["2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", "2026-10-26T00:00+01:00"]
    events = as_events(*[{"effective_at": text, "recorded_at": text} for text in written])
    times = check_events(events)["effective_at"]
    assert times.dtype == "datetime64[us, UTC]"
    assert times.dt.hour.tolist() == [23, 22, 23]


@pytest.mark.parametrize(
    "times",
    [
        pd.to_datetime(["2026-01-02", None]),
        pd.to_datetime(["2026-01-02", None]).as_unit("ns"),
        np.array(["2026-01-02", "NaT"], dtype="datetime64[D]"),
        pd.Series([pd.Timestamp("2026-01-02").date(), None], dtype=object),
        pd.Series([pd.Timestamp("2026-01-02"), pd.NaT], dtype=object),
    ],
)
def test_times_of_every_make_are_read_alike(as_events, times):
    events = as_events({}, {"effective_at": None}).assign(effective_at=times)
    read = check_events(events)["effective_at"]
    assert read.dtype == "datetime64[us]"
    assert read.isna().tolist() == [False, True]
    assert read[0] == pd.Timestamp("2026-01-02")
