"""interpret's private boosting: what it is given, the noise it draws, and what is kept of it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from interpret.privacy import DPExplainableBoostingClassifier
from interpret.utils._native import Booster, Native
from scipy import stats

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import PrivateExplainableBoosting, _boosting_engine
from equipoise.privacy.learning._boosting_engine import SETTINGS, BoostingNoise, boosted

BOUNDS = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app", "phone")}
LIMITS = [(-1.0, 1.0), (-0.5, 3.5)]


def fitted(make, **settings):
    given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "random_state": 0} | settings
    return PrivateExplainableBoosting(**given).fit(*make(300))


@pytest.fixture
def few_rounds(monkeypatch):
    monkeypatch.setitem(SETTINGS, "max_rounds", 20)


@pytest.fixture
def theirs(monkeypatch):
    """Collect interpret's own models and what they were fitted on."""
    fits = []
    fit = DPExplainableBoostingClassifier.fit

    def spying(self, rows, outcomes):
        fits.append((fit(self, rows, outcomes), rows))
        return fits[-1][0]

    monkeypatch.setattr(DPExplainableBoostingClassifier, "fit", spying)
    return fits


def test_our_tables_score_as_interprets_own_model_does(make, theirs, few_rounds):
    model = fitted(make)
    learner, rows = theirs[0]
    X, _ = make(300)
    np.testing.assert_allclose(model.decision_function(X), learner.decision_function(rows))
    assert model.weights_[0] == learner.intercept_[0]
    assert not any(hasattr(model, name) for name in ("bag_weights_", "bin_weights_", "bins_"))


def test_it_is_given_nothing_to_read_off_the_data(make, theirs, few_rounds):
    fitted(make)
    learner, rows = theirs[0]
    assert learner.feature_types == ["continuous"] * 3
    np.testing.assert_array_equal(learner.privacy_bounds, [[-1, 1], [-1, 1], [-0.5, 3.5]])
    np.testing.assert_array_equal(learner.feature_bounds_, learner.privacy_bounds)
    # "phone" is declared and not there; its place exists all the same.
    assert set(np.unique(rows[:, 2])) == {0, 1, 2}


@pytest.mark.parametrize("rows_per_unit", [1, 3])
@pytest.mark.parametrize("features", [1, 20])
def test_the_releases_compose_to_the_ratio_of_the_promise(features, rows_per_unit):
    mu = gaussian_mu(1.0, 1e-6)
    noise = BoostingNoise.planned(features=features, ratio=mu / rows_per_unit)
    moved = rows_per_unit * SETTINGS["learning_rate"]
    ratios = [
        *[rows_per_unit / noise.bins_sd] * features,
        *[moved / noise.sums_sd] * features * SETTINGS["max_rounds"],
    ]
    assert math.hypot(*ratios) == pytest.approx(mu)


def test_every_draw_has_the_planned_size(monkeypatch):
    draws = []
    draw = Native.generate_gaussian_random

    def listening(self, rng, stddev, count):
        drawn = draw(self, rng, stddev, count)
        draws.append((stddev, drawn))
        return drawn

    monkeypatch.setattr(Native, "generate_gaussian_random", listening)
    rng = np.random.default_rng(0)
    coded = np.column_stack([rng.uniform(-1, 1, 200), rng.integers(0, 4, 200)])
    noise = BoostingNoise.planned(features=2, ratio=0.2)
    boosted(coded, np.arange(200) % 2, limits=LIMITS, noise=noise, seed=0)
    bins, sums = draws[:2], draws[2:]
    assert len(sums) == 2 * SETTINGS["max_rounds"]
    for part, sd in ((bins, noise.bins_sd), (sums, noise.sums_sd)):
        assert [told for told, _ in part] == pytest.approx([sd] * len(part))
        drawn = np.concatenate([values for _, values in part]) / sd
        low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], len(drawn))
        assert low < (drawn**2).sum() < high


