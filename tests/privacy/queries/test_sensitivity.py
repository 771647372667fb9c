"""One unit more, less or other moves every exact statistic by at most the sensitivity that is stated."""

from __future__ import annotations

import math
from contextlib import contextmanager
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.privacy.queries import _quantile as quantile_module
from equipoise.privacy.queries import (
    private_count,
    private_group_by,
    private_histogram,
    private_mean,
    private_quantile,
    private_sum,
)
from equipoise.privacy.queries._quantile import Stretches
from equipoise.privacy.queries._query import moved

pytestmark = [
    pytest.mark.filterwarnings("ignore::equipoise.exceptions.ClippedRowsWarning"),
    pytest.mark.filterwarnings("ignore::equipoise.exceptions.DroppedRowsWarning"),
    pytest.mark.filterwarnings("ignore::equipoise.exceptions.LargeDeltaWarning"),
]
REGIONS = ("north", "south", "west")


@st.composite
def neighbours(draw):
    """Two tables of customers with several rows each; they differ by the rows of customer 0."""
    row = st.tuples(
        st.floats(-1e4, 1e4) | st.sampled_from([0.0, 1.0, 1 / 3, 1e4]), st.sampled_from(REGIONS)
    )
    others = draw(st.lists(st.tuples(st.integers(1, 4), row), min_size=1, max_size=12))
    adjacency = draw(st.sampled_from(["add-remove", "replace-one"]))
    mine = draw(st.lists(row, min_size=1, max_size=5))
    instead = draw(st.lists(row, min_size=1, max_size=5)) if adjacency == "replace-one" else []
    columns = ["customer", "spend", "region"]
    whole = [(0, *each) for each in mine] + [(owner, *each) for owner, each in others]
    one = pd.DataFrame(draw(st.permutations(whole)), columns=columns)
    new = pd.DataFrame([(0, *each) for each in instead], columns=columns)
    rest = one[one["customer"] != 0]
    tables = one, pd.concat([new.astype(one.dtypes), rest], ignore_index=True)
    limits = draw(st.tuples(st.floats(-2000, 2000), st.floats(0.01, 3000)))
    bounds = (limits[0], limits[0] + limits[1])
    settings_ = {
        "delta": draw(st.sampled_from([0, 1e-6])),
        "rows_per_unit": draw(st.integers(1, 3)),
        "adjacency": adjacency,
        "random_state": draw(st.integers(0, 100)),
    }
    return tables, bounds, settings_


def exact(call, table, settings_):
    """Return the statistic without noise, after clipping and bounding, and what is stated."""
    told = call(table, epsilon=math.inf, unit=table["customer"], **settings_)
    noised = call(table, epsilon=1.0, unit=table["customer"], **settings_)
    numbers = told.halves if hasattr(told, "halves") else told.numbers["value"]
    return np.asarray(numbers, dtype=float).ravel(), (
        noised.mechanism.sensitivity,
        noised.guarantee,
    )


def check(call, case):
    tables, bounds, settings_ = case
    (one, told), (other, again) = (
        exact(lambda table, **s: call(table, bounds, **s), table, settings_) for table in tables
    )
    assert told == again  # the guarantee, too, must not tell who is there
    stated = told[0]
    moves = np.abs(one - other)
    distance = np.linalg.norm(moves) if settings_["delta"] else moves.sum()
    assert distance <= stated * (1 + 1e-12)
    return distance / stated


CALLS = {
    "count": lambda t, _, **s: private_count(t["spend"] > 0, **s),
    "sum": lambda t, b, **s: private_sum(t["spend"], bounds=b, **s),
    "mean": lambda t, b, **s: private_mean(t["spend"], bounds=b, **s),
    "histogram": lambda t, b, **s: private_histogram(
        t["spend"], edges=[b[0], (b[0] + b[1]) / 2, b[1]], **s
    ),
    "categories": lambda t, _, **s: private_histogram(t["region"], categories=REGIONS, **s),
    "sum by group": lambda t, b, **s: private_group_by(
        t["spend"], t["region"], statistic="sum", declared=REGIONS, bounds=b, **s
    ),
    "mean by group": lambda t, b, **s: private_group_by(
        t["spend"], t["region"], statistic="mean", declared=REGIONS, bounds=b, **s
    ),
    "capped count": lambda t, _, **s: private_group_by(
        None, t["region"], statistic="count", declared=REGIONS, rows_per_group=1, **s
    ),
    "capped sum": lambda t, b, **s: private_group_by(
        t["spend"], t["region"], statistic="sum", declared=REGIONS, bounds=b, rows_per_group=1, **s
    ),
    "capped mean": lambda t, b, **s: private_group_by(
        t["spend"], t["region"], statistic="mean", declared=REGIONS, bounds=b, rows_per_group=2, **s
    ),
}


