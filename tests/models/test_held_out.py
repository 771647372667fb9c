"""Held-out scores: later rows by earlier ones where rows are dated, and what a random split hides."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from equipoise.exceptions import InputError, RandomSplitFlattersWarning
from equipoise.intervals import area_under_curve
from equipoise.models import out_of_fold
from equipoise.models._beside import random_beside_time
from equipoise.models._held_out import held_out, time_cut
from equipoise.models._measures import measured
from equipoise.task import Task

COLUMNS = ["measure", "rows", "random", "random_low", "random_high", "time", "time_low"]
COLUMNS += ["time_high", "difference", "low", "high", "note"]


class Told(ClassifierMixin, BaseEstimator):
    """Scores whatever the column `told` says, and keeps nothing else."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        told = X["told"].to_numpy(float)
        return np.column_stack([1 - told, told])


class Recalling(Told):
    """Scores the latest day that it was fitted on, in thousandths."""

    def fit(self, X, y):
        self.latest_ = X["day"].max()
        return super().fit(X, y)

    def predict_proba(self, X):
        told = np.full(len(X), self.latest_ / 1000)
        return np.column_stack([1 - told, told])


def dated(days, y=None, unit=None, time=None, **columns) -> Task:
    days = np.asarray(days)
    rows = len(days)
    start = pd.Timestamp("2026-01-01")
    return Task(
        X=pd.DataFrame({"day": days.astype(float), **columns}),
        y=np.resize([0, 1], rows) if y is None else np.asarray(y),
        groups=pd.DataFrame(index=range(rows)),
        unit=pd.Series(np.arange(rows) if unit is None else unit).astype(str),
        file=SimpleNamespace(known_after_days=0.0, policy=None, value=None),
        time=pd.Series(start + pd.to_timedelta(days, "D")) if time is None else time,
    )


@settings(max_examples=40, deadline=None)
@given(st.data(), st.floats(0.05, 0.95), st.integers(0, 4))
def test_nothing_from_the_cut_on_or_not_known_by_then_is_fitted_on(data, later_share, wait):
    days = np.array(data.draw(st.lists(st.integers(0, 9), min_size=2, max_size=50)))
    y = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(days), max_size=len(days))))
    task = dated(days, y)
    try:
        cut = time_cut(task, later_share=later_share, known_after_days=wait)
    except InputError:
        return
    day = (cut.date - pd.Timestamp("2026-01-01")).days
    assert set(days[cut.later]) == {each for each in days if each >= day}
    assert (days[cut.earlier] <= day - max(wait, 1)).all()
    assert len(cut.earlier) + cut.unknown + len(cut.later) == len(days)
    assert set(y[cut.earlier]) == set(y[cut.later]) == {0, 1}
    shares = [(days >= each).mean() for each in np.unique(days)[1:]]
    assert abs(len(cut.later) / len(days) - later_share) == pytest.approx(
        min(abs(share - later_share) for share in shares)
    )


def test_later_rows_are_scored_by_a_model_of_earlier_ones():
    task = dated(np.repeat(range(10), 10))
    found = held_out(task, Recalling(), seed=0)
    assert (found.order, found.fitted, found.unknown) == ("time", 60, 0)
    assert found.cut == pd.Timestamp("2026-01-07")
    assert len(found.task) == len(found.scores) == 40
    assert (found.scores == 0.005).all()
    waiting = held_out(task, Recalling(), seed=0, known_after_days=3)
    assert (waiting.fitted, waiting.unknown, len(waiting.task)) == (40, 20, 40)
    assert (waiting.scores == 0.003).all()
    assert list(found.frame()) == ["unit", "y", "score", "time"]
    assert found.frame()["time"].min() == found.cut


def test_the_order_of_the_rows_is_nothing():
    rng = np.random.default_rng(0)
    task = dated(rng.integers(0, 9, 300), told=rng.uniform(size=300))
    order = rng.permutation(300)
    one, other = held_out(task, Told(), seed=0), held_out(task.take(order), Told(), seed=0)
    assert one.cut == other.cut
    frames = [each.frame().sort_values("unit", ignore_index=True) for each in (one, other)]
    pd.testing.assert_frame_equal(*frames)


