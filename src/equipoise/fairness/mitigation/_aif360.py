"""AIF360 without its side effects: silent when imported, and given numbers of its own only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["FIRST", "SECOND", "rows_for_aif360", "without_import_lines"]

# How AIF360 names the two groups of the tables below.
FIRST = [{"group": 0}]
SECOND = [{"group": 1}]


@contextmanager
def without_import_lines() -> Iterator[None]:
    """Import AIF360 without the log lines about its optional parts, which read like failures.

    It logs through the root, which adds a handler to it even if nothing is written.
    """
    before, handlers = logging.root.manager.disable, logging.root.handlers[:]
    logging.disable(max(before, logging.WARNING))
    try:
        yield
    finally:
        logging.disable(before)
        logging.root.handlers[:] = handlers


def rows_for_aif360(
    codes: NDArray[np.intp], labels: NDArray[np.int_], scores: NDArray[np.float64] | None = None
) -> Any:
    """Return a data set that shares no array with the caller's; AIF360 copies without depth."""
    with without_import_lines():
        from aif360.datasets import BinaryLabelDataset
    rows = BinaryLabelDataset(
        df=pd.DataFrame({"group": codes.astype(float), "label": labels.astype(float)}),
        label_names=["label"],
        protected_attribute_names=["group"],
        favorable_label=1,
        unfavorable_label=0,
    )
    if scores is not None:
        rows.scores = scores.reshape(-1, 1).copy()
    return rows
