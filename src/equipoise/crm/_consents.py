"""What customers allowed, when they said so, and when the retailer came to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from equipoise.crm._calendar import dates
from equipoise.crm._natural import logistic
from equipoise.crm._schema import DAYS, START_DATE
from equipoise.crm._streams import Draws, Flags, Floats, Whole
from equipoise.crm._text import subnumbered, taken

__all__ = [
    "ASKED",
    "NEVER",
    "OFFERS_BY_EMAIL",
    "OFFERS_BY_POST",
    "BetterOff",
    "Expressed",
    "consent_table",
    "express",
    "given_on",
    "refused_on",
    "withdrawn_from",
]

BetterOff = Literal["consent_less", "consent_more"]

ASKED: tuple[tuple[str, str, float], ...] = (
    ("service", "email", 0.86),
    ("service", "post", 0.74),
    ("service", "phone", 0.48),
    ("personalised_offers", "email", 0.58),
    ("personalised_offers", "post", 0.62),
    ("personalised_offers", "phone", 0.16),
    ("analytics", "any", 0.66),
    ("profiling", "any", 0.46),
    ("third_party_sharing", "any", 0.13),
    ("fairness_audit", "any", 0.57),
)
"""Purpose, channel, and the share of typical customers who opt in when they join."""

PLACES = {(purpose, channel): place for place, (purpose, channel, _) in enumerate(ASKED)}
OFFERS_BY_EMAIL = PLACES["personalised_offers", "email"]
OFFERS_BY_POST = PLACES["personalised_offers", "post"]
WITHHELD = ("personalised_offers", "profiling")

CONCERN_WEIGHT = 2.4
INCOME_WEIGHT = {"low": 0.35, "middle": 0.0, "high": -0.35}
AGE_WEIGHT = {"18-29": 0.20, "30-44": 0.10, "45-59": -0.05, "60+": -0.25}
OPT_OUT_SHARE = 0.40
"""Of those who do not opt in, the share whose refusal is recorded; the others say nothing."""

AT_COUNTER_SHARE = 0.30
NO_PROOF_SHARE = 0.03
UNDATED_SHARE = 0.01
CONTRADICTED_SHARE = 0.02
WITHDRAWN_PER_YEAR = 0.05
GIVEN_LATER_PER_YEAR = 0.04
SHARING_EXPIRES_AFTER_DAYS = 365

EXPRESSIONS = ("opt_in", "opt_out", "withdrawal")
OPT_IN, OPT_OUT, WITHDRAWAL = range(3)
SOURCES = (
    "web_form",
    "store_form",
    "call_centre",
    "preference_centre",
    "email_link",
    "import",
)
WEB, STORE, CALL, PREFERENCES, LINK, IMPORT = range(6)
NOTICES = ("fictional-2024-01", "fictional-2025-01")
SECOND_NOTICE_DAY = int((pd.Timestamp("2025-01-01") - START_DATE).days)
LONGEST_DELAY = np.array([0, 21, 3, 0, 1, 45])
"""Days from saying to recording, at most, by source."""

NEVER = 10**6

KINDS = 4
"""On joining, a contradiction, a change, an unsubscription: at most one of each per customer,
purpose and channel."""


@dataclass(frozen=True, eq=False)
class Expressed:
    """What each customer expressed when; arrays have shape (customers, purposes x channels).

    Parameters
    ----------
    opted_in
        Whether the expression on joining is an opt-in.
    silent
        Whether nothing was recorded on joining.
    change_day
        Day of a later change of mind (a withdrawal after an opt-in, else an opt-in), or `NEVER`.
    """

    joined_day: Whole
    opted_in: Flags
    silent: Flags
    change_day: Whole


def express(
    draws: Draws,
    individuals: pd.DataFrame,
    joined_day: Whole,
    privacy_concern: Floats,
    *,
    withheld: Flags,
    better_off: BetterOff,
) -> Expressed:
    """Draw what customers say on joining and whether they change their minds.

    Who minds the use of data, is older or is better off consents less; `better_off` reverses
    the sign of income. Gender and community do not matter. `withheld` names those whose consent
    to offers and profiling a distortion keeps from being given.
    """
    direction = 1.0 if better_off == "consent_less" else -1.0
    disposition = (
        CONCERN_WEIGHT * (0.5 - privacy_concern)
        + direction * individuals["income_band"].map(INCOME_WEIGHT).to_numpy(float)
        + individuals["age_band"].map(AGE_WEIGHT).to_numpy(float)
    )
    columns = [
        _asked(draws, place, disposition, joined_day, withheld) for place in range(len(ASKED))
    ]
    opted_in, silent, change_day = (np.column_stack(parts) for parts in zip(*columns, strict=True))
    return Expressed(joined_day, opted_in, silent, change_day)


def _asked(
    draws: Draws, place: int, disposition: Floats, joined_day: Whole, withheld: Flags
) -> tuple[Flags, Flags, Whole]:
    purpose, channel, share = ASKED[place]
    name = f"consent/{purpose}/{channel}"
    willing = logistic(np.log(share / (1 - share)) + disposition)
    willing_now = draws.uniform(f"{name}/given") < willing
    silent = ~willing_now & (draws.uniform(f"{name}/silent") >= OPT_OUT_SHARE)
    per_year = np.where(
        willing_now,
        2 * WITHDRAWN_PER_YEAR * (1 - willing),
        2 * GIVEN_LATER_PER_YEAR * willing,
    )
    wait = np.minimum(-np.log(draws.uniform(f"{name}/change")) * 365 / per_year, NEVER)
    change = joined_day + 1 + wait.astype("int64")
    if purpose in WITHHELD:
        return (
            willing_now & ~withheld,
            silent,
            np.where(withheld | (change >= DAYS), NEVER, change),
        )
    return willing_now, silent, np.where(change >= DAYS, NEVER, change)


def refused_on(expressed: Expressed, place: int, day: int) -> Flags:
    """Return whose refusal of one purpose and channel is in force on a day."""
    said = expressed.joined_day <= day
    changed = expressed.change_day[:, place] <= day
    opted_in = expressed.opted_in[:, place]
    refused_first = ~opted_in & ~expressed.silent[:, place]
    return said & np.where(changed, opted_in, refused_first)


def given_on(expressed: Expressed, place: int, day: int) -> Flags:
    """Return whose opt-in to one purpose and channel is in force on a day."""
    said = expressed.joined_day <= day
    return said & (expressed.opted_in[:, place] ^ (expressed.change_day[:, place] <= day))


def withdrawn_from(expressed: Expressed, place: int) -> Whole:
    """Return from which day on an opt-in to one purpose and channel is withdrawn, or `NEVER`."""
    return np.where(expressed.opted_in[:, place], expressed.change_day[:, place], NEVER)


def consent_table(
    draws: Draws,
    expressed: Expressed,
    individual_id: pd.Series[str],
    unsubscribed_day: Whole,
) -> pd.DataFrame:
    """Return the consent events, by customer and time, with `row`, the customer's position.

    What was said before the end of the world and would be recorded after it is not in the table.

    Parameters
    ----------
    draws, expressed, individual_id
        The customers, row for row.
    unsubscribed_day : numpy.ndarray of shape (customers,)
        When the customer followed an e-mail's unsubscribe link, or `NEVER`.
    """
    events = pd.concat(
        [_events(draws, expressed, place, unsubscribed_day) for place in range(len(ASKED))],
        ignore_index=True,
    )
    order = np.lexsort((events["slot"], events["effective"], events["row"]))
    return _table(draws, events.take(order).reset_index(drop=True), individual_id)


def _events(
    draws: Draws, expressed: Expressed, place: int, unsubscribed_day: Whole
) -> pd.DataFrame:
    """Return the events of one purpose and channel, each kind in turn, as codes and days."""
    opted_in, joined = expressed.opted_in[:, place], expressed.joined_day
    change = expressed.change_day[:, place]
    name = f"consent/{ASKED[place][0]}/{ASKED[place][1]}"
    said = ~expressed.silent[:, place]
    contradicted = said & (draws.uniform(f"{name}/contradicted") < CONTRADICTED_SHARE)
    first, opposite = (
        np.where(opted_in, OPT_IN, OPT_OUT),
        np.where(opted_in, OPT_OUT, OPT_IN),
    )
    later = np.where(opted_in, WITHDRAWAL, OPT_IN)
    at_counter = draws.uniform(f"{name}/source") < AT_COUNTER_SHARE
    kinds = [
        (said, joined, first, np.where(at_counter, STORE, WEB)),
        (contradicted, joined, opposite, np.full_like(joined, IMPORT)),
        (change < NEVER, change, later, np.where(at_counter, CALL, PREFERENCES)),
    ]
    if place == OFFERS_BY_EMAIL:
        unsubscribed = np.full_like(joined, WITHDRAWAL), np.full_like(joined, LINK)
        kinds.append((unsubscribed_day < NEVER, unsubscribed_day, *unsubscribed))
    frames = []
    for kind, (happened, day, expression, source) in enumerate(kinds):
        row = np.flatnonzero(happened)
        columns = {
            "effective": day[row],
            "expression": expression[row],
            "source": source[row],
        }
        frames.append(pd.DataFrame({"row": row, "slot": KINDS * place + kind, **columns}))
    return pd.concat(frames, ignore_index=True)


def _table(draws: Draws, events: pd.DataFrame, individual_id: pd.Series[str]) -> pd.DataFrame:
    row, slot = events["row"].to_numpy(), events["slot"].to_numpy()
    effective, source = events["effective"].to_numpy(), events["source"].to_numpy()
    is_opt_in = events["expression"].to_numpy() == OPT_IN
    place = slot // KINDS
    delay = np.floor(draws.uniform_at("consent/delay", row, slot) * (1 + LONGEST_DELAY[source]))
    recorded = effective + delay.astype("int64")
    undated = draws.uniform_at("consent/undated", row, slot) < UNDATED_SHARE
    unproved = draws.uniform_at("consent/proof", row, slot) < NO_PROOF_SHARE
    sharing = np.array([purpose == "third_party_sharing" for purpose, _, _ in ASKED])[place]
    number = np.arange(len(events)) - np.searchsorted(row, row)
    numbers = draws.numbers[row]
    table = pd.DataFrame(
        {
            "row": row,
            "consent_event_id": subnumbered("V", numbers, number, digits=2),
            "individual_id": individual_id.take(row).reset_index(drop=True),
            "purpose": taken([purpose for purpose, _, _ in ASKED], place),
            "channel": taken([channel for _, channel, _ in ASKED], place),
            "expression": taken(EXPRESSIONS, events["expression"].to_numpy()),
            "effective_at": dates(effective).mask(undated),
            "recorded_at": dates(recorded),
            "expires_at": dates(effective + SHARING_EXPIRES_AFTER_DAYS).where(sharing & is_opt_in),
            "source": taken(SOURCES, source),
            "notice_version": taken(NOTICES, (effective >= SECOND_NOTICE_DAY).astype("int64")),
            "has_proof": ~(is_opt_in & (unproved | (source == IMPORT))),
        }
    )
    return table[recorded < DAYS].reset_index(drop=True)
