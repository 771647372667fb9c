"""The builder writes both notebooks and its check names each stale file with the cure."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from equipoise.course import _build
from equipoise.course.__main__ import main
from equipoise.course._build import build, lessons, stale
from equipoise.exceptions import InputError

SOURCE = """\
# %% [markdown]
# # Two

# %%
# solution: total = ...
total = 1 + 1
# end solution
total
"""


def run_here(name, notebook, folder):
    """Stand in for a kernel, which tests/course/test_build_running.py starts."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
    return notebook


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(_build, "executed", run_here)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "01_two.py").write_text(SOURCE, "utf-8")
    (tmp_path / "source" / "02_more.py").write_text(SOURCE, "utf-8")
    return tmp_path


@pytest.fixture
def built(folder):
    list(build(folder))
    return folder


def changed(path, old, new):
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def test_a_build_writes_two_files_a_lesson_and_passes_its_own_check(folder):
    written = [path.relative_to(folder).as_posix() for path in build(folder)]
    assert written == [
        "01_two.ipynb",
        "solutions/01_two.ipynb",
        "02_more.ipynb",
        "solutions/02_more.ipynb",
    ]
    assert stale(folder) == []


def test_a_second_build_changes_no_byte(built):
    before = {path: path.read_bytes() for path in built.rglob("*.ipynb")}
    list(build(built))
    assert before == {path: path.read_bytes() for path in built.rglob("*.ipynb")}


def test_some_lessons_can_be_built_alone(folder):
    assert [path.name for path in build(folder, ["02_more"])] == ["02_more.ipynb"] * 2


def test_an_unknown_lesson_is_refused_before_anything_is_written(folder):
    with pytest.raises(InputError) as refusal:
        list(build(folder, ["02_more", "3"]))
    assert str(refusal.value) == ("lesson must be one of 01_two, 02_more, got 3. Check its name.")
    assert list(folder.rglob("*.ipynb")) == []


def test_a_source_with_another_name_is_refused(folder):
    (folder / "source" / "intro.py").write_text(SOURCE)
    with pytest.raises(InputError) as refusal:
        lessons(folder)
    assert str(refusal.value) == (
        "source must be named NN_topic.py, got intro.py. Use two digits and a topic."
    )


def test_a_folder_without_sources_is_refused(tmp_path):
    with pytest.raises(InputError) as refusal:
        lessons(tmp_path)
    assert str(refusal.value) == (
        f"folder must hold lessons as source/NN_topic.py, got {tmp_path}. "
        "Name the folder with --folder."
    )


def test_a_learners_notebook_that_is_too_large_is_refused(folder):
    (folder / "source" / "01_two.py").write_text("# %%\n" + "1\n" * 20_000)
    with pytest.raises(InputError, match=r"^01_two must stay under 100 KB as a learner's notebook"):
        list(build(folder))


CURE = "Run: python -m equipoise.course 01_two"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            lambda f: changed(f / "source" / "01_two.py", "# Two", "# 2"),
            [
                f"01_two.ipynb is not what its source gives. {CURE}",
                f"solutions/01_two.ipynb is not what its source gives, outputs apart. {CURE}",
            ],
        ),
        (
            lambda f: changed(f / "source" / "01_two.py", "1 + 1", "2"),
            [f"solutions/01_two.ipynb is not what its source gives, outputs apart. {CURE}"],
        ),
        (
            lambda f: changed(f / "01_two.ipynb", "}\n", "}"),
            [f"01_two.ipynb is not what its source gives. {CURE}"],
        ),
        (lambda f: (f / "01_two.ipynb").unlink(), [f"01_two.ipynb is missing. {CURE}"]),
        (
            lambda f: (f / "solutions" / "01_two.ipynb").unlink(),
            [f"solutions/01_two.ipynb is missing. {CURE}"],
        ),
        (
            lambda f: (f / "solutions" / "01_two.ipynb").write_text("no"),
            [f"solutions/01_two.ipynb is not a notebook. {CURE}"],
        ),
        (
            lambda f: changed(
                f / "solutions" / "01_two.ipynb", '"execution_count": 1', '"execution_count": null'
            ),
            [f"solutions/01_two.ipynb holds a cell that was not run. {CURE}"],
        ),
        (
            lambda f: (f / "solutions" / "01_two.ipynb").write_text(
                json.dumps(json.loads((f / "solutions" / "01_two.ipynb").read_text()), indent=4)
            ),
            [f"solutions/01_two.ipynb was written by another program. {CURE}"],
        ),
        (
            lambda f: (f / "source" / "02_more.py").unlink(),
            [
                "02_more.ipynb has no source/02_more.py. Remove it or write the source.",
                "solutions/02_more.ipynb has no source/02_more.py. Remove it or write the source.",
            ],
        ),
    ],
)
def test_the_check_names_each_stale_file_and_its_cure(built, damage, sentence):
    damage(built)
    assert stale(built) == sentence


def test_outputs_of_a_solution_are_not_compared(built):
    changed(
        built / "solutions" / "01_two.ipynb",
        '"outputs": []',
        '"outputs": [\n    {\n     "name": "stdout",\n     "output_type": "stream",\n'
        '     "text": [\n      "2"\n     ]\n    }\n   ]',
    )
    assert stale(built) == []


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(main)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def test_the_command_builds_and_checks(folder, run):
    missing = run("--check", "--folder", folder)
    assert (missing.exit_code, missing.stderr.count("is missing")) == (1, 4)
    made = run("--folder", folder)
    assert (made.exit_code, made.stderr) == (0, "")
    checked = run("--check", "--folder", folder)
    assert (checked.exit_code, checked.output) == (0, "")


def test_building_one_lesson_does_not_complain_about_another(folder, run):
    assert run("01_two", "--folder", folder).exit_code == 0
    assert run("01_two", "--check", "--folder", folder).output == ""
    assert run("--check", "--folder", folder).stderr.count("02_more.ipynb is missing") == 2


def test_a_refusal_is_one_line_and_exit_code_2(tmp_path, run):
    refused = run("--folder", tmp_path)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("equipoise: folder must hold lessons")
