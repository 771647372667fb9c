"""What personalization hands out: contacts, euros, places in a ranking, and whom it can reach at all.

A rate of an audit says how decisions meet outcomes. These say what customers get from them, with all
customers as the denominator.
"""

from equipoise.fairness._allocation import Allocation, allocation, allocation_of
from equipoise.fairness._exposure import Exposure, exposure
from equipoise.fairness._reach import Reach, reach, reach_of

__all__ = [
    "reach",
    "reach_of",
    "Reach",
    "allocation",
    "allocation_of",
    "Allocation",
    "exposure",
    "Exposure",
]
