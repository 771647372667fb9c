"""Exercise 3e: two groups are contacted equally often, and one gets less out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import difference, mean_amount

__all__ = ["BENEFIT"]

CANNOT_TELL = "cannot tell"
GROUPS = ("A", "B")
LEAST_EUR, MOST_EUR = 5.0, 40.0
CONTACTED = 0.2
BASE = 0.2
TELLING = 1.6
FAMILIES = {"alike": 36, "reached less": 14, "worth less": 14}
"""How many hidden tables of each kind: nobody loses, the contacts miss, the coupon is worth less."""
FALSE_ALARMS = 0.12
FOUND = 0.85


class _Size(NamedTuple):
    """The customers of both groups, and what the losing group has instead of the usual."""

    customers: tuple[int, int]
    telling: float
    most_eur: float


SIZES = (_Size((500, 250), -2.0, 7.0), _Size((8000, 4000), 0.9, 30.0))
"""Few customers and a large loss, many and a small one: no threshold in euros fits both."""


def who_loses(table: pd.DataFrame) -> tuple[str, float] | str:
    """Return which group gets less per customer and how many euros less, or that nobody can tell."""
    got = table["worth_eur"] * table["would_use"] * table["contacted"]
    means = {
        group: mean_amount(euros, bounds=(0, 40)) for group, euros in got.groupby(table["group"])
    }
    gap = difference(means["A"], means["B"])
    if gap.low <= 0 <= gap.high:
        return "cannot tell"
    return ("B" if gap.value > 0 else "A"), float(abs(gap.value))


class _Draw(NamedTuple):
    """A hidden table, the kind it is of, who loses there, and what the answer says."""

    table: pd.DataFrame
    family: str
    loser: str | None
    said: Any

    @property
    def named(self) -> str | None:
        return None if self.said == CANNOT_TELL else str(self.said[0])

    @property
    def less(self) -> float:
        """How much less the named group gets per customer."""
        return self.behind(_mean)

    def behind(self, measure: Callable[[pd.DataFrame], float]) -> float:
        """Return by how much the named group lies behind the other one."""
        by_group = {group: measure(part) for group, part in self.table.groupby("group")}
        other = GROUPS[1 - GROUPS.index(str(self.named))]
        return by_group[other] - by_group[str(self.named)]


def _got(part: pd.DataFrame) -> pd.Series:
    return part["worth_eur"] * part["would_use"] * part["contacted"]


def _mean(part: pd.DataFrame) -> float:
    return float(_got(part).mean())


_OTHER_MEASURES: dict[str, tuple[Callable[[pd.DataFrame], float], str]] = {
    "the larger group gets more": (
        lambda part: float(_got(part).sum()),
        "That compares the euros of all customers of a group. A group of twice the size gets about twice "
        "as much even where nobody loses; ask what a customer gets.",
    ),
    "a benefit per contact": (
        lambda part: float(_got(part)[part["contacted"]].mean()),
        "That is what a contact brings. Asked was what a customer of the group gets, contacted or not.",
    ),
    "what they would have had": (
        lambda part: float((part["worth_eur"] * part["would_use"]).mean()),
        "That is what the coupon would be worth to them. Who does not get it has nothing of it.",
    ),
    "uses counted, euros forgotten": (
        lambda part: float((part["would_use"] & part["contacted"]).mean()),
        "That counts uses. One use is worth five euros and another forty.",
    ),
}


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    draws = [
        _draw(answer, rng, family, size)
        for family, many in FAMILIES.items()
        for size in SIZES
        for _ in range(many)
    ]
    said = [draw.said for draw in draws]
    if all(each is None or each is ... for each in said):
        return not_attempted()
    if not all(_is_answer(each) for each in said):
        return wrong(
            f"Return a pair of the group that loses and the euros per customer, such as ('B', 1.5), or "
            f"{CANNOT_TELL!r}."
        )
    return _nothing(draws) or _amounts(draws) or _counted(draws)


def _is_answer(said: Any) -> bool:
    if isinstance(said, str):
        return said == CANNOT_TELL
    if not isinstance(said, tuple | list) or len(said) != 2 or said[0] not in GROUPS:
        return False
    return np.ndim(said[1]) == 0 and bool(np.isfinite(float(said[1])))


def _nothing(draws: list[_Draw]) -> Verdict | None:
    if any(draw.named for draw in draws):
        return None
    losing = sum(draw.loser is not None for draw in draws)
    return wrong(
        f"You never name anybody. Both groups are contacted equally often in all of these tables, and in "
        f"{losing} of {len(draws)} one of them gets less out of it. A contact is not yet a benefit.",
        "equal contacts, equal benefit",
    )


def _amounts(draws: list[_Draw]) -> Verdict | None:
    named = [draw for draw in draws if draw.named]
    given = np.array([abs(float(draw.said[1])) for draw in named])
    if _agree(given, [draw.less for draw in named]):
        return None
    for name, (measure, why) in _OTHER_MEASURES.items():
        if _agree(given, [draw.behind(measure) for draw in named]):
            return wrong(why, name)
    return wrong(
        "The euros are not what the group gets less: of each customer of a group, count the worth where "
        "they would use the coupon and got it, and zero otherwise; then compare the two means."
    )


def _agree(given: NDArray[np.float64], measured: list[float]) -> bool:
    return bool(np.allclose(given, np.abs(measured), rtol=0.01, atol=0.006))


def _counted(draws: list[_Draw]) -> Verdict:
    alike = [draw for draw in draws if draw.loser is None]
    unlike = [draw for draw in draws if draw.loser is not None]
    false = np.mean([draw.named is not None for draw in alike])
    found = np.mean([draw.named == draw.loser for draw in unlike])
    said = f"Of {len(alike)} tables in which nobody loses you name a group in {false:.0%}"
    if np.mean([draw.less < 0 for draw in draws if draw.named]) > 0.5:
        return wrong("You name the group that gets more.")
    if 0 < false < 0.9 and _goes_by_size(draws):
        return wrong(
            f"{said}, and where one loses you name it in {found:.0%}. You go by the euros alone. Among a few "
            "hundred customers chance makes that much; among thousands less would be worth a word.",
            "a loss of this size is a finding, however few the customers",
        )
    if false > FALSE_ALARMS:
        return wrong(
            f"{said}. Some group always gets a few cents less. Name it only where an interval of the "
            "difference leaves out zero.",
            "any difference is a loss" if false > 0.9 else "",
        )
    if found < FOUND:
        return wrong(f"{said}, but where one loses you name it in {found:.0%} of the tables only.")
    return right(
        f"{said}; where one loses you name it in {found:.0%}, whether the contacts miss those who would "
        "use the coupon or the coupon is worth less to them. The contact rates were the same in all of "
        "these tables."
    )


def _goes_by_size(draws: list[_Draw]) -> bool:
    """Tell whether a group is named exactly where the difference in euros passes some threshold."""
    means = [
        draw.table.assign(got=_got(draw.table)).groupby("group")["got"].mean() for draw in draws
    ]
    gaps = np.array([abs(float(mean["A"] - mean["B"])) for mean in means])
    named = np.array([draw.named is not None for draw in draws])
    return bool(not named.all() and gaps[named].min() > gaps[~named].max())


def _draw(answer: Any, rng: np.random.Generator, family: str, size: _Size) -> _Draw:
    loser = None if family == "alike" else str(rng.choice(GROUPS))
    parts = []
    for group, many in zip(GROUPS, size.customers, strict=True):
        own = family if group == loser else "alike"
        telling = size.telling if own == "reached less" else TELLING
        most_eur = size.most_eur if own == "worth less" else MOST_EUR
        parts.append(_customers(rng, many, telling, most_eur).assign(group=group))
    table = pd.concat(parts, ignore_index=True)
    table = table.take(rng.permutation(len(table))).reset_index(drop=True)
    return _Draw(table, family, loser, answer(table.copy()))


def _customers(
    rng: np.random.Generator, many: int, telling: float, most_eur: float
) -> pd.DataFrame:
    """Draw a group of which the same share is contacted always, by scores that tell more or less."""
    would_use = rng.random(many) < BASE
    score = telling * would_use + rng.normal(size=many)
    contacted = np.zeros(many, dtype=bool)
    contacted[np.argsort(score)[-round(CONTACTED * many) :]] = True
    worth = rng.uniform(LEAST_EUR, most_eur, many).round(2)
    return pd.DataFrame({"contacted": contacted, "would_use": would_use, "worth_eur": worth})


BENEFIT = Exercise(
    name="3e",
    task=(
        "Write who_loses(table): which of the groups A and B gets less out of the coupon, and how many euros "
        "less per customer, as a pair such as ('B', 1.5); or 'cannot tell' where chance explains the "
        "difference. table has one row a customer: group, contacted and would_use (True or False), and "
        "worth_eur, from 0 to 40, what the coupon is worth to them if they get it and use it. Both groups "
        "are contacted equally often."
    ),
    hints=(
        "What does a customer get who would use the coupon and was not contacted? And one who was contacted "
        "and would not use it?",
        "Give each customer their euros, zero for most. Compare the means of the two groups, and name one "
        "only where an interval of the difference leaves out zero.",
        "mean_amount(euros, bounds=(0, 40)) gives a mean with its interval, difference(one, other) that of "
        "two of them; both come from equipoise.intervals.",
    ),
    judge=_judge,
    solution=who_loses,
)
