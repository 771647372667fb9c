"""The injected gap grows with the dose, by as much as each mechanism says."""

import numpy as np
import pytest

from equipoise.crm import ConsentSelection, HistoricalTargeting, LabelBias

DOSES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
GROUP = ("community", "B")
MEASURED = {
    HistoricalTargeting: "response_rate",
    LabelBias: "response_rate",
    ConsentSelection: "opt_in_rate",
}
"""Distortions that lose each of a group's positives with probability equal to the dose."""


@pytest.mark.parametrize("kind", MEASURED)
def test_the_injected_gap_is_the_dose_times_the_undistorted_rate(kind, course):
    measure, column, value = MEASURED[kind], *GROUP
    assert kind.moves == measure
    moved = []
    for dose in DOSES:
        world = course.with_distortions(kind(dose=dose, group=GROUP))
        vars(world)["clean_twin"] = course  # rather than draw the very same customers once more
        gap = world.injected_gap(column, measure=measure).set_index("group")
        assert (gap.drop(value)["injected"] == 0.0).all()
        rate, n = gap.loc[value, "undistorted_rate"], gap.loc[value, "n"]
        error = np.sqrt(dose * (1 - dose) * rate * n) / n
        assert gap.loc[value, "injected"] == pytest.approx(-dose * rate, abs=3 * error + 1e-12)
        moved.append(gap.loc[value, "injected"])
    assert moved[0] == 0.0
    assert (np.diff(moved) < 0).all()
