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
        typer.Option(
            metavar="MEASURE=NUMBER",
            help="Such as epsilon=2; once for each limit. At most: epsilon, selection_gap, "
            "opportunity_gap, reach_gap, attack_advantage, opt_outs, complaints. At least: profit_eur, "
            "campaign_eur, auc, average_precision, lift_at_10, worst_group_tpr, reach.",
        ),
    ] = None,
    maximise: Annotated[
        str | None,
        typer.Option(
            metavar="MEASURE",
            help="What the pick has most of: any of which a limit says at least. By default profit_eur, "
            "campaign_eur where consent policies are compared, or auc without euros.",
        ),
    ] = None,
    because: Annotated[str, typer.Option(help="Why these limits, for the record.")] = "",
    out: Annotated[Path, typer.Option(help="HTML page to write.")] = Path("report.html"),
    choice: Annotated[
        Path | None,
        typer.Option(help="JSON file for the decision itself; `equipoise ship` reads it."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="JSON file for all that the page says, as data.")
    ] = None,
) -> None:
    """Pick the best policy within limits, and say what was given up."""
    from equipoise._files import check_writable
    from equipoise.cli._tables import say
    from equipoise.exceptions import InputError
    from equipoise.tradeoff import choose, read_sweep, report_json, sweep_report
    from equipoise.tradeoff._report_json import write_json

    check_writable(out, suffix=".html")
    for name, other in (("choice", choice), ("json", json)):
        if other is not None:
            check_writable(other, suffix=".json", parameter=name)
    if choice is not None and json is not None and choice.resolve() == json.resolve():
        move = "Name two files: the decision, and the whole report."
        raise InputError("json", "must be another file than choice", json, move)
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
    if choice is not None:
        say(f"Decision: {choice}")
