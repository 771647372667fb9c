"""What is paid for what: bounds and optimiser apart from noise, and one consent policy or another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice
from equipoise.intervals import Interval, difference
from equipoise.tradeoff._bands import over_customers
from equipoise.tradeoff._paired import drawn_together, expected, over_seeds_too
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep

__all__ = ["PriceOfConsent", "price_of_consent", "prices"]

PLAIN, PRIVATE = "logistic", "private_logistic"
_MEASURES = ("campaign_eur", "opt_outs", "complaints")
_RECORDED = {"opt_outs": "opted_out", "complaints": "complained"}
_COLUMNS = [*Policy._fields, "reference", "measure", "value", "low", "high", "note"]


def prices(sweep: Sweep) -> list[tuple[str, Policy, Policy]]:
    """Return the pairs of policies whose differences are the two prices: `(name, policy, against)`.

    Bounds: the private learner at infinite epsilon against the plain model. Noise: each finite
    epsilon against infinite epsilon of the same learner. Each under one consent policy, in the order
    of the plan; nothing for one under which the sweep lacks a part.
    """
    ran = [Policy.of(row) for row in sweep.policies().to_dict("records")]
    consents = dict.fromkeys(policy.consent_policy for policy in ran)
    return [pair for consent in consents for pair in _pairs(ran, consent)]


def _pairs(ran: Sequence[Policy], consent: str) -> list[tuple[str, Policy, Policy]]:
    plain = Policy(PLAIN, "none", math.inf, consent)
    bounded = Policy(PRIVATE, "none", math.inf, consent)
    if not {plain, bounded} <= set(ran):
        return []
    noisy = sorted(
        policy
        for policy in ran
        if policy._replace(epsilon=math.inf) == bounded and math.isfinite(policy.epsilon)
    )
    return [
        ("bounds and optimiser", bounded, plain),
        *(("noise", policy, bounded) for policy in noisy),
    ]


@dataclass(frozen=True)
class PriceOfConsent:
    """What each consent policy gives and takes against one of them, model by model.

    Attributes
    ----------
    reference : str
        The consent policy that others are compared with.
    rows : DataFrame
        One row a policy under another consent policy and a measure: `model, mitigation, epsilon,
        consent_policy, reference, measure, value` (the one less the reference, mean over seeds),
        `low, high, note`.
    """

    reference: str
    rows: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a policy and measure."""
        return self.rows.copy()


def price_of_consent(sweep: Sweep, reference: str | None = None) -> PriceOfConsent:
    """Return what each consent policy costs in euros, in trust, and in who is left out.

    All figures are of the whole confirm part, customers who are not permitted included, so that
    policies which permit other customers compare: `campaign_eur`, `opt_outs`, `complaints` and
    `reach_gap`.

    Parameters
    ----------
    sweep : Sweep
        Read as it is; nothing is refitted.
    reference : str, optional
        A consent policy of the sweep; by default the one that permits most rows.

    Returns
    -------
    PriceOfConsent
        Without rows where the sweep has one consent policy. Intervals (95 %) are of what more seeds
        and more customers would average to; there are none with one seed. Euros, opt-outs and
        complaints are paired by draw of customers; to the variance of events that were recorded one
        event is added, since few customers may show none by chance. The two gaps in reach are not
        paired: their intervals are put together as if what raises one always lowered the other, so it
        is wide.

    Raises
    ------
    InputError
        Where no policy ran under the reference.
    """
    ran = sweep.rows[sweep.rows["status"] == "ok"]
    permitted = ran.groupby("consent_policy", sort=False)["n_train"].max()
    if reference is None and len(permitted):
        reference = str(permitted.idxmax())
    reference = check_choice("reference", reference or "", list(permitted.index))
    there = [Policy.of(row) for row in sweep.policies().to_dict("records")]
    known = set(there)
    own = [
        policy
        for policy in there
        if policy.consent_policy != reference and policy._replace(consent_policy=reference) in known
    ]
    against = [policy._replace(consent_policy=reference) for policy in own]
    found = _paired(sweep, own, against) | {"reach_gap": _reach_gaps(sweep, own, against)}
    rows = [
        (*policy, reference, measure, *told[number], _note(told[number]))
        for number, policy in enumerate(own)
        for measure, told in found.items()
    ]
    return PriceOfConsent(reference, pd.DataFrame(rows, columns=_COLUMNS))


def _paired(
    sweep: Sweep, own: Sequence[Policy], against: Sequence[Policy]
) -> dict[str, list[Interval]]:
    one, other = (
        np.moveaxis(drawn_together(sweep, policies, "confirm", _MEASURES), -1, 0)
        for policies in (own, against)
    )
    told = np.array(expected(one - other, floor=_one_event(sweep))[:3])
    return {
        measure: [Interval(*figures) for figures in told[:, number].T]
        for number, measure in enumerate(_MEASURES)
    }


def _one_event(sweep: Sweep) -> NDArray[np.float64]:
    """Return the variance that one event more or less has, shape (measures, 1).

    A few customers may show none by chance. What is declared has no events, nor have euros.
    """
    confirm = sweep.by_group[sweep.by_group["part"] == "confirm"]
    rows = confirm.groupby([*Policy._fields, "seed"], sort=False)["n_whole"].sum().max()
    columns = (_RECORDED.get(measure, "") for measure in _MEASURES)
    recorded = [getattr(sweep.task, column, None) is not None for column in columns]
    return np.where(recorded, (1000 / (rows + 2)) ** 2, 0.0)[:, None]


def _reach_gaps(sweep: Sweep, own: Sequence[Policy], against: Sequence[Policy]) -> list[Interval]:
    ones, others = (
        over_customers(sweep, policies, "reach_gap", "confirm") for policies in (own, against)
    )
    each, base = (
        drawn_together(sweep, policies, "confirm", ["reach_gap"])[:, :, 0, 0]
        for policies in (own, against)
    )
    return [
        over_seeds_too(difference(one, other, dependent=True), seeds)
        for one, other, seeds in zip(ones, others, each - base, strict=True)
    ]


def _note(told: Interval) -> str:
    if np.isnan(told.value):
        return "not estimable"
    return "no interval (one seed)" if np.isnan(told.low) else ""
