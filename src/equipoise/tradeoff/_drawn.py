"""Measures of many models on the same draws of customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.fairness._decisions import GroupRates
from equipoise.tradeoff._draws import REPLICATES, drawn_sums, fixed_point
from equipoise.tradeoff._measures import DRAWN, GAPS
from equipoise.tradeoff._parts import Part

__all__ = ["Drawn"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What draws need to know of m models of n rows.

    Attributes
    ----------
    part : Part
    contacted : array of bool, shape (m, n)
    placements : array of float, shape (m, n)
        As `Ranked` has them.
    taken : array of float, shape (m, n)
        How much of each row is contacted, over all ways to break the tie at the cut.
    amounts : mapping of str to array, shape (n,)
        What each row adds if it is contacted: `profit_eur`, `opt_outs`, `complaints`.
    """

    part: Part
    contacted: NDArray[np.bool_]
    placements: Floats
    taken: Floats
    amounts: Mapping[str, Floats]

    def of(
        self, sample: Mapping[str, Floats], rates: Mapping[str, GroupRates], reach: GroupRates
    ) -> tuple[Floats, Floats]:
        """Return draws of `DRAWN`, (m, replicates + 1, measures), and of rates by group.

        Replicate 0 is the sample. Rates, amounts and what is made of them are exact; the area
        under the curve is that of its first derivative by the weights, whose error is of the order
        of one over the rows of the rarer outcome. A group that is not estimable in the sample stays
        out of every draw; a draw without a row of a group that is has no gap.
        """
        outcome_rates = {name: self._rate(name) for name in GAPS.values()}
        drawn = self._gaps(rates, reach, outcome_rates) | self._amounts()
        drawn["auc"] = self._areas(sample["auc"])
        missing = np.full((len(self.contacted), REPLICATES), np.nan)
        draws = np.stack([drawn.get(name, missing) for name in DRAWN], axis=2)
        first = np.stack([sample[name] for name in DRAWN], axis=1)
        by_group = np.stack(
            [_masked(each, rates[name]) for name, each in outcome_rates.items()], axis=3
        )
        own = np.stack([rates[name].value for name in outcome_rates], axis=2)
        return _with_sample(first, draws), _with_sample(own, by_group)

    @cached_property
    def _scales(self) -> list[float]:
        ones = np.ones(len(self.part.task))
        return [1.0, fixed_point(ones), *(fixed_point(own) for own in self.amounts.values())]

    def _columns(self, rows: NDArray[np.intp]) -> Floats:
        """Return contacts, placements and amounts of some rows, as whole numbers."""
        taken = self.taken[:, rows]
        parts = [self.contacted[:, rows].astype(float), self.placements[:, rows]]
        parts += [taken * own[rows] for own in self.amounts.values()]
        scaled = [part * scale for part, scale in zip(parts, self._scales, strict=True)]
        return np.rint(np.concatenate(scaled))

    @cached_property
    def _drawn(self) -> tuple[Floats, Floats]:
        """Sums by kind, group, outcome, model and replicate; and rows by group, kind and replicate."""
        kinds, models = len(self._scales), len(self.contacted)
        sums, rows = drawn_sums(self.part, self._columns, kinds * models)
        by_kind = np.moveaxis(sums.reshape(*sums.shape[:2], kinds, models, -1), 2, 0)
        return by_kind / np.reshape(self._scales, (-1, 1, 1, 1, 1)), rows

    def _rate(self, name: str) -> Floats:
        """Return the share contacted by group, of all its permitted rows or of the positive ones."""
        (contacts, *_), rows = self._drawn
        counted = slice(1, 2) if name == "true_positive_rate" else slice(0, 2)
        return _shares(contacts[:, counted].sum(axis=1), rows[:, counted].sum(axis=1))

    def _gaps(
        self, rates: Mapping[str, GroupRates], reach: GroupRates, drawn: Mapping[str, Floats]
    ) -> dict[str, Floats]:
        (contacts, *_), rows = self._drawn
        reached = _shares(contacts.sum(axis=1), rows.sum(axis=1))
        told, lowest = rates["true_positive_rate"], drawn["true_positive_rate"]
        least = np.min(lowest, axis=2, initial=1.0, where=_known(told))
        return {
            **{gap: _widest(drawn[name], rates[name]) for gap, name in GAPS.items()},
            "reach_gap": _widest(reached, reach),
            "worst_group_tpr": np.where(_known(told).any(axis=2), least, np.nan),
        }

    def _amounts(self) -> dict[str, Floats]:
        """Return amounts per 1,000 rows: euros of the permitted, and everything of the whole."""
        (_, _, *sums), rows = self._drawn
        permitted, whole = rows[:, :2].sum(axis=(0, 1)), rows.sum(axis=(0, 1))
        totals = dict(zip(self.amounts, (own.sum(axis=(0, 1)) for own in sums), strict=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = {name: 1000 * total / whole for name, total in totals.items()}
            if "profit_eur" in totals:
                found["campaign_eur"] = found["profit_eur"]
                found["profit_eur"] = 1000 * totals["profit_eur"] / permitted
        return found

    def _areas(self, sample: Floats) -> Floats:
        (_, placed, *_), rows = self._drawn
        with np.errstate(divide="ignore", invalid="ignore"):
            negative, positive = (
                placed[:, side].sum(axis=0) / rows[:, side].sum(axis=0) for side in (0, 1)
            )
        return np.asarray(np.clip(positive + negative - sample[:, None], 0, 1))


def _with_sample(sample: Floats, drawn: Floats) -> Floats:
    """Return draws with the sample in front, as replicate 0."""
    return np.concatenate([sample[:, None], drawn], axis=1)


def _shares(contacts: Floats, rows: Floats) -> Floats:
    """Return shares by model, replicate and group, of counts by group first; NaN of no row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.moveaxis(contacts / rows[:, None], 0, 2))


def _known(found: GroupRates) -> NDArray[np.bool_]:
    return found.known[:, None]


def _masked(drawn: Floats, found: GroupRates) -> Floats:
    return np.asarray(np.where(_known(found), drawn, np.nan))


def _widest(drawn: Floats, found: GroupRates) -> Floats:
    """Return the largest gap between groups that are estimable in the sample, draw by draw."""
    most = np.max(drawn, axis=2, initial=0.0, where=_known(found))
    least = np.min(drawn, axis=2, initial=1.0, where=_known(found))
    return np.where(_known(found).sum(axis=2) > 1, most - least, np.nan)
