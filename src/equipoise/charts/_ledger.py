"""Pictures of a privacy ledger."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equipoise.charts._picture import INKS, Picture, picture

__all__ = ["draw_ledger"]

_FILTERS = {
    "basic": ("epsilon and delta added", INKS[1], "s", "--"),
    "squares": ("added in squares", INKS[0], "o", "-"),
}


def draw_ledger(use: pd.DataFrame) -> Picture:
    """Draw how much of each cap is used after each entry.

    Parameters
    ----------
    use : DataFrame
        Columns `cap, number, basic, squares`: the number of the entry (0: the start), and the share
        of the cap that each filter has used: 1 is all, more is "left for good", missing is "off".
    """
    caps = list(dict.fromkeys(use["cap"]))
    last = int(use["number"].max())
    told = "; ".join(_told(name, use[use["cap"] == name]) for name in caps)

    def draw(figure: Any) -> None:
        axes = figure.subplots(len(caps), 1, sharex=True, squeeze=False)[:, 0]
        for axis, name in zip(axes, caps, strict=True):
            _panel(axis, name, use[use["cap"] == name], last)
        axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1.18), ncols=3, frameon=False)
        axes[-1].set_xlabel("entry")

    return picture(
        draw,
        size=(6.4, 1.1 + 1.9 * len(caps)),
        alt=f"Share of each cap used after {last} entries. {told}.",
        caption="A spend fits while at least one of the lines stays at or below 1, under every cap.",
    )


def _panel(axis: Any, name: str, part: pd.DataFrame, last: int) -> None:
    axis.axhspan(1, 1.25, color="#8a6d00", alpha=0.12, linewidth=0)
    axis.axhline(1, color="#444444", linewidth=1, label="the cap")
    for column, (title, ink, mark, dash) in _FILTERS.items():
        share = part[column].to_numpy()
        if np.isnan(share).any():
            continue
        inside = share <= 1
        numbers = part["number"].to_numpy()
        axis.step(
            [*numbers[inside], last if inside.all() else numbers[inside][-1]],
            [*share[inside], share[inside][-1]],
            where="post", color=ink, linestyle=dash, linewidth=1.6, label=title,
        )  # fmt: skip
        marked = inside & (numbers > 0)
        axis.plot(numbers[marked], share[marked], mark, color=ink, markersize=4)
        if not inside.all():
            place = numbers[~inside][0]
            axis.plot([place], [1.12], "x", color=ink, markersize=7, markeredgewidth=2)
            late = place > last / 2
            axis.annotate(
                "left for good", (place, 1.12), (-8 if late else 8, 0), color=ink, fontsize=8,
                textcoords="offset points", va="center", ha="right" if late else "left",
            )  # fmt: skip
    axis.set_title(name, fontsize=10)
    axis.set_ylim(0, 1.25)
    axis.set_xlim(0, max(last, 1) + 0.5)
    axis.set_yticks([0, 0.5, 1], ["0", "half", "all"])
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.grid(axis="y", color="#e3e7eb")
    axis.set_axisbelow(True)


def _told(name: str, part: pd.DataFrame) -> str:
    ends = {title: part[column].iloc[-1] for column, (title, *_) in _FILTERS.items()}
    return f"{name}: " + ", ".join(
        f"{title} {end:.0%}" if end <= 1 else f"{title} left for good"
        for title, end in ends.items()
        if not np.isnan(end)
    )
