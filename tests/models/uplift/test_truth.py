"""Truth beside a task: both probabilities of each customer, and the exact profit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import LabelBias, make_crm
from equipoise.exceptions import InputError
from equipoise.models.uplift._truth import true_effects, true_profit_eur
from equipoise.task import Value

COURSE = "spring_coupon_2026"
TAKEN = "Pass the CRM that the task was taken from"


@pytest.fixture(scope="module")
def crm():
    return make_crm(customers=500, seed=7)


@pytest.fixture(scope="module")
def task(crm):
    return crm.task("coupon_uplift", policy="everyone")


CAMPAIGN_DATES = {
    "2024-09-02": "autumn_coupon_2024",
    "2025-03-03": "spring_coupon_2025",
    "2025-09-01": "autumn_coupon_2025",
    "2026-03-02": "spring_coupon_2026",
    "2026-05-04": "summer_coupon_2026",
}


def fits(crm, row, day):
    """Say whether a campaign's own task has the row of this customer, contact and outcome."""
    other = crm.task("coupon_uplift", as_of=day, policy="everyone")
    same = (other.unit == row.unit[0]) & (other.treatment == row.treatment[0])
    return bool((same & (other.y == row.y[0])).any())


def refusal(call, *args, **asked):
    with pytest.raises(InputError) as caught:
        call(*args, **asked)
    return str(caught.value)


def test_rows_are_those_of_the_task_in_its_order(crm, task):
    order = np.random.default_rng(1).permutation(len(task))
    found = true_effects(crm, task.take(order))
    members = crm.truth.campaign.set_index("individual_id").loc[task.unit.to_numpy()[order]]
    assert list(found) == [
        "order_probability_if_contacted",
        "order_probability_if_not_contacted",
        "true_effect",
        "orders_if_contacted",
        "orders_if_not_contacted",
        "effect_kind",
    ]
    assert found.index.equals(task.X.index)
    assert found["effect_kind"].tolist() == members["effect"].tolist()
    gap = members["order_probability_if_contacted"] - members["order_probability_if_not_contacted"]
    np.testing.assert_array_equal(found["true_effect"], gap)


def test_the_records_show_one_of_the_two_outcomes(crm, task):
    found = true_effects(crm, task)
    shown = np.where(
        task.treatment == 1, found["orders_if_contacted"], found["orders_if_not_contacted"]
    )
    np.testing.assert_array_equal(shown, task.y)


@pytest.mark.parametrize("name", ["coupon_uplift", "offer_response"])
@pytest.mark.parametrize(
    ("as_of", "campaign"),
    [(None, COURSE), ("2025-09-01", "autumn_coupon_2025"), ("2026-06-01", "summer_coupon_2026")],
)
def test_the_campaign_is_found_from_the_task(crm, name, as_of, campaign):
    posed = crm.task(name, as_of=as_of)
    found = true_effects(crm, posed)
    pd.testing.assert_frame_equal(found, true_effects(crm, posed, campaign=campaign))
    members = crm.truth.members
    own = members[members["campaign_id"] == campaign].set_index("individual_id")
    kinds = own.loc[posed.unit.to_numpy(), "effect"]
    assert found["effect_kind"].tolist() == kinds.tolist()


def test_a_customer_may_have_several_rows(crm, task):
    found = true_effects(crm, task.take(np.repeat(np.arange(len(task)), 2)))
    assert found.iloc[::2].to_numpy().tolist() == found.iloc[1::2].to_numpy().tolist()
    assert len(found) == 2 * len(task)


def test_distorted_records_do_not_move_the_truth(crm):
    biased = crm.with_distortions(LabelBias(dose=0.8, group=("community", "B")))
    posed = biased.task("offer_response", policy="everyone")
    found = true_effects(biased, posed)
    clean = crm.truth.campaign.set_index("individual_id").loc[posed.unit.to_numpy()]
    assert found["orders_if_contacted"].tolist() == clean["orders_if_contacted"].tolist()
    assert refusal(true_effects, crm, posed) == (
        "task must be a task of this CRM, got outcomes or contacts that are not in the records of "
        "CRM(customers=500, seed=7, distortions=none). Pass the CRM that the task was taken from: "
        "its clean twin has other records."
    )


def test_a_task_of_another_crm_is_refused(crm, task):
    other = make_crm(customers=500, seed=8)
    assert refusal(true_effects, other, task) == (
        "task must be a task of this CRM, got outcomes or contacts that are not in the records of "
        "CRM(customers=500, seed=8, distortions=none). Pass the CRM that the task was taken from: "
        "its clean twin has other records."
    )
    changed = replace(task, y=np.r_[1 - task.y[0], task.y[1:]])
    assert "must be a task of this CRM" in refusal(true_effects, crm, changed)


