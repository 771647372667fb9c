"""How a score becomes an act, and what the act is worth in euros."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.task._file import DecisionRule, Value

__all__ = ["decide", "profit_eur"]


def decide(
    scores: ArrayLike, rule: DecisionRule, *, value: Value | None = None, seed: int
) -> NDArray[np.bool_]:
    """Return who is contacted, one boolean per customer.

    Parameters
    ----------
    scores : array of float, shape (n,)
        Predicted probability of the positive outcome, in 0..1.
    rule : DecisionRule
        `top_share` contacts exactly the nearest whole number of customers, `threshold` those at or
        above it, `max_profit` those whose expected profit is above zero.
    value : Value, optional
        The euros that `max_profit` weighs.
    seed : int
        Breaks ties of `top_share`; without it the order of the rows would decide.

    Raises
    ------
    InputError
        Where a score is not finite, or no probability although the rule weighs euros with it.

    Examples
    --------
    >>> decide([0.1, 0.9, 0.4, 0.3], DecisionRule(top_share=0.5), seed=0).tolist()
    [False, True, True, False]
    >>> value = Value(won_per_positive=10, cost_per_contact=2)
    >>> decide([0.1, 0.9], DecisionRule(max_profit=True), value=value, seed=0).tolist()
    [False, True]
    """
    scores = np.asarray(scores, dtype=float)
    _check_scores(scores, rule)
    if rule.threshold is not None:
        return scores >= rule.threshold
    if rule.top_share is not None:
        return _top(scores, round(rule.top_share * len(scores)), seed)
    if value is None:
        raise InputError(
            "value", "must be given for max_profit", "nothing", "Add euros to the task."
        )
    worthwhile: NDArray[np.bool_] = scores * value.net_per_positive > value.cost_per_contact
    return worthwhile


def profit_eur(outcome: ArrayLike, contacted: ArrayLike, value: Value) -> NDArray[np.float64]:
    """Return the profit in euros of each customer; zero for those left alone.

    It credits every positive outcome of a contacted customer to the contact. What the contact
    *caused* needs a randomised hold-out.

    Parameters
    ----------
    outcome : array of 0 and 1, shape (n,)
        1 where the outcome is positive.
    contacted : array of bool, shape (n,)
        Row for row with `outcome`.
    value : Value
        The euros.

    Returns
    -------
    array of float, shape (n,)
        Negative where the contact cost more than it won.
    """
    outcome = np.asarray(outcome, dtype=float)
    contacted = np.asarray(contacted, dtype=float)
    return contacted * (outcome * value.net_per_positive - value.cost_per_contact)


def _check_scores(scores: NDArray[np.float64], rule: DecisionRule) -> None:
    if scores.ndim != 1:
        raise InputError(
            "scores", "must be one number per customer", f"shape {scores.shape}", "Take one column."
        )
    wrong = int((~np.isfinite(scores)).sum())
    if wrong:
        raise InputError(
            "scores",
            "must be finite numbers",
            f"NaN or infinity for {wrong:,} of {len(scores):,} customers",
            "Check the model and what it was fitted on.",
        )
    if rule.max_profit and len(scores) and not (scores.min() >= 0 and scores.max() <= 1):
        raise InputError(
            "scores",
            "must be probabilities in [0, 1] for max_profit",
            f"{scores.min():g} to {scores.max():g}",
            "Use predict_proba rather than decision_function.",
        )


def _top(scores: NDArray[np.float64], count: int, seed: int) -> NDArray[np.bool_]:
    shuffled = np.random.default_rng(seed).permutation(len(scores))
    order = shuffled[np.argsort(-scores[shuffled], kind="stable")]
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[order[:count]] = True
    return chosen
