"""Rates of a group as plain functions of four counts: what equality of each asks for and hides.

Each takes the counts of true positives, false positives, false negatives and true negatives: numbers
or arrays, whole or not. A positive decision is a contact, a positive outcome is what the task asks for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = [
    "RATES",
    "Share",
    "accuracy",
    "balanced_accuracy",
    "base_rate",
    "false_negative_rate",
    "false_positive_rate",
    "negative_predictive_value",
    "precision",
    "reading",
    "selection_rate",
    "true_positive_rate",
]


@dataclass(frozen=True)
class Share:
    """A count over a count, or the mean of several such.

    Attributes
    ----------
    parts : tuple of (count, count)
        Numerator and denominator of each.
    """

    parts: tuple[tuple[Any, Any], ...]

    @property
    def value(self) -> Any:
        """The share, a number or an array as the counts were; NaN where a denominator is zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = [np.divide(np.asarray(hits, float), trials) for hits, trials in self.parts]
        return np.mean(shares, axis=0)[()]


def base_rate(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share whose recorded outcome is positive. Decisions play no part in it.

    Asks
    ----
    How often does the recorded outcome occur?

    Right when
    ----------
    Before any other rate: where base rates differ, the other rates cannot all be equal at once.

    Hides
    -----
    Whether the recording itself differs between groups.

    Examples
    --------
    >>> float(base_rate(30, 10, 20, 40).value)
    0.5
    """
    return Share(((tp + fn, tp + fp + fn + tn),))


def selection_rate(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share that is contacted.

    Asks
    ----
    How often is a customer of the group contacted?

    Right when
    ----------
    The contact itself is the good or the burden, as with a discount for whoever gets the letter.

    Hides
    -----
    Whether those contacted are the ones who would use it.

    Examples
    --------
    >>> float(selection_rate(30, 10, 20, 40).value)
    0.4
    """
    return Share(((tp + fp, tp + fp + fn + tn),))


def true_positive_rate(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share that is contacted of those with the outcome.

    Asks
    ----
    Of the customers with the outcome, how many are contacted?

    Right when
    ----------
    The offer helps those who would use it, and missing them is the harm.

    Hides
    -----
    Customers whose outcome was never recorded.

    Examples
    --------
    >>> float(true_positive_rate(30, 10, 20, 40).value)
    0.6
    """
    return Share(((tp, tp + fn),))


def false_positive_rate(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share that is contacted of those without the outcome.

    Asks
    ----
    Of the customers without the outcome, how many are contacted?

    Right when
    ----------
    An unwanted contact is the harm: advertising fatigue, a needless check, a call at dinner.

    Hides
    -----
    What an unwanted contact costs them.

    Examples
    --------
    >>> float(false_positive_rate(30, 10, 20, 40).value)
    0.2
    """
    return Share(((fp, fp + tn),))


def false_negative_rate(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share that is missed of those with the outcome: one less the true positive rate.

    Asks
    ----
    Of the customers with the outcome, how many are missed?

    Right when
    ----------
    Being overlooked is the harm, as with a retention offer or a service that calls back.

    Hides
    -----
    How many are contacted in vain to miss so few.

    Examples
    --------
    >>> float(false_negative_rate(30, 10, 20, 40).value)
    0.4
    """
    return Share(((fn, tp + fn),))


def precision(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share with the outcome of those contacted.

    Asks
    ----
    Of the contacted customers, how many have the outcome?

    Right when
    ----------
    A contact should mean the same for everybody who gets one, such as a flag shown to an agent.

    Hides
    -----
    Everyone who was not contacted.

    Examples
    --------
    >>> float(precision(30, 10, 20, 40).value)
    0.75
    """
    return Share(((tp, tp + fp),))


def negative_predictive_value(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share without the outcome of those not contacted.

    Asks
    ----
    Of the customers not contacted, how many are without the outcome?

    Right when
    ----------
    Not being contacted should mean the same for everybody, such as "no need to call".

    Hides
    -----
    That it is high for every group where few have the outcome.

    Examples
    --------
    >>> round(float(negative_predictive_value(30, 10, 20, 40).value), 3)
    0.667
    """
    return Share(((tn, fn + tn),))


def accuracy(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the share of decisions that match the outcome.

    Asks
    ----
    How often is the decision right?

    Right when
    ----------
    A needless contact and a missed customer cost the same, which is rare in CRM.

    Hides
    -----
    Which kind of mistake is made: where few have the outcome, contacting nobody scores high.

    Examples
    --------
    >>> float(accuracy(30, 10, 20, 40).value)
    0.7
    """
    return Share(((tp + tn, tp + fp + fn + tn),))


def balanced_accuracy(tp: Any, fp: Any, fn: Any, tn: Any) -> Share:
    """Return the mean of the shares decided rightly with and without the outcome.

    One half is what deciding by coin gives; zero means that every decision is wrong.

    Asks
    ----
    How well does the decision tell customers with the outcome from those without?

    Right when
    ----------
    Groups with other base rates are compared in how well they are told apart, not in how many.

    Hides
    -----
    A group that is contacted in vain and one that is missed, when the two make up for each other.

    Examples
    --------
    >>> float(balanced_accuracy(30, 10, 20, 40).value)
    0.7
    """
    return Share(((tp, tp + fn), (tn, fp + tn)))


Rate = Callable[[Any, Any, Any, Any], Share]

RATES: Mapping[str, Rate] = MappingProxyType(
    {
        rate.__name__: rate
        for rate in (
            base_rate,
            selection_rate,
            true_positive_rate,
            false_positive_rate,
            false_negative_rate,
            precision,
            negative_predictive_value,
            accuracy,
            balanced_accuracy,
        )
    }
)
"""The rates of an audit by name, in the order in which they are shown."""


def reading(metric: str, heading: str) -> str:
    """Return what a rate's docstring says under "Asks", "Right when" or "Hides".

    Examples
    --------
    >>> reading("selection_rate", "Asks")
    'How often is a customer of the group contacted?'
    """
    lines = (inspect.getdoc(RATES[metric]) or "").splitlines()
    start = lines.index(heading) + 2
    end = next(place for place in range(start, len(lines)) if not lines[place].strip())
    return " ".join(line.strip() for line in lines[start:end])
