"""Plans of three sizes, ready to use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["PRESETS"]

# For a first look, for an hour with a class, and for a decision.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "quick": {
        "epsilons": (1.0, math.inf),
        "models": ("logistic", "private_logistic"),
        "mitigations": ("none", "reweighing"),
        "seeds": 3,
    },
    "class": {
        "epsilons": (0.1, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0, math.inf),
        "models": ("logistic", "private_logistic"),
        "mitigations": ("none", "reweighing", "group_thresholds"),
        "seeds": 10,
    },
    "full": {
        "epsilons": (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, math.inf),
        "models": (
            "logistic",
            "hist_gradient_boosting",
            "explainable_boosting",
            "private_logistic",
            "sufficient_statistics",
            "diffprivlib_logistic",
        ),
        "mitigations": (
            "none",
            "reweighing",
            "group_thresholds",
            "group_thresholds_tpr",
            "score_gap_penalty",
            "remove_correlation",
        ),
        "seeds": 20,
    },
}
