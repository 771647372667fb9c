"""Whether a value lies within a generalised one: a span, a period, a set, a prefix, or anything."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from typing import TypeAlias

import pandas as pd

__all__ = ["is_generalised", "meaning", "within_generalised"]

NUMBER = r"[-−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
SPANS = tuple(
    re.compile(form.replace("N", NUMBER))
    for form in (
        r"^(?P<opens>)(?P<low>N) ?[–-] ?(?P<high>N)(?P<closes>)$",
        r"^(?P<opens>)(?P<low>N) to (?P<closes><)(?P<high>N)$",
        r"^(?P<opens>[\[(])(?P<low>N), ?(?P<high>N)(?P<closes>[\])])$",
        r"^(?P<opens>)(?P<low>N)(?P<high>)\+(?P<closes>)$",
    )
)
WRITTEN = re.compile(f"^{NUMBER}$")
PERIOD = re.compile(r"^(\d{4})(?:-(\d{2})|-Q([1-4])| ?[–-] ?(\d{4}))?$")
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}(?:$|[ T])")
MARKS = re.compile(r"[*–{|]| to <|^[\[(].*[\])]$|^\d+\+$")

Span = tuple[Decimal, Decimal, str, str]
Meaning: TypeAlias = Decimal | datetime.date | str


def within_generalised(released: object, public: object) -> bool:
    """Return whether a released value, possibly generalised, may stand for a public one.

    Understood are: the same text, number (``"34"`` is ``34.0``) or day (midnight is its day, and a
    time of day counts where both have one); ``"*"`` (suppressed: anything); spans with both ends
    included, ``"30–39"`` or ``"30-39"``; ``"0.5 to <1"``, ``"[30, 40)"`` and pandas intervals with the
    ends as they say; ``"60+"``; for dates ``"1984"``, ``"1984-05"``, ``"1984-Q2"`` and the years
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
    text, value = str(released).strip(), str(public).strip()
    exact = meaning(value)
    if isinstance(released, pd.Interval):
        return _between(released, exact)
    if text in ("*", value):
        return True
    members = _members(text)
    if members is not None:
        return exact in members or _day(exact) in members
    if text.endswith("*"):
        return value.startswith(text[:-1])
    if _same(meaning(text), exact):
        return True
    return _holds_day(text, exact) if isinstance(exact, datetime.date) else _spans(text, exact)


def is_generalised(value: object) -> bool:
    """Return whether a value bears a mark of generalisation that exact values seldom have."""
    return isinstance(value, pd.Interval) or bool(isinstance(value, str) and MARKS.search(value))


@lru_cache(maxsize=65_536)
def meaning(text: str) -> Meaning:
    """Return the number or the day that a text says, or else the text.

    A time of day other than midnight is kept.
    """
    if DAY.match(text):
        try:
            moment = datetime.datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            return text
        return moment if moment.time() != datetime.time() else moment.date()
    # Decimals, for codes of twenty digits are not the same number where they differ in the last.
    return _number(text) if WRITTEN.match(text) else text


def _number(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


def _day(exact: Meaning) -> Meaning:
    return exact.date() if isinstance(exact, datetime.datetime) else exact


def _same(one: Meaning, other: Meaning) -> bool:
    both_timed = isinstance(one, datetime.datetime) and isinstance(other, datetime.datetime)
    return one == other or (not both_timed and _day(one) == _day(other))


def _between(released: pd.Interval, exact: Meaning) -> bool:
    if isinstance(released.left, pd.Timestamp):
        return isinstance(exact, datetime.date) and pd.Timestamp(exact) in released
    if isinstance(exact, Decimal) and isinstance(released.left, Real):
        return float(exact) in released
    return False


def _holds_day(text: str, day: datetime.date) -> bool:
    found = PERIOD.match(text)
    if found is None:
        return False
    first, month, quarter, last = (int(part or 0) for part in found.groups())
    if last:
        return first <= day.year <= last
    return first == day.year and month in (0, day.month) and quarter in (0, (day.month + 2) // 3)


def _spans(text: str, exact: Meaning) -> bool:
    span = _span(text)
    if span is None or not isinstance(exact, Decimal):
        return False
    low, high, opens, closes = span
    above = exact > low if opens == "(" else exact >= low
    return above and (exact < high if closes in (")", "<") else exact <= high)


@lru_cache(maxsize=65_536)
def _span(text: str) -> Span | None:
    for form in SPANS:
        found = form.match(text)
        if found:
            low, high = (_number(found[end] or "Infinity") for end in ("low", "high"))
            return (low, high, found["opens"], found["closes"]) if low <= high else None
    return None


@lru_cache(maxsize=65_536)
def _members(text: str) -> frozenset[Meaning] | None:
    if text.startswith("{") and text.endswith("}"):
        parts = text[1:-1].split(",")
    elif "|" in text:
        parts = text.split("|")
    else:
        return None
    return frozenset(meaning(part.strip()) for part in parts)
