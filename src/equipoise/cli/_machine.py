"""What doctor looks at: facts about this machine, read on demand with the standard library.

Nothing here judges. Every fact is a field of `Machine`, so that a test can put another in its
place. A fact that cannot be read is `None`: "unknown" is a finding of its own.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

__all__ = [
    "Declared",
    "Machine",
    "available_memory",
    "declared",
    "kernel_program",
    "why_not_private",
    "why_not_writable",
]

_BUILD_PRIVATE_REGRESSION = (
    "from diffprivlib.models import LogisticRegression; "
    "LogisticRegression(epsilon=1.0, data_norm=1.0)"
)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Declared:
    """What the installed package says that it needs.

    Parameters
    ----------
    python : str
        The range of Python versions, as in ``>=3.11,<3.14``.
    requires : tuple of str
        One requirement a library, with the extra it belongs to as a marker.
    """

    python: str
    requires: tuple[str, ...]


def declared() -> Declared | None:
    """Return the requirements in the metadata of the installed package; None if not installed."""
    try:
        package = metadata.distribution("equipoise")
    except metadata.PackageNotFoundError:
        return None
    return Declared(package.metadata["Requires-Python"] or "", tuple(package.requires or ()))


def version_of(library: str) -> str | None:
    """Return the installed version of a library; None if absent or without readable metadata."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def why_not_private() -> str | None:
    """Build diffprivlib's logistic regression in a process of its own; None if that works.

    Returns
    -------
    str or None
        The last line of the error. A separate process, because a broken compiled library may
        end the process that imports it.
    """
    try:
        run = subprocess.run(
            [sys.executable, "-c", _BUILD_PRIVATE_REGRESSION],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if run.returncode == 0:
        return None
    lines = run.stderr.strip().splitlines()
    return lines[-1] if lines else f"the process ended with code {run.returncode}"


def why_not_writable(folder: Path) -> str | None:
    """Write and delete a small file in `folder`; None if that works, else the reason."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"equipoise")
    except OSError as error:
        return error.strerror or str(error)
    return None


def browser_program() -> str | None:
    """Return the first Chromium or Chrome on the path."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def kernel_program(folders: Iterable[Path], executable: str) -> str | None:
    """Return the program that the kernel ``python3`` starts; None if there is no such kernel.

    Parameters
    ----------
    folders : iterable of Path
        Jupyter's data folders, first match first.
    executable : str
        This interpreter. Jupyter starts it for a kernel whose program is a bare ``python``.
    """
    for folder in folders:
        try:
            spec = json.loads((folder / "kernels" / "python3" / "kernel.json").read_text("utf-8"))
            program = str(spec["argv"][0])
        except (OSError, ValueError, KeyError, IndexError, TypeError):
            continue
        bare = {"python", "python3", f"python3.{sys.version_info.minor}"}
        return executable if program in bare else program
    return None


def jupyter_folders() -> Iterator[Path]:
    """Give the folders in which Jupyter looks for kernels, in its order for an environment."""
    if listed := os.environ.get("JUPYTER_PATH"):
        yield from map(Path, listed.split(os.pathsep))
    yield Path(sys.prefix, "share", "jupyter")
    if own := os.environ.get("JUPYTER_DATA_DIR"):
        yield Path(own)
    elif sys.platform == "darwin":
        yield Path.home() / "Library" / "Jupyter"
    elif roaming := os.environ.get("APPDATA"):
        yield Path(roaming, "jupyter")
    else:
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        yield Path(data, "jupyter")
    yield Path("/usr/local/share/jupyter")
    yield Path("/usr/share/jupyter")


def available_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes that a new process can use; None where the system does not say.

    Linux only: the kernel's own estimate, or what a container's limit (control groups, version 2
    or 1) still leaves if that is less. File cache counts as available, since the kernel drops it.
    """
    try:
        lines = (root / "proc/meminfo").read_text("utf-8").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        system = int(kilobytes) * 1024
    except (OSError, StopIteration, IndexError, ValueError):
        return None
    return max(0, min([system, *_left_by_limits(root)]))


def _left_by_limits(root: Path) -> Iterator[int]:
    for folder, limit, used, cache in _control_groups(root):
        try:
            most = int((folder / limit).read_text("utf-8"))  # version 2 writes "max" for none
            now = int((folder / used).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        yield most - now + _counter(folder / "memory.stat", cache)


def _control_groups(root: Path) -> Iterator[tuple[Path, str, str, str]]:
    """Give each memory control group above this process, with the names of its files."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    mount = root / "sys/fs/cgroup"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        inside = Path(path.lstrip("/"))
        for group in (inside, *inside.parents):
            if not controllers:
                yield mount / group, "memory.max", "memory.current", "inactive_file"
            elif "memory" in controllers.split(","):
                yield (
                    mount / "memory" / group,
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                    "total_inactive_file",
                )


def _counter(stat: Path, name: str) -> int:
    try:
        lines = stat.read_text("utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.split()[:1] == [name])
    except (OSError, StopIteration, IndexError, ValueError):
        return 0


@dataclass(frozen=True)
class Machine:
    """The machine as doctor sees it; every field can be replaced."""

    python: str = field(default_factory=platform.python_version)
    executable: str = sys.executable
    declared: Callable[[], Declared | None] = declared
    version_of: Callable[[str], str | None] = version_of
    why_not_private: Callable[[], str | None] = why_not_private
    memory: Callable[[], int | None] = available_memory
    kernel: Callable[[], str | None] = lambda: kernel_program(jupyter_folders(), sys.executable)
    is_program: Callable[[str], bool] = lambda name: shutil.which(name) is not None
    browser: Callable[[], str | None] = browser_program
    why_not_writable: Callable[[], str | None] = lambda: why_not_writable(Path.cwd())
