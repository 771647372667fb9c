"""The plain words of an audit: each sentence follows a figure, and "cannot tell" is one of them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.fairness import audit_counts
from equipoise.fairness._explain import headlines
from equipoise.intervals import newcombe

CELLS = st.tuples(*[st.integers(0, 400)] * 4)


def of(reference: str, attribute: str = "band", **groups: tuple[int, int, int, int]):
    """Audit groups given as true positives, false positives, false negatives, true negatives."""
    rows = [
        (group, y, d, count)
        for group, cells in groups.items()
        for (y, d), count in zip(((1, 1), (0, 1), (1, 0), (0, 0)), cells, strict=True)
    ]
    table = pd.DataFrame(rows, columns=[attribute, "y_true", "y_pred", "count"])
    return audit_counts(table, reference={attribute: reference})


def test_a_clear_gap_is_told_with_its_side_and_its_range():
    audited = of("a", a=(60, 40, 40, 260), b=(60, 140, 40, 160))
    _, low, high = newcombe(200, 400, 100, 400)
    assert audited.readings()["band"][0] == (
        "b: 50.0% contacted, 25.0 points more than for a (25.0%). The difference lies between "
        f"{100 * low:.1f} and {100 * high:.1f} points."
    )


def test_an_interval_with_zero_in_it_cannot_tell():
    told = of("a", a=(60, 40, 40, 260), b=(60, 44, 40, 256)).readings()["band"]
    assert told[0].startswith(
        "b: 26.0% contacted, against a (25.0%). These customers cannot tell the two apart: the "
        "difference may be anything from "
    )
    assert re.search(r"from \d+\.\d points fewer to \d+\.\d points more\.$", told[0])


def test_a_small_group_cannot_be_compared_and_says_how_small_it_is():
    told = of("a", a=(60, 40, 40, 260), b=(1, 2, 1, 5)).readings()["band"]
    assert told[:2] == [
        "b: the share contacted cannot be compared, not estimable (n=9).",
        "b: the share of those with the outcome reached cannot be compared, not estimable (n=2).",
    ]


@settings(max_examples=25, deadline=None)
@given(CELLS, CELLS, CELLS)
def test_a_verdict_is_given_where_the_adjusted_interval_excludes_zero_and_only_there(
    one, two, three
):
    audited = of("a", a=one, b=two, c=three)
    told = audited.readings()["band"]
    gaps = audited.gaps().query("metric == 'selection_rate'").set_index("group")
    for group in ("b", "c"):
        row = gaps.loc[group]
        line = next(line for line in told if group in line.split(": ")[0].split(", "))
        if row["note"]:
            assert row["note"] in line
        elif "cannot tell" not in line:
            # What holds for both groups at once holds for one.
            assert row["low"] > 0 or row["high"] < 0
            assert ("more than" in line) == (row["gap"] > 0)


def test_eighty_groups_that_do_not_differ_are_mostly_told_apart_by_nobody():
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(30):
        hits = rng.binomial(250, 0.2, 80)
        groups = {f"g{k:02d}": (h // 2, h - h // 2, 50, 200 - h) for k, h in enumerate(hits)}
        told = of("g00", **groups).readings()["band"]
        found += any("points more than for" in line or "points fewer than" in line for line in told)
    assert found / 60 <= 0.12  # three rates of 5 % each are looked at, and 30 draws are few


def test_many_groups_are_summed_up():
    groups = {f"g{k:02d}": (20, 30, 20, 130) for k in range(20)}
    told = of("g00", **groups).readings()["band"]
    assert told[0] == (
        "19 groups are compared with g00; the ranges below hold for all of them at once."
    )
    assert told[1] == (
        "19 further groups: these customers cannot tell whether their share contacted differs "
        "from that of g00."
    )
    assert len(told) == 5


@pytest.mark.parametrize(
    ("b", "c", "verdict"),
    [
        ((60, 240, 40, 60), (60, 40, 40, 260), ", so some groups do differ."),
        (
            (60, 41, 40, 259), (60, 42, 40, 258),
            ", so these customers cannot tell whether any two groups differ.",
        ),
    ],
)  # fmt: skip
def test_the_largest_gap_stands_beside_what_chance_would_show(b, c, verdict):
    told = of("a", a=(60, 40, 40, 260), b=b, c=c).readings()["band"]
    line = next(line for line in told if line.startswith("Between any two groups"))
    assert line.endswith(verdict)


def test_two_groups_have_no_largest_gap():
    told = of("a", a=(60, 40, 40, 260), b=(60, 240, 40, 60)).readings()["band"]
    assert not any(line.startswith("Between any two") for line in told)


def test_four_fifths_is_told_from_the_side_of_whoever_is_contacted_less():
    told = of("a", a=(60, 40, 40, 260), b=(60, 240, 40, 60)).readings()["band"]
    line = next(line for line in told if "four fifths" in line)
    assert line.startswith("a: contacted 0.33 [0.28, 0.40] times as often as b, ")
    assert line.endswith("which is below four fifths.")
    unsure = of("a", a=(10, 10, 10, 70), b=(8, 6, 12, 74)).readings()["band"]
    line = next(line for line in unsure if "four fifths" in line)
    assert line == "1 comparison with a below four fifths may be due to chance."
    even = of("a", a=(60, 40, 40, 260), b=(60, 41, 40, 259)).readings()["band"]
    assert not any("four fifths" in line for line in even)


def test_a_conflict_is_told_only_where_base_rates_are_told_apart():
    told = of("a", a=(60, 40, 40, 260), b=(120, 40, 80, 160)).readings()["band"]
    assert any("equal contacts and equal error rates cannot both be had" in line for line in told)
    alike = of("a", a=(60, 40, 40, 260), b=(60, 140, 40, 160)).readings()["band"]
    assert not any("cannot both be had" in line for line in alike)


def test_a_conflict_is_not_told_where_it_may_be_none():
    """Contacts that hardly follow the outcome make base rates matter little."""
    audited = of("a", a=(13, 12, 27, 48), b=(20, 10, 30, 40))
    moved = audited.conflicts().set_index(["group", "then"]).loc[("b", "selection_rate")]
    assert moved["low"] <= 0 <= moved["high"]
    told = of("a", a=(1300, 1200, 2700, 4800), b=(2000, 1000, 3000, 4000)).readings()["band"]
    assert any("cannot both be had" in line for line in told)
    assert not any("cannot both be had" in line for line in audited.readings()["band"])


def test_of_many_groups_at_four_fifths_seldom_one_is_called_below():
    random = np.random.default_rng(8)
    false = 0
    for _ in range(100):
        hits = random.binomial(300, [0.5, *[0.4] * 12])
        cells = {f"g{k:02d}": (0, int(hit), 0, int(300 - hit)) for k, hit in enumerate(hits)}
        told = of("g00", **cells).readings()["band"]
        false += any("which is below four fifths" in line for line in told)
    assert false / 100 < 0.06


@pytest.mark.parametrize(("group", "called"), [("1", "senior 1"), ("Yes", "senior Yes")])
def test_a_value_that_says_nothing_alone_is_named_with_its_attribute(group, called):
    audited = of("0", "senior", **{"0": (60, 40, 40, 260), group: (60, 140, 40, 160)})
    assert audited.readings()["senior"][0].startswith(f"{called}: 50.0% contacted, 25.0 points")
    assert headlines(audited) == [f"{called}: 25.0 points more contacted (compared with senior 0)."]


def test_the_headline_says_where_nothing_can_be_told():
    assert headlines(of("a", a=(60, 40, 40, 260), b=(60, 41, 40, 259))) == [
        "band: these customers cannot tell any group from a, neither in contacts nor in reach."
    ]
    assert headlines(of("a", a=(60, 40, 40, 260), b=(1, 2, 1, 3))) == [
        "band: these customers cannot tell any group from a, neither in contacts nor in reach, "
        "since they are too few."
    ]


def test_the_text_is_the_readings_as_a_list():
    audited = of("a", a=(60, 40, 40, 260), b=(60, 140, 40, 160))
    lines = audited.explain().splitlines()
    assert lines[0] == "band"
    assert lines[1:] == [f"- {line}" for line in audited.readings()["band"]]
