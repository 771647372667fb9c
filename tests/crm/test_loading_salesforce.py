import pandas as pd
import pytest

from equipoise.consent import PURPOSES, check_events, in_force, permitted
from equipoise.crm._loading_salesforce import load_salesforce
from equipoise.exceptions import InputError

THEN, NOW = "2026-01-05T09:00:00.000Z", "2026-02-01T00:00:00.000+0000"
OFFERS = {"Newsletter": "personalised_offers"}
ASKED = {"purpose": "personalised_offers", "at": "2026-03-02"}


def people(*ids, **columns):
    return pd.DataFrame({"Id": list(ids), **columns})


def consents(*rows, **common):
    usual = {
        "PartyId": "P1",
        "ContactPointType": "Email",
        "DataUsePurposeId": "D1",
        "PrivacyConsentStatus": "OptIn",
        "EffectiveFrom": THEN,
        "EffectiveTo": None,
        "CaptureDate": THEN,
        "CaptureSource": "Web form",
        "DoubleConsentCaptureDate": None,
    }
    return pd.DataFrame([{"Id": f"T{n}", **usual, **common, **row} for n, row in enumerate(rows)])


def exported(**changed):
    """Return three persons with a contact each, one purpose, and what is changed."""
    export = {
        "Individual": people("P1", "P2", "P3"),
        "Contact": people("C1", "C2", "C3", IndividualId=["P1", "P2", "P3"]),
        "DataUsePurpose": people("D1", "D2", Name=["Newsletter", "Survey"]),
        **changed,
    }
    return {name: frame for name, frame in export.items() if frame is not None}


def load(purposes=OFFERS, **changed):
    return load_salesforce(exported(**changed), purposes=purposes)


def refusal(purposes=OFFERS, **changed):
    with pytest.raises(InputError) as refused:
        load(purposes, **changed)
    return str(refused.value)


def pairs(crm):
    return crm.consent_events[["purpose", "channel"]].to_numpy().tolist()


def why(crm, **where):
    rows = crm.unmapped
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows[["rows", "why"]].to_numpy().tolist()


def test_from_files_to_permitted_people(tmp_path):
    export = exported(
        Contact=people(
            "C1",
            "C2",
            "C3",
            IndividualId=["P1", "P2", "P3"],
            LeadSource=["Web", "", "Store"],
            CreatedDate=[THEN, THEN, NOW],
            HasOptedOutOfEmail=["false", "true", "FALSE"],
        ),
        ContactPointTypeConsent=consents({}, {"PartyId": "P2"}, {"PartyId": "P3"}),
        Campaign=people("K1", Name="Spring", Type="Email", StartDate="2026-03-02"),
        CampaignMember=people(
            "M1", CampaignId="K1", ContactId="C1", HasResponded="1", FirstRespondedDate="2026-03-05"
        ),
    )
    for name, frame in export.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    crm = load_salesforce(tmp_path, purposes=OFFERS)
    assert permitted(crm.tables["individuals"], crm.consent_events, **ASKED)[
        "individual_id"
    ].tolist() == ["P1", "P3"]
    contacts = permitted(crm.tables["contacts"], crm.consent_events, **ASKED)
    assert contacts["contact_id"].tolist() == ["C1", "C3"]
    assert crm.tables["contacts"]["joined_date"].dt.day.tolist() == [5, 5, 1]
    assert crm.tables["contacts"]["lead_source"].isna().tolist() == [False, True, False]
    assert crm.tables["campaigns"].iloc[0].dropna().to_dict() == {
        "campaign_id": "K1",
        "name": "Spring",
        "type": "email",
        "start_date": pd.Timestamp("2026-03-02"),
    }
    assert crm.tables["campaign_members"].iloc[0].to_dict() == {
        "campaign_id": "K1",
        "contact_id": "C1",
        "has_responded": True,
        "first_responded_date": pd.Timestamp("2026-03-05"),
    }
    assert repr(crm).startswith(
        "LoadedCRM(Salesforce: individuals=3, contacts=3, campaigns=1, campaign_members=1, "
        "consent_events=5, unmapped="
    )


def test_loaded_people_are_never_everyone():
    crm = load(ContactPointTypeConsent=consents({}))
    with pytest.raises(InputError) as refused:
        permitted(crm.tables["individuals"], crm.consent_events, policy="everyone", **ASKED)
    assert str(refused.value) == (
        "policy 'everyone' must be asked of synthetic events only, whose notice_version starts "
        "with 'fictional-', got 1 of 1 events with another notice or none. "
        "Use policy 'opt_in', or 'opt_out' to compare."
    )


