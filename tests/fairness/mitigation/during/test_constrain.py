"""ConstrainTraining: a mixture that keeps to a bound on average over coins."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.reductions import DemographicParity, ExponentiatedGradient
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import ConstrainTraining

ROWS_OF = {
    "demographic_parity": ["all"],
    "equalized_odds": ["positive", "negative"],
    "true_positive_rate_parity": ["positive"],
    "false_positive_rate_parity": ["negative"],
}


@pytest.mark.parametrize("constraint", ROWS_OF)
def test_each_group_keeps_to_the_bound_from_all_but_two_groups_may_differ_by_more(few, constraint):
    model = ConstrainTraining(GaussianNB(), constraint=constraint, bound=0.03)
    chance = model.fit(few.X, few.y, group=few.group).selection_chance(few.X)
    among = {"all": few.y >= 0, "positive": few.y == 1, "negative": few.y == 0}
    alone = few.gaps(GaussianNB().fit(few.X, few.y).predict(few.X))
    rates = few.rates(chance)
    distances = {name: abs(rates[name] - chance[among[name]].mean()).max() for name in rates}
    assert model.violation_ == pytest.approx(max(distances[name] for name in ROWS_OF[constraint]))
    assert model.violation_ < 0.03 + 1e-6
    kept = few.gaps(chance)[ROWS_OF[constraint]].max()
    assert kept <= 0.06 + 1e-6
    assert alone[ROWS_OF[constraint]].max() > kept


def test_the_bound_is_that_of_the_constraint(few):
    found = [
        ConstrainTraining(GaussianNB(), bound=bound).fit(few.X, few.y, group=few.group).violation_
        for bound in (0.02, 0.08)
    ]
    assert found == pytest.approx([0.02, 0.08], abs=1e-6)


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_it_equals_fairlearn_called_by_hand(few):
    by_hand = ExponentiatedGradient(
        GaussianNB(), DemographicParity(difference_bound=0.05), max_iter=5
    ).fit(few.X, few.y, sensitive_features=few.group)
    model = ConstrainTraining(GaussianNB(), bound=0.05, max_iterations=5, random_state=7)
    model.fit(few.X, few.y, group=few.group)
    assert model.selection_chance(few.X) == pytest.approx(by_hand._pmf_predict(few.X)[:, 1])
    assert (model.predict(few.X) == by_hand.predict(few.X, random_state=7)).all()


def test_more_rounds_than_one_are_needed_and_the_violation_says_so(few):
    model = ConstrainTraining(GaussianNB(), bound=0.01, max_iterations=1)
    assert model.fit(few.X, few.y, group=few.group).violation_ > 0.05


def test_a_dearer_miss_selects_where_positives_are_few(draw):
    rows = draw(400)
    rare = ((rows.y == 1) & (np.arange(400) % 6 == 0)).astype(int)
    with pytest.raises(InputError) as refusal:
        ConstrainTraining(GaussianNB()).fit(rows.X, rare, group=rows.group)
    assert str(refusal.value) == (
        "estimator must lead to decisions that differ between customers, "
        "got a selection chance of 0 in all 400 rows of the fit. Raise `miss_cost` where positives "
        "are few, allow a larger `bound`, or use features that tell customers apart."
    )
    model = ConstrainTraining(GaussianNB(), miss_cost=10).fit(rows.X, rare, group=rows.group)
    assert 0.1 < model.selection_chance(rows.X).mean() < 0.9


def test_a_pipeline_is_trained_like_its_last_step(few):
    plain, piped = (
        ConstrainTraining(estimator, bound=0.05, max_iterations=4)
        .fit(few.X, few.y, group=few.group)
        .selection_chance(few.X)
        for estimator in (GaussianNB(), make_pipeline(StandardScaler(), GaussianNB()))
    )
    assert piped == pytest.approx(plain, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"constraint": "demografic_parity"},
            "constraint must be a known name, got 'demografic_parity'. "
            "Did you mean 'demographic_parity'?",
        ),
        ({"bound": -1}, "bound must be a number in [0, 1], got -1. Use 0.01."),
        (
            {"miss_cost": 0},
            "miss_cost must be a number in (0, inf], got 0. Use 1.",
        ),
        (
            {"max_iterations": 0},
            "max_iterations must be a whole number of at least 1, got 0. Use 50.",
        ),
    ],
)  # fmt: skip
def test_parameters_that_break_a_rule_are_refused(refusal_of, few, changes, message):
    assert refusal_of(ConstrainTraining(GaussianNB(), **changes), few) == message


@pytest.mark.parametrize(
    ("constraint", "lost", "rule"),
    [
        ("true_positive_rate_parity", 1, "a positive outcome, got 0 positive of {n}"),
        ("false_positive_rate_parity", 0, "a negative outcome, got {n} positive of {n}"),
        ("equalized_odds", 1, "both outcomes, got 0 positive of {n}"),
    ],
)
def test_a_group_whose_rate_cannot_be_formed_is_refused_and_not_left_out(
    few, constraint, lost, rule
):
    kept = few.take(np.flatnonzero((few.group == "a") | (few.y != lost)))
    with pytest.raises(InputError) as refusal:
        ConstrainTraining(GaussianNB(), constraint=constraint).fit(kept.X, kept.y, group=kept.group)
    found = rule.format(n=(kept.group == "b").sum())
    assert str(refusal.value) == f"group 'b' must have rows of {found}. Merge small groups first."


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_fairlearn_itself_leaves_such_a_group_out_in_silence(few):
    from fairlearn.reductions import TruePositiveRateParity

    kept = few.take(np.flatnonzero((few.group == "a") | (few.y == 0)))
    moment = TruePositiveRateParity()
    moment.load_data(kept.X, kept.y, sensitive_features=kept.group)
    assert set(moment.index.get_level_values("group_id")) == {"a"}
