"""Linkage: who can be found again in an export without names, by what else it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_columns
from equipoise.exceptions import InputError
from equipoise.intervals import Interval, mean_amount
from equipoise.privacy.anonymity._columns import names_of
from equipoise.privacy.attacks._alike import check_names
from equipoise.privacy.attacks._cells import (
    NOTHING,
    Cell,
    Floats,
    Groups,
    beside_the_rest,
    cells,
    exact_share,
    not_estimable,
    spread,
)
from equipoise.privacy.attacks._matching import Matches, Missing, candidates, places_of
from equipoise.privacy.attacks._words import listed, share, standing_out

__all__ = ["Linkage", "linkage"]


@dataclass(frozen=True)
class Linkage:
    """How many released customers a public list finds again; returned by `linkage`.

    Attributes
    ----------
    quasi_identifiers : tuple of str
        What the attacker linked by.
    truth_known : bool
        Whether links were judged. Otherwise shares of right links are missing, and `one_match` and
        `guessed_at_most` bound them from above.
    """

    quasi_identifiers: tuple[str, ...]
    truth_known: bool
    _rows: pd.DataFrame
    _frame: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a group, everybody first.

        Columns: `attribute, group, customers`; shares of the customers with intervals: `one_match`
        (share with exactly one), `singled_out` (one match, and the right one), `guessed` (expected
        success of whoever picks one of m matches at random), `guessed_at_most` (the same if the right
        one is always among them); counts `wrong_links` and `unmatched` and `with_missing`;
        `precision` (share of single matches that are right); `more_than_rest` (singled out, or
        `one_match` without truth, beside everybody else); `note`.
        """
        return self._frame.copy()

    def customers(self) -> pd.DataFrame:
        """Return one row a released customer, indexed like the release.

        Columns: `matches` (size of the match set), `is_right` (whether it holds the customer; absent
        without truth), and `guessed` (chance to pick the right one of them at random).
        """
        return self._rows.copy()

    def sentence(self) -> str:
        """Return what was found in words."""
        all_of_them = self._frame.iloc[0]
        by = listed(self.quasi_identifiers)
        many = f"{all_of_them.customers:,} released customers"
        too_few = f"{many} are too few to say what share can be singled out by {by}"
        wrong = f"{all_of_them.wrong_links:,} unique links were wrong" if self.truth_known else ""
        if not_estimable(all_of_them.customers):
            return f"{too_few}; {wrong}." if self.truth_known else f"{too_few}: no truth was given."
        if not self.truth_known:
            unique = share(*all_of_them[["one_match", "one_match_low", "one_match_high"]])
            return f"At most {unique} of {many} can be singled out by {by}: no truth was given." + (
                standing_out(self._frame)
            )
        found = share(*all_of_them[["singled_out", "low", "high"]])
        return f"{found} of {many} were singled out by {by}; {wrong}.{standing_out(self._frame)}"


def linkage(
    released: pd.DataFrame,
    public: pd.DataFrame,
    quasi_identifiers: Sequence[str],
    *,
    identity: str | None = None,
    groups: Groups = None,
    matches: Matches | None = None,
    missing: Missing = "never",
    confidence: float = 0.95,
) -> Linkage:
    """Link a released table without names to a public list of named people, and count the hits.

    The attacker has the public list, with the values of the quasi-identifiers right and up to date,
    and compares row by row. Running it before and after a remedy says what the remedy stopped.

    What a failure does not prove: another list, more columns or knowledge of one person may link
    what this list did not; who links all rows together, so that no two share a person, may do better
    than row by row; and a customer who cannot be singled out may still be described, if everybody in
    the match set has the same sensitive value.

    Parameters
    ----------
    released, public : pandas.DataFrame
        One row a customer. The release may hold generalised values.
    quasi_identifiers : sequence of str
        Columns of both tables to link by.
    identity : str, optional
        Column of both tables that tells who is who. It judges the links and takes no part in them.
        Without it only upper bounds are known. A released customer need not be on the list, but
        somebody must.
    groups : pandas.DataFrame or Series, shape (released rows, attributes), optional
        Attributes to report by, in the order of the release; missing counts as "unknown".
    matches : mapping of str to callable or mapping, optional
        By column, a function of a released and a public value that says whether the one may stand
        for the other, such as `within_generalised`; or a mapping from each public value to the group
        that the release may name in its place. Other columns must be equal. A function is asked about
        each pair of distinct values.
    missing : {"never", "anything"}
        What a missing value in either table may stand for: a careless attacker drops it, a careful
        one lets it be anything.
    confidence : float
        Of each interval. They are about other customers exported beside the same public list.

    Returns
    -------
    Linkage

    Raises
    ------
    InputError
        Where a column is in only one table or named twice, an identity is missing or occurs twice,
        identities or columns share no value or are text in one table only, a function or mapping
        matches nothing, or generalised values come without one.

    References
    ----------
    Sweeney (2002), k-anonymity: a model for protecting privacy. International Journal of
    Uncertainty, Fuzziness and Knowledge-Based Systems 10.

    Examples
    --------
    >>> public = pd.DataFrame({"id": range(12), "area": list("AABBCCDDEEFG"), "age": [30] * 12})
    >>> result = linkage(public, public, ["area", "age"], identity="id")
    >>> print(result.sentence())
    16.7 % [2.1, 48.4] of 12 released customers were singled out by area and age; 0 unique links were wrong.
    """
    names = _checked_names(released, public, quasi_identifiers, identity)
    check_choice("missing", missing, ("never", "anything"))
    _check_matches(matches or {}, names)
    found_groups = cells(groups, released)
    found = candidates(released, public, names, matches or {}, missing)
    rows = pd.DataFrame({"matches": found.sizes}, index=released.index)
    if identity is not None:
        rows["is_right"] = found.hold(places_of(released[identity], public[identity]))
    with np.errstate(divide="ignore"):
        rows["at_most"] = np.where(found.sizes > 0, 1 / found.sizes, 0.0)
    rows["guessed"] = rows["at_most"] * rows["is_right"] if identity is not None else np.nan
    blank = released[names].isna().any(axis=1).to_numpy()
    frame = _frame(rows, blank, found_groups, identity is not None, confidence)
    return Linkage(tuple(names), identity is not None, rows.drop(columns="at_most"), frame)


