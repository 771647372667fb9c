"""The file outlives the process, is shared safely, and is refused with the cure when it is broken."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from contextlib import closing

import dp_accounting as dp
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import Budget, Ledger
from equipoise.privacy.accounting import _store as store_module


def execute(path, *statements):
    """Change a file behind the ledger's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(
                statement
            )


@pytest.fixture
def spent(tmp_path, promise):
    """A ledger with four entries of different kinds."""
    ledger = Ledger(tmp_path / "spent.ledger", epsilon=2.0, delta=1e-6)
    ledger.spend(promise(0.3, 1e-7, mu=0.05), what="model")
    ledger.spend(epsilon=0.1, delta=0, what="counts")
    ledger.spend(dp.GaussianDpEvent(40.0), what="mean")
    ledger.declare([dp.LaplaceDpEvent(10.0)] * 3, delta=1e-8, what="plan")
    return ledger


def test_a_file_is_opened_by_its_path_alone(spent):
    again = Ledger(str(spent.path))
    assert (again.budget, again.adjacency, again.unit) == (
        Budget(2.0, 1e-6),
        "add-remove",
        "customer",
    )
    assert again.frame().equals(spent.frame())
    assert again.remaining() == spent.remaining()
    Ledger(spent.path, 2.0, 1e-6, unit="customer", adjacency="add-remove", composition="basic")


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"epsilon": 3.0}, "epsilon must be the recorded one, 2.0, got 3.0."),
        ({"delta": 0.0}, "delta must be the recorded one, 1e-06, got 0.0."),
        ({"unit": "row"}, "unit must be the recorded one, 'customer', got 'row'."),
        (
            {"adjacency": "replace-one"},
            "adjacency must be the recorded one, 'add-remove', got 'replace-one'.",
        ),
        (
            {"purposes": {"a": (1, 0)}},
            "purposes must be the recorded one, {}, got {'a': Budget(epsilon=1.0, delta=0.0)}.",
        ),
        ({"composition": "zcdp"}, "composition must be the recorded one, 'basic', got 'zcdp'."),
    ],
)
def test_other_terms_than_the_recorded_are_refused(spent, terms, told):
    before = spent.path.read_bytes()
    with pytest.raises(InputError) as refused:
        Ledger(spent.path, **terms)
    move = " Open the ledger by its path alone; other terms need a new ledger."
    assert str(refused.value) == told + move
    assert spent.path.read_bytes() == before


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({}, "epsilon is required for a new ledger"),
        ({"epsilon": 1.0}, "delta is required with an epsilon"),
        ({"epsilon": float("inf"), "delta": 0}, "epsilon must be finite in a budget"),
        ({"epsilon": 1, "delta": -1}, "delta must be a number"),
        ({"epsilon": 1, "delta": 0, "unit": ""}, "unit must name whom it protects"),
        ({"epsilon": 1, "delta": 0, "adjacency": "replace_one"}, "Did you mean 'replace-one'"),
        ({"epsilon": 1, "delta": 0, "composition": "zCDP"}, "Did you mean 'zcdp'"),
        ({"epsilon": 1, "delta": 0, "composition": "zcdp"}, "must be 'basic' where delta is 0"),
        ({"epsilon": 1, "delta": 0, "purposes": ["a"]}, "purposes must map names to caps"),
        ({"epsilon": 1, "delta": 0, "purposes": {}}, "purposes must map names to caps"),
        ({"epsilon": 1, "delta": 0, "purposes": {"a": 1}}, "must be a pair"),
        ({"epsilon": 1, "delta": 0, "purposes": {"": (1, 0)}}, "must be called by a text"),
        ({"epsilon": 1, "delta": 0, "purposes": {"all purposes": (1, 0)}}, "must be called by"),
        ({"epsilon": 1, "delta": 0, "purposes": {"a": (2, 0)}}, "must stay within the cap"),
        ({"epsilon": 1, "delta": 0, "purposes": {"a": (1, None)}}, "delta is required"),
    ],
)
def test_bad_terms_are_refused_before_a_file_is_made(tmp_path, terms, told):
    with pytest.raises(InputError, match=told):
        Ledger(tmp_path / "new.ledger", **terms)
    assert not list(tmp_path.iterdir())


def test_a_path_must_be_a_file_that_can_be(tmp_path):
    with pytest.raises(InputError) as refused:
        Ledger(":memory:", 1.0, 0)
    assert str(refused.value) == (
        "path must name a file, got ':memory:'. A ledger is kept: use a temporary file to try it."
    )
    with pytest.raises(InputError, match="path must be a file, got the folder"):
        Ledger(tmp_path, 1.0, 0)
    with pytest.raises(InputError, match="Create the folder first"):
        Ledger(tmp_path / "none" / "a.ledger", 1.0, 0)


