import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.consent import PURPOSES, allowed, in_force, permitted
from equipoise.exceptions import InputError

PEOPLE = pd.DataFrame({"individual_id": ["P2", "P1", "P3", None, "P1"]}, index=[7, 7, 3, 1, 0])
LIMITS = pd.Timestamp("1900-01-01"), pd.Timestamp("2900-01-01")


def permits(events, policy, purpose, person, at, known_at=None, channel=None):
    """Say by plain loops whether one person permits: slow, and written from the rules."""
    if policy == "everyone":
        return True
    if person is None:
        return False
    channels = PURPOSES[purpose].channels if channel is None else [channel]
    return any(_on(events, policy, purpose, person, one, at, known_at) for one in channels)


def _on(events, policy, purpose, person, channel, at, known_at):
    at, first, last = pd.Timestamp(at), *LIMITS
    grants, refusals, over = [], [], []
    for event in events.to_dict("records"):
        if (event["individual_id"], event["purpose"], event["channel"]) != (
            person,
            purpose,
            channel,
        ):
            continue
        effective, recorded, expires = (
            None if pd.isna(event[name]) else pd.Timestamp(event[name])
            for name in ("effective_at", "recorded_at", "expires_at")
        )
        is_refusal = event["expression"] != "opt_in"
        if known_at is not None:
            if recorded is None and not is_refusal:
                continue
            if recorded is not None and recorded > pd.Timestamp(known_at):
                continue
        if is_refusal:
            if effective is None:
                refusals.append(recorded or last)
            elif effective <= at:
                refusals.append(effective)
        elif event["has_proof"]:
            begun = recorded if effective is None else effective
            if begun is None or begun > at:
                continue
            if expires is not None and expires <= at:
                over.append(begun)
            else:
                grants.append(first if effective is None else effective)
    if policy == "opt_in":
        return any(all(grant > other for other in refusals + over) for grant in grants)
    return not refusals or any(all(grant > other for other in refusals) for grant in grants)


def rows_of(events, **asked):
    """Return the places of the permitted rows of PEOPLE."""
    numbered = PEOPLE.assign(place=range(len(PEOPLE)))
    return permitted(numbered, events, **asked)["place"].tolist()


def places_of(events, **asked):
    """Return the places of the permitted rows of PEOPLE under each policy that fits the purpose.

    One look at the events gives all policies; that it gives what `permitted` gives has a test.
    """
    table = allowed(PEOPLE, events, **asked)
    return {name: set(np.flatnonzero(table[name])) for name in policies_of(asked["purpose"])}


def policies_of(purpose):
    return [p for p in ("opt_in", "opt_out", "legitimate_interest") if _fits(p, purpose)]


def _fits(policy, purpose):
    return policy != "legitimate_interest" or purpose == "service"


@given(data=st.data())
def test_it_agrees_with_the_rules_applied_one_by_one(any_events, questions, data):
    events, asked = data.draw(any_events()), data.draw(questions)
    channel = data.draw(st.none() | st.sampled_from(PURPOSES[asked["purpose"]].channels))
    for policy in policies_of(asked["purpose"]):
        people = PEOPLE["individual_id"].where(PEOPLE["individual_id"].notna(), None)
        expected = [
            place
            for place, person in enumerate(people.astype(object))
            if permits(
                events,
                policy,
                asked["purpose"],
                None if pd.isna(person) else person,
                asked["at"],
                asked["known_at"],
                channel,
            )
        ]
        assert rows_of(events, policy=policy, channel=channel, **asked) == expected


@given(data=st.data())
def test_a_withdrawal_never_enlarges(any_events, questions, data):
    events, asked = data.draw(any_events()), data.draw(questions)
    added = data.draw(any_events(most=1, expressions=("withdrawal", "opt_out")))
    more = pd.concat([events, added.assign(consent_event_id="added")], ignore_index=True)
    before, after = places_of(events, **asked), places_of(more, **asked)
    assert all(after[policy] <= before[policy] for policy in before)


@given(data=st.data())
def test_an_opt_in_without_proof_changes_nothing(any_events, questions, data):
    events, asked = data.draw(any_events()), data.draw(questions)
    added = data.draw(any_events(most=1, expressions=("opt_in",))).assign(has_proof=False)
    more = pd.concat([events, added.assign(consent_event_id="added")], ignore_index=True)
    assert places_of(more, **asked) == places_of(events, **asked)


