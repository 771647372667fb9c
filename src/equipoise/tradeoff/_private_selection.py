"""The best of several candidates, chosen on the customers and charged once."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import (
    check_choice,
    check_delta,
    check_epsilon,
    check_number,
    check_seed,
)
from equipoise.exceptions import InputError
from equipoise.privacy import Guarantee
from equipoise.privacy._promises import SEEDED
from equipoise.privacy.accounting import gaussian_epsilon
from equipoise.privacy.learning._row_count import N_IS_DECLARED
from equipoise.task import Task
from equipoise.tradeoff._learner_of_policy import LearnerOfPolicy
from equipoise.tradeoff._plan import AS_GIVEN, Policy
from equipoise.tradeoff._selection_cost import Tries, base_mu, selection_epsilon
from equipoise.tradeoff._synthetic import declared_groups
from equipoise.tradeoff._units import check_units

__all__ = ["PrivateSelection", "select_privately"]

Score = Literal["profit_eur", "positives"]
Shape = Literal["geometric", "logarithmic"]

COINS = (
    "how many customers the coins put among those fitted on: it is the number of rows of the fit"
)
TIME = "how long the selection took, which tells how many tries there were"


@dataclass(frozen=True, eq=False)
class PrivateSelection:
    """The chosen candidate, already fitted, and the promise of choosing and fitting it.

    Attributes
    ----------
    policy : Policy
        Its epsilon is the total, of choice and model together.
    model : fitted private learner
        Of the winning try. Its `guarantee_` is that of the whole, which is larger than that of one try.
    noisy_score : float
        Of the winning try: the sum of euros (or of positive outcomes) over the score-customers, with
        noise. As the best of several it is overstated, so it is no test figure.
    guarantee : Guarantee
        Charge it once; it covers the choice, the model and the noisy score.
    mu : float
        The Gaussian ratio of one try.
    mean_tries : float
        How many tries there were on average; how many there were is not told.
    """

    policy: Policy
    model: Any
    noisy_score: float
    guarantee: Guarantee
    mu: float
    mean_tries: float

    def frame(self) -> pd.DataFrame:
        """Return one row: the policy, its noisy score and what the choice costs."""
        told = {
            **self.policy._asdict(),
            "delta": self.guarantee.delta,
            "noisy_score": self.noisy_score,
            "mu_of_a_try": self.mu,
            "mean_tries": self.mean_tries,
        }
        return pd.DataFrame([told])


def select_privately(
    task: Task,
    candidates: Sequence[tuple[str, str]],
    *,
    attribute: str,
    epsilon: float,
    delta: float,
    groups: Sequence[str] | None = None,
    score: Score = "profit_eur",
    mean_tries: float | None = None,
    shape: Shape = "geometric",
    fit_share: float = 0.7,
    random_state: int | None = None,
) -> PrivateSelection:
    """Try candidates a random number of times, and release the try with the best noisy score.

    A coin puts each customer among those to fit on or those to score with. A try draws a candidate, fits
    it with fresh noise on the first, and releases a noisy sum of euros of the second. The number of tries
    is random, so that the best of them costs little more than one try.

    Parameters
    ----------
    task : Task
        With declared bounds, and euros unless `score` needs none.
    candidates : sequence of (model, mitigation)
        Of `private_logistic` and `sufficient_statistics`, whose noise is Gaussian, with the mitigations
        that are built privately. Each try is fitted at the ratio that the whole leaves, so candidates
        have no epsilon of their own.
    attribute : str
        Of mitigations.
    epsilon, delta : float
        Of the whole: choice, model and noisy score.
    groups : sequence of str, optional
        The groups that there can be. Without it they are read off the customers, which warns.
    score : {"profit_eur", "positives"}
        Euros of the task's decision on the score-customers, or how many of those whom it contacts have
        the positive outcome.
    mean_tries : float, optional
        By default twice the number of candidates. More tries find the best more surely, and leave less
        of epsilon to each.
    shape : {"geometric", "logarithmic"}
        Of the number of tries. With the same mean the second leaves each try a larger ratio (by a seventh
        at epsilon 2 and four tries), and more often makes a single try, which is no choice at all.
    fit_share : float
        The chance that a customer is fitted on.
    random_state : int, optional
        For study only.

    Returns
    -------
    PrivateSelection

    Raises
    ------
    InputError
        Where a candidate has no Gaussian form, euros are missing or need a treatment, a customer has
        more rows than declared, a part has no customers or one outcome, or epsilon does not pay for so
        many tries.

    Warns
    -----
    BoundsFromDataWarning, ClippedRowsWarning, LargeDeltaWarning
        Each at most once, however many tries there were: their number is part of the promise.

    Notes
    -----
    *One try* is a Gaussian release of ratio mu. Adding a customer adds its coin, drawn for itself; whichever
    way it falls, only one part changes. On the fit-part the learner's ratio is mu, and the score of its
    model reads rows that did not change. On the score-part the model did not change, and the sum moves by at
    most its sensitivity, mu standard deviations. So the larger of the two ratios counts, not their sum; which
    candidate was drawn depends on no customer.

    *The sum* over contacted rows moves, with one row more, by at most that row's amount where its
    decision is its own. A top share of n rows contacts at most one other row more, or one fewer: the
    new row may take the place of another, or the share of n + 1 rows be one more. So it moves by at
    most the larger of |net - cost|, cost and net. Ties are broken by a number drawn for each row, so that a
    new row never reorders others. A customer with K rows moves it K times as far.

    *The best of them* by theorem 2 of Papernot & Steinke, see `selection_epsilon`. The sum and not the
    mean is compared and released: how many score-customers there are would move the noise of a mean.

    References
    ----------
    Papernot & Steinke (2022), Hyperparameter tuning with Rényi differential privacy. Liu & Talwar (2019),
    Private selection from private candidates.

    See Also
    --------
    synthetic : Where a choice costs nothing more, whatever is tried.
    """
    epsilon, delta = check_epsilon(epsilon), check_delta(delta, 1.0)
    check_choice("score", score, get_args(Score))
    check_choice("attribute", attribute, list(task.groups))
    listed = _checked_candidates(candidates)
    move = "Use for example 0.7."
    check_number("fit_share", fit_share, low=0.05, high=0.95, next_move=move)
    check_seed(random_state)
    moves = _moved_by_row(task, score)
    check_units(task, delta, stacklevel=4)
    tries = Tries.of_mean(2.0 * len(listed) if mean_tries is None else mean_tries, shape)
    mu = base_mu(epsilon, delta, tries)
    levels, from_data = declared_groups(task, attribute, groups, stacklevel=3)
    build = partial(
        LearnerOfPolicy.of,
        task,
        epsilon=math.inf if math.isinf(mu) else gaussian_epsilon(mu, delta),
        delta=delta,
        attribute=attribute,
        groups=levels,
        groups_from_data=bool(from_data),
    )
    for model, mitigation in listed:
        _check_ratio(build(model=model, mitigation=mitigation).promised(task.file.unit), mu)
    rng = np.random.default_rng(random_state)
    parts = _Parts.of(task, fit_share, score, moves, rng)
    tried = []
    with _each_warning_once():
        for _ in range(tries.draw(rng)):
            model, mitigation = listed[int(rng.integers(len(listed)))]
            seed = None if random_state is None else int(rng.integers(2**31))
            learner = build(model=model, mitigation=mitigation, random_state=seed)
            fitted = learner.fitted(parts.fit)
            noisy = parts.noisy_score(learner, fitted, mu, rng)
            tried.append((noisy, (model, mitigation), fitted))
    told, pair, chosen = max(tried, key=itemgetter(0))
    spent = math.inf if math.isinf(mu) else min(epsilon, selection_epsilon(mu, delta, tries))
    promise = _promise(chosen.guarantee_, spent, delta, tries, seeded=random_state is not None)
    chosen.guarantee_ = promise  # what one try promises is no promise of the best of several
    policy = Policy(*pair, epsilon, task.policy or AS_GIVEN)
    return PrivateSelection(policy, chosen, told, promise, mu, tries.mean)


@contextmanager
def _each_warning_once() -> Iterator[None]:
    """Keep the warnings of the block, and pass each on once: else they would count the tries."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield
    for kind, text in dict.fromkeys((each.category, str(each.message)) for each in heard):
        warnings.warn(text, kind, stacklevel=4)


