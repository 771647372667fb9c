"""Known answers on real input: the Telco churn table beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from equipoise.intervals import area_under_curve
from equipoise.models import out_of_fold

TABLE = Path(__file__).parents[2].parent / "shared" / "data" / "telco_churn.csv"

pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"{TABLE.name} is not on this machine")


@pytest.fixture
def task(task_of):
    return task_of(
        TABLE,
        outcome="Churn",
        positive="Yes",
        groups=["gender", "SeniorCitizen"],
        unit="customerID",
    )


@pytest.mark.parametrize(
    ("model", "area", "tolerance"),
    [("logistic", 0.845, 0.013), ("hist_gradient_boosting", 0.848, 0.011)],
)
def test_the_area_under_the_curve_is_the_measured_one(task, model, area, tolerance):
    found = area_under_curve(task.y, out_of_fold(task, model, seed=0), clusters=task.unit)
    assert found.value == pytest.approx(area, abs=tolerance)
    assert found.high - found.low == pytest.approx(0.02, abs=0.005)


def test_base_rates_are_the_measured_ones(task):
    from equipoise.fairness import audit_task

    audited, _ = audit_task(task, seed=0)
    assert audited.reference == {"gender": "Male", "SeniorCitizen": "0"}
    rates = audited.frame().query("metric == 'base_rate'").set_index(["attribute", "group"])
    assert task.y.mean() == pytest.approx(0.2654, abs=5e-5)
    assert rates.loc[("SeniorCitizen", "1"), "value"] == pytest.approx(0.4168, abs=5e-5)
    assert rates.loc[("SeniorCitizen", "0"), "value"] == pytest.approx(0.2361, abs=5e-5)
    gaps = audited.gaps().query("metric == 'base_rate'").set_index(["attribute", "group"])
    assert gaps.loc[("gender", "Female"), "gap"] == pytest.approx(0.0076, abs=5e-5)
    assert gaps.loc[("SeniorCitizen", "1"), "low"] > 0.14
