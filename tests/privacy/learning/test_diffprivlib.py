"""diffprivlib is called in its safe setting, its traps are closed, and its claim is stated."""

from __future__ import annotations

import copy
import math
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from diffprivlib import BudgetAccountant
from diffprivlib.models import LogisticRegression as Theirs
from joblib import parallel_config
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from scipy.optimize import minimize
from scipy.special import expit

from equipoise.exceptions import InputError
from equipoise.privacy import DiffprivlibLogisticRegression
from equipoise.privacy._guarantee import NUMBER_NOT_COVERED
from equipoise.privacy.learning import _objective

ROOT = Path(__file__).parents[3]
BOUNDS = [(0.0, 1.0), (0.0, 2.0)]


def make(n=500):
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 2, (n, 2)) * [0.5, 1]
    return X, (rng.random(n) < expit(3 * X[:, 0] - 1.5)).astype(int)


def fit(X=None, y=None, **settings):
    given = {"epsilon": 1.0, "bounds": BOUNDS, "random_state": 0} | settings
    if X is None:
        X, y = make()
    return DiffprivlibLogisticRegression(**given).fit(X, y)


@pytest.fixture
def called(monkeypatch):
    """Collect the settings and the rows that diffprivlib is given."""
    calls = []
    theirs = Theirs.fit

    def spying(self, rows, outcomes):
        calls.append((self.get_params() | {"epsilon": self.epsilon}, rows))
        return theirs(self, rows, outcomes)

    monkeypatch.setattr(Theirs, "fit", spying)
    return calls


def test_it_gets_rows_of_norm_one_and_the_safe_setting(called):
    X = np.array([[0.0, 0.0], [1.0, 2.0], [1.0, 0.0], [0.5, 1.0]] * 10)
    fit(X, np.arange(40) % 2)
    settings, rows = called[0]
    norms = np.linalg.norm(rows, axis=1)
    assert norms.max() <= 1.0
    assert norms.max() == pytest.approx(1.0)
    assert (settings["data_norm"], settings["tol"], settings["fit_intercept"]) == (
        1.0,
        1e-10,
        False,
    )
    assert (settings["epsilon"], settings["C"], settings["n_jobs"]) == (1.0, 1.0, 1)
    assert len(np.unique(rows[:, 0])) == 1


