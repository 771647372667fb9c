"""An audit as a page for people who have to act on it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from equipoise.charts import draw_rates
from equipoise.fairness._audit import Audit
from equipoise.fairness._explain import called, headlines
from equipoise.fairness._methods import methods
from equipoise.fairness._page_benefits import benefit_sections
from equipoise.fairness._page_value import value_sections
from equipoise.fairness._task import TaskAudit
from equipoise.fairness.profits import how_scored
from equipoise.fairness.rates import RATES, reading
from equipoise.fairness.tables import (
    MAIN,
    crossed_tables,
    gaps_table,
    named,
    rates_table,
    signed,
    with_interval,
)
from equipoise.pages import Block, Note, Page, Section, Table, Text

__all__ = ["audit_page", "whole_page"]

_INTERNAL = (
    "This page is computed from customers without noise. It is internal; publishing it is not "
    "covered by any privacy guarantee."
)
_NOISED = (
    "This page is computed from counts to which noise was added, and from nothing else. What it gives "
    "away is what the guarantee of those counts says, which does not stand here."
)
_MOST_SHOWN = 30


def audit_page(found: TaskAudit) -> Page:
    """Return the page of `equipoise audit`: question, rates, gaps, euros, and what they do not say."""
    task = found.task
    question = [
        task.file.question,
        f"{len(task):,} rows of {task.unit.nunique():,} customers; the outcome "
        f"{task.file.outcome.column} is positive in {task.y.mean():.1%}. {how_scored(found)} "
        f"Contacted is {task.decision}. The area under the ROC curve of the scores is "
        f"{with_interval(*found.auc)}.",
        *(f"{note[0].upper()}{note[1:]}." for note in task.notes),
    ]
    first = Section("The question", [Text(question)])
    given = benefit_sections(task, found.contacted, found.audit.counts.by)
    more = [*value_sections(found), *given]
    return _page(f"Audit: {task.name}", [first, *_sections(found.audit, more)], found.audit)


def whole_page(audited: Audit) -> Page:
    """Return the page of an audit by itself."""
    return _page("Audit", _sections(audited), audited)


def _page(title: str, sections: list[Section], audited: Audit) -> Page:
    lead = f"Who is contacted, and who is left out, by {', '.join(audited.counts.by)}."
    if _is_noised(audited):
        lead += " It is computed from counts with noise."
    elif not audited.below:
        lead += " This page is internal: it is computed from customers without noise."
    return Page(title, lead, sections)


def _sections(audited: Audit, more: Sequence[Section] = ()) -> list[Section]:
    told = audited.readings()
    return [
        Section("In short", [Text(headlines(audited))]),
        *(_attribute(audited, name, told[name]) for name in audited.counts.by),
        *_crossed(audited),
        *more,
        _further_rates(audited),
        _how_to_read(audited),
    ]


def _attribute(audited: Audit, attribute: str, told: list[str]) -> Section:
    frames = (audited.frame(), audited.gaps(), audited.ratios(), audited.worst())
    rates, gaps, ratios, worst = (frame[frame["attribute"] == attribute] for frame in frames)
    reference = audited.reference[attribute]
    base = called(attribute, reference)
    blocks: list[Block] = [
        Text(told),
        draw_rates(rates, reference=reference),
        Table(rates_table(rates, MAIN), f"Rates by {attribute}, with 95 % Wilson intervals."),
        Table(
            gaps_table(gaps, MAIN),
            f"Signed gaps to {base} (group less reference), with 95 % Newcombe intervals, "
            "each for itself.",
        ),
        Table(
            _ratios_table(ratios),
            f"How often each group is contacted as a share of {base}, with 95 % intervals. The "
            "four-fifths rule asks for at least 0.8.",
        ),
    ]
    if rates["group"].nunique() > 2:
        blocks.append(
            Table(
                _worst_table(worst),
                "Largest gap between any two groups, with a 95 % interval that holds for all "
                "pairs at once, and the largest gap that chance alone would show. Zero in the "
                "interval means that chance alone may explain the gap.",
            )
        )
    return Section(attribute, [*blocks, *_conflicts(audited, attribute)])


def _conflicts(audited: Audit, attribute: str) -> list[Block]:
    frame = audited.conflicts()
    own = frame[frame["attribute"] == attribute]
    if own.empty:
        return []
    table = pd.DataFrame(
        {
            "group": own["group"],
            "if these were equal": own["if_equal"].map(named),
            "then a gap in": own["then"].map(named),
            "of": [row.note or signed(row.gap, row.low, row.high) for row in own.itertuples()],
        }
    )
    base = called(attribute, audited.reference[attribute])
    caption = (
        f"What could not also be equal: if a group had the rates of {base} and kept its own "
        "base rate, these gaps would follow, with 95 % bootstrap intervals. Near zero there is no "
        "conflict."
    )
    return [Table(table, caption)]


def _crossed(audited: Audit) -> list[Section]:
    """Return who is left out where two attributes meet, if there are two and it may be shown."""
    tables = [
        Table(
            table,
            f"{told} Gaps are to everybody else, with intervals that hold for all of these groups "
            "at once; shrunk rates are moved towards the mean of all, the further the smaller the "
            "group.",
        )
        for told, table in crossed_tables(audited, most=_MOST_SHOWN)
    ]
    return [Section("Two attributes at once", tables)] if tables else []


def _further_rates(audited: Audit) -> Section:
    rates = audited.frame()
    further = [metric for metric in dict.fromkeys(rates["metric"]) if metric not in MAIN]
    blocks: list[Block] = []
    for attribute, part in rates.groupby("attribute", sort=False):
        caption = f"Further rates by {attribute}, with 95 % intervals."
        blocks.append(Table(rates_table(part, further), caption))
    return Section("Further rates", blocks)


def _how_to_read(audited: Audit) -> Section:
    questions = pd.DataFrame(
        [
            (named(name), *(reading(name, head) for head in ("Asks", "Right when", "Hides")))
            for name in RATES
        ],
        columns=["rate", "asks", "right when", "hides"],
    )
    blocks: list[Block] = [
        Table(questions, "Which question each rate answers, when, and what equality of it hides."),
        Text(methods(audited)),
        Note(
            "Not estimable is not zero, and no passed test. An interval that contains zero means "
            "that these data cannot tell the groups apart, not that they are equal."
        ),
    ]
    last = [Note(_NOISED)] if _is_noised(audited) else [] if audited.below else [Note(_INTERNAL)]
    return Section("How to read it", [*blocks, *last])


def _is_noised(audited: Audit) -> bool:
    """Say whether there is noise in every count; a scale of 0 says that there is none."""
    cells = audited.counts.cells
    return audited.counts.is_noised and bool((cells["noise_scale"] > 0).all())


def _ratios_table(ratios: pd.DataFrame) -> pd.DataFrame:
    rows = ratios[ratios["metric"] == "selection_rate"]
    told = [row.note or with_interval(row.ratio, row.low, row.high) for row in rows.itertuples()]
    readings = [
        "–"
        if row.note
        else "below"
        if row.high < 0.8
        else "above"
        if row.low >= 0.8
        else "cannot tell"
        for row in rows.itertuples()
    ]
    return pd.DataFrame({"group": rows["group"], "ratio": told, "four fifths": readings})


def _worst_table(worst: pd.DataFrame) -> pd.DataFrame:
    told = [row.note or with_interval(row.gap, row.low, row.high) for row in worst.itertuples()]
    floors = [f"{floor:.3f}" if floor == floor else "–" for floor in worst["noise_floor"]]
    return pd.DataFrame(
        {"metric": worst["metric"].map(named), "largest gap": told, "noise floor": floors}
    )
