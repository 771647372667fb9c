"""binder/ installs what the lock says, on the Python that CI runs, and in the cheap order.

`.ci/binder` installs the pins in a new environment and runs the lessons there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# The build backend is pinned too, so that postBuild needs no index.
BUILDING = ("hatchling", "editables")
WHERE = {
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "os_name": "posix",
}


def pins(name: str) -> dict[str, str]:
    """Give the version of each library that a file of pins gives a Binder server."""
    text = (ROOT / name).read_text("utf-8")
    lines = [line.rstrip(" \\") for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    found = [Requirement(line) for line in lines]
    return {
        canonicalize_name(pin.name): str(pin.specifier)
        for pin in found
        if pin.marker is None or pin.marker.evaluate(WHERE)
    }


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def test_every_pin_equals_the_lock():
    locked = pins("requirements.lock")
    different = {
        name: (version, locked.get(name))
        for name, version in pins("binder/requirements.txt").items()
        if version != locked.get(name)
    }
    assert different == {}, "Run: make lock"


def test_what_learners_need_is_pinned_and_what_developers_need_is_not():
    found = set(pins("binder/requirements.txt"))
    needed = names([*PROJECT["dependencies"], *EXTRAS["course"], *BUILDING])
    assert needed - found == set(), "Run: make lock"
    assert (names([*EXTRAS["dev"], *EXTRAS["scale"]]) - needed) & found <= {
        "psutil"
    }  # of ipykernel


def test_the_pins_name_no_place_and_no_local_file():
    text = (BINDER / "requirements.txt").read_text("utf-8")
    assert re.findall(r"^(?!#|[A-Za-z0-9_.\[\]-]+==[^ ]+$).+$", text, re.M) == []


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_can_be_executed_and_stop_at_an_error(name):
    assert os.access(BINDER / name, os.X_OK)
    lines = (BINDER / name).read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines


def test_a_server_uses_two_threads_a_library_and_becomes_its_command():
    probe = (
        "import os; print(*(os.environ[n + '_NUM_THREADS'] for n in ('OMP', 'OPENBLAS', 'MKL')))"
    )
    made = subprocess.run(
        [BINDER / "start", sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    assert made.stdout == "2 2 2\n"


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory) -> str:
    """Give what repo2docker would build; no container is needed to ask."""
    repository = tmp_path_factory.mktemp("binder") / "equipoise"
    repository.mkdir()
    shutil.copytree(BINDER, repository / "binder")
    shutil.copy(ROOT / "pyproject.toml", repository)  # a root file must not replace binder/
    tool = Path(sys.executable).parent / "repo2docker"
    options = ["--no-build", "--debug", "--user-id", "1000", "--user-name", "jovyan"]
    made = subprocess.run(
        [tool, *options, repository], capture_output=True, text=True, cwd=repository.parent
    )
    assert made.returncode == 0, made.stderr
    return made.stdout + made.stderr


def test_binder_runs_the_python_that_ci_runs(dockerfile):
    assert (BINDER / "runtime.txt").read_text("utf-8") == "python-3.11\n"
    assert "environment for python=3.11" in dockerfile
    assert re.search(r"environment\S*py-2d3-2e11", dockerfile), (
        "the base environment is another one"
    )


def test_pins_are_installed_before_the_repository_is_copied_and_the_package_after(dockerfile):
    order = [
        dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"'),
        dockerfile.index("COPY --chown=1000:1000 src/ ${REPO_DIR}/"),
        dockerfile.index("RUN ./binder/postBuild"),
        dockerfile.index('ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"'),
    ]
    assert order == sorted(order)
    assert dockerfile.count("pip install") == 1


def test_the_package_is_installed_without_asking_an_index():
    script = (BINDER / "postBuild").read_text("utf-8")
    assert "pip install --no-cache-dir --no-deps --no-build-isolation -e ." in script
    assert names(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    ) <= {*pins("binder/requirements.txt")}
