"""Before training: what the estimator is trained on is weighed or rewritten."""

from equipoise.fairness.mitigation.before._correlation import RemoveCorrelation
from equipoise.fairness.mitigation.before._reweigh import Reweigh
from equipoise.fairness.mitigation.before._reweighing import reweighing

__all__ = ["reweighing", "Reweigh", "RemoveCorrelation"]
