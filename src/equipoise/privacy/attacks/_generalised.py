"""Whether a value lies within a generalised one: a span, a period, a set, a prefix, or anything."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

import pandas as pd

__all__ = ["is_generalised", "within_generalised"]

NUMBER = r"[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
SPANS = tuple(
    re.compile(form.replace("N", NUMBER))
    for form in (
        r"^(?P<opens>)(?P<low>N) ?[–-] ?(?P<high>N)(?P<closes>)$",
        r"^(?P<opens>)(?P<low>N) to (?P<closes><)(?P<high>N)$",
        r"^(?P<opens>[\[(])(?P<low>N), ?(?P<high>N)(?P<closes>[\])])$",
        r"^(?P<opens>)(?P<low>N)(?P<high>)\+(?P<closes>)$",
    )
)
PERIOD = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?|-Q([1-4])| ?[–-] ?(\d{4}))?$")
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}(?:$|[ T])")
MARKS = re.compile(r"[*–{|]| to <|^[\[(].*[\])]$")

Span = tuple[float, float, str, str]


def within_generalised(released: object, public: object) -> bool:
    """Return whether a released value, possibly generalised, may stand for a public one.

    Understood are: the same text; ``"*"`` (suppressed: anything); spans with both ends included,
    ``"30–39"`` or ``"30-39"``; ``"0.5 to <1"``, ``"[30, 40)"`` and pandas intervals with the ends as
    they say; ``"60+"``; for dates ``"1984"``, ``"1984-05"``, ``"1984-Q2"`` and the years
    ``"1980–1989"``; sets ``"{A, B}"`` or ``"A|B"``; prefixes ``"K0*"``. Whatever `anonymise` writes
    is among them, but for groups named by a mapping, which `linkage` takes as it is.

    Parameters
    ----------
    released : object
        A value of the released table.
    public : object
        A value of the public list, as exact as the attacker has it.

    Returns
    -------
    bool
        False also where the released value cannot be read.

    See Also
    --------
    linkage : Takes this function, or another, for each generalised column.

    Examples
    --------
    >>> within_generalised("30–39", 34), within_generalised("[30, 40)", 40)
    (True, False)
    >>> within_generalised("K0*", "K07"), within_generalised("1984-Q2", "1984-05-17")
    (True, True)
    """
    if isinstance(released, pd.Interval):
        return public in released
    text, value = str(released).strip(), str(public).strip()
    if text in ("*", value):
        return True
    members = _members(text)
    if members is not None:
        return value in members
    if text.endswith("*"):
        return value.startswith(text[:-1])
    if isinstance(public, datetime.date) or DAY.match(value):
        year, month, day = map(int, value[:10].split("-"))
        return _holds_day(text, year, month, day)
    span, number = _span(text), _number(value)
    if span is None or number is None:
        return False
    low, high, opens, closes = span
    above = number > low if opens == "(" else number >= low
    return above and (number < high if closes in (")", "<") else number <= high)


def is_generalised(value: object) -> bool:
    """Return whether a value bears a mark of generalisation that exact values seldom have."""
    return isinstance(value, pd.Interval) or bool(isinstance(value, str) and MARKS.search(value))


def _holds_day(text: str, year: int, month: int, day: int) -> bool:
    found = PERIOD.match(text)
    if found is None:
        return False
    first, own_month, own_day, quarter, last = (int(part or 0) for part in found.groups())
    if last:
        return first <= year <= last
    return (
        first == year
        and own_month in (0, month)
        and own_day in (0, day)
        and quarter in (0, (month + 2) // 3)
    )


@lru_cache(maxsize=65_536)
def _span(text: str) -> Span | None:
    for form in SPANS:
        found = form.match(text)
        if found:
            low, high = _number(found["low"]), _number(found["high"] or "inf")
            if low is None or high is None or low > high:
                return None
            return low, high, found["opens"], found["closes"]
    return None


@lru_cache(maxsize=65_536)
def _members(text: str) -> frozenset[str] | None:
    if text.startswith("{") and text.endswith("}"):
        return frozenset(part.strip() for part in text[1:-1].split(","))
    return frozenset(part.strip() for part in text.split("|")) if "|" in text else None


@lru_cache(maxsize=65_536)
def _number(text: str) -> float | None:
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return None
