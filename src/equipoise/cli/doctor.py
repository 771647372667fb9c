"""`equipoise doctor`: can this machine run everything, and if not, what would cure it.

It must answer on a broken installation, so it imports nothing that it examines.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.table import Table
from rich.text import Text

from equipoise.cli._machine import Declared, Machine

__all__ = ["Check", "diagnose", "run"]

Status = Literal["ok", "warning", "failed"]
GIGABYTE = 1_000_000_000

# Measured: newer versions of these two break diffprivlib, whose own metadata allows them.
_UNDER_DIFFPRIVLIB = ("diffprivlib", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Parameters
    ----------
    name : str
        What was looked at.
    found, wanted : str
        What is there, and what should be.
    status : {"ok", "warning", "failed"}
        A warning leaves something out (notebooks, browser tests); a failure gives wrong results
        or none.
    cure : str
        What to do about it, as a sentence or a command; empty if nothing is to be done.
    """

    name: str
    found: str
    wanted: str
    status: Status
    cure: str = ""


def run(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Say what is installed, what is wanted, and how to cure each difference.

    The exit code is 0 if no check failed and 1 otherwise; warnings do not count.
    """
    checks = diagnose()
    ok = all(check.status != "failed" for check in checks)
    if as_json:
        typer.echo(json.dumps({"ok": ok, "checks": [dataclasses.asdict(c) for c in checks]}))
    else:
        _show(checks, Console())
    raise typer.Exit(0 if ok else 1)


def diagnose(machine: Machine | None = None) -> list[Check]:
    """Return every check of `machine` (default: this one), in the order they should be cured."""
    machine = machine or Machine()
    needs = machine.declared()
    return [
        _python(machine, needs),
        *_libraries(machine, needs),
        _private_regression(machine, needs),
        _memory(machine),
        _kernel(machine),
        _browser(machine),
        _folder(machine),
    ]


def _python(machine: Machine, needs: Declared | None) -> Check:
    wanted = "3.11, which CI and Binder run"
    if needs is None:
        return Check("Python", machine.python, wanted, "ok")
    allowed = SpecifierSet(needs.python)
    others = [v for v in ("3.12", "3.13", "3.14") if allowed.contains(v)]
    if others:
        wanted += f"; {' and '.join(others)} {'are' if len(others) > 1 else 'is'} allowed"
    if allowed.contains(machine.python, prereleases=True):
        return Check("Python", machine.python, wanted, "ok")
    cure = "Install Python 3.11, delete the folder .venv and run: make setup PYTHON=python3.11"
    return Check("Python", machine.python, wanted, "failed", cure)


def _libraries(machine: Machine, needs: Declared | None) -> Iterator[Check]:
    if needs is None:
        cure = "In the folder of the repository, run: make setup"
        yield Check("equipoise", "not installed", "installed", "failed", cure)
        return
    for requirement in map(Requirement, needs.requires):
        if _belongs_to("", requirement):
            yield _library(machine, requirement)
        elif _belongs_to("course", requirement):
            yield _library(machine, requirement, only_notebooks=True)


def _library(machine: Machine, requirement: Requirement, *, only_notebooks: bool = False) -> Check:
    found = machine.version_of(requirement.name)
    wanted = _range(requirement) or "any version"
    if found is not None and _fits(requirement, found):
        return Check(requirement.name, found, wanted, "ok")
    cure = f"Run: {_install(machine, [requirement])}"
    if only_notebooks:
        cure = f"Only the notebooks need it. {cure}"
    status: Status = "warning" if only_notebooks else "failed"
    return Check(requirement.name, found or "not installed", wanted, status, cure)


def _private_regression(machine: Machine, needs: Declared | None) -> Check:
    """Do what the version numbers only predict: build the learner that breaks first."""
    name, wanted = "private regression", "diffprivlib's LogisticRegression can be built"
    reason = machine.why_not_private()
    if reason is None:
        return Check(name, "it can", wanted, "ok")
    stack = [
        requirement
        for requirement in map(Requirement, needs.requires if needs else ())
        if canonicalize_name(requirement.name) in _UNDER_DIFFPRIVLIB
    ]
    if not stack:
        return Check(name, reason, wanted, "failed", "First cure: equipoise, not installed.")
    outside = [
        requirement
        for requirement in stack
        if not _fits(requirement, machine.version_of(requirement.name))
    ]
    ranges = [f"{r.name} {_range(r)}" for r in stack if r.name != "diffprivlib"]
    release = next((_range(r).lstrip("=") for r in stack if r.name == "diffprivlib"), "")
    cure = f"diffprivlib {release} needs {' and '.join(ranges)}; newer ones break it. Run: "
    if outside:
        cure += _install(machine, outside)
    else:
        cure += _install(machine, stack, "--force-reinstall --no-deps ")
    return Check(name, reason, wanted, "failed", cure)


def _memory(machine: Machine) -> Check:
    free, wanted = machine.memory(), "at least 1.0 GB"
    if free is None:
        cure = "This system does not say. Close other programs if a run is killed."
        return Check("free memory", "unknown", wanted, "warning", cure)
    if free < GIGABYTE:
        cure = "Close other programs, or pass fewer customers, epsilons and seeds."
        return Check("free memory", f"{free / GIGABYTE:.1f} GB", wanted, "warning", cure)
    return Check("free memory", f"{free / GIGABYTE:.1f} GB", wanted, "ok")


def _kernel(machine: Machine) -> Check:
    name, wanted = "Jupyter kernel", "python3 starts this interpreter"
    program = machine.kernel()
    if program is not None and machine.is_program(program) and _same(program, machine.executable):
        return Check(name, wanted, wanted, "ok")
    if program is None:
        found = "no kernel python3"
    elif not machine.is_program(program):
        found = f"python3 starts {program}, which does not exist"
    else:
        found = f"python3 starts {program}"
    command = f"{_python_command(machine)} -m ipykernel install --sys-prefix"
    if machine.version_of("ipykernel") is None:
        command = f"{_python_command(machine)} -m pip install ipykernel"
    return Check(name, found, wanted, "warning", f"Only the notebooks need it. Run: {command}")


def _browser(machine: Machine) -> Check:
    found, wanted = machine.browser(), "Chromium or Google Chrome"
    if found:
        return Check("browser", found, wanted, "ok")
    cure = "Only the browser tests need it. On Debian and Ubuntu, run: apt-get install chromium"
    return Check("browser", "none on the path", wanted, "warning", cure)


def _folder(machine: Machine) -> Check:
    reason = machine.why_not_writable()
    if reason is None:
        return Check("current folder", "writable", "writable", "ok")
    cure = "Change to a folder that you own; results are written below the current one."
    return Check("current folder", reason, "writable", "failed", cure)


def _belongs_to(extra: str, requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _fits(requirement: Requirement, version: str | None) -> bool:
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def _range(requirement: Requirement) -> str:
    """Write a range with its lower end first, as people read it."""
    return ",".join(sorted(map(str, requirement.specifier), key=lambda part: part[0] == "<"))


def _install(machine: Machine, requirements: list[Requirement], options: str = "") -> str:
    quoted = " ".join(f'"{r.name}{_range(r)}"' for r in requirements)
    return f"{_python_command(machine)} -m pip install {options}{quoted}"


def _python_command(machine: Machine) -> str:
    """Name this interpreter: another `python` on the path would install somewhere else."""
    return f'"{machine.executable}"' if " " in machine.executable else machine.executable


def _same(program: str, executable: str) -> bool:
    """Compare the folder too: the pythons of two environments link to one program."""
    one, other = Path(program), Path(executable)
    return one.parent.resolve() == other.parent.resolve() and one.resolve() == other.resolve()


def _show(checks: list[Check], console: Console) -> None:
    colours = {"ok": "green", "warning": "yellow", "failed": "bold red"}
    table = Table("check", "found", "wanted", "status", header_style="bold")
    for check in checks:
        status = Text(check.status, style=colours[check.status])
        table.add_row(Text(check.name), Text(check.found), Text(check.wanted), status)
    console.print(table)
    for check in checks:
        if check.cure:
            line = Text(f"{check.status}: ", style=colours[check.status])
            console.print(line.append(f"{check.name}. {check.cure}", "default"), soft_wrap=True)
    failed = sum(check.status == "failed" for check in checks)
    warned = sum(check.status == "warning" for check in checks)
    console.print(f"{len(checks)} checks: {failed} failed, {warned} with a warning.")