def test_the_input_is_not_changed():
    export = exported(ContactPointTypeConsent=consents({}, {"PrivacyConsentStatus": "Seen"}))
    before = {name: frame.copy(deep=True) for name, frame in export.items()}
    load_salesforce(export, purposes=OFFERS)
    for name, frame in export.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_column_names_may_be_in_capitals():
    consent = consents({})
    consent.columns = consent.columns.str.upper()
    crm = load(ContactPointTypeConsent=consent)
    assert pairs(crm) == [["personalised_offers", "email"]]


def test_a_consent_record_keeps_its_times():
    crm = load(
        ContactPointTypeConsent=consents(
            {"CaptureDate": NOW, "EffectiveTo": "2027-01-01T00:00:00+0100"}
        )
    )
    event = crm.consent_events.iloc[0]
    assert event["consent_event_id"] == "ContactPointTypeConsent/T0/personalised_offers/email"
    assert event["effective_at"] == pd.Timestamp("2026-01-05 09:00")
    assert event["recorded_at"] == pd.Timestamp("2026-02-01")
    assert event["expires_at"] == pd.Timestamp("2026-12-31 23:00")
    assert event["source"] == "import"
    pd.testing.assert_frame_equal(check_events(crm.consent_events), crm.consent_events)


@pytest.mark.parametrize(
    ("row", "has_proof"),
    [
        ({}, True),
        ({"CaptureSource": ""}, False),
        ({"CaptureDate": None}, False),
        ({"CaptureSource": None, "DoubleConsentCaptureDate": THEN}, True),
        ({"CaptureDate": None, "CaptureSource": None}, False),
    ],
)
def test_proof_is_what_the_export_carries(row, has_proof):
    crm = load(ContactPointTypeConsent=consents(row))
    assert crm.consent_events["has_proof"].tolist() == [has_proof]
    found = permitted(crm.tables["individuals"], crm.consent_events, **ASKED)
    assert found["individual_id"].tolist() == (["P1"] if has_proof else [])


def test_without_a_capture_date_the_last_change_is_the_recording():
    consent = consents({"CaptureDate": None}, LastModifiedDate=NOW)
    crm = load(ContactPointTypeConsent=consent)
    assert crm.consent_events["recorded_at"].tolist() == [pd.Timestamp("2026-02-01")]


@pytest.mark.parametrize("status", ["Seen", "NotSeen", "optin", "Opt In", None])
def test_another_status_grants_nothing_and_is_listed(status):
    crm = load(ContactPointTypeConsent=consents({"PrivacyConsentStatus": status}))
    assert crm.consent_events.empty
    assert why(crm, column="PrivacyConsentStatus", value=status or "(blank)") == [
        [1, "It says neither yes nor no; it grants nothing."]
    ]


def test_a_purpose_may_be_mapped_by_id_and_without_names():
    crm = load({"D1": "profiling"}, DataUsePurpose=None, ContactPointTypeConsent=consents({}))
    assert pairs(crm) == [["profiling", "any"]]


def test_a_purpose_that_is_not_mapped_grants_nothing_and_its_refusals_count():
    yes, no = {"DataUsePurposeId": "D2"}, {"PrivacyConsentStatus": "OptOut"}
    crm = load(ContactPointTypeConsent=consents(yes, yes | no))
    assert crm.consent_events["expression"].tolist() == ["opt_out", "opt_out"]
    assert pairs(crm) == [["personalised_offers", "email"], ["service", "email"]]
    assert why(crm, object="DataUsePurpose", value="Survey") == [
        [
            2,
            "Not in purposes. Its opt-ins grant nothing; its opt-outs count against every purpose "
            "that reaches out, on their channel.",
        ]
    ]


def test_a_purpose_declared_to_be_none_of_ours_is_left_out():
    no = {"DataUsePurposeId": "D2", "PrivacyConsentStatus": "OptOut"}
    crm = load(OFFERS | {"Survey": None}, ContactPointTypeConsent=consents(no))
    assert crm.consent_events.empty
    assert why(crm, value="Survey") == [
        [1, "Declared to be none of our purposes; its records are left out."]
    ]


