"""`equipoise report` and `equipoise compare`: files in, a page and its data out."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from equipoise.cli import app
from equipoise.exceptions import EquipoiseError
from equipoise.task import Source, Task, TaskFile, Value, build_task
from equipoise.tradeoff import Plan, sweep


def run(*arguments: object) -> str:
    """Run a verb in this process; a refusal is raised as it is."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def refusal(*arguments: object) -> str:
    with pytest.raises(EquipoiseError) as refused:
        run(*arguments)
    return str(refused.value)


def offers(seed: int, n: int) -> Task:
    rng = np.random.default_rng(seed)
    age, band = rng.uniform(18, 90, n).round(1), rng.choice(["a", "b"], n)
    answered = np.where(rng.random(n) < age / 180, "yes", "no")
    frame = pd.DataFrame({"id": range(n), "age": age, "band": band, "answered": answered})
    return build_task(
        frame,
        TaskFile.model_validate(
            {
                "name": "offers",
                "source": Source(file="offers.csv"),
                "unit": "id",
                "outcome": {"column": "answered", "positive": ("yes",), "negative": ("no",)},
                "groups": {"band": {"reference": "a"}},
                "features": {"age": {"type": "number", "bounds": (18, 90)}},
                "value": Value(won_per_positive=20, cost_per_contact=1),
            }
        ),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with the sweeps of two quarters."""
    folder = tmp_path_factory.mktemp("report")
    plan = Plan(
        epsilons=[1.0, float("inf")],
        delta=1e-6,
        models=["logistic", "private_logistic"],
        mitigations=["none"],
        seeds=2,
    )
    for name, seed, n in (("then", 4, 900), ("now", 5, 1000)):
        sweep(offers(seed, n), plan, jobs=1).save(folder / f"{name}.parquet")
    return folder


def test_a_report_is_a_page_and_its_data(made, tmp_path):
    out = tmp_path / "page.html"
    told = run(
        *(
            "report",
            made / "now.parquet",
            "--limit",
            "epsilon=2",
            "--because",
            "The budget says so.",
        ),
        *("--out", out, "--json", tmp_path / "page.json", "--choice", tmp_path / "choice.json"),
    )
    assert "1 of 3 policies satisfy epsilon ≤ 2" in told and f"Report: {out}" in told
    html = out.read_text(encoding="utf-8")
    assert "Why these limits: The budget says so." in html
    record = json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))
    schema = files("equipoise.tradeoff").joinpath("sweep_report.schema.json")
    Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(record)
    assert record["choice"]["justification"] == "The budget says so."
    saved = json.loads((tmp_path / "choice.json").read_text(encoding="utf-8"))
    assert saved["justification"] == "The budget says so."
    assert record["choice"]["policy"] in html


def test_names_of_files_are_checked_before_anything_is_read(tmp_path):
    told = refusal("report", tmp_path / "none.parquet", "--json", tmp_path / "page.txt")
    assert told == "json must end in .json, got page.txt. Rename it."
    told = refusal("compare", "a.parquet", "b.parquet", "--out", tmp_path / "page.txt")
    assert told == "out must end in .html, got page.txt. Rename it."
    assert not list(tmp_path.iterdir())


def test_a_comparison_says_what_changed(made, tmp_path):
    out = tmp_path / "compare.html"
    told = run(
        *("compare", made / "then.parquet", made / "now.parquet", "--limit", "epsilon=2"),
        *("--out", out, "--json", tmp_path / "compare.json"),
    )
    assert "Within epsilon ≤ 2, both sweeps pick private_logistic, epsilon 1." in told
    assert "Rows: 900 then, 1,000 now." in told and f"Comparison: {out}" in told
    assert "What changed: offers" in out.read_text(encoding="utf-8")
    record = json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))
    assert record["schema"] == "equipoise.sweep_comparison/1"
    assert {row["measure"] for row in record["changes"]} >= {"profit_eur", "selection_gap"}


def test_a_limit_that_is_no_measure_is_refused_with_the_nearest(made, tmp_path):
    told = refusal(
        *("compare", made / "then.parquet", made / "now.parquet", "--limit", "epsilom=2"),
        *("--out", tmp_path / "compare.html"),
    )
    assert told.startswith("limit must be") and "'epsilon'" in told
    assert not list(tmp_path.iterdir())


def test_two_outputs_may_not_be_one_file(tmp_path):
    one = tmp_path / "choice.json"
    told = refusal("report", tmp_path / "none.parquet", "--choice", one, "--json", one)
    assert told == (
        f"json must be another file than choice, got {one}. Name two files: the decision, and the whole "
        "report."
    )
