"""Evidence about a claim: attacks on it, what they showed, and how much they could have shown."""

from equipoise.privacy.evidence._bug import PlantedBug
from equipoise.privacy.evidence._bugs import planted_bugs, sound_twins
from equipoise.privacy.evidence._challenge import challenge
from equipoise.privacy.evidence._detection import detection_table
from equipoise.privacy.evidence._lower_bound import epsilon_lower_bound
from equipoise.privacy.evidence._properties import Check, check_noise, check_sensitivity
from equipoise.privacy.evidence._rates import ceiling
from equipoise.privacy.evidence._result import Bound, Challenge

__all__ = [
    "challenge",
    "Challenge",
    "Bound",
    "ceiling",
    "epsilon_lower_bound",
    "planted_bugs",
    "sound_twins",
    "PlantedBug",
    "check_sensitivity",
    "check_noise",
    "Check",
    "detection_table",
]
