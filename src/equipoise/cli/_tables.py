"""Frames on a terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["say", "show"]

MOST_UNBROKEN = 20


def say(text: str) -> None:
    """Print a sentence: on a terminal wrapped between words, so that a path stays whole."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(text) + 1
    typer.echo(textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False))


def show(frame: pd.DataFrame, title: str) -> None:
    """Print a frame of text as a table: texts wrap, figures and headings stay whole."""
    table = Table(
        title=Text(f"\n{title}"),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    least = most = 2 * len(frame.columns)
    for name in frame.columns:
        cells = frame[name].astype(str)
        words = [word for cell in cells for word in cell.split()]
        longest = max([*map(len, name.split()), *(min(len(word), MOST_UNBROKEN) for word in words)])
        width = max([longest, *cells.str.len()])
        figures = cells.str.contains(r"^[^\s]*\d[^\s]*$").all()
        least, most = least + (width if figures else longest), most + width
        table.add_column(
            textwrap.fill(name, width), overflow="fold", no_wrap=figures, min_width=longest
        )
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*(str(cell) for cell in row))
    console = Console(markup=False, emoji=False, highlight=False)
    if console.width < least:
        # A line that a terminal breaks is read with trouble, a column that is cut off not at all.
        console.width = most
    console.print(table)
