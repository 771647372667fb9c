"""What can be changed before, during or after training, and what it needs."""

from equipoise.fairness.mitigation.before import reweighing

__all__ = ["reweighing"]
