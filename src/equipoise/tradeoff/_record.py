"""Values as JSON that every reader understands."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

__all__ = ["json_text"]


def json_text(record: Mapping[str, object], *, indent: int | None = None) -> str:
    """Return a record as strict JSON, which has no NaN and no infinity: null, and the text `inf`."""
    return json.dumps(_plain(record), indent=indent, allow_nan=False, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(float(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