def test_a_record_without_a_purpose_counts_only_as_a_refusal():
    bare = {"DataUsePurposeId": None}
    crm = load(ContactPointTypeConsent=consents(bare, bare | {"PrivacyConsentStatus": "OptOut"}))
    assert pairs(crm) == [["personalised_offers", "email"], ["service", "email"]]
    assert why(crm, column="DataUsePurposeId")[0][0] == 2


def test_one_purpose_cannot_be_two():
    assert refusal(OFFERS | {"D1": "profiling"}, ContactPointTypeConsent=consents({})) == (
        "purposes['D1'] must be what purposes['Newsletter'] is, the name of the same purpose, got "
        "'profiling' and 'personalised_offers'. Keep one of the two."
    )


def test_a_name_that_the_export_does_not_have_is_listed():
    crm = load(OFFERS | {"News": "service"}, ContactPointTypeConsent=consents({}))
    assert why(crm, object="purposes", value="News") == [
        [0, "The export has no purpose of that name."]
    ]


@pytest.mark.parametrize(
    ("point", "status", "channels"),
    [
        ("MailingAddress", "OptIn", ["post"]),
        ("Phone", "OptOut", ["phone"]),
        ("Web", "OptIn", []),
        ("Social", "OptOut", []),
        (None, "OptIn", []),
        (None, "OptOut", ["email", "phone", "post"]),
        ("Fax", "OptOut", ["email", "phone", "post"]),
    ],
)
def test_contact_points_are_channels_or_listed(point, status, channels):
    row = {"ContactPointType": point, "PrivacyConsentStatus": status}
    crm = load(ContactPointTypeConsent=consents(row))
    assert crm.consent_events["channel"].tolist() == channels
    listed = len(why(crm, column="ContactPointType"))
    assert listed == (point not in ("MailingAddress", "Phone"))


@pytest.mark.parametrize(
    ("flag", "refused"),
    [
        ("HasOptedOutProcessing", list(PURPOSES)),
        ("ShouldForget", list(PURPOSES)),
        ("HasOptedOutProfiling", ["personalised_offers", "profiling"]),
        ("HasOptedOutSolicit", ["personalised_offers"]),
        ("HasOptedOutTracking", ["analytics"]),
        ("HasOptedOutGeoTracking", []),
    ],
)
def test_flags_of_a_person_refuse_whole_purposes(flag, refused):
    individual = people("P1", "P2", "P3", LastModifiedDate=NOW, **{flag: ["true", "false", "0"]})
    crm = load(Individual=individual)
    events = crm.consent_events
    assert set(events["individual_id"]) <= {"P1"}
    assert events["effective_at"].isna().all()
    assert (events["recorded_at"] == pd.Timestamp("2026-02-01")).all()
    found = [
        purpose
        for purpose in PURPOSES
        if len(
            permitted(
                crm.tables["individuals"],
                events,
                purpose=purpose,
                at="2026-03-02",
                policy="opt_out",
            )
        )
        == 2
    ]
    assert found == [purpose for purpose in PURPOSES if purpose in refused]


def test_an_undated_flag_is_older_than_an_opt_in_only_if_it_was_recorded_before():
    flagged = {"HasOptedOutSolicit": ["true", "false", "false"]}
    late = consents({"EffectiveFrom": "2026-02-02T00:00:00Z"})
    for recorded, state in [({}, "conflicting"), ({"LastModifiedDate": NOW}, "granted")]:
        individual = people("P1", "P2", "P3", **flagged, **recorded)
        crm = load(Individual=individual, ContactPointTypeConsent=late)
        states = in_force(crm.consent_events, at="2026-03-02").set_index("channel")["state"]
        assert states["email"] == state
        assert states["post"] == "refused"


def test_a_refusal_that_names_nobody_is_listed():
    contact = people("C1", IndividualId=None, DoNotCall=True)
    crm = load(Contact=contact)
    assert crm.consent_events.empty
    assert why(crm, object="Contact", column="DoNotCall", value="true") == [
        [1, "The refusal names no Individual; without one, no policy permits the row."]
    ]


