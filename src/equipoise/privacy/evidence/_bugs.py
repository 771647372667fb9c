"""The planted bugs, and the sound twins that checks must leave alone."""

from __future__ import annotations

from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._buggy_learners import buggy_learners, sound_learners
from equipoise.privacy.evidence._buggy_mitigations import buggy_mitigations, sound_mitigations
from equipoise.privacy.evidence._buggy_queries import buggy_queries, sound_queries

__all__ = ["planted_bugs", "sound_twins"]


def planted_bugs() -> tuple[PlantedBug, ...]:
    """Return subtly wrong queries and learners, each to be challenged as it is.

    Examples
    --------
    >>> print(planted_bugs()[0])
    no clipping (query). It clips a copy and releases the sum of the amounts as they came.
    Seen: SmartNoise issue 622, fixed by pull request 624.
    >>> from equipoise.privacy.evidence import challenge
    >>> challenge(planted_bugs()[0].subject, runs=200).verdict
    'refuted'
    """
    return buggy_queries() + buggy_learners() + buggy_mitigations()


def sound_twins() -> tuple[PlantedBug, ...]:
    """Return sound queries and learners of the same kinds, to count false alarms on.

    Examples
    --------
    >>> [twin.name for twin in sound_twins()]
    ['sum', 'sum of squares', 'two sums', 'weighted sum', 'descent', 'weighted descent',
     'default learner', 'reweighed learner', 'penalised learner', 'levels within groups']
    """
    return sound_queries() + sound_learners() + sound_mitigations()
