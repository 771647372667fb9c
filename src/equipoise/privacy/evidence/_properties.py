"""Checks that need no attacker: what one customer moves, and how much noise is really drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import chi2, spearmanr

from equipoise._checks import check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy.evidence._bug import unwrapped
from equipoise.privacy.evidence._drawn_noise import by_sum, faults_of, not_laplace
from equipoise.privacy.evidence._listening import Recording
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._replay import heard_fit, replayed
from equipoise.privacy.evidence._study import NoisySum
from equipoise.privacy.evidence._subject import Learner
from equipoise.privacy.evidence._worlds import known_size, rows_per_unit
from equipoise.privacy.evidence._worst_case import random_neighbours, worst_case

__all__ = ["Check", "check_noise", "check_sensitivity"]

ROUNDING = 1e-9
MEANT = 1e-6


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes
    ----------
    check : str
        Its name.
    caught : bool
        Whether it found the promise broken.
    told : str
        The measured fact.
    """

    check: str
    caught: bool
    told: str

    def __str__(self) -> str:
        return f"{self.check}: {'broken' if self.caught else 'nothing found'}. {self.told}."


def check_sensitivity(subject: Any, *, tables: int = 100, random_state: int = 0) -> Check:
    """Compare what one customer moves on random neighbours with the stated sensitivity.

    Parameters
    ----------
    subject : query or learner
        A query as in `planted_bugs`, or a learner that adds noise to sums; its sums are compared at
        random weights, for tables with customers far outside the declared bounds. The same noisy sums
        must also leave the same model on both tables.
    tables : int
        Pairs of tables, at least 1.
    random_state : int
        Of the tables.

    Returns
    -------
    Check
        No false alarm is possible: a single pair above the sensitivity is a proof.

    Raises
    ------
    InputError
        Where the subject adds no noise to sums, or draws what is not noise from no seed.

    Examples
    --------
    >>> from equipoise.privacy.evidence import planted_bugs
    >>> print(check_sensitivity(planted_bugs()[2]))
    sensitivity: broken. One customer moved a sum by up to 100, stated is 10.
    """
    tables = check_whole("tables", tables, low=1, next_move="Use for example 100.")
    rng = np.random.default_rng(_seed(random_state))
    subject = unwrapped(subject)
    moves = _query_moves if _is_query(subject) else _learner_moves
    found = list(moves(subject, tables, rng))
    moved, stated, _ = max(found, key=lambda each: each.moved / each.stated)
    told = f"One customer moved a sum by up to {moved:.4g}, stated is {stated:.4g}"
    read = sorted({name for each in found for name in each.read})
    if read:
        told += f"; the same noisy sums left different models ({', '.join(read)})"
    return Check("sensitivity", bool(read) or moved > stated * (1 + ROUNDING), told)


def _seed(random_state: object) -> int:
    return check_whole("random_state", random_state, low=0, next_move="Use for example 0.")


class _Move(NamedTuple):
    """How far one customer moves a sum, the most that is stated, and in what else models differ."""

    moved: float
    stated: float
    read: frozenset[str] = frozenset()


def _query_moves(query: NoisySum, tables: int, rng: np.random.Generator) -> Iterator[_Move]:
    for _ in range(tables):
        one, other = query.random_neighbours(rng)
        moved = np.abs(query.sums(other) - query.sums(one)).sum()
        yield _Move(float(moved), query.sensitivity)


def _learner_moves(learner: Any, tables: int, rng: np.random.Generator) -> Iterator[_Move]:
    for _ in range(tables):
        pair = random_neighbours(learner.bounds, rows_per_unit(learner), rng)
        shared = Learner(known_size(learner, len(pair[0])), pair, True)
        run = replayed(shared, 0, lambda count, exact: _anywhere(exact, rng))
        for move, most in zip(run.moves, _stated(run.fitted, len(run.own)), strict=True):
            yield _Move(float(np.linalg.norm(move)), most, run.read)


def _anywhere(exact: Floats, rng: np.random.Generator) -> Floats | None:
    """Answer so that what follows goes anywhere: scores almost certain, weights at their cap."""
    if exact.ndim == 2:  # squares, of which noise that is too large makes nothing
        return None
    return rng.choice([1.0, 1e2, 1e4]) * rng.standard_normal(exact.shape)  # type: ignore[no-any-return]


def _is_query(subject: Any) -> bool:
    """Say whether the subject is a query, not a learner; refuse what is neither."""
    is_learner = hasattr(subject, "fit") and hasattr(subject, "bounds")
    if not isinstance(subject, NoisySum) and not is_learner:
        raise _no_sums(subject)
    return isinstance(subject, NoisySum)


def _no_sums(subject: Any) -> InputError:
    move = "Check a learner by noisy gradient descent, or a query of planted_bugs()."
    return InputError("subject", "must add noise to sums", type(subject).__name__, move)


