"""Bounds where groups are unknown: sharp by enumeration and linear programming, and what they say."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.optimize import linprog

from equipoise.exceptions import InputError
from equipoise.fairness._bounds import BOUNDED, gap_bounds
from equipoise.fairness._extremes import Counted, gap_limits
from equipoise.fairness.rates import RATES
from equipoise.intervals import MINIMUM_TRIALS, newcombe

LIMITS = ["bound_low", "bound_high", "low", "high"]
BOUNDS = LIMITS[:2]
FEW = settings(max_examples=15, deadline=None)
METRICS = st.sampled_from(BOUNDED)


def table_of(counts: list[tuple[int, int, int, int]], names: list[str]) -> pd.DataFrame:
    """Return rows of column `group` with these counts of (y, d) = 11, 01, 10, 00."""
    cells = [(name, y, d) for name in names for y, d in ((1, 1), (0, 1), (1, 0), (0, 0))]
    frame = pd.DataFrame(cells, columns=["group", "y", "d"])
    return frame.loc[np.repeat(frame.index, np.ravel(counts))].reset_index(drop=True)


def gaps(rows: pd.DataFrame, groups: object, metric: str) -> float:
    """Return the gap of b to a from complete rows."""
    groups = np.asarray(groups)
    rate = {}
    for name in "ab":
        y, d = (rows.loc[groups == name, column].to_numpy() for column in "yd")
        counts = [(y & d).sum(), (~y & d & 1).sum(), (y & ~d & 1).sum(), (~(y | d) & 1).sum()]
        rate[name] = float(RATES[metric](*counts).value)
    return rate["b"] - rate["a"]


def bounded(rows: pd.DataFrame, group: object, metric: str | None = None, **more) -> pd.DataFrame:
    metrics = None if metric is None else [metric]
    asked = {"reference": "a", "metrics": metrics} | more
    return gap_bounds(rows["y"], rows["d"], group, **asked).frame()


def bounds_of_b(rows: pd.DataFrame, group: object, metric: str, **more) -> list[float]:
    frame = bounded(rows, group, metric, **more).set_index("group")
    return frame.loc["b", BOUNDS].tolist()


def realised(proxy: pd.Series, groups: pd.Series) -> pd.DataFrame:
    """Return the shares of the groups by proxy value, in these very rows."""
    shares = pd.crosstab(proxy, groups, normalize="index")
    return shares.reindex(columns=["a", "b", "c"], fill_value=0.0)


@st.composite
def tables(draw, most: int = 30) -> pd.DataFrame:
    """Complete rows of groups a, b and c with a proxy; at least ten of each cell for a and b."""
    known = draw(st.lists(st.integers(0, 3), min_size=12, max_size=12))
    base = np.reshape(known, (3, 4)) + np.array([[10], [10], [0]])
    rows = table_of(base.tolist(), ["a", "b", "c"]).assign(kept=True)
    size = draw(st.integers(1, most))
    column = lambda values: draw(st.lists(st.sampled_from(values), min_size=size, max_size=size))  # noqa: E731
    others = pd.DataFrame({"group": column("abc"), "y": column([0, 1]), "d": column([0, 1])})
    rows = pd.concat([rows, others.assign(kept=False)], ignore_index=True)
    seed = draw(st.integers(0, 1000))
    return rows.assign(proxy=np.random.default_rng(seed).choice(["N", "S"], len(rows)))


@FEW
@given(tables(most=5), METRICS)
def test_without_a_proxy_bounds_are_the_extremes_over_all_allocations(rows, metric):
    hidden = ~rows["kept"]
    found = []
    for allocation in product("abc", repeat=hidden.sum()):
        groups = rows["group"].to_numpy(object, copy=True)
        groups[hidden] = allocation
        found.append(gaps(rows, groups, metric))
    told = bounds_of_b(rows, rows["group"].where(rows["kept"]), metric)
    assert told == pytest.approx([min(found), max(found)], abs=1e-12)


@FEW
@given(tables(most=6), METRICS)
def test_with_two_groups_bounds_are_the_extremes_over_all_allocations(rows, metric):
    rows = rows[(rows["group"] != "c")]
    hidden = ~rows["kept"]
    found = []
    for allocation in product("ab", repeat=hidden.sum()):
        groups = rows["group"].to_numpy(object, copy=True)
        groups[hidden] = allocation
        found.append(gaps(rows, groups, metric))
    told = bounds_of_b(rows, rows["group"].where(rows["kept"]), metric)
    assert told == pytest.approx([min(found), max(found)], abs=1e-12)


@FEW
@given(tables(most=6), METRICS)
def test_with_a_proxy_bounds_are_the_extremes_over_all_allocations_with_its_shares(rows, metric):
    hidden = rows[~rows["kept"]]
    shares = realised(hidden["proxy"], hidden["group"])
    wanted = sorted(zip(hidden["proxy"], hidden["group"], strict=True))
    found = []
    for allocation in product("abc", repeat=len(hidden)):
        if sorted(zip(hidden["proxy"], allocation, strict=True)) == wanted:
            groups = rows["group"].to_numpy(object, copy=True)
            groups[~rows["kept"]] = allocation
            found.append(gaps(rows, groups, metric))
    known = rows["group"].where(rows["kept"])
    told = bounds_of_b(rows, known, metric, proxy=rows["proxy"], shares=shares)
    assert told == pytest.approx([min(found), max(found)], abs=1e-12)


def kinds(rows: pd.DataFrame, metric: str) -> np.ndarray:
    """Return for each row 0 for a hit, 1 for a miss, and 2 outside the denominator."""
    ((hit, tried),) = RATES[metric](*np.eye(4)).parts
    cell = 2 * (1 - rows["d"]) + 1 - rows["y"]
    return np.where(tried[cell] == 0, 2, np.where(hit[cell] == 1, 0, 1))


def least_rate(
    known, cells, shares, *, of: int, sign: int, kept: tuple[int, float] | None
) -> float:
    """Return the least (or greatest) rate of a group by a linear-fractional program.

    Masses of cell, group and kind are scaled so that the denominator is one (Charnes and Cooper).
    `kept` demands that another group has a rate of at least (or at most) some value meanwhile.
    """
    places = np.arange(cells.size * 3).reshape(len(cells), 3, 3)  # cell, group, kind
    many = places.size + 1
    equal, right = [], []
    for cell, counts in enumerate(cells):
        for kind in range(3):
            equal.append(np.zeros(many))
            equal[-1][places[cell, :, kind]], equal[-1][-1] = 1, -counts[kind]
        for group in range(3):
            equal.append(np.zeros(many))
            equal[-1][places[cell, group]] = 1
            equal[-1][-1] = -shares[cell, group] * counts.sum()
    right = [0.0] * len(equal)

    def line(group: int, hit: float, miss: float) -> np.ndarray:
        made = np.zeros(many)
        made[places[:, group, 0]], made[places[:, group, 1]] = hit, miss
        made[-1] = hit * known[group, 0] + miss * known[group, 1]
        return made

    equal.append(line(of, 1, 1))
    demand = None
    if kept is not None:
        group, rate = kept
        demand = sign * line(group, -(1 - rate), rate)[None]
    solved = linprog(
        sign * line(of, 1, 0),
        A_eq=np.array(equal),
        b_eq=[*right, 1.0],
        A_ub=demand,
        b_ub=None if demand is None else [1e-9],
    )
    assert solved.success
    return sign * float(solved.fun)


@settings(max_examples=10, deadline=None)
@given(tables(), METRICS, st.integers(0, 1000))
def test_one_groups_highest_rate_and_anothers_lowest_are_jointly_possible(rows, metric, seed):
    hidden = rows[~rows["kept"]]
    values = sorted(hidden["proxy"].unique())
    shares = pd.DataFrame(
        np.random.default_rng(seed).dirichlet([1, 1, 1], len(values)), values, list("abc")
    )
    kind = pd.Series(kinds(rows, metric), rows.index)
    full = pd.crosstab(rows["group"], [rows["kept"], kind])[True].reindex(
        index=list("abc"), columns=range(3), fill_value=0
    )
    cells = pd.crosstab(hidden["proxy"], kind).reindex(columns=range(3), fill_value=0).to_numpy()
    masses = (full.to_numpy(float), cells, shares.to_numpy())
    expected = []
    for sign in (-1, 1):  # the lowest gap is b's least less a's greatest, while b has its least
        alone = least_rate(*masses, of=1, sign=-sign, kept=None)
        other = least_rate(*masses, of=0, sign=sign, kept=(1, alone))
        assert other == pytest.approx(least_rate(*masses, of=0, sign=sign, kept=None), abs=1e-6)
        expected.append(alone - other)
    known = rows["group"].where(rows["kept"])
    told = bounds_of_b(rows, known, metric, proxy=rows["proxy"], shares=shares)
    assert told == pytest.approx(expected, abs=1e-6)


@FEW
@given(tables(), METRICS, st.integers(0, 99))
def test_the_truth_lies_inside_and_knowing_more_never_widens(rows, metric, seed):
    random = np.random.default_rng(seed)
    mask = ~rows["kept"] | (random.random(len(rows)) < 0.1)
    rows = pd.concat([rows, table_of([(10,) * 4] * 2, ["a", "b"])], ignore_index=True)
    rows["proxy"] = rows["proxy"].fillna("N")
    wider = mask.reindex(rows.index, fill_value=False)
    narrower = wider & (random.random(len(rows)) < 0.5)
    found = []
    for hidden in (narrower, wider):
        known = rows["group"].mask(hidden)
        shares = realised(rows["proxy"][hidden], rows["group"][hidden])
        found.append(bounds_of_b(rows, known, metric, proxy=rows["proxy"], shares=shares))
        found.append(bounds_of_b(rows, known, metric))
    (by_proxy, alone, by_proxy_wider, alone_wider) = found
    truth = [gaps(rows, rows["group"], metric)] * 2
    for inner, outer in (
        (truth, by_proxy),
        (by_proxy, alone),
        (by_proxy, by_proxy_wider),
        (alone, alone_wider),
        (by_proxy_wider, alone_wider),
    ):
        assert outer[0] <= inner[0] + 1e-12
        assert inner[1] <= outer[1] + 1e-12


@FEW
@given(tables())
def test_where_all_groups_are_known_bounds_are_the_gap_with_newcombes_interval(rows):
    frame = bounded(rows, rows["group"]).query("group == 'b'").set_index("metric")
    assert frame["unknown"].eq(0).all()
    for metric in BOUNDED:
        kind = kinds(rows, metric)
        one, other = (
            (
                np.sum((rows["group"] == name) & (kind == 0)),
                np.sum((rows["group"] == name) & (kind < 2)),
            )
            for name in "ba"
        )
        gap, low, high = newcombe(*one, *other)
        row = frame.loc[metric]
        assert row["bound_low"] == row["bound_high"] == pytest.approx(gap, abs=1e-12)
        assert row[["low", "high"]].tolist() == pytest.approx([low, high], abs=1e-9)
        assert row["known"] == one[1] + other[1]


def test_without_a_proxy_the_interval_is_newcombes_at_the_extreme_allocations():
    rows = table_of([(20, 0, 30, 0), (24, 0, 16, 0), (5, 0, 8, 0)], ["a", "b", "?"])
    row = bounded(rows, rows["group"].where(rows["group"] != "?"), "true_positive_rate").iloc[0]
    assert row["low"] == pytest.approx(newcombe(24, 48, 25, 55).low, abs=1e-9)
    assert row["high"] == pytest.approx(newcombe(29, 45, 20, 58).high, abs=1e-9)
    assert row[["known", "unknown"]].tolist() == [90, 13]


@FEW
@given(tables())
def test_a_perfect_proxy_is_as_good_as_the_group(rows):
    rows = rows[rows["group"] != "c"]
    shares = pd.DataFrame(np.eye(2), ["a", "b"], ["a", "b"])
    told = bounded(rows, None, proxy=rows["group"], shares=shares)
    known = bounded(rows, rows["group"].rename("group"))
    assert_frame_equal(
        told.drop(columns=["known", "unknown"]), known.drop(columns=["known", "unknown"])
    )
    assert (told["unknown"] == known["known"]).all()


def test_a_useless_proxy_leaves_wide_bounds():
    rows = table_of([(30, 0, 70, 0)], ["?"])
    shares = pd.DataFrame({"a": [0.5], "b": [0.5]}, ["everywhere"])
    proxy = np.full(100, "everywhere")
    row = bounded(rows, None, "selection_rate", proxy=proxy, shares=shares).iloc[0]
    assert row[BOUNDS].tolist() == pytest.approx([-0.6, 0.6])


def mixed(seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return 400 rows with `told` known for two thirds, and shares by street."""
    random = np.random.default_rng(seed)
    group = random.choice(["a", "b", "c"], 400, p=[0.5, 0.3, 0.2])
    rows = pd.DataFrame(
        {
            "y": random.binomial(1, 0.4, 400),
            "d": random.binomial(1, np.where(group == "a", 0.5, 0.3)),
            "told": pd.Series(group).where(random.random(400) < 0.67),
            "street": random.choice(["N", "S", "W"], 400),
        }
    )
    shares = pd.DataFrame(random.dirichlet([2, 1, 1], 3), ["N", "S", "W"], ["a", "b", "c"])
    return rows, shares


