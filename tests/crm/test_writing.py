import json
import re
from pathlib import Path

import pandas as pd
import pytest

from equipoise._files import file_digest
from equipoise.crm import make_crm
from equipoise.crm._dictionary import dictionary_markdown
from equipoise.crm._schema import TABLES
from equipoise.crm._tasks import TASKS
from equipoise.crm._writing import TASK_HEADER
from equipoise.exceptions import InputError
from equipoise.task import read_task

FILES = {
    *(f"{name}.parquet" for name in TABLES),
    "truth.parquet",
    *(f"{name}.{suffix}" for name in TASKS for suffix in ("parquet", "yaml")),
    "datasheet.md",
    "dictionary.md",
    "croissant.json",
    "manifest.json",
}


@pytest.fixture(scope="module")
def folder(distorted, tmp_path_factory):
    target = tmp_path_factory.mktemp("crm") / "out"
    distorted.write(target)
    return target


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_every_table_the_truth_the_tasks_and_the_documents_are_written(folder):
    assert {path.name for path in folder.iterdir()} == FILES
    assert (folder / "dictionary.md").read_text("utf-8") == dictionary_markdown()


def test_tables_read_back_as_they_were(distorted, folder):
    for name, table in distorted.tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(folder / f"{name}.parquet"), table)
    truth = pd.read_parquet(folder / "truth.parquet")
    pd.testing.assert_frame_equal(truth, distorted.truth.frame())


@pytest.mark.parametrize("name", list(TASKS))
def test_a_written_task_is_the_task(distorted, folder, name):
    read = read_task(folder / f"{name}.yaml")
    task = distorted.task(name)
    pd.testing.assert_frame_equal(read.X, task.X)
    pd.testing.assert_frame_equal(read.groups, task.groups)
    assert read.unit.tolist() == task.unit.tolist()
    assert (read.y == task.y).all()
    assert read.file == task.file
    assert read.digest == task.digest


def test_a_task_file_says_what_it_is(folder):
    for name in TASKS:
        assert (folder / f"{name}.yaml").read_text("utf-8").startswith(TASK_HEADER)


def test_the_manifest_lists_every_other_file_with_its_content_and_its_rows(distorted, folder):
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert told["customers"] == 4000
    assert told["seed"] == 11
    assert told["distortions"] == ["historical_targeting=0.6:community=B"]
    assert told["partitions"] is None
    assert {*told["files"]} == FILES - {"manifest.json"}
    for name, entry in told["files"].items():
        assert entry["sha256"] == file_digest(folder / name)
    assert told["files"]["orders.parquet"]["rows"] == len(distorted.tables["orders"])
    assert "rows" not in told["files"]["datasheet.md"]


def test_the_same_seed_gives_the_same_bytes(distorted, folder, tmp_path):
    make_crm(customers=4000, seed=11, distortions=distorted.distortions).write(tmp_path)
    assert contents(tmp_path) == contents(folder)


def test_a_folder_with_files_is_refused_unless_overwriting_and_others_files_stay(tmp_path):
    crm = make_crm(customers=300, seed=1)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "individuals.parquet").write_text("old")
    message = (
        f"folder must be empty or new, got {tmp_path}. "
        "Choose another folder or pass overwrite=True."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        crm.write(tmp_path)
    crm.write(tmp_path, overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len(pd.read_parquet(tmp_path / "individuals.parquet")) == 300
    assert {path.name for path in tmp_path.iterdir()} == FILES | {"notes.txt"}


def test_a_failed_run_leaves_nothing(tmp_path, monkeypatch, distorted):
    def fail(*_, **__):
        raise RuntimeError("out of paper")

    monkeypatch.setattr("equipoise.crm._writing.datasheet_of", fail)
    with pytest.raises(RuntimeError, match="out of paper"):
        distorted.write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
