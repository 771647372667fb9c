"""`python -m equipoise.course`: build the notebooks from their sources, or check them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equipoise.course._build import build, stale
from equipoise.exceptions import EquipoiseError


def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Lessons to build, such as 03_left_out; default: all."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with a rebuild; write and run nothing.")
    ] = False,
    folder: Annotated[Path, typer.Option(help="Where the notebooks are.")] = Path("notebooks"),
) -> None:
    """Build the learner's notebooks and run the solutions, from notebooks/source/NN_topic.py.

    The exit code is 1 if something is out of date and 2 if something is refused.
    """
    try:
        if not check:
            for path in build(folder, names or ()):
                typer.echo(f"{path}  {path.stat().st_size / 1000:.0f} KB")
        problems = stale(folder, names or ())
    except EquipoiseError as refusal:
        typer.echo(f"equipoise: {refusal}", err=True)
        raise typer.Exit(2) from None
    for problem in problems:
        typer.echo(problem, err=True)
    raise typer.Exit(1 if problems else 0)


if __name__ == "__main__":
    typer.run(main)
