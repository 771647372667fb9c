"""A world in parts is the world, whatever the number of parts and whoever draws them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.crm import (
    CRM,
    RETAIL,
    FeedbackLoop,
    HistoricalTargeting,
    LabelBias,
    NoisyMeasurement,
    UnderRepresentation,
    make_crm,
)
from equipoise.crm import _partitions as module
from equipoise.crm._make import check_draws, check_settings
from equipoise.crm._partitions import partition, write_partitions
from equipoise.crm._schema import TABLES
from equipoise.exceptions import InputError, MissingExtraError

CUSTOMERS, SEED = 600, 5
DISTORTIONS = [
    HistoricalTargeting(dose=0.6, group=("community", "B")),
    LabelBias(dose=0.5, group=("age_band", "60+")),
    NoisyMeasurement(dose=0.5, group=("community", "C")),
    UnderRepresentation(dose=0.3, group=("gender", "man")),
]
SETTINGS = check_settings(DISTORTIONS, RETAIL, "consent_less")
DRAWS = check_draws(CUSTOMERS, SEED)


@pytest.fixture(scope="module")
def whole() -> CRM:
    return make_crm(customers=CUSTOMERS, seed=SEED, distortions=DISTORTIONS)


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    monkeypatch.setattr(module, "CUSTOMERS_AT_ONCE", 170)  # several row groups, the last smaller
    monkeypatch.setattr(module, "COUNTED", 100)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def joined(folder: Path) -> pd.DataFrame:
    parts = [pd.read_parquet(path) for path in sorted(folder.iterdir())]
    return pd.concat(parts, ignore_index=True)


def content_hash(frame: pd.DataFrame) -> int:
    return int(pd.util.hash_pandas_object(frame, index=True).sum())


@pytest.mark.parametrize("partitions", [1, 2, 3, 7])
def test_partitions_one_after_the_other_are_the_table(whole, tmp_path, partitions):
    write_partitions(DRAWS, SETTINGS, tmp_path, partitions=partitions)
    truths = {"truth/latents": whole.truth.latents, "truth/members": whole.truth.members}
    for name, table in {**whole.tables, **truths}.items():
        read = joined(tmp_path / name)
        pd.testing.assert_frame_equal(read, table)
        assert content_hash(read) == content_hash(table)
        count = 1 if name == "campaigns" else partitions
        names = [path.name for path in sorted((tmp_path / name).iterdir())]
        assert names == [f"part-{number:05d}.parquet" for number in range(count)]
    others = {path.name for path in tmp_path.iterdir()} - {*TABLES, "truth"}
    assert others == {"manifest.json", "datasheet.md", "dictionary.md", "croissant.json"}


def test_how_many_are_drawn_at_once_moves_no_value(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CUSTOMERS_AT_ONCE", 50)
    write_partitions(DRAWS, SETTINGS, tmp_path, partitions=2)
    first = pq.ParquetFile(tmp_path / "orders" / "part-00000.parquet")
    assert first.num_row_groups == 6
    for name, table in whole.tables.items():
        pd.testing.assert_frame_equal(joined(tmp_path / name), table)


def test_memory_is_bounded_by_drawing_few_at_once(tmp_path, monkeypatch):
    sizes = []
    draw = module.draw_crm
    monkeypatch.setattr(
        module, "draw_crm", lambda draws, to: sizes.append(draws.customers) or draw(draws, to)
    )
    write_partitions(DRAWS, SETTINGS, tmp_path, partitions=1)
    assert sizes == [170, 170, 170, 90, 100]


def test_a_world_of_one_customer_per_partition_keeps_its_columns_types(tmp_path):
    write_partitions(check_draws(5, 1), SETTINGS, tmp_path, partitions=5)
    table = make_crm(customers=5, seed=1, distortions=DISTORTIONS).tables["cases"]
    for path in (tmp_path / "cases").iterdir():
        assert pd.read_parquet(path).dtypes.equals(table.dtypes)


@given(st.integers(1, 400), st.data())
def test_partitions_cover_every_customer_once_and_differ_by_one_at_most(customers, data):
    partitions = data.draw(st.integers(1, customers))
    parts = [partition(check_draws(customers, 1), partitions, k) for k in range(partitions)]
    numbers = [int(number) for part in parts for number in part.numbers]
    assert numbers == list(range(1, customers + 1))
    sizes = [part.customers for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_the_manifest_counts_the_rows_of_each_file(whole, tmp_path):
    write_partitions(DRAWS, SETTINGS, tmp_path, partitions=3)
    told = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert told["partitions"] == 3
    assert told["customers"] == CUSTOMERS
    rows = [told["files"][f"orders/part-{k:05d}.parquet"]["rows"] for k in range(3)]
    assert sum(rows) == len(whole.tables["orders"])
    assert {*told["files"]} == {*contents(tmp_path)} - {"manifest.json"}


def test_the_documents_say_what_the_folder_holds(whole, tmp_path):
    write_partitions(DRAWS, SETTINGS, tmp_path, partitions=2)
    text = (tmp_path / "datasheet.md").read_text("utf-8")
    assert text.startswith("> This folder holds the customers in 2 partitions")
    assert "- 600 customers, seed 5, from 1 January 2024 to 30 June 2026." in text
    assert "figure on this page was counted from the first\n  100 of them." in text
    assert f"| `orders` | {len(whole.tables['orders']):,} | " in text
    listed = json.loads((tmp_path / "croissant.json").read_text("utf-8"))["distribution"]
    ids = {entry["@id"] for entry in listed}
    assert {*contents(tmp_path)} - ids == {"manifest.json", "croissant.json"}


def refusal(**options: object) -> str:
    settings = options.pop("settings", SETTINGS)
    with pytest.raises(InputError) as refused:
        write_partitions(DRAWS, settings, **options)
    return str(refused.value)


def test_more_partitions_than_customers_are_refused(tmp_path):
    assert refusal(folder=tmp_path / "out", partitions=601) == (
        "partitions must be at most the number of customers (600), got 601. Use fewer."
    )
    assert refusal(folder=tmp_path / "out", partitions=0) == (
        "partitions must be a whole number of at least 1, got 0. Use 1, or a few."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("partitions", [1, 4])
def test_a_loop_that_needs_everyone_is_refused_before_anything_is_written(tmp_path, partitions):
    loop = FeedbackLoop(dose=0.5, group=("community", "B"))
    settings = check_settings([loop], RETAIL, "consent_less")
    assert refusal(folder=tmp_path / "out", partitions=partitions, settings=settings) == (
        "partitions must be left out with feedback_loop, whose model learns from all customers at "
        f"once, got {partitions}. Leave out one of the two."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert refusal(folder=tmp_path, partitions=2) == (
        f"out must be empty or new, got {tmp_path}. Choose another folder or pass --overwrite."
    )


def test_overwriting_removes_its_own_leftovers_and_nothing_else(tmp_path):
    out = tmp_path / "out"
    write_partitions(DRAWS, SETTINGS, out, partitions=7)
    (out / "orders" / "notes.txt").write_text("mine")
    (out / "orders" / "part-00099.parquet").write_text("also mine, whatever its name")
    changed = out / "orders" / "part-00005.parquet"
    changed.write_text("no longer what was written")
    write_partitions(DRAWS, SETTINGS, out, partitions=2, overwrite=True)
    fresh = tmp_path / "fresh"
    write_partitions(DRAWS, SETTINGS, fresh, partitions=2)
    left = {*contents(out)} - {*contents(fresh)}
    assert left == {
        "orders/notes.txt", "orders/part-00099.parquet", "orders/part-00005.parquet"
    }  # fmt: skip
    assert {name: contents(out)[name] for name in contents(fresh)} == contents(fresh)


def test_overwriting_with_the_other_form_leaves_no_stale_data(whole, tmp_path):
    write_partitions(DRAWS, SETTINGS, tmp_path / "a", partitions=3)
    whole.write(tmp_path / "a", overwrite=True)
    whole.write(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert [path for path in (tmp_path / "a").iterdir() if path.is_dir()] == []
    write_partitions(DRAWS, SETTINGS, tmp_path / "a", partitions=3, overwrite=True)
    write_partitions(DRAWS, SETTINGS, tmp_path / "c", partitions=3)
    assert contents(tmp_path / "a") == contents(tmp_path / "c")


def test_a_file_where_a_table_must_go_is_refused_and_nothing_moves(tmp_path):
    (tmp_path / "orders").write_text("mine")
    options = {"folder": tmp_path, "partitions": 2, "overwrite": True}
    assert refusal(**options) == (
        f"out must have room for orders/part-00000.parquet, got a file at {tmp_path / 'orders'}. "
        "Move it away."
    )
    assert contents(tmp_path) == {"orders": b"mine"}


KILLED = """
import os, signal, sys
from equipoise.crm import _partitions as module
from equipoise.crm import RETAIL
from equipoise.crm._make import check_draws, check_settings
draw = module.draw_crm
def killed(draws, settings):
    if draws.first > 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(draws, settings)
