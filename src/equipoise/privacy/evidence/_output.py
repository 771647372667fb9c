"""The attack on what is released."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.evidence._event import Seen
from equipoise.privacy.evidence._family import simulated_losses
from equipoise.privacy.evidence._power import (
    Power,
    best_threshold,
    chance_to_show,
    gaussian_rates,
    median_shown,
    response_rates,
    runs_needed,
)
from equipoise.privacy.evidence._rates import AnyNoise, Floats, GaussianNoise, Reading
from equipoise.privacy.evidence._result import Bound, Challenge, verdict_of
from equipoise.privacy.evidence._score import chosen_attack
from equipoise.privacy.evidence._setting import Pose, Setting
from equipoise.privacy.evidence._subject import drawn_numbers

__all__ = ["attacked_output", "power_of"]


def attacked_output(
    pose: Pose,
    setting: Setting,
    *,
    statistic: Callable[[Any], float] | None,
    event: Callable[[Any], bool] | None,
) -> Challenge:
    """Return the claim beside what the released numbers show."""
    called, read = ("event", event) if event else ("statistic", statistic)
    told = "the event as given" if event else None
    worlds = drawn_numbers(
        pose.subject,
        setting.by_world(),
        runs=2 * setting.runs,
        read=read,
        called=called if read else "output",
    )
    promise = pose.promise
    readings: list[Reading] = [AnyNoise(promise.delta)]
    if promise.mu is not None:
        readings.insert(0, GaussianNoise(promise.delta))
    bounds, attacks = [], []
    for reading in readings:
        shown, attack = _judged(worlds, setting, reading)
        bounds.append(_bound(shown, pose, setting, reading))
        attacks.append(f"{told or attack} in {shown.hits:,} and {shown.misses:,} runs")
    decides = bounds[0]
    verdict = verdict_of(decides, promise.epsilon)
    return Challenge(
        subject=pose.subject.name,
        promise=promise,
        decided_by=decides,
        without_assumption=bounds[1] if bounds[1:] else None,
        runs=setting.runs,
        confidence=setting.confidence,
        verdict=verdict,
        view="output",
        worlds=pose.worlds,
        attack=attacks[0],
        may_show_less=pose.may_show_less or read is not None or worlds[0].shape[1] > 1,
        runs_needed=_needed(pose, setting) if verdict == "cannot say" else None,
    )


def _judged(worlds: tuple[Floats, Floats], setting: Setting, reading: Reading) -> tuple[Seen, str]:
    """Choose the attack on the first half of the runs, and count on the second."""
    first = (worlds[0][: setting.runs], worlds[1][: setting.runs])
    attack = chosen_attack(first, level=setting.level, reading=reading)
    second = [attack.scores(outputs[setting.runs :]) for outputs in worlds]
    return attack.event.seen((second[0], second[1])), str(attack.event)


def _bound(shown: Seen, pose: Pose, setting: Setting, reading: Reading) -> Bound:
    perfect = Seen(setting.runs, 0, (setting.runs, setting.runs))
    power = power_of(pose, runs=setting.runs, level=setting.level, reading=reading)
    return Bound(
        assumes="any noise" if isinstance(reading, AnyNoise) else "Gaussian noise",
        lower_bound=shown.epsilon(setting.level, reading),
        ceiling=perfect.epsilon(setting.level, reading),
        power=power.shown,
        chance_to_refute=power.chance_to_refute,
    )


def power_of(pose: Pose, *, runs: int, level: float, reading: Reading) -> Power:
    """Return what noise of the subject's family would show.

    Where it is unknown, that is randomised response, or Gaussian noise if the claim is one.
    """
    promise, chance = pose.promise, chance_of(pose, runs=runs, level=level, reading=reading)
    if pose.family is not None:
        losses = simulated_losses(pose.family, promise.epsilon, runs, level)
        return Power(float(np.median(losses)), chance)
    rates = _tight_rates(promise, promise.epsilon, runs, level, reading)
    shown = median_shown(rates, runs=runs, level=level, reading=reading)
    return Power(shown, chance)


def chance_of(pose: Pose, *, runs: int, level: float, reading: Reading) -> float:
    """Return the probability of refuting the claim where the true epsilon is twice it."""
    promise = pose.promise
    if pose.family is not None:
        losses = simulated_losses(pose.family, 2 * promise.epsilon, runs, level)
        return float((losses > promise.epsilon).mean())
    any_noise = isinstance(reading, AnyNoise)
    limit = promise.epsilon if any_noise else gaussian_mu(promise.epsilon, promise.delta)
    rates = _tight_rates(promise, 2 * promise.epsilon, runs, level, reading)
    return chance_to_show(limit, rates, runs=runs, level=level, reading=reading)


def _tight_rates(
    promise: Guarantee, epsilon: float, runs: int, level: float, reading: Reading
) -> tuple[float, float]:
    """Return the rates of the best event on a mechanism of this kind whose epsilon is exact."""
    if promise.mu is None:
        return response_rates(epsilon)
    mu = gaussian_mu(epsilon, promise.delta)
    return gaussian_rates(mu, best_threshold(mu, runs, level, reading))


def _needed(pose: Pose, setting: Setting) -> int | None:
    promise = pose.promise
    gaussian = promise.mu is not None
    reading: Reading = GaussianNoise(promise.delta) if gaussian else AnyNoise(promise.delta)
    return runs_needed(
        lambda runs: chance_of(pose, runs=runs, level=setting.level, reading=reading)
    )
