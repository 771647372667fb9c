"""Measures, figures and limits in words."""

from __future__ import annotations

from collections.abc import Mapping

from equipoise.charts import MEASURE_TITLES
from equipoise.tradeoff._measures import LARGER_IS_BETTER

__all__ = ["figure", "interval", "limits_in_words", "title"]


def title(measure: str) -> str:
    """Return what a measure is called in running text."""
    name = MEASURE_TITLES.get(measure, measure)
    return name if name[:2].isupper() else name[0].lower() + name[1:]


def figure(measure: str, value: float) -> str:
    """Return a figure as people read it: euros without cents, the rest with three decimals."""
    return f"{value:,.0f}" if measure == "profit_eur" else f"{value:.3f}"


def interval(measure: str, value: float, low: float, high: float) -> str:
    """Return a figure with its interval."""
    return f"{figure(measure, value)} [{figure(measure, low)}, {figure(measure, high)}]"


def limits_in_words(limits: Mapping[str, float]) -> str:
    """Return limits as `epsilon ≤ 2 and selection_gap ≤ 0.1`; floors have ≥."""
    if not limits:
        return "no limits at all"
    signs = {True: "≥", False: "≤"}
    return " and ".join(f"{n} {signs[n in LARGER_IS_BETTER]} {v:g}" for n, v in limits.items())
