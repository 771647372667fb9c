"""What `equipoise simulate` writes, and what it refuses before it draws anyone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from equipoise.cli import app
from equipoise.crm import make_crm, parse_distortion
from equipoise.exceptions import EquipoiseError, MissingExtraError

RECIPE = """\
name: small
customers: 300
seed: 3
better_off: consent_more
distortions: [historical_targeting=0.6:community=B]
"""


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["simulate", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def refusal(*arguments: object) -> str:
    with pytest.raises(EquipoiseError) as refused:
        run(*arguments)
    return str(refused.value)


def told(folder: Path) -> dict[str, object]:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


@pytest.fixture
def recipe(tmp_path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE)
    return path


def test_distortions_reach_the_files(tmp_path):
    out, act = tmp_path / "out", "historical_targeting=0.6:community=B"
    said = run("--customers", 300, "--seed", 3, "--distortion", act, "--out", out)
    assert said == (
        f"CRM(customers=300, seed=3, distortions={act}) in {out}. "
        f"Next: equipoise audit {out / 'offer_response.yaml'}\n"
    )
    crm = make_crm(customers=300, seed=3, distortions=[parse_distortion(act)])
    members = pd.read_parquet(out / "campaign_members.parquet")
    pd.testing.assert_frame_equal(members, crm.tables["campaign_members"])
    assert told(out)["distortions"] == [act]


def test_partitions_hold_the_same_rows(tmp_path):
    out = tmp_path / "out"
    said = run("--customers", 300, "--seed", 3, "--partitions", 4, "--out", out)
    assert said == f"300 customers in 4 partitions in {out}.\n"
    assert len(list((out / "orders").iterdir())) == 4
    orders = make_crm(customers=300, seed=3).tables["orders"]
    pd.testing.assert_frame_equal(pd.read_parquet(out / "orders"), orders)
    assert not list(out.glob("*.yaml"))


def test_with_dask_the_files_are_the_same(tmp_path):
    asked = ("--customers", 300, "--partitions", 2, "--out")
    run(*asked, tmp_path / "without")
    run(*asked, tmp_path / "with", "--dask")
    assert told(tmp_path / "with") == told(tmp_path / "without")


def test_a_recipe_says_what_is_drawn(tmp_path, recipe):
    run("--recipe", recipe, "--out", tmp_path / "out")
    found = told(tmp_path / "out")
    assert (found["customers"], found["seed"], found["better_off"]) == (300, 3, "consent_more")
    assert found["distortions"] == ["historical_targeting=0.6:community=B"]


def test_what_is_said_comes_before_the_recipe(tmp_path, recipe):
    asked = ("--customers", 200, "--seed", 0, "--partitions", 2)
    run("--recipe", recipe, *asked, "--out", tmp_path / "out")
    found = told(tmp_path / "out")
    assert (found["customers"], found["seed"], found["partitions"]) == (200, 0, 2)
    assert found["distortions"] == ["historical_targeting=0.6:community=B"]


def test_the_course_world_can_be_asked_for_by_name(tmp_path):
    run("--recipe", "retail", "--customers", 200, "--out", tmp_path / "out")
    assert len(told(tmp_path / "out")["distortions"]) == 4


def test_overwriting_leaves_one_world_only(tmp_path):
    out = tmp_path / "out"
    run("--customers", 300, "--partitions", 3, "--out", out)
    (out / "notes.txt").write_text("mine")
    run("--customers", 200, "--partitions", 2, "--out", out, "--overwrite")
    assert len(pd.read_parquet(out / "individuals")) == 200
    run("--customers", 100, "--out", out, "--overwrite")
    assert not (out / "individuals").exists()
    assert (out / "notes.txt").read_text() == "mine"


REFUSALS = {
    ("--customers", "10", "--partitions", "11"): (
        "partitions must be at most the number of customers (10), got 11. Use fewer."
    ),
    ("--partitions", "2", "--distortion", "feedback_loop=0.5:community=B"): (
        "partitions must be left out with feedback_loop, whose model learns from all customers at "
        "once, got 2. Leave out one of the two."
    ),
    ("--dask",): "dask must come with partitions, got none. Add --partitions 4.",
    ("--partitions", "2", "--scheduler", "tcp://127.0.0.1:1"): (
        "scheduler must come with dask, got tcp://127.0.0.1:1. Ask for dask, too."
    ),
    ("--scheduler", "tcp://127.0.0.1:1"): (
        "scheduler must come with dask, got tcp://127.0.0.1:1. Ask for dask, too."
    ),
    ("--recipe", "retail", "--distortion", "label_bias=0.5:community=B"): (
        "distortion must not come with a recipe, which has its own, got "
        "label_bias=0.5:community=B. Leave out one of the two."
    ),
    ("--recipe", "retial"): (
        "recipe must be a known name or a .yaml file, got 'retial'. Did you mean 'retail'?"
    ),
    ("--customers", "0"): (
        "customers must be a whole number of at least 1, got 0. Use 20000 for a course."
    ),
    ("--seed", "-1"): "seed must be a whole number of at least 0, got -1. Use a seed such as 7.",
}


@pytest.mark.parametrize("asked", list(REFUSALS), ids=" ".join)
def test_what_cannot_be_is_refused_before_anyone_is_drawn(tmp_path, monkeypatch, asked):
    for module in ("_records", "_partitions"):
        monkeypatch.setattr(f"equipoise.crm.{module}.draw_crm", lambda *_: pytest.fail("drawn"))
    assert refusal(*asked, "--out", tmp_path / "out") == REFUSALS[asked]
    assert list(tmp_path.iterdir()) == []


def test_where_dask_is_missing_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("equipoise.crm._scale.find_spec", lambda _: None)
    asked = ("--partitions", 2, "--dask", "--out", tmp_path / "out")
    with pytest.raises(MissingExtraError, match=r"pip install \"equipoise\[scale\]\"$"):
        run(*asked)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_one_line_and_exit_code_2(tmp_path):
    command = [sys.executable, "-m", "equipoise", "simulate", "--customers", "10"]
    asked = [*command, "--partitions", "11", "--out", str(tmp_path / "out")]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "equipoise: partitions must be at most the number of customers (10), got 11. Use fewer."
    ]
