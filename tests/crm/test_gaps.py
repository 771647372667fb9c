import re

import numpy as np
import pandas as pd
import pytest

from equipoise.consent import permitted
from equipoise.crm import (
    ConsentSelection,
    HistoricalTargeting,
    LabelBias,
    NoisyMeasurement,
    make_crm,
)
from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._gaps import MEASURES
from equipoise.crm._schema import GROUPS
from equipoise.exceptions import InputError

B, WOMAN = ("community", "B"), ("gender", "woman")
PASSED_OVER = HistoricalTargeting(dose=0.6, group=B)
UNSCANNED = LabelBias(dose=0.5, group=B)
UNLINKED = NoisyMeasurement(dose=0.8, group=WOMAN)
COLUMNS = ["attribute", "group", "n", "recorded_rate", "undistorted_rate", "injected"]


@pytest.fixture(scope="module")
def three():
    """Return a world with three distortions, two of which take answers from the same people."""
    return make_crm(customers=1000, seed=6, distortions=[PASSED_OVER, UNSCANNED, UNLINKED])


def recorded_by_hand(crm, column, measure):
    """Return each group's measure, computed once more from the tables."""
    tables = crm.tables
    people = tables["individuals"].merge(tables["contacts"], on="individual_id")
    members = tables["campaign_members"]
    members = members[members["campaign_id"] == COURSE_CAMPAIGN.campaign_id]
    asked = members[members["status"] != "hold_out"].merge(people, on="contact_id")
    match measure:
        case "response_rate":
            return asked.groupby(column)["has_responded"].mean()
        case "contact_rate":
            return (asked["status"] == "contacted").groupby(asked[column]).mean()
        case "opt_in_rate":
            joined = people[people["joined_date"] < "2026-03-02"]
            may = permitted(
                joined,
                tables["consent_events"],
                purpose="personalised_offers",
                at="2026-03-02",
                known_at="2026-03-02",
                channel="post",
            )
            return joined.index.to_series().isin(may.index).groupby(joined[column]).mean()
        case "linked_orders_per_customer":
            orders = tables["orders"].merge(people, on="contact_id")
            return orders.groupby(column).size() / people.groupby(column).size()
        case "complaints_per_customer":
            cases = tables["cases"].merge(people, on="contact_id", suffixes=("", "_"))
            complaints = cases[cases["reason"] == "complaint"]
            return complaints.groupby(column).size() / people.groupby(column).size()
        case "uses_app_rate":
            return (people["uses_app"] == "yes").groupby(people[column]).mean()
    return people.groupby(column).size() / len(people)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("column", GROUPS)
def test_both_rates_are_those_of_the_tables(column, measure, three):
    gap = three.injected_gap(column, measure=measure)
    assert list(gap) == COLUMNS
    assert gap["group"].tolist() == list(GROUPS[column])
    assert (gap["attribute"] == column).all()
    rates = gap.set_index("group")
    for name, crm in {"recorded_rate": three, "undistorted_rate": three.clean_twin}.items():
        by_hand = recorded_by_hand(crm, column, measure)
        assert rates[name].to_dict() == pytest.approx(by_hand.to_dict())
    assert (gap["injected"] == gap["recorded_rate"] - gap["undistorted_rate"]).all()


@pytest.mark.parametrize("measure", MEASURES)
def test_a_clean_world_has_exactly_no_injected_gap(measure, clean):
    gap = clean.injected_gap(measure=measure)
    assert (gap["injected"] == 0.0).all()
    assert (gap["n"] > 0).all()


def test_dose_0_injects_exactly_nothing(clean):
    nothing = [HistoricalTargeting(dose=0.0, group=B), LabelBias(dose=0.0, group=B)]
    assert (clean.with_distortions(*nothing).injected_gap()["injected"] == 0.0).all()


def test_at_dose_1_the_group_seems_never_to_answer(clean):
    passed_over = clean.with_distortions(HistoricalTargeting(dose=1.0, group=B))
    gap = passed_over.injected_gap("community").set_index("group").loc["B"]
    assert gap["recorded_rate"] == 0.0
    assert gap["injected"] == -gap["undistorted_rate"]


