"""A world too large for memory: drawn and written part by part, the same rows for any number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from equipoise._checks import check_whole
from equipoise._files import atomic_folder
from equipoise.crm._described import described
from equipoise.crm._life import Settings
from equipoise.crm._manifest import COMPRESSION, MANIFEST, write_manifest
from equipoise.crm._records import CRM, draw_crm
from equipoise.crm._scale import check_dask, each_with_dask
from equipoise.crm._schema import TABLES
from equipoise.crm._streams import Draws
from equipoise.crm._writing import write_documents
from equipoise.exceptions import InputError

__all__ = ["check_partitions", "partition", "write_partition", "write_partitions"]

CUSTOMERS_AT_ONCE = 25_000
"""How many are drawn together. This, not the number of partitions, bounds the memory."""

COUNTED = 20_000
"""The datasheet's figures, but for rows, are counted from the first so many customers."""

PREFACE = """\
> This folder holds the customers in {partitions} partitions, each a range of them. A table is the files of
> its folder one after the other; `campaigns` has one file, and `manifest.json` the rows of each. The
> truth is in `truth/latents` and `truth/members`. There are no task files: a task needs whole tables.

"""


def write_partitions(
    draws: Draws,
    settings: Settings,
    folder: str | Path,
    *,
    partitions: int,
    overwrite: bool = False,
    dask: bool = False,
    scheduler: str | None = None,
) -> None:
    """Write ``<table>/part-00000.parquet`` and on, the truth likewise, and the documents.

    A partition is a range of customers; their sizes differ by 1 at most. It depends on the seed
    and on its customers alone, so the partitions of a table one after the other are the table,
    whatever their number and whoever draws them. There are no task files: a task needs whole
    tables.

    Parameters
    ----------
    draws : Draws
        The whole world.
    settings : Settings
        Its behaviour, consent and distortions.
    folder : str or Path
        New or empty, unless `overwrite`. Either all files appear in it or none.
    partitions : int
        From 1 to the number of customers.
    overwrite : bool
        Replace files of the same names, and remove what an earlier run wrote here and this one
        does not, unless it was changed since.
    dask : bool
        Draw each partition as a task of dask, by default in threads of this process.
    scheduler : str, optional
        Address of a dask scheduler whose workers see the same folder, such as
        ``"tcp://127.0.0.1:8786"``.

    Raises
    ------
    InputError
        If the world cannot be drawn in parts, there are more parts than customers, the folder is
        not empty, no scheduler answers at the address, or its workers write elsewhere.
    MissingExtraError
        If dask is asked for and not installed.
    """
    partitions = check_partitions(draws, settings, partitions)
    check_dask(dask, scheduler)
    with atomic_folder(folder, overwrite=overwrite, manifest=MANIFEST) as part:
        one = partial(write_partition, draws, settings, part.absolute(), partitions)
        if dask:
            each_with_dask(one, range(partitions), scheduler)
            _check_all_here(part, partitions, scheduler)
        else:
            for number in range(partitions):
                one(number)
        counted = draw_crm(replace(draws, customers=min(draws.customers, COUNTED)), settings)
        about = described(counted, customers=draws.customers, rows=_rows(part))
        write_documents(about, part, preface=PREFACE.format(partitions=partitions))
        write_manifest(part, draws, settings, partitions=partitions)


def check_partitions(draws: Draws, settings: Settings, partitions: int) -> int:
    """Refuse a number of partitions, or a world that cannot be drawn in any."""
    partitions = check_whole("partitions", partitions, low=1, next_move="Use 1, or a few.")
    if partitions > draws.customers:
        rule = f"must be at most the number of customers ({draws.customers})"
        raise InputError("partitions", rule, partitions, "Use fewer.")
    for each in settings.distortions:
        if each.needs_everyone:
            raise InputError(
                "partitions",
                f"must be left out with {each.name}, whose model learns from all customers at once",
                partitions,
                "Leave out one of the two.",
            )
    return partitions


def partition(draws: Draws, partitions: int, number: int) -> Draws:
    """Return the customers of one partition, numbered from 0.

    Examples
    --------
    >>> [partition(Draws(7, 1, 10), 3, number).customers for number in range(3)]
    [4, 3, 3]
    >>> partition(Draws(7, 1, 10), 3, 2).first
    8
    """
    size, larger = divmod(draws.customers, partitions)
    first = draws.first + number * size + min(number, larger)
    return replace(draws, first=first, customers=size + (number < larger))


def write_partition(
    draws: Draws, settings: Settings, folder: Path, partitions: int, number: int
) -> None:
    """Write one partition of every table into `folder`, a row group for each few customers."""
    with ExitStack() as files:
        writers: dict[str, pq.ParquetWriter] = {}
        for crm in _drawn_in_turn(partition(draws, partitions, number), settings):
            for name, frame in _frames(crm, with_campaigns=number == 0 and not writers).items():
                rows = pa.Table.from_pandas(frame, preserve_index=False)
                if name not in writers:
                    path = folder / name / f"part-{number:05d}.parquet"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    writer = pq.ParquetWriter(path, rows.schema, compression=COMPRESSION)
                    writers[name] = files.enter_context(writer)
                writers[name].write_table(rows)


def _check_all_here(folder: Path, partitions: int, scheduler: str | None) -> None:
    """Refuse what workers wrote somewhere else."""
    here = len(list(folder.glob("individuals/part-*.parquet")))
    if here < partitions:
        raise InputError(
            "scheduler",
            "must have workers that write to this machine's folder",
            f"{here} of {partitions} partitions from {scheduler}",
            "Share the folder with them, or leave the scheduler out.",
        )


def _drawn_in_turn(draws: Draws, settings: Settings) -> Iterator[CRM]:
    """Draw a range of customers, so many at once as memory is meant to hold."""
    after = draws.first + draws.customers
    for first in range(draws.first, after, CUSTOMERS_AT_ONCE):
        customers = min(CUSTOMERS_AT_ONCE, after - first)
        yield draw_crm(replace(draws, first=first, customers=customers), settings)


def _frames(crm: CRM, *, with_campaigns: bool) -> dict[str, pd.DataFrame]:
    """Return what a partition holds; the campaigns are the same for all and stand in the first."""
    tables = {name: table for name, table in crm.tables.items() if name != "campaigns"}
    campaigns = {"campaigns": crm.tables["campaigns"]} if with_campaigns else {}
    truth = {"truth/latents": crm.truth.latents, "truth/members": crm.truth.members}
    return {**tables, **campaigns, **truth}


def _rows(folder: Path) -> dict[str, int]:
    """Return the rows of each table, over all its files."""
    return {
        name: sum(pq.read_metadata(path).num_rows for path in (folder / name).iterdir())
        for name in TABLES
    }
