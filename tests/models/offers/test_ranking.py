"""Ranking: measures against their definitions, ties, intervals and exposure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sklearn.metrics import ndcg_score

from equipoise.exceptions import InputError
from equipoise.fairness.benefits import exposure
from equipoise.intervals import wilson
from equipoise.models.offers import popularity_scores, rank_offers


def value(ranking, measure: str, column: str = "value"):
    return ranking.frame().set_index("measure").loc[measure, column]


@settings(max_examples=18, deadline=None)
@given(seed=st.integers(0, 10**6), top=st.integers(1, 5))
def test_measures_equal_their_definitions(posed, seed, top):
    random = np.random.default_rng(seed)
    y = (random.random((15, 5)) < 0.35).astype(int)
    y[:12, 0] = 1  # enough customers who buy
    scores = random.permutation(75).reshape(15, 5) / 75
    found = rank_offers(posed(y), scores.ravel(), item="item", top=top, seed=0)
    shown = np.argsort(-scores, axis=1)[:, :top]
    hits = np.take_along_axis(y, shown, 1).sum(axis=1)
    buyers = y.any(axis=1)
    assert value(found, "precision") == pytest.approx((hits / top).mean())
    assert value(found, "recall") == pytest.approx((hits / y.sum(axis=1).clip(1))[buyers].mean())
    assert value(found, "hit_rate") == pytest.approx((hits > 0).mean())
    assert value(found, "discounted_gain") == pytest.approx(
        ndcg_score(y[buyers], scores[buyers], k=top)
    )
    assert value(found, "coverage") == len(np.unique(shown)) / 5
    assert value(found, "recall", "n") == buyers.sum()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_the_rows_decides_nothing(drawn, seed):
    random = np.random.default_rng(seed)
    scores = random.integers(0, 3, len(drawn)).astype(float)  # many ties
    order = random.permutation(len(drawn))
    one = rank_offers(drawn, scores, item="item", top=2, seed=seed)
    other = rank_offers(drawn.take(order), scores[order], item="item", top=2, seed=seed)
    assert (one.position[order] == other.position).all()
    for part in ("frame", "items", "by_group", "exposure_by_group"):
        assert_frame_equal(getattr(one, part)(), getattr(other, part)())


def test_ties_are_broken_by_seed_and_evenly(posed):
    task = posed(np.zeros((2000, 4), dtype=int))
    found = [rank_offers(task, np.zeros(8000), item="item", top=1, seed=seed) for seed in (1, 2)]
    assert (found[0].position != found[1].position).any()
    shown = found[0].items()["shown"]
    assert shown.sum() == pytest.approx(1)
    assert shown.to_numpy() == pytest.approx(0.25, abs=0.04)


def test_intervals_are_over_customers(posed):
    y = np.zeros((40, 2), dtype=int)
    y[:30, 0] = 1
    found = rank_offers(posed(y), np.tile([1.0, 0.0], 40), item="item", top=1, seed=0)
    told = wilson(30, 40)
    table = found.frame().set_index("measure")
    for measure in ("precision", "hit_rate"):
        assert table.loc[measure, ["value", "low", "high"]].tolist() == pytest.approx(list(told))
    assert table.loc["recall", "n"] == 30


def test_few_customers_are_not_estimable(posed):
    y = np.eye(9, 2, dtype=int)
    table = rank_offers(posed(y), np.arange(18.0), item="item", top=1, seed=0).frame()
    assert table["note"].tolist() == [
        "not estimable (n=9)",
        "not estimable (n=2)",
        "not estimable (n=2)",
        "not estimable (n=9)",
        "counted, not estimated",
    ]
    assert table.loc[:3, ["value", "low", "high", "difference"]].isna().all(axis=None)


def test_popularity_stands_beside_and_differs_from_itself_in_nothing(drawn):
    found = rank_offers(drawn, popularity_scores(drawn, "item"), item="item", top=2, seed=0)
    table = found.frame()
    assert found.baseline == found.method == "popularity"
    assert (table["value"] == table["baseline"]).all()
    assert (table["difference"] == 0).all()
    assert table["difference_low"].isna().all()
    assert set(table["note"][:4]) == {"no interval of the difference (no customer differs)"}


def test_no_list_for_everybody_beats_popularity(drawn):
    random, best = np.random.default_rng(0), popularity_scores(drawn, "item")
    for _ in range(20):
        scores = np.tile(random.permutation(4), 60).astype(float)
        table = rank_offers(drawn, scores, item="item", top=2, baseline=best, seed=0).frame()
        assert table.loc[0, "difference"] <= 0


def test_differences_compare_customers_with_themselves(posed):
    y = np.tile([[1, 0], [0, 1]], (50, 1))
    scores = np.where(y == 1, 1.0, 0.0)
    scores[:4] = 1 - scores[:4]
    found = rank_offers(
        posed(y), scores.ravel(), item="item", top=1, baseline=np.tile([1.0, 0.0], 100), seed=0
    )
    assert value(found, "precision") == pytest.approx(0.96)
    assert value(found, "precision", "baseline") == pytest.approx(0.5)
    assert value(found, "precision", "difference") == pytest.approx(0.46)
    low = value(found, "precision", "difference_low")
    assert 0.3 < low < 0.46
    assert found.baseline == "given scores"


def test_customers_with_fewer_items_are_shown_all_they_have(posed):
    y = np.ones((12, 3), dtype=int)
    rows = [k for k in range(36) if k not in (1, 2)]
    found = rank_offers(
        posed(y, rows=rows), np.arange(34.0), item="item", top=2, partial=True, seed=0
    )
    assert value(found, "precision") == 1
    assert found.rows()["position"].tolist()[:4] == [1, 3, 2, 1]
    items = found.items().set_index("item")
    assert items["n"].to_dict() == {"a": 12, "b": 11, "c": 11}


def test_shares_of_attention_weigh_places(posed):
    found = rank_offers(
        posed(np.eye(20, 3)), np.tile([3.0, 2.0, 1.0], 20), item="item", top=2, seed=0
    )
    second = 1 / np.log2(3)
    expected = np.array([1, second, 0]) / (1 + second)
    assert found.items()["share_of_attention"].to_numpy() == pytest.approx(expected)
    assert found.rows()["attention"].to_numpy()[:3] == pytest.approx([1, second, 0])


def test_exposure_says_which_group_sees_an_item(posed):
    band = np.repeat(["a", "b"], [60, 20])
    scores = np.tile([1.0, 0.0, -1.0], (80, 1))
    scores[band == "b"] = [0.0, 1.0, -1.0]
    task = posed(np.zeros((80, 3)), band=band)
    found = rank_offers(task, scores.ravel(), item="item", top=1, seed=0).exposure_by_group()
    table = found.set_index(["group", "item"])
    assert table.loc[("a", "a"), ["n", "shown", "exposure"]].tolist() == [60, 1, 1 / 0.75]
    assert table.loc[("b", "b"), "exposure"] == 4
    assert table.loc[("a", "b"), "exposure"] == 0
    assert table.loc[("b", "a"), "shown_high"] == pytest.approx(wilson(0, 20).high)
    assert table.loc[("b", "c"), "note"] == "no exposure (nobody is shown it)"
    assert table.loc[("b", "c"), ["exposure", "low", "high"]].isna().all()
    known = table.drop(index=[("a", "c"), ("b", "c")])
    assert (known["low"] <= known["exposure"]).all()
    assert (known["exposure"] <= known["high"]).all()


def test_an_item_that_everybody_sees_alike_has_no_interval(posed):
    task = posed(np.zeros((40, 2)), band=np.resize(["a", "b"], 40))
    table = rank_offers(
        task, np.tile([1.0, 0.0], 40), item="item", top=2, seed=0
    ).exposure_by_group()
    assert (table["exposure"] == 1).all()
    assert table["low"].isna().all()
    assert set(table["note"]) == {"no interval (everybody is shown it alike)"}


def test_small_groups_are_not_estimable(posed):
    task = posed(np.zeros((40, 2)), band=np.repeat(["a", "b"], [31, 9]))
    found = rank_offers(task, np.random.default_rng(0).random(80), item="item", top=1, seed=0)
    for table in (found.exposure_by_group(), found.by_group()):
        few = table[table["group"] == "b"]
        assert few["low"].isna().all()
        assert few["note"].str.startswith("not estimable (n=").all()
    assert found.by_group()["measure"].unique().tolist() == [
        "precision",
        "recall",
        "discounted_gain",
        "hit_rate",
    ]


def test_exposure_intervals_cover_the_truth(posed):
    random, covered, tried = np.random.default_rng(3), 0, 0
    band = np.repeat(["a", "b"], [270, 30])
    task = posed(np.zeros((300, 4)), band=band)
    chance = np.where(band == "b", 0.5, 0.3)[:, None]
    truth = 0.5 / (0.9 * 0.3 + 0.1 * 0.5)
    for _ in range(110):
        scores = random.random((300, 4)) * 0.9
        scores[:, :1] = random.random((300, 1)) < chance
        found = rank_offers(task, scores.ravel(), item="item", top=1, seed=0).exposure_by_group()
        row = found.set_index(["group", "item"]).loc[("b", "a")]
        covered, tried = covered + (row["low"] <= truth <= row["high"]), tried + 1
    assert covered / tried > 0.93


def test_the_rows_can_be_read_as_exposure_in_each_list(drawn):
    scores = np.random.default_rng(1).random(240)
    rows = rank_offers(drawn, scores, item="item", top=2, seed=0).rows()
    found = exposure(
        drawn.groups,
        rows["score"],
        reference=drawn.reference,
        unit=rows["unit"],
        ranking=rows["item"],
        y=rows["bought"],
    ).frame()
    assert found["group"].tolist() == ["a", "b"]
    assert found["exposure"].mean() == pytest.approx(1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"top": 5}, "top must not exceed the number of items, got 5 of 4. Use fewer."),
        ({"top": 0}, "top must be a whole number of at least 1, got 0. Use for example 3."),
        (
            {"baseline": [1.0]},
            "baseline must have one value for each of the 240 rows of the task, got shape (1,). "
            "Pass one column of the same rows.",
        ),
    ],
)
def test_what_cannot_be_ranked_is_refused(drawn, asked, told):
    with pytest.raises(InputError) as error:
        rank_offers(drawn, np.zeros(240), item="item", seed=0, **asked)
    assert str(error.value) == told
