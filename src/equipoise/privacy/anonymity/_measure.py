"""How many customers look alike on what others may know, and what can be told of them all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_whole, suggestion
from equipoise.exceptions import InputError
from equipoise.privacy.anonymity._columns import Codes, coded, combined, names_of, plain_columns
from equipoise.privacy.anonymity._diversity import Attribute, Spread

__all__ = [
    "Anonymity",
    "attributes_of",
    "check_roles",
    "class_sizes",
    "customers_of",
    "measure_anonymity",
]


@dataclass(frozen=True, eq=False, repr=False)
class Anonymity:
    """How far a table hides its customers among others.

    Attributes
    ----------
    quasi_identifiers, sensitive : tuple of str
    classes : DataFrame
        What `frame` shows.
    attributes : DataFrame
        One row a sensitive attribute: see `measure_anonymity`.
    class_of_row : array of int, shape (n,)
        The row of `classes` that each row of the table belongs to.
    customer_of_row : array of int, shape (n,)
    index : Index, shape (n,)
        Labels of the table's rows.
    """

    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...]
    classes: pd.DataFrame
    attributes: pd.DataFrame
    class_of_row: Codes = field(repr=False)
    customer_of_row: Codes = field(repr=False)
    index: pd.Index = field(repr=False)

    def __repr__(self) -> str:
        told = f"k={self.k}, {self.share_below(2):.1%} of {self.customers:,} customers single"
        spread = "".join(
            f", {name}: l={row.distinct_l}, t={row.t:.3f}"
            for name, row in self.attributes.set_index("attribute").iterrows()
        )
        return f"Anonymity({told}, by {', '.join(map(str, self.quasi_identifiers))}{spread})"

    @property
    def k(self) -> int:
        """Customers in the smallest class; 1 means that somebody is single."""
        return int(self.classes["customers"].min())

    @property
    def customers(self) -> int:
        """Customers of the table; its rows, where no `unit` was named."""
        return int(self.customer_of_row.max()) + 1

    def frame(self) -> pd.DataFrame:
        """Return one row an equivalence class.

        Returns
        -------
        DataFrame
            The values of the quasi-identifiers; `customers`; and for each sensitive attribute
            `distinct_l_*`, `entropy_l_*`, `commonest_share_*` (how often a guess of the most
            frequent value is right) and `t_*`.
        """
        return self.classes.copy()

    def share_below(self, size: int) -> float:
        """Return the share of customers with a row in a class of fewer than `size` customers.

        With `size` 2 it is the share that is single. It is counted, not estimated: it says what
        holds in this table, and zero means none.
        """
        check_whole("size", size, low=1, next_move="Use 2 for those who are single.")
        return float((self._weakest(self.customer_of_row) < size).mean())

    def sizes(self, below: Iterable[int] = (2, 5, 10)) -> pd.DataFrame:
        """Return how many customers have a row in a class smaller than each size.

        Returns
        -------
        DataFrame
            `below, classes, customers, share`, one row a size.
        """
        found = self._weakest(self.customer_of_row)
        sizes = self.classes["customers"]
        rows = [
            (size, int((sizes < size).sum()), int((found < size).sum()), self.share_below(size))
            for size in below
        ]
        return pd.DataFrame(rows, columns=["below", "classes", "customers", "share"])

    def single(self) -> pd.Index:
        """Return the labels of the rows whose customer is alone in its class."""
        return self.index[self._size_of_row() == 1]

    def by_group(self, groups: pd.Series) -> pd.DataFrame:
        """Return how well the customers of each group are hidden among all customers.

        Parameters
        ----------
        groups : Series, shape (n,)
            The group of each row, with the index of the table. A missing group is `unknown`.

        Returns
        -------
        DataFrame
            `group, customers, single, share_single, share_below_5, share_below_10,
            median_class_size`: counted in this table, so that zero means none and there is no
            interval. Small groups are often less well hidden: they have fewer to look like.

        Raises
        ------
        InputError
            Where the groups do not belong to the rows of the table.
        """
        if not (isinstance(groups, pd.Series) and groups.index.equals(self.index)):
            shown = f"{type(groups).__name__} of {len(groups):,}"
            rule = "must be a Series with the index of the table"
            raise InputError("groups", rule, shown, "Pass a column of the same table.")
        of_row, levels = coded(groups.astype(object).where(groups.notna(), "unknown").astype(str))
        member = combined([of_row, self.customer_of_row])
        found = pd.DataFrame(
            {
                "group": levels[of_row[np.unique(member, return_index=True)[1]]],
                "size": self._weakest(member),
            }
        )
        for size in (2, 5, 10):
            found[f"below_{size}"] = found["size"] < size
        return found.groupby("group", as_index=False).agg(
            customers=("size", "size"),
            single=("below_2", "sum"),
            share_single=("below_2", "mean"),
            share_below_5=("below_5", "mean"),
            share_below_10=("below_10", "mean"),
            median_class_size=("size", "median"),
        )

    def _size_of_row(self) -> NDArray[np.int64]:
        sizes: NDArray[np.int64] = self.classes["customers"].to_numpy()
        return sizes[self.class_of_row]

    def _weakest(self, member: Codes) -> NDArray[np.int64]:
        """Return the size of the smallest class in which each member has a row."""
        found = np.full(int(member.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(found, member, self._size_of_row())
        return found


def measure_anonymity(
    table: pd.DataFrame,
    *,
    quasi_identifiers: str | Iterable[str],
    sensitive: str | Iterable[str] | None = None,
    nominal: str | Iterable[str] | None = None,
    unit: str | None = None,
) -> Anonymity:
    """Measure k-anonymity, l-diversity and t-closeness of a table.

    Customers with the same quasi-identifiers form a class. k is the size of the smallest.

    Parameters
    ----------
    table : DataFrame
        Any dtypes. **A missing value is a value of its own**: customers who miss it look alike to
        each other and to nobody else.
    quasi_identifiers : str or iterable of str
        Columns that somebody else may know of a customer: postcode, birth date, gender. Leave none
        out: k holds against those who know these columns and no others.
    sensitive : str or iterable of str, optional
        Columns that nobody should learn. Each is measured on its own. Where one may be known,
        measure again with it among the quasi-identifiers.
    nominal : str or iterable of str, optional
        Sensitive columns whose values are only names, though they are numbers or have an order:
        codes of diagnoses, of reasons, of places.
    unit : str, optional
        The column that says whose row it is. Without it every row counts as a customer: five rows
        of one customer would hide that customer among itself.

    Returns
    -------
    Anonymity
        With one row an attribute in `.attributes`: `attribute`; `levels`, its different values;
        `distinct_l`, the fewest different values in a class (1: somebody's value is told);
        `entropy_l`, e to the least entropy, at most `distinct_l`; `recursive_c`, the largest
        ratio in a class of the commonest value to all others, so that recursive (c, 2)-diversity
        holds for every c above it (infinite where a class has one value); `t`, the largest
        distance of a class from the whole table (0: no class tells more than the table does);
        `distance`, `ordered` or `variational` (**look here where a column holds codes**: taken for
        numbers, their t is too small); and `share_told`, the share of rows in classes with one value.
        Values are counted by rows.

    Raises
    ------
    InputError
        Where a column is unknown, has two roles or holds collections, or the table is empty.

    Notes
    -----
    The distance of numbers, dates and ordered categories without missing values is the earth
    mover's with steps of equal length, in [0, 1]: the i-th and the j-th of m values are
    ``|i - j| / (m - 1)`` apart. That of other columns, and of `nominal` ones, is the variational
    distance. A missing value has no place in an order; there the variational distance is used,
    which is never smaller.

    What these figures do not say: who knows more than the quasi-identifiers can tell more. A second
    table about the same customers can undo the first. k says nothing of what all members of a class
    share (see `homogeneous_classes`). None of them is differential privacy, and none composes.

    References
    ----------
    Sweeney (2002), k-anonymity. Machanavajjhala et al. (2007), l-diversity.
    Li, Li & Venkatasubramanian (2007), t-closeness.

    Examples
    --------
    >>> table = pd.DataFrame({"postcode": ["K01", "K01", "K02"], "complaint": ["yes", "no", "yes"]})
    >>> found = measure_anonymity(table, quasi_identifiers="postcode", sensitive="complaint")
    >>> found.k, round(found.share_below(2), 2), found.single().tolist()
    (1, 0.33, [2])
    """
    names, told = check_roles(quasi_identifiers, sensitive)
    part = plain_columns(table, names, "quasi_identifiers")
    secret = plain_columns(table, told, "sensitive") if told else part.iloc[:, :0]
    class_of_row = combined(coded(part[name])[0] for name in names)
    customer_of_row = customers_of(table, unit, names)
    first = np.unique(class_of_row, return_index=True)[1]
    classes = part.iloc[first].reset_index(drop=True)
    classes["customers"] = class_sizes(class_of_row, customer_of_row)
    attributes = attributes_of(secret, nominal)
    spreads = {name: Spread.of(class_of_row, found) for name, found in attributes.items()}
    for name, spread in spreads.items():
        classes = classes.assign(**_by_class(name, spread))
    return Anonymity(
        quasi_identifiers=names,
        sensitive=told,
        classes=classes,
        attributes=_by_attribute(spreads),
        class_of_row=class_of_row,
        customer_of_row=customer_of_row,
        index=table.index,
    )


def check_roles(
    quasi_identifiers: str | Iterable[str], sensitive: str | Iterable[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return quasi-identifiers and sensitive columns; no column may be both."""
    names = names_of("quasi_identifiers", quasi_identifiers)
    told = names_of("sensitive", sensitive)
    if not names:
        next_move = "Name what others may know of a customer, such as postcode and birth date."
        raise InputError("quasi_identifiers", "must name at least one column", "none", next_move)
    for parameter, given in (("quasi_identifiers", names), ("sensitive", told)):
        if "customers" in given:
            rule = "must not be named as the count of a class is"
            raise InputError(parameter, rule, "'customers'", "Rename the column.")
    for name in told:
        if name in names:
            raise InputError(
                "sensitive",
                "must not name a quasi-identifier",
                repr(name),
                "A column is either what others may know or what they must not learn.",
            )
    return names, told


def attributes_of(
    secret: pd.DataFrame, nominal: str | Iterable[str] | None
) -> dict[str, Attribute]:
    """Return the sensitive columns as codes; those that are nominal have no order."""
    unordered = names_of("nominal", nominal)
    for name in unordered:
        if name not in secret:
            move = suggestion(name, secret.columns)
            raise InputError("nominal", "must name sensitive columns", repr(name), move)
    return {name: Attribute.of(secret[name], is_nominal=name in unordered) for name in secret}


def customers_of(table: pd.DataFrame, unit: str | None, names: tuple[str, ...]) -> Codes:
    """Return the number of each row's customer; without a unit every row is one."""
    if unit is None:
        return np.arange(len(table))
    column = plain_columns(table, [unit], "unit")[unit]
    if unit in names:
        next_move = "It names each customer: leave it out of the quasi-identifiers."
        raise InputError("unit", "must not be a quasi-identifier", repr(unit), next_move)
    if column.isna().any():
        shown = f"{int(column.isna().sum()):,} rows without"
        next_move = "Drop rows that are nobody's."
        raise InputError("unit", "must say whose row each is", shown, next_move)
    return coded(column)[0]


def class_sizes(class_of_row: Codes, customer_of_row: Codes) -> NDArray[np.int64]:
    """Return the number of customers with a row in each class."""
    first = np.unique(combined([class_of_row, customer_of_row]), return_index=True)[1]
    found: NDArray[np.int64] = np.bincount(class_of_row[first])
    return found


def _by_class(name: str, spread: Spread) -> Mapping[str, NDArray[np.generic]]:
    return {
        f"distinct_l_{name}": spread.distinct(),
        f"entropy_l_{name}": spread.entropy_l(),
        f"commonest_share_{name}": spread.commonest(),
        f"t_{name}": spread.distance(),
    }


_SUMMED_UP = [
    "attribute", "levels", "distinct_l", "entropy_l", "recursive_c", "t", "distance", "share_told"
]  # fmt: skip


def _by_attribute(spreads: Mapping[str, Spread]) -> pd.DataFrame:
    rows = [(name, *_summed_up(spread)) for name, spread in spreads.items()]
    return pd.DataFrame(rows, columns=_SUMMED_UP)


def _summed_up(spread: Spread) -> tuple[object, ...]:
    top, distinct = spread.commonest(), spread.distinct()
    with np.errstate(divide="ignore"):
        ratio = np.where(distinct == 1, np.inf, top / (1 - top))
    return (
        spread.attribute.levels,
        int(distinct.min()),
        float(spread.entropy_l().min()),
        float(ratio.max()),
        float(spread.distance().max()),
        "ordered" if spread.attribute.is_ordered else "variational",
        float(spread.sizes[distinct == 1].sum() / spread.sizes.sum()),
    )
