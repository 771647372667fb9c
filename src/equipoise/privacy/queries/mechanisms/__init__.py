"""Mechanisms: how noise enters a number or a choice, and what one release of it promises.

A release draws from the operating system's entropy. A numpy generator may be passed instead, for
study: whoever knows its seed can take the noise away.
"""

from equipoise.privacy.queries.mechanisms._additive import (
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
)
from equipoise.privacy.queries.mechanisms._choice import ExponentialMechanism
from equipoise.privacy.queries.mechanisms._response import RandomizedResponse

__all__ = [
    "LaplaceMechanism",
    "GeometricMechanism",
    "GaussianMechanism",
    "ExponentialMechanism",
    "RandomizedResponse",
]
