"""What a policy is said to earn on customers that no choice has looked at."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from equipoise.intervals import wilson
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


def test_no_opt_out_among_few_customers_is_not_proof_of_none(sweep_of):
    made = sweep_of([{"opt_outs": 0.0, "complaints": 0.0}], seeds=2, spread=0.0)
    task = {**made.manifest["task"], "opted_out": "left"}
    found = dataclasses.replace(made, manifest={**made.manifest, "task": task})
    policy = Policy("m0", "none", np.inf)
    customers = 240
    at_most = 1000 * wilson(0, customers).high
    told = confirmed(found, policy).set_index("measure").loc["opt_outs"]
    assert (told["value"], told["low"]) == (0.0, 0.0)
    assert told["high"] == pytest.approx(at_most)
    band = found.bands("opt_outs", "confirm").set_index("label").loc["customers"]
    assert (band["low"], band["high"]) == (0.0, pytest.approx(at_most))
    declared = confirmed(made, policy).set_index("measure").loc["opt_outs"]
    assert (declared["low"], declared["high"]) == (0.0, 0.0), "a declared rate is no count"
