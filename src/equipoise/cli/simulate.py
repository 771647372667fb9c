"""`equipoise simulate`: fictional customers with known truth, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from equipoise.crm._recipes import Recipe

__all__ = ["run"]

CUSTOMERS, SEED = 20_000, 7


def run(
    out: Annotated[Path, typer.Option(help="Folder to write; must be empty or new.")],
    customers: Annotated[
        int | None, typer.Option(help=f"How many; {CUSTOMERS} if neither this nor a recipe says.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help=f"The same seed gives the same customers; {SEED} if nothing else says."),
    ] = None,
    distortion: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=DOSE:COLUMN=VALUE", help="historical_targeting=0.6:community=B"),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.yaml", help="retail is the course world. Instead of --distortion."
        ),
    ] = None,
    partitions: Annotated[
        int | None,
        typer.Option(help="Write each table as so many files, in bounded memory, without tasks."),
    ] = None,
    dask: Annotated[
        bool, typer.Option("--dask", help="Draw the partitions with dask, in threads.")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="With --dask: its scheduler, such as tcp://127.0.0.1:8786.")
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace files of the same names, and remove what an earlier run left here.",
        ),
    ] = False,
) -> None:
    """Simulate the customers of a fictional retailer, with their campaigns and their truth."""
    from equipoise._files import check_folder
    from equipoise.crm._partitions import write_partitions
    from equipoise.crm._records import draw_crm
    from equipoise.crm._scale import check_dask
    from equipoise.exceptions import InputError

    check_folder(out, overwrite=overwrite)
    world = _world(recipe, customers, seed, distortion)
    if partitions is None and dask:
        raise InputError("dask", "must come with partitions", "none", "Add --partitions 4.")
    check_dask(dask, scheduler)
    if partitions is None:
        crm = draw_crm(world.draws, world.settings)
        crm.write(out, overwrite=overwrite)
        typer.echo(f"{crm} in {out}. Next: equipoise audit {out / 'offer_response.yaml'}")
        return
    write_partitions(
        world.draws,
        world.settings,
        out,
        partitions=partitions,
        overwrite=overwrite,
        dask=dask,
        scheduler=scheduler,
    )
    typer.echo(f"{world.draws.customers:,} customers in {partitions} partitions in {out}.")


def _world(
    recipe: str | None, customers: int | None, seed: int | None, distortion: list[str] | None
) -> Recipe:
    """Return what to draw: a recipe with what was said otherwise, or what was said alone."""
    from equipoise.crm import RETAIL, parse_distortion
    from equipoise.crm._make import check_draws, check_settings
    from equipoise.crm._recipes import Recipe, read_recipe
    from equipoise.exceptions import InputError

    if recipe is not None and distortion:
        raise InputError(
            "distortion",
            "must not come with a recipe, which has its own",
            distortion[0],
            "Leave out one of the two.",
        )
    if recipe is None:
        distortions = [parse_distortion(text) for text in distortion or ()]
        settings = check_settings(distortions, RETAIL, "consent_less")
        return Recipe("", check_draws(_or(customers, CUSTOMERS), _or(seed, SEED)), settings)
    read = read_recipe(recipe)
    draws = check_draws(_or(customers, read.draws.customers), _or(seed, read.draws.seed))
    return Recipe(read.name, draws, read.settings)


def _or(said: int | None, otherwise: int) -> int:
    return otherwise if said is None else said
