"""What was read in a picture: every limit with its exception, and every epsilon or its name."""

from __future__ import annotations

import math

import pytest

from equipoise.privacy.reading import read_epsilon


def test_the_picture_has_text_and_marks_a_single_epsilon():
    picture = read_epsilon(0.7, delta=0, adjacency="add-remove").plot()
    assert picture.alt == (
        "Largest advantage of an attack and largest suspicion after a release, against epsilon from "
        "0.01 to 10; neither falls. At epsilon 0.7 the advantage is at most 0.337 and a "
        "suspicion can rise from 0.5 to 0.669, from 0.1 to 0.183, from 0.01 to 0.02."
    )
    assert picture.caption == (
        "Limits for every attack and whatever else is known; a certain attack may gain less. An "
        "advantage of 0 is guessing, 1 is certainty. The table beside it has every figure."
    )
    assert "is the person in the table?" in picture.svg
    assert ">0.7<" in picture.svg.replace("\n", "")
    assert "is the person in the table?" not in replaced(0.5).plot().svg


def replaced(epsilon, delta=0.0):
    return read_epsilon(epsilon, delta=delta, adjacency="replace-one")


@pytest.mark.parametrize(
    ("epsilon", "shown", "axis"),
    [(20.0, "20", "0.01 to 20"), (1e-5, "1e-05", "1e-05 to 10"), (1e4, "10000", "0.01 to 10000")],
)
def test_the_axis_reaches_the_epsilon_that_was_read(epsilon, shown, axis):
    picture = replaced(epsilon).plot()
    assert f"against epsilon from {axis}; neither falls. At epsilon {epsilon:g} the" in picture.alt
    assert f">{shown}<" in picture.svg.replace("\n", "")
    assert "Off the axis" not in picture.caption


@pytest.mark.parametrize("epsilon", [math.inf, 1e-320, 1e9])
def test_an_epsilon_that_has_no_place_on_the_axis_is_named(epsilon):
    picture = replaced(epsilon).plot()
    assert f"Off the axis: epsilon {epsilon:g}. " in picture.caption
    assert f"from 0.01 to 10; neither falls. At epsilon {epsilon:g} the advantage" in picture.alt
    both = replaced([0.5, epsilon]).plot()
    assert f"Off the axis: epsilon {epsilon:g}. " in both.caption
    assert "At epsilon 10 the advantage is at most 1 " in both.alt


@pytest.mark.parametrize(
    ("delta", "exception"),
    [
        (1e-6, "Delta allows exceptions: in a share of at most 1.1e-05 of the releases a suspicion may "
               "rise further, up to certain."),
        (0.1, "Delta is so large that nothing limits a suspicion."),
    ],
)  # fmt: skip
def test_the_picture_names_the_exception_of_a_delta(delta, exception):
    for adjacency in ("add-remove", "replace-one"):
        picture = read_epsilon(1.0, delta=delta, adjacency=adjacency).plot()
        assert f" {exception} " in picture.caption
        assert picture.alt.endswith(f" {exception}")
