import pandas as pd
import pytest

from equipoise.consent import permitted
from equipoise.crm._loading_hubspot import load_hubspot
from equipoise.exceptions import InputError

OFFERS = {"Newsletter": "personalised_offers"}
FLAG = "Opted out of email: Newsletter"
ALL = "Unsubscribed from all email"
ASKED = {"purpose": "personalised_offers", "at": "2026-03-02"}


def contacts(**columns):
    """Return three contacts; a column named by a letter before is added as given."""
    return pd.DataFrame(
        {
            "Record ID": ["101", "102", "103"],
            "Email": ["a@example.invalid", "b@example.invalid", "c@example.invalid"],
            "Lifecycle Stage": ["Lead", "Customer", ""],
            "Original Source": ["Organic Search", "", "Offline Sources"],
            "Create Date": ["2025-01-05 10:00", "2025-02-01 09:30", "2025-03-09 16:45"],
        }
    ).assign(**columns)


def statuses(*rows):
    usual = {
        "subscriberIdString": "a@example.invalid",
        "subscriptionName": "Newsletter",
        "channel": "EMAIL",
        "status": "SUBSCRIBED",
        "legalBasis": "CONSENT_WITH_NOTICE",
        "legalBasisExplanation": "Web form",
        "timestamp": "2025-06-01 12:00",
    }
    return pd.DataFrame([{**usual, **row} for row in rows])


def pairs(crm):
    return crm.consent_events[["individual_id", "purpose", "channel"]].to_numpy().tolist()


def why(crm, **where):
    rows = crm.unmapped
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows[["rows", "why"]].to_numpy().tolist()


def refusal(*arguments, **named):
    with pytest.raises(InputError) as refused:
        load_hubspot(*arguments, **{"purposes": OFFERS} | named)
    return str(refused.value)


def test_from_files_to_permitted_people(tmp_path):
    contacts(**{FLAG: ["false", "true", ""], ALL: ["", "false", ""]}).to_csv(
        tmp_path / "all-contacts.csv", index=False
    )
    statuses({}, {"subscriberIdString": "B@Example.invalid"}).to_csv(
        tmp_path / "statuses.csv", index=False
    )
    crm = load_hubspot(
        tmp_path / "all-contacts.csv",
        purposes=OFFERS,
        subscriptions=tmp_path / "statuses.csv",
    )
    people = crm.tables["individuals"]
    assert permitted(people, crm.consent_events, **ASKED)["individual_id"].tolist() == ["101"]
    by_email = permitted(people, crm.consent_events, policy="opt_out", channel="email", **ASKED)
    assert by_email["individual_id"].tolist() == ["101", "103"]
    assert crm.tables["contacts"]["contact_id"].tolist() == ["101", "102", "103"]
    assert crm.tables["contacts"]["joined_date"].dt.month.tolist() == [1, 2, 3]
    assert repr(crm).startswith("LoadedCRM(HubSpot: individuals=3, contacts=3, consent_events=3,")


def test_loaded_people_are_never_everyone():
    crm = load_hubspot(contacts(**{FLAG: "true"}), purposes=OFFERS)
    with pytest.raises(InputError) as refused:
        permitted(crm.tables["individuals"], crm.consent_events, policy="everyone", **ASKED)
    assert str(refused.value) == (
        "policy 'everyone' must be asked of synthetic events only, whose notice_version starts "
        "with 'fictional-', got 3 of 3 events with another notice or none. "
        "Use policy 'opt_in', or 'opt_out' to compare."
    )


def test_the_input_is_not_changed():
    export, given = contacts(**{FLAG: "true"}), statuses({})
    before = export.copy(deep=True), given.copy(deep=True)
    load_hubspot(export, purposes=OFFERS, subscriptions=given)
    pd.testing.assert_frame_equal(export, before[0])
    pd.testing.assert_frame_equal(given, before[1])


