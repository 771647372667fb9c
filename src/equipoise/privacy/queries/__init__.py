"""Private statistics: mechanisms, and counts, sums, means, quantiles and tables that use them.

Bounds, groups, epsilon and delta are declared; what a customer can add is bounded before anything is
computed; every release says what it promises and how far off the noise may have taken it.
"""

from equipoise.privacy.queries import mechanisms
from equipoise.privacy.queries._by_group import private_group_by, private_histogram
from equipoise.privacy.queries._noisy_counts import NoisyCounts, noisy_counts
from equipoise.privacy.queries._quantile import private_quantile
from equipoise.privacy.queries._release import MeanRelease, QuantileRelease, Release
from equipoise.privacy.queries._statistics import private_count, private_mean, private_sum

__all__ = [
    "mechanisms",
    "private_count",
    "private_sum",
    "private_mean",
    "private_quantile",
    "private_histogram",
    "private_group_by",
    "noisy_counts",
    "Release",
    "MeanRelease",
    "QuantileRelease",
    "NoisyCounts",
]
