"""Profit over customers, over training seeds, and over both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.models.value._profit_curve import profit_curve
from equipoise.models.value._seeds import over_seeds

CONTAINS = ["customers", "training seeds", "both"]


def trained(scores, seeds, noise=0.8):
    return np.array(
        [scores + noise * np.random.default_rng(s).normal(size=len(scores)) for s in seeds]
    )


def width(found) -> pd.Series:
    frame = found.frame().set_index("contains")
    return frame["high"] - frame["low"]


def test_the_mean_over_seeds_has_three_intervals_that_say_what_they_contain(posed, drawn):
    scores, y = drawn(1000, seed=1)
    task, seeds = posed(y), [3, 5, 8, 13]
    runs = trained(scores, seeds)
    found = over_seeds(task, runs, seeds=seeds)
    frame = found.frame()
    assert list(frame) == ["contains", "profit_eur", "low", "high", "note"]
    assert frame["contains"].tolist() == CONTAINS
    each = [profit_curve(task, run, seed=0).chosen.profit_eur for run in runs]
    assert found.by_seed["profit_eur"].tolist() == pytest.approx(each)
    assert found.by_seed["seed"].tolist() == seeds
    assert found.by_seed["contacts"].tolist() == pytest.approx([200] * 4)
    assert frame["profit_eur"].to_numpy() == pytest.approx(np.mean(each))
    reach = 3.182446 * np.std(each, ddof=1) / 2
    assert width(found)["training seeds"] == pytest.approx(2 * reach, rel=1e-5)
    assert width(found)["both"] > width(found)[["customers", "training seeds"]].max()
    assert found.parameters["seeds"] == (3, 5, 8, 13)


def test_a_model_without_chance_varies_over_customers_alone(posed, drawn):
    scores, y = drawn(600, seed=2)
    task = posed(y)
    found = over_seeds(task, [scores] * 3, seeds=[1, 2, 3])
    alone = profit_curve(task, scores, seed=0).chosen
    frame = found.frame().set_index("contains")
    assert width(found)["training seeds"] == pytest.approx(0, abs=1e-9)
    assert width(found)["both"] == pytest.approx(width(found)["customers"])
    assert frame.loc["customers", ["low", "high"]].tolist() == pytest.approx(
        [alone.low / 0.6, alone.high / 0.6]
    )


def test_over_customers_it_is_the_interval_of_the_curve_where_the_treatment_is_known(posed, drawn):
    scores, y = drawn(600, seed=2)
    treated = np.random.default_rng(0).integers(0, 2, 600)
    task = posed(y, treatment=treated, probability=0.5)
    alone = profit_curve(task, scores, seed=0).chosen
    frame = over_seeds(task, [scores, scores], seeds=[1, 2]).frame().set_index("contains")
    assert frame.loc["customers", ["low", "high"]].tolist() == pytest.approx(
        [alone.low / 0.6, alone.high / 0.6]
    )


def test_with_one_seed_nothing_is_said_of_others(posed, drawn):
    scores, y = drawn(300, seed=2)
    frame = over_seeds(posed(y), [scores], seeds=[1]).frame().set_index("contains")
    assert frame["note"].tolist() == ["", "not estimable (seeds=1)", "not estimable (seeds=1)"]
    assert np.isfinite(frame.loc["customers", "low"])
    assert np.isnan(frame.loc[["training seeds", "both"], "low"]).all()


def test_more_seeds_narrow_the_mean_s_interval_over_seeds_and_not_that_over_customers(posed, drawn):
    scores, y = drawn(800, seed=3)
    few, many = (over_seeds(posed(y), trained(scores, range(k)), seeds=range(k)) for k in (4, 32))
    assert width(many)["training seeds"] < width(few)["training seeds"] / 2
    assert width(many)["customers"] > width(few)["customers"] * 0.8


def test_customers_of_several_tasks_are_matched_by_unit(posed, drawn):
    scores, y = drawn(400, seed=4)
    order = np.random.default_rng(0).permutation(400)
    names = np.array([f"c{k}" for k in range(400)])
    one = posed(y, unit=names)
    same = over_seeds([one, one], [scores, scores], seeds=[1, 2])
    turned = over_seeds([one, one.take(order)], [scores, scores[order]], seeds=[1, 2])
    pd.testing.assert_frame_equal(same.frame(), turned.frame())
    others = posed(y, unit=[f"d{k}" for k in range(400)])
    apart = over_seeds([one, others], [scores, scores], seeds=[1, 2])
    assert width(apart)["customers"] == pytest.approx(width(same)["customers"] / 2**0.5, rel=0.02)


def test_intervals_over_both_cover_what_training_earns_on_average_among_all(posed, drawn):
    scores, y = drawn(100_000, seed=50)
    noisy = scores + 0.8 * np.random.default_rng(1).normal(size=len(scores))
    truth = 1000 * ((y * 21 - 0.9) * (noisy >= np.quantile(noisy, 0.8))).mean()
    inside = []
    for draw in range(60):
        scores, y = drawn(300, seed=draw)
        found = over_seeds(
            posed(y), trained(scores, range(10 * draw, 10 * draw + 4)), seeds=range(4)
        )
        both = found.frame().set_index("contains").loc["both"]
        inside.append(both["low"] <= truth <= both["high"])
    assert np.mean(inside) >= 0.9


def test_nobody_contacted_earns_nothing_for_sure(posed):
    task = posed(np.resize([0, 1], 40), decision={"threshold": 1.0})
    frame = over_seeds(task, np.zeros((2, 40)), seeds=[0, 1]).frame()
    assert (frame[["profit_eur", "low", "high"]].to_numpy() == 0).all()


def test_few_contacted_customers_have_no_interval(posed):
    frame = over_seeds(posed(np.resize([0, 1], 40)), np.tile(np.arange(40), (2, 1)), seeds=[0, 1])
    assert frame.frame()["note"].tolist() == ["not estimable (n=8)", "", "not estimable (n=8)"]


@pytest.mark.parametrize(
    ("seeds", "runs", "message"),
    [
        (
            [1, 2, 3],
            2,
            "scores must have one row for each seed, got 3 seeds, 3 tasks, 2 rows of scores. "
            "Pass scores of shape (seeds, n).",
        ),
        (
            [],
            0,
            "scores must have one row for each seed, got 0 seeds, 0 tasks, 0 rows of scores. "
            "Pass scores of shape (seeds, n).",
        ),
        (
            [4, 4],
            2,
            "seeds must not repeat, got [4, 4]. The same seed trains the same model again.",
        ),
        ([0.5], 1, "seeds must be a whole number of at least 0, got 0.5. Use whole numbers."),
    ],
)
def test_seeds_that_do_not_fit_are_refused(posed, seeds, runs, message):
    task = posed(np.resize([0, 1], 40))
    with pytest.raises(InputError) as refused:
        over_seeds(task, np.zeros((runs, 40)), seeds=seeds)
    assert str(refused.value) == message


def test_tasks_of_another_policy_are_refused(posed):
    y, scores = np.resize([0, 1], 40), np.zeros(40)
    with pytest.raises(InputError) as refused:
        over_seeds([posed(y), posed(y, decision={"top_share": 0.5})], [scores] * 2, seeds=[1, 2])
    assert str(refused.value) == (
        "task must have the same decision and euros for each seed, got different ones. "
        "Compare one policy at a time."
    )
