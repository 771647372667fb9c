"""What could have been shown: by a mechanism at its claim, and by this subject at twice its claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.evidence._event import Seen
from equipoise.privacy.evidence._family import Family, simulated_losses
from equipoise.privacy.evidence._power import (
    ENOUGH,
    chance_to_show,
    median_shown,
    response_rates,
    runs_needed,
)
from equipoise.privacy.evidence._rates import AnyNoise, Floats, Reading, at_least, at_most
from equipoise.privacy.evidence._result import KnownBy
from equipoise.privacy.evidence._score import chosen_attack
from equipoise.privacy.evidence._setting import Pose, Setting

__all__ = [
    "Chances",
    "family_chances",
    "points_above",
    "power_of",
    "twin_chances",
    "unknown_chances",
]

Rates = tuple[float, float]
SPLITS = 10  # ways to halve the twin's runs: to choose the attack, and to see how often it works
# One-sided, for each of two rates. Averaged over the splits, nine of ten stated chances or more are
# no larger than the true one: measured on several numbers of Laplace and of Gaussian noise.
CAUTION = 0.25


@dataclass(frozen=True)
class Chances:
    """How probably the claim is refuted if the true epsilon is twice it, and how that is known.

    Attributes
    ----------
    by : str
        See `Challenge.chance_by`.
    at : callable
        From a reading and a number of runs to the chance; NaN where it is not known.
    """

    by: KnownBy
    at: Callable[[Reading, int], float]

    def runs_needed(self, reading: Reading) -> int | None:
        """Return a round number of runs with enough chance; None above 100,000, or if not known."""
        return runs_needed(lambda runs: self.at(reading, runs))


def unknown_chances(by: KnownBy) -> Chances:
    """Return chances that nothing tells."""
    return Chances(by, lambda reading, runs: math.nan)


def family_chances(family: Family, pose: Pose, level: float) -> Chances:
    """Return the chances of noise of a known family, in these two worlds."""

    def at(reading: Reading, runs: int) -> float:
        losses = simulated_losses(family, 2 * pose.promise.epsilon, runs, level, reading)
        return float((losses > _limit(pose, reading)).mean())

    return Chances("known noise", at)


def twin_chances(
    worlds: tuple[Floats, Floats], pose: Pose, setting: Setting, readings: Iterable[Reading]
) -> Chances:
    """Return the chances that the runs of a twin of twice the epsilon speak for.

    They never exceed those of a tight mechanism of twice the claim: a twin that shows more shares a
    bug with its subject.
    """
    rates = {reading: _measured_rates(worlds, setting, reading) for reading in readings}
    level = setting.level

    def at(reading: Reading, runs: int) -> float:
        limit = _limit(pose, reading)
        seen = [
            chance_to_show(limit, pair, runs=runs, level=level, reading=reading)
            for pair in rates[reading]
        ]
        chance = float(np.mean(seen))
        if runs != setting.runs and chance < ENOUGH:  # of other runs it is only asked if they do
            return chance
        return min(chance, _tight_chance(pose, reading, runs, level))

    return Chances("a twin", at)


def _measured_rates(
    worlds: tuple[Floats, Floats], setting: Setting, reading: Reading
) -> list[Rates]:
    """Return how often attacks are seen in both worlds, each chosen on one half of these runs.

    The rates are cautious: the higher one at a lower limit, the lower one at an upper limit.
    """
    rng, runs, found = np.random.default_rng(0), setting.runs, []
    for _ in range(SPLITS):
        mixed = [outputs[rng.permutation(len(outputs))] for outputs in worlds]
        first = (mixed[0][:runs], mixed[1][:runs])
        attack = chosen_attack(first, level=setting.level, reading=reading)
        scores = [attack.scores(outputs[runs:]) for outputs in mixed]
        seen = attack.event.seen((scores[0], scores[1]))
        low, high = at_least(seen.hits, runs, CAUTION), at_most(seen.misses, runs, CAUTION)
        found.append((float(low), float(high)))
    return found


def points_above(seen: Seen, pose: Pose, reading: Reading) -> bool:
    """Say whether the claim would be refuted at a level that is no proof."""
    low = at_least(seen.hits, seen.runs[0], CAUTION)
    high = at_most(seen.misses, seen.runs[1], CAUTION)
    return float(reading.loss(low, high)) > _limit(pose, reading)


def _limit(pose: Pose, reading: Reading) -> float:
    """Return the loss, in the terms of a reading, beyond which the claim is refuted."""
    promise = pose.promise
    any_noise = isinstance(reading, AnyNoise)
    return promise.epsilon if any_noise else gaussian_mu(promise.epsilon, promise.delta)


def power_of(pose: Pose, setting: Setting, reading: Reading) -> float:
    """Return the median bound of noise of the subject's family that is exactly at the claim.

    Where it is unknown, of Gaussian noise if the claim is one, else of randomised response.
    """
    promise, runs, level = pose.promise, setting.runs, setting.level
    family = pose.family or _tight_family(pose)
    if family is None:
        rates = response_rates(promise.epsilon, promise.delta)
        return median_shown(rates, runs=runs, level=level, reading=reading)
    losses = simulated_losses(family, promise.epsilon, runs, level, reading)
    return reading.epsilon(float(np.median(losses)))


def _tight_chance(pose: Pose, reading: Reading, runs: int, level: float) -> float:
    promise, family = pose.promise, _tight_family(pose)
    if family is not None:
        return family_chances(family, pose, level).at(reading, runs)
    rates = response_rates(2 * promise.epsilon, promise.delta)
    return chance_to_show(_limit(pose, reading), rates, runs=runs, level=level, reading=reading)


def _tight_family(pose: Pose) -> Family | None:
    """Return Gaussian noise where the claim states its ratio; one of randomised response has none."""
    return Family("gaussian", (pose.promise.delta, 1.0)) if pose.gaussian else None
