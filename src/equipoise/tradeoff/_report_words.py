"""What pages say alike: titles of measures, captions of intervals, and figures with their reasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import change, interval

__all__ = [
    "EACH_FOR_ITSELF",
    "EXPECTED",
    "PRECISELY",
    "RELEASED",
    "SOURCES",
    "TRUST",
    "changes",
    "figures",
    "source_of",
    "titles_of",
]

RELEASED = "95 % intervals of one released model (over customers, noise and training)"
"""What `_confirm.confirmed` and `_confirm.difference` have."""

EXPECTED = (
    "95 % intervals of the difference that more seeds and more customers would average to; one "
    "released model varies more"
)
"""What effects, orders and prices of consent have."""

EACH_FOR_ITSELF = (
    "Each interval is for itself: where nothing changes, about 1 in 20 would stand out by chance."
)
"""What a count of intervals that exclude zero needs beside it."""

SOURCES = {
    "net": "{} caused by contacts, per 1,000 customers",
    "after": "{} recorded in the days after, of those contacted, per 1,000 customers",
    "declared": "{} per 1,000 customers, at the declared rate",
    "missing": "{} per 1,000 customers",
}
"""How opt-outs and complaints came about, by what they may be called."""

PRECISELY = {
    "epsilon": "what one released model would promise; smaller is stronger",
    "profit_eur": "rows that the consent policy permits are counted, and no others",
    "campaign_eur": "all rows are counted, permitted or not, so that consent policies compare",
    "auc": "probability that one with the outcome has a higher score than one without; 0.5 is guessing",
    "average_precision": "share with the outcome among the highest scores, averaged over all cuts",
    "lift_at_10": "share with the outcome in the tenth with the highest scores, over that of all",
    "selection_gap": "difference of the shares contacted, of permitted rows, between two groups",
    "opportunity_gap": "difference of the shares contacted of those with the outcome, between two groups",
    "worst_group_tpr": "share contacted of those with the outcome, in the group where it is lowest",
    "reach": "share of all rows, permitted or not",
    "reach_gap": "difference of the shares contacted of all rows, permitted or not, between two groups",
    "attack_advantage": "true less false positive rate of who guesses, by how well the model fits a row, "
    "that it was fitted on; 0 is guessing",
    "opt_outs": "all rows are counted, permitted or not",
    "complaints": "all rows are counted, permitted or not",
}
"""Each measure by what is counted, for who does not know its title."""

TRUST = {
    "opt_outs": ("Opt-outs", "opted_out", "opt_outs_per_contact"),
    "complaints": ("Complaints", "complained", "complaints_per_contact"),
}
"""Each by its name, its column in a task file, and its declared rate."""


def source_of(sweep: Sweep, measure: str) -> str:
    """Return how opt-outs or complaints were found out: a key of `SOURCES`.

    `net` of the rows left alone, `after` a contact without anybody to compare with, `declared`, or
    `missing`.
    """
    _, column, rate = TRUST[measure]
    task = sweep.task
    if getattr(task, column) is not None:
        return "after" if task.treatment is None or task.treatment_probability is None else "net"
    declared = 0.0 if task.value is None else getattr(task.value, rate)
    return "declared" if declared > 0 else "missing"


def titles_of(sweep: Sweep) -> dict[str, str]:
    """Return what each measure is called; only what was compared with rows left alone is caused."""
    own = {name: SOURCES[source_of(sweep, name)].format(told[0]) for name, told in TRUST.items()}
    return sweep.titles | own


def figures(frame: pd.DataFrame) -> pd.Series:
    """Return figures with their intervals as text, by measure."""
    return pd.Series({row.measure: _told(row, interval) for row in frame.itertuples()}, dtype=str)


def changes(frame: pd.DataFrame) -> pd.Series:
    """Return differences with their sign and their intervals as text, by measure."""
    return pd.Series({row.measure: _told(row, change) for row in frame.itertuples()}, dtype=str)


def _told(row: Any, words: Any) -> str:
    if not np.isfinite(row.value):
        return str(row.note)
    if row.low == row.high:
        return f"{words(row.measure, row.value, 0, 0).split(' [')[0]} (the same on every draw)"
    if not np.isfinite(row.low):
        return f"{words(row.measure, row.value, 0, 0).split(' [')[0]} ({row.note})"
    return str(words(row.measure, row.value, row.low, row.high))
