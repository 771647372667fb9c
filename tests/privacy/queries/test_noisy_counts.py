"""Noised count tables: cells that follow from declarations alone, and audits that stay honest."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import BoundsFromDataWarning, InputError, LargeDeltaWarning
from equipoise.fairness import audit_counts, count_table
from equipoise.privacy.queries import noisy_counts

CELLS = [(0, 0), (0, 1), (1, 0), (1, 1)]
BANDS = {"band": ["a", "b"]}


def table(counts, names=("a", "b")):
    rows = [(name, *cell) for name in names for cell in CELLS]
    frame = pd.DataFrame(rows, columns=["band", "y_true", "y_pred"])
    return frame.assign(count=np.ravel(counts))


@pytest.fixture
def counted():
    return table([[70, 10, 12, 28], [60, 4, 30, 26]])


def test_without_noise_it_is_the_same_table(counted):
    told = noisy_counts(counted, epsilon=math.inf, delta=0, attributes=BANDS)
    assert told.by == ("band",)
    assert told.frame()["count"].tolist() == counted["count"].tolist()
    assert (told.cells["noise_scale"] == 0).all()
    assert told.guarantee.mechanism == "none"


def test_it_takes_the_count_table_of_an_audit():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"band": rng.choice(["a", "b"], 500), "sex": rng.choice(["m", "w"], 500)})
    rows = rows.assign(bought=rng.integers(0, 2, 500), asked=rng.integers(0, 2, 500))
    counts = count_table(rows, by=["band", "sex"], y_true="bought", y_pred="asked")
    told = noisy_counts(
        counts,
        epsilon=2.0,
        delta=0,
        attributes=BANDS | {"sex": ["m", "w", "unknown"]},
        random_state=0,
    )
    assert len(told.frame()) == 2 * 3 * 4
    assert list(told.frame().columns) == ["band", "sex", "y_true", "y_pred", "count", "noise_scale"]
    audit = audit_counts(told.frame(), reference={"band": "a", "sex": "m"})
    assert set(audit.gaps()["group"]) == {"b", "w", "unknown"}


@given(
    counts=st.lists(st.integers(0, 3), min_size=8, max_size=8),
    cell=st.integers(0, 7),
    rows=st.integers(1, 3),
    seed=st.integers(0, 50),
)
@settings(max_examples=30, deadline=None)
def test_a_customer_moves_counts_by_her_rows_and_nothing_else(counts, cell, rows, seed):
    shared = {
        "epsilon": 1.0,
        "delta": 0,
        "attributes": BANDS,
        "rows_per_unit": rows,
        "unit": "customer",
        "random_state": seed,
    }
    more = list(counts)
    more[cell] += rows
    # Observed cells alone, in an order of their own: what is not there must not show.
    tables = [
        table(each).query("count > 0").sample(frac=1, random_state=1) for each in (counts, more)
    ]
    one, other = (noisy_counts(each, **shared) for each in tables)
    assert np.abs(one.cells["count"] - other.cells["count"]).sum() == rows
    same = ["band", "y_true", "y_pred", "noise_scale"]
    pd.testing.assert_frame_equal(one.cells[same], other.cells[same])
    assert one.guarantee == other.guarantee
    assert one.cells["noise_scale"].iloc[0] == pytest.approx(1 / (2 * math.sinh(0.5 / rows)))


@pytest.mark.parametrize(
    ("noise", "delta", "adjacency", "sd"),
    [
        ("laplace", 0, "add-remove", 2 * math.sqrt(2)),
        ("laplace", 0, "replace-one", 4 * math.sqrt(2)),
        ("gaussian", 1e-6, "add-remove", 2 * 4.22468),
        ("gaussian", 1e-6, "replace-one", 2 * 4.22468 * math.sqrt(2)),
        ("geometric", 0, "replace-one", math.sqrt(2) / (2 * math.sinh(1 / 8))),
    ],
)
def test_the_noise_scale_tells_the_variance(noise, delta, adjacency, sd):
    shared = {"rows_per_unit": 2, "unit": "customer", "adjacency": adjacency}
    names = [f"shop {number}" for number in range(800)]
    counts = table(np.full((800, 4), 40), names)
    shared["attributes"] = {"band": names}
    told = noisy_counts(
        counts, epsilon=1.0, delta=delta, mechanism=noise, random_state=0, **shared
    ).cells
    assert told["noise_scale"].to_numpy() * math.sqrt(2) == pytest.approx(sd, rel=1e-5)
    # Fourth moments are at most 6.3 sd^4.
    moved = np.mean((told["count"] - 40) ** 2)
    assert moved == pytest.approx(sd**2, rel=6 * math.sqrt(5.3 / 3200))


def test_an_audit_of_noised_counts_covers_the_true_gap_and_without_the_scale_it_would_not():
    covered = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rates = np.array([[0.3], [0.22]])
        chances = np.hstack([0.7 * (1 - rates), 0.7 * rates, 0.3 * (1 - rates), 0.3 * rates])
        counts = table([rng.multinomial(1000, each) for each in chances])
        told = noisy_counts(counts, epsilon=0.05, delta=0, attributes=BANDS, random_state=seed)
        holds = [_covers(told.frame(), -0.08)]
        if seed < 12:
            holds.append(_covers(told.frame().assign(noise_scale=1e-9), -0.08))
        covered.append(holds)
    honoured = np.mean([each[0] for each in covered])
    ignored = np.mean([each[1] for each in covered if len(each) == 2])
    assert honoured > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 30)
    assert ignored < 0.9


def _covers(frame, gap):
    gaps = audit_counts(frame, reference={"band": "a"}).gaps()
    row = gaps[(gaps["metric"] == "selection_rate") & (gaps["group"] == "b")].iloc[0]
    return row["low"] <= gap <= row["high"]


def test_groups_read_off_the_table_warn_and_are_named_as_not_covered(counted):
    with pytest.warns(BoundsFromDataWarning) as caught:
        told = noisy_counts(counted, epsilon=1.0, delta=0, random_state=0)
    assert str(caught[0].message) == (
        "The groups of 'band' were read off the table: that a group has a member is not covered by "
        "the guarantee. Declare them in attributes."
    )
    assert caught[0].filename == __file__
    limits = told.guarantee.does_not_cover
    assert "groups read off the customers (source: data): band" in limits
    assert limits[-1].startswith("anybody who knows the seed")


def test_groups_are_read_as_an_audit_reads_them(counted):
    plain = noisy_counts(counted, epsilon=1.0, delta=0, attributes=BANDS, random_state=0)
    for coded in ({"a": 0.0, "b": 1.0}, {"a": "0", "b": "1"}):
        known = {"band": [0, 1]}
        told = noisy_counts(
            counted.replace({"band": coded}), epsilon=1.0, delta=0, attributes=known, random_state=0
        )
        assert told.cells["band"].tolist() == ["0"] * 4 + ["1"] * 4
        assert told.cells["count"].tolist() == plain.cells["count"].tolist()


def test_tables_of_polars_are_read_and_an_audit_takes_what_is_noised(counted):
    shared = {"epsilon": 1.0, "delta": 0, "attributes": BANDS, "random_state": 0}
    plain, other = noisy_counts(counted, **shared), noisy_counts(pl.DataFrame(counted), **shared)
    pd.testing.assert_frame_equal(plain.frame(), other.frame())
    whole, cells = audit_counts(plain), audit_counts(plain.frame())
    pd.testing.assert_frame_equal(whole.frame(), cells.frame())


def test_a_delta_that_one_customer_at_random_would_satisfy_warns(counted):
    shared = {"epsilon": 1.0, "mechanism": "gaussian", "attributes": BANDS, "random_state": 0}
    with pytest.warns(LargeDeltaWarning, match="one customer at random") as caught:
        noisy_counts(counted, delta=1 / 120, unit="customer", rows_per_unit=2, **shared)
    assert caught[0].filename == __file__
    noisy_counts(counted, delta=1 / 121, unit="customer", rows_per_unit=2, **shared)


def test_a_seeded_table_is_for_study(counted):
    shared = {"epsilon": 1.0, "delta": 0, "attributes": BANDS}
    assert noisy_counts(counted, random_state=0, **shared).guarantee.study
    assert not noisy_counts(counted, **shared).guarantee.study


def test_what_is_promised(counted):
    told = noisy_counts(
        counted, epsilon=1.0, delta=0, attributes=BANDS, rows_per_unit=2, unit="customer"
    ).guarantee
    assert str(told) == "(epsilon 1, delta 0) per customer, add-remove"
    assert told.mechanism == "two-sided geometric noise, sensitivity 2"
    assert told.does_not_cover[-1] == (
        "a customer with more than 2 rows: counts cannot show how many there were"
    )


@pytest.mark.parametrize(
    ("change", "given_", "message"),
    [
        (
            {},
            {"epsilon": -1},
            "epsilon must be a number in (0, inf], got -1. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            {},
            {"delta": None},
            "delta is required, got None. Use 0 for a pure promise, or a value far below "
            "1 / number of customers, such as 1e-6.",
        ),
        (
            {},
            {"delta": 1e-6},
            "delta must be 0 with geometric noise, got 1e-06. Use 0, or mechanism='gaussian'.",
        ),
        (
            {},
            {"mechanism": "gaussian"},
            "delta must lie strictly between 0 and 1, got 0.0. Use a value such as 1e-6.",
        ),
        (
            {},
            {"mechanism": "normal"},
            "mechanism must be a known name, got 'normal'. "
            "Known: 'geometric', 'laplace', 'gaussian'.",
        ),
        (
            {},
            {"rows_per_unit": 2},
            "unit must be named where rows_per_unit is above 1, got 'row'. "
            "Use for example 'customer'.",
        ),
        (
            {},
            {"attributes": {"band": ["a", "c"]}},
            "group 'band' must be a declared one, got 'b'. Known: 'a', 'c'. "
            "Declare it, or count it as a declared one.",
        ),
        (
            {},
            {"attributes": {"bands": ["a"]}},
            "attributes must name a column of the table, got 'bands'. Did you mean 'band'?",
        ),
        (
            {"weight": 1.0},
            {},
            "count_table must hold plain counts alone, got 'weight'. "
            "Count without scores and weights.",
        ),
        (
            {"score_bin": 0, "score": 1.0},
            {},
            "count_table must hold plain counts alone, got 'score_bin'. "
            "Count without scores and weights.",
        ),
        (
            {"noise_scale": 1.0},
            {},
            "count_table must not be noised already, got a noise_scale. "
            "Pass the exact counts; noise on top of noise spends more for less.",
        ),
        (
            {"count": -1},
            {},
            "count_table must hold whole counts, got others. Correct 'count'.",
        ),
        ({"count": "a"}, {}, "count_table must hold whole counts, got others. Correct 'count'."),
        (
            {"band": [None] * 4 + ["b"] * 4},
            {"attributes": None},
            "group 'band' must be known for every cell, got 4 missing. "
            "Make it a group of its own, such as 'unknown'.",
        ),
        (
            {},
            {"attributes": ["band"]},
            "attributes must list the groups of each column, got ['band']. "
            "Write {column: [group, …], …}.",
        ),
        (
            {},
            {"unit": pd.Series(["x"])},
            "unit must be the name of whose rows they are, got Series. Use for example 'customer'.",
        ),
        ({"y_true": 2}, {}, "'y_true' must be 0 or 1, got others. Code 1 as positive."),
        (
            {"band": "a"},
            {},
            "count_table must hold each cell once, got twice. Add its counts up first.",
        ),
    ],
)
def test_what_cannot_be_noised_is_refused(counted, change, given_, message):
    settings_ = {"epsilon": 1.0, "delta": 0, "attributes": BANDS} | given_
    with pytest.raises(InputError) as refused:
        noisy_counts(counted.assign(**change), **settings_)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            [1, 2],
            "count_table must be a count table or a frame of one, got list. "
            "Use for example fairness.count_table(...), or make it a DataFrame.",
        ),
        (
            pd.DataFrame({"y_true": [0], "y_pred": [0], "count": [1]}),
            "count_table must have a group column, got none. Count by a sensitive attribute.",
        ),
        (
            pd.DataFrame({"band": ["a"], "y_true": [0], "count": [1]}),
            "count_table must name a column of the table, got 'y_pred'. Did you mean 'y_true'?",
        ),
        (
            pd.DataFrame([["a", 0, 0, 1]], columns=["count", "y_true", "y_pred", "count"]),
            "count_table must name each column once, got 'count'. Rename the column.",
        ),
    ],
)
def test_what_is_no_count_table_is_refused(what, message):
    with pytest.raises(InputError) as refused:
        noisy_counts(what, epsilon=1.0, delta=0)
    assert str(refused.value) == message
