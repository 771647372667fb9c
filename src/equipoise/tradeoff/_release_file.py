"""A released model as a file: what it computes, what it decides, and what it promises."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from equipoise._checks import check_columns
from equipoise._files import atomic_file, text_digest
from equipoise.exceptions import InputError
from equipoise.privacy import Guarantee
from equipoise.privacy._encoding import BoundedEncoding, level_codes
from equipoise.task import Bounds, DecisionRule, Value, decide
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._record import json_text

__all__ = ["Curves", "ReleasedModel", "read_release"]

_HEAD = {"format": "equipoise release", "version": 1}
_PLAIN = ("number", "date", "task", "purpose", "bounds", "weights")


@dataclass(frozen=True)
class Curves:
    """How the scores of each group are matched to those of all, so that one cut compares them.

    Attributes
    ----------
    column : str
        Of the rows, that holds the group.
    groups : tuple of str
    curves : tuple of tuple of float, shape (groups, bins + 1)
        The level at each edge of the bins of the score; see `GroupThresholds`.
    shared : tuple of float, shape (bins + 1,)
        The same for all groups together.
    """

    column: str
    groups: tuple[str, ...]
    curves: tuple[tuple[float, ...], ...]
    shared: tuple[float, ...]

    def matched(self, scores: NDArray[np.float64], rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return the score that ranks among all as each row's own does in its group."""
        from equipoise.privacy.learning._group_levels import GroupLevels

        check_columns("X", [self.column], rows.columns)
        codes = level_codes(rows[self.column], self.groups)
        if (codes < 0).any():
            found = repr(rows[self.column][codes < 0].iloc[0])
            rule = "must hold only the groups of the release"
            move = f"There are: {', '.join(self.groups)}."
            raise InputError(f"column {self.column!r}", rule, found, move)
        own = np.zeros(len(self.groups), bool)
        return GroupLevels(np.array(self.curves), own, np.array(self.shared)).matched(scores, codes)


