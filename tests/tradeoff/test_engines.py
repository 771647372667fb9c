"""Whoever runs the batches, the figures are the same, and nothing is left when they end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from equipoise.exceptions import InputError, MissingExtraError
from equipoise.tradeoff import Plan, _cluster, _workers, sweep
from equipoise.tradeoff import _engines as module

INF = float("inf")


def assert_equal_sweeps(one, other):
    timeless = [sweep.frame().drop(columns="seconds") for sweep in (one, other)]
    pd.testing.assert_frame_equal(*timeless, check_exact=True)
    for part in ("by_group", "draws", "group_draws"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(other, part), check_exact=True)
    assert one.manifest == other.manifest


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """The folder for temporary files."""
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_processes_do_not_move_a_figure(task, plan, swept, nowhere):
    assert_equal_sweeps(swept, sweep(task, plan, jobs=2))
    assert list(nowhere.iterdir()) == []


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_dask_cluster_does_not_move_a_figure(task, plan, swept):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, host="127.0.0.1",
        protocol="tcp", dashboard_address=None,
    ) as cluster:  # fmt: skip
        result = sweep(task, plan, scheduler=cluster.scheduler_address)
    assert_equal_sweeps(swept, result)


LOCAL = """
import sys, warnings
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import make_plan, make_task
from equipoise.tradeoff import _cluster, _workers, sweep
if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(sweep(make_task(), make_plan(), scheduler="local", jobs=1).manifest["digest"])
"""


def test_a_local_cluster_of_processes_does_not_move_a_figure(swept, tmp_path):
    pytest.importorskip("distributed")
    script = tmp_path / "local.py"  # such a cluster imports the script that starts it
    script.write_text(LOCAL)
    command = [sys.executable, str(script), str(Path(__file__).parent)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.stdout == f"{swept.manifest['digest']}\n", told.stderr


def test_processes_start_only_where_much_is_left(task, plan, swept, monkeypatch):
    monkeypatch.setattr(module, "_in_processes", None)
    assert_equal_sweeps(swept, sweep(task, plan))  # a second of work: nothing starts
    handed = []

    def processes(prepared, batches, jobs):
        handed.append((len(batches), jobs))
        yield from (module.run_batch(prepared, batch) for batch in batches)

    monkeypatch.setattr(module, "_in_processes", processes)
    monkeypatch.setattr(module, "_WORTH_PROCESSES", 0.0)
    assert_equal_sweeps(swept, sweep(task, plan))
    ((rest, jobs),) = handed
    assert rest > 1 and jobs == -1


@pytest.mark.parametrize("jobs", [0, -2, 1.5])
def test_a_number_of_processes_that_means_nothing_is_refused(task, plan, jobs):
    with pytest.raises(InputError) as refused:
        sweep(task, plan, jobs=jobs)
    assert str(refused.value) == (
        f"jobs must be a whole number of at least 1, got {jobs}. Use -1 for one process per core."
    )


def test_a_scheduler_that_does_not_answer_is_refused(task, plan, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("equipoise.crm._scale.CONNECT_SECONDS", 0.3)
    with pytest.raises(InputError) as refused:
        sweep(task, plan, scheduler="tcp://127.0.0.1:1")
    assert str(refused.value) == (
        "scheduler must be the address of a dask scheduler that answers, got tcp://127.0.0.1:1. "
        "Start one with `dask scheduler`, or leave it out."
    )


@pytest.mark.parametrize(
    "address", ["", "nonsense", "Local", "http://127.0.0.1:80", "tls://127.0.0.1:1"]
)
def test_what_is_no_address_is_refused_and_nothing_lingers(task, plan, address):
    pytest.importorskip("distributed")
    before = set(threading.enumerate())
    with pytest.raises(InputError) as refused:
        sweep(task, plan, scheduler=address)
    assert str(refused.value) == (
        "scheduler must be the address of a dask scheduler that answers, got "
        f"{address or 'nothing'}. Start one with `dask scheduler`, or leave it out."
    )
    # The progress bar's own library watches all of them from one thread that stays.
    assert {one.name for one in {*threading.enumerate()} - before} <= {"tqdm_monitor"}


def test_who_accepts_and_says_nothing_is_no_scheduler(task, plan, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("equipoise.crm._scale.CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = "tcp://127.0.0.1:{1}".format(*mute.getsockname())
        with pytest.raises(
            InputError, match="must be the address of a dask scheduler that answers"
        ):
            sweep(task, plan, scheduler=address)


@pytest.fixture
def alone():
    """The address of a scheduler without workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=0, processes=False, host="127.0.0.1", protocol="tcp", dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_scheduler_without_workers_is_refused(task, plan, alone, monkeypatch):
    monkeypatch.setattr("equipoise.crm._scale.CONNECT_SECONDS", 0.3)
    address = alone.scheduler_address
    with pytest.raises(InputError) as refused:
        sweep(task, plan, scheduler=address)
    assert str(refused.value) == (
        f"scheduler must have workers, got none at {address}. "
        f"Start one with `dask worker {address} --nthreads 1`."
    )


class Client:
    """A client whose workers say what they are asked."""

    def __init__(self, told):
        self.told = told

    def wait_for_workers(self, *_, **__):
        pass

    def run(self, _):
        if isinstance(self.told, Exception):
            raise self.told
        return {"tcp://far": self.told}


