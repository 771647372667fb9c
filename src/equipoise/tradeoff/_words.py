"""Measures, figures and limits in words."""

from __future__ import annotations

from collections.abc import Mapping

from equipoise.tradeoff._measures import LARGER_IS_BETTER

__all__ = ["figure", "interval", "limit_in_words", "limits_in_words", "within"]


def within(title: str) -> str:
    """Return a title as it stands inside a sentence."""
    return title if title[:2].isupper() else title[0].lower() + title[1:]


def figure(measure: str, value: float) -> str:
    """Return a figure as people read it: euros without cents, the rest with three decimals."""
    digits = 0 if measure == "profit_eur" else 3
    return f"{round(value, digits) + 0.0:,.{digits}f}"  # adding zero: no minus before 0.000


def interval(measure: str, value: float, low: float, high: float) -> str:
    """Return a figure with its interval."""
    return f"{figure(measure, value)} [{figure(measure, low)}, {figure(measure, high)}]"


def limit_in_words(measure: str, limit: float) -> str:
    """Return one limit as `epsilon ≤ 2`; a floor has ≥."""
    return f"{measure} {'≥' if measure in LARGER_IS_BETTER else '≤'} {limit:g}"


def limits_in_words(limits: Mapping[str, float]) -> str:
    """Return limits as `epsilon ≤ 2 and selection_gap ≤ 0.1`."""
    return " and ".join(limit_in_words(measure, limit) for measure, limit in limits.items())
