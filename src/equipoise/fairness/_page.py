"""An audit as a page for people who have to act on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.charts import draw_rates
from equipoise.fairness._audit import Audit
from equipoise.fairness._rates import RATES
from equipoise.intervals import MINIMUM_TRIALS, Interval
from equipoise.pages import Block, Note, Page, Section, Table, Text
from equipoise.task import Task

__all__ = ["audit_page", "gaps_table", "rates_table", "with_interval"]


def audit_page(task: Task, audited: Audit, *, auc: Interval, model: str) -> Page:
    """Return the page of `equipoise audit`: question, rates, gaps, and what they do not say."""
    rates, gaps = audited.frame(), audited.gaps()
    sections = [
        Section(
            "The question",
            [
                Text(
                    [
                        task.file.question,
                        f"{len(task):,} rows of {task.unit.nunique():,} customers; the outcome "
                        f"{task.file.outcome.column} is positive in {task.y.mean():.1%}. A {model} model "
                        f"scores each customer without having seen them and contacts {task.decision}. "
                        f"Its area under the ROC curve is {with_interval(*auc)}.",
                        *(f"{note[0].upper()}{note[1:]}." for note in task.notes),
                    ]
                )
            ],
        )
    ]
    for attribute in audited.counts.by:
        own = rates[rates["attribute"] == attribute]
        reference = audited.reference[attribute]
        blocks: list[Block] = [
            draw_rates(own, reference=reference),
            Table(rates_table(own), f"Rates by {attribute}, with 95 % Wilson intervals."),
            Table(
                gaps_table(gaps[gaps["attribute"] == attribute]),
                f"Signed gaps to {reference} (group less reference), with 95 % Newcombe intervals.",
            ),
        ]
        if own["group"].nunique() > 2:
            worst = audited.worst()
            blocks.append(
                Table(
                    _worst_table(worst[worst["attribute"] == attribute]),
                    "Largest gap between any two groups, with a 95 % interval that holds for all "
                    "pairs at once. Zero in it means that chance alone may explain the gap.",
                )
            )
        sections.append(Section(attribute, blocks))
    questions = pd.DataFrame(
        [(name, rate.question, rate.hides) for name, rate in RATES.items()],
        columns=["rate", "answers", "hides"],
    )
    sections.append(
        Section(
            "How to read it",
            [
                Table(
                    questions, "Which question each rate answers, and what equality of it can hide."
                ),
                Note(
                    f"A rate over fewer than {MINIMUM_TRIALS} customers is not estimable: that is "
                    "not zero, and no passed test. An interval that contains zero means that these "
                    "data cannot tell the groups apart, not that they are equal."
                ),
                Note(
                    "This page is computed from customers without noise. It is internal; publishing it "
                    "is not covered by any privacy guarantee."
                ),
            ],
        )
    )
    return Page(
        f"Audit: {task.name}",
        f"Who is contacted, and who is left out, by {', '.join(audited.counts.by)}. This page is internal: "
        "it is computed from customers without noise.",
        sections,
    )


def rates_table(rates: pd.DataFrame) -> pd.DataFrame:
    """Return rates as text, one row a group, one column a metric."""
    table = rates.assign(
        shown=[
            row.note or with_interval(row.value, row.low, row.high) for row in rates.itertuples()
        ]
    )
    metrics = list(dict.fromkeys(rates["metric"]))
    wide = table.pivot(index="group", columns="metric", values="shown")[metrics]
    sizes = rates.groupby("group")["n"].first().map("{:,}".format)
    wide.insert(0, "n", sizes)
    return (
        wide.rename_axis(columns=None).reset_index().rename(columns=lambda c: c.replace("_", " "))
    )


def gaps_table(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return signed gaps as text, with the reading that the interval allows."""
    rows = []
    for row in gaps.itertuples():
        told = row.note or f"{row.gap:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
        rows.append((row.group, row.metric.replace("_", " "), told, _reading(row.low, row.high)))
    return pd.DataFrame(rows, columns=["group", "metric", "gap", "reading"])


def _worst_table(worst: pd.DataFrame) -> pd.DataFrame:
    told = [row.note or with_interval(row.gap, row.low, row.high) for row in worst.itertuples()]
    return pd.DataFrame({"metric": worst["metric"].str.replace("_", " "), "largest gap": told})


def with_interval(value: float, low: float, high: float) -> str:
    """Return a rate with its interval as text."""
    if not np.isfinite(value):
        return "not estimable"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _reading(low: float, high: float) -> str:
    if not np.isfinite(low):
        return "too few to tell"
    return "higher" if low > 0 else "lower" if high < 0 else "cannot tell"
