"""What must be weighed: a plan, its sweep, and a choice within stated limits.

The epsilon of a row is what one released model would promise. The sweep itself is an internal study
of the same customers without noise, and says so.
"""

from equipoise.tradeoff._choice import Choice, choose
from equipoise.tradeoff._plan import Plan, Policy
from equipoise.tradeoff._report import sweep_report
from equipoise.tradeoff._sweep import Sweep, read_sweep, sweep
from equipoise.tradeoff._tables import policies_table, profits_table

__all__ = [
    "Plan",
    "Policy",
    "sweep",
    "Sweep",
    "read_sweep",
    "choose",
    "Choice",
    "sweep_report",
    "policies_table",
    "profits_table",
]
