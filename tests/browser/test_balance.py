"""The balance in JupyterLab, by keyboard alone, on a laptop and on a telephone."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

NAME = "balance_explorer"
# 5,158,485 bytes is what the same with a FigureWidget sends (reference/teaching.md).
SOCKET_BYTES = 600_000
SMALL_SWEEP = """
import math
from equipoise import lab
from equipoise.crm import make_crm, parse_distortion
from equipoise.task import read_task
from equipoise.tradeoff import Plan, sweep

planted = [parse_distortion("historical_targeting=0.6:community=B")]
make_crm(customers=6000, seed=7, distortions=planted).write("small_customers", overwrite=True)
task = read_task("small_customers/offer_response.yaml")
plan = Plan(
    epsilons=(0.3, 1.0, 3.0, math.inf),
    delta=1e-6,
    models=("logistic", "private_logistic"),
    seeds=2,
    attribute="community",
)
swept = sweep(task, plan, jobs=1)
"""


@pytest.fixture
def explorer(open_lesson, jupyterlab):
    cells = [
        nbformat.v4.new_code_cell(SMALL_SWEEP.strip()),
        nbformat.v4.new_code_cell("lab.balance(swept)"),
    ]
    # Without it JupyterLab asks for a kernel and waits.
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, jupyterlab.folder / f"{NAME}.ipynb")

    def opened(width):
        lesson = open_lesson(NAME, width=width, height=1800)
        lesson.run_all()
        assert lesson.errors() == []
        lesson.page.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
        expect(lesson.page.locator(".equipoise-spoken[role=status]")).to_have_count(2)
        return lesson

    return opened


def shot(page, name):
    """Keep a picture where `EQUIPOISE_SHOTS` says, for a person to look at."""
    if folder := os.environ.get("EQUIPOISE_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize("width", [1280, 390])
def test_keys_move_picture_sentence_and_table(explorer, width):
    lesson = explorer(width)
    page = lesson.page
    title, sentence = (
        page.locator(".equipoise-lab .gtitle"),
        page.locator(".equipoise-balance .said"),
    )
    cells = page.locator(".jp-Cell").count()
    before = title.text_content(), sentence.text_content()
    shot(page, f"balance-{width}-start")

    page.get_by_label("Epsilon limit").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(page.locator(".equipoise-balance .limits")).to_contain_text("Epsilon: at most 1.")
    expect(title).not_to_have_text(before[0])
    expect(title).to_contain_text("epsilon")
    expect(sentence).not_to_have_text(before[1])
    expect(sentence).to_contain_text("Within an epsilon of at most 1, the pick is")
    expect(page.locator(".annotation-text", has_text="outside: epsilon > 1")).to_have_count(1)
    expect(page.locator("td", has_text="yes: the pick")).to_have_count(1)

    # In command mode JupyterLab would take these keys: `x` cuts the cell, an arrow leaves it.
    page.keyboard.press("x")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".equipoise-balance .limits")).to_contain_text("Gap in true positive rate")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".equipoise-balance .limits")).to_contain_text("Gap in contact rate")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "number"
    page.keyboard.press("ArrowDown")
    expect(page.locator(".equipoise-balance .limits")).to_contain_text("at most 0.99")
    page.keyboard.press("Control+a")
    page.keyboard.type("0.0")
    page.keyboard.press("Enter")
    expect(title).to_have_text("No policy satisfies the limits")
    expect(sentence).to_contain_text("the nearest relaxation")
    shot(page, f"balance-{width}-none")
    page.keyboard.press("Control+a")
    page.keyboard.type("0.25")
    page.keyboard.press("Enter")
    expect(page.locator(".equipoise-balance .limits")).to_contain_text("at most 0.25")
    shot(page, f"balance-{width}-limits")

    assert page.locator(".jp-Cell").count() == cells
    assert lesson.console == []
    assert lesson.strangers == []
    assert lesson.socket_bytes < SOCKET_BYTES
    print(f"{NAME} at {width}: {lesson.socket_bytes:,} bytes")  # noqa: T201


def test_nothing_hangs_over_the_edge_of_a_telephone(explorer):
    page = explorer(390).page
    shot(page, "balance-390-edges")
    for part in ("select", "input[type=number]", ".said", ".limits", ".caption", ".js-plotly-plot"):
        for one in page.locator(f".equipoise-lab {part}").all():
            box = one.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390, part
