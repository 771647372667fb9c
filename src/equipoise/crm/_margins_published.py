"""What others have published about margins like ours, and in what it differs from ours."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MARGINS", "NO_FIGURE", "SEASON_PUBLISHED", "SEASON_SOURCE", "Margin"]

NO_FIGURE = "no figure found"


@dataclass(frozen=True, kw_only=True)
class Margin:
    """One margin of the file, beside what has been published.

    Attributes
    ----------
    key : str
        Its row in `margin_counts`.
    what : str
    figure, source : str
        What was published and where; `NO_FIGURE` and nothing if nothing citable was found.
    low, high : float or None
        The published range, in the unit of the margin; none where the two cannot be compared.
    why : str
        What makes the two differ, or what keeps them from being compared.
    unit : {"share", "rate", "number"}
        Shown in per cent, in per cent with three digits, or as a number with a unit of its own.
    minus : str or None
        The margin that is taken off, where this is a difference of shares.
    """

    key: str
    what: str
    why: str
    figure: str = NO_FIGURE
    source: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = "share"
    minus: str | None = None


CMC = (
    "CMC-Dialogpost-Studie, Collaborative Marketing Club and Deutsche Post, editions 2019 to 2025, "
    "as reported by flyeralarm, medienmanager and onlineprinters"
)
HILLSTROM_2021 = "Hillstrom, MineThatData, 7 April 2021"
HILLSTROM_2023 = "Hillstrom, MineThatData, 13 September 2023"
GDMA = "GDMA and DDMA, International Email Benchmark 2024 (data of 2023)"
MAILCHIMP = "Mailchimp, Email Marketing Benchmarks, Home and Garden, 2016"
ADDRESSES = "Deutsche Post Direkt, Adress-Studie 2025 and 2021"
ACTIVE = "This base is more active on purpose, see above the table."
ATTITUDE = "Published figures are of survey answers or of one form, not of one retailer's records."

MARGINS: tuple[Margin, ...] = (
    Margin(
        key="redeemed", what="Recorded answers within 30 days of a printed coupon, of those contacted",
        figure="3.9 to 4.9 %, in the pandemic 6.8 %; half of it after the first month", source=CMC,
        low=0.039, high=0.068,
        why="There, coupon codes were counted. Here any order in the window takes the coupon, also "
        "one that would have come without it. " + ACTIVE,
    ),
    Margin(
        key="bought_contacted", minus="bought_hold_out",
        what="Coupon lift: orders within 30 days, contacted less held out, of those selected",
        figure="purchases that redeem are under 20 % of purchases (randomised test of e-coupons); no "
        "lift in points for printed mail",
        source="Gopalakrishnan and Park, MSI report 19-106, 2019",
        why="Another medium and another measure.",
    ),
    Margin(
        key="anyway", what="Of the contacted who ordered, would have ordered anyway (truth)",
        figure="60 to 70 % of the demand of mailed customers", low=0.60, high=0.70,
        source="LaPierre (Datamann), Direct Commerce, issue 258: an expert's statement",
        why="There, demand in euros after catalogues; here, customers who ordered.",
    ),
    Margin(
        key="put_off", what="Of the contacted, kept from ordering by the mail (truth)",
        why="A negative effect is published for retention offers in telecoms (Ascarza, Iyengar and "
        "Schleicher: churn 6 to 10 %); its share among customers is not.",
    ),
    Margin(
        key="repeat_90d", what="Second order within 90 days of the first",
        figure="13 % within three months", source=HILLSTROM_2021 + ": one brand",
        low=0.13, high=0.13, why=ACTIVE,
    ),
    Margin(
        key="repeat_year", what="Second order within a year of the first",
        figure="27 % within a year", source=HILLSTROM_2021 + ": one brand",
        low=0.27, high=0.27, why=ACTIVE,
    ),
    Margin(
        key="rebuy", what="Buyers of one year (to March 2025) who order in the next",
        figure="about 30 %, formerly 35", source=HILLSTROM_2023 + ": an average client",
        low=0.30, high=0.35, why=ACTIVE,
    ),
    Margin(
        key="orders_per_buyer", what="Orders per customer who orders in a year", unit="number",
        figure="1.73 to 1.94 at Wayfair, 2017 to 2020", low=1.73, high=1.94,
        source="company figures as reported by Retail Dive, 2018, and RIS News, 2020", why=ACTIVE,
    ),
    Margin(
        key="churned", what="Churn: no order in 90 days, of those with one in the 180 days before",
        why="Definitions differ from firm to firm; this one is a convention of the course.",
    ),
    Margin(
        key="opened", what="E-mails opened, of those delivered",
        figure="34.1 %; 24.5 % in home and garden, 2016", source=f"{GDMA}; {MAILCHIMP}",
        low=0.245, high=0.341,
        why="Figures since 2021 count opens by mail programs; nothing here does.",
    ),
    Margin(
        key="clicked", what="E-mails clicked, of those delivered",
        figure="2.9 to 3.6 %; 3.75 % in home and garden, 2016",
        source=f"{GDMA}, and edition 2025; {MAILCHIMP}", low=0.0291, high=0.0375, unit="rate",
        why="Here a click needs an opening that was seen.",
    ),
    Margin(
        key="bounced", what="E-mails bounced, of those sent",
        figure="0.77 % (hard 0.44, soft 0.33); 1.08 % in home and garden, 2016",
        source=f"{GDMA}; {MAILCHIMP}", low=0.0077, high=0.0108, unit="rate",
        why="Here a bounce is a matter of chance at each send; no address is dead for good.",
    ),
    Margin(
        key="unsubscribed", what="Unsubscribed, of e-mails delivered",
        figure="0.38 % in home and garden, 2016; 0.14 % world average", low=0.0014, high=0.0038,
        source=f"{MAILCHIMP}; GDMA 2024 as reported by Spotler", unit="rate",
        why="Three e-mails to a campaign tire: the rate rises with those sent in 100 days.",
    ),
    Margin(
        key="reported_spam", what="Reported as spam, of e-mails delivered",
        figure="0.04 % in home and garden, 2016", source=MAILCHIMP, low=0.0004, high=0.0004,
        unit="rate", why="Few events, so the interval is wide.",
    ),
    Margin(
        key="opt_in/personalised_offers/email", what="Opted in to personalised offers by e-mail",
        figure="marketing in general: 20 % with an opt-in box, 42 % where wording mixes opt-in and "
        "opt-out", source="UK DMA, Size matters, 2015", low=0.20, high=0.42,
        why="Customers who join of their own accord, not a cold form. "
        + ATTITUDE,
    ),
    Margin(
        key="opt_in/personalised_offers/post", what="Opted in to personalised offers by post",
        why="The UK DMA's 20 to 42 % are not told apart by channel.",
    ),
    Margin(
        key="opt_in/personalised_offers/phone", what="Opted in to personalised offers by phone",
        why="Set low by judgement.",
    ),
    Margin(
        key="opt_in/analytics/any", what="Opted in to analytics",
        why="Banners of web sites range from 28 to 78 % by their design (Commanders Act, 2018): another "
        "thing is asked.",
    ),
    Margin(key="opt_in/profiling/any", what="Opted in to profiling", why="Set by judgement."),
    Margin(
        key="opt_in/third_party_sharing/any", what="Opted in to sharing with third parties",
        figure="47 % call a loyalty card with resale of data acceptable (US)",
        source="Pew Research Center, 14 January 2016",
        why="An attitude and no act. An opt-in to sharing ends here after a year, so fewer have one in "
        "force than ever gave one.",
    ),
    Margin(
        key="opt_in/fairness_audit/any", what="Opted in to fairness audits",
        why="Assumed; nobody seems to have asked.",
    ),
    Margin(
        key="opt_in/service/email", what="Opted in to service messages by e-mail",
        why="Service may rest on other bases than consent.",
    ),
    Margin(
        key="withdrawn/email", what="Opt-ins to offers by e-mail lost within a year",
        figure="44 % of new subscribers", low=0.44, high=0.44,
        source="Return Path as reported by MarketingCharts, 2018",
        why="There, new subscribers with a third lost in the first month; here, all opt-ins a year "
        "before, few campaigns, and no dead mailboxes.",
    ),
    Margin(
        key="withdrawn/post", what="Opt-ins to offers by post lost within a year",
        why="Set by judgement.",
    ),
    Margin(
        key="cases", what="Service requests per order",
        figure="2 to 10 per 100 orders in most shops", low=0.02, high=0.10,
        source="Gorgias, pricing page (no year): a vendor's rule of thumb",
        why="Requests are counted over all orders, old and new.",
    ),
    Margin(
        key="first_contact", what="Requests settled at the first contact",
        figure="78 % in retail", source="SQM Group (no year), North America, as customers answered",
        low=0.78, high=0.78, why="There, customers say so; here, the desk does.",
    ),
    Margin(
        key="escalated", what="Requests that escalate",
        why="Published figures contradict each other and name no method.",
    ),
    Margin(
        key="complained", what="Customers with a recorded complaint within a year",
        figure="7.7 % of customers of retailers had a problem", low=0.077, high=0.077,
        source="Institute of Customer Service, UK Customer Satisfaction Index, 2015",
        why="Most problems are not complained about, and a lost parcel is a case of another reason here.",
    ),
    Margin(
        key="waiting_email", what="Hours to the first answer by e-mail, mean", unit="number",
        figure="34 hours", low=34, high=34,
        source="parcelLab and Salesupply, Versandhandelsstudie 2023, as reported by iBusiness",
        why="Waiting follows the priority here.",
    ),
    Margin(
        key="waiting_phone", what="Hours to the first answer by telephone, mean", unit="number",
        figure="0.04 hours (2.5 minutes)", low=0.04, high=0.04,
        source="parcelLab and Salesupply, Versandhandelsstudie 2023, as reported by iBusiness",
        why="There, the wait until a call is taken. Here it follows the priority, too.",
    ),
    Margin(
        key="pieces", what="Pieces per order", unit="number",
        figure="2.3 at Westwing, 2013 (2.8 million pieces in 1.2 million orders)", low=2.3, high=2.3,
        source="company figures as reported by Gründerszene", why="An order has four lines at most.",
    ),
    Margin(
        key="amount_eur", what="Euros per order, after the discount", unit="number",
        figure="110 euros without, 123 with a mailing, 2025", low=110, high=123, source=CMC,
        why="There, shops of all kinds; amounts here are stipulated.",
    ),
    Margin(
        key="unlinked", what="Orders that are linked to no customer",
        figure="24.9 % of lines without a customer number", low=0.249, high=0.249,
        source="Chen, Online Retail, UCI Machine Learning Repository, 2015; the share is computed "
        "from its counts",
        why="Orders lose their customer here only by a distortion (noisy_measurement).",
    ),
    Margin(
        key="undeliverable", what="Members who cannot be reached by post, neither held out nor objecting",
        figure="13.1 % of customer addresses faulty, 8.7 % in online retail",
        source=ADDRESSES, low=0.087, high=0.131,
        why="Here it is a share drawn at each campaign; it does not follow `verified_date`.",
    ),
)  # fmt: skip

SEASON_PUBLISHED = (
    0.931, 0.942, 1.030, 0.913, 1.006, 0.975, 0.988, 1.061, 0.977, 0.958, 1.073, 1.173,
)  # fmt: skip
"""January to December: January of 2013, the other months of 2012; whole months, not days."""

SEASON_SOURCE = (
    "US Census Bureau, combined seasonal and trading-day factors, furniture and home furnishings "
    "stores (NAICS 442), February 2012 to January 2013"
)
