"""Bootstrap draws from counts are those of resampled rows, and are refused where they would not be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from equipoise.exceptions import InputError
from equipoise.fairness import RATES, audit, audit_counts, count_table


def rows(n: int = 400) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(4)
    band = rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    y = rng.binomial(1, 0.4, n)
    return y, rng.binomial(1, 0.2 + 0.4 * y), pd.DataFrame({"band": band})


def test_there_is_a_row_for_each_group_replicate_and_rate():
    y, d, groups = rows()
    draws = audit(y, d, groups=groups).bootstrap(50)
    assert list(draws) == ["attribute", "group", "replicate", "metric", "value"]
    assert len(draws) == 3 * 50 * len(RATES)


def test_draws_spread_as_resampled_rows_do():
    y, d, groups = rows()
    draws = (
        audit(y, d, groups=groups)
        .bootstrap(3000)
        .pivot_table(index="replicate", columns=["metric", "group"], values="value")
    )
    rng = np.random.default_rng(5)
    table = groups.assign(y=y, d=d)
    resampled = []
    for _ in range(600):
        part = table.iloc[rng.integers(len(table), size=len(table))]
        selection = part.groupby("band")["d"].mean()
        reached = part[part["y"] == 1].groupby("band")["d"].mean()
        resampled.append([*selection, *reached])
    columns = [(m, g) for m in ("selection_rate", "true_positive_rate") for g in "abc"]
    ours, peer = draws[columns].to_numpy(), np.array(resampled)
    assert np.nanmean(ours, axis=0) == pytest.approx(np.nanmean(peer, axis=0), abs=0.015)
    assert np.nanstd(ours, axis=0) == pytest.approx(np.nanstd(peer, axis=0), rel=0.15)


def test_the_same_seed_gives_the_same_draws_and_another_one_does_not():
    y, d, groups = rows()
    audited = audit(y, d, groups=groups)
    assert_frame_equal(audited.bootstrap(20, seed=3), audited.bootstrap(20, seed=3))
    assert not audited.bootstrap(20, seed=3).equals(audited.bootstrap(20, seed=4))


def test_counts_and_rows_give_the_same_draws():
    y, d, groups = rows()
    counts = count_table(groups.assign(y=y, d=d), by=["band"], y_true="y", y_pred="d")
    assert_frame_equal(audit_counts(counts).bootstrap(20), audit(y, d, groups=groups).bootstrap(20))


def weighted():
    y, d, groups = rows()
    return audit(y, d, groups=groups, weights=np.linspace(1, 2, len(y)))


def repeated():
    y, d, groups = rows()
    return audit(y, d, groups=groups, unit=np.arange(len(y)) // 2)


def noised():
    y, d, groups = rows()
    table = count_table(groups.assign(y=y, d=d), by=["band"], y_true="y", y_pred="d")
    return audit_counts(table.frame().assign(noise_scale=1.0))


def suppressed():
    y, d, groups = rows()
    return audit(y, d, groups=groups).suppressed()


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (weighted, "weighted rows"),
        (repeated, "customers with several rows"),
        (noised, "noised counts"),
        (suppressed, "a suppressed audit"),
    ],
)
def test_what_a_multinomial_draw_does_not_describe_is_refused(made, what):
    with pytest.raises(InputError) as refusal:
        made().bootstrap(10)
    assert str(refusal.value) == (
        f"audit must be of plain counts to be resampled, got {what}. "
        "Use the intervals of frame() and gaps(), which take them into account."
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"times": 0}, "times must be a whole number of at least 1, got 0. Use for example 1000."),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1. Use a seed such as 7."),
    ],
)
def test_numbers_that_cannot_be_are_refused(asked, message):
    y, d, groups = rows()
    with pytest.raises(InputError) as refusal:
        audit(y, d, groups=groups).bootstrap(**asked)
    assert str(refusal.value) == message
