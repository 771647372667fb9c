"""JupyterLab on a copy of the notebooks, and Debian's Chromium in front of it.

Both are started once a session on this machine's loopback, with folders of their own, and only what
was started here is ended. Without Chromium the tests are skipped and say so; with
`EQUIPOISE_REQUIRE_BROWSER=1`, as in CI, they fail instead. `EQUIPOISE_CHROMIUM` names another one.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
START_SECONDS = 60
RUN_SECONDS = 120
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = """() => {
  const app = window.jupyterapp;
  const panel = app?.shell.currentWidget;
  return app?.commands.isEnabled('notebook:run-all-cells')
    && panel?.sessionContext?.session?.kernel?.status === 'idle';
}"""
# A cell has a count once it is done; after an exception the cells behind it never get one.
DONE = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const code = [...panel.content.model.cells].filter(
    cell => cell.type === 'code' && cell.sharedModel.getSource().trim());
  const failed = code.some(
    cell => cell.outputs.toJSON().some(output => output.output_type === 'error'));
  return (failed || code.every(cell => cell.executionCount))
    && panel.sessionContext.session.kernel.status === 'idle';
}"""
ERRORS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
  .filter(cell => cell.type === 'code')
  .flatMap(cell => cell.outputs.toJSON())
  .filter(output => output.output_type === 'error')
  .map(output => `${output.ename}: ${output.evalue}`)"""


@dataclass(frozen=True)
class Server:
    """A running JupyterLab and the folder that it shows."""

    address: str
    folder: Path


@dataclass
class Lesson:
    """A notebook in JupyterLab, and what its page said and asked for."""

    page: Page
    console: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    socket_bytes: int = 0

    def run_all(self) -> None:
        """Run every cell and wait until the kernel has nothing left to do."""
        # In braces: awaiting the promise of this command never ends.
        self.page.evaluate(
            "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )
        self.page.wait_for_function(DONE, timeout=RUN_SECONDS * 1000)

    def errors(self) -> list[str]:
        """Give the exceptions that cells ended with."""
        return list(self.page.evaluate(ERRORS))


def _missing(reason: str) -> None:
    if os.environ.get("EQUIPOISE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and EQUIPOISE_REQUIRE_BROWSER=1 asks for it", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium; Playwright never downloads one."""
    named = os.environ.get("EQUIPOISE_CHROMIUM")
    places = (named,) if named else CHROMIUM
    path = next((path for path in places if os.access(path, os.X_OK)), None)
    if path is None:
        _missing(f"there is no Chromium at {' or '.join(places)}")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        # Chromium refuses to isolate its processes when root runs it.
        started = playwright.chromium.launch(
            executable_path=path, args=QUIET, chromium_sandbox=not root
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start JupyterLab on a copy of notebooks/."""
    home = tmp_path_factory.mktemp("jupyterlab")
    leave = shutil.ignore_patterns("source", "solutions", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "notebooks", home / "notebooks", ignore=leave)
    port = _free_port()
    with open(home / "log.txt", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            _command(home / "notebooks", port),
            cwd=home,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api", process, home / "log.txt")
            yield Server(address, home / "notebooks")
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(folder: Path, port: int) -> list[str]:
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"),
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*command, "--allow-root"] if root else command


def _environment(home: Path) -> dict[str, str]:
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(home / name.lower()) for name in names}
    # Kernels are those of this Python, whatever is on the path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return os.environ | THREADS | own | {"PATH": path}


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text('utf-8')[-3000:]}", pytrace=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End JupyterLab and its kernels, and nothing else."""
    try:
        started = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        started = []
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=15)
    _, alive = psutil.wait_procs(started, timeout=5)
    for child in alive:
        child.kill()


OpenLesson = Callable[..., Lesson]


@pytest.fixture
def open_lesson(browser: Browser, jupyterlab: Server) -> Iterator[OpenLesson]:
    """Give a function that opens `NAME.ipynb` at a width and waits until it can be run."""
    contexts = []

    def opened(name: str, width: int = 1280, height: int = 900) -> Lesson:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        lesson = Lesson(context.new_page())
        _listen(lesson)
        lesson.page.goto(f"{jupyterlab.address}/doc/tree/{name}.ipynb?reset")
        lesson.page.wait_for_selector(".jp-Notebook", timeout=START_SECONDS * 1000)
        lesson.page.wait_for_function(READY, timeout=START_SECONDS * 1000)
        return lesson

    yield opened
    for context in contexts:
        for page in context.pages:
            # One kernel a lesson at a time: the next test has the memory to itself.
            page.evaluate("() => window.jupyterapp?.serviceManager.sessions.shutdownAll()")
        context.close()


def _listen(lesson: Lesson) -> None:
    def count(frame: bytes | str) -> None:
        lesson.socket_bytes += len(frame if isinstance(frame, bytes) else frame.encode())

    def listen_to(websocket) -> None:
        check(websocket.url)
        websocket.on("framereceived", count)
        websocket.on("framesent", count)

    def check(url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            lesson.strangers.append(url)

    lesson.page.on("websocket", listen_to)
    lesson.page.on("request", lambda request: check(request.url))
    lesson.page.on(
        "console",
        lambda message: lesson.console.append(message.text) if message.type == "error" else None,
    )
    lesson.page.on("pageerror", lambda error: lesson.console.append(str(error)))