@given(data=st.data())
def test_the_order_of_the_events_does_not_matter(any_events, questions, data):
    events, asked = data.draw(any_events()), data.draw(questions)
    shuffled = events.iloc[data.draw(st.permutations(range(len(events))))]
    assert places_of(shuffled, **asked) == places_of(events, **asked)


@given(data=st.data())
def test_a_policy_permits_what_a_stricter_one_permits(any_events, questions, data):
    events, asked = data.draw(any_events()), data.draw(questions)
    table = allowed(PEOPLE, events, **asked)
    wide = (["legitimate_interest"] if asked["purpose"] == "service" else []) + (
        ["everyone"] if len(events) else []
    )
    assert list(table) == ["opt_in", "opt_out", *wide]
    assert table.index.tolist() == PEOPLE.index.tolist()
    assert set(table.dtypes) == {np.dtype(bool)}
    for narrow, wider in zip(table.columns, table.columns[1:], strict=False):
        assert not (table[narrow] & ~table[wider]).any()
    for policy in table:
        assert rows_of(events, policy=policy, **asked) == np.flatnonzero(table[policy]).tolist()


@given(data=st.data())
def test_knowing_more_opt_ins_without_an_end_never_shrinks(any_events, questions, data):
    events, asked = data.draw(any_events(expressions=("opt_in",))), data.draw(questions)
    events = events.assign(expires_at=None)
    sooner, later = sorted(data.draw(st.tuples(*[st.sampled_from(range(1, 6))] * 2)))
    seen = [
        places_of(events, **asked | {"known_at": known})
        for known in (f"2026-01-0{sooner}", f"2026-01-0{later}", None)
    ]
    for policy in policies_of(asked["purpose"]):
        assert seen[0][policy] <= seen[1][policy] <= seen[2][policy]


@given(data=st.data())
def test_knowing_more_refusals_never_enlarges(any_events, questions, data):
    events = data.draw(any_events(expressions=("opt_out", "withdrawal")))
    asked = data.draw(questions)
    sooner, later = sorted(data.draw(st.tuples(*[st.sampled_from(range(1, 6))] * 2)))
    seen = [
        places_of(events, **asked | {"known_at": known})
        for known in (f"2026-01-0{sooner}", f"2026-01-0{later}", None)
    ]
    for policy in policies_of(asked["purpose"]):
        assert seen[0][policy] >= seen[1][policy] >= seen[2][policy]


@given(data=st.data())
def test_knowing_everything_that_is_dated_is_knowing_all(any_events, questions, data):
    events, asked = data.draw(any_events(dated=True)), data.draw(questions)
    by_then, of_all = (
        places_of(events, **asked | {"known_at": known}) for known in ("2030-01-01", None)
    )
    assert by_then == of_all


@given(data=st.data())
def test_a_later_proved_opt_in_supersedes_every_dated_refusal(any_events, questions, data):
    events, asked = data.draw(any_events(dated=True)), data.draw(questions)
    asked |= {"at": "2026-02-01", "known_at": None}
    last = data.draw(any_events(most=1)).assign(
        expression="opt_in",
        effective_at="2026-01-20",
        recorded_at="2026-01-20",
        expires_at=None,
        has_proof=True,
        consent_event_id="last",
        individual_id="P1",
        purpose=asked["purpose"],
        channel=PURPOSES[asked["purpose"]].channels[0],
    )
    if last.empty:
        return
    more = pd.concat([events, last], ignore_index=True)
    assert all({1, 4} <= places for places in places_of(more, **asked).values())


@given(data=st.data())
def test_states_and_policies_say_the_same(any_events, questions, data):
    events, asked = data.draw(any_events()), data.draw(questions)
    purpose = asked["purpose"]
    states = in_force(events, at=asked["at"], known_at=asked["known_at"])
    states = states[states["purpose"] == purpose].set_index("individual_id")
    granted = set(states.index[states["state"] == "granted"])
    refused = states["state"].isin(["refused", "conflicting"]).groupby(level=0).sum()
    refused = set(refused.index[refused == len(PURPOSES[purpose].channels)])
    of_place = dict(enumerate(PEOPLE["individual_id"]))
    assert {of_place[place] for place in rows_of(events, **asked)} == granted
    kept = {of_place[place] for place in rows_of(events, policy="opt_out", **asked)}
    assert kept == {"P1", "P2", "P3"} - refused


