"""A sweep is every cell of its plan, the same for the same seeds, whatever ran it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import (
    InputError,
    LargeDeltaWarning,
    PolicyFailedWarning,
)
from equipoise.intervals import worst_gap
from equipoise.tradeoff import (
    Plan,
    Policy,
    read_sweep,
    sweep,
)
from equipoise.tradeoff import _sweep as module
from equipoise.tradeoff._assembling import warning_of
from equipoise.tradeoff._learners import LEARNERS, Learner
from equipoise.tradeoff._measures import DRAWN, MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._result import POLICY_KEYS
from equipoise.tradeoff.tables import profits_table

INF = float("inf")
STUDENT = {2: 12.7062, 3: 4.30265, 5: 2.77645}
SMALL = Plan(epsilons=[INF], models=["logistic"], mitigations=["none"], seeds=2)


def assert_equal_sweeps(one, other):
    timeless = [result.frame().drop(columns="seconds") for result in (one, other)]
    pd.testing.assert_frame_equal(*timeless, check_exact=True)
    for part in ("by_group", "draws", "group_draws"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(other, part), check_exact=True)
    assert one.manifest["digest"] == other.manifest["digest"]


def test_every_combination_is_a_row(swept, plan):
    cells = [(*policy, seed) for policy in plan.policies() for seed in range(plan.seeds)]
    keys = [*Policy._fields, "seed"]
    assert list(swept.frame()[keys].itertuples(index=False, name=None)) == cells
    assert list(swept.frame().columns) == [
        *POLICY_KEYS,
        "seed",
        "status",
        *MEASURES,
        *PROFIT_BOUNDS,
        "n_train",
        "seconds",
        "note",
    ]


def test_draws_are_of_the_cells_that_ran_and_start_with_the_sample(swept):
    ran = swept.rows.index[swept.rows["status"] == "ok"]
    assert list(swept.draws.columns) == ["cell", "part", "replicate", *DRAWN]
    assert set(swept.draws["cell"]) == set(swept.group_draws["cell"]) == set(ran)
    assert set(swept.draws["part"]) == {"choose", "confirm"}
    sample = swept.draws.query("part == 'choose' and replicate == 0").set_index("cell")
    pd.testing.assert_frame_equal(
        sample[["auc", "selection_gap"]], swept.rows.loc[ran, ["auc", "selection_gap"]],
        check_names=False,
    )  # fmt: skip
    rates = swept.group_draws.query("replicate == 0").set_index(["cell", "group"])
    groups = swept.groups().query("part == 'confirm'")
    for (cell, group), told in rates.iterrows():
        keys = swept.rows.loc[cell, [*POLICY_KEYS, "seed"]]
        own = groups[(groups[keys.index] == keys).all(axis=1) & (groups["group"] == group)]
        if own["selection_rate"].notna().all():
            assert told["selection_rate"] == pytest.approx(own["selection_rate"].item())


def test_the_order_in_which_batches_finish_moves_nothing(task, plan, swept, monkeypatch):
    found = module.batches
    monkeypatch.setattr(module, "batches", lambda *asked: found(*asked)[::-1])
    assert_equal_sweeps(swept, sweep(task, plan, jobs=1))


def failing_with_seed_1(task, mitigation, asked, setting):
    if 1 in [seed for _, seed in asked]:
        raise RuntimeError("the disk is on fire")
    return LEARNERS["logistic"].fit(task, mitigation, asked, setting)


FAILING = Plan(
    epsilons=[INF], models=["hist_gradient_boosting", "logistic"], mitigations=["none"], seeds=3
)


def test_a_failing_cell_is_a_row_and_the_others_survive(task, monkeypatch):
    monkeypatch.setitem(LEARNERS, "hist_gradient_boosting", Learner(failing_with_seed_1))
    with pytest.warns(PolicyFailedWarning) as heard:
        result = sweep(task, FAILING, jobs=1)
    (told,) = (str(one.message) for one in heard)
    assert told.startswith(
        "hist_gradient_boosting, not private failed with seed 1: RuntimeError: the disk is on fire\n"
        "Traceback"
    )
    assert told.count("the disk is on fire") > 1 and "in failing" in told
    assert list(result.frame()["status"]) == ["ok", "failed", "ok", "ok", "ok", "ok"]
    assert result.frame()["note"][1] == "RuntimeError: the disk is on fire"
    assert list(result.policies()["model"]) == ["logistic"]


def test_when_everything_is_refused_there_is_still_a_frame(task, tmp_path):
    plan = Plan(
        epsilons=[1],
        delta=1e-6,
        models=["private_logistic"],
        mitigations=["remove_correlation"],
        seeds=1,
    )
    result = sweep(task, plan, jobs=1)
    assert list(result.frame()["status"]) == ["refused"]
    assert result.policies().empty and result.frontier().empty
    result.save(tmp_path / "s.parquet")
    assert read_sweep(tmp_path / "s.parquet").groups().empty


def test_gaps_are_those_between_the_estimable_groups(swept):
    rates = swept.groups().query("part == 'choose'")
    keys = [*POLICY_KEYS, "seed"]
    rows = swept.frame().query("status == 'ok'").set_index(keys)
    for key, part in rates.groupby(keys):
        row = rows.loc[key]
        for gap, metric in (
            ("selection_gap", "selection_rate"),
            ("opportunity_gap", "true_positive_rate"),
        ):
            known = part[part[f"{metric}_trials"] >= 10]
            hits = known[metric] * known[f"{metric}_trials"]
            expected = worst_gap(hits, known[f"{metric}_trials"]).value
            assert row[gap] == pytest.approx(expected)
            assert row[gap] == pytest.approx(known[metric].max() - known[metric].min())
        assert row["worst_group_tpr"] == pytest.approx(part["true_positive_rate"].min())


def test_a_tiny_group_is_not_estimable_and_never_zero(swept):
    tiny = swept.groups().query("group == 'z'")
    assert (tiny["selection_rate_trials"] < 10).all()
    assert tiny["selection_rate"].isna().all()
    notes = swept.frame().query("status == 'ok'")["note"]
    assert notes.str.contains(r"z: selection_rate not estimable \(n=\d\)").all()


def test_bands_are_the_extremes_over_seeds(swept):
    policies = swept.policies().set_index(["model", "mitigation", "epsilon"])
    rows = swept.frame().query("status == 'ok'").groupby(["model", "mitigation", "epsilon"])
    for measure in MEASURES:
        for suffix, of in (("", "mean"), ("_low", "min"), ("_high", "max")):
            expected = rows[measure].agg(of).reindex(policies.index)
            np.testing.assert_allclose(policies[measure + suffix], expected)


def test_a_measure_that_one_seed_lacks_has_no_mean(swept):
    rows = swept.frame()
    rows.loc[rows.index[0], "selection_gap"] = np.nan
    policies = dataclasses.replace(swept, rows=rows).policies()
    assert np.isnan(policies["selection_gap"].iloc[0])
    assert policies["selection_gap"].iloc[1:].notna().all()


def test_a_customer_is_in_one_part_only(task_with):
    task = task_with(rows_per_customer=3)
    split = task.split(seed=0)
    parts = [set(task.unit.iloc[rows]) for rows in (split.fit, split.choose, split.confirm)]
    assert sum(map(len, parts)) == task.unit.nunique() == len(set.union(*parts))


def test_several_rows_of_a_customer_widen_what_is_said(task_with):
    task = task_with(rows_per_customer=3)
    plan = Plan(epsilons=[3, INF], delta=1e-6, models=["private_logistic"], seeds=1)
    result = sweep(task, plan, jobs=1)
    promises = [told["guarantee"] for told in result.manifest["guarantees"]]
    assert [promise["epsilon"] for promise in promises] == [3, 3]
    for promise in promises:
        assert promise["unit"] == "id"
        assert any("rows, up to 3 together" in line for line in promise["covers"])
    assert result.manifest["customers"] == 400


def test_a_task_without_euros_says_so(task_with):
    result = sweep(
        task_with(value=None), Plan(epsilons=[INF], models=["logistic"], seeds=1), jobs=1
    )
    row = result.frame().iloc[0]
    assert np.isnan(row["profit_eur"])
    assert "profit_eur: the task has no euros" in row["note"]
    assert len(result.frontier()) > 0, "by default the ranking takes the place of the euros"


def test_a_group_missing_from_one_part_is_no_obstacle(task_with):
    base = task_with()
    split = base.split(seed=0)
    bands = base.groups["band"].where(~base.groups["band"].eq("z"), "a").copy()
    bands.iloc[split.fit[:30]] = "z"  # nobody to choose or confirm with
    only_fit = dataclasses.replace(base, groups=base.groups.assign(band=bands))
    plan = Plan(epsilons=[INF], models=["logistic"], mitigations=["none"], seeds=1)
    result = sweep(only_fit, plan, jobs=1)
    assert list(result.frame()["status"]) == ["ok"]
    groups = result.groups()
    assert set(groups["group"]) == {"a", "b", "z"}
    assert groups.query("group == 'z'")["selection_rate"].isna().all()
    reference = only_fit.groups.replace({"band": {"z": "a", "a": "z"}})  # the reference now
    swapped = sweep(dataclasses.replace(only_fit, groups=reference), plan, jobs=1)
    assert list(swapped.frame()["status"]) == ["ok"]


def test_too_few_customers_are_refused(task_with):
    with pytest.raises(InputError) as refused:
        sweep(task_with(14), Plan(epsilons=[INF]), jobs=1)
    assert str(refused.value).startswith("task must have customers of both outcomes among those to")


def test_warnings_of_cells_are_given_once_whatever_the_processes(task):
    plan = Plan(
        epsilons=[1, 2], delta=0.01, models=["private_logistic"], mitigations=["none"], seeds=2
    )
    for jobs in (1, 2):
        with pytest.warns(LargeDeltaWarning) as heard:
            sweep(task, plan, jobs=jobs)
        assert [str(one.message)[:28] for one in heard] == ["delta 0.01 is at least 1 / n"]


def test_a_sweep_carries_the_consent_policy_of_its_task(task_with, tmp_path):
    task = task_with(allowed={"opt_in": "agreed", "opt_out": "not_refused"}, policy="opt_in")
    plan = Plan(epsilons=[1, INF], delta=1e-6, models=["private_logistic"], seeds=1)
    result = sweep(task, plan, jobs=1)
    assert set(result.frame()["status"]) == {"ok"}
    for frame in (result.frame(), result.groups(), result.policies()):
        assert set(frame["consent_policy"]) == {"opt_in"}
    result.save(tmp_path / "s.parquet")
    back = read_sweep(tmp_path / "s.parquet")
    assert back.task == task.file
    assert back.manifest["rows"] == len(task)
    told = f"consent policy opt_in permits {len(task):,} of 1,200 rows"
    assert back.manifest["notes"][-1] == told


def test_profit_has_an_interval_over_customers_and_one_over_seeds_as_well(swept):
    rows = swept.frame()
    ran = rows[rows["status"] == "ok"]
    assert (ran["profit_eur_customers_low"] < ran["profit_eur"]).all()
    assert (ran["profit_eur"] < ran["profit_eur_customers_high"]).all()
    policies = swept.policies()
    for _, policy in policies.iterrows():
        own = ran[np.logical_and.reduce([ran[name] == policy[name] for name in POLICY_KEYS])]
        widest = (own["profit_eur"] - own["profit_eur_customers_low"]).pow(2).mean() ** 0.5
        below = policy["profit_eur"] - policy["profit_eur_customers_low"]
        # Student's t for one more of so many seeds.
        spread = STUDENT[len(own)] * own["profit_eur"].std() * (1 + 1 / len(own)) ** 0.5
        assert below == pytest.approx(np.hypot(widest, spread), rel=1e-3)


def test_with_one_seed_the_interval_of_profit_is_over_customers_alone(swept):
    first = dataclasses.replace(swept, rows=swept.rows[swept.rows["seed"] == 0])
    rows = first.rows[first.rows["status"] == "ok"]
    policies = first.policies()
    for side in PROFIT_BOUNDS:
        assert policies[side].tolist() == pytest.approx(rows[side].tolist())
    few = profits_table(policies.assign(**dict.fromkeys(PROFIT_BOUNDS, np.nan)))
    assert few.iloc[:, 1].str.endswith("(no interval: too few customers)").all()


def test_the_manifest_says_what_the_figures_are(task, swept):
    facts = swept.manifest
    assert facts["format"] == 4
    assert facts["task_digest"] == task.digest
    assert facts["split"] == {"fit": 720, "choose": 240, "confirm": 240}
    assert facts["consent"] == {"as_given": facts["split"]} and facts["consent_refused"] == {}
    assert facts["cells"] == {"reused": 0, "of": len(swept.rows)}
    assert facts["seeds"] == [0, 1]
    assert facts["plan"]["epsilons"] == [1.0, "inf"]
    ran = swept.rows[(swept.rows["status"] == "ok") & np.isfinite(swept.rows["epsilon"])]
    keys = list(Policy._fields)
    promised = [tuple(told[name] for name in keys) for told in facts["guarantees"]]
    assert promised == list(ran[keys].drop_duplicates().itertuples(index=False, name=None))
    for promise in (told["guarantee"] for told in facts["guarantees"]):
        assert promise["does_not_cover"] and promise["unit"] == "id"
    assert {"numpy", "scikit-learn", "diffprivlib", "aif360"} <= set(facts["versions"])
    assert facts["internal"].startswith("Internal study") and "Do not publish" in facts["internal"]
    assert swept.task == task.file


def test_several_consent_policies_are_told_beside_the_whole(task_with):
    task = task_with(allowed={"opt_in": "agreed", "opt_out": "not_refused"}, policy="opt_in")
    plan = dataclasses.replace(SMALL, consent_policies=("opt_in", "opt_out"))
    facts = sweep(task, plan, jobs=1).manifest
    assert facts["rows"] == 1200 and sum(facts["split"].values()) == 1200
    permitted = {name: sum(rows.values()) for name, rows in facts["consent"].items()}
    assert permitted == {"opt_in": 600, "opt_out": 960}


def test_a_warning_comes_back_as_what_it_was():
    warning = warning_of("equipoise.exceptions:LargeDeltaWarning", "large")
    assert type(warning) is LargeDeltaWarning and str(warning) == "large"
    for strange in ("os:system", "no.such.module:Warning", "builtins:ValueError", ""):
        assert type(warning_of(strange, "text")) is UserWarning
