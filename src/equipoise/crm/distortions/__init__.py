"""How recorded customers come to differ from true ones: one distortion, one file."""

from equipoise.crm.distortions.base import Distortion
from equipoise.crm.distortions.historical_targeting import HistoricalTargeting
from equipoise.crm.distortions.parse import DISTORTIONS, parse_distortion

__all__ = ["DISTORTIONS", "Distortion", "HistoricalTargeting", "parse_distortion"]
