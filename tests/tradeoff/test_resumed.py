"""What a sweep has finished is not lost: not to another plan, to damage, or to Ctrl-C."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from equipoise.exceptions import (
    InputError,
    KeptCellWarning,
    PolicyFailedWarning,
)
from equipoise.tradeoff import (
    Plan,
    SweepInterrupted,
    _engines,
    _kept,
    read_sweep,
    sweep,
)
from equipoise.tradeoff._learners import LEARNERS, Learner
from equipoise.tradeoff._measures import MEASURES
from equipoise.tradeoff._result import POLICY_KEYS

INF = float("inf")
SMALL = Plan(epsilons=[INF], models=["logistic"], mitigations=["none"], seeds=2)


def assert_equal_sweeps(one, other):
    timeless = [result.frame().drop(columns="seconds") for result in (one, other)]
    pd.testing.assert_frame_equal(*timeless, check_exact=True)
    for part in ("by_group", "draws", "group_draws"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(other, part), check_exact=True)
    assert one.manifest["digest"] == other.manifest["digest"]


def test_a_finished_sweep_is_reused_whole(task, plan, swept, tmp_path, monkeypatch, capsys):
    keep = tmp_path / "cells"
    first = sweep(task, plan, jobs=1, keep=keep, progress=True)
    assert_equal_sweeps(swept, first)
    assert "reused 0 of 20 cells in" in capsys.readouterr().err
    monkeypatch.setattr(_engines, "run_batch", None)
    again = sweep(task, plan, jobs=1, keep=keep, progress=True)
    assert_equal_sweeps(first, again)
    assert again.manifest["cells"] == {"reused": 20, "of": 20}
    pd.testing.assert_frame_equal(again.frame(), first.frame())  # even the seconds
    assert capsys.readouterr().err == f"reused 20 of 20 cells in {keep}\n"


def test_a_wider_plan_computes_only_what_is_new(task, tmp_path, capsys):
    keep = tmp_path / "cells"
    narrow = Plan(
        epsilons=[1, INF],
        delta=1e-6,
        models=["private_logistic"],
        mitigations=["none", "reweighing", "group_thresholds", "score_gap_penalty"],
        seeds=2,
    )
    sweep(task, narrow, jobs=1, keep=keep)
    wide = dataclasses.replace(
        narrow, epsilons=[0.5, 1, INF], models=["logistic", "private_logistic"], seeds=3
    )
    result = sweep(task, wide, jobs=1, keep=keep, progress=True)
    assert result.manifest["cells"] == {"reused": 16, "of": 48}
    assert "reused 16 of 48 cells" in capsys.readouterr().err
    assert_equal_sweeps(result, sweep(task, wide, jobs=1))


def test_another_delta_split_attribute_or_table_computes_anew(task, task_with, tmp_path, capsys):
    keep = tmp_path / "cells"
    sweep(task, SMALL, jobs=1, keep=keep)
    for other, plan in [
        (task, dataclasses.replace(SMALL, split_seed=1)),
        (task, dataclasses.replace(SMALL, attribute="sex")),
        (task_with(1199), SMALL),
    ]:
        capsys.readouterr()
        result = sweep(other, plan, jobs=1, keep=keep, progress=True)
        assert result.manifest["cells"] == {"reused": 0, "of": 2}
        said = "others there are of other policies, data, settings or versions"
        assert said in capsys.readouterr().err
        assert_equal_sweeps(result, sweep(other, plan, jobs=1))


def test_a_damaged_cell_is_computed_again(task, tmp_path):
    keep = tmp_path / "cells"
    first = sweep(task, SMALL, jobs=1, keep=keep)
    place = min(keep.iterdir())
    raw = place.read_bytes()
    place.write_bytes(raw[:-9])
    with pytest.warns(KeptCellWarning, match="is damaged"):
        again = sweep(task, SMALL, jobs=1, keep=keep)
    assert again.manifest["cells"] == {"reused": 1, "of": 2}
    assert_equal_sweeps(first, again)
    assert sweep(task, SMALL, jobs=1, keep=keep).manifest["cells"]["reused"] == 2


def test_a_failed_cell_is_tried_again(task, tmp_path, monkeypatch):
    keep = tmp_path / "cells"
    with monkeypatch.context() as patched:
        patched.setitem(LEARNERS, "hist_gradient_boosting", Learner(failing_with_seed_1))
        with pytest.warns(PolicyFailedWarning):
            sweep(task, FAILING, jobs=1, keep=keep)
    result = sweep(task, FAILING, jobs=1, keep=keep)
    assert result.manifest["cells"] == {"reused": 5, "of": 6}
    assert set(result.frame()["status"]) == {"ok"}


def test_an_error_while_keeping_loses_nothing(task, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_kept, "atomic_file", full)
    with pytest.warns(KeptCellWarning) as heard:
        result = sweep(task, SMALL, jobs=1, keep=tmp_path / "cells")
    (told,) = (str(one.message) for one in heard)
    assert told == (
        f"cells are not kept any more in {tmp_path / 'cells'}: [Errno 28] No space left on device. "
        "The sweep goes on; what it has not kept would be computed again after an interruption"
    )
    assert set(result.frame()["status"]) == {"ok"}


def test_a_folder_without_room_is_refused_before_anything_runs(task, tmp_path, monkeypatch):
    monkeypatch.setattr(_engines, "run_batch", None)
    monkeypatch.setattr(_kept, "ROOM", 1e18)
    monkeypatch.setattr(_kept, "bytes", lambda _: b"", raising=False)
    with pytest.raises(InputError, match=r"^keep must have room for 2 cells"):
        sweep(task, SMALL, jobs=1, keep=tmp_path / "cells")


def test_an_interruption_leaves_what_ran(task, tmp_path, monkeypatch):
    run_batch, calls = _engines.run_batch, []

    def interrupted(prepared, batch):
        calls.append(batch)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return run_batch(prepared, batch)

    plan = Plan(epsilons=[1, INF], delta=1e-6, models=["logistic", "private_logistic"], seeds=2)
    whole = sweep(task, plan, jobs=1)
    with monkeypatch.context() as patched:
        patched.setattr(_engines, "run_batch", interrupted)
        with pytest.raises(SweepInterrupted) as stopped:
            sweep(task, plan, jobs=1, keep=tmp_path / "cells")
    partial = stopped.value.partial
    assert isinstance(stopped.value, KeyboardInterrupt)
    ran = partial.rows["status"] != "not_run"
    assert str(stopped.value) == f"{ran.sum()} of 12 cells ran" and 0 < ran.sum() < 12
    waiting = partial.rows[~ran]
    assert set(waiting["note"]) == {"interrupted before it ran"}
    assert waiting[list(MEASURES)].isna().all(axis=None)
    keys = [*POLICY_KEYS, "seed"]
    pd.testing.assert_frame_equal(partial.rows[keys], whole.rows[keys])
    pd.testing.assert_frame_equal(
        partial.rows[ran].drop(columns="seconds"), whole.rows[ran].drop(columns="seconds")
    )
    partial.save(tmp_path / "s.parquet")
    assert len(read_sweep(tmp_path / "s.parquet").policies()) == ran.sum() / 2
    again = sweep(task, plan, jobs=1, keep=tmp_path / "cells")
    assert again.manifest["cells"] == {"reused": ran.sum(), "of": 12}
    assert_equal_sweeps(again, whole)


def test_an_interruption_before_the_first_cell_is_a_frame_of_none(task, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_engines, "run_batch", interrupted)
    with pytest.raises(SweepInterrupted) as stopped:
        sweep(task, SMALL, jobs=1)
    partial = stopped.value.partial
    assert set(partial.rows["status"]) == {"not_run"}
    assert partial.policies().empty and partial.draws.empty and partial.group_draws.empty


def failing_with_seed_1(task, mitigation, asked, setting):
    if 1 in [seed for _, seed in asked]:
        raise RuntimeError("the disk is on fire")
    return LEARNERS["logistic"].fit(task, mitigation, asked, setting)


FAILING = Plan(
    epsilons=[INF], models=["hist_gradient_boosting", "logistic"], mitigations=["none"], seeds=3
)
