"""The twin of a subject: the same at twice the epsilon, to measure whether the attack would see that."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from functools import partial
from numbers import Real
from typing import Any

from sklearn.base import clone

from equipoise.privacy.evidence._subject import named_like

__all__ = ["function_twin", "learner_twin", "mechanism_twin"]


def learner_twin(learner: Any, claimed: float) -> Any:
    """Return a copy of twice the epsilon, None where it has no single epsilon."""
    named = named_like(learner, "epsilon")
    if len(named) != 1:
        return None
    ((name, epsilon),) = named.items()
    doubled = _doubled(epsilon, claimed)
    return None if doubled is None else clone(learner).set_params(**{name: doubled})


def mechanism_twin(mechanism: Any, claimed: float) -> Any:
    """Return a copy of twice the epsilon, None where it has none that can be set."""
    doubled = _doubled(getattr(mechanism, "epsilon", None), claimed)
    if doubled is None:
        return None
    if is_dataclass(mechanism) and not isinstance(mechanism, type):
        return replace(mechanism, epsilon=doubled)
    twin = copy.copy(mechanism)
    try:
        twin.epsilon = doubled
    except AttributeError:  # it is worked out from something else
        return None
    return twin


def function_twin(function: Callable[..., Any], claimed: float) -> Callable[..., Any] | None:
    """Return the function at twice the epsilon that it has for a default, None without one."""
    try:
        told = inspect.signature(function).parameters.get("epsilon")
    except ValueError:  # written in C, and tells no signature
        return None
    doubled = None if told is None else _doubled(told.default, claimed)
    return None if doubled is None else partial(function, epsilon=doubled)


def _doubled(epsilon: Any, claimed: float) -> float | None:
    """Return twice the epsilon, and never more than twice the claim."""
    number = isinstance(epsilon, Real) and not isinstance(epsilon, bool)
    return 2 * min(float(epsilon), claimed) if number and math.isfinite(epsilon) else None