def _checked_candidates(candidates: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    listed = [tuple(each) for each in candidates if not isinstance(each, str)]
    if not listed or len(listed) < len(candidates) or any(len(each) != 2 for each in listed):
        rule, move = "must be pairs of model and mitigation", "Use [('private_logistic', 'none')]."
        raise InputError("candidates", rule, repr(candidates), move)
    if len(set(listed)) < len(listed):
        raise InputError("candidates", "must not repeat a pair", repr(listed), "Name each once.")
    return [(str(model), str(mitigation)) for model, mitigation in listed]


def _moved_by_row(task: Task, score: Score) -> float:
    """Return the most that one more row moves the sum of the score."""
    if score == "positives":
        return 1.0
    if task.value is None:
        raise InputError("score", "must be one of this task", "'profit_eur'", "Use 'positives'.")
    if task.profit_is_incremental:
        raise InputError(
            "score",
            "must not need a treatment",
            "'profit_eur'",
            "One row then counts for 1 / probability rows, which has no declared bound. Use 'positives'.",
        )
    net, cost = task.value.net_per_positive, task.value.cost_per_contact
    moves = max(abs(net - cost), cost)
    if task.decision.top_share is not None:
        moves = max(moves, abs(net))
    if moves == 0:
        move = "Write what a contact wins and costs."
        raise InputError("value", "must tell contacts apart", "euros that are all 0", move)
    return moves


def _check_ratio(promise: Guarantee, mu: float) -> None:
    """Refuse a learner that is not one Gaussian release of at most this ratio."""
    if math.isinf(mu):
        return
    if promise.mu is None or promise.adjacency != "add-remove" or promise.mu > mu * (1 + 1e-9):
        raise InputError(
            "candidates",
            "must be learners whose whole noise is Gaussian",
            promise.mechanism,
            "Use private_logistic or sufficient_statistics.",
        )


@dataclass(frozen=True, eq=False)
class _Parts:
    """The customers to fit on, and those to score with."""

    fit: Task
    scored: Task
    ties: NDArray[np.intp]
    euros: bool
    moves: float

    @classmethod
    def of(
        cls, task: Task, share: float, score: Score, moves: float, rng: np.random.Generator
    ) -> _Parts:
        codes, customers = pd.factorize(task.unit)
        fitted = (rng.random(len(customers)) < share)[codes]
        parts = [task.take(np.flatnonzero(rows)) for rows in (fitted, ~fitted)]
        for name, part in zip(("fit on", "score with"), parts, strict=True):
            if not len(part) or part.y.min() == part.y.max():
                rule = f"must have customers of both outcomes to {name}"
                raise InputError("task", rule, f"{len(part):,} rows", "Use more customers.")
        # Shuffled once: a stable order by score then breaks ties by a draw of each row.
        ties = rng.permutation(len(parts[1]))
        return cls(parts[0], parts[1], ties, score == "profit_eur", moves)

    def noisy_score(
        self, learner: LearnerOfPolicy, model: Any, mu: float, rng: np.random.Generator
    ) -> float:
        """Return the noisy sum of the score over the score-customers."""
        contacted = self._contacted(learner.scores(model, self.scored))
        earned = self.scored.profit_eur(contacted) if self.euros else None
        counted = contacted * self.scored.y if earned is None else earned
        noise_sd = self.moves * self.scored.rows_per_unit / mu
        return float(np.sum(counted)) + noise_sd * float(rng.standard_normal())

    def _contacted(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        share = self.scored.decision.top_share
        if share is None:
            return self.scored.decide(scores, seed=0)
        order = self.ties[np.argsort(-scores[self.ties], kind="stable")]
        contacted = np.zeros(len(scores), dtype=bool)
        contacted[order[: math.floor(share * len(scores) + 0.5)]] = True
        return contacted


def _promise(
    own: Guarantee, epsilon: float, delta: float, tries: Tries, *, seeded: bool
) -> Guarantee:
    """Return the promise of choice, model and score, from that of one try."""
    if math.isinf(epsilon):
        return own
    coins = (COINS,) if N_IS_DECLARED in own.does_not_cover else ()
    limits = [*own.does_not_cover, *coins, TIME]
    if seeded and not own.study:
        limits.append(SEEDED)
    return replace(
        own,
        epsilon=epsilon,
        delta=delta,
        mu=None,
        mechanism=f"the best of a random number of tries ({tries.mean:g} on average), each with Gaussian "
        "noise on the learner's sums and on its score",
        covers=("the choice among the candidates and its noisy score", *own.covers),
        does_not_cover=tuple(limits),
        study=seeded or own.study,
    )
