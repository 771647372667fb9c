"""Each measure of one model against scikit-learn, against brute force, and against its definition."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from equipoise.models import lift_at
from equipoise.models.value._ranking import Ranking
from equipoise.tradeoff._after_contacts import caused_by_contacts
from equipoise.tradeoff._attack import attack_advantage
from equipoise.tradeoff._measures import (
    DRAWN,
    GAPS,
    LARGER_IS_BETTER,
    MEASURES,
    PROFIT_BOUNDS,
    RATES_SHOWN,
)
from equipoise.tradeoff._ranked import Ranked

UNKNOWN = "the task records none in the days after a contact, and declares no rate above 0"


def ranked(y, scores):
    return Ranked(Ranking.of(scores, np.arange(len(y))), y.astype(float))


def test_names_of_measures_are_of_measures():
    assert set(DRAWN) | set(GAPS) | LARGER_IS_BETTER <= set(MEASURES)
    assert not set(PROFIT_BOUNDS) & set(MEASURES)
    assert set(GAPS.values()) <= set(RATES_SHOWN)


@pytest.mark.parametrize("decimals", [9, 1, 0])
def test_scores_rank_as_others_count_it(decimals):
    rng = np.random.default_rng(decimals)
    y = rng.integers(0, 2, 333)
    scores = np.round(0.3 * y + rng.random(333), decimals)
    own = ranked(y, scores)
    assert own.area == pytest.approx(roc_auc_score(y, scores), rel=1e-12)
    assert own.average_precision == pytest.approx(average_precision_score(y, scores), rel=1e-12)
    for share in (0.001, 0.1, 0.37, 1.0):
        assert own.lift(share) == pytest.approx(lift_at(y, scores, share), rel=1e-12)


def test_placements_are_the_share_of_the_other_outcome_rightly_ordered():
    y, scores = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.9, 0.2, 0.5, 0.1])
    own = ranked(y, scores)
    assert own.placements.tolist() == pytest.approx([2.5 / 3, 0.25, 1 / 3, 0.5, 1])
    for side in (0, 1):
        assert own.placements[y == side].mean() == pytest.approx(own.area)


def test_what_an_attack_by_loss_gains_is_its_hits_less_its_false_alarms():
    rng = np.random.default_rng(2)
    y, other = rng.integers(0, 2, 90), rng.integers(0, 2, 60)
    learnt, guessed = np.clip(y + rng.normal(0, 0.4, 90), 0.01, 0.99), rng.uniform(0.01, 0.99, 60)
    inside, outside = (
        [-math.log(p if outcome else 1 - p) for outcome, p in zip(*pair, strict=True)]
        for pair in ((y, learnt), (other, guessed))
    )
    cut = sum(inside) / 90
    hits, alarms = (sum(loss <= cut for loss in side) for side in (inside, outside))
    found = attack_advantage(y, learnt, other, guessed)
    assert found == pytest.approx(hits / 90 - alarms / 60)
    assert found > 0.2
    assert attack_advantage(other, guessed, y, learnt) < 0
    assert attack_advantage(y, np.full(90, 0.5), other, np.full(60, 0.5)) == 0


def test_a_certain_and_wrong_score_has_a_finite_loss():
    assert attack_advantage([1, 0], [0.0, 0.0], [1, 0], [1.0, 1.0]) == 0.0


def events(task, chance=None, **columns):
    told = {}
    if chance is not None:
        rng = np.random.default_rng(1)
        told = {
            "treatment": pd.Series((rng.random(len(task)) < chance).astype(int)),
            "treatment_probability": pd.Series(chance),
        }
    flags = {name: pd.Series(values) for name, values in columns.items()}
    return dataclasses.replace(task, **told, **flags)


def test_recorded_opt_outs_are_by_inverse_probability_and_net_of_those_left_alone(task):
    rng = np.random.default_rng(0)
    left, chance = rng.integers(0, 2, len(task)), rng.uniform(0.3, 0.7, len(task))
    given = events(task, chance, opted_out=left)
    rows, unknown = caused_by_contacts(given)
    treated = given.treatment.to_numpy()
    wanted = treated * left / chance - (1 - treated) * left / (1 - chance)
    assert rows["opt_outs"] == pytest.approx(wanted)
    assert unknown == {"complaints": UNKNOWN}


def test_what_contacts_cause_is_estimated_without_bias(task_with):
    """Half of the contacted leave, and a fifth of the others: contacts cause three tenths."""
    task = task_with(4000)
    means = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        chance = rng.uniform(0.2, 0.8, len(task))
        treated = rng.random(len(task)) < chance
        left = rng.random(len(task)) < np.where(treated, 0.5, 0.2)
        given = dataclasses.replace(
            task,
            treatment=pd.Series(treated.astype(int)),
            treatment_probability=pd.Series(chance),
            opted_out=pd.Series(left.astype(int)),
        )
        means.append(caused_by_contacts(given)[0]["opt_outs"].mean())
    error = np.std(means) / np.sqrt(40)
    assert abs(np.mean(means) - 0.3) < 4 * error < 0.02


def test_without_a_probability_every_event_after_a_contact_is_put_down_to_it(task):
    moaned = np.arange(len(task)) % 7 == 0
    rows, _ = caused_by_contacts(events(task, complained=moaned.astype(int)))
    assert rows["complaints"].tolist() == moaned.astype(float).tolist()


def test_declared_rates_stand_in_for_records_and_a_rate_of_zero_is_none(task):
    value = task.value.model_copy(update={"opt_outs_per_contact": 0.02})
    declared = dataclasses.replace(task, file=task.file.model_copy(update={"value": value}))
    rows, unknown = caused_by_contacts(declared)
    assert set(rows["opt_outs"]) == {0.02}
    assert unknown == {"complaints": UNKNOWN}
    bare = dataclasses.replace(task, file=task.file.model_copy(update={"value": None}))
    assert caused_by_contacts(bare) == ({}, {"opt_outs": UNKNOWN, "complaints": UNKNOWN})
