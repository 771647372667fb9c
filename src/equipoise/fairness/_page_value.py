"""Sections of an audit's page on what the decisions earn, and on how far the scores can be believed."""

from __future__ import annotations

import numpy as np

from equipoise.fairness._task import TaskAudit
from equipoise.fairness.profits import parameters_table, profit_lines, random_split_table
from equipoise.models.calibration import calibration_curve
from equipoise.models.uplift import uplift_curve
from equipoise.models.value import ProfitCurve, gains
from equipoise.pages import Block, Note, Section, Table, Text

__all__ = ["value_sections"]

ONE_ARM = (
    "Of these rows all were contacted, or none: there is no curve of what contacts add, and the profit "
    "above rests on the stated probabilities alone."
)


def value_sections(found: TaskAudit) -> list[Section]:
    """Return what the decision earns, and how the scores rank and mean what they say."""
    sections = [] if found.profit is None else [_profit(found, found.profit)]
    return [*sections, _scores(found)]


def _profit(found: TaskAudit, curve: ProfitCurve) -> Section:
    blocks: list[Block] = [
        Text(profit_lines(found)),
        curve.plot(),
        Table(parameters_table(curve), "What the euros are made of, as the task file says."),
    ]
    task = found.task
    if task.profit_is_incremental and np.ptp(np.asarray(task.treatment)) == 0:
        blocks.append(Note(ONE_ARM))
    elif task.profit_is_incremental:
        effect = uplift_curve(
            task.y,
            found.held_out.scores,
            treatment=np.asarray(task.treatment),
            probability=task.treatment_probability,
            unit=task.unit,
        )
        blocks.append(effect.plot())
    if curve.parameters["source"] == "example":
        blocks.append(Note("These are example euros that nobody has confirmed."))
    return Section("What it earns", blocks)


def _scores(found: TaskAudit) -> Section:
    task, scores = found.task, found.held_out.scores
    blocks: list[Block] = [
        gains(task, scores).plot(),
        calibration_curve(task.y, scores, unit=task.unit).plot(),
    ]
    beside = random_split_table(found)
    if beside is not None:
        caption = (
            "A split at random lets a model learn from the dates that it is judged on. What each split "
            "scores is what a team would report; the same later rows put both models before the same "
            "customers. With 95 % intervals; plan with the split by date."
        )
        blocks.append(Table(beside, caption))
    return Section("How far the scores carry", blocks)
