"""Pictures of what personalization brings, for readers who plan campaigns and do not code."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.charts._picture import INKS, Picture, picture

__all__ = [
    "draw_calibration",
    "draw_gains",
    "draw_profit_curve",
    "draw_uplift",
    "draw_who_gets_what",
]

_GRID = "#e3e7eb"
_MAIN, _MARKED, _BEST, _PLAIN = INKS[0], INKS[1], INKS[2], INKS[5]

HANDED_OUT = {
    "contacts": "Contacts",
    "margin_eur": "Margin",
    "profit_eur": "Profit",
    "discount_eur": "Discount received",
    "missed_discount_eur": "Discount missed by those\nwho would have used it",
}


def draw_profit_curve(frame: pd.DataFrame, *, unit: str = "€", adds: bool = False) -> Picture:
    """Draw profit against how many are contacted, with the chosen cut and the most profitable one.

    Parameters
    ----------
    frame : DataFrame
        Columns `share, contacts, profit_eur, low, high, trust_lost_eur, is_chosen, is_best`.
    unit : str
        What an amount is called, such as "example €".
    adds : bool
        Whether profit is what contacts add over contacting nobody.
    """
    chosen = frame[frame["is_chosen"].astype(bool)]
    best = frame.loc[[frame["profit_eur"].idxmax()]]
    marks = [
        (rows.iloc[0], name, ink, mark)
        for rows, name, ink, mark in (
            (chosen, "the task's cut", _MARKED, "o"),
            (best, "most profit on these customers", _BEST, "^"),
        )
        if len(rows)
    ]
    everyone = frame.iloc[-1]
    trust = frame["trust_lost_eur"].to_numpy(float)

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        _band(axis, frame, "profit_eur", "profit" if not adds else "profit that contacts add")
        if np.nanmax(trust, initial=0.0) > 0:
            axis.plot(
                frame["share"], trust, color=_PLAIN, linestyle="--", linewidth=1.2,
                label="trust lost (not part of profit)",
            )  # fmt: skip
        axis.axhline(0, color=_PLAIN, linewidth=0.8)
        for row, name, ink, mark in marks:
            axis.axvline(row["share"], color=ink, linewidth=0.8, linestyle=":")
            told = f"{name}: {row['share']:.0%}, {row['profit_eur']:,.0f} {unit}"
            axis.plot(row["share"], row["profit_eur"], mark, color=ink, markersize=8, label=told)
        axis.plot(
            everyone["share"], everyone["profit_eur"], "s", color=_PLAIN, markersize=6,
            label=f"everyone: {everyone['profit_eur']:,.0f} {unit}",
        )  # fmt: skip
        _percent(axis, "x")
        axis.set_xlabel("share contacted, highest scores first")
        axis.set_ylabel(f"{unit}, all {everyone['contacts']:,.0f} rows together")
        axis.yaxis.set_major_formatter("{x:,.0f}")
        axis.set_title("What contacting more customers brings", fontsize=10)
        _legend(figure)

    told = "; ".join(
        f"{name}: {row['share']:.0%} contacted, {_euros(row, unit)}" for row, name, *_ in marks
    )
    return picture(
        draw,
        size=(6.5, 4.4),
        alt=f"Profit against the share contacted: {told}; everyone: {_euros(everyone, unit)}.",
        caption=(
            "The band is a 95 % interval at each share by itself; nobody contacted is zero. The most "
            "profitable cut was found on these very customers, so on others it earns less than here."
        ),
    )


def draw_gains(frame: pd.DataFrame, *, at: float = 0.2) -> Picture:
    """Draw how many of all positive outcomes the highest scores hold.

    Parameters
    ----------
    frame : DataFrame
        Columns `share, gain, low, high, lift`.
    at : float
        The share for which the gain is said in words.
    """
    row = frame.loc[(frame["share"] - at).abs().idxmin()]
    told = (
        f"the top {row['share']:.0%} hold {row['gain']:.0%} of them, {row['lift']:.1f} times as many "
        "as at random"
    )

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        _band(axis, frame, "gain", "by score")
        axis.plot([0, 1], [0, 1], color=_PLAIN, linestyle="--", linewidth=1, label="at random")
        axis.plot(row["share"], row["gain"], "o", color=_MARKED, markersize=8, label=told)
        for side in ("x", "y"):
            _percent(axis, side)
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.set_xlabel("share of customers, highest scores first")
        axis.set_ylabel("share of positive outcomes")
        axis.set_title("How many of those with the outcome are reached", fontsize=10)
        _legend(figure)

    return picture(
        draw,
        size=(5.6, 4.8),
        alt=f"Cumulative gains: of all positive outcomes, {told}.",
        caption=(
            "The band is a 95 % interval at each share by itself. It says who has the outcome, not "
            "whom the contact moves."
        ),
    )


def draw_uplift(curve: pd.DataFrame, deciles: pd.DataFrame) -> Picture:
    """Draw what contacts add: cumulated over the highest scores, and tenth by tenth.

    Parameters
    ----------
    curve : DataFrame
        Columns `share, gain, low, high, random`; outcomes added per 1,000 customers.
    deciles : DataFrame
        Columns `decile, uplift, low, high, note`; 1 has the highest scores.
    """
    known = deciles[np.isfinite(deciles["uplift"])]
    last, most = curve.iloc[-1], curve.loc[curve["gain"].idxmax()]

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        _band(left, curve, "gain", "by score")
        left.plot(
            curve["share"], curve["random"], color=_PLAIN, linestyle="--", linewidth=1,
            label="as many at random",
        )  # fmt: skip
        _percent(left, "x")
        left.axhline(0, color=_PLAIN, linewidth=0.8)
        left.set_xlabel("share contacted, highest scores first")
        left.set_title("Outcomes added per 1,000 customers", fontsize=10)
        left.legend(frameon=False, fontsize=8)
        spread = np.abs(known[["low", "high"]].to_numpy() - known[["uplift"]].to_numpy()).T
        right.errorbar(
            known["decile"], known["uplift"], yerr=spread, fmt="o", color=_MAIN, capsize=3
        )
        right.axhline(0, color=_PLAIN, linewidth=0.8)
        _percent(right, "y")
        right.set_xticks(deciles["decile"])
        right.set_xlabel("tenth of customers (1: highest scores)")
        right.set_title("Effect of a contact in each tenth", fontsize=10)
        for axis in (left, right):
            axis.grid(axis="y", color=_GRID)
            axis.set_axisbelow(True)

    gained = (
        f"at most {most['gain']:.0f} with {most['share']:.0%} contacted, {last['gain']:.0f} with everyone"
        if np.isfinite(last["gain"])
        else "not estimable"
    )
    tenths = "; ".join(
        f"tenth {row.decile}: {row.uplift:+.1%} [{row.low:+.1%}, {row.high:+.1%}]"
        for row in known.itertuples()
    )
    return picture(
        draw,
        size=(9.5, 4.0),
        alt=(
            f"Outcomes added per 1,000 customers: {gained}. Effect of a contact by "
            f"{tenths or 'tenth: not estimable'}."
        ),
        caption=(
            "Estimated from customers held out at random, or weighted by known probabilities. Bands "
            "and bars are 95 % intervals, each for itself; below zero a contact loses outcomes."
        ),
    )


def draw_calibration(frame: pd.DataFrame) -> Picture:
    """Draw what happened against what was predicted.

    Parameters
    ----------
    frame : DataFrame
        Columns `bin, n, mean_score, rate, low, high, note`; NaN rates are left out.
    """
    known = frame[np.isfinite(frame["rate"])]
    top = float(np.nanmax([known["high"].max(), known["mean_score"].max(), 0.01]))

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        spread = np.abs(known[["low", "high"]].to_numpy() - known[["rate"]].to_numpy()).T
        axis.plot(
            [0, top], [0, top], color=_PLAIN, linestyle="--", linewidth=1, label="happens as said"
        )
        axis.errorbar(
            known["mean_score"], known["rate"], yerr=spread, fmt="o", color=_MAIN, capsize=3,
            label="customers of one score band",
        )  # fmt: skip
        for side in ("x", "y"):
            _percent(axis, side)
        axis.set_xlabel("predicted probability (mean of the band)")
        axis.set_ylabel("how often it happened")
        axis.set_title("Do the probabilities mean what they say?", fontsize=10)
        _legend(figure)

    told = "; ".join(
        f"said {row.mean_score:.1%}, happened {row.rate:.1%} [{row.low:.1%}, {row.high:.1%}]"
        for row in known.itertuples()
    )
    return picture(
        draw,
        size=(5.6, 4.6),
        alt=f"Calibration by score band: {told}.",
        caption=(
            "Above the line it happened more often than predicted. Bars are 95 % intervals. Of 100 "
            "customers with a score of 0.3, about 30 should have the outcome."
        ),
    )


def draw_who_gets_what(
    frame: pd.DataFrame, *, reference: str | None = None, unit: str = "€"
) -> Picture:
    """Draw, for each group of one attribute, its part of what is handed out beside its size.

    Parameters
    ----------
    frame : DataFrame
        Columns `group, measure, share_of_total, share_of_customers, mean, low, high, note`. What has
        no shares, such as a profit with losses, is shown per customer.
    reference : str, optional
        The group that gaps are measured against.
    unit : str
        What an amount is called, such as "example €".
    """
    there = set(frame["measure"])
    # A margin is handed out in the same parts as its discount.
    left_out = {"margin_eur"} if "discount_eur" in there else set()
    measures = [name for name in HANDED_OUT if name in there - left_out]
    groups = list(dict.fromkeys(frame["group"]))
    places = np.arange(len(groups))[::-1]

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
        for axis, measure in zip(axes, measures, strict=True):
            part = frame[frame["measure"] == measure].set_index("group").loc[groups]
            if part["share_of_total"].notna().all():
                _shares(axis, part, places)
            else:
                _means(axis, part, places, unit)
            axis.set_title(HANDED_OUT[measure], fontsize=9)
            axis.grid(axis="x", color=_GRID)
            axis.set_axisbelow(True)
        axes[0].set_yticks(places, [_group(name, reference) for name in groups])
        axes[0].set_ylim(-0.6, len(groups) - 0.4)
        handles = {
            label: handle
            for axis in axes
            for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            handles.values(),
            handles,
            loc="outside lower center",
            ncols=3,
            frameon=False,
            fontsize=8,
        )

    told = "; ".join(
        f"{' '.join(HANDED_OUT[measure].split()).lower()}: {_told(frame, measure, groups, unit)}"
        for measure in measures
    )
    return picture(
        draw,
        size=(2.4 * len(measures) + 1, 1.6 + 0.4 * len(groups)),
        alt=f"Who gets what. {told[:1].upper()}{told[1:]}.",
        caption=(
            "A group gets as much as it is large where the two marks meet. What has no parts, because "
            "it can be a loss, is shown per customer with a 95 % interval."
        ),
    )


def _shares(axis: Any, part: pd.DataFrame, places: NDArray[np.intp]) -> None:
    own, size = part["share_of_total"], part["share_of_customers"]
    axis.hlines(places, np.minimum(own, size), np.maximum(own, size), color=_GRID, linewidth=3)
    axis.plot(size, places, "o", color=_PLAIN, markerfacecolor="white", label="part of customers")
    axis.plot(own, places, "o", color=_MAIN, label="part of what is handed out")
    axis.set_xlim(left=0)
    _percent(axis, "x")
    axis.locator_params(axis="x", nbins=4)


def _means(axis: Any, part: pd.DataFrame, places: NDArray[np.intp], unit: str) -> None:
    known = part["mean"].notna().to_numpy()
    spread = np.abs(part[["low", "high"]].to_numpy(float) - part[["mean"]].to_numpy(float)).T
    spread = np.nan_to_num(spread)
    axis.errorbar(
        part["mean"][known], places[known], xerr=spread[:, known], fmt="D",
        color=_MARKED, markersize=5, capsize=3, label=f"{unit} per customer",
    )  # fmt: skip
    axis.axvline(0, color=_PLAIN, linewidth=0.8)
    axis.locator_params(axis="x", nbins=4)
    axis.xaxis.set_major_formatter("{x:,.2g}")


def _told(frame: pd.DataFrame, measure: str, groups: Sequence[str], unit: str) -> str:
    part = frame[frame["measure"] == measure].set_index("group").loc[list(groups)]
    return ", ".join(
        f"{group} {row.share_of_total:.0%} for {row.share_of_customers:.0%} of customers"
        if np.isfinite(row.share_of_total)
        else f"{group} {row.mean:,.2f} {unit} per customer"
        if np.isfinite(row.mean)
        else f"{group} {row.note}"
        for group, row in zip(groups, part.itertuples(), strict=True)
    )


def _band(axis: Any, frame: pd.DataFrame, value: str, label: str) -> None:
    low, high = frame["low"].to_numpy(float), frame["high"].to_numpy(float)
    axis.fill_between(frame["share"], low, high, color=_MAIN, alpha=0.18, linewidth=0)
    axis.plot(frame["share"], frame[value], color=_MAIN, linewidth=1.6, label=label)
    axis.grid(axis="y", color=_GRID)
    axis.set_axisbelow(True)


def _percent(axis: Any, side: str) -> None:
    getattr(axis, f"{side}axis").set_major_formatter(lambda share, _: f"{share:.0%}")


def _legend(figure: Any) -> None:
    figure.legend(loc="outside lower center", ncols=1, frameon=False, fontsize=8)


def _euros(row: pd.Series, unit: str) -> str:
    if not np.isfinite(row["low"]):
        return f"{row['profit_eur']:,.0f} {unit}"
    return f"{row['profit_eur']:,.0f} [{row['low']:,.0f}, {row['high']:,.0f}] {unit}"


def _group(name: str, reference: str | None) -> str:
    text = f"{name} (reference)" if name == reference else name
    return "\n".join(textwrap.wrap(text, 24, max_lines=3, placeholder=" …")) or text
