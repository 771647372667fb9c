"""Exercise 2c: target by effect, and know which figure a firm has to judge it by."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import Interval, difference, wilson

__all__ = ["EFFECT"]

TRUTH, ESTIMATE = "truth", "estimate"
PAST, NEW = 12_000, 30_000
CONTACTED = 0.7
SHARE = 0.2
WON_EUR, DISCOUNT_EUR, COST_EUR = 35.0, 7.0, 0.9
ALIKE = 0.8
"""So much of its fifth another list must share to be recognised."""
ENOUGH = 0.35
"""So much of what the oracle's fifth adds must be added."""

Floats = NDArray[np.float64]


def by_effect(past: pd.DataFrame, new: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return scores that rank new customers by what a contact changes, and what a firm can see."""
    chance = {}
    for contacted in (0, 1):
        rows = past[past["contacted"] == contacted]
        model = LogisticRegression(max_iter=1000).fit(rows[list(new)], rows["ordered"])
        chance[contacted] = model.predict_proba(new)[:, 1]
    return chance[1] - chance[0], "estimate"


class _Firm(NamedTuple):
    """A campaign with a hold-out to learn from, and a later one to decide about."""

    past: pd.DataFrame
    new: pd.DataFrame
    contacted: NDArray[np.bool_]
    ordered: NDArray[np.bool_]
    if_contacted: Floats
    if_left: Floats

    @property
    def gain_eur(self) -> Floats:
        """What contacting each new customer adds, by truth."""
        won = self.if_contacted * (WON_EUR - DISCOUNT_EUR) - self.if_left * WON_EUR
        return np.asarray(won - COST_EUR)

    def per_1000(self, scores: Floats) -> float:
        return float(1000 * SHARE * self.gain_eur[_top(scores)].mean())

    def by_hold_out(self, scores: Floats) -> Interval:
        """Return the same as a firm can know it: from who was contacted by lot and who was not."""
        top = _top(scores)
        arms = []
        for arm, euros in ((self.contacted, WON_EUR - DISCOUNT_EUR), (~self.contacted, WON_EUR)):
            rate = wilson(self.ordered[top & arm].sum(), (top & arm).sum())
            arms.append(Interval(*(euros * side for side in rate)))
        added = difference(*arms)
        return Interval(*(1000 * SHARE * (float(side) - COST_EUR) for side in added))


def _top(scores: Floats) -> NDArray[np.bool_]:
    """Return the fifth with the highest scores; which of tied ones, a fixed lot says."""
    lot = np.random.default_rng(1).random(len(scores))
    order = np.lexsort((lot, -np.asarray(scores, float)))
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[order[: round(SHARE * len(scores))]] = True
    return chosen


def _judge(answer: Any) -> Verdict:
    firms = _firms()
    said = [answer(firm.past.copy(), firm.new.copy()) for firm in firms]
    if all(each is None or each is ... for each in said):
        return not_attempted()
    if not all(isinstance(each, tuple | list) and len(each) == 2 for each in said):
        return wrong(
            f"Return a pair: one score for each row of new, and {TRUTH!r} or {ESTIMATE!r}."
        )
    if not all(_is_scores(scores) for scores, _ in said):
        return wrong(
            f"The first of the pair must be one number for each of the {NEW:,} rows of new, the highest for "
            "who is contacted first."
        )
    scores = [np.asarray(each, float) for each, _ in said]
    return (
        _ranking(firms, scores) or _known([figure for _, figure in said]) or _right(firms, scores)
    )


def _is_scores(scores: Any) -> bool:
    return np.shape(scores) == (NEW,) and bool(np.isfinite(np.asarray(scores, float)).all())


def _ranking(firms: list[_Firm], scores: list[Floats]) -> Verdict | None:
    euros = np.array([firm.per_1000(own) for firm, own in zip(firms, scores, strict=True)])
    best = np.array([firm.per_1000(firm.gain_eur) for firm in firms])
    seen = [firm.by_hold_out(own).low for firm, own in zip(firms, scores, strict=True)]
    risk = [firm.by_hold_out(_risk(firm.new)).value for firm in firms]
    if (euros > ENOUGH * best).all() and np.greater(seen, risk).all():
        return None
    told = f"By truth, your fifth adds {euros.mean():,.0f} € per 1,000 customers"
    for name, others, why in _other_rankings():
        pairs = zip(scores, others, strict=True)
        if all((_top(own) & _top(other)).sum() > ALIKE * _top(own).sum() for own, other in pairs):
            return wrong(f"{told}. {why}", name)
    turned = [firm.per_1000(-own) for firm, own in zip(firms, scores, strict=True)]
    if (turned > ENOUGH * best).all():
        return wrong(
            f"{told}. You contact those first whom the coupon moves least: which chance is taken from which?",
            "the lowest effect first",
        )
    lost = np.mean([firm.per_1000(_risk(firm.new)) for firm in firms])
    return wrong(
        f"{told}; ranked by the risk to leave it would be {lost:,.0f} €, and the best fifth adds "
        f"{best.mean():,.0f} €. Compare, for customers alike, those who were contacted with those left alone."
    )


def _known(figures: list[Any]) -> Verdict | None:
    if all(figure == ESTIMATE for figure in figures):
        return None
    if all(figure == TRUTH for figure in figures):
        return wrong(
            "Your fifth earns. But a firm does not have the truth: it would have to see each customer twice, "
            "once with the coupon and once without.",
            "a firm can see the truth",
        )
    return wrong(f"Your fifth earns. The second of the pair must be {TRUTH!r} or {ESTIMATE!r}.")


def _right(firms: list[_Firm], scores: list[Floats]) -> Verdict:
    firm, own = firms[0], scores[0]
    seen = firm.by_hold_out(own)
    risk = firm.by_hold_out(_risk(firm.new))
    return right(
        f"By truth your fifth adds {firm.per_1000(own):,.0f} € per 1,000 customers in the first firm, and "
        f"{firm.per_1000(_risk(firm.new)):,.0f} € if ranked by the risk to leave. By the hold-out it is "
        f"{seen.value:,.0f} € [{seen.low:,.0f}, {seen.high:,.0f}] against {risk.value:,.0f} € "
        f"[{risk.low:,.0f}, {risk.high:,.0f}]. The firm has the second sentence only, and it has it because "
        "it left some customers alone by lot."
    )


def _risk(new: pd.DataFrame) -> Floats:
    """Return scores that are high for who seems about to leave."""
    return np.asarray(new["months_quiet"] - new["orders"] / 10)


def _with_a_column_for_the_contact(firm: _Firm) -> Floats:
    """Return effects by one model without interactions."""
    names = [*firm.new, "contacted"]
    model = LogisticRegression(max_iter=1000).fit(firm.past[names], firm.past["ordered"])
    both = [model.predict_proba(firm.new.assign(contacted=arm))[:, 1] for arm in (1, 0)]
    return np.asarray(both[0] - both[1])


@cache
def _other_rankings() -> list[tuple[str, list[Floats], str]]:
    firms = _firms()
    return [
        (
            "response equals effect",
            [firm.if_contacted for firm in firms],
            "You rank by who will order. At the top stand customers who order anyway: they take the "
            "discount, and the order would have come without it.",
        ),
        (
            "one effect for everybody",
            [_with_a_column_for_the_contact(firm) for firm in firms],
            "You let one model read the contact as a column among others. Then a contact multiplies "
            "everybody's odds by the same factor, and those seem to be moved most whose order is a toss "
            "of a coin anyway.",
        ),
        (
            "who may leave is worth most",
            [_risk(firm.new) for firm in firms],
            "You rank by the risk to leave. Many of those have left already, and no coupon brings them "
            "back; it costs little, since they do not use it, and adds less than that.",
        ),
        (
            "who would not order has most to be moved",
            [-firm.if_left for firm in firms],
            "You rank by who would not order without a coupon. Most of them do not order with one either.",
        ),
    ]


@cache
def _firms() -> list[_Firm]:
    rng = np.random.default_rng(2026)
    return [_firm(rng, moved) for moved in (0.65, 0.55)]


def _firm(rng: np.random.Generator, moved: float) -> _Firm:
    customers = PAST + NEW
    liking = rng.gamma(1.5, 1.0, customers)
    table = pd.DataFrame(
        {
            "orders": rng.poisson(2 * liking).astype(float),
            "months_quiet": np.minimum(rng.exponential(8 / (0.5 + liking)), 24.0),
            "discounted_share": rng.beta(1.2, 1.5, customers),
            "years": rng.uniform(0, 8, customers),
        }
    )
    odds = -2.6 + 0.45 * table["orders"] - 0.12 * table["months_quiet"]
    left = (1 / (1 + np.exp(-odds))).to_numpy()
    pull = np.exp(-table["orders"] / 3 - table["months_quiet"] / 6) * table["discounted_share"]
    contact = left + (1 - left) * moved * pull.to_numpy()
    contacted = rng.random(customers) < CONTACTED
    ordered = rng.random(customers) < np.where(contacted, contact, left)
    past, new = slice(0, PAST), slice(PAST, None)
    known = table[past].assign(
        contacted=contacted[past].astype(int), ordered=ordered[past].astype(int)
    )
    later = table[new].reset_index(drop=True)
    return _Firm(known, later, contacted[new], ordered[new], contact[new], left[new])


EFFECT = Exercise(
    name="2c",
    task=(
        "Write by_effect(past, new): scores for the rows of new, so that contacting the fifth with the "
        "highest adds more euros than contacting the fifth most likely to leave. past is a campaign: the "
        "columns of new, and contacted and ordered (0 or 1), where three in ten were left alone by lot. An "
        "order brings 35 €, less 7 € with a coupon, and a contact costs 0.90 €. Return the scores, and which "
        "of two figures of their worth a real firm has: the 'truth', or the 'estimate' from its hold-out."
    ),
    hints=(
        "What would this customer do with a coupon, and what without one? past has both kinds, though "
        "never of the same customer.",
        "Fit one model to the contacted and one to those left alone. For each row of new, both say how "
        "likely an order is. What a contact changes is one less the other.",
        "LogisticRegression(max_iter=1000).fit(rows[list(new)], rows['ordered']) for the rows of either "
        "kind; predict_proba(new)[:, 1] has the chances. And who ever saw a customer both contacted and "
        "left alone?",
    ),
    judge=_judge,
    solution=by_effect,
)
