"""What the value of a contact policy rests on: a campaign's rows, its euros, and who is contacted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.models.uplift._campaign import campaign_of
from equipoise.task import Task, Value

__all__ = ["EXAMPLE", "CampaignRows", "Floats", "aligned", "campaign_rows", "euros_of", "policy_of"]

Floats = NDArray[np.float64]
EXAMPLE = "example euros that nobody has confirmed"


class CampaignRows(NamedTuple):
    """A randomised or logged campaign, row by row.

    `treated` is 1 for contacted rows, `chance` the probability with which each was to be contacted,
    `y` the outcome, and `codes` the number of each row's customer.
    """

    treated: Floats
    chance: Floats
    y: Floats
    codes: NDArray[np.intp]


def campaign_rows(task: Task) -> CampaignRows:
    """Return what a campaign decided and saw, or refuse where its effect cannot be worked out."""
    if task.treatment is None or task.treatment_probability is None:
        missing = "treatment" if task.treatment is None else "treatment_probability"
        raise InputError(
            "task",
            "must say who was contacted and with which probability",
            f"no {missing}",
            "Name both columns in the task file; without a randomised hold-out or logged "
            "probabilities no effect of a contact can be estimated.",
        )
    campaign = campaign_of(task)
    # Numbered whatever the order of the rows, so that a seed deals the same customers.
    codes = pd.factorize(task.unit, sort=True)[0]
    treated, y = campaign.treated.astype(float), campaign.y.astype(float)
    return CampaignRows(treated, campaign.probability, y, codes)


def euros_of(task: Task) -> Value:
    """Return the euros of a task, or refuse."""
    if task.value is None:
        raise InputError(
            "task",
            "must have euros",
            "value: None",
            "Write won_per_positive and cost_per_contact under `value` in the task file.",
        )
    return task.value


def policy_of(task: Task, contacted: ArrayLike, name: str = "contacted") -> Floats:
    """Return the probability with which a policy contacts each row of a task, or refuse."""
    column = aligned(task, contacted, name)
    chance = column.to_numpy(dtype=float, na_value=np.nan)
    outside = ~((chance >= 0) & (chance <= 1))
    if outside.any():
        found = f"{chance[outside][0]:g} among {outside.sum():,} of {len(chance):,} rows"
        raise InputError(
            name,
            "must be true or false, or a probability of contact in 0..1",
            found,
            "Turn scores into contacts first, for example with task.decide(scores, seed=7).",
        )
    return np.asarray(chance)


def aligned(task: Task, values: ArrayLike, name: str) -> pd.Series:
    """Return numbers row for row with a task, or refuse other shapes, lengths and indexes."""
    if np.ndim(values) != 1:
        shape = f"shape {np.shape(values)}"
        raise InputError(name, "must be one value a row", shape, "Pass one column.")
    column = pd.Series(values)
    if len(column) != len(task):
        raise InputError(
            name,
            "must have one value for each row of the task",
            f"{len(column):,} for {len(task):,} rows",
            "Pass the rows of the same task in the same order.",
        )
    if isinstance(values, pd.Series) and not values.index.equals(task.X.index):
        raise InputError(
            name,
            "must have the index of task.X in the same order",
            "a different one",
            "Align the rows first, or pass an array to have it read by position.",
        )
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(name, "must be numbers", str(column.dtype), "Convert the column first.")
    return column