def test_a_contact_of_a_person_who_was_not_exported_is_permitted_by_nobody():
    crm = load(Contact=people("C1", "C9", IndividualId=["P1", "P9"]))
    assert crm.tables["contacts"]["individual_id"].isna().tolist() == [False, True]
    kept = permitted(crm.tables["contacts"], crm.consent_events, policy="opt_out", **ASKED)
    assert kept["contact_id"].tolist() == ["C1"]
    assert why(crm, column="IndividualId") == [
        [1, "It leads to no Individual of the export; left blank, so no policy permits the row."]
    ]


def test_an_opt_in_of_a_person_who_was_not_exported_is_listed():
    crm = load(ContactPointTypeConsent=consents({"PartyId": "P9"}, {"PartyId": None}))
    assert crm.consent_events.empty
    assert why(crm, column="PartyId") == [
        [2, "PartyId is no Individual of the export; it grants nothing."]
    ]


def test_leads_stand_beside_contacts_until_they_are_converted():
    lead = people(
        "L1",
        "L2",
        IndividualId=["P2", "P3"],
        IsConverted=["false", "true"],
        DoNotCall=["false", "true"],
    )
    crm = load(
        Contact=people("C1", IndividualId=["P1"]),
        Lead=lead,
        Campaign=people("K1"),
        CampaignMember=people(
            "M1",
            "M2",
            "M3",
            CampaignId="K1",
            ContactId=["C1", None, None],
            LeadId=[None, "L1", "L9"],
        ),
    )
    contacts = crm.tables["contacts"]
    assert contacts[["contact_id", "recorded_as"]].to_numpy().tolist() == [
        ["C1", "contact"],
        ["L1", "lead"],
    ]
    assert crm.tables["campaign_members"]["contact_id"].tolist() == ["C1", "L1"]
    assert set(crm.consent_events["individual_id"]) == {"P3"}
    assert why(crm, object="CampaignMember", column="ContactId") == [
        [1, "The member is no contact of the export; left out."]
    ]


def test_ids_keep_their_case():
    ids = ["003A000001abcde", "003A000001abcdE"]
    contact = people("003B000001abcde", "003B000001abcdE", IndividualId=ids)
    crm = load(
        Individual=people(*ids),
        Contact=contact,
        DataUsePurpose=None,
        ContactPointTypeConsent=None,
    )
    assert crm.tables["individuals"]["individual_id"].tolist() == ids


def test_ids_of_both_lengths_are_refused():
    assert refusal(
        Individual=people("0PK000000000001AAA"),
        Contact=people("003000000000001", IndividualId="0PK000000000001AAA"),
    ) == (
        "the ids of the export must all have 15 or all have 18 characters, got '003000000000001' "
        "in Contact.Id and '0PK000000000001AAA' in Individual.Id. Export every object in the same "
        "way: reports give 15, Data Loader gives 18."
    )


def test_deleted_records_are_left_out_and_listed():
    crm = load(
        ContactPointTypeConsent=consents(
            {}, {"PartyId": "P2", "IsDeleted": "true"}, IsDeleted="false"
        )
    )
    assert crm.consent_events["individual_id"].tolist() == ["P1"]
    assert why(crm, column="IsDeleted") == [[1, "The record lies in the recycle bin."]]


def test_what_no_purpose_may_read_stays_where_it_is():
    individual = people(
        "P1", "P2", "P3", BirthDate="1990-05-01", ConsumerCreditScore=[700, 0, None]
    )
    crm = load(Individual=individual)
    assert list(crm.tables["individuals"]) == ["individual_id", "birth_date"]
    assert why(crm, column="ConsumerCreditScore") == [
        [2, "No purpose may read it: it is left where it is."]
    ]
    assert why(crm, object="our individuals", column="gender") == [
        [0, "No column of Salesforce holds it."]
    ]


