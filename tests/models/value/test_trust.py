"""Trust lost: opt-outs and complaints of contacted customers, less those of the held-out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.exceptions import InputError
from equipoise.intervals import newcombe
from equipoise.models.value._trust import NOTHING_SHOWN, TrustLost, trust_lost

COLUMNS = ["attribute", "group", "measure", "contacted", "contacted_rate", "held_out"]
COLUMNS += ["held_out_rate", "per_contact", "low", "high", "lost_eur", "lost_low", "lost_high"]
COLUMNS += ["note"]
NAMES = {"contacted": "mailed", "opted_out": "left", "complained": "moaned"}


@pytest.fixture(scope="module")
def crm():
    return make_crm(customers=4000, seed=7)


def table(contacted=900, held_out=300, left=(45, 3), moaned=(9, 3)) -> pd.DataFrame:
    def flags(hits):
        return np.concatenate([np.arange(contacted) < hits[0], np.arange(held_out) < hits[1]])

    return pd.DataFrame(
        {
            "mailed": np.repeat([1, 0], [contacted, held_out]),
            "left": flags(left),
            "moaned": flags(moaned).astype(float),
            "band": np.resize([1.0, np.nan, 2.0], contacted + held_out),
        }
    )


def test_a_rate_is_that_of_the_contacted_less_that_of_the_held_out():
    found = TrustLost.from_frame(table(), **NAMES, lost_per_opt_out=40, lost_per_complaint=10)
    frame = found.frame()
    assert list(frame) == COLUMNS
    assert frame["measure"].tolist() == ["opt_outs", "complaints"]
    opt_outs, complaints = frame.to_dict("records")
    gap = newcombe(45, 900, 3, 300)
    assert [opt_outs[name] for name in ("per_contact", "low", "high")] == pytest.approx(list(gap))
    assert (opt_outs["contacted_rate"], opt_outs["held_out_rate"]) == (0.05, 0.01)
    assert opt_outs["lost_eur"] == pytest.approx(40 * 0.04)
    assert opt_outs["note"] == ""
    assert complaints["per_contact"] == 0
    assert complaints["note"] == NOTHING_SHOWN
    assert found.rates() == pytest.approx(
        {"opt_outs_per_contact": 0.04, "complaints_per_contact": 0}
    )
    assert found.lost_eur_per_contact.value == pytest.approx(1.6)
    assert 0 < found.lost_eur_per_contact.low < 1.6 < found.lost_eur_per_contact.high


def test_contacts_that_prevent_opt_outs_are_written_as_none_but_shown_as_negative():
    found = TrustLost.from_frame(table(left=(0, 30)), **NAMES)
    assert found.frame().loc[0, "high"] < 0
    assert found.rates()["opt_outs_per_contact"] == 0
    assert np.isnan(found.frame()[["lost_eur", "lost_low", "lost_high"]]).all(axis=None)
    assert np.isnan(found.lost_eur_per_contact.value)


def test_groups_add_up_to_everyone_and_a_missing_one_is_unknown():
    found = TrustLost.from_frame(table(), **NAMES, group="band").frame()
    parts = found[found["attribute"] == "band"]
    assert parts["group"].unique().tolist() == ["1", "2", "unknown"]
    for measure in ("opt_outs", "complaints"):
        of = parts[parts["measure"] == measure]
        assert of["contacted"].sum() == 900
        assert of["held_out"].sum() == 300


def test_few_customers_on_either_side_are_not_estimable():
    found = TrustLost.from_frame(table(held_out=9, left=(40, 1), moaned=(0, 0)), **NAMES)
    assert found.frame()["note"].tolist() == ["not estimable (n=9)"] * 2
    assert np.isnan(found.frame()["per_contact"]).all()
    with pytest.raises(InputError) as refused:
        found.rates()
    assert str(refused.value) == (
        "campaign must have 10 customers contacted and as many held out, got not estimable (n=9). "
        "Use a larger campaign."
    )


def test_intervals_cover_the_true_cost_of_a_contact():
    random, inside = np.random.default_rng(4), []
    for _ in range(150):
        drawn = [random.binomial(n, p) for n, p in ((2000, 0.03), (400, 0.01))]
        found = TrustLost.from_frame(table(2000, 400, left=drawn), **NAMES, lost_per_opt_out=20)
        row, euros = found.frame().iloc[0], found.lost_eur_per_contact
        inside.append((row["low"] <= 0.02 <= row["high"], euros.low <= 0.4 <= euros.high))
    assert (np.mean(inside, axis=0) >= 0.9).all()


def own_tables() -> dict[str, pd.DataFrame]:
    """Five members; the campaign starts on 10 March and is watched for ten days."""
    day = pd.Timestamp
    people = [f"P{k}" for k in range(5)]
    contacts = [f"C{k}" for k in range(5)]
    return {
        "campaigns": pd.DataFrame({"campaign_id": ["spring"], "start_date": [day("2026-03-10")]}),
        "campaign_members": pd.DataFrame(
            {
                "campaign_id": "spring",
                "contact_id": contacts,
                "status": ["contacted", "contacted", "hold_out", "hold_out", "not_targeted"],
                "is_selected": [True, True, True, False, False],
            }
        ),
        "contacts": pd.DataFrame({"contact_id": contacts, "individual_id": people}),
        "individuals": pd.DataFrame({"individual_id": people, "band": list("abaab")}),
        "email_events": pd.DataFrame(
            {
                "contact_id": ["C0", "C1", "C1", "C2"],
                "event": ["unsubscribed", "unsubscribed", "reported_spam", "opened"],
                "event_date": pd.to_datetime(
                    ["2026-03-19", "2026-03-20", "2026-03-10", "2026-03-11"]
                ),
            }
        ),
        "consent_events": pd.DataFrame(
            {
                "individual_id": ["P0", "P2", "P1", "P1"],
                "purpose": ["personalised_offers", "personalised_offers", "profiling", "service"],
                "expression": ["withdrawal", "opt_out", "withdrawal", "opt_in"],
                "effective_at": pd.to_datetime(["2026-03-12", None, "2026-03-12", "2026-03-12"]),
                "recorded_at": pd.to_datetime(["2026-03-12"] * 4),
            }
        ),
        "cases": pd.DataFrame(
            {
                "contact_id": ["C2", "C0"],
                "reason": ["complaint", "delivery"],
                "opened_date": pd.to_datetime(["2026-03-15", "2026-03-15"]),
            }
        ),
    }


def test_what_counts_is_said_by_whom_the_lot_compared_within_the_days():
    frame = trust_lost(own_tables(), "spring", days=10).frame().set_index("measure")
    assert frame["contacted"].tolist() == [2, 2]
    assert frame["held_out"].tolist() == [1, 1]
    assert frame["contacted_rate"].tolist() == [0.5, 0.5]  # C0 left once; C1 reported spam
    assert frame["held_out_rate"].tolist() == [1, 1]  # C2 refused on an unknown day and complained
    longer = trust_lost(own_tables(), "spring", days=11)
    assert longer.frame().set_index("measure")["contacted_rate"].tolist() == [1, 0.5]
    assert longer.parameters["days"] == 11
    assert longer.notes == ()
    late = trust_lost(own_tables(), "spring", days=40)
    assert late.notes == (
        "the last record is of 2026-03-20, before the days end: later ones are not counted",
    )


def test_tables_without_events_say_that_nothing_is_recorded():
    tables = own_tables()
    for name in ("email_events", "consent_events", "cases"):
        tables[name] = tables[name].iloc[:0]
    found = trust_lost(tables, "spring", days=10)
    assert found.notes == ("no opt-out or complaint is recorded at all",)
    assert found.frame()["contacted_rate"].tolist() == [0, 0]


def test_printed_mail_shows_no_loss_of_trust(crm):
    frame = trust_lost(crm, "spring_coupon_2026", days=30).frame()
    assert (frame["low"] <= 0).all()
    assert (frame["high"] >= 0).all()
    assert (frame["note"] == NOTHING_SHOWN).all()


def test_mailings_drive_customers_away(crm):
    mailings = [name for name in crm.tables["campaigns"]["campaign_id"] if "email" in name]
    found = [trust_lost(crm, name, days=30).frame().iloc[0] for name in mailings]
    gained = np.average(
        [row["per_contact"] for row in found], weights=[row["held_out"] for row in found]
    )
    assert gained > 0.002


def refusal(call) -> str:
    with pytest.raises(InputError) as refused:
        call()
    return str(refused.value)


def test_a_campaign_without_a_hold_out_is_refused():
    tables = own_tables()
    members = tables["campaign_members"]
    tables["campaign_members"] = members[members["status"] == "contacted"]
    assert refusal(lambda: trust_lost(tables, "spring", days=10)) == (
        "campaign must have customers contacted, and others held out by lot, "
        "got nobody held out among 2. "
        "Without a randomised hold-out nobody can say what a contact causes."
    )


def test_tables_that_cannot_be_read_are_refused():
    tables = own_tables()
    assert refusal(lambda: trust_lost(tables["cases"], "spring", days=10)) == (
        "records must be a CRM or its tables by name, got DataFrame. "
        "For another table use TrustLost.from_frame."
    )
    part = {name: table for name, table in tables.items() if name != "cases"}
    assert refusal(lambda: trust_lost(part, "spring", days=10)) == (
        "records must have the table 'cases', got none of that name. "
        "Pass an empty table with its columns where nothing was recorded."
    )
    renamed = tables | {"cases": tables["cases"].rename(columns={"reason": "why"})}
    assert refusal(lambda: trust_lost(renamed, "spring", days=10)) == (
        "table 'cases' must name a column of the table, got 'reason'. "
        "Known: 'contact_id', 'why', 'opened_date'."
    )
    twice = pd.concat([tables["campaign_members"]] * 2)
    assert (
        refusal(lambda: trust_lost(tables | {"campaign_members": twice}, "spring", days=10))
        == "campaign must have each customer once, got 'C0' twice. Remove repeated rows."
    )
    assert refusal(lambda: trust_lost(tables, "sprong", days=10)) == (
        "campaign must be a known name, got 'sprong'. Did you mean 'spring'?"
    )
    assert refusal(lambda: trust_lost(tables, "spring", days=0)) == (
        "days must be a whole number of at least 1, got 0. Use for example 30."
    )
    assert refusal(lambda: trust_lost(tables, "spring", days=10, group="bond")) == (
        "group must name a column of the table, got 'bond'. Did you mean 'band'?"
    )


def test_flags_and_euros_that_are_none_are_refused():
    odd = table()
    odd["left"] = odd["left"].astype(object)
    odd.loc[3, "left"] = "yes"
    assert refusal(lambda: TrustLost.from_frame(odd, **NAMES)) == (
        "column 'left' must be coded 0 and 1, got 'yes' in 1 of 1,200 rows. "
        "Correct or remove those rows."
    )
    odd.loc[3, "left"] = None
    assert refusal(lambda: TrustLost.from_frame(odd, **NAMES)) == (
        "column 'left' must be coded 0 and 1, got nothing in 1 of 1,200 rows. "
        "Correct or remove those rows."
    )
    assert refusal(lambda: TrustLost.from_frame(table(), **NAMES, lost_per_opt_out=-1)) == (
        "lost_per_opt_out must be a number in [0, 1.79769e+308], got -1. Give euros, or leave it out."
    )
