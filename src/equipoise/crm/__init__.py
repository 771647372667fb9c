"""The synthetic customers of a fictional home-goods retailer, with their truth known.

Start with `make_crm`: it draws individuals, contacts, orders, campaigns with randomised hold-outs,
e-mails, service requests and consent over time. A distortion such as `HistoricalTargeting` makes
the records differ from the truth by a known dose. `features_at` sees the tables and a date;
nothing sees the truth but `CRM.truth`. `quality` says how complete, valid and fresh records are,
group by group. `load_salesforce` and `load_hubspot` bring exports of one's own CRM into the same
form; `dictionary` says what each column means and who may read it, and `identities` invents names
for whoever needs to see them.
"""

from equipoise.crm._behaviour import CDNOW as CDNOW
from equipoise.crm._behaviour import RETAIL as RETAIL
from equipoise.crm._behaviour import Behaviour
from equipoise.crm._cache import load_crm
from equipoise.crm._dictionary import dictionary as dictionary
from equipoise.crm._dictionary import readable as readable
from equipoise.crm._features import features_at
from equipoise.crm._identities import identities as identities
from equipoise.crm._loading import LoadedCRM as LoadedCRM
from equipoise.crm._loading_hubspot import load_hubspot
from equipoise.crm._loading_salesforce import load_salesforce
from equipoise.crm._make import make_crm
from equipoise.crm._quality import Quality as Quality
from equipoise.crm._quality import quality
from equipoise.crm._records import CRM
from equipoise.crm._schemas import check_tables as check_tables
from equipoise.crm._truth import Truth
from equipoise.crm.distortions import DISTORTIONS, Distortion, parse_distortion
from equipoise.crm.distortions import ConsentSelection as ConsentSelection
from equipoise.crm.distortions import FeedbackLoop as FeedbackLoop
from equipoise.crm.distortions import GroupSpecificBehaviour as GroupSpecificBehaviour
from equipoise.crm.distortions import HistoricalTargeting as HistoricalTargeting
from equipoise.crm.distortions import LabelBias as LabelBias
from equipoise.crm.distortions import NoisyMeasurement as NoisyMeasurement
from equipoise.crm.distortions import ProxyColumn as ProxyColumn
from equipoise.crm.distortions import TimeShift as TimeShift
from equipoise.crm.distortions import UnderRepresentation as UnderRepresentation

__all__ = [
    "make_crm",
    "load_crm",
    "CRM",
    "Truth",
    "features_at",
    "quality",
    "load_salesforce",
    "load_hubspot",
    "Distortion",
    "DISTORTIONS",
    "parse_distortion",
    "Behaviour",
]
