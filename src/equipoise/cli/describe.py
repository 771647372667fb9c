"""`equipoise describe`: draft a task file from a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from equipoise._checks import check_number
from equipoise._files import atomic_file, check_writable
from equipoise.cli._options import listed, pair_of_numbers, pairs
from equipoise.exceptions import InputError

if TYPE_CHECKING:
    from equipoise.task import Value

__all__ = ["run"]


def run(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet, DuckDB or SQLite file.")],
    outcome: Annotated[str, typer.Option(help="Column to predict.")],
    positive: Annotated[str, typer.Option(help="Its positive value.")],
    groups: Annotated[str, typer.Option(help="Sensitive attributes, between commas.")],
    unit: Annotated[str, typer.Option(help="Column that says whose row it is.")],
    table: Annotated[str | None, typer.Option(help="Table of a database file.")] = None,
    negative: Annotated[
        list[str] | None, typer.Option(help="Negative values, if the outcome has more than two.")
    ] = None,
    bounds: Annotated[
        list[str] | None, typer.Option(metavar="COL=LOW:HIGH", help="Known without looking.")
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(metavar="COL=VALUE|drop|refuse", help="What becomes of blanks."),
    ] = None,
    time: Annotated[str | None, typer.Option(help="Column of dates.")] = None,
    weights: Annotated[str | None, typer.Option(help="Column of weights.")] = None,
    treatment: Annotated[str | None, typer.Option(help="Column of 0 and 1: was contacted.")] = None,
    treatment_probability: Annotated[
        str | None, typer.Option(help="Column, or a number such as 0.85: how probable that was.")
    ] = None,
    opted_out: Annotated[
        str | None, typer.Option(help="Column of 0 and 1: opted out after the contact.")
    ] = None,
    complained: Annotated[
        str | None, typer.Option(help="Column of 0 and 1: complained after the contact.")
    ] = None,
    won: Annotated[
        float | None, typer.Option(help="Euros won when a contacted customer is positive.")
    ] = None,
    discount: Annotated[
        float | None, typer.Option(help="Euros given away in that case; by default 0.")
    ] = None,
    contact_cost: Annotated[float | None, typer.Option(help="Euros spent on each contact.")] = None,
    out: Annotated[Path, typer.Option(help="Task file to write.")] = Path("task.yaml"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an edited file.")] = False,
) -> None:
    """Draft a commented task file that runs as it is."""
    from equipoise.cli._tables import say
    from equipoise.task import describe

    check_writable(out)
    text = describe(
        file,
        outcome=outcome,
        positive=positive,
        groups=listed(groups),
        unit=unit,
        table=table,
        negative=negative or (),
        bounds={
            n: pair_of_numbers("--bounds", v) for n, v in pairs("--bounds", bounds or ()).items()
        },
        missing=pairs("--missing", missing or ()),
        time=time,
        weights=weights,
        treatment=treatment,
        treatment_probability=treatment_probability,
        opted_out=opted_out,
        complained=complained,
        value=_value(won, discount, contact_cost),
        folder=out.parent,
    )
    if out.is_file() and out.read_text(encoding="utf-8") != text and not overwrite:
        raise InputError(
            "out",
            "must not be an edited task file",
            out,
            "Choose another name or pass --overwrite.",
        )
    with atomic_file(out) as part:
        part.write_text(text, encoding="utf-8")
    say(f'Drafted {out}. Read the lines marked "check me", then: equipoise audit {out}')


def _value(won: float | None, discount: float | None, contact_cost: float | None) -> Value | None:
    from equipoise.task import Value

    if won is None and discount is None and contact_cost is None:
        return None
    if won is None or contact_cost is None:
        raise InputError(
            "--won and --contact-cost",
            "must be given together",
            "--discount alone" if won is None and contact_cost is None else "one of them",
            "Give both, in euros.",
        )
    euros = {"--won": won, "--discount": discount or 0.0, "--contact-cost": contact_cost}
    for option, amount in euros.items():
        check_number(option, amount, low=0.0, next_move="Give an amount in euros.")
    return Value(
        won_per_positive=won, discount_per_positive=discount or 0.0, cost_per_contact=contact_cost
    )
