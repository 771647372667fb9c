"""At most so many rows of each customer, settled without a look at what the rows hold."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import DroppedRowsWarning, InputError
from equipoise.privacy import SufficientStatisticsClassifier
from equipoise.privacy.learning import keep_rows

pytestmark = pytest.mark.filterwarnings("ignore::equipoise.exceptions.DroppedRowsWarning")


def table(owners):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"spend": rng.uniform(0, 1, len(owners))}, index=np.arange(len(owners)) + 50)
    return (
        X,
        pd.Series(rng.integers(0, 2, len(owners)), X.index),
        pd.Series(owners, X.index, name="id"),
    )


@given(
    owners=st.lists(st.integers(0, 5), min_size=1, max_size=40),
    most=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
def test_nobody_has_more_rows_and_nobody_elses_rows_have_a_say(owners, most, seed):
    X, y, unit = table(owners)
    kept = keep_rows(X, y, unit, rows_per_unit=most, random_state=seed)
    counts, before = kept[2].value_counts(), unit.value_counts()
    assert (counts == before.clip(upper=most)[counts.index]).all()
    assert all(part.index.equals(kept[0].index) for part in kept)
    pd.testing.assert_frame_equal(kept[0], X.loc[kept[0].index])
    # Without the first customer all others keep what they had, whatever their values are.
    rest = unit != owners[0]
    alone = keep_rows(X[rest] + 9, y[rest], unit[rest], rows_per_unit=most, random_state=seed)
    assert alone[0].index.equals(kept[0].index[(kept[2] != owners[0]).to_numpy()])


def test_a_learner_takes_what_it_refused_and_promises_it_to_the_customer():
    X, y, unit = table(np.arange(300) // 3)
    learner = SufficientStatisticsClassifier(epsilon=1, delta=1e-6, bounds={"spend": (0, 1)})
    with pytest.raises(InputError, match=r"pass X, y and unit through keep_rows first\.$"):
        learner.set_params(rows_per_unit=2).fit(X, y, unit=unit)
    X, y, unit = keep_rows(X, y, unit, rows_per_unit=2)
    assert len(X) == 200
    assert str(learner.fit(X, y, unit=unit).guarantee_).endswith("per id, add-remove")


def test_without_a_seed_other_rows_stay_each_time():
    X, y, unit = table(np.arange(600) // 6)
    kept = [keep_rows(X, y, unit, rows_per_unit=1)[0].index for _ in range(2)]
    assert not kept[0].equals(kept[1])


def test_it_says_at_the_line_that_calls_how_many_rows_were_left_out():
    X, y, unit = table([1, 1, 1, 2])
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        keep_rows(X.to_numpy(), y.tolist(), pd.Index(unit), rows_per_unit=1)
    assert [(w.category, w.filename) for w in warned] == [(DroppedRowsWarning, __file__)]
    assert str(warned[0].message).startswith("2 of 4 rows were left out")


def test_columns_that_were_shuffled_apart_and_bad_numbers_are_refused():
    X, y, unit = table([1, 2, 3])
    with pytest.raises(InputError, match="unit must be in the order of X"):
        keep_rows(X, y, unit[::-1], rows_per_unit=1)
    with pytest.raises(InputError, match=r"^rows_per_unit must be"):
        keep_rows(X, y, unit, rows_per_unit=0)
    with pytest.raises(InputError, match=r"^random_state must be"):
        keep_rows(X, y, unit, rows_per_unit=1, random_state=-1)


@pytest.mark.parametrize(
    ("y", "unit", "said"),
    [
        ([0, 1], [1, 2, 3], "y must have one value for each of 3 rows, got shape (2,)."),
        ([0, 1, 0, 1], [1, 2, 3], "y must have one value for each of 3 rows, got shape (4,)."),
        ([0, 1, 0], None, "unit must have one value for each of 3 rows, got shape ()."),
    ],
)
def test_columns_of_other_rows_are_refused(y, unit, said):
    with pytest.raises(InputError) as refused:
        keep_rows(np.zeros((3, 1)), y, unit, rows_per_unit=1)
    assert str(refused.value).startswith(said)
