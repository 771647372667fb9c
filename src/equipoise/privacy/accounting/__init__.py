"""What releases cost together: exact calibration, composition, and a ledger that refuses an overspend."""

from equipoise.privacy.accounting._book import Spend
from equipoise.privacy.accounting._conversions import gaussian_epsilon, zcdp_epsilon, zcdp_rho
from equipoise.privacy.accounting._event_epsilon import pld_epsilon
from equipoise.privacy.accounting._filters import Budget
from equipoise.privacy.accounting._gaussian import gaussian_delta, gaussian_mu
from equipoise.privacy.accounting._ledger import Ledger
from equipoise.privacy.accounting._remaining import Remaining
from equipoise.privacy.accounting._verification import Verification

__all__ = [
    "Budget",
    "Ledger",
    "Spend",
    "Remaining",
    "Verification",
    "gaussian_mu",
    "gaussian_delta",
    "gaussian_epsilon",
    "zcdp_epsilon",
    "zcdp_rho",
    "pld_epsilon",
]
