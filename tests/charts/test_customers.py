"""Pictures of the data say in words what they show, and draw every group, month and line."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd

from equipoise.charts import draw_consent, draw_groups, draw_months

TITLES = {"ordered": "Ordered in the\nyear", "complained": "Complained"}


def words(shown):
    return [text.strip() for text in ElementTree.fromstring(shown.svg).itertext()]


def rates(value=0.4):
    rows = [
        (attribute, group, measure, value, value - 0.1, value + 0.1)
        for attribute, groups in {"gender": ("woman", "man"), "age_band": ("18-29", "60+")}.items()
        for group in groups
        for measure in TITLES
    ]
    return pd.DataFrame(rows, columns=["attribute", "group", "measure", "value", "low", "high"])


def months(first=100):
    dates = pd.date_range("2024-01-01", periods=3, freq="MS")
    rows = [
        (date, channel, first * (1 + number))
        for number, date in enumerate(dates)
        for channel in ("store", "web")
    ]
    return pd.DataFrame(rows, columns=["month", "channel", "orders"])


def campaigns():
    return pd.DataFrame(
        {
            "type": ["direct_mail", "email"],
            "start_date": pd.to_datetime(["2024-01-05", "2024-02-05"]),
            "end_date": pd.to_datetime(["2024-02-03", "2024-02-25"]),
        }
    )


def consent():
    dates = pd.date_range("2024-01-31", periods=3, freq="ME")
    rows = [
        (date, purpose, channel, 0.5, 0.4, 0.6)
        for purpose, channel in (("personalised_offers", "post"), ("analytics", "any"))
        for date in dates
    ]
    return pd.DataFrame(rows, columns=["date", "purpose", "channel", "value", "low", "high"])


def test_every_group_stands_under_its_attribute():
    shown = draw_groups(rates(), titles=TITLES)
    assert {"gender", "woman", "man", "age band", "18-29", "60+"} <= set(words(shown))
    assert shown.alt.startswith(
        "Shares by group with 95 % intervals. Ordered in the year: woman 40.0%, man 40.0%, "
    )


def test_a_group_without_anybody_is_not_drawn_at_zero():
    assert "woman nobody" in draw_groups(rates(np.nan), titles=TITLES).alt


def test_orders_and_campaigns_are_told_in_words():
    assert draw_months(months(), campaigns()).alt == (
        "Orders a month by channel, from 200 in January 2024 to 600 in March 2024, the most 600 in "
        "March 2024; bars below show 2 campaigns."
    )
    named = words(draw_months(months(), campaigns()))
    assert {"orders, store", "orders, web", "printed coupon", "e-mails"} <= set(named)


def test_months_without_orders_can_be_drawn():
    assert "from 0 in January 2024" in draw_months(months(0), campaigns()).alt


def test_consent_is_told_in_words():
    shown = draw_consent(consent())
    assert shown.alt == (
        "Share of customers with an opt-in in force, January 2024 to March 2024: personalised offers, "
        "post from 50% to 50%; analytics from 50% to 50%."
    )
    assert {"personalised offers, post", "analytics"} <= set(words(shown))


def test_the_same_frame_gives_the_same_picture():
    for draw in (
        lambda: draw_groups(rates(), titles=TITLES),
        lambda: draw_months(months(), campaigns()),
        lambda: draw_consent(consent()),
    ):
        assert draw() == draw()
