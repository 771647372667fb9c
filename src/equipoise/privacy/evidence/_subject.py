"""What is challenged, behind one door: draw so many independent outputs in either world."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from equipoise.exceptions import (
    ClippedRowsWarning,
    EquipoiseError,
    InputError,
    LargeDeltaWarning,
)
from equipoise.privacy.evidence._released import SCORE, WEIGHTS, public_numbers, side_by_side
from equipoise.privacy.evidence._worst_case import Table

__all__ = [
    "Learner",
    "Noisy",
    "Raised",
    "Seeds",
    "Subject",
    "fresh_seeds",
    "last_step",
    "named_like",
    "quiet_about_made_up",
]

Seeds = np.random.SeedSequence | None  # None: as in a release, from the operating system's entropy


@dataclass(frozen=True)
class Raised:
    """An output of its own: the run ended with an error, which whoever runs it sees."""

    error: str


class Subject(Protocol):
    """Something that can be run again and again in two worlds."""

    @property
    def name(self) -> str:
        """What it is called."""

    def drawn(self, world: int, seeds: Seeds, runs: int) -> Iterator[Any]:
        """Yield the outputs of independent runs, an error among them."""

    def rows(self, outputs: list[Any]) -> tuple[list[Any], tuple[str, ...]]:
        """Return the released numbers of each output, and what they are where that needs saying."""


def outcome(call: Callable[[], Any]) -> Any:
    """Return an output, or the error that takes its place; our own refusals are no outputs."""
    try:
        return call()
    except EquipoiseError:
        raise
    except Exception as problem:  # whatever is raised tells of the table
        return Raised(f"{type(problem).__name__}: {problem}")


@dataclass(frozen=True)
class Noisy:
    """A mechanism or a function: called with a table, or a value, and a generator.

    With `releases` it knows a release, for which there is no generator.
    """

    name: str
    call: Callable[[Any, Any], Any]
    worlds: tuple[Any, Any]
    releases: bool = False

    def drawn(self, world: int, seeds: Seeds, runs: int) -> Iterator[Any]:
        """Yield the outputs of independent runs; they share one generator."""
        rng = None if seeds is None and self.releases else np.random.default_rng(seeds)
        return (outcome(lambda: self.call(self.worlds[world], rng)) for _ in range(runs))

    def rows(self, outputs: list[Any]) -> tuple[list[Any], tuple[str, ...]]:
        """Return the outputs themselves."""
        return [np.ravel(output) for output in outputs], ()


@dataclass(frozen=True)
class Learner:
    """An estimator: cloned and refitted, each time with a seed of its own.

    The canary is the row in which the two tables differ.
    """

    estimator: Any
    worlds: tuple[Table, Table]
    made_up: bool
    canary: Any = None

    @property
    def name(self) -> str:
        """Name of its class."""
        return type(self.estimator).__name__

    def drawn(self, world: int, seeds: Seeds, runs: int) -> Iterator[Any]:
        """Yield fitted learners."""
        return (
            outcome(lambda seed=seed: self.fitted(world, seed))  # type: ignore[misc]
            for seed in fresh_seeds(seeds, runs)
        )

    def fitted(self, world: int, seed: int | None) -> Any:
        """Return a fresh copy fitted on the table of a world."""
        fresh = clone(self.estimator)
        fresh.set_params(**dict.fromkeys(named_like(fresh, "random_state"), seed))
        with quiet_about_made_up(self.made_up):
            return fitted_on(fresh, self.worlds[world])

    def rows(self, outputs: list[Any]) -> tuple[list[Any], tuple[str, ...]]:
        """Return all public numbers of fitted learners; without weights of one size a score, too."""
        numbers = [public_numbers(fitted) for fitted in outputs]
        found, told = side_by_side(numbers)
        if not any(name.rpartition(".")[2] in WEIGHTS for name in told):
            scores = [self._score(fitted) for fitted in outputs]
            found, told = side_by_side([a | b for a, b in zip(numbers, scores, strict=True)])
        if not told:
            raise InputError(
                "statistic",
                "is needed for a learner without public numbers and without scores",
                self.name,
                "Pass statistic= or event=, which are called with the fitted learner.",
            )
        return found, told

    def _score(self, fitted: Any) -> dict[str, Any]:
        """Return what it says about the canary, where there is one and it scores at all."""
        known = ("decision_function", "predict_proba", "predict")
        way = next((name for name in known if hasattr(fitted, name)), None)
        if self.canary is None or way is None:
            return {}
        with quiet_about_made_up(True):
            score = np.ravel(getattr(fitted, way)(self.canary))
        return {SCORE: score} if score.dtype.kind in "biuf" else {}


def fitted_on(learner: Any, table: Table) -> Any:
    """Fit a learner on a table, with the unit of each row where it is known, and return it."""
    name = f"{learner.steps[-1][0]}__unit" if isinstance(learner, Pipeline) else "unit"
    learner.fit(table.X, table.y, **({} if table.unit is None else {name: table.unit}))
    return learner


def last_step(learner: Any) -> Any:
    """Return the learner at the end of a pipeline, which makes the promise; others as they are."""
    return learner.steps[-1][1] if isinstance(learner, Pipeline) else learner


def named_like(learner: Any, setting: str) -> dict[str, Any]:
    """Return a setting by its full name: that of the learner, and of learners inside it."""
    settings = learner.get_params()
    return {name: value for name, value in settings.items() if name.split("__")[-1] == setting}


def fresh_seeds(seeds: Seeds, runs: int) -> list[int | None]:
    """Return a seed for each run, or none at all."""
    return [None] * runs if seeds is None else [int(seed) for seed in seeds.generate_state(runs)]


@contextmanager
def quiet_about_made_up(quiet: bool) -> Iterator[None]:
    """Hold back warnings about rows where they are made up: few for this delta, and one outside."""
    with warnings.catch_warnings():
        if quiet:
            warnings.simplefilter("ignore", LargeDeltaWarning)
            warnings.simplefilter("ignore", ClippedRowsWarning)
        yield
