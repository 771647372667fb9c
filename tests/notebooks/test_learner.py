"""The learner's notebooks run untouched, give nothing away, and judge answers by name."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import nbformat
import pytest
from answers import CASES
from lesson_kernel import (
    NOTEBOOKS,
    exercises_in,
    lesson_kernel,
    lesson_names,
    requests_made,
    run_with_answer,
)

from equipoise import course

LESSONS = lesson_names()
LARGEST_LEARNER = 100_000
LARGEST_SOLUTION = 500_000


def code_of(path: Path) -> list[str]:
    return [
        cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    ]


def all_exercises() -> list[tuple[str, str]]:
    return [
        (lesson, exercise)
        for lesson in LESSONS
        for code in code_of(NOTEBOOKS / f"{lesson}.ipynb")
        for exercise in exercises_in(code)
    ]


@pytest.mark.parametrize("lesson", LESSONS)
def test_untouched_it_runs_to_its_end_and_every_check_says_not_attempted(lesson, tmp_path):
    with lesson_kernel(lesson, tmp_path) as kernel:
        said = kernel.run_to_the_end()
        checking = {
            index: exercises_in(cell.source)
            for index, cell in enumerate(kernel.notebook.cells)
            if cell.cell_type == "code" and exercises_in(cell.source)
        }
    for index, exercises in checking.items():
        assert said[index].count("Not attempted.") == len(exercises), said[index]
    assert requests_made(tmp_path) == []


def by_lesson():
    return [(lesson, list(cases)) for lesson, cases in groupby(CASES, key=lambda case: case.lesson)]


@pytest.mark.parametrize(("lesson", "cases"), by_lesson(), ids=[name for name, _ in by_lesson()])
def test_an_answer_is_judged_right_or_wrong_by_name(lesson, cases, tmp_path, subtests):
    # One kernel a lesson: the cells before an exercise are run once, then each answer in turn.
    with lesson_kernel(lesson, tmp_path) as kernel:
        for case in cases:
            with subtests.test(exercise=case.exercise, code=case.code):
                said = kernel.answer(case.exercise, case.code)
                named = f" ({case.misconception})" if case.misconception else ""
                assert said.startswith(f"{case.state}{named}.\n"), said


def test_every_exercise_has_a_right_answer_and_two_wrong_ones_here():
    judged = Counter((case.lesson, case.exercise, case.state) for case in CASES)
    for lesson, exercise in all_exercises():
        assert judged[lesson, exercise, "Right"] >= 1, exercise
        assert judged[lesson, exercise, "Wrong"] >= 2, exercise


def test_an_answer_can_be_tried_alone(tmp_path):
    case = CASES[0]
    said = run_with_answer(case.lesson, case.exercise, case.code, tmp_path)
    assert said.startswith(case.state)


SOLUTION = re.compile(r"^[ \t]*# solution(?:: .*)?\n(.*?)^[ \t]*# end solution$", re.M | re.S)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solution_is_nowhere_in_the_learners_notebook(lesson):
    source = (NOTEBOOKS / "source" / f"{lesson}.py").read_text("utf-8")
    cut = [line.strip() for part in SOLUTION.findall(source) for line in part.splitlines()]
    cut += [
        line.strip()
        for cell in re.split(r"^(?=# %%)", source, flags=re.M)
        if re.match(r"# %%.*[\"']solution[\"']", cell)
        for line in cell.splitlines()[1:]
    ]
    elsewhere = Counter(line.strip() for line in source.splitlines()) - Counter(cut)
    text = (NOTEBOOKS / f"{lesson}.ipynb").read_text("utf-8")
    cells = nbformat.reads(text, as_version=4).cells
    shown = Counter(line.strip() for cell in cells for line in cell.source.splitlines())
    leaked = [line for line in cut if line.strip("# ") and shown[line] > elsewhere[line]]
    assert leaked == []
    assert not re.search(r"# (end )?solution", text)
    assert not any("solution" in cell.metadata.get("tags", []) for cell in cells)


@pytest.mark.parametrize(("lesson", "exercise"), all_exercises())
def test_the_solution_that_is_shown_after_an_attempt_is_not_in_the_notebook(lesson, exercise):
    body = course.EXERCISES[exercise].solution_source().splitlines()
    lines = [line.strip() for line in body if line.strip().startswith("return ")]
    code = "\n".join(code_of(NOTEBOOKS / f"{lesson}.ipynb"))
    assert lines
    assert [line for line in lines if line in code] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_files_are_small_and_carry_no_state_of_a_run(lesson):
    learner = NOTEBOOKS / f"{lesson}.ipynb"
    solution = NOTEBOOKS / "solutions" / f"{lesson}.ipynb"
    assert learner.stat().st_size < LARGEST_LEARNER
    assert solution.stat().st_size < LARGEST_SOLUTION
    for path in (learner, solution):
        notebook = nbformat.read(path, as_version=4)
        assert set(notebook.metadata) == {"kernelspec", "language_info"}
        assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solution_has_key_numbers_that_are_compared(lesson):
    cells = nbformat.read(NOTEBOOKS / "solutions" / f"{lesson}.ipynb", as_version=4).cells
    compared = [cell for cell in cells if "nbval-check-output" in cell.metadata.get("tags", [])]
    assert len(compared) >= 2
