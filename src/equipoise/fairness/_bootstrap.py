"""Bootstrap draws of every rate, from counts alone: their cost does not depend on the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.fairness.rates import RATES

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit
    from equipoise.fairness._measured import Measured

__all__ = ["bootstrap"]


def bootstrap(audited: Audit, times: int, seed: int) -> pd.DataFrame:
    """Return what `Audit.bootstrap` documents."""
    check_whole("times", times, low=1, next_move="Use for example 1000.")
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    _check_plain(audited)
    rng = np.random.default_rng(seed)
    parts = []
    for attribute in audited.counts.by:
        part = _draws(audited.measured(attribute), times, rng)
        part.insert(0, "attribute", attribute)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _check_plain(audited: Audit) -> None:
    """Refuse what a multinomial draw of counts does not describe."""
    repeated = audited.rows is not None and audited.rows.customers is not None
    for is_so, what in (
        (audited.counts.is_weighted, "weighted rows"),
        (audited.counts.is_noised, "noised counts"),
        (repeated, "customers with several rows"),
        (audited.below > 0, "a suppressed audit"),
    ):
        if is_so:
            raise InputError(
                "audit",
                "must be of plain counts to be resampled",
                what,
                "Use the intervals of frame() and gaps(), which take them into account.",
            )


def _draws(own: Measured, times: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the counts of all groups together, as resampling the rows would."""
    counts = own.tally.counts
    drawn = rng.multinomial(int(counts.sum()), counts.ravel() / counts.sum(), size=times)
    cells = np.moveaxis(drawn.reshape(times, *counts.shape), 2, 0)
    values = {metric: rate(*cells).value.T.ravel() for metric, rate in RATES.items()}
    index = pd.MultiIndex.from_product([own.groups, range(times)], names=["group", "replicate"])
    wide = pd.DataFrame(values, index=index).rename_axis(columns="metric")
    return wide.stack(future_stack=True).rename("value").reset_index()
