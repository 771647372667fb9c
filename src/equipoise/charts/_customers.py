"""Pictures of the data: groups, months, consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from equipoise.charts._picture import INKS, MARKS, Picture, picture

__all__ = ["draw_consent", "draw_groups", "draw_months"]

_GRID = "#e3e7eb"
_PRINTED, _ELECTRONIC = INKS[1], INKS[2]


def draw_groups(rates: pd.DataFrame, *, titles: Mapping[str, str]) -> Picture:
    """Draw shares by group with intervals: one panel a measure, one band of rows an attribute.

    Parameters
    ----------
    rates : DataFrame
        Columns `attribute, group, measure, value, low, high`; NaN where there is nobody.
    titles : mapping of str to str
        The measures to show, and what they are called.
    """
    rows = rates[["attribute", "group"]].drop_duplicates().reset_index(drop=True)
    band = rows["attribute"].ne(rows["attribute"].shift()).cumsum() - 1
    places = -(rows.index.to_numpy() + 0.9 * band.to_numpy())
    heads = rows.assign(place=places).drop_duplicates("attribute")

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, len(titles), sharey=True, squeeze=False)[0]
        for axis, (measure, title) in zip(axes, titles.items(), strict=True):
            own = rates[rates["measure"] == measure].set_index(["attribute", "group"])
            own = own.loc[list(rows.itertuples(index=False, name=None))]
            spread = np.abs(own[["low", "high"]].to_numpy() - own[["value"]].to_numpy()).T
            axis.errorbar(
                own["value"], places, xerr=spread, fmt="o", color=INKS[0], capsize=3, markersize=4
            )
            for row in heads.itertuples():
                axis.axhline(row.place + 0.95, color=_GRID, linewidth=0.8)
            axis.set_title(title, fontsize=9)
            axis.set_xlim(left=0)
            axis.locator_params(axis="x", nbins=4)
            axis.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
            axis.grid(axis="x", color=_GRID)
            axis.set_axisbelow(True)
        axes[0].set_yticks(
            [*places, *(heads["place"] + 0.7)], [*rows["group"], *map(_words, heads["attribute"])]
        )
        axes[0].tick_params(axis="y", length=0)
        for label in axes[0].get_yticklabels()[len(rows) :]:
            label.set_fontweight("bold")
        axes[0].set_ylim(places.min() - 0.6, places.max() + 1.2)

    told = "; ".join(
        f"{title.replace(chr(10), ' ').lower()}: {_told_groups(rates[rates['measure'] == measure])}"
        for measure, title in titles.items()
    )
    return picture(
        draw,
        size=(2.3 * len(titles) + 1, 1.0 + 0.27 * (len(rows) + len(heads))),
        alt=f"Shares by group with 95 % intervals. {told[:1].upper()}{told[1:]}.",
        caption="Points are shares, bars are 95 % intervals. The panels have scales of their own.",
    )


def draw_months(months: pd.DataFrame, campaigns: pd.DataFrame) -> Picture:
    """Draw orders by month and channel, and when campaigns ran.

    Parameters
    ----------
    months : DataFrame
        Columns `month` (its first day), `channel`, `orders`.
    campaigns : DataFrame
        Columns `type, start_date, end_date`.
    """
    wide = months.pivot(index="month", columns="channel", values="orders")
    middle = wide.index + pd.Timedelta(days=15)
    top = max(float(wide.to_numpy().max()), 1.0)

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        for number, channel in enumerate(wide):
            axis.plot(
                middle, wide[channel], color=(INKS[0], INKS[3])[number % 2], marker=MARKS[number],
                markersize=4, linewidth=1.2, label=f"orders, {channel}",
            )  # fmt: skip
        for type_, ink, height in (
            ("direct_mail", _PRINTED, -0.06), ("email", _ELECTRONIC, -0.11)
        ):  # fmt: skip
            own = campaigns[campaigns["type"] == type_]
            axis.hlines(
                np.full(len(own), height * top), own["start_date"], own["end_date"], color=ink,
                linewidth=5, label="printed coupon" if type_ == "direct_mail" else "e-mails",
            )  # fmt: skip
        axis.set_ylim(-0.16 * top, 1.08 * top)
        axis.set_yticks([tick for tick in axis.get_yticks() if 0 <= tick <= 1.08 * top])
        axis.yaxis.set_major_formatter("{x:,.0f}")
        axis.set_title("Orders a month", fontsize=10)
        axis.grid(axis="y", color=_GRID)
        axis.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)

    totals = wide.sum(axis=1)
    return picture(
        draw,
        size=(9.5, 3.8),
        alt=(
            f"Orders a month by channel, from {int(totals.iloc[0]):,} in {totals.index[0]:%B %Y} to "
            f"{int(totals.iloc[-1]):,} in {totals.index[-1]:%B %Y}, the most {int(totals.max()):,} in "
            f"{totals.idxmax():%B %Y}; bars below show {len(campaigns)} campaigns."
        ),
        caption=(
            "Customers join throughout, so orders grow while the base does. Bars below zero are the "
            "windows in which an order answers a campaign."
        ),
    )


def draw_consent(consent: pd.DataFrame) -> Picture:
    """Draw the share of customers with an opt-in in force over time, with intervals.

    Parameters
    ----------
    consent : DataFrame
        Columns `date, purpose, channel, value, low, high`.
    """
    lines = list(consent.groupby(["purpose", "channel"], sort=False))

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        for number, ((purpose, channel), line) in enumerate(lines):
            axis.fill_between(
                line["date"], line["low"], line["high"], color=INKS[number], alpha=0.18, linewidth=0
            )
            axis.plot(
                line["date"], line["value"], color=INKS[number], marker=MARKS[number],
                markersize=4, linewidth=1.2, label=_consent_name(purpose, channel),
            )  # fmt: skip
        axis.set_ylim(0, 1)
        axis.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axis.set_title("Customers with an opt-in in force", fontsize=10)
        axis.grid(axis="y", color=_GRID)
        axis.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)

    told = "; ".join(
        f"{_consent_name(*name)} from {line['value'].iloc[0]:.0%} to {line['value'].iloc[-1]:.0%}"
        for name, line in lines
    )
    return picture(
        draw,
        size=(9.5, 3.6),
        alt=(
            f"Share of customers with an opt-in in force, {consent['date'].min():%B %Y} to "
            f"{consent['date'].max():%B %Y}: {told}."
        ),
        caption="Of the customers who had joined. Bands are 95 % intervals.",
    )


def _told_groups(rates: pd.DataFrame) -> str:
    return ", ".join(
        f"{row.group} {row.value:.1%}" if np.isfinite(row.value) else f"{row.group} nobody"
        for row in rates.itertuples()
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _consent_name(purpose: str, channel: str) -> str:
    return _words(purpose) if channel == "any" else f"{_words(purpose)}, {_words(channel)}"
