"""Sums are the ledger's own, never below the true one, and no business of the caller's context."""

from __future__ import annotations

import decimal
import math
from fractions import Fraction

import dp_accounting as dp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.accounting._decimals import added, exact, root_of_squares

costs = st.floats(0, 1e300)
counts = st.integers(0, 10**30)


@given(parts=st.lists(st.tuples(costs, counts), max_size=4))
def test_a_sum_is_never_below_the_true_one_and_at_most_one_float_above(parts):
    true = sum((Fraction(exact(cost)) * times for cost, times in parts), Fraction(0))
    found = added(parts)
    assert math.isinf(found) or Fraction(exact(found)) >= true
    if 1e-300 < found < math.inf:
        assert Fraction(found) <= true * Fraction(1 + 2**-51)


@given(parts=st.lists(st.tuples(costs, counts), max_size=4))
def test_so_is_the_root_of_a_sum_of_squares(parts):
    true = sum((Fraction(exact(cost)) ** 2 * times for cost, times in parts), Fraction(0))
    found = root_of_squares(parts)
    assert math.isinf(found) or Fraction(exact(found)) ** 2 >= true
    if 1e-300 < found < math.inf:
        assert Fraction(found) ** 2 <= true * Fraction(1 + 2**-50)


def test_round_sums_stay_round_and_nothing_of_everything_is_nothing():
    assert added([(0.1, 3)]) == 0.3
    assert root_of_squares([(0.1, 4)]) == 0.2
    assert added([(math.inf, 0)]) == root_of_squares([(math.inf, 0)]) == 0.0
    assert added([(math.inf, 1), (1.0, 1)]) == math.inf


@pytest.mark.parametrize("digits", [1, 2, 4, 6])
def test_the_decimal_context_of_the_caller_buys_nothing(open_ledger, digits):
    ledger = open_ledger(1.0, 1e-6)
    gaussian = dp.SelfComposedDpEvent(dp.GaussianDpEvent(1000.0), 52199)
    with decimal.localcontext() as context:
        context.prec, context.rounding = digits, decimal.ROUND_DOWN
        for noise, times in ((10.0, 19), (1000.0, 1009)):
            with pytest.raises(InputError, match="must fit what is left"):
                ledger.spend(dp.SelfComposedDpEvent(dp.LaplaceDpEvent(noise), times))
        context.traps[decimal.Inexact] = True
        assert ledger.spend(gaussian).mu >= math.sqrt(52199) / 1000
        ledger.spend(epsilon=1 / 300, delta=0)
        context.clear_traps()
        ledger.remaining()
        ledger.plot()
    assert ledger.verify()
