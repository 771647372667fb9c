"""What the pick would promise its customers, and what it would not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from equipoise.pages import Block, Table, Text
from equipoise.privacy import Guarantee
from equipoise.privacy._promises import SEEDED
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep

__all__ = ["attack_in_words", "own_blocks", "promise_blocks", "unlike_promises"]


def promise_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the pick's guarantee in full, then those of every compared model."""
    promised = sweep.manifest["guarantees"]
    own = None if choice.guarantee is None else Guarantee.from_dict(dict(choice.guarantee))
    blocks = own_blocks(choice.policy, own)
    if promised:
        blocks.append(Table(_compared(promised), _COMPARED))
    return blocks


def own_blocks(policy: Policy | None, own: Guarantee | None) -> list[Block]:
    """Return what a pick promises, to whom, and what it does not cover."""
    if policy is None:
        return [Text(["There is no pick, so nothing is promised."])]
    if own is None:
        return [Text(["The pick is not private: it promises no customer anything."])]
    not_covered = [
        line for line in own.does_not_cover if line != SEEDED
    ]  # of a refit without a seed
    return [
        Text(
            [
                f"If {policy} is released once, refitted with fresh and unseeded noise, it promises "
                f"epsilon {own.epsilon:g} and delta {own.delta:g} per {own.unit}, for {own.adjacency} "
                f"neighbours. Mechanism: {own.mechanism}.",
                f"In words: {attack_in_words(own)} (0 is guessing, 1 is certainty).",
            ]
        ),
        Table(pd.DataFrame({"covered": own.covers}), "What it covers."),
        Table(pd.DataFrame({"not covered": not_covered}), "What it does not cover."),
    ]


def attack_in_words(own: Guarantee) -> str:
    """Return what an attacker knows, tries, and can reach at most."""
    return (
        "somebody who knows everything but one customer's part in the data, and tries to tell from the "
        f"release {_ATTACKED[own.adjacency]}, has a true positive rate that exceeds the false positive "
        f"rate by at most {own.attacker_advantage():.3f}"
    )


def unlike_promises(sweep: Sweep) -> str:
    """Return which models promise in which adjacency, or nothing where all promise alike."""
    models: dict[str, dict[str, None]] = {}
    for told in sweep.manifest["guarantees"]:
        models.setdefault(told["guarantee"]["adjacency"], {})[str(told["model"])] = None
    if len(models) < 2:
        return ""
    told = "; ".join(f"{adjacency} by {', '.join(names)}" for adjacency, names in models.items())
    return (
        f"Epsilons here are of unlike promises: {told}. The rule compares them as numbers; what they "
        'mean is told under "What is promised, and what is not".'
    )


_ATTACKED = {
    "add-remove": "whether it is there",
    "replace-one": "which of two possible versions of it is there",
}
_COMPARED = (
    "What each compared model would promise. Replace-one and add-remove are different promises: "
    "add-remove at epsilon implies replace-one at twice that epsilon, and there is no way back."
)


def _compared(promised: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a kind of promise: which models and mitigations make it, at which epsilons."""
    kinds: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for told in promised:
        own = Guarantee.from_dict(dict(told["guarantee"]))
        key = (told["model"], f"{own.delta:g}", own.unit, own.adjacency)
        kinds.setdefault(key, []).append(told)
    return pd.DataFrame(
        [
            {
                "model": key[0],
                "mitigations": _once([str(each["mitigation"]) for each in own]),
                "epsilon": _once([f"{each['epsilon']:g}" for each in own]),
                **dict(zip(("delta", "unit", "adjacency"), key[1:], strict=True)),
            }
            for key, own in kinds.items()
        ]
    )


def _once(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
