"""Entries that no spend could have written are found, although every hash fits."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import dp_accounting as dp
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import Ledger
from equipoise.privacy.accounting._book import chained
from equipoise.privacy.accounting._events import Loss

FREE = {"unit": None, "adjacency": None}
LAPLACE = {"kind": "LaplaceDpEvent", "noise_multiplier": 2.0}


def event(record, delta=None):
    return {"event": record, "delta": delta, "of_plan": None, **FREE}


def pure(epsilon, source=None):
    loss = Loss.of_pure(epsilon)
    bare = {"epsilon": epsilon, "delta": 0.0, **FREE}
    return {"epsilon": epsilon, "rho": loss.rho, "mu": loss.mu, "source": source or bare}


FORGED = {
    "epsilon below 0": pure(-0.5),
    "delta below 0": {"delta": -1e-6, "source": {"epsilon": 0.1, "delta": -1e-6, **FREE}},
    "rho below 0": {"rho": -0.1},
    "no number": {"epsilon": float("nan"), "source": {"epsilon": float("nan"), "delta": 0, **FREE}},
    "negative noise": pure(-0.5, event(LAPLACE | {"noise_multiplier": -2.0})),
    "negative count": pure(
        -0.5, event({"kind": "SelfComposedDpEvent", "event": LAPLACE, "count": -1})
    ),
    "a huge count": {"source": event({"kind": "SelfComposedDpEvent", "event": LAPLACE} | {"count": 10**400})},
    "an event that is none": {"source": event({"kind": "attr"})},
    "a deep event": {"source": event(json.loads('{"kind":"NoOpDpEvent","event":' * 900 + "1" + "}" * 900))},
    "a source that is a list": {"source": [1, 2]},
    "a guarantee that is none": {"source": {"guarantee": None, "unit": None}},
    "texts for numbers": {"delta": "0"},
    "no name": {"what": None},
    "an extra word": {"source": {"epsilon": 0.1, "delta": 0.0, **FREE, "discount": 1}},
    "another mechanism": {"mechanism": "much more noise"},
    "a free event of no plan": {
        "epsilon": 0.0, "rho": 0.0, "mu": 0.0, "source": event(LAPLACE) | {"of_plan": 1},
    },
}  # fmt: skip


def append(path, changes):
    """Append a changed copy of the last entry under a fitting hash, as who knows the format would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        query = "SELECT number, record, hash FROM entries ORDER BY number DESC"
        number, record, before = connection.execute(query).fetchone()
        text = json.dumps(json.loads(record) | {"number": number + 1} | changes)
        row = (number + 1, text, chained(before, text))
        connection.execute("INSERT INTO entries VALUES (?, ?, ?)", row)


@pytest.fixture
def spent(tmp_path):
    ledger = Ledger(tmp_path / "spent.ledger", epsilon=1.0, delta=1e-6)
    for _ in range(2):
        ledger.spend(epsilon=0.4, delta=0)
    return ledger


@pytest.mark.parametrize("name", FORGED)
def test_no_forged_entry_verifies_or_gives_anything_back(spent, promise, name):
    head = spent.verify().head
    append(spent.path, FORGED[name])
    found = Ledger(spent.path).verify(head)
    assert {number for number, _ in found.problems} == {3}
    for asked in ({"epsilon": 0.5, "delta": 0}, {"guarantee_or_event": promise(0.5)}):
        with pytest.raises(InputError, match=r"undamaged ledger|must fit what is left"):
            Ledger(spent.path).spend(**asked)


def test_an_honest_appended_entry_is_told_from_them(spent):
    append(spent.path, pure(0.1))
    assert spent.verify().problems == ((3, "its mechanism is not that of its source"),)
    spent.path.unlink()
    ledger = Ledger(spent.path, 2.0, 1e-6)
    ledger.spend(dp.LaplaceDpEvent(10.0))
    append(ledger.path, {})
    assert ledger.verify()
