"""Drawing a world and writing it, beside the least that numpy and pyarrow need, and beside mimesis.

    .venv/bin/python benchmarks/simulator.py [--customers 1000000] [--stream 1000000]

The peer of speed is numpy's generator drawing as many numbers of the same distributions, and
pyarrow writing the same tables; both are measured in this run. The other peers are Faker, if it
is installed (it is no dependency), and mimesis: libraries of fake values that make rows one after
the other, here of the same width and kind. `--stream` is how many customers `equipoise simulate`
writes in a process of its own whose memory is watched.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from demo import measured
from mimesis import Field, Schema

from equipoise.crm import _streams as streams
from equipoise.crm import make_crm
from equipoise.crm._behaviour import RETAIL
from equipoise.crm._make import check_draws, check_settings
from equipoise.crm._manifest import COMPRESSION
from equipoise.crm._partitions import CUSTOMERS_AT_ONCE
from equipoise.crm._recipes import read_recipe
from equipoise.crm._recording import record
from equipoise.crm._records import draw_crm
from equipoise.crm._schema import END_DATE, START_DATE
from equipoise.crm._world import simulate

SEED = 7
BLOCK = 1_000_000
FAKE_ROWS = 20_000
GB = 1e9


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--customers", type=int, default=1_000_000)
    asked.add_argument("--stream", type=int, default=1_000_000)
    options = asked.parse_args()
    streamed = stream(options.stream)  # first, while this process is small
    drawn = draw_and_write(options.customers)
    numpy_seconds = sum(numpy_draws(kind, count) for kind, count in drawn["variates"].items())
    variates = sum(drawn["variates"].values())
    ours = drawn["draw"] + drawn["convert"] + drawn["write"]
    least = numpy_seconds + drawn["write"]
    width = round(drawn["cells"] / drawn["rows"])
    rows = drawn["rows"] / drawn["draw"]
    mimesis, faker = mimesis_rows(width), faker_rows(width)
    n = f"{options.customers:,}"
    table = [
        (f"{n} customers, nine tables: drawn and written", f"{ours:.1f} s", ""),
        ("… of it drawing", f"{drawn['draw']:.1f} s", ""),
        ("… from pandas to Arrow", f"{drawn['convert']:.1f} s", ""),
        (f"… writing {drawn['bytes'] / GB:.2f} GB of Parquet", f"{drawn['write']:.1f} s", ""),
        (f"numpy draws {variates / 1e6:,.0f} million numbers", f"{numpy_seconds:.1f} s", ""),
        ("numpy and pyarrow together", f"{least:.1f} s", ""),
        ("**ours beside numpy and pyarrow**", f"**{ours / least:.1f} times**", "at most 6"),
        ("drawing beside numpy alone", f"{drawn['draw'] / numpy_seconds:.1f} times", ""),
        (f"rows a second in memory, {width} columns on average", f"{rows:,.0f}", ""),
        (f"mimesis, the same with {width} columns", f"{mimesis:,.0f}", ""),
        ("ours beside mimesis", f"{rows / mimesis:,.0f} times", ""),
        (
            f"Faker, the same with {width} columns",
            f"{faker:,.0f}" if faker else "not installed",
            "",
        ),
        ("**ours beside Faker**", f"**{rows / faker:,.0f} times**" if faker else "", "at least 50"),
        (f"`simulate --customers {options.stream} --partitions 8`, truth too", streamed[0], ""),
        ("**its memory at most**", f"**{streamed[1]}**", "below 2 GB"),
        ("20,000 customers, clean", f"{seconds_of(20_000):.2f} s", "below 2 s"),
        ("20,000 customers of the recipe retail", f"{seconds_of_recipe():.2f} s", "below 2 s"),
    ]
    print("| what | measured | aim |\n|---|---|---|")
    print("\n".join(f"| {what} | {found} | {aim} |" for what, found, aim in table))


def stream(customers: int) -> tuple[str, str]:
    """Return the seconds and the peak memory of the command itself."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "equipoise", "simulate", "--customers", str(customers)]
        more = ["--partitions", "8", "--out", str(Path(folder, "out"))]
        seconds, peak = measured([*command, *more])
    return f"{seconds:.0f} s", f"{peak:.2f} GB"