def answers(monkeypatch, coded, outcomes):
    """Return interpret's splits, exact sums and counts, at states that the rows do not lead to."""
    places, sums, counts, told = [], [], [], {}
    rng = np.random.default_rng(1)
    read, write = Booster.get_term_update, Booster.set_term_update
    splits = Booster.get_term_update_splits

    def splitting(self):
        told["splits"] = splits(self)  # reading the update makes every bin a split of its own
        return told["splits"]

    def reading(self):
        told["update"] = read(self)
        return told["update"]

    def writing(self, term, update):
        places.append([0, *told["splits"][0]])
        sums.append(told["update"][places[-1]])
        write(self, term, rng.normal(0, 1, len(update)))

    def cutting(values, weight, noise, bins, low, high, rng=None):
        counts.append(np.histogram(values, bins=bins * 2, range=(low, high))[0])
        return np.linspace(low, high, 9)[1:-1], [1.0] * 9

    with monkeypatch.context() as patched:
        patched.setattr(Booster, "get_term_update_splits", splitting)
        patched.setattr(Booster, "get_term_update", reading)
        patched.setattr(Booster, "set_term_update", writing)
        patched.setattr("interpret.utils._preprocessor.private_numeric_binning", cutting)
        noise = BoostingNoise.planned(features=2, ratio=0.2)
        boosted(coded, outcomes, limits=LIMITS, noise=noise, seed=0)
    return places, sums, counts


@pytest.mark.parametrize("seed", range(2))
def test_a_row_moves_a_sum_by_at_most_the_learning_rate_and_no_split(seed, monkeypatch, few_rounds):
    rng = np.random.default_rng(seed)
    coded = np.column_stack([rng.uniform(-1, 1, 40), rng.integers(0, 4, 40)])
    outcomes = np.arange(40) % 2
    splits, with_her, counts = answers(monkeypatch, coded, outcomes)
    most = []
    for gone in (0, 39):
        kept = np.arange(40) != gone
        same, without, fewer = answers(monkeypatch, coded[kept], outcomes[kept])
        assert splits == same
        moved = np.linalg.norm(np.subtract(with_her, without), axis=1)
        most.append(moved.max() / SETTINGS["learning_rate"])
        assert [np.linalg.norm(one - other) for one, other in zip(counts, fewer, strict=True)] == [
            1,
            1,
        ]
    assert 0.7 < max(most) <= 1


def test_noise_other_than_it_was_told_is_refused(make, monkeypatch, few_rounds):
    monkeypatch.setattr(_boosting_engine, "_knobs", lambda noise, features: (1.0, 1.0))
    with pytest.raises(InputError, match=r"^interpret must draw the noise it is told to, got sd "):
        fitted(make)


def test_the_promise_is_add_remove_and_says_how(make, few_rounds):
    model = fitted(make)
    assert model.guarantee_.covers[0] == (
        "the released step functions, and any score of other people computed from them"
    )
    assert model.guarantee_.mechanism == (
        f"Gaussian noise of sd {model.noise_.bins_sd:.4g} on counts of bins and of sd "
        f"{model.noise_.sums_sd:.4g} on sums of residuals (interpret-core)"
    )
    assert (model.guarantee_.adjacency, model.guarantee_.mu) == (
        "add-remove",
        gaussian_mu(1.0, 1e-6),
    )


def test_without_noise_it_learns_what_no_straight_line_can():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (1000, 2))
    y = (np.abs(X[:, 0]) > 0.5).astype(int)
    model = PrivateExplainableBoosting(epsilon=math.inf, bounds=[(-1, 1)] * 2, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.9
    assert model.noise_.sums_sd < 1e-6


def test_the_model_can_be_read_as_a_table(make, few_rounds):
    model = fitted(make, epsilon=30.0)
    steps = model.steps()
    assert list(steps) == ["feature", "low", "high", "categories", "log_odds"]
    age = steps[steps["feature"] == "age"]
    assert (age["low"].iloc[0], age["high"].iloc[-1]) == (18, 98)
    np.testing.assert_allclose(age["high"].iloc[:-1], age["low"].iloc[1:])
    named = steps.loc[steps["feature"] == "channel", "categories"]
    assert sorted(level for levels in named for level in levels) == sorted(BOUNDS["channel"])
    someone = pd.DataFrame({"age": [50], "spend": [100.0], "channel": ["web"]})
    found = model.additive_.intercept
    for feature, value in (("age", 50), ("spend", 100.0)):
        part = steps[steps["feature"] == feature]
        found += part.loc[(part["low"] <= value) & (value < part["high"]), "log_odds"].item()
    channel = steps[steps["feature"] == "channel"]
    found += channel.loc[["web" in levels for levels in channel["categories"]], "log_odds"].item()
    assert model.decision_function(someone)[0] == pytest.approx(found)
