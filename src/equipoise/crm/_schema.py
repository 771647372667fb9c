"""What the fictional retailer's world consists of: its calendar, its groups, its codes."""

from __future__ import annotations

import pandas as pd

__all__ = [
    "AGE_BANDS",
    "CASE_ORIGINS",
    "CASE_PRIORITIES",
    "CASE_REASONS",
    "DAYS",
    "EMAIL_EVENTS",
    "END_DATE",
    "GROUPS",
    "KEPT_SEASON_START",
    "LEAD_SOURCES",
    "LOYALTY_TIERS",
    "POSTCODE_AREAS",
    "PRODUCT_CATEGORIES",
    "REFERENCE",
    "START_DATE",
    "TABLES",
    "YEAR_DAYS",
]

START_DATE = pd.Timestamp("2024-01-01")
END_DATE = pd.Timestamp("2026-06-30")
DAYS = (END_DATE - START_DATE).days + 1

KEPT_SEASON_START = pd.Timestamp("2026-04-01")
"""From here on lies the last season, which no default date lets a task see."""

GROUPS: dict[str, dict[str, float]] = {
    "gender": {"woman": 0.53, "man": 0.43, "unknown": 0.04},
    "age_band": {"18-29": 0.16, "30-44": 0.31, "45-59": 0.30, "60+": 0.23},
    "income_band": {"low": 0.30, "middle": 0.45, "high": 0.25},
    "community": {"A": 0.60, "B": 0.25, "C": 0.15},
}
"""Each group attribute with the share that its values have in the population."""

REFERENCE: dict[str, str] = {
    "gender": "woman",
    "age_band": "30-44",
    "income_band": "middle",
    "community": "A",
}
"""The largest group of each attribute, against which gaps are measured."""

AGE_BANDS: dict[str, tuple[int, int]] = {
    "18-29": (18, 30),
    "30-44": (30, 45),
    "45-59": (45, 60),
    "60+": (60, 85),
}
"""Age in whole years of each band, from low up to but without high."""

LEAD_SOURCES = ("store", "referral", "web", "social")
POSTCODE_AREAS = tuple(f"K{area:02d}" for area in range(1, 13))
LOYALTY_TIERS = ("not_member", "basic", "silver", "gold")

PRODUCT_CATEGORIES = (
    "furniture",
    "lighting",
    "kitchen",
    "textiles",
    "decoration",
    "garden",
)

EMAIL_EVENTS = ("sent", "bounced", "opened", "clicked", "unsubscribed", "reported_spam")
CASE_REASONS = ("delivery", "damaged", "invoice", "advice", "complaint")
CASE_ORIGINS = ("phone", "email", "web", "store")
CASE_PRIORITIES = ("low", "normal", "high")

YEAR_DAYS = 365

TABLES = (
    "individuals",
    "contacts",
    "orders",
    "order_items",
    "campaigns",
    "campaign_members",
    "email_events",
    "cases",
    "consent_events",
)
