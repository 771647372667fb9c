"""Whom consent leaves out, group by group, and what each consent policy costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from equipoise.pages import Block, Table, Text
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._plan import AS_GIVEN, Policy
from equipoise.tradeoff._prices import PriceOfConsent, price_of_consent
from equipoise.tradeoff._report_words import EXPECTED, changes, titles_of
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import within

__all__ = ["consent_blocks", "permitted"]


def permitted(sweep: Sweep) -> pd.DataFrame:
    """Return how many held-out rows each consent policy lets be decided about, by group.

    Returns
    -------
    DataFrame
        `consent_policy, group, permitted, whole`: rows of the choose- and the confirm-customers.
    """
    rows = sweep.by_group
    once = rows.drop_duplicates(["consent_policy", "part", "group"])
    summed = once.groupby(["consent_policy", "group"], sort=False)[["n", "n_whole"]].sum()
    return summed.reset_index().rename(columns={"n": "permitted", "n_whole": "whole"})


def consent_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return who is left out by which consent policy and what each costs; nothing without any."""
    policies = list(sweep.manifest["plan"]["consent_policies"])
    refused = sweep.manifest.get("consent_refused", {})
    if policies == [AS_GIVEN]:
        return []
    told = [
        "Customers whom a consent policy does not permit are not decided about under it: no model of it "
        "sees or contacts them.",
        *(f"Consent policy {name} was left out: {reason}." for name, reason in refused.items()),
    ]
    blocks: list[Block] = [
        Text(told),
        Table(
            _left_out(permitted(sweep), sweep.attribute),
            "Held-out rows (to choose and to confirm) that each consent policy permits, by "
            f"{sweep.attribute}: so many of all.",
        ),
    ]
    if not sweep.compares_consent:
        return [*blocks, Text(["The sweep has one consent policy, so its price cannot be told."])]
    return [*blocks, *_price_blocks(sweep, choice)]


def _left_out(table: pd.DataFrame, attribute: str) -> pd.DataFrame:
    every = table.groupby("consent_policy", sort=False)[["permitted", "whole"]].sum()
    table = pd.concat([table, every.assign(group="all").reset_index()])
    told = [f"{r.permitted:,} of {r.whole:,} ({_per_cent(r)})" for r in table.itertuples()]
    wide = table.assign(told=told).pivot(index="group", columns="consent_policy", values="told")
    ordered = wide.loc[[*sorted(set(wide.index) - {"all"}), "all"], list(every.index)]
    return ordered.rename_axis(index=attribute, columns=None).reset_index()


def _per_cent(row: object) -> str:
    whole = getattr(row, "whole", 0)
    return f"{getattr(row, 'permitted', 0) / whole:.0%}".replace("%", " %") if whole else "none"


def _price_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    found = price_of_consent(sweep)
    titles = titles_of(sweep)
    shown = Policy.of(choice.candidates.loc[0]) if choice.policy is None else choice.policy
    sentences = list(_in_words(found, shown, titles))
    if not len(found.rows):
        return [Text(["No policy ran under two consent policies, so their price cannot be told."])]
    caption = (
        f"Each policy less the same one under {found.reference}, on all confirm-customers, permitted "
        f"or not, with {EXPECTED}. Intervals of gaps in reach are wide: the two are not paired."
    )
    return [Text(sentences), Table(_wide(found, titles), caption, folded=True)]


def _in_words(found: PriceOfConsent, shown: Policy, titles: dict[str, str]) -> Iterator[str]:
    """Yield what each other consent policy changes for one model."""
    rows = found.rows
    own = rows[
        (rows["model"] == shown.model)
        & (rows["mitigation"] == shown.mitigation)
        & (rows["epsilon"] == shown.epsilon)
    ]
    model = shown._replace(consent_policy=AS_GIVEN)
    for consent, part in own.groupby("consent_policy", sort=False):
        told = changes(part)
        known = part.set_index("measure")
        each = [
            f"{within(titles[name])} by {words}"
            for name, words in told.items()
            if name in titles
            and np.isfinite(known.loc[name, "value"])
            and known.loc[name, "low"] != known.loc[name, "high"]
        ]
        yield (
            f"For {model}, {consent} instead of {found.reference} changes {'; '.join(each)}. "
            f"These are {EXPECTED}."
        )


def _wide(found: PriceOfConsent, titles: dict[str, str]) -> pd.DataFrame:
    policies = dict.fromkeys(Policy.of(row) for row in found.rows.to_dict("records"))
    own = [changes(part) for _, part in found.rows.groupby(list(Policy._fields), sort=False)]
    table = pd.DataFrame([dict(one) for one in own])
    kept = [name for name in table if name in titles and not table[name].eq("not estimable").all()]
    shown = table[kept].rename(columns=titles)
    shown.insert(0, "policy", [str(policy) for policy in policies])
    return shown
