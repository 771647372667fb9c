"""The synthetic customers of a fictional home-goods retailer, with their truth known.

Start with `make_crm`: it draws individuals, contacts, orders and a campaign with a randomised
hold-out. A distortion such as `HistoricalTargeting` makes the records differ from the truth by a
known dose. `features_at` sees the tables and a date; nothing sees the truth but `CRM.truth`.
"""

from equipoise.crm._behaviour import CDNOW, RETAIL, Behaviour
from equipoise.crm._features import features_at
from equipoise.crm._records import CRM
from equipoise.crm._truth import Truth
from equipoise.crm._world import make_crm
from equipoise.crm.distortions import (
    DISTORTIONS,
    Distortion,
    HistoricalTargeting,
    parse_distortion,
)

__all__ = [
    "make_crm",
    "CRM",
    "Truth",
    "features_at",
    "HistoricalTargeting",
    "Distortion",
    "DISTORTIONS",
    "parse_distortion",
    "Behaviour",
    "RETAIL",
    "CDNOW",
]
