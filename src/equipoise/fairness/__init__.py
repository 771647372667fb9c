"""Who gains and who is left out: rates per group, gaps and their intervals.

Everything follows from one count table of group × outcome × decision. Measuring never imports
mitigation; `fairness.mitigation` holds what can be changed before, during and after training.
`fairness.rates` has every rate as a plain function of four counts, `fairness.benefits` what decisions
hand out and whom they can reach, `fairness.tables` figures as text.
"""

from equipoise.fairness import benefits as benefits
from equipoise.fairness._audit import REST, Audit
from equipoise.fairness._auditing import audit, audit_counts
from equipoise.fairness._bounds import GapBounds, gap_bounds
from equipoise.fairness._counting import count_table
from equipoise.fairness._counts import CountTable
from equipoise.fairness._page import audit_page
from equipoise.fairness._task import TaskAudit as TaskAudit
from equipoise.fairness._task import audit_task
from equipoise.fairness._truth import beside_truth
from equipoise.fairness.rates import RATES

__all__ = [
    "audit",
    "Audit",
    "REST",
    "RATES",
    "count_table",
    "CountTable",
    "audit_counts",
    "audit_task",
    "audit_page",
    "gap_bounds",
    "GapBounds",
    "beside_truth",
]
