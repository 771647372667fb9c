"""Which events are known and in force, and the earliest and latest moment each may stand for.

An event without `effective_at` leaves its place in the order open. So that the doubt never works
for a use of the data, a grant counts from its earliest possible moment and a refusal from its
latest: a grant of unknown date is older than everything, a refusal that is neither dated nor
recorded is newer than everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.consent._events import REFUSALS

__all__ = ["NONE", "Standing", "newest", "standing"]

Rows = NDArray[np.bool_]
Moments = NDArray[np.int64]

NONE = int(np.iinfo(np.int64).min)
BEFORE_ALL = NONE + 1
AFTER_ALL = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Standing:
    """Per event: what it is at a moment, and the span in which its own moment lies.

    Parameters
    ----------
    grants, refusals : array of bool
        Proved opt-ins, and refusals, that are known and in force.
    unproved, expired : array of bool
        Known opt-ins that would be in force with proof; known proved ones that are over.
    earliest, latest, expires : array of int
        Microseconds; the limits where unknown.
    """

    grants: Rows
    refusals: Rows
    unproved: Rows
    expired: Rows
    earliest: Moments
    latest: Moments
    expires: Moments


def standing(
    events: pd.DataFrame, at: pd.Timestamp, known_at: pd.Timestamp | None = None
) -> Standing:
    """Return what each checked event is at `at`, for who knows what was recorded by `known_at`."""
    now = _microseconds(at)
    effective, undated = _times(events["effective_at"])
    recorded, unrecorded = _times(events["recorded_at"])
    expires, endless = _times(events["expires_at"])
    refusal = events["expression"].isin(REFUSALS).to_numpy()
    proved = events["has_proof"].to_numpy(dtype=bool)
    known = np.ones(len(events), dtype=bool)
    if known_at is not None:
        known = np.where(unrecorded, refusal, recorded <= _microseconds(known_at))
    begun = np.where(undated, ~unrecorded & (recorded <= now), effective <= now)
    over = ~endless & (expires <= now)
    opt_in = ~refusal & known & begun
    return Standing(
        grants=opt_in & proved & ~over,
        refusals=refusal & known & (undated | (effective <= now)),
        unproved=opt_in & ~proved & ~over,
        expired=opt_in & proved & over,
        earliest=np.where(undated, BEFORE_ALL, effective),
        latest=np.where(undated, np.where(unrecorded, AFTER_ALL, recorded), effective),
        expires=expires,
    )


def newest(keys: NDArray[np.intp], size: int, rows: Rows, moment: Moments) -> Moments:
    """Return per key the largest `moment` among `rows`; NONE where there is no such row."""
    best = np.full(size, NONE, dtype=np.int64)
    np.maximum.at(best, keys[rows], moment[rows])
    return best


def _times(column: pd.Series) -> tuple[Moments, Rows]:
    values = column.to_numpy(dtype="datetime64[us]")
    return values.astype(np.int64), np.isnat(values)


def _microseconds(moment: pd.Timestamp) -> int:
    plain = moment.tz_localize(None) if moment.tzinfo is not None else moment
    return int(plain.as_unit("us").to_datetime64().astype(np.int64))
