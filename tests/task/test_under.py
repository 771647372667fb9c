"""A task under a consent policy has the rows that the policy permits, and no others."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.task import Task, TaskFile, build_task, read_task
from equipoise.task._writing import task_yaml

POLICIES = ["opt_in", "opt_out", "everyone"]
FILE = TaskFile(
    name="coupon",
    source={"file": "pairs.parquet"},
    unit="customer",
    rows_per_unit=3,
    outcome={"column": "bought", "positive": "1", "negative": "0"},
    groups={"gender": {"reference": "man"}},
    features={
        "spend": {"type": "number", "bounds": (0, 100), "missing": 0},
        "category": {"type": "category", "categories": ["garden", "kitchen", "textiles"]},
    },
    time="day",
    treatment="mailed",
    treatment_probability="chance",
    opted_out="left",
    complained="moaned",
    allowed={policy: f"allowed_{policy}" for policy in POLICIES},
)
ROLES = ("X", "groups", "unit", "time", "treatment", "treatment_probability", "allowed")
ROLES += ("opted_out", "complained")
CODINGS = [(False, True), (0, 1), (0.0, 1.0), ("no", "yes"), ("No", "YES"), ("false", "true")]


def table(customers: int = 20) -> pd.DataFrame:
    """Three categories for each customer, of whom about one in three opted in."""
    k = np.arange(3 * customers)
    return pd.DataFrame(
        {
            "customer": [f"c{one // 3:03d}" for one in k],
            "category": np.array(["garden", "kitchen", "textiles"])[k % 3],
            "gender": np.array(["man", "woman"])[k // 3 % 2],
            "spend": np.where(k % 9 == 0, np.nan, k * 13 % 97),
            "bought": (k * 7 % 11 < 4).astype(int),
            "day": pd.Timestamp("2026-03-02") + pd.to_timedelta(k % 30, unit="D"),
            "mailed": k // 2 % 2 == 0,
            "chance": 0.25 + k % 2 / 2,
            "left": (k % 8 == 3).astype(int),
            "moaned": k % 7 == 2,
            "allowed_opt_in": k % 3 == 0,
            "allowed_opt_out": k % 5 != 0,
            "allowed_everyone": True,
        }
    )


def made(**changes: object) -> Task:
    return build_task(table(), FILE.model_copy(update=changes))


def assert_same(one: Task, other: Task) -> None:
    assert (one.digest, one.notes, one.file) == (other.digest, other.notes, other.file)
    assert one.y.tolist() == other.y.tolist()
    for role in ROLES:
        left, right = pd.DataFrame(getattr(one, role)), pd.DataFrame(getattr(other, role))
        pd.testing.assert_frame_equal(left, right)


@st.composite
def permissions(draw):
    rows = st.lists(st.booleans(), min_size=60, max_size=60)
    return pd.DataFrame({f"allowed_{policy}": draw(rows) for policy in POLICIES})


def table_with(permissions: pd.DataFrame, coding: tuple[object, object]) -> pd.DataFrame:
    return table().assign(**permissions.map(lambda permitted: coding[int(permitted)]))


@settings(max_examples=60, deadline=None)
@given(permissions(), st.permutations(POLICIES))
def test_a_policy_has_exactly_its_rows_whatever_came_before(values, order):
    assume(values.any().all())
    frame = table_with(values, (False, True))
    whole = build_task(frame, FILE)
    assert whole.policy is None and len(whole) == 60
    task = whole
    for policy in order:
        task = task.under(policy)
        permitted = frame[frame[f"allowed_{policy}"]]
        assert task.policy == policy
        assert task.unit.tolist() == permitted["customer"].tolist()
        assert task.X["category"].tolist() == permitted["category"].tolist()
        assert task.y.tolist() == permitted["bought"].tolist()
        assert task.allowed[policy].all()
        assert task.notes[-1] == f"consent policy {policy} permits {len(task)} of 60 rows"
        assert_same(task, whole.under(policy))
        assert_same(task, task.under(policy))


@settings(max_examples=20, deadline=None)
@given(permissions(), st.sampled_from(CODINGS), st.sampled_from([None, *POLICIES]))
def test_a_policy_comes_back_from_yaml_and_parquet(values, coding, policy):
    assume(values.any().all())
    frame = table_with(values, coding)
    in_memory = build_task(frame, FILE.model_copy(update={"policy": policy}))
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        frame.to_parquet(Path(folder) / "pairs.parquet")
        path = Path(folder) / "task.yaml"
        path.write_text(task_yaml(in_memory.file, rows=len(frame)), encoding="utf-8")
        from_file = read_task(path)
    assert_same(from_file, in_memory)
    assert_same(from_file.under("everyone"), in_memory.under("everyone"))
    if policy is not None:
        assert_same(from_file, build_task(frame, FILE).under(policy))


def test_a_task_file_says_in_words_what_its_policy_columns_are():
    assert task_yaml(made(policy="opt_in").file, rows=60).endswith(
        "\n# Whose rows each consent policy permits (a column of yes and no), and which is in "
        "force.\nallowed:\n  opt_in: allowed_opt_in\n  opt_out: allowed_opt_out\n"
        "  everyone: allowed_everyone\npolicy: opt_in\n"
    )


def test_every_role_narrows_row_for_row():
    whole = made()
    part, rows = whole.under("opt_in"), np.arange(0, 60, 3)
    for role in ROLES:
        narrowed, full = getattr(part, role), getattr(whole, role)
        assert narrowed.to_numpy().tolist() == full.iloc[rows].to_numpy().tolist()
        assert narrowed.index.tolist() == list(range(20))


def test_changes_made_under_one_policy_hold_under_the_next():
    task = made(policy="opt_in").without("spend").noting("the till was closed on Sunday")
    assert len(task) == 20
    other = task.under("everyone")
    assert len(other) == 60
    assert list(other.X) == ["category"]
    assert other.notes[-2:] == (
        "the till was closed on Sunday",
        "consent policy everyone permits 60 of 60 rows",
    )
    assert other.digest == made().without("spend").under("everyone").digest


@pytest.mark.parametrize(
    "change",
    [
        lambda task: task.take(np.arange(5)),
        lambda task: dataclasses.replace(task, y=1 - task.y),
    ],
)
def test_part_of_a_policy_or_changed_rows_cannot_go_to_another(change):
    part = change(made(policy="opt_in"))
    assert part.policy == "opt_in"
    assert part.under("opt_in") is part
    with pytest.raises(InputError) as refused:
        part.under("everyone")
    assert str(refused.value) == (
        "policy must stay 'opt_in' once rows were taken under it, got 'everyone'. Call `under` "
        "first, then take the rows."
    )


def test_part_of_all_rows_is_narrowed_within_itself():
    part = made().take(np.arange(7)).under("opt_in")
    assert part.notes[-1] == "consent policy opt_in permits 3 of 7 rows"
    assert len(part.under("everyone")) == 7


@pytest.mark.parametrize(
    ("task", "policy", "message"),
    [
        (made(), "opt_inn", "policy must be a known name, got 'opt_inn'. Did you mean 'opt_in'?"),
        (
            made(),
            "strict",
            "policy must be a known name, got 'strict'. Known: 'opt_in', 'opt_out', 'everyone'.",
        ),
        (
            made(allowed={}),
            "opt_in",
            "policy must be a known name, got 'opt_in'. There are none.",
        ),
        (
            made().take(np.array([1, 2, 4])),
            "opt_in",
            "policy must permit at least one row, got 'opt_in', which permits none of 3. Use another "
            "policy, or check the column that `allowed` names for it.",
        ),
    ],
)
def test_a_policy_that_means_nothing_is_refused(task, policy, message):
    with pytest.raises(InputError) as refused:
        task.under(policy)
    assert str(refused.value) == message


def test_the_digest_tells_policies_apart_but_not_what_they_withhold():
    digests = {made().under(policy).digest for policy in POLICIES} | {made().digest}
    assert len(digests) == 4
    frame = table()
    withheld = ~frame["allowed_opt_in"]
    frame.loc[withheld, "bought"] = 1 - frame.loc[withheld, "bought"]
    frame.loc[withheld, "allowed_opt_out"] = False
    longer = pd.concat([frame, frame[withheld].assign(customer="late").head(2)])
    other = build_task(longer, FILE)
    assert other.digest != made().digest
    assert other.under("opt_in").digest == made().under("opt_in").digest
    assert other.under("opt_in").notes != made().under("opt_in").notes


@pytest.mark.parametrize("policy", [None, "opt_out"])
@pytest.mark.parametrize("chance", ["chance", 0.7])
def test_several_rows_of_a_customer_stay_together_with_treatment_and_time(policy, chance):
    task = made(policy=policy, treatment_probability=chance)
    split = task.split(seed=1)
    people = [set(task.unit.iloc[rows]) for rows in (split.fit, split.choose, split.confirm)]
    assert sum(map(len, people)) == len(set.union(*people)) == task.unit.nunique() == 20
    fit = task.take(split.fit)
    raw = table().set_index(["customer", "category"])
    seen = raw.loc[list(zip(fit.unit, fit.X["category"], strict=True))]
    assert fit.treatment.tolist() == seen["mailed"].astype(int).tolist()
    assert fit.time.tolist() == seen["day"].tolist()
    chances = seen["chance"] if chance == "chance" else seen["chance"] * 0 + 0.7
    assert fit.treatment_probability.tolist() == chances.tolist()


def test_blanks_may_drop_rows_before_a_policy_narrows_them():
    features = FILE.features | {
        "spend": FILE.features["spend"].model_copy(update={"missing": "drop"})
    }
    frame = table().astype({"allowed_opt_in": object})
    frame.loc[0, "allowed_opt_in"] = None
    task = build_task(frame, FILE.model_copy(update={"features": features, "policy": "opt_in"}))
    assert task.notes[0] == "7 rows without feature 'spend' dropped"
    assert task.notes[-1] == "consent policy opt_in permits 13 of 53 rows"
