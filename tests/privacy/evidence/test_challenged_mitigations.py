"""Mitigations beside their evidence: sound ones hold, one line less and they do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.privacy.evidence import challenge, check_noise, check_sensitivity
from equipoise.privacy.evidence._buggy_mitigations import buggy_mitigations, sound_mitigations
from equipoise.privacy.learning import (
    GroupThresholds,
    PrivateLogisticRegression,
    ReweighedLogisticRegression,
    SufficientStatisticsClassifier,
)

BOUNDS = {"spent": (0.0, 100.0), "visits": (0.0, 100.0), "band": ("young", "old")}
CLAIM = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS}


def named(bug):
    return bug.name.replace(" ", "_")


def levelled(inner, **settings):
    return GroupThresholds(inner(**(CLAIM | settings)), group="band")


@pytest.mark.parametrize("sound", sound_mitigations(), ids=named)
def test_sound_mitigations_are_not_refuted_and_show_much_of_their_claim(sound):
    audit = challenge(sound, view="steps", runs=50)
    assert (audit.verdict, audit.findings) == ("not refuted", ())
    assert audit.lower_bound > 0.5
    assert audit.chance_to_refute > 0.85
    assert not check_sensitivity(sound, tables=20).caught
    assert not check_noise(sound, runs=50).caught


@pytest.mark.parametrize("bug", buggy_mitigations(), ids=named)
def test_planted_bugs_are_refuted_in_their_steps(bug):
    audit = challenge(bug, view="steps", runs=50)
    assert audit.verdict == "refuted"
    assert audit.lower_bound > 1.1
    assert audit.findings[0].startswith("One customer moves the sums by ")


def test_what_is_wrong_is_told():
    exact, cap, beside = buggy_mitigations()
    assert challenge(exact, view="steps", runs=50).lower_bound == np.inf
    told = str(check_noise(exact, runs=50))
    assert told.startswith("noise: broken. It means to add no noise to 1 of ")
    assert challenge(cap, view="steps", runs=50).lower_bound > 2.5
    assert check_noise(beside, runs=50).told.startswith("The noise it means to add hides a ratio")


@pytest.mark.parametrize("inner", [PrivateLogisticRegression, SufficientStatisticsClassifier])
@pytest.mark.parametrize("rows_per_unit", [1, 3])
def test_levels_are_challenged_whatever_the_learner_inside(inner, rows_per_unit):
    model = levelled(inner, rows_per_unit=rows_per_unit)
    audit = challenge(model, view="steps", runs=50)
    assert audit.verdict == "not refuted"
    assert audit.lower_bound > 0.6
    assert not check_sensitivity(model, tables=10).caught


class CountedTwice(GroupThresholds):
    """Counts scores beside the budget, not within it."""

    def _ratios(self, mu):
        return mu, self._sensitivity() / mu


class SensitivityOfOneCount(GroupThresholds):
    """Takes the counted vector for a histogram, which a row moves by 1."""

    def _ratios(self, mu):
        rest, counts_sd = super()._ratios(mu)
        return rest, counts_sd / 3


@pytest.mark.parametrize("wrong", [CountedTwice, SensitivityOfOneCount])
def test_counts_with_too_little_noise_are_refuted(wrong):
    learner = SufficientStatisticsClassifier(**CLAIM)
    audit = challenge(wrong(learner, group="band"), view="steps", runs=50)
    assert audit.verdict == "refuted"


class HiddenCounts(ReweighedLogisticRegression):
    """Weighs rows by exact counts, and tells nobody that it counted."""

    def _known(self, customers, codes, first_sd):
        return self._made_of(self._exact(customers, codes), 0.0, customers.encoding)


def test_exact_counts_show_in_the_sums_of_a_learner_that_hides_them():
    # Every row weighs 1. One more in the smallest cell, and those of the other cells that share its
    # group or outcome weigh more, all others less: rows lie where these changes add up.
    k = 10
    far = np.r_[0, np.zeros(k), np.full(k, 100), np.full(k * k, 100), 100.0]
    band = ["young"] * (1 + k) + ["old"] * (k + k * k) + ["young"]
    X = pd.DataFrame({"spent": far, "visits": far, "band": band})
    y = np.r_[0, np.ones(k), np.zeros(k), np.ones(k * k), 0].astype(int)
    worlds = ((X[:-1], y[:-1]), (X, y))
    audits = [
        challenge(kind(group="band", **CLAIM), neighbours=worlds, view="steps", runs=50)
        for kind in (HiddenCounts, ReweighedLogisticRegression)
    ]
    assert audits[0].verdict == "refuted"
    assert (audits[1].verdict, audits[1].findings) == ("cannot say", ())


def test_seeds_and_numbers_of_rows_reach_the_learner_inside():
    from equipoise.privacy.evidence._worlds import known_size, rows_per_unit

    model = levelled(PrivateLogisticRegression, rows_per_unit=2)
    assert known_size(model, 70).learner.row_count == 70
    assert model.learner.row_count == "declared"
    assert rows_per_unit(model) == 2
