"""task.yaml as values: what a person writes down before anything is computed."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from equipoise._checks import suggestion
from equipoise.exceptions import InputError

__all__ = [
    "TRUST_ROLES",
    "DecisionRule",
    "Feature",
    "Group",
    "Outcome",
    "Source",
    "TaskFile",
    "Value",
]

TRUST_ROLES = ("opted_out", "complained")
"""What is known only after the contact, besides the outcome; neither is a feature."""

Origin = Literal["declared", "data"]


def _as_code(value: object) -> object:
    """Codes and names are text: 1 and 1.0 are "1"."""
    if value is None:
        raise InputError("", "must be text", "nothing", "Write the word null in quotes.")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, bool | int | float) else value


def _as_list(value: object) -> object:
    """One code may be written without brackets."""
    return (value,) if isinstance(value, bool | int | float | str) else value


def _as_literal(value: object) -> object:
    """In a file all is text, also true and 1."""
    return {"true": True, "1": 1}.get(str(value).lower(), value)


def _as_number_or_column(value: object) -> object:
    try:
        return float(value) if math.isfinite(float(value)) else value  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return value


Code = Annotated[str, BeforeValidator(_as_code)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_as_list)]


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False
    )


class Source(_Part):
    """Where the rows are: a CSV or Parquet file, or a table in a DuckDB or SQLite file."""

    file: str
    table: Code | None = None
    separator: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    missing_values: Codes = ()


class Outcome(_Part):
    """The outcome column and its coding; a value in neither list is refused."""

    column: Code
    positive: Codes = Field(min_length=1)
    negative: Codes = Field(min_length=1)
    missing: Literal["refuse", "drop"] = "refuse"

    @model_validator(mode="after")
    def _codes_are_disjoint(self) -> Self:
        both = sorted(set(self.positive) & set(self.negative))
        if both:
            raise InputError(
                "",
                "must not list a value as positive and as negative",
                repr(both[0]),
                "Keep it in one.",
            )
        return self


class Group(_Part):
    """A sensitive attribute and the group that gaps are measured against."""

    reference: Code


class Feature(_Part):
    """A column the model may use: a number with bounds, or a category from a list.

    `missing` is the declared treatment of blanks: `refuse`, `drop` (the row), or the value that
    takes their place. `source: data` says that bounds or categories were read off the customers.
    """

    type: Literal["number", "category"]
    bounds: tuple[float, float] | None = None
    categories: Codes | None = None
    source: Origin = "declared"
    missing: Code = "refuse"

    @field_validator("missing")
    @classmethod
    def _fill_is_written_one_way(cls, missing: str, info: ValidationInfo) -> str:
        if info.data.get("type") != "number" or missing in ("refuse", "drop"):
            return missing
        number = _as_number_or_column(missing)
        if isinstance(number, float):
            return str(_as_code(number))
        raise InputError(
            "",
            "must be refuse, drop or a number",
            repr(missing),
            "A number takes the place of each blank.",
        )

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type == "number":
            self._check_number()
        else:
            self._check_category()
        return self

    def _check_number(self) -> None:
        if self.categories is not None:
            raise InputError(
                "type", "must be category where categories are listed", "number", "Keep one."
            )
        if self.bounds is None:
            return
        low, high = self.bounds
        shown = f"[{low:g}, {high:g}]"
        if not low < high:
            raise InputError("bounds", "must be low then high", shown, "Write the lower one first.")
        if isinstance(self.fill, float) and not low <= self.fill <= high:
            raise InputError(
                "missing",
                f"must lie within the bounds {shown}",
                self.missing,
                "Widen them, or fill with a number inside.",
            )

    def _check_category(self) -> None:
        known = self.categories or ()
        if self.bounds is not None:
            raise InputError(
                "type", "must be number where bounds are given", "category", "Keep one."
            )
        if not known:
            raise InputError("categories", "must be listed", "none", "List what the column holds.")
        twice = [value for value in known if known.count(value) > 1]
        if twice:
            raise InputError("categories", "must not repeat", repr(twice[0]), "Keep one.")
        if self.missing not in ("refuse", "drop", *known):
            raise InputError(
                "missing",
                "must be refuse, drop or one of the categories",
                repr(self.missing),
                "Add it to the categories if it is to stand for a blank.",
            )

    @property
    def fill(self) -> str | float | None:
        """The value that stands in for a blank, or None if blanks are refused or dropped."""
        if self.missing in ("refuse", "drop"):
            return None
        return float(self.missing) if self.type == "number" else self.missing


class DecisionRule(_Part):
    """How a score becomes an act; exactly one of the three is set."""

    top_share: float | None = Field(default=None, gt=0, le=1)
    threshold: float | None = Field(default=None, ge=0, le=1)
    max_profit: Annotated[Literal[True], BeforeValidator(_as_literal)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name, rule in self if rule is not None]
        if len(given) != 1:
            raise InputError(
                "",
                "must be exactly one of top_share, threshold and max_profit",
                " and ".join(given) or "none",
                "Write for example {top_share: 0.2}.",
            )
        return self

    def __str__(self) -> str:
        if self.top_share is not None:
            return f"the {100 * self.top_share:g}% with the highest scores"
        if self.threshold is not None:
            return f"everyone with a score of at least {self.threshold:g}"
        return "everyone whose expected profit is above zero"


class Value(_Part):
    """Euros won and lost per contacted customer.

    Parameters
    ----------
    won_per_positive
        Margin in euros when a contacted customer has the positive outcome.
    discount_per_positive
        Euros given away in that case.
    cost_per_contact
        Euros spent on each contact, whatever the outcome.
    budget_eur
        The most that contacts may cost for as many rows as the task has; None for no limit.
    opt_outs_per_contact, complaints_per_contact
        How many of the contacted opt out, or complain, because of the contact: shares.
    lost_per_opt_out, lost_per_complaint
        Euros that each of them costs later. They make the trust line of a report and are never
        part of profit, since they are guesses of another kind.
    source
        `declared` by a person, or an `example` that nobody has confirmed yet.
    """

    won_per_positive: float = Field(ge=0)
    discount_per_positive: float = Field(default=0.0, ge=0)
    cost_per_contact: float = Field(ge=0)
    budget_eur: float | None = Field(default=None, gt=0)
    opt_outs_per_contact: float = Field(default=0.0, ge=0, le=1)
    lost_per_opt_out: float = Field(default=0.0, ge=0)
    complaints_per_contact: float = Field(default=0.0, ge=0, le=1)
    lost_per_complaint: float = Field(default=0.0, ge=0)
    source: Literal["declared", "example"] = "declared"

    @model_validator(mode="after")
    def _budget_pays_for_a_contact(self) -> Self:
        if self.budget_eur is not None and self.budget_eur < self.cost_per_contact:
            raise InputError(
                "budget_eur",
                "must pay for one contact at least",
                f"{self.budget_eur:g} at {self.cost_per_contact:g} a contact",
                "Raise the budget, or leave it out.",
            )
        return self

    @property
    def net_per_positive(self) -> float:
        """Euros won less the discount, before the cost of the contact."""
        return self.won_per_positive - self.discount_per_positive

    @property
    def trust_lost_per_contact(self) -> float:
        """Euros of trust lost a contact: opt-outs and complaints that it causes, as declared."""
        return (
            self.opt_outs_per_contact * self.lost_per_opt_out
            + self.complaints_per_contact * self.lost_per_complaint
        )


class TaskFile(_Part):
    """One decision problem on one table, as written in task.yaml.

    `allowed` names, by consent policy, the column that says which rows the policy permits; `policy`
    is the one that the task is under, or None for all rows. `known_after_days` is how long after its
    `time` the outcome of a row is known (in the unit of `time` where that is a number): on a given
    day nothing can be learnt from rows whose outcome was still open. `opted_out` and `complained`
    name columns of 0 and 1: who did so in the days after the contact, or after the day on which
    the others were contacted. Like the outcome they are never features.
    """

    version: Annotated[Literal[1], BeforeValidator(_as_literal)] = Field(
        default=1, alias="equipoise_task"
    )
    name: Code = Field(min_length=1)
    question: str = ""
    source: Source
    unit: Code
    rows_per_unit: int = Field(default=1, ge=1)
    rows_per_unit_source: Origin = "declared"
    outcome: Outcome
    groups: dict[Code, Group] = Field(min_length=1)
    features: dict[Code, Feature] = Field(min_length=1)
    excluded: dict[Code, str] = Field(default_factory=dict)
    decision: DecisionRule = DecisionRule(top_share=0.2)
    value: Value | None = None
    time: Code | None = None
    known_after_days: float = Field(default=0.0, ge=0)
    weights: Code | None = None
    treatment: Code | None = None
    treatment_probability: Annotated[str | float, BeforeValidator(_as_number_or_column)] | None = (
        None
    )
    opted_out: Code | None = None
    complained: Code | None = None
    allowed: dict[Code, Code] = Field(default_factory=dict)
    policy: Code | None = None

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if self.decision.max_profit and self.value is None:
            raise InputError(
                "value", "must be given where decision is max_profit", "nothing", "Add euros."
            )
        if self.treatment_probability is not None and self.treatment is None:
            raise InputError(
                "treatment",
                "must be given with treatment_probability",
                "nothing",
                "Name the column that says who was treated.",
            )
        both = [name for name in self.features if name in self.excluded]
        if both:
            raise InputError(
                "excluded",
                "must not name a feature",
                repr(both[0]),
                "Remove it from one of the two.",
            )
        if self.policy is not None and self.policy not in self.allowed:
            raise InputError(
                "policy",
                "must be one of those under `allowed`",
                repr(self.policy),
                suggestion(self.policy, self.allowed),
            )
        return self
