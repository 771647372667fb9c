"""What doctor says about simulated machines, and about this one."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from equipoise.cli import _machine, app, doctor
from equipoise.cli._machine import Declared, Machine, available_memory, kernel_program
from equipoise.cli.doctor import Check, _show, diagnose

HEALTHY = {
    "diffprivlib": "0.6.6",
    "scikit-learn": "1.7.2",
    "scipy": "1.17.1",
    "pandas": "3.1.1",
    "plotly": "7.1.0",
    "ipykernel": "7.0.0",
}
DECLARED = Declared(
    ">=3.11,<3.14",
    (
        "diffprivlib==0.6.6",
        "pandas<4,>=3.0",
        "scikit-learn<1.8,>=1.6",
        "scipy<1.18,>=1.17",
        "plotly<8,>=7; extra == 'course'",
        "ruff>=0.12; extra == 'dev'",
    ),
)


def machine(**changes: object) -> Machine:
    """Give a machine without a fault, but for `changes`; `versions` changes single libraries."""
    versions = HEALTHY | changes.pop("versions", {})
    healthy = Machine(
        python="3.11.9",
        executable="/env/bin/python",
        declared=lambda: DECLARED,
        version_of=versions.get,
        why_not_private=lambda: None,
        memory=lambda: 8_000_000_000,
        kernel=lambda: "/env/bin/python",
        is_program=lambda name: True,
        browser=lambda: "/usr/bin/chromium",
        why_not_writable=lambda: None,
    )
    return dataclasses.replace(healthy, **changes)


def complaints(**changes: object) -> list[Check]:
    return [check for check in diagnose(machine(**changes)) if check.status != "ok"]


def test_a_healthy_machine_has_nothing_to_cure():
    checks = diagnose(machine())
    assert [check.name for check in checks] == [
        "Python",
        "diffprivlib",
        "pandas",
        "scikit-learn",
        "scipy",
        "plotly",
        "private regression",
        "free memory",
        "Jupyter kernel",
        "browser",
        "current folder",
    ]
    assert {(check.status, check.cure) for check in checks} == {("ok", "")}


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (
            "1.9.1",
            "ImportError: cannot import name 'DOUBLE' from 'sklearn.tree._tree'",
        ),
        (
            "1.8.0",
            "TypeError: LogisticRegression.__init__() got an unexpected keyword argument "
            "'multi_class'",
        ),
    ],
)
def test_a_newer_scikit_learn_is_named_with_its_exact_cure(version, reason):
    command = '/env/bin/python -m pip install "scikit-learn>=1.6,<1.8"'
    assert complaints(versions={"scikit-learn": version}, why_not_private=lambda: reason) == [
        Check("scikit-learn", version, ">=1.6,<1.8", "failed", f"Run: {command}"),
        Check(
            "private regression",
            reason,
            "diffprivlib's LogisticRegression can be built",
            "failed",
            "diffprivlib 0.6.6 needs scikit-learn >=1.6,<1.8 and scipy >=1.17,<1.18; "
            f"newer ones break it. Run: {command}",
        ),
    ]


def test_right_versions_that_do_not_work_are_installed_again():
    (check,) = complaints(why_not_private=lambda: "ImportError: libgomp.so.1")
    assert check.cure == (
        "diffprivlib 0.6.6 needs scikit-learn >=1.6,<1.8 and scipy >=1.17,<1.18; "
        "newer ones break it. Run: /env/bin/python -m pip install --force-reinstall --no-deps "
        '"diffprivlib==0.6.6" "scikit-learn>=1.6,<1.8" "scipy>=1.17,<1.18"'
    )


def test_a_missing_library_is_a_failure():
    assert complaints(versions={"pandas": None}) == [
        Check(
            "pandas",
            "not installed",
            ">=3.0,<4",
            "failed",
            'Run: /env/bin/python -m pip install "pandas>=3.0,<4"',
        )
    ]


def test_a_missing_library_of_the_course_is_a_warning():
    assert complaints(versions={"plotly": None}) == [
        Check(
            "plotly",
            "not installed",
            ">=7,<8",
            "warning",
            'Only the notebooks need it. Run: /env/bin/python -m pip install "plotly>=7,<8"',
        )
    ]


def test_a_prerelease_within_the_range_counts():
    assert complaints(versions={"pandas": "3.2.0rc1"}) == []


def test_an_interpreter_with_a_space_in_its_path_is_quoted():
    (check,) = complaints(
        versions={"pandas": "2.3.3"},
        executable="/my env/bin/python",
        kernel=(lambda: "/my env/bin/python"),
    )
    assert check.cure == 'Run: "/my env/bin/python" -m pip install "pandas>=3.0,<4"'


def test_without_the_package_the_first_cure_is_to_install_it():
    assert complaints(declared=lambda: None, why_not_private=lambda: "boom") == [
        Check(
            "equipoise",
            "not installed",
            "installed",
            "failed",
            "In the folder of the repository, run: make setup",
        ),
        Check(
            "private regression",
            "boom",
            "diffprivlib's LogisticRegression can be built",
            "failed",
            "First cure: equipoise, not installed.",
        ),
    ]


@pytest.mark.parametrize(
    ("found", "status", "cure"),
    [
        ("3.11.0", "ok", ""),
        ("3.13.2", "ok", ""),
        (
            "3.14.0",
            "failed",
            "Install Python 3.11, delete the folder .venv and run: make setup PYTHON=python3.11",
        ),
    ],
)
def test_python_is_allowed_by_the_declared_range(found, status, cure):
    assert diagnose(machine(python=found))[0] == Check(
        "Python",
        found,
        "3.11, which CI and Binder run; 3.12 and 3.13 are allowed",
        status,
        cure,
    )


@pytest.mark.parametrize(
    ("free", "found", "cure"),
    [
        (
            200_000_000,
            "0.2 GB",
            "Close other programs, or pass fewer customers, epsilons and seeds.",
        ),
        (
            None,
            "unknown",
            "This system does not say. Close other programs if a run is killed.",
        ),
    ],
)
def test_little_or_unknown_memory_is_a_warning(free, found, cure):
    assert complaints(memory=lambda: free) == [
        Check("free memory", found, "at least 1.0 GB", "warning", cure)
    ]


@pytest.mark.parametrize(
    ("changes", "found", "command"),
    [
        (
            {"kernel": lambda: None, "versions": {"ipykernel": None}},
            "no kernel python3",
            "pip install ipykernel",
        ),
        (
            {"kernel": lambda: "/gone/python", "is_program": lambda name: False},
            "python3 starts /gone/python, which does not exist",
            "ipykernel install --sys-prefix",
        ),
        (
            {"kernel": lambda: "/other/bin/python"},
            "python3 starts /other/bin/python",
            "ipykernel install --sys-prefix",
        ),
    ],
)
def test_a_kernel_that_starts_something_else_is_a_warning(changes, found, command):
    assert complaints(**changes) == [
        Check(
            "Jupyter kernel",
            found,
            "python3 starts this interpreter",
            "warning",
            f"Only the notebooks need it. Run: /env/bin/python -m {command}",
        )
    ]


def test_no_browser_is_a_warning():
    assert complaints(browser=lambda: None) == [
        Check(
            "browser",
            "none on the path",
            "Chromium or Google Chrome",
            "warning",
            "Only the browser tests need it. On Debian and Ubuntu, run: apt-get install chromium",
        )
    ]


def test_a_folder_that_cannot_be_written_is_a_failure():
    assert complaints(why_not_writable=lambda: "Read-only file system") == [
        Check(
            "current folder",
            "Read-only file system",
            "writable",
            "failed",
            "Change to a folder that you own; results are written below the current one.",
        )
    ]


# Facts read from files.

MEMINFO = "MemTotal: 4000 kB\nMemFree: 100 kB\nMemAvailable: 3000 kB\n"


def tree(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_memory_is_what_the_kernel_says(tmp_path):
    assert available_memory(tree(tmp_path, proc__meminfo=MEMINFO)) == 3000 * 1024


def test_memory_is_unknown_where_the_system_does_not_say(tmp_path):
    assert available_memory(tmp_path) is None
    assert available_memory(tree(tmp_path, proc__meminfo="MemTotal: 4000 kB\n")) is None


def test_memory_is_what_a_container_leaves_version_2(tmp_path):
    root = tree(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/pod/task\n")
    group = root / "sys/fs/cgroup/pod"
    (group / "task").mkdir(parents=True)
    (group / "task" / "memory.max").write_text("max\n")
    (group / "task" / "memory.current").write_text("1\n")
    (group / "memory.max").write_text("2000000\n")
    (group / "memory.current").write_text("1500000\n")
    (group / "memory.stat").write_text("anon 1\ninactive_file 300000\n")
    assert available_memory(root) == 800_000


def test_memory_is_what_a_container_leaves_version_1(tmp_path):
    root = tree(
        tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="9:name=systemd:/\n4:memory:/a\n"
    )
    group = root / "sys/fs/cgroup/memory"  # inside a container the path of the host is absent
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text("1000000\n")
    (group / "memory.usage_in_bytes").write_text("1200000\n")
    (group / "memory.stat").write_text("total_inactive_file 100000\n")
    assert available_memory(root) == 0


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ('{"argv": ["python", "-m", "ipykernel_launcher"]}', "/env/bin/python"),
        ('{"argv": ["/opt/bin/python3.12"]}', "/opt/bin/python3.12"),
        ('{"argv": []}', None),
        ("not json", None),
    ],
)
def test_a_kernel_named_python_is_this_interpreter(tmp_path, text, program):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(text)
    assert kernel_program([tmp_path / "absent", tmp_path], "/env/bin/python") == program


def test_a_folder_is_probed_by_writing_and_left_empty(tmp_path):
    assert _machine.why_not_writable(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    assert _machine.why_not_writable(tmp_path / "absent") == "No such file or directory"


def test_the_private_regression_is_built_in_a_process_of_its_own(tmp_path, monkeypatch):
    broken = tmp_path / "diffprivlib"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('no DOUBLE')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert _machine.why_not_private() == "ImportError: no DOUBLE"


# The verb.


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warning", 0), ("failed", 1)])
def test_the_exit_code_and_json_say_whether_a_check_failed(monkeypatch, status, code):
    check = Check("free memory", "0.2 GB", "at least 1.0 GB", status, "Close other programs.")
    monkeypatch.setattr(doctor, "diagnose", lambda: [check])
    run = CliRunner().invoke(app, ["doctor", "--json"])
    assert run.exit_code == code
    assert json.loads(run.stdout) == {
        "ok": code == 0,
        "checks": [
            {
                "name": "free memory",
                "found": "0.2 GB",
                "wanted": "at least 1.0 GB",
                "status": status,
                "cure": "Close other programs.",
            }
        ],
    }


def test_the_table_says_in_words_what_colours_say_and_keeps_commands_on_one_line():
    console = Console(record=True, width=80, file=io.StringIO())
    command = 'Run: python -m pip install "dask[dataframe]>=1" ' + "x" * 80
    _show([Check("dask", "not [installed]", ">=1", "failed", command)], console)
    text = console.export_text()
    assert "not [installed]" in text
    assert f"failed: dask. {command}\n1 checks: 1 failed, 0 with a warning.\n" in text


def test_doctor_answers_where_the_libraries_it_examines_are_broken(tmp_path):
    for name in ("numpy", "pandas", "scipy", "sklearn", "diffprivlib", "aif360", "plotly"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('broken')")
    command = [sys.executable, "-c", "from equipoise.cli import main; main()", "doctor", "--json"]
    source = str(Path(_machine.__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), source])}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert run.returncode == 1
    found = {check["name"]: check["found"] for check in json.loads(run.stdout)["checks"]}
    assert found["private regression"] == "ImportError: broken"
