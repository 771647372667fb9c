"""Rates, gaps and euros of one model from noisy counts: a test figure that may be published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, check_epsilon, check_seed
from equipoise.exceptions import InputError
from equipoise.fairness import Audit, audit_counts, count_table
from equipoise.intervals import MINIMUM_TRIALS, wilson
from equipoise.intervals.noise import noise_reach, with_noise
from equipoise.privacy import Guarantee, noisy_counts
from equipoise.privacy.queries import private_quantile
from equipoise.privacy.queries._promise import checked_delta
from equipoise.task import Task, Value
from equipoise.tradeoff._units import check_units

__all__ = ["PrivateEvaluation", "evaluate_privately", "profit_of_counts"]

CUT_SHARE = 0.1  # of epsilon: where the decision is a share, whose cut is read off the customers
NOT_KEPT = "the customers that the model was fitted on: its scores are taken as given"
READ_OFF = "the most rows of a customer, read off the customers (source: data)"
FIXED = "decisions of a customer that depend on other customers: they are taken as given"


@dataclass(frozen=True, eq=False)
class PrivateEvaluation:
    """What noisy counts say of one model's contacts. All of it may be published.

    Attributes
    ----------
    audit : Audit
        Rates and gaps by group; their intervals hold sampling and noise. Where a customer may have
        K rows, the numbers of rows in it are divided by K, as if all rows of a customer were alike.
    profit : DataFrame
        One row: `measure, value, low, high, note`, euros per 1,000 decisions; empty without euros.
    cut : float or None
        Who scores at least this is contacted; None where decisions were given, or euros decide.
    cells : DataFrame
        The noisy counts that everything else follows from.
    guarantee : Guarantee
        Of all of it together: charge it once.
    """

    audit: Audit
    profit: pd.DataFrame
    cut: float | None
    cells: pd.DataFrame
    guarantee: Guarantee

    def frame(self) -> pd.DataFrame:
        """Return euros, then rates and gaps: `measure, group, value, low, high, note`."""
        rates = self.audit.frame().rename(columns={"metric": "measure"})
        worst = self.audit.worst().rename(columns={"gap": "value"})
        gaps = worst.assign(measure="largest gap in " + worst["metric"], group="")
        parts = (self.profit.assign(group=""), rates, gaps)
        columns = ["measure", "group", "value", "low", "high", "note"]
        return pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)


def evaluate_privately(
    scores: ArrayLike,
    task: Task,
    *,
    attribute: str,
    groups: Sequence[str],
    epsilon: float,
    delta: float,
    random_state: int | None = None,
) -> PrivateEvaluation:
    """Measure a model on customers it was not fitted on, by counts that carry a guarantee.

    A table of group × outcome × decision is counted once and noised; rates, gaps, euros and
    intervals are worked out from it alone. Each row stands in one cell, so a customer with at most
    K rows moves the table by K. That holds if a row's decision is its own: by a threshold or by expected
    euros it is. The cut of a top share depends on everybody, so it is first chosen with noise, by
    a private quantile that takes a tenth of epsilon; from there on it is a threshold.

    Parameters
    ----------
    scores : array_like, shape (n,)
        Of the task's rows, in [0, 1], by a model that saw none of these customers. Booleans are taken
        as decisions, each made from its row alone; a task that decides by top share refuses them.
    task : Task
        The evaluation customers.
    attribute : str
    groups : sequence of str
        The groups that there can be.
    epsilon : float
        Of everything together.
    delta : float
        0 for geometric noise, which is pure and here nearly always the smaller one; in (0, 1) for
        Gaussian noise, which a ledger adds up by squares.
    random_state : int, optional
        For study only.

    Returns
    -------
    PrivateEvaluation

    Raises
    ------
    InputError
        Where scores do not fit the rows, a group was not declared, a customer has more rows than
        declared, or the euros need a treatment:
        what contacts add weighs each row by its own chance of having been treated, which the four
        counts of a group do not hold.

    Warns
    -----
    LargeDeltaWarning
        Where delta is one over the number of customers or more.

    See Also
    --------
    equipoise.fairness.audit_counts : Makes rates and gaps of the counts.

    References
    ----------
    Ghosh, Roughgarden & Sundararajan (2012) for the noise; Smith (2011) for the quantile.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=3000, seed=7).task("offer_response")
    >>> told = evaluate_privately(
    ...     np.linspace(0, 1, len(task)),
    ...     task,
    ...     attribute="community",
    ...     groups=["A", "B", "C"],
    ...     epsilon=1,
    ...     delta=0,
    ...     random_state=0,
    ... )
    >>> print(told.guarantee)
    (epsilon 1, delta 0) per individual_id, add-remove
    """
    check_choice("attribute", attribute, list(task.groups))
    epsilon = check_epsilon(epsilon)
    delta = checked_delta(delta, epsilon)
    check_seed(random_state)
    if task.value is not None and task.profit_is_incremental:
        raise _needs_treatment(task)
    given = _checked(scores, task)
    check_units(task, delta, stacklevel=4)
    cut = None
    left, limits = epsilon, [NOT_KEPT]
    if "rows_per_unit" in task.bounds_from_data:
        limits.append(READ_OFF)
    if given.dtype == bool:
        contacted = given
        limits.append(FIXED)
    elif task.decision.top_share is not None:
        cut = _private_cut(given, task, epsilon * CUT_SHARE, random_state)
        left, contacted = epsilon * (1 - CUT_SHARE), given >= cut
    else:
        cut, contacted = task.decision.threshold, task.decide(given, seed=0)
    noised = noisy_counts(
        _counts(task, attribute, contacted),
        epsilon=left,
        delta=delta,
        attributes={attribute: list(groups)},
        mechanism="gaussian" if delta else "geometric",
        rows_per_unit=task.rows_per_unit,
        unit=task.file.unit,
        random_state=random_state,
    )
    cells, reference = noised.frame(), task.reference[attribute]
    return PrivateEvaluation(
        audit_counts(_carried(cells, task.rows_per_unit), reference={attribute: reference}),
        _profit(cells, task.value, task.rows_per_unit, gaussian=delta > 0),
        cut,
        cells,
        _whole(noised.guarantee, epsilon, limits, cut=left < epsilon),
    )


def _needs_treatment(task: Task) -> InputError:
    return InputError(
        "task",
        "must have no treatment with its probability where it has euros",
        repr(task.file.treatment),
        "Profit is then what contacts add: each row counts by its own chance of treatment, and counts "
        "do not hold that. Leave the euros out, and noise a mean with bounds of its own.",
    )


def _checked(scores: ArrayLike, task: Task) -> NDArray[Any]:
    given = np.asarray(scores)
    if given.shape != (len(task),):
        move = "Pass one score a row of the task."
        raise InputError("scores", f"must be {len(task):,} numbers", f"shape {given.shape}", move)
    if given.dtype == bool:
        if task.decision.top_share is not None:
            raise InputError(
                "scores",
                f"must be scores where the decision is to contact {task.decision}",
                "decisions",
                "Whom a share contacts depends on all other customers: pass the scores.",
            )
        return given
    numbers = given.astype(float)
    if not (np.isfinite(numbers).all() and numbers.min() >= 0 and numbers.max() <= 1):
        move = "Use predict_proba rather than decision_function."
        raise InputError("scores", "must be probabilities in [0, 1]", "others", move)
    return numbers


def _private_cut(
    scores: NDArray[np.float64], task: Task, epsilon: float, random_state: int | None
) -> float:
    """Return a score that about the share of the decision reaches, chosen with noise."""
    share = float(task.decision.top_share or 0)
    if share == 1:
        return 0.0
    chosen = private_quantile(
        scores,
        quantile=1 - share,
        bounds=(0.0, 1.0),
        epsilon=epsilon,
        delta=0,
        unit=task.unit.rename(task.file.unit),
        rows_per_unit=task.rows_per_unit,
        random_state=None if random_state is None else _beside(random_state),
    )
    return chosen.value


def _beside(seed: int) -> int:
    """Return another seed: with the one of the counts, the cut and a count would share their noise."""
    return int(np.random.SeedSequence(seed).spawn(1)[0].generate_state(1)[0])


def _counts(task: Task, attribute: str, contacted: NDArray[np.bool_]) -> pd.DataFrame:
    rows = task.groups[[attribute]].assign(y_true=task.y, y_pred=contacted.astype(int))
    return count_table(rows, by=attribute, y_true="y_true", y_pred="y_pred").frame()


def _carried(cells: pd.DataFrame, rows_per_unit: int) -> pd.DataFrame:
    """Return the counts of as many customers as the rows amount to, if all rows of one are alike."""
    of_one = {name: cells[name] / rows_per_unit for name in ("count", "noise_scale")}
    return cells.assign(**of_one) if rows_per_unit > 1 else cells


def _profit(
    cells: pd.DataFrame, value: Value | None, rows_per_unit: int, *, gaussian: bool
) -> pd.DataFrame:
    columns = ["measure", "value", "low", "high", "note"]
    if value is None:
        return pd.DataFrame(columns=columns)
    told = profit_of_counts(cells, value, rows_per_unit, gaussian=gaussian)
    return pd.DataFrame([("profit_eur", *told)], columns=columns)


def profit_of_counts(
    cells: pd.DataFrame, value: Value, rows_per_unit: int = 1, *, gaussian: bool = False
) -> tuple[float, float, float, str]:
    """Return euros per 1,000 decisions from noisy counts, with a 95 % interval, and a note.

    Contacted rows earn the net euros of a positive outcome less the cost, others nothing. Read as a share
    between the least and the most that a row can earn, the mean gets Wilson's interval at the number
    of rows that its variance amounts to, as if all rows of a customer were alike, and reaches
    further by what the noise may have moved it. NaN, with the reason, where fewer than ten contacts
    stand out of the noise.

    Parameters
    ----------
    cells : DataFrame
        `y_true, y_pred, count, noise_scale`.
    value : Value
    rows_per_unit : int
        The most rows of one customer.
    gaussian : bool
        Whether the noise is Gaussian rather than geometric, whose tails are heavier.
    """
    earned = np.where(
        cells["y_pred"] == 1, cells["y_true"] * value.net_per_positive - value.cost_per_contact, 0.0
    )
    counts, noise = cells["count"].to_numpy(float), 2 * cells["noise_scale"].to_numpy(float) ** 2
    touched = cells["y_pred"].to_numpy() == 1
    contacts = counts[touched].sum()
    total = max(counts.sum(), contacts)  # noise may leave less than nobody uncontacted
    if contacts < max(MINIMUM_TRIALS, 2 * math.sqrt(noise[touched].sum())):
        note = f"not estimable (about {max(contacts, 0):.0f} contacts, within the noise)"
        return math.nan, math.nan, math.nan, note
    low, high = min(0.0, *earned), max(0.0, *earned)
    if low == high:
        return 1000 * low, 1000 * low, 1000 * low, ""
    share = (earned - low) / (high - low)
    rate = float(np.clip(share @ counts / total, 0, 1))
    spread = max(float((share - rate) ** 2 @ np.maximum(counts, 0)) / total, 1 / total)
    size = max(total * rate * (1 - rate) / spread, 1.0) / rows_per_unit
    moved = (share - rate) / total
    fourth = 0.0 if gaussian else float(moved**4 @ (3 * noise**2))  # of Laplace: 12 b^4 = 3 (2b²)²
    reach = noise_reach(moved**2 @ noise, fourth)
    sides = with_noise(wilson(rate * size, size), reach)
    euros, below, above = (1000 * float(low + (high - low) * side) for side in sides)
    return euros, below, above, ""


def _whole(counts: Guarantee, epsilon: float, limits: Sequence[str], *, cut: bool) -> Guarantee:
    """Return the promise of counts and cut together: their epsilons add up."""
    whole = replace(counts, does_not_cover=(*counts.does_not_cover, *limits))
    if not cut or math.isinf(epsilon):
        return whole
    return replace(
        whole,
        epsilon=epsilon,
        mu=None,
        mechanism=f"a private quantile for the cut; {counts.mechanism} for the counts",
        covers=("the cut", *counts.covers),
    )
