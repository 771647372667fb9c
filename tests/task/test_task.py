"""A task keeps its rows together, splits by customer, and names itself by its content."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.task import DecisionRule, Task, TaskFile, Value, build_task

FILE = TaskFile(
    name="t",
    source={"file": "none"},
    unit="id",
    rows_per_unit=50,
    outcome={"column": "y", "positive": "1", "negative": "0"},
    groups={"g": {"reference": "a"}},
    features={
        "x": {"type": "number", "bounds": (0, 100)},
        "c": {"type": "category", "categories": ["p", "q"]},
    },
    value={"won_per_positive": 10, "cost_per_contact": 1},
    time="when",
    weights="w",
    treatment="t",
    treatment_probability="p",
    opted_out="o",
    complained="m",
)


def table(n: int = 120, customers: int = 40) -> pd.DataFrame:
    k = np.arange(n)
    return pd.DataFrame(
        {
            "id": [f"c{i * 7 % customers}" for i in k],
            "y": (k * 7 % 11 < 4).astype(int),
            "g": np.array(["a", "b"])[k % 2],
            "x": (k * 13 % 97).astype(float),
            "c": np.array(["p", "q"])[k // 3 % 2],
            "when": k,
            "w": k % 4 + 0.5,
            "t": k // 2 % 2,
            "p": 0.25 + k % 2 / 2,
            "o": (k % 9 == 0).astype(int),
            "m": k % 13 == 1,
            "other": k,
        }
    )


ROLES = ("X", "groups", "unit", "time", "weights", "treatment", "treatment_probability")
ROLES += ("opted_out", "complained")


def made(frame: pd.DataFrame | None = None, **changes: object) -> Task:
    return build_task(table() if frame is None else frame, FILE.model_copy(update=changes))


def test_take_keeps_every_role_row_for_row():
    rows, whole = np.array([5, 0, 77]), made()
    part = whole.take(rows)
    assert part.y.tolist() == whole.y[rows].tolist()
    for name in ROLES:
        taken, full = getattr(part, name), getattr(whole, name)
        assert taken.to_numpy().tolist() == full.iloc[rows].to_numpy().tolist()
        assert taken.index.tolist() == [0, 1, 2]
    assert part.file is whole.file
    assert part.notes == whole.notes


@given(
    st.integers(0, 9),
    st.sampled_from([4, 5, 6, 20, 40, 60]),
    st.sampled_from([(0.6, 0.2), (0.4, 0.3), (1 / 3, 1 / 3)]),
)
def test_no_customer_is_in_two_parts_and_every_row_is_in_one(seed, customers, shares):
    task = made(table(120, customers), time=None)
    split = task.split(seed=seed, shares=shares)
    parts = [split.fit, split.choose, split.confirm]
    assert sorted(np.concatenate(parts)) == list(range(120))
    people = [set(task.unit.iloc[part]) for part in parts]
    assert not (people[0] & people[1] | people[0] & people[2] | people[1] & people[2])
    ends = np.rint(np.cumsum(shares) * task.unit.nunique())
    assert len(people[0]) == ends[0]
    assert len(people[0]) + len(people[1]) == ends[1]


def test_a_split_goes_by_seed_and_customer_not_by_the_order_of_rows():
    frame = table()
    shuffled = frame.sample(frac=1, random_state=1)
    task, other = made(frame, time=None), made(shuffled, time=None)
    a, b = task.split(seed=3), other.split(seed=3)
    assert set(task.unit.iloc[a.fit]) == set(other.unit.iloc[b.fit])
    assert set(task.unit.iloc[a.fit]) != set(task.unit.iloc[task.split(seed=4).fit])
    assert a.fit.tolist() == task.split(seed=3).fit.tolist()


@given(
    st.integers(0, 9),
    st.sampled_from([4, 5, 40]),
    st.sampled_from([2, 3, 7, 120]),
    st.sampled_from([(0.6, 0.2), (0.4, 0.3)]),
)
def test_where_rows_have_dates_the_earlier_are_fitted_on(seed, customers, dates, shares):
    frame = table(120, customers)
    frame["when"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(frame.index % dates, unit="D")
    task = made(frame)
    split = task.split(seed=seed, shares=shares)
    assert sorted(np.concatenate([split.fit, split.choose, split.confirm])) == list(range(120))
    later = np.r_[split.choose, split.confirm]
    assert task.time.iloc[split.fit].max() < task.time.iloc[later].min()
    assert not set(task.unit.iloc[split.choose]) & set(task.unit.iloc[split.confirm])
    one_date = frame["when"].value_counts().max() / 120
    assert abs(len(split.fit) / 120 - shares[0]) <= one_date / 2 + 1e-9 or dates == 2
    shuffled = made(frame.sample(frac=1, random_state=1)).split(seed=seed, shares=shares)
    other = made(frame.sample(frac=1, random_state=1)).unit.iloc[shuffled.choose]
    assert set(other) == set(task.unit.iloc[split.choose])


def test_rows_of_one_date_have_no_order_to_go_by():
    frame = table().assign(when="2026-03-02")
    dated, plain = made(frame).split(seed=3), made(time=None).split(seed=3)
    assert dated.fit.tolist() == plain.fit.tolist()


@pytest.mark.parametrize("shares", [(0.8, 0.2), (0, 0.5), (0.9, 0.3), (float("nan"), 0.1)])
def test_shares_that_leave_nothing_to_confirm_with_are_refused(shares):
    with pytest.raises(InputError) as refused:
        made().split(seed=0, shares=shares)
    assert str(refused.value) == (
        f"shares must be two positive numbers that sum to less than 1, got {shares}. The rest is "
        "needed to confirm: use for example (0.6, 0.2)."
    )


def test_two_customers_cannot_be_split_in_three():
    with pytest.raises(InputError) as refused:
        made(table(40, 2), time=None).split(seed=0)
    assert str(refused.value) == (
        "task must have customers for each of the three parts, got 2 customers. Use a larger table."
    )


CHANGES = {
    "x": 3.5,
    "c": "q",
    "g": "b",
    "y": 0,
    "id": "c39",
    "when": 999,
    "w": 9.0,
    "t": 1,
    "p": 0.3,
    "o": 0,
    "m": True,
}


@pytest.mark.parametrize("column", CHANGES)
def test_the_digest_changes_with_any_cell_that_is_used(column):
    frame = table()
    assert frame.loc[0, column] != CHANGES[column]
    frame.loc[0, column] = CHANGES[column]
    assert made(frame).digest != made().digest


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "u"},
        {"decision": DecisionRule(top_share=0.3)},
        {"rows_per_unit": 49},
        {"value": None},
        {"groups": {"g": FILE.groups["g"].model_copy(update={"reference": "b"})}},
        {"outcome": FILE.outcome.model_copy(update={"missing": "drop"})},
        {"features": FILE.features | {"x": FILE.features["x"].model_copy(update={"bounds": (0, 99)})}},
    ],
)  # fmt: skip
def test_the_digest_changes_with_what_is_written(changes):
    assert made(**changes).digest != made().digest


def test_the_digest_tells_opt_outs_from_complaints():
    both, neither = made(), made(opted_out=None, complained=None)
    swapped = made(opted_out="m", complained="o")
    alone = made(complained=None), made(opted_out=None), made(opted_out=None, complained="o")
    assert len({task.digest for task in (both, neither, swapped, *alone)}) == 6
    assert neither.opted_out is None and neither.complained is None


def test_without_features_those_who_opted_out_stay_as_they_are():
    part = made().without("x")
    assert part.opted_out.tolist() == [int(k % 9 == 0) for k in range(120)]
    assert part.complained.tolist() == [int(k % 13 == 1) for k in range(120)]


def test_the_digest_does_not_depend_on_unused_columns_or_where_the_table_lies():
    frame = table().assign(other="changed")
    source = FILE.source.model_copy(update={"file": "elsewhere.csv"})
    assert made(frame, source=source, question="?").digest == made().digest


def test_the_digest_is_the_same_in_another_process(customers, tmp_path):
    (tmp_path / "draft.py").write_text(
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from equipoise.task import describe, read_task\n"
        "open('task.yaml', 'w').write(describe('c.csv', outcome='left', positive='Yes', "
        "groups='gender', unit='id'))\n"
        "print(read_task('task.yaml').digest)\n"
    )
    customers.to_csv(tmp_path / "c.csv", index=False)
    runs = [
        subprocess.run(
            [sys.executable, "draft.py"], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == 64


def test_profit_and_decision_are_those_of_the_file():
    task = made(treatment=None, treatment_probability=None)
    contacted = task.decide(np.linspace(0, 1, len(task)), seed=0)
    assert contacted.sum() == 24
    assert task.profit_eur(contacted).sum() == 10 * task.y[contacted].sum() - 24
    assert task.discount_eur(contacted).sum() == 0
    assert not task.profit_is_incremental
    empty = made(value=None)
    assert empty.profit_eur(contacted) is None
    assert empty.discount_eur(contacted) is None
    guessed = made(treatment_probability=None)
    assert (guessed.profit_eur(contacted) == task.profit_eur(contacted)).all()


def test_where_the_treatment_is_known_profit_is_what_contacts_add():
    """Each customer stands in the table once a way, so weighing by probability is exact."""
    would, anyway = np.array([1, 1, 0, 0]), np.array([0, 1, 0, 1])
    treated, untreated = table(12).iloc[:4], table(12).iloc[4:8]
    frame = pd.concat([treated.assign(y=would, t=1), untreated.assign(y=anyway, t=0)])
    value = {"won_per_positive": 10, "discount_per_positive": 4, "cost_per_contact": 1}
    task = made(frame.assign(p=0.5), value=Value(**value))
    everyone = np.ones(8, dtype=bool)
    assert task.profit_is_incremental
    assert task.profit_eur(everyone).mean() == (6 * would - 10 * anyway - 1).mean()
    assert task.discount_eur(everyone).mean() == (4 * would).mean()
    assert not task.profit_eur(~everyone).any()


def test_two_tasks_are_compared_by_their_digest_not_cell_by_cell():
    assert made() != made()
    assert made().digest == made().digest


def test_without_drops_features_and_what_marks_their_blanks():
    frame = table()
    frame.loc[::5, "x"] = np.nan
    filled = {"x": FILE.features["x"].model_copy(update={"missing": "0"}), "c": FILE.features["c"]}
    named = filled | {"x is missing": FILE.features["c"].model_copy(update={"categories": ("p",)})}
    task = made(frame.assign(**{"x is missing": "p"}), features=named)
    assert list(task.X) == ["x", "x is missing_", "c", "x is missing"]
    part = task.without("x is missing", "x")
    assert list(part.X) == list(part.file.features) == list(part.bounds) == ["c"]
    assert part.digest == task.without("x is missing").without("x").digest != task.digest
    assert part.groups is task.groups and len(part) == len(task)
    assert list(task.X) == ["x", "x is missing_", "c", "x is missing"]
    assert made().without("x").digest == made(features={"c": FILE.features["c"]}).digest
    assert made().without().digest == made().digest


def test_without_refuses_unknown_names_and_to_leave_nothing():
    with pytest.raises(InputError) as refused:
        made().without("X")
    assert str(refused.value) == "features must be a known name, got 'X'. Did you mean 'x'?"
    with pytest.raises(InputError) as refused:
        made().without("x", "c")
    assert str(refused.value) == "features must leave at least one, got all 2. Name fewer."
