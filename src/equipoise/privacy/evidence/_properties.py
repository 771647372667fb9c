"""Checks that need no attacker: what one customer moves, and how much noise is really drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2, spearmanr

from equipoise._checks import check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy.evidence._bug import unwrapped
from equipoise.privacy.evidence._listening import Recording, listening, repeated
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._study import NoisySum
from equipoise.privacy.evidence._subject import Learner
from equipoise.privacy.evidence._worlds import known_size, rows_per_unit
from equipoise.privacy.evidence._worst_case import Table, random_neighbours, worst_case

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
        A query as in `planted_bugs`, or a learner by noisy descent; its sums are compared at random
        weights, for tables with customers far outside the declared bounds.
    tables : int
        Pairs of tables, at least 1.
    random_state : int
        Of the tables.

    Returns
    -------
    Check
        No false alarm is possible: a single pair above the sensitivity is a proof.

    Examples
    --------
    >>> from equipoise.privacy.evidence import planted_bugs
    >>> print(check_sensitivity(planted_bugs()[2]))
    sensitivity: broken. One customer moved a sum by up to 100, stated is 10.
    """
    tables = check_whole("tables", tables, low=1, next_move="Use for example 100.")
    rng = np.random.default_rng(random_state)
    subject = unwrapped(subject)
    moves = _query_moves if _is_query(subject) else _learner_moves
    moved, stated = max(moves(subject, tables, rng), key=lambda each: each[0] / each[1])
    told = f"One customer moved a sum by up to {moved:.4g}, stated is {stated:.4g}"
    return Check("sensitivity", moved > stated * (1 + ROUNDING), told)


def _query_moves(
    query: NoisySum, tables: int, rng: np.random.Generator
) -> Iterator[tuple[float, float]]:
    for _ in range(tables):
        one, other = query.random_neighbours(rng)
        yield float(np.abs(query.sums(other) - query.sums(one)).sum()), query.sensitivity


def _learner_moves(
    learner: Any, tables: int, rng: np.random.Generator
) -> Iterator[tuple[float, float]]:
    for _ in range(tables):
        pair = random_neighbours(learner.bounds, rows_per_unit(learner), rng)
        shared = known_size(learner, len(pair[0]))
        wandering = Recording(lambda place, count, exact: _anywhere(place, exact, rng))
        fitted = _listened(shared, pair, 0, wandering)
        replay = Recording(repeated(wandering))
        _listened(shared, pair, 1, replay)
        stated = _stated(fitted, len(wandering.heard))
        for one, other, most in zip(wandering.heard, replay.heard, stated, strict=True):
            yield float(np.linalg.norm(other.exact - one.exact)), most


def _anywhere(place: str, exact: Floats, rng: np.random.Generator) -> Floats | None:
    """Answer so that what follows goes anywhere: scores almost certain, weights at their cap."""
    if place == "noisy_squares":
        return None
    return rng.choice([1.0, 1e2, 1e4]) * rng.standard_normal(exact.shape)  # type: ignore[no-any-return]


def _listened(
    learner: Any, pair: tuple[Table, Table], world: int, recording: Recording, seed: int = 0
) -> Any:
    """Return the learner fitted in a world, with a recording of its sums."""
    with listening(recording):
        fitted = Learner(learner, pair, True).fitted(world, seed)
    if not recording.heard:
        raise _no_sums(learner)
    return fitted


def _is_query(subject: Any) -> bool:
    """Say whether the subject is a query, not a learner; refuse what is neither."""
    if not isinstance(subject, NoisySum) and not hasattr(subject, "fit"):
        raise _no_sums(subject)
    return isinstance(subject, NoisySum)


def _no_sums(subject: Any) -> InputError:
    move = "Check a learner by noisy gradient descent, or a query of planted_bugs()."
    return InputError("subject", "must add noise to sums", type(subject).__name__, move)


def _stated(fitted: Any, sums: int) -> tuple[float, ...]:
    """Return what a fitted learner says that one customer moves each of its sums by."""
    if hasattr(fitted, "sensitivities_"):
        return tuple(fitted.sensitivities_)
    return (float(fitted.sensitivity),) * sums


def check_noise(
    subject: Any, *, runs: int = 200, level: float = 0.01, random_state: int = 0
) -> Check:
    """Compare the noise that is drawn with what the claim needs at the stated sensitivity.

    Its size is judged by a chi-square limit, its freshness by whether it repeats and by the rank
    correlation of draws that should be independent.

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
    measured = _query_noise if _is_query(subject) else _learner_noise
    noise, small = measured(subject, runs, random_state, level / 2)
    found = [small] if small else []
    found += _stale(noise, level / 2)
    told = "; ".join(found) or f"{noise.size:,} draws are as large and as independent as claimed"
    return Check("noise", bool(found), told)


def _query_noise(query: NoisySum, runs: int, seed: int, level: float) -> tuple[Floats, str]:
    rng, amounts = np.random.default_rng(seed), query.worst_case()[0]
    noise = np.array([query.release(amounts, rng) for _ in range(runs)]) - query.sums(amounts)
    needed = query.sensitivity / query.epsilon
    # Twice the size of a Laplace draw over its scale is chi-square with two degrees of freedom.
    total = 2 * np.abs(noise).sum() / needed
    if total >= chi2.ppf(level, 2 * noise.size):
        return noise, ""
    return noise, f"Its scale is {np.abs(noise).mean():.3g}, the claim needs {needed:.3g}"


def _learner_noise(learner: Any, runs: int, seed: int, level: float) -> tuple[Floats, str]:
    of_one = rows_per_unit(learner)
    pair = worst_case(learner.bounds, rows_per_unit=of_one, adjacency="add-remove")
    drawn = []
    for own in np.random.SeedSequence(seed).generate_state(runs):
        recording = Recording()
        fitted = _listened(learner, pair, 1, recording, int(own))
        drawn.append(np.concatenate([each.in_sd for each in recording.heard]))
    noise = np.array(drawn)
    stated = _stated(fitted, len(recording.heard))
    meant = [each.meant_sd for each in recording.heard]
    if 0 in meant:
        return noise, f"It means to add no noise to {meant.count(0)} of {len(meant)} sums"
    ratio = float(np.linalg.norm(np.array(stated) / meant))
    if ratio > fitted.guarantee_.mu * (1 + MEANT):
        told = f"The noise it means to add hides a ratio of {ratio:.3g}"
        return noise, f"{told}, the claim allows {fitted.guarantee_.mu:.3g}"
    if (noise**2).sum() < chi2.ppf(level, noise.size):
        return noise, f"Its sd is {noise.std():.3g} times what it means to add"
    return noise, ""


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
