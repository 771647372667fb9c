"""Every rate as AIF360, Fairlearn and scikit-learn compute it, and golden figures."""

from __future__ import annotations

import logging
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as peer
from sklearn.linear_model import LogisticRegression

from equipoise.fairness import RATES, audit, audit_counts, count_table
from equipoise.intervals import MINIMUM_TRIALS, area_under_curve, newcombe, ratio, wilson

TELCO = Path(__file__).parents[2].parent / "shared" / "data" / "telco_churn.csv"
COUNTS = st.tuples(*[st.integers(0, 60)] * 4)  # (y, d) = 00, 01, 10, 11
SEEDS = st.integers(0, 2**32 - 1)


@cache
def aif360():
    """Import the two classes; the import logs what optional parts are missing."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        from aif360.datasets import BinaryLabelDataset
        from aif360.metrics import ClassificationMetric
    finally:
        logging.disable(before)
    return BinaryLabelDataset, ClassificationMetric


def aif360_metric(table: pd.DataFrame):
    dataset, metric = aif360()
    coded = table.assign(band=(table["band"] == "a").astype(int))
    true, decided = (
        dataset(
            df=coded[["band", name]].rename(columns={name: "label"}),
            label_names=["label"],
            protected_attribute_names=["band"],
        )
        for name in ("y", "d")
    )
    return metric(true, decided, unprivileged_groups=[{"band": 0}], privileged_groups=[{"band": 1}])


def of_aif360(metric, name: str, privileged: bool) -> float:
    if name == "balanced_accuracy":
        both = metric.true_positive_rate(privileged), metric.true_negative_rate(privileged)
        return float(np.mean(both))
    return float(getattr(metric, name)(privileged))


@settings(max_examples=20)
@given(one=COUNTS, other=COUNTS)
def test_every_rate_and_gap_is_that_of_aif360(rows_of, one, other):
    once = (1, 1, 1, 1)  # AIF360 divides by zero where a denominator is empty.
    cells = {"a": np.add(one, once), "b": np.add(other, once)}
    table = rows_of(**cells)
    theirs = aif360_metric(table)
    ours = audit(table["y"], table["d"], groups=table[["band"]], reference={"band": "a"})
    rates = ours.frame().set_index(["group", "metric"])
    gaps = ours.gaps().set_index("metric")
    for name, rate in RATES.items():
        expected = [of_aif360(theirs, name, privileged) for privileged in (True, False)]
        known = []
        for group, value in zip("ab", expected, strict=True):
            tn, fp, fn, tp = cells[group]
            share = rate(tp, fp, fn, tn)
            assert share.value == pytest.approx(value, abs=1e-12)
            row = rates.loc[(group, name)]
            least = min(trials for _, trials in share.parts)
            known.append(least >= MINIMUM_TRIALS)
            assert row["n"] == sum(cells[group])
            assert row["note"] == ("" if known[-1] else f"not estimable (n={least})")
            told = value if known[-1] else np.nan
            assert row["value"] == pytest.approx(told, abs=1e-12, nan_ok=True)
        gap = expected[1] - expected[0] if all(known) else np.nan
        assert gaps.loc[name, "gap"] == pytest.approx(gap, abs=1e-12, nan_ok=True)


def test_gaps_are_aif360s_own_differences_of_those_names(rows_of):
    table = rows_of(a=(31, 17, 23, 41), b=(40, 12, 33, 19))
    theirs = aif360_metric(table)
    gaps = audit(table["y"], table["d"], groups=table[["band"]], reference={"band": "a"}).gaps()
    told = gaps.set_index("metric")["gap"]
    for name, expected in {
        "selection_rate": theirs.statistical_parity_difference(),
        "true_positive_rate": theirs.equal_opportunity_difference(),
        "false_positive_rate": theirs.false_positive_rate_difference(),
        "false_negative_rate": theirs.false_negative_rate_difference(),
    }.items():
        assert told[name] == pytest.approx(expected, abs=1e-12)


def drawn(seed: int, groups: int) -> pd.DataFrame:
    """Return rows of several groups with scores that tie now and then."""
    rng = np.random.default_rng(seed)
    n = 120 * groups
    table = pd.DataFrame({"band": rng.permutation(np.resize([*"abcdef"[:groups]], n))})
    shift = table["band"].map(dict(zip("abcdef", rng.random(6), strict=True)))
    score = np.round(np.clip(0.6 * rng.random(n) + 0.4 * shift, 0, 1), 2)
    return table.assign(
        y=rng.binomial(1, 0.3 + 0.4 * score), d=(score > 0.45).astype(int), score=score
    )


@settings(max_examples=10)
@given(seed=SEEDS, groups=st.integers(2, 6))
def test_every_rate_by_group_is_that_of_fairlearn_and_scikit_learn(seed, groups):
    import fairlearn.metrics as fairlearn

    table = drawn(seed, groups)
    functions = {
        "base_rate": lambda y, d: np.mean(y),
        "selection_rate": fairlearn.selection_rate,
        "true_positive_rate": fairlearn.true_positive_rate,
        "false_positive_rate": fairlearn.false_positive_rate,
        "false_negative_rate": fairlearn.false_negative_rate,
        "precision": partial(peer.precision_score, zero_division=np.nan),
        "negative_predictive_value": partial(
            peer.precision_score, pos_label=0, zero_division=np.nan
        ),
        "accuracy": peer.accuracy_score,
        "balanced_accuracy": peer.balanced_accuracy_score,
    }
    assert list(functions) == list(RATES)
    theirs = fairlearn.MetricFrame(
        metrics=functions,
        y_true=table["y"],
        y_pred=table["d"],
        sensitive_features=table["band"],
    )
    ours = audit(table["y"], table["d"], groups=table[["band"]], reference={"band": "a"})
    rates = ours.frame().pivot(index="group", columns="metric", values="value")
    worst = ours.worst().set_index("metric")["gap"]
    for name in functions:
        expected = theirs.by_group[name].astype(float)
        known = rates[name].notna()
        assert known.sum() >= 1
        told = rates.loc[known, name].to_numpy()
        assert told == pytest.approx(expected[known].to_numpy(), abs=1e-12)
        if known.sum() > 1:
            assert worst[name] == pytest.approx(np.ptp(told), abs=1e-12)
        if known.all():
            assert worst[name] == pytest.approx(theirs.difference()[name], abs=1e-12)


@settings(max_examples=15)
@given(seed=SEEDS, groups=st.integers(1, 4), weighted=st.booleans())
def test_the_area_under_the_curve_of_each_group_is_that_of_scikit_learn(seed, groups, weighted):
    table = drawn(seed, groups)
    weights = np.random.default_rng(seed).integers(1, 5, len(table)) if weighted else None
    ours = audit(
        table["y"], table["d"], groups=table[["band"]], y_score=table["score"], weights=weights
    ).frame()
    areas = ours[ours["metric"] == "auc"].set_index("group")
    for band, part in table.groupby("band"):
        own = None if weights is None else weights[part.index]
        expected = peer.roc_auc_score(part["y"], part["score"], sample_weight=own)
        assert areas.loc[band, "value"] == pytest.approx(expected, abs=1e-12)
        bounds = area_under_curve(part["y"], part["score"], weights=own)
        told = areas.loc[band, ["value", "low", "high"]].astype(float).tolist()
        assert told == pytest.approx(bounds, abs=1e-12)


@settings(max_examples=20)
@given(one=COUNTS, other=COUNTS)
def test_intervals_are_wilsons_gaps_newcombes_and_ratios_the_log_methods(cells_of, one, other):
    ours = audit_counts(cells_of(a=one, b=other), reference={"band": "a"})
    rates = ours.frame().set_index(["group", "metric"])
    gaps, ratios = ours.gaps().set_index("metric"), ours.ratios().set_index("metric")
    for name, rate in RATES.items():
        parts = [
            rate(tp, fp, fn, tn).parts for tn, fp, fn, tp in (other, one)
        ]  # the group, then its reference
        if len(parts[0]) > 1 or min(side[0][1] for side in parts) < MINIMUM_TRIALS:
            continue
        (own,), (base,) = parts
        for key, frame, columns, expected in (
            (("b", name), rates, ["value", "low", "high"], wilson(*own)),
            (name, gaps, ["gap", "low", "high"], newcombe(*own, *base)),
            (name, ratios, ["ratio", "low", "high"], ratio(*own, *base)),
        ):
            told = frame.loc[key, columns].astype(float).tolist()
            assert told == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.skipif(not TELCO.is_file(), reason=f"{TELCO.name} is not on this machine")
def test_churn_of_the_telco_customers_is_the_measured_one():
    table = pd.read_csv(TELCO)
    asked = audit(
        table["Churn"],
        table["Churn"],
        groups=table[["gender", "SeniorCitizen", "Partner"]],
        reference={"gender": "Male", "SeniorCitizen": 0, "Partner": "No"},
        positive="Yes",
    )
    rates = asked.frame().query("metric == 'base_rate'").set_index(["attribute", "group"])
    gaps = asked.gaps().query("metric == 'base_rate'").set_index("attribute")
    assert rates.groupby("attribute")["n"].sum().eq(7043).all()
    gender = rates.loc["gender"]
    assert np.average(gender["value"], weights=gender["n"]) == pytest.approx(0.2654, abs=5e-5)
    assert rates.loc[("SeniorCitizen", "1"), "value"] == pytest.approx(0.4168, abs=5e-5)
    assert rates.loc[("SeniorCitizen", "0"), "value"] == pytest.approx(0.2361, abs=5e-5)
    assert gaps.loc["gender", "gap"] == pytest.approx(0.0076, abs=5e-5)
    assert gaps.loc["gender", "low"] < 0 < gaps.loc["gender", "high"]
    assert gaps.loc["SeniorCitizen", "low"] > 0.1


def test_a_model_may_invent_a_bias_that_its_outcomes_hardly_have():
    """The lesson of AIF360's advertising tutorial: DI .85 in the outcomes, .03 in the decisions."""
    rng = np.random.default_rng(4)
    n = 60_000
    owner = np.resize([1, 0], n)
    interest = rng.normal(size=n) - 1.6 * (1 - owner)
    bought = rng.binomial(1, 0.05 + 0.006 * np.clip(interest, -2, 2))
    seen = interest[:, None]
    score = LogisticRegression().fit(seen, bought).predict_proba(seen)[:, 1]
    asked = (score >= np.sort(score)[-bought.sum()]).astype(int)
    groups = pd.DataFrame({"homeowner": owner})
    ratios = audit(bought, asked, groups=groups, reference={"homeowner": 1}).ratios()
    told = ratios.set_index("metric").loc[["base_rate", "selection_rate"]]
    outcomes, decisions = told.to_dict("index").values()
    assert outcomes["group"] == decisions["group"] == "0"
    assert 0.8 < outcomes["ratio"] < 0.9
    assert outcomes["high"] < 1
    assert decisions["ratio"] < 0.1
    assert decisions["high"] < 0.2 < outcomes["low"]


def test_counts_of_a_mapping_of_arrays_give_the_same_known_answers():
    table = drawn(7, 3)
    columns = {name: table[name].to_numpy() for name in ("band", "y", "d")}
    counts = count_table(columns, by="band", y_true="y", y_pred="d")
    rates = audit_counts(counts).frame().query("metric == 'accuracy'").set_index("group")["value"]
    expected = table.assign(right=table["y"] == table["d"]).groupby("band")["right"].mean()
    assert rates.to_dict() == pytest.approx(expected.to_dict(), abs=1e-12)
