"""Two processes that ship at the same time: one release, one entry, no file overwritten."""

from __future__ import annotations

import pytest

from equipoise.exceptions import InputError
from equipoise.privacy import Ledger
from equipoise.tradeoff import Policy
from equipoise.tradeoff._learner_of_policy import LearnerOfPolicy
from equipoise.tradeoff.ways_out import read_release, ship

POLICY = Policy("private_logistic", "none", 1.0)


@pytest.fixture
def asked(tmp_path):
    ledger = Ledger(tmp_path / "spring.ledger", epsilon=3.0, delta=1e-5)
    return {"ledger": ledger, "purpose": "offers", "delta": 1e-6, "attribute": "band"}


@pytest.fixture
def shipped_meanwhile(task, monkeypatch):
    """Make another process ship during the fit, before this one charges the ledger."""
    fitted, first = LearnerOfPolicy.fitted, []

    def between(asked):
        def slow(self, rows):
            model = fitted(self, rows)
            if not first:
                first.append(None)
                first[0] = ship(POLICY, task, **asked)
            return model

        monkeypatch.setattr(LearnerOfPolicy, "fitted", slow)
        return first

    return between


def test_one_of_them_is_refused_and_costs_nothing(task, asked, tmp_path, shipped_meanwhile):
    first = shipped_meanwhile(asked)
    with pytest.raises(InputError) as refused:
        ship(POLICY, task, **asked, out=tmp_path / "release.json")
    told = str(refused.value)
    assert told.startswith("spend must be the only one of 'decision ")
    assert told.endswith(
        f"got entry 1 of {first[0].spend.time}. It was recorded before, perhaps just now by another "
        "process: use that release."
    )
    assert len(asked["ledger"].frame()) == 1 and not (tmp_path / "release.json").exists()


def test_a_release_written_during_the_fit_is_kept(task, asked, tmp_path, shipped_meanwhile):
    path = tmp_path / "release.json"
    first = shipped_meanwhile(asked | {"out": path})
    with pytest.raises(InputError, match=r"^out must be a new file"):
        ship(POLICY, task, again=True, **asked, out=path)
    assert read_release(path) == first[0].release
    assert len(asked["ledger"].frame()) == 1
