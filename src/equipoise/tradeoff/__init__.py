"""What must be weighed: a plan, its sweep, and a choice within stated limits.

The epsilon of a row is what one released model would promise. The sweep itself is an internal study
of the same customers without noise, and says so. `tradeoff.comparisons` puts epsilons, consent policies and
the orders of mitigation and privacy side by side on the same customers, `tradeoff.ways_out` holds the
charged ways out of the study, and `tradeoff.tables` policies as text.
"""

from equipoise.tradeoff import comparisons as comparisons
from equipoise.tradeoff import tables as tables
from equipoise.tradeoff import ways_out as ways_out
from equipoise.tradeoff._choice import Choice, choose
from equipoise.tradeoff._estimate import estimate
from equipoise.tradeoff._plan import Plan, Policy
from equipoise.tradeoff._plan_file import read_plan
from equipoise.tradeoff._report import sweep_report
from equipoise.tradeoff._report_json import report_json as report_json
from equipoise.tradeoff._result import Sweep, read_sweep
from equipoise.tradeoff._stale import read_policy
from equipoise.tradeoff._sweep import SweepInterrupted, sweep

__all__ = [
    "Plan",
    "Policy",
    "read_plan",
    "estimate",
    "sweep",
    "SweepInterrupted",
    "Sweep",
    "read_sweep",
    "choose",
    "Choice",
    "read_policy",
    "sweep_report",
]
