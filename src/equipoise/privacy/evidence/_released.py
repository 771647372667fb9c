"""The numbers that a fitted learner gives away: its weights, and all else that it keeps in public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.exceptions import InputError

__all__ = ["SCORE", "WEIGHTS", "public_numbers", "side_by_side"]

Numbers = dict[str, NDArray[Any]]
WEIGHTS = ("weights_", "coef_", "intercept_")
SCORE = "the score of the row in which the tables differ"
OF_THE_TABLE = ("n_features_in_", "feature_names_in_")  # which columns there are is no secret


def public_numbers(fitted: Any) -> Numbers:
    """Return every numeric attribute whose name ends in an underscore, of learners inside it too.

    So scikit-learn marks what was learnt. Whoever holds the learner reads them all.
    """
    found = {}
    for path, part in _parts(fitted, ""):
        own = {name: value for name, value in vars(part).items() if _is_public(name)}
        for name in WEIGHTS:
            if name not in own and hasattr(part, name):
                own[name] = getattr(part, name)
        for name, value in own.items():
            numbers = _numbers(value)
            if numbers is not None:
                found[path + name] = numbers
    return found


def _is_public(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_") and name not in OF_THE_TABLE


def _parts(learner: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield a learner, and those among its steps and its fitted attributes, with where they are."""
    yield path, learner
    for name, value in vars(learner).items():
        if name == "steps" or _is_public(name):
            for place, part in _learners(name, value):
                yield from _parts(part, f"{path}{place}.")


def _learners(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(value, "get_params") and not isinstance(value, type):
        yield name, value
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            named = isinstance(each, tuple) and len(each) > 1 and isinstance(each[0], str)
            yield from _learners(
                each[0] if named else f"{name}[{place}]", each[1] if named else each
            )


def _numbers(value: Any) -> NDArray[Any] | None:
    try:
        numbers = np.asarray(value.toarray() if hasattr(value, "toarray") else value)
    except (TypeError, ValueError):
        return None
    return numbers.ravel() if numbers.dtype.kind in "biufc" else None


def side_by_side(runs: list[Numbers]) -> tuple[list[list[Any]], tuple[str, ...]]:
    """Return all numbers of each run in one row, and what attribute each is of.

    Of an attribute whose size varies between runs, that size is told.
    """
    names = dict.fromkeys(name for run in runs for name in run)
    columns, told = [], []
    for name in names:
        values = [run.get(name, np.empty(0)) for run in runs]
        if len({len(each) for each in values}) > 1:
            columns.append(np.array([[len(each)] for each in values]))
            told.append(f"the size of {name}")
        elif _usable(name, values):
            columns.append(np.array(values))
            told += [name] * len(values[0])
    if not told:
        return [[] for _ in runs], ()
    return list(np.hstack(columns)), tuple(told)


def _usable(name: str, values: list[NDArray[Any]]) -> bool:
    odd = sum(not np.isfinite(each).all() for each in values)
    if odd and name.rpartition(".")[2] in (*WEIGHTS, SCORE):
        found = f"NaN or infinity in {odd:,} of {len(values):,} runs"
        move = "Give a statistic or an event that can read every output."
        raise InputError("output", "must be finite numbers", found, move)
    return not odd
