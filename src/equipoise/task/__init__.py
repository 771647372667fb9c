"""One decision problem: customers, an outcome, groups to watch, euros, and bounds.

A task is read from a `task.yaml` (`read_task`), which `describe` drafts from a table, or built
from a frame (`build_task`). Everything after it (models, audits, guarantees, sweeps) takes a Task.
`Source`, `Outcome`, `Group` and `Feature` are there for whoever writes a TaskFile in code.
"""

from equipoise.task._build import build_task, read_task
from equipoise.task._decision import decide, discount_eur, profit_eur
from equipoise.task._describe import describe
from equipoise.task._file import DecisionRule, TaskFile, Value
from equipoise.task._file import Feature as Feature
from equipoise.task._file import Group as Group
from equipoise.task._file import Outcome as Outcome
from equipoise.task._file import Source as Source
from equipoise.task._splitting import Split
from equipoise.task._task import Bounds as Bounds
from equipoise.task._task import Task

__all__ = [
    "Task",
    "Split",
    "TaskFile",
    "DecisionRule",
    "Value",
    "read_task",
    "build_task",
    "describe",
    "decide",
    "profit_eur",
    "discount_eur",
]
