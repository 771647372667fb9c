"""Quality of records: what it states, how surely, and what it does not state at all."""

import re

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm._quality import quality
from equipoise.exceptions import InputError
from equipoise.intervals import newcombe, wilson


def cell(found, column, measure="completeness", group="all", table="table"):
    frame = found.frame()
    keys = ["table", "column", "measure", "group"]
    return frame.set_index(keys).loc[(table, column, measure, group)]


def refusal(*args, **asked):
    with pytest.raises(InputError) as refused:
        quality(*args, **asked)
    return str(refused.value)


def gap(found, column, group):
    frame = found.gaps()
    return frame[(frame["column"] == column) & (frame["group"] == group)].iloc[0]


def missing_where(lost, size):
    return pd.Series(["x"] * size, dtype="str").where(~np.asarray(lost))


@pytest.fixture
def tables():
    """Forty customers, half of band a; each of them has three orders, and two orders have none."""
    number = np.arange(40)
    text = pd.Series(number).astype("str")
    day = pd.Timestamp("2026-06-30")
    individuals = pd.DataFrame({"individual_id": text, "age_band": ["18-29", "60+"] * 20})
    contacts = pd.DataFrame(
        {
            "contact_id": "C" + text,
            "individual_id": text,
            "lead_source": "web",
            "verified_date": day - pd.to_timedelta(20 * number, unit="D"),
        }
    )
    buyers = pd.concat([pd.Series(np.repeat("C" + text, 3)), pd.Series([None, None])])
    orders = pd.DataFrame(
        {
            "order_id": [f"O{order}" for order in range(122)],
            "contact_id": buyers.astype("str").to_numpy(),
            "amount_eur": np.where(np.arange(122) % 6 < 3, 10.0, -1.0),
            "campaign_id": None,
        }
    )
    campaigns = pd.DataFrame({"campaign_id": ["spring"], "name": ["Spring"]})
    return {
        "individuals": individuals,
        "contacts": contacts,
        "orders": orders,
        "campaigns": campaigns,
    }


# What is stated


def test_completeness_is_the_share_not_missing_with_its_wilson_interval():
    found = cell(quality(pd.DataFrame({"phone": ["1"] * 30 + [None] * 10})), "phone")
    assert (found["n"], found["note"]) == (40, "")
    np.testing.assert_allclose(found[["value", "low", "high"]].astype(float), wilson(30, 40))


def test_validity_is_a_share_of_those_not_missing():
    table = pd.DataFrame({"age": [30.0] * 15 + [-1.0] * 5 + [None] * 20})
    found = cell(quality(table, schema={"age": pa.Check.ge(0)}), "age", "validity")
    assert found["n"] == 40
    np.testing.assert_allclose(found[["value", "low", "high"]].astype(float), wilson(15, 20))


def test_a_column_without_a_rule_has_no_validity():
    found = quality(pd.DataFrame({"a": [1] * 20, "b": [1] * 20}), schema={"a": [1]}).frame()
    assert found.loc[found["measure"] == "validity", "column"].tolist() == ["a"]


@pytest.mark.parametrize(
    "rule",
    [
        pa.Check.isin([1, 2]),
        [pa.Check.ge(1), pa.Check.le(2)],
        pa.Column(int, [pa.Check.ge(1), pa.Check.le(2)]),
        pa.Check(lambda value: value in (1, 2), element_wise=True),
        lambda values: values.between(1, 2),
        [1, 2],
        {1, 2},
    ],
)
def test_a_rule_may_be_written_in_several_ways(rule):
    table = pd.DataFrame({"code": [1, 2, 3, 4] * 5})
    assert cell(quality(table, schema={"code": rule}), "code", "validity")["value"] == 0.5


def test_a_pandera_schema_serves_as_rules():
    schema = pa.DataFrameSchema({"code": pa.Column(int, pa.Check.isin([1]))})
    found = quality(pd.DataFrame({"code": [1, 2] * 10}), schema=schema)
    assert cell(found, "code", "validity")["value"] == 0.5


