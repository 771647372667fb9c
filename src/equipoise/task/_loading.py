"""Read a task.yaml: its words as they are written, its first broken rule as one message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from equipoise._checks import suggestion
from equipoise._yaml import AsWritten, read_mapping, read_text
from equipoise.exceptions import InputError
from equipoise.task._file import DecisionRule, Feature, Group, Outcome, Source, TaskFile, Value

__all__ = ["checked", "parse_task_file", "read_task_file"]

_Model = TypeVar("_Model", bound=BaseModel)
_PARTS: dict[str, type[BaseModel]] = {
    "source": Source,
    "outcome": Outcome,
    "groups": Group,
    "features": Feature,
    "decision": DecisionRule,
    "value": Value,
}
_RULES = {
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "model_type": "must be a mapping of keys",
    "dict_type": "must be a mapping of keys",
    "tuple_type": "must be a list",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_type": "must be text",
}


def read_task_file(path: str | Path) -> TaskFile:
    """Read and validate a task.yaml; the first broken rule is reported in one message."""
    path = Path(path)
    if not path.is_file():
        raise InputError(
            "task", "must be a task file", path, "Draft one with `equipoise describe FILE ...`."
        )
    return parse_task_file(read_text(path, parameter="task"), path.name)


def parse_task_file(text: str, name: str = "task.yaml") -> TaskFile:
    """Return the TaskFile that a YAML text describes; `name` is how messages call it."""
    draft = "Draft one with `equipoise describe FILE ...`."
    raw = read_mapping(text, loader=AsWritten, parameter="task", name=name, next_move=draft)
    return checked(TaskFile, raw, name=name)


def checked(
    model: type[_Model], parts: dict[Any, Any], *, at: Iterable[str] = (), name: str = ""
) -> _Model:
    """Return the model made of `parts`, or refuse with its first broken rule.

    Parameters
    ----------
    model : type
        TaskFile or one of its parts.
    parts : dict
        Its fields.
    at : iterable of str, optional
        Where the part stands in a task file, to name it in a message.
    name : str, optional
        The file to correct; without it the arguments are at fault.
    """
    try:
        return model.model_validate(parts)
    except ValidationError as problem:
        raise _first_problem(problem, tuple(at), name) from problem


def _first_problem(problem: ValidationError, at: tuple[str, ...], name: str) -> InputError:
    first = problem.errors()[0]
    place = [*at, *(str(part) for part in first["loc"] if part != "[key]")]
    found, where = first.get("input"), ".".join(place) or "task"
    verb = "Name at least one" if first["type"] == "too_short" else "Correct it"
    cure = f"{verb} in {name}." if name else f"{verb}."
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        where = ".".join([*place, cause.parameter] if cause.parameter else place) or "task"
        return InputError(where, cause.rule, cause.value, cause.next_move)
    if first["type"] == "missing":
        return InputError(where, "must be given", "nothing", f"Add it to {name or 'the task'}.")
    if first["type"] == "extra_forbidden":
        hint = suggestion(place[-1], _known_keys(place))
        return InputError(where, "must be a known key", repr(place[-1]), hint)
    said = first["msg"].replace("Input should be ", "must be ")
    rule = _RULES.get(first["type"], said if said.startswith("must") else f"must be valid ({said})")
    return InputError(where, rule, _shown(found), cure)


def _shown(found: object) -> str:
    """Show a number that a file holds as text without quotes."""
    if found in ({}, (), []):
        return "nothing"
    try:
        float(found)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return repr(found)
    return str(found)


def _known_keys(place: list[str]) -> list[str]:
    model = _PARTS.get(place[0], TaskFile) if len(place) > 1 else TaskFile
    return [field.alias or name for name, field in model.model_fields.items()]
