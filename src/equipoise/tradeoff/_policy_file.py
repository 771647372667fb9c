"""A decision as a file: written whole, read back exactly, refused if anything in it was changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from equipoise._files import atomic_file, text_digest
from equipoise.exceptions import InputError
from equipoise.tradeoff._frames import FRAMES, frame_of
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._record import json_text

__all__ = ["SavedPolicy", "parse_policy", "write_policy"]

_FORMAT = "equipoise policy"
_VERSION = 1


@dataclass(frozen=True)
class SavedPolicy:
    """What a decision says and a file keeps: all of a `Choice`, which explains it, but the candidates.

    The figures are those of the day it was saved. Whether the sweep still says so is what
    `read_policy` checks when it is given the sweep.
    """

    policy: Policy | None
    limits: Mapping[str, float]
    maximise: str
    justification: str
    reasons: tuple[str, ...]
    confirm: pd.DataFrame
    given_up: pd.DataFrame
    runner_up: pd.DataFrame
    probability: pd.DataFrame
    shadow_prices: pd.DataFrame
    optimism: pd.DataFrame
    relaxations: pd.DataFrame
    relaxed_pair: pd.DataFrame
    plan: Mapping[str, Any]
    guarantee: Mapping[str, Any] | None
    sweep_digest: str
    task_digest: str
    internal: str


_FIELDS = [field.name for field in fields(SavedPolicy)]
_HEAD = {"format": _FORMAT, "version": _VERSION}


def write_policy(path: str | Path, choice: SavedPolicy) -> None:
    """Write the fields of a `Choice` that a `SavedPolicy` has, as strict JSON with a digest.

    The digest shows that the file was damaged or edited; it is no signature, as whoever edits the
    file on purpose can compute it anew.
    """
    record: dict[str, Any] = {**_HEAD, **{name: _plain(getattr(choice, name)) for name in _FIELDS}}
    record["digest"] = text_digest(json_text(record))
    with atomic_file(path) as part:
        part.write_text(json_text(record, indent=2) + "\n", encoding="utf-8")


def parse_policy(path: Path) -> SavedPolicy:
    """Return what `write_policy` wrote.

    Raises
    ------
    InputError
        Where the file is missing, truncated, of another kind or version, or was changed after it was
        written.
    """
    record = _read(path)
    if record.get("format") != _FORMAT or record.get("version") != _VERSION:
        raise InputError(
            "policy",
            f"must be a file of `equipoise report --choice` or `Choice.save`, version {_VERSION}",
            path.name,
            "Choose again with this version of equipoise and save that.",
        )
    digest = record.pop("digest", None)
    if digest != text_digest(json_text(record)) or [*record] != [*_HEAD, *_FIELDS]:
        raise InputError(
            "policy",
            "must be as it was written",
            path.name,
            "Choose again and save that; a reason can be given as `justification`.",
        )
    return SavedPolicy(**{name: _restored(name, record[name]) for name in _FIELDS})


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        record = json.loads(text, object_pairs_hook=_once_each, parse_constant=_refused)
    except (OSError, ValueError, RecursionError) as problem:
        raise _unreadable(path) from problem
    if not isinstance(record, dict):
        raise _unreadable(path)
    return record


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a mapping of names that stand once: of two, a person reads the one and JSON the other."""
    names = dict(pairs)
    return names if len(names) == len(pairs) else _refused("a name stands twice")


def _refused(why: str) -> Any:
    raise ValueError(why)


def _unreadable(path: Path) -> InputError:
    return InputError(
        "policy", "must be a readable JSON file", path, "Write it with `equipoise report --choice`."
    )


def _plain(value: object) -> object:
    if isinstance(value, Policy):
        return value._asdict()
    return value.to_dict("records") if isinstance(value, pd.DataFrame) else value


def _restored(name: str, value: Any) -> Any:
    if name in FRAMES:
        return frame_of(name, [[*row.values()] for row in value])
    if name == "policy":
        return value and Policy(**{**value, "epsilon": float(value["epsilon"])})
    if name == "limits":
        return {measure: float(limit) for measure, limit in value.items()}
    return tuple(value) if name == "reasons" else value
