"""Reading an epsilon: odds, advantages and sentences, for one promise or a row of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equipoise._checks import check_epsilon, check_number
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy.reading._limits import (
    exception,
    noise_advantage,
    odds_factor,
    posterior,
    releases_to_even,
)
from equipoise.privacy.reading._sentences import comparison, sentence, suspicion_of

if TYPE_CHECKING:
    from equipoise.charts import Picture

__all__ = ["EPSILONS", "EpsilonReading", "read_epsilon"]

EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
PRIORS = (0.01, 0.1, 0.5)


@dataclass(frozen=True, eq=False)
class EpsilonReading:
    """What somebody can learn about one unit from a release, at most; returned by `read_epsilon`.

    Attributes
    ----------
    rows : DataFrame
        One row an epsilon, question and prior: `epsilon, delta, adjacency, question, prior,
        posterior, posterior_low, odds_factor, exception, advantage, noise_advantage,
        releases_to_even`; see `read_epsilon`.
    promises : tuple of Guarantee
        What was read.
    priors : tuple of float
    """

    rows: pd.DataFrame
    promises: tuple[Guarantee, ...]
    priors: tuple[float, ...]

    def frame(self) -> pd.DataFrame:
        """Return the reading as a tidy frame."""
        return self.rows.copy()

    def sentences(self) -> list[str]:
        """Return each row in words, for the person it is about; of several epsilons, with its own."""
        unit = self.promises[0].unit
        return [self._at(row, sentence(row, unit)) for row in self.rows.itertuples()]

    def __str__(self) -> str:
        told, unit = self.sentences(), self.promises[0].unit
        tests = self.rows.drop_duplicates(["epsilon", "question"])
        told += [self._at(row, comparison(row, unit)) for row in tests.itertuples()]
        if self.promises[0].adjacency == "replace-one":
            told.append(f"Whether {suspicion_of('presence', unit)} at all is not covered.")
        return "\n".join(told)

    def _at(self, row: Any, told: str) -> str:
        many = len(self.promises) > 1
        return f"At epsilon {row.epsilon:g}, {told[0].lower()}{told[1:]}" if many else told

    def plot(self) -> Picture:
        """Draw advantage and suspicion against epsilon; a single epsilon that was read is marked.

        What has no place on the axis, such as an infinite epsilon, is named below the picture.
        """
        from equipoise.charts import draw_epsilon

        first = self.promises[0]
        given = {promise.epsilon for promise in self.promises}
        along = [replace(first, epsilon=each, mu=None) for each in sorted({*EPSILONS, *given})]
        marked = first.epsilon if len(given) == 1 else None
        return draw_epsilon(_read(along, self.priors), marked=marked)


def read_epsilon(
    promise: Guarantee | float | Iterable[float],
    *,
    delta: float | None = None,
    adjacency: Adjacency | None = None,
    unit: str = "customer",
    priors: float | Iterable[float] = PRIORS,
) -> EpsilonReading:
    """Say what a guarantee, or an epsilon, lets somebody learn about one unit.

    The somebody knows everything about everybody else and has any amount of computing. An epsilon
    limits what they gain from the release; it does not limit what they knew before, nor what is true
    of customers in general and therefore likely of this one.

    Parameters
    ----------
    promise : Guarantee, float or sequence of float
        Epsilons need `delta` and `adjacency`; `EPSILONS` runs from .01 to 10.
    delta : float, optional
        Required with epsilons; 0 for a pure promise.
    adjacency : {"add-remove", "replace-one"}, optional
        Required with epsilons.
    unit : str
        Of the epsilons: whom one promise is about, or `"row"`. Sentences address a `customer`,
        `individual`, `person` or `contact`, with or without `_id`, and name any other unit.
    priors : float or sequence of float
        How probable the suspicion is before the release, each in (0, 1). What is repeated, here or
        among the epsilons, is read once.

    Returns
    -------
    EpsilonReading
        Of each epsilon and prior: `question` is `presence` (is the unit in the table?) or `values`
        (does it say one thing rather than another?). Add-remove adjacency answers both, the second
        through twice the epsilon; replace-one answers the second alone. `posterior` and
        `posterior_low` are what the suspicion can rise to and fall to: `odds_factor` is what its odds
        are multiplied or divided by at most, e^epsilon, and a tenth more where there is a delta.
        `exception` is the share of releases, at most, in which it may rise further, up to certainty,
        and also that in which it may fall further, down to being ruled out: 11 delta. Where 11 delta
        reaches 1, nothing is limited: `posterior` is 1, `posterior_low` 0, `odds_factor` infinite.
        `advantage` is the most by which any test's share of hits exceeds its share of false alarms;
        `noise_advantage` the same, exactly, where the noise is known to be Gaussian, else missing.
        `releases_to_even` is after how many such releases the suspicion may be an even bet, by adding
        up epsilons and deltas; 0 where it already was.

    Raises
    ------
    InputError
        Where delta or adjacency is missing or comes on top of a guarantee, or a prior is not in (0, 1).

    References
    ----------
    Wasserman & Zhou (2010), A statistical framework for differential privacy, for tests;
    Kasiviswanathan & Smith (2014), On the "semantics" of differential privacy, for posteriors.

    Examples
    --------
    >>> reading = read_epsilon(1.0, delta=0, adjacency="replace-one", priors=[0.01])
    >>> print(reading.sentences()[0])
    If somebody's suspicion that your data say one thing and not another was 1 in 100, after the
    release it can be at most 2.68 in 100 and at least 0.37 in 100, whatever else they know.
    >>> reading.frame()[["posterior", "advantage", "releases_to_even"]].round(3)
       posterior  advantage  releases_to_even
    0      0.027      0.462               5.0
    """
    promises = _promises(promise, delta, adjacency, unit)
    suspicions = tuple(dict.fromkeys(_checked_prior(prior) for prior in _several(priors)))
    if not suspicions:
        raise InputError("priors", "must be at least one", "none", "Use for example [0.01].")
    return EpsilonReading(_read(promises, suspicions), tuple(promises), suspicions)


def _promises(
    promise: Guarantee | float | Iterable[float],
    delta: float | None,
    adjacency: Adjacency | None,
    unit: str,
) -> list[Guarantee]:
    if isinstance(promise, Guarantee):
        if delta is not None or adjacency is not None:
            move = "Pass the guarantee alone, or an epsilon with both."
            raise InputError("delta and adjacency", "are those of the guarantee", "others", move)
        return [promise]
    epsilons = list(dict.fromkeys(check_epsilon(each) for each in _several(promise)))
    if not epsilons:
        raise InputError("promise", "must be at least one epsilon", "none", "Use EPSILONS.")
    for name, given in (("delta", delta), ("adjacency", adjacency)):
        if given is None:
            move = "Use 0 for a pure promise." if name == "delta" else "Use 'add-remove'."
            raise InputError(name, "is required with an epsilon", "None", move)
    assert delta is not None and adjacency is not None  # the loop above refused the rest
    return [Guarantee(each, delta, unit, adjacency, "any", (), ()) for each in epsilons]


def _several(given: Any) -> list[Any]:
    """Return what was given as a list: a number, or an array of one without a shape, as one of it."""
    if isinstance(given, str) or not np.iterable(given):
        return [given.item() if isinstance(given, np.ndarray) else given]
    return list(given)


def _checked_prior(prior: object) -> float:
    move = "Use for example 0.01."
    number = check_number("prior", prior, low=0.0, high=1.0, open_low=True, next_move=move)
    if number == 1:
        raise InputError("prior", "must lie strictly between 0 and 1", number, move)
    return number


def _read(promises: Iterable[Guarantee], priors: tuple[float, ...]) -> pd.DataFrame:
    """Return one row a promise, question and prior."""
    return pd.DataFrame(
        [
            _row(promise, question, asked, prior)
            for promise in promises
            for question, asked in _questions(promise)
            for prior in priors
        ]
    )


def _questions(promise: Guarantee) -> list[tuple[str, Guarantee]]:
    values = ("values", promise.as_replace_one())
    return [values] if promise.adjacency == "replace-one" else [("presence", promise), values]


def _row(promise: Guarantee, question: str, asked: Guarantee, prior: float) -> dict[str, Any]:
    return {
        "epsilon": promise.epsilon,
        "delta": promise.delta,
        "adjacency": promise.adjacency,
        "question": question,
        "prior": prior,
        "posterior": posterior(prior, asked),
        "posterior_low": posterior(prior, asked, sign=-1),
        "odds_factor": odds_factor(asked),
        "exception": exception(asked.delta),
        "advantage": asked.attacker_advantage(),
        "noise_advantage": noise_advantage(asked),
        "releases_to_even": releases_to_even(prior, asked),
    }
