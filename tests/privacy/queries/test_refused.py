"""What the statistics refuse, in whole messages."""

from __future__ import annotations

import math

import pandas as pd
import polars as pl
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.queries import (
    private_count,
    private_group_by,
    private_histogram,
    private_mean,
    private_quantile,
    private_sum,
)

REGIONS = ("north", "south", "west")
PURE = {"epsilon": 1.0, "delta": 0, "random_state": 0}
VALUES = [1.0, 2.0, 3.0]
REFUSED = [
    (
        lambda: private_sum(VALUES, bounds=None, **PURE),
        "bounds must be declared for the values, got None. "
        "Write (low, high) from what is known without looking at the data.",
    ),
    (
        lambda: private_sum(VALUES, bounds=(5, 1), **PURE),
        "bounds of 'values' must be low, then high, got (5, 1). Write (1, 5) if that was meant.",
    ),
    (
        lambda: private_mean(VALUES, bounds=["a", "b"], **PURE),
        "bounds must be (low, high), got ['a', 'b']. Use a histogram to count.",
    ),
    (
        lambda: private_sum(VALUES, bounds=(0, 5), epsilon=0, delta=0),
        "epsilon must be a number in (0, inf], got 0. "
        "Use a positive number such as 1.0, or float('inf') for no privacy.",
    ),
    (
        lambda: private_count([1, 0], epsilon=1.0, delta=None),
        "delta is required, got None. Use 0 for a pure promise, or a value far below "
        "1 / number of customers, such as 1e-6.",
    ),
    (
        lambda: private_count([1, 0], epsilon=1.0, delta=-1e-6),
        "delta must be a number in [0, 1], got -1e-06. Use 0 or a value such as 1e-6.",
    ),
    (
        lambda: private_count([1, 0], epsilon=1.0, delta=1),
        "delta must lie strictly between 0 and 1, got 1.0. Use a value such as 1e-6.",
    ),
    (
        lambda: private_quantile(VALUES, quantile=0.5, bounds=(0, 5), epsilon=1, delta=1e-6),
        "delta must be 0 for a quantile, got 1e-06. Use delta=0: the exponential mechanism needs none.",
    ),
    (
        lambda: private_quantile(VALUES, quantile=1, bounds=(0, 5), **PURE),
        "quantile must lie strictly between 0 and 1, got 1.0. "
        "A minimum or maximum is a single person's value.",
    ),
    (
        lambda: private_quantile(VALUES, quantile=0.5, bounds=(0, 5), step=9, **PURE),
        "step must be a number in (0, 5], got 9. Use for example 1 for whole numbers.",
    ),
    (
        lambda: private_sum([1.0, math.nan], bounds=(0, 5), **PURE),
        "values must be finite numbers, got 1 missing or infinite. "
        "Declare how missing values are treated before anything private is computed.",
    ),
    (
        lambda: private_sum(["a", "b"], bounds=(0, 5), **PURE),
        "values must be numbers, got str. Convert them to numbers.",
    ),
    (
        lambda: private_sum(5.0, bounds=(0, 5), **PURE),
        "values must be a column, got shape (). Pass one value a row.",
    ),
    (
        lambda: private_sum([[1.0], [2.0]], bounds=(0, 5), **PURE),
        "values must be a column, got shape (2, 1). Pass one value a row.",
    ),
    (
        lambda: private_sum([0.0], bounds=(0, 1e-320), **PURE),
        "bounds must reach 1e-270 in size, got (0, 1e-320). Count in a smaller unit.",
    ),
    (
        lambda: private_sum(VALUES, bounds=(0, 5), epsilon=1e-320, delta=0),
        "epsilon must not ask for more noise than numbers can hold, got 9.99989e-321 at "
        "sensitivity 5. Use a larger epsilon, or let one unit move the value by less.",
    ),
    (
        lambda: private_count([1], **PURE).interval("a"),
        "confidence must be a number in [0, inf], got 'a'. Use for example 0.95.",
    ),
    (
        lambda: private_mean([1], bounds=(0, 5), **PURE).interval(95, together=True),
        "confidence must lie in [0, 1), got 95.0. No bound holds for all noise.",
    ),
    (
        lambda: private_group_by(None, ["a"], statistic="count", declared=["a", None], **PURE),
        "groups of 'group' must list each declared group once, got ['a', None]. "
        "List the groups that there can be.",
    ),
    (
        lambda: private_group_by(None, [1], statistic="count", declared=[1, 1.0], **PURE),
        "groups of 'group' must list each declared group once, got [1, 1.0]. "
        "List the groups that there can be.",
    ),
    (
        lambda: private_group_by(
            None, ["a"], statistic="count", declared=["a"], rows_per_group=2, **PURE
        ),
        "unit is required when rows_per_group is above 1, got None. Pass the customer of each row.",
    ),
    (
        lambda: private_count([1, 2], **PURE),
        "values must be true or false, or 0 and 1, got 2. Compare them, such as spend > 100.",
    ),
    (
        lambda: private_histogram(["north", "nrth"], categories=REGIONS, **PURE),
        "group 'category' must be a declared one, got 'nrth'. Did you mean 'north'? "
        "Declare it, or map it to a declared one.",
    ),
    (
        lambda: private_histogram(["north", None], categories=REGIONS, **PURE),
        "group 'category' must be known for every row, got 1 missing. "
        "Make it a group of its own, such as 'unknown'.",
    ),
    (
        lambda: private_histogram(["north"], **PURE),
        "edges or categories must be declared, one of them, got neither. "
        "Declare bins for numbers or categories for text.",
    ),
    (
        lambda: private_histogram(VALUES, edges=[0, 5, 5], **PURE),
        "edges must be numbers that rise, got [0, 5, 5]. Write two or more edges, the lowest first.",
    ),
    (
        lambda: private_histogram(VALUES, edges="abc", **PURE),
        "edges must be numbers that rise, got 'abc'. Write two or more edges, the lowest first.",
    ),
    (
        lambda: private_group_by(None, 3, statistic="count", declared=["a"], **PURE),
        "groups must be a column or a pandas DataFrame, got int. "
        "Pass one group a row; convert another table with to_pandas().",
    ),
    (
        lambda: private_group_by(
            None, pl.DataFrame({"g": ["a", "b"]}), statistic="count", declared=["a"], **PURE
        ),
        "groups must be a column or a pandas DataFrame, got DataFrame. "
        "Pass one group a row; convert another table with to_pandas().",
    ),
    (
        lambda: private_group_by(None, ["a"], statistic="count", declared=3, **PURE),
        "groups of 'group' must list each declared group once, got 3. "
        "List the groups that there can be.",
    ),
    (
        lambda: private_group_by(
            None,
            pd.DataFrame([["a", "b"]], columns=["g", "g"]),
            statistic="count",
            declared=["a"],
            **PURE,
        ),
        "groups must name each column once, got 'g'. Rename one of them.",
    ),
    (
        lambda: private_group_by(None, pd.DataFrame(), statistic="count", declared={}, **PURE),
        "groups must have a column, got none. Name what to group by.",
    ),
    (
        lambda: private_group_by(
            None,
            pd.to_datetime(["2020-01-01"]),
            statistic="count",
            declared=["2020-01-01"],
            **PURE,
        ),
        "group 'group' must be a declared one, got '2020-01-01 00:00:00'. Convert the column to text "
        "first, as .dt.strftime('%Y-%m-%d') does, or declare it.",
    ),
    (
        lambda: private_group_by(None, ["a"], statistic="count", declared=None, **PURE),
        "declared groups are required, got None. "
        "List the groups that there can be, without a look at the customers.",
    ),
    (
        lambda: private_group_by(None, ["a"], statistic="count", declared=["a", "a"], **PURE),
        "groups of 'group' must list each declared group once, got ['a', 'a']. "
        "List the groups that there can be.",
    ),
    (
        lambda: private_group_by(
            VALUES, ["a"], statistic="sum", declared=["a"], bounds=(0, 5), **PURE
        ),
        "groups must have one group for each of 3 rows, got 1. Align values and groups.",
    ),
    (
        lambda: private_group_by(VALUES, ["a"] * 3, statistic="count", declared=["a"], **PURE),
        "values and bounds must be left out of a count, got values. "
        "Pass None to count rows, or choose 'sum' or 'mean'.",
    ),
    (
        lambda: private_group_by(VALUES, ["a"] * 3, statistic="mean", declared=["a"], **PURE),
        "bounds must be declared for the values, got None. "
        "Write (low, high) from what is known without looking at the data.",
    ),
    (
        lambda: private_group_by(VALUES, ["a"] * 3, statistic="median", declared=["a"], **PURE),
        "statistic must be a known name, got 'median'. Did you mean 'mean'?",
    ),
    (
        lambda: private_histogram(["a"], categories=["a", "b"], **PURE).value,
        "value is one number, got 2 numbers. Read frame().",
    ),
    (
        lambda: private_count([1], epsilon=1.0, delta=0, random_state=-1),
        "random_state must be a whole number of at least 0, got -1. "
        "Use None for a release, whose noise nobody can repeat.",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_breaks_a_rule_is_refused(call, message):
    with pytest.raises(InputError) as refused:
        call()
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "function", [private_count, private_sum, private_mean, private_histogram, private_quantile]
)
def test_epsilon_and_delta_have_no_default(function):
    with pytest.raises(TypeError, match=r"epsilon.*delta"):
        function(VALUES)
