import re

import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.crm._schema import TABLES
from equipoise.crm._tasks import offer_response_file
from equipoise.crm._writing import TASK_HEADER
from equipoise.exceptions import InputError
from equipoise.task import read_task

FILES = {
    *(f"{name}.parquet" for name in TABLES),
    "truth.parquet",
    "offer_response.parquet",
    "offer_response.yaml",
    "datasheet.md",
}


@pytest.fixture(scope="module")
def folder(distorted, tmp_path_factory):
    target = tmp_path_factory.mktemp("crm") / "out"
    distorted.write(target)
    return target


def test_every_table_the_truth_the_task_and_the_datasheet_are_written(folder):
    assert {path.name for path in folder.iterdir()} == FILES


def test_tables_read_back_as_they_were(distorted, folder):
    for name, table in distorted.tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(folder / f"{name}.parquet"), table)
    truth = pd.read_parquet(folder / "truth.parquet")
    pd.testing.assert_frame_equal(truth, distorted.truth.frame())


def test_the_written_task_is_the_task(distorted, folder):
    read = read_task(folder / "offer_response.yaml")
    task = distorted.task("offer_response")
    pd.testing.assert_frame_equal(read.X, task.X)
    pd.testing.assert_frame_equal(read.groups, task.groups)
    assert read.unit.tolist() == task.unit.tolist()
    assert (read.y == task.y).all()
    assert read.file == task.file == offer_response_file()
    assert read.digest == task.digest


def test_the_task_file_says_what_it_is(folder):
    assert (folder / "offer_response.yaml").read_text().startswith(TASK_HEADER)


def test_a_folder_with_files_is_refused_unless_overwriting_and_others_files_stay(tmp_path):
    crm = make_crm(customers=300, seed=1)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "individuals.parquet").write_text("old")
    message = (
        f"out must be empty or new, got {tmp_path}. Choose another folder or pass --overwrite."
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

    monkeypatch.setattr("equipoise.crm._writing.datasheet_text", fail)
    with pytest.raises(RuntimeError, match="out of paper"):
        distorted.write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
