"""Learners beside their evidence: ours hold, those of diffprivlib with known defects do not."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy import DiffprivlibLogisticRegression, PrivateLogisticRegression
from equipoise.privacy.evidence import challenge
from equipoise.privacy.evidence._worst_case import my_data, worst_case


def one_column(*last, others, at=0.0):
    return np.r_[np.full(others, at), last][:, None]


@pytest.fixture
def unlimited():
    from diffprivlib.accountant import BudgetAccountant

    return {"epsilon": 1.0, "accountant": BudgetAccountant()}


def test_the_linear_regression_of_diffprivlib_is_refuted(unlimited):
    # Its second moments have no noise where the lower bound is 0: diffprivlib issues 104 and 105.
    from diffprivlib.models import LinearRegression

    learner = LinearRegression(bounds_X=(0, 100), bounds_y=(0, 1), fit_intercept=False, **unlimited)
    y = np.zeros(11)
    worlds = ((one_column(100.0, others=10), y), (one_column(1.0, others=10), y))
    audit = challenge(learner, neighbours=worlds, claimed=1.0, runs=50)
    assert audit.verdict == "refuted"
    assert audit.lower_bound > 2


def test_the_naive_bayes_of_diffprivlib_is_refuted_far_from_zero(unlimited):
    # A changed label moves a class sum by more than the width of the bounds.
    from diffprivlib.models import GaussianNB

    labels = (np.arange(101) >= 50).astype(int)
    changed = np.where(np.arange(101) == 50, 0, labels)
    X = np.full((101, 1), 2000.0)
    audit = challenge(
        GaussianNB(bounds=(2000, 2024), **unlimited),
        neighbours=((X, labels), (X, changed)),
        claimed=1.0,
        runs=150,
        event=lambda model: model.class_count_[0] == 50 and model.theta_[0, 0] > 2005,
    )
    assert audit.verdict == "refuted"
    assert audit.promise.adjacency == "replace-one"


@pytest.mark.parametrize("neighbours", ["worst_case", "my_data"])
def test_our_learner_is_not_refuted(private, make, neighbours):
    X, y = make(100)
    audit = challenge(private(), neighbours=neighbours, X=X, y=y, runs=50)
    assert audit.verdict == "cannot say"
    assert (audit.claimed, audit.promise.delta) == (1.0, 1e-6)
    assert audit.promise.adjacency == "add-remove"
    assert (neighbours == "my_data") == ("the given rows" in audit.worlds)
    assert "The output of a learner may show less than such a mechanism does." in str(audit)


def test_a_fitted_learner_is_refitted_and_keeps_its_fit(private, make):
    fitted = private(epsilon=2.0).fit(*make(100))
    weights = fitted.weights_.copy()
    audit = challenge(fitted, runs=50)
    assert audit.promise is fitted.guarantee_
    assert (fitted.weights_ == weights).all()
    assert fitted.random_state == 0


def test_infinite_epsilon_is_nothing_to_challenge(private):
    with pytest.raises(InputError, match="there is nothing to refute"):
        challenge(private(epsilon=np.inf, delta=None), runs=50)


@pytest.mark.parametrize("learner", [PrivateLogisticRegression, DiffprivlibLogisticRegression])
@pytest.mark.parametrize("rows_per_unit", [1, 3])
def test_the_worst_case_differs_by_one_customer_with_all_her_rows(learner, rows_per_unit):
    bounds = {"age": (18, 98), "channel": ("shop", "web")}
    adjacency = "add-remove" if learner is PrivateLogisticRegression else "replace-one"
    one, other = worst_case(bounds, rows_per_unit=rows_per_unit, adjacency=adjacency)
    assert len(other) - len(one) == (rows_per_unit if adjacency == "add-remove" else 0)
    assert (other.X["age"][-rows_per_unit:] > 98).all()
    assert (other.y[-rows_per_unit:] == 1).all()
    fitted = learner(
        epsilon=1, delta=1e-6, bounds=bounds, rows_per_unit=rows_per_unit, random_state=0
    )
    fitted.fit(other.X, other.y, unit=other.unit)
    assert fitted.guarantee_.adjacency == adjacency


def test_my_data_are_kept_and_one_customer_is_added_or_replaced(make):
    X, y = make(20)
    bounds = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
    unit = np.repeat(np.arange(10), 2)
    asked = {"rows_per_unit": 2, "bounds": bounds}
    one, more = my_data(X, y, unit, adjacency="add-remove", **asked)
    assert one.X.equals(X.reset_index(drop=True))
    assert len(more) == 22
    assert (more.X["spend"][-2:] > 500).all()
    same, replaced = my_data(X, y, unit, adjacency="replace-one", **asked)
    assert len(same) == len(replaced) == 20
    assert set(same.unit) - set(replaced.unit) == {0}
    assert set(replaced.unit) - set(same.unit) == {20}


def test_my_data_need_data(private):
    with pytest.raises(InputError) as refused:
        challenge(private(), neighbours="my_data", runs=50)
    assert str(refused.value) == (
        "neighbours 'my_data' needs X and y, got none. Pass X= and y=, and unit= if rows repeat."
    )


def test_a_learner_of_another_kind_needs_a_claim():
    from sklearn.linear_model import LogisticRegression

    worlds = ((one_column(1.0, others=4), [0, 1, 0, 1, 0]), (one_column(others=4), [0, 1, 0, 1]))
    with pytest.raises(InputError) as refused:
        challenge(LogisticRegression(), neighbours=worlds, runs=50)
    assert str(refused.value) == (
        "claimed is required where the subject does not state its guarantee, got "
        "LogisticRegression. Pass claimed=, an epsilon or a Guarantee."
    )
    audit = challenge(LogisticRegression(), neighbours=worlds, claimed=1.0, runs=50)
    assert audit.verdict == "refuted"


def test_a_learner_without_weights_needs_a_statistic():
    from sklearn.tree import DecisionTreeClassifier

    worlds = ((one_column(1.0, others=4), [0, 1, 0, 1, 0]), (one_column(others=4), [0, 1, 0, 1]))
    with pytest.raises(InputError) as refused:
        challenge(DecisionTreeClassifier(), neighbours=worlds, claimed=1.0, runs=50)
    assert str(refused.value) == (
        "statistic is needed for a learner without weights_ or coef_, got DecisionTreeClassifier. "
        "Pass statistic= or event=, which are called with the fitted learner."
    )
