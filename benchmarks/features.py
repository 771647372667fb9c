"""Features beside a DuckDB query for the same columns: seconds, memory and equal values, in one run.

    .venv/bin/python benchmarks/features.py [--customers 1000000] [--runs 5]

Two years of orders, email events and cases before the date and three months after it, in order of time:
5 orders, 20 email events and 0.4 cases a customer on average, as frames in memory and as Parquet. Ours
and the query take turns, with as many threads for both. The query is given out as a pandas frame like
ours, and as an Arrow table, which is what DuckDB gives fastest; from Parquet both leave out while
reading what no feature needs. Seconds are those of the clock; beside them stand those of the
processor, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa

from equipoise.crm import features_at
from equipoise.crm._features import CATEGORIES, NUMBER_BOUNDS, SOURCES
from equipoise.crm._schema import EMAIL_EVENTS, LEAD_SOURCES, POSTCODE_AREAS
from equipoise.crm._text import numbered, taken

AS_OF = pd.Timestamp("2026-01-01")
DAYS_BEFORE, DAYS_AFTER = 730, 90
EVENTS = {"orders": 5.0, "email_events": 20.0, "cases": 0.4}
READ: dict[str, list[str]] = {"contacts": ["contact_id", "individual_id"]}
for table, column in sorted({column for columns in SOURCES.values() for column in columns}):
    key = "individual_id" if table == "individuals" else "contact_id"
    READ.setdefault(table, [key]).append(column)

QUERY = """
WITH ordered AS (
  SELECT contact_id,
    date_diff('day', max(order_date), $as_of) AS days_since_last_order,
    count(*) FILTER (order_date >= $year_ago) AS orders_12m,
    count(*) FILTER (order_date >= $quarter_ago) AS orders_3m,
    sum(amount_eur) FILTER (order_date >= $year_ago) AS spend_eur_12m,
    avg(amount_eur) AS mean_basket_eur,
    avg((discount_eur > 0)::INT) AS discounted_orders_share,
    avg((channel = 'store')::INT) AS store_orders_share
  FROM orders WHERE order_date < $as_of AND contact_id IS NOT NULL GROUP BY contact_id
), clicked AS (
  SELECT contact_id, count(*) AS email_clicks_12m FROM email_events
  WHERE event = 'clicked' AND event_date >= $year_ago AND event_date < $as_of GROUP BY contact_id
), asked AS (
  SELECT contact_id, count(*) AS cases_12m FROM cases
  WHERE opened_date >= $year_ago AND opened_date < $as_of GROUP BY contact_id
), joined AS (
  SELECT *, date_diff('day', joined_date, $as_of) AS tenure_days
  FROM contacts WHERE joined_date < $as_of
)
SELECT contact_id,
  least(coalesce(days_since_last_order, tenure_days), 912)::DOUBLE AS days_since_last_order,
  least(coalesce(orders_12m, 0), 30)::DOUBLE AS orders_12m,
  least(coalesce(orders_3m, 0), 12)::DOUBLE AS orders_3m,
  least(coalesce(spend_eur_12m, 0), 5000) AS spend_eur_12m,
  least(coalesce(mean_basket_eur, 0), 500) AS mean_basket_eur,
  least(tenure_days, 912)::DOUBLE AS tenure_days,
  coalesce(discounted_orders_share, 0) AS discounted_orders_share,
  coalesce(store_orders_share, 0) AS store_orders_share,
  least(coalesce(email_clicks_12m, 0), 12)::DOUBLE AS email_clicks_12m,
  least(coalesce(cases_12m, 0), 6)::DOUBLE AS cases_12m,
  lead_source, postcode_area,
  CASE WHEN loyalty_plan <> 'member' THEN 'not_member'
    WHEN coalesce(ordered.spend_eur_12m, 0) < 250 THEN 'basic'
    WHEN ordered.spend_eur_12m < 750 THEN 'silver' ELSE 'gold' END AS loyalty_tier,
  uses_app,
  CASE WHEN individuals.household_size IS NULL THEN 'unknown'
    ELSE least(individuals.household_size, 5)::VARCHAR END AS household_size
