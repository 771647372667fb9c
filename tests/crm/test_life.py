import numpy as np
import pandas as pd
import pytest

from equipoise.crm import RETAIL, ConsentSelection, GroupSpecificBehaviour, TimeShift
from equipoise.crm._calendar import CAMPAIGNS, SHIFT_DATE
from equipoise.crm._life import live
from equipoise.crm._make import check_settings
from equipoise.crm._schema import START_DATE
from equipoise.crm._streams import Draws

DRAWS = Draws(6, 1, 1500)
SHIFT_DAY = (SHIFT_DATE - START_DATE).days
GROUP = ("gender", "woman")


def lived(*distortions):
    return live(DRAWS, check_settings(distortions, RETAIL, "consent_less"))


@pytest.fixture(scope="module")
def life():
    return lived()


def test_there_are_both_outcomes_of_every_campaign(life):
    assert len(life.potential) == len(CAMPAIGNS)
    assert all(len(frame) == DRAWS.customers for frame in life.potential)


def test_the_first_order_is_on_the_day_of_joining(life):
    first = life.baseline.groupby("row").head(1)
    assert (first["number"] == 0).all()
    assert (first["day"].to_numpy() == life.joined_day).all()


def test_a_time_shift_leaves_every_earlier_day_as_it_was(life):
    shifted = lived(TimeShift(dose=1.0, group=GROUP))
    before, after = (each.baseline[each.baseline["day"] < SHIFT_DAY] for each in (life, shifted))
    pd.testing.assert_frame_equal(before.reset_index(drop=True), after.reset_index(drop=True))
    assert len(shifted.baseline) < len(life.baseline)


def test_after_a_time_shift_every_order_keeps_its_place_and_comes_later(life):
    shifted = lived(TimeShift(dose=0.5, group=GROUP))
    both = shifted.baseline.merge(
        life.baseline, on=["row", "number"], suffixes=("", "_usual"), validate="1:1"
    )
    assert len(both) == len(shifted.baseline)
    assert (both["day"] >= both["day_usual"]).all()
    assert (both["list_eur"] == both["list_eur_usual"]).all()
    women = (life.individuals["gender"] == "woman").to_numpy()[both["row"]]
    assert (both["day"] == both["day_usual"])[~women].all()


def test_two_groups_shifts_multiply():
    both = lived(
        TimeShift(dose=1.0, group=GROUP), TimeShift(dose=1.0, group=("income_band", "low"))
    )
    one = lived(TimeShift(dose=1.0, group=GROUP))
    low_women = (one.individuals["gender"] == "woman") & (one.individuals["income_band"] == "low")
    count = [
        np.bincount(each.baseline["row"], minlength=1500)[low_women].sum() for each in (both, one)
    ]
    assert count[0] < count[1]


def test_consent_selection_and_own_behaviour_move_no_baseline_order(life):
    for distortion in (ConsentSelection, GroupSpecificBehaviour):
        other = lived(distortion(dose=1.0, group=GROUP))
        pd.testing.assert_frame_equal(life.baseline, other.baseline)
        pd.testing.assert_frame_equal(life.latents, other.latents)
