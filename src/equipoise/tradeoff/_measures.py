"""What each cell is measured by, on the customers it was not fitted on: names and directions."""

from __future__ import annotations

__all__ = [
    "DRAWN",
    "GAPS",
    "LARGER_IS_BETTER",
    "MEASURES",
    "PROFIT_BOUNDS",
    "RATES_SHOWN",
]

MEASURES = (
    "auc",
    "average_precision",
    "lift_at_10",
    "profit_eur",
    "campaign_eur",
    "selection_gap",
    "opportunity_gap",
    "worst_group_tpr",
    "reach",
    "reach_gap",
    "attack_advantage",
    "opt_outs",
    "complaints",
)
PROFIT_BOUNDS = ("profit_eur_customers_low", "profit_eur_customers_high")
DRAWN = (
    "auc",
    "profit_eur",
    "campaign_eur",
    "selection_gap",
    "opportunity_gap",
    "worst_group_tpr",
    "reach_gap",
    "opt_outs",
    "complaints",
)
"""What is measured on bootstrap draws of customers, too."""

RATES_SHOWN = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate")
"""What is told of each group."""

# Each gap, by the rate that it is the largest difference of.
GAPS = {"selection_gap": "selection_rate", "opportunity_gap": "true_positive_rate"}
LARGER_IS_BETTER = frozenset(
    {
        "auc",
        "average_precision",
        "lift_at_10",
        "profit_eur",
        "campaign_eur",
        "worst_group_tpr",
        "reach",
    }
)
