"""What is predicted and offered, and what it earns: who responds, leaves, is moved, is served first.

`propensity` and `out_of_fold` predict one outcome; `held_out` respects dates, and `random_beside_time`
says by how much a random split flatters. Beside them lie `calibration`, `leaks` (features that know the
outcome), `uplift` (whom a contact moves), `offers` (what to offer whom), `value` (euros) and `service`
(who waits).
"""

from equipoise.models import calibration as calibration
from equipoise.models import leaks as leaks
from equipoise.models import offers as offers
from equipoise.models import service as service
from equipoise.models import uplift as uplift
from equipoise.models import value as value
from equipoise.models._beside import SplitComparison, random_beside_time
from equipoise.models._held_out import HeldOut, held_out, shown_date
from equipoise.models._lift import lift_at
from equipoise.models._propensity import PROPENSITY_MODELS, out_of_fold, propensity

__all__ = [
    "PROPENSITY_MODELS",
    "propensity",
    "out_of_fold",
    "held_out",
    "HeldOut",
    "random_beside_time",
    "SplitComparison",
    "lift_at",
    "shown_date",
]
