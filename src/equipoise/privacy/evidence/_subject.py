"""What is challenged, behind one door: draw so many independent outputs in either world."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from equipoise.exceptions import ClippedRowsWarning, InputError, LargeDeltaWarning
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.evidence._worst_case import Table

__all__ = [
    "Learner",
    "Noisy",
    "Seeds",
    "Subject",
    "drawn_numbers",
    "fresh_seeds",
    "named_like",
    "quiet_about_made_up",
]

Reader = Callable[[Any], Any]
Seeds = np.random.SeedSequence | None  # None: as in a release, from the operating system's entropy


class Subject(Protocol):
    """Something that can be run again and again in two worlds."""

    @property
    def name(self) -> str:
        """What it is called."""

    def drawn(self, world: int, seeds: Seeds, runs: int) -> Iterator[Any]:
        """Yield the outputs of independent runs."""

    def numbers(self, output: Any) -> Any:
        """Return the released numbers of an output."""


def drawn_numbers(
    subject: Subject, seeds: tuple[Seeds, Seeds], *, runs: int, read: Reader | None, called: str
) -> tuple[Floats, Floats]:
    """Return the outputs of both worlds as numbers, shape (runs, d) each.

    Learners whose weights vary in how many they are give the log-odds of the canary instead. Numbers
    that are not finite, or vary in how many they are, are refused.
    """
    drawn = [subject.drawn(world, root, runs) for world, root in enumerate(seeds)]
    if read is not None:
        rows = [[np.ravel(read(output)) for output in world] for world in drawn]
    else:
        kept = [list(world) for world in drawn]
        rows = [[np.ravel(subject.numbers(output)) for output in world] for world in kept]
        if isinstance(subject, Learner) and len(_widths(rows)) > 1 and subject.scores(kept[0][0]):
            rows = [[np.ravel(subject.score(output)) for output in world] for world in kept]
    _check_widths(_widths(rows), called)
    one, other = (_finite(np.array(world), called) for world in rows)
    return one, other


def _widths(rows: list[list[Any]]) -> list[int]:
    return sorted({len(row) for world in rows for row in world})


def _check_widths(widths: list[int], called: str) -> None:
    if len(widths) != 1 or widths[0] == 0:
        found = f"{widths[0]} and {widths[-1]} in two runs" if widths[1:] else "none"
        move = "Give a statistic that turns an output into one number."
        raise InputError(called, "must be as many numbers in every run", found, move)


def _finite(rows: Any, called: str) -> Floats:
    try:
        values = np.asarray(rows, dtype=float)
    except (TypeError, ValueError) as problem:
        move = "Give a statistic that turns an output into one number."
        raise InputError(called, "must be numbers", np.ravel(rows)[:1], move) from problem
    odd = int((~np.isfinite(values)).any(axis=1).sum())
    if odd:
        found = f"NaN or infinity in {odd:,} of {len(values):,} runs"
        move = "Give a statistic or an event that can read every output."
        raise InputError(called, "must be finite numbers", found, move)
    return values


@dataclass(frozen=True)
class Noisy:
    """A mechanism or a function: called with a table, or a value, and a generator."""

    name: str
    call: Callable[[Any, Any], Any]
    worlds: tuple[Any, Any]

    def drawn(self, world: int, seeds: Seeds, runs: int) -> Iterator[Any]:
        """Yield the outputs of independent runs; they share one generator, or none for a release."""
        rng = None if seeds is None else np.random.default_rng(seeds)
        return (self.call(self.worlds[world], rng) for _ in range(runs))

    def numbers(self, output: Any) -> Any:
        """Return the output itself."""
        return output


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
        for seed in fresh_seeds(seeds, runs):
            yield self.fitted(world, seed)

    def fitted(self, world: int, seed: int | None) -> Any:
        """Return a fresh copy fitted on the table of a world."""
        fresh, table = clone(self.estimator), self.worlds[world]
        fresh.set_params(**dict.fromkeys(named_like(fresh, "random_state"), seed))
        owner = {} if table.unit is None else {"unit": table.unit}
        with quiet_about_made_up(self.made_up):
            return fresh.fit(table.X, table.y, **owner)

    def numbers(self, output: Any) -> Any:
        """Return the weights that a fitted learner releases."""
        if hasattr(output, "weights_"):
            return output.weights_
        if hasattr(output, "coef_"):
            return np.r_[np.ravel(output.coef_), np.ravel(getattr(output, "intercept_", ()))]
        raise InputError(
            "statistic",
            "is needed for a learner without weights_ or coef_",
            self.name,
            "Pass statistic= or event=, which are called with the fitted learner.",
        )

    def scores(self, fitted: Any) -> bool:
        """Say whether a fitted learner can give the canary's log-odds."""
        return self.canary is not None and hasattr(fitted, "decision_function")

    def score(self, fitted: Any) -> Any:
        """Return the canary's log-odds."""
        with quiet_about_made_up(True):
            return fitted.decision_function(self.canary)


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
