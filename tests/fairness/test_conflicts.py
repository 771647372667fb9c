"""Criteria in conflict: the identities behind them, on hand-made tables."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from equipoise.fairness import RATES, REST, audit, audit_counts

COUNTS = st.tuples(*[st.integers(12, 90)] * 4)  # (y, d) = 00, 01, 10, 11
ERRORS = "true_positive_rate, false_positive_rate"
PRECISION = "true_positive_rate, precision"
SUPPOSED = [(ERRORS, "selection_rate"), (ERRORS, "precision"), (PRECISION, "false_positive_rate")]


def rates(cells) -> dict[str, float]:
    tn, fp, fn, tp = cells
    return {metric: float(rate(tp, fp, fn, tn).value) for metric, rate in RATES.items()}


def told(cells: pd.DataFrame, reference="a", **more) -> pd.DataFrame:
    return audit_counts(cells, reference={"band": reference}, **more).conflicts()


def by_supposition(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index(["if_equal", "then"])


@settings(max_examples=15)
@given(one=COUNTS, other=COUNTS)
def test_gaps_follow_from_the_rates_of_the_reference_and_the_own_base_rate(cells_of, one, other):
    found = by_supposition(told(cells_of(a=one, b=other)))
    base, own = rates(one), rates(other)["base_rate"]
    reached, wasted, precise = (
        base[name] for name in ("true_positive_rate", "false_positive_rate", "precision")
    )
    contacted = own * reached + (1 - own) * wasted
    assert found.loc[(ERRORS, "selection_rate"), "gap"] == pytest.approx(
        contacted - base["selection_rate"], abs=1e-12
    )
    assert found.loc[(ERRORS, "precision"), "gap"] == pytest.approx(
        own * reached / contacted - precise, abs=1e-12
    )
    # Chouldechova (2017): FPR = p / (1 - p) × (1 - PPV) / PPV × TPR.
    needless = own / (1 - own) * (1 - precise) / precise * reached
    row = found.loc[(PRECISION, "false_positive_rate")]
    if row["note"] == "":
        assert row["gap"] == pytest.approx(needless - wasted, abs=1e-12)
    assert (row["note"] == "") == (needless <= 1)


def test_chouldechovas_identity_holds_on_a_table_that_meets_it(cells_of):
    """Base rates 1/2 and 1/5, precision 3/4 and reach 3/5 of both: FPR 1/5 and 1/20."""
    found = by_supposition(told(cells_of(a=(400, 100, 200, 300), b=(760, 40, 80, 120))))
    assert found.loc[(PRECISION, "false_positive_rate"), "gap"] == pytest.approx(1 / 20 - 1 / 5)
    assert found.loc[(PRECISION, "false_positive_rate"), "high"] < 0


def test_equal_error_rates_mean_other_contacts_on_a_table_that_has_them(cells_of):
    """Base rates 1/2 and 1/5, reach 3/5 and needless contacts 1/5 of both."""
    cells = cells_of(a=(400, 100, 200, 300), b=(640, 160, 80, 120))
    found = by_supposition(told(cells))
    gaps = audit_counts(cells, reference={"band": "a"}).gaps().set_index("metric")["gap"]
    assert gaps["true_positive_rate"] == gaps["false_positive_rate"] == 0
    for then in ("selection_rate", "precision"):
        assert found.loc[(ERRORS, then), "gap"] == pytest.approx(gaps[then])
        assert found.loc[(ERRORS, then), "high"] < 0


@settings(max_examples=8)
@given(
    having=st.integers(24, 90),
    without=st.integers(24, 90),
    contacted=st.tuples(*[st.integers(11, 13)] * 4),
    times=st.integers(1, 3),
)
def test_equal_base_rates_leave_no_conflict(cells_of, having, without, contacted, times):
    one, other = (
        (without - wasted, wasted, having - reached, reached)
        for wasted, reached in (contacted[:2], contacted[2:])
    )
    found = told(cells_of(a=one, b=times * np.array(other)))
    assert (found["gap"].abs() < 1e-12).all()
    assert ((found["low"] <= 0) & (found["high"] >= 0)).all()


def test_every_group_but_the_reference_is_supposed_to_have_its_rates(cells_of):
    cells = cells_of(a=(40, 10, 20, 30), b=(60, 20, 15, 25), c=(30, 30, 30, 30))
    found = told(cells)
    assert found["group"].tolist() == ["b"] * 3 + ["c"] * 3
    assert set(found["reference"]) == {"a"}
    assert [*zip(found["if_equal"], found["then"], strict=True)] == SUPPOSED * 2
    assert told(cells, REST)["group"].unique().tolist() == ["a", "b", "c"]


def test_a_conflict_is_no_wider_than_what_can_be():
    rng = np.random.default_rng(5)
    y, d = rng.binomial(1, 0.4, 900), rng.binomial(1, 0.3, 900)
    found = audit(y, d, groups=pd.DataFrame({"band": np.resize(["a", "b", "c"], 900)})).conflicts()
    assert (found["low"] <= found["gap"]).all()
    assert (found["gap"] <= found["high"]).all()
    assert found["gap"].between(-1, 1).all()


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ((60, 20, 4, 5), "not estimable (n=9)"),
        ((3, 5, 40, 30), "not estimable (n=8)"),
        ((60, 0, 40, 0), "not estimable (n=0)"),
    ],
)
def test_too_few_customers_of_a_kind_are_named(cells_of, cells, note):
    for reference in "ab":
        found = told(cells_of(a=(40, 10, 20, 30), b=cells), reference)
        assert (found["note"] == note).all()
        assert found[["gap", "low", "high"]].isna().to_numpy().all()


def test_what_would_need_more_than_everybody_is_said_to_be_impossible(cells_of):
    """Base rates 1/2 and 13/15: the false positive rate would have to be 13/4."""
    row = by_supposition(told(cells_of(a=(50, 50, 50, 50), b=(0, 10, 5, 60)))).loc[
        (PRECISION, "false_positive_rate")
    ]
    assert row["note"] == "impossible (it would take a false positive rate above 1)"
    assert np.isnan(row[["gap", "low", "high"]].astype(float)).all()


@pytest.mark.parametrize(("cells", "seed"), [((0, 10, 5, 25), 88), ((60, 50, 0, 10), 23)])
def test_a_draw_without_one_of_the_outcomes_warns_nobody(cells_of, cells, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for reference in "ab":
            told(cells_of(a=(50, 50, 50, 50), b=cells), reference, seed=seed)


def test_the_bounds_are_those_of_independent_customers(rows_of):
    rows = rows_of(a=(40, 10, 20, 30), b=(60, 20, 15, 25))
    again = rows.loc[rows.index.repeat(4)]
    asked = {"reference": {"band": "a"}}
    once = audit(rows["y"], rows["d"], groups=rows[["band"]], **asked).conflicts()
    often = audit(again["y"], again["d"], groups=again[["band"]], unit=again.index, **asked)
    assert_frame_equal(often.conflicts(), once)
    naive = audit(again["y"], again["d"], groups=again[["band"]], **asked).conflicts()
    assert (naive.eval("high - low") < 0.7 * once.eval("high - low")).all()


def test_every_attribute_is_measured_once_however_many_groups_it_has(cells_of, monkeypatch):
    """Measuring sorts all scores; once a group it takes minutes where once takes a second."""
    from equipoise.fairness import _audit

    calls: list[tuple[str, ...]] = []
    measured = _audit.measured

    def counting(counts, rows, attributes, **more):
        calls.append(attributes)
        return measured(counts, rows, attributes, **more)

    monkeypatch.setattr(_audit, "measured", counting)
    result = audit_counts(cells_of(**{f"g{place}": (40, 10, 20, 30) for place in range(12)}))
    assert len(result.conflicts()) == 36
    result.readings()
    assert len(calls) <= 2


def test_bounds_cover_as_often_as_they_say():
    """Truth: base rates .4 and .25, reach .6 and needless contacts .2 of the reference."""
    rng = np.random.default_rng(6)
    groups, size = 400, 400
    truth = {"selection_rate": -0.06, "precision": 0.15 / 0.3 - 0.24 / 0.36}
    truth["false_positive_rate"] = 0.2 * ((0.25 / 0.75) / (0.4 / 0.6) - 1)
    covered = dict.fromkeys(truth, 0)
    reference = rng.multinomial(40 * size, (0.48, 0.12, 0.16, 0.24))
    counts = [reference, *rng.multinomial(size, (0.60, 0.15, 0.10, 0.15), groups)]
    names = [f"g{place:03d}" for place in range(groups + 1)]
    cells = pd.DataFrame(
        {
            "band": np.repeat(names, 4),
            "y_true": np.tile([0, 0, 1, 1], groups + 1),
            "y_pred": np.tile([0, 1], 2 * groups + 2),
            "count": np.array(counts).ravel(),
        }
    )
    found = told(cells, "g000")
    for then, part in found.groupby("then"):
        covered[then] = ((part["low"] <= truth[then]) & (part["high"] >= truth[then])).mean()
    assert min(covered.values()) >= 0.9
