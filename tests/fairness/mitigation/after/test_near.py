"""FlipNearThreshold: decided by group within a margin of the threshold."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from equipoise.fairness.mitigation import FlipNearThreshold
from equipoise.fairness.mitigation._aif360 import without_import_lines

with without_import_lines():
    from aif360.algorithms.postprocessing import RejectOptionClassification
    from aif360.datasets import BinaryLabelDataset

GRID = {"n_thresholds": 15, "n_margins": 6}


@pytest.fixture(scope="module")
def trained(few):
    return LogisticRegression().fit(few.X, few.y)


def by_hand(rows, scores, favoured, **given):
    frame = pd.DataFrame({"band": (rows.group == "b") * 1.0, "y": rows.y * 1.0})
    truth = BinaryLabelDataset(df=frame, label_names=["y"], protected_attribute_names=["band"])
    scored = truth.copy(deepcopy=True)
    scored.scores = scores.reshape(-1, 1)
    code = "ab".index(favoured)
    rule = RejectOptionClassification(
        [{"band": code}], [{"band": 1 - code}], num_class_thresh=15, num_ROC_margin=6, **given
    ).fit(truth, scored)
    return rule, rule.predict(scored).labels.ravel()


@pytest.mark.parametrize(
    ("constraint", "metric"),
    [
        ("demographic_parity", "Statistical parity difference"),
        ("true_positive_rate_parity", "Equal opportunity difference"),
    ],
)
def test_it_equals_aif360_called_by_hand(few, trained, constraint, metric):
    scores = trained.predict_proba(few.X)[:, 1]
    rule, decided = by_hand(few, scores, "b", metric_name=metric)
    model = FlipNearThreshold(trained, constraint=constraint, prefit=True, **GRID)
    model.fit(few.X, few.y, group=few.group)
    assert model.favoured_ == "b"
    assert (model.threshold_, model.margin_) == (rule.classification_threshold, rule.ROC_margin)
    assert (model.predict(few.X, group=few.group) == decided).all()


@pytest.mark.parametrize(
    ("constraint", "rate"),
    [("demographic_parity", "all"), ("true_positive_rate_parity", "positive")],
)
def test_the_gap_keeps_to_the_bound_where_it_was_larger(few, trained, constraint, rate):
    model = FlipNearThreshold(trained, constraint=constraint, bound=0.04, prefit=True, **GRID)
    decided = model.fit(few.X, few.y, group=few.group).predict(few.X, group=few.group)
    assert few.gaps(trained.predict(few.X))[rate] > 0.2
    assert few.gaps(decided)[rate] <= 0.04


def test_within_the_margin_the_group_decides_and_beyond_it_the_score(few, trained):
    model = FlipNearThreshold(trained, prefit=True, **GRID).fit(few.X, few.y, group=few.group)
    scores = trained.predict_proba(few.X)[:, 1]
    decided = model.predict(few.X, group=few.group)
    near = abs(scores - model.threshold_) < model.margin_ - 1e-9
    assert near.sum() > 10
    assert (decided[near] == (few.group == "b")[near]).all()
    far = abs(scores - model.threshold_) > model.margin_ + 1e-9
    assert (decided[far] == (scores > model.threshold_)[far]).all()


def test_who_is_favoured_is_found_in_the_scores_and_can_be_stated(few, trained):
    swapped = few.group.map({"a": "b", "b": "a"})
    model = FlipNearThreshold(trained, prefit=True, **GRID)
    assert model.fit(few.X, few.y, group=few.group).favoured_ == "b"
    assert model.fit(few.X, few.y, group=swapped).favoured_ == "a"
    coded = few.group.map({"a": 1, "b": 2})
    stated = FlipNearThreshold(trained, favoured=1, bound=0.5, prefit=True, **GRID)
    assert stated.fit(few.X, few.y, group=coded).favoured_ == "1"


def test_a_bound_out_of_reach_is_refused_where_aif360_warns_and_takes_a_wider_gap(
    refusal_of, few, trained
):
    scores = trained.predict_proba(few.X)[:, 1]
    with pytest.warns(UserWarning, match="Unable to satisy fairness constraints"):
        _, decided = by_hand(few, scores, "b", metric_lb=-0.0001, metric_ub=-0.00005)
    assert few.gaps(decided)["all"] > few.gaps(trained.predict(few.X))["all"]
    certain = KNeighborsClassifier(1).fit(few.X, few.y)  # scores 0 and 1: no threshold moves them
    assert refusal_of(FlipNearThreshold(certain, bound=0.0, prefit=True, **GRID), few) == (
        "bound must be reachable by some threshold and margin of the grid, got 0.0. "
        "Allow a larger gap, or search more thresholds and margins."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"constraint": "average_odds"},
            "constraint must be a known name, got 'average_odds'. "
            "Known: 'demographic_parity', 'true_positive_rate_parity'.",
        ),
        (
            {"bound": None},
            "bound must be a number in [0, 1], got None. Use 0.05.",
        ),
        (
            {"n_thresholds": 1},
            "n_thresholds must be a whole number of at least 2, got 1. Use 50.",
        ),
        (
            {"n_margins": 0},
            "n_margins must be a whole number of at least 2, got 0. Use 20.",
        ),
        (
            {"favoured": "B"},
            "favoured must be a group or None, got 'B'. Did you mean 'b'?",
        ),
    ],
)  # fmt: skip
def test_parameters_that_break_a_rule_are_refused(refusal_of, few, changes, message):
    assert refusal_of(FlipNearThreshold(LogisticRegression(), **changes), few) == message
