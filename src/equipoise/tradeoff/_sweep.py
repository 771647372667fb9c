"""Sweep: every policy of a plan on the same customers, as tidy frames with a manifest."""

from __future__ import annotations

import json
import math
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from equipoise._checks import check_choice, check_whole
from equipoise._files import versions
from equipoise.charts import MEASURE_TITLES
from equipoise.exceptions import InputError
from equipoise.models.uplift._campaign import check_stated
from equipoise.task import Split, Task, TaskFile
from equipoise.tradeoff._cell import Cell, run_policy
from equipoise.tradeoff._measures import MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._plan import Plan, Policy
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._storage import FORMAT, Parts, digest_of, read_parts, write_parts

__all__ = ["POLICY_KEYS", "Sweep", "read_sweep", "sweep"]

POLICY_KEYS = ["model", "mitigation", "epsilon", "delta", "consent_policy", "attribute"]
EXAMPLE = "example €"
INTERNAL = (
    "Internal study: these figures are computed from the customers without noise. Do not publish. "
    "The epsilon of a row is what one model, released with settings fixed beforehand, would promise."
)


@dataclass(frozen=True)
class Sweep:
    """What a plan gave on a task.

    Attributes
    ----------
    rows : DataFrame
        One row a policy and seed: keys, measures on the choose-customers, seconds, note.
    by_group : DataFrame
        The same keys by group and part (`choose`, `confirm`): rates with intervals and trials.
    confirm : DataFrame
        The same keys by bootstrap replicate of the confirm-customers: `auc`, `profit_eur`.
    manifest : mapping
        Task, plan, guarantees, versions, seeds, and what the figures are not.
    """

    rows: pd.DataFrame
    by_group: pd.DataFrame
    confirm: pd.DataFrame
    manifest: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """Return one row a policy and seed."""
        return self.rows.copy()

    def groups(self) -> pd.DataFrame:
        """Return one row a policy, seed, part and group."""
        return self.by_group.copy()

    @cached_property
    def task(self) -> TaskFile:
        """The task as it was written down when the sweep ran."""
        return TaskFile.model_validate(self.manifest["task"])

    @property
    def attribute(self) -> str:
        """The sensitive attribute of every gap."""
        return str(self.manifest["plan"]["attribute"])

    @property
    def has_example_euros(self) -> bool:
        """Whether the euros are drafted examples that nobody has confirmed."""
        return self.task.value is not None and self.task.value.source == "example"

    @property
    def titles(self) -> dict[str, str]:
        """What each measure is called on pages; there are euros only if the task has them."""
        if self.task.value is None:
            return {name: told for name, told in MEASURE_TITLES.items() if name != "profit_eur"}
        unit = EXAMPLE if self.has_example_euros else "€"
        return MEASURE_TITLES | {"profit_eur": MEASURE_TITLES["profit_eur"].replace("€", unit)}

    @property
    def default_goal(self) -> str:
        """The measure to have most of: euros, or the ranking where the task has none."""
        return "auc" if self.task.value is None else "profit_eur"

    def policies(self) -> pd.DataFrame:
        """Return the mean of each measure over seeds, one row a policy that ran with every seed.

        `<measure>_low` and `<measure>_high` are the smallest and the largest value over seeds: a band
        of noise and training, not of customers. A measure that a seed lacks is missing.
        `profit_eur_customers_low` and `profit_eur_customers_high` are a 95 % interval of what one
        released model may earn on other customers: over customers and over seeds (Student's t for
        one more seed, wide for few of them). One seed alone says nothing of others, so then it is
        over customers only.
        """
        ran = self.rows[self.rows["status"] == "ok"]
        grouped = ran.groupby(POLICY_KEYS, sort=False, dropna=False)[list(MEASURES)]
        seeds = self.rows["seed"].nunique()
        mean = grouped.mean().where(grouped.count() == seeds)
        bands = grouped.min().add_suffix("_low").join(grouped.max().add_suffix("_high"))
        euros = _profit_over_both(ran).loc[mean.index]
        return mean.join(bands).join(euros)[grouped.size() == seeds].reset_index()

    def frontier(
        self, larger: Sequence[str] | None = None, smaller: Sequence[str] = ("epsilon",)
    ) -> pd.DataFrame:
        """Return the policies that no other policy beats on all the named measures at once.

        Parameters
        ----------
        larger, smaller : sequence of str
            Measures of which more, or less, is better, compared by their mean over seeds; at
            least one. By default the euros (`auc` where the task has none) against epsilon.

        Returns
        -------
        DataFrame
            Rows of `policies`. A policy that lacks one of the measures is not on the frontier.
        """
        more = [self.default_goal] if larger is None else _known("larger", larger)
        less = _known("smaller", smaller)
        if not more and not less:
            raise InputError("larger, smaller", "must name a measure", "none", "Name one at least.")
        table = self.policies()
        gains = np.column_stack([table[more], -table[less]]).astype(float)
        known = ~np.isnan(gains).any(axis=1)
        beaten = [((gains >= own).all(1) & (gains > own).any(1)).any() for own in gains]
        return table[known & ~np.array(beaten, dtype=bool)].reset_index(drop=True)

    def on_frontier(
        self, table: pd.DataFrame, larger: Sequence[str], smaller: Sequence[str]
    ) -> list[bool]:
        """Say for each policy of a table, in its order, whether `frontier` has it."""
        best = {Policy.of(row) for _, row in self.frontier(larger, smaller).iterrows()}
        return [Policy.of(row) in best for _, row in table.iterrows()]

    def save(self, path: str | Path) -> None:
        """Write the frame as Parquet with its manifest, and its two companions beside it.

        Parameters
        ----------
        path : str or Path
            Ends in `.parquet`; what lies there is replaced.

        Raises
        ------
        InputError
            Where the path ends otherwise or cannot be written.
        """
        write_parts(Path(path), (self.rows, self.by_group, self.confirm), self.manifest)


