"""Pictures of what personalization brings name the cuts, the euros and the groups in words."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from equipoise.charts.models import (
    draw_calibration,
    draw_gains,
    draw_profit_curve,
    draw_uplift,
    draw_who_gets_what,
)


def words(shown):
    return [text.strip() for text in ElementTree.fromstring(shown.svg).itertext()]


def profits(**changes):
    share = np.linspace(0, 1, 11)
    profit = 400 * share - 300 * share**2
    frame = pd.DataFrame(
        {
            "share": share,
            "contacts": np.arange(11) * 100,
            "profit_eur": profit,
            "low": profit - 20,
            "high": profit + 20,
            "trust_lost_eur": 0.0,
            "is_chosen": share == 0.2,
            "is_best": profit == profit.max(),
        }
    )
    return frame.assign(**changes)


def test_the_profit_curve_tells_the_cut_the_best_and_everyone():
    shown = draw_profit_curve(profits())
    assert shown.alt == (
        "Profit against the share contacted: the task's cut: 20% contacted, 68 [48, 88] €; most profit "
        "on these customers: 70% contacted, 133 [113, 153] €; everyone: 100 [80, 120] €."
    )
    assert "the task's cut: 20%, 68 €" in words(shown)
    assert "trust lost (not part of profit)" not in words(shown)


def test_trust_lost_is_a_line_of_its_own_and_example_euros_are_called_so():
    shown = draw_profit_curve(profits(trust_lost_eur=np.arange(11.0)), unit="example €", adds=True)
    said = words(shown)
    assert "trust lost (not part of profit)" in said
    assert "profit that contacts add" in said
    assert "everyone: 100 example €" in said


def test_a_profit_without_interval_and_without_a_cut_is_drawn_all_the_same():
    shown = draw_profit_curve(profits(low=np.nan, high=np.nan, is_chosen=False))
    assert "most profit on these customers: 70% contacted, 133 €; everyone: 100 €." in shown.alt
    assert "the task's cut" not in shown.alt


def test_gains_are_said_at_the_share_that_was_asked_for():
    share = np.linspace(0, 1, 11)
    frame = pd.DataFrame(
        {
            "share": share,
            "gain": np.sqrt(share),
            "low": share,
            "high": np.ones(11),
            "lift": np.divide(np.sqrt(share), share, out=np.full(11, np.nan), where=share > 0),
        }
    )
    told = "the top 40% hold 63% of them, 1.6 times as many as at random"
    shown = draw_gains(frame, at=0.42)
    assert told in shown.alt
    assert told in words(shown)


def test_uplift_says_the_most_that_contacts_add_and_keeps_signs():
    curve = pd.DataFrame(
        {"share": [0, 0.5, 1], "gain": [0.0, 30.0, 20.0], "random": [0.0, 10.0, 20.0]}
    ).assign(low=-5.0, high=40.0)
    deciles = pd.DataFrame(
        {
            "decile": [1, 2, 3],
            "uplift": [0.1, -0.02, np.nan],
            "low": [0.05, -0.1, np.nan],
            "high": [0.15, 0.06, np.nan],
            "note": ["", "", "not estimable (n=4)"],
        }
    )
    shown = draw_uplift(curve, deciles)
    assert shown.alt == (
        "Outcomes added per 1,000 customers: at most 30 with 50% contacted, 20 with everyone. Effect of "
        "a contact by tenth 1: +10.0% [+5.0%, +15.0%]; tenth 2: -2.0% [-10.0%, +6.0%]."
    )


def test_uplift_of_too_few_says_so_instead_of_a_number():
    curve = pd.DataFrame({"share": [0, 1], "gain": [0.0, np.nan], "random": [0.0, np.nan]})
    deciles = pd.DataFrame({"decile": [1], "uplift": [np.nan], "low": [np.nan], "high": [np.nan]})
    shown = draw_uplift(curve.assign(low=np.nan, high=np.nan), deciles)
    assert shown.alt == (
        "Outcomes added per 1,000 customers: not estimable. Effect of a contact by tenth: not estimable."
    )


def test_calibration_leaves_out_bands_that_are_too_small():
    frame = pd.DataFrame(
        {
            "bin": [0, 1, 2],
            "n": [50, 50, 3],
            "mean_score": [0.1, 0.3, 0.6],
            "rate": [0.2, 0.3, np.nan],
            "low": [0.1, 0.2, np.nan],
            "high": [0.3, 0.4, np.nan],
            "note": ["", "", "not estimable (n=3)"],
        }
    )
    assert draw_calibration(frame).alt == (
        "Calibration by score band: said 10.0%, happened 20.0% [10.0%, 30.0%]; said 30.0%, happened "
        "30.0% [20.0%, 40.0%]."
    )


def handed_out(measure, shares=True, groups=("<b>", "$two$"), **changes):
    size = len(groups)
    return pd.DataFrame(
        {
            "group": groups,
            "measure": measure,
            "share_of_total": np.full(size, 1 / size) if shares else np.full(size, np.nan),
            "share_of_customers": np.full(size, 1 / size),
            "mean": np.full(size, 0.5),
            "low": np.full(size, 0.25),
            "high": np.full(size, 0.75),
            "note": "",
        }
    ).assign(**changes)


def test_each_group_stands_with_its_part_or_its_mean():
    frame = pd.concat([handed_out("contacts"), handed_out("profit_eur", shares=False)])
    shown = draw_who_gets_what(frame, reference="<b>", unit="example €")
    assert shown.alt == (
        "Who gets what. Contacts: <b> 50% for 50% of customers, $two$ 50% for 50% of customers; profit: "
        "<b> 0.50 example € per customer, $two$ 0.50 example € per customer."
    )
    assert {"<b> (reference)", "$two$", "Contacts", "Profit", "part of customers"} <= set(
        words(shown)
    )


def test_a_margin_is_not_drawn_twice_and_small_groups_say_so():
    few = handed_out(
        "discount_eur", shares=False, groups=("a", "b"), mean=np.nan, note="not estimable"
    )
    shown = draw_who_gets_what(pd.concat([handed_out("margin_eur", groups=("a", "b")), few]))
    assert shown.alt == "Who gets what. Discount received: a not estimable, b not estimable."


@pytest.mark.parametrize("count", [1, 25])
def test_one_group_and_many_fit(count):
    names = [f"a very long name of a group, number {k}" for k in range(count)]
    assert len(words(draw_who_gets_what(handed_out("contacts", groups=names)))) > count
