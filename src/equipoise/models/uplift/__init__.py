"""Whom a contact moves: effects learnt from a hold-out, and what ranking by them adds."""

from equipoise.models.uplift._curve import UpliftCurve, uplift_curve
from equipoise.models.uplift._effect_error import effect_error
from equipoise.models.uplift._effects import UPLIFT_LEARNERS, effects, uplift_learner
from equipoise.models.uplift._learners import DoublyRobust, TransformedOutcome, TwoModel
from equipoise.models.uplift._policy_value import PolicyValue, policy_value
from equipoise.models.uplift._truth import true_effects

__all__ = [
    "UPLIFT_LEARNERS",
    "DoublyRobust",
    "TransformedOutcome",
    "TwoModel",
    "UpliftCurve",
    "effect_error",
    "effects",
    "policy_value",
    "PolicyValue",
    "true_effects",
    "uplift_curve",
    "uplift_learner",
]
