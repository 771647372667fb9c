"""Which groups would tell of single customers if an audit were published."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.exceptions import InputError

__all__ = ["HIDDEN", "check_not_suppressed", "hidden_groups"]

HIDDEN = "suppressed (a count below {below})"


def hidden_groups(people: NDArray[Any], *, below: int) -> NDArray[np.bool_]:
    """Return which groups must not be shown at all, shape (g,).

    Rates and sizes together give all four cells of a group away, so a group is hidden as a whole
    where one of them is below `below`: zero, too, since it says of all others that they are not so.
    Who knows the cells of everybody, as from another attribute, has the sum of the hidden groups;
    therefore further groups are hidden, the smallest first, until no such sum is small. One group
    alone is never hidden but with all others, and no sum of several that can be worked out is
    below the limit.

    Parameters
    ----------
    people : array, shape (g, 4)
        Customers of each group with rows in each cell.
    below : int
        The least count that may be shown; 0 hides nothing.
    """
    hidden = np.asarray((people < below).any(axis=1)) & (below > 0)
    order = np.argsort(people.min(axis=1), kind="stable")
    while hidden.any() and not hidden.all() and (people[hidden].sum(axis=0) < below).any():
        hidden[order[~hidden[order]][0]] = True
    return hidden


def check_not_suppressed(what: str, shown: str, *, below: int, them: str = "it") -> None:
    """Refuse what would give hidden cells away by its margins."""
    if below:
        raise InputError(
            what,
            "must not be shown of a suppressed audit",
            shown,
            f"Publish {them} from noised counts: audit_counts honours `noise_scale`.",
        )
