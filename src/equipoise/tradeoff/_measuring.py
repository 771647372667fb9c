"""Many models of the same rows, measured at once, each as if it were alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.intervals import MINIMUM_TRIALS
from equipoise.tradeoff._attack import attack_advantage
from equipoise.tradeoff._drawn import Drawn
from equipoise.tradeoff._measures import GAPS, MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._parts import Part
from equipoise.tradeoff._scored import Scored
from equipoise.tradeoff._telling import group_rows, notes_of

__all__ = ["Measured", "measured"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """What m models gave on one part under one consent policy.

    Attributes
    ----------
    measures : dict of str to array of float, shape (m,)
        `MEASURES` and `PROFIT_BOUNDS`; NaN where not estimable.
    notes : list of list of str
        Of each model, what could not be told, and why.
    groups : list of list of dict
        Of each model, a row for each group: rates with intervals and trials, and reach.
    draws : array of float, shape (m, replicates + 1, drawn measures)
        `DRAWN` on draws of customers; replicate 0 is the sample.
    group_draws : array of float, shape (m, replicates + 1, g, 2)
        Selection rate and true positive rate on the same draws; NaN where not estimable.
    """

    measures: dict[str, Floats]
    notes: list[list[str]]
    groups: list[list[dict[str, Any]]]
    draws: Floats
    group_draws: Floats


def measured(
    part: Part, scores: ArrayLike, seeds: Sequence[int], members: ArrayLike | None = None
) -> Measured:
    """Measure m models of the same rows.

    Each model's figures are the same bit for bit, however many are measured with it.

    Parameters
    ----------
    part : Part
    scores : array_like of float, shape (m, n)
        Of the permitted rows.
    seeds : sequence of int, length m
        Each breaks the ties of its model's decision.
    members : array_like of float, shape (m, k), optional
        Scores of `part.members`, for the attack.

    Raises
    ------
    InputError
        Where scores are not finite, or no probabilities although the decision weighs euros.
    """
    own = Scored(part, np.ascontiguousarray(scores, dtype=float), tuple(seeds))
    measures = _measures(own, None if members is None else np.asarray(members, dtype=float))
    drawn = Drawn(part, own.contacted, own.placements, own.taken, own.amounts)
    draws, group_draws = drawn.of(measures, own.rates, own.reach)
    notes = [notes_of(own, measures, model) for model in range(len(own.scores))]
    return Measured(measures, notes, group_rows(own), draws, group_draws)


def _measures(scored: Scored, members: Floats | None) -> dict[str, Floats]:
    """Return every measure, in the order of the columns."""
    few = scored.fewest < MINIMUM_TRIALS
    found = {
        "auc": [np.nan if few else each.area for each in scored.ranked],
        "average_precision": [each.average_precision for each in scored.ranked],
        "lift_at_10": [each.lift(0.1) for each in scored.ranked],
        **{name: scored.rates[rate].gaps() for name, rate in GAPS.items()},
        "worst_group_tpr": np.fmin.reduce(scored.rates["true_positive_rate"].value, axis=1),
        "reach": scored.contacts / scored.part.whole_rows,
        "reach_gap": scored.reach.gaps(),
        "attack_advantage": _advantages(scored, members),
        **_profits(scored),
        **{name: _caused(scored, name) for name in ("opt_outs", "complaints")},
    }
    return {name: np.asarray(found[name], float) for name in (*MEASURES, *PROFIT_BOUNDS)}


def _profits(scored: Scored) -> dict[str, Floats]:
    profit, names = scored.profit, ("profit_eur", *PROFIT_BOUNDS)
    told = np.full((len(scored.scores), 3), np.nan)
    if profit is not None:
        pairs = zip(scored.ranked, scored.contacts.tolist(), strict=True)
        told = np.array([profit.earned(each.ranking, count) for each, count in pairs])
    campaign = told[:, 0] * (len(scored.part.task) / scored.part.whole_rows)
    return dict(zip(names, told.T, strict=True)) | {"campaign_eur": campaign}


def _caused(scored: Scored, measure: str) -> Floats:
    if measure not in scored.amounts:
        return np.full(len(scored.scores), np.nan)
    sums = np.array([(own * scored.amounts[measure]).sum() for own in scored.taken])
    return np.asarray(1000 * sums / scored.part.whole_rows)


def _advantages(scored: Scored, members: Floats | None) -> Floats:
    known, task = scored.part.members, scored.part.task
    if members is None or known is None:
        return np.full(len(scored.scores), np.nan)
    pairs = zip(members, scored.scores, strict=True)
    return np.array([attack_advantage(known.y, own, task.y, other) for own, other in pairs])
