import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equipoise.crm import make_crm
from equipoise.crm._calendar import CAMPAIGNS, COURSE_CAMPAIGN

SMALLEST_P = 1e-4
SEEDS = range(60, 65)


def test_there_is_one_decision_and_one_list_per_campaign(small_world):
    for each in (small_world.is_member, small_world.decided, small_world.answer_lost):
        assert len(each) == len(CAMPAIGNS)


def test_members_are_those_who_joined_before_the_day(small_world):
    for plan, member in zip(CAMPAIGNS, small_world.is_member, strict=True):
        assert (member == (small_world.life.joined_day < plan.day)).all()


def test_without_distortions_no_answer_is_lost(small_world):
    assert not np.any(small_world.answer_lost)


def test_behaviour_looks_like_retail(town):
    orders, day = town.tables["orders"], COURSE_CAMPAIGN.start_date
    before = orders[orders["order_date"] < day]
    age = (day - before["order_date"]).dt.days
    members = (town.tables["contacts"]["joined_date"] < day).sum()
    last_quarter = before["contact_id"][age <= 90].nunique() / members
    per_buyer = before["contact_id"][age <= 365].value_counts()
    assert 0.3 < last_quarter < 0.5
    assert 2 < per_buyer.mean() < 4
    assert 55 < orders["amount_eur"].mean() < 80


def test_churn_has_a_plausible_base_rate(town):
    """No order in 90 days among those with an order in the last 180, at three dates."""
    orders = town.tables["orders"]
    for date in ("2024-10-01", "2025-05-01", "2026-01-01"):
        since = (orders["order_date"] - pd.Timestamp(date)).dt.days
        active = set(orders["contact_id"][since.between(-180, -1)])
        again = set(orders["contact_id"][since.between(0, 89)])
        assert 0.3 < 1 - len(active & again) / len(active) < 0.6


@pytest.fixture(scope="module")
def measures():
    """One frame per seed: a row per customer, with what happened to them."""
    return [_measured(make_crm(customers=6000, seed=seed)) for seed in SEEDS]


def _measured(crm):
    tables = crm.tables
    people = tables["individuals"].merge(tables["contacts"], on="individual_id")

    def count(table, **where):
        rows = tables[table]
        for column, value in where.items():
            rows = rows[rows[column] == value]
        key = "contact_id" if "contact_id" in rows else "individual_id"
        return people[key].map(rows[key].value_counts()).fillna(0)

    spent = tables["orders"].groupby("contact_id")["amount_eur"].sum()
    return people.assign(
        orders=count("orders"),
        spent=people["contact_id"].map(spent),
        contacts=count("campaign_members", status="contacted"),
        hold_outs=count("campaign_members", status="hold_out"),
        answers=count("campaign_members", has_responded=True),
        e_mails=count("email_events", event="sent"),
        unsubscribes=count("email_events", event="unsubscribed"),
        requests=count("cases"),
        complaints=count("cases", reason="complaint"),
        escalations=count("cases", is_escalated=True),
        opt_ins=count("consent_events", expression="opt_in"),
        withdrawals=count("consent_events", expression="withdrawal"),
        app=people["uses_app"] == "yes",
        loyal=people["loyalty_plan"] == "member",
    )


MEASURES = (
    "orders",
    "spent",
    "contacts",
    "hold_outs",
    "answers",
    "e_mails",
    "unsubscribes",
    "requests",
    "complaints",
    "escalations",
    "opt_ins",
    "withdrawals",
    "app",
    "loyal",
)


def p_value(frame, measure, column):
    return stats.kruskal(*(rows[measure].astype(float) for _, rows in frame.groupby(column))).pvalue


@pytest.mark.parametrize("measure", MEASURES)
def test_communities_do_not_differ_beyond_chance(measures, measure):
    p_values = [p_value(frame, measure, "community") for frame in measures]
    assert min(p_values) > SMALLEST_P
    assert stats.combine_pvalues(p_values).pvalue > SMALLEST_P


def test_the_differences_between_communities_look_like_chance_over_all_measures(measures):
    """Measures of one customer go together, so only one in five of them is looked at."""
    some = ("orders", "hold_outs", "opt_ins", "app")
    p_values = [p_value(frame, measure, "community") for frame in measures for measure in some]
    assert stats.kstest(p_values, "uniform").pvalue > SMALLEST_P


@pytest.mark.parametrize(
    ("column", "measure"),
    [
        ("gender", "orders"),
        ("age_band", "orders"),
        ("age_band", "app"),
        ("age_band", "opt_ins"),
        ("age_band", "e_mails"),
        ("income_band", "spent"),
        ("income_band", "opt_ins"),
        ("income_band", "e_mails"),
    ],
)
def test_gender_age_and_income_differ_by_themselves(measures, column, measure):
    p_values = [p_value(frame, measure, column) for frame in measures]
    assert stats.combine_pvalues(p_values).pvalue < 1e-3
