"""What guarantees say: the one place that writes what is covered and what is not."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.privacy._guarantee import NUMBER_NOT_COVERED, PRESENCE, Adjacency, Guarantee

__all__ = ["ALWAYS", "NOTHING", "SCORED", "SEEDED", "promised", "whose"]

NOTHING = "everything: an infinite epsilon promises nothing"
SCORED = "the customer whose features are scored by the model"
SEEDED = (
    "anybody who knows the seed, or sees another release with it: they share their noise, which then "
    "cancels, so that epsilons do not add. A seeded release is for study, not a release"
)
ALWAYS = (
    "test figures, plots and audits computed from the data without noise",
    "the choice of epsilon, bounds, categories, settings or columns after looking at the data: they count "
    "as fixed beforehand",
    "other releases about the same customers, whose epsilons add to this one",
    "refusals and warnings (a single outcome, missing values, an undeclared category, rows outside the "
    "bounds, too many rows of one customer, a delta of 1 / n or more, a minimum that is not reached): "
    "they read the data without noise",
    "how long the computation took",
)


def promised(
    epsilon: float,
    delta: float,
    *,
    unit: str,
    adjacency: Adjacency,
    mechanism: str,
    covers: Sequence[str],
    not_covered: Sequence[str] = (),
    mu: float | None = None,
    seeded: bool = False,
) -> Guarantee:
    """Return the guarantee of a release, with its limits in full; `not_covered` is what is its own."""
    if math.isinf(epsilon):
        return Guarantee(epsilon, 0.0, unit, adjacency, "none", (), (NOTHING,), study=seeded)
    number = (NUMBER_NOT_COVERED,) if adjacency == "replace-one" else ()
    own = (*not_covered, *number, *_several_rows(unit, delta), *((SEEDED,) if seeded else ()))
    return Guarantee(
        epsilon=epsilon,
        delta=delta,
        unit=unit,
        adjacency=adjacency,
        mechanism=mechanism,
        covers=tuple(covers),
        does_not_cover=(*ALWAYS, *own),
        mu=mu,
        study=seeded,
    )


def whose(unit: str, adjacency: Adjacency, rows: str) -> str:
    """Return whose facts are covered; `rows` says which rows of a unit, and is not needed for rows."""
    facts = PRESENCE if adjacency == "add-remove" else "the values"
    return f"{facts} of each row" if unit == "row" else f"{facts} of each {unit}'s {rows}"


def _several_rows(unit: str, delta: float) -> tuple[str, ...]:
    if unit != "row":
        return ()
    more = " and more than k times this delta" if delta else ""
    return (f"a customer with k rows, who is promised k times this epsilon{more}, not this one",)
