"""`equipoise sweep`: plans from options, files and presets; cells that outlive a killed run."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from equipoise.cli import app
from equipoise.cli.sweep import _save_partial
from equipoise.exceptions import EquipoiseError
from equipoise.task import read_task
from equipoise.tradeoff import Plan, read_sweep, sweep
from equipoise.tradeoff._learners import LEARNERS, Learner

pytestmark = pytest.mark.filterwarnings("ignore::equipoise.exceptions.ExampleValueWarning")

LOGISTIC = ("--models", "logistic", "--mitigations", "none", "--jobs", 1)
ONE = ("--epsilons", "inf", *LOGISTIC)


def run(*arguments: object, code: int = 0):
    """Run the verb in this process; a refusal is raised as it is."""
    result = CliRunner().invoke(app, ["sweep", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def refusal(*arguments: object) -> str:
    with pytest.raises(EquipoiseError) as refused:
        run(*arguments)
    return str(refused.value)


@pytest.fixture(scope="module")
def task(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("crm") / "data"
    asked = ["simulate", "--out", str(folder), "--customers", "2000", "--seed", "3"]
    assert CliRunner().invoke(app, asked).exit_code == 0
    return folder / "offer_response.yaml"


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_has_the_rows_of_the_sweep(task, here):
    asked = ("--epsilons", "1,inf", "--delta", "1e-6", "--models", "private_logistic")
    more = ("--mitigations", "none", "--seeds", 2, "--split-seed", 3, "--jobs", 1)
    run(task, *asked, *more, "--out", "s.parquet")
    plan = Plan(
        epsilons=[1, float("inf")], delta=1e-6, models=["private_logistic"],
        mitigations=["none"], seeds=2, split_seed=3,
    )  # fmt: skip
    expected = sweep(read_task(task), plan, jobs=1)
    for found in (pd.read_parquet(here / "s.parquet"), read_sweep("s.parquet").frame()):
        pd.testing.assert_frame_equal(
            found.drop(columns="seconds"), expected.frame().drop(columns="seconds")
        )
    assert read_sweep("s.parquet").manifest["digest"] == expected.manifest["digest"]


def test_it_says_how_much_is_ahead_and_what_comes_next(task, here):
    first = run(task, *ONE, "--seeds", 2)
    assert re.match(r"2 fits of 1 policy; about \d+ s on 1 core\.\n", first.stdout)
    assert "reused 0 of 2 cells in sweep.parquet.cells\n" in first.stderr
    assert first.stdout.endswith(
        "Sweep: sweep.parquet. Finished cells: sweep.parquet.cells, which may be removed. "
        "Next: equipoise report sweep.parquet --limit epsilon=2 --out report.html\n"
    )
    wider = run(task, *ONE, "--seeds", 3)
    assert re.match(
        r"3 fits of 1 policy; about \d+ s on 1 core; 2 of them are kept in sweep.parquet.cells\.",
        wider.stdout,
    )
    assert "reused 2 of 3 cells in sweep.parquet.cells\n" in wider.stderr
    again = run(task, *ONE, "--seeds", 3)
    assert again.stdout.startswith("3 fits; 3 of them are kept in sweep.parquet.cells.\n")
    assert again.stderr == "reused 3 of 3 cells in sweep.parquet.cells\n"


def test_without_keeping_there_are_only_the_four_files(task, here):
    told = run(task, *ONE, "--seeds", 1, "--no-keep")
    assert "reused" not in told.stderr and ".cells" not in told.stdout
    assert sorted(item.name for item in here.iterdir()) == [
        "sweep.draws.parquet",
        "sweep.group_draws.parquet",
        "sweep.groups.parquet",
        "sweep.parquet",
    ]


def test_a_dry_run_says_and_writes_nothing_else(task, here, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    asked = ("--preset", "quick", "--delta", "1e-6", "--jobs", 2, "--seeds", 4)
    told = run(task, *asked, "--dry-run").stdout
    assert re.search(r"\n24 fits of 6 policies; about \d+ (s|min|h) on 2 cores\.\n$", told)
    assert re.search(r"opt_in +private_logistic +reweighing +1, inf +\n", told)
    assert list(here.iterdir()) == []


def test_options_override_a_plan_file(task, here):
    (here / "plan.yaml").write_text(
        "equipoise_plan: 1\nepsilons: [inf]\nmodels: [logistic]\nmitigations: [none]\nseeds: 2\n"
    )
    run(task, "--plan", "plan.yaml", "--seeds", 1, "--attribute", "gender", "--jobs", 1)
    plan = read_sweep("sweep.parquet").manifest["plan"]
    assert (plan["models"], plan["seeds"], plan["attribute"]) == (["logistic"], 1, "gender")


def test_consent_policies_are_compared(task, here):
    run(task, *ONE, "--seeds", 1, "--consent-policies", "opt_in, opt_out")
    assert list(read_sweep("sweep.parquet").frame()["consent_policy"]) == ["opt_in", "opt_out"]


REFUSED = {
    "nothing": (
        (),
        "epsilons must be given where there is neither a plan nor a preset, got none. "
        "Add --epsilons 0.5,1,3,inf or --preset quick.",
    ),
    "both": (
        ("--plan", "plan.yaml", "--preset", "quick"),
        "plan must not come with a preset, got quick. Leave out one of the two.",
    ),
    "preset": (
        ("--preset", "clas"),
        "preset must be a known name, got 'clas'. Did you mean 'class'?",
    ),
    "delta": (
        ("--preset", "quick"),
        "delta is required with a finite epsilon, got None. "
        "Use a value far below 1 / number of customers, such as 1e-6.",
    ),
    "twice": (
        ("--epsilons", "1,1"),
        "epsilons must not repeat a value, got [1.0, 1.0]. Name each once.",
    ),
    "jobs": (
        ("--epsilons", "inf", "--jobs", "0"),
        "jobs must be a whole number of at least 1, got 0. Use -1 for one process per core.",
    ),
    "consent": (
        (*map(str, ONE), "--consent-policies", "opt_inn"),
        "consent_policies must be a known name, got 'opt_inn'. Did you mean 'opt_in'?",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sweep_is_refused_before_anything_is_written(task, here, case):
    asked, told = REFUSED[case]
    assert refusal(task, *asked) == told
    assert list(here.iterdir()) == []


def test_a_file_where_cells_would_be_kept_is_refused(here):
    (here / "sweep.parquet.cells").touch()
    assert refusal("no such task", *ONE) == (
        "out must be a folder, got sweep.parquet.cells. Choose another name."
    )


def test_a_sweep_with_a_failed_policy_is_written_and_exits_1(task, here, monkeypatch):
    def failing(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setitem(LEARNERS, "logistic", Learner(failing))
    with pytest.warns(match="the disk is on fire"):
        told = run(task, *ONE, "--seeds", 5, code=1).stdout
    assert "5 of 5 cells failed: RuntimeError: the disk is on fire." in told
    assert (here / "sweep.parquet").is_file()


def _heed_ctrl_c() -> None:
    """Undo what a shell does to a job in the background: it lets it ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# Slow enough to be killed: four cells at a time, about a second.
