"""`equipoise compare`: what changed from one sweep to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equipoise.cli._options import number, pairs

__all__ = ["run"]


def run(
    old: Annotated[Path, typer.Argument(help="What `equipoise sweep` wrote then.")],
    new: Annotated[Path, typer.Argument(help="What `equipoise sweep` wrote now.")],
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEASURE=NUMBER",
            help="Such as epsilon=2, the same in both; once for each limit, as for `equipoise report`.",
        ),
    ] = None,
    maximise: Annotated[
        str | None,
        typer.Option(
            metavar="MEASURE",
            help="What the picks have most of, such as auc. By default the goal that both sweeps share.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="HTML page to write.")] = Path("compare.html"),
    json: Annotated[Path | None, typer.Option(help="JSON file for the same as data.")] = None,
) -> None:
    """Say what changed between two sweeps, and whether that is told apart from noise."""
    from equipoise._files import check_writable
    from equipoise.cli._tables import say
    from equipoise.tradeoff import read_sweep
    from equipoise.tradeoff._report_json import write_json
    from equipoise.tradeoff.comparisons import compare_sweeps

    check_writable(out, suffix=".html")
    if json is not None:
        check_writable(json, suffix=".json", parameter="json")
    limits = {n: number("--limit", v) for n, v in pairs("--limit", limit or ()).items()}
    found = compare_sweeps(read_sweep(old), read_sweep(new), limits=limits, maximise=maximise)
    found.page().save(out)
    if json is not None:
        write_json(json, found.to_dict())
    for sentence in (*found.told, *found.differences):
        say(sentence)
    say(f"Comparison: {out}")
