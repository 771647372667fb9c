"""The entry point: refusals are one line, the version is that of the package."""

from __future__ import annotations

import sys
from importlib import metadata

import pytest
import typer

from equipoise import cli
from equipoise.exceptions import EquipoiseError, InputError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            InputError("delta", "is required with a finite epsilon", "None", "Use 1e-6."),
            "equipoise: delta is required with a finite epsilon, got None. Use 1e-6.\n",
        ),
        (EquipoiseError("The plan is empty."), "equipoise: The plan is empty.\n"),
    ],
)
def test_a_refusal_is_one_line_on_stderr_and_exit_code_2(monkeypatch, capsys, error, line):
    refusing = typer.Typer(pretty_exceptions_enable=False)

    @refusing.command()
    def verb() -> None:
        raise error

    monkeypatch.setattr(cli, "app", refusing)
    monkeypatch.setattr(sys, "argv", ["equipoise"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert capsys.readouterr() == ("", line)


def test_an_unforeseen_error_keeps_its_traceback(monkeypatch):
    broken = typer.Typer(pretty_exceptions_enable=False)

    @broken.command()
    def verb() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setattr(sys, "argv", ["equipoise"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_the_version_is_that_of_the_installed_package(monkeypatch, capsys):
    monkeypatch.setattr(metadata, "version", {"equipoise": "9.9"}.__getitem__)
    monkeypatch.setattr(sys, "argv", ["equipoise", "--version"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    assert capsys.readouterr().out == "equipoise 9.9\n"
