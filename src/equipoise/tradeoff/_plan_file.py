"""A plan as a file that people write: YAML, its words as they are written."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import yaml

from equipoise._checks import suggestion
from equipoise._yaml import AsWritten, read_mapping, read_text
from equipoise.exceptions import InputError
from equipoise.tradeoff._plan import Plan

__all__ = ["plan_yaml", "read_plan"]

_VERSION = "equipoise_plan"
_KEYS = (_VERSION, *(field.name for field in fields(Plan)))
_NUMBERS = {"epsilons", "delta", "seeds", "split_seed"}
_NEXT = f"Write for example: {_VERSION}: 1, then epsilons: [1, inf] and delta: 1e-6."


def read_plan(path: str | Path) -> Plan:
    """Read a plan from a YAML file.

    Parameters
    ----------
    path : str or Path
        Its keys are the parameters of `Plan`, beside `equipoise_plan: 1`; those left out keep
        their defaults. Infinity is `inf` or `.inf`.

    Raises
    ------
    InputError
        Where the file cannot be read, has an unknown key or lacks `epsilons`, or its values make no
        plan.

    Examples
    --------
    >>> import tempfile
    >>> plan = Plan(epsilons=[1, float("inf")], delta=1e-6, seeds=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "plan.yaml"
    ...     _ = path.write_text(plan.to_yaml(), encoding="utf-8")
    ...     read_plan(path) == plan
    True
    """
    path = Path(path)
    text = read_text(path, parameter="plan")
    written = read_mapping(
        text, loader=AsWritten, parameter="plan", name=path.name, next_move=_NEXT
    )
    for key in written:
        if key not in _KEYS:
            raise InputError(str(key), "must be a known key", repr(key), suggestion(key, _KEYS))
    _check_version(written.pop(_VERSION, "1"), path)
    if "epsilons" not in written:
        raise InputError("epsilons", "must be given", "nothing", f"Add them to {path.name}.")
    given = {key: _value(key, value) for key, value in written.items()}
    return Plan(**{key: value for key, value in given.items() if value is not None})


def plan_yaml(plan: Plan) -> str:
    """Return a plan as the text of a file that `read_plan` takes for the same plan."""
    written = {_VERSION: 1} | {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(plan).items()
        if value is not None and value != ()
    }
    lines = (f"{name}: {_flow(value)}\n" for name, value in written.items())
    return "".join(lines)


def _check_version(version: object, path: Path) -> None:
    if version != "1":
        raise InputError(_VERSION, "must be 1", repr(version), f"Correct it in {path.name}.")


def _value(key: str, value: Any) -> Any:
    """Return a value with its numbers read."""
    if key not in _NUMBERS:
        return value
    return [_number(item) for item in value] if isinstance(value, list) else _number(value)


def _number(text: Any) -> Any:
    """Return a number, or what was written where it is none, for the plan to refuse.

    A whole number stays one: as a float it would lose its last digits from 2^53 on.
    """
    for read in (int, lambda written: float(written.lower().replace(".inf", "inf"))):
        with suppress(AttributeError, TypeError, ValueError):
            return read(text)
    return text


def _flow(value: object) -> str:
    """Return a value on one line; whole numbers without .0."""
    plain = _plain(value)
    text: str = yaml.safe_dump(plain, default_flow_style=True, width=math.inf, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
