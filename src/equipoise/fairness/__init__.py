"""Who gains and who is left out: rates per group, gaps and their intervals.

Everything follows from one count table of group × outcome × decision. Measuring never imports
mitigation; `fairness.mitigation` holds what can be changed before, during and after training.
"""

from equipoise.fairness._audit import Audit, audit, audit_counts
from equipoise.fairness._counts import CountTable, count_table
from equipoise.fairness._page import audit_page, gaps_table, rates_table, with_interval
from equipoise.fairness._rates import RATES, Rate
from equipoise.fairness._task import audit_task

__all__ = [
    "audit",
    "Audit",
    "audit_counts",
    "audit_task",
    "count_table",
    "CountTable",
    "RATES",
    "Rate",
    "audit_page",
    "rates_table",
    "gaps_table",
    "with_interval",
]
