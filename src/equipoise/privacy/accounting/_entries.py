"""The entries of a ledger as a table that says what was stated and what it was converted to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from equipoise.privacy.accounting._book import Spend
from equipoise.privacy.accounting._sources import stated

__all__ = ["entries_frame"]

_TYPES = {
    "number": "int64",
    **dict.fromkeys(("time", "who", "what", "purpose", "unit", "adjacency", "mechanism"), "str"),
    "composition": "str",
    **dict.fromkeys(("epsilon", "delta", "rho", "mu"), "float64"),
    "epsilon_is": "str",
    **dict.fromkeys(("stated_epsilon", "stated_delta"), "float64"),
    "stated_adjacency": "str",
    "plan": "Int64",
    "does_not_cover": "str",
    "hash": "str",
}


def entries_frame(spends: Sequence[Spend]) -> pd.DataFrame:
    """Return one row an entry; types do not depend on what is in it."""
    return pd.DataFrame([_row(spend) for spend in spends], columns=list(_TYPES)).astype(_TYPES)


def _row(spend: Spend) -> dict[str, Any]:
    epsilon, delta, adjacency = stated(spend.source)
    return {name: getattr(spend, name, None) for name in _TYPES} | {
        "epsilon_is": _meaning(spend),
        "stated_epsilon": epsilon,
        "stated_delta": delta,
        "stated_adjacency": adjacency or spend.adjacency,
        "does_not_cover": "; ".join(spend.source.get("guarantee", {}).get("does_not_cover", ())),
    }


def _meaning(spend: Spend) -> str:
    """Say what the epsilon of an entry is."""
    source, chosen = spend.source, spend.source.get("delta")
    if spend.plan is not None:
        return f"paid by plan {spend.plan}"
    if "event" not in source and "plan" not in source:
        same = (stated(source)[2] or spend.adjacency) == spend.adjacency
        return "as stated" if same else f"as stated, converted to {spend.adjacency}"
    if chosen is None and math.isinf(spend.epsilon):
        return "none: no delta was left to state one at"
    if chosen is None and spend.delta > 0:
        return "of the event, at a tenth of the delta that was left"
    whole = "plan" if "plan" in source else "event"
    return f"of the {whole}, at the delta that was chosen" if chosen else "of the event, pure"
