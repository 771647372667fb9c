"""How recorded customers come to differ from true ones: one distortion, one file."""

from equipoise.crm.distortions._base import Distortion
from equipoise.crm.distortions._consent_selection import ConsentSelection
from equipoise.crm.distortions._feedback_loop import FeedbackLoop
from equipoise.crm.distortions._group_specific_behaviour import GroupSpecificBehaviour
from equipoise.crm.distortions._historical_targeting import HistoricalTargeting
from equipoise.crm.distortions._label_bias import LabelBias
from equipoise.crm.distortions._noisy_measurement import NoisyMeasurement
from equipoise.crm.distortions._parse import DISTORTIONS, parse_distortion
from equipoise.crm.distortions._proxy_column import ProxyColumn
from equipoise.crm.distortions._time_shift import TimeShift
from equipoise.crm.distortions._under_representation import UnderRepresentation

__all__ = [
    "DISTORTIONS",
    "ConsentSelection",
    "Distortion",
    "FeedbackLoop",
    "GroupSpecificBehaviour",
    "HistoricalTargeting",
    "LabelBias",
    "NoisyMeasurement",
    "ProxyColumn",
    "TimeShift",
    "UnderRepresentation",
    "parse_distortion",
]
