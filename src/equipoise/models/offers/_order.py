"""Positions: who is shown what first, with ties broken by seed."""

from __future__ import annotations

import numpy as np

from equipoise.models.offers._rows import Codes, Floats, OfferRows

__all__ = ["attention", "positions"]


def positions(rows: OfferRows, scores: Floats, ties: Floats) -> Codes:
    """Return each row's place among its customer's items, from 1 for the highest score."""
    order = np.lexsort((ties, -scores, rows.customer))
    start = np.cumsum(rows.own) - rows.own
    place = np.empty(len(rows), dtype=np.intp)
    place[order] = 1 + np.arange(len(rows)) - start[rows.customer[order]]
    return place


def attention(position: Codes, top: int) -> Floats:
    """Return 1 / log2(1 + position) of what is shown, 0 of the rest."""
    return np.asarray(np.where(position <= top, 1 / np.log2(1 + position), 0.0))
