"""The page in a handful of sentences: the pick, what it earns and promises, who pays, what is open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from equipoise.privacy import Guarantee
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._evidence import rates_of
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._promise import attack_in_words
from equipoise.tradeoff._report_consent import permitted
from equipoise.tradeoff._report_words import titles_of
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import (
    change,
    interval,
    limit_in_words,
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
        _pick(sweep, choice, choice.policy),
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


def _pick(sweep: Sweep, choice: Choice, pick: Policy) -> str:
    many = int(choice.candidates["feasible"].sum())
    most = f"the highest {within(sweep.titles[choice.maximise])}"
    if not choice.limits:
        return (
            f"The pick is {pick}: no limits were given, and of all {many} policies it has {most}."
        )
    limits = " and ".join(_glossed(sweep, *limit) for limit in choice.limits.items())
    if many == 1:
        return (
            f"The pick is {pick}, the only one of {len(choice.candidates)} policies with {limits}."
        )
    return (
        f"The pick is {pick}: of the {many} policies (of {len(choice.candidates)}) with {limits}, it has "
        f"{most}."
    )


def _glossed(sweep: Sweep, name: str, limit: float) -> str:
    """Return a limit with the name that it has in commands behind what it means."""
    told = limit_in_words(name, limit)
    title = titles_of(sweep).get(name)
    return told if title is None else told.replace(name, f"{within(title)} ({name})", 1)


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
    own = Guarantee.from_dict(dict(choice.guarantee))
    return (
        f"If it is released once, it promises each {own.unit} epsilon {own.epsilon:g} and delta "
        f"{own.delta:g} ({own.adjacency}): {attack_in_words(own)}.{_read_off(own)}"
    )


def _read_off(own: Guarantee) -> str:
    """Say what was read off the customers before the fit, which no promise covers."""
    for line in own.does_not_cover:
        what, _, names = line.partition(" read off the customers (source: data): ")
        if names:
            few = names.split(", ")
            more = f"{', '.join(few[:3])} and others" if len(few) > 4 else names
            return f" It does not cover {what} read off the customers: {more}."
    return ""


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
        f"{most['group']} most, {_rate(most)}{told}. These are shares of the same customers, as far as "
        "the policy decides about them, with 95 % intervals."
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
    if left:
        yield (
            f"Consent policy {pick.consent_policy} leaves out {share(left)} of customers, most of {most} "
            f"({share(shares[most])})."
        )
        return
    yield (
        f"Consent policy {pick.consent_policy} leaves nobody out: it decides also about customers whom "
        f"others withhold ({_withheld(table)})."
    )


def _withheld(table: pd.DataFrame) -> str:
    """Return the share of customers that each consent policy withholds, if it withholds any."""
    own = table.groupby("consent_policy", sort=False)[["permitted", "whole"]].sum()
    left = 1 - own["permitted"] / own["whole"]
    return ", ".join(f"{name} {share(value)}" for name, value in left[left > 0].items())


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
    best = Policy.of(choice.candidates.loc[0])
    return (
        f"The best without limits is {best}. On the same customers the pick differs from it by "
        f"{change(goal, value, low, high)} in {title}{sure}."
    )


def _open(sweep: Sweep, choice: Choice) -> str:
    """Say what is refuted or not known: limits that other customers do not confirm, small groups."""
    said = {name: _verdict(choice, name) for name in choice.limits if name != "epsilon"}
    refuted, unsure = (
        " and ".join(
            limit_in_words(name, choice.limits[name])
            + (_in_draws(choice, name) * (which == _NEITHER))
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


def _in_draws(choice: Choice, name: str) -> str:
    own = choice.probability.set_index("limit")["probability"]
    sure = own.get(name, np.nan)
    return f" (it does in {share(sure)} of draws)" if np.isfinite(sure) else ""


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
