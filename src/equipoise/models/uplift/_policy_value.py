"""Policy value: the euros that a contact policy would earn, estimated from a campaign's hold-out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from equipoise._checks import check_choice
from equipoise.intervals import Interval
from equipoise.models.uplift._policy_means import arm_mean, combined
from equipoise.models.uplift._policy_models import outcomes_by_arm
from equipoise.models.uplift._policy_rows import (
    EXAMPLE,
    CampaignRows,
    Floats,
    campaign_rows,
    euros_of,
    policy_of,
)
from equipoise.models.uplift._policy_support import doubts, not_estimable, signed_parts, support
from equipoise.models.uplift._truth import gains_eur
from equipoise.task import Task, Value

__all__ = ["POLICY_METHODS", "PolicyValue", "policy_value"]

POLICY_METHODS = ("ips", "self_normalised", "doubly_robust")
"""Inverse propensity, the same with weights that sum to the rows, and with outcome models."""

NOBODY = "nobody"
ALIKE = "the policies act alike in every row: zero is no estimate"
PLAIN = "fewer than 10 customers of an outcome to fit on: the arm's mean is the outcome model"


@dataclass(frozen=True, eq=False)
class PolicyValue:
    """What a contact policy would earn, estimated.

    Attributes
    ----------
    method : str
        One of `POLICY_METHODS`.
    table : DataFrame
        What `frame` shows.
    """

    method: str
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row.

        Columns `method, against, value_eur, low, high, per_1000_eur, per_1000_low, per_1000_high,
        rows, customers, contacts, contacted_n, left_alone_n, contacted_effective_n,
        left_alone_effective_n, largest_weight, truth_eur, note`.

        - `value_eur` is the profit of the policy on all rows together less that of `against`, with
          a 95 % interval over customers; NaN where it is not estimable, with the reason in `note`.
          `per_1000_eur` is the same for every thousand rows.
        - `contacts` is how many rows the policy contacts.
        - `contacted_n` and `left_alone_n` are the customers that the estimate rests on: those whom
          the campaign contacted, or left alone, among the rows where the two policies differ; the
          effective numbers are the equal customers that their weights amount to.
        - `largest_weight` is how many rows one row stands for at most.
        - `truth_eur` is the exact expected profit of these rows, where a truth was given.
        """
        return self.table.copy()


