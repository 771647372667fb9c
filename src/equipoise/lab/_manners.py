"""What stock widgets lack in JupyterLab: keys that stay with the control, and words that are spoken.

In command mode the notebook takes every key that is not typed into a text field: an arrow on a list
moves to another cell, and `x` on it cuts the cell. Nor can a stock widget be announced when it
changes. Both are attributes of the page, which only a script can set.
"""

from __future__ import annotations

from typing import Any

__all__ = ["BOX", "SPOKEN", "manners"]

BOX = "equipoise-lab"
SPOKEN = "equipoise-spoken"

_SCRIPT = f"""
function render({{ el }}) {{
  const keep = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
  const dress = () => {{
    const box = el.closest(".{BOX}");
    const spoken = box ? box.querySelectorAll(".{SPOKEN}") : [];
    if (!spoken.length) return;
    clearInterval(waiting);
    box.addEventListener("focusin", keep);
    spoken.forEach((one) => one.setAttribute("role", "status"));
  }};
  const waiting = setInterval(dress, 50);
  return () => clearInterval(waiting);
}}
export default {{ render }};
"""


def manners() -> Any:
    """Return a widget without a face: put it into a box of class `BOX`, beside what is `SPOKEN`."""
    from anywidget import AnyWidget

    return AnyWidget(_esm=_SCRIPT, layout={"display": "none"})
