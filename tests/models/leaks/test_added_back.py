"""What a suspect adds to a model without any: copies do not hide each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.intervals import area_under_curve
from equipoise.models import held_out, out_of_fold
from equipoise.models.leaks._added_back import added_back


def test_two_copies_of_one_leak_both_show_their_price(small, planted):
    rng = np.random.default_rng(4)
    y = np.tile([0, 0, 1], 80)
    duration = rng.gamma(2 + 6 * y)
    offer = small(rng.normal(size=240) + y, y)
    task = planted(offer, duration=duration, minutes=duration / 60)
    rows = added_back(task, ["duration", "minutes"], model="logistic", seed=1).set_index("feature")
    clean = area_under_curve(offer.y, out_of_fold(offer, "logistic", seed=1)).value
    with_it = out_of_fold(planted(offer, duration=duration), "logistic", seed=1)
    full = area_under_curve(offer.y, with_it).value
    assert rows["value"].tolist() == pytest.approx([full - clean] * 2)
    assert (rows["low"] > 0.1).all()
    assert rows["level"].isna().all()
    assert rows.loc["minutes", "note"] == (
        f"logistic, held out: {clean:.3f} without any suspect, {full:.3f} with this one"
    )


def test_without_an_honest_feature_nothing_is_measured(small):
    task = small(np.arange(40.0), np.tile([0, 1], 20))
    (row,) = added_back(task, ["x"], model="logistic", seed=1).itertuples()
    assert np.isnan(row.value)
    assert row.note == "not measured: every feature is a suspect"


def test_dated_rows_are_judged_by_a_model_of_earlier_ones(small, planted):
    rng = np.random.default_rng(4)
    y = np.tile([0, 0, 1], 100)
    days = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(300) // 30, "D"))
    offer = small(rng.normal(size=300) + y, y, time=days)
    task = planted(offer, duration=rng.gamma(2 + 6 * y))
    (row,) = added_back(task, ["duration"], model="logistic", seed=1).itertuples()
    later = [held_out(each, seed=1) for each in (offer, task)]
    clean, full = (area_under_curve(each.task.y, each.scores).value for each in later)
    assert row.value == pytest.approx(full - clean)
    assert row.note == (
        "logistic, held out from 2026-01-07 on: "
        f"{clean:.3f} without any suspect, {full:.3f} with this one"
    )


@pytest.mark.parametrize(
    ("later", "note"),
    [
        (
            [0] * 20,
            "not measured: the rows from 2 on must have both outcomes, got 0 positive of 20",
        ),
        (
            [0, 1] * 9 + [0, 0],
            "not measured: fewer than ten customers of either outcome among the rows held out",
        ),
    ],
)
def test_where_later_rows_cannot_judge_it_is_said(small, planted, later, note):
    y = np.array([0, 1] * 15 + later)
    task = planted(small(np.arange(50.0), y, time=pd.Series(np.repeat([1.0, 2.0], [30, 20]))), z=y)
    (row,) = added_back(task, ["z"], model="logistic", seed=1).itertuples()
    assert np.isnan(row.value)
    assert row.note == note
