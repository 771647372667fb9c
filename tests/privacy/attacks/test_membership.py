"""Membership inference on learners that leak a known amount."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from equipoise.exceptions import InputError
from equipoise.privacy import DiffprivlibLogisticRegression, Guarantee, PrivateLogisticRegression
from equipoise.privacy.attacks import membership
from equipoise.privacy.attacks._shadows import checked_outcomes, fitted_on, split_for


def outcome_of(ids):
    return np.asarray(ids).ravel().astype(int) // 7 % 2


class Telling(ClassifierMixin, BaseEstimator):
    """Knows every outcome, and is surer of those whose membership bit it has published.

    The bit of each id below `universe` is right with the given odds: randomised response, whose
    advantage is exactly (e^epsilon - 1) / (e^epsilon + 1). Ids not below `leaks` have no bit.
    """

    def __init__(self, epsilon=1.0, universe=1000, leaks=1000, adjacency=None, random_state=None):
        self.epsilon = epsilon
        self.universe = universe
        self.leaks = leaks
        self.adjacency = adjacency
        self.random_state = random_state

    def fit(self, X, y):
        rng = np.random.default_rng(self.random_state)
        bits = np.isin(np.arange(self.universe), np.asarray(X).ravel().astype(int))
        self.bits_ = bits ^ (rng.random(self.universe) < 1 / (1 + math.exp(self.epsilon)))
        self.bits_[self.leaks :] = False
        self.classes_, self.rows_ = np.array([0, 1]), len(X)
        if self.adjacency:
            self.guarantee_ = Guarantee(self.epsilon, 0.0, "row", self.adjacency, "bits", (), ())
        return self

    def predict_proba(self, X):
        ids = np.asarray(X).ravel().astype(int)
        sure = np.where(self.bits_[ids], 0.9, 0.6)
        own = outcome_of(ids)
        return np.column_stack([np.where(own == side, sure, 1 - sure) for side in (0, 1)])


def ids(n=1000):
    return np.arange(n)[:, None], outcome_of(np.arange(n))


def advantage(result, attack="loss", group="all"):
    frame = result.frame()
    rows = frame[(frame.attack == attack) & (frame.group == group) & (frame.measure == "advantage")]
    return rows.iloc[0]


def test_the_interval_holds_an_advantage_that_is_known_and_equals_the_bound():
    X, y = ids()
    bound = (math.e - 1) / (math.e + 1)
    learner = Telling(adjacency="add-remove")
    found = [membership(learner, X, y, shadows=0, random_state=seed) for seed in range(60)]
    rows = [advantage(result) for result in found]
    held = sum(row.low <= bound <= row.high for row in rows)
    assert held >= 51  # 57 expected of 60 at 95 %, with a chance of 0.001 of fewer
    assert np.mean([row.value for row in rows]) == pytest.approx(bound, abs=0.02)
    assert found[0].bound == pytest.approx(bound)
    assert rows[0].bound == pytest.approx(bound)
    assert "allows no attacker more than 0.462" in found[0].sentence()


def test_an_infinite_epsilon_is_said_to_promise_nothing():
    X, y = ids()
    learner = Telling(epsilon=math.inf, adjacency="add-remove")
    result = membership(learner, X, y, shadows=0, false_positive_rates=0.1, random_state=0)
    assert " The model promises nothing: its epsilon is infinite." in result.sentence()
    assert "true_positive_rate_at_0.1" in set(result.frame().measure)


def test_a_model_that_leaks_nothing_shows_an_advantage_of_zero_with_either_sign():
    X, y = ids()
    learner = Telling(epsilon=1e-9)
    rows = [advantage(membership(learner, X, y, shadows=0, random_state=s)) for s in range(60)]
    assert sum(row.low <= 0 <= row.high for row in rows) >= 51
    assert min(row.value for row in rows) < 0 < max(row.value for row in rows)


def test_who_is_exposed_is_named():
    X, y = ids()
    kind = pd.Series(np.where(np.arange(1000) < 300, "leaky", "quiet"), name="kind")
    result = membership(Telling(epsilon=2, leaks=300), X, y, shadows=0, groups=kind, random_state=0)
    leaky, quiet = (advantage(result, group=name) for name in ("leaky", "quiet"))
    assert leaky.low > 0.6 and leaky.more_low > 0.5
    assert quiet.value == 0 and quiet.more_high < 0
    assert "Reached more than the others: kind leaky" in result.sentence()
    assert "quiet" not in result.sentence()


def test_a_claim_that_the_attack_exceeds_is_called_out():
    X, y = ids()

    class Lying(Telling):
        def fit(self, X, y):
            super().fit(X, y)
            self.guarantee_ = Guarantee(0.1, 0.0, "row", "add-remove", "bits", (), ())
            return self

    words = membership(Lying(epsilon=3.0), X, y, shadows=0, random_state=0).sentence()
    assert "above the 0.050 that its guarantee (epsilon 0.1, delta 0) per row, add-remove" in words
    assert "test the guarantee with challenge" in words


def test_replace_one_learners_are_fitted_on_a_fixed_number():
    X, y = ids(200)
    rng = np.random.default_rng(0)
    sizes = {kind: set() for kind in ("add-remove", "replace-one")}
    for kind, found in sizes.items():
        for _ in range(10):
            model, member = split_for(Telling(adjacency=kind), X, y, rng)
            assert model.rows_ == member.sum()
            found.add(model.rows_)
    assert sizes["replace-one"] == {100}
    assert len(sizes["add-remove"]) > 2


def test_every_fit_gets_fresh_noise_and_the_learner_stays_as_it_was():
    X, y = ids(200)
    learner = make_pipeline(StandardScaler(), RandomForestClassifier(2, random_state=5))
    rng = np.random.default_rng(0)
    seeds = [fitted_on(learner, X, y, np.ones(200, bool), rng)[-1].random_state for _ in range(3)]
    assert len({5, *seeds}) == 4
    assert learner[-1].random_state == 5 and not hasattr(learner[-1], "estimators_")


def blobs(n=600, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.uniform(-1, 1, (n, 4)), columns=list("abcd"))
    y = (rng.random(n) < 1 / (1 + np.exp(-2 * X["a"]))).astype(int)
    return X, y


def test_an_overfitted_forest_before_and_plain_and_private_models_after():
    X, y = blobs()
    private = PrivateLogisticRegression(epsilon=1.0, delta=1e-6, bounds=dict.fromkeys(X, (-1, 1)))
    models = (RandomForestClassifier(20), LogisticRegression(), private)
    forest, plain, noised = (
        membership(model, X, y, shadows=12, random_state=0) for model in models
    )
    assert advantage(forest, forest.strongest).low > 0.4
    assert np.isnan(forest.bound)
    for quiet in (plain, noised):
        assert advantage(quiet, quiet.strongest).high < 0.35
    assert advantage(noised, noised.strongest).low <= noised.bound == pytest.approx(0.462, abs=1e-3)
    assert list(forest.customers().columns) == ["member", "judged", *forest.frame().attack.unique()]
    judged = forest.customers()["judged"]
    assert abs(judged.sum() - 300) <= 2


def test_a_fitted_model_is_attacked_as_it_is():
    X, y = blobs(400)
    member = np.arange(400) % 4 < 2
    forest = RandomForestClassifier(20, random_state=0).fit(X[member], y[member])
    result = membership(forest, X, y, member=member, shadows=8, random_state=0)
    assert (result.customers()["member"] == member).all()
    assert advantage(result, result.strongest).low > 0.3
    later = RandomForestClassifier(20, random_state=0).fit(X[~member], y[~member])
    turned = membership(later, X, y, member=member, shadows=0, random_state=0)
    assert advantage(turned).value <= 0
    assert turned.frame().set_index("measure").loc["area_under_curve", "high"] < 0.5


def test_replace_one_of_a_real_learner_is_bounded_too():
    X, y = blobs(200)
    learner = DiffprivlibLogisticRegression(epsilon=1.0, bounds=dict.fromkeys(X, (-1, 1)))
    result = membership(learner, X, y, shadows=0, random_state=0)
    assert result.guarantee.adjacency == "replace-one"
    assert result.customers()["member"].sum() == 100
    assert result.bound == pytest.approx(result.guarantee.attacker_advantage())


class Sure(Telling):
    """Is all but certain of everybody, and a hundred times nearer to certainty of members."""

    def predict_proba(self, X):
        scores = super().predict_proba(X)
        doubt = np.select([scores == 0.9, scores == 0.6], [1e-6, 1e-4])
        return np.where(scores > 0.5, 1 - doubt, doubt[:, ::-1])


def test_models_that_are_sure_of_everybody_are_told_by_how_sure():
    X, y = ids()
    result = membership(Sure(epsilon=9), X, y, shadows=0, random_state=0)
    assert advantage(result).low > 0.95


def test_rates_at_few_false_alarms_need_enough_non_members():
    X, y = ids()
    result = membership(
        Telling(), X, y, shadows=0, false_positive_rates=(0.001, 0.05), random_state=0
    )
    frame = result.frame().set_index("measure")
    few = frame.loc["true_positive_rate_at_0.001"]
    others = int(frame.loc["advantage"].non_members)
    assert np.isnan(few.value)
    assert few.note == f"not estimable (needs 1,000 non-members in each half, has {others:,})"
    enough = frame.loc["true_positive_rate_at_0.05"]
    assert enough.note == "" and 0 <= enough.low <= enough.value <= enough.high


def test_small_groups_are_not_estimable():
    X, y = ids(200)
    kind = pd.Series(["few"] * 15 + ["many"] * 185, name="kind")
    few = advantage(
        membership(Telling(), X, y, shadows=0, groups=kind, random_state=0), group="few"
    )
    assert np.isnan(few.value)
    assert few.note.startswith("not estimable (n=")


def test_the_same_seed_gives_the_same_answer():
    X, y = blobs(200)
    one, other = (
        membership(RandomForestClassifier(3), X, y, shadows=4, random_state=7).frame()
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(one, other)


def test_outcomes_may_be_text_and_of_three_kinds():
    X, _ = blobs(300)
    y = np.array(["no", "yes", "maybe"])[np.arange(300) % 3]
    result = membership(RandomForestClassifier(10), X, y, shadows=0, random_state=0)
    assert advantage(result).low > 0.3


X, Y = blobs(200)
HALF = np.arange(200) < 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"learner": LinearSVC()},
            "learner must have predict_proba: the attacks read scores, got LinearSVC. Use a classifier "
            "with probabilities, such as SVC(probability=True).",
        ),
        (
            {"y": np.ones(200)},
            "y must hold at least two outcomes, none missing, got only 1.0. Pass customers "
            "with and without the outcome.",
        ),
        (
            {"y": np.where(HALF, 1, np.nan)},
            "y must hold at least two outcomes, none missing, got missing outcomes. Pass customers with "
            "and without the outcome.",
        ),
        (
            {"y": np.arange(199)},
            "y must have one outcome for each row, got shape (199,) for 200 rows. Align X and y.",
        ),
        (
            {"X": X[:79], "y": Y[:79]},
            "X must have at least 20 members and as many others, so 80 customers, got 79 customers. Pass "
            "more customers: half of them choose the cuts, half judge them.",
        ),
        (
            {"member": np.arange(200) < 195, "learner": LogisticRegression().fit(X, Y)},
            "X must have at least 20 members and as many others, got 5 on one side. Pass more customers: "
            "half of them choose the cuts, half judge them.",
        ),
        (
            {"member": np.ones(200, bool)},
            "member must have both members and non-members, got only members. Add customers drawn in the "
            "same way who were left out of the fit.",
        ),
        (
            {"member": np.ones(200)},
            "member must say True or False for each of 200 rows, got float64 of shape (200,). Say which "
            "rows the learner was fitted on.",
        ),
        (
            {"member": HALF},
            "learner must be fitted where member is given, got unfitted. Fit it on those rows first, or "
            "leave member out.",
        ),
        (
            {"shadows": 3},
            "shadows must leave each customer in and out twice, got 3. Use at least 4, or 0 for the loss "
            "alone.",
        ),
        (
            {"false_positive_rates": [0]},
            "false_positive_rates must lie strictly between 0 and 1, got 0. Use for example 0.01.",
        ),
        (
            {"false_positive_rates": 1},
            "false_positive_rates must lie strictly between 0 and 1, got 1. Use for example 0.01.",
        ),
        (
            {"member": pd.Series(HALF)[::-1], "learner": LogisticRegression().fit(X, Y)},
            "member must be in the order of X, got the same index in another order. Align the rows first, or "
            "pass arrays to have them read by position.",
        ),
        (
            {"y": np.arange(200) == 7, "random_state": 0},
            "y must leave two outcomes in each random part that a model is fitted on, got a part without "
            "any of the 1 other than False. Pass more customers with the rarer outcome: 20 are mostly "
            "enough.",
        ),
        (
            {"groups": X[["a"]][:7]},
            "groups must be a frame with one row for each of 200 customers, got 7 rows. Pass the "
            "attributes of the same customers in the same order.",
        ),
    ],
)
def test_refusals(change, message):
    given = {"learner": LogisticRegression(), "X": X, "y": Y} | change
    args = [given.pop(name) for name in ("learner", "X", "y")]
    with pytest.raises(InputError) as refused:
        membership(*args, **given)
    assert str(refused.value) == message


def test_outcomes_shuffled_apart_are_refused():
    with pytest.raises(InputError, match="y must be in the order of X"):
        checked_outcomes(LogisticRegression(), X, Y.iloc[::-1])
