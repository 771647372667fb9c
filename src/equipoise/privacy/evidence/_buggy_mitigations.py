"""Mitigations one line away from private, and their sound twins."""

from __future__ import annotations

from typing import Any

from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.learning import (
    GroupThresholds,
    PenalisedLogisticRegression,
    PrivateLogisticRegression,
    ReweighedLogisticRegression,
)
from equipoise.privacy.learning._grouped import Known

__all__ = ["buggy_mitigations", "sound_mitigations"]

AMOUNTS: dict[str, Any] = {"spent": (0.0, 100.0), "visits": (0.0, 100.0)}
CLAIM: dict[str, Any] = {
    "epsilon": 1.0,
    "delta": 1e-6,
    "bounds": AMOUNTS | {"band": ("young", "old")},
}


class ExactCounts(ReweighedLogisticRegression):
    """Weighs rows by counts without noise."""

    def _ratios(self, encoding: Any, mu: float) -> tuple[float, float]:
        """Return no noise for the counts, and what is left for the descent."""
        return 0.0, super()._ratios(encoding, mu)[1]


class OneIsEnough(Known):
    """Says that rows count once, whatever their weights."""

    @property
    def largest(self) -> float:
        """One."""
        return 1.0


class CapLeftOut(ReweighedLogisticRegression):
    """Sizes the noise of the descent for rows that count once."""

    def _made_of(self, released: Floats, first_sd: float, encoding: Any) -> Known:
        """Return the weights, and 1 for the largest."""
        return OneIsEnough(weights=super()._made_of(released, first_sd, encoding).weights)


class CountedBeside(ReweighedLogisticRegression):
    """Spends the whole budget on the counts, and once more on the descent."""

    def _ratios(self, encoding: Any, mu: float) -> tuple[float, float]:
        """Return the noise of counts that have all, and all."""
        return self._first_sensitivity(encoding) / mu, mu


def buggy_mitigations() -> tuple[PlantedBug, ...]:
    """Return weighted learners that do not keep their claim."""
    settings = {"group": "band", **CLAIM}
    return (
        PlantedBug(
            "weights from exact counts",
            "learner",
            "It weighs rows by counts of group and outcome to which it adds no noise.",
            "",
            ExactCounts(**settings),
        ),
        PlantedBug(
            "weights not in the sensitivity",
            "learner",
            "It sizes noise for rows that count once, and lets some count up to four times.",
            "",
            CapLeftOut(**settings),
        ),
        PlantedBug(
            "counts beside the budget",
            "learner",
            "It spends the whole ratio on the counts of group and outcome, and again on the descent.",
            "",
            CountedBeside(**settings),
        ),
    )


def sound_mitigations() -> tuple[PlantedBug, ...]:
    """Return learners of the same kind that keep it."""
    settings = {"group": "band", **CLAIM}
    levels = GroupThresholds(PrivateLogisticRegression(**CLAIM), group="band")
    return (
        PlantedBug(
            "reweighed learner",
            "learner",
            "The largest noisy weight is in the noise.",
            "",
            ReweighedLogisticRegression(**settings),
            True,
        ),
        PlantedBug(
            "penalised learner",
            "learner",
            "The penalty follows from noisy sums.",
            "",
            PenalisedLogisticRegression(**settings),
            True,
        ),
        PlantedBug(
            "levels within groups", "learner", "Scores are counted with noise.", "", levels, True
        ),
    )
