from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from equipoise.consent import PURPOSES, permitted
from equipoise.crm import CRM, DISTORTIONS, dictionary, features_at, make_crm
from equipoise.crm._calendar import CAMPAIGNS, COURSE_CAMPAIGN
from equipoise.crm._features import CATEGORIES, NUMBER_BOUNDS, SOURCES
from equipoise.crm._schema import GROUPS, KEPT_SEASON_START, PRODUCT_CATEGORIES, REFERENCE
from equipoise.crm._tasks import TASKS, pose_task
from equipoise.task import build_task

DATES = {
    "offer_response": "2026-03-02",
    "churn_90d": "2026-01-01",
    "coupon_uplift": "2026-03-02",
    "next_category": "2026-01-01",
    "case_priority": "2025-12-18",
}
"""The last date of each task with a full outcome window before April 2026."""

CHANNELS = {"offer_response": "post", "coupon_uplift": "post"}
OWN_PURPOSE = {
    "offer_response": "personalised_offers",
    "churn_90d": "analytics",
    "coupon_uplift": "personalised_offers",
    "next_category": "personalised_offers",
    "case_priority": "service",
}
OUTCOMES = {
    "offer_response": "has_responded",
    "churn_90d": "churned",
    "coupon_uplift": "ordered",
    "next_category": "bought",
    "case_priority": "is_escalated",
}
MARKETING = [name for name in TASKS if name != "case_priority"]
DATED = {
    "contacts": "joined_date",
    "orders": "order_date",
    "email_events": "event_date",
    "cases": "opened_date",
    "consent_events": "recorded_at",
}
PRINTED = [plan for plan in CAMPAIGNS if plan.by_post]


@pytest.fixture(scope="module")
def clean() -> CRM:
    """Fewer than in other tests: nearly all is compared row for row."""
    return make_crm(customers=1200, seed=11)


def days(count):
    return pd.Timedelta(days=count)


def built(name, tables, **how):
    return build_task(*pose_task(name, tables, **how))


def assert_features_are(task, features):
    """Contacts and individuals carry the same number, after another letter."""
    known = features.set_axis("I" + features.index.str[1:]).loc[task.unit]
    pd.testing.assert_frame_equal(
        task.X[list(known)], known.reset_index(drop=True), check_dtype=False
    )


def within(dates, start, count):
    return (dates >= start) & (dates < start + days(count))


def person_of(crm):
    return crm.tables["contacts"].set_index("contact_id")["individual_id"]


def customers_with_orders(crm, start, count):
    orders = crm.tables["orders"]
    rows = within(orders["order_date"], pd.Timestamp(start), count)
    return set(person_of(crm).loc[orders["contact_id"][rows].unique()])


def members_of(crm, plan):
    members = crm.tables["campaign_members"]
    members = members[members["campaign_id"] == plan.campaign_id]
    return members.set_index(person_of(crm).loc[members["contact_id"]].to_numpy())


@pytest.mark.parametrize("name", TASKS)
def test_the_default_date_is_the_last_with_a_full_window_before_april_2026(name, clean):
    task = clean.task(name)
    assert task.digest == clean.task(name, as_of=DATES[name]).digest
    assert_features_are(task, features_at(clean.tables, DATES[name], purpose=OWN_PURPOSE[name]))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_the_promised_shape(name, clean):
    task = clean.task(name)
    assert task.name == name
    assert task.file.outcome.column == OUTCOMES[name]
    assert set(task.y) == {0, 1}
    assert task.unit.name == "individual_id"
    assert task.policy == "opt_in"
    assert task.file.question.endswith(f" Purpose: {OWN_PURPOSE[name]}.")
    assert task.decision.top_share == 0.2
    assert task.value is not None
    assert not task.X.isna().any(axis=None)
    assert task.unbounded == () and task.bounds_from_data == ()


@pytest.mark.parametrize("name", TASKS)
def test_groups_truth_and_campaign_records_are_no_features(name, clean):
    task = clean.task(name)
    assert list(task.groups) == list(GROUPS)
    assert task.reference == REFERENCE
    kept_out = {*GROUPS, "age", "birth_date", "status", "has_responded", "is_selected"}
    assert not kept_out & set(task.X)
    assert not set(clean.truth.frame()) & set(task.X)