def draw_and_write(customers: int) -> dict[str, float | Counter]:
    """Draw the nine tables part by part and write them; seconds by act, and what was drawn."""
    found: dict[str, float | Counter] = dict.fromkeys(("draw", "convert", "write"), 0.0)
    found |= {"rows": 0, "cells": 0}
    draws = check_draws(customers, SEED)
    settings = check_settings([], RETAIL, "consent_less")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        found["variates"] = stack.enter_context(counting())
        writers: dict[str, pq.ParquetWriter] = {}
        for first in range(1, customers + 1, CUSTOMERS_AT_ONCE):
            size = min(CUSTOMERS_AT_ONCE, customers + 1 - first)
            started = time.perf_counter()
            tables = record(simulate(replace(draws, first=first, customers=size), settings), ())
            drawn = time.perf_counter()
            arrow = {name: pa.Table.from_pandas(table, preserve_index=False)
                     for name, table in tables.items() if name != "campaigns"}  # fmt: skip
            converted = time.perf_counter()
            for name, rows in arrow.items():
                if name not in writers:
                    writer = pq.ParquetWriter(
                        Path(folder, name), rows.schema, compression=COMPRESSION
                    )
                    writers[name] = writer
                writers[name].write_table(rows)
            found["write"] += time.perf_counter() - converted
            found["draw"] += drawn - started
            found["convert"] += converted - drawn
            found["rows"] += sum(rows.num_rows for rows in arrow.values())
            found["cells"] += sum(rows.num_rows * rows.num_columns for rows in arrow.values())
        ending = time.perf_counter()
        for writer in writers.values():
            writer.close()
        found["write"] += time.perf_counter() - ending
        found["bytes"] = sum(path.stat().st_size for path in Path(folder).iterdir())
    return found


class counting:
    """Count the numbers that streams give, by distribution and its parameters."""

    def __enter__(self) -> Counter:
        self.found: Counter = Counter()
        self.kept = {
            name: getattr(streams, name)
            for name in ("_uniform", "gammaincinv", "betaincinv", "ndtri")
        }
        for name, kept in self.kept.items():
            setattr(streams, name, self._counted(name, kept))
        return self.found

    def __exit__(self, *_: object) -> None:
        for name, kept in self.kept.items():
            setattr(streams, name, kept)

    def _counted(self, name: str, kept):
        def counted(*arguments):
            values = kept(*arguments)
            if name == "_uniform":
                self.found["random", ()] += values.size
            else:
                self.found["random", ()] -= values.size
                self.found[name, arguments[:-1]] += values.size
            return values

        return counted


def numpy_draws(kind: tuple[str, tuple[float, ...]], count: int) -> float:
    """Return the seconds that numpy's generator needs for so many numbers of one distribution."""
    name, parameters = kind
    generator = np.random.default_rng(SEED)
    names = {"gammaincinv": "standard_gamma", "betaincinv": "beta", "ndtri": "standard_normal"}
    draw = getattr(generator, names.get(name, name))
    started = time.perf_counter()
    for done in range(0, count, BLOCK):
        draw(*parameters, size=min(BLOCK, count - done))
    return time.perf_counter() - started


def mimesis_rows(width: int) -> float:
    """Return how many rows of so many columns mimesis makes in a second, as it documents."""
    field = Field(seed=SEED)
    columns = {
        "order_id": lambda: field("pin", mask="O########"),
        "contact_id": lambda: field("pin", mask="C########"),
        "order_date": lambda: field("date", start=2024, end=2026),
        "channel": lambda: field("choice", items=["store", "web"]),
        "amount_eur": lambda: field("price", minimum=1, maximum=500),
        "discount_eur": lambda: field("float_number", start=0, end=100, precision=2),
        "campaign_id": lambda: field("choice", items=["spring", "autumn"]),
        "quantity": lambda: field("integer_number", start=1, end=4),
        "is_selected": lambda: field("boolean"),
    }
    kept = dict(list(columns.items())[:width])
    rows = Schema(lambda: {name: draw() for name, draw in kept.items()}, iterations=FAKE_ROWS)
    return FAKE_ROWS / timed(rows.create)


def faker_rows(width: int) -> float | None:
    """Return the same for Faker; None where it is not installed."""
    if find_spec("faker") is None:
        return None
    fake = import_module("faker").Faker()
    start, end = START_DATE.date(), END_DATE.date()
    columns = {
        "order_id": lambda: fake.numerify("O########"),
        "contact_id": lambda: fake.numerify("C########"),
        "order_date": lambda: fake.date_between(start, end),
        "channel": lambda: fake.random_element(("store", "web")),
        "amount_eur": lambda: fake.pyfloat(right_digits=2, min_value=1, max_value=500),
        "discount_eur": lambda: fake.pyfloat(right_digits=2, min_value=0, max_value=100),
        "campaign_id": lambda: fake.random_element(("spring", "autumn")),
        "quantity": lambda: fake.random_int(1, 4),
        "is_selected": lambda: fake.pybool(),
    }
    kept = dict(list(columns.items())[:width])
    return FAKE_ROWS / timed(
        lambda: [{name: draw() for name, draw in kept.items()} for _ in range(FAKE_ROWS)]
    )


def seconds_of(customers: int) -> float:
    """Return the best of three."""
    return min(timed(lambda: make_crm(customers=customers, seed=SEED)) for _ in range(3))


def seconds_of_recipe() -> float:
    recipe = read_recipe("retail")
    return min(timed(lambda: draw_crm(recipe.draws, recipe.settings)) for _ in range(3))


def timed(act) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
