"""What an estimator says of each row: a probability, or a decision at a stated cut."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.fairness._rows import binary, shares
from equipoise.fairness.mitigation._people import own

__all__ = ["check_estimator", "decisions", "probabilities"]


def check_estimator(estimator: Any) -> None:
    """Refuse a trained estimator whose outcomes are not coded 0 and 1: its 1 may be no yes."""
    classes = [*getattr(estimator, "classes_", [0, 1])]
    if classes != [0, 1]:
        raise InputError(
            "estimator",
            "must be trained on outcomes coded 0 and 1",
            ", ".join(str(level) for level in classes),
            "Train it on coded outcomes, some of each.",
        )


def probabilities(estimator: Any, X: Any) -> NDArray[np.float64]:
    """Return the probability of outcome 1, shape (n,)."""
    if not hasattr(estimator, "predict_proba"):
        raise InputError(
            "estimator",
            "must have predict_proba here",
            type(estimator).__name__,
            "Wrap it in CalibratedClassifierCV.",
        )
    return shares(estimator.predict_proba(own(X))[:, 1], "estimator's probability")


def decisions(estimator: Any, X: Any, threshold: float | None) -> NDArray[np.int_]:
    """Return 1 where the probability exceeds the threshold; without one, what `predict` says."""
    if threshold is None:
        return binary(np.asarray(estimator.predict(own(X))), "estimator's decision")
    cut = check_number("threshold", threshold, low=0.0, high=1.0, next_move="Use 0.5 or None.")
    return (probabilities(estimator, X) > cut).astype(int)
