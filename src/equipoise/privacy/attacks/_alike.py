"""Two tables must be written in the same way, or an attack on them fails for no reason."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from equipoise.exceptions import InputError
from equipoise.privacy.attacks._generalised import meaning

__all__ = ["check_alike", "check_names"]


def check_names(names: list[str], **tables: pd.DataFrame) -> None:
    """Refuse a name that several columns of a table bear."""
    for title, table in tables.items():
        repeated = set(table.columns[table.columns.duplicated()])
        for name in names:
            if name in repeated:
                move = "Rename or drop the others."
                found = f"several columns {name!r}"
                raise InputError(title, "must have one column of each name", found, move)


def check_alike(
    parameter: str, own: Iterable[object], theirs: Iterable[object], shared: str, move: str
) -> None:
    """Refuse values of which none is shared, or that say the same as text and as something else."""
    released, public = set(own), set(theirs)
    if released and public and released.isdisjoint(public):
        shown = [repr(min(values, key=str)) for values in (released, public)]
        found = f"such as {shown[0]} and {shown[1]}"
        raise InputError(parameter, f"must share {shared} with the public list", found, move)
    said = {meaning(str(value)): value for value in public - released}
    for value in sorted(released - public, key=str):
        other = said.get(meaning(str(value)))
        if other is not None and isinstance(value, str) != isinstance(other, str):
            rule = "must be written in the same way in both tables"
            raise InputError(parameter, rule, f"{value!r} and {other!r}", move)
