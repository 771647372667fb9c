"""Reweigh: an estimator on weighted rows; independent by construction, and no further."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import Reweigh


def test_the_weighted_gap_of_the_training_rows_is_zero(draw):
    rows = draw(500, "abc")
    table = Reweigh(LogisticRegression()).fit(rows.X, rows.y, group=rows.group).weights_
    weights = np.where(rows.y == 1, rows.group.map(table[1]), rows.group.map(table[0]))
    shares = [
        np.average(rows.y[rows.group == name], weights=weights[rows.group == name])
        for name in "abc"
    ]
    assert rows.gaps(rows.y)["all"] > 0.1
    assert np.ptp(shares) < 1e-12


def test_the_estimator_is_trained_as_with_the_weights_of_aif360_itself(few):
    logging.disable(logging.WARNING)
    from aif360.sklearn.preprocessing import Reweighing

    logging.disable(logging.NOTSET)
    index = pd.Index((few.group == "a").astype(int), name="band")
    _, weights = Reweighing("band").fit_transform(
        few.X.set_axis(index), few.y.set_axis(index).astype(float)
    )
    by_hand = LogisticRegression().fit(few.X, few.y, sample_weight=weights)
    model = Reweigh(LogisticRegression()).fit(few.X, few.y, group=few.group)
    assert model.estimator_.coef_ == pytest.approx(by_hand.coef_, rel=1e-9)
    assert (model.predict(few.X) == by_hand.predict(few.X)).all()
    assert model.predict_proba(few.X) == pytest.approx(by_hand.predict_proba(few.X), rel=1e-9)


def test_a_trained_model_may_keep_its_gap(draw):
    rows = draw(2000)
    alone = LogisticRegression().fit(rows.X, rows.y).predict(rows.X)
    model = Reweigh(LogisticRegression()).fit(rows.X, rows.y, group=rows.group)
    assert rows.gaps(alone)["all"] > 0.2
    assert rows.gaps(model.predict(rows.X))["all"] > 0.2


def test_weights_reach_the_last_step_of_a_pipeline(few):
    plain = Reweigh(LogisticRegression()).fit(few.X, few.y, group=few.group)
    scaled = few.X / few.X.std(ddof=0)
    piped = Reweigh(make_pipeline(StandardScaler(with_mean=False), LogisticRegression()))
    piped.fit(few.X, few.y, group=few.group)
    direct = Reweigh(LogisticRegression()).fit(scaled, few.y, group=few.group)
    coef = piped.estimator_[-1].coef_
    assert coef == pytest.approx(direct.estimator_.coef_, rel=1e-6)
    assert coef != pytest.approx(plain.estimator_.coef_, rel=1e-3)


def test_a_threshold_selects_where_positives_are_few(draw):
    rows = draw(600)
    rare = (rows.y == 1) & (np.arange(600) % 8 == 0)
    with pytest.raises(InputError) as refusal:
        Reweigh(LogisticRegression()).fit(rows.X, rare, group=rows.group)
    assert str(refusal.value) == (
        "estimator must lead to decisions that differ between customers, "
        "got a selection chance of 0 in all 600 rows of the fit. Set `threshold` to a probability "
        "that some customers exceed, or use features that tell customers apart."
    )
    model = Reweigh(LogisticRegression(), threshold=0.1).fit(rows.X, rare, group=rows.group)
    assert (model.predict(rows.X) == (model.predict_proba(rows.X)[:, 1] > 0.1)).all()


def test_without_a_threshold_no_probability_is_needed(few):
    model = Reweigh(LinearSVC()).fit(few.X, few.y, group=few.group)
    assert (model.predict(few.X) == model.estimator_.predict(few.X)).all()
    assert not hasattr(model, "predict_proba")


@pytest.mark.parametrize(
    ("estimator", "changes", "message"),
    [
        (
            make_pipeline(StandardScaler(), KNeighborsClassifier()), {},
            "estimator must take sample weights when it is trained, got KNeighborsClassifier. "
            "Use one whose fit has sample_weight, or a method that acts after training.",
        ),
        (
            LogisticRegression(), {"threshold": 5},
            "threshold must be a number in [0, 1], got 5. Use 0.5 or None.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_reweighed_is_refused(refusal_of, few, estimator, changes, message):
    assert refusal_of(Reweigh(estimator, **changes), few) == message


def test_a_group_of_one_outcome_is_refused(few):
    with pytest.raises(InputError) as refusal:
        Reweigh(LogisticRegression()).fit(few.X, few.y, group=few.group.where(few.y == 0, "c"))
    assert str(refusal.value).startswith(
        "group 'a' must have rows of both outcomes to be reweighed, got 0 positive of "
    )
