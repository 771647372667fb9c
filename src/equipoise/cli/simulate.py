"""`equipoise simulate`: fictional customers with known truth, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    out: Annotated[Path, typer.Option(help="Folder to write; must be empty or new.")],
    customers: Annotated[int, typer.Option(help="How many.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same customers.")] = 7,
    distortion: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=DOSE:COLUMN=VALUE", help="historical_targeting=0.6:community=B"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files of the same names.")
    ] = False,
) -> None:
    """Simulate the customers of a fictional retailer, with one campaign and its truth."""
    from equipoise._files import check_folder
    from equipoise.crm import make_crm, parse_distortion

    check_folder(out, overwrite=overwrite)
    distortions = [parse_distortion(text) for text in distortion or ()]
    crm = make_crm(customers=customers, seed=seed, distortions=distortions)
    crm.write(out, overwrite=overwrite)
    typer.echo(f"{crm} in {out}. Next: equipoise audit {out / 'offer_response.yaml'}")
