import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm import features_at, make_crm
from equipoise.crm._features import CATEGORIES, NUMBER_BOUNDS
from equipoise.crm._schema import CAMPAIGN_DATE, END_DATE, START_DATE
from equipoise.exceptions import InputError

SMALL = make_crm(customers=300, seed=1).tables
LAST_DAY = (END_DATE - START_DATE).days


@settings(deadline=None, max_examples=40)
@given(day=st.integers(1, LAST_DAY), seed=st.integers(0, 99), added=st.integers(0, 50))
def test_nothing_on_or_after_the_date_moves_a_feature(day, seed, added):
    date = START_DATE + pd.Timedelta(days=day)
    orders, contacts = SMALL["orders"], SMALL["contacts"]
    rng = np.random.default_rng(seed)
    later = orders["order_date"] >= date
    kept = orders[~later | (rng.random(len(orders)) < 0.5)]
    invented = orders.sample(added, random_state=seed).assign(
        order_date=date + pd.to_timedelta(rng.integers(0, 200, added), unit="D"),
        amount_eur=1e6,
        discount_eur=5.0,
    )
    changed = {"contacts": contacts, "orders": pd.concat([kept, invented], ignore_index=True)}
    pd.testing.assert_frame_equal(features_at(SMALL, date), features_at(changed, date))


def test_the_order_of_rows_does_not_matter():
    shuffled = {**SMALL, "orders": SMALL["orders"].sample(frac=1, random_state=1)}
    pd.testing.assert_frame_equal(
        features_at(SMALL, CAMPAIGN_DATE), features_at(shuffled, CAMPAIGN_DATE)
    )


def test_features_lie_within_their_declared_bounds_and_none_is_missing(clean):
    features = features_at(clean.tables, CAMPAIGN_DATE)
    assert list(features) == [*NUMBER_BOUNDS, *CATEGORIES]
    assert not features.isna().any(axis=None)
    for name, (low, high) in NUMBER_BOUNDS.items():
        assert features[name].between(low, high).all()
    for name, levels in CATEGORIES.items():
        assert features[name].isin(levels).all()


def test_caps_touch_few_customers(clean):
    features = features_at(clean.tables, CAMPAIGN_DATE)
    for name in ("orders_12m", "orders_3m", "spend_eur_12m", "mean_basket_eur"):
        assert (features[name] == NUMBER_BOUNDS[name][1]).mean() < 0.005


def test_only_contacts_who_had_joined_have_features(clean):
    contacts = clean.tables["contacts"]
    joined = contacts["contact_id"][contacts["joined_date"] < CAMPAIGN_DATE]
    assert features_at(clean.tables, CAMPAIGN_DATE).index.tolist() == joined.tolist()


def test_a_contact_without_orders_gets_tenure_and_zeros():
    nothing = {**SMALL, "orders": SMALL["orders"].iloc[:0]}
    features = features_at(nothing, CAMPAIGN_DATE)
    assert (features["days_since_last_order"] == features["tenure_days"]).all()
    counted = [n for n in NUMBER_BOUNDS if n not in ("days_since_last_order", "tenure_days")]
    assert (features[counted] == 0).all(axis=None)


def test_counts_and_euros_are_those_of_the_orders(clean):
    orders = clean.tables["orders"]
    features = features_at(clean.tables, CAMPAIGN_DATE)
    buyer = features["orders_12m"].idxmax()
    own = orders[(orders["contact_id"] == buyer) & (orders["order_date"] < CAMPAIGN_DATE)]
    age = (CAMPAIGN_DATE - own["order_date"]).dt.days
    assert features.loc[buyer, "orders_12m"] == min((age <= 365).sum(), 30)
    assert features.loc[buyer, "orders_3m"] == min((age <= 91).sum(), 12)
    assert features.loc[buyer, "days_since_last_order"] == age.min()
    assert features.loc[buyer, "mean_basket_eur"] == pytest.approx(own["amount_eur"].mean())
    assert features.loc[buyer, "store_orders_share"] == pytest.approx(
        (own["channel"] == "store").mean()
    )


def test_tiers_follow_spend_among_members_of_the_plan(clean):
    contacts = clean.tables["contacts"].set_index("contact_id")
    features = features_at(clean.tables, CAMPAIGN_DATE)
    plan = contacts["loyalty_plan"].reindex(features.index)
    assert ((features["loyalty_tier"] == "not_member") == (plan == "not_member")).all()
    spend = features["spend_eur_12m"].groupby(features["loyalty_tier"]).agg(["min", "max"])
    assert spend.loc["basic", "max"] < 250 <= spend.loc["silver", "min"]
    assert spend.loc["silver", "max"] < 750 <= spend.loc["gold", "min"]


def test_a_missing_column_is_named():
    broken = {**SMALL, "orders": SMALL["orders"].rename(columns={"amount_eur": "amount"})}
    message = "orders must name a column of the table, got 'amount_eur'. Did you mean 'amount'?"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        features_at(broken, CAMPAIGN_DATE)