@pytest.mark.parametrize(
    ("rows", "granted"),
    [
        ([{}], True),
        ([{"effective_at": "2026-01-03T00:00:01"}], False),
        ([{"effective_at": "2026-01-03"}], True),
        ([{"expires_at": "2026-01-03"}], False),
        ([{"expires_at": "2026-01-03T00:00:01"}], True),
        ([{"has_proof": False}], False),
        ([{}, {"expression": "opt_out"}], False),
        ([{}, {"expression": "opt_out", "effective_at": "2026-01-01"}], True),
        ([{}, {"expression": "withdrawal", "effective_at": "2026-01-04"}], True),
        ([{}, {"expression": "opt_out", "effective_at": None, "recorded_at": "2026-01-01"}], True),
        ([{}, {"expression": "opt_out", "effective_at": None, "recorded_at": "2026-01-02"}], False),
        ([{}, {"expression": "opt_out", "effective_at": None, "recorded_at": None}], False),
        ([{"effective_at": None}], True),
        ([{"effective_at": None, "recorded_at": None}], False),
        ([{"effective_at": None}, {"expression": "opt_out", "effective_at": "2020-01-01"}], False),
        ([{}, {"expression": "opt_out", "expires_at": "2026-01-01"}], False),
        ([{"effective_at": "2026-01-01"}, {"expires_at": "2026-01-03"}], False),
        ([{}, {"effective_at": "2026-01-01", "expires_at": "2026-01-03"}], True),
        ([{}, {"expires_at": "2026-01-03"}], False),
        (
            [
                {"expires_at": "2026-01-03"},
                {"expression": "opt_out", "effective_at": "2026-01-01"},
            ],
            False,
        ),
    ],
)
def test_contradictions_are_settled_by_time_else_against_the_use(as_events, rows, granted):
    events = as_events(*rows)
    asked = {"purpose": "profiling", "at": "2026-01-03"}
    assert rows_of(events, **asked) == ([1, 4] if granted else [])
    heard = any(row.get("expression", "opt_in") != "opt_in" for row in rows)
    by_opt_out = rows_of(events, policy="opt_out", **asked)
    assert by_opt_out == ([0, 1, 2, 4] if granted or not heard else [0, 2])


def test_one_permitted_channel_is_enough_unless_one_is_named(as_events):
    events = as_events(
        {"channel": "post"}, {"channel": "email", "expression": "opt_out"}, purpose="service"
    )
    asked = {"purpose": "service", "at": "2026-01-03"}
    assert rows_of(events, **asked) == [1, 4]
    assert rows_of(events, channel="email", **asked) == []
    assert rows_of(events, channel="email", policy="legitimate_interest", **asked) == [0, 2]
    assert rows_of(events, channel="phone", policy="opt_out", **asked) == [0, 1, 2, 4]


def test_the_rows_keep_their_columns_order_and_index(as_events):
    frame = PEOPLE.assign(spend=[1.5, 2.5, 3.5, 4.5, 5.5], word=pd.Categorical(list("abcde")))
    before = frame.copy(deep=True)
    rows = permitted(frame, as_events({}), purpose="profiling", at="2026-01-03")
    pd.testing.assert_frame_equal(rows, frame.iloc[[1, 4]])
    pd.testing.assert_frame_equal(frame, before)


def test_empty_tables_permit_nobody_who_has_to_say_yes(as_events):
    nobody, asked = PEOPLE.iloc[:0], {"purpose": "profiling", "at": "2026-01-03"}
    assert permitted(nobody, as_events({}), **asked).empty
    assert permitted(nobody, as_events(), policy="opt_out", **asked).empty
    assert rows_of(as_events(), **asked) == []
    assert rows_of(as_events(), policy="opt_out", **asked) == [0, 1, 2, 4]
    assert allowed(nobody, as_events({}), **asked).shape == (0, 3)


def test_with_offsets_the_moment_is_compared_and_not_the_clock(as_events):
    """At 00:30 in Berlin it is still the day before in UTC."""
    events = as_events({"effective_at": "2026-03-29T00:30+01:00", "recorded_at": None})
    for at, granted in [
        ("2026-03-28T23:29:59Z", []),
        ("2026-03-28T23:30:00Z", [1, 4]),
        ("2026-03-29T00:30:00+01:00", [1, 4]),
        ("2026-03-29T00:30:00+02:00", []),
    ]:
        assert rows_of(events, purpose="profiling", at=at) == granted


