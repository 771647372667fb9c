"""The table of entries says who entered what, what was stated, and what it was converted to."""

from __future__ import annotations

import getpass
import math

import dp_accounting as dp
import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import Ledger


def test_the_table_shows_what_was_stated_beside_what_is_counted(open_ledger, promise):
    ledger = open_ledger(3.0, 1e-5, adjacency="replace-one")
    ledger.spend(promise(0.5, 1e-7), who="Ada")
    ledger.spend(dp.GaussianDpEvent(100.0))
    ledger.spend(dp.GaussianDpEvent(100.0), delta=1e-9)
    ledger.spend(dp.LaplaceDpEvent(100.0))
    ledger.spend(epsilon=0.1, delta=0)
    ledger.declare(dp.LaplaceDpEvent(100.0), delta=1e-9, what="plan")
    ledger.spend(dp.LaplaceDpEvent(100.0), plan=6)
    frame = ledger.frame().set_index("number")
    assert list(frame["epsilon_is"]) == [
        "as stated, converted to replace-one",
        "of the event, at a tenth of the delta that was left",
        "of the event, at the delta that was chosen",
        "of the event, pure",
        "as stated",
        "of the plan, at the delta that was chosen",
        "paid by plan 6",
    ]
    assert frame.loc[1, ["epsilon", "stated_epsilon", "stated_delta"]].tolist() == [1.0, 0.5, 1e-7]
    assert frame.loc[1, ["adjacency", "stated_adjacency"]].tolist() == ["replace-one", "add-remove"]
    assert frame.loc[1, "does_not_cover"].startswith("scores; the row count")
    assert frame.loc[1, "who"] == "Ada" and frame.loc[2, "who"] == getpass.getuser()
    assert np.isnan(frame.loc[2, "stated_epsilon"]) and np.isnan(frame.loc[2, "stated_delta"])
    assert frame.loc[3, "stated_delta"] == 1e-9


def test_an_event_after_the_last_delta_says_that_it_has_no_epsilon(open_ledger, promise):
    ledger = open_ledger(1.0, 1e-6, composition="gaussian")
    ledger.spend(promise(0.1, 5e-7, mu=0.02))
    assert math.isinf(ledger.spend(dp.GaussianDpEvent(400.0)).epsilon)
    assert ledger.frame()["epsilon_is"].iloc[-1] == "none: no delta was left to state one at"
    assert ledger.verify()


def test_an_empty_table_has_the_types_of_a_full_one(open_ledger, promise):
    ledger = open_ledger()
    empty = ledger.frame()
    ledger.spend(promise(0.1))
    assert len(empty) == 0 and (empty.dtypes == ledger.frame().dtypes).all()
    assert empty["epsilon"].dtype == float and empty["plan"].dtype == "Int64"


def test_a_seeded_release_is_no_release(open_ledger, promise):
    ledger = open_ledger()
    for ask in (ledger.spend, ledger.allows):
        with pytest.raises(InputError) as refused:
            ask(promise(0.1, study=True))
        assert str(refused.value) == (
            "guarantee must be of a release, not of a study, got a seeded (epsilon 0.1, delta 0) per "
            "customer, add-remove. A seeded release is for study: fit with random_state=None."
        )


def test_who_is_text_and_may_be_unknown_to_the_system(open_ledger, monkeypatch):
    ledger = open_ledger()
    with pytest.raises(InputError, match="who must be text that says it"):
        ledger.spend(epsilon=0.1, delta=0, who="")

    def nobody():
        raise OSError("no user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert ledger.spend(epsilon=0.1, delta=0).who == "unknown"


def test_a_ledger_says_what_is_spent_and_left(open_ledger, promise):
    ledger = open_ledger(1.0, 0)
    ledger.spend(promise(0.25))
    assert repr(ledger) == (
        f"Ledger({str(ledger.path)!r}, budget (epsilon 1, delta 0), unit customer, add-remove: "
        "1 entry, epsilon and delta 25% used. Still accepted: epsilon 0.75 with delta 0.)"
    )
    counts = open_ledger(composition="zcdp")
    assert "0 entries, epsilon and delta 0% used, squares 0% used. Still" in repr(counts)
    ledger.path.unlink()
    assert "must be a file that can be opened and written" in repr(ledger)
    assert isinstance(ledger, Ledger)