@pytest.mark.parametrize("name", TASKS)
def test_the_kept_season_moves_nothing(name, clean):
    """Whatever is dated from April 2026 on may be missing, or be something else."""
    without, changed = dict(clean.tables), dict(clean.tables)
    for table, column in DATED.items():
        frame = clean.tables[table]
        late = frame[column] >= KEPT_SEASON_START
        assert late.any()
        without[table] = frame[~late].reset_index(drop=True)
        last = frame[late].assign(
            **{column: KEPT_SEASON_START}, **{c: 9e6 for c in frame if c == "amount_eur"}
        )
        changed[table] = pd.concat([frame[~late], last], ignore_index=True)
    late = [plan.campaign_id for plan in CAMPAIGNS if plan.start_date >= KEPT_SEASON_START]
    members = clean.tables["campaign_members"]
    without["campaign_members"] = members[~members["campaign_id"].isin(late)]
    digest = clean.task(name).digest
    assert built(name, without).digest == digest
    assert built(name, changed).digest == digest


@pytest.mark.parametrize("name", TASKS)
def test_dates_from_the_day_of_the_question_on_are_no_features(name, clean):
    """Only the outcome and the rows may see the window; X by unit is known without it."""
    task, date = clean.task(name), pd.Timestamp(DATES[name])
    before = {
        table: frame[frame[DATED[table]] < date] if table in DATED else frame
        for table, frame in clean.tables.items()
    }
    assert_features_are(task, features_at(before, date, purpose=OWN_PURPOSE[name]))


def test_offer_response_asks_all_members_but_the_hold_out(clean):
    task = clean.task("offer_response").under("everyone")
    members = members_of(clean, COURSE_CAMPAIGN)
    asked = members[members["status"] != "hold_out"]
    assert task.unit.tolist() == asked.index.tolist()
    assert task.y.tolist() == asked["has_responded"].astype(int).tolist()


def test_churn_is_no_order_in_90_days_among_customers_of_the_last_180(clean):
    task = clean.task("churn_90d").under("everyone")
    active = customers_with_orders(clean, "2025-07-05", 180)
    stayed = customers_with_orders(clean, "2026-01-01", 90)
    assert set(task.unit) == active
    assert set(task.unit[task.y == 0]) == active & stayed
    assert not task.unit.duplicated().any()


def test_uplift_compares_the_contacted_with_the_held_out_among_the_selected(clean):
    task = clean.task("coupon_uplift").under("everyone")
    members = members_of(clean, COURSE_CAMPAIGN)
    selected = members[members["is_selected"]]
    ordered = customers_with_orders(clean, "2026-03-02", 30)
    assert task.unit.tolist() == selected.index.tolist()
    assert task.y.tolist() == selected.index.isin(ordered).astype(int).tolist()
    assert (task.treatment.to_numpy() == (selected["status"] == "contacted")).all()
    truth = clean.truth.campaign.set_index("individual_id").loc[task.unit]
    shown = np.where(
        task.treatment == 1, truth["orders_if_contacted"], truth["orders_if_not_contacted"]
    )
    assert (task.y == shown).all()


@pytest.mark.parametrize("plan", PRINTED, ids=lambda plan: plan.campaign_id)
def test_the_probability_of_contact_is_the_share_contacted(plan, clean):
    task = clean.task("coupon_uplift", as_of=plan.start, policy="everyone")
    probability = 1 - plan.hold_out_probability
    assert (task.treatment_probability == probability).all()
    error = np.sqrt(probability * (1 - probability) / len(task))
    assert task.treatment.mean() == pytest.approx(probability, abs=3.5 * error)


