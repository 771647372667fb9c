"""A picture for readers who see it and for those who do not."""

from __future__ import annotations

import io
import warnings
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["INKS", "MARKS", "Picture", "look", "picture"]

# Colours that stay apart for colour-blind readers and in grey; a mark goes with each.
INKS = ("#1f5f8b", "#c2571a", "#4b7f52", "#7a4b8b", "#8a6d00", "#444444")
MARKS = ("o", "s", "^", "D", "v", "P")


def look(number: int) -> tuple[str, int]:
    """Return the colour and the place of the mark of a line; the first 36 lines all differ.

    Examples
    --------
    >>> look(0), look(6)
    (('#1f5f8b', 0), ('#1f5f8b', 1))
    """
    return INKS[number % 6], (number + number // 6) % 6


_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in the name of a group is a dollar sign
    "svg.hashsalt": "equipoise",
}


@dataclass(frozen=True)
class Picture:
    """A static SVG with alternative text and a caption."""

    svg: str = field(repr=False)
    alt: str
    caption: str
    kind: str = "picture"

    def _repr_html_(self) -> str:
        """Show it in a notebook as an image: one that is not trusted takes inline SVG apart."""
        data = b64encode(self.svg.encode()).decode()
        return (
            f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{escape(self.alt)}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
        )


def picture(
    draw: Callable[[Any], None], *, size: tuple[float, float], alt: str, caption: str
) -> Picture:
    """Draw on a fresh matplotlib figure and return it as an SVG that carries its own text.

    Parameters
    ----------
    draw : callable
        Takes the figure and draws on it; no global matplotlib state is used or changed.
    size : tuple of float
        Width and height in inches.
    alt : str
        What the picture shows, for readers who do not see it.
    caption : str
        What to read off it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Only the measuring of text misses a glyph: the reader's own fonts draw it.
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        figure: Figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    body = text[text.index("<svg") :]
    start = body.index(">") + 1
    head = body[: start - 1] + ' role="img">'
    return Picture(f"{head}<title>{escape(alt)}</title>{body[start:]}", alt, caption)
