"""What both acts before training share: the estimator's own answers, to other rows."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.metaestimators import available_if

from equipoise.fairness.mitigation._base import Mitigation
from equipoise.fairness.mitigation._scored import decisions, probabilities

__all__ = ["BeforeTraining"]


@dataclass(eq=False, repr=False)
class BeforeTraining(Mitigation):
    """Base of mitigations that leave training and deciding to the estimator."""

    _: KW_ONLY
    threshold: float | None = None
    _remedy: ClassVar[str] = (
        "Set `threshold` to a probability that some customers exceed, "
        "or use features that tell customers apart."
    )

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any, *, group: ArrayLike | None = None) -> NDArray[np.float64]:
        """Return the estimator's probabilities of outcome 0 and 1, shape (n, 2)."""
        positive = probabilities(self.estimator_, self._seen(*self._to_decide(X, group)))
        return np.column_stack([1 - positive, positive])

    def _seen(self, X: Any, codes: NDArray[np.intp]) -> Any:
        return X

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        return decisions(self.estimator_, self._seen(X, codes), self.threshold).astype(float)
