"""How surely a policy is on the frontier, and what dominates it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.tradeoff._frontier import directions, dominance
from equipoise.tradeoff._measures import DRAWN
from equipoise.tradeoff._paired import drawn_together, redrawn
from equipoise.tradeoff._plan import Policy

if TYPE_CHECKING:
    from equipoise.tradeoff._result import Sweep

__all__ = ["membership", "standing"]

Floats = NDArray[np.float64]


def membership(
    sweep: Sweep, larger: Sequence[str] | None = None, smaller: Sequence[str] = ("epsilon",)
) -> pd.DataFrame:
    """Return how surely each policy is on the frontier; see `Sweep.membership`."""
    table = sweep.policies()
    named = directions(sweep, table, larger, smaller)
    policies = [Policy.of(row) for row in table.to_dict("records")]
    means = table[named.names].to_numpy(float)
    draws = _on_draws(sweep, policies, named.names, means)
    told = standing(policies, means * named.signs, draws * named.signs)
    lacking = [", ".join(np.array(named.names)[missing]) for missing in np.isnan(means)]
    note = [f"not estimable ({names})" if names else "" for names in lacking]
    keys = list(Policy._fields)
    return pd.concat(
        [table[keys + [n for n in named.names if n not in keys]], told], axis=1
    ).assign(note=note)


def standing(policies: Sequence[Policy], means: Floats, draws: Floats) -> pd.DataFrame:
    """Return where each of several policies stands among them, by means and over draws.

    Parameters
    ----------
    policies : sequence of Policy
    means : ndarray, shape (policies, measures)
        More is better.
    draws : ndarray, shape (replicates, policies, measures)
        The same on draws. A policy counts in the draws in which it has every measure.

    Returns
    -------
    DataFrame
        `on_frontier, membership_probability, dominated_by, dominated_in`, in their order.
    """
    known = ~np.isnan(means).any(axis=1)
    over = dominance(means)
    member, beats = _shares(draws)
    member[~known] = np.nan
    beaten = np.asarray(over.any(axis=0))
    # The one that dominates in most draws; of several such, one on the frontier, else the first.
    sure = np.nan_to_num(beats) + 1e-6 * ~beaten[:, None]
    surest = np.where(over, sure, -1.0).argmax(axis=0) if len(over) else np.empty(0, dtype=int)
    names = np.array([str(policies[number]) for number in surest], dtype=object)
    surely = beats[surest, np.arange(len(over))]
    return pd.DataFrame(
        {
            "on_frontier": known & ~beaten,
            "membership_probability": member,
            "dominated_by": np.where(beaten, names, ""),
            "dominated_in": np.where(beaten, surely, np.nan),
        }
    )


def _shares(draws: Floats) -> tuple[Floats, Floats]:
    """Return in which share of draws each is on the frontier, and each dominates each other."""
    known = np.asarray(~np.isnan(draws).any(axis=2))
    on, beats = np.zeros(draws.shape[1]), np.zeros((draws.shape[1],) * 2)
    for gains, complete in zip(draws, known, strict=True):
        over = dominance(gains)
        beats += over
        on += complete & ~over.any(axis=0)
    with np.errstate(invalid="ignore"):
        times = known.sum(axis=0)
        return on / times, beats / times


def _on_draws(
    sweep: Sweep, policies: Sequence[Policy], names: Sequence[str], means: Floats
) -> Floats:
    """Return measures on draws of customers and seeds; what is not drawn stays at its mean."""
    drawn = [name for name in names if name in DRAWN]
    values = drawn_together(sweep, policies, "choose", drawn)
    moved = redrawn(values, seed=int(sweep.manifest["plan"]["split_seed"]))
    found = np.repeat(means[None], len(moved), axis=0)
    found[:, :, [names.index(name) for name in drawn]] = moved
    return found
