"""The picture that moves with the limits: what each policy earns, and its gap, against epsilon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equipoise.charts._picture import look
from equipoise.charts._tradeoff import MEASURE_TITLES, epsilon_text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["balance_figure"]

_SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_GRID = "#e3e7eb"
_OUTSIDE = {"fillcolor": "#8a6d00", "opacity": 0.1, "layer": "below", "line": {"width": 0}}
_SMALL: dict[str, Any] = {"showarrow": False, "font": {"size": 12, "color": "#333333"}}


def balance_figure(
    policies: pd.DataFrame,
    *,
    larger: str,
    gap: str,
    epsilon_limit: float,
    gap_limit: float,
    pick: Any,
    title: str,
    titles: Mapping[str, str] = MEASURE_TITLES,
) -> Figure:
    """Draw two panels over epsilon: `larger` above, `gap` below, with the limits shaded.

    Parameters
    ----------
    policies : DataFrame
        `model, mitigation, epsilon, feasible` and for `larger` and `gap` the mean over seeds with
        its `_low` and `_high`. Epsilons are spaced evenly; infinity is shown as `inf`.
    larger, gap : str
        The measure of which more is better, and the one of which less is better.
    epsilon_limit, gap_limit : float
        Infinity draws no limit.
    pick : object with `model`, `mitigation` and `epsilon`, or None
        The chosen policy, ringed and named.
    title : str
        Says what is picked.
    titles : mapping of str to str
        What the measures are called.

    Returns
    -------
    plotly.graph_objects.Figure
        Lean: plain lists and no template, so that one redraw costs about 10 KB.
    """
    from plotly.graph_objects import Figure

    ticks = sorted(policies["epsilon"].unique())
    place = {epsilon: spot for spot, epsilon in enumerate(ticks)}
    groups = list(policies.groupby(["model", "mitigation"], sort=False))
    traces: list[dict[str, Any]] = []
    rings: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for number, ((model, mitigation), line) in enumerate(groups):
        line = line.sort_values("epsilon")
        spots = line["epsilon"].map(place).to_numpy() + 0.08 * (number - (len(groups) - 1) / 2)
        name = model if mitigation == "none" else f"{model} + {mitigation}"
        traces += [
            _line(line, spots, measure, name, number, axis)
            for measure, axis in ((larger, ""), (gap, "2"))
        ]
        if pick is not None and (pick.model, pick.mitigation) == (model, mitigation):
            chosen = int(np.flatnonzero(line["epsilon"] == pick.epsilon)[0])
            for measure, axis in ((larger, ""), (gap, "2")):
                height = float(line[measure].iloc[chosen])
                if np.isfinite(height):
                    rings.append(_ring(float(spots[chosen]), height, axis))
                    notes.append(_pick_note(float(spots[chosen]), height, axis))
    if policies[gap].isna().all():
        notes.append(_centred(f"{titles[gap]}: not estimable"))
    shapes, limit_notes = _limits(ticks, epsilon_limit, gap_limit, policies[f"{gap}_high"].max())
    notes += [_panel_title(titles[larger], ""), _panel_title(titles[gap], "2"), *limit_notes]
    return Figure(
        data=[*traces, *rings, _band_key()],
        layout=_layout(title, ticks) | {"shapes": shapes, "annotations": notes},
    )


def _line(
    line: pd.DataFrame, spots: Any, measure: str, name: str, number: int, axis: str
) -> dict[str, Any]:
    mean, low, high = (line[f"{measure}{end}"].to_numpy() for end in ("", "_low", "_high"))
    ink, mark = look(number)
    symbol = _SYMBOLS[mark]
    decimals = ":,.0f" if measure == "profit_eur" else ":.3f"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": _plain(spots),
        "y": _plain(mean),
        "yaxis": f"y{axis}",
        "name": name,
        "legendgroup": name,
        "showlegend": not axis,
        "line": {"color": ink, "width": 1.5, "dash": _DASHES[mark]},
        "marker": {
            "color": ink,
            "size": 9,
            "line": {"color": ink, "width": 1.5},
            "symbol": [symbol if within else f"{symbol}-open" for within in line["feasible"]],
        },
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": _plain(high - mean),
            "arrayminus": _plain(mean - low),
            "thickness": 1,
            "width": 3,
        },
        "customdata": [epsilon_text(epsilon) for epsilon in line["epsilon"]],
        "hovertemplate": f"{name}, epsilon %{{customdata}}: %{{y{decimals}}}<extra></extra>",
    }


def _ring(x: float, y: float, axis: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "yaxis": f"y{axis}",
        "marker": {"symbol": "circle-open", "size": 22, "color": "black", "line": {"width": 2}},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _pick_note(x: float, y: float, axis: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "xref": "x",
        "yref": f"y{axis}",
        "text": "<b>pick</b>",
        "showarrow": False,
        "yshift": 20,
        "font": {"size": 12, "color": "black"},
        "bgcolor": "rgba(255,255,255,0.8)",
    }


def _panel_title(text: str, axis: str) -> dict[str, Any]:
    """Write the title of a vertical axis level above it, where it fits a telephone, too."""
    return {
        "x": 0,
        "xref": "x domain",
        "xanchor": "left",
        "y": 1,
        "yref": f"y{axis} domain",
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13, "color": "black"},
    }


def _centred(text: str) -> dict[str, Any]:
    return {"x": 0.5, "y": 0.5, "xref": "x domain", "yref": "y2 domain", "text": text, **_SMALL}


def _band_key() -> dict[str, Any]:
    """Say in the legend what the bars are: of seeds, not of customers."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None],
        "y": [None],
        "name": "bars: noise and training (seeds)",
        "marker": {"symbol": "line-ns", "size": 13, "line": {"width": 1.5, "color": "#444444"}},
        "hoverinfo": "skip",
    }


