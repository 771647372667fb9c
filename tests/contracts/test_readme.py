"""The README is true when followed word by word."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TELCO = ROOT.parent / "shared" / "data" / "telco_churn.csv"
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    shlex.split(line)
    for language, block in BLOCKS
    if not language
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith(".venv/bin/equipoise")
]
OURS = [command for command in COMMANDS if "telco" not in "".join(command)]
OF_TELCO = [command for command in COMMANDS if command not in OURS]


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """Follow the README from the demo on, in a folder of its own; give the folder and outputs."""
    folder = tmp_path_factory.mktemp("tour")
    demo = re.search(r"\.venv/bin/equipoise demo .*", (ROOT / "Makefile").read_text()).group()
    outputs = {}
    for command in [shlex.split(demo), *OURS]:
        outputs[command[1]] = run(command, folder)
    return folder, outputs


def run(command, folder):
    """Run a command of the README in a folder; give what it prints."""
    assert command[0] == ".venv/bin/equipoise"
    ran = subprocess.run(
        [sys.executable, "-m", "equipoise", *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, f"{shlex.join(command)}\n{ran.stderr}"
    return ran.stdout


def test_the_tour_goes_from_a_table_to_a_report(tour):
    folder, outputs = tour
    verbs = ["demo", "describe", "audit", "sweep", "report", "ship", "simulate"]
    assert list(outputs) == verbs
    pages = ("demo/report.html", "demo/audit.html", "audit.html", "report.html", "consent.html")
    for name in pages:
        assert (folder / "out" / name).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_python_of_the_tour_gives_the_same_pick_as_the_command_line(tour, monkeypatch, capsys):
    folder, _ = tour
    monkeypatch.chdir(folder)
    python = [block for language, block in BLOCKS if language == "python"]
    tour_code, lab_code, earns_code, audit_code, promise_code, customers_code = python
    names: dict[str, object] = {}
    with pytest.warns(UserWarning, match="source: "):
        exec(tour_code, names)
    report = (folder / "out/report.html").read_text(encoding="utf-8")
    assert f"{names['choice'].policy} is the pick" in report
    exec(lab_code, names)
    assert len(names["practice"].policies()) == 4
    exec(earns_code, names)
    earned = names["eq"].models.value.regret(
        names["coupon"],
        {kind: names["coupon"].decide(names[kind], seed=7) for kind in ("effect", "answer")},
        names["eq"].models.uplift.true_effects(names["crm"], names["coupon"]),
    )
    euros = earned.frame().set_index("policy")["profit_eur"]
    assert euros["effect"] > 0 > euros["answer"]
    exec(audit_code, names)
    assert "% contacted" in capsys.readouterr().out
    assert (folder / "out/audit-to-publish.html").is_file()
    exec(promise_code, names)
    assert "Verdict: not refuted" in capsys.readouterr().out
    assert len(names["ledger"].frame()) == 1
    until_spent, _, _ = promise_code.partition("\nprint(")
    assert "ledger.spend" in until_spent
    exec(until_spent, names)  # refits the model, and the ledger allows no second promise
    assert len(names["ledger"].frame()) == 1
    exec(customers_code, names)
    assert names["task"].policy == "opt_in"


@pytest.mark.skipif(not TELCO.is_file(), reason=f"needs {TELCO}")
def test_telco_goes_from_a_table_to_a_report(tmp_path):
    (tmp_path / "out").mkdir()
    shutil.copy(TELCO, tmp_path)
    told = [run(command, tmp_path) for command in OF_TELCO]
    assert "is the pick" in told[-1]
    assert (tmp_path / "out/telco.html").is_file()


def test_the_picture_shows_what_the_demo_finds(tour):
    folder, _ = tour

    def told(path: Path) -> str:
        return re.search(r"<title>(.*?)</title>", path.read_text(encoding="utf-8"), re.DOTALL)[1]

    cure = "run `make demo`, then copy out/demo/frontier.svg to docs/frontier.svg"
    assert told(ROOT / "docs" / "frontier.svg") == told(folder / "out/demo/frontier.svg"), cure


def test_every_make_target_and_file_that_it_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE)) <= targets
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_knows_what_the_two_commands_would_do():
    for target in ("demo", "test"):
        planned = subprocess.run(
            ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True
        )
        assert planned.returncode == 0, planned.stderr
