"""Sweep: what a plan gave on a task, as tidy frames with a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from equipoise.charts import MEASURE_TITLES
from equipoise.task import TaskFile
from equipoise.tradeoff._bands import bands
from equipoise.tradeoff._frontier import frontier, on_frontier
from equipoise.tradeoff._measures import MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._membership import membership
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._storage import read_parts, write_parts

__all__ = ["INTERNAL", "POLICY_KEYS", "Sweep", "read_sweep"]

POLICY_KEYS = ["model", "mitigation", "epsilon", "delta", "consent_policy", "attribute"]
EXAMPLE = "example €"
EUROS = ("profit_eur", "campaign_eur")
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
        One row a cell (a policy and a seed): keys, measures on the choose-customers, seconds, note.
    by_group : DataFrame
        The same keys by group and part (`choose`, `confirm`): rates with intervals and trials.
    draws : DataFrame
        Measures on bootstrap draws of customers: `cell` (the place in `rows`), `part`, `replicate`
        (0 is the sample itself), then the measures that are drawn.
    group_draws : DataFrame
        Rates on the same draws of the confirm-customers: `cell, group, replicate, selection_rate,
        true_positive_rate`.
    manifest : mapping
        Task, plan, guarantees, versions, seeds, and what the figures are not.
    """

    rows: pd.DataFrame
    by_group: pd.DataFrame
    draws: pd.DataFrame
    group_draws: pd.DataFrame
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
            return {name: told for name, told in MEASURE_TITLES.items() if name not in EUROS}
        unit = EXAMPLE if self.has_example_euros else "€"
        return MEASURE_TITLES | {name: MEASURE_TITLES[name].replace("€", unit) for name in EUROS}

    @property
    def compares_consent(self) -> bool:
        """Whether policies differ in which customers may be decided about."""
        return len(self.manifest["plan"]["consent_policies"]) > 1

    @property
    def default_goal(self) -> str:
        """The measure to have most of.

        Euros per 1,000 decisions, or, where consent policies are compared, per 1,000 customers whether
        permitted or not; the ranking where the task has no euros.
        """
        if self.task.value is None:
            return "auc"
        return "campaign_eur" if self.compares_consent else "profit_eur"

    def policies(self) -> pd.DataFrame:
        """Return the mean of each measure over seeds, one row a policy that ran with every seed.

        `<measure>_low` and `<measure>_high` are the smallest and the largest value over seeds: a band
        of noise and training, not of customers. A measure that a seed lacks is missing.
        `profit_eur_customers_low` and `profit_eur_customers_high` are a 95 % interval of what one
        released model may earn on other customers: over customers and over seeds (Student's t for
        one more seed, wide for few of them). One seed alone says nothing of others, so then it is
        over customers only.
        """
        return self._policies.copy()

    @cached_property
    def _policies(self) -> pd.DataFrame:
        ran = self.rows[self.rows["status"] == "ok"]
        grouped = ran.groupby(POLICY_KEYS, sort=False, dropna=False)[list(MEASURES)]
        seeds = self.rows["seed"].nunique()
        mean = grouped.mean().where(grouped.count() == seeds)
        bands = grouped.min().add_suffix("_low").join(grouped.max().add_suffix("_high"))
        euros = _profit_over_both(ran).loc[mean.index]
        return mean.join(bands).join(euros)[grouped.size() == seeds].reset_index()

    def cells_of(self, policy: Policy) -> pd.DataFrame:
        """Return the rows of one policy, whose index is their place in `rows`."""
        fields = [self.rows[name] == getattr(policy, name) for name in Policy._fields]
        return self.rows[np.logical_and.reduce(fields)]

    def drawn(self, policy: Policy, part: str, measure: str) -> pd.DataFrame:
        """Return a measure of one policy on draws of customers: one row a replicate, one column a seed.

        Row 0 is the sample itself. The same replicate draws the same customers for every policy, so
        differences between policies are paired.
        """
        values = self.draws[measure].to_numpy()
        own = {
            seed: values[self._places_of_draws[part, cell]]
            for cell, seed in self.cells_of(policy)["seed"].items()
            if (part, cell) in self._places_of_draws
        }
        return pd.DataFrame(own).rename_axis(index="replicate", columns="seed")

    @cached_property
    def _places_of_draws(self) -> Mapping[tuple[str, int], NDArray[np.intp]]:
        """Where the draws of a part and cell lie, by replicate; looked for once, asked for often."""
        keys = self.draws[["part", "cell", "replicate"]].reset_index(drop=True)
        places = keys.sort_values("replicate", kind="stable")
        return {
            key: rows.to_numpy() for key, rows in places.groupby(["part", "cell"]).groups.items()
        }

    def frontier(
        self, larger: Sequence[str] | None = None, smaller: Sequence[str] = ("epsilon",)
    ) -> pd.DataFrame:
        """Return the policies that no other policy beats on all the named measures at once.

        Parameters
        ----------
        larger, smaller : sequence of str
            Any of the measures or `epsilon`, of which more, or less, is better, compared by their
            mean over seeds; at least one, and none in both. By default `default_goal` against epsilon.

        Returns
        -------
        DataFrame
            Rows of `policies`. A policy that lacks one of the measures is not on the frontier.

        Raises
        ------
        InputError
            Where a name is unknown, is in both, or is a measure that no policy of this sweep has.
        """
        return frontier(self, larger, smaller)

    def on_frontier(
        self, table: pd.DataFrame, larger: Sequence[str], smaller: Sequence[str]
    ) -> list[bool]:
        """Say for each policy of a table, in its order, whether `frontier` has it.

        Where no policy has one of the measures, none is on the frontier.
        """
        return on_frontier(self, table, larger, smaller)

    def membership(
        self, larger: Sequence[str] | None = None, smaller: Sequence[str] = ("epsilon",)
    ) -> pd.DataFrame:
        """Return how surely each policy is on the frontier, and what dominates it.

        Each replicate draws choose-customers, the same for every policy, and as many seeds with
        replacement as there are, again the same for every policy; a policy is compared by its mean
        over these seeds. Deviations from its mean over all seeds are widened by the root of
        seeds / (seeds - 1), since few redrawn seeds vary too little by just that. One seed tells nothing
        of noise and training, so then only customers move.

        Epsilon and what is not measured on draws (`average_precision`, `lift_at_10`, `reach`,
        `attack_advantage`) stay at their means, so where the order hangs on them, probabilities
        are too near 0 or 1. A draw of customers drives groups apart, so gaps are larger on draws
        than in the sample, and small true differences between gaps are harder to see.

        Parameters
        ----------
        larger, smaller : sequence of str
            As for `frontier`.

        Returns
        -------
        DataFrame
            One row a policy, in the order of `policies`: its keys, the means of the named measures,
            `on_frontier` (by means), `membership_probability` (the share of replicates in which it
            is on the frontier), `dominated_by` (of the policies that dominate it by means, the one
            that does in most replicates; empty on the frontier), `dominated_in` (the share of
            replicates in which that one does) and `note`. Equal policies dominate neither, so both
            may have the same high probability. A policy that lacks a measure has none.

        Raises
        ------
        InputError
            As for `frontier`.
        """
        return membership(self, larger, smaller)

    def bands(self, measure: str, part: str = "choose") -> pd.DataFrame:
        """Return how far a measure reaches, in two bands that answer two questions.

        Parameters
        ----------
        measure : str
        part : str
            `choose` or `confirm`; on the latter there is only what is measured on draws.

        Returns
        -------
        DataFrame
            Two rows a policy: its keys and their text `policy`, `value` (the mean over seeds), `low,
            high, label, note`.
            "noise and training" spans the seeds, the customers being as they are. "customers" is a
            95 % interval of the mean over seeds, the trained models being as they are: the middle
            of draws of customers or, for extremes over groups, an interval that holds for all
            groups at once (the mean of those of the seeds).

        Raises
        ------
        InputError
            Where the measure or the part is unknown, or that part lacks the measure.
        """
        return bands(self, measure, part)

    def save(self, path: str | Path) -> None:
        """Write the frame as Parquet with its manifest, and its companions beside it.

        Parameters
        ----------
        path : str or Path
            Ends in `.parquet`; what lies there is replaced.

        Raises
        ------
        InputError
            Where the path ends otherwise or cannot be written.
        """
        parts = (self.rows, self.by_group, self.draws, self.group_draws)
        write_parts(Path(path), parts, self.manifest)


def read_sweep(path: str | Path) -> Sweep:
    """Read a saved sweep.

    Parameters
    ----------
    path : str or Path
        The file that `Sweep.save` was given; its companions lie beside it.

    Raises
    ------
    InputError
        Where a file is missing or unreadable, is no sweep of this version, belongs to another run,
        or was changed after it was written.
    """
    parts, manifest = read_parts(Path(path))
    return Sweep(*parts, manifest)


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
