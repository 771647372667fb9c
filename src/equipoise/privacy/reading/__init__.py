"""What an epsilon means for one person: what somebody else can learn from the release, at most."""

from equipoise.privacy.reading._reading import EPSILONS, EpsilonReading, read_epsilon

__all__ = ["EPSILONS", "EpsilonReading", "read_epsilon"]
