"""`equipoise report`: choose within limits and write the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equipoise.cli._options import number, pairs

__all__ = ["run"]


def run(
    sweep: Annotated[Path, typer.Argument(help="What `equipoise sweep` wrote.")],
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="MEASURE=NUMBER", help="Such as epsilon=2 or selection_gap=0.1."),
    ] = None,
    maximise: Annotated[
        str | None,
        typer.Option(
            help="By default profit_eur, campaign_eur where consent policies are compared, or auc "
            "without euros."
        ),
    ] = None,
    because: Annotated[str, typer.Option(help="Why these limits, for the record.")] = "",
    out: Annotated[Path, typer.Option(help="HTML page to write.")] = Path("report.html"),
    choice: Annotated[Path | None, typer.Option(help="JSON file for the decision itself.")] = None,
    json: Annotated[Path | None, typer.Option(help="JSON file for the whole report.")] = None,
) -> None:
    """Pick the best policy within limits, and say what was given up."""
    from equipoise._files import check_writable
    from equipoise.cli._tables import say
    from equipoise.tradeoff import choose, read_sweep, report_json, sweep_report
    from equipoise.tradeoff._report_json import write_json

    check_writable(out, suffix=".html")
    for other in (choice, json):
        if other is not None:
            check_writable(other, suffix=".json")
    limits = {n: number("--limit", v) for n, v in pairs("--limit", limit or ()).items()}
    result = read_sweep(sweep)
    chosen = choose(result, limits, maximise=maximise, justification=because)
    sweep_report(result, chosen).save(out)
    if choice is not None:
        chosen.save(choice)
    if json is not None:
        write_json(json, report_json(result, chosen))
    for reason in chosen.reasons:
        say(reason)
    if result.has_example_euros:
        say("The euros are drafted examples that nobody has confirmed.")
    say(f"Report: {out}")
