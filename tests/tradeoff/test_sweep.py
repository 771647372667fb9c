"""A sweep is every cell of its plan, the same for the same seeds, whatever ran it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from equipoise.exceptions import InputError, LargeDeltaWarning, PolicyFailedWarning
from equipoise.intervals import worst_gap
from equipoise.tradeoff import Plan, profits_table, read_sweep, sweep
from equipoise.tradeoff._learners import LEARNERS, Learner
from equipoise.tradeoff._measures import MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._storage import digest_of
from equipoise.tradeoff._sweep import POLICY_KEYS

INF = float("inf")
STUDENT = {2: 12.7062, 3: 4.30265, 5: 2.77645}


def timeless(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="seconds", errors="ignore")


def assert_equal_sweeps(one, other):
    pd.testing.assert_frame_equal(timeless(one.frame()), timeless(other.frame()))
    pd.testing.assert_frame_equal(one.groups(), other.groups())
    pd.testing.assert_frame_equal(one.confirm, other.confirm)
    assert one.manifest == other.manifest


def test_every_combination_is_a_row(swept, plan):
    cells = [(*policy, seed) for policy in plan.policies() for seed in range(plan.seeds)]
    keys = ["model", "mitigation", "epsilon", "seed"]
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


def test_processes_do_not_move_a_figure(task, plan, swept):
    assert_equal_sweeps(swept, sweep(task, plan, jobs=2))


@pytest.mark.parametrize("jobs", [0, -2, 1.5])
def test_a_number_of_processes_that_means_nothing_is_refused(task, plan, jobs):
    with pytest.raises(InputError) as refused:
        sweep(task, plan, jobs=jobs)
    assert str(refused.value) == (
        f"jobs must be a whole number of at least 1, got {jobs}. Use -1 for one process per core."
    )


def test_what_has_no_private_form_is_a_row_with_its_reason(swept):
    rows = swept.frame().query("mitigation == 'reweighing'")
    private = rows[np.isfinite(rows["epsilon"])]
    assert set(private["status"]) == {"refused"}
    assert set(private["note"]) == {
        "reweighing reads outcomes and groups without noise, "
        "so it has no place before a private learner"
    }
    unweighted = rows[np.isinf(rows["epsilon"]) & (rows["model"] == "diffprivlib_logistic")]
    assert set(unweighted["note"]) == {"reweighing gives weights, and this learner takes none"}
    assert set(rows[np.isinf(rows["epsilon"]) & (rows["model"] == "logistic")]["status"]) == {"ok"}
    assert rows[rows["status"] == "refused"][list(MEASURES)].isna().all(axis=None)


def test_a_failing_cell_is_a_row_and_the_others_survive(task, monkeypatch):
    def failing(task, epsilon, delta, seed, weights):
        if seed == 1:
            raise RuntimeError("the disk is on fire")
        return LEARNERS["logistic"].fit(task, epsilon, delta, seed, weights)

    monkeypatch.setitem(LEARNERS, "hist_gradient_boosting", Learner(failing, private=False))
    plan = Plan(
        epsilons=[INF],
        models=["hist_gradient_boosting", "logistic"],
        mitigations=["none"],
        seeds=3,
    )
    with pytest.warns(PolicyFailedWarning) as heard:
        result = sweep(task, plan, jobs=1)
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
        epsilons=[1], delta=1e-6, models=["private_logistic"], mitigations=["reweighing"], seeds=1
    )
    result = sweep(task, plan, jobs=1)
    assert list(result.frame()["status"]) == ["refused"]
    assert result.policies().empty and result.frontier().empty
    result.save(tmp_path / "s.parquet")
    assert read_sweep(tmp_path / "s.parquet").groups().empty


def test_warnings_of_cells_are_given_once_whatever_the_processes(task):
    plan = Plan(
        epsilons=[1, 2], delta=0.01, models=["private_logistic"], mitigations=["none"], seeds=2
    )
    for jobs in (1, 2):
        with pytest.warns(LargeDeltaWarning) as heard:
            sweep(task, plan, jobs=jobs)
        assert [str(one.message)[:30] for one in heard] == ["delta 0.01 is at least 1 / 720"]


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
    (told,) = result.manifest["guarantees"]
    assert (told["model"], told["epsilon"]) == ("private_logistic", 3)
    promise = told["guarantee"]
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
    assert set(result.groups()["group"]) == {"a", "b"}
    reference = only_fit.groups.replace({"band": {"z": "a", "a": "z"}})  # the reference now
    swapped = sweep(dataclasses.replace(only_fit, groups=reference), plan, jobs=1)
    assert list(swapped.frame()["status"]) == ["ok"]


def test_too_few_customers_are_refused(task_with):
    with pytest.raises(InputError) as refused:
        sweep(task_with(14), Plan(epsilons=[INF]), jobs=1)
    assert str(refused.value).startswith("task must have customers of both outcomes among those to")


def test_the_manifest_says_what_the_figures_are(task, swept, plan):
    facts = swept.manifest
    assert facts["task_digest"] == task.digest
    assert facts["split"] == {"fit": 720, "choose": 240, "confirm": 240}
    assert facts["seeds"] == [0, 1]
    assert facts["plan"]["epsilons"] == [1.0, "inf"]
    assert [(told["model"], told["epsilon"]) for told in facts["guarantees"]] == [
        ("private_logistic", 1),
        ("diffprivlib_logistic", 1),
    ]
    for promise in (told["guarantee"] for told in facts["guarantees"]):
        assert promise["does_not_cover"] and promise["unit"] == "id"
    assert {"numpy", "scikit-learn", "diffprivlib", "aif360"} <= set(facts["versions"])
    assert facts["internal"].startswith("Internal study") and "Do not publish" in facts["internal"]
    assert swept.task == task.file


def test_a_sweep_reads_back_as_it_was(swept, tmp_path):
    path = tmp_path / "s.parquet"
    swept.save(path)
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "s.confirm.parquet",
        "s.groups.parquet",
        "s.parquet",
    ]
    again = read_sweep(path)
    pd.testing.assert_frame_equal(again.frame(), swept.frame())
    assert_equal_sweeps(again, swept)
    raw = pq.read_schema(path).metadata[b"equipoise"].decode()
    json.loads(raw, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_parts_of_different_runs_are_refused(task, swept, tmp_path):
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    swept.save(one)
    plan = Plan(epsilons=[INF], models=["logistic"], mitigations=["none"], seeds=1)
    sweep(task, plan, jobs=1).save(other)
    (tmp_path / "other.confirm.parquet").replace(tmp_path / "one.confirm.parquet")
    with pytest.raises(InputError) as refused:
        read_sweep(one)
    assert str(refused.value) == (
        "sweep must lie beside the companions of the same run, got one.parquet. "
        "Run the sweep again."
    )


def test_the_digest_is_of_what_is_said_and_survives_parquet(swept, tmp_path):
    odd = {"id": ["é", "", "nan", None], "value": [np.nan, INF, -INF, 0.1], "n": [1, 2, 3, 4]}
    result = dataclasses.replace(swept, confirm=pd.DataFrame(odd))
    result.save(tmp_path / "s.parquet")
    again = read_sweep(tmp_path / "s.parquet")
    parts = [(one.rows, one.by_group, one.confirm) for one in (result, again)]
    digests = {digest_of(swept.manifest, *part) for part in parts}
    assert digests == {again.manifest["digest"]} != {swept.manifest["digest"]}
    rows, groups, confirm = parts[0]
    assert digest_of(swept.manifest, rows.assign(seconds=0.0), groups, confirm) in digests
    for changed in (
        (rows.assign(auc=0.9), groups, confirm),
        (rows, groups.assign(n=1), confirm),
        (rows, groups, confirm.assign(value=0.0)),
    ):
        assert digest_of(swept.manifest, *changed) not in digests
    assert digest_of({**swept.manifest, "rows": 1}, *parts[0]) not in digests


@pytest.mark.parametrize("part", ["s", "s.groups", "s.confirm"])
def test_a_changed_file_is_refused(swept, tmp_path, part):
    swept.save(tmp_path / "s.parquet")
    path = tmp_path / f"{part}.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)  # keeps the manifest
    with pytest.raises(InputError) as refused:
        read_sweep(tmp_path / "s.parquet")
    assert str(refused.value) == (
        "sweep must be as it was written, got s.parquet. Run the sweep again."
    )


def unreadable(path):
    return f"sweep must be a readable Parquet file, got {path}. Make it with `equipoise sweep`."


@pytest.mark.parametrize("harm", ["missing", "truncated", "text", "folder"])
def test_what_is_no_sweep_is_refused(swept, tmp_path, harm):
    swept.save(tmp_path / "s.parquet")
    companion = tmp_path / "s.groups.parquet"
    raw = companion.read_bytes()
    companion.unlink()
    if harm == "truncated":
        companion.write_bytes(raw[: len(raw) // 2])
    elif harm == "text":
        companion.write_text("model,epsilon\n")
    elif harm == "folder":
        companion.mkdir()
    with pytest.raises(InputError) as refused:
        read_sweep(tmp_path / "s.parquet")
    assert str(refused.value) == unreadable(companion)


def test_a_foreign_table_is_refused(tmp_path):
    path = tmp_path / "orders.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(InputError) as refused:
        read_sweep(path)
    assert str(refused.value) == (
        "sweep must carry the manifest of `equipoise sweep`, got orders.parquet. "
        "Run the sweep again."
    )


def test_a_sweep_is_saved_as_parquet_only(swept, tmp_path):
    with pytest.raises(InputError) as refused:
        swept.save(tmp_path / "s.csv")
    assert str(refused.value) == "out must end in .parquet, got s.csv. Rename it."
    assert list(tmp_path.iterdir()) == []


WORKER = """
import os, sys, time
from equipoise.tradeoff._workers import end_with
end_with(int(sys.argv[1]))
print("ready", flush=True)
time.sleep(30)
"""
STARTER = """
import os, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())],
                          stdout=subprocess.PIPE, text=True)
worker.stdout.readline()
print(worker.pid, flush=True)
os._exit(9)
"""


def test_a_worker_does_not_outlive_the_process_that_started_it():
    run = subprocess.run(
        [sys.executable, "-c", STARTER, WORKER], capture_output=True, text=True, check=False
    )
    worker = int(run.stdout)
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the worker lives on")


def test_a_sweep_carries_the_consent_policy_of_its_task(task_with, tmp_path):
    task = task_with(allowed={"opt_in": "agreed", "opt_out": "not_refused"}, policy="opt_in")
    plan = Plan(epsilons=[1, INF], delta=1e-6, models=["private_logistic"], seeds=1)
    result = sweep(task, plan, jobs=1)
    assert set(result.frame()["status"]) == {"ok", "refused"}
    for frame in (result.frame(), result.groups(), result.confirm, result.policies()):
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
