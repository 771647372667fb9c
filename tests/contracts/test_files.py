"""What a commit may carry: sources, not results; nothing of the machine it was written on."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST = 2_000_000
RESULTS = {"out", "dist", "__pycache__", ".venv", ".ipynb_checkpoints"}

PERSONAL_FOLDER = re.compile(r"(?<![\w.\-/])(?:/(?:home|root|work)/|/Users/|[A-Z]:\\Users\\)\w+")
# Split so that this file passes its own test.
REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.org",
    "deb." + "debian",
    "/sim" + "ple/",
)


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Give the files that git tracks or would add."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so nobody can say which files are tracked")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    top = subprocess.run(
        ["git", "rev-parse", "--show-toplevel"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode or Path(top.stdout.strip()).resolve() != ROOT.resolve():
        pytest.skip("not a git checkout, so nobody can say which files are tracked")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts(files: list[Path]) -> list[tuple[str, str]]:
    found = []
    for path in files:
        raw = path.read_bytes()
        if b"\0" not in raw:
            found.append((str(path.relative_to(ROOT)), raw.decode("utf-8")))
    return found


def test_no_result_is_tracked(files):
    assert [path for path in files if RESULTS & set(path.relative_to(ROOT).parts)] == []


def test_learners_notebooks_carry_no_outputs(files):
    solutions = ROOT / "notebooks" / "solutions"  # executed on purpose
    for path in files:
        if path.suffix == ".ipynb" and solutions not in path.parents:
            cells = json.loads(path.read_text("utf-8"))["cells"]
            run = [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
            assert run == [], f"{path.name} has outputs; clear them"


def test_no_file_is_large(files):
    assert [path for path in files if path.stat().st_size > LARGEST] == []


def test_no_text_names_a_personal_folder(files):
    found = [
        (name, hit.group())
        for name, text in texts(files)
        for hit in [PERSONAL_FOLDER.search(text)]
        if hit
    ]
    assert found == []


def test_no_text_names_a_package_registry(files):
    assert [
        (name, word) for name, text in texts(files) for word in REGISTRIES if word in text
    ] == []
