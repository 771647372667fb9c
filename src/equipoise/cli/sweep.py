"""`equipoise sweep`: try models, mitigations and epsilons on the same customers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equipoise.cli._options import listed, numbers

__all__ = ["run"]


def run(
    task: Annotated[Path, typer.Argument(help="A task file; `equipoise describe` drafts one.")],
    epsilons: Annotated[str, typer.Option(help="Between commas; inf is the row without privacy.")],
    delta: Annotated[
        float | None, typer.Option(help="Required with a finite epsilon, such as 1e-6.")
    ] = None,
    models: Annotated[
        str, typer.Option(help="Between commas.")
    ] = "logistic,private_logistic,diffprivlib_logistic",
    mitigations: Annotated[str, typer.Option(help="Between commas.")] = "none,reweighing",
    seeds: Annotated[int, typer.Option(help="Trainings of each policy.")] = 5,
    attribute: Annotated[
        str | None, typer.Option(help="Sensitive attribute of gaps; by default the first.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes; -1 is one per core.")] = -1,
    out: Annotated[Path, typer.Option(help="Parquet file to write.")] = Path("sweep.parquet"),
) -> None:
    """Measure every policy of a plan: euros, gaps and what one release would promise."""
    from equipoise._files import check_writable
    from equipoise.cli._tables import say, show
    from equipoise.task import read_task
    from equipoise.tradeoff import Plan, policies_table, profits_table, sweep

    check_writable(out, suffix=".parquet")
    plan = Plan(
        epsilons=numbers("--epsilons", epsilons),
        delta=delta,
        models=listed(models),
        mitigations=listed(mitigations),
        seeds=seeds,
        attribute=attribute,
    )
    result = sweep(read_task(task), plan, jobs=jobs, progress=True)
    result.save(out)
    table = policies_table(result.policies(), example_euros=result.has_example_euros)
    show(table, "Means over seeds on the choose-customers (epsilon inf: not private)")
    earned = profits_table(result.policies(), example_euros=result.has_example_euros)
    if len(earned):
        show(earned, "What one model of each policy earns on the choose-customers (95 %)")
    rest = result.rows[result.rows["status"] != "ok"]
    for (status, note), cells in rest.groupby(["status", "note"], sort=False):
        say(f"{len(cells)} of {len(result.rows)} cells {status}: {note.rstrip('.')}.")
    say(str(result.manifest["internal"]))
    say(f"Sweep: {out}. Next: equipoise report {out} --limit epsilon=2 --out report.html")
    if (result.rows["status"] == "failed").any():
        raise typer.Exit(1)
