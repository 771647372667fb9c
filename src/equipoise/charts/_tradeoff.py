"""Pictures of a sweep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from equipoise.charts._picture import MARKS, Picture, look, picture

__all__ = ["MEASURE_TITLES", "draw_frontier", "epsilon_text"]

MEASURE_TITLES = {
    "profit_eur": "Profit in € per 1,000 decisions",
    "campaign_eur": "Profit in € per 1,000 of all customers",
    "auc": "AUC",
    "average_precision": "Average precision",
    "lift_at_10": "Lift in the top tenth",
    "selection_gap": "Largest gap in contact rate",
    "opportunity_gap": "Largest gap in true positive rate",
    "worst_group_tpr": "Lowest true positive rate of a group",
    "reach": "Share of all customers contacted",
    "reach_gap": "Largest gap in reach",
    "attack_advantage": "Advantage of a membership attack",
    "opt_outs": "Opt-outs after contacts per 1,000 customers",
    "complaints": "Complaints after contacts per 1,000 customers",
}


def epsilon_text(epsilon: float) -> str:
    """Return an epsilon as the command line takes it; `inf` is not private.

    Examples
    --------
    >>> epsilon_text(3.0), epsilon_text(float("inf"))
    ('3', 'inf')
    """
    return f"{epsilon:g}"


def draw_frontier(
    policies: pd.DataFrame,
    *,
    larger: str,
    gap: str = "selection_gap",
    pick: Any = None,
    titles: Mapping[str, str] = MEASURE_TITLES,
) -> Picture:
    """Draw what each policy earns and its gap against epsilon, with bands over seeds.

    Parameters
    ----------
    policies : DataFrame
        `model, mitigation, epsilon` and for `larger` and `gap` the mean and its `_low` and `_high`.
    larger : str
        The measure of which more is better.
    gap : str
        The measure of which less is better.
    pick : object with `model`, `mitigation` and `epsilon`, optional
        The chosen policy, circled.
    titles : mapping of str to str
        What the measures are called.
    """
    lines = list(policies.groupby(["model", "mitigation"], sort=False))
    finite = sorted(e for e in policies["epsilon"].unique() if np.isfinite(e))
    ticks = [*finite, np.inf] if np.isinf(policies["epsilon"]).any() else finite
    place = {epsilon: spot for spot, epsilon in enumerate(ticks)}

    def draw(figure: Any) -> None:
        for axis, measure in zip(figure.subplots(1, 2), (larger, gap), strict=True):
            for number, ((model, mitigation), line) in enumerate(lines):
                line = line.sort_values("epsilon")
                ink, mark = look(number)
                spots = line["epsilon"].map(place).to_numpy() + 0.07 * (
                    number - (len(lines) - 1) / 2
                )
                mean = line[measure].to_numpy()
                band = line[[f"{measure}_low", f"{measure}_high"]].to_numpy()
                spread = np.abs(band - mean[:, None]).T
                label = model if mitigation == "none" else f"{model} + {mitigation}"
                axis.errorbar(
                    spots, mean, yerr=spread, color=ink, capsize=3, label=label,
                    marker=MARKS[mark], linewidth=1,
                    linestyle="-" if mitigation == "none" else "--",
                )  # fmt: skip
                if pick is not None and (pick.model, pick.mitigation) == (model, mitigation):
                    chosen = (line["epsilon"] == pick.epsilon).to_numpy()
                    axis.plot(
                        spots[chosen], mean[chosen], "o", markersize=16, markerfacecolor="none",
                        markeredgecolor="black",
                    )  # fmt: skip
            axis.set_title(titles.get(measure, measure), fontsize=10)
            axis.set_xticks(range(len(ticks)), [epsilon_text(e) for e in ticks])
            axis.set_xlabel("epsilon (left: more privacy; inf: not private)")
            axis.set_xlim(-0.5, len(ticks) - 0.5)
            if np.nanmax(np.abs(policies[measure])) >= 100:
                axis.yaxis.set_major_formatter("{x:,.0f}")
            axis.grid(axis="y", color="#e3e7eb")
            axis.set_axisbelow(True)
        figure.axes[1].set_ylim(bottom=0)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9
        )

    return picture(
        draw,
        size=(9.5, 4.2 + 0.2 * math.ceil(len(lines) / 2)),
        alt=_told(policies, larger, gap, pick, titles),
        caption=(
            "Means over seeds on the choose-customers. Bars span the seeds (noise and training), not "
            "other customers." + ("" if pick is None else " The circle is the pick.")
        ),
    )


def _told(
    policies: pd.DataFrame, larger: str, gap: str, pick: Any, names: Mapping[str, str]
) -> str:
    best = policies.loc[policies[larger].idxmax()]
    level = "without privacy" if np.isinf(best["epsilon"]) else f"at epsilon {best['epsilon']:g}"
    chosen = "" if pick is None else f" The pick is {pick}."
    low, high = policies[larger].min(), policies[larger].max()
    titles = [names.get(measure, measure) for measure in (larger, gap)]
    return (
        f"{titles[0]} and {titles[1][0].lower()}{titles[1][1:]} of {len(policies)} policies against epsilon. "
        f"The first runs from {low:,.3g} to {high:,.3g}; the highest is {best['model']} {level}. "
        f"The gap runs from {policies[gap].min():.3f} to {policies[gap].max():.3f}.{chosen} "
        "The table beside it has every figure."
    )
