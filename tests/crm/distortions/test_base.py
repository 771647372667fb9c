import re

import pytest

from equipoise.crm import HistoricalTargeting
from equipoise.exceptions import InputError


@pytest.mark.parametrize("dose", [-0.1, 1.5, float("nan"), "0.5", True, None])
def test_a_dose_outside_0_to_1_is_refused(dose):
    message = (
        f"dose must be a number in [0, 1], got {dose!r}. "
        "Use 0 for the clean world and 1 for the full effect."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        HistoricalTargeting(dose=dose, group=("community", "B"))


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (
            ("comunity", "B"),
            "group must start with a known column, got 'comunity'. Did you mean 'community'?",
        ),
        (
            ("community", "D"),
            "group must end with a value of community, got 'D'. Known: 'A', 'B', 'C'.",
        ),
        (
            ("age_band", "30-40"),
            "group must end with a value of age_band, got '30-40'. Did you mean '30-44'?",
        ),
        (
            "community=B",
            "group must be a pair (column, value), got 'community=B'. Use ('community', 'B').",
        ),
        (
            ("community", 2),
            "group must be a pair (column, value), got ('community', 2). Use ('community', 'B').",
        ),
    ],
)
def test_a_group_that_the_population_lacks_is_refused(group, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        HistoricalTargeting(dose=0.5, group=group)


def test_a_distortion_is_a_value():
    one = HistoricalTargeting(dose=1, group=["community", "B"])
    assert one == HistoricalTargeting(dose=1.0, group=("community", "B"))
    assert hash(one) == hash(HistoricalTargeting(dose=1.0, group=("community", "B")))
