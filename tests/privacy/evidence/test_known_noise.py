"""The stated chance to refute twice a claim is the chance that repeats of the attack have."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from equipoise.privacy.evidence import challenge, planted_bugs
from equipoise.privacy.queries.mechanisms import (
    ExponentialMechanism,
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
    RandomizedResponse,
)

THREE = {"candidates": ["a", "b", "c"], "sensitivity": 1.0}
REPEATS = 30


@pytest.mark.parametrize(
    ("kind", "settings", "runs"),
    [
        (LaplaceMechanism, {"sensitivity": 2.0}, 100),
        (GeometricMechanism, {"sensitivity": 3}, 100),
        (ExponentialMechanism, THREE, 200),
        (RandomizedResponse, {}, 50),
        (GaussianMechanism, {"sensitivity": 1.0, "delta": 1e-6}, 1000),
    ],
    ids=lambda given: getattr(given, "__name__", None),
)
def test_the_stated_chance_is_that_of_repeats(kind, settings, runs):
    claim, twice = kind(epsilon=1.0, **settings).guarantee, kind(epsilon=2.0, **settings)
    audits = [
        challenge(twice, claimed=claim, runs=runs, random_state=seed) for seed in range(REPEATS)
    ]
    chance = audits[0].chance_to_refute
    refuted = sum(audit.verdict == "refuted" for audit in audits)
    assert stats.binom.cdf(refuted, REPEATS, chance) > 0.001
    assert stats.binom.sf(refuted - 1, REPEATS, chance) > 0.001
    assert (audits[0].chance_by, audits[0].may_show_less) == ("known noise", False)


def test_few_runs_on_laplace_noise_cannot_say():
    audit = challenge(LaplaceMechanism(sensitivity=1.0, epsilon=1.0), runs=100)
    assert (audit.verdict, audit.runs_needed) == ("cannot say", 200)


def test_worlds_that_lie_nearer_show_less():
    mechanism = LaplaceMechanism(sensitivity=2.0, epsilon=1.0)
    far, near = (challenge(mechanism, neighbours=(0.0, at), runs=200) for at in (2.0, 1.0))
    assert far.chance_to_refute > 0.85 > 0.1 > near.chance_to_refute
    assert far.power > near.power
    assert (far.verdict, near.verdict) == ("not refuted", "cannot say")


class Louder(LaplaceMechanism):
    """Adds four times the noise that its epsilon needs."""

    def _study(self, rng, shape):
        return 4 * super()._study(rng, shape)


def test_a_subclass_is_measured_and_not_taken_for_its_parent():
    audit = challenge(Louder(sensitivity=1.0, epsilon=1.0), runs=200)
    assert (audit.verdict, audit.chance_by) == ("cannot say", "a twin")
    assert audit.chance_to_refute < 0.1


def test_a_budget_spent_twice_is_seen_in_both_numbers_together():
    spent = next(
        bug.subject
        for bug in planted_bugs()
        if bug.name == "budget spent twice" and bug.kind == "query"
    )
    found = [challenge(spent, random_state=seed) for seed in range(8)]
    assert np.median([audit.lower_bound for audit in found]) > 1.0
    assert sum(audit.verdict == "refuted" for audit in found) >= 4
    assert max(audit.lower_bound for audit in found) < 1.6  # it truly is 1.5
