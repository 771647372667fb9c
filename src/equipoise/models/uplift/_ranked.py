"""A campaign's rows in the order of their scores, with ties kept together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.models.uplift._campaign import Campaign

__all__ = ["FIELDS", "Ranked", "ranked"]

Floats = NDArray[np.float64]

FIELDS = ("trials", "hits", "by_row", "by_customer", "both", "of_hits")
"""What is summed of an arm: weights, those of positive rows, and squares of weights by row; and over
customers the squares of trials, the products of trials and hits, and the squares of hits."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows of a campaign, the highest scores first.

    Attributes
    ----------
    y, treated : array, shape (n,)
    weights : array of float, shape (n,)
    codes : array of int, shape (n,), or None
        Number of each row's customer; None where every row is its own.
    ends : array of int, shape (levels,)
        How many rows score at least as high as each level of the score.
    """

    y: NDArray[np.int_]
    treated: NDArray[np.int_]
    weights: Floats
    codes: NDArray[np.intp] | None
    ends: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def levels(self) -> Floats:
        """Running sums down to each level, shape (5, levels).

        They are of rows, and of trials and hits of those left alone and of the contacted.
        """
        last = self.ends - 1
        sums = [self.ends.astype(float)]
        for arm in (0, 1):
            own = self._of(arm)
            sums += [own.cumsum()[last], (own * self.y).cumsum()[last]]
        return np.stack(sums)

    @cached_property
    def totals(self) -> Floats:
        """Sums of each arm over all rows, shape (fields, arms)."""
        return self.between(0, len(self))

    def down_to(self, rows: Floats) -> Floats:
        """Return the sums of each arm over so many rows from the top, shape (fields, arms, points).

        Where a number of rows ends among tied ones, each of these counts by the same fraction, as
        if the tie were broken by lot again and again. So the order of rows decides nothing.
        """
        opens = np.concatenate([[0], self.ends[:-1]])
        level = np.minimum(np.searchsorted(self.ends, rows, side="left"), len(opens) - 1)
        first, last = opens[level], self.ends[level]
        part = (rows - first) / (last - first)
        before, after = self._above(first), self._above(last)
        # Squares of fractions of weights; for customers with several rows no less than that.
        power = np.array([1, 1, 2, 2, 2, 2] if self.codes is None else [1, 1, 2, 1, 1, 1])
        found: Floats = before + part ** power[:, None, None] * (after - before)
        return found

    def between(self, start: float, stop: float) -> Floats:
        """Return the sums of each arm over the rows from one place to another, shape (fields, arms)."""
        if stop <= start:
            return np.zeros((len(FIELDS), 2))
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.ends, stop, side="left"))
        opens = np.concatenate([[0], self.ends])[first : last + 1]
        closes = self.ends[first : last + 1]
        inside = np.minimum(closes, stop) - np.maximum(opens, start)
        counted = np.repeat(inside / (closes - opens), closes - opens)
        rows = slice(int(opens[0]), int(closes[-1]))
        return np.stack([_totals(*each) for each in self._arms(rows, counted)], axis=1)

    def of_arm(self, arm: int) -> Ranked:
        """Return the rows of one arm."""
        own = self.treated == arm
        ends = np.unique(own.cumsum()[self.ends - 1])
        codes = None if self.codes is None else self.codes[own]
        return Ranked(self.y[own], self.treated[own], self.weights[own], codes, ends[ends > 0])

    def _of(self, arm: int) -> Floats:
        return np.where(self.treated == arm, self.weights, 0.0)

    def _above(self, places: NDArray[np.intp]) -> Floats:
        """Return the sums of each arm over the rows above some places, shape (fields, arms, places)."""
        cuts, where = np.unique(np.append(places, 0), return_inverse=True)
        inside = cuts[cuts < len(self)]
        found = np.zeros((len(FIELDS), 2, len(inside) + 1))
        for arm in (0, 1):
            for field, values in enumerate(self._summands(self._of(arm))):
                found[field, arm, 1:] = np.add.reduceat(values, inside).cumsum()
        return found[..., where[:-1]]

    def _arms(
        self, rows: slice, counted: Floats
    ) -> list[tuple[Floats, NDArray[np.int_], NDArray[np.intp] | None]]:
        codes = None if self.codes is None else self.codes[rows]
        weights, treated = self.weights[rows] * counted, self.treated[rows]
        return [(np.where(treated == arm, weights, 0.0), self.y[rows], codes) for arm in (0, 1)]

    def _summands(self, own: Floats) -> list[Floats]:
        hits, squares = own * self.y, own**2
        if self.codes is None:
            return [own, hits, squares, squares, squares * self.y, squares * self.y]
        order = np.argsort(self.codes, kind="stable")
        starts = np.flatnonzero(np.diff(self.codes[order], prepend=-1))
        trials_before = _earlier(own, order, starts)
        hits_before = _earlier(hits, order, starts)
        both = own * hits + own * hits_before + hits * trials_before
        of_hits = hits**2 + 2 * hits * hits_before
        return [own, hits, squares, squares + 2 * own * trials_before, both, of_hits]


def ranked(campaign: Campaign, scores: Floats) -> Ranked:
    """Return a campaign's rows by falling score."""
    order = np.argsort(-scores)
    fallen = scores[order]
    ends = np.flatnonzero(np.append(fallen[1:] != fallen[:-1], True)) + 1
    own = campaign.repeated
    codes = None if own is None else own[order]
    return Ranked(campaign.y[order], campaign.treated[order], campaign.weights[order], codes, ends)


def _earlier(values: Floats, order: NDArray[np.intp], starts: NDArray[np.intp]) -> Floats:
    """Return for each row what its customer's rows before it sum to."""
    by_customer = values[order]
    running = by_customer.cumsum() - by_customer
    opening = np.repeat(running[starts], np.diff(np.append(starts, len(order))))
    found = np.empty(len(order))
    found[order] = running - opening
    return found


def _totals(own: Floats, y: NDArray[np.int_], codes: NDArray[np.intp] | None) -> Floats:
    hits, squares = own * y, own * own
    if codes is None:
        of_hits = (squares * y).sum()
        quadratic = [squares.sum(), of_hits, of_hits]
    else:
        numbered = np.unique(codes, return_inverse=True)[1]
        trials, answered = (np.bincount(numbered, weights=part) for part in (own, hits))
        quadratic = [(trials**2).sum(), (trials * answered).sum(), (answered**2).sum()]
    return np.array([own.sum(), hits.sum(), squares.sum(), *quadratic])
