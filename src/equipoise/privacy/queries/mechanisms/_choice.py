"""Mechanisms that choose: a candidate by its score, or a bit that may be flipped."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy.queries._promise import promised
from equipoise.privacy.queries.mechanisms._additive import STUDY, checked_rng, checked_sensitivity

__all__ = ["ExponentialMechanism", "RandomizedResponse"]

FLOATS = "chances below 1e-15, which floating point rounds"
LARGEST = 700.0  # beyond it a chance of e^-epsilon is no floating point number


@dataclass(frozen=True, kw_only=True)
class ExponentialMechanism:
    """Choose a candidate; e^(epsilon × score / (2 × sensitivity)) times its weight is its chance.

    The choice is diffprivlib's, which draws from the operating system's entropy.

    Attributes
    ----------
    candidates : sequence
        What can be chosen, declared beforehand.
    sensitivity : float
        The most that one unit moves any candidate's score by.
    epsilon : float
        Infinity chooses a best candidate.
    weights : sequence of float, optional
        Chances at equal scores, declared or at least independent of the units; all alike if None.
    unit, adjacency
        As in `LaplaceMechanism`.

    References
    ----------
    McSherry & Talwar (2007), Mechanism design via differential privacy.

    Examples
    --------
    >>> offers = ExponentialMechanism(candidates=["mail", "web", "shop"], sensitivity=1, epsilon=0.5)
    >>> offers.release([900, 1100, 450], np.random.default_rng(0))
    'web'
    >>> print(offers.guarantee)
    (epsilon 0.5, delta 0) per row, add-remove
    """

    candidates: Sequence[Hashable]
    sensitivity: float
    epsilon: float
    weights: Sequence[float] | None = None
    unit: str = "row"
    adjacency: Adjacency = "add-remove"

    def __post_init__(self) -> None:
        checked_sensitivity(self.sensitivity)
        check_epsilon(self.epsilon)
        check_choice("adjacency", self.adjacency, get_args(Adjacency))
        if isinstance(self.candidates, str) or not len(self.candidates):
            move = "List what can be chosen."
            raise InputError("candidates", "must be at least one", repr(self.candidates), move)
        if len(set(self.candidates)) < len(self.candidates):
            move = "Name each once; weights say how probable one is at equal scores."
            raise InputError("candidates", "must differ", "some that are equal", move)
        if self.weights is None:
            return
        weights = np.asarray(self.weights, dtype=float)
        if weights.shape != (len(self.candidates),) or not (
            (weights > 0).all() and np.isfinite(weights).all()
        ):
            rule = f"must be {len(self.candidates)} positive numbers, one a candidate"
            raise InputError("weights", rule, "others", "Leave out what must not be chosen.")

    @property
    def guarantee(self) -> Guarantee:
        """What one choice promises: epsilon, and delta 0."""
        return promised(
            self.epsilon,
            0.0,
            unit=self.unit,
            adjacency=self.adjacency,
            mechanism=f"exponential mechanism over {len(self.candidates):,} candidates, "
            f"sensitivity {self.sensitivity:g}",
            covers=("which candidate was chosen, whatever one unit can move its score by",),
            not_covered=("whether the sensitivity is right: it was given", FLOATS, STUDY),
        )

    def release(self, value: ArrayLike, rng: np.random.Generator | None = None) -> Any:
        """Return the chosen candidate, or a list of choices for a table of scores.

        Parameters
        ----------
        value : array_like of float, shape (candidates,) or (n, candidates)
            Scores; larger is better.
        rng : numpy Generator, optional
            As in `LaplaceMechanism.release`.

        Raises
        ------
        InputError
            Where there is not one finite score a candidate.
        """
        scores = np.asarray(value, dtype=float)
        if scores.ndim not in (1, 2) or scores.shape[-1] != len(self.candidates):
            rule = f"must be {len(self.candidates)} scores, one a candidate"
            raise InputError("value", rule, f"shape {scores.shape}", "Score every candidate.")
        if not np.isfinite(scores).all():
            raise InputError("value", "must be finite numbers", "others", "Correct the scores.")
        if scores.ndim == 2:
            return [self._chosen(row, rng) for row in scores]
        return self._chosen(scores, rng)

    def _chosen(self, scores: NDArray[np.float64], rng: np.random.Generator | None) -> Any:
        from diffprivlib.mechanisms import Exponential

        mechanism = Exponential(
            epsilon=float(self.epsilon),
            sensitivity=float(self.sensitivity),
            utility=scores.tolist(),
            measure=None if self.weights is None else [float(w) for w in self.weights],
            random_state=legacy(rng),
        )
        return self.candidates[mechanism.randomise()]


@dataclass(frozen=True, kw_only=True)
class RandomizedResponse:
    """Tell a bit truthfully with chance e^epsilon / (1 + e^epsilon), else the other one.

    Each person can flip their own bit before anybody collects it. The draw is diffprivlib's.

    Attributes
    ----------
    epsilon : float
        Infinity always tells the truth.
    unit : str
        Whose bit it is.

    References
    ----------
    Warner (1965), Randomized response: a survey technique for eliminating evasive answer bias.

    Examples
    --------
    >>> answers = RandomizedResponse(epsilon=1.0)
    >>> round(answers.flip_probability, 4)
    0.2689
    >>> answers.release([1, 1, 0, 0], np.random.default_rng(1))
    array([1, 0, 0, 1])
    >>> round(answers.estimated_share([1, 1, 0, 1]), 3)
    1.041
    """

    epsilon: float
    unit: str = "row"

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)

    @property
    def sensitivity(self) -> float:
        """The most that one unit moves its own bit by."""
        return 1.0

    @property
    def flip_probability(self) -> float:
        """The chance that the other bit is told; 0 means that there is no noise."""
        inverse = math.exp(-self.epsilon)
        return inverse / (1 + inverse)

    @property
    def guarantee(self) -> Guarantee:
        """What one told bit promises; that somebody answered at all is not covered."""
        return promised(
            self.epsilon,
            0.0,
            unit=self.unit,
            adjacency="replace-one",
            mechanism=f"randomised response, a bit is flipped with chance {self.flip_probability:.4g}",
            covers=("which of the two values the bit has",),
            not_covered=("that somebody answered at all", FLOATS, STUDY),
        )

    def release(self, value: ArrayLike, rng: np.random.Generator | None = None) -> Any:
        """Return each bit, flipped or not: an int, or an array of the shape of `value`.

        Parameters
        ----------
        value : int or array_like of int
            0 or 1; an array holds the bits of different units.
        rng : numpy Generator, optional
            As in `LaplaceMechanism.release`.

        Raises
        ------
        InputError
            Where a bit is neither 0 nor 1.
        """
        from diffprivlib.mechanisms import Binary

        bits = np.asarray(value)
        if not np.isin(bits, (0, 1)).all():
            raise InputError("value", "must be 0 or 1", "others", "Code the sensitive answer as 1.")
        mechanism = Binary(
            epsilon=min(self.epsilon, LARGEST), value0="0", value1="1", random_state=legacy(rng)
        )
        told = [int(mechanism.randomise("01"[int(bit)])) for bit in bits.ravel()]
        return np.array(told, dtype=int).reshape(bits.shape) if bits.ndim else told[0]

    def estimated_share(self, answers: ArrayLike) -> float:
        """Return the share of true ones that told bits speak for; by chance it may leave 0 to 1."""
        told = np.asarray(answers, dtype=float)
        if not told.size or not np.isin(told, (0, 1)).all():
            raise InputError(
                "answers", "must be bits, at least one", "others", "Pass what was told."
            )
        return float((told.mean() - self.flip_probability) / (1 - 2 * self.flip_probability))


def legacy(rng: object) -> np.random.RandomState | None:
    """Return the generator as diffprivlib takes it; None is the operating system's entropy there."""
    checked = checked_rng(rng)
    return None if checked is None else np.random.RandomState(checked.bit_generator)