def test_next_category_asks_for_each_category_in_its_own_row(clean):
    task = clean.task("next_category").under("everyone")
    start = pd.Timestamp("2026-01-01")
    assert set(task.unit) == customers_with_orders(clean, start - days(365), 365)
    assert (task.unit.value_counts() == len(PRODUCT_CATEGORIES)).all()
    sales = clean.tables["order_items"].merge(clean.tables["orders"], on="order_id")
    sales["unit"] = person_of(clean).loc[sales["contact_id"]].to_numpy()
    pairs = pd.MultiIndex.from_arrays([task.unit, task.X["category"]])
    bought = sales[within(sales["order_date"], start, 90)]
    bought = pd.MultiIndex.from_frame(bought[["unit", "category"]])
    assert task.y.tolist() == pairs.isin(bought).astype(int).tolist()
    before = sales[within(sales["order_date"], start - days(365), 365)]
    items = before.groupby(["unit", "category"]).size().reindex(pairs, fill_value=0)
    assert task.X["category_items_12m"].tolist() == items.clip(upper=20).tolist()


def test_a_customer_s_rows_stay_in_one_part_of_a_split(clean):
    task = clean.task("next_category")
    split = task.split(seed=1)
    parts = [set(task.unit.iloc[rows]) for rows in (split.fit, split.choose, split.confirm)]
    assert sum(map(len, parts)) == task.unit.nunique()


def test_dated_rows_are_fitted_on_before_the_others_and_these_are_split_by_customer(clean):
    task = clean.task("case_priority")
    split = task.split(seed=1)
    later = np.concatenate([split.choose, split.confirm])
    assert task.time.iloc[split.fit].max() < task.time.iloc[later].min()
    assert not set(task.unit.iloc[split.choose]) & set(task.unit.iloc[split.confirm])


def test_case_priority_asks_which_requests_escalate(clean):
    task = clean.task("case_priority").under("everyone")
    cases, contacts = clean.tables["cases"], clean.tables["contacts"]
    start = pd.Timestamp("2025-12-18")
    known = contacts["contact_id"][contacts["joined_date"] < start]
    opened = cases[within(cases["opened_date"], start, 90) & cases["contact_id"].isin(known)]
    assert task.unit.tolist() == person_of(clean).loc[opened["contact_id"]].tolist()
    assert task.y.tolist() == opened["is_escalated"].astype(int).tolist()
    assert task.time.tolist() == opened["opened_date"].tolist()
    for column in ("reason", "origin"):
        assert task.X[column].tolist() == opened[column].tolist()
    handled_later = {"priority", "waiting_hours", "first_contact_resolved", "closed_date"}
    assert not handled_later & set(task.X)


@pytest.mark.parametrize("name", TASKS)
def test_each_policy_s_rows_are_those_that_consent_permits_on_the_date(name, clean):
    whole = clean.task(name, policy="everyone")
    people = pd.DataFrame({"individual_id": whole.unit})
    for policy in whole.allowed:
        may = permitted(
            people,
            clean.tables["consent_events"],
            purpose=OWN_PURPOSE[name],
            at=DATES[name],
            known_at=DATES[name],
            policy=policy,
            channel=CHANNELS.get(name),
        )
        part = clean.task(name, policy=policy)
        assert part.unit.tolist() == may["individual_id"].tolist()
        assert part.digest == whole.under(policy).digest
        assert part.y.tolist() == whole.y[may.index].tolist()


@pytest.mark.parametrize("name", TASKS)
def test_what_a_policy_permits_the_next_permits_too(name, clean):
    task = clean.task(name)
    service = name == "case_priority"
    policies = ["opt_in", "opt_out", *(["legitimate_interest"] if service else []), "everyone"]
    assert list(task.allowed) == policies
    sizes = [len(task.under(policy)) for policy in policies]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    allowed = task.under("everyone").allowed
    for less, more in pairwise(policies):
        assert not (allowed[less] & ~allowed[more]).any()


def columns_readable_for(purpose):
    rows = dictionary()
    open_to = rows["purposes"].str.split(", ").map(lambda purposes: purpose in purposes)
    readable = set(zip(rows["table"][open_to], rows["column"][open_to], strict=True))
    return [feature for feature, columns in SOURCES.items() if readable.issuperset(columns)]


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        (name, purpose)
        for name in TASKS
        for purpose in PURPOSES
        if purpose != "third_party_sharing" and (purpose != "service" or name not in MARKETING)
    ],
)
def test_a_purpose_sees_only_the_columns_it_may_read(name, purpose, clean):
    task = clean.task(name, purpose=purpose)
    own = {"category", "category_items_12m", "reason", "origin"}
    assert [column for column in task.X if column not in own] == columns_readable_for(purpose)


