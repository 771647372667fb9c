"""Plan: what a sweep tries, as a value that is checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from equipoise._checks import check_choice, check_delta, check_epsilon, check_whole
from equipoise.exceptions import InputError
from equipoise.task import Task
from equipoise.tradeoff._learners import LEARNERS

__all__ = ["MITIGATIONS", "Plan", "Policy"]

MITIGATIONS = ("none", "reweighing")
_WHOLE = {"seeds": "Use at least 5.", "split_seed": "Use a seed such as 0."}


class Policy(NamedTuple):
    """What one model would be if it were released: everything but the seed."""

    model: str
    mitigation: str
    epsilon: float

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Policy:
        """Return the policy of a row of a sweep."""
        return cls(row["model"], row["mitigation"], row["epsilon"])

    def __str__(self) -> str:
        private = "not private" if math.isinf(self.epsilon) else f"epsilon {self.epsilon:g}"
        changed = "" if self.mitigation == "none" else f" with {self.mitigation}"
        return f"{self.model}{changed}, {private}"


@dataclass(frozen=True)
class Plan:
    """Models × mitigations × epsilons × seeds on one attribute.

    Parameters
    ----------
    epsilons : sequence of float
        Privacy of a single released model; infinity is the row without privacy. Models without a
        private form run at infinity only.
    delta : float, optional
        Required as soon as an epsilon is finite.
    models : sequence of str
        Any of `logistic`, `hist_gradient_boosting`, `explainable_boosting`, `private_logistic`,
        `diffprivlib_logistic`.
    mitigations : sequence of str
        Any of `none`, `reweighing`. Reweighing reads outcomes and groups without noise, so its
        pairs with a finite epsilon are rows with `status = refused`.
    seeds : int
        How often each policy is trained; the seed moves noise, training and ties.
    attribute : str, optional
        The sensitive attribute of gaps and mitigation; by default the task's first.
    split_seed : int
        Splits the customers into fit, choose and confirm, the same for every policy.

    Raises
    ------
    InputError
        Where a value is out of range, unknown or repeated, `delta` is missing beside a finite
        epsilon, or no combination exists.

    Examples
    --------
    >>> plan = Plan(epsilons=[1, float("inf")], delta=1e-6, models=["private_logistic"], seeds=2)
    >>> [str(policy) for policy in plan.policies()][:2]
    ['private_logistic, epsilon 1', 'private_logistic, not private']
    """

    epsilons: Sequence[float]
    delta: float | None = None
    models: Sequence[str] = ("logistic", "private_logistic", "diffprivlib_logistic")
    mitigations: Sequence[str] = MITIGATIONS
    seeds: int = 5
    attribute: str | None = None
    split_seed: int = 0

    def __post_init__(self) -> None:
        checks: dict[str, Callable[[Any], object]] = {
            "epsilons": check_epsilon,
            "models": lambda name: check_choice("models", name, LEARNERS),
            "mitigations": lambda name: check_choice("mitigations", name, MITIGATIONS),
        }
        for name, check in checks.items():
            object.__setattr__(self, name, _once_each(name, getattr(self, name), check))
        for name, low in (("seeds", 1), ("split_seed", 0)):
            whole = check_whole(name, getattr(self, name), low=low, next_move=_WHOLE[name])
            object.__setattr__(self, name, whole)
        for epsilon in filter(math.isfinite, self.epsilons):
            object.__setattr__(self, "delta", check_delta(self.delta, epsilon))
        if not self.policies():
            raise InputError(
                "plan",
                "must have at least one cell",
                f"epsilons {list(self.epsilons)} with models {list(self.models)} "
                f"and mitigations {list(self.mitigations)}",
                "Add epsilon inf, or a model with a private form such as private_logistic.",
            )

    def policies(self) -> list[Policy]:
        """Return every combination that exists, in the order they are shown."""
        return [
            Policy(model, mitigation, epsilon)
            for model in self.models
            for mitigation in self.mitigations
            for epsilon in self.epsilons
            if math.isinf(epsilon) or LEARNERS[model].private
        ]

    def for_task(self, task: Task) -> Plan:
        """Return this plan with its attribute filled in, checked against the task."""
        attribute = self.attribute or next(iter(task.groups))
        check_choice("attribute", attribute, list(task.groups))
        private = [e for e in self.epsilons if math.isfinite(e)]
        if private and task.unbounded and any(LEARNERS[m].private for m in self.models):
            raise InputError(
                "bounds",
                "must be declared for every number before a finite epsilon",
                ", ".join(map(repr, task.unbounded)),
                "Add bounds: [low, high] in the task file, or sweep epsilon inf only.",
            )
        return replace(self, attribute=attribute)


def _once_each(name: str, values: Any, check: Callable[[Any], object]) -> tuple[object, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(name, "must be a list", repr(values), f"Write [{values!r}].")
    checked = tuple(check(value) for value in values)
    if len(set(checked)) < len(checked):
        raise InputError(name, "must not repeat a value", list(checked), "Name each once.")
    return checked
