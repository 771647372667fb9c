"""Estimated effects beside true ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from equipoise.exceptions import InputError
from equipoise.models.uplift._effect_error import effect_error

MEASURES = [
    "root_mean_squared_error",
    "root_mean_squared_error_of_mean",
    "bias",
    "rank_correlation",
    "true_uplift_at_top",
    "true_uplift_at_top_by_oracle",
    "oracle_share_at_top",
    "oracle_share_at_random",
    "true_qini",
]


def values(estimate, truth, **named):
    found = effect_error(estimate, truth, **named)
    assert found["measure"].tolist() == MEASURES
    return found.set_index("measure")["value"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 200), st.floats(0.05, 1))
def test_every_figure_is_what_its_name_says(seed, rows, share):
    rng = np.random.default_rng(seed)
    truth, estimate = rng.uniform(-0.1, 0.5, rows), rng.permutation(rows) / rows
    found, top = values(estimate, truth, share=share), max(1, round(share * rows))
    best = np.sort(truth)[::-1]
    assert found["root_mean_squared_error"] == pytest.approx(
        ((estimate - truth) ** 2).mean() ** 0.5
    )
    assert found["bias"] == pytest.approx(estimate.mean() - truth.mean())
    assert found["rank_correlation"] == pytest.approx(spearmanr(estimate, truth)[0])
    reached = truth[np.argsort(-estimate)[:top]].mean()
    assert found["true_uplift_at_top"] == pytest.approx(reached)
    if best[:top].mean() > 0.01:
        assert found["oracle_share_at_top"] == pytest.approx(reached / best[:top].mean())
        assert found["oracle_share_at_random"] == pytest.approx(truth.mean() / best[:top].mean())
    assert found["true_qini"] <= 1 + 1e-9


def test_the_truth_itself_is_the_oracle_and_its_reverse_the_worst():
    truth = np.linspace(-0.1, 0.3, 50)
    own, reverse = values(truth, truth), values(-truth, truth)
    assert own["root_mean_squared_error"] == own["bias"] == 0
    assert own[["rank_correlation", "oracle_share_at_top", "true_qini"]].tolist() == (
        pytest.approx([1, 1, 1])
    )
    assert reverse[["rank_correlation", "true_qini"]].tolist() == pytest.approx([-1, -1])


def test_one_estimate_for_all_is_the_lot():
    truth = np.linspace(-0.1, 0.3, 50)
    found = effect_error(np.full(50, 0.1), truth).set_index("measure")
    assert found.loc["rank_correlation", "note"] == "no ranking: all the same"
    assert found.loc["true_qini", "value"] == pytest.approx(0)
    assert found.loc["oracle_share_at_top", "value"] == pytest.approx(
        found.loc["oracle_share_at_random", "value"]
    )
    assert found.loc["root_mean_squared_error", "value"] == pytest.approx(
        found.loc["root_mean_squared_error_of_mean", "value"]
    )


def test_what_no_ranking_can_have_is_said_and_not_divided_by():
    found = effect_error(np.arange(10.0), np.full(10, -0.1)).set_index("measure")
    assert found["note"].to_dict() == {
        **dict.fromkeys(MEASURES, ""),
        "rank_correlation": "no effects to be told apart",
        "oracle_share_at_top": "contacting the best gains nothing",
        "oracle_share_at_random": "contacting the best gains nothing",
        "true_qini": "no effects to be told apart",
    }


def test_tied_estimates_are_not_ordered_by_row():
    rng = np.random.default_rng(0)
    truth, estimate = rng.random(200), rng.integers(0, 4, 200)
    order = rng.permutation(200)
    one, other = values(estimate, truth), values(estimate[order], truth[order])
    assert other.to_numpy() == pytest.approx(one.to_numpy())


def test_bad_input_is_refused():
    for given_, message in (
        (([0.1], [0.1, 0.2]), "estimate and true_effect must have the same number of rows, got 1 "
         "and 2. Pass the rows of the same customers in the same order."),
        (([0.1, np.nan], [0.1, 0.2]), "estimate must be finite, got 1 of 2 rows missing or infinite. "
         "Remove those rows, or score them."),
        (([0.1, 0.2], [0.1, 2]), "true_effect must lie in -1..1, got 2. Pass the difference of two "
         "probabilities."),
        ((np.zeros(0), np.zeros(0)), "true_effect must lie in -1..1, got no rows. Pass the difference of two "
         "probabilities."),
    ):  # fmt: skip
        with pytest.raises(InputError) as refusal:
            effect_error(*given_)
        assert str(refusal.value) == message
    with pytest.raises(InputError) as refusal:
        effect_error([0.1], [0.1], share=0)
    assert str(refusal.value) == (
        "share must be a number in (0, 1], got 0. Use 0.2 for the top fifth."
    )
