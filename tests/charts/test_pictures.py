"""Pictures take any name a user may write, and say in words what they show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from equipoise.charts import draw_frontier, draw_rates, picture
from equipoise.charts._fairness import TITLES

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
    from equipoise.charts._picture import INKS, MARKS

    looks = {(INKS[k % 6], MARKS[(k + k // 6) % 6]) for k in range(36)}
    assert len(looks) == 36


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
