"""Decision problems posed on the synthetic CRM: a table and its task file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from equipoise._checks import check_choice
from equipoise.crm._campaigns import COST_PER_CONTACT_EUR
from equipoise.crm._features import CATEGORIES, NUMBER_BOUNDS, features_at
from equipoise.crm._schema import CAMPAIGN_DATE, GROUPS, REFERENCE
from equipoise.task import DecisionRule, Feature, Group, Outcome, Source, TaskFile, Value

__all__ = ["TASKS", "pose_task"]

MARGIN_PER_ANSWER_EUR = 35.0
DISCOUNT_PER_ANSWER_EUR = 14.0
TOP_SHARE = 0.2

Posed = tuple[pd.DataFrame, TaskFile]


def pose_task(name: str, tables: Mapping[str, pd.DataFrame]) -> Posed:
    """Return the table and the task file of the task `name`.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    tables : mapping of str to pandas.DataFrame
        The tables of a CRM. The truth is not among them and is never read.

    Returns
    -------
    tuple of (pandas.DataFrame, TaskFile)

    Raises
    ------
    InputError
        If no task has that name.
    """
    return TASKS[check_choice("task", name, TASKS)](tables)


def _offer_response(tables: Mapping[str, pd.DataFrame]) -> Posed:
    """Who answers the spring coupon: the eligible members, as they were the day before it."""
    members = tables["campaign_members"]
    eligible = members[members["status"] != "hold_out"]
    answered = eligible["has_responded"].map({True: "yes", False: "no"}).astype("str")
    keys = tables["contacts"][["contact_id", "individual_id"]]
    frame = (
        pd.DataFrame({"contact_id": eligible["contact_id"], "has_responded": answered})
        .merge(keys, on="contact_id", validate="1:1")
        .merge(tables["individuals"][["individual_id", *GROUPS]], on="individual_id")
        .join(features_at(tables, CAMPAIGN_DATE), on="contact_id")
    )
    columns = ["individual_id", *GROUPS, *NUMBER_BOUNDS, *CATEGORIES, "has_responded"]
    return frame[columns], offer_response_file()


def offer_response_file() -> TaskFile:
    """Return the task file of `offer_response`; no number in it was read off the customers."""
    numbers = {
        name: Feature(type="number", bounds=bounds) for name, bounds in NUMBER_BOUNDS.items()
    }
    categories = {
        name: Feature(type="category", categories=levels) for name, levels in CATEGORIES.items()
    }
    return TaskFile(
        name="offer_response",
        question="Which eligible customers will order within 30 days of getting the spring coupon?",
        source=Source(file="offer_response.parquet"),
        unit="individual_id",
        outcome=Outcome(column="has_responded", positive=("yes",), negative=("no",)),
        groups={column: Group(reference=value) for column, value in REFERENCE.items()},
        features=numbers | categories,
        decision=DecisionRule(top_share=TOP_SHARE),
        value=Value(
            won_per_positive=MARGIN_PER_ANSWER_EUR,
            discount_per_positive=DISCOUNT_PER_ANSWER_EUR,
            cost_per_contact=COST_PER_CONTACT_EUR,
        ),
    )


TASKS: dict[str, Callable[[Mapping[str, pd.DataFrame]], Posed]] = {
    "offer_response": _offer_response,
}