def test_objects_and_columns_that_are_not_there_are_listed():
    crm = load(User=people("U1", "U2"))
    assert why(crm, object="User") == [[2, "This object is not read."]]
    assert why(crm, object="ContactPointTypeConsent") == [[0, "It was not exported."]]
    assert why(crm, object="Contact", column="DoNotCall") == [
        [0, "Not exported: such refusals are not known."]
    ]
    assert why(crm, object="Contact", column="LeadSource") == [[0, "Not exported."]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"Individual": None, "Individuals": people("P1")},
            "source must hold Individual, got none of that name. Did you mean 'Individuals'?",
        ),
        (
            {"Contact": people("C1", Individual_Id="P1")},
            "Contact must have the column 'IndividualId', got none of that name. "
            "Did you mean 'Individual_Id'?",
        ),
        (
            {"Contact": people("C1", IndividualId="P1", HasOptedOutEmail="true")},
            "Contact must have the column 'HasOptedOutOfEmail', got none of that name. "
            "Did you mean 'HasOptedOutEmail'?",
        ),
        (
            {"ContactPointTypeConsent": consents({}).rename(columns={"PartyId": "Party"})},
            "ContactPointTypeConsent must have the column 'PartyId', got none of that name. "
            "Did you mean 'Party'?",
        ),
        (
            {"Contact": people("C1", "C1", IndividualId="P1")},
            "Contact.Id must stand once each, got 'C1' more than once. "
            "Decide which of the rows is right and remove the others.",
        ),
        (
            {"Contact": people("C1", IndividualId="P1", DoNotCall="yes")},
            "Contact.DoNotCall must hold true, false, 1 or 0, got 'yes'. "
            "Export it again, or correct the column.",
        ),
        (
            {"ContactPointTypeConsent": consents({"EffectiveFrom": "03/04/2026 10:00"})},
            "ContactPointTypeConsent.EffectiveFrom must hold ISO dates (2026-03-31), got "
            "'03/04/2026 10:00'. Pass date_format='%d/%m/%Y' if the day comes first, '%m/%d/%Y' "
            "if the month does.",
        ),
        (
            {"ContactPointTypeConsent": consents({"EffectiveFrom": "2026-03-04"})},
            "the dates of the export must all have a UTC offset or none, got "
            "ContactPointTypeConsent.CaptureDate with and ContactPointTypeConsent.EffectiveFrom "
            "without. Export them in one way, or leave out one column: nobody can say which came "
            "first.",
        ),
    ],
)
def test_an_export_that_is_not_clear_is_refused(changed, message):
    assert refusal(**changed) == message


def test_a_folder_is_asked_for(tmp_path):
    with pytest.raises(InputError) as refused:
        load_salesforce(tmp_path / "none", purposes={})
    assert str(refused.value) == (
        f"source must be a folder with CSV files, got {tmp_path / 'none'}. Check the path."
    )


def test_dates_in_another_format_are_read_as_told():
    written = {"EffectiveFrom": "05/01/2026 09:00", "CaptureDate": "06/01/2026 09:00"}
    export = exported(ContactPointTypeConsent=consents(written))
    crm = load_salesforce(export, purposes=OFFERS, date_format="%d/%m/%Y %H:%M")
    assert crm.consent_events["effective_at"].tolist() == [pd.Timestamp("2026-01-05 09:00")]
    assert crm.consent_events["recorded_at"].tolist() == [pd.Timestamp("2026-01-06 09:00")]


def test_where_nothing_names_persons_each_contact_and_lead_is_one():
    contact = pd.DataFrame({"Id": ["C1", "C2"], "HasOptedOutOfEmail": ["true", "false"]})
    lead = pd.DataFrame({"ID": ["L1"], "IsConverted": ["false"], "HasOptedOutOfEmail": ["false"]})
    crm = load_salesforce({"Contact": contact, "Lead": lead}, purposes={})
    assert crm.tables["individuals"]["individual_id"].tolist() == ["C1", "C2", "L1"]
    assert crm.tables["contacts"]["individual_id"].tolist() == ["C1", "C2", "L1"]
    why = crm.unmapped.query("object == 'Individual'")["why"].tolist()
    assert why[0] == "It is not used: each contact and lead is a person of its own."
    asked = {"purpose": "personalised_offers", "at": "2026-01-01", "channel": "email"}
    rows = permitted(crm.tables["individuals"], crm.consent_events, policy="opt_out", **asked)
    assert rows["individual_id"].tolist() == ["C2", "L1"]
    assert "IndividualId" not in contact


def test_contacts_that_name_persons_need_them():
    contact = pd.DataFrame({"Id": ["C1"], "IndividualId": ["P1"]})
    with pytest.raises(InputError, match=r"^source must hold Individual, got none of that name"):
        load_salesforce({"Contact": contact}, purposes={})


def test_a_blank_column_of_persons_names_nobody():
    contact = pd.DataFrame({"Id": ["C1", "C2"], "IndividualId": ["", None]})
    crm = load_salesforce({"Contact": contact}, purposes={})
    assert crm.tables["contacts"]["individual_id"].tolist() == ["C1", "C2"]