@pytest.mark.parametrize("with_proxy", [False, True])
def test_the_order_of_rows_changes_nothing(with_proxy):
    rows, shares = mixed()
    turned = rows.sample(frac=1, random_state=1)

    def told(part):
        return bounded(part, part["told"], **proxied(part, shares, with_proxy))

    assert_frame_equal(told(rows), told(turned))


def proxied(rows, shares, with_proxy: bool) -> dict:
    return {"proxy": rows["street"], "shares": shares} if with_proxy else {}


@pytest.mark.parametrize("with_proxy", [False, True])
def test_other_names_and_codings_change_nothing(with_proxy):
    rows, shares = mixed()
    plain = bounded(rows, rows["told"], **proxied(rows, shares, with_proxy))
    number = {"a": 1.0, "b": 2.0, "c": 10.0}
    coded = rows.assign(
        told=rows["told"].map(number), street=rows["street"].map({"N": 1, "S": 2, "W": 3})
    )
    renamed = shares.iloc[[2, 0, 1], [1, 2, 0]].set_axis([2, 10, 1], axis=1).set_axis([3, 1, 2])
    kinds_of_group = (
        coded["told"],
        coded["told"].astype("Int64"),
        coded["told"].astype("category"),
    )
    for group in kinds_of_group:
        again = bounded(coded, group, reference=1, **proxied(coded, renamed, with_proxy))
        assert again["group"].unique().tolist() == ["10", "2"]
        back = again.replace({"group": {"2": "b", "10": "c"}, "reference": {"1": "a"}})
        both = [each.sort_values(["metric", "group"], ignore_index=True) for each in (plain, back)]
        assert_frame_equal(*both)


