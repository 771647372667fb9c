"""A kept cell is taken for no other, comes back bit for bit, and is never trusted once changed."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import InputError, KeptCellWarning
from equipoise.tradeoff import Plan, Policy
from equipoise.tradeoff import _kept as module
from equipoise.tradeoff._cell import Cell, empty_cell
from equipoise.tradeoff._cell_file import cell_of, cell_text
from equipoise.tradeoff._kept import KeptCells, asked_of

PLAN = Plan(epsilons=[1, math.inf], delta=1e-6, models=["private_logistic"], seeds=2)
POLICY = Policy("private_logistic", "none", 1.0)


@pytest.fixture(scope="session")
def plan(task):
    return PLAN.for_task(task)


def cell_with(plan, policy=POLICY, seed=0, *, status="ok", **changes) -> Cell:
    rng = np.random.default_rng(seed)
    full = {
        "groups": [{"part": "choose", "group": "a", "n": 12, "selection_rate": math.nan}],
        "draws": rng.normal(size=(2, 3, 9)),
        "group_draws": rng.normal(size=(3, 2, 2)),
        "levels": ("a", "é"),
        "guarantee": {"epsilon": 1.0, "covers": ["one", "two"], "mu": None},
        "warned": (("equipoise.exceptions:LargeDeltaWarning", "large"),),
    }
    return dataclasses.replace(empty_cell(plan, policy, seed, status, ""), **(full | changes))


def assert_same(one: Cell, other: Cell) -> None:
    for name, value in vars(one).items():
        again = vars(other)[name]
        if isinstance(value, np.ndarray):
            assert value.shape == again.shape and value.tobytes() == again.tobytes()
        else:
            assert repr(value) == repr(again)


@given(st.lists(st.floats(), min_size=1), st.text(), st.integers())
def test_a_cell_comes_back_bit_for_bit(figures, text, whole):
    row = {"auc": figures[0], "note": text, "seed": whole, "none": None, "yes": True}
    cell = Cell(row, [row], np.array([[figures]]), np.empty((0, 0, 0)), (text,), None)
    assert_same(cell_of(cell_text("key", cell), "key"), cell)


def test_numbers_of_arrays_are_kept_as_plain_ones(plan):
    cell = cell_with(plan, groups=[{"n": np.int64(3), "rate": np.float64(0.1), "few": np.True_}])
    assert repr(cell_of(cell_text("key", cell), "key").groups) == (
        "[{'n': 3, 'rate': 0.1, 'few': True}]"
    )


def test_a_kept_cell_is_two_lines_of_json(plan):
    text = cell_text("key", cell_with(plan))
    head, body = text.splitlines()
    refuse = pytest.fail
    assert json.loads(head)["key"] == "key"
    assert json.loads(body, parse_constant=lambda name: refuse(name))["row"]["seed"] == 0


def test_what_was_kept_is_found(task, plan, tmp_path):
    kept = KeptCells.of(tmp_path / "cells", task, plan)
    kept.make()
    cells = [cell_with(plan, seed=seed) for seed in (0, 1)]
    for cell in cells:
        kept.add(cell)
    wanted = [*map(asked_of, cells), (POLICY._replace(epsilon=math.inf), 0)]
    found = KeptCells.of(tmp_path / "cells", task, plan).read(wanted)
    assert list(found) == wanted[:2]
    for cell in cells:
        assert_same(found[asked_of(cell)], cell)
    assert kept.there(wanted) == 2
    assert kept.others(wanted) == 0 and kept.others(wanted[1:]) == 1


def test_a_failed_cell_is_not_kept_and_a_refused_one_is(task, plan, tmp_path):
    kept = KeptCells.of(tmp_path, task, plan)
    for seed, status in enumerate(("refused", "failed", "not_run")):
        kept.add(empty_cell(plan, POLICY, seed, status, "because"))
    assert [seed for _, seed in kept.read((POLICY, seed) for seed in range(3))] == [0]


def other_row(task):
    y = task.y.copy()
    y[0] = 1 - y[0]
    return dataclasses.replace(task, y=y)


MOVING = {
    "delta": lambda task, plan: (task, dataclasses.replace(plan, delta=2e-6)),
    "attribute": lambda task, plan: (task, dataclasses.replace(plan, attribute="sex")),
    "split": lambda task, plan: (task, dataclasses.replace(plan, split_seed=1)),
    "an outcome": lambda task, plan: (other_row(task), plan),
    "a feature": lambda task, plan: (task.without("plan"), plan),
}


@pytest.mark.parametrize("change", MOVING)
def test_what_moves_figures_moves_the_key(task, plan, tmp_path, change):
    KeptCells.of(tmp_path, task, plan).add(cell_with(plan))
    assert KeptCells.of(tmp_path, task, plan).read([(POLICY, 0)])
    assert not KeptCells.of(tmp_path, *MOVING[change](task, plan)).read([(POLICY, 0)])


def test_other_software_moves_the_key(task, plan, tmp_path, monkeypatch):
    KeptCells.of(tmp_path, task, plan).add(cell_with(plan))
    monkeypatch.setattr(module, "software", lambda: "another version")
    kept = KeptCells.of(tmp_path, task, plan)
    assert not kept.read([(POLICY, 0)]) and kept.others([(POLICY, 0)]) == 1


def test_the_software_is_our_code_and_the_versions_of_others(monkeypatch):
    told = module.software()
    versions = {"numpy": "0.0"}
    monkeypatch.setattr(module, "versions", lambda *_: versions)
    assert module.software.__wrapped__() != told
    monkeypatch.undo()
    assert module.software.__wrapped__() == told
    monkeypatch.setattr(module.Path, "read_bytes", lambda _: b"pass")
    assert module.software.__wrapped__() != told


def test_a_wider_plan_shares_its_cells(task, plan, tmp_path):
    KeptCells.of(tmp_path, task, plan).add(cell_with(plan))
    wider = dataclasses.replace(
        plan,
        epsilons=[0.5, 1],
        models=["private_logistic", "logistic"],
        seeds=9,
        mitigations=["none"],
    )
    assert KeptCells.of(tmp_path, task, wider).read([(POLICY, 0)])


def test_whatever_policy_a_task_is_under_its_cells_are_the_same(task_with, tmp_path):
    allowed = {"opt_in": "agreed", "opt_out": "not_refused"}
    under = task_with(allowed=allowed, policy="opt_in")
    plan = dataclasses.replace(PLAN, consent_policies=("opt_in",)).for_task(under)
    policy = POLICY._replace(consent_policy="opt_in")
    KeptCells.of(tmp_path, under, plan).add(cell_with(plan, policy))
    for task in (under.under("opt_out"), task_with(allowed=allowed)):
        kept = KeptCells.of(tmp_path, task, plan)
        assert kept.read([(policy, 0)])
        assert not kept.read([(policy._replace(consent_policy="opt_out"), 0)])


HARMS = {
    "truncated": lambda raw: raw[: len(raw) // 2],
    "empty": lambda raw: b"",
    "no text": lambda raw: b"\xff\xfe" + raw,
    "a figure": lambda raw: raw.replace(b'"n": 12', b'"n": 13'),
    "format": lambda raw: raw.replace(b'"format": 1', b'"format": 0'),
    "list": lambda raw: b"[]\n[]\n",
    "no JSON": lambda raw: b"pickled\n" + raw,
    "deep": lambda raw: b"[" * 100_000,
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_cell_is_named_and_computed_again(task, plan, tmp_path, harm):
    kept = KeptCells.of(tmp_path, task, plan)
    kept.add(cell_with(plan))
    (place,) = tmp_path.iterdir()
    raw = place.read_bytes()
    place.write_bytes(HARMS[harm](raw))
    assert place.read_bytes() != raw
    with pytest.warns(KeptCellWarning) as heard:
        assert kept.read([(POLICY, 0)]) == {}
    (told,) = (str(one.message) for one in heard)
    assert told.startswith(f"the kept cell {place} is damaged (")
    assert told.endswith("), so it is computed again")
    kept.add(cell_with(plan))
    assert place.read_bytes() == raw


def large(place):
    with place.open("wb") as stream:
        stream.truncate(module.MOST + 1)  # takes no room


ODD = {
    "a pipe": os.mkfifo,
    "a large file": large,
    "a folder": lambda place: place.mkdir(),
    "a device": lambda place: place.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_plain_file_is_never_read(task, plan, tmp_path, odd):
    kept = KeptCells.of(tmp_path, task, plan)
    kept.add(cell_with(plan))
    (place,) = tmp_path.iterdir()
    place.unlink()
    ODD[odd](place)
    with pytest.warns(KeptCellWarning) as heard:
        assert kept.read([(POLICY, 0)]) == {}
    (told,) = (str(one.message) for one in heard)
    assert told == (
        f"the kept cell {place} is damaged (it is no file, or larger than any cell), so it is "
        "computed again"
    )
    for seed in (0, 1):
        kept.add(cell_with(plan, seed=seed))
    assert kept.works and len(kept.read([(POLICY, 1)])) == 1
    if odd != "a folder":
        assert len(kept.read([(POLICY, 0)])) == 1


def test_a_cell_that_may_not_be_read_is_replaced_with_one_that_may(task, plan, tmp_path):
    kept = KeptCells.of(tmp_path, task, plan)
    kept.add(cell_with(plan))
    (place,) = tmp_path.iterdir()
    place.chmod(0)
    kept.add(cell_with(plan))
    assert place.stat().st_mode & 0o400


def test_a_cell_under_the_name_of_another_is_damaged(task, plan, tmp_path):
    kept = KeptCells.of(tmp_path, task, plan)
    for seed in (0, 1):
        kept.add(cell_with(plan, seed=seed))
    one, other = sorted(tmp_path.iterdir())
    shutil.copyfile(one, other)
    with pytest.warns(KeptCellWarning, match=r"\(it is not as it was written\)"):
        assert len(kept.read([(POLICY, 0), (POLICY, 1)])) == 1


def test_a_cell_written_under_a_wrong_key_is_damaged(task, plan, tmp_path):
    kept = KeptCells.of(tmp_path, task, plan)
    kept.add(cell_with(plan))
    (place,) = tmp_path.iterdir()
    place.write_text(cell_text(place.stem, cell_with(plan, seed=1)))
    with pytest.warns(KeptCellWarning, match=r"\(it is of another cell\)"):
        assert kept.read([(POLICY, 0)]) == {}


def test_a_folder_that_is_none_is_refused(task, plan, tmp_path):
    taken = tmp_path / "file"
    taken.touch()
    with pytest.raises(InputError) as refused:
        KeptCells.of(taken, task, plan).make()
    assert str(refused.value) == f"keep must be a folder, got {taken}. Choose another name."


def test_a_folder_that_cannot_be_written_is_refused(task, plan, tmp_path, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.tempfile, "TemporaryFile", full)
    with pytest.raises(InputError) as refused:
        KeptCells.of(tmp_path / "cells", task, plan).make()
    assert str(refused.value) == (
        f"keep must be a folder that can be written, got {tmp_path / 'cells'} (No space left on "
        "device). Make room, choose another folder, or sweep without keeping cells."
    )


def test_a_disk_without_room_is_refused(task, plan, tmp_path, monkeypatch):
    kept = KeptCells.of(tmp_path, task, plan)
    kept.check_room(10)
    monkeypatch.setattr(
        module.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 10**6)
    )
    kept.check_room(10)
    with pytest.raises(InputError) as refused:
        kept.check_room(500)
    assert str(refused.value) == (
        f"keep must have room for 500 cells, about 32 MB, got 1 MB in {tmp_path}. "
        "Make room, choose another folder, or sweep without keeping cells."
    )


def test_an_error_while_keeping_is_warned_of_once(task, plan, tmp_path):
    folder = tmp_path / "cells"
    kept = KeptCells.of(folder, task, plan)
    with pytest.warns(KeptCellWarning) as heard:
        kept.add(cell_with(plan))
    (told,) = (str(one.message) for one in heard)
    assert told.startswith(f"cells are not kept any more in {folder}: keep must be a file in an")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept.add(cell_with(plan))
    assert not folder.exists()
