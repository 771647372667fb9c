import re

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Perceptron
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted

from equipoise.crm import FeedbackLoop
from equipoise.crm._calendar import CAMPAIGNS
from equipoise.crm._population import draw_individuals
from equipoise.crm._streams import Draws
from equipoise.exceptions import InputError

GROUP = ("community", "A")
DRAWS = Draws(5, 1, 2000)
PEOPLE = draw_individuals(DRAWS)
PRINTED = [plan.campaign_id for plan in CAMPAIGNS if plan.by_post]


def statuses(draw_tables, loop):
    tables = draw_tables(1500, 3, *([loop] if loop else []))
    people = tables["contacts"].merge(tables["individuals"], on="individual_id")
    return tables["campaign_members"].merge(people, on="contact_id")


@pytest.mark.parametrize(
    "classifier",
    [
        None,
        DecisionTreeClassifier(max_depth=4, random_state=0),
        HistGradientBoostingClassifier(max_iter=10, random_state=0),
    ],
    ids=lambda each: type(each).__name__,
)
def test_any_classifier_decides_and_stays_unfitted(classifier, draw_tables):
    loop = FeedbackLoop(dose=1.0, group=GROUP, classifier=classifier)
    rows = statuses(draw_tables, loop)
    ranked_low = rows[rows["reason"] == "ranked_low"]
    assert set(ranked_low["campaign_id"]) == set(PRINTED)
    assert set(ranked_low["community"]) == {"A"}
    assert not ranked_low["has_responded"].any()
    if classifier is not None:
        with pytest.raises(NotFittedError):
            check_is_fitted(classifier)


def test_another_classifier_leaves_out_others(draw_tables):
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    one = statuses(draw_tables, FeedbackLoop(dose=1.0, group=GROUP))
    other = statuses(draw_tables, FeedbackLoop(dose=1.0, group=GROUP, classifier=tree))
    first = one["campaign_id"] == PRINTED[0]
    assert one["reason"][first].equals(other["reason"][first])
    assert not one["reason"].equals(other["reason"])


def test_the_hold_out_and_the_mail_keep_their_place(draw_tables):
    clean = statuses(draw_tables, None)
    looped = statuses(draw_tables, FeedbackLoop(dose=1.0, group=GROUP))
    assert ((clean["status"] == "hold_out") == (looped["status"] == "hold_out")).all()
    by_mail = ~clean["campaign_id"].isin(PRINTED)
    assert clean["status"][by_mail].equals(looped["status"][by_mail])


EVERYONE = np.ones(2000, dtype=bool)


def asked(dose, past, features, is_member=EVERYONE):
    loop = FeedbackLoop(dose=dose, group=GROUP)
    return loop.ranked_low(PEOPLE, DRAWS, features, is_member, past)


def test_the_first_round_leaves_out_half_of_those_struck():
    low = asked(1.0, [], np.zeros((2000, 2)))
    members = (PEOPLE["community"] == "A").to_numpy()
    assert not low[~members].any()
    assert abs(low[members].mean() - 0.5) < 4 * 0.5 / np.sqrt(members.sum())


def test_without_both_answers_there_is_nothing_to_learn():
    nobody = [(np.zeros((50, 2)), np.zeros(50, dtype=bool))]
    features = np.zeros((2000, 2))
    assert (asked(1.0, nobody, features) == asked(1.0, [], features)).all()


@pytest.mark.parametrize("dose", [0.4, 1.0])
def test_later_rounds_leave_out_the_struck_below_the_median_score(dose):
    features = DRAWS.uniform("test/feature")[:, None]
    past = [(features, features[:, 0] > 0.8)]
    struck = FeedbackLoop(dose=dose, group=GROUP).struck(PEOPLE, DRAWS)
    below = features[:, 0] < np.median(features)
    assert (asked(dose, past, features) == (struck & below)).all()


def test_whoever_has_not_joined_yet_does_not_move_the_median():
    features = DRAWS.uniform("test/feature")[:, None]
    past = [(features, features[:, 0] > 0.8)]
    is_member = features[:, 0] < 0.5
    struck = FeedbackLoop(dose=1.0, group=GROUP).struck(PEOPLE, DRAWS)
    below = features[:, 0] < np.median(features[is_member])
    assert (asked(1.0, past, features, is_member) == (struck & below)).all()


@pytest.mark.parametrize("classifier", [DecisionTreeClassifier, object(), "tree", Perceptron()])
def test_what_gives_no_probabilities_is_refused(classifier):
    message = (
        "classifier must be a scikit-learn classifier with predict_proba, "
        f"got {classifier!r}. Pass for example HistGradientBoostingClassifier(random_state=0)."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        FeedbackLoop(dose=0.5, group=GROUP, classifier=classifier)


@pytest.mark.parametrize("seed", range(5))
def test_the_usual_classifier_converges(draw_tables, seed):
    """Warnings are errors here."""
    draw_tables(400, seed, FeedbackLoop(dose=1.0, group=GROUP))
