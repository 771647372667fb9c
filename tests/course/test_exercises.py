"""Every exercise in its three states, with every misconception that it names."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.course import EXERCISES
from equipoise.course._desk import Desk


@pytest.fixture
def desk():
    return Desk()


def always_seeded(answers, epsilon, rng):
    return answers.sum() + np.random.default_rng(0).laplace(scale=1 / epsilon)


RIGHT = {
    "3a": [
        lambda y, d: d[y == 1].mean(),
        lambda y, d: (y * d).sum() / y.sum(),
        lambda y, d: float(np.sum((y == 1) & (d == 1)) / np.sum(y == 1)),
    ],
    "7a": [
        lambda a, e, rng: a.sum() + rng.laplace(0, 1 / e),
        lambda a, e, rng: round(a.sum() + rng.laplace(scale=1 / e)),
        lambda a, e, rng: max(0, a.sum() + rng.laplace(scale=1 / e)),
        lambda a, e, rng: a.sum() + rng.laplace(scale=2 / e),
        lambda a, e, rng: a.sum() + rng.geometric(1 - np.exp(-e)) - rng.geometric(1 - np.exp(-e)),
    ],
}
WRONG = {
    "3a": {
        "parity means benefit": lambda y, d: d.mean(),
        "precision for reach": lambda y, d: y[d == 1].mean(),
        "one number for all": lambda y, d: (y == d).mean(),
        "the missed for the reached": lambda y, d: 1 - d[y == 1].mean(),
        "the wrong customers": lambda y, d: d[y == 0].mean(),
        "the outcome itself": lambda y, d: y.mean(),
    },
    "7a": {
        "aggregated is safe": lambda a, e, rng: a.sum(),
        "the seed may be public": always_seeded,
        "epsilon is the noise": lambda a, e, rng: a.sum() + rng.laplace(scale=e),
        "sensitivity too small": lambda a, e, rng: a.sum() + rng.laplace(scale=0.5 / e),
        "the noise divided by the number of customers": (
            lambda a, e, rng: a.sum() + rng.laplace(scale=1 / e / len(a))
        ),
        "more noise than one customer moves": (
            lambda a, e, rng: a.sum() + rng.laplace(scale=len(a) / e)
        ),
        "any noise will do": lambda a, e, rng: a.sum() + rng.normal(scale=1 / e),
        "a larger epsilon means more noise": lambda a, e, rng: a.sum() + rng.laplace(scale=4 * e),
    },
}
UNNAMED = {
    "3a": [
        lambda y, d: 0.6,
        lambda y, d: d[y == 1],
        lambda y, d: np.nan,
        lambda y, d: d[y == 1][:100].mean(),
        lambda y, d: 1 / 0,
        lambda y: 0.5,
        5,
    ],
    "7a": [
        lambda a, e, rng: a.mean() + rng.laplace(scale=1 / e),
        lambda a, e, rng: a.sum() + abs(rng.laplace(scale=1 / e)),
        lambda a, e, rng: a.sum() + rng.uniform(-1 / e, 1 / e),
        lambda a, e, rng: 40 + rng.laplace(scale=1 / e),
        lambda a, e, rng: a.sum() + (a.sum() == 40) * rng.laplace(scale=1 / e),
        lambda a, e, rng: (a[:1].fill(not a[0]), a.sum() + rng.laplace(scale=1 / e))[1],
        lambda a, e, rng: 1 / 0,
        lambda a, e, rng: [a.sum()],
        3.0,
    ],
}


def cases(table):
    return [
        pytest.param(name, answer, id=f"{name}-{place}")
        for name, answers in table.items()
        for place, answer in enumerate(answers)
    ]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [..., lambda *_: None, lambda *_: ...])
def test_an_untouched_exercise_is_not_attempted(desk, name, answer):
    assert desk.check(name, answer).state == "not attempted"


@pytest.mark.parametrize("name", EXERCISES)
def test_the_shipped_solution_is_right(desk, name):
    assert desk.check(name, EXERCISES[name].solution).state == "right"


@pytest.mark.parametrize(("name", "answer"), cases(RIGHT))
def test_other_right_answers_are_right(desk, name, answer):
    assert desk.check(name, answer).state == "right"


@pytest.mark.parametrize(
    ("name", "misconception", "answer"),
    [(n, m, a) for n, answers in WRONG.items() for m, a in answers.items()],
)
def test_a_misconception_is_named(desk, name, misconception, answer):
    verdict = desk.check(name, answer)
    assert (verdict.state, verdict.misconception) == ("wrong", misconception)
    assert misconception in repr(verdict)


@pytest.mark.parametrize(("name", "answer"), cases(UNNAMED))
def test_other_wrong_answers_are_wrong_and_never_raise(desk, name, answer):
    verdict = desk.check(name, answer)
    assert verdict.state == "wrong"
    assert verdict.message


@pytest.mark.parametrize("name", EXERCISES)
def test_two_misconceptions_at_least_are_recognised(name):
    assert len(WRONG[name]) >= 2


def test_hints_come_one_at_a_time_and_the_last_one_stays(desk):
    hints = EXERCISES["3a"].hints
    shown = [repr(desk.hint("3a")).replace("\n", " ") for _ in range(4)]
    assert shown == [f"Hint {k} of 3: {hints[k - 1]}" for k in (1, 2, 3, 3)]


def test_the_solution_comes_after_an_attempt_only(desk):
    assert repr(desk.solution("7a")) == "Try 7a first: the solution comes after an attempt."
    desk.check("7a", ...)
    assert repr(desk.solution("7a")) == "Try 7a first: the solution comes after an attempt."
    desk.check("7a", lambda a, e, rng: a.sum())
    assert "rng.laplace(scale=1 / epsilon)" in repr(desk.solution("7a"))


def test_no_hint_and_no_verdict_gives_the_whole_answer(desk):
    for name, exercise in EXERCISES.items():
        last_line = exercise.solution_source().strip().splitlines()[-1].strip()
        texts = [exercise.task, *exercise.hints]
        texts += [desk.check(name, answer).message for answer in WRONG[name].values()]
        assert not any(last_line in text for text in texts)


def test_an_unknown_exercise_is_refused_with_a_suggestion(desk):
    with pytest.raises(ValueError) as refused:
        desk.hint("3b")
    assert str(refused.value) == "exercise must be a known name, got '3b'. Known: '3a', '7a'."
