"""Exercise 5c: what a k-anonymous table tells all the same of one person."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.crm import make_crm
from equipoise.privacy.anonymity import anonymise
from equipoise.privacy.attacks import within_generalised

__all__ = ["TOLD"]

KNOWN = ["postcode_area", "birth_date", "gender"]
STEPS: dict[str, list[Any]] = {
    "postcode_area": [2, "*"],
    "birth_date": ["year", 5, 10, 20, "*"],
    "gender": ["*"],
}
K = 3
CUSTOMERS, SEED = 6000, 72
SLICES = (
    ("low", "2025-07-01"),
    ("low", "2026-01-01"),
    ("high", "2025-01-01"),
    ("high", "2025-07-01"),
)
"""Priority and first day of the half-years whose requests are released; each has a class that tells."""
STARRED, ROUGH = SLICES[1], SLICES[2]
"""Released once more: with stars for who was left out; by birth year alone, so that some are single."""
ASKED = {"told": 20, "single": 5, "starred": 6, "nearly": 8, "mixed": 6, "nobody": 8}
"""Most people asked about: all rows that fit say the same, and there are k at least or one; they differ
by rows with a star, in a few rows only, or so that the first is not the commonest; no row fits."""


def told_by(released: pd.DataFrame, person: pd.Series) -> str | None:
    """Return the reason that every row has which may be the person, or None where they differ."""
    may_be = [
        all(within_generalised(row[name], person[name]) for name in person.index)
        for _, row in released.iterrows()
    ]
    reasons = released.loc[may_be, "reason"].unique()
    return str(reasons[0]) if len(reasons) == 1 else None


class _Case(NamedTuple):
    """A table and a person, the reasons of rows that fit, those without a star, and the answer."""

    released: pd.DataFrame
    person: pd.Series
    reasons: list[str]
    starless: list[str]
    said: Any = None

    @property
    def truth(self) -> str | None:
        return self.reasons[0] if len(set(self.reasons)) == 1 else None

    @property
    def family(self) -> str:
        if not self.reasons:
            return "nobody"
        if self.truth is not None:
            return {1: "single", 2: ""}.get(len(self.reasons), "told")
        if len(set(self.starless)) == 1:
            return "starred"
        if self.reasons[0] not in self.commonest:
            return "mixed"
        most = self.reasons.count(self.reasons[0]) / len(self.reasons)
        return "nearly" if most > 0.7 else ""

    @property
    def commonest(self) -> set[str]:
        counts = Counter(self.reasons)
        return {reason for reason, many in counts.items() if many == max(counts.values())}


@cache
def _hidden() -> tuple[_Case, ...]:
    """Return some cases of each family, in random order."""
    rng = np.random.default_rng(2026)
    found = []
    for released, people in _tables():
        order = released.sample(frac=1, random_state=rng)
        # Nobody is asked about whose row the table starred: these may be told what is not theirs.
        found += [_case(order, person) for _, person in people.iterrows()]
    picked = [found[place] for place in rng.permutation(len(found))]
    of = {name: [case for case in picked if case.family == name] for name in ASKED}
    chosen = [case for name, many in ASKED.items() for case in of[name][:many]]
    return tuple(chosen[place] for place in rng.permutation(len(chosen)))


def _tables() -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Return each released table with the exact values of those whose requests went into it."""
    requests = _requests()
    found = []
    for priority, start in SLICES:
        first = pd.Timestamp(start)
        days = requests["opened_date"].between(
            first, first + pd.DateOffset(months=6), inclusive="left"
        )
        rows = requests[days & (requests["priority"] == priority)].drop_duplicates("contact_id")
        rows = rows[[*KNOWN, "reason"]].reset_index(drop=True)
        released = anonymise(rows, quasi_identifiers=STEPS, k=K, max_suppressed=0.1).table
        found.append((released, rows[KNOWN]))
        if (priority, start) == STARRED:
            found.append((_starred(released, rows), rows.loc[released.index, KNOWN]))
        if (priority, start) == ROUGH:
            years = rows.assign(postcode_area="*", birth_date=rows["birth_date"].dt.strftime("%Y"))
            found.append((years, rows[KNOWN]))
    return found


def _requests() -> pd.DataFrame:
    tables = make_crm(customers=CUSTOMERS, seed=SEED).tables
    people = tables["individuals"].merge(tables["contacts"], on="individual_id", validate="1:1")
    return tables["cases"].merge(people[["contact_id", *KNOWN]], on="contact_id", validate="m:1")


