"""A count table with noise in every cell, which an audit can honour."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import (
    check_choice,
    check_columns,
    check_epsilon,
    check_seed,
    check_whole,
    suggestion,
)
from equipoise.exceptions import BoundsFromDataWarning, InputError
from equipoise.privacy._bounds import category_text
from equipoise.privacy._encoding import as_pandas
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy._promises import promised, whose
from equipoise.privacy.queries._cells import checked_groups, product
from equipoise.privacy.queries._promise import checked_delta
from equipoise.privacy.queries._query import moved
from equipoise.privacy.queries.mechanisms import (
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
)
from equipoise.privacy.queries.mechanisms._additive import LARGEST_WHOLE, AdditiveMechanism

__all__ = ["NoisyCounts", "noisy_counts"]

Noise = Literal["geometric", "laplace", "gaussian"]
CELL = ("y_true", "y_pred")
NOT_NOISED = ("score_bin", "score", "weight", "weight_squared")


@dataclass(frozen=True, eq=False)
class NoisyCounts:
    """Counts of customers by group, outcome and decision, each with noise.

    Attributes
    ----------
    by : tuple of str
        The sensitive attributes.
    cells : DataFrame
        Columns `by`, `y_true`, `y_pred`, `count`, `noise_scale`: the scale b of the noise, whose
        variance is 2b² (of Gaussian noise it is the standard deviation over √2). Counts may be
        negative. All four cells of every declared combination of groups are there.
    guarantee : Guarantee
        Of the whole table, and so of everything that is worked out from it.
    """

    by: tuple[str, ...]
    cells: pd.DataFrame
    guarantee: Guarantee

    def frame(self) -> pd.DataFrame:
        """Return the cells; `fairness.audit_counts` takes them, or the whole object."""
        return self.cells.copy()


def noisy_counts(
    count_table: Any,
    *,
    epsilon: float,
    delta: float,
    attributes: Mapping[str, Sequence[str]] | None = None,
    mechanism: Noise = "geometric",
    rows_per_unit: int = 1,
    unit: str = "row",
    adjacency: Adjacency = "add-remove",
    random_state: int | None = None,
) -> NoisyCounts:
    """Add noise to every cell of a count table, so that an audit of it carries a guarantee.

    Parameters
    ----------
    count_table : object with `frame()`, or DataFrame
        As `fairness.count_table` makes it: group columns, `y_true`, `y_pred` and `count`. Groups are
        read as text. Tables with score bins or weights are refused.
    epsilon : float
        Of the whole table, since a row stands in one cell alone; infinity adds no noise.
    delta : float
        0 with geometric and Laplace noise, which are pure; in (0, 1) with Gaussian noise.
    attributes : mapping of column to groups, optional
        The groups that there can be; a cell of each combination is released, even if nobody is in it.
        The groups of a column that is not named are read off the table, which warns.
    mechanism : {"geometric", "laplace", "gaussian"}
    rows_per_unit : int
        The most rows that a customer has in the table. Counts cannot show whether it is true.
    unit : str
        Whose rows they are.
    adjacency : {"add-remove", "replace-one"}
        What neighbouring tables are.
    random_state : int, optional
        For study. None draws noise exactly, from the operating system's entropy.

    Returns
    -------
    NoisyCounts

    Raises
    ------
    InputError
        Where the table cannot be noised, a group was not declared, or an argument breaks a rule.

    Warns
    -----
    BoundsFromDataWarning
        Where groups are read off the table.
    LargeDeltaWarning
        Where delta is 1 / n or more, for the fewest units that can have so many rows.

    Examples
    --------
    >>> table = pd.DataFrame({"band": ["a"] * 4, "y_true": [0, 0, 1, 1], "y_pred": [0, 1, 0, 1]})
    >>> table["count"] = [70, 10, 12, 28]
    >>> private = noisy_counts(
    ...     table, epsilon=1, delta=0, attributes={"band": ["a", "b"]}, random_state=0
    ... )
    >>> private.frame()["count"].tolist()
    [71, 8, 11, 28, 0, 2, -1, 1]
    >>> print(private.guarantee)
    (epsilon 1, delta 0) per row, add-remove
    """
    table = _checked_table(count_table)
    by = [name for name in table if name not in (*CELL, "count")]
    noise = _mechanism(mechanism, epsilon, delta, rows_per_unit, unit, adjacency)
    check_seed(random_state)
    levels, from_data = _levels(table, by, attributes)
    cells = _every_cell(table, levels)
    rng = None if random_state is None else np.random.default_rng(random_state)
    noised = cells.assign(
        count=noise.release(cells["count"].to_numpy(), rng), noise_scale=noise.noise_scale
    )
    if from_data:
        _warn_of_groups(from_data)
    rows = int(cells["count"].sum())
    warn_of_large_delta(noise.guarantee.delta, -(-rows // int(rows_per_unit)), unit=unit)
    return NoisyCounts(
        tuple(by), noised, _promise(noise, rows_per_unit, from_data, rng is not None)
    )


def _checked_table(count_table: Any) -> pd.DataFrame:
    table = _frame_of(count_table)
    check_columns("count_table", (*CELL, "count"), table.columns)
    if not table.columns.is_unique:
        twice = repr(table.columns[table.columns.duplicated()][0])
        raise InputError("count_table", "must name each column once", twice, "Rename the column.")
    for name in NOT_NOISED:
        if name in table:
            rule, move = "must hold plain counts alone", "Count without scores and weights."
            raise InputError("count_table", rule, repr(name), move)
    if "noise_scale" in table:
        move = "Pass the exact counts; noise on top of noise spends more for less."
        raise InputError("count_table", "must not be noised already", "a noise_scale", move)
    if len(table.columns) == 3:
        move = "Count by a sensitive attribute."
        raise InputError("count_table", "must have a group column", "none", move)
    for name in CELL:
        if not table[name].isin([0, 1]).all():
            raise InputError(f"{name!r}", "must be 0 or 1", "others", "Code 1 as positive.")
    return table.assign(count=_whole_counts(table["count"]))


def _frame_of(count_table: Any) -> pd.DataFrame:
    made = getattr(count_table, "frame", None)
    table = as_pandas(made() if callable(made) else count_table)
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            "count_table",
            "must be a count table or a frame of one",
            type(count_table).__name__,
            "Use for example fairness.count_table(...), or make it a DataFrame.",
        )
    return table


def _whole_counts(column: pd.Series) -> NDArray[np.int64]:
    try:
        counts: NDArray[np.float64] = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        counts = np.array([np.nan])
    if not ((counts >= 0) & (counts <= LARGEST_WHOLE) & (counts % 1 == 0)).all():
        raise InputError("count_table", "must hold whole counts", "others", "Correct 'count'.")
    return counts.astype(np.int64)


def _mechanism(
    noise: Noise,
    epsilon: float,
    delta: float,
    rows_per_unit: int,
    unit: str,
    adjacency: Adjacency,
) -> AdditiveMechanism:
    check_choice("mechanism", noise, get_args(Noise))
    epsilon = check_epsilon(epsilon)
    delta = checked_delta(delta, epsilon)
    check_choice("adjacency", adjacency, get_args(Adjacency))
    most = check_whole(
        "rows_per_unit", rows_per_unit, low=1, next_move="Use 1 if each row is a customer."
    )
    if not isinstance(unit, str):
        rule, move = "must be the name of whose rows they are", "Use for example 'customer'."
        raise InputError("unit", rule, type(unit).__name__, move)
    if unit == "row" and most > 1:
        rule, move = "must be named where rows_per_unit is above 1", "Use for example 'customer'."
        raise InputError("unit", rule, repr(unit), move)
    by_sum, by_distance = moved(most, most, adjacency, 0.0, 1.0, cells=4)
    shared: dict[str, Any] = {"epsilon": epsilon, "unit": unit, "adjacency": adjacency}
    if noise == "gaussian":
        return GaussianMechanism(sensitivity=by_distance, delta=delta, **shared)
    if delta:
        rule, move = f"must be 0 with {noise} noise", "Use 0, or mechanism='gaussian'."
        raise InputError("delta", rule, delta, move)
    if noise == "laplace":
        return LaplaceMechanism(sensitivity=by_sum, **shared)
    return GeometricMechanism(sensitivity=round(by_sum), **shared)


def _levels(
    table: pd.DataFrame, by: list[str], attributes: Mapping[str, Sequence[str]] | None
) -> tuple[dict[str, Sequence[str]], list[str]]:
    """Return the groups of each attribute, and the attributes whose groups came from the data."""
    declared = {} if attributes is None else attributes
    if not isinstance(declared, Mapping):
        rule, move = "must list the groups of each column", "Write {column: [group, …], …}."
        raise InputError("attributes", rule, repr(declared), move)
    check_columns("attributes", declared, by)
    levels = {}
    for name in by:
        _check_known(name, table[name])
        seen = sorted(set(table[name].map(category_text)))
        levels[name] = checked_groups(name, declared[name]) if name in declared else seen
        odd = [group for group in seen if group not in levels[name]]
        if odd:
            move = f"{suggestion(odd[0], levels[name])} Declare it, or count it as a declared one."
            raise InputError(f"group {name!r}", "must be a declared one", repr(odd[0]), move)
    return levels, [name for name in by if name not in declared]


def _check_known(name: str, column: pd.Series) -> None:
    missing = int(column.isna().sum())
    if missing:
        move = "Make it a group of its own, such as 'unknown'."
        found = f"{missing:,} missing"
        raise InputError(f"group {name!r}", "must be known for every cell", found, move)


def _every_cell(table: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return one row a cell of the declared groups, in an order that does not follow the data."""
    keys = [*levels, *CELL]
    text = {name: table[name].map(category_text).astype("str") for name in levels}
    known = table.assign(**text, **{name: table[name].astype("int64") for name in CELL})
    if known.duplicated(keys).any():
        raise InputError(
            "count_table", "must hold each cell once", "twice", "Add its counts up first."
        )
    every = product({**levels, **dict.fromkeys(CELL, (0, 1))})
    every = every.astype(dict.fromkeys(levels, "str"))
    counted = every.merge(known[[*keys, "count"]], on=keys, how="left")
    return counted.assign(count=counted["count"].fillna(0).astype("int64"))


def _warn_of_groups(names: Sequence[str]) -> None:
    warnings.warn(
        f"The groups of {', '.join(map(repr, names))} were read off the table: that a group has a "
        "member is not covered by the guarantee. Declare them in attributes.",
        BoundsFromDataWarning,
        stacklevel=3,
    )


def _promise(
    noise: AdditiveMechanism, rows_per_unit: int, from_data: Sequence[str], seeded: bool
) -> Guarantee:
    own = noise.guarantee
    limits = [
        f"a {own.unit} with more than {rows_per_unit} rows: counts cannot show how many there were"
    ] * (own.unit != "row")
    if from_data:
        limits.append(f"groups read off the customers (source: data): {', '.join(from_data)}")
    return promised(
        own.epsilon,
        own.delta,
        unit=own.unit,
        adjacency=own.adjacency,
        mechanism=own.mechanism,
        covers=(
            "the released counts and every rate, gap and interval computed from them",
            whose(own.unit, own.adjacency, "rows"),
        ),
        not_covered=limits,
        mu=own.mu,
        seeded=seeded,
    )
