"""Exercise 5a: find a person's row in an export without names, by a public list."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.crm import identities, make_crm

__all__ = ["REIDENTIFY"]

KNOWN = ["postcode_area", "birth_date", "gender"]
CUSTOMERS, SEED = 6000, 62
LISTED = 900
"""People on the list besides those who share area and date of birth with somebody."""
ASKED = {
    "alone": 12,
    "by gender": 4,
    "unknown": 4,
    "two people": 12,
    "several rows": 6,
    "nobody": 10,
}
"""Most people asked about: one row and one person fit, or fit by their gender alone, or their gender is
unknown; one row and two people; two rows; no row."""
FOUND = ("alone", "by gender", "unknown")


def find(export: pd.DataFrame, public: pd.DataFrame, person: str) -> Hashable | None:
    """Return the label of the row that must be the person, or None where it cannot be said."""
    known = ["postcode_area", "birth_date", "gender"]
    own = public.loc[public["name"] == person, known].iloc[0]
    rows = export.index[(export[known] == own).all(axis=1)]
    people = public.index[(public[known] == own).all(axis=1)]
    return rows[0] if len(rows) == 1 and len(people) == 1 else None


class _World(NamedTuple):
    """An export and a list, whom to ask about with the family, and the firm it was taken from."""

    export: pd.DataFrame
    public: pd.DataFrame
    asked: pd.Series  # the family by name
    alone: float
    requests: int


class _Case(NamedTuple):
    """A person who was asked about, the rows that fit and what the answer says."""

    person: str
    family: str
    rows: list[Hashable]
    said: Any

    @property
    def truth(self) -> Hashable | None:
        return self.rows[0] if self.family in FOUND else None


@cache
def _world() -> _World:
    firm = _firm()
    rng = np.random.default_rng(2026)
    is_twin = firm.duplicated(KNOWN, keep=False)
    is_close = firm.duplicated(KNOWN[:2], keep=False)
    others = firm[~is_close].sample(LISTED, random_state=rng)
    people = pd.concat([firm[is_close], others]).sample(frac=1, random_state=rng)
    requests = people[people["reason"].notna()].sample(frac=1, random_state=rng)
    labels = np.sort(rng.choice(np.arange(2000, 9999), len(requests), replace=False))
    export = requests[[*KNOWN, "reason"]].set_axis(rng.permutation(labels))
    public = people[["name", *KNOWN]].reset_index(drop=True)
    whole = firm[firm["reason"].notna()]
    alone = float(1 - is_twin[whole.index].mean())
    return _World(export, public, _asked(export, public), alone, len(whole))


def _firm() -> pd.DataFrame:
    """Return every customer with name, the three values and the reason of the last request, if any."""
    tables = make_crm(customers=CUSTOMERS, seed=SEED).tables
    people = tables["individuals"].merge(tables["contacts"], on="individual_id", validate="1:1")
    names = identities(people, seed=SEED)
    last = tables["cases"].sort_values("opened_date").groupby("contact_id")["reason"].last()
    found = people[KNOWN].assign(
        name=names["given_name"] + " " + names["family_name"],
        reason=people["contact_id"].map(last),
    )
    return found[~found["name"].duplicated(keep=False)]


def _asked(export: pd.DataFrame, public: pd.DataFrame) -> pd.Series:
    """Return whom to ask about: some of each family, in random order."""
    rows = _fitting(export, public, KNOWN)
    people = public.groupby(KNOWN)["name"].transform("size")
    # Nobody's row, but one that looks like it to whoever leaves out a column.
    pairs = [_fitting(export, public, list(pair)) for pair in combinations(KNOWN, 2)]
    is_near = np.logical_or.reduce([fits == 1 for fits in pairs])
    one = (rows == 1) & (people == 1)
    family = pd.Series(
        np.select(
            [
                one & (public["gender"] == "unknown"),
                one & (public.groupby(KNOWN[:2])["name"].transform("size") > 1),
                one,
                (rows == 1) & (people > 1),
                rows > 1,
                (rows == 0) & is_near,
            ],
            ["unknown", "by gender", "alone", "two people", "several rows", "nobody"],
            "",
        ),
        index=public["name"],
    )
    chosen = pd.concat([family[family == name].head(many) for name, many in ASKED.items()])
    return chosen.sample(frac=1, random_state=np.random.default_rng(2026))


def _fitting(export: pd.DataFrame, public: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Return how many rows of the export fit each person on these columns."""
    sizes = export.groupby(columns).size().rename("rows").reset_index()
    return public[columns].merge(sizes, on=columns, how="left")["rows"].fillna(0).astype(int)


def _rows(person: str, columns: list[str]) -> list[Hashable]:
    world = _world()
    own = world.public.loc[world.public["name"] == person, columns].iloc[0]
    return list(world.export.index[(world.export[columns] == own).all(axis=1)])


