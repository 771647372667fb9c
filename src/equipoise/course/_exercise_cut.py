"""Exercise 2a: the cut that earns most, found on some customers and paid on others."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong

__all__ = ["CUT"]

VALIDATION, HIDDEN = 2_500, 40_000
WON_EUR = 28.0
COSTS_EUR = (0.9, 1.5, 2.5, 4.0, 6.0, 8.0, 10.0)
HOPELESS_EUR = 15.0
"""A contact that costs this much pays for nobody."""
REGRET, WORST_REGRET = 0.06, 0.3
NOBODY = 0.02

Floats = NDArray[np.float64]
SHAPES: tuple[Callable[[Floats], Floats], ...] = (
    lambda u: u**2,
    lambda u: 0.3 * u,
    np.sqrt,
    lambda u: 0.4 + 0.5 * u,
)
"""What a firm's model calls a score: always rising with the chance to order, seldom equal to it."""


def cut(scores: np.ndarray, profit_eur: np.ndarray) -> float:
    """Return the lowest score that is contacted, or infinity where nobody should be."""
    order = np.argsort(-scores)
    earned = np.cumsum(profit_eur[order])
    best = np.argmax(earned)
    return float(scores[order[best]]) if earned[best] > 0 else np.inf


class _Firm(NamedTuple):
    """Customers to find a cut with; others to pay it on, with their expected profit and best cut."""

    scores: Floats
    profit_eur: Floats
    hidden_scores: Floats
    expected_eur: Floats
    best: float
    best_share: float

    def share(self, lowest: float) -> float:
        return float((self.hidden_scores >= lowest).mean())

    def earned(self, lowest: float) -> float:
        return float(self.expected_eur[self.hidden_scores >= lowest].sum())


def _judge(answer: Any) -> Verdict:
    firms = _firms()
    said = [answer(firm.scores.copy(), firm.profit_eur.copy()) for firm in firms]
    if all(each is None or each is ... for each in said):
        return not_attempted()
    if not all(_is_cut(each) for each in said):
        return wrong("Return one number: the lowest score that is contacted, or np.inf for nobody.")
    cuts = np.array([float(each) for each in said])
    shares = np.array([firm.share(cut) for firm, cut in zip(firms, cuts, strict=True)])
    return _habits(cuts, shares, firms) or _of_nobody(shares, firms) or _paid(cuts, firms)


def _is_cut(said: Any) -> bool:
    number = isinstance(said, int | float | np.number) and not isinstance(said, bool)
    return number and not np.isnan(float(said))


def _habits(cuts: Floats, shares: Floats, firms: list[_Firm]) -> Verdict | None:
    """Recognise cuts that are made without looking at the euros, or at the wrong ones."""
    if np.ptp(cuts) < 0.02 and abs(cuts[0] - 0.5) < 0.05:
        return wrong(
            f"You cut at {cuts[0]:.2f} in every firm. At a half a customer is as likely to order as not, "
            "and that is no reason to write to them, nor a reason not to. What a contact costs and what "
            "an order brings must decide, and many scores are no probabilities at all.",
            "the threshold is 0.5",
        )
    if (shares > 0.98).all():
        return wrong(
            "You contact everybody in every firm. The customers with the lowest scores cost more than "
            "they bring, and from some place on each more contact takes away.",
            "more contacts, more profit",
        )
    if np.ptp(shares) < 0.05 and shares.min() > 0.05:
        return wrong(
            f"You contact about {shares.mean():.0%} of the customers in every firm. How many are worth a "
            f"contact depends on the firm: in these, from none up to "
            f"{max(firm.best_share for firm in firms):.0%} of them.",
            "one share fits every firm",
        )
    if np.isin(shares.round(2), (0.0, 1.0)).all() and shares.max() > 0.98:
        return wrong(
            "You contact everybody or nobody. The mean over all customers says whether a campaign to all of "
            "them pays; you may also stop on the way.",
            "all or nobody",
        )
    wanted = np.array([firm.best_share if firm.best > 0 else 1.0 for firm in firms])
    if (shares < 0.1).all() and (shares < wanted / 2).all():
        return wrong(
            f"You contact at most {shares.max():.1%} of the customers. Those earn most per contact. But a "
            "customer who brings one euro still brings one euro: add them up.",
            "the most profit per contact",
        )
    return None


