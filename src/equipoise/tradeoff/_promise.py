"""What the pick would promise its customers, and what it would not."""

from __future__ import annotations

import pandas as pd

from equipoise.pages import Block, Table, Text
from equipoise.privacy import Guarantee
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._sweep import Sweep

__all__ = ["promise_blocks"]

_Promises = dict[tuple[str, float], Guarantee]


def promise_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the pick's guarantee in full, then those of every compared model."""
    promises = {
        (told["model"], told["epsilon"]): Guarantee.from_dict(told["guarantee"])
        for told in sweep.manifest["guarantees"]
    }
    blocks = _own(choice.policy, promises)
    if promises:
        blocks.append(Table(_compared(promises), _COMPARED))
    return blocks


def _own(policy: Policy | None, promises: _Promises) -> list[Block]:
    if policy is None:
        return [Text(["There is no pick, so nothing is promised."])]
    own = promises.get((policy.model, policy.epsilon))
    if own is None:
        return [Text(["The pick is not private: it promises no customer anything."])]
    return [
        Text(
            [
                f"If {policy} is released once, refitted with fresh and unseeded noise, it promises "
                f"epsilon {own.epsilon:g} and delta {own.delta:g} per {own.unit}, for {own.adjacency} "
                f"neighbours. Mechanism: {own.mechanism}.",
                "In words: somebody who knows everything but one customer's part in the data, and "
                f"tries to tell from the release {_ATTACKED[own.adjacency]}, has a true positive rate that "
                f"exceeds the false positive rate by at most {own.attacker_advantage():.3f} "
                "(0 is guessing, 1 is certainty).",
            ]
        ),
        Table(pd.DataFrame({"covered": own.covers}), "What it covers."),
        Table(pd.DataFrame({"not covered": own.does_not_cover}), "What it does not cover."),
    ]


_ATTACKED = {
    "add-remove": "whether it is there",
    "replace-one": "which of two possible versions of it is there",
}
_COMPARED = (
    "What each compared model would promise. Replace-one and add-remove are different promises: "
    "add-remove at epsilon implies replace-one at twice that epsilon, and there is no way back."
)


def _compared(promises: _Promises) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (f"{model}, epsilon {epsilon:g}", f"{own.delta:g}", own.unit, own.adjacency)
            for (model, epsilon), own in promises.items()
        ],
        columns=["model", "delta", "unit", "adjacency"],
    )
