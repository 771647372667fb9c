"""Tables of few values, so that classes of every size come up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import equipoise as eq


@pytest.fixture(scope="session")
def people():
    """Individuals of the synthetic CRM with their contacts, and the reason of their last case."""
    crm = eq.make_crm(customers=1500, seed=7)
    joined = crm.tables["individuals"].merge(crm.tables["contacts"], on="individual_id")
    reason = crm.tables["cases"].drop_duplicates("contact_id", keep="last")
    found = joined.merge(reason[["contact_id", "reason"]], on="contact_id", how="left")
    return found.drop(columns="contact_id")


@pytest.fixture(scope="session")
def task():
    return eq.make_crm(customers=2500, seed=7).task("offer_response")


def make_table(rows, seed, missing=0.1):
    """A table with every kind of column that people bring."""
    rng = np.random.default_rng(seed)
    cities = rng.choice(["Bonn", "Kiel", "Ulm"], rows)
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 60, rows),
            "postcode": rng.choice(["K01", "K02", "K11", "L20"], rows),
            "city": pd.Categorical(cities),
            "persons": pd.array(rng.integers(1, 4, rows), dtype="Int64"),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
            "score": rng.integers(0, 6, rows).astype(float),
            "reason": rng.choice(["advice", "complaint", "damaged"], rows),
        },
        index=rng.permutation(rows) + 100,
    )
    for name in ("postcode", "city", "persons", "joined", "score", "reason"):
        table.loc[rng.random(rows) < missing, name] = None
    return table


@pytest.fixture(scope="session")
def make():
    return make_table
