"""Ledgers in a folder that goes away, and promises to spend in them."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest

from equipoise.privacy import Guarantee
from equipoise.privacy.accounting import Ledger


def make_promise(epsilon, delta=0.0, unit="customer", adjacency="add-remove", mu=None, study=False):
    """Make a guarantee of any size."""
    covers, not_covered = ("weights",), ("scores", "the row count")
    return Guarantee(epsilon, delta, unit, adjacency, "noise", covers, not_covered, mu, study)


@pytest.fixture
def promise():
    return make_promise


@pytest.fixture(scope="module")
def open_ledger():
    """Open a fresh ledger; the folder lasts for the module, so that properties can use it."""
    numbers = itertools.count()
    with tempfile.TemporaryDirectory() as folder:

        def open_fresh(epsilon=1.0, delta=1e-6, **terms):
            return Ledger(Path(folder) / f"{next(numbers)}.ledger", epsilon, delta, **terms)

        yield open_fresh