FROM joined LEFT JOIN ordered USING (contact_id) LEFT JOIN clicked USING (contact_id)
  LEFT JOIN asked USING (contact_id) LEFT JOIN individuals USING (individual_id)
"""
DATES = {
    "as_of": AS_OF,
    "year_ago": AS_OF - pd.Timedelta(days=365),
    "quarter_ago": AS_OF - pd.Timedelta(days=91),
}
FILTERS = {
    "orders": [("order_date", "<", AS_OF)],
    "email_events": [("event", "==", "clicked"), ("event_date", "<", AS_OF)],
}
"""What the query, too, leaves out while it reads."""

Tables = dict[str, pd.DataFrame]


def make_tables(customers: int, seed: int = 7) -> Tables:
    """Return tables with the columns that features need, cheaper than a whole simulated CRM."""
    rng = np.random.default_rng(seed)
    people = np.arange(1, customers + 1)
    size = rng.integers(0, 8, customers)
    household = pd.Series(size, dtype="Int64").mask(size == 0)
    some = {name: _events(name, customers, rng) for name in EVENTS}
    return {
        "individuals": pd.DataFrame(
            {"individual_id": numbered("I", people), "household_size": household}
        ),
        "contacts": pd.DataFrame(
            {
                "contact_id": numbered("C", people),
                "individual_id": numbered("I", rng.permutation(people)),
                "joined_date": _dates(rng.integers(-DAYS_BEFORE, DAYS_AFTER, customers)),
                "lead_source": _one_of(LEAD_SOURCES, customers, rng),
                "postcode_area": _one_of(POSTCODE_AREAS, customers, rng),
                "loyalty_plan": _one_of(("not_member", "member"), customers, rng),
                "uses_app": _one_of(("no", "yes"), customers, rng),
            }
        ),
        **some,
    }


def _events(name: str, customers: int, rng: np.random.Generator) -> pd.DataFrame:
    count = int(EVENTS[name] * customers)
    mine = rng.gamma(1.5, size=customers).cumsum()
    whose = np.searchsorted(mine, rng.random(count) * mine[-1]) + 1
    found = {"contact_id": numbered("C", whose)}
    when = _dates(np.sort(rng.integers(-DAYS_BEFORE, DAYS_AFTER, count)))
    if name == "orders":
        found["contact_id"] = found["contact_id"].mask(rng.random(count) < 0.01)
        euros = rng.gamma(2.0, 40.0, count).round(2)
        discount = (euros * 0.2 * (rng.random(count) < 0.3)).round(2)
        channel = _one_of(("store", "web"), count, rng)
        more = {"order_date": when, "amount_eur": euros, "discount_eur": discount}
        return pd.DataFrame(found | more | {"channel": channel})
    if name == "email_events":
        return pd.DataFrame(
            found | {"event": _one_of(EMAIL_EVENTS, count, rng), "event_date": when}
        )
    return pd.DataFrame(found | {"opened_date": when})


def _dates(days: np.ndarray) -> pd.Series:
    start = np.datetime64(AS_OF.date(), "D")
    return pd.Series((start + days).astype("datetime64[us]"))


def _one_of(names: tuple[str, ...], count: int, rng: np.random.Generator) -> pd.Series:
    return taken(names, rng.integers(len(names), size=count))


def read(folder: Path, filters: dict[str, list[tuple[str, str, Any]]] | None = None) -> Tables:
    """Return the tables with the columns, and if asked the rows, that are needed."""
    return {
        name: pd.read_parquet(
            folder / f"{name}.parquet", columns=columns, filters=(filters or {}).get(name)
        )
        for name, columns in READ.items()
    }


def query(source: Tables | Path, threads: int) -> duckdb.DuckDBPyRelation:
    """Return the query's relation, of frames or of Parquet files."""
    connection = duckdb.connect(config={"threads": threads})
    for name in READ:
        if isinstance(source, Path):
            path = source / f"{name}.parquet"
            connection.sql(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        else:
            connection.register(name, source[name])
    return connection.sql(QUERY, params=DATES)


def works(tables: Tables, folder: Path, threads: int) -> dict[str, Callable[[], Any]]:
    return {
        "ours, frames to frame": lambda: features_at(tables, AS_OF),
        "DuckDB, frames to frame": lambda: query(tables, threads).df(),
        "DuckDB, frames to Arrow": lambda: query(tables, threads).to_arrow_table(),
        "ours, Parquet to frame": lambda: features_at(read(folder, FILTERS), AS_OF),
        "DuckDB, Parquet to frame": lambda: query(folder, threads).df(),
        "DuckDB, Parquet to Arrow": lambda: query(folder, threads).to_arrow_table(),
    }


def check_equal(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Refuse to compare seconds where the values differ, but for the last digits of euros."""
    theirs = theirs.set_index("contact_id").loc[ours.index]
    numbers, texts = list(NUMBER_BOUNDS), list(CATEGORIES)
    pd.testing.assert_frame_equal(ours[numbers], theirs[numbers], rtol=1e-12, check_dtype=False)
    spend = ours["spend_eur_12m"].to_numpy()
    at_edge = (np.abs(spend[:, None] - [250.0, 750.0]) < 1e-6).any(axis=1)
    same = (ours[texts].astype("object") == theirs[texts].astype("object")).all(axis=1)
    if not (same | at_edge).all():
        raise SystemExit("The values differ.")
    print(f"equal values in {len(ours):,} rows of {len(ours.columns)} columns\n")


def timed(tables: Tables, folder: Path, threads: int, runs: int) -> pd.DataFrame:
    """Return the medians of alternating runs."""
    pa.set_cpu_count(threads)
    pa.set_io_thread_count(threads)
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(runs):
        for name, work in works(tables, folder, threads).items():
            gc.collect()
            clock, processor = time.perf_counter(), time.process_time()
            work()
            took = time.perf_counter() - clock, time.process_time() - processor
            found.setdefault(name, []).append(took)
    table = pd.DataFrame(
        {name: np.median(each, axis=0) for name, each in found.items()},
        index=["seconds", "processor"],
    ).T
    for name in table.index:
        ours = table.loc[f"ours, {name.split(', ')[1].split()[0]} to frame"]
        if not name.startswith("ours"):
            table.loc[name, "ours is … times"] = ours["seconds"] / table.loc[name, "seconds"]
            table.loc[name, "by processor"] = ours["processor"] / table.loc[name, "processor"]
    return table.round(2)


def peak(name: str, folder: Path) -> None:
    """Print the resident memory before and the most during one work, in GB."""
    process, done, most = psutil.Process(), threading.Event(), [0]
    tables = read(folder) if "frames" in name else {}
    gc.collect()
    pa.default_memory_pool().release_unused()
    before = process.memory_info().rss

    def watch() -> None:
        while not done.wait(0.005):
            most[0] = max(most[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    works(tables, folder, 1)[name]()
    done.set()
    watcher.join()
    print(json.dumps([before / 1e9, most[0] / 1e9]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        peak(options.peak[0], Path(options.peak[1]))
        return
    tables = make_tables(options.customers)
    print(", ".join(f"{len(table):,} {name}" for name, table in tables.items()))
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables.items():
            table.to_parquet(Path(folder, f"{name}.parquet"), index=False)
        check_equal(features_at(tables, AS_OF), query(tables, 2).df())
        for threads in (1, 2):
            print(f"median of {options.runs} runs, {threads} thread(s)")
            table = timed(tables, Path(folder), threads, options.runs)
            print(table.to_string(na_rep="") + "\n")
        names = list(works(tables, Path(folder), 1))
        del tables, table
        print("resident memory of a process of its own, GB: before, and the most (1 thread)")
        for name in names:
            command = [sys.executable, __file__, "--peak", name, folder]
            given = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            before, most = json.loads(given)
            print(f"{name:26} {before:6.2f} {most:6.2f}")


if __name__ == "__main__":
    main()
