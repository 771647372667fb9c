"""Sections of an audit's page on what decisions hand out, and on whom consent lets them reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.charts.models import draw_who_gets_what
from equipoise.fairness._allocation import allocation_of
from equipoise.fairness._explain import called
from equipoise.fairness._reach import reach_of
from equipoise.fairness.tables import named, with_interval
from equipoise.pages import Block, Section, Table, Text
from equipoise.task import Task

__all__ = ["benefit_sections"]


def benefit_sections(
    task: Task, contacted: NDArray[np.bool_], attributes: Sequence[str]
) -> list[Section]:
    """Return who gets the contacts and the euros, and who of all customers can be reached at all."""
    found = allocation_of(task, contacted).frame()
    unit = "example €" if task.value is not None and task.value.source == "example" else "€"
    blocks: list[Block] = []
    for attribute in attributes:
        own = found[found["attribute"] == attribute]
        caption = (
            f"By {attribute}: what part of all that is handed out goes to a group, beside its part "
            "of the customers, and how much that is for each of its customers, with 95 % intervals."
        )
        picture = draw_who_gets_what(own, reference=task.reference[attribute], unit=unit)
        blocks += [picture, Table(_allocation_table(own), caption)]
    sections = [Section("Who gets what", blocks)]
    if task.policy is not None and task.whole is not None:
        sections.append(_reach(task, contacted, attributes))
    return sections


def _allocation_table(rows: pd.DataFrame) -> pd.DataFrame:
    told = [
        (
            called(row.attribute, row.group),
            named(row.measure),
            f"{row.total:,.0f}",
            "–" if row.share_of_total != row.share_of_total else f"{row.share_of_total:.1%}",
            f"{row.share_of_customers:.1%}",
            row.note if row.mean != row.mean else with_interval(row.mean, row.low, row.high),
        )
        for row in rows.itertuples()
    ]
    columns = ["group", "what", "in all", "part of all", "part of customers", "for each customer"]
    return pd.DataFrame(told, columns=columns)


def _reach(task: Task, contacted: NDArray[np.bool_], attributes: Sequence[str]) -> Section:
    found = reach_of(task, contacted)
    frame, told = found.frame(), found.readings()
    blocks: list[Block] = []
    for attribute in attributes:
        own = frame[frame["attribute"] == attribute]
        blocks.append(Text(told[attribute]))
        caption = (
            f"By {attribute}: of all customers, also those whom the consent policy {task.policy} "
            "leaves out. An audit of the permitted alone cannot see them."
        )
        blocks.append(Table(_reach_table(own), caption))
    return Section("Who can be reached at all", blocks)


def _reach_table(rows: pd.DataFrame) -> pd.DataFrame:
    told = [
        (
            called(row["attribute"], row["group"]),
            named(row["stage"]),
            f"{row['count']:,.0f} of {row['of']:,.0f}",
            row["note"] or _share(row["value"], row["low"], row["high"]),
        )
        for row in rows.to_dict("records")
    ]
    return pd.DataFrame(told, columns=["group", "who", "how many", "share"])


def _share(value: float, low: float, high: float) -> str:
    """Return a share as text, or a dash for what is a count and no rate."""
    return "–" if value != value else with_interval(value, low, high)
