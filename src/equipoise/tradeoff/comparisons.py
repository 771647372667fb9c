"""What is compared on the same customers: epsilons, orders, consent policies, and two sweeps."""

from equipoise.tradeoff._compare import SweepComparison, compare_sweeps
from equipoise.tradeoff._effects import EffectOfEpsilon, effect_of_epsilon
from equipoise.tradeoff._orders import Orders, compare_orders
from equipoise.tradeoff._prices import PriceOfConsent, price_of_consent

__all__ = [
    "effect_of_epsilon",
    "EffectOfEpsilon",
    "compare_orders",
    "Orders",
    "price_of_consent",
    "PriceOfConsent",
    "compare_sweeps",
    "SweepComparison",
]
