"""Service requests: what went wrong, how urgent it was taken to be, and how long it took."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.crm._calendar import dates
from equipoise.crm._natural import logistic
from equipoise.crm._schema import CASE_ORIGINS, CASE_PRIORITIES, CASE_REASONS, DAYS
from equipoise.crm._streams import Draws, Floats, Whole, levels
from equipoise.crm._text import subnumbered, taken

__all__ = ["COMPLAINT", "case_table", "draw_cases"]

CASES_PER_ORDER = 0.09
LONGEST_DAYS_TO_CASE = 28
COMPLAINT = CASE_REASONS.index("complaint")
REASON_SHARES_WEB = (0.42, 0.20, 0.10, 0.16, 0.12)
REASON_SHARES_STORE = (0.10, 0.24, 0.16, 0.36, 0.14)
ORIGIN_SHARES_BY_AGE = {
    "18-29": (0.16, 0.24, 0.52, 0.08),
    "30-44": (0.24, 0.28, 0.38, 0.10),
    "45-59": (0.38, 0.28, 0.22, 0.12),
    "60+": (0.56, 0.18, 0.10, 0.16),
}

NEED_BY_REASON = np.array([0.2, 0.7, -0.3, -1.0, 0.9])
NEED_BY_LOG_AMOUNT = 0.35
TYPICAL_ORDER_CENT = 7000.0
PRIORITY_NOISE = 0.8
PRIORITY_CUTS = (-0.3, 1.0)
WAITING_HOURS = np.array([40.0, 20.0, 6.0])
WAITING_BY_ORIGIN = np.array([0.003, 1.0, 1.0, 0.01])
"""Whoever calls or comes by is answered within minutes, whatever the priority of the rest."""

WAITING_SPREAD = 0.7
RESOLVED_BASE = 1.25
RESOLVED_BY_NEED = -0.45
ESCALATED_BASE = -3.1
ESCALATED_BY_NEED = 0.9
ESCALATED_BY_WAITING_DAYS = 0.45
UNRESOLVED_ESCALATES = 1.0
HANDLING_DAYS = 3.0


def draw_cases(orders: pd.DataFrame, age_band: pd.Series[str], draws: Draws) -> pd.DataFrame:
    """Return the service requests that orders give rise to, in the order of the orders.

    How urgent a request truly is follows from its reason, the amount and chance. The desk's rule
    sees that through noise and sets the priority; the priority and the way in set the wait; the
    wait, the need and whether the first contact settled it set whether it escalates. Whoever calls
    or comes by is answered within minutes. At the same priority and way in no group waits longer,
    but older customers call more often.

    Parameters
    ----------
    orders : pandas.DataFrame
        With `row`, `number`, `day`, `is_in_store` and `cents`.
    age_band : pandas.Series
        One entry per customer.
    draws : Draws
        The same customers, row for row.

    Returns
    -------
    pandas.DataFrame
        Codes: `order` (position), `row`, `number`, `day`, `reason`, `origin`, `priority`,
        `waiting_hours`, `resolved`, `escalated`, `closed_day`, and `need`, which only the truth
        knows (the log-odds scale on which urgency is drawn).
    """
    row, number = orders["row"].to_numpy(), orders["number"].to_numpy()
    happens = draws.uniform_at("cases/happens", row, number) < CASES_PER_ORDER
    order = np.flatnonzero(happens)
    row, number = row[order], number[order]

    def chance(name: str) -> Floats:
        return draws.uniform_at(f"cases/{name}", row, number)

    day = orders["day"].to_numpy()[order] + 1 + _whole(chance("day") * LONGEST_DAYS_TO_CASE)
    reason = _reasons(orders["is_in_store"].to_numpy()[order], chance("reason"))
    origin_shares = np.array([ORIGIN_SHARES_BY_AGE[band] for band in age_band])[row]
    amount = np.log(orders["cents"].to_numpy()[order] / TYPICAL_ORDER_CENT)
    need = NEED_BY_REASON[reason] + NEED_BY_LOG_AMOUNT * amount + _logit(chance("need")) / 2
    seen = need + PRIORITY_NOISE * _logit(chance("seen")) / 2
    priority = np.searchsorted(PRIORITY_CUTS, seen)
    origin = levels(chance("origin"), origin_shares)
    waiting = WAITING_HOURS[priority] * WAITING_BY_ORIGIN[origin]
    waiting = waiting * np.exp(WAITING_SPREAD * _logit(chance("waiting")) / 2)
    resolved = chance("resolved") < logistic(RESOLVED_BASE + RESOLVED_BY_NEED * need)
    escalates = logistic(
        ESCALATED_BASE
        + ESCALATED_BY_NEED * need
        + ESCALATED_BY_WAITING_DAYS * np.minimum(waiting / 24, 10)
        + UNRESOLVED_ESCALATES * ~resolved
    )
    open_days = waiting / 24 - HANDLING_DAYS * np.log(chance("handling")) * ~resolved
    cases = pd.DataFrame(
        {
            "order": order,
            "row": row,
            "number": number,
            "day": day,
            "reason": reason,
            "origin": origin,
            "priority": priority,
            "waiting_hours": waiting.round(2),
            "resolved": resolved,
            "escalated": chance("escalated") < escalates,
            "closed_day": day + _whole(open_days),
            "need": need,
        }
    )
    return cases[day < DAYS].reset_index(drop=True)


def case_table(
    cases: pd.DataFrame,
    draws: Draws,
    contact_id: pd.Series[str],
    order_id: pd.Series[str],
) -> pd.DataFrame:
    """Return the requests as the service desk's system shows them; open ones have no closing."""
    closed = cases["closed_day"].to_numpy()
    return pd.DataFrame(
        {
            "case_id": subnumbered("S", draws.numbers[cases["row"]], cases["number"]),
            "contact_id": contact_id.take(cases["row"]).reset_index(drop=True),
            "order_id": order_id.take(cases["order"]).reset_index(drop=True),
            "opened_date": dates(cases["day"].to_numpy()),
            "reason": taken(CASE_REASONS, cases["reason"].to_numpy()),
            "origin": taken(CASE_ORIGINS, cases["origin"].to_numpy()),
            "priority": taken(CASE_PRIORITIES, cases["priority"].to_numpy()),
            "waiting_hours": cases["waiting_hours"].to_numpy(),
            "first_contact_resolved": cases["resolved"].to_numpy(),
            "is_escalated": cases["escalated"].to_numpy(),
            "closed_date": dates(closed).where(closed < DAYS),
        }
    )


def _reasons(in_store: Whole, uniform: Floats) -> Whole:
    shares = np.array([REASON_SHARES_WEB, REASON_SHARES_STORE])
    return levels(uniform, shares[in_store.astype("int64")])


def _whole(days: Floats) -> Whole:
    return np.floor(days).astype("int64")


def _logit(uniform: Floats) -> Floats:
    return np.asarray(np.log(uniform) - np.log1p(-uniform))
