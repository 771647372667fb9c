"""During training: the estimator is trained again and again, with costs by group."""

from equipoise.fairness.mitigation.during._constrain import ConstrainTraining
from equipoise.fairness.mitigation.during._search import SearchMultipliers

__all__ = ["ConstrainTraining", "SearchMultipliers"]
