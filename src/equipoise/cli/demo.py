"""`equipoise demo`: the whole path once, on customers whose truth is known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from equipoise.crm import CRM
    from equipoise.fairness import Audit

__all__ = ["run"]

DISTORTION = "historical_targeting=0.6:community=B"
ATTRIBUTE = "community"
LIMITS = {"epsilon": 2.0, "selection_gap": 0.1}


def run(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("out/demo"),
    customers: Annotated[int, typer.Option(help="How many to simulate.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seeds the customers, the folds and the split.")] = 7,
    seeds: Annotated[int, typer.Option(help="Trainings of each policy.")] = 5,
) -> None:
    """Simulate, train, audit, add privacy, sweep, choose, and write the report."""
    from equipoise._files import atomic_file, check_folder
    from equipoise.charts import draw_frontier
    from equipoise.cli._tables import say, show
    from equipoise.crm import make_crm, parse_distortion
    from equipoise.fairness import audit_page, audit_task
    from equipoise.fairness.profits import profit_lines
    from equipoise.fairness.tables import with_interval
    from equipoise.task import read_task
    from equipoise.tradeoff import Plan, choose, sweep, sweep_report
    from equipoise.tradeoff.tables import policies_table, profits_table

    say(f"1  Customers: {customers:,} fictional ones, seed {seed}, with {DISTORTION}")
    check_folder(out, overwrite=True)
    crm = make_crm(customers=customers, seed=seed, distortions=[parse_distortion(DISTORTION)])
    crm.write(out / "customers", overwrite=True)
    task = read_task(out / "customers" / "offer_response.yaml")
    say(f"2  Task: {task.file.question} Contact {task.decision}.")
    found = audit_task(task, seed=seed)
    audit_page(found).save(out / "audit.html")
    say(
        f"3  Audit of a plain logistic model (AUC {with_interval(*found.auc)}) on those who opted in, "
        "beside the response of all who were eligible:"
    )
    for line in profit_lines(found)[:1]:
        say(f"- {line}")
    show(_beside_truth(crm, found.audit), f"Gaps to {task.reference[ATTRIBUTE]} by {ATTRIBUTE}")
    say("4  Sweep: models, mitigations and epsilons on the same customers")
    plan = Plan(
        epsilons=(0.1, 0.3, 1.0, 3.0, math.inf),
        delta=1e-6,
        seeds=seeds,
        attribute=ATTRIBUTE,
        split_seed=seed,
    )
    result = sweep(task, plan, progress=True)
    result.save(out / "sweep.parquet")
    show(
        policies_table(result.policies()),
        "Means over seeds on the choose-customers (epsilon inf: not private)",
    )
    show(
        profits_table(result.policies()),
        "What one model of each policy earns on the choose-customers (95 %)",
    )
    choice = choose(result, LIMITS)
    choice.save(out / "choice.json")
    sweep_report(result, choice).save(out / "report.html")
    drawn = draw_frontier(choice.candidates, larger=choice.maximise, pick=choice.policy)
    with atomic_file(out / "frontier.svg") as part:
        part.write_text(drawn.svg, encoding="utf-8")
    say("5  Choice within epsilon ≤ 2 and a largest gap in contact rate of at most 0.1:")
    for reason in choice.reasons:
        say(f"- {reason}")
    say(f"Open {out / 'report.html'} (the trade-off) and {out / 'audit.html'} (who is left out).")
    say(
        f"The frames lie beside them: {out / 'sweep.parquet'} and its companions, {out / 'customers'}. "
        "All of it is internal: computed from the customers without noise."
    )


def _beside_truth(crm: CRM, audited: Audit) -> pd.DataFrame:
    """Put recorded and undistorted outcome rates beside the contact gap of a model."""
    import pandas as pd

    truth = crm.injected_gap(ATTRIBUTE)
    gaps = audited.gaps().query("attribute == @ATTRIBUTE and metric == 'selection_rate'")
    told = {
        row.group: f"{row.gap:+.3f} [{row.low:+.3f}, {row.high:+.3f}]" for row in gaps.itertuples()
    }
    return pd.DataFrame(
        {
            "group": truth["group"],
            "recorded response": truth["recorded_rate"].map("{:.3f}".format),
            "without the distortion": truth["undistorted_rate"].map("{:.3f}".format),
            "injected": truth["injected"].map("{:+.3f}".format),
            "contact gap": truth["group"].map(told).fillna("reference"),
        }
    )
