import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.crm import DISTORTIONS, HistoricalTargeting, parse_distortion
from equipoise.crm._schema import GROUPS
from equipoise.exceptions import InputError

PAIRS = [(column, value) for column, values in GROUPS.items() for value in values]


@given(
    kind=st.sampled_from(list(DISTORTIONS.values())),
    dose=st.floats(0.0, 1.0),
    group=st.sampled_from(PAIRS),
)
def test_text_and_distortion_say_the_same(kind, dose, group):
    distortion = kind(dose=dose, group=group)
    assert parse_distortion(str(distortion)) == distortion


def test_the_name_leads_to_the_class():
    assert DISTORTIONS["historical_targeting"] is HistoricalTargeting


FORM = "Write it like historical_targeting=0.6:community=B."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"distortion must read name=dose:column=value, got ''. {FORM}"),
        (
            "historical_targeting=0.6",
            f"distortion must read name=dose:column=value, got 'historical_targeting=0.6'. {FORM}",
        ),
        (
            "historical_targeting=0.6:community",
            "distortion must read name=dose:column=value, "
            f"got 'historical_targeting=0.6:community'. {FORM}",
        ),
        (
            "historic_targeting=0.6:community=B",
            "distortion must be a known name, got 'historic_targeting'. "
            "Did you mean 'historical_targeting'?",
        ),
        (
            "historical_targeting=much:community=B",
            f"dose must be a number, got 'much'. {FORM}",
        ),
        ("historical_targeting:community=B", f"dose must be a number, got ''. {FORM}"),
        (
            "historical_targeting=2:community=B",
            "dose must be a number in [0, 1], got 2.0. "
            "Use 0 for the clean world and 1 for the full effect.",
        ),
        (
            "historical_targeting=0.6:community=Z",
            "group must end with a value of community, got 'Z'. Known: 'A', 'B', 'C'.",
        ),
    ],
)
def test_text_that_says_no_distortion_is_refused(text, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        parse_distortion(text)
