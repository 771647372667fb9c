"""Evaluation on noisy counts: exact without noise, honest intervals with it, one guarantee."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from equipoise.exceptions import InputError
from equipoise.fairness import audit_counts
from equipoise.privacy import noisy_counts
from equipoise.task import DecisionRule, Value
from equipoise.tradeoff._noisy_evaluation import _carried, profit_of_counts
from equipoise.tradeoff.ways_out import evaluate_privately

ASKED = {"attribute": "band", "groups": ["a", "b", "z"], "epsilon": 1.0, "delta": 0}
TIMES = 1500
EUROS = Value(won_per_positive=20.0, discount_per_positive=5.0, cost_per_contact=1.0)


def scores_of(task) -> np.ndarray:
    return (task.X["spend"] / 400).to_numpy()


@pytest.fixture(scope="module")
def by_threshold(task_with):
    return task_with(4000, decision=DecisionRule(threshold=0.3))


def test_without_noise_it_is_the_audit_and_the_profit_of_the_rows(by_threshold):
    told = evaluate_privately(
        scores_of(by_threshold), by_threshold, **ASKED | {"epsilon": math.inf}
    )
    contacted = scores_of(by_threshold) >= 0.3
    euros = 1000 * by_threshold.profit_eur(contacted).mean()
    assert told.profit["value"].tolist() == pytest.approx([euros])
    rates = told.audit.frame().set_index(["group", "metric"])["value"]
    of_b = by_threshold.groups["band"] == "b"
    assert rates["b", "selection_rate"] == pytest.approx(contacted[of_b].mean())
    assert told.guarantee.covers == () and told.cut == 0.3


def test_a_threshold_spends_everything_on_counts(by_threshold):
    told = evaluate_privately(scores_of(by_threshold), by_threshold, **ASKED, random_state=0)
    assert str(told.guarantee) == "(epsilon 1, delta 0) per id, add-remove"
    assert told.cells["noise_scale"].iloc[0] == pytest.approx(
        math.sqrt(math.exp(-1)) / (1 - math.exp(-1)), rel=1e-9
    )
    assert told.guarantee.does_not_cover[-1] == (
        "the customers that the model was fitted on: its scores are taken as given"
    )


def test_a_top_share_pays_for_its_cut(task_with):
    task = task_with(4000)
    told = evaluate_privately(scores_of(task), task, **ASKED, random_state=0)
    assert (told.guarantee.epsilon, told.guarantee.delta, told.guarantee.mu) == (1.0, 0.0, None)
    assert told.guarantee.covers[0] == "the cut"
    assert told.guarantee.mechanism.startswith("a private quantile for the cut; ")
    share = np.mean(scores_of(task) >= told.cut)
    assert abs(share - 0.25) < 0.04
    scale = told.cells["noise_scale"].iloc[0]
    assert scale == pytest.approx(math.exp(-0.45) / (1 - math.exp(-0.9)), rel=1e-9)


def test_gaussian_noise_keeps_its_ratio_for_the_ledger(by_threshold):
    told = evaluate_privately(
        scores_of(by_threshold), by_threshold, **ASKED | {"delta": 1e-6}, random_state=0
    )
    assert told.guarantee.mu is not None and told.guarantee.delta == 1e-6


def test_more_rows_a_customer_mean_more_noise(task_with):
    tasks = [
        task_with(1200, rows_per_customer=k, decision=DecisionRule(threshold=0.3)) for k in (1, 3)
    ]
    one, three = (evaluate_privately(scores_of(t), t, **ASKED, random_state=0) for t in tasks)
    assert three.cells["noise_scale"].iloc[0] > 2.5 * one.cells["noise_scale"].iloc[0]
    spans = [float(t.profit["high"].iloc[0] - t.profit["low"].iloc[0]) for t in (one, three)]
    assert spans[1] > 1.5 * spans[0]


@pytest.mark.parametrize(("n", "epsilon"), [(400, 0.5), (3000, 0.2), (3000, 5.0)])
def test_the_interval_of_euros_covers_noise_and_sampling(n, epsilon):
    rng = np.random.default_rng(5)
    keys = pd.MultiIndex.from_product(
        [["a", "b"], [0, 1], [0, 1]], names=["band", "y_true", "y_pred"]
    ).to_frame(index=False)
    chance = np.array([0.4, 0.06, 0.1, 0.04, 0.3, 0.03, 0.06, 0.01])
    earned = np.where(keys["y_pred"] == 1, keys["y_true"] * 15.0 - 1.0, 0.0)
    decay = math.exp(-epsilon)
    held = []
    for _ in range(TIMES):
        noise = rng.geometric(1 - decay, 8) - rng.geometric(1 - decay, 8)
        cells = keys.assign(
            count=rng.multinomial(n, chance) + noise, noise_scale=math.sqrt(decay) / (1 - decay)
        )
        value, low, high, note = profit_of_counts(cells, EUROS)
        assert note or low <= value <= high
        held += [] if note else [low <= 1000 * chance @ earned <= high]
    error = math.sqrt(0.95 * 0.05 / len(held))  # of the share, if it is 95 %
    assert len(held) > 0.9 * TIMES and abs(np.mean(held) - 0.95) < 4 * error


def test_profit_follows_by_hand():
    cells = pd.DataFrame({"y_true": [0, 0, 1, 1], "y_pred": [0, 1, 0, 1]})
    cells = cells.assign(count=[700.0, 100.0, 150.0, 50.0], noise_scale=0.0)
    value, low, high, note = profit_of_counts(cells, EUROS)
    assert (value, note) == (pytest.approx(1000 * (50 * 14 - 100) / 1000), "")
    assert low < value < high


def test_contacts_within_the_noise_are_not_estimable():
    cells = pd.DataFrame({"y_true": [0, 0, 1, 1], "y_pred": [0, 1, 0, 1]})
    cells = cells.assign(count=[700.0, 12.0, 150.0, 4.0], noise_scale=10.0)
    value, low, high, note = profit_of_counts(cells, EUROS)
    assert np.isnan([value, low, high]).all()
    assert note == "not estimable (about 16 contacts, within the noise)"


def test_removing_a_customer_changes_one_cell_by_one(by_threshold):
    scores, exact = scores_of(by_threshold), ASKED | {"epsilon": math.inf}
    whole = evaluate_privately(scores, by_threshold, **exact).cells["count"]
    for place in (0, 17, 3999):
        rest = np.delete(np.arange(4000), place)
        part = evaluate_privately(scores[rest], by_threshold.take(rest), **exact).cells["count"]
        assert sorted(whole - part) == [0.0] * 11 + [1.0]


def test_decisions_are_taken_where_each_is_its_own(by_threshold):
    contacted = scores_of(by_threshold) >= 0.3
    told = evaluate_privately(contacted, by_threshold, **ASKED, random_state=0)
    of_scores = evaluate_privately(scores_of(by_threshold), by_threshold, **ASKED, random_state=0)
    assert told.cells.equals(of_scores.cells) and told.cut is None
    assert told.guarantee.does_not_cover[-1] == (
        "decisions of a customer that depend on other customers: they are taken as given"
    )


def refused(scores, task, **changes) -> str:
    with pytest.raises(InputError) as problem:
        evaluate_privately(scores, task, **{**ASKED, "random_state": 0, **changes})
    return str(problem.value)


def test_what_it_refuses(task, task_with):
    assert refused(scores_of(task) > 0.5, task) == (
        "scores must be scores where the decision is to contact the 25% with the highest scores, got "
        "decisions. Whom a share contacts depends on all other customers: pass the scores."
    )
    assert refused(scores_of(task) * 3, task) == (
        "scores must be probabilities in [0, 1], got others. Use predict_proba rather than "
        "decision_function."
    )
    assert refused(scores_of(task), task, groups=["a", "b"]) == (
        "group 'band' must be a declared one, got 'z'. Known: 'a', 'b'. Declare it, or count it as a "
        "declared one."
    )
    treated = task_with(treatment="agreed", treatment_probability=0.5)
    assert refused(scores_of(treated), treated) == (
        "task must have no treatment with its probability where it has euros, got 'agreed'. Profit "
        "is then what contacts add: each row counts by its own chance of treatment, and counts do not "
        "hold that. Leave the euros out, and noise a mean with bounds of its own."
    )


def test_a_task_without_euros_has_rates_alone(task_with):
    task = task_with(value=None)
    told = evaluate_privately(scores_of(task), task, **ASKED, random_state=0)
    assert told.profit.empty
    frame = told.frame()
    assert "profit_eur" not in set(frame["measure"])
    assert {"selection_rate", "largest gap in selection_rate"} <= set(frame["measure"])


def test_rows_per_customer_that_were_read_off_the_data_are_not_covered(task_with):
    told = [
        evaluate_privately(scores_of(t), t, **ASKED, random_state=0).guarantee.does_not_cover
        for t in (
            task_with(600, rows_per_customer=3, rows_per_unit_source=s)
            for s in ("declared", "data")
        )
    ]
    assert set(told[1]) - set(told[0]) == {
        "the most rows of a customer, read off the customers (source: data)"
    }


def test_rates_of_customers_with_alike_rows_have_intervals_of_customers(by_threshold):
    three = by_threshold.take(np.repeat(np.arange(4000), 3))
    three = replace(three, file=three.file.model_copy(update={"rows_per_unit": 3}))
    exact = ASKED | {"epsilon": math.inf}
    one, many = (evaluate_privately(scores_of(t), t, **exact) for t in (by_threshold, three))
    pd.testing.assert_frame_equal(many.audit.frame(), one.audit.frame())
    assert many.cells["count"].tolist() == (3 * one.cells["count"]).tolist()


def test_their_intervals_hold_noise_and_sampling():
    """All rows of a customer are alike: counted as many they gave 95 % intervals of 66 %."""
    rows, rng = 5, np.random.default_rng(5)
    keys = pd.MultiIndex.from_product(
        [["a", "b"], [0, 1], [0, 1]], names=["band", "y_true", "y_pred"]
    ).to_frame(index=False)
    chance = np.array([0.35, 0.1, 0.1, 0.05, 0.2, 0.1, 0.05, 0.05])
    held, times = 0, 100
    for _ in range(times):
        counts = rows * rng.multinomial(400, chance)
        told = noisy_counts(
            keys.assign(count=counts),
            epsilon=1.0,
            delta=0,
            attributes={"band": ["a", "b"]},
            rows_per_unit=rows,
            unit="id",
            random_state=int(rng.integers(2**31)),
        )
        frame = audit_counts(_carried(told.frame(), rows)).frame()
        own = frame.query("metric == 'selection_rate' and group == 'a'").iloc[0]
        held += own["low"] <= 0.25 <= own["high"]
    assert held / times > 0.95 - 4 * math.sqrt(0.95 * 0.05 / times)


def test_in_a_study_the_noise_of_the_cut_is_not_that_of_a_count(task):
    """With one seed for both, the rank correlation with the second cell was 0.6."""
    scores, cuts, noise = scores_of(task), [], []
    for seed in range(150):
        told = evaluate_privately(scores, task, **ASKED, random_state=seed)
        cells = (
            task.groups["band"] + task.y.astype(str) + (scores >= told.cut).astype(int).astype(str)
        )
        exact = cells.value_counts()
        keys = (
            told.cells["band"] + told.cells["y_true"].astype(str) + told.cells["y_pred"].astype(str)
        )
        cuts.append(told.cut)
        noise.append(told.cells["count"] - keys.map(exact).fillna(0))
    ranks = [spearmanr(cuts, each).statistic for each in np.transpose(noise)]
    assert max(np.abs(ranks)) < 4 / math.sqrt(150)
