"""One metric of several groups: its parts as counts, and from these values and intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.fairness._tally import Tally
from equipoise.fairness.rates import Rate
from equipoise.intervals import MINIMUM_TRIALS, Interval, clopper_pearson, wilson
from equipoise.intervals.chance import noise_floor
from equipoise.intervals.compared import mean_of
from equipoise.intervals.noise import noise_reach, with_noise
from equipoise.intervals.repeated import carriers_of, effective_trials
from equipoise.intervals.search import all_pairs, widest

__all__ = ["Estimates", "Part", "estimates_of"]

Floats = NDArray[np.float64]
DOUBT = 2.0  # standard deviations of its noise that a denominator is taken to be too large by


@dataclass(frozen=True, eq=False)
class Part:
    """A share by group, as a plain sample of the same certainty would have counted it.

    Attributes
    ----------
    hits, trials : array, shape (g,)
        Counts, divided by how much weights and repeated customers inflate the variance.
    support : array, shape (g,)
        Independent customers in the denominator, whatever their outcome: what decides whether a
        rate is estimable.
    noise : array, shape (2, g)
        Variance and fourth cumulant of the noise in the share.
    """

    hits: Floats
    trials: Floats
    support: Floats
    noise: Floats

    def at(self, confidence: float, *, exact: bool) -> Interval:
        """Return the share with an interval, by Clopper and Pearson or by Wilson."""
        rates = (clopper_pearson if exact else wilson)(
            self.hits, self.trials, confidence=confidence
        )
        if not self.noise.any():
            return rates
        return with_noise(rates, noise_reach(*self.noise, confidence=confidence))

    def shrunk_by(self, effect: ArrayLike) -> Self:
        """Return the part at so many times fewer customers."""
        by = np.asarray(effect, float)
        hits, trials, support = self.hits / by, self.trials / by, self.support / by
        return replace(self, hits=hits, trials=trials, support=support)

    def take(self, places: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return the part of some groups."""
        return replace(
            self,
            hits=self.hits[places],
            trials=self.trials[places],
            support=self.support[places],
            noise=self.noise[:, places],
        )


@dataclass(frozen=True, eq=False)
class Estimates:
    """One metric by group: a share, or the mean of several.

    Attributes
    ----------
    groups : tuple of str
    parts : tuple of Part
    hidden : array of bool, shape (g,)
        Which groups must not be shown, since their counts would tell of single customers.
    overlaps : bool
        Whether some customer has rows in several groups, so that groups are no independent samples.
    """

    groups: tuple[str, ...]
    parts: tuple[Part, ...]
    hidden: NDArray[np.bool_]
    overlaps: bool = False

    @property
    def support(self) -> Floats:
        """Independent customers in the smallest denominator, by group."""
        return np.asarray(np.min([part.support for part in self.parts], axis=0))

    @property
    def noised(self) -> NDArray[np.bool_]:
        """In which groups noise was added to a part."""
        return np.asarray(np.any([part.noise[0] > 0 for part in self.parts], axis=0))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which groups have enough customers to state a rate, and may be shown."""
        return np.asarray((self.support >= MINIMUM_TRIALS) & ~self.hidden)

    def at(self, confidence: float, *, exact: bool = False) -> Interval:
        """Return values with intervals by group; NaN where they are not known."""
        told = mean_of([part.at(confidence, exact=exact) for part in self.parts])
        return Interval(*(np.where(self.known, side, np.nan) for side in told))

    def take(self, places: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return the estimates of some groups."""
        names = np.array(self.groups, dtype=object)[places]
        parts = tuple(part.take(places) for part in self.parts)
        return replace(self, groups=tuple(names), parts=parts, hidden=self.hidden[places])

    def widest(self, confidence: float) -> Interval:
        """Return the largest gap between any two known groups."""
        known = self.take(self.known)
        count = len(known.groups)
        if count < 2:
            return Interval(*np.full(3, np.nan))
        searched = known.at(all_pairs(count, confidence), exact=count > 2)
        return widest(known.at(confidence), searched, dependent=self.overlaps)

    def noise_floor(self, *, seed: int) -> float:
        """Return the largest gap between known groups that chance alone would show."""
        known = self.take(self.known)
        counts = [(part.hits, part.trials) for part in known.parts]
        added = sum(part.noise[0] for part in known.parts) / len(known.parts) ** 2
        return noise_floor(counts, noise=np.sqrt(added), seed=seed)


def estimates_of(
    tally: Tally, rate: Rate, hidden: NDArray[np.bool_], *, overlaps: bool = False
) -> Estimates:
    """Return a rate of every group of a tally."""
    masks = rate(*np.eye(4)).parts
    return Estimates(tally.groups, tuple(_part(tally, *mask) for mask in masks), hidden, overlaps)


def _part(tally: Tally, hit: Floats, tried: Floats) -> Part:
    """Return a share by group; `hit` and `tried` say which of the four cells it counts."""
    trials = np.maximum(tally.counts @ tried, 0)
    hits = np.clip(tally.counts @ hit, 0, trials)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(trials > 0, hits / trials, 0.0)
    own_hits, crossed, own_trials = (
        np.einsum("gij,i,j->g", tally.products, one, other)
        for one, other in ((hit, hit), (hit, tried), (tried, tried))
    )
    # Repeating the rows of weighted customers must not lift the cap that their weights are.
    plain = np.array_equal(tally.counts, tally.rows)
    size = effective_trials(
        hits,
        trials,
        deviation=np.maximum(own_hits - 2 * rate * crossed + rate**2 * own_trials, 0),
        by_row=tally.squares @ tried if plain else own_trials,
        by_customer=own_trials,
        carriers=carriers_of(
            hits, trials, of_hits=own_hits, of_misses=own_trials - 2 * crossed + own_hits
        ),
    )
    # Rounded, so that 20 rows over an effect of 2 are ten customers and not 9.999999999999998.
    size = np.round(size, 9)
    support, noise = (
        _support(tally, tried, trials, own_trials),
        _noise(tally, hit, tried, rate, trials),
    )
    return Part(np.minimum(rate * size, size), size, support, noise)


def _support(tally: Tally, tried: Floats, trials: Floats, own_trials: Floats) -> Floats:
    """Return the customers that a denominator surely has, by weights, repeats and noise alone."""
    with np.errstate(divide="ignore", invalid="ignore"):
        customers = np.where(own_trials > 0, trials**2 / own_trials, 0.0)
    doubt = 3 * np.sqrt(tally.noise[0] @ tried)
    share = np.where(trials > 0, np.maximum(trials - doubt, 0) / np.maximum(trials, 1e-300), 0.0)
    return np.asarray(np.round(customers * share, 9))


def _noise(tally: Tally, hit: Floats, tried: Floats, rate: Floats, trials: Floats) -> Floats:
    """Return variance and fourth cumulant of the noise in a share, by group.

    The denominator holds noise, too, and a rate is shown rather where that is positive. Divided by the
    noisy denominator, 95 % intervals of such rates held in as few as .41 of draws; by one two standard
    deviations smaller in .91 or more, and in .79 where fewer than one rate in a hundred is shown. With
    plenty of customers both are the same.
    """
    variance, fourth = tally.noise
    sure = trials - DOUBT * np.sqrt(variance @ tried)
    pull = (hit - np.outer(rate, tried)) / np.maximum(sure, 1)[:, None]
    return np.stack([(variance * pull**2).sum(axis=1), (fourth * pull**4).sum(axis=1)])
