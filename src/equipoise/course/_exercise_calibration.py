"""Exercise 2d: what a score of 0.3 means for a coupon, read off a calibration plot."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong

__all__ = ["CALIBRATION"]

BINS = 8
CUSTOMERS = 20_000
FEW = 4
CLOSE = 5.0
"""Customers of a hundred by which a right reading may be off: bins are wide, and rates have noise."""

Pair = tuple[float, float]


def of_hundred(plot: pd.DataFrame, score: float) -> Pair | None:
    """Return how many of 100 contacted customers order, and how many because of the coupon."""
    row = plot.loc[(plot["mean_score"] - score).abs().idxmin()]
    if np.isnan(row["rate"]):
        return None
    return 100 * row["rate"], 100 * (row["rate"] - row["rate_left_alone"])


class _Reading(NamedTuple):
    """A score with what is true of customers like these, and what the answer says."""

    score: float
    order: float
    moved: float
    said: Any

    @property
    def given(self) -> Pair:
        return float(self.said[0]), float(self.said[1])


def _judge(answer: Any) -> Verdict:
    known = [
        _Reading(score, order, moved, answer(plot.copy(), score))
        for plot, score, order, moved in _plots()
    ]
    unknown = [answer(plot.copy(), score) for plot, score in _unknown()]
    told = [reading.said for reading in known]
    if all(each is None or each is ... for each in [*told, *unknown]):
        return not_attempted()
    if not all(_is_pair(each) for each in told):
        return wrong(
            "Return two numbers: how many of 100 contacted customers order, and how many of the 100 order "
            "because of the coupon. None is for scores of which the plot says nothing."
        )
    return _ordering(known) or _moved(known) or _of_few(unknown) or _passed(known)


def _is_pair(said: Any) -> bool:
    if isinstance(said, str) or np.shape(said) != (2,):
        return False
    return bool(np.isfinite([float(each) for each in said]).all())


def _far(given: Any, wanted: Any) -> bool:
    """Say whether some reading is not the wanted one."""
    return bool((np.abs(np.subtract(given, wanted)) > CLOSE).any())


def _parts(known: list[_Reading]) -> NDArray[np.float64]:
    """Return score, rate, effect and both answers, each per hundred, shape (5, readings)."""
    return np.array([(100 * r.score, r.order, r.moved, *r.given) for r in known]).T


def _ordering(known: list[_Reading]) -> Verdict | None:
    score, order, moved, said, _ = _parts(known)
    if not _far(said, order):
        return None
    if np.isin(said, (0, 100)).all():
        return wrong(
            "You say of each score that all of them order, or none. A score of 0.3 is no verdict about one "
            "customer: of a hundred like this one some do and the others do not.",
            "below 0.5 means no",
        )
    if not _far(said, score):
        return wrong(
            "You say that as many order as the score says. That is what the model promises. What happened to "
            "customers with such scores stands on the other axis, and in these plots it is something else.",
            "a score is a rate",
        )
    if (np.abs(said) <= 1).all():
        return wrong("You return parts of one. Of a hundred customers, how many are they?")
    if not _far(said, order - moved):
        return wrong(
            "You say how many would have ordered anyway. Asked was how many order when they are "
            "contacted, and then how many of those because of it.",
            "who was left alone for who was contacted",
        )
    return wrong(
        "The first number is not how many of 100 contacted customers order. Find the customers whose mean "
        "score comes closest, and read off what happened."
    )


def _moved(known: list[_Reading]) -> Verdict | None:
    score, order, moved, _, said = _parts(known)
    if not _far(said, moved):
        return None
    if not _far(said, order):
        return wrong(
            "You say that all who order do so because of the coupon. Of those left alone with the same "
            "scores many ordered, too: they would have taken the discount as well.",
            "response equals effect",
        )
    if not _far(said, 0):
        return wrong(
            "You say that the coupon moves nobody. More of the contacted order than of those left alone with "
            "the same scores.",
            "who orders would have ordered anyway",
        )
    if not _far(np.abs(said), np.abs(order - score)):
        return wrong(
            "You take the distance between what was promised and what happened. That says how wrong the "
            "model is about responses, and nothing about what a contact changes.",
            "what the model is off by for what the coupon does",
        )
    if not _far(said, order - moved):
        return wrong(
            "That is how many would have ordered anyway. Those are not the ones whom the coupon moves.",
            "who orders anyway for who is moved",
        )
    return wrong(
        "The second number is not how many of 100 order because of the coupon: compare the contacted with "
        "those left alone with the same scores."
    )


def _of_few(unknown: list[Any]) -> Verdict | None:
    if all(each is None or each is ... for each in unknown):
        return None
    return wrong(
        f"One plot has a score with {FEW} customers behind it; the rate is empty there and the note says "
        "that it is not estimable. Return None for it: nobody knows, and a neighbour's figure is not "
        "theirs.",
        "not estimable is as good as its neighbours",
    )


def _passed(known: list[_Reading]) -> Verdict:
    score, order, moved, *_ = _parts(known)
    most = int(np.argmax(np.abs(score - order)))
    return right(
        f"You read all {len(known)} scores. A score of {score[most] / 100:.2f} meant {order[most]:.0f} of a "
        f"hundred in one firm, and the coupon was the reason for {moved[most]:.0f} of them. Where scores are "
        "calibrated, the first number can be read off the score; the second one never can."
    )


@cache
def _plots() -> list[tuple[pd.DataFrame, float, float, float]]:
    rng = np.random.default_rng(2026)
    found = []
    for power, moved in ((0.5, 0.5), (1.7, 0.3), (1.0, 0.6), (2.0, 0.4), (0.6, 0.35)):
        plot = _plot(rng, power, moved)
        for _ in range(4):
            score = float(plot["mean_score"].iloc[rng.integers(1, BINS)] + rng.uniform(-0.01, 0.01))
            order = _rate(score, power)
            found.append((plot, score, 100 * order, 100 * order * moved))
    return found


def _unknown() -> list[tuple[pd.DataFrame, float]]:
    plot = _plots()[0][0].copy()
    plot.loc[5, ["rate", "low", "high", "rate_left_alone"]] = np.nan
    plot.loc[5, ["n", "note"]] = [FEW, f"not estimable (n={FEW})"]
    return [(plot, float(plot["mean_score"].iloc[5]))]


def _rate(score: Any, power: float) -> Any:
    """Return what truly happens at a score: the promise only where the power is 1."""
    return score**power


def _plot(rng: np.random.Generator, power: float, moved: float) -> pd.DataFrame:
    mean_score = np.linspace(0.06, 0.62, BINS)
    true = _rate(mean_score, power)
    rate = rng.binomial(CUSTOMERS, true) / CUSTOMERS
    alone = rng.binomial(CUSTOMERS, true * (1 - moved)) / CUSTOMERS
    reach = 1.96 * np.sqrt(rate * (1 - rate) / CUSTOMERS)
    return pd.DataFrame(
        {
            "mean_score": mean_score,
            "n": CUSTOMERS,
            "rate": rate,
            "low": rate - reach,
            "high": rate + reach,
            "rate_left_alone": alone,
            "note": "",
        }
    )


CALIBRATION = Exercise(
    name="2d",
    task=(
        "Write of_hundred(plot, score): of 100 customers with about this score, how many order if they "
        "get the coupon, and how many because of it? plot has the points of a calibration plot, a row a "
        "group of customers with similar scores: mean_score, n, rate (of the contacted who ordered) with "
        "low and high, rate_left_alone (of those held out), and note. Return both numbers, or None where "
        "the plot says that nobody knows."
    ),
    hints=(
        "Which axis is a promise, and which is what happened? And what would have happened without a coupon?",
        "Find the row whose mean_score comes closest to the score. Its rate is what the contacted did; "
        "compare it with the rate of those left alone.",
        "(plot['mean_score'] - score).abs().idxmin() is the row. A rate that is NaN is not estimable.",
    ),
    judge=_judge,
    solution=of_hundred,
)
