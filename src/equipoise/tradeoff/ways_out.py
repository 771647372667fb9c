"""What may leave the internal study, each way with a guarantee and a price.

`synthetic` customers to choose on, `evaluate_privately` for figures that may be published,
`select_privately` among candidates, and `ship` for the model itself, whose file `read_release` reads.
"""

from equipoise.tradeoff._noisy_evaluation import PrivateEvaluation, evaluate_privately
from equipoise.tradeoff._private_selection import PrivateSelection, select_privately
from equipoise.tradeoff._release_file import ReleasedModel, read_release
from equipoise.tradeoff._ship import Shipment, ship
from equipoise.tradeoff._synthetic import SyntheticTask, synthetic

__all__ = [
    "synthetic",
    "SyntheticTask",
    "evaluate_privately",
    "PrivateEvaluation",
    "select_privately",
    "PrivateSelection",
    "ship",
    "Shipment",
    "read_release",
    "ReleasedModel",
]
