"""Rows in, count table out: from arrays and frames in memory, or by the engine that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_columns, check_whole
from equipoise.exceptions import InputError
from equipoise.fairness._counts import CountTable, check_attributes, completed
from equipoise.fairness._engines import observed
from equipoise.fairness._rows import (
    binary_pair,
    check_aligned,
    check_complete,
    chunks,
    group_codes,
    row_weights,
    shares,
)

__all__ = ["BINS", "count_table", "tabulate"]

BINS = 10
MOST_CODES = 2**16
MOST_GROUPS = 10_000


def count_table(
    frame: Any,
    *,
    by: Sequence[str] | str,
    y_true: str,
    y_pred: str,
    y_score: str | None = None,
    weights: str | None = None,
    positive: object = None,
    bins: int = BINS,
) -> CountTable:
    """Count customers by groups, outcome and decision.

    Parameters
    ----------
    frame : table or path
        One row a customer: a pandas frame or a mapping of arrays, counted in memory; a polars,
        pyarrow, DuckDB, Dask or PySpark table, counted by one grouping of the engine that holds it;
        or the path of a Parquet file or folder, which is streamed and may be larger than memory.
    by : sequence of str
        Columns of sensitive attributes; their values are counted as text.
    y_true, y_pred : str
        Columns of outcome and decision, coded 0 and 1 unless `positive` is given.
    y_score : str, optional
        Column of scores from 0 to 1, counted in `bins` of equal width.
    weights : str, optional
        Column that says how many customers each row stands for.
    positive : object, optional
        The value of outcome and decision that stands for 1, such as "yes".
    bins : int
        Number of score bins.

    Returns
    -------
    CountTable

    Raises
    ------
    InputError
        Where a column is unknown, a value is missing, an outcome or decision is not 0 or 1, a score
        lies outside 0..1 or a weight is negative.

    Examples
    --------
    >>> table = pd.DataFrame({"band": ["a", "a", "b"], "bought": [1, 0, 1], "asked": [1, 0, 0]})
    >>> count_table(table, by=["band"], y_true="bought", y_pred="asked").marginal("band")
          true_negatives  false_positives  false_negatives  true_positives
    band
    a                  1                0                0               1
    b                  0                0                1               0
    """
    by = [by] if isinstance(by, str) else list(by)
    _check_roles(by, y_true=y_true, y_pred=y_pred, y_score=y_score, weights=weights)
    check_whole("bins", bins, low=2, next_move="Use for example 10.")
    if isinstance(frame, Mapping):
        frame = _aligned(frame)
    if isinstance(frame, pd.DataFrame):
        columns = {"y_true": y_true, "y_pred": y_pred, "y_score": y_score, "weights": weights}
        return _of_memory(frame, by, columns, positive, bins)
    found = observed(
        frame, by=by, y_true=y_true, y_pred=y_pred, y_score=y_score, weights=weights, bins=bins
    )
    return _of_engine(found, by, y_true, y_pred, positive, bins if y_score else 0)


def tabulate(
    groups: pd.DataFrame,
    outcome: NDArray[np.int_],
    decision: NDArray[np.int_],
    *,
    scores: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
    bins: int = BINS,
) -> CountTable:
    """Count rows, given by position, by all columns of `groups`, outcome, decision and score."""
    check_attributes(list(groups))
    coded = [group_codes(groups[name]) for name in groups]
    for name, (_, levels) in zip(groups, coded, strict=True):
        _check_few(str(name), levels)
    codes = _joined([codes for codes, _ in coded], [len(levels) for _, levels in coded])
    inner = 4 if scores is None else 4 * bins
    first, sums = _sums(codes, outcome, decision, scores=scores, weights=weights, inner=inner)
    there = np.flatnonzero(sums["count"])
    names = {
        name: pd.Series(levels, dtype="str").take(own[first[there]]).to_numpy()
        for name, (own, levels) in zip(groups, coded, strict=True)
    }
    found = pd.DataFrame(
        names
        | _keys(there % inner, scores, bins)
        | {name: total[there] for name, total in sums.items()}
    )
    return completed(list(groups), found, 0 if scores is None else bins)


def _sums(
    codes: NDArray[np.intp],
    outcome: NDArray[np.int_],
    decision: NDArray[np.int_],
    *,
    scores: NDArray[np.float64] | None,
    weights: NDArray[np.float64] | None,
    inner: int,
) -> tuple[NDArray[np.intp], dict[str, Any]]:
    """Return a row of each cell, and the sums of each: rows, scores, weights and their squares."""
    size = (int(codes.max()) + 1) * inner if len(codes) else 0
    first = np.zeros(size, dtype=np.intp)
    sums: dict[str, Any] = {"count": np.zeros(size, dtype=np.intp)}
    for part in chunks(len(codes)):
        cell = 2 * outcome[part] + decision[part]
        values = {}
        if scores is not None:
            bins = inner // 4
            cell = cell * bins + np.minimum((scores[part] * bins).astype(np.intp), bins - 1)
            values["score"] = scores[part] if weights is None else scores[part] * weights[part]
        if weights is not None:
            values |= {"weight": weights[part], "weight_squared": weights[part] ** 2}
        place = codes[part] * inner + cell
        first[place] = np.arange(part.start, part.start + len(place))
        sums["count"] += np.bincount(place, minlength=size)
        for name, each in values.items():
            sums[name] = sums.get(name, 0.0) + np.bincount(place, weights=each, minlength=size)
    return first, sums


def _check_roles(by: list[str], **roles: str | None) -> None:
    check_attributes(by)
    named = [(role, name) for role, name in roles.items() if name is not None]
    for place, (role, name) in enumerate(named):
        if name in by or name in [other for _, other in named[:place]]:
            raise InputError(
                role,
                "must name a column of its own",
                repr(name),
                "Name another column, or copy it.",
            )


def _aligned(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return columns as a frame, read by position; Series must carry the same index."""
    check_aligned(**columns)
    plain = {name: pd.Series(each).reset_index(drop=True) for name, each in columns.items()}
    return pd.DataFrame(plain)


