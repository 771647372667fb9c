"""Frame in, picture out. Computing happens elsewhere."""

from equipoise.charts._fairness import draw_rates
from equipoise.charts._picture import Picture, picture
from equipoise.charts._tradeoff import MEASURE_TITLES, draw_frontier

__all__ = ["MEASURE_TITLES", "Picture", "draw_frontier", "draw_rates", "picture"]