def test_freshness_is_the_share_confirmed_within_a_year(tables):
    found = quality(tables)
    assert f"{found.as_of:%Y-%m-%d}" == "2026-06-30"
    # Confirmed 0, 20, ... 780 days ago: 19 of 40 within 365 days.
    share = cell(found, "verified_date", "freshness", table="contacts")
    np.testing.assert_allclose(share[["value", "low", "high"]].astype(float), wilson(19, 40))
    days = cell(found, "verified_date", "days_since_verified", table="contacts")
    assert days["value"] == 390
    assert 0 < days["low"] < 390 < days["high"] < 780


def test_a_later_date_makes_records_older(tables):
    found = quality(tables, as_of="2026-07-10")
    assert cell(found, "verified_date", "days_since_verified", table="contacts")["value"] == 400


def test_a_record_that_was_never_confirmed_is_not_fresh(tables):
    dates = tables["contacts"]["verified_date"].where(np.arange(40) >= 20)
    contacts = tables["contacts"].assign(verified_date=dates)
    found = quality(tables | {"contacts": contacts}, as_of="2026-06-30")
    assert cell(found, "verified_date", "freshness", table="contacts")["value"] == 0
    found = quality(
        tables | {"contacts": contacts.assign(verified_date=pd.NaT)}, as_of="2026-07-01"
    )
    assert cell(found, "verified_date", "freshness", table="contacts")["value"] == 0
    days = cell(found, "verified_date", "days_since_verified", table="contacts")
    assert days["note"] == "not estimable (n=0)"


def test_freshness_of_an_own_table_reads_dates_with_a_time_zone():
    dates = pd.to_datetime(["2026-01-01"] * 10 + ["2024-01-01"] * 10).tz_localize("Europe/Berlin")
    found = quality(pd.DataFrame({"seen": dates}), verified="seen", as_of="2026-03-01")
    assert cell(found, "seen", "freshness")["value"] == 0.5


# Groups


def test_missingness_that_differs_by_group_is_seen_and_grows_with_its_dose():
    random = np.random.default_rng(5)
    band = np.repeat(["a", "b", "c"], [3000, 1000, 1000])
    draw = random.random(5000)
    gaps = []
    for dose in (0.0, 0.3, 0.6, 1.0):
        lost = draw < np.where(band == "b", 0.05 + 0.4 * dose, 0.05)
        found = quality(pd.DataFrame({"band": band, "phone": missing_where(lost, 5000)}), by="band")
        row, other = gap(found, "phone", "b"), gap(found, "phone", "c")
        assert row["reference"] == "a"
        assert row["low"] <= -0.4 * dose <= row["high"]
        assert other["low"] <= 0 <= other["high"]
        gaps.append(row["gap"])
    assert gaps == sorted(gaps, reverse=True)
    assert found.worst().iloc[0]["low"] > 0.3


def test_gaps_are_newcombes_against_a_named_group():
    band = np.repeat(["a", "b"], [50, 40])
    lost = np.r_[np.arange(50) < 5, np.arange(40) < 10]
    found = quality(pd.DataFrame({"band": band, "phone": missing_where(lost, 90)}), by="band")
    row = found.gaps(reference="b").iloc[0]
    assert (row["group"], row["reference"]) == ("a", "b")
    np.testing.assert_allclose(
        row[["gap", "low", "high"]].astype(float), newcombe(45, 50, 30, 40), rtol=1e-9
    )


def test_groups_may_be_codes_and_may_be_missing():
    code = pd.Series([1.0] * 20 + [2.0] * 15 + [None] * 12)
    found = quality(pd.DataFrame({"code": code, 7: 1}), by="code").frame()
    assert dict(zip(found["group"], found["n"], strict=True)) == {"1": 20, "2": 15, "missing": 12}
    assert set(found["column"]) == {"7"}