def _check_few(name: str, levels: list[str]) -> None:
    """Refuse an identifier passed as a group: every pair of groups is compared."""
    if len(levels) > MOST_GROUPS:
        raise InputError(
            f"group {name!r}",
            f"must have at most {MOST_GROUPS:,} different values",
            f"{len(levels):,}",
            "Leave out what names single customers, or merge values into groups.",
        )


def _of_memory(
    frame: pd.DataFrame,
    by: list[str],
    columns: Mapping[str, str | None],
    positive: object,
    bins: int,
) -> CountTable:
    if not len(frame):
        raise InputError("frame", "must have rows", "none", "Pass the rows of some customers.")
    check_columns("by", by, map(str, frame.columns))
    pair = [columns["y_true"], columns["y_pred"]]
    check_columns("y_true, y_pred", map(str, pair), map(str, frame.columns))
    for role in ("y_score", "weights"):
        if columns[role] is not None:
            check_columns(role, [str(columns[role])], map(str, frame.columns))
    outcome, decision = binary_pair(
        **{f"column {name!r}": frame[name] for name in pair}, positive=positive
    )
    score, weight = columns["y_score"], columns["weights"]
    return tabulate(
        frame[by],
        outcome,
        decision,
        scores=None if score is None else shares(frame[score], f"column {score!r}"),
        weights=None if weight is None else row_weights(frame[weight], f"column {weight!r}"),
        bins=bins,
    )


def _of_engine(
    found: pd.DataFrame, by: list[str], y_true: str, y_pred: str, positive: object, bins: int
) -> CountTable:
    """Code the few values that an engine has counted, and add up what is then the same."""
    rows = found["count"]
    pair = {f"column {y_true!r}": found["y_true"], f"column {y_pred!r}": found["y_pred"]}
    for name, values in pair.items():
        check_complete(name, values.isna(), "Remove those rows, or complete them.", rows)
    for name in by:
        move = "Make it a group of its own, such as 'unknown'."
        check_complete(f"group {name!r}", found[name].isna(), move, rows)
    coded = {name: group_codes(found[name]) for name in by}
    for name, (_, levels) in coded.items():
        _check_few(name, levels)
    texts = {name: np.array(levels, dtype=object)[codes] for name, (codes, levels) in coded.items()}
    outcome, decision = binary_pair(**pair, positive=positive)
    cells = pd.DataFrame({name: pd.Series(text, dtype="str") for name, text in texts.items()})
    sums = found.drop(columns=by).assign(y_true=outcome, y_pred=decision)
    cells = cells.join(sums.reset_index(drop=True))
    keys = [*by, "y_true", "y_pred", *(["score_bin"] if bins else [])]
    return completed(by, cells.groupby(keys, as_index=False, sort=True).sum(), bins)


def _joined(codes: list[NDArray[np.intp]], sizes: list[int]) -> NDArray[np.intp]:
    """Return one number a combination of groups, in their order, as small as it need be."""
    joined, many = codes[0], sizes[0]
    for own, size in zip(codes[1:], sizes[1:], strict=True):
        joined, many = joined * size + own, many * size
        if many > MOST_CODES:
            joined = np.unique(joined, return_inverse=True)[1]
            many = int(joined.max()) + 1 if len(joined) else 1
    return joined


def _keys(
    inner: NDArray[np.intp], scores: NDArray[np.float64] | None, bins: int
) -> dict[str, NDArray[np.intp]]:
    """Return outcome, decision and score bin of cells by their number."""
    pair, bin_ = np.divmod(inner, 1 if scores is None else bins)
    keys = {"y_true": pair // 2, "y_pred": pair % 2}
    return keys if scores is None else keys | {"score_bin": bin_}
