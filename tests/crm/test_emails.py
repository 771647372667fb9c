import numpy as np
import pandas as pd
import pytest

from equipoise.crm._calendar import CAMPAIGNS
from equipoise.crm._consents import NEVER, OFFERS_BY_EMAIL, given_on
from equipoise.crm._emails import BOUNCED_SHARE, CLICKED_SHARE_OF_OPENED, SENDS, Mailbox
from equipoise.crm._schema import EMAIL_EVENTS, START_DATE

MAILINGS = [(place, plan) for place, plan in enumerate(CAMPAIGNS) if not plan.by_post]
SENT, BOUNCED, OPENED, CLICKED, UNSUBSCRIBED, SPAM = range(len(EMAIL_EVENTS))


@pytest.fixture(scope="module")
def emails(town):
    events = town.tables["email_events"]
    return events.assign(day=(events["event_date"] - START_DATE).dt.days)


def rate(events, name, among):
    counts = events["event"].value_counts()
    return counts[name] / counts[among], counts[among]


def test_events_are_sorted_by_customer_and_time(emails):
    assert emails["contact_id"].is_monotonic_increasing
    assert (emails.groupby("contact_id")["day"].diff().dropna() >= 0).all()


def test_each_event_happens_once_and_only_to_what_was_sent(emails):
    keys = ["contact_id", "campaign_id", "send_number"]
    assert not emails.duplicated([*keys, "event"]).any()
    assert emails["send_number"].between(1, SENDS).all()
    flags = emails.assign(yes=True).pivot(index=keys, columns="event", values="yes").notna()
    assert flags["sent"].all()
    assert not (
        flags["bounced"] & flags[["opened", "unsubscribed", "reported_spam"]].any(axis=1)
    ).any()
    assert (flags["opened"] | ~flags["clicked"]).all()


def test_e_mail_goes_to_the_contacted_of_campaigns_by_e_mail(town, emails):
    members = town.tables["campaign_members"].merge(town.tables["campaigns"], on="campaign_id")
    contacted = members[(members["type"] == "email") & (members["status"] == "contacted")]
    first = emails[(emails["event"] == "sent") & (emails["send_number"] == 1)]
    keys = ["contact_id", "campaign_id"]
    pd.testing.assert_frame_equal(
        first[keys].sort_values(keys, ignore_index=True),
        contacted[keys].sort_values(keys, ignore_index=True),
    )


def test_nobody_gets_mail_after_unsubscribing(emails):
    left = emails[emails["event"] == "unsubscribed"].groupby("contact_id")["day"].min()
    sent = emails[emails["event"] == "sent"]
    after = sent["day"] >= sent["contact_id"].map(left)
    assert len(left) > 100
    assert not after.any()


def test_nobody_gets_mail_on_a_day_without_an_opt_in_in_force(small_world):
    events = small_world.mailbox.events()
    sent = events[events["event"] == SENT]
    for day, of_day in sent.groupby("day"):
        assert given_on(small_world.life.expressed, OFFERS_BY_EMAIL, day)[of_day["row"]].all()


def test_unsubscribing_is_recorded_as_a_withdrawal(town, emails):
    left = emails[emails["event"] == "unsubscribed"]
    contacts = town.tables["contacts"]
    left = left.merge(contacts[["contact_id", "individual_id"]], on="contact_id")
    consents = town.tables["consent_events"]
    links = consents[consents["source"] == "email_link"]
    assert (links["expression"] == "withdrawal").all()
    assert (links["purpose"] == "personalised_offers").all()
    assert (links["channel"] == "email").all()
    assert sorted(links["individual_id"]) == sorted(left["individual_id"])
    both = links.merge(left, on="individual_id").dropna(subset="effective_at")
    assert (both["effective_at"] == both["event_date"]).all()


def test_rates_are_those_stated(emails):
    for name, among, share in [
        ("bounced", "sent", BOUNCED_SHARE),
        ("clicked", "opened", CLICKED_SHARE_OF_OPENED),
    ]:
        found, n = rate(emails, name, among)
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / n)


def test_rates_are_those_of_retail(emails):
    assert 0.2 < rate(emails, "opened", "sent")[0] < 0.4
    assert 0.01 < rate(emails, "clicked", "sent")[0] < 0.04
    assert 0.001 < rate(emails, "unsubscribed", "sent")[0] < 0.006
    assert rate(emails, "reported_spam", "sent")[0] < 0.001


def mailbox_after(small_world, campaigns):
    life = small_world.life
    affinity = life.latents["email_affinity"].to_numpy()
    mailbox = Mailbox(life.draws, affinity, np.full(len(affinity), NEVER))
    everyone = np.ones(len(affinity), dtype=bool)
    for place, plan in campaigns:
        mailbox.send(place, plan, everyone)
    return mailbox.events()


def test_whoever_was_sent_much_is_more_likely_to_unsubscribe(small_world):
    """With the same draws, whoever the e-mail drives away when rested it drives away when tired."""
    first, second = MAILINGS[3], MAILINGS[4]
    assert second[1].day - first[1].day <= 100
    rested = mailbox_after(small_world, [second])
    tired = mailbox_after(small_world, [first, second])
    gone_before = set(tired[(tired["place"] == first[0]) & (tired["event"] == UNSUBSCRIBED)]["row"])

    def leavers(events):
        of_second = events[(events["place"] == second[0]) & (events["event"] == UNSUBSCRIBED)]
        return set(of_second["row"]) - gone_before

    assert leavers(rested) < leavers(tired)


def test_e_mails_of_long_ago_tire_nobody(small_world):
    first, later = MAILINGS[1], MAILINGS[-1]
    assert later[1].day - first[1].day > 100
    rested = mailbox_after(small_world, [later])
    after = mailbox_after(small_world, [first, later])
    gone_before = after[(after["place"] == first[0]) & (after["event"] == UNSUBSCRIBED)]["row"]
    of_later = [events[events["place"] == later[0]] for events in (rested, after)]
    kept = [events[~events["row"].isin(gone_before)] for events in of_later]
    pd.testing.assert_frame_equal(*(events.reset_index(drop=True) for events in kept))


def test_those_who_like_e_mail_open_more_and_leave_less(town, emails):
    affinity = town.truth.latents.set_index("contact_id")["email_affinity"]
    fond = emails["contact_id"].map(affinity) > affinity.median()
    assert rate(emails[fond], "opened", "sent")[0] > rate(emails[~fond], "opened", "sent")[0] + 0.1
    left = "unsubscribed"
    assert rate(emails[fond], left, "sent")[0] < rate(emails[~fond], left, "sent")[0]


def test_a_mailbox_without_campaigns_has_no_events(small_world):
    events = mailbox_after(small_world, [])
    assert len(events) == 0
    assert list(events) == ["row", "place", "send", "event", "day"]
