"""Intervals around what the records show contain the truth as often as they say, 500 times."""

import numpy as np
import pandas as pd
import pytest

from equipoise.crm._behaviour import RETAIL
from equipoise.crm._calendar import CAMPAIGNS, COURSE_CAMPAIGN
from equipoise.crm._campaigns import HOLD_OUT
from equipoise.crm._life import Settings
from equipoise.crm._schema import GROUPS, REFERENCE
from equipoise.crm._streams import Draws
from equipoise.crm._world import simulate
from equipoise.intervals import newcombe, wilson

SEEDS = 50
SAMPLES_OF_A_SEED = 10
SAMPLES = SEEDS * SAMPLES_OF_A_SEED
CUSTOMERS = 3000
CLEAN = Settings(RETAIL, "consent_less", ())
PLACE = CAMPAIGNS.index(COURSE_CAMPAIGN)
COMPARED = [(column, value) for column in GROUPS for value in GROUPS[column]]
NATURAL = [pair for pair in COMPARED if pair[0] != "community" and pair[1] != REFERENCE[pair[0]]]
BY_CHANCE_AROUND_95 = (0.92, 0.98)
"""Where 99.8 % of the shares of 500 lie whose true coverage is 95 %; there are nine such shares."""


def answers(world, sample):
    """Return hits, their exact expectation and denominators of the response rate, by group."""
    decided, potential = world.decided[PLACE], world.life.potential[PLACE]
    asked = world.is_member[PLACE] & (decided.status != HOLD_OUT)
    rows = pd.DataFrame(
        {
            "hits": decided.contacted & potential["orders_if_contacted"],
            "expected": decided.contacted * potential["order_probability_if_contacted"],
            "n": 1.0,
        }
    )[asked]
    people, drawn = world.life.individuals[asked], sample[asked]
    by_group = {
        column: rows.groupby([drawn, people[column].rename("group")]).sum() for column in GROUPS
    }
    return pd.concat(by_group).swaplevel(0, 1)


def effect(world, sample):
    """Return what the hold-out shows about the selected, and their true average effect."""
    decided, potential = world.decided[PLACE], world.life.potential[PLACE]
    contacted = decided.is_selected & decided.contacted
    held_out = decided.is_selected & (decided.status == HOLD_OUT)
    with_contact = potential["orders_if_contacted"].to_numpy()
    without = potential["orders_if_not_contacted"].to_numpy()
    shown = pd.DataFrame(
        {
            "contacted_orders": with_contact & contacted,
            "contacted": contacted,
            "held_out_orders": without & held_out,
            "held_out": held_out,
            "selected": decided.is_selected,
            "truth": (with_contact.astype(int) - without) * decided.is_selected,
        }
    )
    counts = shown.astype(int).groupby(sample).sum()
    return counts.assign(truth=counts["truth"] / counts["selected"])


@pytest.fixture(scope="module")
def worlds():
    """Return both for 500 clean samples of 3,000 customers: seeds 0 to 49, ten from each.

    What a customer does depends on the seed and on their own number alone, so customers 3,001 to
    6,000 of a seed are as independent of its first 3,000 as those of another seed are.
    """
    by_group, effects = [], []
    for seed in range(SEEDS):
        world = simulate(Draws(seed, 1, SAMPLES_OF_A_SEED * CUSTOMERS), CLEAN)
        sample = seed * SAMPLES_OF_A_SEED + np.arange(SAMPLES_OF_A_SEED * CUSTOMERS) // CUSTOMERS
        by_group.append(answers(world, sample))
        effects.append(effect(world, sample))
    return pd.concat(by_group), pd.concat(effects)


def counts(by_group, column, value):
    return by_group.xs((column, value), level=(1, 2))


def share_covered(low, high, truth):
    return float(np.mean((low <= truth) & (truth <= high)))


def gap_coverage(by_group, column, value, truth):
    group = counts(by_group, column, value)
    reference = counts(by_group, column, REFERENCE[column])
    _, low, high = newcombe(group["hits"], group["n"], reference["hits"], reference["n"])
    return share_covered(low, high, truth)


def natural_rate(by_group, column, value):
    """Return the group's exact probability of a recorded answer, over the customers of all samples."""
    group = counts(by_group, column, value).sum()
    return group["expected"] / group["n"]


def test_each_community_s_gap_interval_contains_0(worlds):
    by_group, _ = worlds
    for value in ("B", "C"):
        assert 0.93 <= gap_coverage(by_group, "community", value, 0.0) <= 0.97


def test_the_true_rates_of_the_communities_are_equal(worlds):
    rates = [natural_rate(worlds[0], "community", value) for value in GROUPS["community"]]
    assert np.ptp(rates) < 0.001


def test_other_groups_gap_intervals_contain_their_natural_gap(worlds):
    by_group, _ = worlds
    low, high = BY_CHANCE_AROUND_95
    covered = {}
    for column, value in NATURAL:
        truth = natural_rate(by_group, column, value)
        truth -= natural_rate(by_group, column, REFERENCE[column])
        covered[column, value] = gap_coverage(by_group, column, value, truth)
    assert all(low <= share <= high for share in covered.values()), covered
    assert 0.93 <= np.mean(list(covered.values())) <= 0.97


def test_each_group_s_rate_interval_contains_its_natural_rate(worlds):
    by_group, _ = worlds
    low, high = BY_CHANCE_AROUND_95
    covered = {}
    for column, value in COMPARED:
        group = counts(by_group, column, value)
        bounds = wilson(group["hits"], group["n"])
        truth = natural_rate(by_group, column, value)
        covered[column, value] = share_covered(bounds.low, bounds.high, truth)
    assert all(low <= share <= high for share in covered.values()), covered
    assert 0.93 <= np.mean(list(covered.values())) <= 0.97


def test_gender_age_and_income_differ_by_nature(worlds):
    by_group, _ = worlds
    for column in ("gender", "age_band", "income_band"):
        rates = [natural_rate(by_group, column, value) for value in GROUPS[column]]
        assert 0.005 < np.ptp(rates) < 0.03


def test_the_hold_out_s_interval_contains_the_true_average_effect(worlds):
    """The truth is the mean of both outcomes' difference over the very customers selected.

    Given these, contact is a coin flip, and intervals from two independent rates are a little too
    wide, for one part of the variance (of the effects themselves) cannot be seen.
    """
    shown = worlds[1]
    _, low, high = newcombe(
        shown["contacted_orders"], shown["contacted"], shown["held_out_orders"], shown["held_out"]
    )
    assert 0.93 <= share_covered(low, high, shown["truth"]) <= 0.97


def test_the_hold_out_s_estimate_is_right_on_average(worlds):
    shown = worlds[1]
    estimate = shown["contacted_orders"] / shown["contacted"]
    estimate -= shown["held_out_orders"] / shown["held_out"]
    error = estimate - shown["truth"]
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(SAMPLES)
    assert 0.05 < shown["truth"].mean() < 0.08