def test_all_attributes_are_shown_unless_one_is_named(distorted):
    gaps = distorted.injected_gap()
    assert list(gaps) == COLUMNS
    assert list(zip(gaps["attribute"], gaps["group"], strict=True)) == [
        (column, value) for column, values in GROUPS.items() for value in values
    ]
    parts = [distorted.injected_gap(column) for column in GROUPS]
    pd.testing.assert_frame_equal(gaps, pd.concat(parts, ignore_index=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"column": "comunity"},
            "column must be a known name, got 'comunity'. Did you mean 'community'?",
        ),
        (
            {"column": "community", "measure": "respons_rate"},
            "measure must be a known name, got 'respons_rate'. Did you mean 'response_rate'?",
        ),
    ],
)
def test_an_unknown_column_or_measure_is_refused(arguments, message, clean):
    for ask in (clean.injected_gap, clean.injected_by):
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            ask(**arguments)


def by_distortion(frame):
    return {name: part.set_index("group") for name, part in frame.groupby("distortion")}


def test_injected_by_shows_every_distortion_in_every_group(three):
    frame = three.injected_by("community")
    assert list(frame) == ["attribute", "group", "distortion", "alone", "left_out", "goes_with_it"]
    acts = [str(each) for each in three.distortions]
    assert acts == [str(PASSED_OVER), str(UNSCANNED), str(UNLINKED)]
    pairs = [(value, act) for value in GROUPS["community"] for act in (*acts, "interaction")]
    assert list(zip(frame["group"], frame["distortion"], strict=True)) == pairs
    interaction = frame[frame["distortion"] == "interaction"]
    assert interaction[["left_out", "goes_with_it"]].isna().all(axis=None)


@pytest.mark.parametrize("measure", ["response_rate", "linked_orders_per_customer"])
def test_each_alone_each_left_out_and_the_interaction_add_up(measure, three):
    """Each figure is compared with a world drawn for it alone."""
    parts = by_distortion(three.injected_by("community", measure=measure))
    alone = {
        str(each): injected(three.with_distortions(each), measure) for each in three.distortions
    }
    together = injected(three, measure)
    for each in three.distortions:
        others = [other for other in three.distortions if other is not each]
        left_out = injected(three.with_distortions(*others), measure)
        part = parts[str(each)]
        assert part["alone"].tolist() == alone[str(each)].tolist()
        assert part["left_out"].tolist() == left_out.tolist()
        assert np.allclose(part["goes_with_it"], together - left_out, atol=1e-12)
    assert np.allclose(parts["interaction"]["alone"], together - sum(alone.values()), atol=1e-12)


def injected(crm, measure):
    return crm.injected_gap("community", measure=measure).set_index("group")["injected"]


def test_what_two_take_from_the_same_people_is_not_taken_twice(three):
    """Whoever was not asked has no answer left to lose: together they take less than the sum."""
    parts = by_distortion(three.injected_by("community"))
    interaction = parts["interaction"].loc["B", "alone"]
    both = parts[str(PASSED_OVER)].loc["B", "alone"], parts[str(UNSCANNED)].loc["B", "alone"]
    rate = three.injected_gap("community").set_index("group").loc["B", "undistorted_rate"]
    assert max(both) < 0 < interaction
    assert interaction == pytest.approx(0.6 * 0.5 * rate, rel=0.35)
    assert parts[str(UNLINKED)].loc["B", "alone"] == 0.0
    assert (parts["interaction"].loc[["A", "C"], "alone"] == 0.0).all()


def test_one_alone_has_no_interaction(distorted):
    parts = by_distortion(distorted.injected_by("community"))
    act = parts[str(PASSED_OVER)]
    assert (parts["interaction"]["alone"] == 0.0).all()
    assert (act["left_out"] == 0.0).all()
    assert act["alone"].tolist() == act["goes_with_it"].tolist()
    assert act["alone"].tolist() == distorted.injected_gap("community")["injected"].tolist()


def test_a_clean_world_has_nothing_to_take_apart(clean):
    frame = clean.injected_by("community")
    assert frame["distortion"].tolist() == ["interaction"] * 3
    assert (frame["alone"] == 0.0).all()


def test_a_distortion_of_consent_moves_the_opt_ins_of_its_group_alone(clean):
    failing_form = clean.with_distortions(ConsentSelection(dose=0.5, group=WOMAN))
    gap = failing_form.injected_gap("gender", measure="opt_in_rate").set_index("group")["injected"]
    assert gap["woman"] < -0.2
    assert (gap[["man", "unknown"]] == 0.0).all()
