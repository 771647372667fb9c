"""Evidence about a claim: attacks on the output of a mechanism, and how much they could have shown."""

from equipoise.privacy.evidence._lower_bound import epsilon_lower_bound

__all__ = ["epsilon_lower_bound"]
