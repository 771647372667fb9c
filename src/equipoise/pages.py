"""Sections in, one self-contained HTML page out: nothing is fetched, nothing runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import count
from pathlib import Path

import pandas as pd

from equipoise._files import atomic_file
from equipoise.charts import Picture

__all__ = ["Block", "Note", "Page", "Section", "Table", "Text"]


@dataclass(frozen=True)
class Text:
    """A paragraph, or several."""

    paragraphs: Sequence[str]
    kind: str = "text"


@dataclass(frozen=True)
class Note:
    """A paragraph set apart: a limit, a warning, what the page is not."""

    text: str
    kind: str = "note"


@dataclass(frozen=True)
class Table:
    """A frame as it stands, with a caption; numbers are expected as text, already rounded.

    A folded one shows its caption, and its rows once a reader opens it or prints the page.
    """

    frame: pd.DataFrame
    caption: str
    kind: str = "table"
    folded: bool = False


Block = Text | Note | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading with its blocks."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A titled page of sections."""

    title: str
    lead: str
    sections: Sequence[Section]

    def html(self) -> str:
        """Return the whole page as text; everything in it is escaped but the pictures."""
        from jinja2 import Environment
        from markupsafe import Markup

        pictures = count(1)
        template = resources.files("equipoise").joinpath("page.html.j2").read_text(encoding="utf-8")
        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        environment.filters["inline"] = lambda svg: Markup(_inline(svg, next(pictures)))
        return environment.from_string(template).render(page=self)

    def save(self, path: str | Path) -> None:
        """Write the page, whole or not at all."""
        with atomic_file(path) as part:
            part.write_text(self.html(), encoding="utf-8")


def _inline(svg: str, number: int) -> str:
    """Return an SVG as part of a page: its ids are its own, and what only a file needs is gone.

    Pictures share the ids of equal parts; on one page a reference would find the first of them.
    """
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", lambda tag: _own(tag[0], f"p{number}-"), svg)


def _own(tag: str, prefix: str) -> str:
    tag = re.sub(r' xmlns(:\w+)?="[^"]*"', "", tag)
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", tag)