@pytest.mark.parametrize("with_proxy", [False, True])
def test_swapping_group_and_reference_mirrors_the_bounds(with_proxy):
    rows, shares = mixed()
    more = proxied(rows, shares, with_proxy)
    one = bounded(rows, rows["told"], **more).query("group == 'b'")
    other = bounded(rows, rows["told"], reference="b", **more).query("group == 'a'")
    mirrored = -other[["bound_high", "bound_low", "high", "low"]].to_numpy()
    assert one[LIMITS].to_numpy() == pytest.approx(mirrored, abs=1e-12)


@pytest.mark.parametrize("with_proxy", [False, True])
def test_the_interval_holds_the_bounds_and_stays_within_minus_one_and_one(with_proxy):
    rows, shares = mixed()
    frame = bounded(rows, rows["told"], **proxied(rows, shares, with_proxy))
    assert frame.columns.tolist() == [
        "attribute", "group", "reference", "metric", "known", "unknown", *LIMITS, "note",
    ]  # fmt: skip
    assert (frame["attribute"] == "told").all()
    ordered = frame[["low", "bound_low", "bound_high", "high"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()
    assert (np.abs(ordered) <= 1).all()


# Simulated customers, by proxy value, group and kind (hit, miss, outside): the true gap is known.
STREETS = 12


def overlaps(ends: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how much the parts of one division of a line share with those of another."""
    starts, begun = (np.c_[np.zeros(len(each)), each[:, :-1]] for each in (ends, others))
    until = np.minimum(ends[:, :, None], others[:, None, :])
    return np.maximum(until - np.maximum(starts[:, :, None], begun[:, None, :]), 0)


def population(edge: str, outside: float) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities of cell, group and kind, with b at its highest, lowest or in between.

    Beside them the shares of the groups by cell.
    """
    random = np.random.default_rng(4)
    apart = random.uniform(0, outside, STREETS)
    hit = random.beta(2, 4, STREETS) * (1 - apart)
    shares = random.dirichlet([0.6] * 3, STREETS)
    kind = np.stack([hit, apart, 1 - hit - apart], axis=1)
    order = [0, 2, 1] if edge == "low" else [1, 2, 0]  # who takes the line of kinds first
    if edge == "inside":
        joint = shares[:, :, None] * kind[:, None, :]
    else:
        parts = overlaps(shares[:, order].cumsum(axis=1), kind.cumsum(axis=1))
        joint = parts[:, np.argsort(order)]
    return joint[:, :, [0, 2, 1]] / STREETS, shares


def true_gap(joint: np.ndarray) -> float:
    hits, misses, _ = joint.sum(axis=0).T
    rate = hits / (hits + misses)
    return float(rate[1] - rate[0])


def held(truth: float, counts: list[Counted]) -> float:
    """Return how often the interval of b against a holds the truth, of those estimable."""
    enough = [each for each in counts if each.support[:2].min() >= MINIMUM_TRIALS]
    assert len(enough) >= 150
    ends = np.array([[side[1] for side in gap_limits(each, 0)[2:]] for each in enough])
    return float(np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1])))


