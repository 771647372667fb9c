"""How options with an inner form are read: COL=LOW:HIGH, NAME=NUMBER, A,B,C."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.exceptions import InputError

__all__ = ["listed", "number", "numbers", "pair_of_numbers", "pairs"]


def listed(text: str) -> list[str]:
    """Return the parts between commas, without blanks around them."""
    return [part.strip() for part in text.split(",") if part.strip()]


def number(option: str, text: str) -> float:
    """Return a number; `inf` is infinity."""
    try:
        return float(text)
    except ValueError:
        raise InputError(option, "must hold numbers", repr(text), "Write 0.5, 3 or inf.") from None


def numbers(option: str, text: str) -> list[float]:
    """Return the numbers between commas."""
    return [number(option, part) for part in listed(text)]


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """Return NAME=VALUE texts as a mapping; the name ends at the last equals sign."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.rpartition("=")
        if not (sign and name):
            raise InputError(
                option, "must have the form NAME=VALUE", repr(text), "Write one per option."
            )
        if name in found:
            raise InputError(
                option, "must name each column or measure once", repr(name), "Keep one."
            )
        found[name] = value
    return found


def pair_of_numbers(option: str, text: str) -> tuple[float, float]:
    """Return LOW:HIGH as two numbers."""
    low, sign, high = text.partition(":")
    if not sign:
        raise InputError(
            option, "must have the form COL=LOW:HIGH", repr(text), "Write --bounds age=0:120."
        )
    return number(option, low), number(option, high)
