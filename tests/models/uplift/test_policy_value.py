"""Policy value: euros that a contact policy would earn, with intervals that hold the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin

from equipoise.exceptions import InputError
from equipoise.models.uplift._policy_value import POLICY_METHODS, policy_value
from equipoise.task import Task, TaskFile, Value

IN_500 = ("ips", "doubly_robust")
VALUE = Value(won_per_positive=35, discount_per_positive=14, cost_per_contact=0.9)
FILE = TaskFile(
    name="campaign",
    source={"file": "none"},
    unit="id",
    rows_per_unit=9,
    outcome={"column": "ordered", "positive": "1", "negative": "0"},
    groups={"band": {"reference": "a"}},
    features={"x": {"type": "number", "bounds": (-9, 9)}},
    value=VALUE,
)


class Line(ClassifierMixin, BaseEstimator):
    """Least squares, cut to 0..1: an outcome model that takes no time."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        self.slope_ = np.linalg.lstsq(self._columns(X), y, rcond=None)[0]
        return self

    def predict_proba(self, X):
        chance = np.clip(self._columns(X) @ self.slope_, 0, 1)
        return np.column_stack([1 - chance, chance])

    @staticmethod
    def _columns(X):
        x = X["x"].to_numpy()
        return np.column_stack([np.ones(len(x)), x])


def logistic(level):
    return 1 / (1 + np.exp(-level))


def simulated(rng, customers=1500, *, base=0.15, logged=False, most_rows=1):
    """Draw a campaign: its task, and the truth about each row."""
    unit = np.repeat(np.arange(customers), rng.integers(1, most_rows + 1, customers))
    x = rng.normal(size=customers)[unit]
    level = np.log(base / (1 - base)) + 0.6 * x
    without, with_contact = logistic(level), logistic(level + 0.4 - 0.3 * x)
    chance = np.clip(logistic(0.8 + 0.5 * x), 0.1, 0.9) if logged else np.full(len(x), 0.7)
    treated = rng.random(len(x)) < chance
    # Half of the rows of a customer share their luck.
    luck = np.where(rng.random(len(x)) < 0.5, rng.random(customers)[unit], rng.random(len(x)))
    task = Task(
        X=pd.DataFrame({"x": x}),
        y=(luck < np.where(treated, with_contact, without)).astype(int),
        groups=pd.DataFrame(index=range(len(x))),
        unit=pd.Series(unit, name="id"),
        file=FILE,
        treatment=pd.Series(treated.astype(int)),
        treatment_probability=pd.Series(chance),
    )
    return task, (with_contact, without)


@pytest.fixture
def campaign():
    task, chances = simulated(np.random.default_rng(3), 900)
    names = ("order_probability_if_contacted", "order_probability_if_not_contacted")
    return task, pd.DataFrame(dict(zip(names, chances, strict=True)))


def low_half(task):
    return task.X["x"].to_numpy() < 0


def valued(task, contacted, **asked):
    asked = {"seed": 1, "model": Line(), "folds": 2} | asked
    return policy_value(task, contacted, **asked).frame().iloc[0]


def euros_by_hand(task, contacted):
    """Weight what is known of each row by the inverse of its probability."""
    treated, chance = task.treatment.to_numpy(), task.treatment_probability.to_numpy()
    won = treated / chance * task.y * 21 - (1 - treated) / (1 - chance) * task.y * 35
    return float((contacted * (won - 0.9)).sum())


def coverage(draw, campaigns, methods):
    """Return how often the interval of each method holds the truth."""
    rng = np.random.default_rng(2027)
    held = {method: [] for method in methods}
    for _ in range(campaigns):
        task, (with_contact, without) = draw(rng)
        contacted = low_half(task)
        exact = (contacted * (21 * with_contact - 35 * without - 0.9)).sum()
        for method in methods:
            found = policy_value(task, contacted, method=method, seed=1, model=Line(), folds=2)
            low, high = (found.table[side].item() for side in ("low", "high"))
            if not np.isnan(low):
                held[method].append(low <= exact <= high)
    return {method: np.mean(each) for method, each in held.items()}


