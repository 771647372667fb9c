"""What an attacker gets out of a release: measured before a remedy, and again after it.

`linkage` finds released customers again on a public list, `membership` tells who was in the training
data, `attribute_inference` guesses one hidden value, `reconstruct` solves counts for who has a secret.
A failed attack proves nothing. It says what this attacker did not manage, with these data; only a
guarantee speaks about all attackers.
"""

from equipoise.privacy.attacks._attribute import AttributeInference, attribute_inference
from equipoise.privacy.attacks._generalised import within_generalised
from equipoise.privacy.attacks._linkage import Linkage, linkage
from equipoise.privacy.attacks._membership import Membership, membership
from equipoise.privacy.attacks._reconstruction import (
    CountMechanism,
    Reconstruction,
    reconstruct,
)

__all__ = [
    "linkage",
    "membership",
    "attribute_inference",
    "reconstruct",
    "Linkage",
    "Membership",
    "AttributeInference",
    "Reconstruction",
    "within_generalised",
    "CountMechanism",
]
