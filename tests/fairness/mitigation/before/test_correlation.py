"""RemoveCorrelation: what group membership predicts is subtracted from each feature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairlearn.preprocessing import CorrelationRemover
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import RemoveCorrelation


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), groups=st.integers(2, 6), scale=st.sampled_from([1e-3, 1, 1e4]))
def test_no_feature_is_correlated_with_any_group(seed, groups, scale):
    random = np.random.default_rng(seed)
    group = np.concatenate([np.arange(groups), random.integers(0, groups, 80)])
    X = scale * (random.normal(size=(len(group), 3)) + group[:, None])
    y = np.arange(len(group)) % 2
    model = RemoveCorrelation(GaussianNB(), threshold=0.5).fit(X, y, group=group)
    seen = model.features_seen(X, group=group)
    for name in range(groups):
        for feature in seen.T:
            assert abs(np.corrcoef(feature, group == name)[0, 1]) < 1e-9
    assert seen.mean(axis=0) == pytest.approx(X.mean(axis=0), rel=1e-6, abs=1e-6 * scale)


def test_at_alpha_0_nothing_is_removed_and_between_a_part(few):
    def seen(alpha):
        model = RemoveCorrelation(LogisticRegression(), alpha=alpha)
        return model.fit(few.X, few.y, group=few.group).features_seen(few.X, group=few.group)

    pd.testing.assert_frame_equal(seen(0.0), few.X)
    pd.testing.assert_frame_equal(seen(0.25), 0.75 * few.X + 0.25 * seen(1.0))


def test_it_equals_fairlearn_called_by_hand(draw):
    rows = draw(200, "abc")
    coded = rows.X.assign(b=(rows.group == "b") * 1.0, c=(rows.group == "c") * 1.0)
    by_hand = CorrelationRemover(sensitive_feature_ids=["b", "c"]).fit_transform(coded)
    estimator = LogisticRegression().fit(by_hand, rows.y)
    model = RemoveCorrelation(LogisticRegression()).fit(rows.X, rows.y, group=rows.group)
    seen = model.features_seen(rows.X, group=rows.group).to_numpy()
    assert seen == pytest.approx(by_hand, abs=1e-9)
    assert (model.predict(rows.X, group=rows.group) == estimator.predict(by_hand)).all()


def test_other_rows_lose_what_was_learnt_and_keep_index_and_columns(draw):
    rows, others = draw(200), draw(50, seed=1)
    model = RemoveCorrelation(LogisticRegression()).fit(rows.X, rows.y, group=rows.group)
    X = others.X.set_axis(range(7, 57))
    seen = model.features_seen(X, group=others.group.to_numpy())
    assert seen.columns.tolist() == ["recent", "often"]
    assert seen.index.tolist() == [*range(7, 57)]
    means = rows.X.groupby(rows.group).mean()
    moved = X - (means.loc[others.group] - rows.X.mean()).to_numpy()
    pd.testing.assert_frame_equal(seen, moved)


def test_only_correlation_goes_and_the_spread_still_tells_the_groups_apart(draw):
    rows = draw(4000)
    wider = rows.X * np.where(rows.group == "a", 4, 1)[:, None]
    model = RemoveCorrelation(LogisticRegression()).fit(wider, rows.y, group=rows.group)
    spread = model.features_seen(wider, group=rows.group).abs()
    guess = spread["often"] > 2
    assert (guess == (rows.group == "a")).mean() > 0.7


def test_booleans_and_nullable_numbers_are_numbers(few):
    X = few.X.assign(often=few.X["often"] > 0, recent=few.X["recent"].round().astype("Int64"))
    model = RemoveCorrelation(LogisticRegression()).fit(X, few.y, group=few.group)
    assert model.features_seen(X, group=few.group).dtypes.eq(float).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda X: X.assign(often="daily"),
            "feature 'often' must be numeric to have its correlation removed, got str. "
            "Encode categories first, for instance one column a value.",
        ),
        (
            lambda X: X.assign(recent=X["recent"].where(X.index > 2)),
            "feature 'recent' must not be missing, got 3 of 300 rows without. "
            "Remove those rows, or complete them.",
        ),
        (
            lambda X: X.assign(often=np.inf),
            "feature 'often' must be finite, got inf. "
            "Remove those rows, or correct them.",
        ),
    ],
)  # fmt: skip
def test_features_without_a_correlation_to_remove_are_refused(few, change, message):
    with pytest.raises(InputError) as refusal:
        RemoveCorrelation(LogisticRegression()).fit(change(few.X), few.y, group=few.group)
    assert str(refusal.value) == message


def test_an_alpha_outside_0_and_1_is_refused(refusal_of, few):
    assert (
        refusal_of(RemoveCorrelation(LogisticRegression(), alpha=2), few)
        == "alpha must be a number in [0, 1], got 2. Use 1 to remove all."
    )