def test_purposes_differ_in_what_they_see(clean):
    seen = {
        purpose: set(clean.task("churn_90d", purpose=purpose).X)
        for purpose in ("analytics", "profiling", "fairness_audit")
    }
    assert seen["analytics"] - seen["profiling"] == {"cases_12m"}
    assert "postcode_area" in seen["fairness_audit"] and "uses_app" not in seen["fairness_audit"]
    assert "household_size" not in clean.task("case_priority").X


def test_a_task_s_own_columns_too_are_for_those_purposes_that_may_read_them(clean):
    """What was complained about is not read to make an offer; which category is asked is no record."""
    assert {"reason", "origin"} < set(clean.task("case_priority").X)
    assert not {"reason", "origin"} & set(
        clean.task("case_priority", purpose="personalised_offers").X
    )
    audited = clean.task("next_category", purpose="fairness_audit").X
    assert "category" in audited and "category_items_12m" not in audited


@pytest.mark.parametrize(
    ("as_of", "campaign_id"),
    [
        ("2024-09-02", "autumn_coupon_2024"),
        ("2025-03-02", "autumn_coupon_2024"),
        ("2025-03-03", "spring_coupon_2025"),
        ("2025-12-31", "autumn_coupon_2025"),
        ("2026-03-31", "spring_coupon_2026"),
        ("2026-06-30", "summer_coupon_2026"),
    ],
)
def test_the_coupon_is_the_last_one_posted_by_the_date(as_of, campaign_id, clean):
    plan = next(plan for plan in CAMPAIGNS if plan.campaign_id == campaign_id)
    task = clean.task("offer_response", as_of=as_of, policy="everyone")
    members = members_of(clean, plan)
    asked = members[members["status"] != "hold_out"]
    assert task.unit.tolist() == asked.index.tolist()
    assert task.y.tolist() == asked["has_responded"].astype(int).tolist()
    known = features_at(clean.tables, plan.start_date, purpose="personalised_offers")
    assert task.X["tenure_days"].tolist() == known["tenure_days"].loc[asked["contact_id"]].tolist()


@pytest.mark.parametrize("kind", DISTORTIONS.values())
def test_every_task_can_be_posed_on_a_distorted_world(kind):
    crm = make_crm(customers=600, seed=5, distortions=[kind(dose=1.0, group=("community", "B"))])
    for name in TASKS:
        task = crm.task(name)
        assert 0 < task.y.mean() < 1
        assert not task.X.isna().any(axis=None)
        assert len(task) <= len(task.under("everyone"))


def test_a_passed_over_community_is_found_again_through_its_postcode(distorted):
    shares = {}
    for name, crm in {"clean": distorted.clean_twin, "distorted": distorted}.items():
        task = crm.task("offer_response", policy="everyone")
        scores = out_of_sample_scores(task)
        top = pd.Series(scores >= np.quantile(scores, 0.8))
        shares[name] = top.groupby(task.groups["community"]).mean()
    assert shares["distorted"]["B"] < shares["clean"]["B"] - 0.06
    assert shares["distorted"]["A"] > shares["clean"]["A"]


def out_of_sample_scores(task):
    """Score every second row by a model of the others."""
    numbers = [name for name in task.X if name in NUMBER_BOUNDS]
    categories = [name for name in task.X if name in CATEGORIES]
    columns = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(), categories))
    odd, even = np.arange(1, len(task.y), 2), np.arange(0, len(task.y), 2)
    scores = np.empty(len(task.y))
    for fit, held in ((odd, even), (even, odd)):
        model = make_pipeline(columns, LogisticRegression(max_iter=1000))
        model.fit(task.X.iloc[fit], task.y[fit])
        scores[held] = model.predict_proba(task.X.iloc[held])[:, 1]
    return scores
