"""What to say where a demand cannot be met, and what could be met instead."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity._search import Search

__all__ = ["unreachable"]


def unreachable(search: Search, share: float) -> InputError:
    """Return the refusal, after a search that found no candidate within `share` of the rows."""
    demand, top = search.demand, search.most_general()
    # Sizes and values are settled by the most general candidate; distances are not.
    least = min(tried.suppressed for tried in search.tried.values())
    among = "" if demand.t == 1 else " in the best candidate tried"
    asked = [f"k = {demand.k}"]
    asked += [f"l = {demand.l}"] if demand.l > 1 else []
    asked += [f"t = {demand.t:g}"] if demand.t < 1 else []
    needed = f"{_percent(least / len(search.candidate(top.levels).kept))} suppressed{among}"
    return InputError(
        "k" if len(asked) == 1 else "the demand",
        f"must be reachable with at most {share * 100:.3g} % of the rows suppressed",
        f"{', '.join(asked)}, which needs {needed}",
        f"{_reachable(search)}Add a coarser step such as '*', or allow more to be suppressed.",
    )


def _reachable(search: Search) -> str:
    """Name the greatest k that is reachable at the most general levels with the same l."""
    if search.demand.t < 1:
        return ""
    classes = search.candidate(search.most_general().levels).classes

    def left_out(k: int) -> int:
        return int((~replace(search.demand, k=k).kept_for_size(classes)).sum())

    # A greater k leaves out no fewer rows.
    smaller = range(2, search.demand.k)
    reachable = bisect_right(smaller, search.allowed, key=left_out)
    return f"Within that limit k = {smaller[reachable - 1]} is reachable. " if reachable else ""


def _percent(share: float) -> str:
    # Rounded up: what is shown must suffice.
    return f"{math.ceil(share * 1000 - 1e-9) / 10:g} %"
