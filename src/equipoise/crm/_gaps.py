"""Recorded rates beside undistorted ones: what a bias metric is scored against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from equipoise.crm._schema import GROUPS
from equipoise.crm._truth import Truth

__all__ = ["recorded_against_undistorted"]


def recorded_against_undistorted(
    tables: Mapping[str, pd.DataFrame], truth: Truth, columns: Sequence[str]
) -> pd.DataFrame:
    """Return, by group, the eligible members' response rate as recorded and as undistorted."""
    members = tables["campaign_members"]
    labels = (
        members[members["status"] != "hold_out"]
        .merge(truth.campaign, on="contact_id", validate="1:1")
        .merge(tables["individuals"], on="individual_id", validate="1:1")
    )
    return pd.concat([_by_group(labels, column) for column in columns], ignore_index=True)


def _by_group(labels: pd.DataFrame, column: str) -> pd.DataFrame:
    by_group = labels.groupby(column)
    n = by_group.size()
    recorded = by_group["has_responded"].sum()
    undistorted = by_group["undistorted_has_responded"].sum()
    frame = pd.DataFrame(
        {
            "n": n,
            "recorded_rate": recorded / n,
            "undistorted_rate": undistorted / n,
            "injected": (recorded - undistorted) / n,
        }
    )
    levels = [value for value in GROUPS[column] if value in frame.index]
    frame = frame.loc[levels].rename_axis("group").reset_index()
    frame.insert(0, "attribute", column)
    return frame