def test_intervals_hold_the_truth_in_most_of_500_campaigns():
    found = coverage(lambda rng: simulated(rng, 1000), 500, IN_500)
    assert all(0.93 <= share <= 0.97 for share in found.values()), found


def test_intervals_hold_with_logged_contacts_of_customers_who_return():
    found = coverage(lambda rng: simulated(rng, 500, most_rows=3, logged=True), 150, IN_500)
    assert all(share >= 0.92 for share in found.values()), found


def test_intervals_hold_where_most_would_order_anyway():
    found = coverage(lambda rng: simulated(rng, 400, base=0.8, logged=True), 150, ("ips",))
    assert found["ips"] >= 0.91


@pytest.mark.parametrize("logged", [False, True])
def test_intervals_hold_with_rare_orders_of_few_customers(logged):
    found = coverage(lambda rng: simulated(rng, 500, base=0.02, logged=logged), 100, IN_500)
    assert all(share >= 0.93 for share in found.values()), found


def test_inverse_propensity_is_what_it_says(campaign):
    task, _ = campaign
    found = valued(task, low_half(task))
    by_hand = euros_by_hand(task, low_half(task))
    assert found["value_eur"] == pytest.approx(by_hand)
    assert found["per_1000_eur"] == pytest.approx(1000 * by_hand / len(task))
    assert found["value_eur"] == pytest.approx(task.profit_eur(low_half(task)).sum())


def test_self_normalised_is_the_difference_of_means_where_all_had_one_probability(campaign):
    task, _ = campaign
    means = pd.Series(task.y).groupby(task.treatment).mean()
    expected = len(task) * (21 * means[1] - 35 * means[0] - 0.9)
    found = valued(task, np.ones(len(task)), method="self_normalised")
    assert found["value_eur"] == pytest.approx(expected)
    wilson_low, wilson_high = valued(task, np.ones(len(task)))[["low", "high"]]
    assert found["high"] - found["low"] < wilson_high - wilson_low


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(POLICY_METHODS), st.booleans())
def test_the_order_of_the_rows_decides_nothing(seed, method, logged):
    rng = np.random.default_rng(seed)
    task, _ = simulated(rng, 150, base=0.4, logged=logged, most_rows=3)
    contacted = low_half(task)
    order = rng.permutation(len(task))
    names = ["value_eur", "low", "high", "contacted_effective_n", "largest_weight"]
    here = valued(task, contacted, method=method)[names]
    there = valued(task.take(order), contacted[order], method=method)[names]
    np.testing.assert_allclose(here.astype(float), there.astype(float))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_differences_are_those_of_the_values_and_surer(seed):
    rng = np.random.default_rng(seed)
    task, _ = simulated(rng, 400, base=0.4)
    one, other = rng.random(len(task)), rng.random(len(task))
    other = np.where(rng.random(len(task)) < 0.5, one, other)
    first, second = valued(task, one), valued(task, other)
    gap = valued(task, one, against=other)
    assert gap["against"] == "policy"
    assert gap["value_eur"] == pytest.approx(first["value_eur"] - second["value_eur"])
    assert gap["low"] <= gap["value_eur"] <= gap["high"]
    apart = first["high"] - first["low"] + second["high"] - second["low"]
    assert gap["high"] - gap["low"] < apart
    back = valued(task, other, against=one)
    assert back["low"] == pytest.approx(-gap["high"])


def test_a_policy_may_give_probabilities(campaign):
    task, _ = campaign
    everybody = valued(task, np.ones(len(task), dtype=bool))
    half = valued(task, np.full(len(task), 0.5))
    names = ["value_eur", "low", "high"]
    np.testing.assert_allclose(half[names].astype(float), everybody[names].astype(float) / 2)
    assert half["contacts"] == len(task) / 2


