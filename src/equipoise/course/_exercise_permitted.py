"""Exercise 1a: how many of each age band permit offers, how sure that is, and who is missing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.intervals import wilson

__all__ = ["PERMITTED"]

DRAWS = 150
BANDS = ("18-29", "30-44", "45-59", "60+")
SIZES = (900, 1700, 1600, 1200)
COLUMNS = ["rate", "low", "high", "under_represented"]
USUAL = 0.6
LESS = 0.14
ROUNDED = 0.006


def by_band(people: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of each age band with its interval, and whether it lies below that of all."""
    yes = people["permitted"].groupby(people["age_band"]).agg(["sum", "size"])
    rate, low, high = wilson(yes["sum"], yes["size"])
    table = pd.DataFrame({"rate": rate, "low": low, "high": high}, index=yes.index)
    return table.assign(under_represented=table["high"] < people["permitted"].mean())


class _Draw(NamedTuple):
    """A hidden table with the probability that it was drawn from, and the answer to it."""

    people: pd.DataFrame
    probability: NDArray[np.float64]
    answer: pd.DataFrame


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    first = answer(_people(rng, SIZES, np.full(len(BANDS), USUAL)))
    if first is None or first is ...:
        return not_attempted()
    if not _is_table(first):
        return wrong(
            "Return a table with one row an age band and the columns rate, low, high and "
            "under_represented (True or False)."
        )
    alike = [_draw(answer, rng) for _ in range(DRAWS)]
    less = [_draw(answer, rng, place % len(BANDS)) for place in range(DRAWS)]
    draws = [*alike, *less]
    return _rates(draws) or _intervals(draws) or _few(answer, rng) or _flags(alike, less)


def _is_table(given: Any) -> bool:
    if not isinstance(given, pd.DataFrame) or not set(COLUMNS) <= set(given.columns):
        return False
    return set(_indexed(given).index) == set(BANDS) and len(given) == len(BANDS)


def _indexed(given: pd.DataFrame) -> pd.DataFrame:
    return given.set_index("age_band") if "age_band" in given.columns else given


def _draw(answer: Any, rng: np.random.Generator, low_band: int | None = None) -> _Draw:
    probability = np.full(len(BANDS), USUAL + rng.uniform(-0.1, 0.1))
    if low_band is not None:
        probability[low_band] -= LESS
    people = _people(rng, SIZES, probability)
    return _Draw(people, probability, _indexed(answer(people.copy())).loc[list(BANDS)])


def _people(
    rng: np.random.Generator, sizes: tuple[int, ...], probability: NDArray[np.float64]
) -> pd.DataFrame:
    band = rng.permutation(np.repeat(np.arange(len(BANDS)), sizes))
    return pd.DataFrame(
        {
            "age_band": pd.Series(np.array(BANDS)[band], dtype="str"),
            "permitted": rng.random(len(band)) < probability[band],
        }
    )


def _rates(draws: list[_Draw]) -> Verdict | None:
    rates = np.array([draw.answer["rate"].to_numpy(float) for draw in draws])
    yes, all_ = (np.array(part) for part in zip(*map(_counts, draws), strict=True))
    if np.allclose(rates, yes / all_, atol=ROUNDED):
        return None
    if np.allclose(rates, 1 - yes / all_, atol=ROUNDED):
        return wrong("That is the share that does not permit. Turn it round.", "the refusals")
    if np.allclose(rates, yes / yes.sum(axis=1, keepdims=True), atol=ROUNDED):
        return wrong(
            "That is what the permitted are made of. A band with many customers has a large part "
            "of it even if most of them refuse. Ask band by band: of these, how many permit?",
            "the parts of the permitted for the rate",
        )
    if np.allclose(rates, all_ / all_.sum(axis=1, keepdims=True), atol=ROUNDED):
        return wrong(
            "That is how large the band is. What its customers allowed plays no part in it.",
            "the size for the rate",
        )
    return wrong("Of the customers of each band, rate is the share whose permitted is True.")


def _counts(draw: _Draw) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    yes = draw.people["permitted"].groupby(draw.people["age_band"]).agg(["sum", "size"])
    counted = yes.loc[list(BANDS)].to_numpy(float)
    return counted[:, 0], counted[:, 1]