def _profit_over_both(ran: pd.DataFrame) -> pd.DataFrame:
    """Return a policy's interval of `profit_eur`: squares of its distances over customers and seeds."""
    spread = ran.assign(
        below=(ran["profit_eur"] - ran[PROFIT_BOUNDS[0]]) ** 2,
        above=(ran[PROFIT_BOUNDS[1]] - ran["profit_eur"]) ** 2,
    ).groupby(POLICY_KEYS, sort=False, dropna=False)
    found, seeds = spread[["profit_eur", "below", "above"]].mean(), spread["profit_eur"].count()
    # The model that is released has a seed of its own, beside those of the mean.
    reach = student.ppf(0.975, seeds - 1) * np.sqrt(1 + 1 / seeds) * spread["profit_eur"].std()
    of_seeds = reach.where(seeds > 1, 0.0) ** 2
    low = found["profit_eur"] - np.sqrt(found["below"] + of_seeds)
    high = found["profit_eur"] + np.sqrt(found["above"] + of_seeds)
    return pd.DataFrame(dict(zip(PROFIT_BOUNDS, (low, high), strict=True)))


def _known(parameter: str, names: Sequence[str]) -> list[str]:
    listed = [names] if isinstance(names, str) else list(names)
    return [check_choice(parameter, name, ["epsilon", *MEASURES]) for name in listed]


