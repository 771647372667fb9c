"""What scores promise beside what happens: known answers, and what is too small to tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from equipoise.exceptions import InputError
from equipoise.fairness import audit, audit_counts, count_table
from equipoise.intervals import wilson


def scored(**groups: dict[float, tuple[int, int]]) -> pd.DataFrame:
    """Return rows of groups with this score: how many without, and how many with the outcome."""
    parts = [
        pd.DataFrame({"band": band, "score": score, "y": [0] * without + [1] * having})
        for band, levels in groups.items()
        for score, (without, having) in levels.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(d=(rows["score"] >= 0.5).astype(int))


def calibration(rows: pd.DataFrame, **more) -> pd.DataFrame:
    return audit(
        rows["y"], rows["d"], groups=rows[["band"]], y_score=rows["score"], **more
    ).calibration()


ROWS = scored(
    a={0.15: (85, 15), 0.55: (18, 22), 0.95: (1, 39)},
    b={0.15: (60, 40), 0.55: (4, 5), 1.0: (0, 30)},
)


def test_every_bin_of_every_group_is_there_with_its_counts_and_shares():
    told = calibration(ROWS).set_index(["group", "score_bin"])
    assert len(told) == 20
    assert told["score_low"].iloc[:10].tolist() == pytest.approx(np.arange(10) / 10)
    assert told["score_high"].iloc[:10].tolist() == pytest.approx(np.arange(1, 11) / 10)
    for place, n, promised, hits in (
        (("a", 1), 100, 0.15, 15),
        (("a", 5), 40, 0.55, 22),
        (("a", 9), 40, 0.95, 39),
        (("b", 1), 100, 0.15, 40),
        (("b", 9), 30, 1.0, 30),
    ):
        row = told.loc[place]
        assert (row["n"], row["note"]) == (n, "")
        assert row["mean_score"] == pytest.approx(promised)
        figures = row[["value", "low", "high"]].astype(float).tolist()
        assert figures == pytest.approx(wilson(hits, n), abs=1e-12)
    assert told["n"].sum() == len(ROWS)


def test_a_small_bin_says_how_small_it_is_and_an_empty_one_that_it_is_empty():
    told = calibration(ROWS).set_index(["group", "score_bin"])
    for place, note in ((("b", 5), "not estimable (n=9)"), (("a", 0), "not estimable (n=0)")):
        assert told.loc[place, "note"] == note
        assert told.loc[place, ["value", "low", "high"]].isna().all()
    assert told.loc[("b", 5), "n"] == 9
    assert told.loc[("b", 5), "mean_score"] == pytest.approx(0.55)
    assert np.isnan(told.loc[("a", 0), "mean_score"])


def test_scores_that_mean_the_same_for_two_groups_agree_bin_by_bin():
    rng = np.random.default_rng(2)
    score = rng.random(20_000)
    rows = pd.DataFrame({"band": np.resize(["a", "b"], 20_000), "score": score})
    rows = rows.assign(d=0, y=rng.binomial(1, score))
    told = calibration(rows)
    inside = (told["low"] <= told["mean_score"]) & (told["mean_score"] <= told["high"])
    assert inside.mean() >= 0.8
    off = rows.assign(y=rng.binomial(1, np.where(rows["band"] == "a", score, score**2)))
    other = calibration(off).query("group == 'b'")
    assert (other["high"] < other["mean_score"]).sum() >= 7


def test_calibration_of_counts_is_that_of_the_rows():
    counts = count_table(ROWS, by="band", y_true="y", y_pred="d", y_score="score")
    for table in (counts, counts.frame()):
        assert_frame_equal(audit_counts(table).calibration(), calibration(ROWS))


def test_any_number_of_bins_may_be_counted():
    counts = count_table(ROWS, by="band", y_true="y", y_pred="d", y_score="score", bins=2)
    told = audit_counts(counts).calibration().query("group == 'a'")
    assert told["n"].tolist() == [100, 80]
    assert told["value"].tolist() == pytest.approx([0.15, 61 / 80])
    assert told["mean_score"].tolist() == pytest.approx([0.15, 0.75])


def test_repeated_customers_widen_the_intervals_and_move_no_share():
    pairs = ROWS.assign(unit=np.arange(len(ROWS)) // 2)
    plain = calibration(ROWS)
    told = calibration(pairs, unit=pairs["unit"])
    shown = (plain["note"] == "") & (told["note"] == "")
    assert shown.sum() >= 4
    assert_frame_equal(
        plain[shown][["n", "mean_score", "value"]], told[shown][["n", "mean_score", "value"]]
    )
    assert (told[shown].eval("high - low") > 1.2 * plain[shown].eval("high - low")).all()


def test_several_attributes_are_shown_one_below_the_other():
    rows = ROWS.assign(region=np.resize(["n", "s"], len(ROWS)))
    both = audit(rows["y"], rows["d"], groups=rows[["band", "region"]], y_score=rows["score"])
    told = both.calibration()
    assert told["attribute"].unique().tolist() == ["band", "region"]
    own = told[told["attribute"] == "band"].reset_index(drop=True)
    assert_frame_equal(own, calibration(ROWS))
    regions = told[told["attribute"] == "region"]
    assert regions["n"].sum() == len(rows)


def test_without_scores_there_is_no_calibration():
    with pytest.raises(InputError) as refusal:
        audit(ROWS["y"], ROWS["d"], groups=ROWS[["band"]]).calibration()
    assert str(refusal.value) == "y_score must have been counted, got none. Pass scores and count."
