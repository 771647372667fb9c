"""Draw a whole CRM from a seed, with or without distortions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from equipoise._checks import check_choice, check_whole
from equipoise.crm._behaviour import RETAIL, Behaviour
from equipoise.crm._consents import BetterOff
from equipoise.crm._life import Settings
from equipoise.crm._records import CRM, draw_crm
from equipoise.crm._streams import Draws
from equipoise.crm._text import MOST_CUSTOMERS
from equipoise.crm.distortions import DISTORTIONS, Distortion
from equipoise.exceptions import InputError

__all__ = ["check_draws", "check_settings", "make_crm"]

ONCE = ("proxy_column", "feedback_loop")
"""Distortions of which a world can have one only, whatever the group."""


def make_crm(
    *,
    customers: int,
    seed: int,
    distortions: Sequence[Distortion] = (),
    behaviour: Behaviour = RETAIL,
    better_off: BetterOff = "consent_less",
) -> CRM:
    """Draw the customers of a fictional retailer: what they buy, answer, allow and complain about.

    Parameters
    ----------
    customers : int
        Number of individuals, at least 1. They join over 30 months; those who join after a
        campaign are no members of it. The first customers of a larger world are those of a
        smaller one.
    seed : int
        Zero or more. The same seed gives the same bytes in every process.
    distortions : sequence of Distortion
        What shall make the records differ from the truth; they act in the order of `DISTORTIONS`,
        whatever their order here. With none, or with dose 0, the world is clean: whatever differs
        between groups is natural, and nothing differs between communities but where they live
        and which of two equal sources they came by.
    behaviour : Behaviour
        The purchase process; `RETAIL` or `CDNOW`, or one's own.
    better_off : {"consent_less", "consent_more"}
        Which way income counts for consent. The literature has both signs.

    Returns
    -------
    CRM

    Raises
    ------
    InputError
        If a number breaks its rule, or two distortions contradict each other.

    Examples
    --------
    >>> make_crm(customers=500, seed=7)
    CRM(customers=500, seed=7, distortions=none)
    """
    draws = check_draws(customers, seed)
    settings = check_settings(distortions, behaviour, better_off)
    return draw_crm(draws, settings)


def check_draws(customers: int, seed: int) -> Draws:
    """Return the draws of a whole world, or refuse its size or its seed."""
    customers = check_whole("customers", customers, low=1, next_move="Use 20000 for a course.")
    if customers > MOST_CUSTOMERS:
        raise InputError(
            "customers",
            f"must be at most {MOST_CUSTOMERS:,}",
            f"{customers:,}",
            "Use fewer.",
        )
    return Draws(check_whole("seed", seed, low=0, next_move="Use a seed such as 7."), 1, customers)


def check_settings(
    distortions: Sequence[Distortion], behaviour: Behaviour, better_off: BetterOff
) -> Settings:
    """Return the settings of a world, with the distortions in the order in which they act."""
    if not isinstance(behaviour, Behaviour):
        raise InputError("behaviour", "must be a Behaviour", repr(behaviour), "Use crm.RETAIL.")
    check_choice("better_off", better_off, get_args(BetterOff))
    if not isinstance(distortions, Iterable):
        raise InputError(
            "distortions", "must be a list of distortions", str(distortions), "Put it into [ ]."
        )
    return Settings(behaviour, better_off, _checked(tuple(distortions)))


def _checked(distortions: Sequence[Distortion]) -> tuple[Distortion, ...]:
    """Refuse what is not a distortion, and what contradicts another."""
    seen: set[tuple[str, tuple[str, str] | None]] = set()
    for distortion in distortions:
        if not isinstance(distortion, Distortion):
            raise InputError(
                "distortions",
                "must be distortions",
                repr(distortion),
                "Use parse_distortion to read one from text.",
            )
        once = distortion.name in ONCE
        key = (distortion.name, None if once else distortion.group)
        if key in seen:
            rule = "at most one " + distortion.name if once else "each group once per distortion"
            raise InputError(
                "distortions",
                f"must hold {rule}",
                str(distortion),
                "Keep one of the two.",
            )
        seen.add(key)
    places = {name: place for place, name in enumerate(DISTORTIONS)}
    last = len(places)
    return tuple(sorted(distortions, key=lambda each: (places.get(each.name, last), each.group)))
