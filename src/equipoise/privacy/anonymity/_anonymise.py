"""Generalise and suppress until every customer looks like k - 1 others, and say what it cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import TypeAlias

import pandas as pd

from equipoise._checks import check_choice, check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy.anonymity._candidates import LOSSES, Candidate, Demand
from equipoise.privacy.anonymity._columns import check_named_once, plain_columns
from equipoise.privacy.anonymity._diversity import Attribute
from equipoise.privacy.anonymity._generalising import Generalised
from equipoise.privacy.anonymity._hierarchies import Hierarchy
from equipoise.privacy.anonymity._measure import (
    Anonymity,
    attributes_of,
    check_roles,
    customers_of,
    measure_anonymity,
)
from equipoise.privacy.anonymity._search import Search, Tried
from equipoise.privacy.anonymity._traces import single_by
from equipoise.privacy.anonymity._unreachable import unreachable

__all__ = ["Anonymised", "Loss", "anonymise"]

Loss: TypeAlias = str | Callable[[pd.DataFrame], float]


@dataclass(frozen=True, eq=False, repr=False)
class Anonymised:
    """A table whose customers look alike in classes, and how it was reached.

    Attributes
    ----------
    table : DataFrame
        The rows that are left, with their index; generalised columns are text. Categories that
        only others had are gone, and so is `attrs`.
    levels : mapping of str to int
        Of each quasi-identifier; 0 is the column as it was.
    steps : mapping of str to str
        The same in words.
    suppressed : int
        Rows that were left out.
    loss : float
        As the `loss` asked for measures it; 0 is no loss.
    anonymity : Anonymity
        Measured on `table`.
    unique_columns : tuple of str
        Columns left as they are in which more than half of the rows that have a value have one
        that no other row has; `"index"` where the row labels are such and no plain count from 0.
        Whoever knows one of them still finds these customers. Before the table is given to anyone,
        drop identifiers, call `reset_index(drop=True)`, and make a quasi-identifier of what others
        may know.
    candidates : DataFrame
        What `frame` shows.
    """

    table: pd.DataFrame = field(repr=False)
    levels: Mapping[str, int]
    steps: Mapping[str, str]
    suppressed: int
    loss: float
    anonymity: Anonymity
    unique_columns: tuple[str, ...]
    candidates: pd.DataFrame = field(repr=False)

    def __repr__(self) -> str:
        steps = ", ".join(f"{name}: {step}" for name, step in self.steps.items())
        left_out = f"{self.suppressed:,} rows suppressed, loss {self.loss:.4g}"
        told = f", most rows still single by {', '.join(self.unique_columns)}"
        return f"Anonymised(k={self.anonymity.k}, {steps}, {left_out}{told * bool(self.unique_columns)})"

    def frame(self) -> pd.DataFrame:
        """Return one row a candidate that was tried, the chosen one first.

        Returns
        -------
        DataFrame
            The level of each quasi-identifier; `suppressed` rows; `fits`, whether that is within
            the limit; the losses `ncp`, `discernibility` and `class_size`; and `loss`, the one
            asked for: NaN where it was not computed. Candidates that others settle are not tried.
        """
        return self.candidates.copy()


def anonymise(
    table: pd.DataFrame,
    *,
    quasi_identifiers: Mapping[str, Hierarchy],
    k: int,
    sensitive: str | Iterable[str] | None = None,
    l: int | None = None,  # noqa: E741 - the name that the literature gives it
    t: float | None = None,
    nominal: str | Iterable[str] | None = None,
    max_suppressed: float = 0.05,
    loss: Loss = "ncp",
    unit: str | None = None,
) -> Anonymised:
    """Make every customer look like at least k - 1 others on what others may know.

    All values of a column are generalised by the same step, and rows of classes that are still too
    small are left out. Among all combinations of steps the one with the least loss is chosen. The
    same table gives the same answer.

    Parameters
    ----------
    table : DataFrame, shape (n, columns)
        One row a customer. Columns that are no quasi-identifiers and the index are returned as they
        are, since the index says which rows are left: drop identifiers before
        (`unique_columns` of the result names what was forgotten). Numbers among the
        quasi-identifiers are finite.
    quasi_identifiers : mapping of str to list of steps
        For each column how it may be generalised, from the finest step to the coarsest:

        - widths for numbers: ``[5, 10, 20]`` gives "30–34", "30–39", "20–39"; each a multiple of
          the one before; fractions give "0.5 to <1";
        - lengths for text: ``[3, 2]`` gives "K01*", "K0*";
        - periods for dates: ``["month", "quarter", "year", 5, 10]``, the numbers in years;
        - a mapping from every value (after a mapping: every group) to its group;
        - ``"*"`` as the last step hides the column. Without it the column may not be hidden.

        An empty list keeps the column exact. A missing value stays missing until the last "*".
    k : int
        At least 2.
    sensitive : str or iterable of str, optional
        Columns that nobody should learn; needed for `l` and `t`.
    l : int, optional
        Different values that each class has at least, of each sensitive column. Entropy l cannot
        be asked for: it is measured, in `anonymity` of the result.
    t : float, optional
        In (0, 1]: the greatest distance of a class from the released table, as
        `measure_anonymity` has it. Where 1, it asks for nothing.
    nominal : str or iterable of str, optional
        Sensitive columns whose numbers are codes without an order, as in `measure_anonymity`.
    max_suppressed : float
        Share of rows that may be left out, in [0, 1). Who is left out is not drawn by chance:
        members of small groups are, and the table then says less about these.
    loss : {"ncp", "discernibility", "class_size"} or callable
        What is made least.

        - ``ncp``, the normalised certainty penalty: how much of a column's span a released value
          leaves open, averaged over columns and rows; a suppressed row counts 1. In [0, 1].
        - ``discernibility``: the mean share of the rows that a row cannot be told from; a
          suppressed row counts 1. In (0, 1].
        - ``class_size``: mean rows a class over k; 1 where no class is larger than needed.
        - A callable takes a candidate (the table to be released) and returns a finite number, such
          as `ModelLoss` does. It is asked about candidates only of which no less general one fits,
          since it may take long; a more general one could in principle lose less.
    unit : str, optional
        The column that says whose row it is, to be sure that nobody has two and none is nobody's.
        Without it every row counts as a customer.

    Returns
    -------
    Anonymised

    Raises
    ------
    InputError
        Where a parameter is out of its range, a column is unknown or without a hierarchy, two
        columns have one name, a hierarchy does not suit its column, or the demand cannot be met
        within `max_suppressed`: the message then names what is reachable.

    Notes
    -----
    The search is exact for the named losses: finer candidates can be ruled out by a coarser one
    that fails, and for ``ncp`` coarse ones by what they lose before any row is left out.

    k-anonymity does not make anonymous. Everybody in a class may share the same complaint
    (`homogeneous_classes`; ask for `l` or `t`). Two releases of the same customers, each
    k-anonymous, can single people out together. Who knows more than the quasi-identifiers knows
    more than k allows for. And what is released depends on every customer's exact values: this is
    not differential privacy, and no number here bounds what an attacker gains.

    References
    ----------
    Samarati (2001), IEEE TKDE 13: generalisation and suppression. LeFevre, DeWitt &
    Ramakrishnan (2005): full-domain k-anonymity. Kohlmayer et al. (2012): Flash.
    Xu et al. (2006): the normalised certainty penalty. Bayardo & Agrawal (2005): discernibility.

    Examples
    --------
    >>> table = pd.DataFrame({"age": [31, 34, 38, 52, 55, 57], "postcode": ["K01"] * 6})
    >>> found = anonymise(table, quasi_identifiers={"age": [5, 10, "*"], "postcode": [2]}, k=3)
    >>> found.table["age"].tolist(), found.suppressed
    (['30–39', '30–39', '30–39', '50–59', '50–59', '50–59'], 0)
    """
    names, told = _checked_roles(quasi_identifiers, sensitive)
    part = plain_columns(table, names, "quasi_identifiers")
    secret = plain_columns(table, told, "sensitive") if told else part.iloc[:, :0]
    check_named_once(table)
    _check_one_row_each(table, unit, names)
    demand = _demand(len(table), attributes_of(secret, nominal), k, l, t)
    share = check_number(
        "max_suppressed", max_suppressed, low=0.0, next_move="Use a share such as 0.05."
    )
    if share >= 1:
        next_move = "Use a share such as 0.05."
        raise InputError("max_suppressed", "must be a number below 1", repr(share), next_move)
    if not callable(loss):
        check_choice("loss", loss, LOSSES)
    columns = {name: Generalised.of(name, part[name], quasi_identifiers[name]) for name in names}
    # Within rounding: 0.05 of 20 rows is one row.
    search = Search(columns, demand, math.floor(share * len(table) + 1e-9))
    losses, best = _least(search, table, loss)
    if best is None:
        raise unreachable(search, share)
    candidate = search.candidate(best.levels)
    released = candidate.released(table)
    return Anonymised(
        table=released,
        levels=dict(zip(names, best.levels, strict=True)),
        steps={name: columns[name].steps[best.levels[j]] for j, name in enumerate(names)},
        suppressed=best.suppressed,
        loss=losses[best.levels],
        anonymity=measure_anonymity(
            released, quasi_identifiers=names, sensitive=told, nominal=nominal
        ),
        unique_columns=single_by(released, table.index, names),
        candidates=_tried_frame(search, losses, best),
    )


def _checked_roles(
    quasi_identifiers: Mapping[str, Hierarchy], sensitive: str | Iterable[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(quasi_identifiers, Mapping):
        rule = "must give each column its hierarchy"
        next_move = "Use a mapping such as {'age': [5, 10, '*']}; [] keeps a column exact."
        raise InputError("quasi_identifiers", rule, repr(quasi_identifiers)[:60], next_move)
    return check_roles(list(quasi_identifiers), sensitive)


def _check_one_row_each(table: pd.DataFrame, unit: str | None, names: tuple[str, ...]) -> None:
    further = len(table) - int(customers_of(table, unit, names).max()) - 1
    if further:
        rule = "must name each row's customer once"
        shown = f"{further:,} further rows"
        next_move = "Bring the table to one row a customer first: k would count rows."
        raise InputError("unit", rule, shown, next_move)


def _demand(
    rows: int,
    secrets: Mapping[str, Attribute],
    k: object,
    l: object,  # noqa: E741
    t: object,
) -> Demand:
    size = check_whole("k", k, low=2, next_move="With k = 1 nobody need look like another.")
    if size > rows:
        raise InputError("k", "must not exceed the rows", f"{k} of {rows:,} rows", "Lower k.")
    for name, wanted in (("l", l), ("t", t)):
        if wanted is not None and not secrets:
            next_move = "Name in `sensitive` what nobody should learn."
            raise InputError(name, "must be asked for sensitive columns", "none", next_move)
    fewest = (
        1 if l is None else check_whole("l", l, low=2, next_move="With l = 1 all may be alike.")
    )
    for name, attribute in secrets.items():
        if fewest > attribute.levels:
            rule = f"must not exceed the different values of {name!r}"
            shown = f"{l} of {attribute.levels}"
            raise InputError("l", rule, shown, "Lower l, or leave that column to t.")
    next_move = "Use a distance such as 0.2; 1 asks for nothing."
    far = (
        1.0
        if t is None
        else check_number("t", t, low=0, high=1, open_low=True, next_move=next_move)
    )
    return Demand(k=size, l=fewest, t=far, secrets=tuple(secrets.values()))


def _least(
    search: Search, table: pd.DataFrame, loss: Loss
) -> tuple[dict[tuple[int, ...], float], Tried | None]:
    """Return the losses by levels, and the candidate with the least."""
    if not callable(loss):
        best = search.least(loss)
        return {tried.levels: tried.losses[loss] for tried in search.tried.values()}, best
    fitting = search.least_general()
    losses = {
        tried.levels: _asked(loss, search.candidate(tried.levels), table) for tried in fitting
    }
    by_loss = sorted(fitting, key=lambda tried: (losses[tried.levels], tried.losses["ncp"]))
    return losses, next(iter(by_loss), None)


def _asked(
    loss: Callable[[pd.DataFrame], float], candidate: Candidate, table: pd.DataFrame
) -> float:
    found = loss(candidate.released(table))
    if isinstance(found, Real) and math.isfinite(found):
        return float(found)
    next_move = "Let it return one number for a table."
    raise InputError("loss", "must return a finite number", repr(found)[:60], next_move)


def _tried_frame(
    search: Search, losses: Mapping[tuple[int, ...], float], best: Tried
) -> pd.DataFrame:
    tried = sorted(
        search.tried.values(),
        key=lambda one: (one is not best, losses.get(one.levels, math.inf), one.levels),
    )
    levels = pd.DataFrame([one.levels for one in tried], columns=list(search.columns))
    return levels.assign(
        suppressed=[one.suppressed for one in tried],
        fits=[one.suppressed <= search.allowed for one in tried],
        **{name: [one.losses[name] for one in tried] for name in LOSSES},
        loss=[losses.get(one.levels, math.nan) for one in tried],
    )
