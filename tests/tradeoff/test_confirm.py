"""What a policy is said to earn on customers that no choice has looked at."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from equipoise.tradeoff import Policy
from equipoise.tradeoff._confirm import confirmed, difference

BOUNDED = Policy("private_logistic", "none", np.inf)


def test_a_policy_differs_from_itself_by_nothing(swept):
    frame = difference(swept, BOUNDED, BOUNDED).dropna(subset="value")
    assert {"profit_eur", "auc"} <= set(frame["measure"])
    assert frame[["value", "low", "high"]].eq(0).all(axis=None)


def test_confirmed_figures_lie_in_their_intervals(swept):
    figures = confirmed(swept, BOUNDED).dropna(subset="value").set_index("measure")
    assert {"profit_eur", "auc", "selection_gap", "opportunity_gap", "worst_group_tpr"} <= set(
        figures.index
    )
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
