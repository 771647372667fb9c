"""MixDecisions: four chances that equalise both error rates of two groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import MixDecisions
from equipoise.fairness.mitigation._aif360 import without_import_lines

with without_import_lines():
    from aif360.algorithms.postprocessing import EqOddsPostprocessing
    from aif360.datasets import BinaryLabelDataset

A, B = [{"band": 0}], [{"band": 1}]


def dataset(rows, labels):
    frame = pd.DataFrame({"band": (rows.group == "b") * 1.0, "y": np.asarray(labels, float)})
    return BinaryLabelDataset(df=frame, label_names=["y"], protected_attribute_names=["band"])


def test_both_error_rates_agree_where_the_estimator_alone_has_clear_gaps(draw):
    rows = draw(8000)
    trained = LogisticRegression().fit(rows.X, rows.y)
    alone = rows.gaps(trained.predict(rows.X))
    assert alone["positive"] > 0.2
    assert alone["negative"] > 0.04
    model = MixDecisions(trained, prefit=True).fit(rows.X, rows.y, group=rows.group)
    expected = rows.gaps(model.selection_chance(rows.X, group=rows.group))
    assert expected[["positive", "negative"]].to_numpy() == pytest.approx(0, abs=1e-8)
    for seed in range(5):
        drawn = model.set_params(random_state=seed).predict(rows.X, group=rows.group)
        assert rows.gaps(drawn)[["positive", "negative"]].max() < 0.05


def test_rates_agree_nearly_among_customers_of_neither_part(draw):
    rows, others = draw(8000), draw(8000, seed=1)
    model = MixDecisions(LogisticRegression(), random_state=0)
    model.fit(rows.X, rows.y, group=rows.group)
    gaps = others.gaps(model.selection_chance(others.X, group=others.group))
    assert gaps[["positive", "negative"]].max() < 0.05


def test_the_better_served_group_pays(draw):
    rows = draw(8000)
    trained = LogisticRegression().fit(rows.X, rows.y)
    model = MixDecisions(trained, prefit=True).fit(rows.X, rows.y, group=rows.group)
    before = rows.rates(trained.predict(rows.X))
    after = rows.rates(model.selection_chance(rows.X, group=rows.group))
    assert before.loc["a", "positive"] > before.loc["b", "positive"]
    assert after.loc["a", "positive"] < before.loc["a", "positive"] - 0.1
    assert model.chances_.loc["a", "if_selected"] < 0.9


def test_the_chances_equal_those_of_aif360_called_by_hand(few):
    trained = GaussianNB().fit(few.X, few.y)
    decided = trained.predict(few.X)
    by_hand = EqOddsPostprocessing(B, A, seed=0).fit(dataset(few, few.y), dataset(few, decided))
    if_a_selected, if_a_not, if_b_selected, if_b_not = by_hand.model_params.x
    model = MixDecisions(trained, prefit=True).fit(few.X, few.y, group=few.group)
    assert model.chances_.loc["a"].tolist() == pytest.approx([if_a_not, if_a_selected])
    assert model.chances_.loc["b"].tolist() == pytest.approx([if_b_not, if_b_selected])
    overruled = by_hand.predict(dataset(few, decided)).labels.ravel()
    expected = few.rates(model.selection_chance(few.X, group=few.group))
    # AIF360 overrules a fixed number of rows, rounded down: selection rates equal up to a few rows.
    assert few.rates(overruled)["all"].to_numpy() == pytest.approx(
        expected["all"].to_numpy(), abs=2 / 140
    )


def test_a_customer_alone_is_overruled_by_coin_which_aif360_never_does(few):
    trained = GaussianNB().fit(few.X, few.y)
    decided = trained.predict(few.X)
    by_hand = EqOddsPostprocessing(B, A).fit(dataset(few, few.y), dataset(few, decided))
    model = MixDecisions(trained, prefit=True).fit(few.X, few.y, group=few.group)
    chance = model.selection_chance(few.X, group=few.group)
    place = int(np.flatnonzero((chance > 0.2) & (chance < 0.8))[0])
    alone = few.take(np.array([place]))
    state = np.random.get_state()
    by_hand.seed = 3
    by_hand.predict(dataset(few, decided))
    assert (np.random.get_state()[1] != state[1]).any()  # it seeds what the process shares
    by_hand.seed = None
    theirs = {
        int(by_hand.predict(dataset(alone, decided[[place]])).labels.item()) for _ in range(40)
    }
    np.random.set_state(state)
    ours = {int(model.predict(alone.X, group=alone.group).item()) for _ in range(40)}
    assert theirs == {decided[place]}
    assert ours == {0, 1}


def test_a_threshold_says_whom_the_estimator_selects(few):
    trained = GaussianNB().fit(few.X, few.y)
    model = MixDecisions(trained, prefit=True, threshold=0.3)
    model.fit(few.X, few.y, group=few.group)
    selected = trained.predict_proba(few.X)[:, 1] > 0.3
    expected = np.where(
        selected,
        few.group.map(model.chances_["if_selected"]),
        few.group.map(model.chances_["if_not_selected"]),
    )
    assert model.selection_chance(few.X, group=few.group) == pytest.approx(expected)


def test_nobody_above_the_threshold_is_refused(few):
    with pytest.raises(InputError) as refusal:
        MixDecisions(GaussianNB(), threshold=1.0).fit(few.X, few.y, group=few.group)
    assert refusal.value.rule == "must lead to decisions that differ between customers"
