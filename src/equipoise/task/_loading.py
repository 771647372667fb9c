"""Read a task.yaml: its words as they are written, its first broken rule as one message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from equipoise._checks import suggestion
from equipoise.exceptions import InputError
from equipoise.task._file import DecisionRule, Feature, Group, Outcome, Source, TaskFile, Value

__all__ = ["checked", "parse_task_file", "read_task_file"]

_Model = TypeVar("_Model", bound=BaseModel)
_NULLS = ("", "~", "null", "Null", "NULL")
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


class _AsWritten(yaml.BaseLoader):
    """YAML whose plain words stay text: yes is "yes", 01 is "01", 2026-03-31 is no date.

    Only an unquoted null, ~ or nothing at all is no value, and a key written twice is refused,
    where YAML would keep the last silently.
    """

    def construct_scalar(self, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NULLS:
            return None
        return super().construct_scalar(node)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                mark = node.value[place][0].start_mark
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", mark
                )
        return super().construct_mapping(node, deep=deep)


def read_task_file(path: str | Path) -> TaskFile:
    """Read and validate a task.yaml; the first broken rule is reported in one message."""
    path = Path(path)
    if not path.is_file():
        raise InputError(
            "task", "must be a task file", path, "Draft one with `equipoise describe FILE ...`."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError("task", "must be text in UTF-8", path, "Save it as UTF-8.") from problem
    return parse_task_file(text, path.name)


def parse_task_file(text: str, name: str = "task.yaml") -> TaskFile:
    """Return the TaskFile that a YAML text describes; `name` is how messages call it."""
    try:
        raw = yaml.load(text, Loader=_AsWritten)
    except yaml.YAMLError as problem:
        cure = f"Mend this first: {_yaml_problem(problem)}."
        raise InputError("task", "must be readable YAML", name, cure) from problem
    if not isinstance(raw, dict):
        raise InputError(
            "task", "must be a YAML mapping", name, "Draft one with `equipoise describe FILE ...`."
        )
    return checked(TaskFile, raw, name=name)


def _yaml_problem(problem: yaml.YAMLError) -> str:
    if isinstance(problem, yaml.MarkedYAMLError) and problem.problem_mark is not None:
        mark = problem.problem_mark
        return f"{problem.problem} (line {mark.line + 1}, column {mark.column + 1})"
    return " ".join(str(problem).split())


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
