"""What a column is taken for in a drafted task file, and what a person must check."""

from __future__ import annotations

import decimal
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from equipoise._checks import suggestion
from equipoise.exceptions import InputError
from equipoise.task._columns import LARGEST_NUMBER, UNKNOWN, Column, as_numbers
from equipoise.task._file import Feature, Outcome
from equipoise.task._loading import checked

__all__ = ["CHECK", "Draft", "draft_feature", "draft_outcome", "features_of"]

CHECK = "check me"
MOST_CATEGORIES = 50
FEWEST_ROWS_PER_CATEGORY = 5
FEWEST_REPEATS_MISSED = 5
ID_NAME = re.compile(
    r"(?:^|[\W_])(?:id|ids|nr|no|num|number|key|code|uuid)$|(?:Id|ID|Nr|No|Number|Key|Code)$"
)
MOST_VALUES_OF_A_CODE = 10
SHARE_OF_NUMBERS = 0.8
_INFINITE = {"inf", "infinity"}


@dataclass(frozen=True)
class Draft:
    """A feature with a remark, or the reason why the column is not one."""

    feature: Feature | None = None
    remark: str | None = None
    reason: str = ""


def features_of(drafts: Mapping[str, Draft]) -> dict[str, Feature]:
    """Return the drafts that are features."""
    return {name: draft.feature for name, draft in drafts.items() if draft.feature is not None}


def draft_outcome(
    column: Column, positive: str, negative: Sequence[str], missing: str | float | None
) -> Outcome:
    """Return the coding of the outcome: what is not positive is negative if it is one value."""
    rest = _negatives(column, positive, negative)
    if missing not in (None, "drop", "refuse"):
        raise InputError(
            f"missing of outcome {column.name!r}",
            "must be drop or refuse",
            repr(missing),
            "An outcome is never filled in.",
        )
    parts = {
        "column": column.name,
        "positive": [positive],
        "negative": rest,
        "missing": missing or ("drop" if column.missing.any() else "refuse"),
    }
    return checked(Outcome, parts, at=["outcome"])


def _negatives(column: Column, positive: str, negative: Sequence[str]) -> list[str]:
    levels = sorted(column.text.dropna().unique())
    for side, values in {"positive": [positive], "negative": negative}.items():
        for value in values:
            if value not in levels:
                raise InputError(
                    f"{side} value of outcome {column.name!r}",
                    "must be one of its values",
                    repr(value),
                    suggestion(value, levels),
                )
    rest = [level for level in levels if level != positive]
    if not negative and len(rest) != 1:
        raise InputError(
            f"outcome {column.name!r}",
            "must have exactly two values unless the negative ones are named",
            ", ".join(map(repr, levels[:8])) + (", …" if len(levels) > 8 else ""),
            "Name them (negative=..., --negative VALUE), and leave no other value in the table."
            if rest
            else "Check the column: there is nothing to tell apart.",
        )
    return list(negative) or rest


def draft_feature(
    column: Column, bounds: tuple[float, float] | None, missing: str | float | None
) -> Draft:
    """Return what the column is taken for; what a person declared is kept."""
    if not column.is_plain:
        return Draft(reason="lists, records, bytes or durations; spread over columns of its own")
    if column.missing.all():
        return Draft(reason="no values")
    if column.holds_dates:
        return Draft(reason="dates; a number such as the days since then could be a feature")
    if column.numbers is not None:
        return _number(column, bounds, missing)
    if bounds is not None:
        raise InputError(
            f"bounds of {column.name!r}",
            "must be those of a column of numbers",
            repr(column.odd_words()[0]),
            "Correct the column, or leave out its bounds.",
        )
    return _category(column, missing)


def _is_identifier(column: Column, numbers: pd.Series) -> bool:
    """Say whether whole numbers that never repeat are a name rather than a measurement.

    They are if the column is called so, or if measurements spread over the same range would have
    repeated several times.
    """
    span = float(numbers.max() - numbers.min()) + 1
    missed = len(numbers) * (len(numbers) - 1) / (2 * span)
    return bool(ID_NAME.search(column.name)) or missed >= FEWEST_REPEATS_MISSED