def test_a_group_that_is_not_known_is_not_the_default_reference():
    band = pd.Series(["a"] * 10 + [None] * 30, dtype="str")
    found = quality(pd.DataFrame({"band": band, "x": 1}), by="band").gaps()
    assert found["reference"].unique().tolist() == ["a"]


def test_groups_of_customers_reach_every_table_about_them(tables):
    found = quality(tables, by="age_band").frame()
    assert set(found["table"]) == {"individuals", "contacts", "orders"}
    assert "age_band" not in set(found["column"])
    amounts = found[(found["column"] == "amount_eur") & (found["measure"] == "validity")]
    amounts = amounts.set_index("group")
    assert amounts["n"].to_dict() == {"18-29": 60, "60+": 60, "not_linked": 2}
    assert amounts.loc["18-29", "value"] == 1
    assert amounts.loc["60+", "value"] == 0
    assert amounts.loc["not_linked", "note"] == "not estimable (n=2)"


def test_rows_that_are_nobodys_are_no_group_to_compare(tables):
    found = quality(tables, by="age_band")
    assert "not_linked" not in set(found.gaps()["group"])
    worst = found.worst().set_index(["table", "column", "measure"])
    assert worst.loc[("orders", "contact_id", "completeness"), "gap"] == 0


def test_a_column_added_to_the_individuals_gives_groups_too(tables):
    individuals = tables["individuals"].assign(region=["north"] * 30 + ["south"] * 10)
    found = quality(tables | {"individuals": individuals}, by="region")
    assert found.sizes == {"north": 30, "south": 10}


def test_what_has_nothing_to_record_is_not_counted_as_incomplete(tables):
    found = quality(tables).frame()
    measured = found.loc[found["measure"] == "completeness", "column"].tolist()
    assert measured.count("campaign_id") == 1  # that of the campaigns, not that of the orders
    assert "amount_eur" in measured


def test_a_key_that_leads_nowhere_is_invalid(tables):
    contacts = tables["contacts"].iloc[:30]
    found = quality(tables | {"contacts": contacts})
    assert cell(found, "contact_id", "validity", table="orders")["value"] == pytest.approx(0.75)


def test_a_key_into_a_table_that_is_not_given_is_not_called_valid(tables):
    found = quality({"orders": tables["orders"]}).frame()
    assert "contact_id" not in set(found.loc[found["measure"] == "validity", "column"])


def test_a_repeated_primary_key_is_invalid(tables):
    individuals = pd.concat([tables["individuals"], tables["individuals"].iloc[:10]])
    found = quality({"individuals": individuals})
    assert cell(found, "individual_id", "validity", table="individuals")["value"] == 0.6


def test_a_value_of_another_kind_is_invalid_and_stops_nothing(tables):
    amounts = tables["orders"]["amount_eur"].abs().astype(object)
    amounts.iloc[:61] = "ten"
    found = quality({"orders": tables["orders"].assign(amount_eur=amounts)})
    assert cell(found, "amount_eur", "validity", table="orders")["value"] == 0.5


# Uncertainty


def test_intervals_of_completeness_cover_the_truth():
    random = np.random.default_rng(11)
    band = np.repeat(np.arange(400), 60)
    table = pd.DataFrame(
        {"band": band, "x": missing_where(random.random(band.size) < 0.3, band.size)}
    )
    found = quality(table, by="band").frame()
    assert 0.93 < ((found["low"] <= 0.7) & (found["high"] >= 0.7)).mean() < 0.98


def test_intervals_of_a_gap_cover_the_truth():
    random = np.random.default_rng(12)
    band = np.repeat(["a", "b"], [150, 80])
    share = np.where(band == "b", 0.35, 0.1)
    columns = {f"x{i}": missing_where(random.random(230) < share, 230) for i in range(300)}
    found = quality(pd.DataFrame({"band": band} | columns), by="band").gaps()
    assert 0.92 < ((found["low"] <= -0.25) & (found["high"] >= -0.25)).mean() < 0.98


