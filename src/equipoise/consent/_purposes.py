"""What data are used for, and which legal bases each use may rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

import pandas as pd

__all__ = ["ANY_CHANNEL", "CHANNELS", "PURPOSES", "Purpose", "purpose_table"]

ANY_CHANNEL = "any"
REACHING_OUT = ("email", "post", "phone")
CHANNELS = (*REACHING_OUT, ANY_CHANNEL)
"""How a person is reached; `any` stands for purposes that do not reach out."""


@dataclass(frozen=True)
class Purpose:
    """One use of personal data. The legal bases are pointers, not legal advice.

    Parameters
    ----------
    name : str
        The word that events and tasks use.
    covers : str
        What it covers, in one sentence.
    legal_bases : tuple of str
        Bases that the GDPR may allow for it, out of ``consent``, ``contract``,
        ``legitimate_interest`` and ``legal_obligation``. Whether one holds in a given case is for
        a person to judge; a policy of this package may permit less.
    channels : tuple of str
        The channels of its consent events.
    """

    name: str
    covers: str
    legal_bases: tuple[str, ...]
    channels: tuple[str, ...]


_ALL = (
    Purpose(
        "service",
        "Fulfilling orders, answering requests, and telling customers what they must know.",
        ("contract", "legitimate_interest", "legal_obligation"),
        REACHING_OUT,
    ),
    Purpose(
        "analytics",
        "Counting and comparing what customers do, without acting on a single person.",
        ("consent", "legitimate_interest"),
        (ANY_CHANNEL,),
    ),
    Purpose(
        "personalised_offers",
        "Choosing whom to send an offer, and which one, from what is known of the person.",
        ("consent",),
        REACHING_OUT,
    ),
    Purpose(
        "profiling",
        "Predicting interests, behaviour or traits of a single person.",
        ("consent",),
        (ANY_CHANNEL,),
    ),
    Purpose(
        "third_party_sharing",
        "Giving personal data to another firm for that firm's own use.",
        ("consent",),
        (ANY_CHANNEL,),
    ),
    Purpose(
        "fairness_audit",
        "Measuring by group who gains and who is left out, with sensitive attributes.",
        ("consent", "legitimate_interest", "legal_obligation"),
        (ANY_CHANNEL,),
    ),
)

PURPOSES: Mapping[str, Purpose] = MappingProxyType({purpose.name: purpose for purpose in _ALL})
"""Every purpose by its name."""


def purpose_table() -> pd.DataFrame:
    """Return one row a purpose: `name, covers, legal_bases, channels`, the last two as tuples.

    Returns
    -------
    pandas.DataFrame
        Pointers, not legal advice.

    Examples
    --------
    >>> purpose_table().set_index("name").loc["service", "channels"]
    ('email', 'post', 'phone')
    """
    return pd.DataFrame([asdict(purpose) for purpose in PURPOSES.values()])