def test_hours_of_one_day_stay_together_and_zones_are_kept():
    hours = pd.date_range("2026-03-01", periods=96, freq="h", tz="Europe/Berlin").to_series()
    task = dated(np.arange(96), time=hours.reset_index(drop=True))
    for share in (0.2, 0.4, 0.6):
        cut = time_cut(task, later_share=share, known_after_days=0)
        assert cut.date == cut.date.normalize()
        assert str(cut.date.tz) == "Europe/Berlin"
        assert len(cut.later) % 24 == 0


def test_hours_of_one_day_are_one_date():
    day = pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(40) % 24, "h")
    found = held_out(dated(np.arange(40), time=pd.Series(day)), Recalling(), seed=0)
    assert (found.order, found.cut) == ("random", None)


def test_a_day_that_begins_with_summer_time_is_a_day():
    """In São Paulo there was no midnight on 4 November 2018."""
    hours = pd.date_range("2018-11-01", periods=192, freq="h").tz_localize("UTC")
    time = pd.Series(hours.tz_convert("America/Sao_Paulo"))
    cut = time_cut(dated(np.arange(192), time=time), later_share=0.6, known_after_days=0)
    assert cut.date == pd.Timestamp("2018-11-04 01:00", tz="America/Sao_Paulo")
    assert cut.earlier.max() + 1 == cut.later.min()


def test_time_may_be_counted_in_numbers():
    task = dated(np.repeat(range(10), 10), time=pd.Series(np.repeat(range(10), 10)))
    found = held_out(task, Recalling(), seed=0, known_after_days=2)
    assert (found.cut, found.fitted, found.unknown) == (6.0, 50, 10)


def test_without_dates_all_rows_are_scored_out_of_fold():
    rng = np.random.default_rng(0)
    task = replace(dated(np.arange(90), told=rng.uniform(size=90)), time=None)
    found = held_out(task, Recalling(), seed=3, folds=4)
    assert (found.order, found.cut, found.fitted) == ("random", None, 90)
    assert (found.scores == out_of_fold(task, Recalling(), folds=4, seed=3)).all()
    assert list(found.frame()) == ["unit", "y", "score"]


@pytest.mark.parametrize("order", ["random", "time"])
def test_scores_may_be_calibrated_by_other_customers(order):
    rng = np.random.default_rng(1)
    x = rng.normal(size=2_000)
    task = dated(rng.integers(0, 9, 2_000), rng.binomial(1, expit(x - 1)), told=expit(4 * x))
    task = task if order == "time" else replace(task, time=None)
    plain, bent = (held_out(task, Told(), seed=0, calibrate=how) for how in (None, "sigmoid"))
    assert plain.order == order
    assert abs(plain.scores.mean() - plain.task.y.mean()) > 0.1
    assert abs(bent.scores.mean() - bent.task.y.mean()) < 0.04


BOTH = np.resize([0, 1], 40)
DAYS = np.repeat(range(4), 10)


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        (
            dated(DAYS, np.where(DAYS < 2, 0, BOTH)),
            {},
            "the rows before 2026-01-03 must have both outcomes, got 0 positive of 20. "
            "Choose another `later_share`, or use rows of more dates.",
        ),
        (
            dated(DAYS, np.where(DAYS < 2, BOTH, 1)),
            {},
            "the rows from 2026-01-03 on must have both outcomes, got 20 positive of 20. "
            "Choose another `later_share`, or use rows of more dates.",
        ),
        (
            dated(DAYS),
            {"known_after_days": 90},
            "the rows before 2026-01-03 must have both outcomes, got 0 positive of 0, and 20 not "
            "known by then. Choose another `later_share`, or use rows of more dates.",
        ),
        (
            dated(DAYS, time=pd.Series(["2026-01-01"] * 20 + ["03/04/26"] * 20)),
            {},
            "time must hold dates or numbers, got str. Convert the column first.",
        ),
        (
            dated(DAYS, time=pd.Series([pd.NaT] * 3 + [pd.Timestamp("2026-01-01")] * 37)),
            {},
            "time must not be missing, got 3 of 40 rows without. Complete or remove those rows.",
        ),
        (
            dated(DAYS),
            {"later_share": 1},
            "later_share must lie strictly between 0 and 1, got 1. Use for example 0.4.",
        ),
        (
            dated(DAYS),
            {"later_share": 40},
            "later_share must be a number in [0, 1], got 40. Give a plain number.",
        ),
        (
            dated(DAYS),
            {"known_after_days": -1},
            "known_after_days must be a number in [0, 1e+06], got -1. Use for example 90.",
        ),
        (
            dated(DAYS),
            {"calibrate": "platt"},
            "calibrate must be a known name, got 'platt'. Known: 'sigmoid', 'isotonic'.",
        ),
        (
            dated(DAYS),
            {"model": "logistik"},
            "model must be a known name, got 'logistik'. Did you mean 'logistic'?",
        ),
    ],
)
def test_what_cannot_be_held_out_is_refused(task, arguments, message):
    with pytest.raises(InputError) as refusal:
        held_out(task, **({"model": Recalling(), "seed": 0} | arguments))
    assert str(refusal.value) == message