SLOW = ("--epsilons", "inf", "--models", "explainable_boosting", "--mitigations", "none")


@contextmanager
def running(task: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a long sweep in its own process group; give it and what it said once its bar moved."""
    command = [sys.executable, "-m", "equipoise", "sweep", str(task), "--out", "s.parquet"]
    process = subprocess.Popen(
        [*command, *SLOW, "--seeds", "200", "--jobs", "2"], start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heed_ctrl_c,
    )  # fmt: skip
    try:
        seen = b""
        while len(set(re.findall(rb" (\d+)/200 ", seen))) < 2:
            more = os.read(process.stderr.fileno(), 4096)
            assert more, seen
            seen += more
        yield process, seen.decode()
    finally:
        process.kill()
        process.communicate()


def members(group: int) -> list[str]:
    """Return the processes of a group that still run, by their command lines."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, owner = (place / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(owner) == group and state != "Z":
                found.append((place / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def assert_only(folder: Path, *names: str, group: int) -> None:
    """Wait for the processes of a group to end; then the folder has these files alone."""
    deadline = time.monotonic() + 20
    while members(group) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert members(group) == []
    assert sorted(item.name for item in folder.iterdir()) == sorted((*names, "tmp"))
    own = [item.name for item in (folder / "tmp").iterdir() if item.name.startswith("equipoise")]
    assert own == [], "the customers lie about"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_sweep_goes_on_and_ctrl_c_leaves_what_ran(task, here, monkeypatch):
    (here / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(here / "tmp"))
    with running(task) as (process, said):
        assert "reused 0 of 200 cells in s.parquet.cells\n" in said
        assert len(members(process.pid)) > 1
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert_only(here, "s.parquet.cells", group=process.pid)
    kept = len(list((here / "s.parquet.cells").glob("*.jsonl")))
    with running(task) as (process, said):
        assert 0 < kept < 200 and f"reused {kept} of 200 cells in s.parquet.cells\n" in said
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        told, said = (text.decode() for text in process.communicate())
        assert process.returncode == 130
        companions = [f"s.{part}.parquet" for part in ("draws", "group_draws", "groups")]
        assert_only(here, "s.parquet", "s.parquet.cells", *companions, group=process.pid)
    rows = read_sweep("s.parquet").frame()
    ran = int((rows["status"] == "ok").sum())
    assert len(rows) == 200 and kept < ran < 200
    assert set(rows["status"]) == {"ok", "not_run"}
    assert told.splitlines()[-1] == (
        f"Interrupted: {ran} of 200 cells ran; s.parquet has them, the others are rows `not_run`. "
        "The same command goes on from s.parquet.cells."
    )
    lines = [line for line in said.splitlines() if line and "cells:" not in line]
    assert lines == ["equipoise: interrupted; no file was left half-written."]


def test_a_partial_sweep_lies_beside_a_finished_one(task, here, capsys):
    run(task, *ONE, "--seeds", 2, "--out", "s.parquet")
    finished = (here / "s.parquet").read_bytes()
    result = read_sweep("s.parquet")
    rows = result.rows.assign(status=["ok", "not_run"])
    partial = dataclasses.replace(result, rows=rows)
    _save_partial(partial, Path("s.parquet"), None)
    assert (here / "s.parquet").read_bytes() == finished
    assert list(read_sweep("s.partial.parquet").rows["status"]) == ["ok", "not_run"]
    assert "s.partial.parquet has them" in " ".join(capsys.readouterr().out.split())
    (here / "other.parquet").write_bytes(b"not a sweep")
    _save_partial(partial, Path("other.parquet"), None)
    assert (here / "other.parquet").read_bytes() == b"not a sweep"
    _save_partial(partial, Path("new.parquet"), None)
    _save_partial(partial, Path("new.parquet"), None)  # a partial one may be replaced
    assert not (here / "new.partial.parquet").exists()
