"""Synthetic customers: what one release costs, what is kept of the real ones, and what is hidden."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import BoundsFromDataWarning, InputError
from equipoise.privacy._encoding import level_codes
from equipoise.privacy.accounting import gaussian_mu
from equipoise.tradeoff import Plan, choose, sweep
from equipoise.tradeoff._marginals import Marginals, on_simplex
from equipoise.tradeoff.ways_out import synthetic

GROUPS = ["a", "b", "z"]
EXACT = {"attribute": "band", "groups": GROUPS, "epsilon": math.inf, "delta": 1e-6}
NOISY = EXACT | {"epsilon": 1.0}


def marginals(task):
    return Marginals.of(task, level_codes(task.groups["band"], GROUPS), GROUPS, 8)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 399), st.integers(1, 3))
def test_a_customer_moves_the_released_vector_by_at_most_the_sensitivity(task_with, place, rows):
    task = task_with(400, rows_per_customer=rows)
    gone = task.unit.iloc[place]
    rest = task.take(np.flatnonzero(task.unit != gone))
    moved = np.linalg.norm(marginals(task).vector - marginals(rest).vector)
    assert moved <= rows * math.sqrt(1 + task.X.shape[1]) + 1e-9


def test_noise_is_calibrated_to_rows_per_customer_and_the_number_of_tables(task_with):
    made = synthetic(task_with(600, rows_per_customer=2), **NOISY, random_state=0)
    wanted = 2 * math.sqrt(4) / gaussian_mu(1.0, 1e-6)
    assert made.frame()["noise_sd"].unique() == pytest.approx([wanted], rel=1e-12)
    assert made.guarantee.mu == gaussian_mu(1.0, 1e-6)
    assert str(made.guarantee) == "(epsilon 1, delta 1e-06) per id, add-remove"
    assert made.guarantee.covers == (
        "the synthetic rows, and every model, sweep and choice computed from them alone",
        "the presence and the values of each id's rows, up to 2 together",
    )
    assert "anybody who knows the seed" in made.guarantee.does_not_cover[-1]


def test_the_unseeded_release_says_nothing_of_a_seed_and_is_never_the_same(task):
    first, second = (synthetic(task, **NOISY) for _ in range(2))
    assert not any("seed" in line for line in first.guarantee.does_not_cover)
    assert not first.frame()["count"].equals(second.frame()["count"])


def test_the_same_seed_gives_the_same_rows(task):
    first, second = (synthetic(task, **NOISY, random_state=3) for _ in range(2))
    assert first.task.digest == second.task.digest


def test_without_noise_the_released_counts_are_those_of_the_customers(task):
    told = synthetic(task, **EXACT, random_state=0).frame().set_index(["feature", "group"])
    assert told.loc["", "count"].sum() == len(task)
    plan = told.loc["plan"].loc["b"].set_index(["outcome", "level"])["count"]
    asked = (task.groups["band"] == "b") & (task.X["plan"] == "pro")
    assert plan[1, "pro"] == (asked & (task.y == 1)).sum()


def test_columns_bounds_euros_and_decision_stay_and_each_row_is_a_customer(task):
    made = synthetic(task, **NOISY, rows=500, random_state=0).task
    assert list(made.X) == list(task.X) and made.X.dtypes.equals(task.X.dtypes)
    assert (made.bounds, made.value, made.decision) == (task.bounds, task.value, task.decision)
    assert len(made) == made.unit.nunique() == 500
    assert made.X["spend"].between(0, 400).all() and set(made.X["plan"]) == {"basic", "pro"}
    assert list(made.groups) == ["band"] and made.reference == {"band": "a"}
    assert made.notes[-2:] == (
        "synthetic rows, drawn from noisy marginals",
        "groups of 'sex' were not measured",
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_choice_on_synthetic_customers_sees_a_planted_gap(task_with, seed):
    task = task_with(6000)
    poorer = task.groups["band"] == "b"
    task.X.loc[poorer, "spend"] *= 0.6  # what the model lives on is scarcer in group b
    made = synthetic(task, **NOISY, random_state=seed)
    plan = Plan(epsilons=[math.inf], models=["logistic"], mitigations=["none"], seeds=1)
    gaps, signs = [], []
    for posed in (task, made.task):
        chosen = choose(sweep(posed, plan, jobs=1), {})
        rates = sweep(posed, plan, jobs=1).groups().query("part == 'choose'").set_index("group")
        signs.append(rates.loc["b", "selection_rate"] < rates.loc["a", "selection_rate"])
        gaps.append(chosen.candidates.loc[0, "selection_gap"])
    assert signs == [True, True]
    real, seen = gaps
    assert real > 0.15 and abs(seen - real) < 0.1


def test_relations_between_features_are_hidden(task):
    twin = task.X.assign(age=18 + task.X["spend"] * 0.18)
    task = type(task)(**{f: getattr(task, f) for f in ("y", "groups", "unit", "file")}, X=twin)
    made = synthetic(task, **EXACT, rows=3000, random_state=0).task
    cell = (made.groups["band"] == "a") & (made.y == 0)
    assert abs(np.corrcoef(made.X.loc[cell, "age"], made.X.loc[cell, "spend"])[0, 1]) < 0.08
    assert "each was drawn alone" in synthetic(task, **EXACT, random_state=0).hides[0]


def test_a_group_below_the_noise_takes_the_features_of_all_groups(task):
    assert (task.groups["band"] == "z").sum() == 12
    changed = task.X.assign(spend=np.where(task.groups["band"] == "z", 399.0, task.X["spend"]))
    task = type(task)(**{f: getattr(task, f) for f in ("y", "groups", "unit", "file")}, X=changed)
    few = synthetic(task, **NOISY, rows=20_000, random_state=1).task
    told = synthetic(task, **EXACT, rows=20_000, random_state=1).task
    spend = [t.X.loc[t.groups["band"] == "z", "spend"].median() for t in (few, told)]
    assert spend[0] < 200 and spend[1] > 350


def test_groups_that_nobody_declared_are_said_to_come_from_the_data(task):
    with pytest.warns(BoundsFromDataWarning) as heard:
        made = synthetic(task, attribute="band", epsilon=1, delta=1e-6, random_state=0)
    assert str(heard[0].message) == (
        "The groups of 'band' were read off the customers: that a group has a member is not "
        "covered by the guarantee. Declare them in groups."
    )
    assert (
        "bounds, categories or counts read off the customers (source: data): the groups of band"
        in made.guarantee.does_not_cover
    )


def test_a_declared_feature_of_that_name_declares_the_groups(task_with):
    from equipoise.task import Feature

    task = task_with(
        features={"band": Feature(type="category", categories=("a", "b", "z", "elsewhere"))}
    )
    made = synthetic(task, attribute="band", epsilon=1, delta=1e-6, random_state=0)
    assert set(made.frame()["group"]) == {"a", "b", "z", "elsewhere"}


def refused(task, **changes) -> str:
    with pytest.raises(InputError) as problem:
        synthetic(task, **{**NOISY, "random_state": 0, **changes})
    return str(problem.value)


def test_undeclared_bounds_are_refused(task_with):
    assert refused(task_with(bounds=False)) == (
        "bounds must be declared for every number before a private release, got 'age', 'spend'. "
        "Add bounds: [low, high] in the task file."
    )


def test_a_group_that_was_not_declared_is_refused(task):
    assert refused(task, groups=["a", "b", "x"]) == (
        "group 'band' must be a known name, got 'z'. Known: 'a', 'b', 'x'."
    )


def test_noise_that_leaves_no_rows_is_refused(task):
    told = {refused(task.take(np.arange(k)), epsilon=0.001) for k in (40, 60)}
    # The figures are noisy counts, which nobody paid for: the message must not tell them.
    sd = 2.0 / gaussian_mu(0.001, 1e-6)
    assert told == {
        "epsilon must leave rows of both outcomes above the noise, got noise of "
        f"{2 * sd * math.sqrt(6):.0f} rows. Use a larger epsilon, more customers or fewer features. "
        "Each try reads the customers and costs the same: charge this one, too."
    }


def test_a_category_that_was_not_declared_is_refused_in_a_task_made_by_hand(task):
    odd = task.X.assign(plan=task.X["plan"].where(task.X.index > 3, "gold"))
    task = type(task)(**{f: getattr(task, f) for f in ("y", "groups", "unit", "file")}, X=odd)
    assert refused(task).startswith(
        "feature 'plan' must hold only its declared categories, got 'go"
    )


def test_weights_are_dropped_with_a_note_and_a_known_treatment_is_refused(task_with):
    made = synthetic(task_with(weights="weight"), **NOISY, random_state=0)
    assert made.task.weights is None
    assert "weights 'weight' dropped: each row counts once" in made.task.notes
    treated = task_with(treatment="agreed", treatment_probability=0.5)
    assert refused(treated) == (
        "task must have no treatment with its probability, got 'agreed'. What contacts add needs who "
        "was treated beside each outcome, which marginals do not keep: choose on the customers, or "
        "take the treatment out of the task file."
    )


@given(st.lists(st.floats(-50, 500), min_size=2, max_size=12).map(np.array), st.floats(0.5, 900))
def test_the_nearest_histogram_has_its_total_and_no_negative_count(histogram, total):
    nearest = on_simplex(histogram, total)
    assert nearest.min() >= 0 and nearest.sum() == pytest.approx(total, rel=1e-9)
    even = np.full(len(histogram), total / len(histogram))
    own = np.linalg.norm(nearest - histogram)
    assert own <= np.linalg.norm(even - histogram) + 1e-6


def test_released_counts_are_one_row_each(task):
    told = synthetic(task, **NOISY, random_state=0).frame()
    assert isinstance(told, pd.DataFrame)
    assert len(told) == 3 * 2 * (1 + 8 + 8 + 2)
    assert not told.duplicated(["feature", "group", "outcome", "level"]).any()
