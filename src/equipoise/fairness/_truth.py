"""What the records show beside what was put into them, on customers whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equipoise._checks import check_choice
from equipoise.fairness._frames import note
from equipoise.intervals import Interval, difference, mean_amount, newcombe

if TYPE_CHECKING:
    from equipoise.crm import CRM

__all__ = ["beside_truth"]

NOT_MEASURABLE = "not measurable from the records: it takes a count from outside"
FROM_OUTSIDE = "record_share"


def beside_truth(
    crm: CRM, column: str, *, reference: str, measure: str = "response_rate"
) -> pd.DataFrame:
    """Return the measured gap of each group beside the gap that distortions injected.

    The measured gap is what anybody would find in the records. Of the fictional communities, which
    do not differ by nature, it estimates the injected gap; of other groups it holds their natural
    difference, too.

    Parameters
    ----------
    crm : CRM
    column : str
        Group attribute, such as "community".
    reference : str
        The group that gaps are measured against.
    measure : str
        One that `CRM.injected_gap` knows. A rate has Newcombe's interval, a count per customer that
        of a difference of means. Who was never recorded cannot be seen in the records, so
        "record_share" is not measurable.

    Returns
    -------
    DataFrame
        Columns `attribute, group, reference, measure, measured_gap, low, high, injected_gap, note`.
        The injected gap is that of these very customers, known exactly; the interval is about
        customers like them. At large doses, where hardly anything is left to chance in the records,
        the two differ by more than the interval a little more often than one in twenty times.

    Raises
    ------
    InputError
        Where column, reference or measure is unknown.

    Examples
    --------
    >>> from equipoise.crm import HistoricalTargeting, make_crm
    >>> passed_over = HistoricalTargeting(dose=0.6, group=("community", "B"))
    >>> crm = make_crm(customers=3000, seed=7, distortions=[passed_over])
    >>> found = beside_truth(crm, "community", reference="A").set_index("group")
    >>> found.loc["B", ["measured_gap", "low", "high", "injected_gap"]].astype(float).round(3).tolist()
    [-0.111, -0.14, -0.08, -0.083]
    """
    truth = crm.injected_gap(column, measure=measure).set_index("group")
    check_choice("reference", reference, list(truth.index))
    injected = truth["injected"] - truth.loc[reference, "injected"]
    rows = []
    for group in truth.index.drop(reference):
        if measure == FROM_OUTSIDE:
            told: tuple[float, ...] = (np.nan,) * 3
            why = NOT_MEASURABLE
        else:
            told, why = _measured(crm.recorded(measure), column, group, reference)
        rows.append((column, group, reference, measure, *told, injected[group], why))
    columns = ["attribute", "group", "reference", "measure", "measured_gap", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "injected_gap", "note"])


def _measured(
    rows: pd.DataFrame, column: str, group: str, reference: str
) -> tuple[tuple[float, ...], str]:
    own, base = (rows[rows[column] == each] for each in (group, reference))
    few = note(min(len(own), len(base)))
    if few:
        return (np.nan,) * 3, few
    if rows["hits"].max() <= 1:
        gap = newcombe(own["hits"].sum(), len(own), base["hits"].sum(), len(base))
    else:
        bounds = (0.0, float(rows["hits"].max()))
        gap = _of_counts(own["hits"], base["hits"], bounds)
    return tuple(float(side) for side in gap), ""


def _of_counts(own: pd.Series, base: pd.Series, bounds: tuple[float, float]) -> Interval:
    return difference(mean_amount(own, bounds=bounds), mean_amount(base, bounds=bounds))
