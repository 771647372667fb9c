"""What was read in words: true for each epsilon, each unit, and close to certainty."""

from __future__ import annotations

import math

import pytest

from equipoise.privacy.reading import read_epsilon


def test_sentences_for_a_customer_and_for_a_row():
    told = read_epsilon(1.0, delta=1e-6, adjacency="add-remove", priors=[0.01]).sentences()
    assert told[0] == (
        "If somebody's suspicion that you are among the customers was 1 in 100, after the release it "
        "can be at most 2.94 in 100 and at least 0.336 in 100, whatever else they know. Delta allows "
        "exceptions: in at most 1.1 in 100,000 releases it may be more, up to certain, and in at most "
        "as many it may be less, down to ruled out."
    )
    of_row = read_epsilon(0.1, delta=0, adjacency="add-remove", unit="row", priors=[0.002])
    assert str(of_row).split("\n") == [
        "If somebody's suspicion that a certain row is in the table was 2 in 1,000, after the release "
        "it can be at most 2.21 in 1,000 and at least 1.81 in 1,000, whatever else they know.",
        "If somebody's suspicion that a row of yours says one thing and not another was 2 in 1,000, "
        "after the release it can be at most 2.45 in 1,000 and at least 1.63 in 1,000, whatever else "
        "they know.",
        "Whoever tests the suspicion that a certain row is in the table has a share of hits at most 5 "
        "points of 100 above the share of false alarms.",
        "Whoever tests the suspicion that a row of yours says one thing and not another has a share of "
        "hits at most 9.97 points of 100 above the share of false alarms.",
    ]


@pytest.mark.parametrize(
    ("epsilon", "prior", "limits"),
    [
        (8.0, 0.5, "was 50 in 100, after the release it can be at most 99.9665 in 100 and at least "
                   "0.0335 in 100"),
        (10.0, 0.5, "can be at most 99.99547 in 100 and at least 0.00453 in 100"),
        (20.0, 0.01, "can be at most almost certain and at least almost ruled out"),
        (50.0, 0.5, "can be at most almost certain and at least almost ruled out"),
        (1.0, 0.99999, "was 99.999 in 100, after the release it can be at most 99.999633 in 100 and at "
                       "least 99.99728 in 100"),
        (1.0, 0.99999999, "was 99.999999 in 100, after the release it can be at most almost certain "
                          "and at least 99.99999728 in 100"),
    ],
)  # fmt: skip
def test_close_to_certainty_more_digits_are_shown(epsilon, prior, limits):
    told = read_epsilon(epsilon, delta=0, adjacency="replace-one", priors=prior).sentences()[0]
    assert f"{limits}, whatever else they know." in told
    assert "100 in 100" not in told


def test_each_of_several_epsilons_is_told_with_its_own_limits():
    told = str(read_epsilon([0.1, 1.0, math.inf], delta=0, adjacency="replace-one", priors=0.01))
    lines = told.split("\n")
    assert [line.split(",")[0] for line in lines[:-1]] == [
        f"At epsilon {epsilon}" for epsilon in ("0.1", "1", "inf") * 2
    ]
    assert lines[1].startswith("At epsilon 1, if somebody's suspicion that your data say")
    assert lines[2].startswith("At epsilon inf, nothing limits what somebody can learn")
    assert lines[4].startswith("At epsilon 1, whoever tests the suspicion")


@pytest.mark.parametrize(
    ("unit", "presence", "values"),
    [
        ("customer", "you are among the customers", "your data say"),
        ("individual_id", "you are among the customers", "your data say"),
        ("household", "a certain household is in the table", "the data of a certain household say"),
        (
            "household_id",
            "a certain household is in the table",
            "the data of a certain household say",
        ),
        ("row", "a certain row is in the table", "a row of yours says"),
    ],
)
def test_the_sentences_are_about_the_unit_of_the_promise(unit, presence, values):
    told = read_epsilon(1.0, delta=0, adjacency="add-remove", unit=unit, priors=0.01).sentences()
    assert told[0].startswith(f"If somebody's suspicion that {presence} was 1 in 100")
    assert told[1].startswith(
        f"If somebody's suspicion that {values} one thing and not another was"
    )
    alone = read_epsilon(1.0, delta=0, adjacency="replace-one", unit=unit)
    assert str(alone).endswith(f"Whether {presence} at all is not covered.")
