"""The promise of a ledger holds against an analyst who chooses by what earlier answers said."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cache

import pytest

from equipoise.privacy.accounting import Budget
from equipoise.privacy.accounting._book import ALL, Book, Terms
from equipoise.privacy.accounting._costs import Cost
from equipoise.privacy.accounting._decimals import exact
from equipoise.privacy.accounting._decision import Words, decided
from equipoise.privacy.accounting._filters import Used, delta_left, holds
from equipoise.privacy.accounting._sources import source_of

BUDGET = Budget(1.0, 0.1)


@cache
def book_of(entries, composition):
    """Return the book with these (epsilon, delta) entries, in any order."""
    book = Book(Terms(BUDGET, "add-remove", None, {}, composition, "now"))
    for epsilon, delta in entries:
        source = source_of(None, epsilon, delta)
        spend = decided(book, source, Cost.of_bare(epsilon, delta), Words(None, None, "me"))
        book = book.followed_by(spend)
    return book


@cache
def fits(entries, entry, composition):
    return book_of(entries, composition).price(Cost.of_bare(*entry), {ALL: BUDGET}).fits


def worst_excess(composition, choose):
    """Return the exact largest P(S) - e^epsilon P'(S) over all sets S of transcripts.

    Each entry is answered by the least private mechanism that its (epsilon, delta) allows: it names
    the table with probability delta, and else answers by randomised response. Transcripts with the
    same answers to the same entries are merged: they are equally likely.
    """
    states = {(): (1.0, 1.0)}
    excess, longest = 0.0, 0.0
    while states:
        later = defaultdict(lambda: (0.0, 0.0))
        for answers, (here, there) in states.items():
            entries = tuple(sorted((epsilon, delta) for epsilon, delta, _ in answers))
            lean = sum(epsilon * answer for epsilon, _, answer in answers)
            wanted = [entry for entry in choose(lean) if fits(entries, entry, composition)]
            if not wanted:
                excess += max(0.0, here - math.exp(BUDGET.epsilon) * there)
                longest = max(longest, math.fsum(epsilon for epsilon, _ in entries))
                continue
            epsilon, delta = wanted[0]
            excess += here * delta  # the mechanism named the table
            for answer in (1, -1):
                likely, unlikely = (
                    1 / (1 + math.exp(-answer * epsilon)),
                    1 / (1 + math.exp(answer * epsilon)),
                )
                key = tuple(sorted((*answers, (epsilon, delta, answer))))
                before = later[key]
                later[key] = (
                    before[0] + here * (1 - delta) * likely,
                    before[1] + there * (1 - delta) * unlikely,
                )
        states = later
    return excess, longest


STRATEGIES = {
    "always the same": lambda lean: [(0.1, 0.0)],
    "more after a hit": lambda lean: [(0.2, 0.0), (0.12, 0.0)] if lean > 0 else [(0.12, 0.0)],
    "more after a miss": lambda lean: [(0.1, 0.0)] if lean > 0 else [(0.2, 0.0), (0.1, 0.0)],
    "a delta after a hit": lambda lean: (
        [(0.3, 0.05), (0.1, 0.0)] if lean > 0.25 else [(0.1, 0.0), (0.1, 0.05)]
    ),
    "a delta after a miss": lambda lean: (
        [(0.1, 0.0)] if lean > -0.15 else [(0.3, 0.05), (0.1, 0.0)]
    ),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("composition", ["basic", "zcdp", "gaussian"])
def test_no_strategy_gains_more_than_the_budget_promises(composition, strategy):
    excess, longest = worst_excess(composition, STRATEGIES[strategy])
    assert excess <= BUDGET.delta
    # The squares let epsilons add up to more than the budget: only delta can pay for that.
    if strategy == "always the same" and composition == "zcdp":
        assert longest > 1.5 * BUDGET.epsilon and excess > 0


def test_the_same_computation_finds_a_rule_that_is_too_loose(monkeypatch):
    """Without filters, 40 answers of epsilon 0.2 exceed the delta of the budget."""
    monkeypatch.setattr(f"{__name__}.fits", lambda entries, entry, composition: len(entries) < 40)
    excess, longest = worst_excess("zcdp", lambda lean: [(0.2, 0.0)])
    assert longest == pytest.approx(8)
    assert excess > 2 * BUDGET.delta


def test_the_shares_add_up_to_delta():
    for composition in ("basic", "zcdp", "gaussian"):
        basic = delta_left(BUDGET, composition, Used())
        squares = 0.0 if composition == "basic" else BUDGET.delta / 2
        assert basic + squares == BUDGET.delta


def test_sums_are_of_decimals_and_exact():
    used = Used()
    for _ in range(10):
        used = used.plus(0.1, 1e-300, 1e300)
    assert (used.epsilon, used.delta) == (exact(1.0), exact(1e-299))
    assert holds(Budget(1.0, 1e-6), "basic", used)
    assert not holds(Budget(1.0, 1e-6), "basic", used.plus(5e-324, 0.0, 0.0))