def sweep(task: Task, plan: Plan, *, jobs: int = -1, progress: bool = False) -> Sweep:
    """Run every policy of the plan on the task.

    Parameters
    ----------
    task : Task
    plan : Plan
        Checked against the task before anything runs.
    jobs : int
        Processes; -1 uses every core. Results do not depend on it.
    progress : bool
        Show a bar on standard error.

    Returns
    -------
    Sweep
        An internal study: see `Sweep.manifest["internal"]`.

    Raises
    ------
    InputError
        Before anything runs, where the plan does not fit the task, contacts contradict their stated
        probabilities, a part of the customers lacks an outcome, or `jobs` is no number of processes.
        What goes wrong with one policy is a row.

    Warns
    -----
    PolicyFailedWarning
        Where a policy broke for a reason that nobody foresaw; its row has `status = failed`.
    """
    jobs = _checked_jobs(jobs)
    plan = plan.for_task(task)
    check_stated(task)
    split = task.split(seed=plan.split_seed)
    for name, rows in asdict(split).items():
        _check_part(task, name, rows)
    cells = _cells(task, split, plan, jobs=jobs, progress=progress)
    for category, text in dict.fromkeys(warned for cell in cells for warned in cell.warned):
        warnings.warn(text, category, stacklevel=2)
    parts = (
        pd.DataFrame([cell.row for cell in cells]),
        _stacked([cell.groups for cell in cells]),
        _stacked([cell.confirm for cell in cells]),
    )
    return Sweep(*parts, _manifest(task, plan, split, cells, parts))


def read_sweep(path: str | Path) -> Sweep:
    """Read a saved sweep.

    Parameters
    ----------
    path : str or Path
        The file that `Sweep.save` was given; its two companions lie beside it.

    Raises
    ------
    InputError
        Where a file is missing or unreadable, is no sweep of this version, belongs to another run,
        or was changed after it was written.
    """
    parts, manifest = read_parts(Path(path))
    return Sweep(*parts, manifest)


def _cells(task: Task, split: Split, plan: Plan, *, jobs: int, progress: bool) -> list[Cell]:
    from joblib import Parallel, delayed
    from tqdm import tqdm

    policies = plan.policies()
    parts = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(run_policy)(task, split, plan, policy, os.getpid()) for policy in policies
    )
    shown = tqdm(parts, total=len(policies), desc="policies", file=sys.stderr, disable=not progress)
    with warnings.catch_warnings(), closing(parts), closing(shown) as bar:
        # joblib's advice to whoever interrupts it
        warnings.filterwarnings("ignore", r"\d+ tasks (which were|have been)", UserWarning)
        return [cell for cells in bar for cell in cells]


def _checked_jobs(jobs: int) -> int:
    if jobs == -1:
        return jobs
    return check_whole("jobs", jobs, low=1, next_move="Use -1 for one process per core.")


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _check_part(task: Task, name: str, rows: np.ndarray[Any, Any]) -> None:
    outcomes = task.y[rows]
    if len(rows) == 0 or outcomes.min() == outcomes.max():
        raise InputError(
            "task",
            f"must have customers of both outcomes among those to {name} with",
            f"{int(outcomes.sum())} positive of {len(rows)}",
            "A sweep splits customers three ways; use more of them.",
        )


def _manifest(
    task: Task, plan: Plan, split: Split, cells: list[Cell], parts: Parts
) -> dict[str, Any]:
    promises = {
        (cell.row["model"], cell.row["epsilon"]): cell.guarantee.as_dict()
        for cell in cells
        if cell.guarantee is not None and math.isfinite(cell.guarantee.epsilon)
    }
    guarantees = [
        {"model": model, "epsilon": epsilon, "guarantee": promise}
        for (model, epsilon), promise in promises.items()
    ]
    facts: dict[str, Any] = {
        "format": FORMAT,
        "internal": INTERNAL,
        "task_digest": task.digest,
        "task": json.loads(task.file.model_dump_json(by_alias=True)),
        "rows": len(task),
        "customers": int(task.unit.nunique()),
        "base_rate": float(task.y.mean()),
        "group_sizes": {n: task.groups[n].value_counts().to_dict() for n in task.groups},
        "notes": list(task.notes),
        "dated": task.time is not None and task.time.nunique() > 1,
        "split": {name: len(rows) for name, rows in asdict(split).items()},
        "plan": asdict(plan),
        "seeds": list(range(plan.seeds)),
        "guarantees": guarantees,
        "units": {"profit_eur": "euros per 1,000 decisions (rows)"},
        "versions": versions(),
    }
    facts = json.loads(json_text(facts))  # as it will be read back
    return facts | {"digest": digest_of(facts, *parts)}
