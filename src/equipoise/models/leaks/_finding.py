"""Find the features of a task that know its outcome, and name each with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_choice, check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.models._propensity import PROPENSITY_MODELS
from equipoise.models.leaks._added_back import added_back
from equipoise.models.leaks._alone import each_alone
from equipoise.models.leaks._recorded import COLUMNS, recorded_after
from equipoise.task import Task

__all__ = ["LEVEL", "Leaks", "find_leaks"]

LEVEL = 0.9
"""Above this area under the curve a single feature is suspected.

Of the features of the synthetic CRM's tasks, and of the Telco table, none known beforehand exceeds
0.8 alone.
"""


@dataclass(frozen=True, eq=False)
class Leaks:
    """Features that are suspected to know the outcome, with the evidence.

    Attributes
    ----------
    level : float
        Area under the curve above which a feature alone is suspected.
    dated : tuple of str
        Features whose dates of recording were given.
    ways : int
        In how many ways features were read, all together.
    table, searched_table : DataFrame
        What `frame` and `searched` show.
    """

    level: float
    dated: tuple[str, ...]
    ways: int
    table: pd.DataFrame
    searched_table: pd.DataFrame

    @property
    def suspects(self) -> tuple[str, ...]:
        """The features named, each once; empty where there is no evidence."""
        return tuple(dict.fromkeys(self.table["feature"]))

    def frame(self) -> pd.DataFrame:
        """Return one row a suspect and kind of evidence; no rows where nothing is suspected.

        Columns `feature, evidence, value, low, high, level, note`. The kinds:

        - `alone`, `its_blanks`: area under the ROC curve of the feature, or of its being blank; 0.5
          is chance. Named where the lower bound is above the level. The bounds hold for all
          features and ways at once (95 %); the note says which way it was.
        - `recorded_after`: share of rows where the feature was recorded after the decision, with a
          95 % interval (none under ten customers). One such row is enough to be named.
        - `added_back`: rise of the held-out area under the curve when the suspect is added to a model
          without any. A collapse shows what the suspect was worth, not that it leaks: no level.
        """
        return self.table.copy()

    def searched(self) -> pd.DataFrame:
        """Return the same columns for every feature, named or not, with the highest area first.

        It shows how far the honest features stay below the level, and which lie above it without
        being named since so few customers could show as much by chance.
        """
        return self.searched_table.drop(columns="named")

    def explain(self) -> str:
        """Return the evidence as plain sentences, one a line."""
        return "\n".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        features = self.searched_table["feature"].nunique()
        were = "feature was" if features == 1 else "features were"
        yield (
            f"{features} {were} searched alone in {self.ways} ways; "
            "the ranges of areas hold for all of them at once."
        )
        for row in self.table.itertuples():
            yield f"{row.feature!r}: {SENTENCES[row.evidence](row)}"
        if not self.suspects:
            yield f"None is named at level {self.level:g}. A leak that only hints stays below it."
        untold = self.searched_table["value"].isna().sum()
        if untold:
            yield (
                f"{untold} of {len(self.searched_table)} could not be judged alone: fewer than ten "
                "customers of either outcome."
            )
        unsure = self.searched_table.query("value > level and not named")
        for row in unsure.itertuples():
            yield f"{row.feature!r} is not named: {_area(row)}, but chance is not excluded."
        if not self.dated:
            yield "No dates of recording were given, so none was compared with the decision."


def find_leaks(
    task: Task,
    *,
    level: float = LEVEL,
    recorded_at: Mapping[str, ArrayLike] | None = None,
    decided_at: ArrayLike | None = None,
    model: str | None = None,
    seed: int | None = None,
) -> Leaks:
    """Name the features that know the outcome, each with its evidence.

    Two things make a suspect: the feature alone, or its blanks, orders customers better than the
    level; or it was recorded after the decision. What being a suspect is worth to a model is shown
    beside it, where a model is named.

    Each feature is read as a number in either direction, as its most frequent value against the
    rest, and by outcome rates per value, learnt on one half of the customers and judged on the
    other. Customers are the sample, not rows. What it hides: a leak that only hints stays below the
    level, two features that tell the outcome only together are not found, and a feature above the
    level may be honest where people are truly so predictable.

    Parameters
    ----------
    task : Task
    level : float
        Between 0.5 and 1; a feature whose area under the curve is above it, chance excluded, is
        named. `build_task` refuses features at .999 before.
    recorded_at : mapping of str to array_like of dates or numbers, shape (n,) or one, optional
        For a feature when its value was written, row for row of the task (or one date for all).
        Unknown dates may be missing. The same moment as the decision counts as before it: dates
        without hours cannot tell.
    decided_at : array_like of the same kind, shape (n,) or one, optional
        When each was contacted or decided about; the task's `time` if not given.
    model : str, optional
        One of `PROPENSITY_MODELS`: also measure what each suspect adds to it, on rows held out as by
        `equipoise.models.held_out`. It is trained five times, and five times more for each suspect;
        once each where rows are dated.
    seed : int, optional
        Deals customers to the folds of that model; required with it.

    Returns
    -------
    Leaks

    Raises
    ------
    InputError
        Where the level is none, a feature or the model is unknown, dates are unreadable, do not
        match the rows, or have nothing to be compared with, or a model is named without a seed.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=600, seed=7).task("offer_response")
    >>> find_leaks(task).suspects
    ()
    >>> late = find_leaks(task, recorded_at={"orders_3m": "2026-03-10"}, decided_at="2026-03-01")
    >>> late.frame()[["feature", "evidence", "value"]]
         feature        evidence  value
    0  orders_3m  recorded_after    1.0
    """
    level = check_number("level", level, low=0.5, high=1.0, next_move="Use for example 0.9.")
    _check_model(model, seed)
    if recorded_at is None and decided_at is not None:
        move = "Say when each feature was recorded, or leave out `decided_at`."
        raise InputError("recorded_at", "must be given with decided_at", "None", move)
    dated = recorded_at or {}
    late = recorded_after(task, dated, decided_at) if dated else pd.DataFrame(columns=COLUMNS)
    searched, ways = each_alone(task, level)
    found = [searched[searched["named"]][COLUMNS], late]
    suspects = list(dict.fromkeys(name for part in found for name in part["feature"]))
    if model is not None and seed is not None and suspects:
        found.append(added_back(task, suspects, model=model, seed=seed))
    return Leaks(level, tuple(dated), ways, _by_suspect(found, suspects), searched)


def _by_suspect(found: list[pd.DataFrame], suspects: list[str]) -> pd.DataFrame:
    """Return all evidence, suspect by suspect."""
    rows = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    place = rows["feature"].map({name: k for k, name in enumerate(suspects)})
    return rows.loc[place.sort_values(kind="stable").index].reset_index(drop=True)


def _check_model(model: str | None, seed: int | None) -> None:
    if model is None:
        return
    check_choice("model", model, PROPENSITY_MODELS)
    if seed is None:
        raise InputError("seed", "is required with a model", "None", "Use a seed such as 7.")
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")


def _area(row: object) -> str:
    return f"area {row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"  # type: ignore[attr-defined]


def _added(row: Any) -> str:
    if pd.isna(row.value):
        return f"what it adds to a model is {row.note}."
    way = "raises" if row.value >= 0 else "lowers"
    between = f"[{row.low:+.3f}, {row.high:+.3f}]"
    return f"added back, it {way} the area by {abs(row.value):.3f} {between} ({row.note})."


SENTENCES = {
    "alone": lambda row: f"{_area(row)} from this feature alone, by {row.note}.",
    "its_blanks": lambda row: f"{_area(row)} from its blanks alone.",
    "recorded_after": lambda row: f"recorded after the decision in {row.note}.",
    "added_back": _added,
}
