"""What a decision earns is the cut of the profit curve that the decision makes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.models.value._decision import DecisionProfit
from equipoise.models.value._paid import Paid
from equipoise.models.value._ranking import Ranking


def ranked(task, scores):
    return Ranking.of(scores, pd.factorize(task.unit)[0])


@pytest.mark.parametrize("treated", [False, True])
@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("rule", [{"top_share": 0.23}, {"threshold": 0.6}])
def test_a_decision_earns_what_its_cut_of_all_cuts_does(posed, treated, repeated, rule):
    rng = np.random.default_rng(5)
    chance = rng.uniform(0.2, 0.8, 400)
    told = {"treatment": (rng.random(400) < chance).astype(int), "probability": chance}
    unit = [f"c{k // 3:04d}" for k in range(400)] if repeated else None
    task = posed(rng.integers(0, 2, 400), unit=unit, decision=rule, **(told if treated else {}))
    scores = np.round(rng.random(400), 2)
    contacts, ranking = task.decide(scores, seed=0).sum(), ranked(task, scores)
    cut = Paid.of(task, task.value, ranking).total(
        np.array([contacts]), at_score="threshold" in rule
    )
    wanted = [1000 * side[0] / 400 for side in cut]
    assert DecisionProfit.of(task).earned(ranking, contacts) == pytest.approx(wanted, rel=1e-9)


def test_tied_scores_earn_what_all_ways_to_break_the_tie_do_on_average(posed):
    rng = np.random.default_rng(0)
    task = posed(rng.integers(0, 2, 600), decision={"top_share": 0.25})
    scores = np.round(0.3 * task.y + rng.random(600), 1)
    decided = [task.decide(scores, seed=seed) for seed in range(300)]
    broken = [1000 * task.profit_eur(contacted).mean() for contacted in decided]
    assert np.std(broken) > 10
    value, low, high = DecisionProfit.of(task).earned(ranked(task, scores), decided[0].sum())
    assert value == pytest.approx(np.mean(broken), abs=np.std(broken) / 4)
    assert low < value < high


def test_few_contacts_have_no_interval_and_nobody_earns_nothing_for_sure(posed):
    task = posed(np.tile([0, 1], 50))
    ranking, profit = ranked(task, np.arange(100.0)), DecisionProfit.of(task)
    value, low, high = profit.earned(ranking, 9)
    assert np.isfinite(value)
    assert np.isnan([low, high]).all()
    assert profit.earned(ranking, 0) == (0, 0, 0)


def test_a_task_without_euros_is_refused(posed):
    with pytest.raises(InputError) as refused:
        DecisionProfit.of(posed([0, 1], value=None))
    assert str(refused.value) == (
        "task must say what an outcome and a contact are worth, got 'offer' without euros. "
        "Add `value` to the task file: won_per_positive and cost_per_contact."
    )
