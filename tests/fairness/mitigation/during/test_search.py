"""SearchMultipliers: one classifier a point of a whole grid, and the best of them kept."""

from __future__ import annotations

import pytest
from fairlearn.reductions import DemographicParity, GridSearch
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from equipoise.fairness.mitigation import SearchMultipliers


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_it_equals_fairlearn_called_by_hand(few):
    by_hand = GridSearch(GaussianNB(), DemographicParity(), grid_size=9).fit(
        few.X, few.y, sensitive_features=few.group
    )
    model = SearchMultipliers(GaussianNB(), grid_size=9).fit(few.X, few.y, group=few.group)
    found = model.candidates_.sort_values(["error", "violation"])
    assert found["error"].to_numpy() == pytest.approx(sorted(by_hand.objectives_))
    assert sorted(found["violation"]) == pytest.approx(sorted(by_hand.gammas_.max()))
    assert (model.predict(few.X) == by_hand.predict(few.X)).all()


def test_the_kept_candidate_has_the_least_weighted_sum_and_its_numbers_are_those_of_the_model(few):
    model = SearchMultipliers(GaussianNB(), constraint_weight=0.8).fit(
        few.X, few.y, group=few.group
    )
    table = model.candidates_
    total = 0.2 * table["error"] + 0.8 * table["violation"]
    (kept,) = table.index[table["is_kept"]]
    assert total[kept] == total.min()
    decided = model.predict(few.X)
    assert table["error"][kept] == pytest.approx((decided != few.y).mean())
    rates = few.rates(decided)["all"]
    assert table["violation"][kept] == pytest.approx(abs(rates - decided.mean()).max())


def test_more_weight_on_the_violation_gives_a_smaller_one(few):
    def violation(weight):
        model = SearchMultipliers(GaussianNB(), constraint_weight=weight)
        table = model.fit(few.X, few.y, group=few.group).candidates_
        return table.loc[table["is_kept"], "violation"].item()

    assert violation(0.9) < violation(0.1) / 2


@pytest.mark.parametrize(
    ("groups", "constraint", "asked", "points"),
    [
        ("ab", "demographic_parity", 3, 3),
        ("ab", "demographic_parity", 4, 5),
        ("abc", "demographic_parity", 10, 13),
        ("ab", "equalized_odds", 13, 13),
        ("abc", "equalized_odds", 16, 41),
    ],
)
def test_the_grid_is_whole_so_no_direction_is_left_out(
    draw, caplog, groups, constraint, asked, points
):
    rows = draw(200, groups)
    model = SearchMultipliers(GaussianNB(), constraint=constraint, grid_size=asked)
    multipliers = model.fit(rows.X, rows.y, group=rows.group).multipliers_
    assert len(model.candidates_) == points
    assert multipliers.loc["+"].to_numpy().sum() == pytest.approx(
        multipliers.loc["-"].to_numpy().sum()
    )
    assert not caplog.records


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_fairlearn_itself_cuts_the_grid_on_one_side(draw):
    rows = draw(200, "abc")
    cut = GridSearch(GaussianNB(), DemographicParity(), grid_size=10).fit(
        rows.X, rows.y, sensitive_features=rows.group
    )
    assert cut.lambda_vecs_.loc["+"].to_numpy().sum() < cut.lambda_vecs_.loc["-"].to_numpy().sum()


def test_a_pipeline_is_trained_like_its_last_step(few):
    plain, piped = (
        SearchMultipliers(estimator, grid_size=5).fit(few.X, few.y, group=few.group).predict(few.X)
        for estimator in (GaussianNB(), make_pipeline(StandardScaler(), GaussianNB()))
    )
    assert (piped == plain).all()


@pytest.mark.parametrize(
    ("groups", "changes", "message"),
    [
        (
            "ab", {"constraint_weight": 2},
            "constraint_weight must be a number in [0, 1], got 2. Use 0.5.",
        ),
        ("ab", {"grid_limit": 0}, "grid_limit must be a number in (0, inf], got 0. Use 2."),
        ("ab", {"grid_size": 2}, "grid_size must be a whole number of at least 3, got 2. Use 20."),
        (
            "abcd", {"grid_size": 7},
            "grid_size must be at least 8 with 4 groups and this constraint, got 7. "
            "Use a larger grid, or merge groups.",
        ),
        (
            "abcdef", {},
            "group must need a grid of at most 4 dimensions, got 5 for 6 groups. "
            "Merge groups, or use ConstrainTraining, which takes any number.",
        ),
        (
            "abcd", {"constraint": "equalized_odds"},
            "group must need a grid of at most 4 dimensions, got 6 for 4 groups. "
            "Merge groups, or use ConstrainTraining, which takes any number.",
        ),
    ],
)  # fmt: skip
def test_parameters_that_break_a_rule_are_refused(refusal_of, draw, groups, changes, message):
    rows = draw(200, groups)
    assert refusal_of(SearchMultipliers(GaussianNB(), **changes), rows) == message