def _number(
    column: Column, bounds: tuple[float, float] | None, missing: str | float | None
) -> Draft:
    numbers = column.numbers.dropna()  # type: ignore[union-attr]
    values, blanks = numbers.nunique(), int(column.missing.sum())
    whole = bool((numbers % 1 == 0).all())
    if numbers.abs().max() > LARGEST_NUMBER:
        return Draft(reason=f"numbers beyond {LARGEST_NUMBER:g}; do they stand for missing values?")
    if bounds is None and whole and values == len(column.raw) and _is_identifier(column, numbers):
        return Draft(reason="an identifier, it seems: a different whole number in every row")
    seen = float(numbers.min()), float(numbers.max())
    fill = missing
    if fill is None:
        fill = _neutral(*(bounds or seen), declared=bounds is not None) if blanks else "refuse"
    number = checked(
        Feature, {"type": "number", "missing": fill}, at=["features", column.name]
    ).fill
    parts = {
        "type": "number",
        "bounds": bounds or _around(*seen, number),
        "source": "declared" if bounds else "data",
        "missing": fill,
    }
    feature = checked(Feature, parts, at=["features", column.name])
    code = bounds is None and whole and 2 < values <= MOST_VALUES_OF_A_CODE
    doubts = [_blanks(blanks, f"{fill:g}" if isinstance(fill, float) else fill)] if blanks else []
    doubts += [f"{values} different values; a category if they are codes"] if code else []
    return Draft(feature, _remark(doubts, certain=bounds is not None and missing is not None))


def _category(column: Column, missing: str | float | None) -> Draft:
    levels = sorted(column.text.dropna().unique())
    blanks = int(column.missing.sum())
    fill = missing if missing is not None else (UNKNOWN if blanks else "refuse")
    if fill not in ("drop", "refuse", *levels):
        levels = sorted([*levels, str(fill)])
    few = len(levels) * FEWEST_ROWS_PER_CATEGORY <= len(column.raw)
    if _infinite(column) or not few or len(levels) > MOST_CATEGORIES:
        return Draft(reason=_why_no_category(column, len(levels)))
    parts = {"type": "category", "categories": levels, "source": "data", "missing": fill}
    feature = checked(Feature, parts, at=["features", column.name])
    return Draft(feature, _remark([_blanks(blanks, fill)] if blanks else []))


def _why_no_category(column: Column, levels: int) -> str:
    if _infinite(column):
        return "numbers with infinity among them; give that a value, or leave it blank"
    other = "," if column.decimal == "." else "."
    if as_numbers(column.text, decimal=other) is not None:
        return f"numbers with {other!r} where the file's decimal sign is {column.decimal!r}"
    words = column.odd_words()
    if len(words) < (1 - SHARE_OF_NUMBERS) * levels:
        return (
            f"mostly numbers, but also {words[0]!r}; correct it, or list it under "
            "source.missing_values, and make this a number"
        )
    return f"free text or codes ({levels:,} different values)"


def _infinite(column: Column) -> bool:
    """Say whether all is numbers but for infinity."""
    if column.raw.dtype.kind == "f":
        return True
    words = column.text.dropna()
    infinite = words.str.lower().str.lstrip("+-").isin(_INFINITE)
    finite = words[~infinite]
    return bool(infinite.any()) and as_numbers(finite, decimal=column.decimal) is not None


def _blanks(count: int, fill: object) -> str:
    blanks = f"{count:,} blank{'' if count == 1 else 's'}"
    if fill in ("drop", "refuse"):
        return f"{blanks}; {'their rows are dropped' if fill == 'drop' else 'refused'}"
    shown = str(fill) if str(fill).isprintable() else "this value"
    return f"{blanks} become{'s' if count == 1 else ''} {shown}"


def _remark(doubts: list[str], *, certain: bool = False) -> str | None:
    if certain:
        return "; ".join(doubts) or None
    return ": ".join([CHECK, "; ".join(doubts)]) if doubts else CHECK


def _neutral(low: float, high: float, *, declared: bool) -> float:
    """Zero for amounts and counts; the middle where zero would be far from what was seen."""
    near = low <= 0 <= high or (not declared and 0 <= low <= 0.1 * high)
    if near:
        return 0.0
    middle = low / 2 + high / 2
    short = float(f"{middle:.4g}")
    return short if low <= short <= high else middle


def _around(low: float, high: float, fill: Any) -> tuple[float, float]:
    """Return bounds of four significant digits, never inside what was seen or filled in."""
    seen = [low, high, *([fill] if isinstance(fill, float) else [])]
    low, high = min(seen), max(seen)
    below = min(low, _rounded(low, decimal.ROUND_FLOOR))
    above = max(high, _rounded(high, decimal.ROUND_CEILING))
    return (below, above) if below < above else (below, below + max(1.0, abs(below)))


def _rounded(bound: float, rounding: str) -> float:
    if bound.is_integer():
        return bound
    return float(decimal.Context(prec=4, rounding=rounding).create_decimal(repr(bound)))
