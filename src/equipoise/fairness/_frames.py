"""Estimates in, tidy frames out: rates, gaps, ratios and the largest gap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.fairness._estimates import Estimates
from equipoise.intervals import MINIMUM_TRIALS, difference
from equipoise.intervals.compared import quotient

__all__ = [
    "CONFIDENCE",
    "Metrics",
    "gap_rows",
    "note",
    "ratio_rows",
    "rate_rows",
    "trial_rows",
    "worst_rows",
]

CONFIDENCE = 0.95
TOO_FEW_GROUPS = "not estimable (fewer than two groups large enough)"
NO_REFERENCE_RATE = "no ratio (the rate of the reference may be 0)"
IN_NOISE = "not estimable (hidden by noise)"

Metrics = Mapping[str, Estimates]


def note(support: float, *, noised: bool = False) -> str:
    """Return why a rate is not stated, or nothing where it is."""
    if support >= MINIMUM_TRIALS:
        return ""
    return IN_NOISE if noised else f"not estimable (n={np.floor(10 * support) / 10:g})"


def rate_rows(metrics: Metrics, n: NDArray[np.float64], hidden: str) -> pd.DataFrame:
    """Return `group, n, metric, value, low, high, note`."""
    parts = []
    for metric, found in metrics.items():
        value, low, high = found.at(CONFIDENCE)
        parts.append(
            pd.DataFrame(
                {
                    "group": found.groups,
                    "n": n,
                    "metric": metric,
                    "value": value,
                    "low": low,
                    "high": high,
                    "note": _notes(found.support, found.noised, found.hidden, hidden),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def gap_rows(
    metrics: Metrics,
    bases: Metrics,
    reference: str,
    hidden: str,
    *,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return `group, reference, metric, gap, low, high, note`.

    `bases` holds, group by group, what each is compared with; the reference itself is left out. At a
    higher confidence than for one, limits are exact: a search finds where Wilson's are too short.
    """
    exact = confidence > CONFIDENCE
    parts = []
    for metric, found in metrics.items():
        base = bases[metric]
        gap, low, high = difference(
            found.at(confidence, exact=exact),
            base.at(confidence, exact=exact),
            dependent=found.overlaps,
        )
        notes = _pair_notes(found, base, hidden)
        frame = pd.DataFrame({"group": found.groups, "reference": reference, "metric": metric})
        frame = frame.assign(gap=gap, low=low, high=high, note=notes)
        parts.append(frame[frame["group"] != reference])
    return pd.concat(parts, ignore_index=True)


def ratio_rows(
    metrics: Metrics,
    bases: Metrics,
    reference: str,
    hidden: str,
    *,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return `group, reference, metric, ratio, low, high, note` of shares (not of their means)."""
    exact = confidence > CONFIDENCE
    parts = []
    for metric, found in metrics.items():
        base = bases[metric]
        if len(found.parts) > 1 or metric == "auc":
            continue
        notes = _pair_notes(found, base, hidden)
        value, low, high = quotient(
            found.at(confidence, exact=exact),
            base.at(confidence, exact=exact),
            dependent=found.overlaps,
        )
        no_base = (notes == "") & ~np.isfinite(high)
        known = (notes == "") & ~no_base
        frame = pd.DataFrame({"group": found.groups, "reference": reference, "metric": metric})
        told = {"ratio": value, "low": low, "high": high}
        frame = frame.assign(**{k: np.where(known, side, np.nan) for k, side in told.items()})
        frame = frame.assign(note=np.where(no_base, NO_REFERENCE_RATE, notes))
        parts.append(frame[frame["group"] != reference])
    return pd.concat(parts, ignore_index=True)


def worst_rows(metrics: Metrics, seed: int, hidden: str) -> pd.DataFrame:
    """Return `metric, gap, low, high, noise_floor, note`."""
    rows = []
    for metric, found in metrics.items():
        gap, low, high = map(float, found.widest(CONFIDENCE))
        told = np.isfinite(gap)
        floor = found.noise_floor(seed=seed) if told else np.nan
        why = hidden if found.hidden.any() else TOO_FEW_GROUPS
        rows.append((metric, gap, low, high, floor, "" if told else why))
    return pd.DataFrame(rows, columns=["metric", "gap", "low", "high", "noise_floor", "note"])


def trial_rows(metrics: Metrics) -> pd.DataFrame:
    """Return `group, metric, trials`; of a mean of shares the smaller denominator."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "group": found.groups,
                    "metric": metric,
                    "trials": np.where(
                        found.hidden, np.nan, np.min([part.trials for part in found.parts], axis=0)
                    ),
                }
            )
            for metric, found in metrics.items()
        ],
        ignore_index=True,
    )


def _notes(
    support: NDArray[np.float64],
    noised: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    why: str,
) -> NDArray[np.object_]:
    notes = [
        why if out else note(size, noised=noise)
        for size, noise, out in zip(support, noised, hidden, strict=True)
    ]
    return np.array(notes, dtype=object)


def _pair_notes(found: Estimates, base: Estimates, why: str) -> NDArray[np.object_]:
    support = np.minimum(found.support, base.support)
    return _notes(support, found.noised | base.noised, found.hidden | base.hidden, why)
