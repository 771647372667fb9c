"""A file that was lost, exchanged or could not be written never gives budget back."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
from contextlib import closing

import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import Ledger
from equipoise.privacy.accounting import _store as store_module

EXCHANGED = "path must still hold what was read of it before, got another ledger, or one without"
EMPTY = (
    "path must be a ledger, or a new name, got a file without any content, {}. If it held entries, "
    "restore it from a copy and enter again what was spent since. If it never did, delete it yourself."
)


def acts(ledger):
    return (
        lambda: ledger.spend(epsilon=0.1, delta=0),
        lambda: ledger.allows(epsilon=0.1, delta=0),
        ledger.remaining,
        ledger.frame,
    )


def test_a_ledger_stays_in_the_folder_in_which_it_was_opened(tmp_path, monkeypatch):
    for name, epsilon in (("a", 1.0), ("b", 5.0)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        ledger = Ledger("customers.ledger", epsilon, 0)
        ledger.spend(epsilon=1.0, delta=0)
        if name == "a":
            first = ledger
    assert first.path == tmp_path / "a" / "customers.ledger"
    with pytest.raises(InputError, match="must fit what is left of"):
        first.spend(epsilon=1.0, delta=0)


@pytest.mark.parametrize("terms", [{}, {"adjacency": "replace-one"}])
def test_another_ledger_under_the_same_name_is_refused(tmp_path, terms):
    ledger = Ledger(tmp_path / "a.ledger", 1.0, 0)
    ledger.spend(epsilon=1.0, delta=0)
    ledger.path.unlink()
    Ledger(ledger.path, 1.0, 0, **terms)
    for act in acts(ledger):
        with pytest.raises(InputError) as refused:
            act()
        assert str(refused.value).startswith(EXCHANGED)
        assert str(refused.value).endswith("Ledger(path) opens it as it is now.")
    assert Ledger(ledger.path).spend(epsilon=0.1, delta=0).number == 1


def test_an_older_copy_is_refused_by_who_has_seen_more(tmp_path):
    ledger = Ledger(tmp_path / "a.ledger", 1.0, 0)
    ledger.spend(epsilon=0.5, delta=0)
    shutil.copy(ledger.path, tmp_path / "copy")
    ledger.spend(epsilon=0.5, delta=0)
    shutil.copy(tmp_path / "copy", ledger.path)
    for act in acts(ledger):
        with pytest.raises(InputError, match="must still hold what was read"):
            act()


def test_an_empty_file_is_no_new_ledger(tmp_path):
    path = tmp_path / "a.ledger"
    Ledger(path, 1.0, 0).spend(epsilon=1.0, delta=0)
    with closing(sqlite3.connect(tmp_path / "bare.ledger")) as bare:
        bare.execute("VACUUM")
    path.write_bytes(b"")
    for lost, terms in ((path, (1.0, 0)), (path, ()), (tmp_path / "bare.ledger", (1.0, 0))):
        with pytest.raises(InputError) as refused:
            Ledger(lost, *terms)
        assert str(refused.value) == EMPTY.format(lost)
    path.unlink()
    assert Ledger(path, 1.0, 0).frame().empty


def test_a_creation_that_breaks_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "a.ledger"

    def broken(part, target):
        assert part.stat().st_size > 0 and not target.exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_name", broken)
        with pytest.raises(KeyboardInterrupt):
            Ledger(path, 1.0, 0)
    assert not list(tmp_path.iterdir())
    assert Ledger(path, 1.0, 0).spend(epsilon=0.5, delta=0).number == 1


def test_a_file_system_without_links_serves_too(tmp_path, monkeypatch):
    def unknown(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", unknown)
    ledger = Ledger(tmp_path / "a.ledger", 1.0, 0)
    ledger.spend(epsilon=0.5, delta=0)
    ledger._store.create(ledger._terms)  # as a process that was slower would
    assert ledger.verify().entries == 1 and [p.name for p in tmp_path.iterdir()] == ["a.ledger"]


def fill(path, told):
    """Spend in a process that may not write more than a few pages, until it is refused."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    ledger = Ledger(path)
    limit = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        for _ in range(100):
            ledger.spend(epsilon=0.1, delta=0, what="x" * 300)
    except InputError as refused:
        told.put((str(refused), len(ledger.frame()), bool(ledger.verify())))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_full_disk_records_nothing_and_is_not_called_damage(tmp_path):
    path = tmp_path / "a.ledger"
    Ledger(path, 100.0, 0).spend(epsilon=0.1, delta=0)
    forked = multiprocessing.get_context("fork")
    told = forked.SimpleQueue()
    process = forked.Process(target=fill, args=(path, told))
    process.start()
    process.join(60)
    message, entries, sound = told.get()
    assert message.startswith(
        f"path must be on a disk that takes what is written, got {path}. Nothing was recorded, and "
        "what stood there is unharmed. Make room and try again: "
    )
    ledger = Ledger(path)
    assert sound and len(ledger.frame()) == entries
    assert ledger.spend(epsilon=0.1, delta=0).number == entries + 1
