"""What can be learnt about one person: learners with a guarantee that says what it covers.

A guarantee names the unit, the adjacency, epsilon, delta, what is covered and what is not. Bounds
and epsilon are always given, never defaulted, and never read off the data in silence.
"""

from equipoise.privacy._diffprivlib import DiffprivlibLogisticRegression
from equipoise.privacy._encoding import BoundedEncoding, DeclaredBounds
from equipoise.privacy._gaussian import gaussian_delta, gaussian_mu
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._logistic import PrivateLogisticRegression
from equipoise.privacy._lower_bound import epsilon_lower_bound

__all__ = [
    "PrivateLogisticRegression",
    "DiffprivlibLogisticRegression",
    "Guarantee",
    "BoundedEncoding",
    "DeclaredBounds",
    "epsilon_lower_bound",
    "gaussian_mu",
    "gaussian_delta",
]
