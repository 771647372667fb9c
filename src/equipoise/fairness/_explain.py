"""An audit in plain words. Every sentence follows from figures that the frames hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from equipoise.fairness._conflicts import conflicts_of
from equipoise.fairness._frames import CONFIDENCE, gap_rows, ratio_rows
from equipoise.intervals.search import simultaneous

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit

__all__ = ["explained", "headlines", "points"]

FOUR_FIFTHS = 0.8
MOST_GROUPS = 12

# What is done to whom, for each rate that is put into words.
_DONE = {
    "selection_rate": "contacted",
    "true_positive_rate": "of those with the outcome reached",
    "false_positive_rate": "of those without the outcome contacted in vain",
}
_ASKED = tuple(_DONE)


# Values that say nothing without the name of their attribute.
_BARE = frozenset({"yes", "no", "true", "false", "y", "n"})


@dataclass(frozen=True, eq=False)
class _Told:
    """One attribute of an audit, and the frames that sentences about it are made from."""

    audited: Audit
    attribute: str
    reference: str
    rates: pd.DataFrame
    gaps: pd.DataFrame
    ratios: pd.DataFrame
    compared: int

    @property
    def base(self) -> str:
        """The reference in words."""
        return self.who(self.reference)

    def who(self, group: str) -> str:
        """Return a group in words: a number or a yes with the attribute that it is a value of."""
        return called(self.attribute, group)

    def rate(self, group: str, metric: str) -> float:
        """Return a rate; NaN where it is not stated, as of all others together."""
        if group not in set(self.rates["group"]):
            return float("nan")
        return float(self.rates.set_index(["group", "metric"]).loc[(group, metric), "value"])


def explained(audited: Audit) -> dict[str, list[str]]:
    """Return sentences by attribute: who is contacted, reached and bothered, and how sure that is.

    Where several groups are compared with a reference, the verdicts hold for all of them at once,
    so that a long list does not find a difference by its length.
    """
    rates = audited.frame()
    result = {}
    for name, reference in audited.reference.items():
        gaps, ratios = (_at_once(rows, audited, name) for rows in (gap_rows, ratio_rows))
        compared = _compared_groups(audited, name)
        own = rates[rates["attribute"] == name]
        result[name] = [*_sentences(_Told(audited, name, reference, own, gaps, ratios, compared))]
    return result


def headlines(audited: Audit) -> list[str]:
    """Return one sentence an attribute: who is clearly contacted or reached more or less often."""
    return [_headline(audited, attribute) for attribute in audited.counts.by]


def _headline(audited: Audit, attribute: str) -> str:
    base = called(attribute, audited.reference[attribute])
    gaps = _at_once(gap_rows, audited, attribute)
    gaps = gaps[gaps["metric"].isin(_ASKED[:2])]
    clear = gaps[(gaps["low"] > 0) | (gaps["high"] < 0)]
    if clear.empty:
        unknown = "" if gaps["note"].eq("").any() else ", since they are too few"
        return (
            f"{attribute}: these customers cannot tell any group from {base}, neither in "
            f"contacts nor in reach{unknown}."
        )
    told = []
    for group, part in clear.groupby("group", sort=False):
        ways = [
            f"{points(row.gap)} points {_way(row.gap)} {_DONE[row.metric]}"
            for row in part.itertuples()
        ]
        told.append(f"{called(attribute, group)}: {' and '.join(ways)}")
    more = (
        f"; {_plural(len(told) - 4, 'more group')} stand{'s' if len(told) == 5 else ''} out"
        if len(told) > 4
        else ""
    )
    return f"{'; '.join(told[:4])}{more} (compared with {base})."


def called(attribute: str, group: str) -> str:
    """Return a group in words: a number or a yes with the attribute that it is a value of.

    Examples
    --------
    >>> called("senior", "1"), called("gender", "woman")
    ('senior 1', 'woman')
    """
    bare = group.casefold() in _BARE or not any(letter.isalpha() for letter in group)
    return f"{attribute} {group}" if bare else group


def points(share: float) -> str:
    """Return a difference of shares in percentage points, without its sign."""
    return f"{100 * abs(share):.1f}"


def _at_once(rows: Callable[..., pd.DataFrame], audited: Audit, attribute: str) -> pd.DataFrame:
    """Return gaps or ratios with bounds that hold for all groups at once."""
    own, base = audited.measured(attribute), audited.bases(attribute)
    confidence = simultaneous(max(_compared_groups(audited, attribute), 1), CONFIDENCE)
    told = (own.metrics, base.metrics, audited.reference[attribute], "suppressed")
    return rows(*told, confidence=confidence)


def _compared_groups(audited: Audit, attribute: str) -> int:
    groups = audited.measured(attribute).groups
    return len([group for group in groups if group != audited.reference[attribute]])


def _sentences(told: _Told) -> Iterator[str]:
    if told.compared > 1:
        yield (
            f"{told.compared} groups are compared with {told.base}; the ranges below hold for "
            "all of them at once."
        )
    for metric in _ASKED:
        yield from _of_metric(told, metric)
    yield from _largest(told)
    yield from _four_fifths(told)
    yield from _conflict(told)


def _of_metric(told: _Told, metric: str) -> Iterator[str]:
    rows = told.gaps[told.gaps["metric"] == metric]
    unknown = rows[rows["note"] != ""]
    clear = rows[(rows["low"] > 0) | (rows["high"] < 0)]
    shown = rows[rows["note"] == ""] if len(rows) <= MOST_GROUPS else clear
    for row in shown.itertuples():
        yield _compared(told, metric, row.group, row.gap, row.low, row.high)
    open_ones = len(rows) - len(unknown) - len(shown)
    if open_ones:
        theirs = "its share" if open_ones == 1 else "their share"
        yield (
            f"{_plural(open_ones, 'further group')}: these customers cannot tell whether {theirs} "
            f"{_DONE[metric]} differs from that of {told.base}."
        )
    for reason, part in unknown.groupby("note", sort=False):
        names = ", ".join(map(told.who, part["group"].head(MOST_GROUPS)))
        more = " and others" if len(part) > MOST_GROUPS else ""
        yield f"{names}{more}: the share {_DONE[metric]} cannot be compared, {reason}."


def _compared(told: _Told, metric: str, group: str, gap: float, low: float, high: float) -> str:
    share = f"{told.who(group)}: {told.rate(group, metric):.1%} {_DONE[metric]}"
    base = told.rate(told.reference, metric)
    other = told.base if np.isnan(base) else f"{told.base} ({base:.1%})"
    if low > 0 or high < 0:
        nearer, further = sorted((abs(low), abs(high)))
        start = "just over 0" if points(nearer) == "0.0" else points(nearer)
        return (
            f"{share}, {points(gap)} points {_way(gap)} than for {other}. The difference lies "
            f"between {start} and {points(further)} points."
        )
    return (
        f"{share}, against {other}. These customers cannot tell the two apart: the difference may "
        f"be anything from {points(low)} points fewer to {points(high)} points more."
    )


def _way(gap: float) -> str:
    return "more" if gap > 0 else "fewer"


def _largest(told: _Told) -> Iterator[str]:
    found = told.audited.measured(told.attribute).metrics["selection_rate"]
    gap, low, high = found.widest(CONFIDENCE)
    if len(found.groups) < 3 or np.isnan(gap):
        return
    start = (
        f"Between any two groups the largest gap in contacts is {points(gap)} points "
        f"[{points(low)}, {points(high)}]."
    )
    chance = found.noise_floor(seed=told.audited.seed)
    floor = f"Chance alone would show up to {points(chance)} points"
    if low > 0:
        yield f"{start} {floor}, so some groups do differ."
    elif gap > chance:
        yield f"{start} {floor}; this is a little more, and the interval cannot rule chance out."
    else:
        yield f"{start} {floor}, so these customers cannot tell whether any two groups differ."


def _four_fifths(told: _Told) -> Iterator[str]:
    rows = told.ratios[told.ratios["metric"] == "selection_rate"]
    below = [each for each in map(_less_often, rows.itertuples()) if each is not None]
    sure = [each for each in below if each.high < FOUR_FIFTHS]
    for each in sure[:MOST_GROUPS]:
        who, other = told.who(each.group), told.base
        who, other = (other, who) if each.turned else (who, other)
        yield (
            f"{who}: contacted {each.share:.2f} [{each.low:.2f}, {each.high:.2f}] times as often as "
            f"{other}, which is below four fifths."
        )
    if len(sure) > MOST_GROUPS:
        yield f"So are {_plural(len(sure) - MOST_GROUPS, 'further comparison')}."
    if len(below) > len(sure):
        yield (
            f"{_plural(len(below) - len(sure), 'comparison')} with {told.base} below four fifths may "
            "be due to chance."
        )


class _Share(NamedTuple):
    """How often one is contacted beside the other; turned where the group is the other."""

    group: str
    share: float
    low: float
    high: float
    turned: bool


def _less_often(row: Any) -> _Share | None:
    """Return the ratio of whoever is contacted less, if it is below four fifths."""
    if row.note:
        return None
    turned = row.ratio > 1
    share, low, high = (
        (1 / row.ratio, 1 / row.high, 1 / row.low if row.low > 0 else np.inf)
        if turned
        else (row.ratio, row.low, row.high)
    )
    return _Share(row.group, share, low, high, turned) if share < FOUR_FIFTHS else None


def _conflict(told: _Told) -> Iterator[str]:
    base = told.gaps[told.gaps["metric"] == "base_rate"]
    clear = base[(base["low"] > 0) | (base["high"] < 0)]
    for row in clear.head(MOST_GROUPS).itertuples():
        found = conflicts_of(told.audited, told.attribute, row.group).set_index("then")
        moved = found.loc["selection_rate"]
        if moved["note"] or moved["low"] <= 0 <= moved["high"]:
            continue
        who = told.who(row.group)
        yield (
            f"The recorded outcome is {points(row.gap)} points {'more' if row.gap > 0 else 'less'} "
            f"frequent for {who} than for {told.base}. If both were reached and contacted in vain "
            f"equally often, {points(moved['gap'])} points {_way(moved['gap'])} of {who} would be "
            "contacted: equal contacts and equal error rates cannot both be had."
        )


def _plural(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