module.draw_crm = killed
settings = check_settings([], RETAIL, "consent_less")
module.write_partitions(
    check_draws(200, 1), settings, sys.argv[1], partitions=4, overwrite=True
)
"""


def test_a_killed_run_leaves_what_was_there_before(tmp_path):
    out = tmp_path / "out"
    write_partitions(DRAWS, SETTINGS, out, partitions=3)
    before = contents(out)
    done = subprocess.run([sys.executable, "-c", KILLED, str(out)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert contents(out) == before


def test_dask_draws_the_same_bytes_in_threads(tmp_path):
    write_partitions(DRAWS, SETTINGS, tmp_path / "without", partitions=3)
    write_partitions(DRAWS, SETTINGS, tmp_path / "with", partitions=3, dask=True)
    assert contents(tmp_path / "with") == contents(tmp_path / "without")


def test_dask_draws_the_same_bytes_on_a_scheduler(tmp_path):
    distributed = pytest.importorskip("distributed")
    write_partitions(DRAWS, SETTINGS, tmp_path / "without", partitions=3)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, host="127.0.0.1",
        protocol="tcp", dashboard_address=None,
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        assert address.startswith("tcp://127.0.0.1:")
        write_partitions(
            DRAWS, SETTINGS, tmp_path / "with", partitions=3, dask=True, scheduler=address
        )
    assert contents(tmp_path / "with") == contents(tmp_path / "without")


def test_a_scheduler_that_does_not_answer_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("equipoise.crm._scale.CONNECT_SECONDS", 0.3)
    options = {"partitions": 2, "dask": True, "scheduler": "tcp://127.0.0.1:1"}
    assert refusal(folder=tmp_path / "out", **options) == (
        "scheduler must be the address of a dask scheduler that answers, got tcp://127.0.0.1:1. "
        "Start one with `dask scheduler`, or leave it out."
    )
    assert list(tmp_path.iterdir()) == []


def test_workers_that_write_elsewhere_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "each_with_dask", lambda one, numbers, _: one(0))
    options = {"partitions": 2, "dask": True, "scheduler": "tcp://127.0.0.1:1"}
    assert refusal(folder=tmp_path / "out", **options) == (
        "scheduler must have workers that write to this machine's folder, got "
        "1 of 2 partitions from tcp://127.0.0.1:1. "
        "Share the folder with them, or leave the scheduler out."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_alone_is_refused(tmp_path):
    options = {"partitions": 2, "scheduler": "tcp://127.0.0.1:1"}
    assert refusal(folder=tmp_path / "out", **options) == (
        "scheduler must come with dask, got tcp://127.0.0.1:1. Ask for dask, too."
    )


@pytest.mark.parametrize(
    ("scheduler", "missing"), [(None, "dask"), ("tcp://127.0.0.1:1", "dask, distributed")]
)
def test_where_dask_is_missing_the_cure_is_named(tmp_path, monkeypatch, scheduler, missing):
    monkeypatch.setattr("equipoise.crm._scale.find_spec", lambda _: None)
    message = f'Drawing with dask needs {missing}. Install it with: pip install "equipoise[scale]"'
    with pytest.raises(MissingExtraError, match=f"^{re.escape(message)}$"):
        write_partitions(
            DRAWS, SETTINGS, tmp_path / "out", partitions=2, dask=True, scheduler=scheduler
        )
    assert list(tmp_path.iterdir()) == []


def test_dask_is_imported_only_when_asked_for(tmp_path):
    code = (
        "import sys, equipoise.crm._partitions; "
        "sys.exit(any(name.split('.')[0] in ('dask', 'distributed') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, env=os.environ).returncode == 0
