"""The mechanism that may flip a bit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._promises import promised
from equipoise.privacy.queries.mechanisms._additive import STUDY
from equipoise.privacy.queries.mechanisms._arguments import checked_confidence
from equipoise.privacy.queries.mechanisms._choice import FLOATS, legacy

__all__ = ["RandomizedResponse"]

LARGEST = 700.0  # beyond it a chance of e^-epsilon is no floating point number
SMALLEST = 1e-12  # below it all answers together say no more than a coin does


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
    noise : "randomised response"
        Its kind, of the class.

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
    >>> told = np.repeat([1, 0], [420, 580])
    >>> round(answers.estimated_share(told), 3)
    0.327
    >>> low, high = answers.interval(told)
    >>> round(low, 3), round(high, 3)
    (0.26, 0.395)
    """

    noise: ClassVar[str] = "randomised response"

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
        """Return the share of true ones that told bits speak for; by chance it may leave 0 to 1.

        Raises
        ------
        InputError
            Where an answer is no bit, there is none, or epsilon is so small that they tell nothing.
        """
        return self._undone(_bits(answers).mean())

    def interval(self, answers: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
        """Return where the share of true ones may lie: low and high, within 0 and 1.

        Of the population that those who answered are a random sample of; flips and sampling are both in
        it. For the share among those who answered alone it is wider than it need be.

        Parameters
        ----------
        answers : array_like of int
            Bits as told.
        confidence : float
            How often the interval holds, at least.

        Raises
        ------
        InputError
            As `estimated_share`, or where the confidence does not lie between 0 and 1.

        References
        ----------
        Clopper & Pearson (1934), for the share of told ones, from which the flips are then taken.
        """
        from equipoise.intervals import clopper_pearson

        told, level = _bits(answers), checked_confidence(confidence)
        _, *sides = clopper_pearson(told.sum(), told.size, confidence=level)
        low, high = (float(np.clip(self._undone(side), 0, 1)) for side in sides)
        return low, high

    def _undone(self, told: float) -> float:
        """Return the share of true ones at which so many are told on average."""
        if self.epsilon < SMALLEST:
            move = "Ask again with a larger one."
            rule = f"must be at least {SMALLEST:g} to estimate a share"
            raise InputError("epsilon", rule, f"{self.epsilon:g}", move)
        return 0.5 + (float(told) - 0.5) / math.tanh(self.epsilon / 2)


def _bits(answers: ArrayLike) -> NDArray[np.float64]:
    try:
        told = np.asarray(answers, dtype=float)
    except (TypeError, ValueError):
        told = np.empty(0)
    if not told.size or not np.isin(told, (0, 1)).all():
        raise InputError("answers", "must be bits, at least one", "others", "Pass what was told.")
    return told