@pytest.mark.parametrize("method", POLICY_METHODS)
def test_rows_of_one_customer_who_do_the_same_make_nothing_surer(campaign, method):
    task, _ = campaign
    twice = task.take(np.repeat(np.arange(len(task)), 2))
    once, doubled = (
        valued(each, low_half(each), method=method, folds=3)[["value_eur", "low", "high"]]
        for each in (task, twice)
    )
    np.testing.assert_allclose(doubled.astype(float), 2 * once.astype(float), rtol=0.03)


@pytest.mark.parametrize("method", POLICY_METHODS)
def test_policies_that_act_alike_differ_by_zero_and_say_so(campaign, method):
    task, truth = campaign
    for found in (
        valued(task, np.zeros(len(task)), method=method, truth=truth),
        valued(task, low_half(task), against=low_half(task), method=method, truth=truth),
    ):
        assert found[["value_eur", "low", "high", "truth_eur"]].tolist() == [0, 0, 0, 0]
        assert found["note"] == "the policies act alike in every row: zero is no estimate"


def test_the_truth_stands_beside(campaign):
    task, truth = campaign
    with_contact, without = truth.to_numpy().T
    exact = (low_half(task) * (21 * with_contact - 35 * without - 0.9)).sum()
    assert valued(task, low_half(task), truth=truth)["truth_eur"] == pytest.approx(exact)
    assert np.isnan(valued(task, low_half(task))["truth_eur"])


