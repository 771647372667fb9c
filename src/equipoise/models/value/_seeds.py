"""How sure a profit is over other customers, over other training seeds, and over both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.intervals import Interval
from equipoise.models.value._given import echoed, euro_notes, euros, rows_of
from equipoise.models.value._paid import Paid, added
from equipoise.models.value._ranking import Ranking
from equipoise.models.value._uncertain import bounded_total, not_estimable
from equipoise.task import Task

__all__ = ["OverSeeds", "over_seeds"]

Floats = NDArray[np.float64]
PER = 1000


@dataclass(frozen=True, eq=False)
class OverSeeds:
    """The profit of a model that was trained with several seeds.

    Attributes
    ----------
    table : DataFrame
        What `frame` shows.
    by_seed : DataFrame
        `seed, profit_eur, contacts`, each per 1,000 rows.
    parameters : mapping
        Everything that the figures depend on.
    notes : tuple of str
        What a reader must know besides.
    """

    table: pd.DataFrame
    by_seed: pd.DataFrame
    parameters: Mapping[str, Any]
    notes: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return `contains, profit_eur, low, high, note`: one value with three 95 % intervals.

        `profit_eur` is the mean over seeds, in euros per 1,000 rows. `contains` says what the
        interval answers for: `customers` (others might have been scored, by these very models),
        `training seeds` (the model might have been trained with others, and scored these very
        customers), or `both`. All are about the mean: what one model of one seed earns varies as
        `by_seed` does.
        """
        return self.table.copy()


def over_seeds(
    task: Task | Sequence[Task], scores: ArrayLike | Sequence[ArrayLike], *, seeds: Sequence[int]
) -> OverSeeds:
    """Say what the task's decision earns on average over models trained with several seeds.

    The splits are fixed: seeds change how a model is trained, not whom it is trained on or whom it
    scores. So the interval over training seeds says nothing of other customers to learn from.

    Parameters
    ----------
    task : Task, or sequence of Task
        The scored rows, or those of each seed where they differ. Customers are matched by `unit`.
    scores : array_like of float, shape (seeds, n), or sequence of array_like
        For each seed the scores of its rows.
    seeds : sequence of int
        What each model was trained with; each once.

    Returns
    -------
    OverSeeds

    Raises
    ------
    InputError
        Where seeds, tasks and scores are not equally many, a seed stands twice, the tasks differ in
        decision or euros, or rows do not match.

    Notes
    -----
    The interval over seeds is Student's and is wide for few of them; with one seed there is none.
    Over both, the squares of the two distances are added. What seeds and customers do together is
    then counted twice, so it is a little too wide rather than too narrow.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=500, seed=7).task("offer_response")
    >>> rng = np.random.default_rng(1)
    >>> found = over_seeds(task, rng.random((3, len(task))), seeds=[1, 2, 3])
    >>> found.frame()["contains"].tolist()
    ['customers', 'training seeds', 'both']
    """
    named = [check_whole("seeds", seed, low=0, next_move="Use whole numbers.") for seed in seeds]
    tasks = [task] * len(named) if isinstance(task, Task) else list(task)
    _check_runs(tasks, scores, named)
    codes = _matched(tasks)
    runs = [_run(*each) for each in zip(tasks, scores, codes, strict=True)]  # type: ignore[arg-type]
    total = np.array([run.total for run in runs])
    customers, support = _over_customers(runs, 1 + max(int(code.max()) for code in codes))
    training = _over_training(total)
    notes = [not_estimable(support)[0], "" if len(runs) > 1 else "not estimable (seeds=1)"]
    parts = customers, training, _both(customers, training)
    table = pd.DataFrame(
        {
            "contains": ["customers", "training seeds", "both"],
            "profit_eur": float(total.mean()),
            "low": [part.low for part in parts],
            "high": [part.high for part in parts],
            "note": [*notes, "; ".join(filter(None, notes))],
        }
    )
    contacts = [run.contacts for run in runs]
    return OverSeeds(
        table,
        pd.DataFrame({"seed": named, "profit_eur": total, "contacts": contacts}),
        echoed(tasks[0], seeds=tuple(named)),
        euro_notes(euros(tasks[0])),
    )


