"""Exercise 6a: a count that keeps its promise; the check attacks it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.course._noise import has_light_tails, looks_like_laplace
from equipoise.privacy import epsilon_lower_bound

__all__ = ["PROMISE"]

RUNS = 20_000
CONFIDENCE = 0.999
EPSILONS = (0.5, 2.0)
USEFUL = 3.0  # times the mean error of Laplace noise of scale 1 / epsilon


def private_count(answers: NDArray[np.bool_], epsilon: float, rng: np.random.Generator) -> float:
    """Return how many answers are True, plus Laplace noise of scale 1 / epsilon."""
    return float(answers.sum() + rng.laplace(scale=1 / epsilon))


class _Runs(NamedTuple):
    """What the answer gave on a table and on the same table with one customer more."""

    epsilon: float
    errors: NDArray[np.float64]
    errors_with_one_more: NDArray[np.float64]

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite([self.errors, self.errors_with_one_more]).all())

    @property
    def lower_bound(self) -> float:
        """An epsilon that the answer exceeds; the two tables' counts differ by one."""
        return epsilon_lower_bound(
            self.errors, self.errors_with_one_more + 1, delta=0.0, confidence=CONFIDENCE
        )

    @property
    def mean_error(self) -> float:
        return float(np.abs(self.errors).mean())

    @property
    def off_centre(self) -> float:
        """The larger shift of the two, or 0 where five standard errors explain it."""
        shifts = [
            errors.mean() if abs(errors.mean()) > 5 * errors.std() / np.sqrt(RUNS) + 0.02 else 0.0
            for errors in (self.errors, self.errors_with_one_more)
        ]
        return float(max(shifts, key=abs))


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    answers = rng.random(100) < 0.4
    first = answer(answers.copy(), 1.0, rng)
    if first is None or first is ...:
        return not_attempted()
    if np.ndim(first) != 0 or not np.isfinite(float(first)):
        return wrong("Return one number.")
    again = {float(answer(answers.copy(), 1.0, rng)) for _ in range(20)}
    if len(again) == 1:
        return _constant(again.pop(), int(answers.sum()))
    runs = [_run(answer, epsilon, rng) for epsilon in EPSILONS]
    if not all(run.is_finite for run in runs):
        return wrong("Now and then it returns no finite number, and that tells something, too.")
    return _centred(runs) or _private(runs) or _useful(runs) or _far_out(runs) or _passed(runs)


def _run(answer: Any, epsilon: float, rng: np.random.Generator) -> _Runs:
    """Run the answer on a table of random size and its neighbour; it gets a fresh copy each time."""
    answers = rng.random(rng.integers(60, 140)) < rng.uniform(0.2, 0.8)
    errors = []
    for table in (answers, np.r_[answers, True]):
        given = [float(answer(table.copy(), epsilon, rng)) for _ in range(RUNS)]
        errors.append(np.array(given) - table.sum())
    return _Runs(epsilon, *errors)


def _constant(value: float, count: int) -> Verdict:
    if value == count:
        return wrong(
            "It returns the exact count: whoever knows all answers but one knows the last one too.",
            "aggregated is safe",
        )
    return wrong(
        "It gives the same answer every time: whoever knows the seed subtracts the noise. Draw it "
        "from the rng that you are given.",
        "the seed may be public",
    )


def _centred(runs: list[_Runs]) -> Verdict | None:
    for run in runs:
        if run.off_centre:
            return wrong(
                f"At epsilon {run.epsilon:g} it is off by {run.off_centre:+.2f} on average. Noise has "
                "its middle at zero, whatever the answers are."
            )
    return None


def _private(runs: list[_Runs]) -> Verdict | None:
    for run in runs:
        if run.lower_bound > run.epsilon:
            seen = (
                f"You promised epsilon {run.epsilon:g}. From {2 * RUNS:,} runs on two tables that "
                f"differ by one customer, an attacker shows at least {run.lower_bound:.2f}"
            )
            if not looks_like_laplace(run.errors):
                return wrong(
                    f"{seen}: noise of this shape does not hide one customer at this size.",
                    "any noise will do",
                )
            return wrong(f"{seen}: there is too little noise.", _too_little(runs))
    return None


def _too_little(runs: list[_Runs]) -> str:
    if all(abs(run.mean_error - run.epsilon) < 0.1 * run.epsilon for run in runs):
        return "epsilon is the noise"
    if all(run.mean_error < 0.1 / run.epsilon for run in runs):
        return "the noise divided by the number of customers"
    return "sensitivity too small"


def _useful(runs: list[_Runs]) -> Verdict | None:
    for run in runs:
        if run.mean_error > USEFUL / run.epsilon:
            grows = runs[-1].mean_error > runs[0].mean_error
            return wrong(
                f"At epsilon {run.epsilon:g} it is off by {run.mean_error:.1f} on average; "
                f"{1 / run.epsilon:.1f} keeps the promise. The rest protects nobody better than "
                "promised, and costs the count its use.",
                "a larger epsilon means more noise"
                if grows
                else "more noise than one customer moves",
            )
    return None


def _far_out(runs: list[_Runs]) -> Verdict | None:
    if not any(has_light_tails(run.errors) for run in runs):
        return None
    return wrong(
        f"{2 * RUNS:,} runs did not show it, since it happens far out, where few of them land: noise of "
        "this shape falls off ever faster, so that there one customer changes the probability by more "
        "than any fixed factor. Such noise needs a delta, and you were asked for none.",
        "any noise will do",
    )


def _passed(runs: list[_Runs]) -> Verdict:
    proof = "how far one customer moves the count, and what such a step does to your noise"
    if all(looks_like_laplace(run.errors) for run in runs):
        proof = "that one customer moves the count by 1 and the noise has scale 1 / epsilon"
    return right(
        f"{2 * RUNS:,} runs on two tables that differ by one customer did not refute epsilon "
        f"{EPSILONS[0]:g} or {EPSILONS[1]:g}, and the count stays useful. An attack that fails proves "
        f"nothing: the proof is {proof}."
    )


PROMISE = Exercise(
    name="6a",
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
