"""What could not be told of a model, and the rows of its groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.fairness._frames import note
from equipoise.tradeoff._measures import GAPS, MEASURES, PROFIT_BOUNDS, RATES_SHOWN
from equipoise.tradeoff._scored import Scored

__all__ = ["group_rows", "notes_of"]

_TOO_FEW_GROUPS = "not estimable (fewer than two groups large enough)"
_NO_GROUP = "not estimable (no group large enough)"
_NO_INTERVAL = "no interval, since fewer than ten customers are contacted"
_NO_EUROS = "the task has no euros"
_EACH_ONCE = "in fits and figures each row counts once"
_NOT_SCORED = "the fit-customers were not scored"
_SIDES = {"value": "", "low": "_low", "high": "_high", "trials": "_trials"}


def notes_of(scored: Scored, measures: Mapping[str, NDArray[np.float64]], model: int) -> list[str]:
    """Return which groups and measures of a model are not estimable, and what no figure heeds."""
    lost = {name for name, told in measures.items() if np.isnan(told[model])}
    why = {
        "auc": note(scored.fewest),
        **dict.fromkeys(("profit_eur", "campaign_eur"), _NO_EUROS),
        **dict.fromkeys((*GAPS, "reach_gap"), _TOO_FEW_GROUPS),
        "worst_group_tpr": _NO_GROUP,
        "attack_advantage": scored.part.no_members or _NOT_SCORED,
        **scored.caused[1],
    }
    told = [f"{name}: {why[name]}" for name in MEASURES if name in lost]
    if "profit_eur" not in lost and PROFIT_BOUNDS[0] in lost:
        told.append(f"profit_eur: {_NO_INTERVAL}")
    weights = scored.part.task.file.weights
    unheeded = [] if weights is None else [f"weights {weights!r} not used: {_EACH_ONCE}"]
    return [*_groups_lost(scored, model), *told, *unheeded]


def _groups_lost(scored: Scored, model: int) -> list[str]:
    rates = {rate: scored.rates[rate] for rate in GAPS.values()} | {"reach": scored.reach}
    return [
        f"{level}: {rate} {note(found.support[model, place])}"
        for rate, found in rates.items()
        for place, level in enumerate(scored.part.levels)
        if not found.known[model, place]
    ]


def group_rows(scored: Scored) -> list[list[dict[str, Any]]]:
    """Return of each model a row for each group: rates with intervals and trials, and reach."""
    part = scored.part
    rows = np.bincount(part.codes, minlength=len(part.levels)).tolist()
    columns = _columns(scored)
    figures = np.stack(list(columns.values()), axis=2).tolist()
    return [
        [
            {"part": part.name, "group": level, "n": n, "n_whole": whole}
            | dict(zip(columns, told, strict=True))
            for level, n, whole, told in zip(
                part.levels, rows, part.whole_groups.tolist(), own, strict=True
            )
        ]
        for own in figures
    ]


def _columns(scored: Scored) -> dict[str, NDArray[np.float64]]:
    """Return the figures of groups by the name of their column, shape (m, g)."""
    rates = {
        f"{rate}{end}": getattr(scored.rates[rate], side)
        for rate in RATES_SHOWN
        for side, end in _SIDES.items()
    }
    reach = {f"reach{end}": getattr(scored.reach, side) for side, end in _SIDES.items()}
    return rates | reach