def test_intervals_cover_where_all_orders_of_a_customer_share_a_flaw():
    random = np.random.default_rng(13)
    band = np.repeat(np.arange(200), 60 * 5)
    customer = np.repeat(np.arange(200 * 60), 5)
    lost = (random.random(200 * 60) < 0.3)[customer]
    table = pd.DataFrame({"band": band, "id": customer, "x": missing_where(lost, band.size)})

    def coverage(**asked):
        found = quality(table, by="band", **asked).frame().query("column == 'x'")
        return ((found["low"] <= 0.7) & (found["high"] >= 0.7)).mean()

    assert coverage() < 0.75
    assert 0.91 < coverage(unit="id") <= 1


def test_a_group_of_three_is_not_estimable():
    band = np.repeat(["a", "b"], [30, 3])
    found = quality(pd.DataFrame({"band": band, "x": 1}), by="band")
    small = cell(found, "x", group="b")
    assert (small["n"], small["note"]) == (3, "not estimable (n=3)")
    assert small[["value", "low", "high"]].isna().all()
    row = found.gaps().iloc[0]
    assert row["note"] == "not estimable (n=3)"
    assert np.isnan(row["gap"])
    worst = found.worst().iloc[0]
    assert worst["note"] == "not estimable (fewer than two groups large enough)"


def test_whether_a_share_is_stated_depends_on_its_denominator_alone():
    table = pd.DataFrame({"x": [1] * 10, "y": [None] * 10, "z": [1] * 9 + [None]})
    found = quality(table, schema={"z": [1]})
    assert cell(found, "y")["value"] == 0
    assert cell(found, "z")["note"] == ""
    assert cell(found, "z", "validity")["note"] == "not estimable (n=9)"


def test_many_rows_of_few_customers_are_few():
    table = pd.DataFrame({"id": np.repeat(range(9), 20), "x": 1})
    assert cell(quality(table, unit="id"), "x")["note"] == "not estimable (n=9)"


def test_nothing_is_stated_of_no_rows(tables):
    found = quality(pd.DataFrame({"x": pd.Series([], dtype="float64")}), schema={"x": [1]})
    assert found.frame()["note"].tolist() == ["not estimable (n=0)"] * 2
    assert repr(found) == "Quality(columns=1, by=None): nothing estimable"
    emptied = {name: table.iloc[:0] for name, table in tables.items()}
    for by in (None, "age_band"):
        found = quality(emptied, by=by)
        assert set(found.frame()["note"]) == {"not estimable (n=0)"}
    assert found.gaps().empty


def test_an_empty_table_says_so_for_every_group(tables):
    found = quality(tables | {"orders": tables["orders"].iloc[:0]}, by="age_band").frame()
    orders = found[found["table"] == "orders"]
    assert set(orders["group"]) == {"18-29", "60+"}
    assert set(orders["note"]) == {"not estimable (n=0)"}


def test_all_missing_is_a_completeness_of_zero_and_no_validity():
    found = quality(pd.DataFrame({"x": [np.nan] * 50}), schema={"x": pa.Check.ge(0)})
    assert cell(found, "x")["value"] == 0
    assert cell(found, "x")["high"] > 0
    assert cell(found, "x", "validity")["note"] == "not estimable (n=0)"


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    table = pd.DataFrame({"band": ["a", "b"] * 30, "id": range(60), "x": [1, 2, None] * 20})
    order = random.sample(range(60), 60)
    asked = {"by": "band", "unit": "id", "schema": {"x": [1]}}
    pd.testing.assert_frame_equal(
        quality(table, **asked).frame(), quality(table.iloc[order], **asked).frame()
    )


