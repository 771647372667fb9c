"""How much the best of many overstates itself on the customers that it was chosen on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.tradeoff._frames import frame_of
from equipoise.tradeoff._measures import DRAWN
from equipoise.tradeoff._paired import drawn_together
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep

__all__ = ["expected_optimism", "optimism"]


def optimism(sweep: Sweep, feasible: Sequence[Policy], goal: str) -> pd.DataFrame:
    """Return the pick's mean on the choose-customers less its mean on the confirm-customers.

    Parameters
    ----------
    feasible : sequence of Policy
        The pick, then the others that it was the best of.
    goal : str
        What it has most of; the unit of all figures but `in_standard_errors`.

    Returns
    -------
    DataFrame
        One row: `measure, on_choose, on_confirm, optimism, low, high, standard_error,
        in_standard_errors, estimate, note`. The interval is a 95 % one over draws of both parts;
        `standard_error` is that of `on_choose` over customers; `estimate` is `expected_optimism`,
        from the choose-customers alone. Zero means that the choice flattered nothing.

    Notes
    -----
    Both parts judge the same trained models. Luck of noise and training that a released model, with
    a seed of its own, will not have shows in neither: more seeds are the cure.
    """
    if goal not in DRAWN:
        return frame_of("optimism", [(goal, *[np.nan] * 8, f"not estimable: no draws of {goal}")])
    chosen = _over_seeds(sweep, feasible, "choose", goal)
    confirmed = _over_seeds(sweep, feasible[:1], "confirm", goal)[:, 0]
    known = ~(np.isnan(chosen).any(axis=1) | np.isnan(confirmed))
    if not known[0] or known.sum() < 3:
        note = "not estimable (too few customers)"
        return frame_of("optimism", [(goal, *[np.nan] * 8, note)])
    chosen, confirmed = chosen[known], confirmed[known]
    apart = chosen[:, 0] - confirmed
    error = float(chosen[1:, 0].std(ddof=1))
    figures = (chosen[0, 0], confirmed[0], apart[0], *np.quantile(apart[1:], [0.025, 0.975]))
    in_errors = apart[0] / error if error > 0 else np.nan
    estimate = expected_optimism(chosen[0], chosen[1:] - chosen[0])
    return frame_of("optimism", [(goal, *figures, error, in_errors, estimate, "")])


def expected_optimism(means: NDArray[np.float64], noise: NDArray[np.float64]) -> float:
    """Return by how much the best of several means is expected to overstate itself.

    The means differ by what is true and by chance. Their distances from each other are shrunk until
    they vary by as much as is not chance; then the best is picked anew under each draw of the noise,
    and what the noise gave it is averaged. The means of equal policies are shrunk to one point.

    Parameters
    ----------
    means : array, shape (policies,)
        As measured.
    noise : array, shape (draws, policies)
        Draws of what customers change in them.

    Returns
    -------
    float
        In the unit of the means; 0 for a single policy. For 4 to 48 policies whose true means are
        normal, spread by 0 to 30 standard errors, it is within 0.15 standard errors of the truth on
        average. Too low where a few policies are alike and the others far worse: the shrinkage is
        the same for all.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).standard_normal((4000, 24))
    >>> print(f"{expected_optimism(np.zeros(24), noise):.1f}")  # the best of 24 standard normals
    2.0
    >>> print(f"{abs(expected_optimism(np.arange(24.0) * 9, noise)):.1f}")
    0.0
    """
    if len(means) == 1:
        return 0.0
    noise = noise - noise.mean(axis=0)
    apart = means - means.mean()
    by_chance = float(noise.var(axis=1, ddof=1).mean())
    found = float(means.var(ddof=1))
    true_share = max(0.0, 1 - by_chance / found) if found > 0 else 0.0
    best = (np.sqrt(true_share) * apart + noise).argmax(axis=1)
    return float(noise[np.arange(len(noise)), best].mean())


def _over_seeds(
    sweep: Sweep, policies: Sequence[Policy], part: str, goal: str
) -> NDArray[np.float64]:
    """Return means over seeds, shape (draws + 1, policies); the sample itself first."""
    means: NDArray[np.float64] = (
        drawn_together(sweep, policies, part, [goal])[..., 0].mean(axis=1).T
    )
    return means
