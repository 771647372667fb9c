"""Frames on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["show"]


def show(frame: pd.DataFrame, title: str) -> None:
    """Print a frame of text as a table: sentences wrap, single words and figures stay whole."""
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for name in frame.columns:
        cells = frame[name].astype(str)
        whole = not cells.str.contains(" ").any()
        heading = name.replace(" ", "\n") if cells.str.len().max() < len(name) else name
        table.add_column(heading, overflow="fold", no_wrap=whole)
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*(str(cell) for cell in row))
    Console().print(table)
