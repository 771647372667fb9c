"""Exercise 5d: how much better than guessing an attacker tells members, and whose group is exposed."""

from __future__ import annotations

from functools import cache
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import difference, newcombe

__all__ = ["EXPOSED"]

GROUPS, SHARES = ("A", "B", "C"), (0.5, 0.3, 0.2)
FALSE_ALARMS, FOUND = 0.15, 0.8
LIKE = 0.09
"""How near the means of an answer are to those of a wrong rule that it is taken for."""


class _Family(NamedTuple):
    """Tables of one kind, and how far the mean advantage that is said may lie from the true one."""

    tables: int
    rows: int
    members: float
    tolerance: float


FAMILIES = {
    "few rows": _Family(60, 60, 0.5, 0.1),
    "equal": _Family(12, 1000, 0.5, 0.07),
    "many members": _Family(12, 1000, 0.8, 0.07),
    "one group": _Family(12, 1200, 0.5, 0.06),
}
"""No score tells anything in few rows; half of all members score higher in the two families that
follow; in the last one it is the members of C, and all of B, members or not."""


def exposed_most(scores: pd.DataFrame) -> tuple[float, str | None]:
    """Return the attacker's advantage, and the group that is exposed clearly more than the others."""
    half = np.random.default_rng(1).random(len(scores)) < 0.5
    alarms, hits, cuts = roc_curve(scores["member"][half], scores["score"][half])
    judged = scores[~half]
    called = judged["score"] >= cuts[np.argmax(hits - alarms)]

    def advantage(rows: pd.Series) -> Any:
        yes, member = called[rows], judged["member"][rows]
        counts = yes[member].sum(), member.sum(), yes[~member].sum(), (~member).sum()
        return newcombe(*counts, confidence=1 - 0.05 / 3)

    found = None
    for group in ("A", "B", "C"):
        own = judged["group"] == group
        if difference(advantage(own), advantage(~own)).low > 0:
            found = group
    return float(advantage(called | ~called).value), found


class _Case(NamedTuple):
    """A hidden table, its family and what the answer says."""

    family: str
    scores: pd.DataFrame
    value: float = np.nan
    group: Any = None


@cache
def _hidden() -> tuple[_Case, ...]:
    rng = np.random.default_rng(2026)
    cases = [
        _Case(family, _drawn(rng, family))
        for family in FAMILIES
        for _ in range(FAMILIES[family][0])
    ]
    return tuple(cases[place] for place in rng.permutation(len(cases)))


def _drawn(rng: np.random.Generator, family: str) -> pd.DataFrame:
    _, rows, members, _ = FAMILIES[family]
    group, member = rng.choice(GROUPS, rows, p=SHARES), rng.random(rows) < members
    score = rng.normal(size=rows)
    if family in ("equal", "many members"):
        score += np.where(member & (rng.random(rows) < 0.5), 2.0, 0.0)
    if family == "one group":
        score += np.where(group == "B", 4.0, 0.0) + np.where((group == "C") & member, 3.0, 0.0)
    return pd.DataFrame({"member": member, "score": score, "group": pd.Series(group, dtype="str")})


@cache
def _truth() -> dict[str, float]:
    """Return the advantage of the best cut in each family, as its distributions have it."""
    cuts = np.linspace(-4, 8, 12_001)
    half = 0.5 * (norm.sf(cuts - 2) - norm.sf(cuts))
    one = SHARES[2] * (norm.sf(cuts - 3) - norm.sf(cuts))
    equal = float(half.max())
    return {
        "few rows": 0.0,
        "equal": equal,
        "many members": equal,
        "one group": float(one.max()),
    }


@cache
def _mistaken() -> pd.DataFrame:
    """Return what wrong rules say on average: one row a rule, one column a family."""
    rows = [{"family": case.family} | _by_wrong_rules(case.scores) for case in _hidden()]
    return pd.DataFrame(rows).groupby("family").mean().T


