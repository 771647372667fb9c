"""Customers with rows in several groups: no independent samples, so comparisons are wider."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.fairness import audit
from equipoise.fairness._allocation import allocation
from equipoise.intervals import Interval, difference
from equipoise.intervals.compared import quotient


def rows_in_two_groups(seed: int, customers: int = 60) -> pd.DataFrame:
    """Return two rows a customer, one on each channel; whoever is contacted on one is not on the other."""
    hit = np.random.default_rng(seed).random(customers) < 0.5
    one = pd.DataFrame({"customer": np.arange(customers), "channel": "mail", "d": hit})
    other = one.assign(channel="phone", d=~hit)
    return pd.concat([one, other], ignore_index=True).astype({"d": int})


def audited(rows: pd.DataFrame, unit: object = None):
    groups, given = rows[["channel"]], {"channel": "phone"}
    return audit(rows["d"], rows["d"], groups=groups, reference=given, unit=unit)


def of_selection(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["metric"] == "selection_rate"].set_index("group")


def test_gaps_and_ratios_add_the_distances_of_both_sides():
    rows = rows_in_two_groups(1)
    found = audited(rows, rows["customer"])
    rates = of_selection(found.frame())
    one, other = (
        Interval(*rates.loc[name, ["value", "low", "high"]]) for name in ("mail", "phone")
    )
    gap = of_selection(found.gaps()).loc["mail", ["gap", "low", "high"]]
    assert gap.tolist() == pytest.approx(difference(one, other, dependent=True))
    share = of_selection(found.ratios()).loc["mail", ["ratio", "low", "high"]]
    assert share.tolist() == pytest.approx(quotient(one, other, dependent=True))
    worst = found.worst().set_index("metric").loc["selection_rate"]
    assert worst["high"] == pytest.approx(max(abs(gap["low"]), abs(gap["high"])))


def test_customers_with_all_rows_in_one_group_leave_comparisons_as_they_are():
    rows = rows_in_two_groups(1)
    alone = rows["customer"] + 1000 * (rows["channel"] == "mail")
    found, plain = audited(rows, alone), audited(rows)
    pd.testing.assert_frame_equal(found.gaps(), plain.gaps())
    crossed = audited(rows, rows["customer"]).gaps()
    assert (crossed["high"] - crossed["low"] >= plain.gaps()["high"] - plain.gaps()["low"]).all()


def test_allocation_adds_the_distances_as_well():
    rows = rows_in_two_groups(2)
    told = [
        allocation(
            rows[["channel"]], contacted=rows["d"], reference={"channel": "phone"}, unit=unit
        ).gaps()
        for unit in (rows["customer"], None)
    ]
    width, alone = (each["high"].iloc[0] - each["low"].iloc[0] for each in told)
    assert width == pytest.approx(np.sqrt(2) * alone, rel=0.05)


def test_gaps_of_opposed_rows_of_the_same_customers_keep_their_coverage():
    inside = crossed = 0
    for seed in range(150):
        rows = rows_in_two_groups(seed)
        _, low, high = of_selection(audited(rows, rows["customer"]).gaps())[
            ["gap", "low", "high"]
        ].iloc[0]
        inside += low <= 0 <= high
        _, low, high = of_selection(audited(rows).gaps())[["gap", "low", "high"]].iloc[0]
        crossed += low <= 0 <= high
    assert inside / 150 > 0.93
    assert crossed / 150 < 0.9  # what independent samples would claim