def test_a_cut_between_seconds_is_shown_in_full():
    with pytest.raises(InputError, match=r"^the rows before 1700000020 must have both outcomes"):
        held_out(
            dated(DAYS, np.where(DAYS < 2, 0, BOTH), time=pd.Series(1.7e9 + 10 * DAYS)),
            Recalling(),
            seed=0,
        )


class Centres(ClassifierMixin, BaseEstimator):
    """Scores by the line from the centre of one outcome to that of the other."""

    def fit(self, X, y):
        values = X.to_numpy()
        self.classes_ = np.array([0, 1])
        self.line_ = values[y == 1].mean(axis=0) - values[y == 0].mean(axis=0)
        return self

    def predict_proba(self, X):
        scores = expit(X.to_numpy() @ self.line_)
        return np.column_stack([1 - scores, scores])


def moving(shift: float, seed: int, customers: int = 600) -> Task:
    """Return customers with a row on each of six dates; what matters changes sign by `shift`."""
    rng = np.random.default_rng(seed)
    day = np.tile(np.arange(6), customers)
    x, other = rng.normal(size=(2, 6 * customers))
    effect = np.where(day < 4, 1.2, 1.2 - shift)
    y = rng.binomial(1, expit(effect * x + 0.4 * other - 1))
    task = dated(day, y, np.repeat(np.arange(customers), 6), x=x, other=other)
    return _Euros(
        **{name: getattr(task, name) for name in task.__dataclass_fields__ if name != "_whole"}
    )


class _Euros(Task):
    """A task whose top fifth is contacted, at 10 euros an answer and 2 a contact."""

    name = "moving"
    bounds = dict.fromkeys(("day", "x", "other"), (-9.0, 9.0))

    def decide(self, scores, *, seed):
        return scores >= np.quantile(scores, 0.8)

    def profit_eur(self, contacted):
        return contacted * (10.0 * self.y - 2.0)


def test_a_random_split_flatters_where_the_world_moves_on():
    with pytest.warns(RandomSplitFlattersWarning) as caught:
        found = random_beside_time(moving(2, seed=0), seed=0, repeats=2)
    frame = found.frame()
    assert list(frame) == COLUMNS
    assert frame["measure"].tolist() == 2 * ["auc", "lift_at_10", "profit_eur_per_1000"]
    assert frame["rows"].tolist() == 3 * ["all"] + 3 * ["later"]
    assert (found.cut, found.fitted, found.repeats) == (pd.Timestamp("2026-01-05"), 2400, 2)
    assert (frame["low"] > 0).all()
    assert frame["difference"].tolist() == pytest.approx((frame["random"] - frame["time"]).tolist())
    assert (frame["low"] < frame["difference"]).all() and (
        frame["difference"] < frame["high"]
    ).all()
    (warning,) = caught
    assert str(warning.message).startswith(
        f"a random split flatters this model: auc on all rows {frame.loc[0, 'random']:.4g} instead of "
        f"{frame.loc[0, 'time']:.4g}, a difference of "
    )
    assert str(warning.message).endswith("Plan with the figures of the rows from 2026-01-05 on.")


def test_time_figures_are_those_of_the_held_out_scores():
    task = moving(0, seed=1)
    frame = random_beside_time(task, seed=0, repeats=2, known_after_days=1).frame()
    later = held_out(task, seed=0, known_after_days=1)
    value, low, high = area_under_curve(later.task.y, later.scores, clusters=later.task.unit)
    row = frame.loc[0]
    assert row["time"] == pytest.approx(value)
    assert [row["time_low"], row["time_high"]] == pytest.approx([low, high], abs=0.004)


