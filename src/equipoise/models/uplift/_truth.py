"""What only a simulator knows of a task's customers: both probabilities, and the exact profit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_choice, check_columns
from equipoise.crm import CRM
from equipoise.crm._calendar import CAMPAIGNS, Campaign
from equipoise.crm._task_rows import coupon_uplift, offer_response
from equipoise.exceptions import InputError
from equipoise.models.uplift._policy_rows import Floats, aligned, euros_of, policy_of
from equipoise.task import Task

__all__ = ["gains_eur", "true_effects", "true_profit_eur"]

CONTACTED, LEFT_ALONE = "order_probability_if_contacted", "order_probability_if_not_contacted"
POSED_BY: Mapping[str, Callable[..., pd.DataFrame]] = {
    "ordered": coupon_uplift,
    "has_responded": offer_response,
}
"""By the outcome column of a task about a printed campaign: what the CRM's records say of it."""


def true_effects(crm: CRM, task: Task, *, campaign: str | None = None) -> pd.DataFrame:
    """Return what each customer of a task would do if contacted and if not, row for row.

    The task must be one of this CRM: its outcomes and contacts are compared with the records.
    Truth is about orders within the campaign's window, whatever the task predicts.

    Parameters
    ----------
    crm : CRM
        The simulated customers that the task is about.
    task : Task
        Such as `crm.task("coupon_uplift")`, or some rows of it.
    campaign : str, optional
        Its `campaign_id`. If not given, it is the printed campaign whose records the task's
        outcomes and contacts are; a task about something else must name one.

    Returns
    -------
    DataFrame, index of `task.X`
        Columns `order_probability_if_contacted, order_probability_if_not_contacted`, exact given
        the customer's latents and history; `true_effect`, the first less the second, which is
        negative for who is put off; `orders_if_contacted, orders_if_not_contacted`, of which the
        world showed one; and `effect_kind` (persuadable, sure_thing, lost_cause, sleeping_dog).

    Raises
    ------
    InputError
        Where the task is not of this CRM or of another campaign, several campaigns fit, a customer
        took no part, or the campaign is unknown.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> crm = make_crm(customers=500, seed=7)
    >>> task = crm.task("coupon_uplift", policy="everyone")
    >>> truth = true_effects(crm, task)
    >>> len(truth) == len(task), bool(truth["true_effect"].min() < 0 < truth["true_effect"].max())
    (True, True)
    """
    named = _campaign_of(crm, task) if campaign is None else _checked(crm, task, campaign)
    members = crm.truth.members
    members = members[members["campaign_id"] == named].set_index("individual_id")
    missing = ~task.unit.isin(members.index)
    if missing.any():
        raise InputError(
            "task",
            f"must hold customers who could take part in {named!r}",
            f"{missing.sum():,} of {len(task):,} rows of others",
            "Pass the CRM that the task was taken from, or take their rows out.",
        )
    found = members.loc[task.unit.to_numpy()].set_axis(task.X.index)
    kept = [CONTACTED, LEFT_ALONE, "orders_if_contacted", "orders_if_not_contacted"]
    effects = found[kept].assign(effect_kind=found["effect"])
    effects.insert(2, "true_effect", found[CONTACTED] - found[LEFT_ALONE])
    return effects


def true_profit_eur(task: Task, truth: pd.DataFrame, contacted: ArrayLike) -> Floats:
    """Return the exact expected profit of contacting each row over leaving it alone, in euros.

    The probability of ordering if contacted earns what a positive outcome leaves after the
    discount; that of ordering anyway, which is given up, would have earned the full margin; the
    contact costs what it costs. Trust lost is no part of it.

    Parameters
    ----------
    task : Task
        With euros.
    truth : DataFrame, shape (n, columns)
        What `true_effects` returns for the task, or any frame with its two probabilities.
    contacted : array_like of bool or of float in 0..1, shape (n,)
        Who is contacted, or with which probability.

    Returns
    -------
    array of float, shape (n,)
        Zero for rows left alone; negative where the contact loses more than it wins, as with sure
        buyers who take the discount.

    Raises
    ------
    InputError
        Where the task has no euros, rows do not match, or a probability is none.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> crm = make_crm(customers=500, seed=7)
    >>> task = crm.task("coupon_uplift", policy="everyone")
    >>> truth = true_effects(crm, task)
    >>> worth_it = true_profit_eur(task, truth, np.ones(len(task))) > 0
    >>> bool(true_profit_eur(task, truth, worth_it).min() < 0)
    False
    """
    gains = gains_eur(task, truth)
    return policy_of(task, contacted) * gains


