"""The auditor is audited: on mechanisms of known epsilon it exceeds the truth as seldom as stated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.evidence._rates import AnyNoise, GaussianNoise
from equipoise.privacy.evidence._score import chosen_attack

RUNS, REPEATS, CONFIDENCE = 200, 100, 0.9
LEVEL = (1 - CONFIDENCE) / 2


def response(rng, world, n):
    chance = 1 / (1 + math.exp(-1.0))
    return np.abs((rng.random(n) >= chance) - float(world))


def laplace(rng, world, n):
    return rng.laplace(world, 1.0, n)


def gaussian(rng, world, n):
    return rng.normal(gaussian_mu(1.0, 0.01) * world, 1.0, n)


def many_gaussian(rng, world, n):
    """Three numbers, of which the customer moves all, each a little."""
    moved = gaussian_mu(1.0, 0.01) / math.sqrt(3)
    return rng.normal(moved * world, 1.0, (n, 3))


@pytest.mark.parametrize(
    ("mechanism", "reading"),
    [
        (response, AnyNoise(0.0)),
        (laplace, AnyNoise(0.0)),
        (gaussian, AnyNoise(0.01)),
        (gaussian, GaussianNoise(0.01)),
        (many_gaussian, GaussianNoise(0.01)),
    ],
)
def test_it_exceeds_the_truth_as_seldom_as_stated(mechanism, reading):
    found = []
    for seed in range(REPEATS):
        rng = np.random.default_rng(seed)
        worlds = [mechanism(rng, world, 2 * RUNS).reshape(2 * RUNS, -1) for world in (0, 1)]
        first = (worlds[0][:RUNS], worlds[1][:RUNS])
        attack = chosen_attack(first, level=LEVEL, reading=reading)
        second = [attack.scores(outputs[RUNS:]) for outputs in worlds]
        found.append(attack.event.seen((second[0], second[1])).epsilon(LEVEL, reading))
    too_high = int((np.array(found) > 1.0).sum())
    assert too_high <= stats.binom.isf(1e-4, REPEATS, 1 - CONFIDENCE)
    assert max(found) > 0.3


def test_a_linear_discriminant_finds_what_no_single_number_shows():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(2, 1000, 1)) * 5
    worlds = shared * [1.0, 1.0] + rng.normal(size=(2, 1000, 2)) * 0.2
    worlds[1, :, 0] += 0.5
    reading = AnyNoise(0.0)
    attack = chosen_attack((worlds[0, :500], worlds[1, :500]), level=0.025, reading=reading)
    seen = attack.event.seen((attack.scores(worlds[0, 500:]), attack.scores(worlds[1, 500:])))
    alone = chosen_attack((worlds[0, :500, :1], worlds[1, :500, :1]), level=0.025, reading=reading)
    seen_alone = alone.event.seen((worlds[0, 500:, 0], worlds[1, 500:, 0]))
    assert seen.epsilon(0.025, reading) > 1.5 > 0.3 > seen_alone.epsilon(0.025, reading)


def test_a_world_that_is_only_wider_is_told_apart():
    rng = np.random.default_rng(0)
    worlds = rng.normal(size=(2, 1000, 1)) * np.array([1.0, 100.0])[:, None, None]
    attack = chosen_attack((worlds[0, :500], worlds[1, :500]), level=0.025, reading=AnyNoise(0.0))
    assert attack.event.centre is not None
    seen = attack.event.seen((worlds[0, 500:, 0], worlds[1, 500:, 0]))
    assert seen.epsilon(0.025, AnyNoise(0.0)) > 3
