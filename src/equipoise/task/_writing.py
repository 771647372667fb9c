"""A task file as commented YAML for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from equipoise.task._file import TRUST_ROLES, TaskFile

__all__ = ["task_yaml"]

_EXAMPLE_EUROS = """\
# Euros per contacted customer. These are examples: every report says so until you write
# your own and set source: declared.
"""
_OPTIONAL = (
    "time",
    "known_after_days",
    "weights",
    "treatment",
    "treatment_probability",
    *TRUST_ROLES,
)
_UNIT = ("unit", "rows_per_unit", "rows_per_unit_source")
_ABOUT_FEATURES = """\
# What the model may use. `source: data` means read off these very customers: a guarantee
# cannot cover that. Write what you know without looking (an age is 0 to 120) and set
# source: declared. `missing` is refuse, drop (the row), or the value that replaces a blank.
"""
_LARGEST_INTEGER = 1e15


class _OneLine(yaml.SafeDumper):
    """YAML on one line: what would need a line break is escaped."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _OneLine, value: str) -> yaml.ScalarNode:
    style = None if value.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_OneLine.add_representer(str, _text)


def task_yaml(file: TaskFile, *, rows: int, remarks: Mapping[str, str] | None = None) -> str:
    """Return `file` as YAML with a comment wherever a person has to decide.

    Parameters
    ----------
    file : TaskFile
        What to write.
    rows : int
        Number of rows of the table, for the heading.
    remarks : mapping, optional
        What was guessed, and from what, by place: a dotted key (`outcome.missing`) or the name of
        a group or feature after `groups.` or `features.`. One line each.
    """
    data = file.model_dump(mode="json", by_alias=True, exclude_none=True)
    for name, feature in file.features.items():
        data["features"][name].pop("missing")
        if feature.missing != "refuse":
            fill = feature.fill
            data["features"][name]["missing"] = feature.missing if fill is None else fill
    if file.rows_per_unit_source == "declared":
        data.pop("rows_per_unit_source")
    if not file.source.missing_values:
        data["source"].pop("missing_values")
    if not file.known_after_days:
        data.pop("known_after_days")
    remarks = remarks or {}
    sections = [
        f"# Task file drafted by `equipoise describe` from {rows:,} rows. It runs as it is.\n"
        '# Lines marked "check me" were guessed from the data: confirm or correct them.\n',
        _lines({key: data[key] for key in ("equipoise_task", "name", "question")}),
        _section("source", data["source"], remarks),
        "# Whose row it is: the customer that a guarantee protects and a split keeps together.\n"
        + _lines({key: data[key] for key in _UNIT if key in data}, remarks),
        _section("outcome", data["outcome"], remarks),
        "# Gaps are measured against the reference. Any other value may take its place.\n"
        + _section("groups", data["groups"], remarks),
        _ABOUT_FEATURES + _section("features", data["features"], remarks),
        data["excluded"]
        and "# Columns the model does not see, and why.\n" + _section("excluded", data["excluded"]),
        "# Who is acted on: {top_share: 0.2}, {threshold: 0.5} or {max_profit: true}.\n"
        + _lines({"decision": data["decision"]}, remarks),
        "value" in data and _euros(data["value"]),
        _lines({key: data[key] for key in _OPTIONAL if key in data}),
        data["allowed"] and _consent(data),
    ]
    return "\n".join(section for section in sections if section)


def _euros(value: dict[str, Any]) -> str:
    example = value["source"] == "example"
    heading = _EXAMPLE_EUROS if example else "# Euros per contacted customer.\n"
    return heading + _section("value", value)


def _consent(data: dict[str, Any]) -> str:
    """Write the columns of each consent policy, and the policy if there is one."""
    policy = {key: data[key] for key in ("policy",) if key in data}
    return (
        "# Whose rows each consent policy permits (a column of yes and no), and which is in force.\n"
        + _section("allowed", data["allowed"])
        + _lines(policy)
    )


def _section(key: str, part: dict[str, Any], remarks: Mapping[str, str] | None = None) -> str:
    return f"{key}:\n" + _lines(part, remarks, prefix=f"{key}.", indent="  ")


def _lines(
    part: dict[str, Any],
    remarks: Mapping[str, str] | None = None,
    prefix: str = "",
    indent: str = "",
) -> str:
    lines = []
    for key, value in part.items():
        remark = (remarks or {}).get(prefix + key)
        note = "" if remark is None else f"  # {remark}"
        lines.append(f"{indent}{_flow(key)}: {_flow(value)}{note}\n")
    return "".join(lines)


def _flow(value: object) -> str:
    text: str = yaml.dump(
        _plain(value),
        Dumper=_OneLine,
        default_flow_style=True,
        allow_unicode=True,
        width=10**9,
        sort_keys=False,
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: object) -> object:
    """Write 72 rather than 72.0: people read bounds and euros."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_INTEGER
    return int(value) if whole else value  # type: ignore[call-overload]
