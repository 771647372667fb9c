"""Regret: the euros that a contact policy leaves behind, by the truth that a simulator knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval
from equipoise.models.uplift._policy_rows import Floats, euros_of, policy_of
from equipoise.models.uplift._truth import gains_eur
from equipoise.task import Task

__all__ = ["Regret", "regret"]

ORACLE, EVERYBODY, NOBODY = "oracle", "everybody", "nobody"
ALWAYS = (ORACLE, EVERYBODY, NOBODY)
ABOVE = "contacts more than the budget allows"
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Regret:
    """Policies beside the one that knows each customer's effect.

    Attributes
    ----------
    most_contacts : int or None
        How many rows the budget allows to contact; None without a budget.
    table : DataFrame
        What `frame` shows.
    """

    most_contacts: int | None
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a policy: the named ones in their order, then oracle, everybody, nobody.

        Columns `policy, contacts, share, profit_eur, low, high, per_1000_eur, share_of_oracle,
        regret_eur, regret_low, regret_high, regret_same_contacts_eur, note`.

        - `profit_eur` is the expected profit of all rows together over contacting nobody.
        - `regret_eur` is what the oracle earns more; zero means that nothing better is possible
          under the budget. It is negative only for a policy above the budget.
        - `regret_same_contacts_eur` is what the best choice of as many rows earns more: the part of
          the regret that comes from whom the policy chose. The rest comes from how many.
        - `share_of_oracle` is the profit as a share of the oracle's; NaN where that earns nothing.
        - The profit of these customers is known; the 95 % intervals are about customers like them.
          They take the policies, and the oracle's budget cut, as given. NaN under ten customers.
        """
        return self.table.copy()

    @staticmethod
    def over_seeds(results: Mapping[int, Regret]) -> pd.DataFrame:
        """Return the mean over several worlds or training runs, with intervals across seeds.

        Parameters
        ----------
        results : mapping of int to Regret
            By seed, each with the same policies.

        Returns
        -------
        DataFrame
            Columns `policy, seeds, contacts, profit_eur, low, high, regret_eur, regret_low,
            regret_high, note`: means over seeds, with 95 % intervals by Student's t of the seeds'
            spread. NaN with one seed, whose spread is unknown. They say how far the mean may be off
            when other seeds are drawn, not how far customers of one seed differ.

        Raises
        ------
        InputError
            Without a result, or where the policies differ between seeds.
        """
        _check_seeds(results)
        frames = [each.table.set_index("policy") for each in results.values()]
        contacts, *totals = (
            np.array([frame[name].to_numpy(dtype=float) for frame in frames])
            for name in ("contacts", "profit_eur", "regret_eur")
        )
        (profit, *around), (lost, *around_lost) = map(_over_seeds, totals)
        return pd.DataFrame(
            {
                "policy": frames[0].index,
                "seeds": len(frames),
                "contacts": contacts.mean(axis=0),
                "profit_eur": profit,
                "low": around[0],
                "high": around[1],
                "regret_eur": lost,
                "regret_low": around_lost[0],
                "regret_high": around_lost[1],
                "note": "" if len(frames) > 1 else "not estimable (seeds=1)",
            }
        )


def regret(
    task: Task,
    policies: Mapping[str, ArrayLike],
    truth: pd.DataFrame,
    *,
    budget: float | None = None,
) -> Regret:
    """Compare contact policies with the oracle, by expected profit in euros.

    The oracle contacts exactly the rows that a contact earns more from than leaving them alone;
    under a budget, the best of these. No firm can be it: it reads the truth.

    Parameters
    ----------
    task : Task
        With euros.
    policies : mapping of str to array_like of bool or of float in 0..1, shape (n,)
        Who is contacted, or with which probability, by name.
    truth : DataFrame
        What `equipoise.models.uplift.true_effects` returns for the task.
    budget : float, optional
        Largest share of the rows that may be contacted. If not given, the task's `budget_eur` over
        its cost of a contact decides, and without both there is no limit.

    Returns
    -------
    Regret
        A policy above the budget stays in the table, with a note.

    Raises
    ------
    InputError
        Where the task has no euros, rows do not match, a policy or the truth holds no
        probabilities, a name is taken, or the budget does not pay for one contact.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> from equipoise.models.uplift._truth import true_effects
    >>> crm = make_crm(customers=500, seed=7)
    >>> task = crm.task("coupon_uplift", policy="everyone")
    >>> frequent = task.X["orders_12m"] > 2
    >>> found = regret(task, {"frequent": frequent}, true_effects(crm, task)).frame()
    >>> found["policy"].tolist()
    ['frequent', 'oracle', 'everybody', 'nobody']
    >>> bool((found["regret_eur"] >= 0).all())
    True
    """
    gains = gains_eur(task, truth)
    acts = _policies(task, policies)
    most = _most_contacts(task, budget)
    oracle = _oracle(gains, most)
    acts |= {ORACLE: oracle, EVERYBODY: np.ones(len(task)), NOBODY: np.zeros(len(task))}
    codes = pd.factorize(task.unit, sort=True)[0]
    best = float(oracle @ gains)
    rows = [
        {"policy": name}
        | _measured(each, gains, oracle, codes, best)
        | {"note": _note(codes, each, most)}
        for name, each in acts.items()
    ]
    return Regret(most, pd.DataFrame(rows))


