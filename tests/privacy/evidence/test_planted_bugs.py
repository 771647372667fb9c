"""Planted bugs are caught by the checks together, and sound twins are left alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from equipoise.exceptions import InputError
from equipoise.privacy import DiffprivlibLogisticRegression
from equipoise.privacy.evidence import (
    challenge,
    check_noise,
    check_sensitivity,
    detection_table,
    planted_bugs,
    sound_twins,
)
from equipoise.privacy.evidence._study import NoisyDescent, NoisySum
from equipoise.privacy.queries.mechanisms import LaplaceMechanism

QUERIES = [bug for bug in planted_bugs() if bug.kind == "query"]
LEARNERS = [bug for bug in planted_bugs() if bug.kind == "learner"]
QUICK = {"runs": 200}


def of(kind, name):
    return next(bug for bug in planted_bugs() if (bug.kind, bug.name) == (kind, name))


def test_the_issue_names_them_all():
    wanted = {
        "no clipping",
        "half the noise",
        "sensitivity not squared",
        "noise reused",
        "noise of the mean on the sum",
        "bounds from data",
        "budget spent twice",
        "fixed seed",
        "weights before clipping",
    }
    assert {bug.name for bug in QUERIES} == wanted
    of_learners = {
        "sensitivity of one column",
        "weights from exact counts",
        "weights not in the sensitivity",
        "counts beside the budget",
        "one direction without noise",
        "exact statistic beside the noisy sums",
    }
    assert {bug.name for bug in LEARNERS} == wanted - {"sensitivity not squared"} | of_learners
    assert not any(bug.sound for bug in planted_bugs())
    assert all(twin.sound for twin in sound_twins())


@pytest.mark.parametrize("bug", QUERIES, ids=lambda bug: bug.name)
def test_each_query_is_challengeable_and_caught_by_a_check(bug):
    audit = challenge(bug, runs=50)
    assert audit.claimed == 1.0
    table = detection_table([bug], repeats=2, **QUICK)
    assert table.set_index("check").loc["any of them", "caught"] == 2


@pytest.mark.parametrize("bug", LEARNERS, ids=lambda bug: bug.name)
def test_each_learner_is_caught_at_its_steps_and_by_a_property(bug):
    assert challenge(bug, view="steps", runs=50, confidence=0.9875).verdict == "refuted"
    assert check_sensitivity(bug, tables=5).caught or check_noise(bug, runs=20, level=0.0125).caught


@pytest.mark.parametrize("twin", sound_twins(), ids=lambda twin: twin.name)
def test_sound_twins_are_left_alone(twin):
    assert not check_sensitivity(twin.subject, tables=10).caught
    assert not check_noise(twin.subject, runs=40, level=0.001).caught
    if twin.kind == "learner":
        audit = challenge(twin.subject, view="steps", runs=50, confidence=0.999)
    else:
        audit = challenge(twin.subject, runs=100, confidence=0.999)
    assert audit.verdict != "refuted"


def test_the_table_counts_each_check_and_all_together():
    table = detection_table([of("query", "half the noise")], repeats=4, **QUICK)
    assert table["check"].tolist() == ["output", "sensitivity", "noise", "any of them"]
    counts = table.set_index("check")["caught"]
    assert counts["noise"] == counts["any of them"] == 4
    assert counts["sensitivity"] == 0
    assert (table["low"] <= table["rate"]).all() and (table["rate"] <= table["high"]).all()
    assert table["rate"].tolist() == (table["caught"] / 4).tolist()


def test_a_bug_is_told_in_words():
    assert str(of("query", "sensitivity not squared")) == (
        "sensitivity not squared (query). It sums squares and sizes the noise for amounts. Seen: "
        "diffprivlib 0.6.6, LogisticRegression: data_norm enters one term without its square."
    )
    assert str(of("learner", "noise reused")) == (
        "noise reused (learner). It draws noise once and adds it to the sum of every step."
    )


def test_each_class_says_what_is_wrong_with_itself():
    for kind in ("query", "learner"):
        told = [each for each in planted_bugs() + sound_twins() if each.kind == kind]
        assert len({bug.wrong for bug in told}) == len({bug.name for bug in told}) == len(told)


def test_the_published_table_is_of_these_bugs_and_twins():
    text = (Path(__file__).parents[3] / "benchmarks" / "README.md").read_text()
    section = text.split("## How often planted bugs are found")[1].split("\n## ")[0]
    published = re.findall(r"^\| (query|learner): (.+?) \|", section, re.MULTILINE)
    assert published == [(each.kind, each.name) for each in in_the_order_of_the_table()]


def in_the_order_of_the_table():
    for planted in (planted_bugs(), sound_twins()):
        for kind in ("query", "learner"):
            yield from (each for each in planted if each.kind == kind)


def test_a_check_is_told_in_words():
    assert str(check_noise(of("query", "noise reused").subject)) == (
        "noise: broken. Some draws are the same: what is seen twice can be subtracted."
    )
    assert "Its scale is " in str(check_noise(of("query", "half the noise").subject))
    assert "nothing found" in str(check_sensitivity(of("query", "half the noise").subject))


def test_noise_of_another_shape_or_none_in_one_sum_is_found_in_queries():
    class Uniform(NoisySum):
        def noise(self, amounts, rng):
            return rng.uniform(-2, 2, 1) * self.sensitivity

    class OneOfTwo(type(of("query", "noise reused").subject).__bases__[0]):
        def noise(self, amounts, rng):
            return super().noise(amounts, rng) * [3, 0.5]

    assert check_noise(Uniform()).told.startswith("The noise is not Laplace: Kolmogorov-Smirnov ")
    assert check_noise(OneOfTwo()).told.startswith("Its scale is ")


def test_learners_that_add_no_noise_to_sums_are_refused():
    learner = DiffprivlibLogisticRegression(epsilon=1, bounds=[(0, 1), (0, 1)])
    mechanism = LaplaceMechanism(sensitivity=1.0, epsilon=1.0)
    for subject in (learner, mechanism, LogisticRegression()):
        for check in (check_sensitivity, check_noise):
            with pytest.raises(InputError) as refused:
                check(subject)
            assert str(refused.value) == (
                f"subject must add noise to sums, got {type(subject).__name__}. Check a learner by "
                "noisy gradient descent, or a query of planted_bugs()."
            )


def test_learners_that_say_too_little_are_refused():
    class NoRatio(NoisyDescent):
        def fit(self, X, y):
            super().fit(X, y)
            self.guarantee_ = replace(self.guarantee_, mu=None)
            return self

    with pytest.raises(InputError) as refused:
        check_noise(NoRatio(), runs=20)
    assert str(refused.value) == (
        "subject must claim a Gaussian ratio, got NoRatio. Challenge its output, which needs no such "
        "ratio."
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda bug: check_noise(bug, runs=19),
            "runs must be a whole number of at least 20, got 19. Use for example 200.",
        ),
        (
            lambda bug: check_noise(bug, level=0),
            "level must be a number in (0, 1], got 0. Use for example .01.",
        ),
        (
            lambda bug: check_sensitivity(bug, tables=0),
            "tables must be a whole number of at least 1, got 0. Use for example 100.",
        ),
        (
            lambda bug: detection_table([], repeats=0),
            "repeats must be a whole number of at least 1, got 0. Use for example 20.",
        ),
        (
            lambda bug: detection_table([], repeats=1),
            "subjects must be a list of planted bugs or sound twins, got none. Write "
            "detection_table(planted_bugs()[:1]).",
        ),
        (
            lambda bug: detection_table(planted_bugs()[0]),
            "subjects must be a list of planted bugs or sound twins, got PlantedBug. Write "
            "detection_table(planted_bugs()[:1]).",
        ),
        (
            lambda bug: detection_table([planted_bugs()[0], 3]),
            "subjects must be a list of planted bugs or sound twins, got int. Write "
            "detection_table(planted_bugs()[:1]).",
        ),
        (
            lambda bug: detection_table(random_state=-1),
            "random_state must be a whole number of at least 0, got -1. Use for example 0.",
        ),
        (
            lambda bug: check_noise(bug, random_state=0.5),
            "random_state must be a whole number of at least 0, got 0.5. Use for example 0.",
        ),
    ],
)
def test_what_checks_nothing_is_refused(call, message):
    with pytest.raises(InputError) as refused:
        call(QUERIES[0].subject)
    assert str(refused.value) == message
