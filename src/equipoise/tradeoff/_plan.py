"""Plan: what a sweep tries, as a value that is checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from equipoise._checks import check_choice, check_delta, check_epsilon, check_whole
from equipoise.exceptions import InputError
from equipoise.task import Task
from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._presets import PRESETS

__all__ = ["AS_GIVEN", "MITIGATIONS", "Plan", "Policy"]

MITIGATIONS = (
    "none",
    "reweighing",
    "group_thresholds",
    "group_thresholds_tpr",
    "score_gap_penalty",
    "remove_correlation",
)
AS_GIVEN = "as_given"
"""The consent policy of a task that knows of none: its rows as they are."""

_WHOLE = {"seeds": "Use at least 5.", "split_seed": "Use a seed such as 0."}


class Policy(NamedTuple):
    """What one model would be if it were released: everything but the seed."""

    model: str
    mitigation: str
    epsilon: float
    consent_policy: str = AS_GIVEN

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Policy:
        """Return the policy of a row of a sweep."""
        return cls(*(row[name] for name in cls._fields))

    def __str__(self) -> str:
        private = "not private" if math.isinf(self.epsilon) else f"epsilon {self.epsilon:g}"
        changed = "" if self.mitigation == "none" else f" with {self.mitigation}"
        consent = "" if self.consent_policy == AS_GIVEN else f", consent {self.consent_policy}"
        return f"{self.model}{changed}, {private}{consent}"


@dataclass(frozen=True)
class Plan:
    """Models × mitigations × epsilons × consent policies × seeds on one attribute.

    Parameters
    ----------
    epsilons : sequence of float
        Privacy of a single released model; infinity is the row without privacy. Models without a
        private form run at infinity only.
    delta : float, optional
        Required as soon as an epsilon is finite; checked where none is, too.
    models : sequence of str
        Any of `logistic`, `hist_gradient_boosting`, `explainable_boosting`, `private_logistic`,
        `sufficient_statistics`, `diffprivlib_logistic`. The last promises at replace-one adjacency,
        the other private ones at add-remove, which is more at the same epsilon.
    mitigations : sequence of str
        Any of `none`, `reweighing`, `group_thresholds`, `group_thresholds_tpr`,
        `score_gap_penalty`, `remove_correlation`. With a finite epsilon a mitigation reads noisy
        counts that the same epsilon pays for; a pair for which that is not built is a row with
        `status = refused`.
    consent_policies : sequence of str
        Consent policies of the task to compare; empty for the one that it is under.
    seeds : int
        How often each policy is trained; the seed moves noise, training and ties.
    attribute : str, optional
        The sensitive attribute of gaps and mitigation; by default the task's first.
    split_seed : int
        Splits the customers into fit, choose and confirm, the same for every policy.

    Raises
    ------
    InputError
        Where a value is out of range, unknown or repeated, two epsilons read alike in six digits,
        `delta` is missing beside a finite epsilon, or no combination exists.

    Examples
    --------
    >>> plan = Plan(epsilons=[1, float("inf")], delta=1e-6, models=["private_logistic"], seeds=2)
    >>> [str(policy) for policy in plan.policies()][:2]
    ['private_logistic, epsilon 1', 'private_logistic, not private']
    """

    epsilons: Sequence[float]
    delta: float | None = None
    models: Sequence[str] = ("logistic", "private_logistic")
    mitigations: Sequence[str] = ("none", "reweighing")
    consent_policies: Sequence[str] = ()
    seeds: int = 5
    attribute: str | None = None
    split_seed: int = 0

    def __post_init__(self) -> None:
        checks: dict[str, Callable[[Any], object]] = {
            "epsilons": check_epsilon,
            "models": lambda name: check_choice("models", name, LEARNERS),
            "mitigations": lambda name: check_choice("mitigations", name, MITIGATIONS),
            "consent_policies": str,
        }
        for name, check in checks.items():
            object.__setattr__(self, name, _once_each(name, getattr(self, name), check))
        for name, low in (("seeds", 1), ("split_seed", 0)):
            whole = check_whole(name, getattr(self, name), low=low, next_move=_WHOLE[name])
            object.__setattr__(self, name, whole)
        _check_told_apart(self.epsilons)
        if self.delta is not None or any(map(math.isfinite, self.epsilons)):
            object.__setattr__(self, "delta", check_delta(self.delta, epsilon=1.0))
        if not self.policies():
            raise InputError(
                "plan",
                "must have at least one cell",
                f"epsilons {list(self.epsilons)} with models {list(self.models)} "
                f"and mitigations {list(self.mitigations)}",
                "Add epsilon inf, or a model with a private form such as private_logistic.",
            )

    @classmethod
    def preset(cls, name: str, *, delta: float | None = None, **changes: Any) -> Self:
        """Return a plan of a stated size: `quick`, `class` or `full`.

        Parameters
        ----------
        name : str
            `quick` has 2 models with and without reweighing at epsilon 1 and infinity, 3 seeds;
            `class` 2 models with 3 mitigations at 8 epsilons, 10 seeds; `full` every model and
            mitigation at 10 epsilons, 20 seeds.
        delta : float, optional
            Required, since each has finite epsilons, unless `changes` leaves infinity alone.
        **changes
            Other parameters of the plan, in place of the preset's own.

        Raises
        ------
        InputError
            Where the name is unknown, or the plan is refused.

        Examples
        --------
        >>> plan = Plan.preset("class", delta=1e-6)
        >>> len(plan.policies()), plan.cells
        (27, 270)
        """
        settings = PRESETS[check_choice("preset", name, PRESETS)]
        return cls(**{**settings, "delta": delta, **changes})

    def to_yaml(self) -> str:
        """Return the plan as the text of a file, which `read_plan` takes for the same plan."""
        from equipoise.tradeoff._plan_file import plan_yaml

        return plan_yaml(self)

    def policies(self) -> list[Policy]:
        """Return every combination that exists, in the order they are shown."""
        return [
            Policy(model, mitigation, epsilon, consent)
            for consent in self.consent_policies or (AS_GIVEN,)
            for model in self.models
            for mitigation in self.mitigations
            for epsilon in self.epsilons
            if math.isinf(epsilon) or LEARNERS[model].private
        ]

    @property
    def cells(self) -> int:
        """How many fits the plan asks for: its policies times its seeds."""
        return len(self.policies()) * self.seeds

    def for_task(self, task: Task) -> Plan:
        """Return this plan with attribute and consent policies filled in, checked against the task."""
        attribute = next(iter(task.groups)) if self.attribute is None else self.attribute
        check_choice("attribute", attribute, list(task.groups))
        self._check_groups(task, attribute)
        current = task.policy or AS_GIVEN
        known = [] if task.allowed is None else list(task.allowed)
        if AS_GIVEN in known:
            raise InputError(
                "consent_policies",
                "must not have the name of no policy at all",
                repr(AS_GIVEN),
                "Rename it under `allowed` in the task file.",
            )
        for policy in self.consent_policies:
            check_choice("consent_policies", policy, dict.fromkeys((*known, current)))
        private = [e for e in self.epsilons if math.isfinite(e)]
        if private and task.unbounded and any(LEARNERS[m].private for m in self.models):
            raise InputError(
                "bounds",
                "must be declared for every number before a finite epsilon",
                ", ".join(map(repr, task.unbounded)),
                "Add bounds: [low, high] in the task file, or sweep epsilon inf only.",
            )
        consent = self.consent_policies or (current,)
        return replace(self, attribute=attribute, consent_policies=consent)

    def _check_groups(self, task: Task, attribute: str) -> None:
        """Refuse a mitigation between groups of an attribute that has but one."""
        whole = task if task.whole is None else task.whole
        groups = list(whole.groups[attribute].unique())
        between = [name for name in self.mitigations if name != "none"]
        if between and len(groups) < 2:
            raise InputError(
                "attribute",
                f"must have at least two groups for {between[0]}",
                f"{attribute!r} with {', '.join(groups)}",
                "Name another attribute, or mitigations: [none].",
            )


def _check_told_apart(epsilons: Sequence[float]) -> None:
    """Refuse epsilons that are shown alike: two policies would have one name."""
    if len({f"{epsilon:g}" for epsilon in epsilons}) < len(epsilons):
        raise InputError(
            "epsilons",
            "must differ in their first six digits",
            list(epsilons),
            "Keep one of those that read alike.",
        )


def _once_each(name: str, values: Any, check: Callable[[Any], object]) -> tuple[object, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(name, "must be a list", repr(values), f"Write [{values!r}].")
    checked = tuple(check(value) for value in values)
    if len(set(checked)) < len(checked):
        raise InputError(name, "must not repeat a value", list(checked), "Name each once.")
    return checked