@dataclass(frozen=True, eq=False)
class _Run:
    """One seed's model, per 1,000 rows: of each part, how far each row moves its total."""

    totals: list[float]
    moved: list[Floats]
    bounds: list[tuple[float, float]]
    taken: Floats
    customer: NDArray[np.intp]

    @property
    def total(self) -> float:
        return sum(self.totals)

    @property
    def contacts(self) -> float:
        return float(self.taken.sum())


def _run(task: Task, scores: ArrayLike, customer: NDArray[np.intp]) -> _Run:
    rows = rows_of(task, scores)
    count = int(
        task.decide(rows.scores, seed=0).sum()
    )  # the seed says which of the tied, not how many
    paid = Paid.of(task, euros(task), Ranking.of(rows.scores, rows.customer))
    taken = PER / len(task) * paid.ranking.taken(count)
    by_share = task.decision.top_share is not None
    totals, moved = [], []
    for part in paid.parts:
        slope = float(paid.ranking.slopes(part.values, count)) if by_share else 0.0
        each = (part.values - slope) * taken
        totals.append(float(part.values @ taken))
        moved.append(each - each.mean())
    return _Run(totals, moved, [part.bounds for part in paid.parts], taken, customer)


def _over_customers(runs: list[_Run], people: int) -> tuple[Interval, float]:
    """Return the mean of the runs over customers, who may be in several, and how many they are."""

    def own(rows: Sequence[Floats]) -> Floats:
        sums = [
            np.bincount(run.customer, each, people) for run, each in zip(runs, rows, strict=True)
        ]
        return np.asarray(np.mean(sums, axis=0))

    taken = own([run.taken for run in runs])
    contacts, carried = taken.sum(), taken @ taken
    enlarged = people / max(people - 1, 1)
    parts, squares, whole = [], [], np.zeros(people)
    for k in range(len(runs[0].totals)):
        moved = own([run.moved[k] for run in runs])
        whole = whole + moved
        squares.append(moved @ moved * enlarged)
        ends = np.array([run.bounds[k] for run in runs])
        part = bounded_total(
            np.array([np.mean([run.totals[k] for run in runs])]),
            np.array([contacts]),
            squares=np.array([squares[-1]]),
            carried=np.array([carried]),
            bounds=(float(ends[:, 0].min()), float(ends[:, 1].max())),
        )
        parts.append(Interval(*(float(side[0]) for side in part)))
    total = Interval(*map(float, added(parts, squares, whole @ whole * enlarged)))
    return total, float(contacts**2 / carried) if carried else np.inf


def _over_training(total: Floats) -> Interval:
    mean = float(total.mean())
    if len(total) < 2:
        return Interval(mean, np.nan, np.nan)
    reach = student.ppf(0.975, len(total) - 1) * total.std(ddof=1) / np.sqrt(len(total))
    return Interval(mean, mean - float(reach), mean + float(reach))


def _both(one: Interval, other: Interval) -> Interval:
    below = np.hypot(one.value - one.low, other.value - other.low)
    above = np.hypot(one.high - one.value, other.high - other.value)
    return Interval(one.value, float(one.value - below), float(one.value + above))


def _check_runs(
    tasks: list[Task], scores: ArrayLike | Sequence[ArrayLike], seeds: list[int]
) -> None:
    sizes = len(seeds), len(tasks), len(scores)  # type: ignore[arg-type]
    if len(set(sizes)) > 1 or not seeds:
        found = "{} seeds, {} tasks, {} rows of scores".format(*sizes)
        raise InputError(
            "scores", "must have one row for each seed", found, "Pass scores of shape (seeds, n)."
        )
    if len(set(seeds)) < len(seeds):
        raise InputError(
            "seeds", "must not repeat", str(seeds), "The same seed trains the same model again."
        )
    policies = [(each.value, each.decision, each.profit_is_incremental) for each in tasks]
    if any(policy != policies[0] for policy in policies):
        raise InputError(
            "task",
            "must have the same decision and euros for each seed",
            "different ones",
            "Compare one policy at a time.",
        )


def _matched(tasks: list[Task]) -> list[NDArray[np.intp]]:
    """Return the customer of each task's rows, numbered alike in all tasks."""
    codes = pd.factorize(pd.concat([each.unit for each in tasks], ignore_index=True))[0]
    return np.split(codes, np.cumsum([len(each) for each in tasks])[:-1])
