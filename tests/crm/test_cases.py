import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equipoise.crm._cases import (
    CASES_PER_ORDER,
    COMPLAINT,
    LONGEST_DAYS_TO_CASE,
    ORIGIN_SHARES_BY_AGE,
    REASON_SHARES_STORE,
    REASON_SHARES_WEB,
    draw_cases,
)
from equipoise.crm._population import draw_individuals
from equipoise.crm._schema import CASE_ORIGINS, CASE_PRIORITIES, CASE_REASONS, DAYS, END_DATE
from equipoise.crm._streams import Draws

CUSTOMERS = 20_000
DRAWS = Draws(9, 1, CUSTOMERS)
SMALLEST_P = 1e-4


@pytest.fixture(scope="module")
def people():
    return draw_individuals(DRAWS)


@pytest.fixture(scope="module")
def orders():
    row, number = np.divmod(np.arange(10 * CUSTOMERS), 10)
    in_store = DRAWS.uniform_at("test/in_store", row, number) < 0.5
    cents = 100 * DRAWS.gamma_at("test/amount", 2.0, row, number) * 35 + 1
    day = 80 * number
    return pd.DataFrame(
        {"row": row, "number": number, "day": day, "is_in_store": in_store, "cents": cents}
    )


@pytest.fixture(scope="module")
def cases(orders, people):
    return draw_cases(orders, people["age_band"], DRAWS)


def test_requests_have_the_stated_rate(orders, cases):
    error = np.sqrt(CASES_PER_ORDER * (1 - CASES_PER_ORDER) / len(orders))
    assert abs(len(cases) / len(orders) - CASES_PER_ORDER) < 4 * error


def test_a_request_comes_within_weeks_of_its_order(orders, cases):
    after = cases["day"] - orders["day"].to_numpy()[cases["order"]]
    assert after.between(1, LONGEST_DAYS_TO_CASE).all()
    assert (cases["closed_day"] >= cases["day"]).all()


def test_reasons_have_the_shares_of_the_channel(orders, cases):
    in_store = orders["is_in_store"].to_numpy()[cases["order"]]
    for flag, shares in [(False, REASON_SHARES_WEB), (True, REASON_SHARES_STORE)]:
        counts = np.bincount(cases["reason"][in_store == flag], minlength=len(CASE_REASONS))
        assert stats.chisquare(counts, np.array(shares) * counts.sum()).pvalue > SMALLEST_P


def test_older_customers_call_and_younger_ones_write(cases, people):
    band = people["age_band"].to_numpy()[cases["row"]]
    for name, shares in ORIGIN_SHARES_BY_AGE.items():
        counts = np.bincount(cases["origin"][band == name], minlength=len(CASE_ORIGINS))
        assert stats.chisquare(counts, np.array(shares) * counts.sum()).pvalue > SMALLEST_P


def test_the_desk_sees_the_need_through_noise(cases):
    priority = cases["priority"]
    assert (np.diff(cases["need"].groupby(priority).mean()) > 0.3).all()
    of_lowest = cases["need"][priority == 0]
    of_highest = cases["need"][priority == 2]
    assert of_lowest.max() > of_highest.min()


def test_the_higher_the_priority_the_shorter_the_wait(cases):
    assert (np.diff(cases["waiting_hours"].groupby(cases["priority"]).median()) < 0).all()
    assert (cases["waiting_hours"] >= 0).all()


def test_the_need_moves_the_wait_only_through_the_priority(cases):
    for _, of_priority in cases.groupby("priority"):
        rho = stats.spearmanr(of_priority["need"], of_priority["waiting_hours"]).statistic
        assert abs(rho) < 4 / np.sqrt(len(of_priority))


def test_needy_waiting_and_unresolved_requests_escalate(cases):
    escalated = cases["escalated"]
    assert 0.03 < escalated.mean() < 0.3
    for better, worse in [
        (cases["need"] < 0, cases["need"] > 1),
        (cases["resolved"], ~cases["resolved"]),
    ]:
        assert escalated[worse].mean() > escalated[better].mean()
    # The needy wait less, so the wait is looked at among those of one priority.
    of_low = cases[cases["priority"] == 0]
    long = of_low["waiting_hours"] > of_low["waiting_hours"].median()
    assert of_low["escalated"][long].mean() > of_low["escalated"][~long].mean()


def test_what_the_first_contact_settles_is_closed_when_it_was_answered(cases):
    settled = cases[cases["resolved"]]
    # Waiting hours are rounded to a tenth, days are whole.
    days = np.floor(settled["waiting_hours"] / 24)
    assert ((settled["closed_day"] - settled["day"] - days).abs() <= 1).all()
    longer = cases["closed_day"] - cases["day"]
    assert longer[~cases["resolved"]].mean() > longer[cases["resolved"]].mean() + 1


def test_complaints_are_the_most_urgent_on_average(cases):
    assert cases["need"].groupby(cases["reason"]).mean().idxmax() == COMPLAINT


def test_an_orders_request_does_not_depend_on_other_orders(orders, people, cases):
    some = orders[orders["number"] == 4].reset_index(drop=True)
    alone = draw_cases(some, people["age_band"], DRAWS)
    among = cases[cases["number"] == 4].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.drop(columns="order"), among.drop(columns="order"))


def test_no_request_is_opened_after_the_end(people):
    late = pd.DataFrame({"row": np.arange(CUSTOMERS), "number": 0, "day": DAYS - 2})
    late = late.assign(is_in_store=True, cents=5000)
    cases = draw_cases(late, people["age_band"], DRAWS)
    assert (cases["day"] == DAYS - 1).all()
    assert 0 < len(cases) < CASES_PER_ORDER * CUSTOMERS / 10


def test_the_table_hides_the_need_and_leaves_open_requests_open(clean):
    table = clean.tables["cases"]
    assert "need" not in table
    assert set(table["priority"]) == set(CASE_PRIORITIES)
    assert table["closed_date"].isna().any()
    closed = table.dropna(subset="closed_date")
    assert (closed["closed_date"] >= closed["opened_date"]).all()
    assert (closed["closed_date"] <= END_DATE).all()


def test_a_request_names_the_order_of_its_customer(clean):
    cases = clean.tables["cases"].merge(
        clean.tables["orders"], on="order_id", suffixes=("", "_of_order")
    )
    assert len(cases) == len(clean.tables["cases"])
    assert (cases["contact_id"] == cases["contact_id_of_order"]).all()
    assert (cases["opened_date"] > cases["order_date"]).all()


def test_no_group_waits_longer_by_itself(town):
    contacts = town.tables["contacts"][["contact_id", "individual_id"]]
    cases = town.tables["cases"].merge(contacts).merge(town.tables["individuals"])
    for column in ("gender", "community"):
        waits = [rows["waiting_hours"] for _, rows in cases.groupby(column)]
        assert stats.kruskal(*waits).pvalue > SMALLEST_P