def _of_nobody(shares: Floats, firms: list[_Firm]) -> Verdict | None:
    for share, firm in zip(shares, firms, strict=True):
        if firm.best == 0 and share > NOBODY:
            return wrong(
                f"In one firm a contact costs {HOPELESS_EUR:g} € and no customer is worth it. You contact "
                f"{share:.0%} of them. Where the sum never rises above zero, the answer is nobody.",
                "somebody must be contacted",
            )
    return None


def _paid(cuts: Floats, firms: list[_Firm]) -> Verdict:
    regrets = np.array(
        [
            1 - firm.earned(lowest) / firm.best
            for firm, lowest in zip(firms, cuts, strict=True)
            if firm.best > 0
        ]
    )
    told = (
        f"On customers whom you have not seen, your cuts earn {1 - regrets.mean():.0%} of what the best "
        "cuts earn there"
    )
    if regrets.mean() > REGRET or regrets.max() > WORST_REGRET:
        return wrong(
            f"{told}; in the worst firm {1 - regrets.max():.0%}. Go from the highest score down, and watch "
            "what all contacts so far have earned together."
        )
    return right(
        f"{told}, and in the firm where nobody is worth a contact you contact nobody. What you found on the "
        f"customers that you had looked better there than it is, by {_flattered(cuts, firms):.1%}: a "
        "best cut is picked with its luck."
    )


def _flattered(cuts: Floats, firms: list[_Firm]) -> float:
    seen, truly = 0.0, 0.0
    for firm, lowest in zip(firms, cuts, strict=True):
        seen += firm.profit_eur[firm.scores >= lowest].sum() / VALIDATION
        truly += firm.earned(lowest) / HIDDEN
    return seen / truly - 1


@cache
def _firms() -> list[_Firm]:
    rng = np.random.default_rng(2026)
    costs = [*COSTS_EUR, HOPELESS_EUR, *COSTS_EUR[1:6]]
    return [_firm(rng, cost, SHAPES[place % len(SHAPES)]) for place, cost in enumerate(costs)]


def _firm(rng: np.random.Generator, cost: float, shape: Callable[[Floats], Floats]) -> _Firm:
    customers = rng.random(VALIDATION + HIDDEN)
    chance: Floats = 0.01 + 0.45 * customers**1.5
    scores = np.asarray(shape(customers))
    seen = slice(0, VALIDATION)
    ordered = rng.random(VALIDATION) < chance[seen]
    hidden, expected = scores[VALIDATION:], WON_EUR * chance[VALIDATION:] - cost
    running = expected[np.argsort(-hidden)].cumsum()
    return _Firm(
        scores[seen],
        WON_EUR * ordered.astype(np.float64) - cost,
        hidden,
        expected,
        best=max(0.0, float(running.max())),
        best_share=float((running.argmax() + 1) / HIDDEN),
    )


CUT = Exercise(
    name="2a",
    task=(
        "Write cut(scores, profit_eur): the lowest score that is still contacted, so that contacting "
        "everybody from it upwards earns most. Both are arrays of the customers of a validation period; "
        "profit_eur is what contacting each of them earned. Your cut is paid on other customers of the "
        "same firm, next season. Where nobody is worth a contact, return np.inf."
    ),
    hints=(
        "If you went down from the highest score, one customer after another, when would you stop?",
        "Bring the euros into the order of falling scores and add them up on the way. The sum has a highest "
        "point, unless it never rises above zero.",
        "np.argsort(-scores) is the order, np.cumsum(...) the sum on the way, np.argmax(...) the place of "
        "its highest point.",
    ),
    judge=_judge,
    solution=cut,
)
