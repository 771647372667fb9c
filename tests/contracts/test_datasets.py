"""What datasets/ holds is what the recipe gives today, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from equipoise._files import file_digest
from equipoise.crm import load_crm
from equipoise.crm._dictionary import dictionary_markdown
from equipoise.crm._extract import write_extract
from equipoise.crm._recipes import recipe_text
from equipoise.crm._schema import TABLES

DATASETS = Path(__file__).parents[2] / "datasets"
RETAIL = DATASETS / "retail"
AGAIN = "Run `make datasets` if the change was meant."


def checksums(folder: Path) -> dict[str, str]:
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_drawing_the_extract_again_gives_the_checksummed_bytes(tmp_path):
    write_extract("retail", tmp_path)
    assert {path.name: file_digest(path) for path in tmp_path.iterdir()} == {
        **checksums(RETAIL),
        "SHA256SUMS": file_digest(RETAIL / "SHA256SUMS"),
    }, AGAIN


def test_the_files_are_those_of_the_checksums():
    assert {path.name for path in RETAIL.iterdir()} == {*checksums(RETAIL), "SHA256SUMS"}
    for name, digest in checksums(RETAIL).items():
        assert file_digest(RETAIL / name) == digest, AGAIN


def test_the_recipe_is_a_copy_of_the_one_in_the_package():
    assert (RETAIL / "recipe.yaml").read_text("utf-8") == recipe_text("retail")
    assert (RETAIL / "dictionary.md").read_text("utf-8") == dictionary_markdown()


def test_all_tables_and_no_truth_are_there_and_small():
    parquet = sorted(RETAIL.glob("*.parquet"))
    assert {path.stem for path in parquet} == {*TABLES}
    assert sum(path.stat().st_size for path in parquet) < 2_000_000
    assert not any("truth" in path.name for path in RETAIL.iterdir())


@pytest.mark.parametrize("name", ["individuals", "orders", "campaign_members", "consent_events"])
def test_the_extract_is_the_start_of_the_course_world(name):
    extract = pd.read_parquet(RETAIL / f"{name}.parquet")
    table = load_crm("retail").tables[name]
    pd.testing.assert_frame_equal(extract, table.head(len(extract)))


def test_the_extract_has_a_thousand_customers():
    assert len(pd.read_parquet(RETAIL / "individuals.parquet")) == 1000


def test_every_dataset_is_described():
    text = (DATASETS / "README.md").read_text("utf-8")
    assert all(f"`{path.name}/`" in text for path in DATASETS.iterdir() if path.is_dir())
