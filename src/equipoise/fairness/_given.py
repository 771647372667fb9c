"""A count table as a frame from elsewhere, such as one whose counts were noised: checked."""

from __future__ import annotations

from numbers import Real
from typing import Protocol

import numpy as np
import pandas as pd

from equipoise._checks import check_columns
from equipoise.exceptions import InputError
from equipoise.fairness._counts import KEYS, OWN_COLUMNS, CountTable, check_attributes, completed
from equipoise.fairness._rows import as_text, check_complete

__all__ = ["HoldsCounts", "table_of"]

NUMBERS = ("count", "score", "weight", "weight_squared", "noise_scale")


class HoldsCounts(Protocol):
    """Anything whose `frame()` is a count table, such as counts that were noised."""

    def frame(self) -> pd.DataFrame:
        """Return the cells."""


def table_of(counts: pd.DataFrame | HoldsCounts) -> CountTable:
    """Return the count table that a frame holds, or what has one; refuse what is none.

    Raises
    ------
    InputError
        Where columns are missing, a value is no number, a cell stands twice, a count is negative
        without noise, or a noised table lacks cells.
    """
    made = getattr(counts, "frame", None)
    frame = made() if callable(made) else counts
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            "counts",
            "must be a count table or a frame of one",
            type(counts).__name__,
            "Use for example count_table(...).",
        )
    check_columns("counts", ("y_true", "y_pred", "count"), frame.columns)
    by = [name for name in frame if name not in OWN_COLUMNS]
    check_attributes(by)
    if not len(frame):
        raise InputError("counts", "must have at least one cell", "none", "Count some customers.")
    _check_numbers(frame)
    _check_pairs(frame)
    cells = frame.reset_index(drop=True)
    for name in by:
        check_complete(f"group {name!r}", cells[name].isna(), "Make it a group of its own.")
    coded = {name: cells[name].map(as_text).astype("str") for name in by}
    numbers = {name: cells[name].astype(float) for name in NUMBERS if name in cells}
    if "noise_scale" not in cells:
        numbers["count"] = numbers["count"].astype("int64")
    whole = {name: cells[name].astype("int64") for name in KEYS if name in cells}
    cells = cells.assign(**coded, **numbers, **whole)
    bins = int(cells["score_bin"].max()) + 1 if "score_bin" in cells else 0
    _check_cells(cells, [*by, *whole], bins)
    _check_bins(cells, bins)
    return completed(by, cells, bins)


def _check_numbers(frame: pd.DataFrame) -> None:
    for name in (each for each in NUMBERS if each in frame):
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            _refuse(name, "must be finite numbers", frame[name].dtype, "Correct it.")
        values = frame[name].astype("Float64").to_numpy(float, na_value=np.nan)
        free = name == "count" and "noise_scale" in frame
        parts = np.mod(values, 1, where=np.isfinite(values), out=np.zeros_like(values))
        broken = (
            (~np.isfinite(values), "must be finite numbers", "Correct it."),
            ((values < 0) & (not free), "must not be negative", _or_noise(name, "negative")),
            (
                (parts != 0) & (name == "count") & (not free),
                "must be whole numbers",
                _or_noise(name, "broken"),
            ),
        )
        for wrong, rule, cure in broken:
            if wrong.any():
                _refuse(name, rule, f"{values[wrong][0]:g}", cure)
    for name in ("y_true", "y_pred"):
        odd = frame.loc[~frame[name].isin([0, 1]), name].tolist()
        if odd:
            _refuse(name, "must be coded 0 and 1", repr(odd[0]), "Code 1 as positive.")


def _or_noise(name: str, kind: str) -> str:
    if name != "count":
        return "Correct it."
    return f"Only noised counts may be {kind}: add their `noise_scale`."


def _check_pairs(frame: pd.DataFrame) -> None:
    """Refuse half of what is read together, and bins that are no numbers of bins."""
    for one, other in (("weight", "weight_squared"), ("score_bin", "score")):
        alone = [name for name in (one, other) if name in frame]
        if len(alone) == 1:
            rule = f"must hold {one} and {other} together"
            raise InputError("counts", rule, f"{alone[0]} alone", "Add the other sum.")
    if (
        "weight" in frame
        and (frame["weight"] ** 2 > 1.000001 * frame["count"] * frame["weight_squared"]).any()
    ):
        rule = "must be at least weight² / count in each cell"
        _refuse("weight_squared", rule, "less", "Sum the squares of the weights of the rows.")
    for value in frame["score_bin"].tolist() if "score_bin" in frame else ():
        if not isinstance(value, Real) or value != value or value < 0 or value % 1:
            rule = "must be whole numbers of at least 0"
            found = f"{value:g}" if isinstance(value, Real) else repr(value)
            _refuse("score_bin", rule, found, "Number the bins from 0, the lowest scores.")


def _check_bins(cells: pd.DataFrame, bins: int) -> None:
    """Refuse bins whose mean score lies elsewhere: then the highest ones are not in the table."""
    if not bins or "noise_scale" in cells:
        return
    filled = cells[cells["count"] > 0]
    mean = filled["score"] / filled.get("weight", filled["count"])
    place = filled["score_bin"]
    if ((mean < place / bins - 1e-9) | (mean > (place + 1) / bins + 1e-9)).any():
        rule = "must number bins of equal width from 0 to 1, so that mean scores lie in their bins"
        _refuse("score_bin", rule, f"{bins} bins", "Keep the empty cells of the highest bins, too.")


def _refuse(column: str, rule: str, found: object, cure: str) -> None:
    raise InputError(f"counts {column!r}", rule, found, cure)


def _check_cells(cells: pd.DataFrame, keys: list[str], bins: int) -> None:
    twice = cells.duplicated(keys)
    if twice.any():
        found = ", ".join(str(value) for value in cells.loc[twice.idxmax(), keys])
        raise InputError("counts", "must hold each cell once", found, "Add its counts up first.")
    groups = cells[[name for name in keys if name not in KEYS]].drop_duplicates()
    wanted = len(groups) * 4 * max(bins, 1)
    if "noise_scale" in cells and len(cells) < wanted:
        raise InputError(
            "counts",
            "must hold every cell of every group where noise was added",
            f"{len(cells):,} of {wanted:,}",
            "Noise the empty cells, too: an absent one says that it is empty.",
        )
