"""The report of a sweep and a choice: one page for people who do not code."""

from __future__ import annotations

import pandas as pd

from equipoise.pages import Block, Note, Page, Section, Table, Text
from equipoise.task import TaskFile
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._evidence import (
    audit_blocks,
    frontier_blocks,
    not_run_blocks,
    price_blocks,
)
from equipoise.tradeoff._measures import LARGER_IS_BETTER
from equipoise.tradeoff._promise import promise_blocks
from equipoise.tradeoff._report_choice import choice_blocks
from equipoise.tradeoff._report_consent import consent_blocks
from equipoise.tradeoff._report_effects import effects_blocks, orders_blocks
from equipoise.tradeoff._report_summary import summary
from equipoise.tradeoff._report_trust import trust_blocks
from equipoise.tradeoff._report_words import PRECISELY, titles_of
from equipoise.tradeoff._result import Sweep

__all__ = ["sweep_report"]


def sweep_report(sweep: Sweep, choice: Choice) -> Page:
    """Return the page, a summary first; sections that do not apply are left out.

    Parameters
    ----------
    sweep : Sweep
    choice : Choice
        What `choose` returned for this sweep.
    """
    sections = [
        Section("In short", [Text(summary(sweep, choice))]),
        Section("The question", [Text(_question(sweep))]),
        Section("The customers", _customers(sweep)),
        Section("Whom consent leaves out, and what it costs", consent_blocks(sweep, choice)),
        Section("Who is contacted, and who is left out", audit_blocks(sweep, choice)),
        Section("What can be had", frontier_blocks(sweep, choice)),
        Section("The choice", choice_blocks(sweep, choice)),
        Section("What bounds cost, and what noise costs", price_blocks(sweep)),
        Section("What an epsilon does to each group", effects_blocks(sweep, choice)),
        Section("Mitigation before, after or within private training", orders_blocks(sweep)),
        Section("Opt-outs and complaints", trust_blocks(sweep, choice)),
        Section("What is promised, and what is not", promise_blocks(sweep, choice)),
        Section("What did not run", not_run_blocks(sweep)),
        Section("What this page is", _about(sweep)),
    ]
    pick = "no policy satisfies the limits" if choice.policy is None else str(choice.policy)
    kept = [section for section in sections if section.blocks]
    return Page(f"Trade-off report: {sweep.task.name}", f"The pick: {pick}.", kept)


def _question(sweep: Sweep) -> list[str]:
    task = sweep.task
    lines = [
        task.question,
        f"Decision: contact {task.decision}. Gaps are between groups of {sweep.attribute}.",
    ]
    value = task.value
    if value is None:
        return [*lines, "The task has no euros, so policies are compared by how well they rank."]
    worth = (
        f"A contacted customer with the outcome is worth {value.won_per_positive:g}\u00a0€, less "
        f"{value.discount_per_positive:g}\u00a0€ of discount; each contact costs "
        f"{value.cost_per_contact:g}\u00a0€. {_credit(task)}"
    )
    if value.trust_lost_per_contact:
        worth += (
            f" Opt-outs and complaints cost another {value.trust_lost_per_contact:.2g}\u00a0€ of trust "
            "a contact, as declared; that is no part of profit."
        )
    if sweep.has_example_euros:
        worth += (
            " These euros are drafted examples that nobody has confirmed: every profit on this page "
            "is an example too."
        )
    return [*lines, worth]


def _credit(task: TaskFile) -> str:
    """Say what profit credits to a contact."""
    if task.treatment is not None and task.treatment_probability is not None:
        return (
            "Profit is what contacts add over contacting nobody, estimated from whom the campaign "
            "left alone, weighted by known probabilities."
        )
    return "Profit credits every such outcome to the contact, not only those that it caused."


def _parts(sweep: Sweep) -> str:
    if sweep.manifest["dated"]:
        return "Models are fitted on earlier rows; nobody is both chosen and confirmed with"
    return "Each customer is in one part only"


def _customers(sweep: Sweep) -> list[Block]:
    facts, attribute = sweep.manifest, sweep.attribute
    split, outcome = facts["split"], sweep.task.outcome
    reference = sweep.task.groups[attribute].reference
    rows = [
        (f"{group} (reference)" if group == reference else group, f"{n:,}")
        for group, n in facts["group_sizes"][attribute].items()
    ]
    return [
        Text(
            [
                f"{facts['rows']:,} rows of {facts['customers']:,} customers; the recorded outcome "
                f"{outcome.column} is positive in {facts['base_rate']:.1%}. "
                f"{_parts(sweep)}: {split['fit']:,} rows to fit, {split['choose']:,} to choose with, "
                f"{split['confirm']:,} to confirm.",
                "What is recorded is not always true: an outcome that past contacts or records "
                "distorted distorts every figure here, and no interval shows it.",
                *(f"Limit of the data: {note}." for note in facts["notes"]),
            ]
        ),
        Table(pd.DataFrame(rows, columns=[attribute, "rows"]), f"Rows by {attribute}."),
    ]


def _about(sweep: Sweep) -> list[Block]:
    facts = sweep.manifest
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    seeds = ", ".join(map(str, facts["seeds"]))
    measures = [
        (name, title, PRECISELY[name], "at least" if name in LARGER_IS_BETTER else "at most")
        for name, title in {"epsilon": "Epsilon", **titles_of(sweep)}.items()
    ]
    columns = ["name in limits", "what it is", "more precisely", "a limit says"]
    return [
        Note(facts["internal"]),
        Table(
            pd.DataFrame(measures, columns=columns),
            "Measures, by the names that limits use.",
        ),
        Text(
            [
                f"Training seeds {seeds}; customers split with seed {facts['plan']['split_seed']}. "
                f"Sweep {facts['digest'][:12]}, task {facts['task_digest'][:12]}.",
                f"Versions: {versions}.",
            ]
        ),
    ]
