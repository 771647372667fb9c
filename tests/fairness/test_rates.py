"""The rates: plain functions of four counts, with what equality of each asks for and hides."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.fairness import RATES
from equipoise.fairness.rates import Share, reading

COUNTS = st.tuples(*[st.integers(0, 200)] * 4)  # tp, fp, fn, tn

# By definition, with P of those with the outcome and D of those contacted.
BY_HAND = {
    "base_rate": lambda tp, fp, fn, tn: (tp + fn, tp + fp + fn + tn),
    "selection_rate": lambda tp, fp, fn, tn: (tp + fp, tp + fp + fn + tn),
    "true_positive_rate": lambda tp, fp, fn, tn: (tp, tp + fn),
    "false_positive_rate": lambda tp, fp, fn, tn: (fp, fp + tn),
    "false_negative_rate": lambda tp, fp, fn, tn: (fn, tp + fn),
    "precision": lambda tp, fp, fn, tn: (tp, tp + fp),
    "negative_predictive_value": lambda tp, fp, fn, tn: (tn, tn + fn),
    "accuracy": lambda tp, fp, fn, tn: (tp + tn, tp + fp + fn + tn),
}


@given(COUNTS)
def test_each_rate_is_a_count_over_a_count(counts):
    for metric, defined in BY_HAND.items():
        hits, trials = defined(*counts)
        share = RATES[metric](*counts)
        assert share.parts == ((hits, trials),)
        assert share.value == pytest.approx(hits / trials if trials else np.nan, nan_ok=True)


@given(COUNTS)
def test_balanced_accuracy_is_the_mean_of_both_shares_decided_rightly(counts):
    tp, fp, fn, tn = counts
    known = tp + fn > 0 and fp + tn > 0
    expected = (tp / (tp + fn) + tn / (fp + tn)) / 2 if known else np.nan
    value = RATES["balanced_accuracy"](*counts).value
    assert value == pytest.approx(expected, nan_ok=True)
    assert RATES["balanced_accuracy"](*counts).parts == ((tp, tp + fn), (tn, fp + tn))


@given(st.lists(COUNTS, min_size=1, max_size=5))
def test_rates_of_arrays_are_the_rates_of_their_numbers(groups):
    columns = np.array(groups).T
    for rate in RATES.values():
        expected = [rate(*counts).value for counts in groups]
        assert rate(*columns).value.tolist() == pytest.approx(expected, nan_ok=True)


@given(COUNTS)
def test_whoever_is_missed_is_not_reached_and_contacts_follow_from_both_errors(counts):
    told = {metric: float(rate(*counts).value) for metric, rate in RATES.items()}
    if not np.isnan(told["true_positive_rate"]):
        assert told["true_positive_rate"] + told["false_negative_rate"] == pytest.approx(1)
    if not np.isnan(told["balanced_accuracy"]):
        base, reached, bothered = (
            told[name] for name in ("base_rate", "true_positive_rate", "false_positive_rate")
        )
        contacted = base * reached + (1 - base) * bothered
        assert told["selection_rate"] == pytest.approx(contacted)
        assert told["accuracy"] == pytest.approx(base * reached + (1 - base) * (1 - bothered))


@given(COUNTS)
def test_other_signs_of_outcome_and_decision_swap_the_rates_that_mirror_each_other(counts):
    tp, fp, fn, tn = counts
    mirrored = (tn, fn, fp, tp)
    for one, other in (
        ("precision", "negative_predictive_value"),
        ("false_positive_rate", "false_negative_rate"),
        ("accuracy", "accuracy"),
        ("balanced_accuracy", "balanced_accuracy"),
    ):
        expected = pytest.approx(float(RATES[other](*mirrored).value), nan_ok=True)
        assert float(RATES[one](*counts).value) == expected


def test_counts_may_be_broken_as_weights_and_noise_make_them():
    assert RATES["precision"](1.5, 0.5, 0.25, 7).value == 0.75
    assert RATES["accuracy"](0.25, 0.5, 0.75, 0.5).value == 0.375


def test_a_share_of_nothing_is_not_zero():
    assert np.isnan(Share(((0, 0),)).value)
    assert np.isnan(Share(((3, 4), (0, 0))).value)
    assert Share(((np.array([1, 0]), np.array([2, 0])),)).value.tolist() == pytest.approx(
        [0.5, np.nan], nan_ok=True
    )


def test_the_rates_are_named_after_their_functions_in_the_order_of_the_audit():
    assert list(RATES) == [
        "base_rate",
        "selection_rate",
        "true_positive_rate",
        "false_positive_rate",
        "false_negative_rate",
        "precision",
        "negative_predictive_value",
        "accuracy",
        "balanced_accuracy",
    ]
    assert all(rate.__name__ == name for name, rate in RATES.items())


def test_nobody_can_add_a_rate_by_mistake():
    with pytest.raises(TypeError):
        RATES["lift"] = RATES["precision"]  # type: ignore[index]


@pytest.mark.parametrize("metric", RATES)
@pytest.mark.parametrize("heading", ["Asks", "Right when", "Hides"])
def test_each_rate_says_what_it_asks_when_it_is_right_and_what_it_hides(metric, heading):
    told = reading(metric, heading)
    assert told.endswith((".", "?"))
    assert told in " ".join((inspect.getdoc(RATES[metric]) or "").split())
    assert "--" not in told
    assert ">>>" not in told


def test_no_two_rates_ask_or_hide_the_same():
    for heading in ("Asks", "Right when", "Hides"):
        assert len({reading(metric, heading) for metric in RATES}) == len(RATES)
