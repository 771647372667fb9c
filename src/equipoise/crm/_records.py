"""The records of the retailer as one object: tables, tasks, and the truth apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from equipoise._checks import check_choice
from equipoise.crm._gaps import recorded_against_undistorted
from equipoise.crm._schema import GROUPS
from equipoise.crm._tasks import pose_task
from equipoise.crm._truth import Truth
from equipoise.crm._writing import write_crm
from equipoise.crm.distortions import Distortion
from equipoise.task import Task, build_task

__all__ = ["CRM"]


@dataclass(frozen=True, eq=False)
class CRM:
    """The records of a fictional European home-goods retailer, and the truth behind them.

    Parameters
    ----------
    seed : int
        What every random number came from.
    distortions : tuple of Distortion
        What makes the records differ from the truth; empty for the clean world.
    tables : mapping of str to pandas.DataFrame
        `individuals, contacts, orders, campaigns, campaign_members`.
    truth : Truth
        Latents and both potential outcomes. No table, feature or task reads it.
    """

    seed: int
    distortions: tuple[Distortion, ...]
    tables: Mapping[str, pd.DataFrame]
    truth: Truth

    def __repr__(self) -> str:
        acts = ", ".join(str(distortion) for distortion in self.distortions) or "none"
        customers = len(self.tables["individuals"])
        return f"CRM(customers={customers}, seed={self.seed}, distortions={acts})"

    def task(self, name: str) -> Task:
        """Return the decision problem `name` on these customers.

        Parameters
        ----------
        name : str
            ``"offer_response"``: who answers the spring coupon, among the eligible members
            of the campaign (all but the randomised hold-out).

        Raises
        ------
        InputError
            If no task has that name.

        Examples
        --------
        >>> from equipoise.crm import make_crm
        >>> make_crm(customers=500, seed=7).task("offer_response").name
        'offer_response'
        """
        return build_task(*pose_task(name, self.tables))

    def injected_gap(self, column: str | None = None) -> pd.DataFrame:
        """Return how far distortions moved each group's recorded response rate.

        Parameters
        ----------
        column : str, optional
            One group attribute; all of them if not given.

        Returns
        -------
        pandas.DataFrame
            `attribute, group, n` (eligible members), `recorded_rate`, `undistorted_rate` (what
            the same customers' records would show without distortions) and their difference
            `injected`, in 0..1. It is exactly 0 at dose 0. It is no estimate and has no
            interval: both rates are known. It does not say how far the undistorted rates of
            two groups differ by themselves.

        Raises
        ------
        InputError
            If the column is not a group attribute.

        Examples
        --------
        >>> from equipoise.crm import make_crm
        >>> make_crm(customers=500, seed=7).injected_gap("community")["injected"].tolist()
        [0.0, 0.0, 0.0]
        """
        columns = list(GROUPS) if column is None else [check_choice("column", column, GROUPS)]
        return recorded_against_undistorted(self.tables, self.truth, columns)

    def write(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write every table, the truth, the task with its task file, and a datasheet.

        Either all files appear or none. `truth.parquet` and the datasheet's seed let anyone
        look behind the records: keep them from learners who should not see the answer.

        Parameters
        ----------
        folder : str or Path
            New or empty, unless `overwrite`.
        overwrite : bool
            Replace files of the same names; nothing else in the folder is touched.

        Raises
        ------
        InputError
            If the folder is not empty and `overwrite` is false.
        """
        write_crm(
            folder,
            tables=self.tables,
            truth=self.truth,
            seed=self.seed,
            distortions=self.distortions,
            overwrite=overwrite,
        )