@pytest.mark.parametrize("edge", ["low", "inside", "high"])
@pytest.mark.parametrize(
    ("outside", "n", "known"),
    [(0.0, 600, 0.0), (0.6, 600, 0.3), (0.6, 150, 0.3), (0.0, 3000, 0.0)],
)
def test_with_a_proxy_intervals_hold_the_true_gap_19_times_in_20(edge, outside, n, known):
    joint, shares = population(edge, outside)
    parts = np.stack([known * joint, (1 - known) * joint])
    draws = np.random.default_rng(5).multinomial(n, parts.ravel() / parts.sum(), 250)
    counts = []
    for drawn in draws.reshape(-1, *parts.shape).astype(float):
        cells = drawn[1].sum(axis=1)
        lived = cells.sum(axis=1) > 0
        own = shares[lived]
        counts.append(Counted(drawn[0].sum(axis=0).T[:2], cells[lived].T, own, own))
    assert held(true_gap(joint), counts) >= 0.94


@pytest.mark.parametrize("edge", ["low", "inside", "high"])
@pytest.mark.parametrize("n", [100, 1000])
def test_without_a_proxy_intervals_hold_the_true_gap_19_times_in_20(edge, n):
    known = 0.7 * np.array([[0.2, 0.2, 0.1], [0.1, 0.2, 0.1], [0.05, 0.05, 0]])
    taken = {"high": [[0, 1], [1, 0]], "low": [[1, 0], [0, 1]], "inside": [[0.5, 0.5]] * 2}[edge]
    unknown = np.zeros((3, 3))
    unknown[:2, :2] = 0.3 * np.array(taken) * [0.4, 0.6]
    truth = true_gap(np.stack([known, unknown]))
    parts = np.stack([known, unknown])
    draws = np.random.default_rng(6).multinomial(n, parts.ravel(), 250).reshape(-1, *parts.shape)
    nothing = np.zeros((1, 3))
    counts = [
        Counted(of_known.T[:2].astype(float), cell.sum(axis=0)[:, None], nothing, nothing + 1)
        for of_known, cell in draws
    ]
    assert held(truth, counts) >= 0.94


