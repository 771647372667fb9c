"""A distortion as text, for command lines and recipes."""

from __future__ import annotations

from equipoise._checks import check_choice
from equipoise.crm.distortions._base import Distortion
from equipoise.crm.distortions._consent_selection import ConsentSelection
from equipoise.crm.distortions._feedback_loop import FeedbackLoop
from equipoise.crm.distortions._group_specific_behaviour import GroupSpecificBehaviour
from equipoise.crm.distortions._historical_targeting import HistoricalTargeting
from equipoise.crm.distortions._label_bias import LabelBias
from equipoise.crm.distortions._noisy_measurement import NoisyMeasurement
from equipoise.crm.distortions._proxy_column import ProxyColumn
from equipoise.crm.distortions._time_shift import TimeShift
from equipoise.crm.distortions._under_representation import UnderRepresentation
from equipoise.exceptions import InputError

__all__ = ["DISTORTIONS", "parse_distortion"]

DISTORTIONS: dict[str, type[Distortion]] = {
    kind.name: kind
    for kind in (
        TimeShift,
        GroupSpecificBehaviour,
        ConsentSelection,
        HistoricalTargeting,
        FeedbackLoop,
        LabelBias,
        NoisyMeasurement,
        ProxyColumn,
        UnderRepresentation,
    )
}
"""Every distortion by its name, in the order in which they act."""

FORM = "Write it like historical_targeting=0.6:community=B."


def parse_distortion(text: str) -> Distortion:
    """Read ``name=dose:column=value``; `str` of a distortion gives the same text back.

    Parameters
    ----------
    text : str
        Such as ``"historical_targeting=0.6:community=B"``.

    Returns
    -------
    Distortion

    Raises
    ------
    InputError
        If the form, the name, the dose or the group is not known.

    Examples
    --------
    >>> parse_distortion("historical_targeting=0.6:community=B")
    HistoricalTargeting(dose=0.6, group=('community', 'B'))
    """
    act, colon, group = text.partition(":")
    name, _, dose = act.partition("=")
    column, equals, value = group.partition("=")
    if not (colon and equals):
        raise InputError("distortion", "must read name=dose:column=value", repr(text), FORM)
    kind = DISTORTIONS[check_choice("distortion", name, DISTORTIONS)]
    return kind(dose=_dose(dose), group=(column, value))


def _dose(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError("dose", "must be a number", repr(text), FORM) from None
