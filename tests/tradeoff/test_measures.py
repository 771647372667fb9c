"""Measures against scikit-learn, against brute force, and against known expectations."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from equipoise.tradeoff._measures import resampled, score_measures


def scored(task, seed=0):
    rng = np.random.default_rng(seed)
    scores = np.round(0.3 * task.y + rng.random(len(task)), 1)  # many ties
    return scores, task.decide(scores, seed=0)


def test_the_first_replicate_is_the_sample_itself(task):
    scores, contacted = scored(task)
    first = resampled(task, scores, contacted, times=2, seed=3).iloc[0]
    measures = score_measures(task, scores, contacted)
    assert first["auc"] == pytest.approx(measures["auc"])
    assert first["profit_eur"] == pytest.approx(measures["profit_eur"])


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
    assert np.isnan(score_measures(few, scores, contacted)["auc"])


def test_lift_does_not_depend_on_the_order_of_the_rows(task):
    scores, contacted = scored(task)
    order = np.argsort(task.y)
    lifts = [
        score_measures(task.take(rows), scores[rows], contacted[rows])["lift_at_10"]
        for rows in (order, order[::-1], np.arange(len(task)))
    ]
    assert lifts[0] == pytest.approx(lifts[1]) == pytest.approx(lifts[2])
    constant = np.full(len(task), 0.5)
    assert score_measures(task.take(order), constant, contacted)["lift_at_10"] == pytest.approx(1)


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
