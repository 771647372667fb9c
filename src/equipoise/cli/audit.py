"""`equipoise audit`: who is contacted, and who is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equipoise.cli._options import listed

if TYPE_CHECKING:
    from equipoise.fairness import TaskAudit

__all__ = ["run"]

MOST_CROSSED = 6


def run(
    task: Annotated[Path, typer.Argument(help="A task file; `equipoise describe` drafts one.")],
    model: Annotated[
        str, typer.Option(help="logistic, hist_gradient_boosting or explainable_boosting.")
    ] = "logistic",
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
    found = audit_task(posed, model=model, by=None if by is None else listed(by), seed=seed)
    if out is not None:
        audit_page(found).save(out)
    if as_json:
        typer.echo(json.dumps(_json(found), indent=2, allow_nan=False))
    else:
        _show(found)
    if out is not None and not as_json:
        typer.echo(f"Page: {out}")


def _json(found: TaskAudit) -> dict[str, Any]:
    """Return how the decisions came about, what they earn, and the audit by its own schema."""
    from equipoise.fairness.tables import interval_dict
    from equipoise.models import shown_date

    task, told, few = found.task, found.held_out, "not estimable (fewer than ten customers)"
    curve = found.profit
    euros: dict[str, Any] = {"profit_eur": {"value": None, "reason": "no euros in the task"}}
    if curve is not None:
        scale = 1000 / len(task)
        euros = {
            "profit_eur": interval_dict(*found.profit_eur, few),
            "trust_lost_eur": scale * curve.chosen.trust_lost_eur,
            "unit_of_euros": "per 1,000 decisions",
            "value": dict(curve.parameters),
        }
    return {
        "task": task.name,
        "model": found.model,
        "seed": found.seed,
        "decision": str(task.decision),
        "n": len(task),
        "split": told.order,
        "scored_from": None if told.cut is None else shown_date(told.cut),
        "auc": interval_dict(*found.auc, "not estimable (fewer than ten of an outcome)"),
        **euros,
        "notes": list(task.notes),
        **json.loads(found.audit.to_json()),
    }


def _show(found: TaskAudit) -> None:
    from equipoise.cli._tables import say, show
    from equipoise.fairness.profits import (
        how_scored,
        parameters_table,
        profit_lines,
        random_split_table,
    )
    from equipoise.fairness.tables import (
        MAIN,
        crossed_tables,
        gaps_table,
        rates_table,
        with_interval,
    )

    task, audited = found.task, found.audit
    say(f"{task.name}: {len(task):,} rows, outcome positive in {task.y.mean():.2%}.")
    say(f"{how_scored(found)} AUC {with_interval(*found.auc)}. Decision: contact {task.decision}.")
    for note in task.notes:
        say(f"Note: {note}.")
    if found.profit is not None:
        for line in profit_lines(found):
            say(f"- {line}")
        show(parameters_table(found.profit), "What the euros are made of")
    beside = random_split_table(found)
    if beside is not None:
        show(beside, "What a random split would have reported")
    rates, gaps = audited.frame(), audited.gaps()
    for attribute, told in audited.readings().items():
        show(rates_table(rates[rates["attribute"] == attribute], MAIN), f"Rates by {attribute}")
        own = gaps[gaps["attribute"] == attribute]
        show(gaps_table(own, MAIN), f"Gaps to {audited.reference[attribute]}")
        for line in told:
            say(f"- {line}")
    for caption, table in crossed_tables(audited, most=MOST_CROSSED):
        show(table, f"Two attributes at once. {caption}")