def test_intervals_allow_for_proxy_values_with_a_customer_each_where_bounds_do_not():
    random = np.random.default_rng(0)
    counts, own = [], np.full((300, 2), 0.5)
    for _ in range(150):
        hits = random.binomial(1, 0.4, 300)
        counts.append(Counted(np.zeros((2, 2)), np.stack([hits, 1 - hits, 0 * hits]), own, own))
    truth = 0.8  # b takes all hits and two in ten misses, a takes the other misses
    assert held(truth, counts) >= 0.94
    assert max(gap_limits(each, 0)[1][1] for each in counts) < 0.01


def test_bounds_from_few_customers_a_proxy_value_say_that_they_look_too_narrow():
    rows, _ = mixed()
    proxy = pd.Series(np.arange(400) // 4)
    shares = pd.DataFrame({"a": 0.5, "b": 0.5, "c": 0.0}, range(100))
    told = gap_bounds(rows["y"], rows["d"], None, reference="a", proxy=proxy, shares=shares)
    assert told.explain().splitlines()[0] == (
        "The group of 400 of 400 customers is unknown. The shares of their proxy values are taken "
        "as exact, and nothing else is assumed. There are 4.0 of them a proxy value. With so few, "
        "bounds look narrower than they are; the intervals allow for it."
    )


def test_too_few_customers_are_not_estimable_whatever_their_outcome():
    counts = [(20, 0, 20, 0), (0, 0, 9, 0), (10, 0, 0, 0), (5, 0, 15, 0)]
    rows = table_of(counts, ["a", "b", "c", "?"])
    frame = bounded(rows, rows["group"].where(rows["group"] != "?"), "selection_rate")
    few, enough = frame.set_index("group").loc[["b", "c"]].to_dict("records")
    assert few["note"] == "not estimable (n=9)"
    assert np.isnan([few[name] for name in LIMITS]).all()
    assert enough["note"] == ""
    assert np.isfinite([enough[name] for name in LIMITS]).all()


def test_a_proxy_attributes_customers_to_the_denominator():
    rows = table_of([(10, 0, 20, 30)], ["?"])
    shares = pd.DataFrame({"a": [0.7], "b": [0.3]}, ["x"])
    asked = {"proxy": np.full(60, "x"), "shares": shares, "metric": "true_positive_rate"}
    assert bounded(rows, None, **asked)["note"].tolist() == ["not estimable (n=9)"]
    asked["shares"] = shares.assign(a=0.6, b=0.4)
    assert bounded(rows, None, **asked)["note"].tolist() == [""]


def test_an_interval_is_whole_where_a_group_can_be_without_any_hit():
    rows = table_of([(0, 0, 40, 60)], ["?"])
    shares = pd.DataFrame({"a": [0.5], "b": [0.5]}, ["x"])
    asked = {"proxy": np.full(100, "x"), "shares": shares, "metric": "true_positive_rate"}
    row = bounded(rows, None, **asked).iloc[0]
    assert row[BOUNDS].tolist() == [0, 0]
    assert row["low"] < -0.05
    assert row["high"] > 0.05


def explained(counts: dict[str, tuple[int, int]], metric: str = "selection_rate") -> list[str]:
    """Return what is said of these counts of contacted and not contacted; "?" is unknown."""
    cells = [(yes, 0, no, 0) for yes, no in counts.values()]
    rows = table_of(cells, [*counts])
    group = rows["group"].where(rows["group"] != "?").rename("band")
    told = gap_bounds(rows["y"], rows["d"], group, reference="a", metrics=[metric])
    return told.explain().splitlines()


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {"a": (60, 40), "b": (20, 80)},
            [
                "The group of all 200 customers is known: bounds are the gaps.",
                "- selection_rate, b against a: gap -0.40 (95 % interval from -0.51 to -0.27): lower.",
            ],
        ),
        (
            {"a": (50, 50), "b": (50, 50)},
            [
                "The group of all 200 customers is known: bounds are the gaps.",
                "- selection_rate, b against a: gap +0.00 (95 % interval from -0.14 to +0.14): "
                "cannot tell the sign, which may be chance.",
            ],
        ),
        (
            {"a": (200, 800), "b": (700, 300), "?": (50, 50)},
            [
                "The group of 100 of 2,100 customers is unknown. Nothing is assumed about them.",
                "- selection_rate, b against a: gap from +0.43 to +0.52 (95 % interval from +0.39 to "
                "+0.56): higher, whatever the groups of the unknown customers.",
            ],
        ),
        (
            {"a": (50, 50), "b": (60, 40), "?": (1, 1)},
            [
                "The group of 2 of 202 customers is unknown. Nothing is assumed about them.",
                "- selection_rate, b against a: gap from +0.09 to +0.11 (95 % interval from -0.05 to "
                "+0.24): cannot tell the sign, which may be chance.",
            ],
        ),
        (
            {"a": (60, 40), "b": (20, 80), "?": (100, 100)},
            [
                "The group of 200 of 400 customers is unknown. Nothing is assumed about them.",
                "- selection_rate, b against a: gap from -0.70 to +0.30 (95 % interval from -0.76 to "
                "+0.39): cannot tell the sign, which depends on the groups of the unknown customers.",
            ],
        ),
        (
            {"a": (10, 10), "b": (2, 2)},
            [
                "The group of all 24 customers is known: bounds are the gaps.",
                "- selection_rate, b against a: not estimable (n=4).",
            ],
        ),
    ],
)
def test_the_words_follow_the_numbers(counts, said):
    assert explained(counts) == said


