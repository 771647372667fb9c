"""What the documents of a CRM say about it, as one small value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from equipoise.crm._gaps import injected
from equipoise.crm._group_counts import counts_by_group
from equipoise.crm._life import Settings
from equipoise.crm._margin_counts import margin_counts

if TYPE_CHECKING:
    from equipoise.crm._records import CRM

__all__ = ["Described", "described"]


@dataclass(frozen=True, eq=False)
class Described:
    """A world's parameters, the sizes of its tables, and the figures that its documents quote.

    Parameters
    ----------
    seed : int
    settings : Settings
    customers : int
        Individuals drawn, recorded or not.
    counted : int
        Individuals, the first ones, from whom `margins`, `groups` and `injected` were counted.
    rows : mapping of str to int
        Rows of each table, for all customers.
    margins, groups : pandas.DataFrame
        As `margin_counts` and `counts_by_group` return them.
    injected : pandas.DataFrame
        For each distortion, as text: `measure` (which it moves), `n, recorded_rate,
        undistorted_rate, injected` of its group.
    """

    seed: int
    settings: Settings
    customers: int
    counted: int
    rows: Mapping[str, int]
    margins: pd.DataFrame
    groups: pd.DataFrame
    injected: pd.DataFrame


def described(
    crm: CRM, *, customers: int | None = None, rows: Mapping[str, int] | None = None
) -> Described:
    """Return what documents need to know.

    Parameters
    ----------
    crm : CRM
        The customers that figures are counted from: all, or the first of a world too large.
    customers : int, optional
        Individuals in the whole world, if more than in `crm`.
    rows : mapping of str to int, optional
        Rows of each table in the whole world.
    """
    return Described(
        seed=crm.seed,
        settings=crm.settings,
        customers=crm.draws.customers if customers is None else customers,
        counted=crm.draws.customers,
        rows={name: len(table) for name, table in crm.tables.items()} if rows is None else rows,
        margins=margin_counts(crm.tables, crm.truth),
        groups=counts_by_group(crm.tables),
        injected=_injected(crm),
    )


def _injected(crm: CRM) -> pd.DataFrame:
    rows = []
    for each in crm.distortions:
        column, value = each.group
        alone = crm if len(crm.distortions) == 1 else crm.with_distortions(each)
        gaps = injected(alone.tables, crm.clean_twin.tables, column, each.moves).set_index("group")
        figures = gaps.reindex([value])[["n", "recorded_rate", "undistorted_rate", "injected"]]
        rows.append(figures.assign(distortion=str(each), measure=each.moves))
    if not rows:
        return pd.DataFrame(columns=["measure", "n", "injected"])
    return pd.concat(rows).set_index("distortion")