def test_odd_names_are_names(tmp_path):
    path = tmp_path / "50% off? #1 å.ledger"
    Ledger(path, 1.0, 0).spend(epsilon=0.5, delta=0)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert len(Ledger(path).frame()) == 1


def test_files_that_are_no_ledger_are_refused_and_left_alone(tmp_path):
    text, other = tmp_path / "text.ledger", tmp_path / "other.db"
    text.write_text("not a database at all, but long enough to be read as its header" * 20)
    execute(other, "CREATE TABLE orders (id INTEGER)")
    for path, told in (
        (text, r"another name if it never was a ledger: file is not a database\.$"),
        (other, "must be a ledger of equipoise, got another SQLite file"),
    ):
        before = path.read_bytes()
        for given_ in ((), (1.0, 0)):
            with pytest.raises(InputError, match=told):
                Ledger(path, *given_)
        assert path.read_bytes() == before


def test_a_file_of_another_version_is_not_read(spent):
    for version, move in (
        (3, "Update equipoise to read it."),
        (1, "It does not say who entered what: enter its releases in a new ledger."),
    ):
        execute(spent.path, f"PRAGMA user_version = {version}")
        for act in (lambda: Ledger(spent.path), lambda: spent.spend(epsilon=0.1, delta=0)):
            with pytest.raises(InputError) as refused:
                act()
            told = f"path must be a ledger of version 2, got version {version}. {move}"
            assert str(refused.value) == told


def test_a_cut_file_is_called_damaged(spent):
    content = spent.path.read_bytes()
    spent.path.write_bytes(content[:5000])
    with pytest.raises(InputError, match=r"undamaged ledger.*enter again what was spent since"):
        spent.remaining()
    spent.path.unlink()
    with pytest.raises(InputError, match="must be a file that can be opened"):
        spent.spend(epsilon=0.1, delta=0)
    assert not spent.path.exists()


