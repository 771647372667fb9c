"""Statistics: right without noise, off by no more than said with it, and refused when they leak."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest

from equipoise.exceptions import (
    ClippedRowsWarning,
    DroppedRowsWarning,
    InputError,
    LargeDeltaWarning,
)
from equipoise.privacy._guarantee import NUMBER_NOT_COVERED, UNNAMED_UNIT
from equipoise.privacy._promises import SEEDED
from equipoise.privacy.queries import (
    private_count,
    private_group_by,
    private_histogram,
    private_mean,
    private_quantile,
    private_sum,
)
from equipoise.privacy.queries.mechanisms import GaussianMechanism, GeometricMechanism
from equipoise.privacy.queries.mechanisms._choice import FLOATS

REGIONS = ("north", "south", "west")
NOT_PRIVATE = {"epsilon": math.inf, "delta": 0}
PURE = {"epsilon": 1.0, "delta": 0, "random_state": 0}


@pytest.fixture(scope="module")
def orders():
    """500 customers with three orders each; nobody lives in the west."""
    rng = np.random.default_rng(0)
    owners = pd.Series(np.repeat(np.arange(500), 3), name="customer")
    frame = pd.DataFrame({"customer": owners, "spend": rng.gamma(2, 20, 1500).clip(0, 199)})
    return frame.assign(region=rng.choice(REGIONS[:2], 1500))


def test_without_noise_they_are_what_numpy_says(orders):
    spend, region = orders["spend"], orders["region"]
    whose = {"unit": orders["customer"], "rows_per_unit": 3}
    bounds = {"bounds": (0, 200)}
    assert private_count(spend > 50, **NOT_PRIVATE, **whose).value == (spend > 50).sum()
    total = private_sum(spend, **bounds, **NOT_PRIVATE, **whose)
    assert total.value == pytest.approx(spend.sum(), rel=1e-7)
    mean = private_mean(spend, **bounds, **NOT_PRIVATE, **whose)
    assert mean.value == pytest.approx(spend.mean(), abs=1e-5)
    assert mean.numbers["rows"].tolist() == [1500]
    counts = private_histogram(region, categories=REGIONS, **NOT_PRIVATE, **whose).frame()
    assert counts["value"].tolist() == [*region.value_counts()[list(REGIONS[:2])], 0]
    binned = private_histogram(spend, edges=[0, 20, 50, 200], **NOT_PRIVATE, **whose).frame()
    assert binned["value"].tolist() == np.histogram(spend, [0, 20, 50, 200])[0].tolist()
    assert binned["bin_low"].tolist() == [0, 20, 50]
    median = private_quantile(spend, quantile=0.5, **bounds, **NOT_PRIVATE, **whose)
    assert median.value == pytest.approx(spend.median(), abs=0.05)
    assert median.rows_off == 0
    for statistic in ("sum", "mean"):
        by = private_group_by(
            spend, region, statistic=statistic, declared=REGIONS, **bounds, **NOT_PRIVATE, **whose
        ).frame()
        expected = spend.groupby(region).agg(statistic).reindex(REGIONS)
        assert by["value"][:2].to_numpy() == pytest.approx(expected[:2].to_numpy(), rel=1e-6)
        assert (by["value"][2] == 0) if statistic == "sum" else np.isnan(by["value"][2])


def test_combinations_of_several_attributes_are_all_there(orders):
    groups = pd.DataFrame({"region": orders["region"], "size": orders["spend"].gt(40).map(str)})
    told = private_group_by(
        None,
        groups,
        statistic="count",
        declared={"size": ["True", "False"], "region": REGIONS},
        **PURE,
    ).frame()
    assert len(told) == 6
    assert list(told.columns) == ["region", "size", "value", "noise_scale", "low", "high"]
    assert told["region"].tolist() == [region for region in REGIONS for _ in range(2)]


@pytest.mark.parametrize("delta", [0, 1e-6])
@pytest.mark.parametrize("together", [False, True])
def test_intervals_hold_as_often_as_said(orders, delta, together):
    spend, region = orders["spend"].to_numpy(), orders["region"].to_numpy()
    shared = {"epsilon": 0.05, "delta": delta, "bounds": (0, 200)}
    truth = {"sum": [spend[region == each].sum() for each in REGIONS]}
    truth["mean"] = [spend[region == each].mean() if each != "west" else np.nan for each in REGIONS]
    for statistic, right in truth.items():
        held = []
        for seed in range(60):
            release = private_group_by(
                spend, region, statistic=statistic, declared=REGIONS, random_state=seed, **shared
            )
            told = release.interval(0.9, together=together)
            inside = (told["low"] <= right) & (right <= told["high"]) | np.isnan(right)
            held.append(inside.all() if together else inside.mean())
        assert np.mean(held) > 0.9 - 3.5 * math.sqrt(0.09 / (60 if together else 120))
        if statistic == "sum" and not together:
            assert np.mean(held) < 0.98


def test_the_mean_has_the_variance_of_half_a_split_budget():
    values, n = np.full(4000, 50.0), 300
    found = [
        private_mean(values, bounds=(0, 100), epsilon=0.2, delta=0, random_state=seed).value
        for seed in range(n)
    ]
    # Split in two, sum and count cost (2 × 2 × 50 / 0.2)² × 2 / 4000² = .125 at the centre alone.
    sd = math.sqrt(2 * 2 * (1 / 0.2) ** 2) * 50 / 4000
    assert np.std(found) == pytest.approx(sd, rel=0.25)
    assert abs(np.mean(found) - 50) < 5 * sd / math.sqrt(n)


def test_a_mean_of_hardly_anybody_is_not_estimable():
    release = private_mean([30.0], bounds=(0, 100), epsilon=0.1, delta=0, random_state=0)
    assert math.isnan(release.value)
    assert release.frame().loc[0, ["low", "high"]].tolist() == [0.0, 100.0]


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("step", [None, 1])
def test_a_quantile_is_off_by_no_more_rows_than_said(quantile, step):
    rng = np.random.default_rng(1)
    spend = np.sort(rng.integers(0, 60, 800)).astype(float)
    held = []
    for seed in range(40):
        told = private_quantile(
            spend,
            quantile=quantile,
            bounds=(0, 200),
            step=step,
            epsilon=0.5,
            delta=0,
            random_state=seed,
        )
        below, until = (spend < told.value - 1e-9).sum(), (spend <= told.value + 1e-9).sum()
        aim = quantile * len(spend)
        held.append(max(below - aim, aim - until) <= told.rows_off)
        if step:
            assert told.value == round(told.value)
    assert np.mean(held) >= 0.9
    assert told.rows_off < 0.1 * len(spend)


def test_a_quantile_of_one_repeated_value_finds_it():
    told = private_quantile(
        np.full(500, 30.0), quantile=0.5, bounds=(0, 100), step=1, epsilon=1, delta=0
    )
    assert told.value == 30
    assert told.frame().columns.tolist() == ["quantile", "value", "rows_off"]


def test_every_value_of_a_quantile_is_a_point_within_the_bounds():
    found = {
        private_quantile([1.0], quantile=0.5, bounds=(0, 5), step=2, epsilon=0.01, delta=0).value
        for _ in range(60)
    }
    assert found == {0, 2, 4}


def test_the_noise_follows_the_bound_the_rows_and_the_adjacency(orders):
    spend, whose = orders["spend"], {"unit": orders["customer"], "rows_per_unit": 3}
    assert private_sum(spend, bounds=(0, 200), **PURE, **whose).noise_scale == 600.0
    replaced = {"adjacency": "replace-one"}
    assert private_sum(spend, bounds=(-50, 200), **PURE, **whose, **replaced).noise_scale == 750.0
    by_region = private_histogram(orders["region"], categories=REGIONS, **PURE, **whose, **replaced)
    assert by_region.mechanism == GeometricMechanism(
        sensitivity=6, epsilon=1.0, unit="customer", adjacency="replace-one"
    )
    gaussian = {"epsilon": 1.0, "delta": 1e-6, "random_state": 0}
    count = private_count(spend > 50, **gaussian, **whose)
    assert count.mechanism == GaussianMechanism(
        sensitivity=3.0, epsilon=1.0, delta=1e-6, unit="customer"
    )
    assert count.noise_sd == pytest.approx(3 * 4.22468, rel=1e-5)
    assert count.guarantee.mu == pytest.approx(1 / 4.22468, rel=1e-5)


def test_what_is_promised_and_what_is_not(orders):
    release = private_sum(
        orders["spend"],
        bounds=(0, 200),
        epsilon=0.5,
        delta=0,
        unit=orders["customer"],
        rows_per_unit=3,
    )
    promise = release.guarantee
    assert str(promise) == "(epsilon 0.5, delta 0) per customer, add-remove"
    assert promise.mechanism == "Laplace noise of scale 1200, sensitivity 600"
    assert promise.covers == (
        "the released sum",
        "the presence and the values of each customer's rows, however many there are",
    )
    assert any("at most 3 rows of each customer count" in line for line in promise.does_not_cover)
    assert not any("seed" in line for line in promise.does_not_cover)
    seeded = private_sum(orders["spend"], bounds=(0, 200), **PURE).guarantee
    assert (seeded.unit, seeded.study, promise.study) == ("row", True, False)
    assert seeded.does_not_cover[-1] == SEEDED
    assert any("customer with k rows" in line for line in seeded.does_not_cover)
    replaced = private_count([1, 0], epsilon=1, delta=0, adjacency="replace-one").guarantee
    assert NUMBER_NOT_COVERED in replaced.does_not_cover
    assert private_count([1, 0], **NOT_PRIVATE).guarantee.mechanism == "none"


def test_releases_differ_and_seeded_ones_do_not(orders):
    spend = orders["spend"]
    released = {private_sum(spend, bounds=(0, 200), epsilon=1, delta=0).value for _ in range(5)}
    assert len(released) == 5
    seeded = {private_sum(spend, bounds=(0, 200), **PURE).value for _ in range(3)}
    assert len(seeded) == 1


def test_values_outside_the_bounds_are_clipped_and_counted():
    values = np.r_[np.full(97, 10.0), 500, -500, 500]
    with pytest.warns(ClippedRowsWarning) as caught:
        release = private_sum(values, bounds=(0, 100), **NOT_PRIVATE)
    assert str(caught[0].message) == (
        "3 of 100 rows lie outside the declared bounds and were clipped. Check that the bounds "
        "describe these customers."
    )
    assert caught[0].filename == __file__
    assert release.value == pytest.approx(1170)
    private_sum(np.r_[np.full(99, 10.0), 500], bounds=(0, 100), **NOT_PRIVATE)  # a trace
    with pytest.warns(ClippedRowsWarning) as caught:
        binned = private_histogram(values, edges=[0, 50, 100], **NOT_PRIVATE)
    assert binned.numbers["value"].tolist() == [98, 2]
    assert caught[0].filename == __file__


def test_rows_beyond_the_declared_number_are_left_out_and_counted(orders):
    with pytest.warns(DroppedRowsWarning, match="500 of 1,500 rows") as caught:
        release = private_count(
            np.ones(1500), unit=orders["customer"], rows_per_unit=2, **NOT_PRIVATE
        )
    assert release.value == 1000
    assert caught[0].filename == __file__


def test_a_delta_that_one_row_at_random_would_satisfy_warns():
    with pytest.warns(LargeDeltaWarning) as caught:
        private_count(np.ones(100), epsilon=1.0, delta=0.01)
    assert "releasing the data of one row at random" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_delta_is_compared_with_the_number_of_customers_where_they_are_known():
    owners = pd.Series(np.repeat(np.arange(10), 10), name="customer")
    shared = {"epsilon": 1.0, "unit": owners, "rows_per_unit": 10}
    with pytest.warns(LargeDeltaWarning) as caught:
        private_count(np.ones(100), delta=0.1, **shared)
    assert "releasing the data of one customer at random" in str(caught[0].message)
    private_count(np.ones(100), delta=0.09, **shared)  # a warning would be an error


@pytest.mark.parametrize("name", ["value", "rows", "noise_scale", "low", "high"])
@pytest.mark.parametrize("statistic", ["count", "mean"])
def test_a_group_named_as_a_column_of_the_release_is_refused(name, statistic):
    given = {"values": None} if statistic == "count" else {"values": [1, 2], "bounds": (0, 5)}
    groups = pd.Series(["x", "y"], name=name)
    with pytest.raises(InputError) as refused:
        private_group_by(groups=groups, statistic=statistic, declared=["x", "y"], **given, **PURE)
    assert str(refused.value) == (
        f"groups must not be named as a column of the release is, got {name!r}. Rename the column."
    )


@pytest.mark.parametrize("convert", [list, pd.Series, pd.Categorical])
def test_dates_are_no_numbers_however_they_are_stored(convert):
    dates = pd.Series(convert(pd.to_datetime(["2020-01-01", "2020-01-02"])))
    with pytest.raises(InputError, match="values must be numbers"):
        private_sum(dates, bounds=(0, 5), **PURE)


def test_columns_that_were_shuffled_apart_are_refused(orders):
    shuffled = orders["customer"].sample(frac=1, random_state=0)
    with pytest.raises(InputError) as refused:
        private_sum(orders["spend"], bounds=(0, 200), unit=shuffled, rows_per_unit=3, **PURE)
    assert str(refused.value) == (
        "unit must be in the order of values, got the same index in another order. Align the rows "
        "first, or pass arrays to have them read by position."
    )


@pytest.mark.parametrize("values", [None, "array", "series"])
@pytest.mark.parametrize("frame", [False, True])
def test_groups_that_were_shuffled_apart_from_values_or_units_are_refused(orders, values, frame):
    shuffled = orders["region"].sample(frac=1, random_state=0)
    given = {None: None, "array": orders["spend"].to_numpy(), "series": orders["spend"]}[values]
    sums = {"statistic": "count"} if given is None else {"statistic": "sum", "bounds": (0, 200)}
    shared = {"declared": REGIONS, "unit": orders["customer"], "rows_per_unit": 3, **sums, **PURE}
    with pytest.raises(InputError) as refused:
        private_group_by(given, shuffled.to_frame() if frame else shuffled, **shared)
    one, other = ("values", "groups") if values == "series" else ("groups", "unit")
    assert str(refused.value).startswith(
        f"{other} must be in the order of {one}, got the same index"
    )
    labels = orders["region"].set_axis(range(5, 1505))
    private_group_by(given, labels, **shared)  # other labels: read by position


def test_ids_that_are_written_alike_are_one_customer():
    shared = {"epsilon": math.inf, "delta": 0, "rows_per_unit": 1}
    with pytest.warns(DroppedRowsWarning):
        told = private_count([1, 1, 1, 1], unit=[1, "1", 1.0, "2"], **shared)
    assert told.value == 2
    categories = pd.Series(pd.Categorical([1, "1", "2", "2"]))
    with pytest.warns(DroppedRowsWarning):
        assert private_count([1, 1, 1, 1], unit=categories, **shared).value == 2


@pytest.mark.parametrize("make", [pd.Series, pd.Index, pl.Series])
def test_the_unit_is_named_as_its_ids_are_whoever_holds_them(make):
    def unit(name):
        return pl.Series(name, ["a", "b"]) if make is pl.Series else make(["a", "b"], name=name)

    def told(name):
        query = {"epsilon": 1, "delta": 0, "rows_per_unit": 1}
        return private_count([1, 0], unit=unit(name), **query).guarantee.unit

    assert (told("customer"), told(None)) == ("customer", UNNAMED_UNIT)
    with pytest.raises(InputError, match="unit must not be named as a single row is, got 'row'"):
        told("row")


def test_a_table_without_rows_is_a_table():
    shared = {"bounds": (0, 200), **PURE}
    none = pd.Series([], dtype=float)
    assert abs(private_count([], **PURE).value) < 20
    assert abs(private_sum(none, **shared).value) < 4000
    assert math.isnan(private_mean(none, **shared).value)
    assert 0 <= private_quantile(none, quantile=0.5, **shared).value <= 200
    assert len(private_histogram(none, edges=[0, 1, 2], **PURE).numbers) == 2
    assert len(private_histogram(none.astype(object), categories=REGIONS, **PURE).numbers) == 3
    groups = pd.Series([], dtype=object, name="region")
    owners = pd.Series([], dtype="int64", name="customer")
    for statistic, given in (("count", None), ("sum", none), ("mean", none)):
        told = private_group_by(
            given,
            groups,
            statistic=statistic,
            declared=REGIONS,
            unit=owners,
            rows_per_unit=2,
            epsilon=1,
            delta=1e-6,
            bounds=None if given is None else (0, 200),
        )
        assert told.numbers["region"].tolist() == list(REGIONS)
        assert told.guarantee.unit == "customer"


def test_fewer_rows_in_a_group_mean_less_gaussian_noise_and_no_less_of_others(orders):
    spend, region = orders["spend"], orders["region"]
    shared = {"statistic": "sum", "declared": REGIONS, "bounds": (0, 200), "rows_per_unit": 3}
    shared |= {"epsilon": 1.0, "unit": orders["customer"], "random_state": 0}
    plain, capped = {}, {}
    for delta in (0, 1e-6):
        plain[delta] = private_group_by(spend, region, delta=delta, **shared)
        with pytest.warns(DroppedRowsWarning, match="more than 3, nor more than 1 in a group"):
            capped[delta] = private_group_by(spend, region, delta=delta, rows_per_group=1, **shared)
    assert capped[0].noise_sd == plain[0].noise_sd
    assert capped[1e-6].noise_sd == pytest.approx(plain[1e-6].noise_sd / math.sqrt(3))
    told = capped[0].guarantee.does_not_cover
    line = "at most 3 rows of each customer count, and at most 1 of them in one group"
    assert any(each.startswith(line) for each in told)
    with pytest.warns(DroppedRowsWarning):
        exact = private_group_by(
            spend, region, delta=0, rows_per_group=1, **shared | {"epsilon": math.inf}
        )
    assert exact.numbers["value"].sum() < spend.sum()


def test_a_quantile_is_written_as_its_grid_is():
    spend = np.linspace(0, 100, 301)
    for low, step in ((0, 0.01), (0.1, 0.2), (-3, 0.7), (0, None)):
        told = private_quantile(
            spend, quantile=0.5, bounds=(low, 100), step=step, epsilon=0.1, delta=0
        )
        assert len(f"{told.value!r}") <= 6
    assert f"over {10_001:,} declared points, sensitivity 0.5" in told.guarantee.mechanism
    assert FLOATS in told.guarantee.does_not_cover