def test_workers_with_other_code_are_refused():
    _cluster._check_workers(Client(_cluster.software()), "tcp://here")
    with pytest.raises(InputError) as refused:
        _cluster._check_workers(Client("of last week"), "tcp://here")
    assert str(refused.value) == (
        "scheduler must have workers with this machine's Python, libraries and equipoise, to the "
        "line, got others at tcp://far. Install the same versions there."
    )
    with pytest.raises(InputError) as refused:
        _cluster._run_checked(None, None, "of last week")
    assert "got others at a worker that joined later" in str(refused.value)


def test_workers_without_equipoise_are_refused():
    with pytest.raises(InputError) as refused:
        _cluster._check_workers(Client(ModuleNotFoundError("No module 'equipoise'")), "tcp://here")
    assert str(refused.value) == (
        "scheduler must have workers that can run equipoise, and that stay, got "
        "ModuleNotFoundError: No module 'equipoise' from tcp://here. Look into the logs of its "
        "workers. The same command goes on from the cells that were kept."
    )


def test_where_dask_is_missing_the_cure_is_named(task, plan, monkeypatch):
    monkeypatch.setattr("equipoise.crm._scale.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as refused:
        sweep(task, plan, scheduler="local")
    assert str(refused.value) == (
        'Sweeping with dask needs distributed. Install it with: pip install "equipoise[scale]"'
    )


def test_a_full_disk_for_the_customers_is_refused(task, nowhere, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("joblib.dump", full)
    with pytest.raises(InputError) as refused:
        sweep(task, Plan(epsilons=[INF], models=["logistic"], seeds=1), jobs=2)
    assert str(refused.value).startswith("the temporary folder must have room for the customers")
    assert str(refused.value).endswith(
        "(No space left on device). Set TMPDIR to a folder with room, or use one job."
    )
    assert list(nowhere.iterdir()) == []


def test_a_process_that_the_system_ended_is_told(task, monkeypatch):
    def ended(*_):
        os._exit(1)

    monkeypatch.setattr(module, "_run_laid_out", ended)
    with pytest.raises(InputError) as refused:
        sweep(task, Plan(epsilons=[INF], models=["logistic"], seeds=1), jobs=2)
    assert str(refused.value) == (
        "jobs must leave each process enough memory, got a process that the system ended. "
        "Probably there was no memory left: use fewer jobs. The same command goes on from the cells "
        "that were kept."
    )


def test_a_worker_of_dask_leaves_ctrl_c_to_its_starter(monkeypatch):
    set_to = {}
    monkeypatch.setattr(_workers.signal, "signal", set_to.__setitem__)
    _workers.dask_setup(None)
    assert set_to == {signal.SIGINT: signal.SIG_IGN}


WORKER = """
import os, sys, time
from equipoise.tradeoff._workers import end_with
if sys.argv[2] == "late":
    while os.getppid() == int(sys.argv[1]):
        time.sleep(0.1)
end_with(int(sys.argv[1]))
print("ready", flush=True)
time.sleep(30)
"""
STARTER = """
import os, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid()), sys.argv[2]],
                          stdout=subprocess.PIPE, text=True)
if sys.argv[2] != "late":
    worker.stdout.readline()
print(worker.pid, flush=True)
os._exit(9)
"""


@pytest.mark.parametrize("told", ["in time", "late"])
def test_a_worker_does_not_outlive_the_process_that_started_it(told):
    command = [sys.executable, "-c", STARTER, WORKER, told]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    worker = int(run.stdout.split()[0])
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the worker lives on")


KILLED = """
import os, signal, sys
from pathlib import Path
from equipoise.tradeoff._workers import removed_with_us
with removed_with_us(Path(sys.argv[1])):
    Path(sys.argv[1], "prepared").touch()
    if sys.argv[2] in ("SIGTERM", "SIGHUP"):  # nohup, for one, has them ignored
        signal.signal(getattr(signal, sys.argv[2]), signal.SIG_DFL)
    if sys.argv[2] != "none":
        os.killpg(0, getattr(signal, sys.argv[2]))
"""


@pytest.mark.parametrize("sent", ["none", "SIGKILL", "SIGTERM", "SIGHUP"])
def test_the_customers_go_however_a_sweep_and_all_its_processes_end(tmp_path, sent):
    folder = tmp_path / "customers"
    folder.mkdir()
    command = [sys.executable, "-c", KILLED, str(folder), sent]
    run = subprocess.run(command, capture_output=True, check=False, start_new_session=True)
    assert run.returncode == (0 if sent == "none" else -getattr(signal, sent))
    for _ in range(100):
        if not folder.exists():
            return
        time.sleep(0.1)
    pytest.fail("the customers lie about")


def test_no_more_processes_start_than_there_are_batches(task, monkeypatch):
    started = []

    class Parallel:
        def __init__(self, *, n_jobs, **_):
            started.append(n_jobs)

        def __call__(self, calls):
            yield from (function(*given) for function, given, _ in calls)

    monkeypatch.setattr("joblib.Parallel", Parallel)
    result = sweep(task, Plan(epsilons=[INF], models=["logistic"], seeds=1), jobs=50)
    assert set(result.rows["status"]) == {"ok"} and started == [2]
