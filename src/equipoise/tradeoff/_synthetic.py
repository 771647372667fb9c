"""Synthetic customers from one noisy release of marginals: a place to choose a policy for free."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_delta, check_epsilon, check_seed, check_whole
from equipoise.exceptions import BoundsFromDataWarning, InputError
from equipoise.privacy import Guarantee
from equipoise.privacy._encoding import level_codes
from equipoise.privacy._promises import promised
from equipoise.privacy.queries._cells import checked_groups
from equipoise.privacy.queries.mechanisms import GaussianMechanism
from equipoise.task import Task
from equipoise.tradeoff._marginals import Marginals, sampled
from equipoise.tradeoff._units import check_units

__all__ = ["HIDES", "SyntheticTask", "declared_groups", "synthetic"]

HIDES = (
    "how features go together within a group and an outcome: each was drawn alone, so a model that "
    "lives on interactions looks worse here, and leaks and duplicates of a feature are not seen",
    "where in its bin a number lies: it was drawn evenly between the edges",
    "that customers have several rows, dates, weights, treatments and consents",
    "groups and outcomes of few customers: their features were drawn as those of all groups with that "
    "outcome, which hides how a small group differs",
)


@dataclass(frozen=True, eq=False)
class SyntheticTask:
    """A task of synthetic rows, and the promise of the release that they were drawn from.

    Attributes
    ----------
    task : Task
        Columns, bounds, euros and decision of the real one, each row a customer of its own, one
        attribute. Whatever is computed from it costs nothing more.
    guarantee : Guarantee
        Charge it to the ledger of the real customers once.
    released : DataFrame
        Every number that was released: `feature, group, outcome, level, count, noise_sd`. Rows
        without a feature are the counts of groups and outcomes.
    hides : tuple of str
        What the synthetic rows cannot show.
    """

    task: Task
    guarantee: Guarantee
    released: pd.DataFrame
    hides: tuple[str, ...] = HIDES

    def frame(self) -> pd.DataFrame:
        """Return the released numbers."""
        return self.released.copy()


def synthetic(
    task: Task,
    *,
    attribute: str,
    epsilon: float,
    delta: float,
    groups: Sequence[str] | None = None,
    rows: int | None = None,
    bins: int = 8,
    random_state: int | None = None,
) -> SyntheticTask:
    """Release noisy marginals of a task once, and draw rows from them.

    One vector is released with Gaussian noise: the counts of group × outcome and, for each feature, of
    group × outcome × level. Levels are declared categories, or bins of equal width between declared
    bounds. A row adds one to one place of each of the 1 + p tables, so a customer with at most K
    rows moves the vector by at most K √(1 + p) in Euclidean distance. All else follows from the vector.

    Parameters
    ----------
    task : Task
        With declared bounds. Time, weights and a treatment without its probability are dropped with
        a note; a treatment with its probability is refused.
    attribute : str
        The sensitive attribute that the synthetic task keeps.
    epsilon : float
        Infinity adds no noise and promises nothing.
    delta : float
        In (0, 1).
    groups : sequence of str, optional
        The groups that there can be; by default the declared categories of the feature of that name,
        else they are read off the customers, which warns.
    rows : int, optional
        How many to draw; by default the noisy number of rows.
    bins : int
        Of each number.
    random_state : int, optional
        For study only: draws noise and rows.

    Returns
    -------
    SyntheticTask

    Raises
    ------
    InputError
        Where a number has no bounds, a group was not declared, a customer has more rows than
        declared, euros need a treatment, or the noise leaves no rows or a single outcome: that last
        refusal has read the customers as a release does, and costs as much.

    Warns
    -----
    BoundsFromDataWarning
        Where groups are read off the customers.
    LargeDeltaWarning
        Where delta is one over the number of customers or more.

    Notes
    -----
    A feature's histogram within group and outcome is used where the count of that cell is at least
    noise sd × levels: then an even histogram of that count is longer than the noise on it. Elsewhere the
    one within the outcome is, over all groups. Which of the two is settled by the noisy numbers alone.
    So relations of a feature to outcome and group are kept, those between features are not.

    References
    ----------
    Balle & Wang (2018) for the calibration; Hay, Rastogi, Miklau & Suciu (2010), Boosting the accuracy
    of differentially private histograms through consistency, for what follows from noisy counts.

    Examples
    --------
    >>> from equipoise.task import TaskFile, build_task
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"id": range(4000), "band": rng.choice(["a", "b"], 4000)})
    >>> frame["age"] = rng.uniform(18, 98, 4000)
    >>> frame["bought"] = (rng.random(4000) < frame["age"] / 200).astype(int)
    >>> file = TaskFile(
    ...     name="offer",
    ...     source={"file": "none"},
    ...     unit="id",
    ...     outcome={"column": "bought", "positive": "1", "negative": "0"},
    ...     groups={"band": {"reference": "a"}},
    ...     features={"age": {"type": "number", "bounds": (18, 98)}},
    ... )
    >>> made = synthetic(
    ...     build_task(frame, file),
    ...     attribute="band",
    ...     groups=["a", "b"],
    ...     epsilon=1,
    ...     delta=1e-6,
    ...     random_state=0,
    ... )
    >>> print(made.guarantee)
    (epsilon 1, delta 1e-06) per id, add-remove
    >>> bool(abs(made.task.y.mean() - frame["bought"].mean()) < 0.02)
    True
    """
    check_choice("attribute", attribute, list(task.groups))
    _check_possible(task)
    bins = check_whole("bins", bins, low=2, next_move="Use for example 8.")
    if rows is not None:
        rows = check_whole("rows", rows, low=10, next_move="Use as many as the task has.")
    check_seed(random_state)
    check_units(task, check_delta(delta, check_epsilon(epsilon)), stacklevel=4)
    levels, from_data = declared_groups(task, attribute, groups, stacklevel=3)
    exact = Marginals.of(task, level_codes(task.groups[attribute], levels), levels, bins)
    noise = GaussianMechanism(
        sensitivity=task.rows_per_unit * math.sqrt(len(exact.tables)),
        epsilon=epsilon,
        delta=delta,
        unit=task.file.unit,
    )
    rng = None if random_state is None else np.random.default_rng(random_state)
    released = exact.replaced(noise.release(exact.vector, rng))
    drawn = np.random.default_rng() if rng is None else rng
    X, outcome, members = sampled(released, noise.noise_sd, rows, drawn)
    return SyntheticTask(
        _task_of(task, attribute, X, outcome, np.array(levels)[members]),
        _promise(task, noise, from_data, len(exact.tables), seeded=rng is not None),
        released.frame().assign(noise_sd=noise.noise_sd),
    )


def declared_groups(
    task: Task, attribute: str, groups: Sequence[str] | None, *, stacklevel: int
) -> tuple[list[str], list[str]]:
    """Return the groups of an attribute, and its name where they were read off the customers.

    Without `groups` they are declared where the task file lists the attribute as a feature whose
    categories have them all.

    Warns
    -----
    BoundsFromDataWarning
        Where they were.
    """
    seen = sorted(task.groups[attribute].unique())
    feature = task.file.features.get(attribute)
    listed = () if feature is None or feature.source == "data" else feature.categories or ()
    if groups is None and {*seen} <= {*listed}:
        groups = listed
    if groups is None:
        warnings.warn(
            f"The groups of {attribute!r} were read off the customers: that a group has a member is not "
            "covered by the guarantee. Declare them in groups.",
            BoundsFromDataWarning,
            stacklevel=stacklevel,
        )
        return seen, [attribute]
    levels = list(checked_groups(attribute, groups))
    for group in seen:
        check_choice(f"group {attribute!r}", group, levels)
    return levels, []


def _check_possible(task: Task) -> None:
    if task.unbounded:
        raise InputError(
            "bounds",
            "must be declared for every number before a private release",
            ", ".join(map(repr, task.unbounded)),
            "Add bounds: [low, high] in the task file.",
        )
    if task.profit_is_incremental:
        raise InputError(
            "task",
            "must have no treatment with its probability",
            repr(task.file.treatment),
            "What contacts add needs who was treated beside each outcome, which marginals do not keep: "
            "choose on the customers, or take the treatment out of the task file.",
        )


def _task_of(
    task: Task,
    attribute: str,
    X: pd.DataFrame,
    outcome: NDArray[np.int_],
    members: NDArray[Any],
) -> Task:
    """Return the synthetic rows as a task with the columns, euros and decision of the real one."""
    file = task.file.model_copy(
        update={
            "name": f"{task.name}, synthetic",
            "rows_per_unit": 1,
            "rows_per_unit_source": "declared",
            "groups": {attribute: task.file.groups[attribute]},
            "time": None,
            "known_after_days": 0.0,
            "weights": None,
            "treatment": None,
            "allowed": {},
            "policy": None,
        }
    )
    of = f"s{{:0{len(str(len(outcome)))}d}}"
    made = Task(
        X=X.astype({name: task.X[name].dtype for name in X}),
        y=outcome,
        groups=pd.DataFrame({attribute: members}).astype(str),
        unit=pd.Series([of.format(k) for k in range(len(outcome))], name=task.file.unit),
        file=file,
    )
    return made.noting("synthetic rows, drawn from noisy marginals", *_dropped(task, attribute))


def _dropped(task: Task, attribute: str) -> list[str]:
    """Return what of the real task the synthetic one does not have, in words."""
    notes = []
    others = [name for name in task.groups if name != attribute]
    if others:
        notes.append(f"groups of {', '.join(map(repr, others))} were not measured")
    if task.policy is not None:
        notes.append(f"measured on the rows that consent policy {task.policy} permits")
    if task.time is not None:
        notes.append(f"time {task.file.time!r} dropped: customers are split at random")
    if task.weights is not None:
        notes.append(f"weights {task.file.weights!r} dropped: each row counts once")
    if task.treatment is not None:
        notes.append(f"treatment {task.file.treatment!r} dropped")
    return notes


def _promise(
    task: Task, noise: GaussianMechanism, from_data: list[str], tables: int, *, seeded: bool
) -> Guarantee:
    read = [*task.bounds_from_data, *(f"the groups of {name}" for name in from_data)]
    limits = [
        f"bounds, categories or counts read off the customers (source: data): {', '.join(read)}"
    ]
    return promised(
        noise.epsilon,
        noise.delta,
        unit=noise.unit,
        adjacency="add-remove",
        mechanism=f"Gaussian noise of sd {noise.noise_sd:.4g} on {tables} tables of counts",
        covers=(
            "the synthetic rows, and every model, sweep and choice computed from them alone",
            f"the presence and the values of each {noise.unit}'s rows, up to {task.rows_per_unit} "
            "together",
        ),
        not_covered=limits if read else (),
        seeded=seeded,
        mu=noise.guarantee.mu,
    )