def gains_eur(task: Task, truth: pd.DataFrame) -> Floats:
    """Return the exact expected profit of contacting each row over leaving it alone."""
    value = euros_of(task)
    if not isinstance(truth, pd.DataFrame):
        move = "Pass what true_effects returns."
        raise InputError("truth", "must be a DataFrame", type(truth).__name__, move)
    check_columns("truth", [CONTACTED, LEFT_ALONE], truth.columns)
    with_contact, without = (_chance(task, truth, name) for name in (CONTACTED, LEFT_ALONE))
    won = with_contact * value.net_per_positive - without * value.won_per_positive
    return np.asarray(won - value.cost_per_contact)


def _chance(task: Task, truth: pd.DataFrame, name: str) -> Floats:
    chance = aligned(task, truth[name], f"truth[{name!r}]").to_numpy(dtype=float, na_value=np.nan)
    outside = int((~((chance >= 0) & (chance <= 1))).sum())
    if outside:
        found = f"something else in {outside:,} of {len(chance):,} rows"
        raise InputError(f"truth[{name!r}]", "must lie in 0..1", found, "Correct those rows.")
    return np.asarray(chance)


def _campaign_of(crm: CRM, task: Task) -> str:
    """Return the printed campaign whose records the task's outcomes and contacts are."""
    if task.file.outcome.column not in POSED_BY:
        raise InputError(
            "campaign",
            "must be named for a task that is not about a printed campaign",
            f"None for outcome {task.file.outcome.column!r}",
            f"Pass for example campaign={CAMPAIGNS[-1].campaign_id!r}.",
        )
    fit = [plan.campaign_id for plan in CAMPAIGNS if plan.by_post and _fits(crm, task, plan)]
    if len(fit) == 1:
        return fit[0]
    if fit:
        told = f"{len(task):,} rows that fit {', '.join(map(repr, fit))}"
        move = f"Pass for example campaign={fit[0]!r}."
        raise InputError("task", "must fit one campaign", told, move)
    raise InputError(
        "task",
        "must be a task of this CRM",
        f"outcomes or contacts that are not in the records of {crm!r}",
        "Pass the CRM that the task was taken from: its clean twin has other records.",
    )


def _checked(crm: CRM, task: Task, campaign: str) -> str:
    plans = {plan.campaign_id: plan for plan in CAMPAIGNS}
    plan = plans[check_choice("campaign", campaign, plans)]
    about_one = task.file.outcome.column in POSED_BY
    if about_one and not (plan.by_post and _fits(crm, task, plan)):
        raise InputError(
            "campaign",
            "must be the one that the task is about, in the CRM that it was taken from",
            repr(campaign),
            "Leave it out to have it found.",
        )
    return campaign


def _fits(crm: CRM, task: Task, plan: Campaign) -> bool:
    """Say whether the records of a printed campaign hold the task's outcomes and contacts."""
    answer = task.file.outcome.column
    rows = POSED_BY[answer](crm.tables, plan.start_date).merge(
        crm.tables["contacts"][["contact_id", "individual_id"]], on="contact_id", validate="m:1"
    )
    posed = rows.set_index("individual_id")
    if not task.unit.isin(posed.index).all():
        return False
    own = posed.loc[task.unit.to_numpy()]
    same = np.array_equal(own[answer] == "yes", task.y == 1)
    if task.treatment is not None and "contacted" in own:
        same &= np.array_equal(own["contacted"], task.treatment)
    return bool(same)
