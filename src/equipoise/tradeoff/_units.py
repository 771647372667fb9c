"""Whom a release protects: as many rows of each as were declared, and a delta that means something."""

from __future__ import annotations

from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning._rows import checked_unit
from equipoise.task import Task

__all__ = ["check_units"]


def check_units(task: Task, delta: float, *, stacklevel: int) -> None:
    """Refuse more rows of a customer than the noise is made for; warn of a large delta.

    Reading a table refuses such rows, too; a task can also be made by hand or take rows twice.

    Warns
    -----
    LargeDeltaWarning
        Where delta is one over the number of customers or more.
    """
    unit = task.unit.rename(task.file.unit)
    name, customers = checked_unit(unit, len(task), task.rows_per_unit)
    warn_of_large_delta(delta, customers, unit=name, stacklevel=stacklevel)
