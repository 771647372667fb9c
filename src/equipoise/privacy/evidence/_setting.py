"""What every attack is told: how many runs, how sure, from which seed."""

from __future__ import annotations

from dataclasses import dataclass

from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.evidence._family import Family
from equipoise.privacy.evidence._subject import Seeds, Subject

__all__ = ["Pose", "Setting"]


@dataclass(frozen=True)
class Setting:
    """Runs a world, confidence, and the root of all seeds."""

    runs: int
    confidence: float
    seeds: Seeds

    @property
    def level(self) -> float:
        """Error of each of the two one-sided bounds."""
        return (1 - self.confidence) / 2

    def by_world(self) -> tuple[Seeds, Seeds]:
        """Return the roots of the seeds of each world."""
        if self.seeds is None:
            return None, None
        one, other = self.seeds.spawn(2)
        return one, other


@dataclass(frozen=True)
class Pose:
    """A subject with its two worlds, the claim about them, and how they were chosen.

    The family of its noise is None where it is not known; then a twin of twice the epsilon tells what
    the attack would show there, and is None where the subject has no epsilon to double.
    """

    subject: Subject
    promise: Guarantee
    worlds: str
    family: Family | None = None
    twin: Subject | None = None

    @property
    def gaussian(self) -> bool:
        """Whether the claim states a Gaussian ratio that an epsilon and a delta can be read from."""
        return self.promise.mu is not None and 0 < self.promise.delta < 1
