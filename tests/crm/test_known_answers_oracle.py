"""Nobody who sees the columns alone predicts better than whoever knows the probabilities."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

from equipoise.crm import make_crm
from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._features import CATEGORIES, features_at

SEEDS = range(12)
CUSTOMERS = 8000


def losses(y, probability):
    return -(y * np.log(probability) + (1 - y) * np.log1p(-probability))


def as_numbers(features):
    encoder = OrdinalEncoder(categories=[list(levels) for levels in CATEGORIES.values()])
    names = list(CATEGORIES)
    return features.assign(
        **dict(zip(names, encoder.fit_transform(features[names]).T, strict=True))
    )


def learnt(X, y):
    """Score each half of the rows by gradient boosting on the other."""
    odd, even = np.arange(1, len(y), 2), np.arange(0, len(y), 2)
    scores = np.empty(len(y))
    for fit, held in ((odd, even), (even, odd)):
        model = HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=60, max_leaf_nodes=8, random_state=0
        )
        scores[held] = model.fit(X.iloc[fit], y[fit]).predict_proba(X.iloc[held])[:, 1]
    return scores


@pytest.fixture(scope="module")
def contests():
    """Return, for seeds 0 to 11, answers, the oracle's and the learnt probabilities."""
    with threadpool_limits(1):  # the test processes already share the processors
        return [contest(seed) for seed in SEEDS]


def contest(seed):
    crm = make_crm(customers=CUSTOMERS, seed=seed)
    members = crm.tables["campaign_members"]
    members = members[members["campaign_id"] == COURSE_CAMPAIGN.campaign_id]
    contacted = members[members["status"] == "contacted"].set_index("contact_id")
    known = features_at(crm.tables, COURSE_CAMPAIGN.start_date).loc[contacted.index]
    truth = crm.truth.campaign.set_index("contact_id").loc[contacted.index]
    y = contacted["has_responded"].to_numpy().astype(int)
    oracle = truth["order_probability_if_contacted"].to_numpy()
    return y, oracle, learnt(as_numbers(known), y)


def test_the_oracle_s_probabilities_are_calibrated(contests):
    y, oracle, _ = (np.concatenate(part) for part in zip(*contests, strict=True))
    for rows in np.array_split(np.argsort(oracle), 10):
        error = np.sqrt((oracle[rows] * (1 - oracle[rows])).sum()) / len(rows)
        assert y[rows].mean() == pytest.approx(oracle[rows].mean(), abs=3.5 * error)


def test_no_classifier_has_a_lower_log_loss_than_the_oracle(contests):
    for y, oracle, scores in contests:
        worse_by = losses(y, scores) - losses(y, oracle)
        assert worse_by.mean() > -2 * worse_by.std() / np.sqrt(len(y))
    mean = [log_loss(y, scores) - log_loss(y, oracle) for y, oracle, scores in contests]
    assert np.mean(mean) > 3 * np.std(mean) / np.sqrt(len(mean))


def test_no_classifier_ranks_better_than_the_oracle(contests):
    ahead = [roc_auc_score(y, oracle) - roc_auc_score(y, scores) for y, oracle, scores in contests]
    assert np.mean(ahead) > 3 * np.std(ahead) / np.sqrt(len(ahead))
    assert min(ahead) > -2 * np.std(ahead)


def test_the_columns_tell_much_of_it_all_the_same(contests):
    aucs = [roc_auc_score(y, scores) for y, _, scores in contests]
    assert 0.60 < np.mean(aucs) < 0.80
