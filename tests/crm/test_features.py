import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.consent import PURPOSES, permitted
from equipoise.crm import dictionary, features_at, make_crm
from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._features import CATEGORIES, NUMBER_BOUNDS, SOURCES, features_for
from equipoise.crm._schema import END_DATE, START_DATE
from equipoise.crm._tasks import TASKS, pose_task
from equipoise.exceptions import InputError
from equipoise.task import build_task

SMALL = make_crm(customers=300, seed=1).tables
MIDDLE = make_crm(customers=1500, seed=1).tables
DATE = COURSE_CAMPAIGN.start_date
DATED = {
    "contacts": "joined_date",
    "orders": "order_date",
    "email_events": "event_date",
    "cases": "opened_date",
}
READ = ("individuals", *DATED)
days_of_the_world = st.integers(1, (END_DATE - START_DATE).days)
seeds = st.integers(0, 10_000)


def mixed(frame, rng, *, keep=()):
    """Return rows whose cells come from other rows, column by column."""
    columns = {
        name: frame[name] if name in keep else frame[name].to_numpy()[rng.permutation(len(frame))]
        for name in frame
    }
    return pd.DataFrame(columns, index=frame.index).astype(frame.dtypes)


def with_another_future(tables, date, rng):
    """Drop, change and add rows that are dated on or after `date`, in every table."""
    found = dict(tables)
    for table, column in DATED.items():
        frame = tables[table]
        late = frame[column] >= date
        kept = frame[late][rng.random(late.sum()) < 0.5]
        changed = mixed(kept, rng, keep=("contact_id",) if table == "contacts" else ())
        added = frame.sample(min(40, len(frame)), random_state=int(rng.integers(1000)))
        when = date + pd.to_timedelta(rng.integers(0, 300, len(added)), unit="D")
        added = added.assign(**{column: when})
        if table == "contacts":
            added["contact_id"] = [f"C9{number:07d}" for number in range(len(added))]
        added = added.astype(frame.dtypes)
        found[table] = pd.concat([frame[~late], changed, added], ignore_index=True)
    return found


def without_the_rows_of(tables, contact_id):
    """Drop every row that is about these customers, and only these."""
    contacts = tables["contacts"]
    gone = contacts["contact_id"].isin(contact_id)
    people = contacts["individual_id"][gone]
    orders = tables["orders"]
    order_id = orders["order_id"][orders["contact_id"].isin(contact_id)]
    about = {"contact_id": contact_id, "individual_id": people, "order_id": order_id}
    found = dict(tables)
    for name in ("individuals", "contacts", "orders", "order_items", "email_events", "cases"):
        frame = tables[name]
        key = next(
            column for column in ("contact_id", "individual_id", "order_id") if column in frame
        )
        found[name] = frame[~frame[key].isin(about[key])].reset_index(drop=True)
    members = tables["campaign_members"]
    found["campaign_members"] = members[~members["contact_id"].isin(contact_id)]
    return found


def with_other_rows_of(tables, contact_id, rng):
    """Mix up everything that is recorded about these customers but their keys and consent."""
    contacts, orders = tables["contacts"], tables["orders"]
    people = contacts["individual_id"][contacts["contact_id"].isin(contact_id)]
    order_id = orders["order_id"][orders["contact_id"].isin(contact_id)]
    about = {"contact_id": contact_id, "individual_id": people, "order_id": order_id}
    keys = ("contact_id", "individual_id", "order_id", "campaign_id")
    found = dict(tables)
    for name, frame in tables.items():
        key = next((column for column in about if column in frame), None)
        if key is None or name == "consent_events":
            continue
        theirs = frame[key].isin(about[key])
        changed = mixed(frame[theirs], rng, keep=keys)
        found[name] = pd.concat([frame[~theirs], changed]).sort_index()
    return found


@settings(max_examples=25)
@given(day=days_of_the_world, seed=seeds)
def test_nothing_on_or_after_the_date_moves_a_feature(day, seed):
    date = START_DATE + pd.Timedelta(days=day)
    changed = with_another_future(SMALL, date, np.random.default_rng(seed))
    pd.testing.assert_frame_equal(features_at(SMALL, date), features_at(changed, date))


