"""SetThresholds: one threshold a group, with a coin between two."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import SetThresholds

AGREEING = {
    "demographic_parity": ["all"],
    "equalized_odds": ["positive", "negative"],
    "true_positive_rate_parity": ["positive"],
    "false_positive_rate_parity": ["negative"],
}


@pytest.fixture(scope="module")
def rows(draw):
    """600 customers in three groups."""
    return draw(600, "abc")


@pytest.fixture(scope="module")
def trained(rows):
    return LogisticRegression().fit(rows.X, rows.y)


@pytest.mark.parametrize("constraint", AGREEING)
def test_the_constrained_rates_agree_on_the_rows_of_the_fit(rows, trained, constraint):
    model = SetThresholds(trained, constraint=constraint, prefit=True)
    model.fit(rows.X, rows.y, group=rows.group)
    gaps = rows.gaps(model.selection_chance(rows.X, group=rows.group))[AGREEING[constraint]]
    assert gaps.to_numpy() == pytest.approx(0, abs=1e-9)
    assert rows.gaps(trained.predict(rows.X))[AGREEING[constraint]].max() > 0.05


@pytest.mark.parametrize("constraint", AGREEING)
@pytest.mark.parametrize("objective", ["accuracy", "balanced_accuracy"])
def test_it_equals_fairlearn_called_by_hand(rows, trained, constraint, objective):
    by_hand = ThresholdOptimizer(
        estimator=trained,
        constraints=constraint,
        objective=f"{objective}_score",
        prefit=True,
        predict_method="predict_proba",
    ).fit(rows.X, rows.y, sensitive_features=rows.group)
    model = SetThresholds(
        trained, constraint=constraint, objective=objective, prefit=True, random_state=4
    ).fit(rows.X, rows.y, group=rows.group)
    theirs = by_hand.predict(rows.X, sensitive_features=rows.group, random_state=4)
    assert (model.predict(rows.X, group=rows.group) == theirs).all()


@pytest.mark.parametrize("constraint", AGREEING)
def test_the_table_of_thresholds_says_all_that_is_done(rows, trained, constraint):
    model = SetThresholds(trained, constraint=constraint, prefit=True)
    model.fit(rows.X, rows.y, group=rows.group)
    scores = trained.predict_proba(rows.X)[:, 1]
    chance = np.zeros(len(scores))
    for _, line in model.thresholds_.iterrows():
        cut = line["share"] * (scores > line["threshold"])
        mixed = line["coin_alone"] * line["share"] * line["coin"] + (1 - line["coin_alone"]) * cut
        chance += mixed * (rows.group == line["group"]).to_numpy()
    assert chance == pytest.approx(model.selection_chance(rows.X, group=rows.group))
    assert model.thresholds_.groupby("group")["share"].sum().to_numpy() == pytest.approx(1)


def test_equalized_odds_bring_everybody_down_to_the_worst_served_group(draw):
    rows = draw(4000)
    trained = LogisticRegression().fit(rows.X, rows.y)
    model = SetThresholds(trained, constraint="equalized_odds", prefit=True)
    model.fit(rows.X, rows.y, group=rows.group)
    table = model.thresholds_.groupby("group")["coin_alone"].first()
    assert table["a"] > 0.1
    assert table["b"] == 0


def test_a_bound_leaves_a_difference_and_gains_accuracy(rows, trained):
    def fitted(bound):
        model = SetThresholds(trained, objective="accuracy", bound=bound, prefit=True)
        chance = model.fit(rows.X, rows.y, group=rows.group).selection_chance(
            rows.X, group=rows.group
        )
        return rows.gaps(chance)["all"], np.where(rows.y == 1, chance, 1 - chance).mean()

    strict, relaxed = fitted(0.0), fitted(0.1)
    assert strict[0] == pytest.approx(0, abs=1e-9)
    assert 0.01 < relaxed[0] <= 0.1 + 1e-9
    assert relaxed[1] > strict[1]


def test_an_estimator_without_probabilities_is_cut_where_it_decides(rows):
    model = SetThresholds(LinearSVC(), random_state=0).fit(rows.X, rows.y, group=rows.group)
    assert model.thresholds_["threshold"].min() < 0 < model.thresholds_["threshold"].max()


def test_fairlearn_itself_never_selects_a_group_that_was_not_there(rows, trained):
    by_hand = ThresholdOptimizer(estimator=trained, prefit=True).fit(
        rows.X, rows.y, sensitive_features=rows.group
    )
    strangers = by_hand.predict(rows.X, sensitive_features=["d"] * 600, random_state=0)
    assert strangers.sum() == 0


def test_accuracy_with_few_positives_selects_nobody_and_is_refused(draw):
    rows = draw(600)
    rare = ((rows.y == 1) & (np.arange(600) % 8 == 0)).astype(int)
    with pytest.raises(InputError) as refusal:
        SetThresholds(LogisticRegression(), objective="accuracy", random_state=0).fit(
            rows.X, rare, group=rows.group
        )
    assert str(refusal.value) == (
        "estimator must lead to decisions that differ between customers, "
        "got a selection chance of 0 in all 600 rows of the fit. Use the objective "
        "'balanced_accuracy', another constraint, or features that tell customers apart."
    )
    model = SetThresholds(LogisticRegression(), random_state=0).fit(rows.X, rare, group=rows.group)
    assert 0.05 < model.predict(rows.X, group=rows.group).mean() < 0.95


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"constraint": "calibration"},
            "constraint must be a known name, got 'calibration'. Known: 'demographic_parity', "
            "'equalized_odds', 'true_positive_rate_parity', 'false_positive_rate_parity'.",
        ),
        (
            {"objective": "selection_rate"},
            "objective must be a known name, got 'selection_rate'. "
            "Known: 'accuracy', 'balanced_accuracy'.",
        ),
        ({"bound": 2}, "bound must be a number in [0, 1], got 2. Use 0."),
        (
            {"bound": 0.1, "constraint": "equalized_odds"},
            "bound must be 0 for equalized odds, got 0.1. Use 0, or ConstrainTraining.",
        ),
        (
            {"grid_size": 1},
            "grid_size must be a whole number of at least 2, got 1. Use 1000.",
        ),
    ],
)  # fmt: skip
def test_parameters_that_break_a_rule_are_refused(refusal_of, rows, changes, message):
    assert refusal_of(SetThresholds(LogisticRegression(), **changes), rows) == message
