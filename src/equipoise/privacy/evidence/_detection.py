"""How often each kind of check catches each planted bug, and cries wolf over sound ones."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.intervals import clopper_pearson
from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._bugs import planted_bugs, sound_twins
from equipoise.privacy.evidence._challenge import challenge
from equipoise.privacy.evidence._properties import check_noise, check_sensitivity

__all__ = ["detection_table"]

CHECKS = ("output", "steps", "sensitivity", "noise")
TOGETHER = "any of them"
FALSE_ALARMS = 0.05  # of all checks together, on something sound
STEP_RUNS = 100  # each has hundreds of draws of noise


def detection_table(
    subjects: Iterable[PlantedBug] | None = None,
    *,
    repeats: int = 20,
    runs: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return how often each check finds that a claim is broken.

    All four together raise a false alarm over something sound in at most 5 % of cases: each has an
    equal share of that.

    Parameters
    ----------
    subjects : iterable of PlantedBug, optional
        By default all planted bugs and their sound twins.
    repeats : int
        How often each check is made, with other seeds.
    runs : int
        Of a challenge on outputs, in each world; the other checks need fewer, and have their own.
    random_state : int
        Each subject has draws of its own, whatever stands beside it.

    Returns
    -------
    DataFrame
        One row a subject and check, and one for any of them: `name, kind, sound, check, repeats,
        caught, rate, low, high`, the last two a Clopper-Pearson interval at 95 %. Queries have no
        steps; that row is missing.

    Raises
    ------
    InputError
        Where there is nothing to check, or something that is no planted bug and no sound twin.

    Examples
    --------
    >>> table = detection_table(planted_bugs()[2:3], repeats=2, runs=100)
    >>> table[["check", "caught"]].to_dict("list")
    {'check': ['output', 'sensitivity', 'noise', 'any of them'], 'caught': [2, 2, 0, 2]}
    """
    repeats = check_whole("repeats", repeats, low=1, next_move="Use for example 20.")
    check_whole("random_state", random_state, low=0, next_move="Use for example 0.")
    chosen = planted_bugs() + sound_twins() if subjects is None else _checked(subjects)
    rows = [row for subject in chosen for row in _rows(subject, repeats, runs, random_state)]
    return pd.DataFrame(rows)


def _checked(subjects: object) -> tuple[PlantedBug, ...]:
    listed = isinstance(subjects, Iterable)
    chosen = tuple(subjects) if isinstance(subjects, Iterable) else (subjects,)
    odd = [one for one in chosen if not (listed and isinstance(one, PlantedBug))]
    if odd or not chosen:
        rule = "must be a list of planted bugs or sound twins"
        found = type(odd[0]).__name__ if odd else "none"
        raise InputError("subjects", rule, found, "Write detection_table(planted_bugs()[:1]).")
    return chosen


def _rows(
    planted: PlantedBug, repeats: int, runs: int, random_state: int
) -> Iterator[dict[str, object]]:
    # No two subjects share their draws, so that their counts may be pooled.
    own = zlib.crc32(f"{planted.kind}: {planted.name}".encode())
    seeds = np.random.SeedSequence([random_state, own]).generate_state(repeats)
    caught = pd.DataFrame([_caught(planted, runs, int(seed)) for seed in seeds])
    caught[TOGETHER] = caught.any(axis=1)
    for check, column in caught.items():
        rate, low, high = clopper_pearson(int(column.sum()), repeats)
        yield {
            "name": planted.name,
            "kind": planted.kind,
            "sound": planted.sound,
            "check": check,
            "repeats": repeats,
            "caught": int(column.sum()),
            "rate": float(rate),
            "low": float(low),
            "high": float(high),
        }


def _caught(planted: PlantedBug, runs: int, seed: int) -> dict[str, bool]:
    """Return what each check finds, every one with its share of the false alarms."""
    subject, level = planted.subject, FALSE_ALARMS / len(CHECKS)
    told = {"confidence": 1 - level, "random_state": seed}
    found = {"output": challenge(subject, runs=runs, **told).verdict == "refuted"}  # type: ignore[arg-type]
    if planted.kind == "learner":
        audit = challenge(subject, view="steps", runs=STEP_RUNS, **told)  # type: ignore[arg-type]
        found["steps"] = audit.verdict == "refuted"
    found["sensitivity"] = check_sensitivity(subject, tables=20, random_state=seed).caught
    found["noise"] = check_noise(subject, runs=100, level=level, random_state=seed).caught
    return found
