"""What can be learnt about one person: learners with a guarantee that says what it covers.

A guarantee names the unit, the adjacency, epsilon, delta, what is covered and what is not. Bounds
and epsilon are always given, never defaulted, and never read off the data in silence.
"""

from equipoise.privacy import accounting, evidence, learning
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.evidence import epsilon_lower_bound
from equipoise.privacy.learning import DiffprivlibLogisticRegression, PrivateLogisticRegression

__all__ = [
    "PrivateLogisticRegression",
    "DiffprivlibLogisticRegression",
    "Guarantee",
    "epsilon_lower_bound",
    "accounting",
    "evidence",
    "learning",
]