def test_bounds_that_tell_nothing_say_so():
    rows = table_of([(50, 0, 50, 0)], ["?"])
    shares = pd.DataFrame({"a": [0.5], "b": [0.5]}, ["x"])
    asked = {"reference": "a", "proxy": np.full(100, "x"), "shares": shares}
    told = gap_bounds(rows["y"], rows["d"], None, metrics=["selection_rate"], **asked)
    assert told.frame()[BOUNDS].to_numpy().tolist() == [[-1, 1]]
    assert told.explain().endswith(
        "gap from -1.00 to +1.00 (95 % interval from -1.00 to +1.00): cannot tell the sign or "
        "anything else, since any gap is possible."
    )


def test_the_frame_is_a_copy():
    rows, _ = mixed()
    told = gap_bounds(rows["y"], rows["d"], rows["told"], reference="a")
    frame = told.frame()
    frame["low"] = 0.0
    assert (told.frame()["low"] != 0).all()


def test_only_customers_of_unknown_group_need_a_proxy():
    rows, shares = mixed()
    whole = bounded(rows, rows["told"], proxy=rows["street"], shares=shares)
    known = rows["told"].notna()
    part = rows["street"].mask(known)
    assert_frame_equal(bounded(rows, rows["told"], proxy=part, shares=shares), whole)
    elsewhere = rows["street"].mask(known, "elsewhere")
    assert_frame_equal(bounded(rows, rows["told"], proxy=elsewhere, shares=shares), whole)


