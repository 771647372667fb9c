"""Profit curve: what contacting the highest-scored share earns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.models.value._given import EXAMPLE
from equipoise.models.value._paid import Paid
from equipoise.models.value._profit_curve import OVERSTATED, profit_curve
from equipoise.models.value._ranking import Ranking

COLUMNS = ["share", "contacts", "profit_eur", "low", "high", "trust_lost_eur", "is_chosen"]
COLUMNS += ["is_best", "note"]
LOSING = {"won_per_positive": 1, "discount_per_positive": 2, "cost_per_contact": 0.5}


def test_the_curve_goes_from_nobody_to_everybody_by_way_of_the_decision(posed, drawn):
    scores, y = drawn(1500, seed=1)
    task = posed(y)
    found = profit_curve(task, scores, seed=3)
    frame = found.frame()
    assert list(frame) == COLUMNS
    assert frame.iloc[0][["share", "profit_eur", "low", "high"]].tolist() == [0, 0, 0, 0]
    assert frame.iloc[-1]["profit_eur"] == pytest.approx((y * 21 - 0.9).sum())
    assert frame["is_chosen"].sum() == frame["is_best"].sum() == 1
    assert 200 <= len(frame) <= 203
    contacted = task.decide(scores, seed=3)
    assert found.chosen.contacts == contacted.sum() == 300
    assert found.chosen.profit_eur == pytest.approx(task.profit_eur(contacted).sum())
    chosen = frame[frame["is_chosen"]].iloc[0]
    assert found.chosen.low == chosen["low"] < chosen["profit_eur"] < chosen["high"]
    assert found.at(0.2) == found.chosen
    assert found.best.profit_eur == frame["profit_eur"].max()
    assert found.notes == (OVERSTATED,)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_neither_the_order_of_the_rows_nor_the_scale_of_the_scores_matters(posed, drawn, seed):
    random = np.random.default_rng(seed)
    n = int(random.integers(20, 80))
    scores, y = drawn(n, seed=seed, decimals=0)
    unit = random.integers(0, n // 2, n)
    order = random.permutation(n)
    one = profit_curve(posed(y, unit=unit), scores, seed=5)
    other = profit_curve(posed(y[order], unit=unit[order]), 3 * scores[order] - 7, seed=5)
    pd.testing.assert_frame_equal(one.frame(), other.frame())
    assert one.best_elsewhere == pytest.approx(other.best_elsewhere, nan_ok=True)


def test_tied_rows_earn_what_breaking_the_tie_earns_on_average(posed, drawn):
    scores, y = drawn(200, seed=2, decimals=0)
    task = posed(y)
    found = profit_curve(task, scores, seed=1).chosen
    broken = [task.profit_eur(task.decide(scores, seed=seed)).sum() for seed in range(400)]
    assert found.profit_eur == pytest.approx(np.mean(broken), abs=4 * np.std(broken) / 20)
    assert np.std(broken) > 5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_no_cut_earns_more_than_the_best_and_none_needs_fewer_contacts(posed, drawn, seed):
    scores, y = drawn(60, seed=seed, decimals=1)
    found = profit_curve(posed(y), scores, seed=0)
    frame = found.frame()  # so few rows are all on it
    assert frame["contacts"].tolist() == list(range(61))
    most = frame["profit_eur"].max()
    assert found.best.profit_eur == pytest.approx(most)
    assert found.best.contacts == frame[frame["profit_eur"] >= most - 1e-9]["contacts"].min()


def test_what_contacts_add_is_counted_where_the_treatment_is_known(posed, drawn):
    scores, y = drawn(800, seed=4)
    treated = np.random.default_rng(0).random(800) < 0.7
    task = posed(y, treatment=treated.astype(int), probability=0.7)
    found = profit_curve(task, scores, seed=0)
    assert found.chosen.profit_eur == pytest.approx(
        task.profit_eur(task.decide(scores, seed=0)).sum()
    )
    assert found.parameters["profit"].startswith("what contacts add")
    assert found.chosen.profit_eur < profit_curve(posed(y), scores, seed=0).chosen.profit_eur
    assert found.chosen.low < found.chosen.profit_eur < found.chosen.high


def cover(posed, draw, truth, *, share, times):
    inside = []
    for seed in range(times):
        scores, y, more = draw(seed)
        task = posed(y, **more)
        paid = Paid.of(task, task.value, Ranking.of(scores, np.arange(len(y))))
        _, low, high = paid.total(np.array([round(share * len(y))]))
        inside.append(low[0] <= truth * len(y) <= high[0])
    return np.mean(inside)


def test_intervals_cover_the_profit_of_a_share_of_all_customers(posed, drawn):
    scores, y = drawn(400_000, seed=77)
    top = scores >= np.quantile(scores, 0.8)
    truth = ((y * 21 - 0.9) * top).mean()
    assert cover(posed, lambda k: (*drawn(300, seed=k), {}), truth, share=0.2, times=100) >= 0.9


def test_intervals_cover_what_contacts_add_where_few_outcomes_are_seen(posed):
    def draw(seed, n=400):
        random = np.random.default_rng(seed)
        scores, treated = random.normal(size=n), random.random(n) < 0.7
        y = random.random(n) < np.where(treated, 0.09, 0.05)
        return scores, y, {"treatment": treated.astype(int), "probability": 0.7}

    truth = 0.1 * (0.09 * 21 - 0.05 * 35 - 0.9)
    assert cover(posed, draw, truth, share=0.1, times=100) >= 0.9


def test_what_is_won_and_what_is_given_up_err_to_the_same_side(posed):
    """Where 80 % order anyway, more treated rows by chance are fewer left alone."""
    random, n = np.random.default_rng(2), 4000
    treated, y = random.random(n) < 0.5, random.random(n) < 0.8
    for unit in (np.arange(n), np.repeat(np.arange(n // 2), 2)):
        task = posed(y, unit=unit, treatment=treated.astype(int), probability=0.5)
        found = profit_curve(task, random.random(n), seed=0).at(1.0)
        own = np.bincount(unit, task.profit_eur(np.ones(n, dtype=bool)))
        expected = 2 * 1.96 * own.std() * len(own) ** 0.5
        assert found.high - found.low == pytest.approx(expected, rel=0.04)


def test_rows_of_the_same_customer_widen_the_interval(posed, drawn):
    scores, y = drawn(300, seed=3)
    alone = profit_curve(posed(y), scores, seed=0).at(0.5)
    scores, y, unit = np.repeat(scores, 4), np.repeat(y, 4), np.repeat(np.arange(300), 4)
    together = profit_curve(posed(y, unit=unit), scores, seed=0).at(0.5)
    apart = profit_curve(posed(y), scores, seed=0).at(0.5)
    assert together.profit_eur == pytest.approx(4 * alone.profit_eur)
    assert together.high - together.low == pytest.approx(4 * (alone.high - alone.low), rel=0.02)
    assert apart.high - apart.low == pytest.approx((together.high - together.low) / 2, rel=0.03)


def test_the_best_cut_of_chance_scores_earns_less_elsewhere(posed):
    random = np.random.default_rng(1)
    here, elsewhere = [], []
    for _ in range(30):
        y = random.random(300) < 0.9 / 21
        found = profit_curve(posed(y), random.random(300), seed=1)
        here.append(found.best.profit_eur)
        elsewhere.append(found.best_elsewhere.value)
    assert min(here) >= 0
    assert np.mean(elsewhere) < np.mean(here) - 20


def test_a_best_cut_that_contacts_nobody_earns_nothing_for_sure(posed):
    found = profit_curve(posed(np.resize([0, 0, 0, 1], 80), value=LOSING), np.arange(80), seed=1)
    assert found.best_elsewhere == (0, 0, 0)
    few = np.isin(np.arange(200), [191, 195, 199])
    assert np.isnan(profit_curve(posed(few), np.arange(200), seed=1).best_elsewhere[1:]).all()


def test_a_threshold_is_a_cut_at_a_score_and_has_the_interval_of_one(posed, drawn):
    scores, y = drawn(500, seed=6)
    chance = 1 / (1 + np.exp(2 - 1.2 * scores))
    fixed = profit_curve(posed(y, decision={"threshold": 0.2}), chance, seed=0)
    assert fixed.chosen.contacts == (chance >= 0.2).sum()
    share = fixed.at(fixed.chosen.share)
    assert share.profit_eur == fixed.chosen.profit_eur
    assert fixed.chosen.high - fixed.chosen.low != share.high - share.low
    marked = fixed.frame().query("is_chosen").iloc[0]
    assert (marked["low"], marked["high"]) == (fixed.chosen.low, fixed.chosen.high)


def test_few_contacts_have_no_interval_and_say_so(posed, drawn):
    scores, y = drawn(100, seed=1)
    cut = profit_curve(posed(y), scores, seed=0).at(0.09)
    assert cut.note == "not estimable (n=9)"
    assert np.isnan([cut.low, cut.high]).all()
    assert np.isfinite(cut.profit_eur)
    unseen = profit_curve(posed(np.zeros(100)), scores, seed=0).at(0.5)
    assert [unseen.low, unseen.profit_eur] == pytest.approx([-45, -45])
    assert unseen.high > -42


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_rows_are_a_curve_too(posed, n):
    found = profit_curve(posed(np.ones(n)), np.arange(n), seed=0)
    assert found.frame()["contacts"].tolist() == list(range(n + 1))
    assert found.best.profit_eur == pytest.approx(20.1 * n)


def test_everything_that_the_euros_depend_on_is_echoed(posed, drawn):
    scores, y = drawn(80, seed=1)
    value = {
        "won_per_positive": 20,
        "cost_per_contact": 1,
        "opt_outs_per_contact": 0.01,
        "lost_per_opt_out": 30,
        "source": "example",
    }
    found = profit_curve(posed(y, value=value), scores, seed=9)
    told = found.parameters
    assert told["won_per_positive"] == 20
    assert told["opt_outs_per_contact"] == 0.01
    assert told["seed"] == 9
    assert told["decision"] == "the 20% with the highest scores"
    assert told["unit"] == "id"
    assert EXAMPLE in found.notes
    assert found.chosen.trust_lost_eur == pytest.approx(16 * 0.3)
    without = profit_curve(
        posed(y, value={"won_per_positive": 20, "cost_per_contact": 1}), scores, seed=9
    )
    assert found.chosen.profit_eur == without.chosen.profit_eur


def test_the_picture_says_whose_euros_they_are(posed, drawn):
    scores, y = drawn(120, seed=1)
    value = {"won_per_positive": 20, "cost_per_contact": 1, "source": "example"}
    assert "example €" in profit_curve(posed(y, value=value), scores, seed=9).plot().svg


def refusal(call) -> str:
    with pytest.raises(InputError) as refused:
        call()
    return str(refused.value)


def test_what_cannot_be_weighed_is_refused(posed):
    task = posed(np.resize([0, 1], 20))
    good = np.arange(20.0)
    assert refusal(lambda: profit_curve(posed(task.y, value=None), good, seed=0)) == (
        "task must say what an outcome and a contact are worth, got 'offer' without euros. "
        "Add `value` to the task file: won_per_positive and cost_per_contact."
    )
    assert refusal(lambda: profit_curve(task, good[1:], seed=0)) == (
        "y, scores and unit must have the same number of rows, got 20, 19 and 20. "
        "Pass the rows of the same customers in the same order."
    )
    assert refusal(lambda: profit_curve(task, np.where(good == 3, np.nan, good), seed=0)) == (
        "scores must be finite numbers, got something else in 1 of 20 rows. "
        "Score those rows, or remove them."
    )
    assert refusal(lambda: profit_curve(task, pd.Series(good, index=good[::-1]), seed=0)) == (
        "y and scores must have the same index in the same order, got different ones. "
        "Align the rows first, or pass arrays to have them read by position."
    )
    assert refusal(lambda: profit_curve(task, good, seed=0).at(1.2)) == (
        "share must be a number in [0, 1], got 1.2. Use 0.2 for a fifth."
    )
    turned = posed(np.resize([0, 1], 200), treatment=np.resize([1, 1, 1, 0], 200), probability=0.25)
    assert refusal(lambda: profit_curve(turned, np.arange(200.0), seed=0)) == (
        "probability must be that of being contacted, which the contacts agree with, got 0.25 on "
        "average where 0.75 were contacted. Check that it is not the share of the hold-out, and that "
        "1 stands for contacted."
    )
    for cost, shown in ((-1.0, "-1.0"), (None, "None"), (np.nan, "nan")):
        value = task.value.model_copy(update={"cost_per_contact": cost})
        changed = replace(task, file=task.file.model_copy(update={"value": value}))
        assert refusal(lambda changed=changed: profit_curve(changed, good, seed=0)) == (
            f"cost_per_contact must be a number in [0, 1.79769e+308], got {shown}. "
            "Write the euros of one customer as a plain number."
        )
