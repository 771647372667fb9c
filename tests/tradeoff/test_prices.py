"""Two prices, or none where a part of them was not run."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from equipoise.tradeoff import Policy
from equipoise.tradeoff._confirm import confirmed, difference
from equipoise.tradeoff._prices import prices

INF = math.inf
BOUNDED = Policy("private_logistic", "none", INF)


def test_bounds_and_noise_are_priced_apart(swept):
    assert prices(swept) == [
        ("bounds and optimiser", BOUNDED, Policy("logistic", "none", INF)),
        ("noise", Policy("private_logistic", "none", 1.0), BOUNDED),
    ]


@pytest.mark.parametrize("absent", ["logistic", "private_logistic"])
def test_without_a_part_there_is_no_price(swept, absent):
    rest = swept.rows[(swept.rows["model"] != absent)]
    assert prices(dataclasses.replace(swept, rows=rest)) == []
    finite = swept.rows[np.isfinite(swept.rows["epsilon"]) | (swept.rows["model"] == "logistic")]
    assert prices(dataclasses.replace(swept, rows=finite)) == []


def test_a_policy_differs_from_itself_by_nothing(swept):
    frame = difference(swept, BOUNDED, BOUNDED)
    assert frame[["value", "low", "high"]].eq(0).all(axis=None)


def test_confirmed_figures_lie_in_their_intervals(swept):
    figures = confirmed(swept, BOUNDED).set_index("measure")
    assert list(figures.index) == [
        "profit_eur", "auc", "selection_gap", "opportunity_gap", "worst_group_tpr",
    ]  # fmt: skip
    assert (figures["low"] <= figures["value"]).all()
    assert (figures["value"] <= figures["high"]).all()
    groups = swept.groups().query(
        "part == 'confirm' and model == 'private_logistic' and epsilon == inf "
        "and mitigation == 'none'"
    )
    lowest = groups.groupby("seed")["true_positive_rate"].min().mean()
    assert figures.loc["worst_group_tpr", "value"] == pytest.approx(lowest)


def test_too_few_customers_of_the_groups_are_not_estimable(swept):
    few = swept.by_group.assign(true_positive_rate=np.nan)
    figures = confirmed(dataclasses.replace(swept, by_group=few), BOUNDED).set_index("measure")
    for name in ("opportunity_gap", "worst_group_tpr"):
        assert np.isnan(figures.loc[name, "value"])
        assert figures.loc[name, "note"] == "not estimable (too few groups large enough)"
