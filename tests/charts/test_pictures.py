"""Pictures take any name a user may write, and say in words what they show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from equipoise.charts import balance_figure, draw_frontier, draw_rates, picture
from equipoise.charts._fairness import TITLES
from equipoise.charts._picture import look

NAMES = ["a$b^$", '<b> & "q"', "65+", "顧客", "x" * 70, "two words " * 9]


def rates(groups, value=0.4):
    rows = [
        (group, metric, value, value - 0.1, value + 0.1, "" if np.isfinite(value) else "few (n=3)")
        for group in groups
        for metric in TITLES
    ]
    return pd.DataFrame(rows, columns=["group", "metric", "value", "low", "high", "note"])


def policies(models, epsilons=(1.0, np.inf), mitigations=("none",)):
    rows = [
        {"model": model, "mitigation": mitigation, "epsilon": epsilon}
        | {f"{name}{part}": value for name, value in (("auc", 0.7), ("selection_gap", 0.1))
           for part in ("", "_low", "_high")}
        for model in models
        for mitigation in mitigations
        for epsilon in epsilons
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_group_is_drawn_as_it_is_written(name):
    shown = draw_rates(rates([name, "other"]), reference=name)
    words = "".join(ElementTree.fromstring(shown.svg).itertext())
    assert name.split()[0][:20] in words
    assert name in shown.alt


def test_every_group_and_every_line_is_there():
    groups = [f"group {k}" for k in range(12)]
    shown = draw_rates(rates(groups))
    words = list(ElementTree.fromstring(shown.svg).itertext())
    assert set(groups) <= set(words)
    models = [f"model {k}" for k in range(5)]
    shown = draw_frontier(policies(models, mitigations=("none", "reweighing")), larger="auc")
    words = list(ElementTree.fromstring(shown.svg).itertext())
    assert {*models, *(f"{model} + reweighing" for model in models)} <= set(words)


def test_no_two_lines_look_alike():
    looks = [look(number) for number in range(36)]
    assert len(set(looks)) == 36


def test_seven_lines_are_drawn_seven_ways(monkeypatch):
    seven = policies([f"model {k}" for k in range(7)]).assign(feasible=True)
    drawn = []
    monkeypatch.setattr(
        "equipoise.charts._tradeoff.picture", lambda draw, **_: drawn.append(draw) or None
    )
    draw_frontier(seven, larger="auc")
    figure = Figure()
    drawn[0](figure)
    for axis in figure.axes:
        lines = [container.lines[0] for container in axis.containers]
        assert len({(line.get_color(), line.get_marker()) for line in lines}) == 7
    moving = balance_figure(
        seven, larger="auc", gap="selection_gap", epsilon_limit=np.inf, gap_limit=np.inf,
        pick=None, title="",
    )  # fmt: skip
    shown = [trace for trace in moving.data if trace.mode == "lines+markers" and trace.showlegend]
    assert len({(trace.line.color, trace.marker.symbol[0]) for trace in shown}) == 7
    assert len({(trace.line.color, trace.line.dash) for trace in shown}) == 7


def test_infinite_epsilon_is_called_as_on_the_command_line():
    words = list(
        ElementTree.fromstring(draw_frontier(policies(["m"]), larger="auc").svg).itertext()
    )
    assert "inf" in words and "none" not in words
    assert "epsilon (left: more privacy; inf: not private)" in words


def test_what_is_not_estimable_is_written_and_not_drawn_at_zero():
    shown = draw_rates(rates(["a", "b"], value=np.nan))
    assert "few (n=3)" in "".join(ElementTree.fromstring(shown.svg).itertext())
    assert "a few (n=3); b few (n=3)" in shown.alt


def test_the_frontier_names_its_pick_and_its_range():
    class Pick:
        model, mitigation, epsilon = "m", "none", 1.0

        def __str__(self):
            return "m, epsilon 1"

    shown = draw_frontier(policies(["m"]), larger="auc", pick=Pick())
    assert shown.alt.endswith("The pick is m, epsilon 1. The table beside it has every figure.")
    assert shown.caption.endswith("The circle is the pick.")


def test_pictures_are_deterministic_and_leave_matplotlib_alone():
    before = dict(mpl.rcParams)
    first, second = (draw_rates(rates(["a"])) for _ in range(2))
    assert first == second
    assert dict(mpl.rcParams) == before
    assert not re.search(r"\d{4}-\d\d-\d\d", first.svg)


def test_a_picture_is_an_image_with_a_title():
    shown = picture(lambda figure: figure.subplots(), size=(2, 1), alt="a < b", caption="c")
    assert shown.svg.startswith("<svg ")
    assert 'role="img"><title>a &lt; b</title>' in shown.svg
