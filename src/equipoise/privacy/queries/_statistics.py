"""One private number about all customers: a count, a sum, a mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.queries._query import Query
from equipoise.privacy.queries._release import MeanRelease, Release
from equipoise.privacy.queries._values import (
    checked_range,
    clipped,
    numbers,
    on_grid,
    shares_of_range,
)

__all__ = ["private_count", "private_mean", "private_sum"]


def private_count(
    values: ArrayLike,
    *,
    epsilon: float,
    delta: float,
    unit: ArrayLike | None = None,
    rows_per_unit: int | None = None,
    adjacency: Adjacency = "add-remove",
    random_state: int | None = None,
) -> Release:
    """Count the rows where `values` is true, with noise.

    With `rows_per_unit=1` and a column of ones it counts customers.

    Parameters
    ----------
    values : array_like of bool, shape (n,)
        Or of 0 and 1. There may be none: a table without rows is a table.
    epsilon : float
        Of the promise; infinity adds no noise.
    delta : float
        0 for a pure promise (geometric noise); otherwise Gaussian noise.
    unit : array_like, shape (n,), optional
        The customer of each row; its name is the unit of the guarantee. Ids are read as text: 1 and
        "1" are one customer. None: each row its own unit.
    rows_per_unit : int, optional
        Required with `unit`: so many rows of a customer count at most. Which ones is settled by a
        hash, without a look at their values; the others are left out.
    adjacency : {"add-remove", "replace-one"}
        What neighbouring tables are; replaced rows may be fewer or more.
    random_state : int, optional
        For study: whoever knows the seed can take the noise away. None draws noise exactly, from the
        operating system's entropy.

    Returns
    -------
    Release

    Raises
    ------
    InputError
        Where an argument or a value breaks a rule.

    Warns
    -----
    DroppedRowsWarning
        Where more than one row in a hundred was left out.
    LargeDeltaWarning
        Where delta is 1 / n or more, for n different units.

    Examples
    --------
    >>> opted_out = np.repeat([True, False], [300, 700])
    >>> release = private_count(opted_out, epsilon=0.5, delta=0, random_state=0)
    >>> release.frame().round(2)
       value  noise_scale    low   high
    0    300         1.98  294.0  306.0
    >>> print(release.guarantee)
    (epsilon 0.5, delta 0) per row, add-remove
    """
    query = Query.of(
        values,
        epsilon=epsilon,
        delta=delta,
        unit=unit,
        rows_per_unit=rows_per_unit,
        adjacency=adjacency,
        random_state=random_state,
    )
    flags = numbers(values)
    odd = flags[~np.isin(flags, (0, 1))]
    if len(odd):
        rule = "must be true or false, or 0 and 1"
        raise InputError("values", rule, f"{odd[0]:g}", "Compare them, such as spend > 100.")
    mechanism = query.noise(0.0, 1.0, whole=True)
    value = mechanism.release(int(flags[query.rows.places].sum()), query.rng)
    promise = query.guarantee("the released count", mechanism.guarantee)
    return Release(pd.DataFrame({"value": [value]}), promise, mechanism)


def private_sum(
    values: ArrayLike,
    *,
    bounds: tuple[float, float],
    epsilon: float,
    delta: float,
    unit: ArrayLike | None = None,
    rows_per_unit: int | None = None,
    adjacency: Adjacency = "add-remove",
    random_state: int | None = None,
) -> Release:
    """Add up values clipped to declared bounds, with noise.

    Parameters
    ----------
    values : array_like of float, shape (n,)
    bounds : (low, high)
        Declared without a look at the values, which are clipped to it: the sum is then one of the
        clipped values. The noise grows with the bound that is further from zero.
    epsilon, delta, unit, rows_per_unit, adjacency, random_state
        As in `private_count`; a pure promise gets Laplace noise.

    Returns
    -------
    Release

    Raises
    ------
    InputError
        Where an argument or a value breaks a rule.

    Warns
    -----
    ClippedRowsWarning
        Where more than one row in a hundred lies outside the bounds.
    DroppedRowsWarning, LargeDeltaWarning
        As in `private_count`.

    Examples
    --------
    >>> spend = pd.Series([20.0, 35.0, 80.0, 10.0] * 250)
    >>> owner = pd.Series(np.repeat(np.arange(500), 2), name="customer")
    >>> release = private_sum(
    ...     spend, bounds=(0, 100), epsilon=1, delta=0, unit=owner, rows_per_unit=2, random_state=0
    ... )
    >>> release.noise_scale
    200.0
    >>> print(release.guarantee)
    (epsilon 1, delta 0) per customer, add-remove
    """
    low, high = checked_range(bounds)
    query = Query.of(
        values,
        epsilon=epsilon,
        delta=delta,
        unit=unit,
        rows_per_unit=rows_per_unit,
        adjacency=adjacency,
        random_state=random_state,
    )
    exact, low, high = on_grid(clipped(numbers(values), low, high), (low, high))
    mechanism = query.noise(low, high)
    value = mechanism.release(exact[query.rows.places].sum(), query.rng)
    promise = query.guarantee("the released sum", mechanism.guarantee)
    return Release(pd.DataFrame({"value": [value]}), promise, mechanism)


def private_mean(
    values: ArrayLike,
    *,
    bounds: tuple[float, float],
    epsilon: float,
    delta: float,
    unit: ArrayLike | None = None,
    rows_per_unit: int | None = None,
    adjacency: Adjacency = "add-remove",
    random_state: int | None = None,
) -> MeanRelease:
    """Average values clipped to declared bounds, with noise.

    Each row is divided in two: how far its value lies above the lower bound, and below the upper one,
    in ranges. The two add up to 1, so a row moves both sums together by no more than 1 and each gets
    noise for the whole epsilon. The mean, and the number of rows, follow from the noised sums. A noisy
    sum over a noisy count with the budget halved has twice the variance.

    Parameters
    ----------
    values, bounds, epsilon, delta, unit, rows_per_unit, adjacency, random_state
        As in `private_sum`.

    Returns
    -------
    MeanRelease
        Its value is missing where the noise hides whether there are rows at all.

    Raises
    ------
    InputError
        Where an argument or a value breaks a rule.

    Warns
    -----
    ClippedRowsWarning, DroppedRowsWarning, LargeDeltaWarning
        As in `private_sum`.

    Examples
    --------
    >>> age = np.repeat([20, 40, 75], 400)
    >>> private_mean(age, bounds=(18, 98), epsilon=0.5, delta=0, random_state=0).frame().round(2)
       value     rows    low   high
    0  45.06  1193.76  44.56  45.55
    """
    low, high = checked_range(bounds)
    query = Query.of(
        values,
        epsilon=epsilon,
        delta=delta,
        unit=unit,
        rows_per_unit=rows_per_unit,
        adjacency=adjacency,
        random_state=random_state,
    )
    halves = shares_of_range(clipped(numbers(values), low, high), low, high)[query.rows.places]
    mechanism = query.noise(0.0, 1.0, cells=2)
    noised = mechanism.release(halves.sum(axis=0), query.rng)
    promise = query.guarantee("the released mean and number of rows", mechanism.guarantee)
    return MeanRelease.of(pd.DataFrame(index=[0]), noised[None, :], (low, high), promise, mechanism)
