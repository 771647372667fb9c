"""Plan: what a sweep tries, as a value that is checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from equipoise._checks import check_choice, check_delta, check_epsilon, check_whole
from equipoise.exceptions import InputError
from equipoise.task import Task
from equipoise.tradeoff._learners import LEARNERS

__all__ = ["MITIGATIONS", "Plan", "Policy"]

MITIGATIONS = ("none", "reweighing")


class Policy(NamedTuple):
    """What one model would be if it were released: everything but the seed."""

    model: str
    mitigation: str
    epsilon: float

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
        Any of `logistic`, `hist_gradient_boosting`, `private_logistic`, `diffprivlib_logistic`.
    mitigations : sequence of str
        Any of `none`, `reweighing`. Reweighing reads outcomes and groups without noise, so its
        pairs with a finite epsilon are rows with `status = refused`.
    seeds : int
        How often each policy is trained; the seed moves noise, training and ties.
    attribute : str, optional
        The sensitive attribute of gaps and mitigation; by default the task's first.
    split_seed : int
        Splits the customers into fit, choose and confirm, the same for every policy.

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
        put = object.__setattr__
        put(self, "epsilons", tuple(check_epsilon(epsilon) for epsilon in self.epsilons))
        put(self, "models", tuple(check_choice("models", m, LEARNERS) for m in self.models))
        put(
            self,
            "mitigations",
            tuple(check_choice("mitigations", m, MITIGATIONS) for m in self.mitigations),
        )
        put(self, "seeds", check_whole("seeds", self.seeds, low=1, next_move="Use at least 5."))
        for name in ("epsilons", "models", "mitigations"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise InputError(name, "must not repeat a value", list(values), "Name each once.")
        finite = [epsilon for epsilon in self.epsilons if math.isfinite(epsilon)]
        if finite:
            put(self, "delta", check_delta(self.delta, finite[0]))
        if not self.policies():
            raise InputError(
                "plan",
                "must have at least one cell",
                f"epsilons {list(self.epsilons)} with models {list(self.models)}",
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
        if task.weights is not None:
            raise InputError(
                "weights",
                "are not used by a sweep, whose intervals count customers",
                repr(task.file.weights),
                "Remove `weights` from the task file, or audit a sample drawn by weight.",
            )
        return Plan(**{**self.__dict__, "attribute": attribute})