@pytest.mark.parametrize(
    "at",
    ["2026-01-03", " 2026-01-03 ", pd.Timestamp("2026-01-03"), pd.Timestamp("2026-01-03").date()],
)
def test_a_moment_may_be_text_a_date_or_a_timestamp(as_events, at):
    assert rows_of(as_events({}), purpose="profiling", at=at, known_at=at) == [1, 4]


def _categories(events):
    return events.astype(dict.fromkeys(["purpose", "channel", "expression"], "category"))


def _nullable(events):
    return events.astype(
        dict.fromkeys(["purpose", "channel", "notice_version"], "string[python]")
        | {"has_proof": "boolean"}
    )


def _arrow(events):
    return events.convert_dtypes(dtype_backend="pyarrow")


@pytest.mark.parametrize("stored", [_categories, _nullable, _arrow])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_how_a_table_is_stored_does_not_matter(as_events, stored, zone):
    events = as_events({}, {"individual_id": "P2", "expression": "opt_out"})
    times = pd.to_datetime(events["effective_at"]).dt.tz_localize(zone)
    events = stored(events.assign(effective_at=times, recorded_at=times))
    at = "2026-01-03" if zone is None else "2026-01-03T00:00:00Z"
    assert rows_of(events, purpose="profiling", at=at) == [1, 4]
    assert rows_of(events, purpose="profiling", at=at, policy="opt_out") == [1, 2, 4]
    assert in_force(events, at=at)["state"].tolist() == ["granted", "refused"]


WHEN = "Write it year-month-day."


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"at": pd.NaT},
            f"at must be a date such as '2026-03-02' or a Timestamp, got NaT. {WHEN}",
        ),
        ({"at": 2026}, f"at must be a date such as '2026-03-02' or a Timestamp, got 2026. {WHEN}"),
        (
            {"at": "03/04/2026"},
            f"at must be a date such as '2026-03-02' or a Timestamp, got '03/04/2026'. {WHEN}",
        ),
        (
            {"at": "2026-02-30"},
            "at must be a date that exists, got '2026-02-30'. Correct it.",
        ),
        (
            {"known_at": "soon"},
            f"known_at must be a date such as '2026-03-02' or a Timestamp, got 'soon'. {WHEN}",
        ),
        (
            {"at": "2026-01-03T00:00:00Z"},
            "at must have no UTC offset, as the dates of the events do, "
            "got '2026-01-03 00:00:00+00:00'. Write it like '2026-03-02'.",
        ),
        (
            {"known_at": "2026-01-03T00:00:00Z"},
            "known_at must have no UTC offset, as the dates of the events do, "
            "got '2026-01-03 00:00:00+00:00'. Write it like '2026-03-02'.",
        ),
        (
            {"purpose": "profile"},
            "purpose must be a known name, got 'profile'. Did you mean 'profiling'?",
        ),
        (
            {"channel": "email"},
            "channel must be a channel of the purpose 'profiling', got 'email'. Known: 'any'.",
        ),
        (
            {"unit": "customer_id"},
            "unit must name a column of the table, got 'customer_id'. Known: 'individual_id'.",
        ),
    ],
)
def test_a_question_that_is_not_clear_is_refused(as_events, asked, message):
    with pytest.raises(InputError) as refused:
        permitted(PEOPLE, as_events({}), **{"purpose": "profiling", "at": "2026-01-03"} | asked)
    assert str(refused.value) == message


def test_a_moment_without_an_offset_is_refused_where_the_events_have_one(as_events):
    events = as_events({"effective_at": "2026-01-02T00:00Z", "recorded_at": "2026-01-02T00:00Z"})
    with pytest.raises(InputError) as refused:
        permitted(PEOPLE, events, purpose="profiling", at="2026-01-03")
    assert str(refused.value) == (
        "at must have a UTC offset, as the dates of the events do, got '2026-01-03 00:00:00'. "
        "Write it like '2026-03-02T00:00:00Z'."
    )


def test_a_frame_is_asked_for_and_its_unit_once(as_events):
    asked = {"purpose": "profiling", "at": "2026-01-03"}
    with pytest.raises(InputError) as refused:
        permitted(["P1"], as_events({}), **asked)
    assert str(refused.value) == "frame must be a DataFrame, got list. Pass a table of persons."
    twice = pd.concat([PEOPLE, PEOPLE], axis=1)
    with pytest.raises(InputError) as refused:
        permitted(twice, as_events({}), **asked)
    assert str(refused.value) == (
        "unit must name one column, got 'individual_id' twice. Rename one of them."
    )