def _limits(
    ticks: list[float], epsilon_limit: float, gap_limit: float, highest: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Shade what the epsilon limit excludes, draw the gap limit, and say both in words."""
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    edge = sum(epsilon <= epsilon_limit for epsilon in ticks) - 0.5
    right = len(ticks) - 0.5
    if edge < right:
        across = {"xref": "x", "x0": edge, "x1": right, "y0": 0, "y1": 1}
        shapes += [
            {"type": "rect", "yref": f"y{axis} domain", **across, **_OUTSIDE} for axis in ("", "2")
        ]
        corner = {"xref": "x", "x": right, "xanchor": "right", "yref": "y domain", "y": 0}
        text = f"outside: epsilon > {epsilon_limit:g}"
        notes.append({**corner, "yanchor": "bottom", "text": text, **_SMALL})
    if np.isfinite(gap_limit):
        note: dict[str, Any] = {
            "xref": "x domain",
            "x": 1,
            "xanchor": "right",
            "text": f"limit: gap ≤ {gap_limit:g}",
        }
        if gap_limit > 1.5 * highest:  # a line this far up would flatten everything else
            where = {"yref": "y2 domain", "y": 1, "yanchor": "top"}
            note["text"] += ", above the picture"
        else:
            where = {"yref": "y2", "y": gap_limit, "yanchor": "bottom"}
            line = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y2"}
            dashed = {"color": "#444444", "width": 1.5, "dash": "dash"}
            shapes.append({**line, "y0": gap_limit, "y1": gap_limit, "line": dashed})
        notes.append({**note, **where, "bgcolor": "rgba(255,255,255,0.8)", **_SMALL})
    return shapes, notes


def _layout(title: str, ticks: list[float]) -> dict[str, Any]:
    panel = {"gridcolor": _GRID, "zeroline": False, "linecolor": "#444444", "automargin": True}
    return {
        "template": "none",
        "title": {
            "text": f"<b>{title.replace(', ', ',<br>', 1)}</b>",
            "x": 0,
            "xref": "container",
            "pad": {"l": 8},
            "font": {"size": 15},
        },
        "font": {"size": 12, "family": "sans-serif"},
        "height": 680,
        "margin": {"l": 48, "r": 16, "t": 98, "b": 40},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "xaxis": {
            **panel,
            "tickvals": list(range(len(ticks))),
            "ticktext": [epsilon_text(epsilon) for epsilon in ticks],
            "range": [-0.5, len(ticks) - 0.5],
            "anchor": "y2",
            "title": {"text": "epsilon (inf: not private)<br>← more privacy", "standoff": 8},
        },
        "yaxis": {**panel, "domain": [0.56, 1]},
        "yaxis2": {**panel, "domain": [0, 0.44], "rangemode": "tozero"},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xref": "container",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "hovermode": "closest",
    }


def _plain(values: Any) -> list[float | None]:
    """Missing is null: JSON has no NaN."""
    return [round(float(value), 5) if np.isfinite(value) else None for value in values]
