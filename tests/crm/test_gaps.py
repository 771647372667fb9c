import re

import numpy as np
import pytest

from equipoise.crm import HistoricalTargeting, make_crm
from equipoise.crm._schema import GROUPS
from equipoise.exceptions import InputError

DOSES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def injected(dose, group=("community", "B"), seed=11):
    passed_over = HistoricalTargeting(dose=dose, group=group)
    crm = make_crm(customers=4000, seed=seed, distortions=[passed_over])
    return crm.injected_gap(group[0]).set_index("group")


def test_dose_0_injects_exactly_nothing():
    assert (injected(0.0)["injected"] == 0.0).all()


@pytest.mark.parametrize("group", [("community", "B"), ("gender", "woman")])
def test_the_injected_gap_grows_with_the_dose(group):
    gaps = [injected(dose, group)["injected"] for dose in DOSES]
    moved = np.array([gap[group[1]] for gap in gaps])
    assert (np.diff(moved) < 0).all()
    assert all((gap.drop(group[1]) == 0.0).all() for gap in gaps)


def test_at_dose_1_the_group_seems_never_to_answer():
    gap = injected(1.0).loc["B"]
    assert gap["recorded_rate"] == 0.0
    assert gap["injected"] == -gap["undistorted_rate"]


def test_all_attributes_are_shown_unless_one_is_named(distorted):
    gaps = distorted.injected_gap()
    assert list(gaps) == [
        "attribute",
        "group",
        "n",
        "recorded_rate",
        "undistorted_rate",
        "injected",
    ]
    assert list(zip(gaps["attribute"], gaps["group"], strict=True)) == [
        (column, value) for column, values in GROUPS.items() for value in values
    ]


def test_a_column_that_is_no_group_is_refused(clean):
    message = "column must be a known name, got 'comunity'. Did you mean 'community'?"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        clean.injected_gap("comunity")


def test_communities_do_not_differ_before_a_distortion():
    covered = 0
    for seed in range(40):
        rows = make_crm(customers=3000, seed=seed).injected_gap("community").set_index("group")
        rate, n = rows["recorded_rate"], rows["n"]
        error = np.sqrt((rate * (1 - rate) / n)[["A", "B"]].sum())
        covered += abs(rate["B"] - rate["A"]) < 1.96 * error
    assert covered >= 35
