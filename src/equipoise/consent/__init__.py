"""What each person allowed: for which purpose, on which channel, from when to when.

`permitted` keeps the rows of a table whose persons allow a purpose on a date, under a policy;
`allowed` shows every policy side by side, and `in_force` says of each person which record counts
and why. Consent events have two times: `effective_at`, from when an expression holds, and
`recorded_at`, when the firm came to know it. `purpose_table` and `policy_table` list the words.
They are pointers, not legal advice.
"""

from equipoise.consent._events import EVENT_COLUMNS, check_events
from equipoise.consent._in_force import in_force
from equipoise.consent._permitted import allowed, permitted
from equipoise.consent._policies import POLICIES, Policy, policy_table
from equipoise.consent._purposes import CHANNELS, PURPOSES, Purpose, purpose_table

__all__ = [
    "PURPOSES",
    "CHANNELS",
    "Purpose",
    "purpose_table",
    "EVENT_COLUMNS",
    "check_events",
    "POLICIES",
    "Policy",
    "policy_table",
    "permitted",
    "allowed",
    "in_force",
]
