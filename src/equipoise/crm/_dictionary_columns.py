"""Every column of every table: what it means, what it may hold, and who may read it and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from equipoise.consent import PURPOSES
from equipoise.crm._schema import (
    CASE_ORIGINS,
    CASE_PRIORITIES,
    CASE_REASONS,
    EMAIL_EVENTS,
    END_DATE,
    GROUPS,
    LEAD_SOURCES,
    POSTCODE_AREAS,
    PRODUCT_CATEGORIES,
    START_DATE,
)

__all__ = ["COLUMNS", "Bounds", "Column", "Reading"]

Bounds = tuple[float | str | None, float | str | None]
"""The lowest and the highest value, both allowed; `None` is open, dates are written as text."""


@dataclass(frozen=True)
class Reading:
    """The purposes that may read a column, and why these and no others."""

    purposes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of one table.

    Attributes
    ----------
    table, name : str
    type : str
        text, integer, number, boolean or date.
    kind : str
        identity, contact, demographic, behaviour, service, consent or campaign.
    meaning : str
    reading : Reading
        The consent purposes that may read it, with the reason.
    unit : str
        Empty where there is none.
    levels : tuple of str
        All texts allowed; empty where any is.
    bounds : tuple of low and high, or None
    missing_means : str
        "unknown": there is a value that the firm does not have. "none": there is nothing to
        record, which is no flaw. Empty where a value must be there.
    key : str or None
        "primary" (each value once), "foreign TABLE.COLUMN" (each value is one of that column), or
        None.
    """

    table: str
    name: str
    type: str
    kind: str
    meaning: str
    reading: Reading
    unit: str = ""
    levels: tuple[str, ...] = ()
    bounds: Bounds | None = None
    missing_means: str = ""
    key: str | None = None

    @property
    def may_be_missing(self) -> bool:
        """Whether a row without a value is allowed."""
        return self.missing_means != ""

    @property
    def purposes(self) -> tuple[str, ...]:
        """The consent purposes that may read the column; empty if none should."""
        return self.reading.purposes


_ALL = tuple(PURPOSES)

KEY = Reading(_ALL, "A key joins the rows of what else may be read.")
NOBODY = Reading((), "It should never have been collected: no purpose needs it.")
GROUP = Reading(
    ("fairness_audit",), "Sensitive: it compares groups and decides nothing about one person."
)
HOUSEHOLD = Reading(
    ("analytics", "personalised_offers", "profiling"),
    "It says what fits a home; delivery and complaints do not depend on it.",
)
AREA = Reading(
    ("service", "analytics", "personalised_offers", "profiling", "fairness_audit"),
    "Delivery needs it. It tells much of the community, so the audit must see it.",
)
ORIGIN = Reading(
    ("analytics", "personalised_offers", "profiling", "fairness_audit"),
    "Serving someone does not need it. It tells a little of the community: the audit must see it.",
)
RELATION = Reading(
    ("service", "analytics", "personalised_offers", "profiling"),
    "It is part of the relation with the customer; partners and the audit do without.",
)
PLAN = Reading(
    ("service", "analytics", "personalised_offers", "profiling", "third_party_sharing"),
    "Partners who honour the plan must know its members, and nothing else about them.",
)
UPKEEP = Reading(
    ("service", "analytics", "fairness_audit"),
    "It says how far, and for whom, an address can be trusted; it is no sign of interest.",
)
SALE = Reading(
    ("service", "analytics", "personalised_offers", "profiling", "fairness_audit"),
    "Invoices and returns need it; the audit needs it as an outcome and as euros received.",
)
ITEM = Reading(
    ("service", "analytics", "personalised_offers", "profiling"),
    "Invoices and returns need it; the audit counts orders, not items.",
)
CATEGORY = Reading(
    ("service", "analytics", "personalised_offers", "profiling", "third_party_sharing"),
    "Agreed sharing is with brands: what kind of thing was bought is all that they need.",
)
CAMPAIGN = Reading(_ALL, "It is about the campaign, not about a person.")
TREATMENT = Reading(
    ("analytics", "personalised_offers", "fairness_audit"),
    "Effects and gaps are measured from what was done to whom; a profile is of acts of one's own.",
)
EXPLANATION = Reading(
    ("analytics", "fairness_audit"),
    "It explains a past decision; as an input it would repeat it, or punish an objection.",
)
ANSWER = Reading(
    ("analytics", "personalised_offers", "profiling", "fairness_audit"),
    "Answers teach the next offer; the audit needs them as an outcome.",
)
TRACKING = Reading(
    ("analytics", "personalised_offers", "profiling"),
    "Opens and clicks are followed for those only who agreed to be counted or addressed.",
)
COMPLAINT = Reading(
    ("service", "analytics", "fairness_audit"),
    "It was told in order to get help: nobody is sold to or ranked by it.",
)
CONSENT = Reading(_ALL, "Every purpose must be able to read whether it may.")

