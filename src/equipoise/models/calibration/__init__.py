"""What a score promises beside what happens, and scores bent towards what happens.

`calibration_curve` compares mean scores with rates; `CalibratedModel` learns on held-out customers
how to bend the scores of any classifier.
"""

from equipoise.models.calibration._calibrated import METHODS, CalibratedModel
from equipoise.models.calibration._curve import Calibration, calibration_curve

__all__ = ["METHODS", "CalibratedModel", "Calibration", "calibration_curve"]