@dataclass(frozen=True)
class ReleasedModel:
    """A released linear model with its decision rule and its guarantee.

    It holds nothing that was read off the customers but what the guarantee covers: no digest of their
    table and no test figure. Those stand in the ledger, under the same `number`.

    Attributes
    ----------
    number : str
        Drawn at random; the entry of the ledger names it.
    date : str
        When it was made, in UTC.
    task : str
        Name of the task.
    policy : Policy
    purpose : str
        What it may be used for.
    bounds : mapping
        (low, high) or categories of each feature, by which rows are encoded.
    weights : tuple of float
        Of the log-odds; one a column of the encoding.
    curves : Curves or None
        Where scores become levels within a group.
    decision : DecisionRule
    value : Value or None
        The euros, only where they decide.
    guarantee : Guarantee
    """

    number: str
    date: str
    task: str
    policy: Policy
    purpose: str
    bounds: Bounds
    weights: tuple[float, ...]
    curves: Curves | None
    decision: DecisionRule
    value: Value | None
    guarantee: Guarantee

    def scores(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the score of each row in [0, 1], shape (n,).

        Parameters
        ----------
        X : DataFrame
            Has the features of `bounds`, and the column of the group where there are `curves`. Numbers
            outside the bounds count as the nearest; other columns are not looked at.

        Raises
        ------
        InputError
            Where a column is missing, or holds what was not declared.
        """
        check_columns("X", self.bounds, X.columns)
        encoding = BoundedEncoding.of(self.bounds)
        scores = expit(encoding.transform(X[[*self.bounds]]) @ np.array(self.weights))
        return scores if self.curves is None else self.curves.matched(scores, X)

    def decide(self, X: pd.DataFrame, *, seed: int) -> NDArray[np.bool_]:
        """Return who is contacted; `seed` breaks ties of a top share."""
        return decide(self.scores(X), self.decision, value=self.value, seed=seed)

    def frame(self) -> pd.DataFrame:
        """Return one row a column of the encoding: `column, weight`."""
        names = BoundedEncoding.of(self.bounds).names
        return pd.DataFrame({"column": names, "weight": self.weights})

    def explain(self) -> tuple[str, ...]:
        """Return what the release is and promises, in sentences."""
        told = self.guarantee
        grouped = (
            ""
            if self.curves is None
            else f" Scores are first made levels within groups of {self.curves.column}."
        )
        return (
            f"Release {self.number} of {self.date}: {self.policy}, for {self.purpose}.",
            f"It contacts {self.decision}.{grouped}",
            f"It promises epsilon {told.epsilon:g} and delta {told.delta:g} per {told.unit}, for "
            f"{told.adjacency} neighbours: {told.mechanism}.",
            "Somebody who knows everything but one customer's part and looks at this file has a true "
            f"positive rate at most {told.attacker_advantage():.3f} above the false positive rate "
            "(0 is guessing, 1 is certainty).",
            *(f"Covered: {line}." for line in told.covers),
            *(f"Not covered: {line}." for line in told.does_not_cover),
        )

    def save(self, path: str | Path) -> None:
        """Write the release as JSON, whole or not at all."""
        with atomic_file(path, parameter="out") as part:
            part.write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """Return the release as JSON with a digest of itself, which shows edits and damage.

        It is no signature: whoever edits the file on purpose can compute it anew. What was promised
        stands in the ledger, under the number of the release.
        """
        record = {
            **_HEAD,
            **{name: getattr(self, name) for name in _PLAIN},
            "policy": self.policy._asdict(),
            "curves": None if self.curves is None else asdict(self.curves),
            "decision": self.decision.model_dump(exclude_none=True),
            "value": None if self.value is None else self.value.model_dump(exclude_none=True),
            "guarantee": self.guarantee.as_dict(),
        }
        return json_text({**record, "digest": text_digest(json_text(record))}, indent=2) + "\n"

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the release that a checked record holds."""
        policy, curves, value = record["policy"], record["curves"], record["value"]
        return cls(
            **{name: record[name] for name in ("number", "date", "task", "purpose")},
            policy=Policy(**{**policy, "epsilon": float(policy["epsilon"])}),
            bounds={name: tuple(limits) for name, limits in record["bounds"].items()},
            weights=tuple(record["weights"]),
            curves=None if curves is None else _curves(**curves),
            decision=DecisionRule(**record["decision"]),
            value=None if value is None else Value(**value),
            guarantee=Guarantee.from_dict(record["guarantee"]),
        )


def _curves(
    column: str,
    groups: Sequence[str],
    curves: Sequence[Sequence[float]],
    shared: Sequence[float],
) -> Curves:
    return Curves(column, tuple(groups), tuple(map(tuple, curves)), tuple(shared))


def read_release(path: str | Path) -> ReleasedModel:
    """Read a release that `ship` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ReleasedModel
        It scores new rows, decides, and says what it promises.

    Raises
    ------
    InputError
        Where the file is missing, of another kind or version, or was changed after it was written
        and its digest was not.
    """
    path = Path(path)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        move = "Write it with `equipoise ship`."
        raise InputError("release", "must be a readable JSON file", path, move) from problem
    if not isinstance(record, dict) or {n: record.get(n) for n in _HEAD} != _HEAD:
        rule = f"must be a release of `equipoise ship`, version {_HEAD['version']}"
        raise InputError("release", rule, path.name, "Ship with this version of equipoise.")
    digest = record.pop("digest", None)
    if digest != text_digest(json_text(record)):
        move = "Restore it from a copy; shipping again would cost again."
        raise InputError("release", "must be as it was written", path.name, move)
    try:
        return ReleasedModel.of_record(record)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        rule, move = "must have every part of a release", "Restore it from a copy."
        raise InputError("release", rule, path.name, move) from problem
