"""`equipoise audit`: who is contacted, and who is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equipoise.cli._options import listed

if TYPE_CHECKING:
    from equipoise.fairness import Audit
    from equipoise.intervals import Interval
    from equipoise.task import Task

__all__ = ["run"]

MOST_CROSSED = 6


def run(
    task: Annotated[Path, typer.Argument(help="A task file; `equipoise describe` drafts one.")],
    model: Annotated[str, typer.Option(help="logistic or hist_gradient_boosting.")] = "logistic",
    by: Annotated[str | None, typer.Option(help="Only these attributes, between commas.")] = None,
    seed: Annotated[int, typer.Option(help="Cuts the folds and breaks ties.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    out: Annotated[Path | None, typer.Option(help="HTML page to write.")] = None,
) -> None:
    """Audit the decisions of a model on customers that it has not seen."""
    from equipoise._files import check_writable
    from equipoise.fairness import audit_page, audit_task
    from equipoise.task import read_task

    if out is not None:
        check_writable(out, suffix=".html")
    posed = read_task(task)
    audited, auc = audit_task(posed, model=model, by=None if by is None else listed(by), seed=seed)
    if out is not None:
        audit_page(posed, audited, auc=auc, model=model).save(out)
    if as_json:
        typer.echo(
            json.dumps(
                _json(posed, audited, auc, model=model, seed=seed), indent=2, allow_nan=False
            )
        )
    else:
        _show(posed, audited, auc, model=model)
    if out is not None and not as_json:
        typer.echo(f"Page: {out}")


def _json(task: Task, audited: Audit, auc: Interval, *, model: str, seed: int) -> dict[str, Any]:
    """Return how the decisions came about, and the audit by its own schema."""
    from equipoise.fairness.tables import interval_dict

    return {
        "task": task.name,
        "model": model,
        "seed": seed,
        "decision": str(task.decision),
        "n": len(task),
        "auc": interval_dict(*auc, "not estimable (fewer than ten of an outcome)"),
        "notes": list(task.notes),
        **json.loads(audited.to_json()),
    }


def _show(task: Task, audited: Audit, auc: Interval, *, model: str) -> None:
    from equipoise.cli._tables import say, show
    from equipoise.fairness.tables import (
        MAIN,
        crossed_tables,
        gaps_table,
        rates_table,
        with_interval,
    )

    say(f"{task.name}: {len(task):,} rows, outcome positive in {task.y.mean():.2%}.")
    say(f"Decision: contact {task.decision}. Model: {model}, AUC {with_interval(*auc)}.")
    for note in task.notes:
        say(f"Note: {note}.")
    rates, gaps = audited.frame(), audited.gaps()
    for attribute, told in audited.readings().items():
        show(rates_table(rates[rates["attribute"] == attribute], MAIN), f"Rates by {attribute}")
        own = gaps[gaps["attribute"] == attribute]
        show(gaps_table(own, MAIN), f"Gaps to {audited.reference[attribute]}")
        for line in told:
            say(f"- {line}")
    for caption, table in crossed_tables(audited, most=MOST_CROSSED):
        show(table, f"Two attributes at once. {caption}")
