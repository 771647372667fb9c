"""Measures against scikit-learn, against brute force, and against known expectations."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from equipoise.tradeoff._measures import profit_measures, resampled, score_measures


def scored(task, seed=0):
    rng = np.random.default_rng(seed)
    scores = np.round(0.3 * task.y + rng.random(len(task)), 1)  # many ties
    return scores, task.decide(scores, seed=0)


def test_the_first_replicate_is_the_sample_itself(task):
    scores, contacted = scored(task)
    first = resampled(task, scores, contacted, times=2, seed=3).iloc[0]
    assert first["auc"] == pytest.approx(score_measures(task, scores)["auc"])
    assert first["profit_eur"] == pytest.approx(1000 * task.profit_eur(contacted).mean())


def test_tied_scores_earn_what_all_ways_to_break_the_tie_do_on_average(task):
    scores, _ = scored(task)
    one, other = (profit_measures(task, scores, seed=seed) for seed in (0, 1))
    assert one == other
    broken = [1000 * task.profit_eur(task.decide(scores, seed=seed)).mean() for seed in range(300)]
    assert np.std(broken) > 10
    assert one["profit_eur"] == pytest.approx(np.mean(broken), abs=np.std(broken) / 4)
    value, low, high = one.values()
    assert low < value < high


def test_without_euros_there_is_no_profit(task):
    bare = dataclasses.replace(task, file=task.file.model_copy(update={"value": None}))
    assert np.isnan([*profit_measures(bare, np.zeros(len(task)), seed=0).values()]).all()


@pytest.mark.parametrize("rows_per_customer", [1, 3])
def test_replicates_draw_customers(task_with, rows_per_customer):
    task = task_with(600, rows_per_customer=rows_per_customer)
    scores, contacted = scored(task)
    draws = resampled(task, scores, contacted, times=5, seed=3)
    rng = np.random.default_rng(3)
    customers = sorted(task.unit.unique())
    for replicate in range(1, 6):
        drawn = rng.integers(len(customers), size=len(customers))
        times = dict(zip(customers, np.bincount(drawn, minlength=len(customers)), strict=True))
        weights = task.unit.map(times).to_numpy()
        expected = roc_auc_score(task.y, scores, sample_weight=weights)
        assert draws["auc"][replicate] == pytest.approx(expected)
        profit = 1000 * np.average(task.profit_eur(contacted), weights=weights)
        assert draws["profit_eur"][replicate] == pytest.approx(profit)


def test_the_same_seed_draws_the_same_customers_for_every_policy(task):
    scores, contacted = scored(task)
    one = resampled(task, scores, contacted, times=3, seed=3)
    other = resampled(task, -scores, contacted, times=3, seed=3)
    assert one["profit_eur"].tolist() == other["profit_eur"].tolist()
    np.testing.assert_allclose(one["auc"] + other["auc"], 1)


def test_too_few_of_an_outcome_have_no_area(task):
    few = dataclasses.replace(task, y=np.where(np.arange(len(task)) < 9, 1, 0))
    scores, contacted = scored(few)
    assert resampled(few, scores, contacted, times=1, seed=0)["auc"].isna().all()
    assert np.isnan(score_measures(few, scores)["auc"])


def test_lift_does_not_depend_on_the_order_of_the_rows(task):
    scores, _ = scored(task)
    order = np.argsort(task.y)
    lifts = [
        score_measures(task.take(rows), scores[rows])["lift_at_10"]
        for rows in (order, order[::-1], np.arange(len(task)))
    ]
    assert lifts[0] == pytest.approx(lifts[1]) == pytest.approx(lifts[2])
    constant = np.full(len(task), 0.5)
    assert score_measures(task.take(order), constant)["lift_at_10"] == pytest.approx(1)


def test_the_interval_of_profit_holds_the_known_expectation(task_with):
    """Binomial bounds: of 200 intervals at 95 %, fewer than 178 or none outside is improbable."""
    task = task_with(300)
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.05, 0.6, 300)
    contacted = np.arange(300) < 150
    covered, runs = 0, 200
    for run in range(runs):
        drawn = rng.integers(300, size=300)  # a fresh sample of customers, with fresh outcomes
        y = (rng.random(300) < chance[drawn]).astype(int)
        sample = dataclasses.replace(task, y=y)
        draws = resampled(sample, chance[drawn], contacted[drawn], times=200, seed=run)
        low, high = draws["profit_eur"][1:].quantile([0.025, 0.975])
        expected = 1000 * np.mean(contacted * (15 * chance - 1))
        covered += low <= expected <= high
    assert 178 <= covered <= 199
