import numpy as np
import pytest

from equipoise.crm import HistoricalTargeting, make_crm

GROUP = ("gender", "man")


@pytest.fixture(scope="module", params=[0.3, 1.0])
def people(request):
    passed_over = HistoricalTargeting(dose=request.param, group=GROUP)
    crm = make_crm(customers=6000, seed=4, distortions=[passed_over])
    rows = crm.tables["campaign_members"].merge(crm.truth.members, on=["campaign_id", "contact_id"])
    rows = rows.merge(crm.tables["individuals"], on="individual_id")
    return request.param, rows.merge(crm.tables["campaigns"], on="campaign_id")


def test_of_members_who_would_have_been_asked_by_post_the_dose_is_left_out(people):
    dose, rows = people
    rows = rows[rows["undistorted_contacted"] & (rows["type"] == "direct_mail")]
    # The same people each time: the effective number is that of people, not of letters.
    men = rows[rows["gender"] == "man"].groupby("contact_id")["reason"]
    left_out = men.agg(lambda reasons: (reasons == "not_on_past_lists").all())
    assert (men.nunique() == 1).all()
    error = np.sqrt(dose * (1 - dose) / len(left_out))
    assert abs(left_out.mean() - dose) <= 4 * error
    assert (rows["status"][rows["gender"] != "man"] == "contacted").all()


def test_e_mail_goes_where_it_went_before(people):
    _, rows = people
    by_mail = rows[rows["type"] == "email"]
    assert (by_mail["status"] == by_mail["undistorted_status"]).all()


def test_the_hold_out_keeps_its_place(people):
    _, rows = people
    assert ((rows["status"] == "hold_out") == (rows["undistorted_status"] == "hold_out")).all()


def test_whoever_is_left_out_has_not_responded(people):
    _, rows = people
    left_out = rows[rows["reason"] == "not_on_past_lists"]
    assert (left_out["status"] == "not_targeted").all()
    assert not left_out["has_responded"].any()
    assert left_out["undistorted_has_responded"].any()
