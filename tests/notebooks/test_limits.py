"""What the gate on solutions must refuse is refused: a solution that is wrong, large or curious."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from lesson_kernel import ROOT, kernel_environment, requests_made

HERE = Path(__file__).parent
# 192.0.2.1 is reserved for examples: nobody answers there.
CURIOUS = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError:
    pass
"""
LARGE = "held = b'x' * 800_000_000"


def notebook(code: str, printed: str) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("stream", text=printed)
    cells = [
        nbformat.v4.new_code_cell(code, execution_count=1),
        nbformat.v4.new_code_cell(
            "print(1 + 1)",
            execution_count=2,
            outputs=[output],
            metadata={"tags": ["nbval-check-output"]},
        ),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> str:
    """Give what the gate says about four solutions, run by the command of the Makefile."""
    folder = tmp_path_factory.mktemp("solutions")
    for name, code, printed in (
        ("01_good", "1", "2\n"),
        ("02_changed", "1", "3\n"),
        ("03_large", LARGE, "2\n"),
        ("04_curious", CURIOUS, "2\n"),
    ):
        nbformat.write(notebook(code, printed), folder / f"{name}.ipynb")
    options = (
        "-p nbval_limits -p no:randomly -p no:xdist -W default --nbval-lax --nbval-current-env"
    )
    assert options in (ROOT / "Makefile").read_text("utf-8")
    command = [sys.executable, "-m", "pytest", *options.split()]
    made = subprocess.run(
        [*command, "-c", ROOT / "pyproject.toml", "--color=no", "-v", folder],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 1, made.stdout + made.stderr
    return made.stdout


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        ("01_good.ipynb::Cell 1", "PASSED"),
        ("01_good.ipynb::memory and network", "PASSED"),
        ("02_changed.ipynb::Cell 1", "FAILED"),
        ("02_changed.ipynb::memory and network", "PASSED"),
        ("03_large.ipynb::Cell 0", "PASSED"),
        ("03_large.ipynb::memory and network", "FAILED"),
        ("04_curious.ipynb::Cell 0", "PASSED"),
        ("04_curious.ipynb::memory and network", "FAILED"),
        ("the time of all solutions", "PASSED"),
    ],
)
def test_each_solution_is_judged_on_its_own(report, item, verdict):
    found = report.replace("::ipynb::", ".ipynb::").splitlines()  # nbval's own way to say it
    (line,) = (line for line in found if item in line and "%]" in line)
    assert verdict in line


def test_a_hidden_request_is_named(report):
    assert "it tried to reach another machine: socket.getaddrinfo 192.0.2.1" in report


def test_memory_is_said_in_megabytes(report):
    assert "MB, more than 700 MB" in report


REFUSED = [
    "import socket; socket.create_connection(('192.0.2.1', 80))",
    "import socket; socket.getaddrinfo('example.org', 80)",
    "import urllib.request; urllib.request.urlopen('http://192.0.2.1/')",
    "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
]
ALLOWED = [
    "import socket; s = socket.create_server(('127.0.0.1', 0)); "
    "socket.create_connection(s.getsockname()); socket.create_connection(('localhost', "
    "s.getsockname()[1]))",
    "import multiprocessing as m; a, b = m.Pipe(); a.send(1); b.recv()",
]


@pytest.mark.parametrize("code", REFUSED)
def test_the_guard_refuses_what_leaves_the_machine(code, tmp_path):
    made = guarded(code, tmp_path)
    assert made.returncode == 1
    assert "the course makes no request" in made.stderr
    assert len(requests_made(tmp_path)) >= 1


@pytest.mark.parametrize("code", ALLOWED)
def test_the_guard_allows_what_stays(code, tmp_path):
    made = guarded(code, tmp_path)
    assert (made.returncode, made.stderr, requests_made(tmp_path)) == (0, "", [])


def guarded(code: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=kernel_environment(scratch),
        capture_output=True,
        text=True,
    )
