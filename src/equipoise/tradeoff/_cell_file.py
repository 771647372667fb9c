"""One finished cell as a file: two lines of JSON that keep every bit, and that show any change."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise._files import text_digest
from equipoise.tradeoff._cell import Cell

__all__ = ["cell_of", "cell_text"]

FORMAT = 1


def cell_text(key: str, cell: Cell) -> str:
    """Return a cell as text: a line that says whose key it is under, and a line of its figures."""
    body = json.dumps(_plain(vars(cell)), allow_nan=False)
    return f"{json.dumps(_head(key, body))}\n{body}\n"


def cell_of(text: str, key: str) -> Cell:
    """Return the cell that was written under a key; a ValueError says that the text is another."""
    head, _, body = text.removesuffix("\n").partition("\n")
    if json.loads(head) != _head(key, body):
        raise ValueError("it is not as it was written")
    told = json.loads(body, object_hook=_exact)
    warned = tuple((category, text) for category, text in told["warned"])
    return Cell(**told | {"levels": tuple(told["levels"]), "warned": warned})


def _head(key: str, body: str) -> dict[str, Any]:
    return {"format": FORMAT, "key": key, "sha256": text_digest(key, body)}


def _plain(value: Any) -> Any:
    """Return a value as JSON that `_exact` undoes: NaN and infinity as words, arrays in base64."""
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value, "<f8").tobytes()
        return {"float64": base64.b64encode(raw).decode(), "shape": list(value.shape)}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _exact(told: dict[str, Any]) -> Any:
    if told.keys() == {"float"}:
        return float(told["float"])
    return _array(**told) if told.keys() == {"float64", "shape"} else told


def _array(float64: str, shape: list[int]) -> NDArray[np.float64]:
    raw = base64.b64decode(float64, validate=True)
    return np.frombuffer(raw, "<f8").reshape(shape).astype(np.float64)
