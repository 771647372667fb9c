"""The widgets stand over the view: what the controls say is what is shown, and nothing vanishes."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from base64 import b64decode

import pytest

from equipoise.lab import BalanceState, balance, balance_view, static_balance
from equipoise.lab._balance import epsilon_options

PLOTLY = "application/vnd.plotly.v1+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def drawn(explorer):
    (output,) = explorer.picture.outputs
    return output["data"][PLOTLY]


def test_a_change_of_a_control_moves_picture_sentence_and_table(swept):
    explorer = balance(swept)
    before = (drawn(explorer)["layout"]["title"], explorer.sentence.value, explorer.table.value)
    explorer.epsilon.value = 1.0
    after = (drawn(explorer)["layout"]["title"], explorer.sentence.value, explorer.table.value)
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert explorer.view.state == BalanceState(1.0)
    assert "Epsilon: at most 1." in explorer.said.value


@pytest.mark.parametrize("gap", ["selection_gap", "opportunity_gap"])
def test_every_setting_of_the_controls_shows_the_view_of_its_state(swept, gap):
    explorer = balance(swept)
    explorer.gap.value = gap
    for _, epsilon in explorer.epsilon.options:
        for limit in (0.0, 0.05, 0.15, 1.0):
            explorer.epsilon.value = epsilon
            explorer.gap_limit.value = limit
            state = BalanceState(epsilon, limit if limit < 1 else math.inf, gap)
            assert explorer.state == explorer.view.state == state
            assert explorer.view.sentence == balance_view(swept, state).sentence
            assert len(explorer.picture.outputs) == 1
            assert explorer.status.value == ""


def test_the_start_is_what_was_asked_for(swept):
    explorer = balance(swept, epsilon_limit=0.7, gap_limit=0.12, gap="opportunity_gap")
    assert explorer.state == explorer.view.state == BalanceState(0.7, 0.12, "opportunity_gap")


@pytest.mark.parametrize("limit", [1.0, 7.0])
def test_what_the_controls_cannot_hold_is_not_shown_either(swept, limit):
    explorer = balance(swept, gap_limit=limit)
    assert explorer.state == explorer.view.state == BalanceState()
    assert "Gap in contact rate: no limit." in explorer.said.value


def test_limits_on_offer_run_from_strict_to_none(swept):
    offered = epsilon_options(swept, math.inf)
    assert offered == [
        ("at most 0.3", 0.3),
        ("at most 0.5", 0.5),
        ("at most 1", 1.0),
        ("at most 2", 2.0),
        ("at most 3", 3.0),
        ("no limit", math.inf),
    ]


def test_every_control_has_a_label_and_takes_the_keyboard(swept):
    import ipywidgets as widgets

    explorer = balance(swept)
    controls = explorer.box.children[0].children
    # A native list and a native number field: their labels are tied to them, sliders' are not.
    assert [type(one) for one in controls] == [
        widgets.Dropdown,
        widgets.Dropdown,
        widgets.BoundedFloatText,
    ]
    for control in controls:
        assert control.description
        assert control.style.description_width == "initial"
        assert control.tabbable is not False
        assert not control.disabled


def test_what_goes_wrong_in_a_callback_is_said_and_then_withdrawn(swept, monkeypatch):
    explorer = balance(swept)
    before = explorer.sentence.value

    def fail(*_):
        raise ValueError("no <such> figure")

    monkeypatch.setattr("equipoise.lab._balance.balance_view", fail)
    explorer.epsilon.value = 1.0
    assert "ValueError: no &lt;such&gt; figure" in explorer.status.value
    assert explorer.status.layout.display == ""
    assert explorer.sentence.value == before
    monkeypatch.undo()
    explorer.epsilon.value = 0.5
    assert explorer.status.value == ""
    assert explorer.status.layout.display == "none"


def test_the_picture_shows_limits_bands_and_pick_not_by_colour_alone(swept):
    explorer = balance(swept, epsilon_limit=1, gap_limit=0.2)
    figure = drawn(explorer)
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines+markers"]
    assert all("error_y" in trace for trace in lines)
    shown = [trace for trace in lines if trace["showlegend"]]
    for part in (
        lambda t: t["line"]["color"],
        lambda t: t["marker"]["symbol"][0].removesuffix("-open"),
    ):
        assert len({part(trace) for trace in shown}) == len(shown)
    symbols = {symbol.endswith("-open") for trace in lines for symbol in trace["marker"]["symbol"]}
    assert symbols == {True, False}
    words = {note["text"] for note in figure["layout"]["annotations"]}
    assert {"<b>pick</b>", "outside: epsilon > 1", "Profit in € per 1,000 decisions"} <= words
    assert any(word.startswith("limit: gap ≤ 0.2") for word in words)
    assert "bars: noise and training (seeds)" in [trace.get("name") for trace in figure["data"]]
    assert figure["layout"]["xaxis"]["ticktext"][-1] == "inf"


def test_a_gap_that_cannot_be_told_is_said_in_the_picture(bent):
    explorer = balance(bent(selection_gap=math.nan))
    words = [note["text"] for note in drawn(explorer)["layout"]["annotations"]]
    assert "Largest gap in contact rate: not estimable" in words
    assert "<img" not in explorer.static().fragment()
    assert "not estimable" in explorer.static().fragment()
    explorer.gap_limit.value = 0.1
    assert explorer.view.choice.policy is None
    assert explorer.status.value == ""


def test_a_redraw_is_lean_and_fetches_nothing(swept):
    (output,) = balance(swept, epsilon_limit=1, gap_limit=0.1).picture.outputs
    assert set(output["data"]) == {PLOTLY, "text/plain"}
    text = json.dumps(output["data"], allow_nan=False)
    assert len(text) < 20_000
    assert "http" not in text


def test_a_notebook_keeps_the_static_view_beside_the_live_one(swept):
    bundle = balance(swept)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", VIEW}
    assert bundle["text/plain"].startswith("Pick: ")
    assert len(json.dumps(bundle)) < 100_000
    assert "<script" not in bundle["text/html"]


def test_the_static_view_has_a_picture_with_a_title_a_sentence_and_a_table(swept):
    static = static_balance(swept, epsilon_limit=1, gap_limit=0.2)
    html = static._repr_html_()
    source, alt = re.search(
        r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)">', html
    ).groups()
    svg = ET.fromstring(b64decode(source))
    title = svg.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert str(static.view.choice.policy) in title.text
    assert title.text == alt
    assert static.view.sentence in html
    assert html.count("<table") == 2
    assert html.count('<th scope="col">policy</th>') == 1
    assert static.view.choice.internal in html
    assert not re.search(r'(?:src|href)="http|@import|<script', html)


def test_the_static_page_stands_alone(swept, tmp_path):
    balance(swept, gap_limit=0.0).static().save(tmp_path / "balance.html")
    html = (tmp_path / "balance.html").read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>")
    assert "No policy satisfies" in html
    assert "<svg" in html
    assert "<table" in html
    assert not re.search(r'(?:src|href)="http|@import|<script', html)