def _stated(fitted: Any, sums: int) -> tuple[float, ...]:
    """Return what a fitted learner says that one customer moves each of its sums by."""
    if not sums:
        raise _no_sums(fitted)
    if hasattr(fitted, "sensitivities_"):
        return tuple(fitted.sensitivities_)
    if hasattr(fitted, "sensitivity"):
        return (float(fitted.sensitivity),) * sums
    move = "Keep sensitivities_, one number a sum, when it is fitted."
    raise InputError("subject", "must say what moves its sums", type(fitted).__name__, move)


def check_noise(
    subject: Any, *, runs: int = 200, level: float = 0.01, random_state: int = 0
) -> Check:
    """Compare the noise that is drawn with what the claim needs at the stated sensitivity.

    Its size is judged by chi-square limits, for the noise of learners in every direction; its shape
    by the Kolmogorov-Smirnov distance from the one that is claimed; its freshness by whether it
    repeats, and by correlations of draws that should be independent.

    Parameters
    ----------
    subject : query or learner
        As for `check_sensitivity`.
    runs : int
        Releases, or fits, at least 20.
    level : float
        Probability of a false alarm, strictly between 0 and 1.
    random_state : int
        Of the releases.

    Examples
    --------
    >>> from equipoise.privacy.evidence import planted_bugs
    >>> check_noise(planted_bugs()[1]).caught
    True
    """
    runs = check_whole("runs", runs, low=20, next_move="Use for example 200.")
    check_number("level", level, low=0.0, high=1.0, open_low=True, next_move="Use for example .01.")
    subject = unwrapped(subject)
    faults = _query_faults if _is_query(subject) else _learner_faults
    draws, found = faults(subject, runs, _seed(random_state), level)
    sound = f"{draws:,} draws are as large, as alike and as independent as claimed"
    return Check("noise", bool(found), "; ".join(found) or sound)


def _query_faults(query: NoisySum, runs: int, seed: int, level: float) -> tuple[int, list[str]]:
    rng, amounts = np.random.default_rng(seed), query.worst_case()[0]
    noise = np.array([query.release(amounts, rng) for _ in range(runs)]) - query.sums(amounts)
    needed = query.sensitivity / query.epsilon
    # Twice the size of a Laplace draw over its scale is chi-square with two degrees of freedom.
    least = 2 * float(np.abs(noise).sum(axis=0).min()) / needed
    found = []
    if least < chi2.ppf(level / 3 / noise.shape[1], 2 * runs):
        found.append(
            f"Its scale is {least / (2 * runs) * needed:.3g}, the claim needs {needed:.3g}"
        )
    found += _stale(noise, level / 3) or not_laplace(noise, level / 3)
    return noise.size, found


def _learner_faults(learner: Any, runs: int, seed: int, level: float) -> tuple[int, list[str]]:
    of_one = rows_per_unit(learner)
    pair = worst_case(learner.bounds, rows_per_unit=of_one, adjacency="add-remove")
    drawn = []
    for own in np.random.SeedSequence(seed).generate_state(runs):
        recording = Recording()
        fitted = heard_fit(Learner(learner, pair, True), 1, int(own), recording)
        drawn.append([each.in_sd for each in recording.heard])
    stated = _stated(fitted, len(recording.heard))
    noise = by_sum(drawn)
    everything = np.concatenate([part.ravel() for part in noise])
    found = _meant([each.meant_sd for each in recording.heard], stated, fitted)
    if not found and (everything**2).sum() < chi2.ppf(level / 2, everything.size):
        found = [f"Its sd is {everything.std():.3g} times what it means to add"]
    return everything.size, found + list(faults_of(noise, level / 2)[1])


def _meant(meant: list[float], stated: tuple[float, ...], fitted: Any) -> list[str]:
    """Say where the noise that the code means to add is less than the claim needs."""
    if 0 in meant:
        return [f"It means to add no noise to {meant.count(0)} of {len(meant)} sums"]
    ratio, allowed = float(np.linalg.norm(np.array(stated) / meant)), _allowed(fitted)
    if ratio <= allowed * (1 + MEANT):
        return []
    told = f"The noise it means to add hides a ratio of {ratio:.3g}"
    return [f"{told}, the claim allows {allowed:.3g}"]


def _allowed(fitted: Any) -> float:
    """Return the Gaussian ratio that a fitted learner claims."""
    claim = getattr(fitted, "guarantee_", None)
    if claim is None or claim.mu is None:
        move = "Challenge its output, which needs no such ratio."
        raise InputError("subject", "must claim a Gaussian ratio", type(fitted).__name__, move)
    return float(claim.mu)


def _stale(noise: Floats, level: float) -> list[str]:
    """Say where draws repeat, or where the columns of (runs, draws) go together."""
    if len(np.unique(noise)) < noise.size:
        return ["Some draws are the same: what is seen twice can be subtracted"]
    pairs = [(noise[:-1].ravel(), noise[1:].ravel())]
    if noise.shape[1] > 1:
        pairs.append((noise[:, :-1].ravel(), noise[:, 1:].ravel()))
    for one, other in pairs:
        if spearmanr(one, other).pvalue < level / len(pairs):
            return ["Draws that follow each other are correlated"]
    return []
