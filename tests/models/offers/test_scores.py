"""Scores of customers × items: propensity, factorisation, popularity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.models import out_of_fold
from equipoise.models.offers import (
    OfferScores,
    assign_offers,
    factor_scores,
    popularity_scores,
    propensity_scores,
    rank_offers,
)
from equipoise.models.offers._rows import read_rows
from equipoise.models.offers._scores import probabilities_of, scores_of


def refused(act, *given, **asked) -> str:
    with pytest.raises(InputError) as error:
        act(*given, **asked)
    return str(error.value)


def test_one_model_for_all_items_is_the_pipeline_out_of_fold(drawn):
    found = propensity_scores(drawn, "item", "logistic", folds=3, seed=2)
    assert (found.values == out_of_fold(drawn, "logistic", folds=3, seed=2)).all()
    assert found.is_probability
    assert found.method == "logistic, one model for all items, 3 folds"
    assert not found.frame()["is_cold"].any()


def test_a_model_for_each_item_sees_rows_of_this_item_only(drawn):
    found = propensity_scores(drawn, "item", "logistic", pooled=False, folds=2, seed=2)
    own = np.flatnonzero(drawn.X["item"] == "c")
    alone = out_of_fold(drawn.take(own).without("item"), "logistic", folds=2, seed=2)
    assert (found.values[own] == alone).all()
    other = replace(drawn, y=np.where(drawn.X["item"] == "c", drawn.y, drawn.y[::-1]))
    again = propensity_scores(other, "item", "logistic", pooled=False, folds=2, seed=2)
    assert (again.values[own] == alone).all()


def test_items_given_as_an_array_need_a_model_each(drawn):
    items = np.tile([1, 2, 3, 4], 60)
    assert refused(propensity_scores, drawn, items, "logistic", seed=0) == (
        "item must be a feature of the task for one model of all items, got an array. "
        "Add the column to the features, or use pooled=False."
    )
    found = propensity_scores(drawn, items, "logistic", pooled=False, folds=2, seed=0)
    assert found.frame()["item"].tolist()[:4] == ["1", "2", "3", "4"]


def test_an_item_that_hardly_anybody_takes_is_named(posed):
    y = np.zeros((20, 2), dtype=int)
    y[:10, 0], y[0, 1] = 1, 1
    task = posed(y)
    assert refused(propensity_scores, task, "item", "logistic", pooled=False, seed=0) == (
        "folds must not exceed the customers of the rarer outcome, got 5 folds, 1 customers for "
        "'b'. Use fewer folds, or pooled=True."
    )
    assert refused(propensity_scores, task, "item", "logistc", seed=0) == (
        "model must be a known name, got 'logistc'. Did you mean 'logistic'?"
    )
    assert refused(propensity_scores, task, "item", folds=1, seed=0) == (
        "folds must be a whole number of at least 2, got 1. Use 5 or 10."
    )


def test_popularity_is_the_share_of_customers_who_take_an_item(posed):
    task = posed([[1, 0, 0], [1, 1, 0]])
    found = popularity_scores(task, "item")
    assert found.values.tolist() == [1.0, 0.5, 0.0] * 2
    assert found.is_probability


def closed(counts: np.ndarray, factors: int, shrinkage: float) -> np.ndarray:
    logs = np.log1p(counts)
    mean = logs.mean(axis=0)
    left, values, right = np.linalg.svd(logs - mean, full_matrices=False)
    kept = np.maximum(values - shrinkage * np.sqrt(len(logs)), 0)
    kept[factors:] = 0
    return mean + left * kept @ right


@pytest.mark.parametrize(("factors", "shrinkage"), [(1, 0.0), (2, 0.2), (4, 0.1), (4, 0.0)])
def test_factors_are_singular_vectors_with_their_values_shrunk(drawn, factors, shrinkage):
    counts = drawn.X["bought_before"].to_numpy().reshape(60, 4)
    assert counts.any(axis=1).all()  # nobody is cold
    found = factor_scores(
        drawn, "item", history="bought_before", factors=factors, shrinkage=shrinkage
    )
    assert found.values.reshape(60, 4) == pytest.approx(closed(counts, factors, shrinkage))
    assert not found.is_probability
    assert found.notes == ()


def test_no_other_factors_reach_a_lower_penalised_error(drawn):
    counts = drawn.X["bought_before"].to_numpy().reshape(60, 4)
    logs, penalty = np.log1p(counts), 0.2 * np.sqrt(60)
    found = factor_scores(drawn, "item", history="bought_before", factors=2, shrinkage=0.2)
    apart = found.values.reshape(60, 4) - logs.mean(axis=0)
    left, values, right = np.linalg.svd(apart, full_matrices=False)
    of_customers, of_items = left[:, :2] * np.sqrt(values[:2]), right[:2].T * np.sqrt(values[:2])

    def error(customers, items):
        missed = logs - logs.mean(axis=0) - customers @ items.T
        return (missed**2).sum() / 2 + penalty * ((customers**2).sum() + (items**2).sum()) / 2

    least, random = error(of_customers, of_items), np.random.default_rng(0)
    for scale in (1e-3, 1e-1, 1):
        for _ in range(20):
            moved = (
                part + scale * random.normal(size=part.shape) for part in (of_customers, of_items)
            )
            assert error(*moved) > least


def test_with_much_shrinkage_everybody_gets_the_popular_items(drawn):
    found = factor_scores(drawn, "item", history="bought_before", factors=4, shrinkage=99)
    mean = np.log1p(drawn.X["bought_before"].to_numpy().reshape(60, 4)).mean(axis=0)
    assert found.values.reshape(60, 4) == pytest.approx(np.tile(mean, (60, 1)))


def test_customers_without_history_get_the_popular_items_and_this_is_said(posed):
    task = posed(np.eye(3), counts=[[0, 0, 0], [5, 1, 0], [4, 0, 2]])
    found = factor_scores(task, "item", history="bought_before", factors=3, shrinkage=0.1)
    assert found.notes == (
        "1 of 3 customers have no history: their items are in the order of popularity",
    )
    assert found.frame()["is_cold"].tolist() == [True] * 3 + [False] * 6
    mean = np.log1p([[5, 1, 0], [4, 0, 2]]).mean(axis=0)
    assert found.values[:3] == pytest.approx(mean)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_table_of_purchases_says_the_same_as_the_count(posed, seed):
    random = np.random.default_rng(seed)
    counts = random.poisson(1.0, (12, 3))
    counts[0, 0] += 1
    task = posed(np.eye(3, dtype=int)[random.integers(0, 3, 12)], counts=counts)
    table = pd.DataFrame({"id": task.unit, "item": task.X["item"], "items": counts.ravel()})
    each = table.loc[table.index.repeat(table["items"]), ["id", "item"]].sample(
        frac=1, random_state=seed
    )
    asked = {"factors": 2, "shrinkage": 0.05}
    found = factor_scores(task, "item", history="bought_before", **asked)
    for history in (table, each):
        again = factor_scores(task, "item", history=history, **asked)
        assert again.values == pytest.approx(found.values)
        assert again.notes == found.notes


def test_purchases_of_others_and_of_other_items_are_not_used(posed):
    task = posed(np.eye(2), counts=[[2, 1], [0, 1]])
    table = pd.DataFrame({"id": task.unit, "item": task.X["item"], "items": [2, 1, 0, 1]})
    more = pd.DataFrame({"id": ["zz", "zz", "c0000"], "item": ["a", "q", "q"], "items": [9, 9, 9]})
    asked = {"factors": 2, "shrinkage": 0.0}
    found = factor_scores(task, "item", history=pd.concat([table, more]), **asked)
    alone = factor_scores(task, "item", history=table, **asked)
    assert found.values == pytest.approx(alone.values)
    assert found.notes == (
        "2 rows of the history are not used: they are of customers who are not in the task",
        "1 row of the history is not used: it is of items that are not on offer",
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"factors": 5},
            "factors must not exceed the number of items, got 5 for 4 items. Use fewer.",
        ),
        (
            {"factors": 0},
            "factors must be a whole number of at least 1, got 0. Use for example 4.",
        ),
        (
            {"shrinkage": -1},
            "shrinkage must be a number in [0, 1e+09], got -1. Try 0.1.",
        ),
        (
            {"history": "item"},
            "history must name a number, got 'item', which is text. Name the count of items.",
        ),
        (
            {"history": [1, 2]},
            "history must name a feature, or be a DataFrame of purchases, got list. "
            "Name the count of items.",
        ),
        (
            {"history": "bought"},
            "history must name a column of the table, got 'bought'. Did you mean 'bought_before'?",
        ),
        (
            {"history": pd.DataFrame({"id": ["c0000"], "items": [1]})},
            "history must name a column of the table, got 'item'. Did you mean 'items'?",
        ),
        (
            {"history": pd.DataFrame({"id": ["c0000"], "item": ["a"], "items": ["two"]})},
            "history must count items in numbers, got 'items' of type str. "
            "Convert the column first.",
        ),
        (
            {"history": pd.DataFrame({"id": ["c0000"], "item": ["a"], "items": [-1.0]})},
            "history must count items, zero or more, got something else in 1 of 1 rows. "
            "Correct or remove those rows.",
        ),
        (
            {"history": pd.DataFrame({"id": ["zz"], "item": ["a"]})},
            "history must have purchases of the task's customers, got none for 60 customers. "
            "Check the columns of customer and item, or use popularity_scores.",
        ),
    ],
)
def test_what_cannot_be_factorised_is_refused(drawn, asked, told):
    given_ = {"history": "bought_before", "factors": 2, "shrinkage": 0.1} | asked
    assert refused(factor_scores, drawn, "item", **given_) == told


@pytest.mark.parametrize("seed", [None, -1])
def test_a_seed_is_a_whole_number(drawn, seed):
    told = f"seed must be a whole number of at least 0, got {seed}. Use a seed such as 7."
    scores = popularity_scores(drawn, "item")
    for make in (rank_offers, assign_offers):
        assert refused(make, drawn, scores, item="item", seed=seed) == told
    for pooled in (True, False):
        found = refused(propensity_scores, drawn, "item", pooled=pooled, seed=seed)
        assert found == told


def test_scores_of_other_rows_are_refused(drawn):
    rows, found = read_rows(drawn, "item"), popularity_scores(drawn, "item")
    other = read_rows(drawn.take(np.arange(240)[::-1]), "item")
    assert (scores_of(rows, found) == found.values).all()
    assert refused(scores_of, other, found) == (
        "scores must be scores of the task's rows, in their order, got 240 of other customers or "
        "items. Score the task that is passed."
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["x"] * 240, "scores must be numbers, got str. Convert the column first."),
        (
            [np.nan, *[0.5] * 239],
            "scores must be finite numbers, got missing or infinite ones in 1 of 240 rows. "
            "Check the model.",
        ),
        (
            [1.5, *[0.5] * 239],
            "scores must be probabilities of the positive outcome, in 0..1, got 0.5 to 1.5. "
            "Use propensity_scores: an order has no euros.",
        ),
    ],
)
def test_scores_that_are_no_probabilities_are_refused(drawn, values, told):
    assert refused(probabilities_of, read_rows(drawn, "item"), values) == told


def test_an_order_is_not_taken_for_probabilities_although_it_may_look_like_them(drawn):
    table = popularity_scores(drawn, "item").frame()
    order = OfferScores("a clever order", False, table)
    assert refused(probabilities_of, read_rows(drawn, "item"), order) == (
        "scores must be probabilities of the positive outcome, in 0..1, got scores of a clever "
        "order. Use propensity_scores: an order has no euros."
    )
