"""What holds for each of the nine distortions."""

import itertools
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm import DISTORTIONS, FeedbackLoop, ProxyColumn, make_crm
from equipoise.crm._gaps import MEASURES, by_group
from equipoise.crm._make import ONCE
from equipoise.crm._population import draw_individuals
from equipoise.crm._schema import GROUPS, TABLES
from equipoise.crm._streams import Draws
from equipoise.exceptions import InputError

KINDS = list(DISTORTIONS.values())
PAIRS = [(column, value) for column, values in GROUPS.items() for value in values]
DOSES = (0.25, 0.5, 0.75, 1.0)
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=list(DISTORTIONS))

DRAWS = Draws(5, 1, 2000)
PEOPLE = draw_individuals(DRAWS)
ROW, EVENT = np.divmod(np.arange(8000), 4)


def hooks(distortion):
    """Return everything a distortion may do before the records are written, by hook."""
    return {
        "pace_after_shift": -distortion.pace_after_shift(PEOPLE),
        "own_persuasion": distortion.own_persuasion(PEOPLE),
        "consent_withheld": distortion.consent_withheld(PEOPLE, DRAWS),
        "left_out": distortion.left_out(PEOPLE, DRAWS),
        "outcomes_lost": distortion.outcomes_lost(PEOPLE, DRAWS, ROW, EVENT),
        "orders_unlinked": distortion.orders_unlinked(PEOPLE, DRAWS, ROW, EVENT),
        "household_lost": distortion.household_lost(PEOPLE, DRAWS),
        "never_recorded": distortion.never_recorded(PEOPLE, DRAWS),
        "struck": distortion.struck(PEOPLE, DRAWS),
    }


@EACH_KIND
@pytest.mark.parametrize("dose", [-0.1, 1.5, float("nan"), "0.5", True, None])
def test_a_dose_outside_0_to_1_is_refused(kind, dose):
    message = (
        f"dose must be a number in [0, 1], got {dose!r}. "
        "Use 0 for the clean world and 1 for the full effect."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        kind(dose=dose, group=("community", "B"))


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
@EACH_KIND
def test_a_group_that_the_population_lacks_is_refused(kind, group, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        kind(dose=0.5, group=group)


@EACH_KIND
def test_a_distortion_is_a_value(kind):
    one = kind(dose=1, group=["community", "B"])
    assert one == kind(dose=1.0, group=("community", "B"))
    assert hash(one) == hash(kind(dose=1.0, group=("community", "B")))
    assert one != kind(dose=0.5, group=("community", "B"))


@EACH_KIND
def test_each_says_what_it_does_and_which_measure_shows_it(kind):
    assert kind.moves in MEASURES
    assert kind.summary.endswith(".")
    assert kind.needs_everyone == (kind is FeedbackLoop)


@EACH_KIND
@settings(max_examples=20)
@given(first=st.floats(0.0, 1.0), second=st.floats(0.0, 1.0), group=st.sampled_from(PAIRS))
def test_whom_a_small_dose_strikes_a_larger_one_strikes(kind, first, second, group):
    low, high = sorted([first, second])
    less, more = hooks(kind(dose=low, group=group)), hooks(kind(dose=high, group=group))
    for name, strength in less.items():
        assert (strength <= more[name]).all(), name


@EACH_KIND
@given(dose=st.floats(0.0, 1.0), group=st.sampled_from(PAIRS))
@settings(max_examples=20)
def test_hooks_strike_members_only(kind, dose, group):
    column, value = group
    outside = (PEOPLE[column] != value).to_numpy()
    nothing = hooks(kind(dose=0.0, group=group))
    for name, strength in hooks(kind(dose=dose, group=group)).items():
        who = outside[ROW] if len(strength) == len(ROW) else outside
        assert (strength[who] == nothing[name][who]).all(), name


@EACH_KIND
@pytest.mark.parametrize("dose", [0.2, 0.7])
def test_the_dose_is_the_share_of_members_struck(kind, dose):
    struck = kind(dose=dose, group=("community", "A")).struck(PEOPLE, DRAWS)
    members = (PEOPLE["community"] == "A").to_numpy()
    error = np.sqrt(dose * (1 - dose) / members.sum())
    assert abs(struck[members].mean() - dose) < 4 * error


def test_each_distortion_and_group_has_draws_of_its_own():
    masks = [
        kind(dose=0.5, group=group).struck(PEOPLE, DRAWS)
        for kind in KINDS
        for group in (("gender", "woman"), ("community", "A"))
    ]
    both = ((PEOPLE["gender"] == "woman") & (PEOPLE["community"] == "A")).to_numpy()
    correlation = np.corrcoef(np.array(masks)[:, both])[np.triu_indices(len(masks), 1)]
    assert np.abs(correlation).max() < 4.5 / np.sqrt(both.sum())


SMALL = 300


@pytest.fixture(scope="module")
def undistorted(draw_tables):
    return draw_tables(SMALL, 3)


@EACH_KIND
@pytest.mark.parametrize("column", list(GROUPS))
def test_dose_0_is_the_clean_world_byte_for_byte(kind, column, draw_tables, as_bytes, undistorted):
    none = [kind(dose=0.0, group=(column, value)) for value in GROUPS[column]]
    for distortions in [[each] for each in none] if kind.name in ONCE else [none]:
        tables = draw_tables(SMALL, 3, *distortions)
        for name in TABLES:
            assert as_bytes(undistorted[name]) == as_bytes(tables[name]), name


def test_dose_0_leaves_the_truth_as_it_is_and_injects_nothing(as_bytes):
    none = [kind(dose=0.0, group=("community", "B")) for kind in KINDS]
    clean, twin = make_crm(customers=300, seed=3), make_crm(customers=300, seed=3, distortions=none)
    assert as_bytes(clean.truth.latents) == as_bytes(twin.truth.latents)
    assert as_bytes(clean.truth.members) == as_bytes(twin.truth.members)
    for measure in MEASURES:
        assert (twin.injected_gap(measure=measure)["injected"] == 0.0).all()


def rows_of(tables, contacts, orders):
    """Return the rows of some customers in every table; orders are told by their ids."""
    people = contacts.map(
        dict(
            zip(tables["contacts"]["contact_id"], tables["contacts"]["individual_id"], strict=True)
        )
    )
    keys = {
        "individuals": ("individual_id", people),
        "contacts": ("contact_id", contacts),
        "orders": ("order_id", orders),
        "order_items": ("order_id", orders),
        "campaign_members": ("contact_id", contacts),
        "email_events": ("contact_id", contacts),
        "cases": ("contact_id", contacts),
        "consent_events": ("individual_id", people),
    }
    return {
        name: tables[name][tables[name][column].isin(ids)].reset_index(drop=True)
        for name, (column, ids) in keys.items()
    }


@pytest.mark.parametrize("group", PAIRS, ids=lambda pair: "=".join(pair))
@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind is not ProxyColumn], ids=lambda kind: kind.name
)
def test_only_members_are_affected_whatever_the_group(kind, group, draw_tables, undistorted):
    column, value = group
    tables = draw_tables(SMALL, 3, kind(dose=1.0, group=group))
    people = undistorted["contacts"].merge(undistorted["individuals"], on="individual_id")
    orders = undistorted["orders"].merge(people[["contact_id", column]], on="contact_id")
    contacts = people["contact_id"][people[column] != value]
    ids = orders["order_id"][orders[column] != value]
    before, after = (rows_of(each, contacts, ids) for each in (undistorted, tables))
    for name in before:
        pd.testing.assert_frame_equal(before[name], after[name], obj=name)
    there = undistorted["orders"]["contact_id"].isin(contacts).sum()
    assert tables["orders"]["contact_id"].isin(contacts).sum() == there
    if len(contacts) < 0.9 * SMALL:  # of very few members, chance may spare all
        assert any(not undistorted[name].equals(tables[name]) for name in TABLES)


