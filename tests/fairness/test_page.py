"""The page of an audit: every section that the data allow, and nothing that they do not."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.exceptions import EquipoiseWarning
from equipoise.fairness import REST, audit, audit_counts, audit_page, audit_task
from equipoise.fairness.benefits import allocation_of, reach_of


@pytest.fixture(scope="module")
def task():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EquipoiseWarning)
        return make_crm(customers=3000, seed=7).task(
            "offer_response", purpose="personalised_offers"
        )


def headings(html: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", html)


def rows(n: int = 900) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(3)
    groups = pd.DataFrame(
        {"band": rng.choice(["a", "b", "c"], n), "region": rng.choice(["n", "s"], n)}
    )
    y = rng.binomial(1, 0.3, n)
    return y, rng.binomial(1, 0.2 + 0.3 * y), groups


def test_an_audit_by_itself_is_a_page_and_a_file(tmp_path):
    y, d, groups = rows()
    audited = audit(y, d, groups=groups)
    html = audited.to_html(tmp_path / "audit.html")
    assert (tmp_path / "audit.html").read_text("utf-8") == html
    assert headings(html) == [
        "In short", "band", "region", "Two attributes at once", "Further rates", "How to read it",
    ]  # fmt: skip
    assert f"Signed gaps to {REST}" in html
    assert html.count("<svg") == 2
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)


def test_an_audit_to_publish_is_not_called_internal_and_crosses_nothing():
    y, d, groups = rows()
    html = audit(y, d, groups=groups).suppressed().to_html()
    assert "internal" not in html
    assert "Two attributes at once" not in html
    assert "Figures that give away a count below 10 are left out" in html


@pytest.mark.parametrize(("scale", "noised"), [(4.0, True), (0.0, False)])
def test_a_page_says_whether_its_counts_were_noised(cells_of, scale, noised):
    cells = cells_of(a=(700, 100, 120, 280), b=(600, 140, 300, 260)).assign(noise_scale=scale)
    html = audit_counts(cells).to_html()
    assert ("computed from customers without noise" in html) is not noised
    assert ("computed from counts to which noise was added" in html) is noised
    assert ("internal" in html) is not noised


def test_a_task_adds_who_gets_what_and_who_can_be_reached(task):
    found = audit_task(task, by=["community"], seed=3)
    html = audit_page(found).html()
    assert headings(html) == [
        "The question", "In short", "community", "What it earns", "How far the scores carry",
        "Who gets what", "Who can be reached at all", "Further rates", "How to read it",
    ]  # fmt: skip
    contacted = found.contacted
    permitted = reach_of(task, contacted).frame().query("stage == 'permitted' and group == 'B'")
    assert f"{permitted['count'].iloc[0]:,} of {permitted['of'].iloc[0]:,}" in html
    for line in reach_of(task, contacted).readings()["community"]:
        assert line in html
    profit = (
        allocation_of(task, contacted).frame().query("group == 'B' and measure == 'profit_eur'")
    )
    assert f"{profit['mean'].iloc[0]:.3f}" in html


def test_a_count_that_is_no_rate_is_a_dash(task):
    found = audit_task(task, by=["gender"], seed=3)
    html = audit_page(found).html()
    cells = re.findall(r"contacted not permitted</td><td[^>]*>0 of \d+</td><td[^>]*>(.)</td>", html)
    assert cells == ["–"] * 3