class Remembering(Line):
    """Predicts 1 for whoever it was fitted on, else 0."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        self.seen_ = set(X["x"])
        assert set(y) == {0, 1}
        return self

    def predict_proba(self, X):
        known = X["x"].isin(self.seen_).to_numpy(float)
        return np.column_stack([1 - known, known])


def test_no_outcome_model_has_seen_the_customer_whom_it_predicts():
    task, _ = simulated(np.random.default_rng(5), 300, base=0.4, most_rows=3)
    found = valued(task, low_half(task), method="doubly_robust", model=Remembering(), folds=3)
    assert found["value_eur"] == pytest.approx(valued(task, low_half(task))["value_eur"])


def test_outcome_models_that_predict_well_make_the_value_surer():
    task, _ = simulated(np.random.default_rng(5), 2000, base=0.5)
    task = replace(task, y=(task.X["x"].to_numpy() > 0).astype(int))
    everybody = np.ones(len(task))
    sharp = valued(task, everybody, method="doubly_robust")
    plain = valued(task, everybody, method="self_normalised")
    assert sharp["high"] - sharp["low"] < 0.8 * (plain["high"] - plain["low"])
    named = valued(task, everybody, method="doubly_robust", model="logistic")
    assert named["high"] - named["low"] < sharp["high"] - sharp["low"]


def test_a_mean_takes_the_place_of_a_model_with_too_few_to_fit_on():
    task, _ = simulated(np.random.default_rng(5), 300, base=0.02)
    found = valued(task, np.ones(len(task)), method="doubly_robust")
    assert found["note"] == (
        "fewer than 10 customers of an outcome to fit on: the arm's mean is the outcome model"
    )
    normalised = valued(task, np.ones(len(task)), method="self_normalised")
    assert found["value_eur"] == pytest.approx(normalised["value_eur"], abs=60)


def few_left_alone(task, count):
    """Return a policy that acts on a hundred contacted rows and on so many left alone."""
    contacted = np.zeros(len(task))
    treated = task.treatment.to_numpy() == 1
    contacted[np.flatnonzero(treated)[:100]] = 1
    contacted[np.flatnonzero(~treated)[:count]] = 1
    return contacted


@pytest.mark.parametrize("method", POLICY_METHODS)
def test_ten_customers_of_each_arm_are_the_least(campaign, method):
    task, truth = campaign
    found = valued(task, few_left_alone(task, 9), method=method, truth=truth)
    assert found[["value_eur", "low", "high", "per_1000_eur"]].isna().all()
    assert found["note"] == "not estimable (n=9 customers left alone where the policy acts)"
    assert found["left_alone_n"] == 9 and np.isfinite(found["truth_eur"])


def test_customers_count_and_not_their_rows(campaign):
    task, _ = campaign
    repeated = task.take(np.repeat(np.arange(len(task)), 3))
    contacted = np.repeat(few_left_alone(task, 9), 3)
    found = valued(repeated, contacted)
    assert found["note"] == "not estimable (n=9 customers left alone where the policy acts)"


def test_unequal_weights_are_told_and_refused_where_they_leave_few(campaign):
    task, _ = campaign
    chance = task.treatment_probability.to_numpy().copy()
    alone = np.flatnonzero(task.treatment == 0)
    chance[alone[:3]] = 0.999
    heavy = replace(task, treatment_probability=pd.Series(chance))
    found = valued(heavy, np.ones(len(task)))
    assert found["value_eur"] != found["value_eur"]
    assert found["note"] == (
        "not estimable (weights of the customers left alone where the policy acts amount to n=5.1)"
    )
    chance[alone] = np.where(np.arange(len(alone)) < 40, 0.985, 0.7)
    heavy = replace(task, treatment_probability=pd.Series(chance))
    found = valued(heavy, np.ones(len(task)))
    assert found["value_eur"] == pytest.approx(euros_by_hand(heavy, np.ones(len(task))))
    assert found["largest_weight"] == pytest.approx(1 / 0.015)
    assert found["note"] == (
        "unequal weights: rows left alone count for less than half of their number, so the "
        "interval holds less often; little overlap: 40 of 900 rows where the policy acts were all "
        "but sure to be contacted or left alone (within 0.02 of 0 or 1)"
    )


def test_probabilities_that_contacts_contradict_are_doubted(campaign):
    task, _ = campaign
    stated = replace(task, treatment_probability=pd.Series(0.62, index=range(len(task))))
    made = int(task.treatment.sum())
    assert valued(stated, np.ones(len(task)))["note"] == (
        f"doubtful probabilities: {made} rows were contacted where they say 558, so the value may "
        "be wrong by more than the interval"
    )


def test_no_weights_to_sum_where_one_policy_contacts_customers_of_one_arm_only(campaign):
    task, _ = campaign
    one = np.ones(len(task))
    one[np.flatnonzero(task.treatment == 1)[:5]] = 0
    other = np.zeros(len(task))
    other[np.flatnonzero(task.treatment == 1)[:5]] = 1
    found = valued(task, one, against=other, method="self_normalised")
    assert found["note"] == (
        "not estimable (n=0 customers left alone where one of the policies contacts more, so no "
        "weights to sum)"
    )
    weighted = valued(task, one, against=other)
    assert weighted["value_eur"] == pytest.approx(euros_by_hand(task, one - other))
    alone = valued(task, one)
    assert weighted["high"] - weighted["low"] > alone["high"] - alone["low"]


def test_example_euros_are_told(campaign):
    task, _ = campaign
    example = VALUE.model_copy(update={"source": "example"})
    told = replace(task, file=FILE.model_copy(update={"value": example}))
    assert valued(told, np.ones(len(task)))["note"] == "example euros that nobody has confirmed"


ONE_ARM = "An effect is a difference: it takes customers who were contacted and who were not."
FEW_NAMES = "Known: 'ips', 'self_normalised', 'doubly_robust'."


def refusal(task, contacted, **asked):
    with pytest.raises(InputError) as caught:
        valued(task, contacted, **asked)
    return str(caught.value)


def changed(task, **columns):
    return replace(task, **{name: pd.Series(value) for name, value in columns.items()})


def test_a_task_without_a_campaign_is_refused(campaign):
    task, _ = campaign
    for name in ("treatment", "treatment_probability"):
        assert refusal(replace(task, **{name: None}), np.ones(900)) == (
            "task must say who was contacted and with which probability, got no "
            f"{name}. Name both columns in the task file; without a randomised hold-out or logged "
            "probabilities no effect of a contact can be estimated."
        )


def test_certain_contacts_and_one_arm_are_refused(campaign):
    task, _ = campaign
    certain = np.r_[1.0, np.full(899, 0.7)]
    assert refusal(changed(task, treatment_probability=certain), np.ones(900)) == (
        "probability must lie strictly between 0 and 1, got 1 among 1 of 900 rows. Customers who "
        "were always or never contacted cannot be compared: remove them."
    )
    assert refusal(changed(task, treatment=np.ones(900, int)), np.ones(900)) == (
        f"treatment must hold both arms, got only 1. {ONE_ARM}"
    )


def test_a_task_without_euros_is_refused(campaign):
    task, _ = campaign
    without = replace(task, file=FILE.model_copy(update={"value": None}))
    assert refusal(without, np.ones(900)) == (
        "task must have euros, got value: None. Write won_per_positive and cost_per_contact under "
        "`value` in the task file."
    )


@pytest.mark.parametrize(
    ("contacted", "message"),
    [
        (
            np.ones(4),
            "contacted must have one value for each row of the task, got 4 for 900 rows. Pass the "
            "rows of the same task in the same order.",
        ),
        (
            np.r_[1.5, np.ones(899)],
            "contacted must be true or false, or a probability of contact in 0..1, got 1.5 among 1 "
            "of 900 rows. Turn scores into contacts first, for example with task.decide(scores, "
            "seed=7).",
        ),
        (
            np.r_[np.nan, np.nan, np.ones(898)],
            "contacted must be true or false, or a probability of contact in 0..1, got nan among 2 "
            "of 900 rows. Turn scores into contacts first, for example with task.decide(scores, "
            "seed=7).",
        ),
        (
            ["yes"] * 900,
            "contacted must be numbers, got str. Convert the column first.",
        ),
        (
            np.ones((900, 1)),
            "contacted must be one value a row, got shape (900, 1). Pass one column.",
        ),
        (
            pd.Series(np.ones(900), index=range(1, 901)),
            "contacted must have the index of task.X in the same order, got a different one. Align "
            "the rows first, or pass an array to have it read by position.",
        ),
    ],
    ids=["length", "above one", "missing", "text", "two columns", "index"],
)
def test_what_is_no_policy_is_refused(campaign, contacted, message):
    task, _ = campaign
    assert refusal(task, contacted) == message
    named = message.replace("contacted", "against", 1)
    assert refusal(task, np.ones(900), against=contacted) == named


def test_unknown_methods_models_and_comparisons_are_refused(campaign):
    task, truth = campaign
    everybody = np.ones(900)
    assert refusal(task, everybody, method="dr") == (
        f"method must be a known name, got 'dr'. {FEW_NAMES}"
    )
    assert refusal(task, everybody, against="all") == (
        "against must be a known name, got 'all'. Known: 'nobody'."
    )
    assert refusal(task, everybody, method="doubly_robust", model=3) == (
        "model must be a known name or a classifier that predicts probabilities, got int. Use for "
        "example 'logistic', or a classifier with predict_proba."
    )
    alone = int((task.treatment == 0).sum())
    assert refusal(task, everybody, method="doubly_robust", folds=400) == (
        f"folds must not exceed the customers of the smaller arm, got 400 folds, {alone} "
        "customers. Use fewer folds or more customers."
    )
    assert refusal(task, everybody, truth=truth.iloc[:, :1]) == (
        "truth must name a column of the table, got 'order_probability_if_not_contacted'. Did you "
        "mean 'order_probability_if_contacted'?"
    )
