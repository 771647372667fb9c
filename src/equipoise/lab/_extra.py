"""What the explorers need beyond the core, and how to get it."""

from __future__ import annotations

from importlib.util import find_spec

from equipoise.exceptions import MissingExtraError

__all__ = ["check_extra"]

CURE = 'Install it with: pip install "equipoise[course]"'


def check_extra() -> None:
    """Refuse with the cure where a library of the explorers is missing; import none of them."""
    missing = [name for name in ("anywidget", "ipywidgets", "plotly") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"equipoise.lab.balance needs {', '.join(missing)}. {CURE}")
