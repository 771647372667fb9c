import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from equipoise.crm import HistoricalTargeting, make_crm
from equipoise.crm._features import CATEGORIES, NUMBER_BOUNDS
from equipoise.crm._schema import GROUPS, REFERENCE
from equipoise.crm._tasks import offer_response_file


def fitted(task, rows):
    columns = make_column_transformer(
        (StandardScaler(), list(NUMBER_BOUNDS)), (OneHotEncoder(), list(CATEGORIES))
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1000))
    return model.fit(task.X.iloc[rows], task.y[rows])


def out_of_sample_scores(task):
    """Score every second row by a model of the others."""
    odd, even = np.arange(1, len(task.y), 2), np.arange(0, len(task.y), 2)
    scores = np.empty(len(task.y))
    for fit, held in ((odd, even), (even, odd)):
        scores[held] = fitted(task, fit).predict_proba(task.X.iloc[held])[:, 1]
    return scores


@pytest.fixture(scope="module")
def large():
    return make_crm(customers=16_000, seed=5)


def test_the_rows_are_the_eligible_members(clean):
    members = clean.tables["campaign_members"]
    eligible = members[members["status"] != "hold_out"]
    people = clean.tables["contacts"].set_index("contact_id")["individual_id"]
    task = clean.task("offer_response")
    assert task.unit.tolist() == people.loc[eligible["contact_id"]].tolist()
    assert (task.y == eligible["has_responded"]).all()


def test_nothing_is_missing_and_groups_are_text(clean):
    task = clean.task("offer_response")
    assert not task.X.isna().any(axis=None)
    assert list(task.groups) == list(GROUPS)
    assert all(isinstance(value, str) for value in task.groups.to_numpy().ravel())


def test_groups_truth_and_the_campaigns_own_record_are_no_features(clean):
    task = clean.task("offer_response")
    kept_out = {*GROUPS, "age", *clean.truth.frame(), *clean.tables["campaign_members"]}
    assert not kept_out & set(task.X)


def test_every_feature_has_bounds_that_were_declared():
    features = offer_response_file().features
    assert {feature.source for feature in features.values()} == {"declared"}
    assert all(feature.bounds or feature.categories for feature in features.values())


def test_each_attribute_is_measured_against_its_largest_group(clean):
    task = clean.task("offer_response")
    assert task.reference == REFERENCE
    for column, reference in REFERENCE.items():
        assert task.groups[column].value_counts().index[0] == reference


def test_the_answer_can_be_learnt_but_no_better_than_by_knowing_everything(large):
    task = large.task("offer_response")
    scores = pd.Series(out_of_sample_scores(task), index=task.unit)
    members = large.tables["campaign_members"].merge(large.truth.campaign, on="contact_id")
    contacted = members[members["status"] == "contacted"].set_index("individual_id")
    learnt = roc_auc_score(contacted["has_responded"], scores[contacted.index])
    oracle = roc_auc_score(contacted["has_responded"], contacted["order_probability_if_contacted"])
    assert 0.65 < roc_auc_score(task.y, scores) < 0.85
    assert learnt < oracle


def test_natural_differences_are_modest(large):
    task = large.task("offer_response")
    for column in ("gender", "age_band", "income_band"):
        rates = pd.Series(task.y).groupby(task.groups[column]).mean()
        assert rates.max() - rates.min() < 0.07
    assert 0.10 < task.y.mean() < 0.16


def test_a_passed_over_community_is_found_again_through_its_postcode(large):
    passed_over = HistoricalTargeting(dose=0.6, group=("community", "B"))
    distorted = make_crm(customers=16_000, seed=5, distortions=[passed_over])
    selected = {}
    for name, crm in {"clean": large, "distorted": distorted}.items():
        task = crm.task("offer_response")
        scores = out_of_sample_scores(task)
        top = pd.Series(scores >= np.quantile(scores, 0.8))
        selected[name] = top.groupby(task.groups["community"]).mean()
    assert selected["distorted"]["B"] < selected["clean"]["B"] - 0.06
    assert selected["distorted"]["A"] > selected["clean"]["A"]
