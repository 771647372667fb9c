"""Offers to customers: the assignment that earns most within capacities, budget and rules."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike

from equipoise._checks import check_whole
from equipoise.models.offers._assignment import Assignment
from equipoise.models.offers._planning import Planning
from equipoise.models.offers._rows import OfferRows, read_rows
from equipoise.models.offers._rules import contact_rule, read_rules, value_of
from equipoise.models.offers._scores import OfferScores, probabilities_of
from equipoise.models.offers._solve import Solution
from equipoise.task import Task

__all__ = ["assign_offers"]


def assign_offers(
    task: Task,
    scores: ArrayLike | OfferScores,
    *,
    item: str | ArrayLike = "category",
    per_customer: int = 1,
    capacity: Mapping[str, int] | None = None,
    budget_eur: float | None = None,
    min_probability: float | None = None,
    days_since_contact: ArrayLike | None = None,
    rest_days: float | None = None,
    partial: bool = False,
    seed: int,
) -> Assignment:
    """Say who gets which offer, so that the expected margin is greatest within the rules.

    An offer is expected to earn its probability times what a positive outcome wins, less its cost.
    No offer below zero is made. The result is the best there is, but where customers are many and
    nearly alike: then `gap_eur` says how far it can be from the best.

    The probability is that of the outcome, not of what the offer changes. Euros spent on customers
    who would have bought anyway are not seen here; they need a randomised hold-out.

    Parameters
    ----------
    task : Task
        One row for each customer and item, with euros. Its weights are not used.
    scores : OfferScores or array_like of float, shape (n,)
        Probability of the positive outcome, in 0..1.
    item : str or array_like, shape (n,)
        The feature that says which item a row is about, or the items themselves, row for row.
    per_customer : int
        The most offers that a customer gets.
    capacity : mapping of str to int, optional
        The most offers of an item; an item without an entry has no limit.
    budget_eur : float, optional
        The most that all offers may cost; the task's own budget if not given, and infinite for
        none although the task has one.
    min_probability : float, optional
        Offers below it are not made.
    days_since_contact : array_like of float, shape (n,), optional
        Days between each customer's last contact and the offer; blank for none.
    rest_days : float, optional
        Who was contacted fewer days ago gets no offer.
    partial : bool
        Whether customers may lack some items; what has no row is never offered.
    seed : int
        Breaks ties, whatever the order of the rows.

    Returns
    -------
    Assignment

    Raises
    ------
    InputError
        Where a pair comes twice or lacks, the task has no euros, scores are no probabilities, a
        capacity is negative or of an unknown item, the budget does not pay for one contact, or the
        rules permit no offer at all.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> from equipoise.models.offers import popularity_scores
    >>> task = make_crm(customers=400, seed=7).task("next_category")
    >>> scores = popularity_scores(task)
    >>> found = assign_offers(task, scores, capacity={"kitchen": 30, "textiles": 20}, seed=1)
    >>> found.items()[["item", "capacity"]].dropna().to_dict("list")
    {'item': ['kitchen', 'textiles'], 'capacity': [30.0, 20.0]}
    >>> found.gap_eur < 1e-6
    True
    """
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    rows = read_rows(task, item, partial=partial)
    rules = read_rules(
        rows,
        per_customer=per_customer,
        capacity=capacity,
        budget_eur=budget_eur,
        min_probability=min_probability,
        rest_days=rest_days,
    )
    rested = contact_rule(rows, rules, days_since_contact)
    planning = Planning(rows, probabilities_of(rows, scores), rested, rules, seed)
    planning.check_feasible()
    solution = planning.solved()
    notes = (*_given(scores), *_told(rows, solution))
    return Assignment(planning, solution, planning.chosen(solution), notes)


def _given(scores: ArrayLike | OfferScores) -> tuple[str, ...]:
    return scores.notes if isinstance(scores, OfferScores) else ()


def _told(rows: OfferRows, solution: Solution) -> list[str]:
    told = []
    if value_of(rows).source == "example":
        told.append("example euros that nobody has confirmed")
    if not solution.chosen.any():
        told.append("no offer is made: none is expected to earn its cost")
    if not solution.is_exact:
        gap = solution.bound_eur - solution.margin_eur
        told.append(f"within {gap:.2f} EUR of the best: too many offers are nearly alike")
    return told
