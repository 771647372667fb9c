"""Exercise 6d: four noisy counts and what each promises; one promise is false."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.privacy import epsilon_lower_bound

__all__ = ["FALSE_PROMISE"]

ROUNDS = 2  # of each way to break a promise
LEAST_RUNS = 200

Floats = NDArray[np.float64]
Noisy = Callable[[Floats, float, np.random.Generator], Floats]


def false_promise(mechanisms: list[tuple[Any, float]]) -> int:
    """Return the place of the mechanism that an attack shows to exceed its claim by most."""
    excess = []
    for release, claim in mechanisms:
        shown = []
        for yes in (0, 12):
            table = np.arange(30) < yes
            draws = release(table, 4000), release(np.append(table, True), 4000)
            shown.append(epsilon_lower_bound(*draws, delta=0.0))
        excess.append(max(shown) - claim)
    return int(np.argmax(excess))


def _laplace(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return count + rng.laplace(0, 1 / epsilon, len(count))


def _more_than_enough(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return _laplace(count, epsilon / 3, rng)


def _geometric(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    one, other = rng.geometric(1 - np.exp(-epsilon), (2, len(count)))
    return np.asarray(count + one - other)


def _whole(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return np.maximum(np.round(_laplace(count, epsilon, rng)), 0.0)


def _in_pairs(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return 2 * np.asarray(np.round(_laplace(count, epsilon, rng) / 2))


def _halved(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return _laplace(count, 2 * epsilon, rng)


def _averaged(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return np.asarray(np.mean([_laplace(count, epsilon, rng) for _ in range(4)], axis=0))


def _nobody_needs_none(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return np.where(count == 0, 0.0, _laplace(count, epsilon, rng))


def _even(count: Floats, epsilon: float, rng: np.random.Generator) -> Floats:
    return count + rng.uniform(-3 / epsilon, 3 / epsilon, len(count))


KEPT: tuple[Noisy, ...] = (_laplace, _more_than_enough, _geometric, _whole, _in_pairs)
BROKEN: tuple[Noisy, ...] = (_halved, _averaged, _nobody_needs_none, _even)


@dataclass(frozen=True)
class _Release:
    """What the learner may call: a table in, so many independent noisy counts out."""

    _noisy: Noisy
    _epsilon: float
    _rng: np.random.Generator
    _asked: list[int]

    def __call__(self, table: Any, runs: int) -> Floats:
        self._asked.append(int(runs))
        counts = np.full(int(runs), float(np.sum(table)))
        return np.asarray(self._noisy(counts, self._epsilon, self._rng), dtype=float)

    def __repr__(self) -> str:
        return "release(table, runs)"


class _Round(NamedTuple):
    """Four mechanisms, which of them is false and in which way, and what the answer named."""

    mechanisms: list[tuple[_Release, float]]
    false: int
    how: Noisy
    said: Any
    asked: list[int]

    @property
    def hit(self) -> bool:
        return bool(self.said == self.false)

    @property
    def largest_claim(self) -> int:
        return int(np.argmax([claim for _, claim in self.mechanisms]))

    @property
    def names_the_least_noise(self) -> bool:
        """Whether none of the others draws clearly less noise than the one that was named."""
        table = np.arange(30) < 12
        noise = [release(table, 2000).std() for release, _ in self.mechanisms]
        return bool(noise[self.said] < 1.15 * min(noise))


def _judge(answer: Any) -> Verdict:
    rng = np.random.default_rng(2026)
    rounds = list(_rounds(answer, rng))
    if all(each.said is None or each.said is ... for each in rounds):
        return not_attempted()
    if not all(_is_place(each.said) for each in rounds):
        return wrong("Return the place of one of the four: 0, 1, 2 or 3.")
    if all(each.hit for each in rounds):
        return _passed(rounds)
    return _by_rule(rounds) or _by_kind(rounds) or _unnamed(rounds)


def _rounds(answer: Any, rng: np.random.Generator) -> Iterator[_Round]:
    for how in BROKEN * ROUNDS:
        noisy = [how, *(KEPT[place] for place in rng.permutation(len(KEPT))[:3])]
        # A true promise has the largest claim, so that what is lost must be held against the claim.
        claims = [0.5, 2.0, *rng.choice([0.5, 1.0], 2)]
        order, asked = rng.permutation(4), []  # type: tuple[NDArray[np.int64], list[int]]
        mechanisms = [
            (_Release(noisy[place], claims[place], rng, asked), float(claims[place]))
            for place in order
        ]
        said = answer(list(mechanisms))
        yield _Round(mechanisms, int(np.argmin(order)), how, said, list(asked))


def _is_place(said: Any) -> bool:
    return np.ndim(said) == 0 and not isinstance(said, str | None) and said in range(4)


def _by_rule(rounds: list[_Round]) -> Verdict | None:
    ran = any(each.asked for each in rounds)
    if ran and all(each.names_the_least_noise for each in rounds):
        return wrong(
            "You name whoever draws the least noise, every time. How much is enough depends on what was "
            "promised: at epsilon 2 a little does.",
            "little noise is too little",
        )
    if all(each.said == each.largest_claim for each in rounds):
        return wrong(
            "You name whoever promises least, every time. A large epsilon is a weak promise, and a weak "
            "promise can be kept.",
            "the largest epsilon is the false one",
        )
    missed = [each for each in rounds if not each.hit]
    if all(each.said == each.largest_claim for each in missed):
        return wrong(
            f"In {len(missed)} of {len(rounds)} rounds you name the one that tells most. It said so: its "
            "epsilon was the largest, and it keeps within it. Hold what is shown against what was promised.",
            "whoever tells most has lied",
        )
    return None


def _by_kind(rounds: list[_Round]) -> Verdict | None:
    missed = {each.how for each in rounds if not each.hit}
    if missed == {_nobody_needs_none}:
        return wrong(
            "One kind of false promise you never find: it is kept on the tables that you tried, and broken "
            "on another. The promise is about every table; try those at the ends.",
            "one pair of neighbours is enough",
        )
    if _even in missed and missed <= {_even, _nobody_needs_none}:
        return wrong(
            "You find whoever draws too little noise. One of them draws more than enough, and of a shape "
            "that gives a customer away now and then. Look at the results, in the tails as well.",
            "much noise is enough noise",
        )
    return None


def _unnamed(rounds: list[_Round]) -> Verdict:
    hits = sum(each.hit for each in rounds)
    asked = max([0, *(runs for each in rounds for runs in each.asked)])
    few = ""
    if asked < LEAST_RUNS:
        few = (
            f" You never ask for more than {asked} results of one table: an attack with so few runs shows "
            "little even where there is much to see."
            if asked
            else " You run none of them: what they are called does not tell which one it is."
        )
    return wrong(f"In {hits} of {len(rounds)} rounds you name the false promise.{few}")


def _passed(rounds: list[_Round]) -> Verdict:
    return right(
        f"In all {len(rounds)} rounds you name the false promise: too little noise, answers averaged, "
        "noise left out where the count is zero, and noise of a shape that has edges. That the other "
        "three passed your attack proves nothing about them."
    )


FALSE_PROMISE = Exercise(
    name="6d",
    task=(
        "Write false_promise(mechanisms). You get four pairs (release, claim): release(table, runs) gives "
        "so many independent noisy counts of how many entries of table, an array of True and False, are "
        "True; claim is the epsilon that it promises each customer who is added or removed. Exactly one "
        "promise is false. Return its place: 0, 1, 2 or 3."
    ),
    hints=(
        "Run each one on two tables that differ by one customer. What would a claim of epsilon forbid you "
        "to see? And on which tables would you look, if you had to make it fail?",
        "epsilon_lower_bound(draws, neighbours, delta=0) from equipoise.privacy says what an attacker "
        "shows. Take a few thousand runs, several pairs of tables, among them one where nobody says yes, "
        "and hold the largest bound against the claim.",
        "For table in (np.zeros(30, bool), np.arange(30) < 12): the neighbour is np.append(table, True). "
        "The false one has the largest (bound - claim).",
    ),
    judge=_judge,
    solution=false_promise,
)
