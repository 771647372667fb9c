import pandas as pd
import pytest

from equipoise.consent import permitted
from equipoise.exceptions import InputError

ASKED = {"purpose": "profiling", "at": "2026-01-03"}


@pytest.mark.parametrize(
    ("of_events", "of_frame"),
    [
        ([1, 2], pd.Series([2, 1, 3])),
        ([1, 2], pd.Series([2.0, 1.0, None])),
        ([1, 2], pd.Series([2, 1, None], dtype="Int64")),
        ([1.0, 2.0], pd.Series([2, 1, 3], dtype="uint8")),
        (["1", "2"], pd.Series(["2", "1", None])),
        (["1", "2"], pd.Series(["2", "1", None], dtype="category")),
        (["1", "2"], pd.Series(["2", "1", None], dtype=object)),
    ],
)
def test_ids_of_one_kind_find_each_other(as_events, of_events, of_frame):
    first, second = of_events
    events = as_events({"individual_id": first}, {"individual_id": second, "has_proof": False})
    people = pd.DataFrame({"customer": of_frame}).set_axis(["x", "y", "z"])
    rows = permitted(people, events, unit="customer", **ASKED)
    assert rows.index.tolist() == ["y"]
    assert rows["customer"].dtype == people["customer"].dtype


@pytest.mark.parametrize(
    ("of_event", "of_frame", "message"),
    [
        (
            "1",
            [1],
            "unit 'individual_id' must hold text, as individual_id of the events does, got numbers. "
            "Convert one of the two columns.",
        ),
        (
            1,
            ["1"],
            "unit 'individual_id' must hold numbers, as individual_id of the events does, got text. "
            "Convert one of the two columns.",
        ),
        (
            1,
            [1.5],
            "unit 'individual_id' must hold text, or whole numbers, got floating values. "
            "Write the ids as text.",
        ),
        (
            1,
            [2.0**53],
            "unit 'individual_id' must hold text, or whole numbers, got floating values. "
            "Write the ids as text.",
        ),
        (
            1,
            [2**70],
            "unit 'individual_id' must hold text, or whole numbers, got integer values. "
            "Write the ids as text.",
        ),
    ],
)
def test_ids_that_could_not_find_each_other_are_refused(as_events, of_event, of_frame, message):
    events = as_events({"individual_id": of_event, "expression": "opt_out"})
    people = pd.DataFrame({"individual_id": of_frame})
    with pytest.raises(InputError) as refused:
        permitted(people, events, policy="opt_out", **ASKED)
    assert str(refused.value) == message


@pytest.mark.parametrize("policy", ["opt_in", "opt_out"])
def test_a_row_without_an_id_is_never_permitted(as_events, policy):
    people = pd.DataFrame({"individual_id": [None, "P1", float("nan")]})
    rows = permitted(people, as_events({}), policy=policy, **ASKED)
    assert rows.index.tolist() == [1]


def test_a_frame_without_any_id_permits_nobody(as_events):
    people = pd.DataFrame({"individual_id": [None, None]})
    events = as_events({"individual_id": 1})
    assert permitted(people, events, policy="opt_out", **ASKED).empty


def test_text_is_compared_letter_by_letter(as_events):
    people = pd.DataFrame({"individual_id": ["p1", "P1", "P1 "]})
    assert permitted(people, as_events({}), **ASKED).index.tolist() == [1]
