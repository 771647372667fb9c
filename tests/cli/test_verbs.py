"""describe → audit → sweep → report, unedited, on three tables; and what each verb refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from equipoise.cli import app, main
from equipoise.exceptions import EquipoiseError
from equipoise.fairness import RATES

TELCO = Path(__file__).parents[3] / "shared" / "data" / "telco_churn.csv"
METRICS = (*RATES, "auc")

pytestmark = pytest.mark.filterwarnings(
    "ignore::equipoise.exceptions.BoundsFromDataWarning",
    "ignore::equipoise.exceptions.ExampleValueWarning",
)


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


def equipoise(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "equipoise", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("crm") / "data"
    run("simulate", "--out", folder, "--customers", 3000, "--seed", 3)
    return folder


@pytest.fixture(scope="module")
def task(simulated) -> Path:
    return simulated / "offer_response.yaml"


@pytest.fixture(scope="module")
def nasty(tmp_path_factory) -> Path:
    """Semicolons, decimal commas, cp1252, spaces and equals signs in names, markup in values."""
    rng = np.random.default_rng(2)
    n = 900
    amount = rng.normal(0, 50, n).round(2)
    frame = pd.DataFrame(
        {
            "Kunden Nr": [f"K{k:04d}" for k in range(n)],
            "Größe [m²]": [str(value).replace(".", ",") for value in amount],
            "a=b": [str(value).replace(".", ",") for value in rng.uniform(0, 9, n).round(1)],
            "Straße": rng.choice(["Süd", "<script>alert(1)</script>"], n),
            "Gruppe": rng.choice(["[bold]Männer", "Frauen & Töchter"], n),
            "Antwort": np.where(rng.random(n) < 0.2 + 0.3 * (amount > 0), "Ja", "Nein"),
        }
    )
    path = tmp_path_factory.mktemp("nasty") / "kunden liste.csv"
    frame.to_csv(path, sep=";", index=False, encoding="cp1252")
    return path


def walk(task: Path, folder: Path) -> str:
    """Run audit, sweep and report on a task file; return the report."""
    run("audit", task, "--out", folder / "audit.html")
    sweep = folder / "sweep.parquet"
    asked = ("--epsilons", "1,inf", "--delta", "1e-6", "--seeds", 1, "--jobs", 1)
    run("sweep", task, *asked, "--out", sweep)
    out = ("--out", folder / "report.html", "--choice", folder / "choice.json")
    run("report", sweep, "--limit", "epsilon=2", *out)
    assert json.loads((folder / "choice.json").read_text("utf-8"))["policy"]["epsilon"] == 1.0
    for page in ("audit.html", "report.html"):
        html = (folder / page).read_text("utf-8")
        assert "<script" not in html and not re.search("https?:", html)
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
    return (folder / "report.html").read_text("utf-8")


def test_the_path_on_the_simulated_customers(task, tmp_path):
    assert "example €" not in walk(task, tmp_path)


@pytest.mark.skipif(not TELCO.is_file(), reason=f"needs {TELCO}")
def test_the_path_on_telco(tmp_path):
    task = tmp_path / "telco.yaml"
    asked = ("--outcome", "Churn", "--positive", "Yes", "--unit", "customerID")
    run("describe", TELCO, *asked, "--groups", "SeniorCitizen,gender", "--out", task)
    html = walk(task, tmp_path)
    assert "example €" in html and "drafted examples" in html
    found = json.loads(run("audit", task, "--json"))
    assert (found["task"], found["n"]) == ("telco_churn", 7043)
    assert found["auc"]["value"] == pytest.approx(0.845, abs=0.013)
    base = {row["group"]: row["base_rate"]["value"] for row in found["groups"]}
    assert base["1"] == pytest.approx(0.4168, abs=5e-5)
    assert base["0"] == pytest.approx(0.2361, abs=5e-5)


def test_the_path_on_a_nasty_table(nasty, tmp_path):
    task = tmp_path / "aufgabe.yaml"
    asked = ("--outcome", "Antwort", "--positive", "Ja", "--unit", "Kunden Nr")
    bounds = ("--bounds", "Größe [m²]=-250:250", "--bounds", "a=b=0:9")
    run("describe", nasty, *asked, "--groups", "Gruppe", *bounds, "--out", task)
    features = yaml.safe_load(task.read_text("utf-8"))["features"]
    assert features["Größe [m²]"]["bounds"] == [-250, 250]
    assert features["a=b"]["bounds"] == [0, 9]
    html = walk(task, tmp_path)
    assert "[bold]Männer" in html and "Frauen &amp; Töchter" in html
    assert "[bold]Männer" in run("audit", task)


def test_the_terminal_shows_who_stands_out_where_two_attributes_meet(task):
    told = " ".join(run("audit", task, "--by", "community,gender").split())
    assert "Two attributes at once. Contacted: " in told
    assert "gap to everybody else" in told
    assert "Two attributes at once" not in run("audit", task, "--by", "gender")


def test_json_has_every_rate_of_every_group_and_every_gap(task):
    done = equipoise("audit", task, "--json", "--by", "community,gender")
    assert done.returncode == 0
    found = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(name))
    assert {"task", "n", "auc", "groups", "gaps", "worst", "reading", "schema"} <= set(found)
    assert set(found["auc"]) == {"value", "low", "high"}
    for row in found["groups"]:
        assert set(row) == {"attribute", "group", "n", *METRICS}
        assert isinstance(row["n"], int)
        for rate in (row[name] for name in METRICS):
            if rate["value"] is None:
                assert set(rate) == {"value", "reason"}
                assert rate["reason"].startswith("not estimable (n=")
            else:
                assert set(rate) == {"value", "low", "high"}
                assert 0 <= rate["low"] <= rate["value"] <= rate["high"] <= 1
    assert {row["attribute"] for row in found["groups"]} == {"community", "gender"}
    sizes = [row["n"] for row in found["groups"] if row["attribute"] == "community"]
    assert sum(sizes) == found["n"]
    for gap in found["gaps"]:
        assert gap["group"] != gap["reference"]
        assert ("reason" in gap) == (gap["gap"] is None)
        assert gap["gap"] is None or gap["low"] <= gap["gap"] <= gap["high"]


def test_a_profit_of_nine_contacts_is_in_json_without_bounds_and_with_the_reason(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"kunde": [f"k{k}" for k in range(45)], "umsatz": rng.gamma(2, 50, 45)})
    frame = frame.assign(gruppe=np.resize(["x", "y"], 45), gekauft=np.resize(["ja", "nein"], 45))
    frame.to_csv(tmp_path / "t.csv", index=False)
    asked = ("--outcome", "gekauft", "--positive", "ja", "--unit", "kunde", "--groups", "gruppe")
    euros = ("--won", 10, "--contact-cost", 1)
    run("describe", tmp_path / "t.csv", *asked, *euros, "--out", tmp_path / "t.yaml")
    found = json.loads(run("audit", tmp_path / "t.yaml", "--json"))["profit_eur"]
    assert np.isfinite(found.pop("value"))
    assert found == {
        "low": None, "high": None, "reason": "not estimable (fewer than ten customers)",
    }  # fmt: skip


def test_small_groups_are_not_estimable_in_json(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"id": range(300), "g": ["a"] * 295 + ["b"] * 5, "x": rng.normal(size=300)}
    )
    frame["y"] = (rng.random(300) < 0.4).astype(int)
    frame.to_csv(tmp_path / "t.csv", index=False)
    asked = ("--outcome", "y", "--positive", "1", "--unit", "id", "--groups", "g")
    run("describe", tmp_path / "t.csv", *asked, "--out", tmp_path / "t.yaml")
    done = equipoise("audit", tmp_path / "t.yaml", "--json")
    found = json.loads(done.stdout)
    assert done.stderr.startswith("equipoise: warning: ") and "Traceback" not in done.stderr
    small = next(row for row in found["groups"] if row["group"] == "b")
    assert small["n"] == 5
    assert small["base_rate"] == {"value": None, "reason": "not estimable (n=5)"}
    gap = next(gap for gap in found["gaps"] if gap["metric"] == "selection_rate")
    assert gap["gap"] is None and gap["reason"] == "not estimable (n=5)"


def assert_one_line(out: str, err: str, line: str | None = None) -> None:
    told = [one for one in err.splitlines(True) if "warning" not in one]
    assert out == ""
    assert len(told) == 1 and told[0].startswith("equipoise: ")
    assert line is None or told[0] == line


def test_a_refusal_is_one_line_and_exit_code_2_of_the_process(tmp_path):
    done = equipoise("audit", "none.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert_one_line(done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("sweep", "TASK", "--epsilons", "1", "--out", "s.csv"),
            "equipoise: out must end in .parquet, got s.csv. Rename it.\n",
        ),
        (
            ("sweep", "TASK", "--epsilons", "1"),
            "equipoise: delta is required with a finite epsilon, got None. "
            "Use a value far below 1 / number of customers, such as 1e-6.\n",
        ),
        (
            ("report", "none.parquet"),
            "equipoise: sweep must be a readable Parquet file, got none.parquet. "
            "Make it with `equipoise sweep`.\n",
        ),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(
    task, tmp_path, monkeypatch, capsys, arguments, line
):
    given = [str(task) if one == "TASK" else one for one in arguments]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["equipoise", *given])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert_one_line(*capsys.readouterr(), line)


@pytest.mark.parametrize("verb", ["describe", "audit", "sweep", "report"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read(verb, tmp_path):
    suffix = {"describe": "yaml", "sweep": "parquet"}.get(verb, "html")
    out = tmp_path / "none" / f"out.{suffix}"
    more = {
        "describe": ("--outcome", "y", "--positive", "1", "--unit", "id", "--groups", "g"),
        "sweep": ("--epsilons", "inf"),
    }
    told = refusal(verb, tmp_path / "no such input", *more.get(verb, ()), "--out", out)
    assert told == f"out must be a file in an existing folder, got {out}. Create the folder first."


def test_an_edited_task_file_is_kept(nasty, tmp_path):
    task = tmp_path / "t.yaml"
    asked = ("describe", nasty, "--outcome", "Antwort", "--positive", "Ja", "--unit", "Kunden Nr")
    asked = (*asked, "--groups", "Gruppe", "--out", task)
    run(*asked)
    run(*asked)  # the same draft again is no loss
    task.write_text(task.read_text("utf-8") + "# mine\n", encoding="utf-8")
    assert refusal(*asked) == (
        f"out must not be an edited task file, got {task}. Choose another name or pass --overwrite."
    )
    assert task.read_text("utf-8").endswith("# mine\n")
    run(*asked, "--overwrite")
    assert not task.read_text("utf-8").endswith("# mine\n")


@pytest.mark.parametrize(
    ("euros", "message"),
    [
        (
            ("--won", 5),
            "--won and --contact-cost must be given together, got one of them. "
            "Give both, in euros.",
        ),
        (
            ("--discount", 5),
            "--won and --contact-cost must be given together, got --discount alone. "
            "Give both, in euros.",
        ),
        (
            ("--won", 5, "--contact-cost=-1"),
            "--contact-cost must be a number in [0, inf], got -1.0. Give an amount in euros.",
        ),
        (
            ("--won", "nan", "--contact-cost", 1),
            "--won must be a number in [0, inf], got nan. Give an amount in euros.",
        ),
    ],
)
def test_euros_are_given_whole(nasty, tmp_path, euros, message):
    asked = ("--outcome", "Antwort", "--positive", "Ja", "--unit", "Kunden Nr")
    out = ("--groups", "Gruppe", "--out", tmp_path / "t.yaml")
    assert refusal("describe", nasty, *asked, *out, *euros) == message


def test_simulate_leaves_other_peoples_files_alone(simulated, monkeypatch, tmp_path):
    monkeypatch.setattr("equipoise.crm._records.draw_crm", lambda *_: pytest.fail("drawn first"))
    assert refusal("simulate", "--out", simulated) == (
        f"out must be empty or new, got {simulated}. Choose another folder or pass --overwrite."
    )
    (tmp_path / "file").write_text("")
    assert refusal("simulate", "--out", tmp_path / "file") == (
        f"out must be a folder, got {tmp_path / 'file'}. Choose another name."
    )


def test_simulate_overwrites_when_told(tmp_path):
    for _ in range(2):
        run("simulate", "--out", tmp_path, "--customers", 200, "--overwrite")
    assert (tmp_path / "offer_response.yaml").is_file()


def test_a_mixed_sweep_has_no_report(task, tmp_path):
    for name, seeds in (("one", 1), ("two", 2)):
        asked = ("--epsilons", "inf", "--models", "logistic", "--seeds", seeds, "--jobs", 1)
        run("sweep", task, *asked, "--out", tmp_path / f"{name}.parquet")
    (tmp_path / "two.groups.parquet").replace(tmp_path / "one.groups.parquet")
    assert refusal("report", tmp_path / "one.parquet", "--out", tmp_path / "r.html") == (
        "sweep must lie beside the companions of the same run, got one.parquet. "
        "Run the sweep again."
    )
    assert not (tmp_path / "r.html").exists()


def test_no_policy_within_the_limits_is_an_answer(task, tmp_path):
    sweep = tmp_path / "s.parquet"
    run("sweep", task, "--epsilons", "inf", "--models", "logistic", "--jobs", 1, "--seeds", 1,
        "--out", sweep)  # fmt: skip
    told = run("report", sweep, "--limit", "epsilon=1", "--out", tmp_path / "r.html")
    assert told.startswith("No policy satisfies these limits: epsilon ≤ 1.")
    assert (tmp_path / "r.html").is_file()


def test_the_demo_writes_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = run("demo", "--out", tmp_path / "d", "--customers", 1500, "--seeds", 1)
    files = {item.name for item in (tmp_path / "d").iterdir()}
    assert files == {
        "customers", "audit.html", "report.html", "choice.json", "sweep.parquet", "frontier.svg",
        "sweep.groups.parquet", "sweep.draws.parquet", "sweep.group_draws.parquet",
    }  # fmt: skip
    assert "1  Customers: 1,500 fictional ones" in told and "report.html" in told
    assert "internal" in told
    json.loads((tmp_path / "d" / "choice.json").read_text("utf-8"))


def test_a_terminal_without_euro_signs_is_no_reason_to_fail(task):
    done = equipoise("audit", task, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
