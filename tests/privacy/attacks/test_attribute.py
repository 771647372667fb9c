"""Attribute inference: what the model leaked is told from what anyone could guess."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from equipoise.exceptions import InputError
from equipoise.privacy import Guarantee
from equipoise.privacy.attacks import attribute_inference
from equipoise.privacy.attacks._guesses import every


class Remembering(ClassifierMixin, BaseEstimator):
    """Is sure of the outcome for the exact rows it was fitted on, and for no others."""

    def fit(self, X, y):
        self.mean_ = float(np.mean(y))
        self.classes_ = np.array([0, 1])
        self.seen_ = dict(zip(X.itertuples(index=False, name=None), y, strict=True))
        self.guarantee_ = Guarantee(np.inf, 0.0, "row", "add-remove", "none", (), ())
        return self

    def predict_proba(self, X):
        own = [self.seen_.get(row, None) for row in X.itertuples(index=False, name=None)]
        positive = np.array([self.mean_ if o is None else 0.02 + 0.96 * o for o in own])
        return np.column_stack([1 - positive, positive])


class Silent(ClassifierMixin, BaseEstimator):
    """Says the same of everybody."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def customers(n=600, seed=0, told=0.0):
    """A band of three values, which a clue tells for a share of the customers."""
    rng = np.random.default_rng(seed)
    band = rng.choice(["high", "low", "middle"], n, p=[0.3, 0.3, 0.4])
    code = pd.Series(band).map({"high": 0, "low": 1, "middle": 2}).to_numpy()
    clue = np.where(rng.random(n) < told, code, rng.integers(0, 3, n))
    X = pd.DataFrame({"spend": rng.normal(size=n), "clue": clue, "band": band})
    return X, rng.integers(0, 2, n)


def told(result, side, measure, group="all"):
    frame = result.frame()
    return frame[(frame.side == side) & (frame.measure == measure) & (frame.group == group)].iloc[0]


def test_what_is_remembered_of_members_is_found_and_of_others_is_not():
    X, y = customers()
    result = attribute_inference(Remembering(), X, y, sensitive="band", random_state=0)
    assert told(result, "members", "with_model").value > 0.95
    assert told(result, "members", "gain").low > 0.4
    assert told(result, "non-members", "gain").high < 0.2
    assert told(result, "difference", "gain").low > 0.4
    assert told(result, "difference", "gain").bound == result.bound == 1.0
    assert "taking part cost members +" in result.sentence()
    assert result.sentence().endswith(" The model promises nothing: its epsilon is infinite.")


def test_what_can_be_imputed_is_no_leak():
    X, y = customers(told=0.8)
    result = attribute_inference(Silent(), X, y, sensitive="band", random_state=0)
    for side in ("members", "non-members"):
        assert told(result, side, "imputed").low > told(result, side, "most_common").high
        gain = told(result, side, "gain")
        assert (gain.value, gain.low <= 0 <= gain.high) == (0, True)
    assert np.isnan(result.bound)
    assert result.sentence().endswith("].")
    assert "guarantee" not in result.sentence()


def test_without_a_leak_the_difference_has_either_sign_and_its_interval_holds_zero():
    X, y = customers(300)
    rows = [
        told(
            attribute_inference(LogisticOnBand(), X, y, sensitive="band", random_state=seed),
            "difference",
            "gain",
        )
        for seed in range(8)
    ]
    assert sum(row.low <= 0 <= row.high for row in rows) >= 7
    assert min(row.value for row in rows) <= 0 <= max(row.value for row in rows)


