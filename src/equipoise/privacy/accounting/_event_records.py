"""Events of dp-accounting, checked and written to JSON, and read back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from equipoise.exceptions import InputError

__all__ = ["event_from", "event_record", "is_event"]

MOST_NESTED = 50
_PROBABILITIES = {"sampling_probability", "sampling_probs"}
_LEAST = {"count": 1, "num_buckets": 1, "sensitivity": 0}  # and these are whole


def is_event(given: object) -> bool:
    """Say whether something is an event, without importing its library for things that are not."""
    return any(base.__name__ == "DpEvent" for base in type(given).__mro__)


def event_record(event: Any, nested: int = 0) -> dict[str, Any]:
    """Return an event as plain values for JSON; refuse fields that are no sensible numbers."""
    import attr
    from dp_accounting import dp_event

    name = type(event).__name__
    if getattr(dp_event, name, None) is not type(event):
        rule = "must be an event of dp_accounting itself"
        raise InputError("event", rule, name, "Spend the epsilon and delta of its own proof.")
    if nested > MOST_NESTED:
        rule = f"must be nested at most {MOST_NESTED} deep"
        raise InputError("event", rule, "a deeper one", "Put its parts in one ComposedDpEvent.")
    fields = {
        f.name: _plain(name, f.name, getattr(event, f.name), nested)
        for f in attr.fields(type(event))
    }
    _check_mixture(name, fields)
    return {"kind": name} | fields


def _plain(event: str, field: str, value: Any, nested: int) -> Any:
    if is_event(value):
        return event_record(value, nested + 1)
    if field in ("event", "events") and not (isinstance(value, list | tuple) and value):
        move = "Give events of dp_accounting, at least one."
        raise InputError(f"{event}.{field}", "must hold events", _shown(value), move)
    if isinstance(value, list | tuple):
        return [_plain(event, field, item, nested) for item in value]
    return _plain_number(event, field, value)


def _plain_number(event: str, field: str, value: Any) -> int | float | str:
    number, least = _float(value), _LEAST.get(field, 0)
    likely = field in _PROBABILITIES or (event, field) == (
        "RandomizedResponseDpEvent",
        "noise_parameter",
    )
    if math.isinf(number) and number > 0 and field == "shape":
        return "inf"
    if not least <= number <= (1.0 if likely else math.inf) or math.isinf(number):
        rule = "must be a probability" if likely else f"must be a finite number of at least {least}"
        raise InputError(f"{event}.{field}", rule, _shown(value), "Correct the event.")
    if field not in _LEAST:
        return number
    if not number.is_integer():
        raise InputError(f"{event}.{field}", "must be whole", _shown(value), "Correct the event.")
    return int(value)


def _float(value: Any) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: Any) -> str:
    huge = isinstance(value, Integral) and math.isinf(_float(value))
    return "a number that no float holds" if huge else repr(value)


def _check_mixture(name: str, fields: Mapping[str, Any]) -> None:
    if name != "MixtureOfGaussiansDpEvent":
        return
    rates, sensitivities = (fields[part] for part in ("sampling_probs", "sensitivities"))
    listed = isinstance(rates, list) and isinstance(sensitivities, list)
    if (
        not listed
        or len(rates) != len(sensitivities)
        or not math.isclose(math.fsum(rates), 1.0, rel_tol=1e-9)
    ):
        rule = "must be one probability a sensitivity, together 1"
        raise InputError(f"{name}.sampling_probs", rule, repr(rates), "Correct the event.")


def event_from(record: Mapping[str, Any]) -> Any:
    """Return the event that `event_record` wrote down."""
    from dp_accounting import dp_event

    kind = getattr(dp_event, record["kind"])
    if not (isinstance(kind, type) and issubclass(kind, dp_event.DpEvent)):
        raise ValueError(f"{record['kind']!r} is no event")
    return kind(**{name: _restored(value) for name, value in record.items() if name != "kind"})


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return event_from(value)
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return math.inf if value == "inf" else value