def test_the_summary_names_the_surest_gap_to_two_decimals(tables):
    assert repr(quality(tables, by="age_band")) == (
        "Quality(columns=9, by='age_band', as_of=2026-06-30): "
        "surest gap 1.00 [0.77, 1.00], validity of orders.amount_eur"
    )
    same = pd.DataFrame({"band": ["a", "b"] * 30, "x": 1})
    assert repr(quality(same, by="band")) == "Quality(columns=1, by='band'): no gap is sure"
    assert repr(quality(same)) == (
        "Quality(columns=2, by=None): lowest share 1.00 [0.94, 1.00], completeness of table.band"
    )


# What is refused


def test_comparing_needs_groups():
    with pytest.raises(InputError) as refused:
        quality(pd.DataFrame({"x": [1]})).gaps()
    assert str(refused.value) == (
        "quality must have groups to compare, got by=None. Measure it with by=..."
    )


def test_an_unknown_reference_is_refused(tables):
    with pytest.raises(InputError) as refused:
        quality(tables, by="age_band").gaps(reference="60")
    assert str(refused.value) == "reference must be a known name, got '60'. Did you mean '60+'?"


def test_an_unknown_attribute_is_refused(tables):
    assert refusal(tables, by="ageband") == (
        "by must name a column of the table, got 'ageband'. Did you mean 'age_band'?"
    )
    assert refusal(pd.DataFrame({"band": [1]}), by="bend") == (
        "by must name a column of the table, got 'bend'. Did you mean 'band'?"
    )


def test_groups_of_a_crm_need_its_individuals(tables):
    assert refusal({"orders": tables["orders"]}, by="age_band") == (
        "by needs the table 'individuals', got tables without it. Pass 'individuals' too."
    )


def test_an_unknown_table_is_refused(tables):
    assert refusal({"order": tables["orders"]}) == (
        "table must be a known name, got 'order'. Did you mean 'orders'?"
    )


def test_rules_of_a_crm_are_those_of_the_dictionary(tables):
    assert refusal(tables, unit="contact_id") == (
        "unit is for a table of your own: those of a CRM follow the data dictionary, "
        "got 'contact_id'. Leave it out, or pass one DataFrame."
    )


def test_a_date_before_the_last_confirmation_is_refused(tables):
    assert refusal(tables, as_of="2026-03-01") == (
        "as_of must not be before the last confirmation, 2026-06-30, which overwrote what was "
        "known earlier, got 2026-03-01. Use a later date."
    )


def test_a_date_that_is_none_is_refused(tables):
    assert refusal(tables, as_of="soon") == (
        "as_of must be a date, got 'soon'. Use for example '2026-03-01'."
    )


def test_confirmations_must_be_dates():
    assert refusal(pd.DataFrame({"seen": ["03/02/2026"]}), verified="seen") == (
        "column 'seen' must hold dates, got str. Convert it with pandas.to_datetime."
    )


def test_a_rule_that_does_not_fit_its_values_is_refused():
    table = pd.DataFrame({"x": ["a", "b"]})
    assert refusal(table, schema={"x": lambda values: len(values) == 2}) == (
        "rule of column 'x' must say of each value whether it is valid, got one answer for all 2 "
        "values. Convert the column, or write a rule that fits its values."
    )
    assert refusal(table, schema={"x": pa.Check.ge(0)}).startswith(
        "rule of column 'x' must say of each value whether it is valid, got TypeError: "
    )
    assert refusal(table, schema={"x": 5}) == (
        "schema of column 'x' must be a pandera check or column, a function of the values, or a "
        "list of those allowed, got 5. Use for example pandera.pandas.Check.ge(0), or ['yes', 'no']."
    )
    assert refusal(table, schema={"y": [1]}) == (
        "schema must name a column of the table, got 'y'. Known: 'x'."
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame(), "tables must have a column, got none. Pass a table of records."),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "tables must not repeat a column, got 'a'. Rename one of them.",
        ),
    ],
)
def test_a_table_of_ones_own_has_columns_and_each_once(table, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        quality(table)
