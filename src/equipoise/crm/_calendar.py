"""When things happen: the world's days, its seasons and its campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from equipoise.crm._schema import DAYS, START_DATE, YEAR_DAYS
from equipoise.crm._streams import Floats, Whole

__all__ = [
    "CAMPAIGNS",
    "COURSE_CAMPAIGN",
    "MONTH_PACE",
    "QUARTER",
    "SHIFT_DATE",
    "YEAR",
    "Campaign",
    "calendar_days",
    "dates",
    "pace_until",
]

SHIFT_DATE = pd.Timestamp("2025-10-01")
"""From when on a time shift holds."""

QUARTER, YEAR = pd.Timedelta(days=90), pd.Timedelta(days=YEAR_DAYS)

MONTH_PACE = (0.94, 0.92, 0.99, 0.95, 1.00, 0.97, 0.93, 0.97, 0.97, 1.00, 1.15, 1.18)
"""Orders per day in each month, January first, relative to the year's mean."""


@dataclass(frozen=True)
class Campaign:
    """One campaign as it was planned.

    Parameters
    ----------
    campaign_id, name, type
        `type` is ``"direct_mail"`` or ``"email"``.
    start : str
        Date of the mailing, or of the first e-mail.
    window_days : int
        An order from the start within this many days counts as an answer.
    discount_share
        What the coupon or the code takes off the first order in the window.
    cost_per_contact_eur
        Print and postage, or sending.
    hold_out_probability
        Share of customers that is left uncontacted at random.
    """

    campaign_id: str
    name: str
    type: str
    start: str
    window_days: int
    discount_share: float
    cost_per_contact_eur: float
    hold_out_probability: float

    @property
    def start_date(self) -> pd.Timestamp:
        """The date as a timestamp."""
        return pd.Timestamp(self.start)

    @property
    def end_date(self) -> pd.Timestamp:
        """The last date on which an order counts as an answer."""
        return self.start_date + pd.Timedelta(days=self.window_days - 1)

    @property
    def day(self) -> int:
        """Days between the start of the world and the start of the campaign."""
        return int((self.start_date - START_DATE).days)

    @property
    def last_day(self) -> int:
        """Days between the start of the world and `end_date`."""
        return self.day + self.window_days - 1

    @property
    def by_post(self) -> bool:
        """Whether it is printed mail."""
        return self.type == "direct_mail"


def _coupon(name: str, start: str, *, hold_out: float = 0.15) -> Campaign:
    season, year = name.split()
    return Campaign(
        f"{season.lower()}_coupon_{year}",
        f"{season} coupon {year}",
        "direct_mail",
        start,
        window_days=30,
        discount_share=0.10,
        cost_per_contact_eur=0.90,
        hold_out_probability=hold_out,
    )


def _mailing(name: str, start: str) -> Campaign:
    season, year = name.split()
    return Campaign(
        f"{season.lower()}_email_{year}",
        f"{season} e-mails {year}",
        "email",
        start,
        window_days=21,
        discount_share=0.05,
        cost_per_contact_eur=0.02,
        hold_out_probability=0.10,
    )


CAMPAIGNS: tuple[Campaign, ...] = (
    _mailing("Spring 2024", "2024-04-15"),
    _mailing("Summer 2024", "2024-07-15"),
    _coupon("Autumn 2024", "2024-09-02"),
    _mailing("Winter 2024", "2024-11-11"),
    _mailing("Sale 2025", "2025-01-13"),
    _coupon("Spring 2025", "2025-03-03"),
    _mailing("Spring 2025", "2025-04-14"),
    _mailing("Summer 2025", "2025-07-14"),
    _coupon("Autumn 2025", "2025-09-01"),
    _mailing("Winter 2025", "2025-11-10"),
    _mailing("Sale 2026", "2026-01-12"),
    _coupon("Spring 2026", "2026-03-02", hold_out=0.30),
    _mailing("Spring 2026", "2026-04-06"),
    _coupon("Summer 2026", "2026-05-04", hold_out=0.30),
)
"""By date; the windows do not overlap, so each order answers one campaign at most."""

COURSE_CAMPAIGN = next(plan for plan in CAMPAIGNS if plan.campaign_id == "spring_coupon_2026")


def pace_until(day: Floats | Whole | float) -> Floats:
    """Return how many mean days' worth of orders the seasons hold from day 0 up to `day`."""
    return np.asarray(np.interp(day, np.arange(DAYS + 1), _cumulated()))


def calendar_days(pace: Floats) -> Floats:
    """Return the day up to which the seasons hold `pace` mean days; the inverse of `pace_until`."""
    return np.asarray(np.interp(pace, _cumulated(), np.arange(DAYS + 1)))


def dates(days: Whole) -> pd.Series[pd.Timestamp]:
    """Return the dates that lie so many days after the start of the world."""
    stamps = START_DATE.to_datetime64() + np.asarray(days).astype("timedelta64[D]")
    return pd.Series(stamps).astype("datetime64[us]")


@cache
def _cumulated() -> Floats:
    month = pd.date_range(START_DATE, periods=DAYS).month.to_numpy() - 1
    pace = np.array(MONTH_PACE) / np.mean(MONTH_PACE)
    return np.concatenate([[0.0], np.cumsum(pace[month])])
