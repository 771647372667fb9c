"""How recorded customers come to differ from true ones: one distortion, one file."""

from equipoise.crm.distortions._base import Distortion
from equipoise.crm.distortions._historical_targeting import HistoricalTargeting
from equipoise.crm.distortions._parse import DISTORTIONS, parse_distortion

__all__ = ["DISTORTIONS", "Distortion", "HistoricalTargeting", "parse_distortion"]
