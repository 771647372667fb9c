"""From what a caller passes to a subject in two worlds, with the claim that they put to the test."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy.evidence._bug import unwrapped
from equipoise.privacy.evidence._claim import claim_between, stated
from equipoise.privacy.evidence._family import family_of, is_tight
from equipoise.privacy.evidence._neighbours import adjacency_of, as_table, row_apart
from equipoise.privacy.evidence._setting import Pose
from equipoise.privacy.evidence._subject import Learner, Noisy, named_like, quiet_about_made_up
from equipoise.privacy.evidence._worst_case import CROWD, Table, my_data, worst_case

__all__ = ["known_size", "posed", "rows_per_unit"]

CROWDED = {
    "add-remove": "made from the declared bounds: a crowd without and with a customer who says the "
    "opposite",
    "replace-one": "made from the declared bounds: a crowd with a customer who says the same as "
    "those next to her, and with the same customer saying the opposite",
}
ON_DATA = {
    "add-remove": "the given rows, without and with a mislabelled customer of extreme features",
    "replace-one": "the given rows, as they are and with a mislabelled customer of extreme features "
    "in the place of the first",
}
STATES_NONE = ("diffprivlib", "sklearn")  # libraries whose models carry no guarantee, even fitted
GIVEN = "as given"


def posed(
    subject: Any,
    neighbours: Any,
    *,
    claimed: Guarantee | float | None,
    X: pd.DataFrame | ArrayLike | None,
    y: ArrayLike | None,
    unit: ArrayLike | None,
) -> Pose:
    """Return the subject in its two worlds, or say what is missing."""
    subject = unwrapped(subject)
    if isinstance(neighbours, str):
        check_choice("neighbours", neighbours, ("worst_case", "my_data"))
    elif not isinstance(neighbours, tuple | list) or len(neighbours) != 2:
        move = "Write neighbours=(table, other_table)."
        found = type(neighbours).__name__
        raise InputError("neighbours", "must be a known name or a pair", found, move)
    if callable(getattr(subject, "fit", None)):
        return _of_learner(subject, neighbours, claimed, X, y, unit)
    if callable(getattr(subject, "release", None)):
        return _of_mechanism(subject, neighbours, claimed)
    if callable(subject):
        return _of_function(subject, neighbours, claimed, unit)
    move = "Pass a learner, a mechanism, or a function of (table, rng)."
    raise InputError("subject", "must have fit or release, or be called", repr(subject), move)


def _of_learner(subject: Any, neighbours: Any, claimed: Any, X: Any, y: Any, unit: Any) -> Pose:
    claim = stated(claimed, subject)
    if isinstance(neighbours, str):
        bounds = _bounds(subject)
    if claim is None and _library(subject) in STATES_NONE:
        raise _missing(subject)
    if isinstance(neighbours, str):
        made_up = neighbours == "worst_case"
        ready = known_size(subject, CROWD if made_up or X is None else len(X))
        claim = claim or _promised_by(ready)
        setting = {
            "rows_per_unit": rows_per_unit(subject),
            "adjacency": claim.adjacency,
            "outcomes": _outcomes(subject),
        }
        make = worst_case if made_up else partial(my_data, X, y, unit)
        worlds = make(bounds, **setting)
        told = (CROWDED if made_up else ON_DATA)[claim.adjacency]
        return Pose(Learner(ready, worlds, True, _last_row(worlds[1])), claim, told)
    worlds = (as_table(neighbours[0]), as_table(neighbours[1]))
    adjacency = adjacency_of(*worlds)
    canary = row_apart(*worlds)
    claim = claim or _promised_by(subject, worlds[0])
    promise = claim_between(claim, adjacency, bare=_is_bare(claimed))
    ready = known_size(subject, len(worlds[0]))
    return Pose(Learner(ready, worlds, False, canary), promise, GIVEN)


def _library(subject: Any) -> str:
    return type(subject).__module__.partition(".")[0]


def _last_row(table: Table) -> Any:
    return table.X[-1:]


def _bounds(subject: Any) -> Any:
    """Return the bounds of each feature; in those of a library, `bounds` means something else."""
    bounds = getattr(subject, "bounds", None)
    if bounds is None or _library(subject) in STATES_NONE:
        each = "" if bounds is None else " by feature"
        raise InputError(
            "neighbours",
            f"must be given for a learner that declares no bounds{each}",
            type(subject).__name__,
            "Write neighbours=((X, y), (other_X, other_y)).",
        )
    return bounds


def _outcomes(subject: Any) -> Any:
    return subject.get_params(deep=False).get("target_bounds", (0, 1))


def known_size(learner: Any, rows: int) -> Any:
    """Return a copy that takes the number of rows as public, so that it is one in both worlds."""
    ready = clone(learner)
    told = named_like(ready, "row_count")
    return ready.set_params(**{name: rows for name in told if told[name] == "declared"})


def rows_per_unit(learner: Any) -> int:
    """Return the most rows that a customer may have, where the learner says so."""
    return int(getattr(learner, "rows_per_unit", 1))


def _promised_by(subject: Any, table: Table | None = None) -> Guarantee:
    """Fit once to learn what is promised."""
    trial = clone(subject)
    made_up = table is None
    if table is None:
        outcomes = _outcomes(subject)
        table = worst_case(_bounds(subject), adjacency="add-remove", outcomes=outcomes)[0]
    owner = {} if table.unit is None else {"unit": table.unit}
    if made_up and rows_per_unit(trial) > 1:
        owner = {"unit": np.arange(len(table))}
    with quiet_about_made_up(made_up):
        trial.fit(table.X, table.y, **owner)
    claim = stated(None, trial)
    if claim is None:
        raise _missing(subject)
    return claim


def _missing(subject: Any) -> InputError:
    return InputError(
        "claimed",
        "is required where the subject does not state its guarantee",
        getattr(subject, "__name__", type(subject).__name__),
        _claim_move(subject),
    )


def _claim_move(subject: Any) -> str:
    epsilon = getattr(subject, "epsilon", None)
    if isinstance(epsilon, int | float):
        return f"Pass claimed={float(epsilon)}, its own epsilon, or a Guarantee."
    return "Pass claimed=, an epsilon or a Guarantee."


def _is_bare(claimed: object) -> bool:
    return claimed is not None and not isinstance(claimed, Guarantee)


def _of_mechanism(subject: Any, neighbours: Any, claimed: Any) -> Pose:
    claim = stated(claimed, subject)
    if claim is None:
        raise _missing(subject)
    if neighbours == "my_data":
        move = "Pass neighbours=(value, other_value), or leave it at 'worst_case'."
        raise InputError("neighbours", "must be values for a mechanism", "'my_data'", move)
    values, told = neighbours, GIVEN
    if isinstance(neighbours, str):
        values, told = _extreme_values(subject), "the worst that the query allows"
        if not hasattr(subject, "worst_case"):
            told = f"the values {values[0]} and {values[1]}, one sensitivity apart"
    family, whole = family_of(subject, values), True
    if not hasattr(subject, "worst_case"):
        apart = _checked_distance(subject, *values, gaussian=claim.mu is not None)
        whole = apart >= subject.sensitivity * (1 - 1e-9)
    name, choices = type(subject).__name__, getattr(subject, "candidates", None)

    def release(value: Any, rng: np.random.Generator | None) -> Any:
        found = subject.release(value, rng)
        return found if choices is None else list(choices).index(found)

    if claim.delta or claim.mu is not None:
        family = None
    return Pose(
        Noisy(name, release, (values[0], values[1])),
        claim,
        told,
        family,
        may_show_less=not (whole and (family or is_tight(subject, claim))),
    )


def _extreme_values(subject: Any) -> tuple[Any, Any]:
    if hasattr(subject, "worst_case"):
        one, other = subject.worst_case()
        return one, other
    most = subject.sensitivity
    if not hasattr(subject, "candidates"):
        return type(most)(0), most
    others = len(subject.candidates) - 1  # one score falls, all others rise
    return [float(most)] + [0.0] * others, [0.0] + [float(most)] * others


def _checked_distance(subject: Any, value: Any, other: Any, *, gaussian: bool) -> float:
    moves = np.abs(np.asarray(other, dtype=float) - np.asarray(value, dtype=float)).ravel()
    if hasattr(subject, "candidates"):
        apart = float(moves.max())
    else:
        apart = float(np.linalg.norm(moves) if gaussian else moves.sum())
    if not 0 < apart <= subject.sensitivity * (1 + 1e-9):
        raise InputError(
            "neighbours",
            f"must lie apart by more than 0 and at most the sensitivity {subject.sensitivity:g}",
            f"{apart:g}",
            "Give values that one unit can move between.",
        )
    return apart


def _of_function(subject: Any, neighbours: Any, claimed: Any, unit: Any) -> Pose:
    name = getattr(subject, "__name__", type(subject).__name__)
    if isinstance(neighbours, str):
        move = "Write neighbours=(table, other_table)."
        raise InputError("neighbours", "must be given for a function", repr(neighbours), move)
    _check_takes_two(subject, name)
    claim = stated(claimed, subject)
    if claim is None:
        raise _missing(subject)
    adjacency = _adjacency(neighbours[0], neighbours[1], unit)
    promise = claim_between(claim, adjacency, bare=_is_bare(claimed))
    return Pose(Noisy(name, subject, (neighbours[0], neighbours[1])), promise, GIVEN)


def _check_takes_two(function: Any, name: str) -> None:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError as problem:
        move = "Write def query(table, rng), and draw all noise from rng."
        raise InputError("subject", "must take a table and a generator", name, move) from problem
    except ValueError:  # written in C, and tells no signature
        return


def _adjacency(table: Any, other: Any, unit: Any) -> Adjacency:
    owners = [
        np.asarray(each[unit], dtype=object) if isinstance(unit, str) else None
        for each in (table, other)
    ]
    return adjacency_of(Table(table, None, owners[0]), Table(other, None, owners[1]))
