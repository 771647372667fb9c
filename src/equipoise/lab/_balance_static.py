"""The balance where no kernel runs: one picture, one sentence, one table, nothing fetched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from equipoise.charts import Picture, draw_frontier
from equipoise.lab._balance_view import BalanceState, BalanceView, balance_view
from equipoise.pages import Block, Note, Page, Section, Table, Text
from equipoise.tradeoff import Sweep

__all__ = [
    "CONFIRM_CAPTION",
    "STYLE",
    "TABLE_CAPTION",
    "StaticBalance",
    "static_balance",
    "static_of",
    "table_html",
]

TABLE_CAPTION = (
    "Means over seeds on the choose-customers; in brackets the lowest and the highest seed: noise "
    "and training, not other customers. Epsilon inf: not private."
)
CONFIRM_CAPTION = (
    "The pick on the untouched confirm-customers; "
    "95\u00a0% intervals over customers and seeds in brackets."
)
STYLE = (
    "<style>.equipoise-balance{font:14px/1.5 system-ui,sans-serif;max-width:60rem}"
    ".equipoise-balance p{margin:.4rem 0}"
    ".equipoise-balance .said{font-size:15px}"
    ".equipoise-balance .wide{overflow-x:auto;margin:.6rem 0}"
    ".equipoise-balance table{border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums}"
    ".equipoise-balance .caption{margin:.8rem 0 0;max-width:44rem}"
    ".equipoise-balance .said{max-width:44rem}"
    ".equipoise-balance .wide th,.equipoise-balance .wide td{padding:.2rem .8rem .2rem 0;text-align:left;"
    "border-bottom:1px solid #8884;white-space:nowrap}"
    ".equipoise-balance figure{margin:.6rem 0;background:#fff;color:#1b1f24}"
    ".equipoise-balance figcaption{padding:0 .6rem .4rem}"
    ".equipoise-lab .widget-html,.equipoise-lab .widget-html-content{min-width:0;max-width:100%}"
    ".equipoise-balance img{max-width:100%;height:auto}</style>"
)


@dataclass(frozen=True)
class StaticBalance:
    """A view of the balance as HTML that carries everything it needs.

    Attributes
    ----------
    view : BalanceView
    picture : Picture or None
        None where no gap is estimable; the table then says so.
    internal : str
        What the figures are not.
    """

    view: BalanceView
    picture: Picture | None
    internal: str

    def fragment(self) -> str:
        """Return the sentence, the picture and the tables, to stand inside another page."""
        figure = ""
        if self.picture is not None:
            figure = self.picture._repr_html_()
        return (
            f'{STYLE}<div class="equipoise-balance"><p>{escape(self.view.limits)}</p>'
            f'<p class="said">{escape(self.view.sentence)}</p>{figure}'
            f"{table_html(self.view.table, TABLE_CAPTION)}"
            f"{table_html(self.view.confirm, CONFIRM_CAPTION)}<p>{escape(self.internal)}</p></div>"
        )

    def page(self) -> Page:
        """Return the same as a page of its own."""
        blocks: list[Block] = [Text([self.view.limits, self.view.sentence])]
        blocks += [] if self.picture is None else [self.picture]
        blocks.append(Table(self.view.table, TABLE_CAPTION))
        if len(self.view.confirm):
            blocks.append(Table(self.view.confirm, CONFIRM_CAPTION))
        sections = [
            Section("What the limits leave", blocks),
            Section("What this page is", [Note(self.internal)]),
        ]
        return Page("The balance", self.view.title, sections)

    def save(self, path: str | Path) -> None:
        """Write the page, whole or not at all."""
        self.page().save(path)

    def _repr_html_(self) -> str:
        return self.fragment()


def static_balance(
    sweep: Sweep,
    *,
    epsilon_limit: float = math.inf,
    gap_limit: float = math.inf,
    gap: str = "selection_gap",
) -> StaticBalance:
    """Return the balance for one setting of the limits as self-contained HTML.

    Parameters
    ----------
    sweep : Sweep
    epsilon_limit, gap_limit, gap
        As in `BalanceState`.
    """
    return static_of(sweep, balance_view(sweep, BalanceState(epsilon_limit, gap_limit, gap)))


def static_of(sweep: Sweep, view: BalanceView) -> StaticBalance:
    """Return a view that is already there as self-contained HTML."""
    larger, gap = view.choice.maximise, view.state.gap
    drawn = None
    if view.policies[[larger, gap]].notna().any().all():
        drawn = draw_frontier(
            view.policies, larger=larger, gap=gap, pick=view.choice.policy, titles=sweep.titles
        )
    return StaticBalance(view, drawn, view.choice.internal)


def table_html(frame: pd.DataFrame, caption: str) -> str:
    """Return a frame of texts as a table that a keyboard can scroll; nothing for an empty one."""
    if frame.empty:
        return ""
    head = "".join(f'<th scope="col">{escape(str(column))}</th>' for column in frame)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    said = escape(caption)
    return (
        f'<p class="caption">{said}</p><div class="wide" role="region" tabindex="0" '
        f'aria-label="{said}"><table aria-label="{said}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
