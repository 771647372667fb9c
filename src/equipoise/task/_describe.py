"""Draft a task file from a table: it runs as it is, and says what a person must check."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from equipoise._checks import check_columns
from equipoise.consent import POLICIES
from equipoise.exceptions import InputError
from equipoise.task._build import build_task
from equipoise.task._columns import Column, columns_of
from equipoise.task._composing import compose
from equipoise.task._drafting import Draft, draft_feature, draft_outcome, features_of
from equipoise.task._features import coded_outcome, feature_frame, indicator, kept_rows
from equipoise.task._file import TRUST_ROLES, Feature, Outcome, Value
from equipoise.task._leaks import telltales
from equipoise.task._reading import examine
from equipoise.task._roles import read_flags

__all__ = ["describe"]

PERMISSIONS = {f"allowed_{policy}" for policy in POLICIES}
EXAMPLE_VALUE = Value(won_per_positive=100.0, cost_per_contact=5.0, source="example")


def describe(
    path: str | Path,
    *,
    outcome: str,
    positive: str,
    groups: Sequence[str],
    unit: str,
    table: str | None = None,
    negative: Sequence[str] = (),
    bounds: Mapping[str, tuple[float, float]] | None = None,
    missing: Mapping[str, str | float] | None = None,
    time: str | None = None,
    weights: str | None = None,
    treatment: str | None = None,
    treatment_probability: str | float | None = None,
    opted_out: str | None = None,
    complained: str | None = None,
    value: Value | None = None,
    folder: str | Path | None = None,
) -> str:
    """Draft the text of a task.yaml for a table.

    Parameters
    ----------
    path : str or Path
        CSV, Parquet, DuckDB or SQLite file.
    outcome, positive : str
        The outcome column and its positive value; with more than two values name the `negative`
        ones too.
    groups : sequence of str
        Sensitive attributes to watch; they are not drafted as features.
    unit : str
        The column that says whose row it is.
    table : str, optional
        The table of a database file; needed if it has several.
    negative : sequence of str, optional
        The negative values of the outcome; by default the only other one.
    bounds : mapping, optional
        Declared (low, high) by column; every other number gets its minimum and maximum, marked
        `source: data`.
    missing : mapping, optional
        Treatment of blanks by column: a value, `"drop"` or `"refuse"`.
    time, weights, treatment : str, optional
        Columns with those roles.
    treatment_probability : str or float, optional
        With which probability each row was treated: a column, or one number for all, such as 0.85
        where 15 % were held out at random. With it, profit is what contacts add.
    opted_out, complained : str, optional
        Columns of 0 and 1: who did so in the days after the contact. Never features.
    value : Value, optional
        Euros won and lost; without it an example is drafted and marked as such.
    folder : str or Path, optional
        Where the task file will lie; the table is named relative to it. By default beside the
        table.

    Returns
    -------
    str
        Commented YAML. `read_task` accepts it unedited.

    Raises
    ------
    InputError
        Where no task file would be right: the message says which column, and the next move.
    """
    path = Path(path)
    source, frame = examine(path, table)
    columns = columns_of(frame, source)
    chance = _number_or_column(treatment_probability)
    roles = {
        "time": time,
        "weights": weights,
        "treatment": treatment,
        "treatment_probability": chance if isinstance(chance, str) else None,
        "opted_out": opted_out,
        "complained": complained,
    }
    asked = _Asked(
        outcome=outcome,
        unit=unit,
        groups=_listed(groups),
        bounds=dict(bounds or {}),
        missing=dict(missing or {}),
        roles={role: name for role, name in roles.items() if name is not None},
    )
    asked.check(columns)
    coding = draft_outcome(
        columns[outcome], str(positive), _listed(negative), asked.missing.get(outcome)
    )
    drafts = _drafts(columns, asked, coding)
    parts = {
        "name": path.stem,
        "question": f"Whom do we act on, if {outcome} = {positive} is what we predict?",
        "source": source.model_copy(update={"file": _relative(path, folder)}),
        "value": value or EXAMPLE_VALUE,
        "unit": unit,
        "outcome": coding,
        "treatment_probability": chance,
    }
    text, file = compose(columns, drafts, asked.groups, parts | asked.roles)
    build_task(frame, file)
    return text


def _number_or_column(given: str | float | None) -> str | float | None:
    try:
        return None if given is None else float(given)
    except ValueError:
        return given


@dataclass(frozen=True)
class _Asked:
    """What the caller said about the columns."""

    outcome: str
    unit: str
    groups: list[str]
    bounds: dict[str, tuple[float, float]]
    missing: dict[str, str | float]
    roles: dict[str, str]

    def check(self, columns: Mapping[str, Column]) -> None:
        named: dict[str, list[str]] = {
            "outcome": [self.outcome],
            "unit": [self.unit],
            "groups": self.groups,
        }
        named |= {role: [name] for role, name in self.roles.items()}
        named |= {"bounds": [*self.bounds], "missing": [*self.missing]}
        for parameter, names in named.items():
            check_columns(parameter, names, columns)
        if not self.groups:
            raise InputError(
                "groups", "must name a column", "none", "Say whose treatment is to be compared."
            )

    def reason_against(self, name: str) -> str | None:
        """Say why a column cannot be a feature, whatever it holds."""
        if name in self.groups:
            return "a group; a feature only if you move it to features"
        if name in PERMISSIONS:
            return "what a consent policy permits, by its name; write it under `allowed`"
        for role, taken in self.roles.items():
            if taken == name:
                return f"used as {role}"
        if name in TRUST_ROLES:
            return f"known only after the contact, by its name; write it under `{name}`"
        return None

    def check_used(self, drafts: Mapping[str, Draft]) -> None:
        """Refuse bounds or a treatment of blanks for what is no feature, lest they be lost."""
        named = [("bounds", name) for name in self.bounds]
        named += [("missing", name) for name in self.missing if name != self.outcome]
        for parameter, name in named:
            draft = drafts.get(name, Draft(reason="the unit or the outcome"))
            if draft.feature is None:
                raise InputError(
                    f"{parameter} of {name!r}",
                    "must concern a feature",
                    draft.reason,
                    "Leave it out.",
                )


def _drafts(columns: Mapping[str, Column], asked: _Asked, coding: Outcome) -> dict[str, Draft]:
    drafts = {}
    for name, column in columns.items():
        reason = asked.reason_against(name)
        if reason is not None:
            drafts[name] = Draft(reason=reason)
        elif name not in (asked.unit, asked.outcome):
            drafts[name] = draft_feature(column, asked.bounds.get(name), asked.missing.get(name))
    misfits = _misfits(columns, asked, coding, features_of(drafts))
    while misfits:
        drafts |= {name: Draft(reason=reason) for name, reason in misfits.items()}
        misfits = _misfits(columns, asked, coding, features_of(drafts))
    if not features_of(drafts):
        raise InputError(
            "features",
            "must leave at least one column besides unit, outcome and groups",
            f"none of {len(columns)} columns",
            "Add columns that are known before the outcome is.",
        )
    asked.check_used(drafts)
    return drafts


def _misfits(
    columns: Mapping[str, Column], asked: _Asked, coding: Outcome, features: dict[str, Feature]
) -> dict[str, str]:
    """Return what tells the outcome or lost trust, or nothing, on the rows that count."""
    if not features:
        return {}
    keep, _ = kept_rows(columns, coding, features)
    told = {"the outcome": coded_outcome(columns[coding.column], coding, keep)}
    for role in TRUST_ROLES:
        if role in asked.roles:
            told[role] = read_flags(role, columns[asked.roles[role]], keep).to_numpy()
    X, _ = feature_frame(columns, features, keep)
    owners = columns[asked.unit].text[keep].fillna("")
    misfits = {
        name: f"encodes {what} ({evidence})"
        for what, flags in reversed(told.items())
        for name, evidence in telltales(X, flags, features, unit=owners).items()
    }
    for name in features:
        blank = indicator(name, features)
        if X[name].nunique() < 2 and (blank not in X or X[blank].nunique() < 2):
            misfits[name] = f"the same value in every row ({_short(X[name].iloc[0])})"
    return misfits


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else [str(name) for name in names]


def _relative(path: Path, folder: str | Path | None) -> str:
    if folder is None:
        return path.name
    return Path(os.path.relpath(path.resolve(), Path(folder).resolve())).as_posix()
