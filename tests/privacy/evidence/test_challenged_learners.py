"""Learners beside their evidence: ours hold, those of diffprivlib with known defects do not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from equipoise.exceptions import InputError
from equipoise.privacy import (
    DiffprivlibLogisticRegression,
    PrivateExplainableBoosting,
    PrivateLogisticRegression,
)
from equipoise.privacy.evidence import challenge
from equipoise.privacy.evidence._outputs import Reader, drawn_outputs
from equipoise.privacy.evidence._worlds import posed
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
    assert (audit.chance_by, audit.runs_needed) == ("a twin", None)
    assert audit.chance_to_refute < 0.1
    assert "; view='steps' sees more where noise is added to sums. An" in str(audit)
    assert "weights_" in audit.looked_at


def test_where_she_is_replaced_the_text_says_so(make):
    X, y = make(100)
    bounds = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
    learner = DiffprivlibLogisticRegression(epsilon=1, delta=1e-6, bounds=bounds)
    made, given = (
        challenge(learner, neighbours=kind, X=X, y=y, runs=50).worlds
        for kind in ("worst_case", "my_data")
    )
    assert made == (
        "made from the declared bounds: a crowd with a customer who says the same as those next to "
        "her, and with the same customer saying the opposite"
    )
    assert given == (
        "the given rows, as they are and with a mislabelled customer of extreme features in the "
        "place of the first"
    )


def test_weights_of_varying_number_are_read_as_the_log_odds_of_the_canary():
    class Wavering(ClassifierMixin, BaseEstimator):
        """Releases how many sevens there are, and now and then a useless number."""

        def fit(self, X, y):
            rng = np.random.default_rng()
            self.weights_ = np.zeros(1 + rng.integers(2))
            self.sevens_ = (X == 7).sum() + rng.laplace(scale=0.01)
            return self

        def decision_function(self, X):
            return self.sevens_ * (X[:, 0] == 7)

    X, y = np.arange(8.0)[:, None], np.arange(8) % 2
    for worlds in (((X[:7], y[:7]), (X, y)), ((X, y), (X[:7], y[:7]))):
        assert challenge(Wavering(), neighbours=worlds, claimed=1.0, runs=50).lower_bound > 2


def test_boosting_whose_cuts_vary_can_be_challenged():
    model = PrivateExplainableBoosting(epsilon=1, delta=1e-6, bounds=[(-1, 1)] * 2)
    learner = posed(model, "worst_case", claimed=None, X=None, y=None, unit=None).subject
    seeds = np.random.SeedSequence(0).spawn(2)
    widths = {len(fitted.weights_) for fitted in learner.drawn(0, seeds[0], 6)}
    assert len(widths) > 1
    outputs = drawn_outputs(learner, seeds, runs=6, reader=Reader())
    assert outputs.looked_at == (
        "the size of weights_",
        "classes_",
        "the score of the row in which the tables differ",
    )
    assert outputs.worlds[0].shape == outputs.worlds[1].shape == (6, 4)


def test_models_of_a_library_are_refused_before_anything_is_fitted(monkeypatch):
    from diffprivlib.models import GaussianNB

    learner, X = GaussianNB(epsilon=1, bounds=(2000, 2024)), np.arange(4.0)[:, None]
    monkeypatch.setattr(GaussianNB, "fit", lambda *given: pytest.fail("fitted"))
    with pytest.raises(InputError) as refused:
        challenge(learner)
    assert str(refused.value) == (
        "neighbours must be given for a learner that declares no bounds by feature, got GaussianNB. "
        "Write neighbours=((X, y), (other_X, other_y))."
    )
    with pytest.raises(InputError) as refused:
        challenge(learner, neighbours=((X, [0, 1, 0, 1]), (X[:3], [0, 1, 0])))
    assert str(refused.value) == (
        "claimed is required where the subject does not state its guarantee, got GaussianNB. "
        "Pass claimed=1.0, its own epsilon, or a Guarantee."
    )


def test_a_fitted_learner_is_refitted_and_keeps_its_fit(private, make):
    fitted = private(epsilon=2.0).fit(*make(100))
    weights = fitted.weights_.copy()
    audit = challenge(fitted, runs=50)
    assert audit.promise is fitted.guarantee_
    assert (fitted.weights_ == weights).all()
    assert fitted.random_state == 0


def test_a_learner_that_has_changed_since_it_was_fitted_is_refused(private, make):
    fitted = private().fit(*make(100)).set_params(epsilon=20.0)
    with pytest.raises(InputError) as refused:
        challenge(fitted, runs=50)
    assert str(refused.value) == (
        "subject must promise what it did when it was fitted, got (epsilon 1, delta 1e-06) per row, "
        "add-remove, and now (epsilon 20, delta 1e-06) per row, add-remove. Fit it again, or "
        "challenge a clone of it."
    )


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


class Keeping(BaseEstimator):
    """Releases noise for weights, and keeps what was asked for in public."""

    def __init__(self, keeps="mean", epsilon=1.0):
        self.keeps = keeps
        self.epsilon = epsilon

    def fit(self, X, y):
        self.coef_ = np.random.default_rng().laplace(size=2)
        if self.keeps == "mean":
            self.mean_ = np.asarray(X).mean(axis=0)
        elif self.keeps == "rows":
            self.rows_ = [list(row) for row in X]
        elif self.keeps == "inside":
            inner = Keeping()
            inner.fit(X, y)
            self.inside_ = [("first", inner)]


ROWS = np.random.default_rng(0).random((50, 2))
WITH_ONE_MORE = (
    (ROWS, np.arange(50) % 2),
    (np.vstack([ROWS, [[1.0, 1.0]]]), np.arange(51) % 2),
)


@pytest.mark.parametrize(
    ("keeps", "named"),
    [("mean", "mean_"), ("rows", "the size of rows_"), ("inside", "first.mean_")],
)
def test_whatever_a_learner_keeps_in_public_is_looked_at(keeps, named):
    audit = challenge(Keeping(keeps), neighbours=WITH_ONE_MORE, claimed=1.0, runs=50)
    assert (audit.verdict, audit.lower_bound) == ("refuted", audit.ceiling)
    assert named in audit.looked_at
    assert named in audit.attack
    assert f"Looked at: {', '.join(audit.looked_at)}. Verdict" in str(audit)


def test_noise_alone_is_not_refuted():
    audit = challenge(Keeping("nothing"), neighbours=WITH_ONE_MORE, claimed=1.0, runs=50)
    assert (audit.verdict, audit.looked_at) == ("cannot say", ("coef_",))


def test_many_public_numbers_do_not_hide_one():
    class Crowded(Keeping):
        def fit(self, X, y):
            super().fit(X, y)
            self.noise_ = np.random.default_rng().normal(size=300)

    audit = challenge(Crowded(), neighbours=WITH_ONE_MORE, claimed=1.0, runs=60)
    assert audit.verdict == "refuted"


@pytest.mark.parametrize("neighbours", ["worst_case", WITH_ONE_MORE])
def test_a_scaler_before_a_private_learner_breaks_the_promise_of_both(neighbours):
    learner = PrivateLogisticRegression(epsilon=1.0, delta=1e-6, bounds=[(-9, 9)] * 2)
    audit = challenge(make_pipeline(StandardScaler(), learner), neighbours=neighbours, runs=50)
    assert audit.verdict == "refuted"
    assert audit.promise.mu is not None
    assert "standardscaler.mean_" in audit.looked_at
    assert "privatelogisticregression.weights_" in audit.looked_at


def test_a_learner_without_numbers_and_scores_needs_a_statistic():
    class Mute(BaseEstimator):
        def fit(self, X, y):
            return self

    with pytest.raises(InputError) as refused:
        challenge(Mute(), neighbours=WITH_ONE_MORE, claimed=1.0, runs=50)
    assert str(refused.value) == (
        "statistic is needed for a learner without public numbers and without scores, got Mute. "
        "Pass statistic= or event=, which are called with the fitted learner."
    )


def test_without_weights_the_score_of_the_canary_is_looked_at():
    from sklearn.tree import DecisionTreeClassifier

    worlds = ((one_column(1.0, others=4), [0, 1, 0, 1, 1]), (one_column(others=4), [0, 1, 0, 1]))
    audit = challenge(DecisionTreeClassifier(), neighbours=worlds, claimed=1.0, runs=50)
    assert audit.verdict == "refuted"
    assert "the score of the row in which the tables differ" in audit.looked_at


def test_an_estimator_that_is_none_is_refused():
    class Duck:
        def fit(self, X, y):
            return self

    with pytest.raises(InputError) as refused:
        challenge(Duck(), neighbours=WITH_ONE_MORE, claimed=1.0, runs=50)
    assert str(refused.value) == (
        "subject must be a scikit-learn estimator if it has fit, got Duck. Derive it from "
        "BaseEstimator, or pass a function of (table, rng) that fits one."
    )


BOUNDS = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}


def test_bounds_go_with_columns_by_name(make):
    X, y = make(20)
    turned = X[["channel", "spend", "age"]]
    _, more = my_data(turned, y, None, BOUNDS, adjacency="add-remove")
    assert list(more.X.columns) == ["channel", "spend", "age"]
    assert more.X.iloc[-1].tolist() == ["shop", 5000.0, 818.0]
    same = my_data(X, y, None, BOUNDS, adjacency="add-remove")[1]
    assert more.y.tolist() == same.y.tolist()


def test_a_canary_is_finite_whatever_the_bounds():
    _, more = worst_case([(0.0, 1e308)], adjacency="add-remove")
    assert np.isfinite(more.X).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (lambda X, y: {"X": X.assign(id=0)}, "bounds must be declared for every feature, got none"),
        (lambda X, y: {"X": X[["age"]]}, "must"),
        (lambda X, y: {"y": np.where(y, "yes", "no")}, "y must hold the outcomes 0 and 1"),
        (lambda X, y: {"y": y[:-1]}, "y must have one outcome for each of 100 rows"),
    ],
)
def test_what_is_wrong_with_my_data_is_told_before_anything_is_built(
    private, make, changes, message
):
    X, y = make(100)
    with pytest.raises(InputError, match=message):
        challenge(private(), neighbours="my_data", runs=50, **({"X": X, "y": y} | changes(X, y)))
