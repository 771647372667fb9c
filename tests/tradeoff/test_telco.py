"""Known answers on the Telco customers."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from equipoise.exceptions import EquipoiseWarning
from equipoise.task import describe, read_task
from equipoise.tradeoff import Plan, sweep

TELCO = Path(__file__).parents[3] / "shared" / "data" / "telco_churn.csv"


@pytest.mark.skipif(not TELCO.is_file(), reason=f"needs {TELCO}")
def test_the_private_learner_reaches_the_known_area_on_telco(tmp_path):
    file = tmp_path / "telco.yaml"
    asked = {"outcome": "Churn", "positive": "Yes", "unit": "customerID"}
    text = describe(TELCO, groups=["SeniorCitizen", "gender"], folder=tmp_path, **asked)
    file.write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EquipoiseWarning)
        task = read_task(file)
    plan = Plan(
        epsilons=[0.3, 1, float("inf")],
        delta=1e-6,
        models=["private_logistic"],
        mitigations=["none"],
        seeds=10,
    )
    area = sweep(task, plan, jobs=1).policies().set_index("epsilon")["auc"]
    assert area[0.3] >= 0.80
    assert area[1.0] >= 0.82
    assert area[float("inf")] > area[1.0] > area[0.3]
