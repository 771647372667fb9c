"""How a score becomes an act, and what the act is worth in euros."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.task._file import DecisionRule, Value

__all__ = ["decide", "discount_eur", "profit_eur"]


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


def profit_eur(
    outcome: ArrayLike,
    contacted: ArrayLike,
    value: Value,
    *,
    treatment: ArrayLike | None = None,
    treatment_probability: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the profit in euros of each customer; zero for those left alone.

    Without a treatment it credits every positive outcome of a contacted customer to the contact,
    so who would have bought anyway counts as won. With a treatment and its probability it is what
    the contact *adds*, by inverse probability: a row that was treated speaks for 1 / probability
    rows that are contacted, one that was not for 1 / (1 - probability) rows left alone. Then
    single rows mean nothing, and their mean estimates the profit over contacting nobody.

    Parameters
    ----------
    outcome : array of 0 and 1, shape (n,)
        1 where the outcome is positive.
    contacted : array of bool, shape (n,)
        Row for row with `outcome`.
    value : Value
        The euros. Left alone, a positive outcome earns the margin without the discount.
    treatment : array of 0 and 1, shape (n,), optional
        Who was contacted when the outcome was recorded.
    treatment_probability : array of float in (0, 1), shape (n,), optional
        With which probability; without it, `treatment` is not used.

    Returns
    -------
    array of float, shape (n,)
        Negative where the contact cost more than it won.

    References
    ----------
    Horvitz & Thompson (1952), JASA 47.

    Examples
    --------
    >>> value = Value(won_per_positive=10, cost_per_contact=2)
    >>> profit_eur([1, 0], [True, True], value).tolist()
    [8.0, -2.0]
    >>> told = {"treatment": [1, 0], "treatment_probability": [0.5, 0.5]}
    >>> profit_eur([1, 1], [True, True], value, **told).tolist()
    [18.0, -22.0]
    """
    outcome = np.asarray(outcome, dtype=float)
    contacted = np.asarray(contacted, dtype=float)
    if treatment is None or treatment_probability is None:
        return contacted * (outcome * value.net_per_positive - value.cost_per_contact)
    treated, chance = np.asarray(treatment, float), np.asarray(treatment_probability, float)
    won = treated / chance * outcome * value.net_per_positive
    anyway = (1 - treated) / (1 - chance) * outcome * value.won_per_positive
    added: NDArray[np.float64] = contacted * (won - anyway - value.cost_per_contact)
    return added


def discount_eur(
    outcome: ArrayLike,
    contacted: ArrayLike,
    value: Value,
    *,
    treatment: ArrayLike | None = None,
    treatment_probability: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the euros that each customer saves by the discount; zero for those left alone.

    Parameters and weighting are those of `profit_eur`: with a treatment, the rows that were treated
    speak for those that are contacted.

    Examples
    --------
    >>> value = Value(won_per_positive=10, discount_per_positive=3, cost_per_contact=2)
    >>> discount_eur([1, 0, 1], [True, True, False], value).tolist()
    [3.0, 0.0, 0.0]
    """
    used = np.asarray(contacted, float) * np.asarray(outcome, float)
    if treatment is not None and treatment_probability is not None:
        used = used * np.asarray(treatment, float) / np.asarray(treatment_probability, float)
    euros: NDArray[np.float64] = used * value.discount_per_positive
    return euros


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
