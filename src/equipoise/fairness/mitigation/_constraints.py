"""Rates that can be constrained, in fairlearn's words, and fairlearn without its noise."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pandas.errors import Pandas4Warning

from equipoise._checks import check_choice
from equipoise.fairness.mitigation._people import Rows, check_outcomes

__all__ = ["check_constraint", "moment", "without_pandas_noise"]

# Each with the outcomes that every group must have: fairlearn leaves a group out in silence where
# its rate cannot be formed.
NEEDED: dict[str, tuple[int, ...]] = {
    "demographic_parity": (),
    "equalized_odds": (0, 1),
    "true_positive_rate_parity": (1,),
    "false_positive_rate_parity": (0,),
}
MOMENTS = {
    "demographic_parity": "DemographicParity",
    "equalized_odds": "EqualizedOdds",
    "true_positive_rate_parity": "TruePositiveRateParity",
    "false_positive_rate_parity": "FalsePositiveRateParity",
}


def check_constraint(constraint: str, rows: Rows) -> None:
    """Refuse an unknown constraint, and a group in which its rate cannot be formed."""
    needed = NEEDED[check_choice("constraint", constraint, NEEDED)]
    if needed:
        check_outcomes(rows, needed)


def moment(constraint: str, **bound: float) -> Any:
    """Return fairlearn's object for a constraint."""
    from fairlearn import reductions

    return getattr(reductions, MOMENTS[constraint])(**bound)


@contextmanager
def without_pandas_noise() -> Iterator[None]:
    """Silence what pandas says of two habits in fairlearn 0.15's own lines, and nothing else."""
    with warnings.catch_warnings():
        for said in (
            "Setting a value on a Series via .at",
            "Setting an item of incompatible dtype",
        ):
            warnings.filterwarnings("ignore", said, Pandas4Warning, module=r"fairlearn\.")
        yield
