"""Exercise 3a: the rate that asks whether those who would use it get it equally often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong

__all__ = ["LEFT_OUT"]

Rate = Callable[[NDArray[np.int_], NDArray[np.int_]], float]

# What the answer may be instead, with the question that it answers.
_OTHER_RATES: dict[str, tuple[Rate, str]] = {
    "parity means benefit": (
        lambda y, d: d.mean(),
        "That is how often anybody is contacted. It does not look at who would use the coupon.",
    ),
    "precision for reach": (
        lambda y, d: y[d == 1].mean(),
        "That starts from the contacted and asks how many of them use it. Whoever was not contacted "
        "cannot show up in it.",
    ),
    "one number for all": (
        lambda y, d: (y == d).mean(),
        "That counts right decisions of every kind. Where few use the coupon it is high even if none "
        "of them is contacted.",
    ),
    "the missed for the reached": (
        lambda y, d: 1 - d[y == 1].mean(),
        "That is the share that is missed. Turn it round.",
    ),
    "the wrong customers": (
        lambda y, d: d[y == 0].mean(),
        "That looks at those who would not use the coupon.",
    ),
    "the outcome itself": (
        lambda y, d: y.mean(),
        "That is how often the outcome occurs. The decision plays no part in it.",
    ),
}


def rate(y_true: NDArray[np.int_], y_pred: NDArray[np.int_]) -> float:
    """Return the share of the customers with the outcome who are contacted."""
    would_use_it = y_true == 1
    return float(y_pred[would_use_it].mean())


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    tables = [_table(rng, base, reach) for base, reach in ((0.1, 0.6), (0.3, 0.2), (0.5, 0.9))]
    given = [answer(y.copy(), d.copy()) for y, d in tables]
    if all(value is None or value is ... for value in given):
        return not_attempted()
    if not all(np.ndim(value) == 0 and np.isfinite(float(value)) for value in given):
        return wrong("Return one number for one group, between 0 and 1.")
    for name, (other, why) in _OTHER_RATES.items():
        if np.allclose([other(y, d) for y, d in tables], np.asarray(given, float), atol=1e-9):
            return wrong(why, name)
    return _properties(answer, *tables[0])


def _table(
    rng: np.random.Generator, base: float, reach: float
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    y = (rng.random(4000) < base).astype(int)
    return y, (rng.random(4000) < np.where(y == 1, reach, 0.15)).astype(int)


def _properties(answer: Any, y: NDArray[np.int_], d: NDArray[np.int_]) -> Verdict:
    before = float(answer(y.copy(), d.copy()))
    more = np.r_[y, np.zeros(1000, int)], np.r_[d, np.ones(1000, int)]
    if abs(float(answer(*more)) - before) > 1e-9:
        return wrong(
            "I contacted a thousand more customers who would not use the coupon, and your number "
            "moved. The question is only about those who would."
        )
    if abs(float(answer(y.copy(), y.copy())) - 1) > 1e-9:
        return wrong("Where exactly those who would use it are contacted, the answer is 1.")
    half = d.copy()
    users = np.flatnonzero(y == 1)
    half[users] = np.arange(len(users)) % 2
    share = half[users].mean()
    if abs(float(answer(y.copy(), half)) - share) > 1e-9:
        return wrong(
            "Where every second one who would use it is contacted, the answer is about one half."
        )
    order = np.random.default_rng(7).permutation(len(y))
    if abs(float(answer(y[order], d[order])) - before) > 1e-9:
        return wrong("The order of the customers moved your number.")
    return right(
        "Customers who would not use the coupon do not move it, and it is 1 when all who would are "
        "reached. It is called the true positive rate."
    )


LEFT_OUT = Exercise(
    name="3a",
    task=(
        "Write rate(y_true, y_pred) so that it answers: of the customers who would use the coupon, "
        "how many get it? Both are arrays of 0 and 1, one entry a customer of one group."
    ),
    hints=(
        "The question starts with 'of the customers who would use the coupon': that is what you "
        "divide by.",
        "Keep only the entries of y_pred where y_true is 1, then ask how many of those are 1.",
        "y_pred[y_true == 1] are the decisions for those who would use it. Take their mean.",
    ),
    judge=_judge,
    solution=rate,
)
