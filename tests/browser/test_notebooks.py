"""Each lesson works in JupyterLab as learners open it, on a laptop and on a telephone."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

LESSONS = sorted(path.stem for path in Path(__file__).parents[2].glob("notebooks/*.ipynb"))
# A FigureWidget alone ships 5 MB; thirty people share one workshop network.
SOCKET_BYTES = 1_000_000


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_untouched(open_lesson, name, width):
    lesson = open_lesson(name, width=width)
    lesson.run_all()
    assert lesson.errors() == []
    assert lesson.console == []
    assert lesson.strangers == []
    assert lesson.socket_bytes < SOCKET_BYTES
    heading = lesson.page.locator(".jp-Notebook h1").first.bounding_box()
    assert heading is not None
    assert 0 <= heading["x"] <= heading["x"] + heading["width"] <= width


def test_what_goes_wrong_in_a_notebook_is_seen(open_lesson, jupyterlab):
    # Without this, a check that sees nothing would pass every lesson.
    javascript = "console.error('said'); fetch('http://192.0.2.1/').catch(() => 0)"
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                f"from IPython.display import Javascript\nJavascript({javascript!r})"
            ),
            nbformat.v4.new_code_cell("1 / 0"),
            nbformat.v4.new_code_cell("2"),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, jupyterlab.folder / "broken.ipynb")
    lesson = open_lesson("broken")
    lesson.run_all()
    assert lesson.errors() == ["ZeroDivisionError: division by zero"]
    assert "said" in lesson.console
    assert lesson.strangers == ["http://192.0.2.1/"]
    assert lesson.socket_bytes > 1000
