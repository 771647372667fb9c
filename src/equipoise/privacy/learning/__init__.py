"""Learners whose whole path from raw rows to a released model carries a guarantee.

Rows enter through bounds that were declared beforehand; a fitted learner has a `guarantee_` that says
what was promised, to whom, and what was not.
"""

from equipoise.privacy._bounds import DeclaredBounds
from equipoise.privacy._encoding import BoundedEncoding
from equipoise.privacy.learning._diffprivlib import DiffprivlibLogisticRegression
from equipoise.privacy.learning._logistic import PrivateLogisticRegression

__all__ = [
    "PrivateLogisticRegression",
    "DiffprivlibLogisticRegression",
    "BoundedEncoding",
    "DeclaredBounds",
]