@settings(max_examples=15)
@given(day=days_of_the_world, seed=seeds, share=st.floats(0.1, 0.9))
def test_rows_of_other_customers_never_move_a_customer_s_features(day, seed, share):
    date, rng = START_DATE + pd.Timedelta(days=day), np.random.default_rng(seed)
    contact_id = SMALL["contacts"]["contact_id"]
    others = contact_id[rng.random(len(contact_id)) < share]
    before = features_at(SMALL, date)
    mine = before[~before.index.isin(others)]
    for tables in (without_the_rows_of(SMALL, others), with_other_rows_of(SMALL, others, rng)):
        after = features_at(tables, date)
        pd.testing.assert_frame_equal(after[after.index.isin(mine.index)], mine)


@settings(max_examples=25)
@given(day=days_of_the_world, seed=seeds)
def test_the_order_of_rows_does_not_matter(day, seed):
    date = START_DATE + pd.Timedelta(days=day)
    shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in SMALL.items()}
    before, after = features_at(SMALL, date), features_at(shuffled, date)
    pd.testing.assert_frame_equal(before, after.loc[before.index])


@settings(max_examples=25)
@given(day=days_of_the_world, purpose=st.sampled_from([None, *PURPOSES]))
def test_features_lie_within_their_declared_bounds_and_none_is_missing(day, purpose):
    features = features_at(SMALL, START_DATE + pd.Timedelta(days=day), purpose=purpose)
    assert list(features) == [
        name for name in (*NUMBER_BOUNDS, *CATEGORIES) if name in features_for(purpose)
    ]
    assert not features.isna().any(axis=None)
    for name in features:
        if name in NUMBER_BOUNDS:
            assert features[name].between(*NUMBER_BOUNDS[name]).all()
        else:
            assert features[name].isin(CATEGORIES[name]).all()


def test_what_lies_beyond_a_bound_is_moved_onto_it():
    buyer = SMALL["orders"]["contact_id"].iloc[0]
    order = (
        SMALL["orders"]
        .iloc[[0] * 40]
        .assign(order_date=DATE - pd.Timedelta(days=3), amount_eur=900.0)
    )
    clicks = (
        SMALL["email_events"]
        .iloc[[0] * 30]
        .assign(contact_id=buyer, event="clicked", event_date=DATE - pd.Timedelta(days=3))
    )
    cases = (
        SMALL["cases"]
        .iloc[[0] * 30]
        .assign(contact_id=buyer, opened_date=DATE - pd.Timedelta(days=3))
    )
    individuals = SMALL["individuals"].assign(household_size=9)
    tables = {**SMALL, "orders": order, "email_events": clicks, "cases": cases}
    features = features_at({**tables, "individuals": individuals}, DATE)
    for name in (
        "orders_12m",
        "orders_3m",
        "spend_eur_12m",
        "mean_basket_eur",
        "email_clicks_12m",
        "cases_12m",
    ):
        assert features.loc[buyer, name] == NUMBER_BOUNDS[name][1]
    assert (features["household_size"] == "5").all()


def test_caps_touch_few_customers(clean):
    features = features_at(clean.tables, DATE)
    for name in ("orders_12m", "orders_3m", "spend_eur_12m", "mean_basket_eur", "cases_12m"):
        assert (features[name] == NUMBER_BOUNDS[name][1]).mean() < 0.005


def test_only_contacts_who_had_joined_have_features(clean):
    contacts = clean.tables["contacts"]
    joined = contacts["contact_id"][contacts["joined_date"] < DATE]
    assert features_at(clean.tables, DATE).index.tolist() == joined.tolist()


def test_a_contact_without_orders_gets_tenure_and_zeros():
    nothing = {name: SMALL[name].iloc[:0] for name in ("orders", "email_events", "cases")}
    features = features_at({**SMALL, **nothing}, DATE)
    assert (features["days_since_last_order"] == features["tenure_days"]).all()
    counted = [n for n in NUMBER_BOUNDS if n not in ("days_since_last_order", "tenure_days")]
    assert (features[counted] == 0).all(axis=None)


