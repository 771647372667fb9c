"""Two bands answer two questions: what a seed moves, and what other customers would move."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.intervals import worst_gap
from equipoise.tradeoff._bands import bands_table

LABELS = ["noise and training", "customers"]


def by_label(frame):
    return frame.set_index("label").loc[LABELS]


def test_seeds_and_customers_are_two_bands(sweep_of):
    result = sweep_of([{"auc": 0.7}], seeds=4, noise=0.05, spread=0.01, replicates=400)
    frame = result.bands("auc")
    assert frame["label"].tolist() == LABELS
    seeds, customers = by_label(frame).itertuples()
    own = result.rows["auc"]
    assert (seeds.low, seeds.high) == (own.min(), own.max())
    assert seeds.value == customers.value == pytest.approx(own.mean())
    # A mean over four seeds, each moved by 0.01: 1.96 × 0.01 / 2 on both sides.
    assert customers.high - customers.low == pytest.approx(2 * 1.96 * 0.005, rel=0.15)
    assert customers.low < own.mean() < customers.high


def test_noise_moves_one_band_and_customers_the_other(sweep_of):
    def widths(**moves):
        frame = by_label(sweep_of([{"auc": 0.7}], seeds=4, **moves).bands("auc"))
        return (frame["high"] - frame["low"]).tolist()

    quiet = widths(noise=1e-9, spread=0.01)
    assert quiet[0] < 1e-6 < quiet[1]
    stable = widths(noise=0.1, spread=1e-9)
    assert stable[1] < 1e-6 < stable[0]


@pytest.mark.parametrize("part", ["choose", "confirm"])
@pytest.mark.parametrize(
    ("measure", "metric"),
    [
        ("selection_gap", "selection_rate"),
        ("opportunity_gap", "true_positive_rate"),
        ("reach_gap", "reach"),
    ],
)
def test_gaps_have_intervals_from_counts_not_from_draws(sweep_of, part, measure, metric):
    result = sweep_of([{measure: 0.0}], seeds=2, spread=10.0)
    customers = by_label(result.bands(measure, part)).loc["customers"]
    groups = result.groups().query("part == @part and seed == 0").dropna(subset=[metric])
    trials = groups[f"{metric}_trials"]
    told = worst_gap(groups[metric] * trials, trials)
    assert (customers["low"], customers["high"]) == pytest.approx(told[1:])


def test_what_is_not_there_is_told(sweep_of):
    result = sweep_of([{"auc": np.nan}], seeds=2)
    assert set(result.bands("auc")["note"]) == {"not estimable"}
    assert result.bands("auc")[["value", "low", "high"]].isna().all(axis=None)
    undrawn = by_label(result.bands("reach"))
    assert undrawn["note"].tolist() == ["", "not measured on draws of customers"]
    assert np.isnan(undrawn.loc["customers", "low"])
    few = result.by_group.assign(selection_rate=np.nan)
    lost = by_label(dataclasses.replace(result, by_group=few).bands("selection_gap"))
    assert lost.loc["customers", "note"] == "not estimable (too few groups large enough)"
    alone = by_label(sweep_of([{}]).bands("auc"))
    assert alone.loc["noise and training", "note"] == "not estimable (one seed)"
    assert np.isnan(alone.loc["noise and training", "low"])


def test_bad_names_are_refused(sweep_of):
    result = sweep_of([{}])
    for ask, told in (
        (("acu",), "measure must be a known name, got 'acu'. Did you mean 'auc'?"),
        (("auc", "chose"), "part must be a known name, got 'chose'. Did you mean 'choose'?"),
        (
            ("reach", "confirm"),
            "measure must be one that is measured on the confirm-customers, got 'reach'. Use "
            "part='choose', or one of auc, profit_eur, campaign_eur, selection_gap, "
            "opportunity_gap, worst_group_tpr, reach_gap, opt_outs, complaints.",
        ),
    ):
        with pytest.raises(InputError) as refused:
            result.bands(*ask)
        assert str(refused.value) == told


def test_the_table_has_a_row_a_policy(sweep_of):
    result = sweep_of([{"profit_eur": 1234.0}, {"profit_eur": np.nan}], seeds=2, spread=0.0)
    table = bands_table(result.bands("profit_eur"), "profit_eur")
    assert table.to_dict("records") == [
        {
            "policy": "m0, not private",
            "mean over seeds": "1,234",
            "noise and training": "1,234 to 1,234",
            "customers": "1,234 to 1,234",
        },
        {
            "policy": "m1, not private",
            "mean over seeds": "not estimable",
            "noise and training": "not estimable",
            "customers": "not estimable",
        },
    ]
