"""Prices of bounds, of noise and of consent, or none where a part of them was not run."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import Policy
from equipoise.tradeoff._prices import price_of_consent, prices

INF = math.inf
BOUNDED = Policy("private_logistic", "none", INF)
PARTS = [
    {"model": "logistic"},
    {"model": "private_logistic"},
    {"model": "private_logistic", "epsilon": 1.0},
    {"model": "private_logistic", "epsilon": 0.3},
    {"model": "private_logistic", "epsilon": 1.0, "mitigation": "reweighing"},
]


def test_bounds_and_noise_are_priced_apart(sweep_of):
    assert prices(sweep_of(PARTS)) == [
        ("bounds and optimiser", BOUNDED, Policy("logistic", "none", INF)),
        ("noise", Policy("private_logistic", "none", 0.3), BOUNDED),
        ("noise", Policy("private_logistic", "none", 1.0), BOUNDED),
    ]


def test_each_consent_policy_has_its_own_prices(sweep_of):
    parts = [part | {"consent_policy": "opt_out"} for part in PARTS[:3]]
    parts += [part | {"consent_policy": "opt_in"} for part in PARTS[:2]]
    parts += [part | {"consent_policy": "everyone"} for part in PARTS[1:3]]
    found = prices(sweep_of(parts))
    assert [(name, own.consent_policy, other.consent_policy) for name, own, other in found] == [
        ("bounds and optimiser", "opt_out", "opt_out"),
        ("noise", "opt_out", "opt_out"),
        ("bounds and optimiser", "opt_in", "opt_in"),
    ]


@pytest.mark.parametrize("absent", [0, 1])
def test_without_a_part_there_is_no_price(sweep_of, absent):
    assert prices(sweep_of([part for k, part in enumerate(PARTS) if k != absent])) == []


def consents(sweep_of, *, seeds=3, **changes):
    figures = [
        ("opt_in", 60.0, 1.0, 0.3),
        ("everyone", 100.0, 5.0, 0.1),
        ("opt_out", 90.0, 4.0, 0.1),
    ]
    policies = [
        {"model": "logistic", "consent_policy": consent, "campaign_eur": euros, "opt_outs": outs,
         "reach_gap": gap} | changes
        for consent, euros, outs, gap in figures
    ]  # fmt: skip
    result = sweep_of(policies, seeds=seeds, noise=1e-9, spread=0.01)
    result.rows["n_train"] = np.repeat([300.0, 900.0, 800.0], seeds)
    gaps = result.by_group["consent_policy"].map({consent: gap for consent, *_, gap in figures})
    result.by_group["reach"] += np.where(result.by_group["group"] == "a", gaps, 0.0)
    return result


def test_consent_is_priced_against_the_policy_that_permits_most(sweep_of):
    found = price_of_consent(consents(sweep_of))
    assert found.reference == "everyone"
    frame = found.frame().set_index(["consent_policy", "measure"])
    assert frame.loc["opt_in"].index.tolist() == [
        "campaign_eur", "opt_outs", "complaints", "reach_gap",
    ]  # fmt: skip
    assert frame["value"].tolist() == pytest.approx(
        [-40.0, -4.0, 0.0, 0.2, -10.0, -1.0, 0.0, 0.0], abs=1e-6
    )
    assert (frame["low"] <= frame["value"]).all() and (frame["value"] <= frame["high"]).all()
    assert (frame["note"] == "").all() and (frame["reference"] == "everyone").all()
    euros = frame.loc[("opt_in", "campaign_eur")]
    # Two means over three seeds, each drawn with 0.01.
    assert euros["high"] - euros["value"] == pytest.approx(1.96 * 0.01 * np.sqrt(2 / 3), rel=0.2)


def test_another_reference_turns_the_sign(sweep_of):
    frame = price_of_consent(consents(sweep_of), "opt_in").frame()
    euros = frame[frame["measure"] == "campaign_eur"].set_index("consent_policy")["value"]
    assert euros.to_dict() == pytest.approx({"everyone": 40.0, "opt_out": 30.0})


def test_what_cannot_be_told_is_told(sweep_of):
    frame = price_of_consent(consents(sweep_of, opt_outs=np.nan)).frame()
    outs = frame[frame["measure"] == "opt_outs"]
    assert (outs["note"] == "not estimable").all() and outs["value"].isna().all()
    alone = price_of_consent(consents(sweep_of, seeds=1)).frame()
    assert (alone["note"] == "no interval (one seed)").all()
    assert alone["low"].isna().all() and alone["value"].notna().all()


def test_events_that_no_draw_has_may_happen_all_the_same(sweep_of):
    result = consents(sweep_of)
    result.draws["opt_outs"] = 0.0
    named = {**result.manifest["task"], "opted_out": "plan"}
    recorded = dataclasses.replace(result, manifest={**result.manifest, "task": named})
    for sweep, reach in ((result, 0.0), (recorded, 1.96 * 1000 / 242)):
        frame = price_of_consent(sweep).frame().set_index("measure")
        assert frame.loc["opt_outs", "high"].tolist() == pytest.approx([reach] * 2, rel=1e-3)


def test_a_policy_without_a_counterpart_has_no_price(sweep_of):
    parts = [{"model": "logistic", "consent_policy": "opt_in"}]
    assert price_of_consent(sweep_of(parts)).frame().empty
    parts.append({"model": "logistic", "epsilon": 1.0, "consent_policy": "opt_out"})
    assert price_of_consent(sweep_of(parts), "opt_in").frame().empty


def test_an_unknown_reference_is_refused(sweep_of):
    with pytest.raises(InputError) as refused:
        price_of_consent(consents(sweep_of), "opt_inn")
    assert str(refused.value) == (
        "reference must be a known name, got 'opt_inn'. Did you mean 'opt_in'?"
    )
