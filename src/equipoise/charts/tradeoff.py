"""Pictures of how sure a sweep is: two bands of a measure, and what an epsilon does to each group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equipoise.charts._picture import INKS, MARKS, Picture, look, picture
from equipoise.charts._tradeoff import epsilon_text

__all__ = ["BAND_LABELS", "draw_bands", "draw_effects"]

BAND_LABELS = ("noise and training", "customers")
"""What a band is over: seeds with the customers as they are, customers with the models as they are."""

_GRID = "#e3e7eb"


def draw_bands(frame: pd.DataFrame, *, title: str) -> Picture:
    """Draw a measure of each policy with its band over seeds and its band over customers.

    Parameters
    ----------
    frame : DataFrame
        Two rows a policy: `policy, value, low, high, label, note`, the labels being `BAND_LABELS`. A
        policy without a value is named, and nothing is drawn for it.
    title : str
        What the measure is called.
    """
    names = list(dict.fromkeys(frame["policy"]))
    means = frame.drop_duplicates("policy")["value"].to_numpy(float)
    places = np.arange(len(names))[::-1]
    noise, customers = (
        frame[frame["label"] == label].set_index("policy").loc[names] for label in BAND_LABELS
    )

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        axis.hlines(
            places, noise["low"], noise["high"], color=INKS[1], linewidth=8, alpha=0.45,
            label=BAND_LABELS[0],
        )  # fmt: skip
        axis.hlines(
            places, customers["low"], customers["high"], color=INKS[0], linewidth=1.6,
            label=BAND_LABELS[1],
        )  # fmt: skip
        for side in ("low", "high"):
            axis.plot(customers[side], places, "|", color=INKS[0], markersize=8)
        axis.plot(means, places, "o", color=INKS[5], markersize=4, label="mean over seeds")
        axis.set_yticks(places, names)
        axis.set_ylim(-0.6, len(names) - 0.4)
        axis.set_title(title, fontsize=10)
        if np.nanmax(np.abs(means), initial=0.0) >= 100:
            axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.grid(axis="x", color=_GRID)
        axis.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)

    return picture(
        draw,
        size=(8.5, 1.5 + 0.3 * len(names)),
        alt=_bands_told(frame, title),
        caption=(
            "The thick band spans the seeds: noise and training, on these customers. The thin one is a "
            "95 % interval over customers, with the models as they were trained. Neither holds the other."
        ),
    )


def draw_effects(effects: pd.DataFrame, *, rate: str) -> Picture:
    """Draw what each epsilon does to a rate of each group, one panel a model with its mitigation.

    Parameters
    ----------
    effects : DataFrame
        `model, mitigation, consent_policy, epsilon, group, effect, low, high, told`. An effect that is
        not estimable is left out of the picture and told in words.
    rate : str
        What the rate is called, such as "true positive rate".
    """
    panels = list(effects.groupby(["model", "mitigation", "consent_policy"], sort=False))
    groups = list(dict.fromkeys(effects["group"]))
    known = set(effects.loc[np.isfinite(effects["low"]), "group"])
    labels = [group if group in known else f"{group} (not estimable)" for group in groups]
    epsilons = sorted(effects["epsilon"].unique())
    spots = {epsilon: number for number, epsilon in enumerate(epsilons)}

    def draw(figure: Any) -> None:
        axes = figure.subplots(len(panels), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for axis, (key, panel) in zip(axes, panels, strict=True):
            for number, group in enumerate(groups):
                own = panel[(panel["group"] == group) & np.isfinite(panel["low"])]
                _errors(axis, own, spots, number, labels)
            axis.axhline(0, color=INKS[5], linewidth=0.8)
            axis.set_title(_named(key), fontsize=9)
            axis.grid(axis="y", color=_GRID)
            axis.set_axisbelow(True)
        axes[-1].set_xticks(range(len(epsilons)), [epsilon_text(e) for e in epsilons])
        axes[-1].set_xlim(-0.5, len(epsilons) - 0.5)
        axes[-1].set_xlabel("epsilon (left: more privacy)")
        figure.supylabel(f"change in {rate}", fontsize=9)
        figure.legend(
            *axes[0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=4,
            frameon=False,
            fontsize=9,
        )

    return picture(
        draw,
        size=(7.5, 1.4 + 2.0 * len(panels)),
        alt=_effects_told(panels, rate),
        caption=(
            f"The {rate} at an epsilon less that without privacy, on the same customers; zero: no "
            "effect. Bars are 95 % intervals over noise, training and customers, each for itself."
        ),
    )


def _errors(
    axis: Any, own: pd.DataFrame, spots: dict[float, int], number: int, labels: list[str]
) -> None:
    ink, mark = look(number)
    beside = own["epsilon"].map(spots).to_numpy(float) + 0.12 * (number - (len(labels) - 1) / 2)
    spread = np.abs(own[["low", "high"]].to_numpy(float) - own[["effect"]].to_numpy(float)).T
    axis.errorbar(
        beside, own["effect"], yerr=spread, color=ink, marker=MARKS[mark], capsize=3, linewidth=1,
        label=labels[number],
    )  # fmt: skip


def _named(key: tuple[str, str, str]) -> str:
    model, mitigation, consent = key
    changed = "" if mitigation == "none" else f" with {mitigation}"
    return f"{model}{changed}" + ("" if consent == "as_given" else f", consent {consent}")


def _bands_told(frame: pd.DataFrame, title: str) -> str:
    parts = []
    for name, own in frame.groupby("policy", sort=False):
        value = own["value"].iloc[0]
        if not np.isfinite(value):
            parts.append(f"{name} {own['note'].iloc[0]}")
            continue
        bands = ", ".join(
            f"{row.label} {row.low:,.4g} to {row.high:,.4g}"
            if np.isfinite(row.low)
            else f"{row.label} {row.note}"
            for row in own.itertuples()
        )
        parts.append(f"{name} {value:,.4g} ({bands})")
    return f"{title}, mean over seeds: {'; '.join(parts)}."


def _effects_told(panels: list[tuple[tuple[str, str, str], pd.DataFrame]], rate: str) -> str:
    told = "; ".join(
        f"{_named(key)} at epsilon {epsilon_text(row.epsilon)}, {row.group}: "
        + (f"{row.effect:+.3f} [{row.low:+.3f}, {row.high:+.3f}], " if np.isfinite(row.low) else "")
        + str(row.told)
        for key, panel in panels
        for row in panel.itertuples()
    )
    return f"Change in {rate} that an epsilon makes. {told[:1].upper()}{told[1:]}."
