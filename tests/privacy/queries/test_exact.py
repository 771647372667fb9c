"""Exact noise has exactly the distribution it is named after."""

from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from equipoise.privacy.queries.mechanisms._exact import discrete_gaussian, discrete_laplace


def compared(draws, weight, reach):
    """Return the p-value of a chi-square test against weights on -reach..reach, tails pooled."""
    inside = range(-reach, reach + 1)
    far = [weight(z) for z in range(reach + 1, reach + 2000)]
    weights = np.array([math.fsum(far), *(weight(z) for z in inside), math.fsum(far)])
    seen = Counter(draws)
    counts = [sum(n for z, n in seen.items() if z < -reach), *(seen[z] for z in inside)]
    counts.append(len(draws) - sum(counts))
    expected = weights / weights.sum() * len(draws)
    assert expected.min() > 5
    return stats.chisquare(counts, expected).pvalue


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(5, 2), Fraction(7)])
def test_discrete_laplace(scale):
    below = random.Random(0).randrange
    draws = [discrete_laplace(scale, below) for _ in range(8000)]
    reach = max(1, int(4 * scale))
    assert compared(draws, lambda z: math.exp(-abs(z) / scale), reach) > 1e-5


@pytest.mark.parametrize("variance", [Fraction(1, 2), Fraction(7, 2), Fraction(25)])
def test_discrete_gaussian(variance):
    below = random.Random(1).randrange
    draws = [discrete_gaussian(variance, below) for _ in range(8000)]
    reach = max(1, int(2.5 * math.sqrt(variance)))
    assert compared(draws, lambda z: math.exp(-z * z / (2 * float(variance))), reach) > 1e-5


def test_a_scale_of_a_million_million_steps_is_no_slower_and_has_random_last_digits():
    calls, source = [], random.Random(2).randrange

    def below(n):
        calls.append(n)
        return source(n)

    draws = [discrete_laplace(Fraction(2**40), below) for _ in range(2000)]
    assert len(calls) < 12 * len(draws)
    assert stats.chisquare(np.bincount(np.array(draws) % 8)).pvalue > 1e-5
    assert stats.kstest(np.array(draws) / 2**40, "laplace").pvalue > 1e-5


def test_without_a_source_it_draws_from_the_operating_system():
    state = random.getstate()
    assert len({discrete_laplace(Fraction(2**60)) for _ in range(20)}) == 20
    assert len({discrete_gaussian(Fraction(2**120)) for _ in range(20)}) == 20
    assert random.getstate() == state
