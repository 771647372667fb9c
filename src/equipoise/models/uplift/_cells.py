"""Customers dealt into parts for cross-fitting, and the least that a learner can learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS
from equipoise.models.uplift._campaign import Campaign
from equipoise.models.uplift._policy_rows import CampaignRows

__all__ = ["check_cells", "dealt"]

ARMS = ("left alone", "contacted")
OUTCOMES = ("without the outcome", "with it")


def dealt(campaign: Campaign | CampaignRows, folds: int, seed: int) -> NDArray[np.intp]:
    """Return the part of each row, from 0.

    Customers are shuffled, ordered by arm and by outcome, and dealt like cards: all parts have
    nearly the same share of either arm, and in it of either outcome.
    """
    check_whole("folds", folds, low=2, next_move="Use 5 or 10.")
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    codes = np.arange(len(campaign.y)) if campaign.codes is None else campaign.codes
    rows = np.bincount(codes)
    positive = np.bincount(codes, weights=campaign.y) / rows
    treated = np.bincount(codes, weights=campaign.treated) / rows
    shuffled = np.random.default_rng(seed).random(len(rows))
    part = np.empty(len(rows), dtype=np.intp)
    part[np.lexsort((shuffled, positive, treated))] = np.arange(len(rows)) % folds
    of_row: NDArray[np.intp] = part[codes]
    return of_row


def check_cells(campaign: Campaign, rows: NDArray[np.intp] | None = None) -> None:
    """Refuse rows with fewer than ten customers of either outcome in either arm."""
    taken = np.arange(len(campaign.y)) if rows is None else rows
    whose = taken if campaign.codes is None else campaign.codes[taken]
    cell = 2 * campaign.treated[taken] + campaign.y[taken]
    found = [len(np.unique(whose[cell == each])) for each in range(4)]
    least = int(np.argmin(found))
    if found[least] < MINIMUM_TRIALS:
        raise InputError(
            "campaign",
            f"must have at least {MINIMUM_TRIALS} customers of either outcome in either arm to "
            "learn from",
            f"{found[least]} {ARMS[least // 2]} {OUTCOMES[least % 2]}",
            "Use more customers, or more folds so that each model sees more of them.",
        )
