"""What a task's decisions earn, as text: sentences, parameters, and a random split beside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.fairness._task import TaskAudit
from equipoise.fairness.tables import named, with_interval
from equipoise.intervals import Interval
from equipoise.models import shown_date
from equipoise.models.value import ProfitCurve

__all__ = ["how_scored", "parameters_table", "profit_lines", "random_split_table"]

SHOWN = {
    "won_per_positive": "won where the outcome is positive, €",
    "discount_per_positive": "discount in that case, €",
    "cost_per_contact": "cost of a contact, €",
    "budget_eur": "budget for contacts, €",
    "opt_outs_per_contact": "opt-outs that a contact causes",
    "lost_per_opt_out": "lost by an opt-out, €",
    "complaints_per_contact": "complaints that a contact causes",
    "lost_per_complaint": "lost by a complaint, €",
    "source": "who says so",
    "profit": "profit is",
}
ALWAYS = ("won_per_positive", "cost_per_contact")
"""Said even where they are zero; of the others zero means that there is none."""

ROWS = {"all": "what each split scores", "later": "the same later rows"}


def how_scored(found: TaskAudit) -> str:
    """Say in a sentence which model scored whom."""
    told = found.held_out
    if told.cut is None:
        return f"A {found.model} model scores each customer without having seen them."
    unknown = (
        f" ({told.unknown:,} whose outcome was not yet known left out)" if told.unknown else ""
    )
    return (
        f"A {found.model} model of {told.fitted:,} earlier rows{unknown} scores the rows from "
        f"{shown_date(told.cut)} on."
    )


def profit_lines(found: TaskAudit) -> list[str]:
    """Say what the decision earns, beside other cuts, with trust lost as a line of its own."""
    curve = found.profit
    if curve is None:
        return []
    unit, rows = _unit(curve), len(found.task)
    scale = 1000 / rows
    everyone = curve.at(1.0)
    lines = [
        f"Profit: {_euros(found.profit_eur, unit)} per 1,000 decisions, with "
        f"{curve.chosen.share:.1%} contacted; {curve.chosen.profit_eur:,.0f} {unit} for all "
        f"{rows:,}. How it is counted: {curve.parameters['profit']}.",
        f"Contacting everyone: {_euros(_scaled(everyone, scale), unit)} per 1,000; nobody: 0 {unit}.",
        "The most profitable cut, found on other customers than it is paid on: "
        f"{_euros(Interval(*(scale * side for side in curve.best_elsewhere)), unit)} per 1,000.",
    ]
    if curve.parameters["opt_outs_per_contact"] or curve.parameters["complaints_per_contact"]:
        lines.append(
            f"Trust lost, not part of profit: {scale * curve.chosen.trust_lost_eur:,.0f} {unit} per "
            "1,000 decisions, as the task declares opt-outs and complaints."
        )
    return lines


def parameters_table(curve: ProfitCurve) -> pd.DataFrame:
    """Return everything that the euros depend on, as text."""
    given = {name: curve.parameters[name] for name in SHOWN}
    rows = [
        (SHOWN[name], f"{value:,.10g}" if isinstance(value, int | float) else str(value))
        for name, value in given.items()
        if name in ALWAYS or value not in (None, 0)
    ]
    return pd.DataFrame(rows, columns=["parameter", "value"])


def random_split_table(found: TaskAudit) -> pd.DataFrame | None:
    """Return what a random split would have reported beside what later rows show, as text."""
    if found.beside is None:
        return None
    rows = [
        (
            named(row.measure),
            ROWS[row.rows],
            row.note or _number(row.time, row.time_low, row.time_high),
            row.note or _number(row.random, row.random_low, row.random_high),
            row.note or _number(row.difference, row.low, row.high, sign="+"),
        )
        for row in found.beside.frame().itertuples()
    ]
    columns = ["measure", "of", "split by date", "random split", "random split flatters by"]
    return pd.DataFrame(rows, columns=columns)


def _unit(curve: ProfitCurve) -> str:
    return "example €" if curve.parameters["source"] == "example" else "€"


def _scaled(cut: object, scale: float) -> Interval:
    return Interval(*(scale * getattr(cut, side) for side in ("profit_eur", "low", "high")))


def _euros(told: Interval, unit: str) -> str:
    if not np.isfinite(told.low):
        return f"{told.value:,.0f} {unit} (no interval: too few customers)"
    return f"{told.value:,.0f} [{told.low:,.0f}, {told.high:,.0f}] {unit}"


def _number(value: float, low: float, high: float, sign: str = "") -> str:
    if abs(value) < 10:
        return (
            with_interval(value, low, high)
            if not sign
            else f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"
        )
    return f"{value:{sign},.0f} [{low:{sign},.0f}, {high:{sign},.0f}]"
