"""What all mitigations share: one interface, the truth about themselves, and the same refusals."""

from __future__ import annotations

import inspect
import logging
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from equipoise.exceptions import InputError
from equipoise.fairness import mitigation
from equipoise.fairness.mitigation import (
    ConstrainTraining,
    FlipNearThreshold,
    MixDecisions,
    MixScores,
    RemoveCorrelation,
    Reweigh,
    SearchMultipliers,
)

KINDS = [getattr(mitigation, name) for name in mitigation.__all__ if name != "reweighing"]
TWO_GROUPS_ONLY = {"MixDecisions", "MixScores", "FlipNearThreshold"}
WITH_PROBABILITIES = {"Reweigh", "RemoveCorrelation", "MixScores"}


def name_of(fitted):
    return type(fitted).__name__


class Scribbler(ClassifierMixin, BaseEstimator):
    """Writes into whatever it is given, as no estimator should."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.cut_ = float(np.median(np.asarray(X)[:, 0]))
        self._scribble(X)
        y[:] = 0
        return self

    def predict_proba(self, X):
        first = np.array(X, dtype=float)[:, 0]
        self._scribble(X)
        positive = 1 / (1 + np.exp(-2 * (first - self.cut_)))
        return np.column_stack([1 - positive, positive])

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)

    def _scribble(self, X):
        if isinstance(X, pd.DataFrame):
            X.iloc[:, :] = 0.0
        else:
            X[:] = 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_docstring_says_what_a_user_must_know(kind):
    said = " ".join(inspect.getdoc(kind).split())
    for word in (
        "t decision time", "coin", "What it does not do:", "Who pays:", "private learner",
        "References ---", "Examples ---",
    ):  # fmt: skip
        assert word in said


def test_the_need_for_the_group_is_stated_truly(fitted, few):
    others = few.group.map({"a": "b", "b": "a"})
    if fitted.needs_group_to_decide:
        assert not np.allclose(
            fitted.selection_chance(few.X, group=few.group),
            fitted.selection_chance(few.X, group=others),
        )
        with pytest.raises(InputError) as refusal:
            fitted.predict(few.X)
        assert str(refusal.value) == (
            "group is needed to decide, got None. Pass the group of each row, as when fitted."
        )
    else:
        assert (fitted.predict(few.X) == fitted.predict(few.X, group=others)).all()


def test_coins_are_stated_truly(fitted, few):
    chance = fitted.selection_chance(few.X, group=few.group)
    assert ((chance > 0.001) & (chance < 0.999)).any() == fitted.is_randomised
    assert (chance >= 0).all() and (chance <= 1).all()


def test_the_same_seed_gives_the_same_decisions_and_another_seed_others(fitted, few):
    first = fitted.predict(few.X, group=few.group)
    assert (fitted.predict(few.X, group=few.group) == first).all()
    if fitted.is_randomised:
        kept = fitted.random_state
        try:
            fitted.random_state = 1
            assert (fitted.predict(few.X, group=few.group) != first).any()
        finally:
            fitted.random_state = kept


def test_decisions_agree_with_their_chance(fitted, few):
    chance = fitted.selection_chance(few.X, group=few.group)
    decided = fitted.predict(few.X, group=few.group)
    assert (decided[chance == 0] == 0).all()
    assert (decided[chance == 1] == 1).all()
    # Five standard errors of the mean of independent coins.
    assert abs(decided.mean() - chance.mean()) <= 5 * np.sqrt((chance * (1 - chance)).mean() / 300)


def test_probabilities_are_offered_only_where_they_mean_something(fitted, few):
    assert hasattr(fitted, "predict_proba") == (name_of(fitted) in WITH_PROBABILITIES)
    if hasattr(fitted, "predict_proba"):
        both = fitted.predict_proba(few.X, group=few.group)
        assert both.shape == (300, 2)
        assert both.sum(axis=1) == pytest.approx(1)


def test_decisions_are_whole_numbers_0_and_1(fitted, few):
    decided = fitted.predict(few.X, group=few.group)
    assert decided.dtype.kind == "i"
    assert set(decided.tolist()) == {0, 1}
    assert fitted.classes_.tolist() == [0, 1]
    assert is_classifier(fitted)


def test_features_are_remembered_by_number_and_name(fitted):
    assert fitted.n_features_in_ == 2
    assert fitted.feature_names_in_.tolist() == ["recent", "often"]


def test_other_features_than_those_of_the_fit_are_refused(fitted, few):
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(few.X.rename(columns={"often": "seldom"}), group=few.group)


def test_a_clone_has_the_parameters_and_is_not_fitted(fitted, few):
    copy = clone(fitted)
    assert {k: v for k, v in copy.get_params(deep=False).items() if k != "estimator"} == {
        k: v for k, v in fitted.get_params(deep=False).items() if k != "estimator"
    }
    assert copy.set_params(estimator__var_smoothing=1e-8).estimator.var_smoothing == 1e-8
    with pytest.raises(NotFittedError):
        copy.predict(few.X, group=few.group)


def test_a_clone_fits_to_the_same_decisions(fitted, few):
    again = clone(fitted).fit(few.X, few.y, group=few.group)
    assert (again.predict(few.X, group=few.group) == fitted.predict(few.X, group=few.group)).all()


def test_a_fitted_one_can_be_saved_and_holds_no_row_of_a_customer(make, few):
    X = few.X.copy()
    X.iloc[5, 0] = np.pi / 7
    model = make().fit(X, few.y, group=few.group)
    saved = pickle.dumps(model)
    assert np.float64(np.pi / 7).tobytes() not in saved
    assert few.y.to_numpy().tobytes() not in saved
    again = pickle.loads(saved).predict(X, group=few.group)
    assert (again == model.predict(X, group=few.group)).all()


def test_cross_validation_hands_the_group_on_by_metadata_routing(make, few):
    with config_context(enable_metadata_routing=True):
        asked = make().set_fit_request(group=True).set_score_request(group=True)
        found = cross_validate(
            asked, few.X, few.y, cv=2, params={"group": few.group}, error_score="raise"
        )
    assert (found["test_score"] > 0.5).all()


def test_cross_validation_works_without_routing_where_no_group_is_needed_to_decide(few):
    found = cross_validate(
        Reweigh(GaussianNB()), few.X, few.y, cv=2, params={"group": few.group}, scoring="accuracy"
    )
    assert (found["test_score"] > 0.5).all()


def test_the_score_is_the_share_of_decisions_that_equal_the_outcome(fitted, few):
    decided = fitted.predict(few.X, group=few.group)
    assert fitted.score(few.X, few.y, group=few.group) == (decided == few.y).mean()


def test_a_pipeline_that_encodes_text_can_be_the_estimator(make, few):
    X = few.X.assign(region=np.where(few.X["often"] > 0, "north", "south"))
    encoded = ColumnTransformer([("one", OneHotEncoder(), ["region"])], remainder="passthrough")
    model = make(make_pipeline(encoded, LogisticRegression()))
    if isinstance(model, RemoveCorrelation):
        with pytest.raises(InputError, match="must be numeric to have its correlation removed"):
            model.fit(X, few.y, group=few.group)
        return
    decided = model.fit(X, few.y, group=few.group).predict(X, group=few.group)
    assert set(decided.tolist()) == {0, 1}


def test_arguments_are_not_changed(make, few):
    parts = [few.X.copy(), few.y.to_numpy().copy(), few.group.copy()]
    before = [part.copy() for part in parts]
    model = make(Scribbler()).fit(parts[0], parts[1], group=parts[2])
    model.predict(parts[0], group=parts[2])
    pd.testing.assert_frame_equal(parts[0], before[0])
    assert (parts[1] == before[1]).all()
    pd.testing.assert_series_equal(parts[2], before[2])
    array = few.X.to_numpy().copy()
    make(Scribbler()).fit(array, parts[1], group=parts[2]).predict(array, group=parts[2])
    assert (array == few.X.to_numpy()).all()


def test_logging_and_the_shared_generator_are_left_as_they_were(make, few, caplog):
    before = np.random.get_state()[1].copy(), logging.root.manager.disable
    model = make().fit(few.X, few.y, group=few.group)
    model.predict(few.X, group=few.group)
    assert (np.random.get_state()[1] == before[0]).all()
    assert logging.root.manager.disable == before[1]
    assert not caplog.records


@pytest.mark.parametrize(
    "coded",
    [
        lambda g: g.map({"a": "z", "b": "<y>"}),
        lambda g: g.astype("category"),
        lambda g: g.map({"a": True, "b": False}),
        lambda g: g.map({"a": 7, "b": 3}).astype("Int64"),
        lambda g: g.map({"a": 0.0, "b": 1.0}).to_numpy(),
        lambda g: g.tolist(),
    ],
    ids=["reversed", "category", "boolean", "nullable", "float array", "list"],
)
def test_other_names_for_the_groups_change_nothing(make, fitted, few, coded):
    renamed = make().fit(few.X, few.y, group=coded(few.group))
    chance = renamed.selection_chance(few.X, group=coded(few.group))
    assert chance == pytest.approx(fitted.selection_chance(few.X, group=few.group), abs=1e-6)
    decided = renamed.predict(few.X, group=coded(few.group))
    assert (decided == fitted.predict(few.X, group=few.group)).all()


def test_the_order_of_the_rows_changes_no_chance(make, few):
    order = np.random.default_rng(3).permutation(len(few.y))
    other = few.take(order)
    after = hasattr(make(), "prefit")  # a hold-out is drawn by position
    chances = []
    for rows in (few, other):
        model = make(GaussianNB().fit(few.X, few.y), prefit=True) if after else make()
        model.fit(rows.X, rows.y, group=rows.group)
        chances.append(model.selection_chance(few.X, group=few.group))
    assert chances[0] == pytest.approx(chances[1], abs=1e-6)


@pytest.mark.parametrize("kind", [bool, float, "Int64", "boolean"])
def test_the_coding_of_the_outcome_changes_nothing(make, fitted, few, kind):
    typed = make().fit(few.X, few.y.astype(kind), group=few.group)
    decided = typed.predict(few.X, group=few.group)
    assert (decided == fitted.predict(few.X, group=few.group)).all()


def test_arrays_and_lists_are_read_like_frames(make, fitted, few):
    model = make().fit(few.X.to_numpy().tolist(), few.y.tolist(), group=few.group.tolist())
    decided = model.predict(few.X.to_numpy(), group=few.group.to_numpy())
    assert (decided == fitted.predict(few.X, group=few.group)).all()
    assert not hasattr(model, "feature_names_in_")


def test_one_customer_can_be_decided_alone(fitted, few):
    chance = fitted.selection_chance(few.X, group=few.group)
    for place in (0, 1):
        alone = few.take(np.array([place]))
        found = fitted.selection_chance(alone.X, group=alone.group)
        assert found == pytest.approx(chance[[place]])
        assert fitted.predict(alone.X, group=alone.group).shape == (1,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"y": lambda f: f.y + 1},
            "y must be coded 0 and 1, got 2. Code the positive value as 1.",
        ),
        (
            {"y": lambda f: f.y.map({0: "no", 1: "yes"})},
            "y must be coded 0 and 1, got 'no'. Code the positive value as 1.",
        ),
        (
            {"y": lambda f: f.y.astype(float).where(f.y.index > 1)},
            "y must not be missing, got 2 of 300 rows without. "
            "Remove those rows, or complete them.",
        ),
        (
            {"y": lambda f: f.y * 0},
            "y must hold both outcomes, got 0 in all 300 rows. Pass all customers.",
        ),
        (
            {"y": lambda f: f.y[::-1]},
            "X and y must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
        (
            {"y": lambda f: f.y.to_numpy()[:-1]},
            "X, y and group must have the same number of rows, got 300, 299 and 300. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            {"group": lambda f: f.group.where(f.group.index > 1)},
            "group 'band' must not be missing, got 2 of 300 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
        (
            {"group": lambda f: [None, *f.group[1:]]},
            "group 'group' must not be missing, got 1 of 300 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
        (
            {"group": lambda f: f.group.where(f.group == "a", "a")},
            "group must hold at least two groups, got 1 (a). Pass all customers.",
        ),
        (
            {"group": lambda f: f.group.to_frame()},
            "group must be one value a row, got shape (300, 1). Pass one column.",
        ),
        (
            {"group": lambda f: f.group.sample(frac=1, random_state=0)},
            "X and group must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
    ],
)  # fmt: skip
def test_rows_that_libraries_accept_in_silence_are_refused(make, few, change, message):
    y, group = (change.get(part, lambda f, p=part: getattr(f, p))(few) for part in ("y", "group"))
    with pytest.raises(InputError) as refusal:
        make().fit(few.X, y, group=group)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("stranger", "message"),
    [
        (
            "A", "group must hold groups that were there when fitted, got 'A'. "
            "Did you mean 'a'?",
        ),
        (
            "xyz", "group must hold groups that were there when fitted, got 'xyz'. "
            "Known: 'a', 'b'.",
        ),
    ],
)  # fmt: skip
def test_a_group_that_was_not_there_when_fitted_is_refused_by_name(
    deciding_by_group, few, stranger, message
):
    with pytest.raises(InputError) as refusal:
        deciding_by_group.predict(few.X, group=[stranger, *few.group[1:]])
    assert str(refusal.value) == message


def test_rows_that_do_not_match_are_refused_when_deciding_too(deciding_by_group, few):
    with pytest.raises(InputError) as refusal:
        deciding_by_group.predict(few.X, group=few.group[::-1])
    assert str(refusal.value) == (
        "X and group must have the same index in the same order, got different ones. "
        "Align the rows first, or pass arrays to have them read by position."
    )


def test_more_than_two_groups_are_refused_where_the_method_knows_two(refusal_of, make, draw):
    many = draw(300, "abcd")
    kind = type(make()).__name__
    if kind not in TWO_GROUPS_ONLY:
        model = make().fit(many.X, many.y, group=many.group)
        assert model.groups_ == ["a", "b", "c", "d"]
        assert set(model.predict(many.X, group=many.group).tolist()) == {0, 1}
        return
    assert refusal_of(make(), many) == (
        f"group must hold two groups for {kind}, got 4: a, b, c, d. "
        "Merge groups, or use SetThresholds, which takes any number."
    )


@pytest.mark.parametrize(
    "model",
    [
        Reweigh(LinearSVC(), threshold=0.5),
        MixDecisions(LinearSVC(), threshold=0.5),
        MixScores(LinearSVC()),
        FlipNearThreshold(LinearSVC()),
    ],
)
def test_an_estimator_without_probabilities_is_refused_where_they_are_cut(refusal_of, few, model):
    assert refusal_of(model, few) == (
        "estimator must have predict_proba here, got LinearSVC. Wrap it in CalibratedClassifierCV."
    )


@pytest.mark.parametrize("kind", [Reweigh, ConstrainTraining, SearchMultipliers])
def test_an_estimator_that_takes_no_weights_is_refused_where_rows_are_weighted(
    refusal_of, few, kind
):
    for estimator in (KNeighborsClassifier(), make_pipeline(KNeighborsClassifier())):
        assert refusal_of(kind(estimator), few) == (
            "estimator must take sample weights when it is trained, got KNeighborsClassifier. "
            "Use one whose fit has sample_weight, or a method that acts after training."
        )


ONE_ANSWER = {
    "Reweigh": "Set `threshold` to a probability that some customers exceed, "
    "or use features that tell customers apart.",
    "ConstrainTraining": "Raise `miss_cost` where positives are few, allow a larger `bound`, "
    "or use features that tell customers apart.",
    "SearchMultipliers": "Give the violation less weight with `constraint_weight`, search a larger "
    "grid, or use features that tell customers apart.",
    "FlipNearThreshold": "Allow a larger `bound`, search more thresholds and margins, "
    "or use features that tell customers apart.",
    "SetThresholds": "Use the objective 'balanced_accuracy', another constraint, "
    "or features that tell customers apart.",
}
ONE_ANSWER["MixScores"] = (
    "Set `threshold` to a score that some customers exceed, "
    "or use features that tell customers apart."
)
ONE_ANSWER |= dict.fromkeys(("RemoveCorrelation", "MixDecisions"), ONE_ANSWER["Reweigh"])


def test_a_result_that_decides_the_same_for_everybody_is_refused(make, few):
    kind = type(make()).__name__
    # Without differing scores MixScores finds no share to replace and says that instead.
    beyond = {"threshold": 1.0} if kind == "MixScores" else {"estimator": DummyClassifier()}
    with pytest.raises(InputError) as refusal:
        make(**beyond).fit(few.X, few.y, group=few.group)
    found = str(refusal.value)
    assert found.startswith(
        "estimator must lead to decisions that differ between customers, got a selection chance of "
    )
    assert found.endswith(f" in all 300 rows of the fit. {ONE_ANSWER[kind]}")
    assert (refusal.value.parameter, refusal.value.next_move) == ("estimator", ONE_ANSWER[kind])


def test_a_mixture_that_selects_less_than_one_row_on_average_is_refused(few, monkeypatch):
    model = ConstrainTraining(GaussianNB())
    monkeypatch.setattr(ConstrainTraining, "_chance", lambda *_: np.r_[0.5, np.zeros(299)])
    with pytest.raises(InputError) as refusal:
        model.fit(few.X, few.y, group=few.group)
    assert "got 0.50 of 300 rows of the fit selected on average." in str(refusal.value)


def test_with_metadata_routing_a_pipeline_still_gets_its_weights(few):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    plain = Reweigh(pipeline).fit(few.X, few.y, group=few.group)
    with config_context(enable_metadata_routing=True):
        routed = Reweigh(pipeline).fit(few.X, few.y, group=few.group)
        ConstrainTraining(pipeline, max_iterations=3).fit(few.X, few.y, group=few.group)
    expected = plain.predict_proba(few.X)
    assert (routed.predict_proba(few.X) == expected).all()


def test_a_refused_fit_leaves_an_earlier_one_whole(make, few):
    model = make().fit(few.X, few.y, group=few.group)
    before = dict(vars(model))
    with pytest.raises(InputError):
        model.fit(few.X, few.y + 1, group=few.group)
    model.estimator = DummyClassifier()
    with pytest.raises(InputError):
        model.fit(few.X, few.y, group=few.group)
    assert vars(model) == before | {"estimator": model.estimator}


def test_a_first_fit_that_is_refused_leaves_nothing_fitted(make, few):
    model = make(DummyClassifier())
    with pytest.raises(InputError):
        model.fit(few.X, few.y, group=few.group)
    with pytest.raises(NotFittedError):
        model.predict(few.X, group=few.group)


def test_a_repeated_group_name_of_another_type_is_the_same_group(few):
    coded = few.group.map({"a": 1, "b": 0})
    model = FlipNearThreshold(GaussianNB(), n_thresholds=9, n_margins=4, bound=0.2, random_state=0)
    model.fit(few.X, few.y, group=coded)
    as_text = model.predict(few.X, group=coded.astype(str))
    assert (as_text == model.predict(few.X, group=coded.astype(float))).all()
