"""Guarantee: what was promised, to whom, about what, and what was not."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from equipoise._checks import check_choice, check_epsilon, check_number
from equipoise.exceptions import InputError

__all__ = ["NUMBER_NOT_COVERED", "UNNAMED_UNIT", "Adjacency", "Guarantee"]

Adjacency = Literal["add-remove", "replace-one"]

UNNAMED_UNIT = "unnamed unit"  # of ids without a name: two such units need not be the same
NUMBER_NOT_COVERED = "the number of customers, which replace-one adjacency never covers"
PRESENCE = "the presence and the values"
WIDTH = 100  # of a line of a card


@dataclass(frozen=True, repr=False)
class Guarantee:
    """A differential privacy promise in full.

    Attributes
    ----------
    epsilon : float
        Largest log-ratio of probabilities between neighbouring tables; infinity means "not
        private" and is a value, not an error.
    delta : float
        What is added to the bound: the probability of any set of outputs is at most e^epsilon times
        that on a neighbouring table, plus delta. 0 is pure differential privacy.
    unit : str
        Whose presence is protected: the column of the customer, or `"row"`.
    adjacency : {"add-remove", "replace-one"}
        Neighbouring tables differ by one unit's rows being present, or being other rows.
    mechanism : str
        How the noise enters.
    covers, does_not_cover : tuple of str
        In plain words.
    mu : float, optional
        Where the release is one Gaussian mechanism, or composes to one: the most that a unit moves it
        by, in standard deviations of its noise. It says more than epsilon and delta: such releases
        compose by the squares of their ratios. None for other mechanisms.
    study : bool
        Whether the noise came from a seed. Releases of one seed share their noise, which cancels
        between them: there is no epsilon of two together, and a ledger refuses one.

    See Also
    --------
    PrivateLogisticRegression, DiffprivlibLogisticRegression : Where one is found as `guarantee_`.

    Examples
    --------
    >>> promise = Guarantee(1.0, 1e-6, "customer", "add-remove", "Gaussian", ("the weights",), ())
    >>> print(promise)
    (epsilon 1, delta 1e-06) per customer, add-remove
    >>> promise.as_replace_one().epsilon
    2.0
    """

    epsilon: float
    delta: float
    unit: str
    adjacency: Adjacency
    mechanism: str
    covers: tuple[str, ...]
    does_not_cover: tuple[str, ...]
    mu: float | None = None
    study: bool = False

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        check_number(
            "delta", self.delta, low=0.0, high=1.0, next_move="Use 0 or a value such as 1e-6."
        )
        check_choice("adjacency", self.adjacency, get_args(Adjacency))
        _check_words(self)
        if not isinstance(self.study, bool):
            raise InputError("study", "must be True or False", repr(self.study), "Leave it out.")
        if self.mu is not None:
            check_number("mu", self.mu, low=0.0, next_move="Give sensitivity / sd, or None.")

    def __str__(self) -> str:
        if math.isinf(self.epsilon):
            return "not private (epsilon infinite)"
        return f"(epsilon {self.epsilon:g}, delta {self.delta:g}) per {self.unit}, {self.adjacency}"

    def __repr__(self) -> str:
        return self.explain()

    def explain(self) -> str:
        """Return the whole card: the promise, how the noise enters, what is covered and what is not.

        Examples
        --------
        >>> covers = ("the weights", "the presence and the values of each customer's row")
        >>> Guarantee(1.0, 0.0, "customer", "add-remove", "Laplace noise", covers, ("test figures",))
        (epsilon 1, delta 0) per customer, add-remove
        How: Laplace noise.
        Covers:
        - the weights
        - the presence and the values of each customer's row
        Does not cover:
        - test figures
        """
        lines = [str(self), f"How: {self.mechanism}."]
        for title, told in (("Covers", self.covers), ("Does not cover", self.does_not_cover)):
            lines += [f"{title}:", *(_indented(line) for line in told)] if told else []
        return "\n".join(lines)

    def as_replace_one(self) -> Guarantee:
        """Return the implied replace-one guarantee: (2 epsilon, (1 + e^epsilon) delta).

        Replacing a customer is removing one and adding another. The way back does not exist: a
        replace-one guarantee says nothing about the number of customers.

        Examples
        --------
        >>> promise = Guarantee(1.0, 1e-6, "customer", "add-remove", "Gaussian", (), ())
        >>> print(promise.as_replace_one())
        (epsilon 2, delta 3.71828e-06) per customer, replace-one
        """
        if self.adjacency == "replace-one":
            return self
        # Above 700 the exponential overflows, and any positive delta has long reached 1.
        factor = 1 + math.exp(min(self.epsilon, 700.0))
        delta = min(1.0, factor * self.delta)
        covers = tuple(line.replace(PRESENCE, "the values") for line in self.covers)
        left_out = () if NUMBER_NOT_COVERED in self.does_not_cover else (NUMBER_NOT_COVERED,)
        return replace(
            self,
            epsilon=2 * self.epsilon,
            delta=delta,
            adjacency="replace-one",
            covers=covers,
            does_not_cover=(*self.does_not_cover, *left_out),
            mu=None if self.mu is None else 2 * self.mu,
        )

    def attacker_advantage(self) -> float:
        """Return the most that any attacker's true minus false positive rate can reach.

        The attacker tries to tell two neighbouring tables apart, knowing everything else. Zero
        means a coin flip, one means certainty. Source: the bound (e^eps - 1 + 2 delta) / (e^eps + 1).

        Examples
        --------
        >>> promise = Guarantee(1.0, 0.0, "customer", "replace-one", "Laplace", (), ())
        >>> round(promise.attacker_advantage(), 3)
        0.462
        """
        # The bound divided by e^eps, which cannot overflow.
        inverse = math.exp(-self.epsilon)
        gained = -math.expm1(-self.epsilon) + 2 * self.delta * inverse
        return min(1.0, gained / (1 + inverse))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON, which has no infinity: epsilon is then "inf".

        Examples
        --------
        >>> Guarantee(math.inf, 0.0, "row", "add-remove", "none", (), ()).as_dict()["epsilon"]
        'inf'
        """
        return asdict(self) | {
            "epsilon": _plain(self.epsilon),
            "delta": float(self.delta),
            "mu": None if self.mu is None else _plain(self.mu),
            "covers": list(self.covers),
            "does_not_cover": list(self.does_not_cover),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Guarantee:
        """Return the guarantee that `as_dict` wrote down.

        Examples
        --------
        >>> none = Guarantee(math.inf, 0.0, "row", "add-remove", "none", (), ("scores",))
        >>> Guarantee.from_dict(none.as_dict()) == none
        True
        """
        told = {name: tuple(record[name]) for name in ("covers", "does_not_cover")}
        mu = record.get("mu")
        numbers = {"epsilon": float(record["epsilon"]), "mu": None if mu is None else float(mu)}
        # Records of earlier versions say it in words alone.
        seeded = any("who knows the seed" in line for line in told["does_not_cover"])
        return cls(**{"study": seeded, **record, **told, **numbers})


def _plain(number: float) -> float | str:
    """JSON has no infinity."""
    return "inf" if math.isinf(number) else float(number)


def _indented(line: str) -> str:
    return textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  ")


def _check_words(promise: Guarantee) -> None:
    for name in ("unit", "mechanism"):
        value = getattr(promise, name)
        if not (isinstance(value, str) and value.strip()):
            move = "Write whom it protects, such as 'customer', and how the noise enters."
            raise InputError(name, "must be text", repr(value), move)
    for name in ("covers", "does_not_cover"):
        lines = getattr(promise, name)
        if not isinstance(lines, tuple) or not all(isinstance(line, str) for line in lines):
            raise InputError(
                name, "must be a tuple of texts", repr(lines), "Write ('the weights',)."
            )