def test_another_campaign_is_refused(crm, task):
    for campaign in ("summer_coupon_2026", "spring_email_2026"):
        assert refusal(true_effects, crm, task, campaign=campaign) == (
            "campaign must be the one that the task is about, in the CRM that it was taken from, "
            f"got '{campaign}'. Leave it out to have it found."
        )
    assert refusal(true_effects, crm, task, campaign="spring_coupon_2028") == (
        "campaign must be a known name, got 'spring_coupon_2028'. Did you mean "
        "'spring_coupon_2026'?"
    )


def test_a_task_about_something_else_must_name_its_campaign(crm):
    churn = crm.task("churn_90d")
    assert refusal(true_effects, crm, churn) == (
        "campaign must be named for a task that is not about a printed campaign, got None for "
        "outcome 'churned'. Pass for example campaign='summer_coupon_2026'."
    )
    took_part = churn.unit.isin(crm.truth.campaign["individual_id"]).to_numpy()
    others = int((~took_part).sum())
    if others:
        assert refusal(true_effects, crm, churn, campaign=COURSE) == (
            f"task must hold customers who could take part in 'spring_coupon_2026', got {others} "
            f"of {len(churn)} rows of others. {TAKEN}, or take their rows out."
        )
    part = churn.take(np.flatnonzero(took_part))
    assert len(true_effects(crm, part, campaign=COURSE)) == took_part.sum()
    strangers = replace(part, unit=part.unit + "x")
    assert refusal(true_effects, crm, strangers, campaign=COURSE) == (
        f"task must hold customers who could take part in 'spring_coupon_2026', got {len(part)} "
        f"of {len(part)} rows of others. {TAKEN}, or take their rows out."
    )


def test_rows_that_fit_several_campaigns_are_not_guessed(crm):
    spring, autumn = (crm.task("coupon_uplift", as_of=day) for day in (None, "2025-09-01"))
    alike = spring.unit.isin(autumn.unit[(autumn.y == 0) & (autumn.treatment == 1)]).to_numpy()
    rows = np.flatnonzero(alike & (spring.y == 0) & (spring.treatment == 1).to_numpy())[:1]
    first = [each for each in sorted(CAMPAIGN_DATES) if fits(crm, spring.take(rows), each)]
    assert len(first) > 1
    named = ", ".join(repr(CAMPAIGN_DATES[day]) for day in first)
    assert refusal(true_effects, crm, spring.take(rows)) == (
        f"task must fit one campaign, got 1 rows that fit {named}. Pass for example "
        f"campaign={CAMPAIGN_DATES[first[0]]!r}."
    )
    assert len(true_effects(crm, spring.take(rows), campaign=COURSE)) == 1


def test_profit_is_what_the_contact_adds_less_what_it_costs(crm, task):
    value = Value(won_per_positive=40, discount_per_positive=10, cost_per_contact=2)
    posed = replace(task.take(np.arange(3)), file=task.file.model_copy(update={"value": value}))
    truth = pd.DataFrame(
        {
            "order_probability_if_contacted": [0.5, 0.5, 0.1],
            "order_probability_if_not_contacted": [0.1, 0.5, 0.3],
        }
    )
    everybody = true_profit_eur(posed, truth, np.ones(3))
    np.testing.assert_allclose(everybody, [9.0, -7.0, -11.0])
    found = true_profit_eur(posed, truth, [0.5, 0.0, 1.0])
    np.testing.assert_allclose(found, [4.5, 0.0, -11.0])


def test_what_is_no_truth_is_refused(crm, task):
    truth = true_effects(crm, task)
    everybody = np.ones(len(task))
    column = "truth['order_probability_if_contacted']"
    odd = truth.assign(order_probability_if_contacted=1.5)
    assert refusal(true_profit_eur, task, odd, everybody) == (
        f"{column} must lie in 0..1, got something else in {len(task)} of {len(task)} rows. "
        "Correct those rows."
    )
    assert refusal(true_profit_eur, task, truth.iloc[::-1], everybody) == (
        f"{column} must have the index of task.X in the same order, got a different one. Align the "
        "rows first, or pass an array to have it read by position."
    )
    assert refusal(true_profit_eur, task, truth.iloc[:5], everybody) == (
        f"{column} must have one value for each row of the task, got 5 for {len(task)} rows. Pass "
        "the rows of the same task in the same order."
    )
    assert refusal(true_profit_eur, task, truth.to_numpy(), everybody) == (
        "truth must be a DataFrame, got ndarray. Pass what true_effects returns."
    )
    without = replace(task, file=task.file.model_copy(update={"value": None}))
    assert refusal(true_profit_eur, without, truth, everybody) == (
        "task must have euros, got value: None. Write won_per_positive and cost_per_contact under "
        "`value` in the task file."
    )
