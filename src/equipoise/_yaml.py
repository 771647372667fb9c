"""YAML that a person wrote: no key twice, and what is wrong with it said with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from equipoise.exceptions import InputError

__all__ = ["AsWritten", "NoKeyTwice", "read_mapping", "read_text"]

MERGED = "tag:yaml.org,2002:merge"
_NULLS = ("", "~", "null", "Null", "NULL")


class NoKeyTwice:
    """A loader in which a key written twice is refused; otherwise the last would win silently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping that a node describes."""
        own = [key for key, _ in node.value if key.tag != MERGED]
        keys = [self.construct_object(key, deep=True) for key in own]  # type: ignore[attr-defined]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                mark = own[place].start_mark
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", mark
                )
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)  # type: ignore[misc]
        return mapping


class AsWritten(NoKeyTwice, yaml.BaseLoader):
    """YAML whose plain words stay text: yes is "yes", 01 is "01", 2026-03-31 is no date.

    Only an unquoted null, ~ or nothing at all is no value, and a key written twice is refused,
    where YAML would keep the last silently.
    """

    def construct_scalar(self, node: Any) -> Any:
        """Return the text of a scalar, or None where nothing is written."""
        if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NULLS:
            return None
        return super().construct_scalar(node)


def read_text(path: Path, *, parameter: str) -> str:
    """Return the text of a file that a person may have saved with a byte order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(parameter, "must be text in UTF-8", path, "Save it as UTF-8.") from None
    except OSError as problem:
        cure = f"Check the path: {problem.strerror}."
        raise InputError(parameter, "must be a file that can be read", path, cure) from None


def read_mapping(
    text: str, *, loader: type[Any], parameter: str, name: object, next_move: str
) -> dict[Any, Any]:
    """Return the mapping that a YAML text describes.

    Parameters
    ----------
    text : str
    loader : type
        A YAML loader, with `NoKeyTwice` before it.
    parameter, name
        What a refusal calls the argument and the file.
    next_move : str
        What to do where the text is YAML and no mapping.
    """
    try:
        mapping = yaml.load(text, Loader=loader)
    except yaml.YAMLError as problem:
        cure = f"Mend this first: {_problem(problem)}."
        raise InputError(parameter, "must be readable YAML", name, cure) from problem
    if not isinstance(mapping, dict):
        raise InputError(parameter, "must be a YAML mapping", name, next_move)
    return mapping


def _problem(problem: yaml.YAMLError) -> str:
    if isinstance(problem, yaml.MarkedYAMLError) and problem.problem_mark is not None:
        mark = problem.problem_mark
        return f"{problem.problem} (line {mark.line + 1}, column {mark.column + 1})"
    return " ".join(str(problem).split())
