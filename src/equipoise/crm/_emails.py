"""What happened to each e-mail: sent, bounced, opened, clicked, and whom it drove away."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from equipoise.crm._calendar import CAMPAIGNS, Campaign, dates
from equipoise.crm._consents import NEVER
from equipoise.crm._natural import logistic
from equipoise.crm._schema import DAYS, EMAIL_EVENTS
from equipoise.crm._streams import Draws, Flags, Floats, Whole
from equipoise.crm._text import taken

__all__ = ["Mailbox", "email_table"]

SENDS = 3
DAYS_BETWEEN_SENDS = 7
FATIGUE_DAYS = 100

BOUNCED_SHARE = 0.008
OPENED_BASE = -1.0
OPENED_BY_AFFINITY = 3.2
CLICKED_SHARE_OF_OPENED = 0.09
UNSUBSCRIBED_SHARE = 0.0014
UNSUBSCRIBED_BY_FATIGUE = 0.28
UNSUBSCRIBED_BY_AFFINITY = -2.0
SPAM_SHARE = 0.0002

NEXT_DAY = ("unsubscribed", "reported_spam")
"""What is dated to the day after the e-mail; everything else happens on its day."""


@dataclass(eq=False)
class Mailbox:
    """What each customer has been sent so far; it grows with every campaign by e-mail.

    Whoever unsubscribes or withdraws consent gets no further e-mail, also not in the campaign that
    is running. The more e-mails a customer was sent in the last 100 days, the more likely the next
    one is too many.

    Parameters
    ----------
    draws : Draws
        The customers, row for row.
    affinity : numpy.ndarray of shape (customers,)
        How readily each reads e-mail, from 0 to 1.
    withdrawn_day : numpy.ndarray of shape (customers,)
        From when on each has withdrawn the opt-in to offers by e-mail, or `NEVER`.
    """

    draws: Draws
    affinity: Floats
    withdrawn_day: Whole
    unsubscribed_day: Whole = field(init=False)
    _received: list[tuple[int, Whole]] = field(init=False, default_factory=list)
    _events: list[pd.DataFrame] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.unsubscribed_day = np.full(len(self.affinity), NEVER)

    def open_on(self, day: int) -> Flags:
        """Return who has neither unsubscribed nor withdrawn by a day."""
        return (self.unsubscribed_day > day) & (self.withdrawn_day > day)

    def send(self, place: int, plan: Campaign, contacted: Flags) -> None:
        """Send a campaign's e-mails and record what happens to them."""
        tired = self._recent(plan.day)
        got = np.zeros(len(self.affinity), dtype=np.int64)
        for send in range(SENDS):
            day = plan.day + send * DAYS_BETWEEN_SENDS
            row = np.flatnonzero(contacted & self.open_on(day))
            if day < DAYS:
                self._one_send(place, send, day, row, tired[row] + got[row])
                got[row] += 1
        self._received.append((plan.day, got))

    def events(self) -> pd.DataFrame:
        """Return all events as codes, by customer and time."""
        none = {
            name: np.zeros(0, dtype=np.int64) for name in ("row", "place", "send", "event", "day")
        }
        events = pd.concat([pd.DataFrame(none), *self._events], ignore_index=True)
        order = np.lexsort((events["event"], events["send"], events["place"], events["row"]))
        return events.take(order).reset_index(drop=True)

    def _recent(self, day: int) -> Whole:
        recent = [got for sent, got in self._received if day - sent <= FATIGUE_DAYS]
        return np.asarray(np.sum([np.zeros(len(self.affinity), dtype=np.int64), *recent], axis=0))

    def _one_send(self, place: int, send: int, day: int, row: Whole, fatigue: Whole) -> None:
        event = np.full(len(row), SENDS * place + send)
        affinity = self.affinity[row]

        def chance(name: str) -> Floats:
            return self.draws.uniform_at(f"emails/{name}", row, event)

        arrived = chance("bounced") >= BOUNCED_SHARE
        opened = arrived & (
            chance("opened") < logistic(OPENED_BASE + OPENED_BY_AFFINITY * (affinity - 0.5))
        )
        clicked = opened & (chance("clicked") < CLICKED_SHARE_OF_OPENED)
        too_many = UNSUBSCRIBED_BY_FATIGUE * fatigue + UNSUBSCRIBED_BY_AFFINITY * (affinity - 0.5)
        left = arrived & (chance("unsubscribed") < UNSUBSCRIBED_SHARE * np.exp(too_many))
        spam = arrived & (chance("spam") < SPAM_SHARE * np.exp(too_many))
        self.unsubscribed_day[row[left]] = day + 1
        happened = {
            "sent": np.ones(len(row), dtype=bool),
            "bounced": ~arrived,
            "opened": opened,
            "clicked": clicked,
            "unsubscribed": left,
            "reported_spam": spam,
        }
        for name, flags in happened.items():
            who = row[flags]
            columns = {"row": who, "place": place, "send": send, "event": EMAIL_EVENTS.index(name)}
            on = np.full(len(who), day + (name in NEXT_DAY))
            self._events.append(pd.DataFrame({**columns, "day": on}))


def email_table(events: pd.DataFrame, contact_id: pd.Series[str]) -> pd.DataFrame:
    """Return the e-mail events as the mailing system shows them."""
    return pd.DataFrame(
        {
            "contact_id": contact_id.take(events["row"]).reset_index(drop=True),
            "campaign_id": taken(
                [plan.campaign_id for plan in CAMPAIGNS], events["place"].to_numpy()
            ),
            "send_number": events["send"].to_numpy() + 1,
            "event": taken(EMAIL_EVENTS, events["event"].to_numpy()),
            "event_date": dates(events["day"].to_numpy()),
        }
    )
