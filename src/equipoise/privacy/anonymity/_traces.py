"""What a released table still holds of rows that are gone, and what still tells its rows apart."""

from __future__ import annotations

import pandas as pd

__all__ = ["single_by", "without_traces"]


def without_traces(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that holds nothing of rows that it no longer has.

    The categories of a column and the levels of an index outlast the last row that had them, and
    the notes in `attrs` may be about any row.
    """
    found = table.set_axis(_used(table.index))
    for name in found:
        kind = found[name].dtype
        if isinstance(kind, pd.CategoricalDtype):
            found[name] = found[name].cat.remove_unused_categories()
        elif str(kind).startswith("dictionary<"):  # the categories of pyarrow
            found[name] = pd.array(found[name].tolist(), dtype=kind)
    found.attrs = {}
    return found


def _used(index: pd.Index) -> pd.Index:
    if isinstance(index, pd.MultiIndex):
        levels = [_used(index.get_level_values(place)) for place in range(index.nlevels)]
        return pd.MultiIndex.from_arrays(levels, names=index.names)
    return index.remove_unused_categories() if isinstance(index, pd.CategoricalIndex) else index


def single_by(table: pd.DataFrame, before: pd.Index, apart: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns in which most rows with a value have one that no other row has.

    Parameters
    ----------
    table : DataFrame
        As it is released.
    before : Index
        Its row labels before rows were left out. Labels that are no plain count from 0 are looked
        at as a column called `index` is.
    apart : tuple of str
        Columns not to look at.
    """
    columns = {name: table[name] for name in table if name not in apart}
    names = [str(name) for name, column in columns.items() if _is_mostly_single(column)]
    if not before.equals(pd.RangeIndex(len(before))):
        labels = pd.Series(table.index.to_flat_index())
        names = ["index"] * _is_mostly_single(labels) + names
    return tuple(names)


def _is_mostly_single(column: pd.Series) -> bool:
    known = column.dropna()
    try:
        is_single = ~known.duplicated(keep=False)
    except TypeError:  # lists and other collections
        is_single = ~known.map(repr).duplicated(keep=False)
    return bool(2 * is_single.sum() > len(known))
