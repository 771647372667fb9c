"""Frame in, picture out. Computing happens elsewhere."""

from equipoise.charts._balance import balance_figure
from equipoise.charts._customers import draw_consent, draw_groups, draw_months
from equipoise.charts._epsilon import draw_epsilon
from equipoise.charts._fairness import draw_rates
from equipoise.charts._ledger import draw_ledger
from equipoise.charts._picture import Picture, picture
from equipoise.charts._tradeoff import MEASURE_TITLES, draw_frontier, epsilon_text

__all__ = [
    "MEASURE_TITLES",
    "Picture",
    "balance_figure",
    "draw_consent",
    "draw_epsilon",
    "draw_frontier",
    "draw_groups",
    "draw_ledger",
    "draw_months",
    "draw_rates",
    "epsilon_text",
    "picture",
]
