"""Counts in, bounds out: intervals that keep their coverage for small groups and rare outcomes.

Counts are numbers or arrays, which broadcast. They need not be whole: where rows are weighted or a
customer has several, they are brought down to the independent trials they amount to first.

What they are made of lies beside them: `search` (intervals that pay for looking at many groups),
`chance` (noise floor and shrinkage), `noise` (counts that were noised), `repeated` (weights and repeated
customers), `area` (areas under the curve as counts) and `compared` (estimates from estimates).
"""

from equipoise.intervals._interval import MINIMUM_TRIALS, Interval
from equipoise.intervals._mean import mean_amount
from equipoise.intervals._rate import clopper_pearson, wilson
from equipoise.intervals.area import area_under_curve
from equipoise.intervals.compared import difference, newcombe, ratio
from equipoise.intervals.repeated import design_effect
from equipoise.intervals.search import worst_gap

__all__ = [
    "Interval",
    "MINIMUM_TRIALS",
    "wilson",
    "clopper_pearson",
    "newcombe",
    "ratio",
    "difference",
    "mean_amount",
    "worst_gap",
    "area_under_curve",
    "design_effect",
]
