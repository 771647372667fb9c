"""How often the intervals of a curve hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.models.uplift._areas import gain_over_random
from equipoise.models.uplift._curve import uplift_curve

CAMPAIGNS = 120


def intervals(drawn):
    curve = uplift_curve(
        drawn.y,
        drawn.scores,
        treatment=drawn.treatment,
        probability=drawn.probability,
        unit=drawn.unit,
    )
    frame, tenths = curve.frame(steps=5), curve.deciles()
    return np.array(
        [
            curve.qini,
            curve.auuc,
            gain_over_random(curve.rows),
            curve.uplift_at(0.3),
            *frame[["gain", "low", "high"]].to_numpy()[[2, 5]],
            *tenths[["uplift", "low", "high"]].to_numpy()[[0]],
        ]
    )


@pytest.mark.parametrize(
    "kind", [{"by_row": True, "levels": 30}, {"repeats": 3}], ids=["logged and tied", "repeated"]
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(campaign, kind):
    truth = intervals(campaign(150_000, 1, **kind))[:, 0]
    found = np.stack([intervals(campaign(800, 1000 + seed, **kind)) for seed in range(CAMPAIGNS)])
    held = (found[..., 1] <= truth) & (truth <= found[..., 2])
    rates = np.nanmean(np.where(np.isnan(found[..., 0]), np.nan, held), axis=0)
    # 0.93 to 0.98 in many more campaigns; three standard errors below the least.
    assert (rates >= 0.93 - 3 * (0.93 * 0.07 / CAMPAIGNS) ** 0.5).all()
    assert rates.mean() == pytest.approx(0.955, abs=0.025)
