"""Round by round: whom past choices leave out of the next printed campaign."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise.crm._calendar import Campaign
from equipoise.crm._campaigns import HOLD_OUT, Decided
from equipoise.crm._life import Life
from equipoise.crm._schema import LEAD_SOURCES, POSTCODE_AREAS, YEAR_DAYS
from equipoise.crm._streams import Flags, Floats, any_of
from equipoise.crm._text import named
from equipoise.crm.distortions import Distortion, FeedbackLoop

__all__ = ["Rounds"]


class Rounds:
    """The printed campaigns so far, as far as distortions learn from them.

    Parameters
    ----------
    life : Life
        The customers.
    distortions : sequence of Distortion
        Of which a feedback loop needs the records; without one nothing is kept.
    """

    def __init__(self, life: Life, distortions: Sequence[Distortion]) -> None:
        self._life = life
        self._loops = [each for each in distortions if isinstance(each, FeedbackLoop)]
        self._past: list[tuple[Floats, Flags]] = []
        people, draws = life.individuals, life.draws
        masks = (each.left_out(people, draws) for each in distortions)
        self._not_listed = any_of(len(people), masks)

    def left_out(self, plan: Campaign) -> tuple[Flags, Flags]:
        """Return who is not on the lists, and whom a model ranks low; nobody where no print is."""
        nobody = np.zeros_like(self._not_listed)
        if not plan.by_post:
            return nobody, nobody
        ranked_low = nobody
        for loop in self._loops:
            features, is_member = self._features(plan), self._life.joined_day < plan.day
            people, draws = self._life.individuals, self._life.draws
            low = loop.ranked_low(people, draws, features, is_member, self._past)
            ranked_low = ranked_low | low
        return self._not_listed, ranked_low

    def record(self, plan: Campaign, is_member: Flags, decided: Decided, answers: Flags) -> None:
        """Keep what the records say: whoever was not asked has not responded."""
        if self._loops:
            listed = is_member & (decided.status != HOLD_OUT)
            answered = decided.contacted & answers
            self._past.append((self._features(plan)[listed], answered[listed]))

    def _features(self, plan: Campaign) -> Floats:
        """Return what the model sees on the day: numbers near 0..1 and one column per level."""
        life, baseline = self._life, self._life.baseline
        before = baseline[(baseline["day"] < plan.day).to_numpy()]
        recent = before[(before["day"] >= plan.day - YEAR_DAYS).to_numpy()]
        last_day = life.joined_day.astype(float)
        last_day[before["row"].to_numpy()] = before["day"]
        count = np.bincount(recent["row"], minlength=life.draws.customers)
        spent = np.bincount(recent["row"], recent["list_eur"], minlength=life.draws.customers)
        numbers = [
            (plan.day - last_day) / YEAR_DAYS,
            np.log1p(count),
            np.log1p(spent) / 5,
            (plan.day - life.joined_day) / YEAR_DAYS,
        ]
        source = named(life.contacts["lead_source"], LEAD_SOURCES)
        area = named(life.contacts["postcode_area"], POSTCODE_AREAS)
        one_hot = [np.eye(len(LEAD_SOURCES))[source], np.eye(len(POSTCODE_AREAS))[area]]
        return np.column_stack([*numbers, *one_hot])
