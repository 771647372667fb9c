"""What an epsilon does to the rate of each group, and whether to one more than to another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS
from equipoise.tradeoff._paired import Expected, expected, fewest_trials, groups_together
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep

__all__ = ["EffectOfEpsilon", "effect_of_epsilon"]

Floats = NDArray[np.float64]

METRICS = ("selection_rate", "true_positive_rate")

# What an interval above zero, below zero, and round zero says.
_OWN = ("rises", "falls", "not told apart from no effect")
_BETWEEN = (
    "higher than the effect on {reference}",
    "lower than the effect on {reference}",
    "not told apart from the effect on {reference}",
)


@dataclass(frozen=True)
class EffectOfEpsilon:
    """The rate of each group at an epsilon less its rate without privacy, on the same customers.

    Attributes
    ----------
    metric : str
        The rate.
    reference : str
        The group that others are compared with.
    effects : DataFrame
        One row a policy with finite epsilon and a group: `model, mitigation, consent_policy,
        epsilon, group`, `without_privacy` (the rate at infinite epsilon), `effect` (mean over seeds,
        with its sign), `low`, `high`, `noise_variance` (over seeds, the customers being as they are:
        what one more release would vary by), `sampling_variance` (of the mean over seeds, over draws
        of customers), `seeds`, `told`.
    between : DataFrame
        The same without `without_privacy`: the effect on each group less that on the reference.
    """

    metric: str
    reference: str
    effects: pd.DataFrame
    between: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a policy and group."""
        return self.effects.copy()

    def between_groups(self) -> pd.DataFrame:
        """Return the effect on each group less that on the reference, one row a policy and group."""
        return self.between.copy()


def effect_of_epsilon(sweep: Sweep, metric: str = "true_positive_rate") -> EffectOfEpsilon:
    """Return what each epsilon does to a rate of each group, with noise and sampling told apart.

    Parameters
    ----------
    sweep : Sweep
        Read as it is; nothing is refitted. Rates are those of the confirm-customers.
    metric : str
        `true_positive_rate` or `selection_rate`.

    Returns
    -------
    EffectOfEpsilon
        Its 95 % intervals are of the effect that more seeds and more customers would average to,
        each for itself: Student's t on the noise variance over the number of seeds, and 1.96
        standard errors over customers, their squares added. To the variance over customers one
        customer who changes is added (Agresti and Min), since few customers may show no change by
        chance. An effect is not estimable with one seed, or with too few customers of the group.

    Raises
    ------
    InputError
        Where the metric is unknown, or no policy ran both at a finite and at infinite epsilon.

    References
    ----------
    Agresti & Min (2005), Simple improved confidence intervals for comparing matched proportions.
    Statistics in Medicine 24.
    """
    check_choice("metric", metric, METRICS)
    private = _private(sweep)
    plain = [policy._replace(epsilon=math.inf) for policy in private]
    groups, without = groups_together(sweep, plain, metric)
    change = groups_together(sweep, private, metric)[1] - without
    trials = np.minimum(*(fewest_trials(sweep, own, groups, metric) for own in (private, plain)))
    first = groups.index(_reference(sweep, groups))
    others = [number for number in range(len(groups)) if number != first]
    pairs = change[:, others] - change[:, [first]]
    few = np.minimum(trials[:, others], trials[:, [first]])
    added = _one_changed(trials)
    effects = _rows(private, groups, expected(change, floor=added), trials, change.shape[2], _OWN)
    usual = np.where(trials >= MINIMUM_TRIALS, without[..., 0].mean(axis=2), np.nan)
    effects.insert(5, "without_privacy", usual.ravel())
    between = _rows(
        private,
        [groups[number] for number in others],
        expected(pairs, floor=added[:, others] + added[:, [first]]),
        few,
        change.shape[2],
        tuple(words.format(reference=groups[first]) for words in _BETWEEN),
    )
    return EffectOfEpsilon(metric, groups[first], effects, between)


def _private(sweep: Sweep) -> list[Policy]:
    """Return the policies at a finite epsilon that ran at infinite epsilon, too."""
    ran = [Policy.of(row) for row in sweep.policies().to_dict("records")]
    there = set(ran)
    found = [p for p in ran if math.isfinite(p.epsilon) and p._replace(epsilon=math.inf) in there]
    if not found:
        raise InputError(
            "sweep",
            "must have a policy at a finite and at infinite epsilon",
            "none",
            "Add inf and a finite epsilon to the plan, with a model that has a private form.",
        )
    return found


def _reference(sweep: Sweep, groups: Sequence[str]) -> str:
    """Return the group that the task compares with, or the first where no row of it was seen."""
    named = sweep.task.groups[sweep.attribute].reference
    return named if named in groups else groups[0]


def _one_changed(trials: Floats) -> Floats:
    """Return the variance of a mean of paired differences, one of which is not zero."""
    return 1 / (trials + 2) ** 2


def _rows(
    policies: Sequence[Policy],
    groups: Sequence[str],
    told: Expected,
    trials: Floats,
    seeds: int,
    words: tuple[str, ...],
) -> pd.DataFrame:
    """Return one row a policy and group; too few trials leave no figure behind."""
    enough = trials >= MINIMUM_TRIALS
    keys = [
        (p.model, p.mitigation, p.consent_policy, p.epsilon, g) for p in policies for g in groups
    ]
    frame = pd.DataFrame(
        keys, columns=["model", "mitigation", "consent_policy", "epsilon", "group"]
    )
    figures = {"effect" if name == "value" else name: side for name, side in told._asdict().items()}
    for name, side in figures.items():
        frame[name] = np.where(enough, side, np.nan).ravel()
    verdicts = np.select([told.low > 0, told.high < 0], [words[0], words[1]], words[2])
    few = [f"not estimable (n={n:.0f})" for n in trials.ravel()]
    one = "not estimable (one seed)"
    said = np.where(np.isfinite(told.low), verdicts, one).ravel()
    return frame.assign(seeds=seeds, told=np.where(enough.ravel(), said, few))
