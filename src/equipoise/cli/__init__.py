"""The command line: one file a verb, whose `run` is registered here, in the order of the story.

A verb imports what it computes with inside its function, so that `equipoise --help` and
`equipoise doctor` answer at once, even where a library is broken.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import Annotated

import typer

from equipoise.cli import audit, compare, demo, describe, doctor, report, ship, simulate, sweep
from equipoise.exceptions import EquipoiseError, EquipoiseWarning

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"equipoise {metadata.version('equipoise')}")
        raise typer.Exit


@app.callback()
def _equipoise(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Weigh profit, fairness and privacy on a table of customers."""


INTERRUPTED = 130  # how typer leaves on Ctrl-C

_VERBS: dict[str, Callable[..., None]] = {
    "doctor": doctor.run,
    "demo": demo.run,
    "simulate": simulate.run,
    "describe": describe.run,
    "audit": audit.run,
    "sweep": sweep.run,
    "report": report.run,
    "compare": compare.run,
    "ship": ship.run,
}
for _name, _verb in _VERBS.items():
    app.command(_name)(_verb)


def _say_warning(message: Warning | str, *_: object) -> None:
    print(f"equipoise: warning: {message}", file=sys.stderr)  # noqa: T201


def main() -> None:
    """Run the command line; a refusal is one line and exit code 2, never a traceback."""
    warnings.simplefilter("always", EquipoiseWarning)
    warnings.showwarning = _say_warning  # type: ignore[assignment]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without € is no reason to fail
    try:
        app()
    except EquipoiseError as error:
        print(f"equipoise: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            print("\nequipoise: interrupted; no file was left half-written.", file=sys.stderr)  # noqa: T201
        raise