def test_an_order_without_its_customer_is_nobody_s():
    orders = SMALL["orders"]
    unlinked = orders.assign(contact_id=orders["contact_id"].mask(orders.index % 2 == 0))
    linked = orders[orders.index % 2 == 1]
    pd.testing.assert_frame_equal(
        features_at({**SMALL, "orders": unlinked}, DATE),
        features_at({**SMALL, "orders": linked}, DATE),
    )


def test_counts_and_euros_are_those_of_the_records(clean):
    tables = clean.tables
    features = features_at(tables, DATE)
    for buyer in features.sample(60, random_state=1).index:
        past = tables["orders"][tables["orders"]["contact_id"] == buyer]
        past = past[past["order_date"] < DATE]
        age = (DATE - past["order_date"]).dt.days
        joined = tables["contacts"].set_index("contact_id").loc[buyer, "joined_date"]
        row = features.loc[buyer]
        assert row["tenure_days"] == (DATE - joined).days
        assert row["orders_12m"] == min((age <= 365).sum(), 30)
        assert row["orders_3m"] == min((age <= 91).sum(), 12)
        assert row["spend_eur_12m"] == pytest.approx(min(past["amount_eur"][age <= 365].sum(), 5e3))
        assert row["days_since_last_order"] == age.min()
        assert row["mean_basket_eur"] == pytest.approx(min(past["amount_eur"].mean(), 500))
        assert row["discounted_orders_share"] == pytest.approx((past["discount_eur"] > 0).mean())
        assert row["store_orders_share"] == pytest.approx((past["channel"] == "store").mean())
        assert row["email_clicks_12m"] == clicks_of(tables, buyer)
        opened = tables["cases"]["opened_date"][tables["cases"]["contact_id"] == buyer]
        assert row["cases_12m"] == opened.between(*LAST_YEAR).sum()


LAST_YEAR = (DATE - pd.Timedelta(days=365), DATE - pd.Timedelta(days=1))


def clicks_of(tables, buyer):
    events = tables["email_events"]
    own = events[(events["contact_id"] == buyer) & (events["event"] == "clicked")]
    return own["event_date"].between(*LAST_YEAR).sum()


def test_tiers_follow_spend_among_members_of_the_plan(clean):
    contacts = clean.tables["contacts"].set_index("contact_id")
    features = features_at(clean.tables, DATE)
    plan = contacts["loyalty_plan"].reindex(features.index)
    assert ((features["loyalty_tier"] == "not_member") == (plan == "not_member")).all()
    spend = features["spend_eur_12m"].groupby(features["loyalty_tier"]).agg(["min", "max"])
    assert spend.loc["basic", "max"] < 250 <= spend.loc["silver", "min"]
    assert spend.loc["silver", "max"] < 750 <= spend.loc["gold", "min"]


def test_a_missing_column_is_named():
    broken = {**SMALL, "orders": SMALL["orders"].rename(columns={"amount_eur": "amount"})}
    message = "orders must name a column of the table, got 'amount_eur'. Did you mean 'amount'?"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        features_at(broken, DATE)


