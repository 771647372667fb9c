"""What the explorers need beyond the core, and how to get it."""

from __future__ import annotations

from importlib.util import find_spec

from equipoise.exceptions import EquipoiseError

__all__ = ["MissingExtraError", "check_extra"]

CURE = 'Install it with: pip install "equipoise[course]"'


class MissingExtraError(EquipoiseError, ImportError):
    """A library of an optional part is not installed; the message names the cure."""


def check_extra() -> None:
    """Refuse with the cure where a library of the explorers is missing; import none of them."""
    missing = [name for name in ("anywidget", "ipywidgets", "plotly") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"equipoise.lab needs {', '.join(missing)}. {CURE}")
