"""`equipoise report`: choose within limits and write the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equipoise.cli._options import numbers, pairs

__all__ = ["run"]


def run(
    sweep: Annotated[Path, typer.Argument(help="What `equipoise sweep` wrote.")],
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="MEASURE=NUMBER", help="Such as epsilon=2 or selection_gap=0.1."),
    ] = None,
    maximise: Annotated[str | None, typer.Option(help="By default profit_eur.")] = None,
    out: Annotated[Path, typer.Option(help="HTML page to write.")] = Path("report.html"),
    choice: Annotated[Path | None, typer.Option(help="JSON file for the decision itself.")] = None,
) -> None:
    """Pick the best policy within limits, and say what was given up."""
    from equipoise._files import check_writable
    from equipoise.tradeoff import choose, read_sweep, sweep_report

    check_writable(out, suffix=".html")
    if choice is not None:
        check_writable(choice, suffix=".json")
    result = read_sweep(sweep)
    limits = {
        name: numbers("--limit", value)[0] for name, value in pairs("--limit", limit or ()).items()
    }
    chosen = choose(result, limits, maximise=maximise)
    sweep_report(result, chosen).save(out)
    if choice is not None:
        chosen.save(choice)
    for reason in chosen.reasons:
        typer.echo(reason)
    typer.echo(f"Report: {out}")