@cache
def clean_rate(draw, customers, seed, measure):
    return by_group(draw(customers, seed), "community", measure)[1]["A"]


@pytest.mark.parametrize("seed", [1, 2])
@EACH_KIND
def test_what_it_moves_it_moves_more_with_every_dose(kind, seed, draw_tables):
    customers = 8000 if kind.name in ("time_shift", "group_specific_behaviour") else 3000
    injected = [
        by_group(
            draw_tables(customers, seed, kind(dose=dose, group=("community", "A"))),
            "community",
            kind.moves,
        )[1]["A"]
        - clean_rate(draw_tables, customers, seed, kind.moves)
        for dose in DOSES
    ]
    direction = 1 if kind is ProxyColumn else -1
    assert (direction * np.diff([0.0, *injected]) > 0).all(), injected


WITHOUT_LOOP = [
    kind(dose=0.6, group=group)
    for kind, group in zip(
        [kind for kind in KINDS if not kind.needs_everyone], PAIRS[::-1], strict=False
    )
]


def test_the_first_customers_of_a_larger_distorted_world_are_those_of_a_smaller(draw_tables):
    small, large = (draw_tables(customers, 8, *WITHOUT_LOOP) for customers in (300, 900))
    assert len(WITHOUT_LOOP) == 8
    for name in TABLES:
        head = large[name].head(len(small[name]))
        pd.testing.assert_frame_equal(head, small[name], obj=name)


@settings(max_examples=4)
@given(cuts=st.sets(st.integers(2, 299), min_size=1, max_size=3))
def test_parts_drawn_by_themselves_are_the_whole(draw_tables, cuts):
    whole = draw_tables(300, 8, *WITHOUT_LOOP)
    edges = [1, *sorted(cuts), 301]
    parts = [
        draw_tables(end - start, 8, *WITHOUT_LOOP, first=start)
        for start, end in itertools.pairwise(edges)
    ]
    for name in TABLES:
        if name != "campaigns":
            joined = pd.concat([part[name] for part in parts], ignore_index=True)
            pd.testing.assert_frame_equal(joined, whole[name], obj=name)
