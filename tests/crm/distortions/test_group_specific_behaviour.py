import numpy as np
import pytest

from equipoise.crm import GroupSpecificBehaviour, make_crm

GROUP = ("community", "A")


@pytest.fixture(scope="module")
def worlds():
    return [
        make_crm(customers=1500, seed=3, distortions=[GroupSpecificBehaviour(dose=d, group=GROUP)])
        for d in (0.0, 0.5, 1.0)
    ]


def members(crm):
    rows = crm.truth.members.merge(crm.tables["individuals"], on="individual_id")
    rows = rows.merge(crm.truth.latents, on=["individual_id", "contact_id"])
    return rows[rows["community"] == "A"]


def test_the_probability_of_members_is_mixed_by_the_dose(worlds):
    common, half, own = (members(crm)["order_probability_if_contacted"] for crm in worlds)
    np.testing.assert_allclose(half, (common + own) / 2, rtol=1e-12)


def test_who_waits_for_discounts_is_persuaded_more_and_in_the_groups_own_way_less(worlds):
    signs = []
    for crm in (worlds[0], worlds[-1]):
        rows = members(crm)
        effect = rows["order_probability_if_contacted"] - rows["order_probability_if_not_contacted"]
        signs.append(np.corrcoef(rows["price_sensitivity"], effect)[0, 1])
    assert signs[0] > 0.2
    assert signs[1] < -0.2


def test_what_members_do_by_themselves_stays_as_it_was(worlds):
    clean, own = (members(worlds[place]) for place in (0, 2))
    for name in ("orders_if_not_contacted", "order_probability_if_not_contacted", "has_left"):
        assert clean[name].equals(own[name])
