"""Exercise 7a: the most profitable policy within two limits, and how sure that is."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong

__all__ = ["PICK"]

DRAWS = 30
POLICIES = 12
SEEDS = 3
REPLICATES = 40
EPSILON, GAP = 2.0, 0.05
CLOSE = 1.0  # euros


def pick(policies: pd.DataFrame, confirm: pd.DataFrame) -> tuple[str, float, float] | None:
    """Return the best policy within the limits with an interval of what it earns, or None."""
    within = policies[(policies["epsilon"] <= 2) & (policies["selection_gap"] <= 0.05)]
    if within.empty:
        return None
    best = within.loc[within["profit_eur"].idxmax(), "policy"]
    drawn = confirm.loc[(confirm["policy"] == best) & (confirm["replicate"] > 0), "profit_eur"]
    low, high = drawn.quantile([0.025, 0.975])
    return best, low, high


class _Case(NamedTuple):
    """What one sweep shows, and what the answer says of it."""

    policies: pd.DataFrame
    confirm: pd.DataFrame
    said: Any

    @property
    def within(self) -> pd.DataFrame:
        table = self.policies
        return table[(table["epsilon"] <= EPSILON) & (table["selection_gap"] <= GAP)]

    def best(self, table: pd.DataFrame, column: str = "profit_eur") -> str | None:
        return None if table.empty else str(table.loc[table[column].idxmax(), "policy"])

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval over customers and seeds of the policy that was said."""
        own = self.confirm[self.confirm["policy"] == self.said[0]]
        low, high = own.loc[own["replicate"] > 0, "profit_eur"].quantile([0.025, 0.975])
        return float(low), float(high)


def _judge(answer: Any) -> Verdict:
    cases = [_Case(*each, answer(each[0].copy(), each[1].copy())) for each in _sweeps()]
    if all(each.said is None or each.said is ... for each in cases):
        return not_attempted()
    return _of_nobody(cases) or _picked(cases) or _sure(cases) or _passed(cases)


def _of_nobody(cases: list[_Case]) -> Verdict | None:
    for case in cases:
        if case.within.empty and case.said is not None:
            return wrong(
                f"You say {_shown(case.said)} of a sweep in which no policy keeps to both limits. Then "
                "nothing may be picked: return None. Whether a limit gives way is for those who set it.",
                "some policy must be picked",
            )
        if not case.within.empty and not _is_pick(case):
            return wrong(
                f"You say {_shown(case.said)}. Return the name of a policy, and the low and the high end of "
                "the interval of what it earns."
            )
    return None


def _shown(said: Any) -> str:
    if isinstance(said, tuple | list) and len(said) == 3:
        return f"({said[0]}, {float(said[1]):.0f}, {float(said[2]):.0f})"
    return repr(said)


def _is_pick(case: _Case) -> bool:
    said = case.said
    if isinstance(said, str) or said is None or len(said) != 3:
        return False
    known = said[0] in set(case.policies["policy"])
    return known and bool(np.isfinite([float(said[1]), float(said[2])]).all())


def _picked(cases: list[_Case]) -> Verdict | None:
    made = [case for case in cases if not case.within.empty]
    if all(case.said[0] == case.best(case.within) for case in made):
        return None
    over = sum(case.said[0] not in set(case.within["policy"]) for case in made)
    if over:
        return wrong(
            f"In {over} of {len(made)} sweeps your pick breaks a limit. A limit is not a wish that enough "
            "euros outweigh: first see what keeps to both, then look at the euros.",
            "enough profit outweighs a limit",
        )
    if all(case.said[0] == _on_confirm(case) for case in made):
        return wrong(
            "You pick by the confirm-customers. They were kept apart to say what the pick earns: once they "
            "choose as well, the best of many is flattered by them, too.",
            "the confirm-customers may choose",
        )
    for name, column, told in (
        ("the strictest is the best", "epsilon", "the smallest epsilon"),
        ("the strictest is the best", "selection_gap", "the smallest gap"),
    ):
        if all(
            case.said[0] == case.within.loc[case.within[column].idxmin(), "policy"] for case in made
        ):
            return wrong(
                f"You pick {told}. Both limits were set by somebody who knew what they ask for; within "
                "them the question was for the euros.",
                name,
            )
    return wrong("Your pick keeps to the limits, but another one within them earns more.")


def _on_confirm(case: _Case) -> str:
    sample = case.confirm[case.confirm["replicate"] == 0].groupby("policy")["profit_eur"].mean()
    return str(sample[case.within["policy"]].idxmax())


