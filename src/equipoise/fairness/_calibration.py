"""What scores promise beside what happens, by group and score bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equipoise.fairness._estimates import estimates_of
from equipoise.fairness._frames import CONFIDENCE, note
from equipoise.fairness._suppression import check_not_suppressed
from equipoise.fairness.rates import base_rate

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit

__all__ = ["calibration"]


def calibration(audited: Audit) -> pd.DataFrame:
    """Return what `Audit.calibration` documents."""
    check_not_suppressed("calibration", f"{audited.counts.bins} score bins", below=audited.below)
    parts = []
    for attribute in audited.counts.by:
        parts.append(_of(audited, attribute))
        parts[-1].insert(0, "attribute", attribute)
    return pd.concat(parts, ignore_index=True)


def _of(audited: Audit, attribute: str) -> pd.DataFrame:
    counts = audited.counts
    sums = counts.by_score([attribute]).groupby(level=[0, 2]).sum()
    tally = counts.tally([attribute, "score_bin"])
    (part,) = estimates_of(tally, base_rate, np.zeros(len(sums), dtype=bool)).parts
    part = part.shrunk_by(_effect(audited, attribute).reindex(sums.index.get_level_values(0)))
    value, low, high = part.at(CONFIDENCE, exact=False)
    whole = sums.get("weight", sums["count"])
    frame = sums.index.to_frame(index=False, name=["group", "score_bin"])
    frame = frame.assign(
        score_low=frame["score_bin"] / counts.bins,
        score_high=(frame["score_bin"] + 1) / counts.bins,
        n=sums["count"].to_numpy(),
        mean_score=(sums["score"] / whole.where(whole > 0)).to_numpy(),
        value=value,
        low=low,
        high=high,
        note=[note(each) for each in part.support],
    )
    figures = ["value", "low", "high"]
    frame[figures] = frame[figures].where(frame["note"] == "")
    return frame


def _effect(audited: Audit, attribute: str) -> pd.Series:
    """Return by how much repeated customers inflate the variance of the base rate, by group."""
    own = audited.measured(attribute)
    (part,) = own.metrics["base_rate"].parts
    if audited.rows is None or audited.rows.customers is None:
        return pd.Series(1.0, index=own.groups)
    plain = estimates_of(audited.counts.tally([attribute]), base_rate, own.hidden).parts[0]
    return pd.Series(np.maximum(plain.trials / np.maximum(part.trials, 1e-9), 1), own.groups)
