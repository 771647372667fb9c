"""What fitting many models of one mitigation takes, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.privacy import Guarantee
from equipoise.task import Task

__all__ = ["Asked", "Models", "OneByOne", "Scorer", "Setting"]

Asked: TypeAlias = Sequence[tuple[float, int]]
"""An epsilon and a seed for each model."""
Scorer: TypeAlias = Callable[[Task], NDArray[np.float64]]
"""From a task to the score of each of its rows."""


@dataclass(frozen=True)
class Setting:
    """What all fits of a plan share.

    Attributes
    ----------
    attribute : str
        The sensitive attribute that a mitigation reads.
    groups : tuple of str
        Its groups over the whole task, sorted.
    delta : float or None
        None where every epsilon is infinite.
    fold_seed : int
        Deals fit-customers into folds, the same for every seed, so that a model in which nothing is
        random stays so with a mitigation that needs scores out of fold.
    """

    attribute: str
    groups: tuple[str, ...]
    delta: float | None = None
    fold_seed: int = 0

    def codes(self, task: Task) -> NDArray[np.intp]:
        """Return the place of each row's group among the groups, shape (n,)."""
        places: NDArray[np.intp] = pd.Index(self.groups).get_indexer(task.groups[self.attribute])
        return places


class Models(Protocol):
    """Fitted models, in the order in which they were asked for."""

    @property
    def guarantees(self) -> Sequence[Guarantee | None]:
        """What each model promises if it alone is released; None where that is nothing."""
        ...

    def scores(self, task: Task) -> NDArray[np.float64]:
        """Return the score of each row by each model in [0, 1], shape (models, n)."""
        ...


@dataclass(frozen=True)
class OneByOne:
    """Models that were fitted one after the other, each as often as it differs.

    Attributes
    ----------
    scorers : sequence of callable
    places : sequence of int
        Which of them each model that was asked for is.
    guarantees : tuple of Guarantee or None
        One for each that was asked for.
    """

    scorers: Sequence[Scorer]
    places: Sequence[int]
    guarantees: tuple[Guarantee | None, ...]

    @classmethod
    def fitted(
        cls,
        asked: Asked,
        fit: Callable[[float, int], tuple[Scorer, Guarantee | None]],
        alike: Callable[[float, int], Hashable],
    ) -> Self:
        """Fit once what is alike: the same model whatever else was asked for."""
        kinds = [alike(*one) for one in asked]
        first = dict(zip(reversed(kinds), reversed(asked), strict=True))
        fits = {kind: fit(*one) for kind, one in first.items()}
        places = {kind: place for place, kind in enumerate(fits)}
        return cls(
            scorers=[scorer for scorer, _ in fits.values()],
            places=[places[kind] for kind in kinds],
            guarantees=tuple(fits[kind][1] for kind in kinds),
        )

    def scores(self, task: Task) -> NDArray[np.float64]:
        """Return the score of each row by each model, shape (models, n)."""
        return np.array([scorer(task) for scorer in self.scorers])[[*self.places]]