def _policies(task: Task, policies: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    for name in policies:
        if name in ALWAYS:
            raise InputError(
                "policies",
                "must not have the names oracle, everybody and nobody",
                repr(name),
                "Rename it: these three are always in the table.",
            )
    return {name: policy_of(task, each, f"policies[{name!r}]") for name, each in policies.items()}


def _most_contacts(task: Task, budget: float | None) -> int | None:
    """Return how many rows may be contacted, or None for no limit."""
    value = euros_of(task)
    if budget is None:
        if value.budget_eur is None or value.cost_per_contact == 0:
            return None
        share = value.budget_eur / value.cost_per_contact / len(task)
    else:
        move = "Pass a share of the rows such as 0.2, or None for no limit."
        share = check_number("budget", budget, low=0.0, high=1.0, open_low=True, next_move=move)
    most = int(min(1.0, share) * len(task) + ROUNDING)
    if most < 1:
        raise InputError(
            "budget",
            "must pay for one contact at least",
            f"{share:g} of {len(task):,} rows",
            f"Use {1 / len(task):.2g} or more.",
        )
    return most


def _oracle(gains: Floats, most: int | None) -> Floats:
    """Return whom to contact for the greatest expected profit; rows of equal gain earn alike."""
    chosen = gains > 0
    if most is not None and chosen.sum() > most:
        chosen = np.zeros(len(gains), dtype=bool)
        chosen[np.argsort(-gains, kind="stable")[:most]] = True
    return chosen.astype(float)


def _best_of(gains: Floats, contacts: float) -> float:
    """Return what the best choice of so many rows earns; a part of a row earns its part."""
    falling = np.sort(gains)[::-1]
    whole = int(contacts + ROUNDING)
    part = contacts - whole
    return float(falling[:whole].sum() + (part * falling[whole] if part > ROUNDING else 0.0))


def _measured(
    acts: Floats, gains: Floats, oracle: Floats, codes: NDArray[np.intp], best: float
) -> dict[str, float]:
    profit, contacts = float(acts @ gains), float(acts.sum())
    half = _over_customers(acts * gains, codes)
    lost, half_lost = best - profit, _over_customers((oracle - acts) * gains, codes)
    return {
        "contacts": contacts,
        "share": contacts / len(acts),
        "profit_eur": profit,
        "low": profit - half,
        "high": profit + half,
        "per_1000_eur": 1000 * profit / len(acts),
        "share_of_oracle": profit / best if best > 0 else np.nan,
        "regret_eur": lost,
        "regret_low": lost - half_lost,
        "regret_high": lost + half_lost,
        # No choice beats the best one; a sum in another order may differ in its last digit.
        "regret_same_contacts_eur": max(0.0, _best_of(gains, contacts) - profit),
    }


def _over_customers(euros: Floats, codes: NDArray[np.intp]) -> float:
    """Return the half width of a 95 % interval for a total, over customers."""
    own = np.bincount(codes, euros)
    if len(own) < MINIMUM_TRIALS:
        return np.nan
    return float(student.ppf(0.975, len(own) - 1) * own.std(ddof=1) * np.sqrt(len(own)))


def _check_seeds(results: Mapping[int, Regret]) -> None:
    if not results:
        move = "Pass for example {7: regret(...)}."
        raise InputError("results", "must hold at least one seed", "none", move)
    names = [tuple(each.table["policy"]) for each in results.values()]
    for seed, own in zip(results, names, strict=True):
        if own != names[0]:
            raise InputError(
                "results",
                "must have the same policies in every seed",
                f"others in seed {seed}",
                "Compute each seed with the same names in the same order.",
            )


def _over_seeds(by_seed: Floats) -> Interval:
    """Return the mean over seeds with its interval by Student's t, shape (policies,)."""
    seeds, mean = len(by_seed), by_seed.mean(axis=0)
    if seeds < 2:
        none = np.full(mean.shape, np.nan)
        return Interval(mean, none, none)
    half = student.ppf(0.975, seeds - 1) * by_seed.std(axis=0, ddof=1) / np.sqrt(seeds)
    return Interval(mean, mean - half, mean + half)


def _note(codes: NDArray[np.intp], acts: Floats, most: int | None) -> str:
    customers = int(codes.max()) + 1
    few = f"no interval (n={customers})" if customers < MINIMUM_TRIALS else ""
    above = ABOVE if most is not None and acts.sum() > most + ROUNDING else ""
    return "; ".join(filter(None, (few, above)))
