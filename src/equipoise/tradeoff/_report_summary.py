"""The page in a handful of sentences: the pick, what it earns and promises, who pays, what is open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._evidence import rates_of
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._report_consent import permitted
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import (
    change,
    interval,
    limit_in_words,
    limits_in_words,
    share,
    within,
)
from equipoise.tradeoff.facts import verdict

__all__ = ["summary"]


def summary(sweep: Sweep, choice: Choice) -> list[str]:
    """Return five to eight sentences for who reads nothing else, each beginning with its subject."""
    if choice.policy is None:
        told = [*choice.reasons, *_consent(sweep), _unknown_groups(sweep, None), _INTERNAL]
        return [sentence for sentence in told if sentence]
    told = [
        _pick(choice, choice.policy),
        _earns(sweep, choice),
        _promises(choice),
        _contacted_less(sweep, choice.policy),
        *_consent(sweep, choice.policy),
        _cost(sweep, choice),
        _open(sweep, choice),
        _INTERNAL,
    ]
    return [sentence for sentence in told if sentence]


_INTERNAL = (
    "This page is internal: it is computed from customers without noise and must not be published."
)


def _pick(choice: Choice, pick: Policy) -> str:
    many = int(choice.candidates["feasible"].sum())
    if not choice.limits:
        return f"The pick is {pick}, the best of all {many} policies, as no limits were given."
    return (
        f"The pick is {pick}, the best of the {many} (of {len(choice.candidates)}) policies that satisfy "
        f"{limits_in_words(choice.limits)}."
    )


def _earns(sweep: Sweep, choice: Choice) -> str:
    own = choice.confirm.set_index("measure")
    goal = choice.maximise
    title = within(sweep.titles[goal])
    if goal not in own.index:
        row = choice.candidates[choice.candidates["feasible"]].iloc[0]
        return f"It shows {row[goal]:.3f} in {title} on the customers it was chosen on, and on no others."
    value, low, high = own.loc[goal, ["value", "low", "high"]]
    if not np.isfinite(value):
        return f"What it shows in {title} on other customers is {own.loc[goal, 'note']}."
    return (
        f"On customers that the choice had not seen it shows {interval(goal, value, low, high)} in "
        f"{title} (95 % interval of one released model)."
    )


def _promises(choice: Choice) -> str:
    if choice.guarantee is None:
        return "It is not private: it promises no customer anything."
    own = choice.guarantee
    return (
        f"If it is released once, it promises each {own['unit']} epsilon {own['epsilon']:g} and delta "
        f"{own['delta']:g} ({own['adjacency']})."
    )


def _contacted_less(sweep: Sweep, pick: Policy) -> str:
    rates = rates_of(sweep, pick)
    own = rates[(rates["metric"] == "selection_rate") & rates["value"].notna()]
    if len(own) < 2:
        return f"Who is contacted less by {sweep.attribute} cannot be told: too few groups are large enough."
    least, most = own.loc[own["value"].idxmin()], own.loc[own["value"].idxmax()]
    apart = least["high"] < most["low"]
    told = "" if apart else "; their intervals overlap"
    return (
        f"By {sweep.attribute}, {least['group']} is contacted least, {_rate(least)}, and "
        f"{most['group']} most, {_rate(most)}{told}."
    )


def _rate(row: pd.Series) -> str:
    return interval("selection_rate", row["value"], row["low"], row["high"])


def _consent(sweep: Sweep, pick: Policy | None = None) -> Iterator[str]:
    """Yield whom the consent policy of the pick leaves out, if it leaves anybody out."""
    table = permitted(sweep)
    if pick is None or table["permitted"].equals(table["whole"]):
        return
    own = table[(table["consent_policy"] == pick.consent_policy) & (table["whole"] > 0)]
    left = 1 - own["permitted"].sum() / own["whole"].sum()
    shares = 1 - own.set_index("group")["permitted"] / own.set_index("group")["whole"]
    most = shares.idxmax()
    yield (
        f"Consent policy {pick.consent_policy} leaves out {share(left)} of customers, most of {most} "
        f"({share(shares[most])})."
        if left
        else f"Consent policy {pick.consent_policy} leaves nobody out."
    )


def _cost(sweep: Sweep, choice: Choice) -> str:
    if not choice.limits:
        return ""
    if choice.given_up.empty:
        return "The limits cost nothing: the pick is also the best without them."
    own = choice.given_up.set_index("measure")
    goal = choice.maximise
    title = within(sweep.titles[goal])
    if goal not in own.index or not np.isfinite(own.loc[goal, "value"]):
        return f"What the limits cost in {title} is not estimable."
    value, low, high = own.loc[goal, ["value", "low", "high"]]
    sure = "" if low > 0 or high < 0 else "; these customers do not tell that apart from nothing"
    return f"The limits change the pick by {change(goal, value, low, high)} in {title}{sure}."


def _open(sweep: Sweep, choice: Choice) -> str:
    """Say what is refuted or not known: limits that other customers do not confirm, small groups."""
    said = {name: _verdict(choice, name) for name in choice.limits if name != "epsilon"}
    refuted, unsure = (
        " and ".join(
            limit_in_words(name, choice.limits[name])
            for name, told in said.items()
            if told == which
        )
        for which in ("refuted", _NEITHER)
    )
    limits = f"whether it satisfies {unsure} on other customers" if unsure else ""
    told = [part for part in (limits, _small_groups(sweep, choice.policy)) if part]
    unknown = f"Not known: {'; '.join(told)}." if told else ""
    worse = f"Other customers refute {refuted}." if refuted else ""
    return " ".join(part for part in (worse, unknown) if part)


_NEITHER = "neither confirmed nor refuted"


def _verdict(choice: Choice, name: str) -> str:
    own = choice.confirm.set_index("measure")
    if name not in own.index or not np.isfinite(own.loc[name, "value"]):
        return _NEITHER
    return verdict(name, choice.limits[name], own.loc[name, "low"], own.loc[name, "high"])


def _unknown_groups(sweep: Sweep, pick: Policy | None) -> str:
    told = _small_groups(sweep, pick)
    return f"Not known: {told}." if told else ""


def _small_groups(sweep: Sweep, pick: Policy | None) -> str:
    """Name the groups that no figure speaks of, as too few of their customers had the outcome."""
    rows = sweep.by_group[sweep.by_group["part"] == "confirm"]
    if pick is not None:
        rows = rows[rows["consent_policy"] == pick.consent_policy]
    lost = rows.groupby("group")["true_positive_rate"].agg(lambda rate: rate.isna().any())
    names = [str(group) for group in lost.index[lost]]
    return (
        f"how many of those with the outcome are contacted in {', '.join(names)} (too few customers)"
        if names
        else ""
    )
