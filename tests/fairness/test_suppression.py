"""Suppression, attacked: nothing that is shown gives a count below the minimum away."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from equipoise.exceptions import InputError
from equipoise.fairness import RATES, REST, Audit, audit, audit_counts, count_table
from equipoise.intervals._interval import critical

BELOW = 10
FEW = st.sampled_from([0, 1, 4, 9, 10, 11, 16, 40, 200])
CELLS = st.tuples(*[FEW] * 4)  # (y, d) = 00, 01, 10, 11
HIDDEN = "suppressed (a count below 10)"
MASKS = {
    name: np.array(parts[0])  # of true and false positives, false and true negatives
    for name, rate in RATES.items()
    if len(parts := rate(*np.eye(4)).parts) == 1
}
# What a reader may want to know of a group: any cell, outcomes, decisions, and its size.
WANTED = [*np.eye(4), np.ones(4)]
WANTED += [*np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1]])]


def counted(value: float, low: float, high: float) -> tuple[float, float]:
    """Return hits and trials from a rate and its Wilson interval alone."""
    bound = low if value > 0 else high
    trials = critical(0.95) ** 2 * bound * (1 - bound) / (value - bound) ** 2
    return value * trials, trials


@dataclass
class Attacker:
    """Linear equations over the cells of all groups, from what an audit shows and the total."""

    groups: list[tuple[str, str]]
    rows: list[np.ndarray] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)

    def vector(self, attribute: str, members: set[str], mask: np.ndarray) -> np.ndarray:
        inside = [of == attribute and group in members for of, group in self.groups]
        return np.outer(inside, mask).ravel().astype(float)

    def learn(self, row: np.ndarray, total: float) -> None:
        self.rows.append(row)
        self.sums.append(total)

    def learn_rate(self, attribute, members, metric, figures) -> None:
        for mask, total in zip(MASKS[metric], counted(*figures), strict=True):
            assert total == pytest.approx(round(total), abs=0.01)
            self.learn(self.vector(attribute, members, mask), round(total))

    def known(self, wanted: np.ndarray) -> float | None:
        """Return the value of a sum of cells if the equations determine it."""
        if not self.rows:
            return None
        factors, *_ = np.linalg.lstsq(np.array(self.rows).T, wanted, rcond=None)
        if not np.allclose(np.array(self.rows).T @ factors, wanted, atol=1e-6):
            return None
        return float(factors @ self.sums)

    def span(self, wanted: np.ndarray) -> float:
        """Return between how many values a sum of cells may lie, since no cell is negative."""
        rows, sums = np.array(self.rows), np.array(self.sums)
        ends = [linprog(s * wanted, A_eq=rows, b_eq=sums, method="highs").fun for s in (1, -1)]
        return -ends[1] - ends[0]


def attacker_of(audited: Audit, total: int) -> Attacker:
    frame, gaps, trials = audited.frame(), audited.gaps(), audited.trials()
    groups = list(dict.fromkeys(zip(frame["attribute"], frame["group"], strict=True)))
    by = list(dict.fromkeys(attribute for attribute, _ in groups))
    every = {name: {group for of, group in groups if of == name} for name in by}
    spy = Attacker(groups)
    for name in by:
        spy.learn(spy.vector(name, every[name], np.ones(4)), total)
        for mask in np.eye(4):  # The same customers, whichever way they are grouped.
            spy.learn(
                spy.vector(name, every[name], mask) - spy.vector(by[0], every[by[0]], mask), 0
            )
    figures = frame.set_index(["attribute", "group", "metric"])
    for (name, group, metric), row in figures.iterrows():
        if not np.isnan(row["n"]):
            spy.learn(spy.vector(name, {group}, np.ones(4)), row["n"])
        if metric in MASKS and not np.isnan(row["value"]):
            spy.learn_rate(name, {group}, metric, row[["value", "low", "high"]])
    for row in trials.itertuples():
        if row.metric in MASKS and not np.isnan(row.trials):
            mask = MASKS[row.metric][1]
            spy.learn(spy.vector(row.attribute, {row.group}, mask), row.trials)
    for row in gaps.itertuples():
        if row.reference == REST and row.metric in MASKS and not np.isnan(row.gap):
            own = figures.loc[(row.attribute, row.group, row.metric)]
            value = own["value"] - row.gap
            up = np.sqrt(max((row.gap - row.low) ** 2 - (own["value"] - own["low"]) ** 2, 0))
            down = np.sqrt(max((row.high - row.gap) ** 2 - (own["high"] - own["value"]) ** 2, 0))
            others = every[row.attribute] - {row.group}
            spy.learn_rate(row.attribute, others, row.metric, (value, value - down, value + up))
    return spy


def assert_safe(audited: Audit) -> None:
    """Assert that no sum over groups of an attribute is worked out that is below the minimum.

    Neither by equations alone, nor of a single cell because no count is negative.
    """
    cells = audited.counts
    total = int(cells.frame()["count"].sum())
    spy = attacker_of(audited, total)
    if total < BELOW:  # Where nobody is, the total says so.
        return
    for name in cells.by:
        tally = cells.tally([name])
        for many in range(1, len(tally.groups) + 1):
            for places in itertools.combinations(range(len(tally.groups)), many):
                members = {tally.groups[place] for place in places}
                for mask in WANTED:
                    found = spy.known(spy.vector(name, members, mask))
                    true = tally.rows[[*places]].sum(axis=0) @ mask
                    if found is not None and true < BELOW:
                        pytest.fail(f"{members} have {true} of {mask}")
        for place, cell in zip(*np.nonzero(tally.rows < BELOW), strict=True):
            wanted = spy.vector(name, {tally.groups[place]}, np.eye(4)[cell])
            assert spy.span(wanted) > 0.5


@settings(max_examples=15)
@given(groups=st.lists(CELLS, min_size=1, max_size=5), named=st.booleans())
@example(groups=[(100, 100, 100, 100), (16, 14, 14, 16), (2, 1, 1, 1), (70, 18, 6, 6)], named=False)
@example(groups=[(90, 80, 70, 60), (0, 20, 20, 40), (40, 20, 20, 0)], named=False)
def test_no_small_count_follows_from_an_audit_and_the_total(cells_of, groups, named):
    cells = cells_of(**{f"g{place}": counts for place, counts in enumerate(groups)})
    reference = {"band": "g0"} if named else None
    assert_safe(audit_counts(cells, reference=reference).suppressed(BELOW))


@settings(max_examples=10)
@given(groups=st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=2, max_size=4))
def test_no_small_count_follows_from_two_attributes_of_the_same_customers(cells_of, groups):
    parts = [
        cells_of(**{f"g{place}": pair[side] for place, pair in enumerate(groups)}).assign(
            region=name
        )
        for side, name in enumerate(("north", "south"))
    ]
    assert_safe(audit_counts(pd.concat(parts)).suppressed(BELOW))


def test_a_group_without_small_counts_is_shown_as_it_is(cells_of):
    cells = cells_of(a=(100, 90, 80, 70), b=(60, 50, 40, 30), c=(44, 33, 22, 11))
    plain = audit_counts(cells)
    for frame in ("frame", "gaps", "ratios", "worst", "trials", "conflicts"):
        pd.testing.assert_frame_equal(
            getattr(plain.suppressed(BELOW), frame)(), getattr(plain, frame)()
        )


def test_what_is_hidden_is_missing_with_its_reason_in_every_frame(cells_of):
    cells = cells_of(a=(100, 90, 80, 70), b=(60, 50, 40, 30), c=(4, 3, 2, 1), d=(20, 20, 20, 20))
    result = audit_counts(cells, reference={"band": "a"}).suppressed(12)
    reason = "suppressed (a count below 12)"
    for frame, figures in (
        ("frame", ["value", "low", "high"]),
        ("gaps", ["gap", "low", "high"]),
        ("ratios", ["ratio", "low", "high"]),
        ("conflicts", ["gap", "low", "high"]),
    ):
        told = getattr(result, frame)().query("group == 'c'")
        assert (told["note"] == reason).all()
        assert told[figures].isna().to_numpy().all()
    assert result.frame().query("group == 'c'")["n"].isna().all()
    hidden = result.frame()["note"].to_numpy() != ""
    trials = result.trials().merge(result.frame(), on=["attribute", "group", "metric"])
    assert trials.loc[trials["note"] != "", "trials"].isna().all()
    assert hidden.sum() == trials["trials"].isna().sum()


def test_the_largest_gap_is_that_of_the_groups_that_are_shown(cells_of):
    kept = {"a": (100, 90, 80, 70), "b": (60, 50, 40, 30), "e": (50, 60, 70, 20)}
    hidden = {"c": (4, 0, 0, 9), "d": (20, 20, 10, 20)}
    told = audit_counts(cells_of(**kept, **hidden)).suppressed(BELOW)
    shown = told.frame().query("metric == 'accuracy' and note == ''")["group"].tolist()
    assert shown == ["a", "b", "e"]
    alone = audit_counts(cells_of(**kept)).worst().set_index("metric")
    pd.testing.assert_series_equal(
        told.worst().set_index("metric").loc["accuracy"], alone.loc["accuracy"]
    )


def test_customers_are_counted_and_not_their_rows():
    """Twenty rows of each kind in group b, but of three customers only."""
    unit = np.r_[np.arange(400), np.repeat([500, 501, 502], 27)[:80]]
    groups = pd.DataFrame({"band": ["a"] * 400 + ["b"] * 80})
    y, d = np.resize([0, 0, 1, 1], 480), np.resize([0, 1, 0, 1], 480)
    told = audit(y, d, groups=groups, unit=unit).suppressed(BELOW)
    frame = told.frame().query("group == 'b'")
    assert (frame["note"] == HIDDEN).all()
    assert frame["n"].isna().all()
    assert "n=3" not in told.to_json()


@pytest.fixture(scope="module")
def published() -> tuple[Audit, Audit]:
    """Return an audit of four groups, two of them with small counts, as it is and suppressed."""
    rng = np.random.default_rng(3)
    sizes = {"a": 2311, "b": 1873, "c": 67, "d": 131}
    band = np.repeat([*sizes], [*sizes.values()])
    score = rng.random(len(band)).round(3)
    y = rng.binomial(1, 0.2 + 0.3 * score)
    d = rng.binomial(1, np.where(band == "c", 0.07, 0.3))
    groups = pd.DataFrame({"band": band})
    plain = audit(y, d, groups=groups, y_score=score, seed=1)
    return plain, plain.suppressed(BELOW)


def hidden_figures(plain: Audit, told: Audit) -> list[tuple[float, ...]]:
    """Return values and bounds of rates, gaps and ratios that are told but for suppression."""
    found = []
    for frame, value in (("frame", "value"), ("gaps", "gap"), ("ratios", "ratio")):
        whole, shown = getattr(plain, frame)(), getattr(told, frame)()
        gone = whole[shown[value].isna() & whole[value].notna()]
        found += [tuple(row) for row in gone[[value, "low", "high"]].to_numpy()]
    assert len(found) > 20
    return found


def test_json_holds_no_hidden_figure(published):
    plain, told = published
    text, whole = told.to_json(), plain.to_json()
    for figures in hidden_figures(plain, told):
        for figure in figures:
            if len(repr(float(figure))) > 9:  # Short ones may be part of others.
                assert repr(float(figure)) in whole
                assert repr(float(figure)) not in text
    assert json.loads(text)["suppressed_below"] == BELOW
    sizes = {row["group"]: row["n"] for row in json.loads(text)["groups"]}
    shown = told.frame().groupby("group")["n"].first()
    assert {k: n for k, n in sizes.items() if n is not None} == shown.dropna().to_dict()


def test_the_page_holds_no_hidden_figure(published):
    plain, told = published
    html = told.to_html()
    shown = set()
    for frame, value in (("frame", "value"), ("gaps", "gap"), ("ratios", "ratio")):
        kept = getattr(told, frame)().dropna(subset=[value])
        shown |= {
            tuple(f"{figure:.3f}" for figure in row)
            for row in kept[[value, "low", "high"]].to_numpy()
        }
    for value, low, high in hidden_figures(plain, told):
        texts = tuple(f"{figure:.3f}" for figure in (value, low, high))
        if texts not in shown:
            assert "{} [{}, {}]".format(*texts) not in html
            assert f"{value:+.3f} [{low:+.3f}, {high:+.3f}]" not in html
        if len(repr(float(value))) > 9:
            assert repr(float(abs(value)))[:8] not in html
    cells = plain.counts.marginal("band").loc["c"]
    assert cells.min() < BELOW
    assert f">{cells['true_positives']}<" not in html
    assert HIDDEN in html


def test_words_of_a_suppressed_audit_are_about_what_is_shown(published):
    _, told = published
    words = told.explain()
    hidden = told.gaps().query("metric == 'true_positive_rate' and note != ''")["group"]
    assert "c" in set(hidden)
    for group in hidden:
        for line in words.splitlines():
            if line.startswith(f"- {group}: reached"):
                pytest.fail(line)
    assert "suppressed" in words


def test_what_its_margins_would_give_away_is_refused(published):
    """Of score bins and cells of two attributes, one that is hidden is what the others lack."""
    _, told = published
    with pytest.raises(InputError) as refusal:
        told.calibration()
    assert str(refusal.value) == (
        "calibration must not be shown of a suppressed audit, got 10 score bins. "
        "Publish it from noised counts: audit_counts honours `noise_scale`."
    )
    with pytest.raises(InputError, match="suppressed audit"):
        told.bootstrap(10)


@pytest.mark.parametrize("below", [1, 0, -3, 2.5, None])
def test_a_minimum_that_hides_nothing_is_refused(published, below):
    with pytest.raises(InputError) as refusal:
        published[0].suppressed(below)
    assert str(refusal.value) == (
        f"below must be a whole number of at least 2, got {below!r}. Use for example 10."
    )


def test_the_audit_itself_is_not_changed(published):
    plain, told = published
    assert plain.below == 0
    assert plain.frame()["n"].notna().all()
    assert told.suppressed(2).below == 2


def test_noised_counts_are_hidden_by_what_is_shown_of_them(cells_of):
    cells = cells_of(a=(100.5, 90, 80, 70), b=(60, -3.2, 40, 30), c=(44, 33, 22, 20))
    told = audit_counts(cells.assign(noise_scale=2.0)).suppressed(BELOW).frame()
    rates = told[told["metric"] == "accuracy"].set_index("group")["note"]
    assert rates["b"] == HIDDEN
    assert rates["a"] == ""


def test_a_count_table_of_rows_is_hidden_like_its_rows(rows):
    counts = count_table(rows, by="band", y_true="y", y_pred="d")
    one = audit_counts(counts).suppressed(BELOW)
    other = audit(rows["y"], rows["d"], groups=rows[["band"]]).suppressed(BELOW)
    pd.testing.assert_frame_equal(one.frame(), other.frame())
    assert (one.frame()["note"] == HIDDEN).any()
