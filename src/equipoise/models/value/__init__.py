"""Value in euros: what a ranking earns, under a budget, and what it costs in trust."""

from equipoise.models.value._gains import Gains, gains
from equipoise.models.value._margin import expected_margin
from equipoise.models.value._maximum import ExpectedMaximumProfit, expected_maximum_profit
from equipoise.models.value._profit_curve import ProfitCurve, profit_curve
from equipoise.models.value._regret import Regret, regret
from equipoise.models.value._seeds import over_seeds
from equipoise.models.value._trust import TrustLost, trust_lost

__all__ = [
    "ProfitCurve",
    "profit_curve",
    "expected_margin",
    "Gains",
    "gains",
    "ExpectedMaximumProfit",
    "expected_maximum_profit",
    "over_seeds",
    "Regret",
    "regret",
    "TrustLost",
    "trust_lost",
]