def test_an_opt_out_has_no_date_of_its_own():
    export = contacts(**{FLAG: ["true", "", ""], "Last Modified Date": "2026-02-01 08:00"})
    event = load_hubspot(export, purposes=OFFERS).consent_events.iloc[0]
    assert event["consent_event_id"] == f"contact/101/{FLAG}/personalised_offers/email"
    assert pd.isna(event["effective_at"])
    assert event["recorded_at"] == pd.Timestamp("2026-02-01 08:00")
    assert not event["has_proof"]


def test_unsubscribed_from_all_refuses_email_for_every_purpose_that_reaches_out():
    crm = load_hubspot(contacts(**{ALL: ["true", "false", ""]}), purposes={})
    assert pairs(crm) == [["101", "personalised_offers", "email"], ["101", "service", "email"]]


@pytest.mark.parametrize(
    ("purposes", "refused"),
    [
        (OFFERS, [["101", "personalised_offers", "email"]]),
        ({"Newsletter": "profiling"}, [["101", "profiling", "any"]]),
        ({}, [["101", "personalised_offers", "email"], ["101", "service", "email"]]),
        ({"Newsletter": None}, []),
    ],
)
def test_a_refused_type_refuses_its_purpose_or_all_that_reach_out(purposes, refused):
    crm = load_hubspot(contacts(**{FLAG: ["true", "false", ""]}), purposes=purposes)
    assert pairs(crm) == refused
    assert len(why(crm, object="subscription types", value="Newsletter")) == (
        purposes.get("Newsletter") is None
    )


def test_without_subscriptions_nobody_has_said_yes():
    crm = load_hubspot(contacts(**{FLAG: "false"}), purposes=OFFERS)
    assert crm.consent_events.empty
    assert why(crm, object="subscriptions") == [[0, "They were not exported: no opt-in is known."]]


@pytest.mark.parametrize(
    ("status", "expression"),
    [
        ("SUBSCRIBED", ["opt_in"]),
        ("UNSUBSCRIBED", ["opt_out"]),
        ("NOT_SUBSCRIBED", ["opt_out"]),
        ("NOT_SPECIFIED", []),
        ("subscribed", []),
        (None, []),
    ],
)
def test_a_status_says_yes_no_or_nothing(status, expression):
    crm = load_hubspot(contacts(), purposes=OFFERS, subscriptions=statuses({"status": status}))
    assert crm.consent_events["expression"].tolist() == expression
    listed = why(crm, object="subscriptions", column="status")
    assert listed == ([] if expression else [[1, "It says neither yes nor no; it grants nothing."]])


@pytest.mark.parametrize(
    ("row", "has_proof"),
    [
        ({}, True),
        ({"legalBasis": "LEGITIMATE_INTEREST_CLIENT"}, False),
        ({"legalBasisExplanation": ""}, False),
        ({"timestamp": None}, False),
    ],
)
def test_proof_is_consent_with_notice_an_explanation_and_a_time(row, has_proof):
    crm = load_hubspot(contacts(), purposes=OFFERS, subscriptions=statuses(row))
    assert crm.consent_events["has_proof"].tolist() == [has_proof]


@pytest.mark.parametrize(
    ("channel", "status", "channels"),
    [
        ("SMS", "SUBSCRIBED", []),
        ("WHATSAPP", "UNSUBSCRIBED", []),
        ("PIGEON", "SUBSCRIBED", []),
        ("PIGEON", "UNSUBSCRIBED", ["email", "phone", "post"]),
    ],
)
def test_other_channels_are_listed(channel, status, channels):
    given = statuses({"channel": channel, "status": status})
    crm = load_hubspot(contacts(), purposes=OFFERS, subscriptions=given)
    assert crm.consent_events["channel"].tolist() == channels
    assert len(why(crm, object="subscriptions", column="channel", value=channel)) == 1


