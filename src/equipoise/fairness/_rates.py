"""Rates of a group: each is one count over another, and answers one question."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

__all__ = ["RATES", "Rate"]

CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


@dataclass(frozen=True)
class Rate:
    """Which cells of outcome × decision are counted, over which.

    `question` is what the rate answers; `hides` is what equality of it across groups can conceal.
    """

    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    question: str
    hides: str

    def counts(self, cells: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        """Return numerator and denominator counts from a frame with the four cells as columns."""
        return cells[list(self.numerator)].sum(axis=1), cells[list(self.denominator)].sum(axis=1)


RATES: dict[str, Rate] = {
    "base_rate": Rate(
        ("true_positives", "false_negatives"),
        CELLS,
        "How often does the recorded outcome occur?",
        "Whether the recording itself differs between groups.",
    ),
    "selection_rate": Rate(
        ("true_positives", "false_positives"),
        CELLS,
        "How often is a customer of the group contacted?",
        "Whether those contacted are the ones who would use it.",
    ),
    "true_positive_rate": Rate(
        ("true_positives",),
        ("true_positives", "false_negatives"),
        "Of the customers with the outcome, how many are contacted?",
        "Customers whose outcome was never recorded.",
    ),
    "false_positive_rate": Rate(
        ("false_positives",),
        ("false_positives", "true_negatives"),
        "Of the customers without the outcome, how many are contacted?",
        "What an unwanted contact costs them.",
    ),
    "precision": Rate(
        ("true_positives",),
        ("true_positives", "false_positives"),
        "Of the contacted customers, how many have the outcome?",
        "Everyone who was not contacted.",
    ),
}
