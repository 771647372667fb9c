"""MixScores: scores of one group replaced by its base rate, until a cost agrees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from equipoise.fairness.mitigation import MixScores
from equipoise.fairness.mitigation._aif360 import without_import_lines

with without_import_lines():
    from aif360.sklearn.postprocessing import CalibratedEqualizedOdds


@pytest.fixture(scope="module")
def rows(draw):
    """Same base rates, and one group easier to foresee: every cost can be equalised."""
    found = draw(4000)
    centred = found.X.assign(recent=found.X["recent"] - (found.group == "a"))
    random = np.random.default_rng(0)
    doubt = np.where(found.group == "a", 0.5, 2) * random.normal(size=4000)
    return found._replace(X=centred, y=(centred["recent"] + doubt > 0).astype(int))


def by_group(rows):
    """Train one estimator that knows the group, so that its scores are calibrated by group."""
    wide = rows.X.assign(a=(rows.group == "a") * 1.0, both=(rows.group == "a") * rows.X["recent"])
    return wide, LogisticRegression().fit(wide, rows.y)


def cost_of(kind, rows, scores, name):
    here = rows.group == name
    y, s = rows.y[here].to_numpy(), scores[here]
    fpr, fnr, base = s[y == 0].mean(), (1 - s[y == 1]).mean(), y.mean()
    return {"fpr": fpr, "fnr": fnr, "weighted": fpr * (1 - base) + fnr * base}[kind]


@pytest.mark.parametrize("cost", ["fpr", "fnr", "weighted"])
def test_the_cost_agrees_on_average_over_coins(rows, cost):
    X, trained = by_group(rows)
    model = MixScores(trained, cost=cost, prefit=True).fit(X, rows.y, group=rows.group)
    share, base = (
        rows.group.map(model.mixing_[column]).to_numpy()
        for column in ("share_replaced", "base_rate")
    )
    alone = trained.predict_proba(X)[:, 1]
    mixed = (1 - share) * alone + share * base
    assert abs(cost_of(cost, rows, alone, "a") - cost_of(cost, rows, alone, "b")) > 0.1
    assert cost_of(cost, rows, mixed, "a") == pytest.approx(cost_of(cost, rows, mixed, "b"))
    assert model.mixing_.loc["b", "share_replaced"] == 0
    assert model.mixing_.loc["a", "share_replaced"] > 0.1


@pytest.mark.parametrize("cost", ["fpr", "fnr", "weighted"])
def test_shares_and_base_rates_equal_those_of_aif360_called_by_hand(rows, cost):
    X, trained = by_group(rows)
    index = pd.Index((rows.group == "b").astype(int), name="band")
    by_hand = CalibratedEqualizedOdds("band", cost_constraint=cost, random_state=0).fit(
        pd.DataFrame(trained.predict_proba(X), index=index), rows.y.set_axis(index)
    )
    model = MixScores(trained, cost=cost, prefit=True).fit(X, rows.y, group=rows.group)
    assert model.mixing_["share_replaced"].tolist() == pytest.approx(by_hand.mix_rates_)
    assert model.mixing_["base_rate"].tolist() == pytest.approx(by_hand.base_rates_)


def test_a_score_is_its_own_or_the_base_rate_of_its_group(rows):
    X, trained = by_group(rows)
    model = MixScores(trained, prefit=True, random_state=0).fit(X, rows.y, group=rows.group)
    mixed = model.predict_proba(X, group=rows.group)[:, 1]
    kept = np.isclose(mixed, trained.predict_proba(X)[:, 1])
    base = rows.group.map(model.mixing_["base_rate"]).to_numpy()
    assert np.isclose(mixed, np.where(kept, mixed, base)).all()
    replaced = (~kept)[rows.group == "a"].mean()
    assert replaced == pytest.approx(model.mixing_.loc["a", "share_replaced"], abs=0.05)
    assert kept[rows.group == "b"].all()


def test_decisions_cut_the_mixed_scores_of_the_same_seed(rows):
    X, trained = by_group(rows)
    model = MixScores(trained, prefit=True, random_state=3, threshold=0.4)
    model.fit(X, rows.y, group=rows.group)
    cut = model.predict_proba(X, group=rows.group)[:, 1] > 0.4
    assert (model.predict(X, group=rows.group) == cut).all()


def test_a_cost_that_no_share_can_equalise_is_refused_where_aif360_replaces_a_whole_group(
    refusal_of, draw
):
    rows = draw(4000)
    trained = LogisticRegression().fit(rows.X, rows.y)
    index = pd.Index((rows.group == "b").astype(int), name="band")
    scores = pd.DataFrame(trained.predict_proba(rows.X), index=index)
    by_hand = CalibratedEqualizedOdds("band", cost_constraint="fnr", random_state=0)
    by_hand.fit(scores, rows.y.set_axis(index))
    assert by_hand.mix_rates_[0] > 1
    assert np.unique(by_hand.predict_proba(scores)[rows.group == "a", 1]).size == 1
    assert refusal_of(MixScores(trained, cost="fnr", prefit=True), rows) == (
        "cost must be one that replacing some scores can equalise, got 'fnr', with a share of "
        f"{by_hand.mix_rates_[0]:.3g} in group 'a'. Use another cost, or SetThresholds."
    )


def test_the_same_score_for_everybody_is_refused(refusal_of, few):
    trained = DummyClassifier().fit(few.X, few.y)
    assert refusal_of(MixScores(trained, prefit=True), few) == (
        "cost must be one that replacing some scores can equalise, got 'weighted', "
        "with a share of -0.122 in group 'b'. Use another cost, or SetThresholds."
    )
    # Costs are equal up to rounding: nothing is replaced, and nothing tells customers apart.
    assert refusal_of(MixScores(trained, cost="fnr", prefit=True, threshold=0.4), few) == (
        "estimator must lead to decisions that differ between customers, "
        "got a selection chance of 1 in all 300 rows of the fit. "
        "Set `threshold` to a score that some customers exceed, "
        "or use features that tell customers apart."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"cost": "tpr"},
            "cost must be a known name, got 'tpr'. Did you mean 'fpr'?",
        ),
        (
            {"threshold": 2},
            "threshold must be a number in [0, 1], got 2. Use 0.5.",
        ),
    ],
)  # fmt: skip
def test_parameters_that_break_a_rule_are_refused(refusal_of, few, changes, message):
    assert refusal_of(MixScores(LogisticRegression(), **changes), few) == message


def test_the_gap_in_decisions_may_grow(draw):
    rows = draw(4000)
    trained = LogisticRegression().fit(rows.X, rows.y)
    model = MixScores(trained, prefit=True).fit(rows.X, rows.y, group=rows.group)
    chance = model.selection_chance(rows.X, group=rows.group)
    assert rows.gaps(chance)["all"] > rows.gaps(trained.predict(rows.X))["all"] + 0.05
