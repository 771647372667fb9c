"""Measures, figures and limits in words."""

from __future__ import annotations

from collections.abc import Mapping

from equipoise.tradeoff._measures import LARGER_IS_BETTER

__all__ = ["change", "figure", "interval", "limit_in_words", "limits_in_words", "share", "within"]

_DIGITS = {"profit_eur": 0, "campaign_eur": 0, "opt_outs": 2, "complaints": 2}


def within(title: str) -> str:
    """Return a title as it stands inside a sentence."""
    return title if title[:2].isupper() else title[0].lower() + title[1:]


def figure(measure: str, value: float) -> str:
    """Return a figure as people read it: euros without cents, most others with three decimals."""
    digits = _DIGITS.get(measure, 3)
    return f"{round(value, digits) + 0.0:,.{digits}f}"  # adding zero: no minus before 0.000


def interval(measure: str, value: float, low: float, high: float) -> str:
    """Return a figure with its interval."""
    return f"{figure(measure, value)} [{figure(measure, low)}, {figure(measure, high)}]"


def change(measure: str, value: float, low: float, high: float) -> str:
    """Return a difference with its sign and its interval."""
    sign = "+" if value > 0 else ""
    return f"{sign}{interval(measure, value, low, high)}"


def share(probability: float) -> str:
    """Return a share of draws in per cent; only none is 0 % and only all is 100 %.

    Examples
    --------
    >>> share(0.934), share(0.999), share(1.0), share(0.001)
    ('93 %', 'more than 99 %', '100 %', 'less than 1 %')
    """
    if 0 < probability < 0.01:
        return "less than 1 %"
    return "more than 99 %" if 0.99 < probability < 1 else f"{probability:.0%}".replace("%", " %")


def limit_in_words(measure: str, limit: float) -> str:
    """Return one limit as `epsilon ≤ 2`; a floor has ≥."""
    return f"{measure} {'≥' if measure in LARGER_IS_BETTER else '≤'} {limit:g}"


def limits_in_words(limits: Mapping[str, float]) -> str:
    """Return limits as `epsilon ≤ 2 and selection_gap ≤ 0.1`."""
    return " and ".join(limit_in_words(measure, limit) for measure, limit in limits.items())
