"""What a suspect adds to a model without any: copies do not hide each other."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.intervals import area_under_curve
from equipoise.models import out_of_fold
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
