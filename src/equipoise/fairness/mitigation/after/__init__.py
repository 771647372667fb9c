"""After training: the estimator stays as it is, its scores or decisions are changed by group."""

from equipoise.fairness.mitigation.after._decisions import MixDecisions
from equipoise.fairness.mitigation.after._near import FlipNearThreshold
from equipoise.fairness.mitigation.after._scores import MixScores
from equipoise.fairness.mitigation.after._thresholds import SetThresholds

__all__ = ["MixDecisions", "MixScores", "FlipNearThreshold", "SetThresholds"]