def test_a_locked_file_is_waited_for_and_then_named(spent, monkeypatch):
    monkeypatch.setattr(store_module, "LOCK_SECONDS", 0.05)
    with closing(sqlite3.connect(spent.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError) as refused:
            spent.spend(epsilon=0.1, delta=0)
    assert str(refused.value) == (
        f"path must not be locked by another process, got {spent.path}. "
        "It stayed locked for 0.05 seconds. Close that process and try again."
    )
    assert spent.spend(epsilon=0.1, delta=0).number == 5


def test_a_refused_spend_leaves_every_byte(spent, promise):
    before = spent.path.read_bytes()
    for asked in (promise(5.0), promise(0.1, unit="row"), dp.GaussianDpEvent(0.1)):
        with pytest.raises(InputError):
            spent.spend(asked)
    with pytest.raises(InputError):
        spent.declare(dp.GaussianDpEvent(0.1), delta=1e-8, what="too much")
    assert spent.path.read_bytes() == before
    assert [found.name for found in spent.path.parent.iterdir()] == [spent.path.name]


def spend_all(path, name, accepted):
    """Open a ledger and spend until it refuses; runs in a process of its own."""
    ledger = Ledger(path, 1.0, 0.0)
    try:
        while True:
            ledger.spend(epsilon=0.05, delta=0, what=name)
            accepted.put(name)
    except InputError as refused:
        assert "must fit what is left" in str(refused)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_that_open_and_spend_at_once_never_exceed_the_cap(tmp_path):
    path = tmp_path / "shared.ledger"
    forked = multiprocessing.get_context("fork")
    accepted = forked.SimpleQueue()
    running = [
        forked.Process(target=spend_all, args=(path, f"process {k}", accepted)) for k in range(4)
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(60)
    assert [process.exitcode for process in running] == [0] * 4
    names = [accepted.get() for _ in range(20)]
    assert accepted.empty()
    assert sorted(names) == sorted(Ledger(path).frame()["what"])
    ledger = Ledger(path)
    assert len(ledger.frame()) == 20
    assert ledger.remaining().pure_epsilon == 0
    assert ledger.verify()


def test_a_sound_file_verifies(spent):
    found = spent.verify()
    assert found and found.ok and found.entries == 4 and found.frame().empty
    assert found.head == spent.frame()["hash"].iloc[-1]
    assert str(found) == f"4 entries, nothing wrong found. Head: {found.head}"
    spent.spend(epsilon=0.1, delta=0)
    assert spent.verify(found.head)


def rewritten(path, number, changes):
    """Change an entry and compute every hash again, as somebody who knows the format would."""
    table = "terms" if number == 0 else "entries"
    where = "" if number == 0 else f" WHERE number = {number}"
    with closing(sqlite3.connect(path)) as connection, connection:
        record = json.loads(connection.execute(f"SELECT record FROM {table}{where}").fetchone()[0])
        text = json.dumps(record | changes)
        connection.execute(f"UPDATE {table} SET record = ?{where}", (text,))
        before = ""
        for place, kept in [
            (0, connection.execute("SELECT record FROM terms").fetchone()[0]),
            *connection.execute("SELECT number, record FROM entries ORDER BY number"),
        ]:
            before = store_module.chained(before, kept)
            target = "terms" if place == 0 else f"entries WHERE number = {place}"
            name, _, condition = target.partition(" ")
            connection.execute(f"UPDATE {name} SET hash = ? {condition}", (before,))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_changed_record_is_found_at_its_place(spent, number):
    execute(
        spent.path,
        (
            'UPDATE entries SET record = replace(record, \'"what": "\', \'"what": "not \') '
            "WHERE number = ?",
            (number,),
        ),
    )
    found = Ledger(spent.path).verify()
    assert not found
    assert found.problems == ((number, "its hash does not fit its record and the entry before it"),)
    assert list(found.frame()["entry"]) == [number]
    for act in (spent.remaining, spent.frame, lambda: spent.spend(epsilon=0.1, delta=0)):
        with pytest.raises(InputError, match=f"a changed or missing record at {number}, "):
            act()


@pytest.mark.parametrize(
    ("number", "changes", "told"),
    [
        (2, {"epsilon": 0.01}, "its epsilon is 0.01, but its source gives 0.1"),
        (1, {"delta": 1e-9}, "its delta is 1e-09, but its source gives 1e-07"),
        (3, {"mu": 0.001}, "its mu is 0.001, but its source gives 0.025"),
        (1, {"rho": None}, "its rho is inf, but its source gives 0.00125"),
        (4, {"unit": "row"}, "its unit is 'row', not 'customer'"),
        (4, {"adjacency": "replace-one"}, "its adjacency or composition is not the ledger's"),
        (3, {"number": 7}, "it calls itself entry 7"),
        (
            2,
            {"source": {}},
            'its record cannot be computed again: "its source is neither numbers, guarantee, event '
            'nor plan"',
        ),
    ],
)
def test_a_wrong_cost_is_found_even_where_the_hashes_fit(spent, number, changes, told):
    rewritten(spent.path, number, changes)
    assert (number, told) in spent.verify().problems


def test_a_purpose_without_a_cap_is_found(tmp_path):
    ledger = Ledger(tmp_path / "caps.ledger", 1.0, 0, purposes={"offers": (0.5, 0)})
    for _ in range(2):
        ledger.spend(epsilon=0.1, delta=0, purpose="offers")
    rewritten(ledger.path, 1, {"purpose": "other"})
    assert ledger.verify().problems == ((1, "its record cannot be computed again: \"'other'\""),)
    with pytest.raises(InputError, match="must be an undamaged ledger"):
        Ledger(ledger.path).remaining()


def test_an_overspend_is_found_even_where_the_hashes_fit(spent):
    rewritten(spent.path, 0, {"budget": {"epsilon": 0.35, "delta": 1e-6}})
    problems = dict(spent.verify().problems)
    assert problems[2] == "it exceeds what was left of the budget"
    assert 1 not in problems


def test_removed_entries_are_found_between_others_and_by_a_kept_head_at_the_end(spent):
    head = spent.verify().head
    execute(spent.path, "DELETE FROM entries WHERE number = 4")
    assert spent.verify()  # nothing in the file itself can show it
    assert spent.verify(head).problems == (
        (3, "the head that was kept is not in the chain: entries were removed or written anew"),
    )
    execute(spent.path, "DELETE FROM entries WHERE number = 2")
    assert (3, "it follows entry 1: entries between were removed") in spent.verify().problems


def test_changed_terms_are_found(spent):
    execute(spent.path, "UPDATE terms SET record = replace(record, '2.0', '9.0')")
    assert spent.verify().problems[0][0] == 0
    execute(spent.path, "UPDATE terms SET record = '[]'")
    assert (0, "the terms cannot be read") in spent.verify().problems