@cache
def _by_fewer_columns() -> tuple[list[Hashable | None], ...]:
    """Return what is said by whoever takes one row that fits, or the first, on fewer columns."""
    found: list[list[Hashable | None]] = []
    for many in (1, 2):
        for columns in combinations(KNOWN, many):
            public = _world().public.set_index("name")
            people = public.groupby(list(columns))[KNOWN[0]].transform("size")
            asked = [(_rows(name, list(columns)), people[name]) for name in _world().asked.index]
            found.append([fits[0] if len(fits) == 1 else None for fits, _ in asked])
            found.append([fits[0] if fits else None for fits, _ in asked])
            found.append([fits[0] if (len(fits), n) == (1, 1) else None for fits, n in asked])
    return tuple(found)


def _judge(answer: Any) -> Verdict:
    cases = list(_cases(answer))
    if all(case.said is None for case in cases):
        return not_attempted()
    return _misshapen(cases) or _confused(cases) or _missed(cases) or _passed(cases)


def _cases(answer: Any) -> Iterator[_Case]:
    world = _world()
    for person, family in world.asked.items():
        said = answer(world.export.copy(), world.public.copy(), person)
        is_none = said is None or said is ... or (np.ndim(said) == 0 and pd.isna(said))
        yield _Case(str(person), family, _rows(str(person), KNOWN), None if is_none else said)


def _misshapen(cases: list[_Case]) -> Verdict | None:
    export = _world().export
    said = [case.said for case in cases if case.said is not None]
    are_single = all(np.ndim(each) == 0 and isinstance(each, Hashable) for each in said)
    if are_single and all(each in export.index for each in said):
        return None
    if are_single and all(each in range(len(export)) for each in said):
        return wrong(
            f"You return numbers below {len(export)}, and no row has such a label. Counting rows from the "
            "top gives a position; the label stands in the index.",
            "a position is a label",
        )
    odd = next(each for each in said if not isinstance(each, Hashable) or each not in export.index)
    return wrong(f"Return the label of one row of export, or None, not {odd!r:.60}.")


def _confused(cases: list[_Case]) -> Verdict | None:
    """Recognise a row that is given to somebody although it cannot be said whose it is."""
    said = [case.said for case in cases]
    if said != [case.truth for case in cases] and said in _by_fewer_columns():
        return wrong(
            "Your answers are those of a search by fewer than three columns. Some people get the row of "
            "somebody else, and others none although only one row fits them.",
            "fewer columns will do",
        )
    for family, shown, name in _GIVEN:
        asked = [case for case in cases if case.family == family]
        given = [case for case in asked if case.said is not None]
        if given:
            named = family == "nobody" or all(case.said in case.rows for case in given)
            first = family != "several rows" or all(case.said == case.rows[0] for case in given)
            begun = f"For {len(given)} of {len(asked)} people you name a row although"
            return wrong(f"{begun} {shown}", name if named and first else "")
    return None


_GIVEN = (
    (
        "several rows",
        "two rows of the export fit them equally well. One of the two is somebody else's.",
        "the first that fits is the person",
    ),
    (
        "two people",
        "somebody else on the list has the same three values. One row of the export fits both, and nothing "
        "says whose it is: of some you would tell a stranger's reason.",
        "one row that fits is the person",
    ),
    (
        "nobody",
        "none fits them in all three columns. Not everybody on the list has made a request.",
        "somebody must be the person",
    ),
)


def _missed(cases: list[_Case]) -> Verdict | None:
    alone = [case for case in cases if case.truth is not None]
    if any(case.said not in (None, case.truth) for case in alone):
        return wrong("You name a row for people whom another row fits, and only that one.")
    missed = [case for case in alone if case.said is None]
    if not missed:
        return None
    if all(case.family == "unknown" for case in missed):
        return wrong(
            "You find nobody whose gender is 'unknown'. It is a value like the others, it stands in both "
            "tables, and because it is rare it tells more, not less.",
            "unknown is no value",
        )
    return wrong(
        f"For {len(missed)} of {len(alone)} people you say nothing, although one row fits them and they "
        "are the only one on the list whom it fits."
    )


def _passed(cases: list[_Case]) -> Verdict:
    world, found = _world(), sum(case.said is not None for case in cases)
    return right(
        f"You find the rows of {found} people, and of nobody else: those who share their three values "
        f"stay hidden. In this firm {world.alone:.0%} of the {world.requests:,} customers with a request "
        "share them with nobody. Leaving out the name changed nothing, and a hash in its place would not "
        "have: you never read it. It was certain only since the list held everybody; with a gap in it a "
        "row that fits one may be another's."
    )


REIDENTIFY = Exercise(
    name="5a",
    task=(
        "Write find(export, public, person): the label of the row of export that must be the person, or "
        "None where it cannot be said. export holds service requests without names, one row a customer: "
        "postcode_area, birth_date, gender, reason. public is a list with name and the same first three "
        "columns; person is a name on it. Everybody in export is on the list, once; not everybody on the "
        "list is in export. gender may be 'unknown' and is so in both."
    ),
    hints=(
        "What does the list say about the person that the export says as well? And who else on the list "
        "has the same?",
        "Look up the person's three values. Which rows of export have all three, and which people on the "
        "list? It can be said only where both are exactly one.",
        "own = public.loc[public['name'] == person, known].iloc[0] has the three values; "
        "export.index[(export[known] == own).all(axis=1)] are the labels of the rows that fit, and the "
        "same with public counts the people.",
    ),
    judge=_judge,
    solution=find,
)
