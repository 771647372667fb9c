"""`equipoise sweep`: try models, mitigations and epsilons on the same customers."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equipoise.cli._options import listed, numbers

if TYPE_CHECKING:
    from equipoise.task import Task
    from equipoise.tradeoff import Plan, Sweep

__all__ = ["run"]

INTERRUPTED = 130


def run(
    task: Annotated[Path, typer.Argument(help="A task file; `equipoise describe` drafts one.")],
    epsilons: Annotated[
        str | None,
        typer.Option(
            help="Between commas; inf is the row without privacy. Required without plan or preset."
        ),
    ] = None,
    delta: Annotated[
        float | None, typer.Option(help="Required with a finite epsilon, such as 1e-6.")
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(help="Between commas; by default logistic,private_logistic."),
    ] = None,
    mitigations: Annotated[
        str | None, typer.Option(help="Between commas; by default none,reweighing.")
    ] = None,
    consent_policies: Annotated[
        str | None,
        typer.Option(
            help="Consent policies to compare, between commas; by default the task's own."
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Trainings of each policy; by default 5.")
    ] = None,
    attribute: Annotated[
        str | None, typer.Option(help="Sensitive attribute of gaps; by default the first.")
    ] = None,
    split_seed: Annotated[
        int | None, typer.Option(help="Splits the customers; by default 0.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="A plan; other options override it.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(metavar="quick|class|full", help="A known plan; other options override it."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes; -1 is one per core.")] = -1,
    scheduler: Annotated[
        str | None,
        typer.Option(help="A dask scheduler such as tcp://127.0.0.1:8786, or `local`."),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep/--no-keep",
            help="Keep finished cells in OUT.cells, so that the same command goes on from them.",
        ),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run and how long, then stop.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Parquet file to write.")] = Path("sweep.parquet"),
) -> None:
    """Measure every policy of a plan: euros, gaps and what one release would promise."""
    from equipoise._files import check_folder, check_writable
    from equipoise.cli._tables import say
    from equipoise.task import read_task
    from equipoise.tradeoff import SweepInterrupted, sweep
    from equipoise.tradeoff._engines import check_engine

    check_writable(out, suffix=".parquet")
    check_engine(jobs, scheduler)
    cells = out.with_name(f"{out.name}.cells") if keep else None
    if cells is not None:
        check_folder(cells, overwrite=True)
    said = {
        "epsilons": None if epsilons is None else numbers("--epsilons", epsilons),
        "delta": delta,
        "models": None if models is None else listed(models),
        "mitigations": None if mitigations is None else listed(mitigations),
        "consent_policies": None if consent_policies is None else listed(consent_policies),
        "seeds": seeds,
        "attribute": attribute,
        "split_seed": split_seed,
    }
    asked = _plan(plan, preset, {name: value for name, value in said.items() if value is not None})
    posed = read_task(task)
    asked = asked.for_task(posed)
    if dry_run:
        _list(asked)
    _announce(posed, asked, cells, jobs)
    if dry_run:
        return
    try:
        result = sweep(posed, asked, keep=cells, jobs=jobs, scheduler=scheduler, progress=True)
    except SweepInterrupted as stop:
        _save_partial(stop.partial, out, cells)
        raise typer.Exit(INTERRUPTED) from None
    result.save(out)
    _show(result)
    kept = "" if cells is None else f" Finished cells: {cells}, which may be removed."
    then = f"equipoise report {shlex.quote(str(out))} --limit epsilon=2 --out report.html"
    say(f"Sweep: {out}.{kept} Next: {then}")
    if (result.rows["status"] == "failed").any():
        raise typer.Exit(1)


def _plan(file: Path | None, preset: str | None, said: dict[str, Any]) -> Plan:
    """Return what was said, over what a file or a preset says."""
    from dataclasses import replace

    from equipoise.exceptions import InputError
    from equipoise.tradeoff import Plan, read_plan

    if file is not None and preset is not None:
        raise InputError("plan", "must not come with a preset", preset, "Leave out one of the two.")
    if preset is not None:
        return Plan.preset(preset, **said)
    if file is not None:
        return replace(read_plan(file), **said)
    if "epsilons" not in said:
        raise InputError(
            "epsilons",
            "must be given where there is neither a plan nor a preset",
            "none",
            "Add --epsilons 0.5,1,3,inf or --preset quick.",
        )
    return Plan(**said)


def _list(plan: Plan) -> None:
    import pandas as pd

    from equipoise.charts import epsilon_text
    from equipoise.cli._tables import show

    policies = pd.DataFrame(plan.policies())
    policies["epsilon"] = policies["epsilon"].map(epsilon_text)
    keys = ["consent_policy", "model", "mitigation"]
    show(policies.groupby(keys, sort=False, as_index=False).agg(", ".join), "Policies")


def _announce(task: Task, plan: Plan, cells: Path | None, jobs: int) -> None:
    """Say how many fits are ahead, and about how long they take; kept ones take no time."""
    from equipoise.cli._tables import say
    from equipoise.tradeoff import estimate
    from equipoise.tradeoff._kept import KeptCells, wanted_of

    there = 0 if cells is None else KeptCells.of(cells, task, plan).there(wanted_of(plan))
    kept = f"; {there:,} of them are kept in {cells}" if there else ""
    if there == plan.cells:
        say(f"{plan.cells:,} fits{kept}.")
    else:
        told = estimate(task, plan)
        say(f"{told if jobs == -1 else told.on(jobs)}{kept}.")


def _save_partial(partial: Sweep, out: Path, cells: Path | None) -> None:
    """Write what an interrupted sweep has, unless that is nothing, and say how to go on."""
    from equipoise.cli._tables import say

    ran = int((partial.rows["status"] != "not_run").sum())
    place = _beside_finished(out)
    if ran:
        partial.save(place)
    has = f"{place} has them, the others are rows `not_run`"
    written = has if ran else f"{out} is not written"
    then = "computes all cells anew" if cells is None else f"goes on from {cells}"
    say(f"Interrupted: {ran} of {len(partial.rows)} cells ran; {written}. The same command {then}.")


def _beside_finished(out: Path) -> Path:
    """Return where a partial sweep goes: not over a finished one, nor over anything else."""
    from equipoise.exceptions import InputError
    from equipoise.tradeoff import read_sweep

    if not out.exists():
        return out
    try:
        partial = read_sweep(out).rows["status"].eq("not_run").any()
    except InputError:
        partial = False
    return out if partial else out.with_name(f"{out.stem}.partial{out.suffix}")


def _show(result: Sweep) -> None:
    from equipoise.cli._tables import say, show
    from equipoise.tradeoff.tables import policies_table, profits_table

    policies = result.policies()
    table = policies_table(policies, example_euros=result.has_example_euros)
    if len(table):
        show(table, "Means over seeds on the choose-customers (epsilon inf: not private)")
    earned = profits_table(policies, example_euros=result.has_example_euros)
    if len(earned):
        show(earned, "What one model of each policy earns on the choose-customers (95 %)")
    rest = result.rows[result.rows["status"] != "ok"]
    for (status, note), cells in rest.groupby(["status", "note"], sort=False):
        say(f"{len(cells)} of {len(result.rows)} cells {status}: {note.rstrip('.')}.")
    say(str(result.manifest["internal"]))
