"""Exercise 1b: of several consent records of one person, which one counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong

__all__ = ["CONSENTS"]

DRAWS = 30
SAID = ("opt_in", "opt_out", "withdrawal")
COLUMNS = ["consent_event_id", "expression", "effective_at", "recorded_at", "source", "has_proof"]
SOURCES = ["web_form", "store_form", "call_centre", "preference_centre", "email_link", "import"]

Rule = Callable[[pd.DataFrame], str | None]


def counts(records: pd.DataFrame) -> str | None:
    """Return the id of the record that counts, or None where none does."""
    valid = records[records["has_proof"] | (records["expression"] != "opt_in")]
    if valid.empty:
        return None
    newest = valid[valid["effective_at"] == valid["effective_at"].max()]
    refusals = newest[newest["expression"] != "opt_in"]
    deciding = newest if refusals.empty else refusals
    return str(deciding["consent_event_id"].iloc[0])


def _recorded_last(records: pd.DataFrame) -> str | None:
    return str(records.sort_values("recorded_at")["consent_event_id"].iloc[-1])


def _refusal_for_ever(records: pd.DataFrame) -> str | None:
    refusals = records[records["expression"] != "opt_in"]
    return counts(records if refusals.empty else refusals)


def _yes_for_ever(records: pd.DataFrame) -> str | None:
    yes = records[(records["expression"] == "opt_in") & records["has_proof"]]
    return counts(records if yes.empty else yes)


def _proof_ignored(records: pd.DataFrame) -> str | None:
    return counts(records.assign(has_proof=True))


def _proof_of_all(records: pd.DataFrame) -> str | None:
    return counts(records[records["has_proof"]])


def _yes_wins_a_tie(records: pd.DataFrame) -> str | None:
    newest = records[records["effective_at"] == records["effective_at"].max()]
    return str(newest.sort_values("expression")["consent_event_id"].iloc[0])


Misled = tuple[tuple[str, Rule], ...]

FAMILIES: tuple[tuple[str, str, Misled], ...] = (
    (
        "in order",
        "Here everything is proved and was recorded in the order in which it was said. A later "
        "expression takes the place of an earlier one, whatever the two are.",
        (
            ("an old opt-out beats a later opt-in for ever", _refusal_for_ever),
            ("a yes covers what comes after a withdrawal", _yes_for_ever),
        ),
    ),
    (
        "recorded late",
        "Some forms lie in a tray for weeks: what was said earlier can be recorded later. What "
        "counts is from when an expression holds.",
        (("the row recorded last wins", _recorded_last),),
    ),
    (
        "without proof",
        "An opt-in of which the firm keeps no proof grants nothing, and what stood before it "
        "stays. Nobody has to prove a refusal.",
        (
            ("an unproved opt-in counts", _proof_ignored),
            ("a refusal needs proof", _proof_of_all),
        ),
    ),
    (
        "on one day",
        "Two records of one day contradict each other, and nobody knows which came last. Then the "
        "doubt works for the person: the refusal stands.",
        (("the doubt works for the firm", _yes_wins_a_tie),),
    ),
)
"""What a table may hold, from plain to tangled, with why an answer misses it and whom it misleads."""


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    tables = {family: [_records(rng, family) for _ in range(DRAWS)] for family, _, _ in FAMILIES}
    given = {
        family: [_named(answer(table.copy())) for table in drawn]
        for family, drawn in tables.items()
    }
    if all(each is None for answers in given.values() for each in answers):
        return not_attempted()
    if not all(_is_one(given[family], tables[family]) for family in tables):
        return wrong("Return one consent_event_id of these records, or None where none counts.")
    for family, why, misleads in FAMILIES:
        missed = _missed(tables[family], given[family], why, misleads)
        if missed is not None:
            return missed
    return _order(answer, tables["on one day"])


def _named(given: Any) -> Any:
    """Return an untouched answer and a missing value as None."""
    if given is None or given is ... or (np.ndim(given) == 0 and pd.isna(given)):
        return None
    return given


def _is_one(given: Sequence[Any], tables: Sequence[pd.DataFrame]) -> bool:
    return all(
        each is None or (isinstance(each, str) and each in set(table["consent_event_id"]))
        for each, table in zip(given, tables, strict=True)
    )


def _missed(
    tables: Sequence[pd.DataFrame], given: Sequence[Any], why: str, misleads: Misled
) -> Verdict | None:
    """Return what is wrong with the answers to one family of tables, if anything is."""
    correct = [counts(table) for table in tables]
    bad = [place for place, each in enumerate(given) if each != correct[place]]
    if not bad:
        return None
    said = f"Of {len(tables)} people you choose another record for {len(bad)}. {why}"
    for name, rule in misleads:
        if [rule(tables[place]) for place in bad] == [given[place] for place in bad]:
            return wrong(said, name)
    return wrong(said)


def _order(answer: Any, tables: Sequence[pd.DataFrame]) -> Verdict:
    for table in tables:
        if _named(answer(table.iloc[::-1].copy())) != counts(table):
            return wrong(
                "I turned a person's table upside down and another record counted. The order of "
                "the rows says nothing."
            )
    return right(
        "The latest from when it holds counts, only a proved yes is a yes, and where the order is "
        "unknown the refusal stands. equipoise.consent applies this rule, with what was known when."
    )


def _records(rng: np.random.Generator, family: str) -> pd.DataFrame:
    """Draw the records of one person, in the order in which they were recorded."""
    size = int(rng.integers(2, 5))
    day = np.sort(rng.choice(700, size, replace=False))
    said = rng.integers(0, len(SAID), size)
    said[-2:] = rng.permutation([0, int(rng.integers(1, len(SAID)))])
    proved = np.ones(size, dtype=bool)
    delay = np.zeros(size, dtype=int)
    if family == "recorded late":
        delay[-2] = day[-1] - day[-2] + rng.integers(1, 40)
    if family == "without proof":
        said[-2:] = rng.permutation([0, int(rng.integers(1, len(SAID)))])
        proved[-1] = False
    if family == "on one day":
        day[-2] = day[-1]
    table = _table(rng, day, delay, said, proved)
    alone = family == "without proof" and rng.random() < 0.2
    return table.tail(1).reset_index(drop=True) if alone else table


def _table(rng: np.random.Generator, day: Any, delay: Any, said: Any, proved: Any) -> pd.DataFrame:
    start = pd.Timestamp("2024-01-01")
    size = len(day)
    columns = {
        "consent_event_id": [f"V{number:04d}" for number in rng.choice(10_000, size, False)],
        "expression": [SAID[code] for code in said],
        "effective_at": start + pd.to_timedelta(day, unit="D"),
        "recorded_at": start + pd.to_timedelta(day + delay, unit="D"),
        "source": rng.choice(SOURCES, size),
        "has_proof": proved,
    }
    table = pd.DataFrame(columns, columns=COLUMNS)
    return table.sort_values("recorded_at", kind="stable", ignore_index=True)


CONSENTS = Exercise(
    name="1b",
    task=(
        "Write counts(records): the consent_event_id of the record that counts, or None where none "
        "does. records are what one person said about one purpose and channel up to now, one row a "
        "record; opt_out and withdrawal are refusals, and has_proof says whether an opt-in can be "
        "shown."
    ),
    hints=(
        "There are two dates. One says when the person spoke, the other when somebody typed it in.",
        "First drop the opt-ins without proof. Of what is left only the newest effective_at "
        "matters; if both a yes and a refusal are that new, take the refusal.",
        "valid = records[records['has_proof'] | (records['expression'] != 'opt_in')]; then the "
        "rows of valid with the largest effective_at; then of these the refusals, if any.",
    ),
    judge=_judge,
    solution=counts,
)
