"""What differs between two fitted learners, whatever they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["differences"]

ROUNDING = 1e-9  # sums of the same numbers may differ in their last bits
PLAIN = (str, bytes, bool, int, complex, set, frozenset, np.generic, type(None))


def differences(one: Any, other: Any) -> set[str]:
    """Return the attributes, private ones too, in which two objects differ.

    Numbers may differ by rounding. Functions, generators and other things that hold no attributes
    are not compared.
    """
    names = vars(one).keys() | vars(other).keys()
    missing = object()
    return {
        name
        for name in names
        if not _alike(vars(one).get(name, missing), vars(other).get(name, missing), set())
    }


def _alike(one: Any, other: Any, seen: set[tuple[int, int]]) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float | np.ndarray | np.floating):
        return _same_numbers(np.asarray(one), np.asarray(other), seen)
    if isinstance(one, PLAIN):
        return bool(one == other)
    if (id(one), id(other)) in seen:
        return True
    seen.add((id(one), id(other)))
    parts = [_parts(each) for each in (one, other)]
    return parts[0].keys() == parts[1].keys() and all(
        _alike(part, parts[1][name], seen) for name, part in parts[0].items()
    )


def _parts(whole: Any) -> dict[Any, Any]:
    """Return what something consists of, by name or place."""
    if isinstance(whole, Mapping):
        return dict(whole)
    if isinstance(whole, list | tuple):
        return dict(enumerate(whole))
    if isinstance(whole, pd.DataFrame | pd.Series | pd.Index):
        labels = [] if isinstance(whole, pd.Index) else whole.axes
        return dict(enumerate([whole.to_numpy(), *(each.to_numpy() for each in labels)]))
    return {} if isinstance(whole, type) else dict(getattr(whole, "__dict__", {}))


def _same_numbers(one: Any, other: Any, seen: set[tuple[int, int]]) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind not in "fc":
        return _alike(one.tolist(), other.tolist(), seen) if one.ndim else bool(one == other)
    finite = np.abs(one[np.isfinite(one)])
    most = ROUNDING * float(finite.max(initial=0.0))
    return bool(np.allclose(one, other, rtol=0, atol=most, equal_nan=True))
