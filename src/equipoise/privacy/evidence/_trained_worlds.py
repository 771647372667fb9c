"""A learner on two tables that differ by one unit, and what it claims about them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.evidence._claim import claim_between, is_bare, missing, stated
from equipoise.privacy.evidence._neighbours import adjacency_of, as_table, row_apart
from equipoise.privacy.evidence._setting import Pose
from equipoise.privacy.evidence._subject import (
    Learner,
    fitted_on,
    last_step,
    named_like,
    quiet_about_made_up,
)
from equipoise.privacy.evidence._twin import learner_twin
from equipoise.privacy.evidence._worst_case import CROWD, Table, my_data, worst_case

__all__ = ["known_size", "learner_in_worlds", "rows_per_unit"]

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
GIVEN = "as given"
STATES_NONE = ("diffprivlib", "sklearn")  # libraries whose models carry no guarantee, even fitted


def learner_in_worlds(
    learner: Any, neighbours: Any, claimed: Guarantee | float | None, X: Any, y: Any, unit: Any
) -> Pose:
    """Return a learner in its two worlds; of a pipeline the last step makes the promise."""
    _check_estimator(learner)
    if isinstance(unit, str):
        move = f"Pass unit=X[{unit!r}], and leave that column out of X."
        raise InputError("unit", "must tell whose each row is, for a learner", repr(unit), move)
    if isinstance(neighbours, str):
        bounds = _bounds(learner)
    if claimed is None and _library(learner) in STATES_NONE:
        raise missing(learner)
    if not isinstance(neighbours, str):
        return _given(learner, neighbours, claimed)
    if neighbours == "worst_case":
        return _made_up(learner, bounds, claimed)
    return _on_data(learner, bounds, claimed, _own_table(X, y, unit))


def _check_estimator(learner: Any) -> None:
    if not callable(getattr(learner, "get_params", None)):
        name = type(learner).__name__
        move = "Derive it from BaseEstimator, or pass a function of (table, rng) that fits one."
        raise InputError("subject", "must be a scikit-learn estimator if it has fit", name, move)


def _own_table(X: Any, y: Any, unit: Any) -> Table:
    if X is None or y is None:
        move = "Pass X= and y=, and unit= if rows repeat."
        raise InputError("neighbours", "'my_data' needs X and y", "none", move)
    return Table(X, y, unit)


def _made_up(learner: Any, bounds: Any, claimed: Guarantee | float | None) -> Pose:
    ready, asked = known_size(learner, CROWD), _asked(learner)
    trial = worst_case(bounds, adjacency="add-remove", outcomes=asked["outcomes"])[0]
    if asked["rows_per_unit"] > 1:
        trial = Table(trial.X, trial.y, np.arange(len(trial)))
    claim = _claim(learner, claimed, lambda: _trial(ready, trial, quiet=True))
    worlds = worst_case(bounds, adjacency=claim.adjacency, **asked)
    return _posed(ready, worlds, claim, claim, CROWDED[claim.adjacency], canary=worlds[1].X[-1:])


def _on_data(learner: Any, bounds: Any, claimed: Guarantee | float | None, table: Table) -> Pose:
    """Fit once on the rows as they are: the learner refuses what is wrong with them."""
    ready = known_size(learner, len(table))
    trial = _trial(ready, table, quiet=False)
    claim = _claim(learner, claimed, lambda: trial)
    asked = _asked(learner) | {"adjacency": claim.adjacency}
    worlds = my_data(table.X, table.y, table.unit, bounds, **asked)
    return _posed(ready, worlds, claim, claim, ON_DATA[claim.adjacency], canary=worlds[1].X[-1:])


def _given(learner: Any, neighbours: Any, claimed: Guarantee | float | None) -> Pose:
    worlds = (as_table(neighbours[0]), as_table(neighbours[1]))
    adjacency = adjacency_of(*worlds)
    if worlds[0].unit is not None and not _takes_units(learner):
        found, move = type(last_step(learner)).__name__, "Leave the third part out."
        raise InputError("neighbours", "can have units only where fit takes unit", found, move)
    ready = known_size(learner, len(worlds[0]))
    claim = _claim(learner, claimed, lambda: _trial(ready, worlds[0], quiet=False))
    promise = claim_between(claim, adjacency, bare=is_bare(claimed))
    canary = row_apart(*worlds)
    return _posed(ready, worlds, claim, promise, GIVEN, canary=canary, made_up=False)


def _posed(
    ready: Any,
    worlds: tuple[Table, Table],
    claim: Guarantee,
    promise: Guarantee,
    told: str,
    *,
    canary: Any,
    made_up: bool = True,
) -> Pose:
    twin = learner_twin(ready, claim.epsilon)
    subject = Learner(ready, worlds, made_up, canary)
    doubled = None if twin is None else Learner(twin, worlds, made_up, canary)
    return Pose(subject, promise, told, twin=doubled)


def _trial(ready: Any, table: Table, *, quiet: bool) -> Any:
    with quiet_about_made_up(quiet):
        return fitted_on(clone(ready), table)


def _claim(learner: Any, claimed: Guarantee | float | None, trial: Callable[[], Any]) -> Guarantee:
    """Return the claim as given, else what a fresh fit promises; an earlier fit must agree."""
    given = None if claimed is None else stated(claimed, learner)
    if given is not None:
        return given
    fresh, kept = stated(None, last_step(trial())), stated(None, last_step(learner))
    if fresh is None:
        raise missing(learner)
    if kept is not None and _terms(kept) != _terms(fresh):
        found, move = f"{kept}, and now {fresh}", "Fit it again, or challenge a clone of it."
        raise InputError("subject", "must promise what it did when it was fitted", found, move)
    return kept or fresh


def _terms(promise: Guarantee) -> tuple[float, float, str]:
    return promise.epsilon, promise.delta, promise.adjacency


def _library(learner: Any) -> str:
    return type(last_step(learner)).__module__.partition(".")[0]


def _takes_units(learner: Any) -> bool:
    told = inspect.signature(last_step(learner).fit).parameters
    return "unit" in told or any(each.kind is each.VAR_KEYWORD for each in told.values())


def _bounds(learner: Any) -> Any:
    """Return the bounds of each feature; in those of a library, `bounds` means something else."""
    bounds = getattr(last_step(learner), "bounds", None)
    if bounds is None or _library(learner) in STATES_NONE:
        each = "" if bounds is None else " by feature"
        raise InputError(
            "neighbours",
            f"must be given for a learner that declares no bounds{each}",
            type(last_step(learner)).__name__,
            "Write neighbours=((X, y), (other_X, other_y)).",
        )
    return bounds


def _asked(learner: Any) -> dict[str, Any]:
    outcomes = last_step(learner).get_params(deep=False).get("target_bounds", (0, 1))
    return {"rows_per_unit": rows_per_unit(learner), "outcomes": outcomes}


def known_size(learner: Any, rows: int) -> Any:
    """Return a copy that takes the number of rows as public, so that it is one in both worlds."""
    ready = clone(learner)
    told = named_like(ready, "row_count")
    return ready.set_params(**{name: rows for name in told if told[name] == "declared"})


def rows_per_unit(learner: Any) -> int:
    """Return the most rows that a customer may have, where the learner says so."""
    return int(getattr(last_step(learner), "rows_per_unit", 1))
