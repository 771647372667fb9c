"""Next best offer: which items to show to whom, within budgets, capacities and contact rules.

Scores say how likely a customer takes each item (`propensity_scores`, `factor_scores`, and
`popularity_scores` as the baseline). `rank_offers` says how good their order is and who is shown
what; `assign_offers` says who gets which offer, and what each rule costs.
"""

from equipoise.models.offers._assign import assign_offers
from equipoise.models.offers._assignment import Assignment
from equipoise.models.offers._factors import factor_scores
from equipoise.models.offers._per_item import propensity_scores
from equipoise.models.offers._popularity import popularity_scores
from equipoise.models.offers._ranking import Ranking, rank_offers
from equipoise.models.offers._scores import OfferScores

__all__ = [
    "propensity_scores",
    "factor_scores",
    "popularity_scores",
    "OfferScores",
    "rank_offers",
    "Ranking",
    "assign_offers",
    "Assignment",
]
