"""How the figures of an audit came about, in sentences that stand beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.intervals import MINIMUM_TRIALS

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit

__all__ = ["methods"]


def methods(audited: Audit) -> list[str]:
    """Return how intervals were made, and what was done to rows and counts."""
    told = [
        "Rates have 95 % Wilson intervals, gaps Newcombe's, ratios the log method.",
        "The largest gap has a 95 % interval that holds for all pairs of groups at once: its lower "
        "bound pays for the search by the studentized range; its upper bound needs no such payment.",
        "The noise floor is the 95 % quantile of the largest gap when customers are dealt to the "
        "groups by chance.",
        f"A rate with fewer than {MINIMUM_TRIALS} customers in its denominator is not estimable, "
        "whatever its numerator.",
    ]
    if audited.counts.is_weighted:
        told.append(
            "Rows are weighted. Wilson's form takes plain counts, so each rate is read at the "
            "number of customers that its weighted rows amount to (the effective n)."
        )
    if audited.rows is not None and audited.rows.customers is not None:
        told.append(
            "Some customers have several rows. The customer is the sampling unit: each rate is read "
            "at the number of independent customers that its rows amount to."
        )
    if audited.counts.is_noised:
        told.append(
            "Noise was added to the counts. Intervals include it, at the scale that the table "
            "states; that scale is taken as true. What noise does to a rate is worked out with a denominator "
            "two standard deviations smaller than the noised one, since a rate is shown rather where noise "
            "made it large."
        )
    if audited.below:
        told.append(
            f"Figures that give away a count below {audited.below} are left out, and so are further "
            "ones from which it could be worked out. This is no differential privacy."
        )
    return told