def refusal(**changes: object) -> str:
    group = pd.Series(["a", "b", None, "a", "b", None] * 4)
    proxy = pd.Series(["N", "N", "N", "S", "S", "S"] * 4)
    shares = pd.DataFrame({"a": [0.9, 0.2], "b": [0.1, 0.8]}, ["N", "S"])
    decisions = pd.Series([0, 1, 1] * 8)
    asked = {"y_true": decisions, "y_pred": decisions, "group": group, "reference": "a"}
    with pytest.raises(InputError) as caught:
        gap_bounds(**(asked | {"proxy": proxy, "shares": shares} | changes))
    return str(caught.value)


GOOD = pd.DataFrame({"a": [0.9, 0.2], "b": [0.1, 0.8]}, ["N", "S"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"shares": GOOD.assign(a=[0.9, 0.3])},
            "shares must sum to 1 in each row, got 1.1 for 'S'. Add the group that it lacks.",
        ),
        (
            {"shares": GOOD.assign(a=[0.9 + 2e-6, 0.2])},
            "shares must sum to 1 in each row, got 1.000002 for 'N'. Add the group that it lacks.",
        ),
        (
            {"shares": GOOD.assign(a=[-0.1, 0.2], b=[1.1, 0.8])},
            "shares must be numbers of at least 0, got -0.1 for 'N' and 'a'. Correct it.",
        ),
        (
            {"shares": GOOD.assign(b=[0.1, None])},
            "shares must be numbers of at least 0, got nan for 'S' and 'b'. Correct it.",
        ),
        (
            {"shares": GOOD.astype(object).assign(b=[0.1, "most"])},
            "shares must be numbers of at least 0, got most for 'S' and 'b'. Correct it.",
        ),
        (
            {"shares": GOOD.loc[["N"]]},
            "proxy must hold only values that shares name, got 'S'. Known: 'N'.",
        ),
        (
            {"shares": GOOD.set_axis(["a", "B"], axis=1)},
            "group must hold only values that shares name, got 'b'. Did you mean 'B'?",
        ),
        (
            {"shares": GOOD.loc[["N", "S", "N"]]},
            "shares must name each proxy value and group once, got 'N'. Merge those that are the same.",
        ),
        (
            {"shares": {"a": 1}},
            "shares must be a DataFrame with a row for each proxy value and a column for each group, "
            "got dict. Use pd.crosstab(..., normalize='index') of a source.",
        ),
        (
            {"shares": None},
            "shares must be a DataFrame with a row for each proxy value and a column for each group, "
            "got NoneType. Use pd.crosstab(..., normalize='index') of a source.",
        ),
        (
            {"proxy": None},
            "proxy is required with shares, got None. Pass a value for each row.",
        ),
        (
            {"proxy": pd.Series(["N", "N", None, "S", "S", "S"] * 4)},
            "proxy must not be missing, got 4 of 24 rows without. Give those rows a value of their "
            "own, too.",
        ),
        (
            {"proxy": pd.Series(["N"] * 24, index=range(1, 25))},
            "y_true and proxy must have the same index in the same order, got different ones. Align "
            "the rows first, or pass arrays to have them read by position.",
        ),
        (
            {"group": ["a", "b"]},
            "y_true, y_pred, group and proxy must have the same number of rows, got 24, 24, 2 and 24. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            {"group": np.full((24, 1), "a")},
            "group must be one value a row, got shape (24, 1). Pass one column.",
        ),
        (
            {"reference": "A"},
            "reference must be one of the groups, got 'A'. Did you mean 'a'?",
        ),
        (
            {"group": None, "proxy": None, "shares": None},
            "group must hold at least two groups, got none. Record it for some customers, or pass "
            "proxy and shares.",
        ),
        (
            {"group": ["a"] * 12 + [None] * 12, "proxy": None, "shares": None},
            "group must hold at least two groups, got 'a'. Record it for some customers, or pass "
            "proxy and shares.",
        ),
        (
            {"y_true": [0, 2] * 12},
            "y_true must be coded 0 and 1, got 2. Code the positive value as 1.",
        ),
        (
            {"metrics": ["selection"]},
            "metrics must be a known name, got 'selection'. Did you mean 'selection_rate'?",
        ),
        (
            {"metrics": ["balanced_accuracy"]},
            "metrics must be a known name, got 'balanced_accuracy'. Did you mean 'accuracy'?",
        ),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    assert refusal(**changes) == message


def test_one_rate_may_be_named_alone():
    rows, shares = mixed()
    told = [
        bounded(rows, rows["told"], proxy=rows["street"], shares=shares, metrics=metrics)
        for metrics in ("selection_rate", ["selection_rate"])
    ]
    assert_frame_equal(*told)


def test_no_rate_is_refused():
    assert refusal(metrics=[]).startswith("metrics must name at least one rate, got none. Known: ")


def test_shares_that_sum_to_one_but_for_rounding_are_fine():
    rows, shares = mixed()
    rounded = shares * (1 + 5e-7)
    told = [bounded(rows, rows["told"], proxy=rows["street"], shares=s) for s in (shares, rounded)]
    assert_frame_equal(*told)