@pytest.mark.parametrize("name", CALLS)
@given(case=neighbours())
@settings(max_examples=15, deadline=None)
def test_a_customer_moves_it_by_at_most_the_sensitivity(name, case):
    check(CALLS[name], case)


@given(
    rows=st.integers(1, 4),
    low=st.floats(-10, 10),
    width=st.floats(0.1, 10),
    cells=st.integers(1, 3),
    adjacency=st.sampled_from(["add-remove", "replace-one"]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=50)
def test_the_stated_moves_are_reached_and_never_passed(rows, low, width, cells, adjacency, seed):
    rng, high = np.random.default_rng(seed), low + width
    by_sum, by_distance = moved(rows, rows, adjacency, low, high, cells)
    ends = np.array([low, high])

    def contribution(many, extreme):
        table = np.zeros(cells)
        places = np.repeat(rng.integers(cells), many) if extreme else rng.integers(cells, size=many)
        values = np.repeat(rng.choice(ends), many) if extreme else rng.uniform(low, high, many)
        np.add.at(table, places, values)
        return table

    found = []
    for trial in range(40):
        one = contribution(rows if trial % 2 else rng.integers(rows + 1), trial % 2)
        two = contribution(rows if trial % 3 else 0, trial % 2) * (adjacency == "replace-one")
        found.append((np.abs(one - two).sum(), np.linalg.norm(one - two)))
    sums, distances = np.array(found).T
    assert sums.max() <= by_sum * (1 + 1e-12)
    assert distances.max() <= by_distance * (1 + 1e-12)
    if adjacency == "add-remove":
        assert sums.max() == pytest.approx(by_sum)


@pytest.mark.parametrize("most", [1, 2, 3, 4])
@pytest.mark.parametrize("within", [1, 2, 3, 4])
@pytest.mark.parametrize("adjacency", ["add-remove", "replace-one"])
@pytest.mark.parametrize("bounds", [(0, 1), (-3, 10), (-10, 3), (4, 10), (-9, -2), (-1, 1)])
def test_no_customer_of_any_rows_in_any_groups_moves_it_further(most, within, adjacency, bounds):
    if within > most:
        return
    places = [
        each for each in product(range(within + 1), repeat=4) if sum(each) <= most
    ]  # how many rows a customer has in each of four groups
    mine = np.array(places)[:, None, :, None] * np.array(bounds)
    theirs = mine.transpose(1, 0, 2, 3) if adjacency == "replace-one" else np.zeros((1, 1, 4, 2))
    # In each group the sum can be anything between all values low and all high, or 0.
    far = np.abs(mine[..., :, None] - theirs[..., None, :]).max(axis=(-2, -1))
    by_sum, by_distance = moved(most, within, adjacency, *bounds, cells=4)
    assert far.sum(axis=-1).max() <= by_sum * (1 + 1e-12)
    assert np.linalg.norm(far, axis=-1).max() <= by_distance * (1 + 1e-12)
    if most % within == 0 and (adjacency == "add-remove" or 2 * most <= 4 * within):
        assert np.linalg.norm(far, axis=-1).max() == pytest.approx(by_distance)


@contextmanager
def overheard():
    """Collect the stretches of every quantile."""
    original, seen = Stretches.of, []

    class Heard(Stretches):
        @classmethod
        def of(cls, *arguments):
            seen.append(original(*arguments))
            return seen[-1]

    quantile_module.Stretches = Heard
    try:
        yield seen
    finally:
        quantile_module.Stretches = Stretches


@given(case=neighbours(), quantile=st.floats(0.01, 0.99), steps=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_customer_moves_no_score_of_a_quantile_by_more_than_its_sensitivity(
    case, quantile, steps
):
    tables, bounds, settings_ = case
    settings_ = settings_ | {"delta": 0}
    most, whose = settings_["rows_per_unit"], settings_["adjacency"]
    with overheard() as seen:
        told = [
            private_quantile(
                table["spend"],
                quantile=quantile,
                bounds=bounds,
                step=(bounds[1] - bounds[0]) / steps,
                unit=table["customer"],
                epsilon=1.0,
                **settings_,
            )
            for table in tables
        ]
    assert told[0].guarantee == told[1].guarantee
    scores = [np.repeat(each.scores, each.sizes) for each in seen]
    assert len(scores[0]) == len(scores[1])
    stated = most * (max(quantile, 1 - quantile) if whose == "add-remove" else 1.0)
    assert f"sensitivity {stated:g}" in told[0].guarantee.mechanism
    assert np.abs(scores[0] - scores[1]).max() <= stated + 1e-9
    assert max(scores[0]) <= 0
    assert max(scores[0]) > -1  # some point lies at the quantile, or within its row