def test_the_key_to_the_person_is_named_where_it_is_missing():
    broken = {
        **SMALL,
        "contacts": SMALL["contacts"].rename(columns={"individual_id": "individual"}),
    }
    message = (
        "contacts must name a column of the table, got 'individual_id'. Did you mean 'individual'?"
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        features_at(broken, DATE)
    assert len(features_at(broken, DATE, purpose="service")) > 0


@pytest.mark.parametrize("purpose", [None, *PURPOSES])
def test_only_what_the_purpose_may_read_needs_to_be_there(purpose):
    """Of the columns that make no feature nor key of the purpose, none is touched."""
    made_from = {pair for feature in features_for(purpose) for pair in SOURCES[feature]}
    kept = made_from | {("contacts", "joined_date")}
    tables = {
        name: SMALL[name][
            [
                column
                for column in SMALL[name]
                if column in ("contact_id", "individual_id") or (name, column) in kept
            ]
        ]
        for name in dict.fromkeys(table for table, _ in [*sorted(kept)])
    }
    pd.testing.assert_frame_equal(
        features_at(tables, DATE, purpose=purpose), features_at(SMALL, DATE, purpose=purpose)
    )


def test_a_missing_table_is_named():
    without = {name: frame for name, frame in SMALL.items() if name != "cases"}
    message = "tables must hold each table that is read, got no 'cases'. Add it."
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        features_at(without, DATE)


def test_a_table_that_no_feature_needs_may_be_absent():
    needed = {name: SMALL[name] for name in READ}
    pd.testing.assert_frame_equal(features_at(SMALL, DATE), features_at(needed, DATE))
    service = {name: SMALL[name] for name in ("contacts", "orders", "cases")}
    assert list(features_at(service, DATE, purpose="service")) == list(features_for("service"))


def test_every_feature_names_columns_of_the_dictionary():
    known = set(zip(dictionary()["table"], dictionary()["column"], strict=True))
    assert list(SOURCES) == [*NUMBER_BOUNDS, *CATEGORIES]
    assert all(known.issuperset(columns) for columns in SOURCES.values())


ROWS_AND_OUTCOME = {
    ("contacts", "joined_date"),
    ("campaign_members", "status"),
    ("campaign_members", "is_selected"),
    ("campaign_members", "has_responded"),
    ("cases", "opened_date"),
    ("cases", "is_escalated"),
}
"""Columns that say which rows a task has and what came of them, whatever a model may know."""


def with_unreadable_columns_mixed(tables, purpose, rng):
    rows, found = dictionary(), dict(tables)
    for table, column, purposes in rows[["table", "column", "purposes"]].itertuples(index=False):
        if purpose not in purposes.split(", ") and (table, column) not in ROWS_AND_OUTCOME:
            cells = found[table][column].to_numpy()[rng.permutation(len(found[table]))]
            cells = pd.Series(cells, index=found[table].index, dtype=found[table][column].dtype)
            found[table] = found[table].assign(**{column: cells})
    return found


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        (name, purpose)
        for name in TASKS
        for purpose in PURPOSES
        if purpose != "third_party_sharing" and (purpose != "service" or name == "case_priority")
    ],
)
def test_columns_that_the_purpose_may_not_read_never_move_what_a_model_sees(name, purpose):
    mixed_up = with_unreadable_columns_mixed(MIDDLE, purpose, np.random.default_rng(3))
    before = build_task(*pose_task(name, MIDDLE, purpose=purpose))
    after = build_task(*pose_task(name, mixed_up, purpose=purpose))
    pd.testing.assert_frame_equal(before.X, after.X)
    assert before.unit.equals(after.unit)


def withheld(name, policy):
    """Return the customers whom the policy does not permit on the date of the task."""
    date, contacts = TASKS[name].as_of(None), MIDDLE["contacts"]
    may = permitted(
        contacts,
        MIDDLE["consent_events"],
        purpose=TASKS[name].purpose,
        at=date,
        known_at=date,
        policy=policy,
        channel=TASKS[name].channel,
    )
    return contacts["contact_id"].drop(may.index)


@pytest.mark.parametrize("policy", ["opt_in", "opt_out"])
@pytest.mark.parametrize("name", TASKS)
@settings(max_examples=3)
@given(seed=seeds)
def test_customers_who_are_not_permitted_never_move_the_others_task(name, policy, seed):
    """All their rows but those about consent may be missing, or be something else."""
    task = build_task(*pose_task(name, MIDDLE, policy=policy))
    others = withheld(name, policy)
    assert len(others) > 0
    rng = np.random.default_rng(seed)
    for tables in (without_the_rows_of(MIDDLE, others), with_other_rows_of(MIDDLE, others, rng)):
        other = build_task(*pose_task(name, tables, policy=policy))
        pd.testing.assert_frame_equal(other.X, task.X)
        pd.testing.assert_frame_equal(other.groups, task.groups)
        assert other.y.tolist() == task.y.tolist()
        assert other.unit.tolist() == task.unit.tolist()
