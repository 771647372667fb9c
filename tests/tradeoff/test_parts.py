"""Customers are split once; consent policies take their permitted rows of the same parts."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import Plan
from equipoise.tradeoff._parts import MOST_MEMBERS, is_dated, prepare

ALLOWED = {"opt_in": "agreed", "opt_out": "not_refused"}
INF = float("inf")


def prepared(task, **given):
    return prepare(task, Plan(epsilons=[INF], seeds=1, **given).for_task(task))


def test_a_task_without_consent_policies_is_one_policy_of_all_rows(task):
    made, split = prepared(task), task.split(seed=0)
    assert list(made.fit) == list(made.choose) == list(made.confirm) == ["as_given"]
    assert made.refused == {}
    assert made.fit["as_given"].digest == task.take(split.fit).digest
    for part, rows in ((made.choose, split.choose), (made.confirm, split.confirm)):
        own = part["as_given"]
        assert own.task.digest == task.take(rows).digest
        assert own.levels == ("a", "b", "z")
        assert [own.levels[code] for code in own.codes] == task.groups["band"][rows].tolist()
        assert own.whole_rows == own.whole_groups.sum() == len(rows)


def test_customers_are_numbered_by_name_whatever_the_order_of_the_rows(task_with):
    task = task_with(600, rows_per_customer=3)
    part = prepared(task).choose["as_given"]
    names = sorted(set(part.task.unit))
    assert [names[code] for code in part.customers] == part.task.unit.tolist()
    turned = prepared(task.take(np.arange(600)[::-1])).choose["as_given"]
    assert turned.task.unit.tolist() == part.task.unit.tolist()[::-1]
    assert turned.customers.tolist() == part.customers.tolist()[::-1]


def test_consent_policies_share_the_customers_of_each_part(task_with):
    task = task_with(allowed=ALLOWED, policy="opt_in")
    made, whole = prepared(task, consent_policies=("opt_out", "opt_in")), task.whole
    split = whole.split(seed=0)
    for consent in ("opt_in", "opt_out"):
        assert made.fit[consent].unit.isin(whole.unit[split.fit]).all()
        assert made.fit[consent].policy == consent
        for part, rows in ((made.choose, split.choose), (made.confirm, split.confirm)):
            own = part[consent]
            wanted = rows[whole.allowed[consent][rows]]
            assert own.task.unit.tolist() == whole.unit[wanted].tolist()
            assert own.task.policy == consent
            assert own.whole_rows == len(rows) > len(own.task)
            assert [own.levels[code] for code in own.codes] == own.task.groups["band"].tolist()
            counts = whole.groups["band"][rows].value_counts()
            assert own.whole_groups.tolist() == [counts.get(level, 0) for level in own.levels]
    one, other = made.choose["opt_in"], made.choose["opt_out"]
    numbers = [dict(zip(part.task.unit, part.customers, strict=True)) for part in (one, other)]
    both = numbers[0].keys() & numbers[1].keys()
    assert both
    assert all(numbers[0][name] == numbers[1][name] for name in both)


def test_a_task_under_a_policy_is_that_policy_alone_unless_others_are_named(task_with):
    task = task_with(allowed=ALLOWED, policy="opt_in")
    made = prepared(task)
    assert list(made.fit) == ["opt_in"]
    assert made.choose["opt_in"].whole_rows > len(made.choose["opt_in"].task)


def test_rows_taken_under_a_policy_are_the_whole_once_the_others_are_gone(task_with):
    task = task_with(allowed=ALLOWED, policy="opt_in")
    taken = task.take(np.arange(len(task)))
    part = prepared(taken).choose["opt_in"]
    assert part.whole_rows == len(part.task)
    with pytest.raises(InputError) as refused:
        prepared(taken, consent_policies=("opt_in", "opt_out"))
    assert str(refused.value) == (
        "policy must stay 'opt_in' once rows were taken under it, got 'opt_out'. "
        "Call `under` first, then take the rows."
    )


def test_a_policy_that_leaves_a_part_without_both_outcomes_is_refused_with_its_reason(task_with):
    task = task_with(allowed=ALLOWED)
    allowed = task.allowed.assign(
        opt_in=task.allowed["opt_in"] & (task.y == 0), opt_out=task.allowed["opt_out"]
    )
    task = dataclasses.replace(task, allowed=allowed)
    made = prepared(task, consent_policies=("opt_in", "opt_out"))
    assert list(made.fit) == list(made.choose) == list(made.confirm) == ["opt_out"]
    kept = allowed["opt_in"][task.split(seed=0).fit].sum()
    assert made.refused == {
        "opt_in": "task must have customers of both outcomes among those to fit with, "
        f"got 0 positive of {kept}. A sweep splits customers three ways; use more of them."
    }


def test_a_policy_that_permits_nobody_is_refused_with_its_reason(task_with):
    task = task_with(allowed=ALLOWED)
    task = dataclasses.replace(task, allowed=task.allowed.assign(opt_in=False))
    made = prepared(task, consent_policies=("opt_in", "opt_out"))
    assert made.refused == {
        "opt_in": "policy must permit at least one row, got 'opt_in', which permits none of 1,200. "
        "Use another policy, or check the column that `allowed` names for it."
    }


def test_where_every_policy_is_refused_nothing_is_prepared(task_with):
    task = task_with(60)
    task = dataclasses.replace(task, y=np.zeros(60, dtype=int))
    with pytest.raises(InputError) as refused:
        prepared(task)
    assert str(refused.value) == (
        "task must have customers of both outcomes among those to fit with, got 0 positive of 36. "
        "A sweep splits customers three ways; use more of them."
    )


def test_contacts_that_contradict_their_stated_probabilities_are_refused(task):
    treated = dataclasses.replace(
        task,
        treatment=pd.Series(np.ones(len(task), dtype=int)),
        treatment_probability=pd.Series(np.full(len(task), 0.5)),
    )
    with pytest.raises(InputError) as refused:
        prepared(treated)
    assert str(refused.value) == (
        "probability must be that of being contacted, which the contacts agree with, got 0.5 on "
        "average where 1 were contacted. Check that it is not the share of the hold-out, and that "
        "1 stands for contacted."
    )


def test_dated_rows_keep_their_order_in_time_and_are_not_attacked(task):
    dated = dataclasses.replace(task, time=pd.Series(np.arange(len(task)) // 100))
    made = prepared(dated)
    assert made.fit["as_given"].time.max() < made.choose["as_given"].task.time.min()
    part = made.choose["as_given"]
    assert part.members is None
    assert part.no_members == (
        "rows are dated, so those fitted on differ from others by their dates, too"
    )


def test_rows_of_one_date_are_split_by_customer_and_attacked(task):
    alike = dataclasses.replace(task, time=pd.Series(np.full(len(task), 7)))
    assert prepared(alike).choose["as_given"].members is not None
    hours = pd.Series(pd.date_range("2026-03-02", periods=24, freq="h"))
    one_day = dataclasses.replace(
        task, time=hours[np.arange(len(task)) % 24].reset_index(drop=True)
    )
    assert not is_dated(one_day) and not is_dated(task)
    assert is_dated(dataclasses.replace(task, time=pd.Series(np.arange(len(task)) // 100)))


def test_members_are_fitted_rows_the_same_whatever_the_order_of_the_table(task_with):
    task = task_with(4000)
    made = prepared(task)
    members = made.choose["as_given"].members
    assert len(members) == MOST_MEMBERS < len(made.fit["as_given"])
    assert members.unit.isin(made.fit["as_given"].unit).all()
    assert members.unit.is_unique
    turned = prepared(task.take(np.arange(4000)[::-1])).choose["as_given"].members
    assert set(turned.unit) == set(members.unit)
    assert made.confirm["as_given"].members is None


def test_members_of_a_consent_policy_are_permitted_and_the_same_where_both_permit(task_with):
    task = task_with(12000, allowed=ALLOWED)
    made = prepared(task, consent_policies=("opt_in", "opt_out"))
    one, other = (set(made.choose[name].members.unit) for name in ("opt_in", "opt_out"))
    allowed = task.allowed.set_axis(task.unit)
    assert allowed.loc[list(one), "opt_in"].all()
    assert len(one & other) > 0.4 * MOST_MEMBERS


def test_too_few_to_attack_is_a_reason_with_their_number(task_with):
    task = task_with(30)
    made = prepared(task, split_seed=1)
    assert made.choose["as_given"].no_members == "not estimable (n=6)"
    few = prepared(task_with(3000, rows_per_customer=75))  # 40 customers, of whom a fifth chooses
    assert few.choose["as_given"].no_members == "not estimable (n=8)"