def _starred(released: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table with those who were left out, of whom it says the area alone."""
    left_out = rows.drop(released.index).assign(birth_date="*", gender="*")
    left_out["postcode_area"] = left_out["postcode_area"].str[:2] + "*"
    size = left_out.groupby("postcode_area")["reason"].transform("size")
    return pd.concat([released, left_out[size >= K]])


def _case(released: pd.DataFrame, person: pd.Series) -> _Case:
    fits, starred = np.ones(len(released), dtype=bool), np.zeros(len(released), dtype=bool)
    for name in KNOWN:
        column = released[name].tolist()
        says = {value: within_generalised(value, person[name]) for value in set(column)}
        fits &= [says[value] for value in column]
        starred |= [value == "*" for value in column]
    reasons = np.array(released["reason"], dtype=object)
    return _Case(released, person, list(reasons[fits]), list(reasons[fits & ~starred]))


def _judge(answer: Any) -> Verdict:
    cases = []
    for case in _hidden():
        said = answer(case.released.copy(), case.person.copy())
        is_none = said is None or said is ... or (np.ndim(said) == 0 and pd.isna(said))
        cases.append(case._replace(said=None if is_none else said))
    said = [case.said for case in cases if case.said is not None]
    if not said:
        return not_attempted()
    known = {reason for case in cases for reason in case.released["reason"].unique()}
    odd = [each for each in said if not (isinstance(each, str) and each in known)]
    if odd:
        return wrong(f"Return one reason, such as 'invoice', or None, not {odd[0]!r:.60}.")
    return _guessed(cases) or _missed(cases) or _passed(cases)


def _of(cases: list[_Case], family: str) -> list[_Case]:
    return [case for case in cases if case.family == family]


def _guessed(cases: list[_Case]) -> Verdict | None:
    """Recognise a reason that the table does not tell."""
    for family, shown, name in (
        (
            "nobody",
            "no row may be the person: it was left out of the table. What the table says of others is a "
            "guess about who is not in it.",
            "who is left out is like the rest",
        ),
        (
            "starred",
            "rows that may be the person have different reasons, and some of them have a star. A star "
            "stands for any value, so that such a row may be anybody's of its area.",
            "a star is nobody",
        ),
    ):
        given = [case for case in _of(cases, family) if case.said is not None]
        if given and not any(case.said for case in (*_of(cases, "nearly"), *_of(cases, "mixed"))):
            many = f"For {len(given)} of {len(_of(cases, family))} people"
            return wrong(f"{many} you return a reason although {shown}", name)
    given = [case for case in cases if case.truth is None and case.said is not None]
    if not given:
        return None
    many = f"For {len(given)} people you return a reason although the table does not tell it"
    some = [case for case in given if case.reasons]
    if all(case.said in case.commonest for case in some):
        shares = [case.reasons.count(case.said) / len(case.reasons) for case in some]
        return wrong(
            f"{many}: yours is the commonest of several. It is a guess, {min(shares):.0%} sure for one of "
            "them. A guess may be a harm, too, and t-closeness is about it; it is not what was asked.",
            "the commonest reason is told",
        )
    if all(case.said == case.reasons[0] for case in some):
        return wrong(
            f"{many}: rows that may be the person have different reasons, and yours is that of the first. "
            "Any of them may be the person.",
            "the first row that fits is the person",
        )
    return wrong(f"{many}.")


def _missed(cases: list[_Case]) -> Verdict | None:
    clear = [case for case in cases if case.truth is not None]
    other = [case for case in clear if case.said not in (None, case.truth)]
    if other:
        return wrong(
            f"For {len(other)} people you return another reason than all rows have which may be them."
        )
    silent = [case for case in clear if case.said is None]
    if silent and all(case.family == "told" for case in silent):
        return wrong(
            f"Of {len(silent)} people you say that nothing is told of them, among them some who look like "
            f"{max(len(case.reasons) for case in silent) - 1} others. Which row is theirs, nobody can say. "
            "But look at what these rows say.",
            "who cannot be singled out is told nothing about",
        )
    if silent:
        return wrong(
            f"Of {len(silent)} of {len(clear)} people you say that nothing is told of them, although all "
            "rows that may be them have one reason."
        )
    return None


def _passed(cases: list[_Case]) -> Verdict:
    many = len(_of(cases, "told"))
    return right(
        f"You name the reason of {many} people who cannot be told from two others or more, and of nobody "
        "whom the table is silent about. Most classes tell nothing: these tables were picked because some "
        "do. That every class has k people says nothing about what they share; asking for two reasons at "
        "least in each class (l = 2) does, and a guess may be good even then."
    )


TOLD = Exercise(
    name="5c",
    task=(
        "Write told_by(released, person): the reason of the person's request if the table tells it, or None. "
        "released has requests of half a year, one row a customer: postcode_area such as 'K0*', birth_date "
        "such as '1980–1989' or '1984', gender, and reason; '*' may be any value. Some small classes were "
        "left out. person is a Series with the exact postcode_area, birth_date and gender of somebody who "
        "made a request then. The table tells the reason if all rows that may be the person have the same."
    ),
    hints=(
        "You cannot say which row is the person's. Do you have to?",
        "Go through the rows: which may be the person, in all three columns? How many different reasons "
        "do these rows have? And what if there is no such row?",
        "within_generalised(row['birth_date'], person['birth_date']) from equipoise.privacy.attacks says "
        "whether a released value may stand for the exact one, and it understands the star. "
        "released.loc[may_be, 'reason'].unique() are the reasons of the rows that are marked in may_be.",
    ),
    judge=_judge,
    solution=told_by,
)
