"""Exercise 6c: four releases and one budget; one of them must be refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong

__all__ = ["BUDGET"]

PLANS = 80
NAMES = ("campaign report", "postcode map", "age histogram", "mean basket")
PURPOSES = ("marketing", "service", "statistics")
# Multiples of an eighth: their sums are exact, so that no plan hangs on the last bit of a float.
EPSILONS = (0.125, 0.25, 0.5, 0.75, 1.0)
ANSWERS = (1, 1, 1, 2, 4)
BUDGETS = (1.0, 1.5, 2.0)


def granted(releases: pd.DataFrame, budget: float) -> list[bool]:
    """Say of each release, in order, whether the budget still pays for every answer it gives."""
    said, left = [], budget
    for epsilon, answers in zip(releases["epsilon"], releases["answers"], strict=True):
        cost = epsilon * answers
        said.append(bool(cost <= left))
        left -= cost if said[-1] else 0
    return said


Rule = Callable[[pd.DataFrame, float], list[bool]]


def _cost(releases: pd.DataFrame) -> pd.Series:
    return releases["epsilon"] * releases["answers"]


def _one_answer(releases: pd.DataFrame) -> pd.DataFrame:
    return releases.assign(answers=1)


def _each_alone(releases: pd.DataFrame, budget: float) -> list[bool]:
    return list(_cost(releases) <= budget)


def _a_purpose_each(releases: pd.DataFrame, budget: float) -> list[bool]:
    said = pd.Series(False, index=releases.index)
    for _, part in releases.groupby("purpose"):
        said[part.index] = granted(part, budget)
    return list(said)


def _all_paid(releases: pd.DataFrame, budget: float) -> list[bool]:
    return list(_cost(releases).cumsum() <= budget)


def _reaching_is_too_much(releases: pd.DataFrame, budget: float) -> list[bool]:
    return granted(releases, float(np.nextafter(budget, 0)))


def _purse_for_each_purpose(releases: pd.DataFrame, budget: float) -> list[bool]:
    return _a_purpose_each(releases, budget / releases["purpose"].nunique())


def _largest_refused(releases: pd.DataFrame, budget: float) -> list[bool]:
    return list(releases.index != _cost(releases).idxmax())


def _last_refused(releases: pd.DataFrame, budget: float) -> list[bool]:
    return list(releases.index != releases.index[-1])


MISTAKES: dict[str, tuple[tuple[Rule, ...], str]] = {
    "epsilon is per release": (
        (_each_alone, lambda releases, budget: _each_alone(_one_answer(releases), budget)),
        "You compare each release with the budget as if it were the first. It is the same customers who "
        "are in all of them, and what is learnt about them adds up.",
    ),
    "purposes compose in parallel": (
        (_a_purpose_each, lambda releases, budget: _a_purpose_each(_one_answer(releases), budget)),
        "You give every purpose a budget of its own. An attacker reads the map of marketing and the "
        "report of service side by side: the customers are the same, so the epsilons add.",
    ),
    "averaging repeated answers is one release": (
        (
            lambda releases, budget: granted(_one_answer(releases), budget),
            lambda releases, budget: _all_paid(_one_answer(releases), budget),
        ),
        "You count a release once although it averages several answers. Averaging makes the noise "
        "smaller, and that is just what the customers pay for: every answer costs its epsilon.",
    ),
    "what was refused has been paid": (
        (_all_paid,),
        "After one refusal you refuse everything. What was not released has told nothing about anybody: "
        "its epsilon is still there for a smaller one.",
    ),
    "a budget must not be used up": (
        (_reaching_is_too_much,),
        "You refuse a release that costs just what is left. A budget of 1 promises an epsilon of 1, and with "
        "it spent to the last bit the promise is kept.",
    ),
    "the budget is cut into one part a purpose": (
        (_purse_for_each_purpose,),
        "You cut the budget into equal parts, one a purpose. That keeps the promise, and refuses what it "
        "would have paid for: the releases come in an order, and what is left is there for the next.",
    ),
    "the dearest goes": (
        (_largest_refused,),
        "You refuse the dearest of the four, whatever came before it. Whether a release can be paid depends "
        "on what is left when it is asked for.",
    ),
    "the last one goes": (
        (_last_refused,),
        "You refuse the last of the four, whatever they cost. Whether a release can be paid depends on what "
        "is left when it is asked for.",
    ),
}


def _judge(answer: Any) -> Verdict:
    plans = _plans()
    given = [answer(releases.copy(), budget) for releases, budget in plans]
    if all(each is None or each is ... for each in given):
        return not_attempted()
    said = [_read(each) for each in given]
    if any(each is None for each in said):
        return wrong("Return True or False for each of the four releases, in their order.")
    if said == [granted(*plan) for plan in plans]:
        return _passed(plans)
    for name, (rules, told) in MISTAKES.items():
        if any(said == [rule(*plan) for plan in plans] for rule in rules):
            return wrong(told, name)
    return _unnamed(plans, [each for each in said if each is not None])


@cache
def _plans() -> list[tuple[pd.DataFrame, float]]:
    rng = np.random.default_rng(2026)
    return [_plan(rng) for _ in range(PLANS)]


def _plan(rng: np.random.Generator) -> tuple[pd.DataFrame, float]:
    """Return four releases of which the budget pays for three, or now and then another number."""
    usual = rng.random() < 0.8
    while True:
        releases = pd.DataFrame(
            {
                "release": rng.permutation(NAMES),
                "purpose": rng.choice(PURPOSES, 4),
                "epsilon": rng.choice(EPSILONS, 4),
                "answers": rng.choice(ANSWERS, 4),
            }
        )
        budget = float(rng.choice(BUDGETS))
        if not usual or sum(granted(releases, budget)) == 3:
            return releases, budget


def _read(given: Any) -> list[bool] | None:
    if np.shape(given) != (4,) or not set(np.asarray(given).tolist()) <= {True, False}:
        return None
    return [bool(each) for each in np.asarray(given)]


def _unnamed(plans: list[tuple[pd.DataFrame, float]], said: list[list[bool]]) -> Verdict:
    for (releases, budget), each in zip(plans, said, strict=True):
        paid = float(_cost(releases)[np.array(each)].sum())
        if paid > budget:
            listed = ", ".join(f"{cost:g}" for cost in _cost(releases))
            return wrong(
                f"The budget is {budget:g}. Four releases that cost {listed} are asked for in this order, "
                f"and with those you grant a customer has paid {paid:g}."
            )
    return wrong(
        "No customer pays more than the budget, but you refuse a release that it pays for."
    )


def _passed(plans: list[tuple[pd.DataFrame, float]]) -> Verdict:
    return right(
        f"In {len(plans)} plans no customer pays more than the budget, and nothing is refused that it still "
        "pays for. Purposes, teams and days share one budget as long as the customers are the same. "
        "Releases about customers of whom none is in two of them would each have it whole."
    )


BUDGET = Exercise(
    name="6c",
    task=(
        "Write granted(releases, budget). Four releases about the same customers are asked for, one row "
        "each, in order: release, purpose, epsilon and answers. Where answers is 3, the same question is "
        "answered three times at that epsilon and the mean is released. Return a list of four: True where "
        "the release is made and False where it must be refused, so that what is released costs a "
        "customer at most budget, and nothing is refused that can still be paid. Epsilons simply add."
    ),
    hints=(
        "Ask of each column whether a customer cares: who is in the report on Monday is in the map on "
        "Tuesday.",
        "Go through the rows in order and keep what is left of the budget. A release costs its epsilon "
        "once for every answer; what you refuse costs nothing.",
        "for epsilon, answers in zip(releases['epsilon'], releases['answers']): cost is their product; "
        "grant it where cost <= left, and only then take it from left.",
    ),
    judge=_judge,
    solution=granted,
)