def policy_value(
    task: Task,
    contacted: ArrayLike,
    *,
    method: str = "ips",
    seed: int,
    model: str | BaseEstimator = "logistic",
    folds: int = 5,
    against: str | ArrayLike = NOBODY,
    truth: pd.DataFrame | None = None,
) -> PolicyValue:
    """Estimate what a contact policy would earn, from a randomised or logged campaign.

    A contacted row earns the margin less the discount if its outcome is positive, less the cost of
    the contact; a row left alone earns the full margin if its outcome is positive. So against
    nobody the value is incremental: it is what the contacts add. Where the campaign did by chance
    what the policy would do, the outcome is known, and counts for the rows that it stands for.

    It hides what a policy costs in trust, and it flatters a policy that was made from the outcomes
    of these very rows: judge it on other customers. `task.weights` are not used.

    Parameters
    ----------
    task : Task
        With euros, treatment and its probability.
    contacted : array_like of bool or of float in 0..1, shape (n,)
        Whom the policy contacts, or with which probability. pandas: with the index of `task.X`.
    method : {"ips", "self_normalised", "doubly_robust"}
        `ips` weights each row by the inverse of its probability, and is right where those are.
        `self_normalised` makes the weights sum to the rows, and is mostly sharper.
        `doubly_robust` adds models of the outcome with and without contact, fitted on other
        customers: sharper where they predict well, right even where they do not.
    seed : int
        Deals customers into folds and seeds models; only `doubly_robust` uses it.
    model : str or classifier
        The outcome models: a name that `equipoise.models.propensity` knows, or an unfitted
        scikit-learn classifier for `task.X`.
    folds : int
        Parts into which customers are dealt for the outcome models.
    against : "nobody" or array_like, shape (n,)
        The policy to compare with, on the same rows: the difference is estimated as one.
    truth : DataFrame, optional
        What `true_effects` returns, to stand beside.

    Returns
    -------
    PolicyValue
        Its interval reads the mean outcome of each arm as a rate (Wilson, at the sample size that
        its variance over customers amounts to) and joins the two by their distances, so that it
        holds with rare orders, too. It takes the contacts of the policy as given. Where weights are
        very unequal it holds less often, and says so.

    Raises
    ------
    InputError
        Where the task has no euros, one arm or no probabilities, rows do not match, or a policy,
        method or model is none.

    References
    ----------
    Horvitz & Thompson (1952), JASA 47. Hájek (1971), in Foundations of statistical inference.
    Robins, Rotnitzky & Zhao (1994), JASA 89; Dudík, Langford & Li (2011), ICML; Chernozhukov et al.
    (2018), The Econometrics Journal 21. Zou & Donner (2008), Statistics in Medicine 27.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=1000, seed=7).task("coupon_uplift", policy="everyone")
    >>> found = policy_value(task, task.X["orders_12m"] > 2, seed=7).frame()
    >>> found.filter(["method", "against", "note"]).values.tolist()
    [['ips', 'nobody', '']]
    >>> bool((found["low"] < found["value_eur"]).item())
    True
    """
    check_choice("method", method, POLICY_METHODS)
    value, rows = euros_of(task), campaign_rows(task)
    policy = policy_of(task, contacted)
    differs = policy - _base(task, against)
    known = np.nan if truth is None else float(differs @ gains_eur(task, truth))
    found = support(rows, differs)
    if not differs.any():
        told, notes = Interval(0.0, 0.0, 0.0), [ALIKE]
    elif refused := not_estimable(found, rows, differs, method):
        told, notes = Interval(np.nan, np.nan, np.nan), [refused]
    else:
        expected, plain = None, False
        if method == "doubly_robust":
            expected, plain = outcomes_by_arm(task, rows, model, folds=folds, seed=seed)
        told = _estimate(rows, differs, value, method, expected)
        notes = [*doubts(rows, differs), PLAIN if plain else ""]
    notes.append(EXAMPLE if value.source == "example" else "")
    shown = {
        "method": method,
        "against": NOBODY if isinstance(against, str) else "policy",
        **_euros(told, len(task)),
        "rows": len(task),
        "customers": task.unit.nunique(),
        "contacts": float(policy.sum()),
        **found,
        "truth_eur": known,
        "note": "; ".join(filter(None, notes)),
    }
    return PolicyValue(method, pd.DataFrame([shown]))


def _base(task: Task, against: str | ArrayLike) -> Floats:
    """Return the policy to compare with."""
    if isinstance(against, str):
        check_choice("against", against, [NOBODY])
        return np.zeros(len(task))
    return policy_of(task, against, "against")


def _euros(told: Interval, rows: int) -> dict[str, float]:
    total = dict(zip(("value_eur", "low", "high"), told, strict=True))
    names = ("per_1000_eur", "per_1000_low", "per_1000_high")
    return total | {name: 1000 * side / rows for name, side in zip(names, told, strict=True)}


def _estimate(
    rows: CampaignRows, differs: Floats, value: Value, method: str, expected: Floats | None
) -> Interval:
    """Return the profit of contacting more here and less there, with its interval."""
    parts = []
    for sign, acts in signed_parts(differs):
        for arm, euros in ((1, value.net_per_positive), (0, -value.won_per_positive)):
            predicted = None if expected is None else expected[arm]
            mean = arm_mean(rows, acts, arm, predicted, normalised=method == "self_normalised")
            parts.append((sign * euros * mean.total, mean))
    return combined(parts, -value.cost_per_contact * float(differs.sum()))
