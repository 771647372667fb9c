"""Four answers to the question whose data may be used when not everybody has spoken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

import pandas as pd

from equipoise._checks import check_choice
from equipoise.consent._purposes import PURPOSES
from equipoise.exceptions import InputError

__all__ = ["POLICIES", "Policy", "check_policy", "is_synthetic", "policies_for", "policy_table"]

SYNTHETIC_NOTICE = "fictional-"


@dataclass(frozen=True)
class Policy:
    """One rule that turns consent events into who is permitted.

    Parameters
    ----------
    name : str
        The word that `permitted` takes.
    permits : str
        Whom it permits, in one sentence.
    purposes : tuple of str
        The purposes for which it can be asked.
    """

    name: str
    permits: str
    purposes: tuple[str, ...]


_ALL = (
    Policy(
        "opt_in",
        "Persons with a proved opt-in in force that is later than every refusal in force.",
        tuple(PURPOSES),
    ),
    Policy(
        "opt_out",
        "Everyone but persons with a refusal in force that no later proved opt-in supersedes.",
        tuple(PURPOSES),
    ),
    Policy(
        "legitimate_interest",
        "As opt_out, for service only: everything else needs more than the firm's own interest.",
        ("service",),
    ),
    Policy(
        "everyone",
        "Everyone, whatever they said: a yardstick on synthetic people, never a way to treat real ones.",
        tuple(PURPOSES),
    ),
)

POLICIES: Mapping[str, Policy] = MappingProxyType({policy.name: policy for policy in _ALL})
"""Every policy by its name, from the least to the most permissive."""


def policy_table() -> pd.DataFrame:
    """Return one row a policy: `name, permits, purposes`.

    Examples
    --------
    >>> policy_table()["name"].tolist()
    ['opt_in', 'opt_out', 'legitimate_interest', 'everyone']
    """
    return pd.DataFrame([asdict(policy) for policy in POLICIES.values()])


def check_policy(policy: str, purpose: str, events: pd.DataFrame) -> None:
    """Refuse a policy that the purpose or the events do not allow."""
    check_choice("policy", policy, POLICIES)
    if purpose not in POLICIES[policy].purposes:
        raise InputError(
            "policy",
            f"{policy!r} must be asked for purpose {' or '.join(POLICIES[policy].purposes)}",
            repr(purpose),
            "Use policy 'opt_in', or 'opt_out' to compare.",
        )
    if policy == "everyone" and not is_synthetic(events):
        raise InputError(
            "policy",
            "'everyone' must be asked of synthetic events only, "
            f"whose notice_version starts with {SYNTHETIC_NOTICE!r}",
            _real(events),
            "Use policy 'opt_in', or 'opt_out' to compare.",
        )


def policies_for(purpose: str, events: pd.DataFrame) -> list[str]:
    """Return the policies that can be asked for this purpose of these events."""
    return [
        name
        for name, policy in POLICIES.items()
        if purpose in policy.purposes and (name != "everyone" or is_synthetic(events))
    ]


def is_synthetic(events: pd.DataFrame) -> bool:
    """Say whether there are events and every one shows a fictional notice."""
    return len(events) > 0 and bool(_has_fictional_notice(events).all())


def _has_fictional_notice(events: pd.DataFrame) -> pd.Series:
    notices = events["notice_version"].astype("str")
    return notices.str.startswith(SYNTHETIC_NOTICE).fillna(False).astype(bool)


def _real(events: pd.DataFrame) -> str:
    if events.empty:
        return "no events"
    real = int((~_has_fictional_notice(events)).sum())
    return f"{real:,} of {len(events):,} events with another notice or none"
