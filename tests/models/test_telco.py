"""Known answers on real input: the Telco churn table beside the repository."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from equipoise.exceptions import BoundsFromDataWarning, ExampleValueWarning
from equipoise.intervals import area_under_curve
from equipoise.models import out_of_fold
from equipoise.models._folds import customer_parts
from equipoise.models._lift import lift_at
from equipoise.models.leaks import find_leaks
from equipoise.task import Feature, describe, read_task

TABLE = Path(__file__).parents[2].parent / "shared" / "data" / "telco_churn.csv"

pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"{TABLE.name} is not on this machine")


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("telco")
    asked = {"outcome": "Churn", "positive": "Yes", "unit": "customerID"}
    drafted = describe(TABLE, **asked, groups=["gender", "SeniorCitizen"], folder=folder)
    (folder / "task.yaml").write_text(drafted, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundsFromDataWarning)
        warnings.simplefilter("ignore", ExampleValueWarning)
        return read_task(folder / "task.yaml")


@pytest.fixture(scope="module")
def whole(task):
    """Return the task with every column but the customer's number as a feature, as was measured."""
    extra = {
        name: Feature(type="category", categories=tuple(sorted(task.groups[name].unique())))
        for name in task.groups
    }
    file = task.file.model_copy(update={"features": task.file.features | extra})
    X = task.X.assign(**{name: task.groups[name] for name in extra})
    return replace(task, X=X.drop(columns="TotalCharges is missing"), file=file)


@pytest.mark.parametrize(
    ("model", "deals", "area", "lift"),
    [
        ("logistic", 2, 0.845, 2.88),
        ("hist_gradient_boosting", 2, 0.848, 2.92),
        ("explainable_boosting", 1, 0.849, 2.90),
    ],
)
def test_area_and_lift_are_the_measured_ones(whole, model, deals, area, lift):
    """Five folds, dealt anew; how they fall alone moves the lift by 0.02 (one standard deviation)."""
    areas, lifts = [], []
    for seed in range(deals):
        scores = out_of_fold(whole, model, folds=5, seed=seed)
        part = customer_parts(whole.y, whole.unit, parts=5, seed=seed)
        areas += [roc_auc_score(whole.y[part == k], scores[part == k]) for k in range(5)]
        lifts.append(lift_at(whole.y, scores, 0.1))
    assert np.mean(areas) == pytest.approx(area, abs=0.0015)
    assert np.mean(lifts) == pytest.approx(lift, abs=0.07)


def test_the_interval_of_the_area_is_as_wide_as_7000_customers_allow(task):
    found = area_under_curve(task.y, out_of_fold(task, seed=0), clusters=task.unit)
    assert found.value == pytest.approx(0.845, abs=0.013)
    assert found.high - found.low == pytest.approx(0.02, abs=0.005)


def test_no_feature_is_named_as_a_leak(task):
    found = find_leaks(task)
    assert found.suspects == ()
    best = found.searched().iloc[0]
    assert (best["feature"], round(best["value"], 2)) == ("tenure", 0.74)


def test_base_rates_are_the_measured_ones(task):
    from equipoise.fairness import audit_task

    audited = audit_task(task, seed=0).audit
    assert audited.reference == {"gender": "Male", "SeniorCitizen": "0"}
    rates = audited.frame().query("metric == 'base_rate'").set_index(["attribute", "group"])
    assert task.y.mean() == pytest.approx(0.2654, abs=5e-5)
    assert rates.loc[("SeniorCitizen", "1"), "value"] == pytest.approx(0.4168, abs=5e-5)
    assert rates.loc[("SeniorCitizen", "0"), "value"] == pytest.approx(0.2361, abs=5e-5)
    gaps = audited.gaps().query("metric == 'base_rate'").set_index(["attribute", "group"])
    assert gaps.loc[("gender", "Female"), "gap"] == pytest.approx(0.0076, abs=5e-5)
    assert gaps.loc[("SeniorCitizen", "1"), "low"] > 0.14
