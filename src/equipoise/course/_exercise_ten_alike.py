"""Exercise 5b: ten customers alike on what others may know, at the least loss for the offer model."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.crm import make_crm
from equipoise.privacy.anonymity import Anonymity, ModelLoss, anonymise, measure_anonymity
from equipoise.task import Task

__all__ = ["TEN_ALIKE"]

KNOWN = [
    "postcode_area",
    "household_size",
    "tenure_days",
    "days_since_last_order",
    "lead_source",
]
STEPS: dict[str, list[Any]] = {
    "postcode_area": [2, "*"],
    "household_size": [
        {str(n): "1-2" if n < 3 else "3+" for n in range(1, 21)} | {"unknown": "-"},
        "*",
    ],
    "tenure_days": [90, 360, "*"],
    "days_since_last_order": [30, 90, 360, "*"],
    "lead_source": ["*"],
}
K = 10
MOST_SUPPRESSED = 0.05
CUSTOMERS, SEED = 8000, 45
"""A world in which the table that is best for the model is clearly better: in some, chance hides it."""
SEEDS = range(100, 110)
"""Splits that judge; the learner's own are others."""
ALLOWED = 0.5
"""Share of what the least changed table loses, that an answer may lose at most."""
TOO_GOOD = -0.05


def ten_alike(table: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Return the table in which each customer looks like nine others, at the least loss for a model."""
    sizes = {str(n): "1-2" if n < 3 else "3+" for n in range(1, 21)} | {"unknown": "-"}
    steps: dict[str, list[Any]] = {
        "postcode_area": [2, "*"],
        "household_size": [sizes, "*"],
        "tenure_days": [90, 360, "*"],
        "days_since_last_order": [30, 90, 360, "*"],
        "lead_source": ["*"],
    }
    return anonymise(table, quasi_identifiers=steps, k=10, loss=ModelLoss(task)).table


@cache
def _task() -> Task:
    return make_crm(customers=CUSTOMERS, seed=SEED).task("offer_response")


@cache
def _loss() -> ModelLoss:
    return ModelLoss(_task(), seeds=SEEDS)


@cache
def _least_changed(loss: str) -> pd.DataFrame:
    return anonymise(_task().X, quasi_identifiers=STEPS, k=K, loss=loss).table


@cache
def _lost_by_least_changed() -> float:
    return _loss()(_least_changed("ncp"))


def _judge(answer: Any) -> Verdict:
    table = _task().X
    given = answer(table.copy(), deepcopy(_task()))
    if given is None or given is ...:
        return not_attempted()
    if not isinstance(given, pd.DataFrame):
        more = " What `anonymise` returns has one as `.table`." if hasattr(given, "table") else ""
        return wrong(f"Return a table (a DataFrame), not {type(given).__name__}.{more}")
    return (
        _misshapen(given, table)
        or _suppressed(given, table)
        or _too_few_alike(given, table)
        or _lost(given)
    )


def _misshapen(given: pd.DataFrame, table: pd.DataFrame) -> Verdict | None:
    missing = [name for name in table if name not in given]
    if missing:
        hidden = missing[0] in KNOWN
        move = "Hide it by one value for all, such as '*'." if hidden else "Keep it as it is."
        return wrong(f"Your table has no column {missing[0]}. {move}")
    if not (given.index.is_unique and given.index.isin(table.index).all()):
        return wrong(
            "Keep the labels of the rows, each once: they say which customer a row stands for."
        )
    others = [name for name in table if name not in KNOWN]
    if not given[others].equals(table.loc[given.index, others]):
        return wrong(
            "Columns that nobody outside knows are not those of the customers whose labels your rows have. "
            "Leave them as they are, and keep the index: reset, it gives each row another customer's label."
        )
    return None


def _suppressed(given: pd.DataFrame, table: pd.DataFrame) -> Verdict | None:
    left_out = ~table.index.isin(given.index)
    if left_out.mean() <= MOST_SUPPRESSED:
        return None
    shares = pd.Series(left_out).groupby(table["loyalty_tier"].to_numpy()).mean()
    is_reached = not given.empty and _measured(given).k >= K
    return wrong(
        f"You leave out {left_out.mean():.0%} of the customers, by loyalty tier from {shares.min():.0%} to "
        f"{shares.max():.0%}. At most 5 % may go. Who is left out is not drawn by chance: small groups go, "
        "and the table then says less about them.",
        "who is rare can be left out" if is_reached else "",
    )


def _measured(given: pd.DataFrame) -> Anonymity:
    return measure_anonymity(given[KNOWN].astype(str), quasi_identifiers=KNOWN)


def _too_few_alike(given: pd.DataFrame, table: pd.DataFrame) -> Verdict | None:
    found = _measured(given)
    if found.k >= K:
        return None
    said = (
        f"{found.share_below(K):.0%} of the customers look like fewer than nine others, and the smallest "
        f"class has {found.k}."
    )
    if given[KNOWN].equals(table.loc[given.index, KNOWN]):
        return wrong(
            f"You return the five columns as they were. {said} There was no name in the table to begin "
            "with.",
            "without a name nobody stands out",
        )
    if found.customers / len(found.classes) >= K:
        return wrong(
            f"A class has {found.customers / len(found.classes):.0f} customers on average, but {said} The "
            "promise is to each customer, and who is in a small class has no use for the large ones.",
            "ten on average is ten alike",
        )
    if min(given[name].astype(str).value_counts().min() for name in KNOWN) >= K:
        return wrong(
            f"Each value of each column is shared by ten or more. But whoever knows one column may know "
            f"five: by all of them together {said}",
            "ten alike in each column are ten alike",
        )
    return wrong(f"By the five columns together {said}")


def _lost(given: pd.DataFrame) -> Verdict:
    lost, least_changed = _loss()(given), _lost_by_least_changed()
    points = f"{100 * lost:.1f} points" if lost > 0.0005 else f"nothing ({100 * lost:z.1f} points)"
    said = (
        f"On splits that you have not seen, the model loses {points} of its area under the curve by your "
        f"table, and {100 * least_changed:.1f} by the one that changes the values least."
    )
    if lost < TOO_GOOD:
        return wrong(
            f"By your table the model gains {-100 * lost:.0f} points of its area under the curve. No band of "
            "a known column helps it so much: release what was known before the offer, not its answer."
        )
    if lost <= ALLOWED * least_changed:
        return _passed(given, said)
    if (given[KNOWN].nunique(dropna=False) == 1).all():
        return wrong(
            "You hide all five columns. Nobody stands out by them any more, and the model learns nothing "
            f"from them. {said} Ten can be alike for less.",
            "hide everything to be on the safe side",
        )
    if any(
        _is_like(given, _least_changed(loss)) for loss in ("ncp", "discernibility", "class_size")
    ):
        return wrong(
            f"{said} Yours is no better: it was chosen to keep the values exact, or the classes small, and "
            "the model was not asked. A column may be changed little and matter much, or be hidden and not "
            "be missed.",
            "what is changed least costs least",
        )
    return wrong(
        f"Ten are alike. {said} Yours should lose at most half of that: ask the model which columns it "
        "needs, and in how wide bands."
    )


def _is_like(given: pd.DataFrame, other: pd.DataFrame) -> bool:
    same = other.reindex(given.index)[KNOWN].astype(str)
    return len(given) == len(other) and bool(given[KNOWN].astype(str).equals(same))


def _passed(given: pd.DataFrame, said: str) -> Verdict:
    hidden = [name for name in KNOWN if given[name].nunique(dropna=False) == 1]
    what = f"You hide {' and '.join(hidden)}. " if hidden else ""
    return right(
        f"Ten are alike. {what}{said} That is the mean of {len(SEEDS)} splits of one simulated firm, "
        "picked because the difference is clear there; in another, chance may hide it. Ten alike is no "
        "guarantee: it holds against whoever knows these five columns and no more."
    )


TEN_ALIKE = Exercise(
    name="5b",
    task=(
        "Write ten_alike(table, task): the table in which every customer looks like nine others at least on "
        "what others may know: postcode_area, household_size, tenure_days, days_since_last_order and "
        "lead_source, all together. table is task.X of an offer. Keep its other columns and its row labels; "
        "at most 5 % of the rows may be left out. The offer model should lose less than half of what it "
        "loses by the table with the least changed values."
    ),
    hints=(
        "Which of the five does the model need? The least change of the values is not the least loss.",
        "anonymise from equipoise.privacy.anonymity finds the steps, once you say for each column how it "
        "may become coarser. What it makes least can be a function: ModelLoss(task) is one.",
        "Give anonymise quasi_identifiers such as {'tenure_days': [90, 360, '*'], 'lead_source': ['*'], "
        "...}, k=10 and loss=ModelLoss(task); household_size takes a mapping of every value to its group, or "
        "only ['*']. The result has .table.",
    ),
    judge=_judge,
    solution=ten_alike,
)