def _check_matches(matches: object, names: list[str]) -> None:
    move = "Write matches={'age': within_generalised}."
    if not isinstance(matches, Mapping):
        rule = "must map columns to functions or mappings"
        raise InputError("matches", rule, type(matches).__name__, move)
    check_columns("matches", matches, names)
    for name, match in matches.items():
        if not (callable(match) or isinstance(match, Mapping)):
            rule = "must be a function or a mapping"
            raise InputError(f"matches of {name!r}", rule, repr(match)[:60], move)


def _checked_names(
    released: pd.DataFrame, public: pd.DataFrame, names: Sequence[str], identity: str | None
) -> list[str]:
    wanted = list(names_of("quasi_identifiers", names))
    if not wanted or identity in wanted:
        raise InputError(
            "quasi_identifiers",
            "must be columns to link by, other than the identity",
            repr(names),
            "Name what an attacker may know, such as ['postcode_area', 'birth_date', 'gender'].",
        )
    tables = {"released": released, "public": public}
    for title, table in tables.items():
        if not isinstance(table, pd.DataFrame) or not len(table):
            found = type(table).__name__ if not isinstance(table, pd.DataFrame) else "0 rows"
            raise InputError(title, "must be a table of customers", found, "Pass a data frame.")
        check_columns(f"quasi_identifiers in the {title} table", wanted, table.columns)
    check_names(wanted, **tables)
    if identity is not None:
        for title, table in tables.items():
            check_columns(f"identity in the {title} table", [identity], table.columns)
            check_names([identity], **{title: table})
            _check_identity(title, table[identity])
    return wanted


def _check_identity(title: str, ids: pd.Series) -> None:
    for wrong, found in ((ids.isna(), "missing"), (ids.duplicated(), "repeated")):
        if wrong.any():
            raise InputError(
                f"identity in the {title} table",
                "must name each customer once",
                f"{wrong.sum():,} {found}",
                "Keep one row a customer; link orders only after putting them together.",
            )


def _frame(
    rows: pd.DataFrame, blank: NDArray[np.bool_], found: list[Cell], judged: bool, confidence: float
) -> pd.DataFrame:
    unique = (rows["matches"] == 1).to_numpy()
    right = unique & rows["is_right"].to_numpy() if judged else np.zeros(len(rows), dtype=bool)
    exposed = right if judged else unique

    def estimate(mask: NDArray[np.bool_], level: float) -> Interval:
        return exact_share(exposed[mask], level)

    lines = []
    for cell, more in beside_the_rest(found, estimate, confidence):
        mask = cell.rows
        line = {"attribute": cell.attribute, "group": cell.group, "customers": int(mask.sum())}
        line |= spread("one_match", exact_share(unique[mask], confidence))
        line |= spread(
            "singled_out", exact_share(right[mask], confidence) if judged else NOTHING, ""
        )
        line["wrong_links"] = int((unique & ~right)[mask].sum()) if judged else pd.NA
        precise = exact_share(right[mask & unique], confidence) if judged else NOTHING
        line |= spread("precision", precise)
        guessed = rows.loc[mask, "guessed"].to_numpy()
        line |= spread("guessed", _mean(guessed, confidence) if judged else NOTHING)
        line["guessed_at_most"] = _mean(rows.loc[mask, "at_most"].to_numpy(), confidence).value
        line["unmatched"] = int((rows["matches"].to_numpy() == 0)[mask].sum())
        line["with_missing"] = int(blank[mask].sum())
        line |= {"more_than_rest": more.value, "more_low": more.low, "more_high": more.high}
        bound = "" if judged else "upper bounds only: no identity was given"
        lines.append(line | {"note": not_estimable(int(mask.sum())) or bound})
    return pd.DataFrame(lines)


def _mean(amounts: Floats, confidence: float) -> Interval:
    return mean_amount(amounts, bounds=(0, 1), confidence=confidence)
