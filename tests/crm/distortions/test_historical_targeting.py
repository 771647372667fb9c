import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.crm import HistoricalTargeting
from equipoise.crm._population import draw_individuals

PEOPLE = draw_individuals(5, 2000)
DOSES = st.floats(0.0, 1.0)


def left_out(dose, group=("community", "B"), seed=5):
    return HistoricalTargeting(dose=dose, group=group).left_out_of_campaign(PEOPLE, seed)


@given(first=DOSES, second=DOSES)
def test_a_larger_dose_only_adds_to_those_left_out(first, second):
    low, high = sorted([first, second])
    assert not (left_out(low) & ~left_out(high)).any()


@given(dose=DOSES)
def test_only_the_group_is_left_out(dose):
    assert not left_out(dose)[PEOPLE["community"] != "B"].any()


def test_dose_0_leaves_out_nobody_and_dose_1_the_whole_group():
    assert not left_out(0.0).any()
    assert (left_out(1.0) == (PEOPLE["community"] == "B")).all()


def test_the_share_left_out_is_the_dose():
    in_group = (PEOPLE["community"] == "A").to_numpy()
    share = left_out(0.6, group=("community", "A"))[in_group].mean()
    assert share == pytest.approx(0.6, abs=0.06)


def test_each_group_has_draws_of_its_own():
    women = left_out(0.5, group=("gender", "woman"))
    b = left_out(0.5)
    both = ((PEOPLE["gender"] == "woman") & (PEOPLE["community"] == "B")).to_numpy()
    assert (women[both] != b[both]).any()
