"""The one call of diffprivlib: its settings, its traps, and a look at where it stopped."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from equipoise.exceptions import InputError

__all__ = ["NEAR", "SUPPORTED", "minimise"]

SUPPORTED = {"scikit-learn": ">=1.6,<1.8", "scipy": ">=1.17,<1.18"}
SAFE = {
    "data_norm": 1.0,
    "tol": 1e-10,
    "fit_intercept": False,
    "max_iter": 100_000,
    "n_jobs": 1,
}
NEAR = 0.01  # of the gradient that one row can have; epsilon grows by about this share


def minimise(
    rows: NDArray[np.float64],
    outcomes: NDArray[np.int_],
    *,
    epsilon: float,
    C: float,
    seed: int | None,
) -> NDArray[np.float64]:
    """Return diffprivlib's weights for rows of norm at most 1, or refuse an inexact minimum."""
    rng = _generator(seed)
    replayed = copy.deepcopy(rng)
    weights = _fitted(rows, outcomes, epsilon=epsilon, C=C, random_state=rng)
    slope = _noise_slope(weights, n=len(rows), epsilon=epsilon, C=C, rng=replayed)
    distance = float(
        np.linalg.norm(rows.T @ (expit(rows @ weights) - outcomes) + weights / C + slope)
    )
    if not distance <= NEAR:
        raise InputError(
            "C",
            f"must let diffprivlib come within {NEAR:g} of the minimum, which its proof needs",
            f"C {C:g} and a gradient of {distance:.2g}",
            "Use a smaller C, or fewer rows.",
        )
    return weights


def _generator(seed: int | None) -> np.random.RandomState:
    """Return a generator of our own, seeded by the operating system if there is no seed.

    Given None, diffprivlib takes numpy's global generator and swaps it for a secure one only as
    long as it stays in this process: inside a joblib context with several processes every fit
    would get the same noise, and `np.random.seed` would fix it.
    """
    if seed is None:
        return np.random.RandomState(np.random.MT19937())
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(int(seed))))


def _fitted(
    rows: NDArray[np.float64], outcomes: NDArray[np.int_], **settings: Any
) -> NDArray[np.float64]:
    """Return the weights of diffprivlib's learner in its safe setting, with its own accountant."""
    # Importing diffprivlib changes the filters of the process; they are put back here.
    with warnings.catch_warnings():
        try:
            from diffprivlib.accountant import BudgetAccountant
            from diffprivlib.models import LogisticRegression

            warnings.filterwarnings("ignore", "'multi_class' was deprecated", FutureWarning)
            warnings.filterwarnings("ignore", ".*`disp` and `iprint` options", DeprecationWarning)
            # What it stopped at is measured; the settings are not the reader's to change.
            warnings.filterwarnings("ignore", "lbfgs failed to converge", UserWarning)
            accountant = BudgetAccountant()
            learner = LogisticRegression(**SAFE, accountant=accountant, **settings)
            weights: NDArray[np.float64] = np.ravel(learner.fit(rows, outcomes).coef_)
        except (ImportError, AttributeError, TypeError) as problem:
            raise _incompatible(problem) from problem
    return weights


def _incompatible(problem: Exception) -> InputError:
    import scipy
    import sklearn

    return InputError(
        "diffprivlib 0.6.6",
        f"needs {' and '.join(f'{name} {versions}' for name, versions in SUPPORTED.items())}",
        f"{sklearn.__version__} and {scipy.__version__} ({problem})",
        "`equipoise doctor` names the command that cures it.",
    )


def _noise_slope(
    weights: NDArray[np.float64], *, n: int, epsilon: float, C: float, rng: np.random.RandomState
) -> NDArray[np.float64]:
    """Return what diffprivlib's noise and extra penalty add to the gradient at `weights`."""
    from diffprivlib.mechanisms import Vector

    mechanism = Vector(
        epsilon=epsilon,
        dimension=len(weights),
        alpha=1.0 / C,
        function_sensitivity=0.25,
        data_sensitivity=1.0,
        n=n,
        random_state=rng,
    )
    nothing = mechanism.randomise(lambda w: (0.0, np.zeros_like(w)))
    slope: NDArray[np.float64] = nothing(weights)[1] * n
    return slope
