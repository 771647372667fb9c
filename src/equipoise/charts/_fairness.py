"""Pictures of an audit."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd

from equipoise.charts._picture import INKS, Picture, picture

__all__ = ["draw_rates"]

TITLES = {
    "base_rate": "Recorded outcome",
    "selection_rate": "Contacted",
    "true_positive_rate": "Contacted, of those\nwith the outcome",
    "false_positive_rate": "Contacted, of those\nwithout the outcome",
}


def draw_rates(frame: pd.DataFrame, *, reference: str | None = None) -> Picture:
    """Draw the rates of one attribute's groups with their intervals.

    Parameters
    ----------
    frame : DataFrame
        Columns `group, metric, value, low, high, note`; metrics that have no title are left out.
    reference : str, optional
        The group that gaps are measured against, marked in the picture.
    """
    metrics = [metric for metric in TITLES if (frame["metric"] == metric).any()]
    groups = list(dict.fromkeys(frame["group"]))
    places = np.arange(len(groups))[::-1]
    labels = [_label(f"{group} (reference)" if group == reference else group) for group in groups]

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
        for axis, metric in zip(axes, metrics, strict=True):
            part = frame[frame["metric"] == metric].set_index("group").loc[groups]
            known = part["value"].notna().to_numpy()
            spread = np.abs(part[["low", "high"]].to_numpy() - part[["value"]].to_numpy()).T
            axis.errorbar(
                part["value"][known], places[known], xerr=spread[:, known], fmt="o", color=INKS[0],
                capsize=3,
            )  # fmt: skip
            for place, note in zip(places[~known], part["note"][~known], strict=True):
                axis.text(
                    0.02, place, note, va="center", fontsize=8, transform=axis.get_yaxis_transform()
                )
            axis.set_title(TITLES[metric], fontsize=9)
            axis.set_xlim(left=0)
            axis.set_yticks(places, labels)
            axis.set_ylim(-0.6, len(groups) - 0.4)
            axis.xaxis.set_major_formatter("{x:.2g}")
            axis.grid(axis="x", color="#e3e7eb")
            axis.set_axisbelow(True)

    shown = frame[frame["metric"] == "selection_rate"]
    told = "; ".join(
        f"{row.group} {row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"
        if np.isfinite(row.value)
        else f"{row.group} {row.note}"
        for row in shown.itertuples()
    )
    return picture(
        draw,
        size=(2.5 * len(metrics), 1.2 + 0.36 * sum(1 + label.count("\n") / 2 for label in labels)),
        alt=f"Rates per group with 95 % intervals. Contacted: {told}.",
        caption="Points are rates, bars are 95 % intervals. Overlapping bars are no proof of equality.",
    )


def _label(name: str) -> str:
    """Return a group's name on at most three short lines; the table has it in full."""
    return "\n".join(textwrap.wrap(name, 24, max_lines=3, placeholder=" …")) or name
