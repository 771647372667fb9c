"""What margins are counted from: sums over customers, so that counts of parts add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from equipoise.consent import permitted
from equipoise.crm._calendar import COURSE_CAMPAIGN, QUARTER, YEAR
from equipoise.crm._consents import ASKED
from equipoise.crm._schema import END_DATE, KEPT_SEASON_START
from equipoise.crm._truth import Truth

__all__ = ["SEASON_MONTHS", "margin_counts"]

Tables = Mapping[str, pd.DataFrame]
Counted = tuple[str, float, float, float]

SEASON_MONTHS = pd.period_range("2025-01", "2026-03", freq="M")


def margin_counts(tables: Tables, truth: Truth) -> pd.DataFrame:
    """Return the counts of every margin.

    Returns
    -------
    pandas.DataFrame
        Indexed by `margin`: `hits` and `n`, and `squares`, the sum of squared values of a margin
        that is a mean and not a share (else equal to `hits`). All three add up over customers.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> crm = make_crm(customers=500, seed=7)
    >>> counts = margin_counts(crm.tables, crm.truth)
    >>> bool(counts.loc["redeemed", "hits"] < counts.loc["redeemed", "n"])
    True
    """
    counted = [
        *_coupon(tables, truth),
        *_repeat(tables),
        *_emails(tables),
        *_consents(tables),
        *_service(tables),
        *_baskets(tables),
        *_season(tables),
    ]
    frame = pd.DataFrame(counted, columns=["margin", "hits", "n", "squares"])
    return frame.set_index("margin").astype(float)


def _share(name: str, hits: float, n: float) -> Counted:
    return name, hits, n, hits


def _mean(name: str, values: pd.Series[float]) -> Counted:
    return name, values.sum(), len(values), (values**2).sum()


def _coupon(tables: Tables, truth: Truth) -> Iterator[Counted]:
    """Count around the spring coupon of 2026: answers, lift, and what only the truth knows."""
    members = tables["campaign_members"]
    members = members[members["campaign_id"] == COURSE_CAMPAIGN.campaign_id]
    contacted = members[members["status"] == "contacted"]
    yield _share("redeemed", contacted["has_responded"].sum(), len(contacted))
    orders = _within(tables["orders"], COURSE_CAMPAIGN.start_date, COURSE_CAMPAIGN.window_days)
    for status in ("contacted", "hold_out"):
        asked = members[members["is_selected"] & (members["status"] == status)]
        bought = asked["contact_id"].isin(orders["contact_id"])
        yield _share(f"bought_{status}", bought.sum(), len(asked))
    known = truth.campaign.merge(contacted[["contact_id"]], on="contact_id")
    buyers = known[known["orders_if_contacted"]]
    yield _share("anyway", buyers["orders_if_not_contacted"].sum(), len(buyers))
    yield _share("put_off", (known["effect"] == "sleeping_dog").sum(), len(known))
    tried = members[~members["reason"].isin(("randomised", "objected"))]
    yield _share("undeliverable", (tried["reason"] == "undeliverable").sum(), len(tried))


def _repeat(tables: Tables) -> Iterator[Counted]:
    orders, contacts = tables["orders"].dropna(subset="contact_id"), tables["contacts"]
    joined = contacts.set_index("contact_id")["joined_date"]
    since = orders["order_date"].to_numpy() - joined.loc[orders["contact_id"]].to_numpy()
    for name, span in (("repeat_90d", QUARTER), ("repeat_year", YEAR)):
        followed = joined.index[joined <= END_DATE - span]
        count = orders["contact_id"][since <= span].value_counts()
        yield _share(name, (count.reindex(followed, fill_value=0) >= 2).sum(), len(followed))
    start = KEPT_SEASON_START - 2 * YEAR
    before, after = (_within(orders, day, YEAR.days) for day in (start, start + YEAR))
    buyers = before["contact_id"].drop_duplicates()
    yield _share("rebuy", buyers.isin(after["contact_id"]).sum(), len(buyers))
    yield _mean("orders_per_buyer", after["contact_id"].value_counts())
    date = KEPT_SEASON_START - QUARTER
    active = _within(orders, date - 2 * QUARTER, 2 * QUARTER.days)["contact_id"].drop_duplicates()
    left = ~active.isin(_within(orders, date, QUARTER.days)["contact_id"])
    yield _share("churned", left.sum(), len(active))


def _emails(tables: Tables) -> Iterator[Counted]:
    event = tables["email_events"]["event"].value_counts()
    count = event.reindex(
        ["sent", "bounced", "opened", "clicked", "unsubscribed", "reported_spam"], fill_value=0
    )
    yield _share("bounced", count["bounced"], count["sent"])
    delivered = count["sent"] - count["bounced"]
    for name in ("opened", "clicked", "unsubscribed", "reported_spam"):
        yield _share(name, count[name], delivered)


def _consents(tables: Tables) -> Iterator[Counted]:
    date = COURSE_CAMPAIGN.start_date
    contacts, events = tables["contacts"], tables["consent_events"]
    joined = contacts.loc[contacts["joined_date"] < date, ["individual_id"]]
    earlier = contacts.loc[contacts["joined_date"] < date - YEAR, ["individual_id"]]
    for purpose, channel, _ in ASKED:
        own = events[(events["purpose"] == purpose) & (events["channel"] == channel)]
        name = f"{purpose}/{channel}"
        now = _permitted(joined, own, purpose, channel, date)
        yield _share(f"opt_in/{name}", len(now), len(joined))
        if purpose == "personalised_offers" and channel != "phone":
            then = _permitted(earlier, own, purpose, channel, date - YEAR)
            lost = ~then["individual_id"].isin(now["individual_id"])
            yield _share(f"withdrawn/{channel}", lost.sum(), len(then))


def _permitted(
    people: pd.DataFrame, events: pd.DataFrame, purpose: str, channel: str, date: pd.Timestamp
) -> pd.DataFrame:
    return permitted(people, events, purpose=purpose, at=date, known_at=date, channel=channel)


def _service(tables: Tables) -> Iterator[Counted]:
    cases, orders, contacts = tables["cases"], tables["orders"], tables["contacts"]
    yield _share("cases", len(cases), len(orders))
    yield _share("first_contact", cases["first_contact_resolved"].sum(), len(cases))
    yield _share("escalated", cases["is_escalated"].sum(), len(cases))
    year = _within(cases, KEPT_SEASON_START - YEAR, YEAR.days, "opened_date")
    here = contacts["joined_date"] < KEPT_SEASON_START - YEAR
    complaints = year.loc[year["reason"] == "complaint", "contact_id"]
    yield _share("complained", contacts["contact_id"][here].isin(complaints).sum(), here.sum())
    written = cases.loc[cases["origin"] == "email", "waiting_hours"]
    yield _mean("waiting_email", written)
    yield _mean("waiting_phone", cases.loc[cases["origin"] == "phone", "waiting_hours"])


def _baskets(tables: Tables) -> Iterator[Counted]:
    items, orders = tables["order_items"], tables["orders"]
    yield _mean("pieces", items.groupby("order_id")["quantity"].sum())
    yield _mean("amount_eur", orders["amount_eur"])
    yield _share("unlinked", orders["contact_id"].isna().sum(), len(orders))


def _season(tables: Tables) -> Iterator[Counted]:
    """Count orders and customer-days in each month: the base of customers grows all the time."""
    date, joined = tables["orders"]["order_date"], tables["contacts"]["joined_date"]
    placed = date.dt.to_period("M").value_counts()
    for month in SEASON_MONTHS:
        last = month.start_time + pd.Timedelta(days=month.days_in_month)
        there = (last - joined).dt.days.clip(0, month.days_in_month)
        yield _share(f"season/{month}", placed.get(month, 0), there.sum())


def _within(
    rows: pd.DataFrame, start: pd.Timestamp, days: int, column: str = "order_date"
) -> pd.DataFrame:
    last = start + pd.Timedelta(days=days)
    return rows[rows[column].between(start, last, inclusive="left")]
