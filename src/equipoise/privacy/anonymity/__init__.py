"""How far a table hides its customers among each other, how to hide them better, and what that costs.

`measure_anonymity` says how alike customers are on what others may know; `anonymise` makes them more
alike by saying less; `pseudonymise` replaces identifiers by a keyed hash. None of them is a
guarantee: each holds against somebody who knows no more than was assumed, and two releases together
can undo both. Differential privacy is the promise that does not depend on what others know.
"""

from equipoise.privacy.anonymity._anonymise import Anonymised, anonymise
from equipoise.privacy.anonymity._homogeneous import homogeneous_classes
from equipoise.privacy.anonymity._measure import Anonymity, measure_anonymity
from equipoise.privacy.anonymity._model_loss import ModelLoss
from equipoise.privacy.anonymity._pseudonyms import new_key, pseudonymise, reverse_hashes

__all__ = [
    "measure_anonymity",
    "Anonymity",
    "homogeneous_classes",
    "anonymise",
    "Anonymised",
    "ModelLoss",
    "pseudonymise",
    "new_key",
    "reverse_hashes",
]
