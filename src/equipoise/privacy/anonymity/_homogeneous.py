"""Classes that are large enough and still tell the value of all their members."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from equipoise._checks import check_whole
from equipoise.privacy.anonymity._columns import coded, combined, plain_columns
from equipoise.privacy.anonymity._measure import check_roles, class_sizes, customers_of

__all__ = ["homogeneous_classes"]


def homogeneous_classes(
    table: pd.DataFrame,
    *,
    quasi_identifiers: str | Iterable[str],
    sensitive: str,
    smallest: int = 2,
    unit: str | None = None,
) -> pd.DataFrame:
    """Return the classes whose members all have the same sensitive value.

    Whoever knows that a customer is in such a class knows the value, however large the class: k
    protects against being picked out, not against being told about.

    Parameters
    ----------
    table : DataFrame
    quasi_identifiers : str or iterable of str
    sensitive : str
    smallest : int
        Customers that a class has at least; 1 shows those who are single, too.
    unit : str, optional
        The column that says whose row it is. Without it every row counts as a customer.

    Returns
    -------
    DataFrame
        The values of the quasi-identifiers, `customers`, and the sensitive value under its name;
        the largest class first. Empty where no class tells.

    Raises
    ------
    InputError
        Where a column is unknown or has two roles, or a row is nobody's.

    Examples
    --------
    >>> table = pd.DataFrame({"postcode": ["K0*"] * 3 + ["K1*"] * 2, "case": ["complaint"] * 4 + ["advice"]})
    >>> homogeneous_classes(table, quasi_identifiers="postcode", sensitive="case")
      postcode  customers       case
    0      K0*          3  complaint
    """
    check_whole("smallest", smallest, low=1, next_move="Use 2.")
    names, told = check_roles(quasi_identifiers, sensitive)
    part = plain_columns(table, [*names, *told], "quasi_identifiers")
    classes = combined(coded(part[name])[0] for name in names)
    values = combined([classes, coded(part[told[0]])[0]])
    first = np.unique(classes, return_index=True)[1]
    sizes = class_sizes(classes, customers_of(table, unit, names))
    distinct = np.bincount(classes[np.unique(values, return_index=True)[1]])
    found = part.iloc[first].assign(customers=sizes)[[*names, "customers", *told]]
    found = found[(distinct == 1) & (sizes >= smallest)]
    return found.sort_values("customers", ascending=False, kind="stable").reset_index(drop=True)
