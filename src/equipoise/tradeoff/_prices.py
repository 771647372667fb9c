"""The price of bounds and optimiser, apart from the price of noise."""

from __future__ import annotations

import math

from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._sweep import Sweep

__all__ = ["prices"]

PLAIN, PRIVATE = "logistic", "private_logistic"


def prices(sweep: Sweep) -> list[tuple[str, Policy, Policy]]:
    """Return the pairs of policies whose differences are the two prices: `(name, policy, against)`.

    Bounds: the private learner at infinite epsilon against the plain model. Noise: each finite
    epsilon against infinite epsilon of the same learner. Empty where the sweep lacks a part.
    """
    table = sweep.policies()
    table = table[table["mitigation"] == "none"]
    ran = {Policy.of(row) for _, row in table.iterrows()}
    plain, bounded = Policy(PLAIN, "none", math.inf), Policy(PRIVATE, "none", math.inf)
    if not {plain, bounded} <= ran:
        return []
    noisy = sorted(p for p in ran if p.model == PRIVATE and math.isfinite(p.epsilon))
    return [
        ("bounds and optimiser", bounded, plain),
        *(("noise", policy, bounded) for policy in noisy),
    ]
