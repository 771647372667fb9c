"""`python -m equipoise.crm`: write the extract of each recipe into datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equipoise.crm._extract import write_extract
from equipoise.exceptions import EquipoiseError


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="Recipes of this package; default: retail.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the extracts are.")] = Path("datasets"),
) -> None:
    """Write the first 1,000 customers of each world, with documents and checksums.

    The exit code is 2 if something is refused.
    """
    try:
        for name in names or ["retail"]:
            write_extract(name, folder / name)
            total = sum(path.stat().st_size for path in (folder / name).iterdir())
            typer.echo(f"{folder / name}  {total / 1000:.0f} KB")
    except EquipoiseError as refusal:
        typer.echo(f"equipoise: {refusal}", err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
