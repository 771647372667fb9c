"""What the offer model loses on generalised features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from equipoise.exceptions import InputError
from equipoise.models import propensity
from equipoise.privacy.anonymity import ModelLoss, anonymise


@pytest.fixture(scope="module")
def loss(task):
    return ModelLoss(task, seeds=range(3))


def test_features_as_they_are_cost_nothing(task, loss):
    assert loss(task.X) == 0.0
    assert loss.interval(task.X) == (0.0, 0.0, 0.0)
    assert loss(task.X.iloc[::-1]) == 0.0


def test_it_is_the_offer_model_on_the_splits_of_the_task(task, loss):
    split = task.split(seed=0)
    model = propensity(task).fit(task.X.iloc[split.fit], task.y[split.fit])
    test = np.concatenate([split.choose, split.confirm])
    wanted = roc_auc_score(task.y[test], model.predict_proba(task.X.iloc[test])[:, 1])
    assert loss.frame(task.X)["auc_original"].iloc[0] == pytest.approx(wanted)


def test_hidden_features_cost_and_the_interval_holds_the_mean(task, loss):
    hidden = task.X.assign(**dict.fromkeys(task.X, "*"))
    found = loss.frame(hidden)
    assert found["auc"].tolist() == [0.5] * 3
    value, low, high = loss.interval(hidden)
    assert low < value < high
    assert value == pytest.approx(found["loss"].mean())
    assert value > 0.05


def test_left_out_customers_are_neither_learnt_from_nor_ranked(task, loss):
    kept = task.X.iloc[: len(task) // 2]
    found = loss.frame(kept)
    split = task.split(seed=0)
    fit = split.fit[split.fit < len(kept)]
    test = np.concatenate([split.choose, split.confirm])
    test = test[test < len(kept)]
    model = propensity(task).fit(task.X.iloc[fit], task.y[fit])
    wanted = roc_auc_score(task.y[test], model.predict_proba(task.X.iloc[test])[:, 1])
    assert found["auc"].iloc[0] == pytest.approx(wanted, abs=1e-6)


def test_the_search_looks_for_what_costs_the_model_least(task):
    loss = ModelLoss(task, seeds=range(2))
    hierarchies = {"days_since_last_order": [90, 360, "*"], "household_size": ["*"]}
    found = anonymise(task.X, quasi_identifiers=hierarchies, k=10, loss=loss)
    assert found.loss == pytest.approx(loss(found.table))
    assert found.loss == found.frame()["loss"].min()
    assert found.frame()["loss"].notna().sum() >= 2
    assert found.anonymity.k >= 10


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (lambda X: X.set_axis(X.index + 10**6),
         "table must have rows of task.X, got other labels. Anonymise task.X, or a table with the "
         "same index."),
        (lambda X: pd.DataFrame({"other": 1}, index=X.index),
         "table must hold a feature of the task, got ['other']. Generalise a feature, or use "
         "loss='ncp'."),
    ],
)  # fmt: skip
def test_tables_of_other_customers_are_refused(task, loss, table, message):
    with pytest.raises(InputError) as refused:
        loss(table(task.X))
    assert str(refused.value) == message


def test_settings_are_checked(task):
    with pytest.raises(InputError) as refused:
        ModelLoss(task, seeds=[1])
    assert str(refused.value) == "seeds must be at least two, got 1. Use range(5)."
    with pytest.raises(InputError, match="model must be a known name, got 'logistics'"):
        ModelLoss(task, model="logistics")
