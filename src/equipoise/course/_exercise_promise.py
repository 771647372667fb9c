"""Exercise 7a: a count that keeps its promise; the check attacks it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.privacy import epsilon_lower_bound

__all__ = ["PROMISE"]

RUNS = 20_000
CONFIDENCE = 0.999
EPSILONS = (0.5, 2.0)


def private_count(answers: NDArray[np.bool_], epsilon: float, rng: np.random.Generator) -> float:
    """Return how many answers are True, plus Laplace noise of scale 1 / epsilon."""
    return float(answers.sum() + rng.laplace(scale=1 / epsilon))


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    answers = np.arange(100) < 40
    first = answer(answers.copy(), 1.0, rng)
    if first is None or first is ...:
        return not_attempted()
    if np.ndim(first) != 0 or not np.isfinite(float(first)):
        return wrong("Return one number.")
    again = {float(answer(answers.copy(), 1.0, rng)) for _ in range(20)}
    if len(again) == 1:
        return _constant(again.pop())
    for epsilon in EPSILONS:
        verdict = _attacked(answer, answers, epsilon, rng)
        if verdict is not None:
            return verdict
    return right(
        f"{2 * RUNS:,} runs on two tables that differ by one customer did not refute epsilon "
        f"{EPSILONS[0]:g} or {EPSILONS[1]:g}, and the count stays useful. An attack that fails proves "
        "nothing: the proof is that one customer moves the count by 1 and the noise has scale 1 / "
        "epsilon."
    )


def _constant(value: float) -> Verdict:
    if value == 40:
        return wrong(
            "It returns the exact count: whoever knows all answers but one knows the last one too.",
            "aggregated is safe",
        )
    return wrong(
        "It gives the same answer every time: whoever knows the seed subtracts the noise. Draw it "
        "from the rng that you are given.",
        "the seed may be public",
    )


def _attacked(
    answer: Any, answers: NDArray[np.bool_], epsilon: float, rng: np.random.Generator
) -> Verdict | None:
    """Return what is wrong at one epsilon, or None."""
    with_one_more = np.r_[answers, True]
    draws = np.array([float(answer(answers, epsilon, rng)) for _ in range(RUNS)])
    neighbours = np.array([float(answer(with_one_more, epsilon, rng)) for _ in range(RUNS)])
    found = epsilon_lower_bound(draws, neighbours, confidence=CONFIDENCE)
    if found > epsilon:
        return wrong(
            f"You promised epsilon {epsilon:g}. From {2 * RUNS:,} runs on two tables that differ by one "
            f"customer, an attacker shows at least {found:.2f}: there is too little noise.",
            _too_little(draws, epsilon),
        )
    error = np.abs(draws - answers.sum()).mean()
    centre = np.median(draws) - answers.sum()
    if abs(centre) > 0.5 + 0.1 / epsilon:
        return wrong(f"Its middle is off by {centre:+.2f}. Noise has its middle at zero.")
    if error > 2 / epsilon:
        return wrong(
            f"At epsilon {epsilon:g} it is off by {error:.1f} on average; {1 / epsilon:.1f} is enough. "
            "Nobody is protected better than promised, and the count is useless.",
            "a larger epsilon means more noise"
            if epsilon > 1
            else "more noise than one customer moves",
        )
    return None


def _too_little(draws: NDArray[np.float64], epsilon: float) -> str:
    spread = np.abs(draws - np.median(draws)).mean()
    if abs(spread - epsilon) < 0.1 * epsilon and epsilon < 1:
        return "epsilon is the noise"
    return (
        "the noise divided by the number of customers"
        if spread < 0.1 / epsilon
        else "sensitivity too small"
    )


PROMISE = Exercise(
    name="7a",
    task=(
        "Write private_count(answers, epsilon, rng): how many answers are True, with noise so that "
        "adding or removing one customer changes the probability of any result by at most a factor "
        "e to the epsilon. rng is a numpy Generator."
    ),
    hints=(
        "By how much can one customer move the exact count? The noise must hide a step of that size.",
        "Laplace noise with scale (that step) / epsilon, drawn from rng and added to the sum.",
        "answers.sum() + rng.laplace(scale=...), where the scale shrinks as epsilon grows.",
    ),
    judge=_judge,
    solution=private_count,
)
