"""Exercise 6e: what an epsilon means for what somebody can believe about a customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong

__all__ = ["ODDS"]

DRAWS = 200
CLOSE = 0.005

Floats = NDArray[np.float64]
Rule = Callable[[Floats, Floats], Floats]


def most_believed(prior: float, epsilon: float) -> float:
    """Return the largest chance that somebody can give it after they saw the release."""
    odds = prior / (1 - prior) * np.exp(epsilon)
    return float(odds / (1 + odds))


MISTAKES: dict[str, tuple[tuple[Rule, ...], str]] = {
    "epsilon is a percentage": (
        (
            lambda prior, epsilon: prior + epsilon / 100,
            lambda prior, epsilon: prior * (1 + epsilon / 100),
            lambda prior, epsilon: epsilon / 100 + 0 * prior,
        ),
        "You add epsilon as if it were per cent. It has no upper end, and it stands in an exponent: from 1 "
        "to 8 the odds grow from not quite threefold to about three thousandfold.",
    ),
    "epsilon is the factor": (
        (
            lambda prior, epsilon: prior * epsilon,
            lambda prior, epsilon: prior * (1 + epsilon),
            lambda prior, epsilon: _chance(_odds(prior) * epsilon),
            lambda prior, epsilon: _chance(_odds(prior) * (1 + epsilon)),
        ),
        "You multiply by epsilon. At epsilon 0, where the release says nothing at all, nobody could "
        "believe in anything any more. The promise speaks of a factor e to the epsilon.",
    ),
    "the chance grows by the factor": (
        (lambda prior, epsilon: prior * np.exp(epsilon),),
        "You multiply the chance itself, and from even chances at epsilon 1 it comes out above 1. The factor "
        "is between probabilities of the same release in two worlds; what it multiplies are the odds, the "
        "chance for against the chance against.",
    ),
    "odds are a chance": (
        (lambda prior, epsilon: _odds(prior) * np.exp(epsilon),),
        "Those are the odds. Odds of 3 to 1 are a chance of three in four: turn them back.",
    ),
    "everybody starts at one half": (
        (lambda prior, epsilon: _chance(np.exp(epsilon)) + 0 * prior,),
        "You forget what was believed before. Where it was 1 in 100, epsilon 1 does not bring anybody to "
        "three in four.",
    ),
    "the attacker's advantage for the belief": (
        (lambda prior, epsilon: np.tanh(epsilon / 2) + 0 * prior,),
        "That is by how much an attacker finds more of the right ones than of the wrong ones. At epsilon 0 "
        "it is 0, and somebody who believed it before still does.",
    ),
    "who is promised privacy is safe from guesses": (
        (lambda prior, epsilon: prior + 0 * epsilon,),
        "You say that nothing can be learnt. That is the promise at epsilon 0. At any other, the release may "
        "tell something about each customer, and the promise is about how much.",
    ),
}


def _odds(chance: Floats) -> Floats:
    return np.asarray(chance / (1 - chance))


def _chance(odds: Floats) -> Floats:
    return np.asarray(odds / (1 + odds))


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    prior, epsilon = rng.uniform(0.002, 0.9, DRAWS), rng.uniform(0.05, 8, DRAWS)
    given = [answer(*each) for each in zip(prior.tolist(), epsilon.tolist(), strict=True)]
    if all(each is None or each is ... for each in given):
        return not_attempted()
    if any(np.ndim(each) != 0 or not np.isfinite(float(each)) for each in given):
        return wrong("Return one number.")
    said = np.array([float(each) for each in given])
    truth = _chance(_odds(prior) * np.exp(epsilon))
    if _agree(said, truth):
        return _passed(answer)
    for name, (rules, told) in MISTAKES.items():
        if any(
            _agree(said, np.clip(rule(prior, epsilon), 0, 1), rule(prior, epsilon))
            for rule in rules
        ):
            return wrong(told, name)
    return _unnamed(prior, epsilon, said, truth)


def _agree(said: Floats, *any_of: Floats) -> bool:
    """Say whether all lie close to one of the results, clipped to a chance or not."""
    return any(bool((np.abs(said - each) < CLOSE * (1 + each)).all()) for each in any_of)


def _unnamed(prior: Floats, epsilon: Floats, said: Floats, truth: Floats) -> Verdict:
    place = int(np.argmax(np.abs(said - truth)))
    started = (
        f"From {prior[place]:.3f} at epsilon {epsilon[place]:.1f} you come to {said[place]:.3f}"
    )
    if said[place] > 1 or said[place] < 0:
        return wrong(f"{started}. A chance lies between 0 and 1.")
    if said[place] > truth[place]:
        return wrong(f"{started}. Nobody can come so far: the promise holds them back earlier.")
    return wrong(f"{started}. Somebody can come further without the promise being broken.")


def _passed(answer: Any) -> Verdict:
    one, eight = (float(answer(0.01, epsilon)) for epsilon in (1.0, 8.0))
    return right(
        "Right for every prior and every epsilon that I tried. Say it so that a customer can weigh it: "
        f"who gave it 1 in 100 before can come to {100 * one:.0f} in 100 at epsilon 1, and to "
        f"{100 * eight:.0f} in 100 at epsilon 8."
    )


ODDS = Exercise(
    name="6e",
    task=(
        "Write most_believed(prior, epsilon). Before the release somebody gives it the probability prior "
        "that a certain customer is in the table. Return the highest probability that they can come to "
        "after seeing the release, if it keeps its promise of epsilon."
    ),
    hints=(
        "The promise: whatever comes out is at most e to the epsilon times as likely if the customer is in "
        "the table. What does Bayes' rule do with such a factor?",
        "Work with odds, the chance for divided by the chance against. The release multiplies them by at "
        "most e to the epsilon. At the end turn odds back into a chance.",
        "odds = prior / (1 - prior), times np.exp(epsilon). Odds of 3 to 1 are a chance of 3 / (1 + 3).",
    ),
    judge=_judge,
    solution=most_believed,
)