def _by_wrong_rules(scores: pd.DataFrame) -> dict[str, float]:
    member, score = scores["member"].to_numpy(), scores["score"].to_numpy()
    alarms, hits, _ = roc_curve(member, score, drop_intermediate=False)
    right_by_cut = member.mean() * hits + (1 - member.mean()) * (1 - alarms)
    best = int(np.argmax(hits - alarms))
    return {
        "own rows": hits[best] - alarms[best],
        "hits": hits[best],
        "accuracy": right_by_cut[best],
        "best accuracy": right_by_cut.max(),
        "balanced": (1 + hits[best] - alarms[best]) / 2,
        "area": float(roc_auc_score(member, score)),
    }


def _judge(answer: Any) -> Verdict:
    given = [answer(case.scores.copy()) for case in _hidden()]
    if all(each is None or each is ... for each in given):
        return not_attempted()
    odd = [each for each in given if not _is_pair(each)]
    if odd:
        return wrong(
            "Return the advantage, a number from -1 to 1, and the name of a group or None: a pair such as "
            f"(0.1, 'A'), not {odd[0]!r:.60}."
        )
    cases = [
        case._replace(value=float(value), group=None if pd.isna(group) else str(group))
        for case, (value, group) in zip(_hidden(), given, strict=True)
    ]
    return _by_value(cases) or _by_group(cases) or _passed(cases)


def _is_pair(given: Any) -> bool:
    if not isinstance(given, tuple | list | np.ndarray | pd.Series) or len(given) != 2:
        return False
    value, group = given
    if np.ndim(value) != 0 or np.ndim(group) != 0 or isinstance(value, bool | np.bool_):
        return False
    is_number = isinstance(value, Real | np.ndarray) and -1 <= float(value) <= 1
    return is_number and (pd.isna(group) or group in GROUPS)


def _means(cases: list[_Case]) -> pd.Series:
    values = pd.DataFrame({"family": [c.family for c in cases], "value": [c.value for c in cases]})
    return values.groupby("family")["value"].mean()


def _by_value(cases: list[_Case]) -> Verdict | None:
    means = _means(cases)
    off = {name: means[name] - _truth()[name] for name in FAMILIES}
    if all(abs(off[name]) <= FAMILIES[name].tolerance for name in FAMILIES):
        return None
    far = (_mistaken() - means).abs().max(axis="columns")
    rule = str(far.idxmin()) if far.min() < LIKE else ""
    if rule in _RULES:
        family, said, name = _RULES[rule]
        return wrong(said.format(means[family]), name)
    if all(abs(off[name]) <= FAMILIES[name].tolerance for name in list(FAMILIES)[1:]):
        return wrong(*_too_good(means["few rows"]))
    worst = max(off, key=lambda name: abs(off[name]))
    return wrong(
        f"You say {means[worst]:.2f} on average where {_WHERE[worst]}. The best cut has "
        f"{'less' if off[worst] > 0 else 'more'} than that: the share of members who are called members, "
        "less that of the others who are."
    )


def _too_good(mean: float) -> tuple[str, str]:
    if mean < 0:
        return f"You say {mean:.2f} on average where no score tells anything.", ""
    return (
        f"In tables of {FAMILIES['few rows'].rows} rows where no score tells anything you say {mean:.2f} on "
        "average. Some cut always looks good on the rows that it was chosen on. Would it on others?",
        "the best cut on the rows that judge it",
    )


_ACCURACY = (
    "many members",
    "Where 80 % are members you say {:.2f}. Whoever calls everybody a member is right of 80 % there, and "
    "has told nobody from anybody: how often an attacker is right depends on how many are members.",
    "accuracy is the advantage",
)
_HALF = (
    "few rows",
    "Where no score tells anything you say {:.2f}. An attacker who guesses is right of one half, and is no "
    "better than guessing: an advantage is counted from there, and zero is none.",
    "guessing is an advantage of one half",
)
_RULES = {
    "hits": (
        "few rows",
        "Where no score tells anything you say {:.2f}. You count the members who are called members. How "
        "many of the others are?",
        "the advantage is the share of members found",
    ),
    "accuracy": _ACCURACY,
    "best accuracy": _ACCURACY,
    "balanced": _HALF,
    "area": _HALF,
}
_WHERE = {
    "few rows": "no score tells anything",
    "equal": "half of the rows are members",
    "many members": "80 % of the rows are members",
    "one group": "one group alone is exposed",
}


