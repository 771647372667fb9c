"""Solutions are run once, and what is kept of their outputs can be read anywhere."""

from __future__ import annotations

import sys

import nbformat
import pytest

from equipoise.course._build_cells import inputs_only, serialised, solved
from equipoise.course._build_running import INTERACTIVE, executed, lean
from equipoise.exceptions import EquipoiseError, InputError

WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"


def shown(data, tags=()):
    output = nbformat.v4.new_output("display_data", data=data, metadata={"isolated": True})
    return holding(output, tags)


def printed(text, tags=()):
    return holding(nbformat.v4.new_output("stream", text=text), tags)


def holding(output, tags):
    cell = nbformat.v4.new_code_cell(
        "x", id="cell-001", outputs=[output], metadata={"tags": list(tags)}
    )
    return nbformat.from_dict(nbformat.v4.new_notebook(cells=[cell]))


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"text/plain": "1"}, {"text/plain": "1"}),
        (
            {"text/plain": "f", "text/html": "<table></table>", "application/json": {}},
            {"text/plain": "f", "text/html": "<table></table>"},
        ),
        ({WIDGET: {"model_id": "a"}, "text/plain": "VBox()"}, {"text/plain": INTERACTIVE}),
        ({PLOTLY: {"data": []}}, {"text/plain": INTERACTIVE}),
        (
            {PLOTLY: {"data": []}, "image/svg+xml": "<svg></svg>", "image/png": "iVBO"},
            {"image/svg+xml": "<svg></svg>"},
        ),
        (
            {WIDGET: {"model_id": "a"}, "text/html": "<table></table>"},
            {"text/html": "<table></table>"},
        ),
    ],
)
def test_what_a_reader_without_a_kernel_can_see_is_kept(data, kept):
    (output,) = lean("01_x", shown(data)).cells[0].outputs
    assert output.data == kept
    assert output.metadata == {}


@pytest.mark.parametrize(
    ("notebook", "message"),
    [
        (
            printed("wrote /tmp/equipoise/log.json\n"),
            "01_x, cell-001 must not show a path of this machine, got /tmp/equipoise/log.json. "
            "Show the file's name only.",
        ),
        (
            printed(r"wrote D:\data\log.json"),
            r"01_x, cell-001 must not show a path of this machine, got D:\data\log.json. "
            "Show the file's name only.",
        ),
        (
            printed(f"{sys.prefix}/bin\n"),
            "01_x, cell-001 must not show a path of this machine, got ",
        ),
        (
            shown({"text/plain": "<thing at 0x7f0012345678>"}),
            "01_x, cell-001 must not show where an object lies in memory, got at 0x7f0012345678. "
            "End the cell with something a reader can read.",
        ),
        (
            shown({"image/png": "iVBO", "text/plain": "<Figure>"}),
            "01_x, cell-001 must draw pictures as SVG with alt text, got image/png. "
            "Show the static form of the chart.",
        ),
        (
            shown({"text/plain": "a" * 10_001}),
            "01_x, cell-001 must show at most 10,000 characters of plain text, got 10,001 starting "
            f"'{'a' * 40}'. Show a table, or give the object an HTML or SVG form.",
        ),
        (
            printed("", tags=["nbval-check-output"]),
            "01_x, cell-001 is tagged nbval-check-output and must give text that can be compared, "
            "got no output. Print a rounded number, or remove the tag.",
        ),
        (
            shown({PLOTLY: {}, "text/html": "<b>"}, tags=["nbval-check-output"]),
            "01_x, cell-001 is tagged nbval-check-output and must give text that can be compared, "
            "got a figure or a widget. Print a rounded number, or remove the tag.",
        ),
        (
            shown({"text/html": "a" * 501_000}),
            "01_x must stay under 500 KB with its outputs, got 501 KB. "
            "Show fewer rows or a smaller picture.",
        ),
    ],
)
def test_an_output_that_ties_to_a_machine_or_grows_is_refused(notebook, message):
    with pytest.raises(InputError) as refusal:
        lean("01_x", notebook)
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize("text", ["</table></div>", "a/b/usr/c", "profit in €/1,000", "and/or"])
def test_what_only_resembles_a_path_is_kept(text):
    assert lean("01_x", printed(text)).cells[0].outputs[0].text == text


SOURCE = """\
# %%
from pathlib import Path
Path("log.json").write_text("{}")
print(sorted(path.name for path in Path().iterdir()))

# %%
1 + 1
"""


def test_a_solution_runs_beside_the_notebooks_and_leaves_nothing_there(tmp_path):
    folder = tmp_path / "notebooks"
    (folder / "source").mkdir(parents=True)
    (folder / "helper.txt").write_text("x")
    made = executed("01_x", solved("01_x", SOURCE), folder)
    assert made.cells[0].outputs[0].text == "['helper.txt', 'log.json']\n"
    assert made.cells[1].outputs[0].data == {"text/plain": "2"}
    assert [cell.execution_count for cell in made.cells] == [1, 2]
    assert sorted(path.name for path in folder.iterdir()) == ["helper.txt", "source"]
    assert serialised(inputs_only(made)) == serialised(solved("01_x", SOURCE))
    assert serialised(made) == serialised(executed("01_x", solved("01_x", SOURCE), folder))


def test_a_solution_that_fails_names_the_lesson_and_the_cell(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    with pytest.raises(EquipoiseError, match=r"(?s)^01_x does not run to its end\. .*1 / 0.*Zero"):
        executed("01_x", solved("01_x", "# %%\n1 / 0\n"), folder)


WIDGETS = """\
# %%
import ipywidgets
ipywidgets.IntSlider()
"""


def test_state_of_widgets_and_times_of_the_run_are_never_stored(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    made = executed("01_x", solved("01_x", WIDGETS), folder)
    assert made.cells[0].outputs[0].data == {"text/plain": INTERACTIVE}
    assert serialised(inputs_only(made)) == serialised(solved("01_x", WIDGETS))
    assert b"IntSlider" not in serialised(made).replace(b"ipywidgets.IntSlider()", b"")
