"""`equipoise ship`: release the chosen policy, charged to a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equipoise.cli._options import listed

if TYPE_CHECKING:
    from equipoise.privacy import Ledger

__all__ = ["run"]


def run(
    choice: Annotated[Path, typer.Argument(help="What `equipoise report --choice` wrote.")],
    task: Annotated[Path, typer.Argument(help="The task file that the sweep was run on.")],
    ledger: Annotated[
        Path,
        typer.Option(help="The ledger file of these customers. A new one needs both caps."),
    ],
    purpose: Annotated[
        str, typer.Option(help="What the model may be used for, such as personalised_offers.")
    ],
    out: Annotated[Path, typer.Option(help="JSON file to write; must be new.")],
    epsilon_cap: Annotated[
        float | None, typer.Option(help="Of a new ledger: the most over all releases.")
    ] = None,
    delta_cap: Annotated[float | None, typer.Option(help="Of a new ledger, such as 1e-6.")] = None,
    what: Annotated[str | None, typer.Option(help="What the ledger calls the release.")] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            help="Between commas: the groups that there can be, where the policy has a mitigation. "
            "Without it they are read off the customers, which no guarantee covers."
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Ship a decision a second time; it costs again.")
    ] = False,
) -> None:
    """Refit the chosen policy with fresh noise, charge the ledger once, and write the release."""
    from equipoise._files import check_writable
    from equipoise.cli._tables import say
    from equipoise.exceptions import EquipoiseError
    from equipoise.task import read_task
    from equipoise.tradeoff import read_policy
    from equipoise.tradeoff.ways_out import ship

    check_writable(out, suffix=".json")
    picked, posed = read_policy(choice), read_task(task)
    is_new = not ledger.exists()
    terms = {"unit": posed.file.unit, "adjacency": (picked.guarantee or {}).get("adjacency")}
    book = _ledger(ledger, epsilon_cap, delta_cap, terms)
    try:
        shipped = ship(
            picked,
            posed,
            ledger=book,
            purpose=purpose,
            what=what,
            out=out,
            again=again,
            groups=None if groups is None else listed(groups),
        )
    except EquipoiseError:
        if is_new and book.frame().empty:
            ledger.unlink()  # a refusal leaves nothing behind
        raise
    for line in shipped.release.explain():
        say(line)
    say(f"Ledger: {ledger} ({book.adjacency}), entry {shipped.spend.number}. {_left(book)}")
    say(f"Release: {out}. The same model again is this file; another fit costs again.")


def _left(book: Ledger) -> str:
    left = book.remaining()
    if not left.epsilon and not left.pure_epsilon:
        return "Nothing is left: no further release fits, over all purposes."
    told = f"Left over all purposes: epsilon {left.epsilon:g} with delta {left.delta:g}"
    pure = f", or epsilon {left.pure_epsilon:g} with delta 0"
    return f"{told}{pure if left.pure_epsilon != left.epsilon else ''}."


def _ledger(
    path: Path, epsilon: float | None, delta: float | None, terms: Mapping[str, Any]
) -> Ledger:
    from equipoise.exceptions import InputError
    from equipoise.privacy import Ledger

    if not path.exists() and (epsilon is None or delta is None):
        raise InputError(
            "--ledger",
            "must be an existing ledger, unless it is given caps",
            path,
            "Add --epsilon-cap and --delta-cap to start one, such as 3 and 1e-5.",
        )
    return Ledger(path, epsilon, delta, **({} if path.exists() else terms))
