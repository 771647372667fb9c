"""Options with an inner form: what they mean, and what they refuse."""

from __future__ import annotations

import pytest

from equipoise.cli._options import listed, number, numbers, pair_of_numbers, pairs
from equipoise.exceptions import InputError


def test_names_may_hold_spaces_and_equals_signs():
    assert pairs("--bounds", ["net worth=-5:5", "a=b=0:1", "x =1:2"]) == {
        "net worth": "-5:5",
        "a=b": "0:1",
        "x ": "1:2",
    }
    assert pair_of_numbers("--bounds", "-5.5:1e3") == (-5.5, 1000.0)
    assert pair_of_numbers("--bounds", "-7:-5") == (-7.0, -5.0)


def test_lists_take_blanks_and_infinity():
    assert listed(" a, b ,,c ") == ["a", "b", "c"]
    assert numbers("--epsilons", "0.3, 1,inf") == [0.3, 1.0, float("inf")]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: pairs("--limit", ["epsilon=1", "epsilon=2"]),
            "--limit must name each column or measure once, got 'epsilon'. Keep one.",
        ),
        (
            lambda: pairs("--limit", ["epsilon"]),
            "--limit must have the form NAME=VALUE, got 'epsilon'. Write one per option.",
        ),
        (
            lambda: pairs("--limit", ["=2"]),
            "--limit must have the form NAME=VALUE, got '=2'. Write one per option.",
        ),
        (
            lambda: number("--limit", "1,2"),
            "--limit must hold numbers, got '1,2'. Write 0.5, 3 or inf.",
        ),
        (
            lambda: number("--limit", ""),
            "--limit must hold numbers, got ''. Write 0.5, 3 or inf.",
        ),
        (
            lambda: numbers("--epsilons", "1,two"),
            "--epsilons must hold numbers, got 'two'. Write 0.5, 3 or inf.",
        ),
        (
            lambda: pair_of_numbers("--bounds", "5"),
            "--bounds must have the form COL=LOW:HIGH, got '5'. Write --bounds age=0:120.",
        ),
        (
            lambda: pair_of_numbers("--bounds", "0:ten"),
            "--bounds must hold numbers, got 'ten'. Write 0.5, 3 or inf.",
        ),
    ],
)
def test_what_has_another_form_is_refused(call, message):
    with pytest.raises(InputError) as refused:
        call()
    assert str(refused.value) == message