WORLD = (f"{START_DATE:%Y-%m-%d}", f"{END_DATE:%Y-%m-%d}")
YES_NO = ("yes", "no")

_individuals = partial(Column, table="individuals", kind="demographic")
_contacts = partial(Column, table="contacts", kind="contact")
_orders = partial(Column, table="orders", kind="behaviour")
_items = partial(Column, table="order_items", kind="behaviour")
_campaigns = partial(Column, table="campaigns", kind="campaign", reading=CAMPAIGN)
_members = partial(Column, table="campaign_members", kind="campaign")
_emails = partial(Column, table="email_events", kind="behaviour")
_cases = partial(Column, table="cases", kind="service", reading=COMPLAINT)
_consents = partial(Column, table="consent_events", kind="consent", reading=CONSENT)

_TO_INDIVIDUAL = "foreign individuals.individual_id"
_TO_CONTACT = "foreign contacts.contact_id"
_TO_CAMPAIGN = "foreign campaigns.campaign_id"
_TO_ORDER = "foreign orders.order_id"

# fmt: off
# A table that is read and compared: one column in two or three lines, not in ten.
COLUMNS: tuple[Column, ...] = (
    _individuals(name="individual_id", type="text", kind="identity", key="primary", reading=KEY,
                 meaning="The person, whatever they are called elsewhere."),
    _individuals(name="gender", type="text", reading=GROUP, levels=tuple(GROUPS["gender"]),
                 meaning="As stated; unknown is not stated, or neither woman nor man."),
    _individuals(name="birth_date", type="date", reading=GROUP, bounds=("1900-01-01", "2010-01-01"),
                 meaning="Day of birth."),
    _individuals(name="age", type="integer", unit="years", reading=GROUP, bounds=(16, 120),
                 meaning="Age in whole years on 1 January 2026."),
    _individuals(name="age_band", type="text", reading=GROUP,
                 levels=tuple(GROUPS["age_band"]), meaning="Band of `age`."),
    _individuals(name="income_band", type="text", reading=GROUP, levels=tuple(GROUPS["income_band"]),
                 meaning="Band of the household's income."),
    _individuals(name="community", type="text", reading=GROUP, levels=tuple(GROUPS["community"]),
                 meaning="Fictional community, without natural differences in behaviour."),
    _individuals(name="household_size", type="integer", unit="persons", reading=HOUSEHOLD,
                 bounds=(1, 20), missing_means="unknown",
                 meaning="Persons in the household; missing where it was not given."),
    _individuals(name="children_count", type="integer", unit="children", reading=NOBODY,
                 bounds=(0, 20), meaning="Children in the household."),
    _individuals(name="consumer_credit_score", type="integer", unit="points", reading=NOBODY,
                 bounds=(0, 1000), meaning="A bureau's score of how well debts are paid."),

    _contacts(name="contact_id", type="text", kind="identity", key="primary", reading=KEY,
              meaning="The customer as the CRM knows them."),
    _contacts(name="individual_id", type="text", kind="identity", key=_TO_INDIVIDUAL, reading=KEY,
              meaning="The person behind the contact."),
    _contacts(name="postcode_area", type="text", reading=AREA,
              levels=POSTCODE_AREAS,
              meaning="Area of the address; follows the community and has no effect of its own."),
    _contacts(name="lead_source", type="text", reading=ORIGIN,
              levels=LEAD_SOURCES, meaning="How the customer came."),
    _contacts(name="joined_date", type="date", kind="behaviour", reading=RELATION, bounds=WORLD,
              meaning="Day the customer was first recorded."),
    _contacts(name="loyalty_plan", type="text", kind="behaviour", reading=PLAN,
              levels=("member", "not_member"), meaning="Whether in the loyalty plan."),
    _contacts(name="uses_app", type="text", kind="behaviour", reading=RELATION, levels=YES_NO,
              meaning="Whether the retailer's app is used."),
    _contacts(name="verified_date", type="date", reading=UPKEEP, bounds=WORLD,
              missing_means="unknown",
              meaning="Day the address was last confirmed; missing if never."),

    _orders(name="order_id", type="text", key="primary", reading=KEY, meaning="The order."),
    _orders(name="contact_id", type="text", kind="identity", key=_TO_CONTACT, reading=KEY,
            missing_means="unknown",
            meaning="Who ordered; missing where no customer could be linked."),
    _orders(name="order_date", type="date", reading=SALE, bounds=WORLD,
            meaning="Day of the order."),
    _orders(name="channel", type="text", reading=SALE, levels=("store", "web"),
            meaning="Where it was placed."),
    _orders(name="amount_eur", type="number", unit="euros", reading=SALE, bounds=(0, None),
            meaning="What was paid, after the discount."),
    _orders(name="discount_eur", type="number", unit="euros", reading=SALE, bounds=(0, None),
            meaning="What was taken off the list prices."),
    _orders(name="campaign_id", type="text", kind="campaign", key=_TO_CAMPAIGN, reading=KEY,
            missing_means="none", meaning="Whose coupon was redeemed; missing if none was."),

    _items(name="order_item_id", type="text", key="primary", reading=KEY,
           meaning="The line of an order."),
    _items(name="order_id", type="text", key=_TO_ORDER, reading=KEY, meaning="The order."),
    _items(name="category", type="text", reading=CATEGORY,
           levels=PRODUCT_CATEGORIES,
           meaning="Kind of product."),
    _items(name="quantity", type="integer", unit="pieces", reading=ITEM, bounds=(1, None),
           meaning="Pieces bought."),
    _items(name="unit_price_eur", type="number", unit="euros", reading=ITEM, bounds=(0, None),
           meaning="List price of a piece; the lines sum to amount plus discount."),

    _campaigns(name="campaign_id", type="text", key="primary", reading=KEY,
               meaning="The campaign."),
    _campaigns(name="name", type="text", meaning="Its name."),
    _campaigns(name="type", type="text", levels=("direct_mail", "email"),
               meaning="How it reaches people."),
    _campaigns(name="start_date", type="date", bounds=WORLD, meaning="First day of contact."),
    _campaigns(name="end_date", type="date", bounds=(WORLD[0], None),
               meaning="Last day that an answer counts."),
    _campaigns(name="discount_share", type="number", unit="share", bounds=(0, 1),
               meaning="Share of the list price that the coupon takes off."),
    _campaigns(name="cost_per_contact_eur", type="number", unit="euros", bounds=(0, None),
               meaning="Cost of contacting one customer."),
    _campaigns(name="hold_out_probability", type="number", unit="share", bounds=(0, 1),
               meaning="Chance that a selected customer is left uncontacted, by lot."),

    _members(name="campaign_id", type="text", key=_TO_CAMPAIGN, reading=KEY,
             meaning="The campaign."),
    _members(name="contact_id", type="text", kind="identity", key=_TO_CONTACT, reading=KEY,
             meaning="The customer; once in a campaign."),
    _members(name="status", type="text", reading=TREATMENT,
             levels=("contacted", "hold_out", "not_targeted"), meaning="What was done."),
    _members(name="reason", type="text", reading=EXPLANATION,
             levels=("eligible", "randomised", "undeliverable", "over_budget", "objected",
                     "no_opt_in", "not_on_past_lists", "ranked_low"),
             meaning="Why it was done."),
    _members(name="is_selected", type="boolean", reading=TREATMENT,
             meaning="Whether rules chose the customer, before the hold-out was drawn."),
    _members(name="has_responded", type="boolean", kind="behaviour", reading=ANSWER,
             meaning="Whether an answer was recorded; false for everyone who was not contacted."),
    _members(name="first_responded_date", type="date", kind="behaviour", reading=ANSWER,
             bounds=WORLD, missing_means="none", meaning="Day of the answer; missing if none."),

    _emails(name="contact_id", type="text", kind="identity", key=_TO_CONTACT, reading=KEY,
            meaning="Who was sent the e-mail."),
    _emails(name="campaign_id", type="text", kind="campaign", key=_TO_CAMPAIGN, reading=KEY,
            meaning="The campaign it belongs to."),
    _emails(name="send_number", type="integer", reading=TRACKING, bounds=(1, 3),
            meaning="Which e-mail of the campaign: the first, second or third."),
    _emails(name="event", type="text", reading=TRACKING,
            levels=EMAIL_EVENTS,
            meaning="What happened to it."),
    _emails(name="event_date", type="date", reading=TRACKING, bounds=WORLD,
            meaning="Day it happened."),

    _cases(name="case_id", type="text", key="primary", reading=KEY, meaning="The request."),
    _cases(name="contact_id", type="text", kind="identity", key=_TO_CONTACT, reading=KEY,
           meaning="Who asked."),
    _cases(name="order_id", type="text", kind="behaviour", key=_TO_ORDER, reading=KEY,
           missing_means="none", meaning="The order it is about; missing if about none."),
    _cases(name="opened_date", type="date", bounds=WORLD, meaning="Day it was opened."),
    _cases(name="reason", type="text", meaning="What it is about.",
           levels=CASE_REASONS),
    _cases(name="origin", type="text", levels=CASE_ORIGINS,
           meaning="How it came in."),
    _cases(name="priority", type="text", levels=CASE_PRIORITIES,
           meaning="How urgent it was taken to be."),
    _cases(name="waiting_hours", type="number", unit="hours", bounds=(0, None),
           meaning="From opening to the first answer."),
    _cases(name="first_contact_resolved", type="boolean",
           meaning="Whether the first answer settled it."),
    _cases(name="is_escalated", type="boolean", meaning="Whether it went to a supervisor."),
    _cases(name="closed_date", type="date", bounds=WORLD, missing_means="none",
           meaning="Day it was closed; missing while open."),

    _consents(name="consent_event_id", type="text", key="primary", reading=KEY,
              meaning="The expression of a wish."),
    _consents(name="individual_id", type="text", kind="identity", key=_TO_INDIVIDUAL, reading=KEY,
              meaning="Who expressed it."),
    _consents(name="purpose", type="text", levels=_ALL, meaning="What use it is about."),
    _consents(name="channel", type="text", levels=("email", "post", "phone", "any"),
              meaning="Which channel; any where the purpose reaches out to nobody."),
    _consents(name="expression", type="text", levels=("opt_in", "opt_out", "withdrawal"),
              meaning="What was expressed."),
    _consents(name="effective_at", type="date", missing_means="unknown",
              meaning="From when it holds; missing if unknown."),
    _consents(name="recorded_at", type="date", missing_means="unknown",
              meaning="When the firm knew of it; missing if unknown."),
    _consents(name="expires_at", type="date", missing_means="none",
              meaning="When an agreement ends by itself; missing if it does not."),
    _consents(name="source", type="text", meaning="Where it was expressed.",
              levels=("web_form", "store_form", "call_centre", "preference_centre", "email_link",
                      "import")),
    _consents(name="notice_version", type="text", missing_means="unknown",
              meaning="The notice that was shown; fictional ones begin with fictional-."),
    _consents(name="has_proof", type="boolean",
              meaning="Whether the firm can show that it was expressed."),
)
# fmt: on
