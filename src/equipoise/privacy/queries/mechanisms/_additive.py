"""Mechanisms that add noise to numbers: Laplace, geometric and Gaussian."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, check_delta, check_epsilon, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy._promises import promised
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.queries.mechanisms._arguments import (
    checked_confidence,
    checked_rng,
    checked_sensitivity,
)
from equipoise.privacy.queries.mechanisms._exact import discrete_gaussian, discrete_laplace

__all__ = [
    "LARGEST_WHOLE",
    "STUDY",
    "AdditiveMechanism",
    "GaussianMechanism",
    "GeometricMechanism",
    "LaplaceMechanism",
]

STUDY = (
    "a call with a generator: it is for study, not a release, for anybody with its seed undoes it"
)
LARGEST = 2.0**1000  # of noise in floating point, so that no draw is infinite
LARGEST_WHOLE = 2.0**53  # of noise in 64-bit whole numbers, so that no draw overflows
GRID = 40  # a release lies on multiples of a power of two, about 2^-40 of the sensitivity


@dataclass(frozen=True, kw_only=True)
class AdditiveMechanism(ABC):
    """Noise added to a number, or to each number of an array.

    Without a generator a release draws whole numbers from the operating system's entropy and adds
    them on a grid, so that no digit of it comes from rounding. With one it draws floating point
    numbers of the same distribution, fast and repeatable, for study.

    Attributes
    ----------
    noise : {"laplace", "geometric", "gaussian"}
        Its kind, of the class.
    """

    noise: ClassVar[str]
    largest: ClassVar[float] = LARGEST

    sensitivity: float
    epsilon: float
    unit: str = "row"
    adjacency: Adjacency = "add-remove"

    def __post_init__(self) -> None:
        checked_sensitivity(self.sensitivity)
        check_epsilon(self.epsilon)
        check_choice("adjacency", self.adjacency, get_args(Adjacency))
        if self._width > self.largest:
            rule = "must not ask for more noise than numbers can hold"
            found = f"{self.epsilon:g} at sensitivity {self.sensitivity:g}"
            move = "Use a larger epsilon, or let one unit move the value by less."
            raise InputError("epsilon", rule, found, move)

    @property
    def _width(self) -> float:
        """What the scale of the noise does not exceed."""
        return self.sensitivity / self.epsilon

    @property
    @abstractmethod
    def noise_scale(self) -> float:
        """The scale b at which the variance of the noise is 2b²; 0 where there is none."""

    @property
    def noise_sd(self) -> float:
        """The standard deviation of the noise."""
        return math.sqrt(2) * self.noise_scale

    @property
    @abstractmethod
    def guarantee(self) -> Guarantee:
        """What one release promises."""

    @abstractmethod
    def largest_noise(self, confidence: float) -> float:
        """Return what the noise of one number stays within, up and down, so often."""

    @abstractmethod
    def _study(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        """Draw noise from a generator."""

    @abstractmethod
    def _steps(self, sensitivity: Fraction) -> Callable[[], int]:
        """Return what draws exact noise for whole numbers of that sensitivity."""

    def release(self, value: ArrayLike, rng: np.random.Generator | None = None) -> Any:
        """Return the value with noise added, a float or an array of its shape.

        Parameters
        ----------
        value : float or array_like of float
            An array is one value where the sensitivity bounds how far one unit moves all of it, or
            holds values of different units.
        rng : numpy Generator, optional
            For study. None draws a release from the operating system's entropy.

        Raises
        ------
        InputError
            Where a value is no finite number, or `rng` is no generator.
        """
        rng = checked_rng(rng)
        values = self._checked(value)
        if math.isinf(self.epsilon):
            noised = values.copy()
        elif rng is not None:
            noised = values + self._study(rng, values.shape)
        else:
            noised = self._exactly(values)
        return noised if noised.ndim else noised.item()

    def _checked(self, value: ArrayLike) -> NDArray[Any]:
        try:
            values = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            values = np.array(np.nan)
        if not np.isfinite(values).all():
            found = repr(value) if np.ndim(value) == 0 else "others"
            raise InputError("value", "must be finite numbers", found, "Correct it.")
        return values

    def _exactly(self, values: NDArray[Any]) -> NDArray[Any]:
        step = Fraction(2) ** (math.frexp(self.sensitivity)[1] - GRID)
        # Rounding moves each number by half a step, so the sensitivity grows by one step for each.
        draw = self._steps(Fraction(self.sensitivity) / step + values.size)
        noised = [
            float((round(Fraction(each) / step) + draw()) * step)
            for each in values.ravel().tolist()
        ]
        return np.array(noised).reshape(values.shape)

    def _promise(self, delta: float, noise: str, mu: float | None = None) -> Guarantee:
        return promised(
            self.epsilon,
            delta,
            unit=self.unit,
            adjacency=self.adjacency,
            mechanism=f"{noise}, sensitivity {self.sensitivity:g}",
            covers=("one released value, whatever one unit can move by at most the sensitivity",),
            not_covered=("whether the sensitivity is right: it was given", STUDY),
            mu=mu,
        )


@dataclass(frozen=True, kw_only=True)
class LaplaceMechanism(AdditiveMechanism):
    """Add Laplace noise of scale sensitivity / epsilon.

    Attributes
    ----------
    sensitivity : float
        The most that one unit moves the value by; for an array the sum of the moves, without sign.
    epsilon : float
        Infinity adds nothing.
    unit : str
        Whose presence or values move it.
    adjacency : {"add-remove", "replace-one"}
        What the sensitivity was worked out for.

    References
    ----------
    Dwork, McSherry, Nissim & Smith (2006), Calibrating noise to sensitivity in private data analysis.

    Examples
    --------
    >>> mechanism = LaplaceMechanism(sensitivity=50.0, epsilon=0.5, unit="customer")
    >>> print(mechanism.guarantee)
    (epsilon 0.5, delta 0) per customer, add-remove
    >>> mechanism.noise_scale, round(mechanism.largest_noise(0.95), 1)
    (100.0, 299.6)
    >>> round(mechanism.release(12_000.0, np.random.default_rng(0)), 1)
    12032.0
    """

    noise = "laplace"

    @property
    def noise_scale(self) -> float:
        """The scale of the Laplace distribution."""
        return self.sensitivity / self.epsilon

    @property
    def guarantee(self) -> Guarantee:
        """What one release promises: epsilon, and delta 0."""
        return self._promise(0.0, f"Laplace noise of scale {self.noise_scale:g}")

    def largest_noise(self, confidence: float) -> float:
        """Return what the noise of one number stays within, up and down, so often."""
        return -self.noise_scale * math.log1p(-checked_confidence(confidence))

    def _study(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return rng.laplace(0.0, self.noise_scale, shape)

    def _steps(self, sensitivity: Fraction) -> Callable[[], int]:
        scale = sensitivity / Fraction(self.epsilon)
        return lambda: discrete_laplace(scale)


@dataclass(frozen=True, kw_only=True)
class GeometricMechanism(AdditiveMechanism):
    """Add two-sided geometric noise to whole numbers: P(z) falls by exp(-epsilon / sensitivity) a step.

    Attributes
    ----------
    sensitivity : int
        As in `LaplaceMechanism`; a whole number.
    epsilon, unit, adjacency
        As in `LaplaceMechanism`.

    References
    ----------
    Ghosh, Roughgarden & Sundararajan (2012), Universally utility-maximizing privacy mechanisms.

    Examples
    --------
    >>> mechanism = GeometricMechanism(sensitivity=1, epsilon=0.5)
    >>> mechanism.release([40, 0, 7], np.random.default_rng(0))
    array([42, -3,  3])
    >>> mechanism.largest_noise(0.95)
    6.0
    """

    noise = "geometric"
    largest = LARGEST_WHOLE

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(
            "sensitivity", self.sensitivity, low=1, next_move="Use LaplaceMechanism for others."
        )

    @property
    def _decay(self) -> float:
        """What the probability falls by with each step, as a positive exponent."""
        return self.epsilon / self.sensitivity

    @property
    def noise_scale(self) -> float:
        """The scale of the Laplace distribution with the same variance."""
        return 0.0 if self._decay > 1400 else 1 / (2 * math.sinh(self._decay / 2))

    @property
    def guarantee(self) -> Guarantee:
        """What one release promises: epsilon, and delta 0."""
        return self._promise(0.0, "two-sided geometric noise")

    def largest_noise(self, confidence: float) -> float:
        """Return the whole number that the noise of one number stays within, up and down, so often."""
        # P(|z| > k) = 2 r^(k + 1) / (1 + r) at r = exp(-decay).
        beyond = (1 - checked_confidence(confidence)) * (1 + math.exp(-self._decay)) / 2
        return float(max(0, math.ceil(-math.log(beyond) / self._decay - 1 - 1e-12)))

    def _checked(self, value: ArrayLike) -> NDArray[Any]:
        values = super()._checked(value)
        if (values % 1).any() or (abs(values) > LARGEST_WHOLE).any():
            rule = "must be whole numbers up to 2^53"
            raise InputError("value", rule, "others", "Use LaplaceMechanism for others.")
        return values.astype(np.int64)

    def _study(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        stop = -math.expm1(-self._decay)
        return rng.geometric(stop, shape) - rng.geometric(stop, shape)

    def _steps(self, sensitivity: Fraction) -> Callable[[], int]:
        scale = sensitivity / Fraction(self.epsilon)
        return lambda: discrete_laplace(scale)

    def _exactly(self, values: NDArray[Any]) -> NDArray[Any]:
        draw = self._steps(Fraction(self.sensitivity))
        return np.array([each + draw() for each in values.ravel().tolist()]).reshape(values.shape)


@dataclass(frozen=True, kw_only=True)
class GaussianMechanism(AdditiveMechanism):
    """Add Gaussian noise, calibrated exactly to epsilon and delta.

    Attributes
    ----------
    sensitivity : float
        The most that one unit moves the value by; for an array in Euclidean distance.
    epsilon, unit, adjacency
        As in `LaplaceMechanism`.
    delta : float
        In (0, 1).

    References
    ----------
    Balle & Wang (2018), Improving the Gaussian mechanism for differential privacy.

    Examples
    --------
    >>> mechanism = GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=1e-6)
    >>> round(mechanism.noise_sd, 4), round(mechanism.guarantee.mu, 4)
    (4.2247, 0.2367)
    """

    noise = "gaussian"

    delta: float

    def __post_init__(self) -> None:
        check_delta(self.delta, check_epsilon(self.epsilon))
        super().__post_init__()

    @property
    def _mu(self) -> float:
        return _ratio(self.epsilon, self.delta)

    @property
    def _width(self) -> float:
        return self.noise_sd

    @property
    def noise_sd(self) -> float:
        """The standard deviation of the noise."""
        return self.sensitivity / self._mu

    @property
    def noise_scale(self) -> float:
        """The scale of the Laplace distribution with the same variance."""
        return self.noise_sd / math.sqrt(2)

    @property
    def guarantee(self) -> Guarantee:
        """What one release promises: epsilon and delta, and the ratio mu behind them."""
        return self._promise(self.delta, f"Gaussian noise of sd {self.noise_sd:g}", mu=self._mu)

    def largest_noise(self, confidence: float) -> float:
        """Return what the noise of one number stays within, up and down, so often."""
        from scipy.special import ndtri

        return self.noise_sd * float(-ndtri((1 - checked_confidence(confidence)) / 2))

    def _study(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return rng.normal(0.0, self.noise_sd, shape)

    def _steps(self, sensitivity: Fraction) -> Callable[[], int]:
        variance = (sensitivity / Fraction(self._mu)) ** 2
        return lambda: discrete_gaussian(variance)


@lru_cache(maxsize=256)
def _ratio(epsilon: float, delta: float) -> float:
    return gaussian_mu(epsilon, delta)