def test_an_address_of_nobody_is_listed():
    given = statuses({"subscriberIdString": "z@example.invalid"})
    crm = load_hubspot(contacts(), purposes=OFFERS, subscriptions=given)
    assert crm.consent_events.empty
    assert why(crm, column="subscriberIdString") == [
        [1, "The address is no contact of the export."]
    ]


def test_types_may_be_told_by_id():
    given = statuses({}).drop(columns="subscriptionName").assign(subscriptionId=[42])
    crm = load_hubspot(contacts(), purposes={"42": "service"}, subscriptions=given)
    assert pairs(crm) == [["101", "service", "email"]]


def test_the_legal_basis_grants_nothing():
    column = "Legal basis for processing contact's data"
    crm = load_hubspot(
        contacts(**{column: ["Freely given consent from contact", "", ""]}), purposes=OFFERS
    )
    assert crm.consent_events.empty
    assert why(crm, column=column) == [
        [1, "It names no purpose, no channel and no date: it grants nothing."]
    ]


def test_the_newer_name_of_the_source_is_known():
    export = contacts().rename(columns={"Original Source": "Original Traffic Source"})
    sources = load_hubspot(export, purposes={}).tables["contacts"]["lead_source"]
    assert sources.dropna().tolist() == ["Organic Search", "Offline Sources"]


@pytest.mark.parametrize(
    ("export", "named", "message"),
    [
        (
            contacts().rename(columns={"Record ID": "Record Id - Contact"}),
            {},
            "contacts must have the column 'Record ID', got none of that name. "
            "Did you mean 'Record Id - Contact'?",
        ),
        (
            contacts(**{"Unsubscribed from all emails": "true"}),
            {},
            "contacts must have the column 'Unsubscribed from all email', got none of that name. "
            "Did you mean 'Unsubscribed from all emails'?",
        ),
        (
            contacts(**{"Record ID": ["101", "101", "103"]}),
            {},
            "contacts.Record ID must stand once each, got '101' more than once. "
            "Decide which of the rows is right and remove the others.",
        ),
        (
            contacts(**{"Record ID": ["101", "1.0E+11", "103"]}),
            {},
            "contacts.Record ID must hold whole numbers, got '1.0E+11'. "
            "A spreadsheet may have rounded them: export them again.",
        ),
        (
            contacts(**{FLAG: "Yes"}),
            {},
            f"contacts.{FLAG} must hold true, false, 1 or 0, got 'Yes'. "
            "Export it again, or correct the column.",
        ),
        (
            contacts(**{"Create Date": "3/4/2026 10:15"}),
            {},
            "contacts.Create Date must hold ISO dates (2026-03-31), got '3/4/2026 10:15'. "
            "Pass date_format='%d/%m/%Y' if the day comes first, '%m/%d/%Y' if the month does.",
        ),
        (
            contacts(Email="a@example.invalid"),
            {"subscriptions": statuses({})},
            "contacts.Email must stand once each, since subscriptions go by address, got "
            "'a@example.invalid' more than once. Merge the contacts in HubSpot, or set them aside.",
        ),
        (
            contacts(**{"Last Modified Date": "2026-02-01 08:00"}),
            {"subscriptions": statuses({"timestamp": "2025-06-01T12:00:00Z"})},
            "the dates of the export must all have a UTC offset or none, got "
            "subscriptions.timestamp with and contacts.Last Modified Date without. Export them in "
            "one way, or leave out one column: nobody can say which came first.",
        ),
        (
            contacts(),
            {"subscriptions": statuses({}).drop(columns="subscriptionName")},
            "subscriptions must have the column 'subscriptionId', got none of that name. "
            "Known: 'subscriberIdString', 'channel', 'status', 'legalBasis', "
            "'legalBasisExplanation', 'timestamp'.",
        ),
        (
            "none.csv",
            {},
            "source must be a CSV file or a DataFrame, got none.csv. Check the path.",
        ),
    ],
)
def test_an_export_that_is_not_clear_is_refused(export, named, message):
    assert refusal(export, **named) == message
