"""What AIF360 0.6.1 accepts in silence, shown by hand; the mitigations refuse or prevent it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import FlipNearThreshold, MixDecisions, reweighing
from equipoise.fairness.mitigation._aif360 import rows_for_aif360, without_import_lines

with without_import_lines():
    from aif360.datasets import BinaryLabelDataset, StandardDataset
    from aif360.metrics import BinaryLabelDatasetMetric, ClassificationMetric
    from aif360.sklearn.metrics import statistical_parity_difference
    from aif360.sklearn.postprocessing import CalibratedEqualizedOdds, PostProcessingMeta

CODES = np.array([0, 0, 0, 1, 1, 1])
LABELS = np.array([0, 0, 1, 0, 1, 1])
FIRST, SECOND = [{"group": 0}], [{"group": 1}]


def by_hand(labels, **given):
    frame = pd.DataFrame({"group": CODES * 1.0, "y": np.asarray(labels, float)})
    return BinaryLabelDataset(
        df=frame, label_names=["y"], protected_attribute_names=["group"], **given
    )


def test_a_shallow_copy_shares_its_labels_and_ours_share_nothing():
    original = by_hand(LABELS)
    original.copy().labels[:] = 0
    assert original.labels.sum() == 0
    labels, scores = LABELS.copy(), LABELS / 2
    ours = rows_for_aif360(CODES, labels, scores)
    ours.labels[:] = 0
    ours.scores[:] = 0
    ours.protected_attributes[:] = 0
    assert (labels == LABELS).all()
    assert (scores == LABELS / 2).all()
    assert CODES.sum() == 3


def test_swapped_groups_flip_the_sign_and_ours_find_the_group_in_the_scores(few):
    told = BinaryLabelDatasetMetric(by_hand(LABELS), FIRST, SECOND).mean_difference()
    swapped = BinaryLabelDatasetMetric(by_hand(LABELS), SECOND, FIRST).mean_difference()
    assert told == -swapped != 0
    estimator = LogisticRegression().fit(few.X, few.y)
    decided = []
    for group in (few.group, few.group.map({"a": "z", "b": "y"})):
        model = FlipNearThreshold(estimator, prefit=True, n_thresholds=9, n_margins=4, bound=0.2)
        model.fit(few.X, few.y, group=group)
        decided.append(model.predict(few.X, group=group))
    assert (decided[0] == decided[1]).all()


def test_a_group_that_does_not_exist_gives_nan_and_ours_refuse_it(few):
    with np.errstate(all="ignore"):
        absent = BinaryLabelDatasetMetric(by_hand(LABELS), [{"group": 2}], SECOND)
        assert np.isnan(absent.mean_difference())
    model = MixDecisions(LogisticRegression(), random_state=0).fit(few.X, few.y, group=few.group)
    with pytest.raises(InputError):
        model.predict(few.X, group=few.group.replace("a", "c"))


def test_the_favourable_label_can_be_the_wrong_one_and_ours_is_always_1():
    right = BinaryLabelDatasetMetric(by_hand(LABELS), FIRST, SECOND).disparate_impact()
    wrong = BinaryLabelDatasetMetric(
        by_hand(LABELS, favorable_label=0, unfavorable_label=1), FIRST, SECOND
    ).disparate_impact()
    assert right < 1 < wrong
    ours = rows_for_aif360(CODES, LABELS)
    assert (ours.favorable_label, ours.unfavorable_label) == (1, 0)


def test_labels_1_and_2_flip_the_sign_and_ours_refuse_them():
    index = pd.Index(CODES, name="group")
    right = statistical_parity_difference(pd.Series(LABELS, index=index), prot_attr="group")
    wrong = statistical_parity_difference(pd.Series(LABELS + 1, index=index), prot_attr="group")
    assert wrong == -right != 0
    with pytest.raises(InputError) as refusal:
        reweighing(LABELS + 1, CODES)
    assert str(refusal.value) == "y must be coded 0 and 1, got 2. Code the positive value as 1."


def test_shuffled_predictions_are_not_noticed_and_ours_are_compared_by_index(few):
    shuffled = by_hand(LABELS[::-1])
    ClassificationMetric(by_hand(LABELS), shuffled, FIRST, SECOND).accuracy()
    with pytest.raises(InputError) as refusal:
        MixDecisions(LogisticRegression()).fit(few.X[::-1], few.y, group=few.group)
    assert refusal.value.rule == "must have the same index in the same order"


def test_rows_with_missing_values_vanish_and_ours_are_refused(few, caplog):
    frame = pd.DataFrame({"group": CODES * 1.0, "y": LABELS * 1.0, "x": [np.nan] * 3 + [1.0] * 3})
    kept = StandardDataset(
        frame, "y", [1], protected_attribute_names=["group"], privileged_classes=[[1]]
    )
    assert len(kept.labels) == 3
    caplog.clear()
    with pytest.raises(InputError):
        MixDecisions(LogisticRegression()).fit(few.X, few.y.where(few.y.index > 0), group=few.group)


def test_gaps_of_opposite_sign_cancel_in_the_average_odds_and_ours_do_not_offer_it(few):
    truth = by_hand([1, 0, 0, 1, 0, 0])
    decided = by_hand([1, 0, 0, 0, 1, 0])
    metric = ClassificationMetric(truth, decided, FIRST, SECOND)
    assert abs(metric.average_odds_difference()) < metric.average_abs_odds_difference() / 2
    with pytest.raises(InputError):
        FlipNearThreshold(LogisticRegression(), constraint="average_odds").fit(
            few.X, few.y, group=few.group
        )


def test_the_wrapper_for_estimators_fails_on_this_scikit_learn(few):
    # When this passes no longer, the notes of MixScores are out of date.
    index = pd.Index((few.group == "b").astype(int), name="band")
    meta = PostProcessingMeta(LogisticRegression(), CalibratedEqualizedOdds("band"))
    with pytest.raises(AttributeError):
        meta.fit(few.X.set_axis(index), few.y.set_axis(index))


def test_importing_is_silent_and_leaves_logging_as_it_was():
    code = (
        "import logging, numpy as np\n"
        "from sklearn.naive_bayes import GaussianNB\n"
        "from equipoise.fairness.mitigation import *\n"
        "X, y, group = np.arange(40)[:, None] % 7, np.arange(40) % 7 > 2, np.arange(40) % 2\n"
        "reweighing(y, group)\n"
        "for kind in (MixDecisions, MixScores, FlipNearThreshold):\n"
        "    try:\n"
        "        kind(GaussianNB(), random_state=0).fit(X, y, group=group)\n"
        "    except ValueError:\n"
        "        pass  # refused or not, AIF360 was imported\n"
        "assert logging.root.manager.disable == 0\n"
        "assert logging.root.handlers == []\n"
    )
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (told.stdout, told.stderr) == ("", "")
