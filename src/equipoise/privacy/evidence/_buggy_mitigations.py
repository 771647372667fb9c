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

    name = "weights from exact counts"
    wrong = "It weighs rows by counts of group and outcome to which it adds no noise."
    seen = ""

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

    name = "weights not in the sensitivity"
    wrong = "It sizes noise for rows that count once, and lets some count up to four times."
    seen = ""

    def _made_of(self, released: Floats, first_sd: float, encoding: Any) -> Known:
        """Return the weights, and 1 for the largest."""
        return OneIsEnough(weights=super()._made_of(released, first_sd, encoding).weights)


class CountedBeside(ReweighedLogisticRegression):
    """Spends the whole budget on the counts, and once more on the descent."""

    name = "counts beside the budget"
    wrong = (
        "It spends the whole ratio on the counts of group and outcome, and again on the descent."
    )
    seen = ""

    def _ratios(self, encoding: Any, mu: float) -> tuple[float, float]:
        """Return the noise of counts that have all, and all."""
        return self._first_sensitivity(encoding) / mu, mu


SETTINGS = {"group": "band", **CLAIM}
BUGGY = (ExactCounts, CapLeftOut, CountedBeside)


def buggy_mitigations() -> tuple[PlantedBug, ...]:
    """Return weighted learners that do not keep their claim."""
    return tuple(PlantedBug.of(kind(**SETTINGS)) for kind in BUGGY)


def sound_mitigations() -> tuple[PlantedBug, ...]:
    """Return learners of the same kind that keep it."""
    levels = GroupThresholds(PrivateLogisticRegression(**CLAIM), group="band")
    told = {
        "reweighed learner": "The largest noisy weight is in the noise.",
        "penalised learner": "The penalty follows from noisy sums.",
        "levels within groups": "Scores are counted with noise.",
    }
    learners = (
        ReweighedLogisticRegression(**SETTINGS),
        PenalisedLogisticRegression(**SETTINGS),
        levels,
    )
    return tuple(
        PlantedBug(name, "learner", right, "", learner, True)
        for (name, right), learner in zip(told.items(), learners, strict=True)
    )
