import numpy as np
import pytest

from equipoise.crm import RETAIL, FeedbackLoop, HistoricalTargeting
from equipoise.crm._calendar import CAMPAIGNS, COURSE_CAMPAIGN
from equipoise.crm._campaigns import HOLD_OUT
from equipoise.crm._life import live
from equipoise.crm._make import check_settings
from equipoise.crm._rounds import Rounds
from equipoise.crm._streams import Draws
from equipoise.crm._world import simulate

DRAWS = Draws(6, 1, 1500)
GROUP = ("community", "A")
PRINTED = [plan for plan in CAMPAIGNS if plan.by_post]


@pytest.fixture(scope="module")
def life():
    return live(DRAWS, check_settings([], RETAIL, "consent_less"))


class Watched(FeedbackLoop):
    """A loop that keeps what it is shown."""

    def ranked_low(self, people, draws, features, is_member, past):
        self.__dict__.setdefault("seen", []).append((features, list(past)))
        return super().ranked_low(people, draws, features, is_member, past)


def test_campaigns_by_e_mail_leave_nobody_out(life):
    rounds = Rounds(life, [HistoricalTargeting(dose=1.0, group=GROUP)])
    mailing = next(plan for plan in CAMPAIGNS if not plan.by_post)
    assert not any(mask.any() for mask in rounds.left_out(mailing))


def test_without_distortions_nobody_is_left_out(life):
    rounds = Rounds(life, [])
    assert not any(mask.any() for plan in CAMPAIGNS for mask in rounds.left_out(plan))


def test_past_lists_leave_out_the_same_people_each_time(life):
    rounds = Rounds(life, [HistoricalTargeting(dose=0.5, group=GROUP)])
    masks = [rounds.left_out(plan)[0] for plan in PRINTED]
    assert masks[0].any()
    assert all((mask == masks[0]).all() for mask in masks)


@pytest.fixture(scope="module")
def watched():
    loop = Watched(dose=1.0, group=GROUP)
    return loop, simulate(DRAWS, check_settings([loop], RETAIL, "consent_less"))


def test_a_loop_is_asked_before_each_printed_campaign_and_sees_those_before(watched):
    loop, _ = watched
    assert [len(past) for _, past in loop.seen] == list(range(len(PRINTED)))


def test_a_loop_learns_from_recorded_members_outside_the_hold_out(watched):
    loop, world = watched
    _, past = loop.seen[-1]
    for plan, (features, answered) in zip(PRINTED, past, strict=False):
        place = CAMPAIGNS.index(plan)
        listed = world.is_member[place] & (world.decided[place].status != HOLD_OUT)
        contacted = world.decided[place].contacted
        would = world.life.potential[place]["orders_if_contacted"].to_numpy()
        assert len(features) == listed.sum()
        assert (answered == (contacted & would)[listed]).all()


def test_a_loop_sees_no_group_and_nothing_of_the_future(life):
    """Features of a campaign do not change with what happens from its day on."""
    plan = COURSE_CAMPAIGN
    loop = FeedbackLoop(dose=1.0, group=GROUP)
    before = Rounds(life, [loop])._features(plan)
    blind = life.individuals.assign(
        gender="unknown", age_band="60+", income_band="low", community="C"
    )
    past = life.baseline[life.baseline["day"] < plan.day].reset_index(drop=True)
    changed = {**vars(life), "individuals": blind, "baseline": past}
    np.testing.assert_array_equal(before, Rounds(type(life)(**changed), [loop])._features(plan))


def test_features_are_numbers_for_everyone(life):
    loop = FeedbackLoop(dose=1.0, group=GROUP)
    for plan in PRINTED:
        features = Rounds(life, [loop])._features(plan)
        assert features.shape[0] == DRAWS.customers
        assert np.isfinite(features).all()