def _sure(cases: list[_Case]) -> Verdict | None:
    made = [case for case in cases if not case.within.empty]
    said = np.array([[float(side) for side in case.said[1:]] for case in made])
    wanted = np.array([case.bounds for case in made])
    if (said[:, 1] - said[:, 0] < CLOSE).all():
        return wrong(
            "Your interval has no width. Other customers than these would have brought another figure: say "
            "from where to where.",
            "the mean over seeds is enough",
        )
    bands = np.array(
        [
            case.policies.set_index("policy").loc[
                case.said[0], ["profit_eur_low", "profit_eur_high"]
            ]
            for case in made
        ],
        dtype=float,
    )
    if (np.abs(said - bands) < CLOSE).all():
        return wrong(
            "You give the band over seeds. It says how much noise and training matter, on the very "
            "customers that the pick was made on. How it goes with others, only the confirm-customers tell.",
            "seed bands say how sure we are about other customers",
        )
    ratio = (said[:, 1] - said[:, 0]) / (wanted[:, 1] - wanted[:, 0])
    outside = (said[:, 0] > wanted.mean(axis=1)) | (said[:, 1] < wanted.mean(axis=1))
    if not (0.85 < np.median(ratio) < 1.25) or outside.any():
        return wrong(
            f"Your interval is {np.median(ratio):.1f} times as wide as the one that holds 95 % of what "
            "other draws of the confirm-customers brought to your pick."
            + (" And it does not always hold their middle." if outside.any() else "")
        )
    return None


def _passed(cases: list[_Case]) -> Verdict:
    made = [case for case in cases if not case.within.empty]
    flattered = [
        float(case.policies.set_index("policy").loc[case.said[0], "profit_eur"])
        - float(np.mean(case.bounds))
        for case in made
    ]
    return right(
        f"In {len(made)} sweeps you pick what earns most within the limits, and say nothing where nothing "
        "keeps to them. On the customers it was chosen on, your pick looked better than on the others by "
        f"{np.mean(flattered):.0f} € on average: that is the luck of the best of many."
    )


@cache
def _sweeps() -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    rng = np.random.default_rng(2026)
    return [_sweep(rng, nobody=place % 6 == 0) for place in range(DRAWS)]


def _sweep(rng: np.random.Generator, *, nobody: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return policies as a sweep shows them, and what the confirm-customers draw by draw bring."""
    names = [f"policy {place + 1}" for place in range(POLICIES)]
    truth = rng.normal(900, 60, POLICIES)
    each = truth[:, None] + rng.normal(0, 25, (POLICIES, SEEDS)) + rng.normal(0, 60, (POLICIES, 1))
    epsilon = rng.choice([0.3, 1.0, 2.0, 3.0, np.inf], POLICIES)
    gap = np.round(rng.uniform(0.005, 0.1, POLICIES), 3)
    # Who keeps to no limit earns most, so that a limit costs something.
    each[(epsilon > EPSILON) | (gap > GAP)] += 150
    gap = np.where(nobody & (epsilon <= EPSILON), gap + GAP, gap)
    if not nobody:
        epsilon[:3], gap[:3] = 1.0, (0.01, 0.03, GAP)
    policies = pd.DataFrame(
        {
            "policy": names,
            "epsilon": epsilon,
            "selection_gap": gap,
            "profit_eur": each.mean(axis=1),
            "profit_eur_low": each.min(axis=1),
            "profit_eur_high": each.max(axis=1),
        }
    )
    sample = truth + rng.normal(0, 60, POLICIES)
    draws = sample[:, None, None] + rng.normal(0, 110, (POLICIES, REPLICATES + 1, SEEDS))
    draws[:, 0] = sample[:, None]
    index = pd.MultiIndex.from_product(
        [names, range(REPLICATES + 1), range(SEEDS)], names=["policy", "replicate", "seed"]
    )
    confirm = pd.DataFrame({"profit_eur": draws.ravel()}, index=index).reset_index()
    return policies.sample(frac=1, random_state=rng), confirm


PICK = Exercise(
    name="7a",
    task=(
        "Write pick(policies, confirm): the most profitable policy with epsilon of at most 2 and a selection "
        "gap of at most 0.05, and how sure you are of what it earns. Both frames are those of a sweep: "
        "policies has a row a policy, with means over seeds on the choose-customers; confirm has the "
        "profit_eur of a policy for each seed and replicate, which is a draw of the confirm-customers (0: "
        "the customers as they are). Return (policy, low, high) with a 95 % interval, or None where no "
        "policy keeps to both limits."
    ),
    hints=(
        "Which frame may choose, and which may only say what the choice earns? And what if nothing is "
        "left?",
        "Keep the rows of policies within both limits; among them take the one with the largest "
        "profit_eur. Then go to the rows of confirm with that policy.",
        "confirm has replicates above 0: the 2.5 % and the 97.5 % quantile of their profit_eur, over all "
        "seeds, are low and high.",
    ),
    judge=_judge,
    solution=pick,
)
