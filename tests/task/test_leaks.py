"""Features that tell the outcome are found; chance and honest signal are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from equipoise.task import Feature
from equipoise.task._leaks import telltale, telltales

Y = np.tile([0, 0, 1], 100)


@pytest.mark.parametrize(
    "values",
    [Y, 1 - Y, Y * 1e-9, np.where(Y, "x", "y"), Y * 10 + np.arange(300) % 10, -Y - np.arange(300) / 301],
)  # fmt: skip
def test_what_equals_or_orders_the_outcome_is_found(values):
    assert telltale(pd.Series(values), Y) == "AUC 1.000 from this column alone"


def test_a_handful_of_exceptions_does_not_hide_a_copy():
    y = np.tile(Y, 30)
    copy = y.copy()
    copy[:8] = 1 - copy[:8]
    assert telltale(pd.Series(copy), y) == "AUC 0.999 from this column alone"


@pytest.mark.parametrize("values", [np.arange(300), np.arange(300) % 7, ["same"] * 300])
def test_what_is_unrelated_is_not_found(values):
    assert telltale(pd.Series(values), Y) is None


def test_free_text_is_no_telltale_though_each_value_has_one_outcome():
    assert telltale(pd.Series([f"note {k}" for k in range(300)]), Y) is None


def test_with_few_rows_only_an_exact_recoding_counts():
    y = np.repeat([0, 1], [24, 6])
    assert telltale(pd.Series(np.arange(30.0)), y) is None
    assert telltale(pd.Series(np.where(y, "a", "b")), y) == "AUC 1.000 from this column alone"
    y = np.repeat([0, 1], [28, 2])
    assert telltale(pd.Series(np.where(y, "a", "b")), y) is None


def test_chance_alone_is_never_accused():
    random = np.random.default_rng(3)
    for n in (12, 30, 200):
        for _ in range(200):
            y = random.permutation(np.arange(n) % 3 == 0).astype(int)
            assert telltale(pd.Series(random.integers(0, 2, n)), y) is None
            assert telltale(pd.Series(random.normal(size=n)), y) is None


def test_the_area_agrees_with_scikit_learn():
    random = np.random.default_rng(4)
    values = random.integers(0, 90, 300) + 20.0 * Y
    expected = roc_auc_score(Y, values)
    assert telltale(pd.Series(values), Y, level=0.0) == f"AUC {expected:.3f} from this column alone"


def test_a_rare_outcome_is_not_found_in_noise_with_many_values():
    rng = np.random.default_rng(7)
    y = np.zeros(120_000, int)
    y[rng.choice(len(y), 40, replace=False)] = 1
    assert telltale(pd.Series(rng.integers(0, 24_000, len(y)).astype(float)), y) is None


def test_a_number_that_is_zero_for_the_positive_alone_is_found():
    rng = np.random.default_rng(7)
    y = np.tile([0, 0, 0, 1], 250)
    refund = np.where(y == 1, 0.0, rng.normal(0, 50, len(y)))
    assert telltale(pd.Series(refund), y) == "AUC 1.000 from this column alone"


def test_a_value_that_recognises_a_customer_of_many_rows_is_no_telltale():
    owners = np.repeat(np.arange(60), 10)
    y = np.resize([0, 1], 60)[owners]
    income = np.random.default_rng(1).permutation(60)[owners].astype(float)
    assert telltale(pd.Series(income), y, owners) is None
    assert telltale(pd.Series(income), y) == "AUC 1.000 from this column alone"
    assert telltale(pd.Series(y * 2.0), y, owners) == "AUC 1.000 from this column alone"


def test_many_rows_of_few_customers_are_few():
    owners = np.repeat(np.arange(8), 50)
    y = (np.arange(8) > 4).astype(int)[owners]
    assert telltale(pd.Series(owners.astype(float)), y, owners) is None
    assert telltale(pd.Series(owners.astype(float)), y) == "AUC 1.000 from this column alone"


def test_features_are_judged_by_whose_rows_they_are():
    file = {"income": Feature(type="number"), "left": Feature(type="number")}
    owners = np.repeat(np.arange(60), 10)
    y = np.resize([0, 1], 60)[owners]
    income = np.random.default_rng(1).permutation(60)[owners].astype(float)
    X = pd.DataFrame({"income": income, "left": y.astype(float)})
    assert list(telltales(X, y, file, unit=pd.Series(owners).astype(str))) == ["left"]
    assert list(telltales(X, y, file)) == ["income", "left"]