def _intervals(draws: list[_Draw]) -> Verdict | None:
    low, high = (
        np.array([draw.answer[name].to_numpy(float) for draw in draws]) for name in ("low", "high")
    )
    if not np.all(low <= high):
        return wrong("In some row low is above high, or missing.")
    truth = np.array([draw.probability for draw in draws])
    covered = np.mean((low - ROUNDED / 2 <= truth) & (truth <= high + ROUNDED / 2))
    usual = np.array([np.subtract(*wilson(*_counts(draw))[:0:-1]) for draw in draws])
    width = np.mean(high - low) / np.mean(usual)
    if covered < 0.9:
        return wrong(
            f"I know the rates that the tables were drawn from. Your intervals contain them in "
            f"{covered:.0%} of the cases; 95 % was asked for.",
            "a rate of many customers is exact" if width < 0.1 else "",
        )
    if width > 1.6:
        return wrong(
            f"Your intervals are {width:.0f} times as wide as they need to be. How much customers "
            "differ from each other is not how unsure their rate is: that shrinks with their number.",
            "the spread of customers for the doubt about their rate",
        )
    return None


def _few(answer: Any, rng: np.random.Generator) -> Verdict | None:
    """Judge the answer for a band of eight customers of whom nobody permits anything."""
    probability = np.array([0.0, USUAL, USUAL, USUAL])
    given = _indexed(answer(_people(rng, (8, *SIZES[1:]), probability)))
    if BANDS[0] not in given.index:
        return wrong(
            "In a band of eight customers nobody permits anything, and your table has no row for it."
        )
    if float(given.loc[BANDS[0], "high"]) - float(given.loc[BANDS[0], "low"]) < 0.05:
        return wrong(
            "In a band of eight customers nobody permits anything, and your interval leaves no "
            "doubt that nobody ever does. Eight customers cannot show that.",
            "nobody of eight means nobody",
        )
    return None


def _flags(alike: list[_Draw], less: list[_Draw]) -> Verdict:
    flags = _flagged(alike)
    is_low = np.arange(len(BANDS)) == np.arange(len(less))[:, None] % len(BANDS)
    found, others = _flagged(less)[is_low], _flagged(less)[~is_low]
    said = f"Where all bands permit alike you call {flags.mean():.0%} of them under-represented"
    if np.array_equal(flags, _smallest(alike)):
        return wrong(
            f"{said}: the one with the fewest permitted. It is under-represented if its part among "
            "the permitted is smaller than its part among all customers.",
            "few is under-represented",
        )
    if flags.mean() > 0.1:
        return wrong(
            f"{said}. About half of the bands lie below the rate of all by chance alone. Say it "
            "only where the whole interval does.",
            "any lower rate is a finding",
        )
    if found.mean() < 0.9:
        return wrong(
            f"Where one band permits {LESS:.0%} less often than the others you say so in "
            f"{found.mean():.0%} of the tables. Compare its interval with the rate of all customers."
        )
    if others.mean() > 0.1:
        return wrong("You call bands under-represented that permit more often than all together.")
    return right(
        f"Your intervals hold, you find the band that permits less often in {found.mean():.0%} of "
        f"the tables, and where nothing differs you raise an alarm for {flags.mean():.0%} of the "
        "bands. A band that permits less often than all is a smaller part of the permitted than of "
        "the customers."
    )


def _flagged(draws: list[_Draw]) -> NDArray[np.bool_]:
    return np.array([draw.answer["under_represented"].to_numpy(bool) for draw in draws])


def _smallest(draws: list[_Draw]) -> NDArray[np.bool_]:
    fewest = [np.argmin(_counts(draw)[0]) for draw in draws]
    return np.asarray(np.arange(len(BANDS)) == np.array(fewest)[:, None])


PERMITTED = Exercise(
    name="1a",
    task=(
        "Write by_band(people): one row an age band, with the columns rate (the share that permits "
        "offers), low and high (its 95 % interval) and under_represented (True where the band "
        "surely permits less often than all customers together). people has the columns age_band "
        "and permitted (True or False), one row a customer."
    ),
    hints=(
        "Count two things in each band: its customers, and those of them who permit.",
        "wilson from equipoise.intervals takes both counts and gives rate, low and high. A band is "
        "under-represented if all of its interval lies below the rate of all customers.",
        "yes = people['permitted'].groupby(people['age_band']).agg(['sum', 'size']); pass its two "
        "columns to wilson, and compare high with people['permitted'].mean().",
    ),
    judge=_judge,
    solution=by_band,
)