def _by_group(cases: list[_Case]) -> Verdict | None:
    """Judge the groups that are named: whom, and where nobody is exposed more than others."""
    alike = [case for case in cases if case.family != "one group"]
    one = [case for case in cases if case.family == "one group"]
    named = [case for case in alike if case.group is not None]
    if len(named) > FALSE_ALARMS * len(alike):
        return _alarms(alike, named)
    hits = sum(case.group == "C" for case in one)
    if hits >= FOUND * len(one):
        return None
    if sum(case.group == "B" for case in one) > len(one) / 2:
        return wrong(
            f"In {len(one)} tables one group is exposed, and you mostly name another: its members are found "
            "most often, and those of it who are no members are called members as often.",
            "who is called a member most is exposed most",
        )
    return wrong(
        f"In {len(one)} tables one group is exposed and the others are not. You name it in {hits}. What "
        "is small on average may be large for a few.",
        "" if hits else "the average speaks for every group",
    )


def _alarms(alike: list[_Case], named: list[_Case]) -> Verdict:
    said = f"In {len(named)} of {len(alike)} tables you name a group, and none is exposed more than the rest"
    if len(named) > 0.9 * len(alike):
        return wrong(
            f"{said}. One of three is always highest. Could chance alone put it there?",
            "some group is always exposed most",
        )
    leaking = [case for case in alike if case.family != "few rows"]
    many = sum(case.group is not None for case in leaking)
    if many > 0.8 * len(leaking) and len(named) - many < FALSE_ALARMS * len(alike):
        return wrong(
            f"{said}. All of them are exposed there. That a group can be told from guessing is one "
            "question; whether it can be told from the others is the one that was asked.",
            "whoever is exposed is exposed most",
        )
    return wrong(
        f"{said}. The fewer members of a group are judged, the larger are the differences that chance makes."
    )


def _passed(cases: list[_Case]) -> Verdict:
    means = _means(cases)
    hits = sum(case.group == "C" for case in cases if case.family == "one group")
    many = FAMILIES["one group"].tables
    return right(
        f"Where no score tells anything you say {means['few rows']:z.2f} on average, and "
        f"{means['equal']:.2f} and {means['many members']:.2f} where scores tell the same of 50 % and of "
        f"80 % members. In {hits} of {many} tables you name the group that is exposed, although all "
        f"together the advantage is {means['one group']:.2f}. That one attack finds nobody does not prove "
        "that none could."
    )


EXPOSED = Exercise(
    name="5d",
    task=(
        "Write exposed_most(scores): a pair such as (0.1, 'A') of the attacker's advantage and the group "
        "that is exposed clearly more than the others, or None where chance explains the difference. scores "
        "has one row a customer: member (was in the training data), score (higher where an attack takes the "
        "customer for a member), group (A, B or C). Whoever reaches a cut is called a member. The advantage "
        "is how much more often members are than others, by the best cut that can be chosen on rows other "
        "than those that judge it."
    ),
    hints=(
        "On which rows do you choose the cut, and on which do you count? And whom else but members does the "
        "cut catch?",
        "Choose the cut on a random half. On the other half take the share of members who reach it less the "
        "share of the others who do, for all and for each group. Name a group only where its interval "
        "against the rest, at a level that pays for three looks, is above zero.",
        "roc_curve(member, score) from sklearn.metrics gives false alarms, hits and cuts; the best is at "
        "np.argmax(hits - alarms). newcombe from equipoise.intervals gives an advantage with its "
        "interval from four counts, and difference(own, rest) compares two of them.",
    ),
    judge=_judge,
    solution=exposed_most,
)