@pytest.mark.filterwarnings("ignore::equipoise.exceptions.RandomSplitFlattersWarning")
def test_where_nothing_moves_the_difference_is_chance():
    worlds, misses = 30, np.zeros(6)
    for seed in range(worlds):
        task = moving(0, seed, customers=100)
        frame = random_beside_time(task, Centres(), seed=0, repeats=2).frame()
        misses += (frame["low"] > 0) | (frame["high"] < 0)
    assert misses.max() <= 0.15 * worlds  # each should miss in 0.05 of them


@pytest.mark.filterwarnings("ignore::equipoise.exceptions.RandomSplitFlattersWarning")
@pytest.mark.parametrize("rarer", [0, 1])
def test_few_with_the_rarer_outcome_are_dealt_so_that_each_part_can_be_measured(rarer):
    rng = np.random.default_rng(0)
    day, x = rng.integers(0, 50, (2, 1000))
    y = np.where(rng.random(1000) < 0.14, rarer, 1 - rarer)
    task = dated(day, y, x=x.astype(float))
    task = _NoEuros(
        **{name: getattr(task, name) for name in task.__dataclass_fields__ if name != "_whole"}
    )
    frame = random_beside_time(task, Centres(), seed=0, later_share=0.1, repeats=2).frame()
    assert not frame.loc[frame["measure"] == "auc", ["random", "time"]].isna().any(axis=None)


class _NoEuros(_Euros):
    def profit_eur(self, contacted):
        return None


def test_few_customers_and_no_euros_are_said():
    task = moving(0, seed=0, customers=40)
    figures = [name for name in COLUMNS if name not in ("measure", "rows", "note")]
    rare = replace(task, y=(np.arange(240) % 30 == np.arange(240) // 30).astype(int))
    frame = random_beside_time(rare, Centres(), seed=0, repeats=2).frame()
    assert frame["note"].str.fullmatch(r"not estimable \(n=\d\)").all()
    assert frame[figures].isna().all(axis=None)
    parts = {name: getattr(task, name) for name in task.__dataclass_fields__ if name != "_whole"}
    frame = random_beside_time(_NoEuros(**parts), Centres(), seed=0, repeats=2).frame()
    without = frame["measure"] == "profit_eur_per_1000"
    assert (frame.loc[without, "note"] == "no euros in the task").all()
    assert frame.loc[without, figures].isna().all(axis=None)
    assert not frame.loc[~without, figures].isna().any(axis=None)


def test_the_pull_of_each_customer_is_what_leaving_them_out_moves():
    rng = np.random.default_rng(3)
    customer = np.repeat(np.arange(400), 2)
    scores = rng.uniform(size=800).round(2)
    y, profit = rng.binomial(1, scores / 2), rng.normal(size=800)

    def of(rows):
        return measured(y[rows], scores[rows], profit[rows], customer=customer[rows], customers=400)

    whole = of(np.arange(800))
    moved = np.array([whole.values - of(np.flatnonzero(customer != k)).values for k in range(400)])
    for place in (0, 2):
        assert whole.pulls[place] == pytest.approx(
            moved[:, place], abs=2e-3 * max(1, abs(moved).max())
        )
    # The lift moves in steps: only its variance can be compared, by leaving out a twentieth at a time.
    block = customer % 20
    left = [of(np.flatnonzero(block != k)).values[1] for k in range(20)]
    jackknife = 19 / 20 * np.sum((left - np.mean(left)) ** 2)
    assert (whole.pulls[1] ** 2).sum() == pytest.approx(jackknife, rel=0.6)
    assert whole.pulls.sum(axis=1) == pytest.approx(0, abs=1e-2)


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        (
            replace(dated(DAYS), time=None),
            {},
            "task must have a time, got a task without. "
            "Name the column of dates as `time` in the task file.",
        ),
        (
            dated(DAYS),
            {"repeats": 1},
            "repeats must be a whole number of at least 2, got 1. Use 5.",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(task, arguments, message):
    with pytest.raises(InputError) as refusal:
        random_beside_time(task, Recalling(), **({"seed": 0} | arguments))
    assert str(refusal.value) == message
