"""Policies on the same draws of customers: arrays, and intervals of what they show on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from equipoise.intervals import Interval
from equipoise.tradeoff._plan import Policy

if TYPE_CHECKING:
    from equipoise.tradeoff._result import Sweep

__all__ = [
    "Expected",
    "drawn_together",
    "expected",
    "fewest_trials",
    "groups_together",
    "over_seeds_too",
    "redrawn",
]

Floats = NDArray[np.float64]


class Expected(NamedTuple):
    """A mean over seeds with a 95 % interval and the two variances that it is made of."""

    value: Floats
    low: Floats
    high: Floats
    noise_variance: Floats
    sampling_variance: Floats


def drawn_together(
    sweep: Sweep, policies: Sequence[Policy], part: str, measures: Sequence[str]
) -> Floats:
    """Return measures of policies that ran with every seed, on the same draws of customers.

    Returns
    -------
    ndarray, shape (policies, seeds, replicates + 1, measures)
        Replicate 0 is the sample itself. NaN where a cell has no draws.
    """
    own = sweep.draws[sweep.draws["part"] == part]
    return _placed(own, _cells(sweep, policies), list(measures))


def groups_together(
    sweep: Sweep, policies: Sequence[Policy], metric: str
) -> tuple[list[str], Floats]:
    """Return a rate of each group on the same draws of the confirm-customers.

    Returns
    -------
    list of str
        The groups, sorted.
    ndarray, shape (policies, groups, seeds, replicates + 1)
        Replicate 0 is the sample itself.
    """
    cells = _cells(sweep, policies)
    by_group = dict(list(sweep.group_draws.groupby("group", sort=True)))
    rates = [_placed(own, cells, [metric])[..., 0] for own in by_group.values()]
    return [str(group) for group in by_group], np.stack(rates, axis=1)


def fewest_trials(
    sweep: Sweep, policies: Sequence[Policy], groups: Sequence[str], metric: str
) -> Floats:
    """Return the trials behind a rate of each group of the confirm-customers: the fewest of any seed.

    A group none of whose customers is there has none.

    Returns
    -------
    ndarray, shape (policies, groups)
    """
    confirm = sweep.by_group[sweep.by_group["part"] == "confirm"]
    fewest = confirm.groupby([*Policy._fields, "group"])[f"{metric}_trials"].min().unstack("group")
    trials: Floats = np.nan_to_num(fewest.reindex(columns=list(groups)).loc[list(policies)])
    return trials


def redrawn(draws: Floats, *, seed: int) -> Floats:
    """Return means over seeds, one a replicate, with the seeds redrawn with replacement.

    Replicate 0 is left out, so each mean moves by a draw of customers and by a draw of seeds. All
    policies get the same seeds, as they get the same customers. Deviations from the plain mean over
    seeds are widened by the root of `seeds / (seeds - 1)`: that of few redrawn seeds is too small by
    just that factor. One seed tells nothing of others, and only customers move.

    Parameters
    ----------
    draws : ndarray, shape (policies, seeds, replicates + 1, measures)
    seed : int

    Returns
    -------
    ndarray, shape (replicates, policies, measures)

    References
    ----------
    Efron (1982), The jackknife, the bootstrap and other resampling plans, section 5.3.
    """
    values = np.moveaxis(draws[:, :, 1:], 2, 0)
    replicates, _, seeds, _ = values.shape
    rng = np.random.default_rng([seed, seeds])
    times = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=replicates) / seeds
    wider = np.sqrt(seeds / max(seeds - 1, 1))
    weights = 1 / seeds + wider * (times - 1 / seeds)
    # Added one by one, not as a matrix product: equal policies must stay equal to the last digit.
    total = np.zeros_like(values[:, :, 0])
    for number in range(seeds):
        total += weights[:, number, None, None] * values[:, :, number]
    return total


def expected(draws: Floats, *, floor: Floats | float = 0.0) -> Expected:
    """Return means over seeds with 95 % intervals of what more seeds and customers would average to.

    Parameters
    ----------
    draws : ndarray, shape (..., seeds, replicates + 1)
        Replicate 0 is the sample itself.
    floor : float or ndarray, shape (...)
        A variance that is added to that over customers: what so few cannot show.

    Returns
    -------
    Expected
        Arrays of shape (...). `noise_variance` is that over seeds on the sample, the customers
        being as they are: what one more release would vary by. `sampling_variance` is that of the
        mean over seeds over draws of customers, the trained models being as they are. The interval
        adds the squares of two distances: Student's t on `noise_variance / seeds`, and 1.96
        standard errors over customers. What a seed does to some customers only is in both, so it
        is a little wide. With one seed there is no noise variance and no interval (NaN).

    Examples
    --------
    >>> told = expected(np.array([[0.1, 0.1, 0.1], [0.3, 0.3, 0.3]]))
    >>> print(f"{told.value:.1f} {told.noise_variance:.2f} {told.sampling_variance:.0f}")
    0.2 0.02 0
    """
    seeds = draws.shape[-2]
    sample = draws[..., 0]
    noise = _variance(sample)
    sampling = _variance(draws[..., 1:].mean(axis=-2))
    reach = stdtrit(max(seeds - 1, 1), 0.975)
    half = np.sqrt(reach**2 * noise / seeds + ndtri(0.975) ** 2 * (sampling + floor))
    value = sample.mean(axis=-1)
    return Expected(value, value - half, value + half, noise, sampling)


def over_seeds_too(customers: Interval, seeds: Floats) -> Interval:
    """Return a mean over seeds whose interval over customers is widened by what seeds vary by.

    Parameters
    ----------
    customers : Interval
        The mean with its 95 % interval over customers alone.
    seeds : ndarray, shape (seeds,)
        The same figure with each seed. The squares of the distances are added, as in `expected`;
        with one seed there are no bounds (NaN).
    """
    value, low, high = customers
    reach = stdtrit(max(len(seeds) - 1, 1), 0.975)
    noise = reach * np.sqrt(_variance(seeds) / len(seeds))
    return Interval(
        value, value - np.hypot(value - low, noise), value + np.hypot(high - value, noise)
    )


def _variance(values: Floats) -> Floats:
    """Return the variance along the last axis, of what is known there; NaN for fewer than two."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    filled = np.where(known, values, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = filled.sum(axis=-1) / count
        apart = np.where(known, filled - middle[..., None], 0.0)
        found = (apart**2).sum(axis=-1) / (count - 1)
    return np.where(count > 1, found, np.nan)


def _cells(sweep: Sweep, policies: Sequence[Policy]) -> NDArray[np.intp]:
    """Return the place of each policy's cells in the rows of the sweep, by seed."""
    ran = sweep.rows[sweep.rows["status"] == "ok"].sort_values("seed", kind="stable")
    places = ran.groupby(list(Policy._fields), sort=False).groups
    cells = [places[policy].to_numpy() for policy in policies]
    return np.array(cells, dtype=np.intp).reshape(len(cells), sweep.rows["seed"].nunique())


def _placed(own: pd.DataFrame, cells: NDArray[np.intp], measures: list[str]) -> Floats:
    """Return draws in the order of `cells`, of any shape, with replicates and measures last."""
    replicate = own["replicate"].to_numpy()
    shape = (cells.max(initial=-1) + 1, replicate.max(initial=0) + 1, len(measures))
    inside = own["cell"].to_numpy() < shape[0]
    places = np.full(shape, np.nan)
    places[own["cell"].to_numpy()[inside], replicate[inside]] = own[measures].to_numpy()[inside]
    return places[cells]
