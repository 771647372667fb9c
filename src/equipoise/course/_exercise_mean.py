"""Exercise 6b: a mean that keeps its promise; the check attacks it with tables made for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.course._noise import has_light_tails, looks_like_laplace
from equipoise.privacy import epsilon_lower_bound

__all__ = ["MEAN"]

RUNS = 1500
CONFIDENCE = 0.999
USEFUL = 4.0  # times the noise that keeps the promise

Values = NDArray[np.float64]


def private_mean(
    values: Values, low: float, high: float, epsilon: float, rng: np.random.Generator
) -> float:
    """Return the mean of clipped values, plus Laplace noise for what one customer moves it by."""
    clipped = np.clip(values, low, high)
    step = (high - low) / len(values)
    return float(clipped.mean() + rng.laplace(scale=step / epsilon))


class _Case(NamedTuple):
    """A table, and the value that one customer has instead in the neighbouring table."""

    values: Values
    instead: float
    low: float
    high: float
    epsilon: float

    @property
    def tables(self) -> tuple[Values, Values]:
        return self.values, np.r_[self.instead, self.values[1:]]

    @property
    def step(self) -> float:
        """How far one customer can move the mean."""
        return (self.high - self.low) / len(self.values)

    @property
    def noise(self) -> float:
        """The scale of Laplace noise that keeps the promise."""
        return self.step / self.epsilon

    def mean(self, values: Values) -> float:
        return float(np.clip(values, self.low, self.high).mean())


class _Runs(NamedTuple):
    """What the answer gave on the two tables of a case."""

    case: _Case
    given: tuple[Values, Values]

    @property
    def centres(self) -> tuple[float, float]:
        return float(self.given[0].mean()), float(self.given[1].mean())

    @property
    def errors(self) -> Values:
        return np.asarray(self.given[0] - self.given[0].mean())

    @property
    def spread(self) -> float:
        """The mean distance from the centre: of Laplace noise its scale."""
        return float(np.abs(self.errors).mean())

    @property
    def lower_bound(self) -> float:
        return epsilon_lower_bound(*self.given, delta=0.0, confidence=CONFIDENCE)


def _cases(rng: np.random.Generator) -> Iterator[tuple[str, _Case]]:
    """Tables on which a usual mistake shows; all but one have a customer who is hard to hide."""
    wide = np.r_[-100.0, rng.uniform(-100, 100, 39)]
    yield "wide", _Case(wide, 100.0, -100.0, 100.0, 0.5)
    alike = np.r_[60.0, 60 + rng.normal(size=39)]
    yield "alike", _Case(alike, -100.0, -100.0, 100.0, 0.5)
    extreme = np.r_[0.0, rng.uniform(0, 50, 199)]
    yield "extreme", _Case(extreme, 4000.0, 0.0, 50.0, 2.0)
    outside = np.r_[0.0, 1.0, 2.0, rng.uniform(15, 30, 27)]
    yield "outside", _Case(outside, 10.0, 0.0, 10.0, 1.0)


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    cases = dict(_cases(rng))
    first = _said(answer, cases["wide"], 0, rng)
    if first is None or first is ...:
        return not_attempted()
    if np.ndim(first) != 0 or not np.isfinite(float(first)):
        return wrong("Return one number.")
    again = {float(_said(answer, cases["wide"], 0, rng)) for _ in range(20)}
    if len(again) == 1:
        return _constant(again.pop(), cases["wide"])
    runs = {name: _run(answer, case, rng) for name, case in cases.items()}
    return (
        _bounds_from_data(runs)
        or _unclipped(runs["extreme"])
        or _dropped(runs["outside"])
        or _centred(runs)
        or _private(runs)
        or _useful(runs)
        or _far_out(runs)
        or _passed()
    )


def _said(answer: Any, case: _Case, table: int, rng: np.random.Generator) -> Any:
    return answer(case.tables[table].copy(), case.low, case.high, case.epsilon, rng)


def _run(answer: Any, case: _Case, rng: np.random.Generator) -> _Runs:
    given = [
        np.array([float(_said(answer, case, table, rng)) for _ in range(RUNS)]) for table in (0, 1)
    ]
    return _Runs(case, (given[0], given[1]))


def _constant(value: float, case: _Case) -> Verdict:
    if abs(value - case.mean(case.values)) < 0.01 * case.step:
        return wrong(
            "It returns the exact mean: whoever knows all customers but one works out the last one.",
            "aggregated is safe",
        )
    return wrong(
        "It gives the same answer every time: whoever knows the seed subtracts the noise. Draw it "
        "from the rng that you are given.",
        "the seed may be public",
    )


def _bounds_from_data(runs: dict[str, _Runs]) -> Verdict | None:
    wide, alike = runs["wide"].spread, runs["alike"].spread
    if 2 / 3 < alike / wide < 3 / 2:
        return None
    return wrong(
        f"Two tables, the same bounds and the same epsilon: on one your noise has the size {wide:.3g}, on "
        f"the other {alike:.3g}. Its size tells what values there are, and it is small just where one "
        "unusual customer stands out. Let it follow from low and high alone.",
        "bounds from the data are fine",
    )


def _unclipped(extreme: _Runs) -> Verdict | None:
    case, (before, after) = extreme.case, extreme.centres
    by_chance = 8 * extreme.spread / np.sqrt(RUNS)
    is_a_mean = abs(before - case.mean(case.values)) < case.step + by_chance
    if not is_a_mean or abs(after - before) < 2 * case.step + by_chance:
        return None
    return wrong(
        f"I gave one customer the value {case.instead:g}, far above high = {case.high:g}. It moved your "
        f"mean by {after - before:.3g}; the noise has the size {extreme.spread:.2g}. Bounds that are not "
        "enforced on each value, before the mean is taken, bound nothing.",
        "values stay within their bounds by themselves",
    )


def _dropped(outside: _Runs) -> Verdict | None:
    case, values = outside.case, outside.case.values
    inside = values[(values >= case.low) & (values <= case.high)]
    if abs(outside.centres[0] - inside.mean()) > 5 * outside.spread / np.sqrt(RUNS) + 0.05:
        return None
    return wrong(
        f"You leave out who lies outside the bounds. Of my {len(values)} customers {len(inside)} stay, and "
        f"now one of them moves the mean by {(case.high - case.low) / len(inside):.2g} instead of "
        f"{case.step:.2g}. Move such values to the bound: then every customer counts, and none too much.",
        "who is out of bounds may be left out",
    )


def _centred(runs: dict[str, _Runs]) -> Verdict | None:
    for each in runs.values():
        for table, centre in zip(each.case.tables, each.centres, strict=True):
            off = centre - each.case.mean(table)
            if abs(off) > 8 * each.spread / np.sqrt(RUNS) + 0.02 * each.case.step:
                return wrong(
                    f"With values between {table.min():.3g} and {table.max():.3g}, low = "
                    f"{each.case.low:g} and high = {each.case.high:g} you are off by {off:+.3g} on "
                    "average. Noise has its middle at zero, and values beyond a bound count as that bound."
                )
    return None


def _private(runs: dict[str, _Runs]) -> Verdict | None:
    for each in runs.values():
        shown = each.lower_bound
        if shown > each.case.epsilon:
            seen = (
                f"You promised epsilon {each.case.epsilon:g}. From {2 * RUNS:,} runs on two tables that "
                f"differ in the value of one of {len(each.case.values)} customers, an attacker shows at "
                f"least {shown:.2f}"
            )
            if not looks_like_laplace(each.errors):
                return wrong(
                    f"{seen}: noise of this shape does not hide one customer at this size.",
                    "any noise will do",
                )
            return wrong(f"{seen}: there is too little noise.", _too_little(runs))
    return None


def _too_little(runs: dict[str, _Runs]) -> str:
    scales: dict[str, Callable[[_Case], float]] = {
        "a customer moves a mean by one, as a count": lambda case: 1 / case.epsilon,
        "epsilon is the noise": lambda case: case.step * case.epsilon,
        "a customer moves a sum by one, as a count": (
            lambda case: 1 / case.epsilon / len(case.values)
        ),
        "the noise divided by the number of customers twice": (
            lambda case: case.noise / len(case.values)
        ),
    }
    for name, scale in scales.items():
        if all(abs(each.spread / scale(each.case) - 1) < 0.15 for each in runs.values()):
            return name
    return "sensitivity too small"


def _useful(runs: dict[str, _Runs]) -> Verdict | None:
    for each in runs.values():
        case = each.case
        if each.spread > USEFUL * case.noise:
            as_sum = abs(each.spread / (case.high - case.low) * case.epsilon - 1) < 0.15
            return wrong(
                f"At epsilon {case.epsilon:g} and with {len(case.values)} customers the noise has the "
                f"size {each.spread:.3g}; {case.noise:.3g} keeps the promise. The rest protects nobody "
                "better than promised, and costs the mean its use.",
                "the noise of a sum on a mean" if as_sum else "more noise than one customer moves",
            )
    return None


def _far_out(runs: dict[str, _Runs]) -> Verdict | None:
    errors = np.concatenate([each.errors / each.errors.std() for each in runs.values()])
    if not has_light_tails(errors):
        return None
    return wrong(
        "No attack of mine showed it, since it happens far out, where few runs land: noise of this shape "
        "falls off ever faster, so that there one customer changes the probability by more than any fixed "
        "factor. Such noise needs a delta, and you were asked for none.",
        "any noise will do",
    )


def _passed() -> Verdict:
    return right(
        "Customers far out of bounds, tables of equal values, tables mostly out of bounds: no attack "
        "refuted your promise, and the mean stays useful. The proof is not the attack. It is that one "
        "customer moves a clipped mean by at most (high - low) / n, wherever the others are."
    )


MEAN = Exercise(
    name="6b",
    task=(
        "Write private_mean(values, low, high, epsilon, rng): the mean of clipped values, with noise so "
        "that changing the value of one customer, to whatever value, changes the probability of any "
        "result by at most a factor e to the epsilon. The number of customers is public. low and high "
        "were declared before anybody looked at the values, which may lie outside them."
    ),
    hints=(
        "First: what does a customer with a value of a million do to the mean? Then: how far can one "
        "customer move it once nobody has a value outside the bounds?",
        "np.clip(values, low, high) moves what lies outside to the nearest bound. After that one customer "
        "of n moves the sum by at most high - low, and the mean by an n-th of that.",
        "np.clip(values, low, high).mean() plus rng.laplace(scale=...): the step of the mean, divided by "
        "epsilon.",
    ),
    judge=_judge,
    solution=private_mean,
)