class LogisticOnBand(ClassifierMixin, BaseEstimator):
    """A plain model on dummies of the band."""

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(self._encoded(X), y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(self._encoded(X))

    def _encoded(self, X):
        dummies = [X["band"] == level for level in ("high", "low")]
        return np.column_stack([X["spend"], X["clue"], *dummies])


def test_members_minus_non_members_by_group():
    X, y = customers()
    kind = pd.Series(np.where(np.arange(600) < 20, "few", "many"), name="kind")
    result = attribute_inference(Remembering(), X, y, sensitive="band", groups=kind, random_state=0)
    assert np.isnan(told(result, "difference", "gain", "few").value)
    assert told(result, "difference", "gain", "few").note.startswith("not estimable (n=")
    assert told(result, "difference", "gain", "many").low > 0.4
    for measure in ("imputed", "with_model"):
        sides = [told(result, s, measure).value for s in ("members", "non-members", "difference")]
        assert sides[0] - sides[1] == pytest.approx(sides[2])


def test_a_fitted_model_is_attacked_as_it_is():
    X, y = customers()
    member = np.arange(600) % 3 == 0
    learner = Remembering().fit(X[member], y[member])
    result = attribute_inference(learner, X, y, sensitive="band", member=member, random_state=0)
    assert told(result, "members", "gain").customers == 200
    assert told(result, "non-members", "gain").customers == 200
    assert told(result, "members", "with_model").value > 0.95


@pytest.mark.parametrize("rare", [1, 2, 5])
def test_rare_values_are_attacked_too(rare):
    X, y = customers(300)
    X["band"] = np.where(np.arange(300) < rare, "rare", "common")
    for seed in range(4):
        result = attribute_inference(Remembering(), X, y, sensitive="band", random_state=seed)
        assert told(result, "members", "most_common").value > 0.9
        assert np.isfinite(result.frame()["value"]).all()


@given(
    seed=st.integers(0, 2**32),
    n=st.integers(6, 60),
    step=st.sampled_from([2, 3]),
    levels=st.integers(1, 5),
)
@settings(max_examples=40)
def test_one_in_so_many_of_each_value_is_taken(seed, n, step, levels):
    rng = np.random.default_rng(seed)
    among, codes, y = rng.random(n) < 0.8, rng.integers(0, levels, n), rng.integers(0, 2, n)
    taken = every(step, among, codes, y, rng)
    assert not taken[~among].any()
    for level in range(levels):
        for rows in (among & (codes == level), among & (codes == level) & (y == 1)):
            least = rows.sum() // step
            assert least <= taken[rows].sum() <= least + 1


def test_what_anyone_could_guess_is_the_better_of_two_guesses():
    X, y = customers(300)
    X["band"] = np.where(np.arange(300) % 10 < 7, "common", "other")
    result = attribute_inference(Silent(), X, y, sensitive="band", random_state=0)
    naive, imputed = (told(result, "members", name).value for name in ("most_common", "imputed"))
    assert naive > imputed
    words = result.sentence()
    assert words.startswith(f"Without the model {100 * naive:.1f} % [")
    assert (
        "] of members' band can be guessed right, by always naming the most common value." in words
    )
    assert f" to an imputation that is right for {100 * imputed:.1f} % [" in words


def test_columns_may_be_numbered():
    X, y = customers(90)
    X["band"] = (X["band"] == "low").astype(int)
    named, numbered = (
        attribute_inference(LogisticRegression(), table, y, sensitive=name, random_state=0)
        for table, name in ((X, "band"), (X.set_axis([0, 1, 2], axis=1), 2))
    )
    pd.testing.assert_frame_equal(named.frame(), numbered.frame())


X, Y = customers(90)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"sensitive": "bands"},
            "sensitive must name a column of the table, got 'bands'. Did you mean 'band'?",
        ),
        (
            {"sensitive": "spend"},
            "sensitive must have 2 to 20 values, none missing, got 90 values and 0 missing in 'spend'. "
            "Use bands, and name the missing ones.",
        ),
        (
            {"X": X.assign(band=[None, *X["band"][1:]])},
            "sensitive must have 2 to 20 values, none missing, got 3 values and 1 missing in 'band'. "
            "Use bands, and name the missing ones.",
        ),
        (
            {"X": X.to_numpy()},
            "X must be a data frame, got ndarray. Wrap it in a data frame with column names.",
        ),
        (
            {"X": X[:29], "y": Y[:29]},
            "X must leave at least 10 members, non-members and known customers, got 29 customers. Pass "
            "more customers.",
        ),
        (
            {"learner": LinearSVC()},
            "learner must have predict_proba: the attacks read scores, got LinearSVC. Use a classifier "
            "with probabilities, such as SVC(probability=True).",
        ),
        (
            {"X": pd.concat([X, X[["spend"]]], axis=1)},
            "X must have one column of each name, got several columns 'spend'. Rename or drop the others.",
        ),
        (
            {"member": pd.Series(np.arange(90) < 45)[::-1]},
            "member must be in the order of X, got the same index in another order. Align the rows first, or "
            "pass arrays to have them read by position.",
        ),
        (
            {"member": np.zeros(90, bool)},
            "member must have both members and non-members, got only non-members. Add customers drawn in "
            "the same way who were left out of the fit.",
        ),
    ],
)
def test_refusals(change, message):
    arguments = {"learner": Silent(), "X": X, "y": Y, "sensitive": "band"} | change
    args = [arguments.pop(name) for name in ("learner", "X", "y")]
    with pytest.raises(InputError) as refused:
        attribute_inference(*args, **arguments)
    assert str(refused.value) == message