def test_a_customer_with_several_rows_is_protected_as_a_group(called):
    X, y = make()
    model = DiffprivlibLogisticRegression(epsilon=1, bounds=BOUNDS, rows_per_unit=4)
    promise = model.fit(X, y, unit=np.arange(500) // 4).guarantee_
    assert called[0][0]["epsilon"] == 0.25
    assert promise.epsilon == 1.0


def test_the_promise_is_pure_and_replace_one():
    promise = fit().guarantee_
    assert (promise.delta, promise.adjacency) == (0.0, "replace-one")
    assert promise.mechanism == "a random linear term in the objective (diffprivlib 0.6.6)"
    assert promise.covers[1] == "the values of each row"
    assert NUMBER_NOT_COVERED in promise.does_not_cover
    assert (
        "the distance to the exact minimiser, zero in the proof; a fit is refused unless it lies "
        "within 0.01 of what one row can move"
    ) in promise.does_not_cover


def test_a_delta_may_be_given_and_changes_nothing():
    assert (fit(delta=1e-6).weights_ == fit().weights_).all()
    with pytest.raises(InputError) as refused:
        fit(delta=-1)
    assert str(refused.value) == "delta must be a number in [0, 1], got -1. Use None: it is 0."


@pytest.mark.parametrize("C", [0, -1, math.nan, "1"])
def test_a_penalty_without_strength_is_refused(C):
    with pytest.raises(InputError) as refused:
        fit(C=C)
    assert str(refused.value) == f"C must be a number in (0, inf], got {C!r}. Use 1.0."


@pytest.mark.parametrize("C", [0.1, 1.0, 100.0])
def test_an_infinite_epsilon_gives_the_minimiser_without_noise(C):
    X, y = make()
    model = fit(epsilon=math.inf, C=C)
    norm = model.encoding_.norm
    rows = model.encoding_.transform(X) / norm

    def objective(w):
        odds = rows @ w
        value = np.logaddexp(0, odds).sum() - y @ odds + w @ w / (2 * C)
        return value, rows.T @ (expit(odds) - y) + w / C

    exact = minimize(objective, np.zeros(3), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(model.weights_ * norm, exact, atol=1e-4)


@pytest.mark.parametrize("epsilon", [0.01, 0.3, 1.0, 10.0])
def test_the_noise_is_that_of_the_source(epsilon, monkeypatch):
    """Its length has a Gamma(d, 2 / epsilon') distribution; epsilon' is what curvature leaves."""
    slopes = []
    original = _objective._noise_slope

    def listening(weights, **settings):
        again = settings | {"rng": copy.deepcopy(settings["rng"])}
        slopes.append(original(np.zeros_like(weights), **again))
        return original(weights, **settings)

    monkeypatch.setattr(_objective, "_noise_slope", listening)
    X, y = make(60)
    for seed in range(300):
        fit(X, y, epsilon=epsilon, random_state=seed)
    left = epsilon - 2 * math.log(1 + 0.25)
    scale = 2 / (left if left > 0 else epsilon / 2)
    lengths = np.linalg.norm(slopes, axis=1)
    assert lengths.mean() == pytest.approx(3 * scale, rel=5 / math.sqrt(3 * 300))


def test_a_minimum_that_was_not_reached_is_refused(monkeypatch):
    monkeypatch.setitem(_objective.SAFE, "max_iter", 1)
    with pytest.raises(InputError) as refused:
        fit(epsilon=10.0)
    assert str(refused.value).startswith(
        "C must let diffprivlib come within 0.01 of the minimum, which its proof needs, "
        "got C 1 and a gradient of "
    )
    assert str(refused.value).endswith(". Use a smaller C, or fewer rows.")


def test_noise_is_fresh_inside_a_context_of_several_processes_too():
    """Left to diffprivlib, both fits would copy numpy's global generator to a worker."""
    state = np.random.get_state()
    try:
        fits = []
        for _ in range(2):
            np.random.seed(0)
            with parallel_config(backend="loky", n_jobs=2):
                fits.append(fit(random_state=None).weights_)
    finally:
        np.random.set_state(state)
    assert (fits[0] != fits[1]).all()


def test_the_default_accountant_is_left_alone():
    mine = BudgetAccountant(epsilon=0.5, delta=0)
    before = BudgetAccountant.pop_default() if BudgetAccountant._default else None
    try:
        mine.set_default()
        fit(epsilon=10.0)
        assert len(mine) == 0
    finally:
        BudgetAccountant.pop_default()
        if before is not None:
            before.set_default()


def test_an_installation_that_breaks_diffprivlib_names_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "diffprivlib.models", None)
    with pytest.raises(InputError) as refused:
        fit()
    import scipy
    import sklearn

    assert str(refused.value) == (
        "diffprivlib 0.6.6 needs scikit-learn >=1.6,<1.8 and scipy >=1.17,<1.18, got "
        f"{sklearn.__version__} and {scipy.__version__} (import of diffprivlib.models halted; None in "
        "sys.modules). `equipoise doctor` names the command that cures it."
    )


def test_a_learner_that_cannot_be_built_names_the_cure(monkeypatch):
    def broken(self, **settings):
        raise TypeError("unexpected keyword argument 'multi_class'")

    monkeypatch.setattr(Theirs, "__init__", broken)
    with pytest.raises(InputError, match=r"'multi_class'\)\. `equipoise doctor` names the command"):
        fit()


def test_the_ranges_in_the_message_are_those_of_the_package():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needs = {r.name: r.specifier for r in map(Requirement, declared["dependencies"])}
    for name, versions in _objective.SUPPORTED.items():
        assert SpecifierSet(versions) == needs[name]
    assert needs["diffprivlib"] == SpecifierSet("==0.6.6")
