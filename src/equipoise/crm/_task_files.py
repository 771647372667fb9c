"""What a person would have written in the task file of each task; nothing is read off customers."""

from __future__ import annotations

from dataclasses import dataclass, field

from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._dictionary import readable
from equipoise.crm._features import CATEGORIES, NUMBER_BOUNDS
from equipoise.crm._schema import CASE_ORIGINS, CASE_REASONS, PRODUCT_CATEGORIES, REFERENCE
from equipoise.crm._task_rows import (
    ASKED_ON,
    CATEGORY_ITEMS_BOUNDS,
    ESCALATION_DAYS,
    OUTCOME_DAYS,
)
from equipoise.task import (
    DecisionRule,
    Feature,
    Group,
    Outcome,
    Source,
    TaskFile,
    Value,
)

__all__ = ["POLICY_COLUMNS", "task_file"]

POLICY_COLUMNS = "allowed_{}"
TOP_SHARE = 0.2

MARGIN_PER_ANSWER_EUR = 35.0
DISCOUNT_PER_ANSWER_EUR = 7.0
MARGIN_KEPT_EUR = 18.0
VOUCHER_EUR = 5.0
MARGIN_PER_ITEM_EUR = 12.0
COST_PER_SLOT_EUR = 0.05
ESCALATION_AVOIDED_EUR = 45.0
HANDLED_FIRST_EUR = 6.0


@dataclass(frozen=True)
class _Written:
    """The parts of a task file that differ from task to task."""

    question: str
    outcome: str
    value: Value
    known_after_days: int
    features: dict[str, Feature] = field(default_factory=dict)
    rows_per_unit: int = 1
    time: str | None = None
    treatment: str | None = None
    treatment_probability: str | None = None
    opted_out: str | None = None
    complained: str | None = None


COUPON_VALUE = Value(
    won_per_positive=MARGIN_PER_ANSWER_EUR,
    discount_per_positive=DISCOUNT_PER_ANSWER_EUR,
    cost_per_contact=COURSE_CAMPAIGN.cost_per_contact_eur,
)

WRITTEN: dict[str, _Written] = {
    "offer_response": _Written(
        "Which eligible customers will order within 30 days of getting the coupon?",
        "has_responded",
        COUPON_VALUE,
        COURSE_CAMPAIGN.window_days,
        opted_out="opted_out",
        complained="complained",
    ),
    "churn_90d": _Written(
        "Which customers with an order in the last 180 days will place none in the next 90?",
        "churned",
        Value(
            won_per_positive=MARGIN_KEPT_EUR,
            discount_per_positive=VOUCHER_EUR,
            cost_per_contact=COURSE_CAMPAIGN.cost_per_contact_eur,
        ),
        OUTCOME_DAYS,
    ),
    "coupon_uplift": _Written(
        "Whom does the coupon move: who orders within 30 days because of it?",
        "ordered",
        COUPON_VALUE,
        COURSE_CAMPAIGN.window_days,
        treatment="contacted",
        treatment_probability="contact_probability",
        opted_out="opted_out",
        complained="complained",
    ),
    "next_category": _Written(
        "In which categories will each customer buy within the next 90 days?",
        "bought",
        Value(won_per_positive=MARGIN_PER_ITEM_EUR, cost_per_contact=COST_PER_SLOT_EUR),
        OUTCOME_DAYS,
        features={
            "category": Feature(type="category", categories=PRODUCT_CATEGORIES),
            "category_items_12m": Feature(type="number", bounds=CATEGORY_ITEMS_BOUNDS),
        },
        rows_per_unit=len(PRODUCT_CATEGORIES),
    ),
    "case_priority": _Written(
        "Which service requests will escalate unless they are handled first?",
        "is_escalated",
        Value(won_per_positive=ESCALATION_AVOIDED_EUR, cost_per_contact=HANDLED_FIRST_EUR),
        ESCALATION_DAYS,
        features={
            "reason": Feature(type="category", categories=CASE_REASONS),
            "origin": Feature(type="category", categories=CASE_ORIGINS),
        },
        rows_per_unit=10,
        time="opened_date",
    ),
}


READ_FROM = {
    "category_items_12m": ("order_items", "category"),
    "reason": ("cases", "reason"),
    "origin": ("cases", "origin"),
}
"""Table and column behind each of a task's own features; a category asked about is behind none."""


def task_file(
    name: str,
    *,
    purpose: str,
    features: tuple[str, ...],
    policies: tuple[str, ...],
    policy: str,
    dates: int | None = None,
) -> TaskFile:
    """Return the task file of a task for a purpose; no number in it was read off the customers.

    `dates` is on how many the question is asked, each in rows of its own; None is one, without
    `time`.
    """
    written = WRITTEN[name]
    time = written.time if dates is None else ASKED_ON
    often = "" if dates is None else f" Asked on {dates} dates."
    return TaskFile(
        name=name,
        question=f"{written.question}{often} Purpose: {purpose}.",
        source=Source(file=f"{name}.parquet"),
        unit="individual_id",
        rows_per_unit=written.rows_per_unit * (dates or 1),
        outcome=Outcome(column=written.outcome, positive=("yes",), negative=("no",)),
        groups={column: Group(reference=value) for column, value in REFERENCE.items()},
        features={each: _feature(each) for each in features} | _own_features(written, purpose),
        decision=DecisionRule(top_share=TOP_SHARE),
        value=written.value,
        allowed={each: POLICY_COLUMNS.format(each) for each in policies},
        policy=policy,
        time=time,
        known_after_days=0 if time is None else written.known_after_days,
        treatment=written.treatment,
        treatment_probability=written.treatment_probability,
        opted_out=written.opted_out,
        complained=written.complained,
    )


def _own_features(written: _Written, purpose: str) -> dict[str, Feature]:
    """Return the features that only this task has, as far as the purpose may read them."""
    return {
        name: feature
        for name, feature in written.features.items()
        if name not in READ_FROM or READ_FROM[name][1] in readable(READ_FROM[name][0], purpose)
    }


def _feature(name: str) -> Feature:
    if name in NUMBER_BOUNDS:
        return Feature(type="number", bounds=NUMBER_BOUNDS[name])
    return Feature(type="category", categories=CATEGORIES[name])
