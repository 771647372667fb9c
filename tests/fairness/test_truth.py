"""Measured gaps beside injected ones, on customers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise import crm
from equipoise.exceptions import InputError
from equipoise.fairness import beside_truth
from equipoise.intervals import newcombe

B = ("community", "B")


@pytest.fixture(scope="module")
def clean():
    return crm.make_crm(customers=3000, seed=11)


def test_a_rate_is_measured_in_the_records_with_newcombes_interval(clean):
    world = clean.with_distortions(crm.HistoricalTargeting(dose=0.6, group=B))
    found = beside_truth(world, "community", reference="A").set_index("group").loc["B"]
    truth = world.injected_gap("community").set_index("group")
    counts = truth["recorded_rate"] * truth["n"]
    expected = newcombe(counts["B"], truth["n"]["B"], counts["A"], truth["n"]["A"])
    told = found[["measured_gap", "low", "high"]].astype(float).tolist()
    assert told == pytest.approx(expected, abs=1e-9)
    assert found["injected_gap"] == truth["injected"]["B"] - truth["injected"]["A"]


def test_nothing_injected_is_nothing(clean):
    found = beside_truth(clean, "community", reference="A")
    assert (found["injected_gap"] == 0).all()
    assert ((found["low"] < 0) & (found["high"] > 0)).all()


def test_a_count_per_customer_is_compared_in_its_own_unit(clean):
    world = clean.with_distortions(crm.NoisyMeasurement(dose=0.8, group=B))
    measure = "linked_orders_per_customer"
    found = beside_truth(world, "community", reference="A", measure=measure).set_index("group")
    rows = world.recorded(measure).groupby("community")["hits"].mean()
    assert found.loc["B", "measured_gap"] == pytest.approx(rows["B"] - rows["A"])
    assert found.loc["B", "high"] < 0
    assert found.loc["B", "injected_gap"] < -1
    assert found.loc["C", "injected_gap"] == 0


def test_who_was_never_recorded_cannot_be_measured(clean):
    world = clean.with_distortions(crm.UnderRepresentation(dose=0.6, group=B))
    found = beside_truth(world, "community", reference="A", measure="record_share")
    assert found[["measured_gap", "low", "high"]].isna().all(axis=None)
    assert (found["note"] == "not measurable from the records: it takes a count from outside").all()
    assert (found["injected_gap"] < 0).any()


def test_the_interval_holds_the_injected_gap_in_expectation():
    found = []
    for seed in range(20):
        world = crm.make_crm(
            customers=1500, seed=seed, distortions=[crm.LabelBias(dose=0.5, group=B)]
        )
        found.append(beside_truth(world, "community", reference="A").set_index("group").loc["B"])
    expected = np.mean([row["injected_gap"] for row in found])
    assert expected < -0.03
    assert (
        sum(row["low"] <= expected <= row["high"] for row in found) >= 16
    )  # by chance once in 400


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"column": "comunity", "reference": "A"},
            "column must be a known name, got 'comunity'. Did you mean 'community'?",
        ),
        (
            {"column": "community", "reference": "D"},
            "reference must be a known name, got 'D'. Known: 'A', 'B', 'C'.",
        ),
    ],
)
def test_unknown_names_are_refused(clean, asked, message):
    with pytest.raises(InputError) as refusal:
        beside_truth(clean, **asked)
    assert str(refusal.value) == message
