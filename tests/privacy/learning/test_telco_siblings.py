"""Sufficient statistics on real customers: the floors that the default learner is held to."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from equipoise.privacy.learning import SufficientStatisticsClassifier, fit_many

TABLE = Path(__file__).parents[3].parent / "shared" / "data" / "telco_churn.csv"
NUMBERS = {"tenure": (0, 72), "MonthlyCharges": (18, 119), "TotalCharges": (0, 9000)}

pytestmark = pytest.mark.skipif(
    not TABLE.exists(), reason="shared/data/telco_churn.csv does not lie beside the repository"
)


def test_churners_are_ranked_well_at_every_epsilon(record_property):
    table = pd.read_csv(TABLE)
    table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce").fillna(0)
    X, y = table.drop(columns=["customerID", "Churn"]), (table["Churn"] == "Yes").astype(int)
    categories = {c: sorted(X[c].astype(str).unique()) for c in X if c not in NUMBERS}
    learner = SufficientStatisticsClassifier(epsilon=1, delta=1e-6, bounds=NUMBERS | categories)
    found = []
    for seed in range(10):
        fit, test, y_fit, y_test = train_test_split(
            X, y, test_size=0.4, stratify=y, random_state=seed
        )
        many = fit_many(learner, fit, y_fit, epsilons=[0.3, 1.0, 3.0], seeds=[seed])
        found.append(many.auc(test, y_test))
    auc = pd.concat(found).groupby("epsilon")["auc"].mean()
    record_property("auc", auc.to_dict())
    assert auc[0.3] > 0.80
    assert auc[1.0] > 0.82
    assert auc[3.0] > 0.83
