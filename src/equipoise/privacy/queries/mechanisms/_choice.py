"""The mechanism that chooses a candidate by its score."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy._promises import promised
from equipoise.privacy.queries.mechanisms._additive import STUDY
from equipoise.privacy.queries.mechanisms._arguments import checked_rng, checked_sensitivity

__all__ = ["FLOATS", "ExponentialMechanism", "legacy"]

FLOATS = "chances below 1e-15, which floating point rounds"


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
    noise : "exponential"
        Its kind, of the class.

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

    noise: ClassVar[str] = "exponential"

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
        _check_candidates(self.candidates)
        if self.weights is not None:
            _check_weights(self.weights, len(self.candidates))

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
        try:
            scores = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            scores = np.array(np.nan)
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
            measure=None if self.weights is None else _in_proportion(self.weights),
            random_state=legacy(rng),
        )
        return self.candidates[mechanism.randomise()]


def _check_candidates(candidates: object) -> None:
    text = isinstance(candidates, str | bytes)
    column = isinstance(candidates, np.ndarray) and candidates.ndim == 1
    if text or not (column or isinstance(candidates, Sequence)) or not len(candidates):  # type: ignore[arg-type]
        move = "List what can be chosen."
        raise InputError("candidates", "must be a list of at least one", repr(candidates), move)
    move = "Name each once; weights say how probable one is at equal scores."
    try:
        different = len(set(candidates)) == len(candidates)  # type: ignore[call-overload, arg-type]
    except TypeError:
        found, move = "some that cannot be compared", "Name them by texts or numbers."
        raise InputError("candidates", "must be hashable", found, move) from None
    if not different:
        raise InputError("candidates", "must differ", "some that are equal", move)


def _check_weights(weights: object, n: int) -> None:
    try:
        read = np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        read = np.empty(0)
    if read.shape != (n,) or not ((read > 0).all() and np.isfinite(read).all()):
        rule = f"must be {n} positive numbers, one a candidate"
        raise InputError("weights", rule, "others", "Leave out what must not be chosen.")


def _in_proportion(weights: Sequence[float]) -> list[float]:
    """Return weights over the largest of them, whose sum is then a number."""
    read = np.asarray(weights, dtype=float)
    return (read / read.max()).tolist()  # type: ignore[no-any-return]


def legacy(rng: object) -> np.random.RandomState | None:
    """Return the generator as diffprivlib takes it; None is the operating system's entropy there."""
    checked = checked_rng(rng)
    return None if checked is None else np.random.RandomState(checked.bit_generator)
