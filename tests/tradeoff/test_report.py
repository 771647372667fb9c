"""The report has every part a reader needs, and claims no more than was measured."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

import numpy as np
import pytest

from equipoise.task import Value
from equipoise.tradeoff import Plan, choose, policies_table, sweep, sweep_report

INF = float("inf")


@pytest.fixture(scope="module")
def costly(swept):
    """The same sweep, but privacy costs euros for certain."""
    private = np.isfinite(swept.rows["epsilon"])
    rows = swept.rows.assign(profit_eur=swept.rows["profit_eur"] - 500 * private)
    return dataclasses.replace(swept, rows=rows)


@pytest.fixture(scope="module")
def html(costly):
    return sweep_report(costly, choose(costly, {"epsilon": 2})).html()


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_every_part_is_there(html, swept):
    told = words(html)
    for part in (
        "Who answers?",
        "contact the 25% with the highest scores",
        "720 rows to fit, 240 to choose with, 240 to confirm",
        "Rates by band under logistic, not private",
        "within limits",
        "reweighing reads outcomes and groups without noise",
        "2 of 7 policies satisfy epsilon ≤ 2",
        "given up (pick less best)",
        "bounds and optimiser",
        "noise private_logistic, epsilon 1",
        "epsilon 1 and delta 1e-06 per id, for add-remove neighbours",
        "the customer whose features are scored by the model",
        "This page is internal: it is computed from customers without noise.",
        "Internal study",
        "Training seeds 0, 1; customers split with seed 0.",
        "scikit-learn",
        swept.manifest["digest"][:12],
    ):
        assert part in told, part


def test_every_picture_has_a_title_a_caption_and_a_table(html):
    for figure in re.findall(r"<figure>.*?</figure>\s*<div[^>]*>\s*<(\w+)", html, re.DOTALL):
        assert figure == "table"
    counts = Counter(re.findall(r"<(svg|title|figcaption)\b", html))
    assert counts["svg"] == counts["figcaption"] == 2
    assert counts["title"] == 3
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert "http" not in html and "<script" not in html


def test_the_same_sweep_gives_the_same_bytes(html, costly):
    assert sweep_report(costly, choose(costly, {"epsilon": 2})).html() == html


def test_without_a_pick_the_page_says_so(swept):
    page = sweep_report(swept, choose(swept, {"epsilon": 0.01}))
    told = words(page.html())
    assert "The pick: no policy satisfies the limits." in told
    assert "The nearest relaxations, one at a time, are: epsilon 1 (asked 0.01)" in told
    assert "There is no pick, so nothing is promised." in told


def test_a_pick_that_is_not_private_promises_nothing(costly):
    told = words(sweep_report(costly, choose(costly, {})).html())
    assert "The limits gave nothing up" in told
    assert "The pick is not private: it promises no customer anything." in told


@pytest.fixture(scope="module")
def plain():
    return Plan(epsilons=[INF], models=["logistic"], mitigations=["none"], seeds=1)


def test_without_euros_no_euro_is_written(task_with, plain):
    result = sweep(task_with(value=None), plain, jobs=1)
    told = words(sweep_report(result, choose(result, {})).html())
    assert "The task has no euros" in told
    assert "per 1,000" not in told
    assert "€" not in told
    assert "profitable" not in told
    assert "€" not in "".join(policies_table(result.policies()).columns)


def test_example_euros_are_called_examples_wherever_they_stand(task_with, plain):
    value = Value(won_per_positive=100, cost_per_contact=5, source="example")
    result = sweep(task_with(value=value), dataclasses.replace(plain, models=["logistic"]), jobs=1)
    html = sweep_report(result, choose(result, {"epsilon": INF})).html()
    assert "example € per 1,000" in policies_table(result.policies(), example_euros=True)
    for place in re.findall(r".{12}€ per 1,000", words(html)):
        assert place.endswith("example € per 1,000"), place


def test_names_that_users_wrote_are_text(swept):
    nasty = "<script>alert(1)</script>"
    groups = swept.by_group.replace({"group": {"a": nasty}})
    facts = {**swept.manifest, "task": {**swept.manifest["task"], "name": nasty, "question": nasty}}
    result = dataclasses.replace(swept, by_group=groups, manifest=facts)
    html = sweep_report(result, choose(result, {"epsilon": 2})).html()
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 5


def test_gaps_that_cannot_be_told_leave_out_the_picture_only(swept):
    rows = swept.rows.assign(selection_gap=np.nan, opportunity_gap=np.nan)
    result = dataclasses.replace(swept, rows=rows)
    html = sweep_report(result, choose(result, {})).html()
    assert html.count("<svg") == 1
    assert "not estimable" in html
