"""The report has every part a reader needs, and claims no more than was measured."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from equipoise.task import Value
from equipoise.tradeoff import Plan, Policy, choose, sweep, sweep_report
from equipoise.tradeoff._measures import MEASURES
from equipoise.tradeoff._report_candidates import MARK, candidates_table, told_exactly
from equipoise.tradeoff._report_choice import _IN_TABLE
from equipoise.tradeoff._report_effects import _summed
from equipoise.tradeoff._report_summary import summary
from equipoise.tradeoff._report_trust import trust_told
from equipoise.tradeoff._report_words import PRECISELY, titles_of
from equipoise.tradeoff.tables import policies_table

INF = float("inf")
LIMITS = {"epsilon": 2, "selection_gap": 0.3}


@pytest.fixture(scope="module")
def costly(swept):
    """The same sweep, but privacy costs euros for certain."""
    private = np.isfinite(swept.rows["epsilon"])
    rows = swept.rows.assign(profit_eur=swept.rows["profit_eur"] - 500 * private)
    return dataclasses.replace(swept, rows=rows)


@pytest.fixture(scope="module")
def html(costly):
    return sweep_report(costly, choose(costly, {"epsilon": 2})).html()


@pytest.fixture(scope="module")
def consents(task_with):
    """Two consent policies, every order of mitigation, and a cell that no model can have."""
    task = task_with(allowed={"opt_in": "agreed", "opt_out": "not_refused"}, policy="opt_in")
    plan = Plan(
        epsilons=[1, INF],
        delta=1e-6,
        models=["logistic", "private_logistic"],
        mitigations=["none", "reweighing", "group_thresholds", "score_gap_penalty"],
        consent_policies=["opt_in", "opt_out"],
        seeds=2,
    )
    return sweep(task, plan, jobs=1)


@pytest.fixture(scope="module")
def choice(consents):
    return choose(consents, LIMITS, justification="The works council asked for it.")


@pytest.fixture(scope="module")
def page(consents, choice):
    return sweep_report(consents, choice)


@pytest.fixture(scope="module")
def consent_html(page):
    return page.html()


@pytest.fixture(scope="module")
def told(consent_html):
    return words(consent_html)


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))


def test_every_part_is_there(html, swept):
    told = words(html)
    for part in (
        "Who answers?",
        "contact the 25% with the highest scores",
        "720 rows to fit, 240 to choose with, 240 to confirm",
        "Rates by band under logistic, not private",
        "within limits",
        "3 of 8 policies satisfy epsilon ≤ 2",
        "given up (pick less best)",
        "bounds and optimiser",
        "noise private_logistic, epsilon 1",
        "epsilon 1 and delta 1e-06 per id, for add-remove neighbours",
        "the customer whose features are scored by the model",
        "This page is internal: it is computed from customers without noise",
        "Internal study",
        "Training seeds 0, 1; customers split with seed 0.",
        "scikit-learn",
        swept.manifest["digest"][:12],
    ):
        assert part in told, part


def test_a_report_of_consent_policies_has_every_section(told):
    for part in (
        "In short",
        "Whom consent leaves out, and what it costs",
        "Held-out rows (to choose and to confirm) that each consent policy permits, by band",
        "Each policy less the same one under opt_out",
        "Under consent policy opt_in, on a scale of its own. Means over seeds",
        "noise and training",
        "dominated by",
        "Why these limits: The works council asked for it.",
        "By hand: read the table of all policies from the top.",
        "Each limit: what the pick shows",
        "all limits",
        "What an epsilon does to each group",
        "Noise and customers move the effect by these standard deviations",
        "Whether one group pays more than another",
        "Mitigation before, after or within private training",
        "Privacy then mitigation (group_thresholds) is dominated in",
        "Opt-outs: missing. The task records none and declares no rate above 0. That is not zero.",
        "score_gap_penalty has no place in this learner",
        "Of the cells, 6 refused",
    ):
        assert part in told, part


def test_bands_have_exactly_their_two_labels(consent_html):
    pictures = re.findall(r"<svg.*?</svg>", consent_html, re.DOTALL)
    bands = [one for one in pictures if ">mean over seeds<" in one]
    assert len(bands) == 2
    for picture in bands:
        assert ">noise and training<" in picture and ">customers<" in picture


def test_each_caption_says_whose_interval_it_is(told):
    released = "95 % intervals of one released model (over customers, noise and training)"
    expected = (
        "95 % intervals of the difference that more seeds and more customers would average to"
    )
    for start, whose in (
        ("The pick on the untouched confirm-customers, with", released),
        ("Who is contacted under the pick, by band, with", released),
        ("The one model less the other, on the same confirm-customers, with", released),
        ("Every effect, with", expected),
        ("The effect on each group less that on a, with", expected),
        ("setting by setting; changes with", expected),
        ("confirm-customers, permitted or not, with", expected),
    ):
        assert f"{start} {whose}" in told, start


def test_no_sentence_stands_there_twice(page, choice):
    paragraphs = [
        sentence
        for section in page.sections
        for block in section.blocks
        if block.kind == "text"
        for sentence in block.paragraphs
    ]
    assert [one for one, times in Counter(paragraphs).items() if times > 1] == []
    assert not any(one.startswith(_IN_TABLE) for one in paragraphs)
    assert sum(why.startswith(_IN_TABLE) for why in choice.reasons) == 3


def test_the_summary_has_five_to_eight_sentences(consents, choice):
    told = summary(consents, choice)
    assert 5 <= len(told) <= 8
    assert told[0].startswith(f"The pick is {choice.policy}: of the ")
    assert (
        "with epsilon ≤ 2 and largest gap in contact rate (selection_gap) ≤ 0.3, it has" in told[0]
    )
    assert "(95 % interval of one released model)" in told[1]
    assert told[2].startswith(
        "If it is released once, it promises each id epsilon 1 and delta 1e-06 (add-remove): somebody who "
        "knows everything but one customer's part in the data, and tries to tell"
    )
    assert told[3].startswith("By band, ") and "is contacted least" in told[3]
    assert told[4].startswith("Consent policy opt_out leaves out 2")
    assert told[5] == "The limits cost nothing: the pick is also the best without them."
    assert "contacted in z (too few customers)" in told[6]
    assert told[7].startswith("This page is internal")


def test_the_summary_tells_what_the_limits_cost(costly):
    told = " ".join(summary(costly, choose(costly, {"epsilon": 2})))
    assert re.search(
        r"The best without limits is \w+, not private\. On the same customers the pick differs from it by "
        r"[+-]?[\d,]+ \[.*\] in profit in €",
        told,
    )
    assert "what the limits cost" not in " ".join(summary(costly, choose(costly, {})))


def test_the_summary_does_not_call_unknown_what_other_customers_refute(sweep_of):
    rows = [{"auc": 0.8, "lift_at_10": 2.0}]
    result = sweep_of(rows, confirm=[{"auc": 0.6}], replicates=50)
    told = " ".join(summary(result, choose(result, {"auc": 0.7, "lift_at_10": 1.5})))
    assert (
        "Other customers refute auc ≥ 0.7. Not known: whether it satisfies lift_at_10 ≥ 1.5" in told
    )
    assert "whether it satisfies" not in " ".join(summary(result, choose(result, {"auc": 0.5})))


def test_every_picture_has_a_title_a_caption_and_a_table(html):
    after = re.findall(
        r"</figure>\s*(?:<details>\s*<summary>[^<]*</summary>\s*)?<div[^>]*>\s*<(\w+)", html
    )
    assert after == ["table"] * 5
    counts = Counter(re.findall(r"<(svg|title|figcaption)\b", html))
    assert counts["svg"] == counts["figcaption"] == 5
    assert counts["title"] == 6
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert "http" not in html and "<script" not in html


def test_the_same_sweep_gives_the_same_bytes(html, costly):
    assert sweep_report(costly, choose(costly, {"epsilon": 2})).html() == html


def test_without_a_pick_the_page_says_so(swept):
    page = sweep_report(swept, choose(swept, {"epsilon": 0.01}))
    told = words(page.html())
    assert "The pick: no policy satisfies the limits." in told
    assert "The nearest relaxations, one at a time, are: epsilon ≤ 1 (asked 0.01)" in told
    assert "There is no pick, so nothing is promised." in told
    assert "The rule: of the policies that ran with every seed" in told


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
    assert "€" not in told
    assert "profitable" not in told
    assert "€" not in "".join(policies_table(result.policies()).columns)


def test_sections_that_do_not_apply_are_left_out(task_with, plain):
    result = sweep(task_with(), plain, jobs=1)
    titles = [section.title for section in sweep_report(result, choose(result, {})).sections]
    assert titles == [
        "In short",
        "The question",
        "The customers",
        "Who is contacted, and who is left out",
        "What can be had",
        "The choice",
        "What bounds cost, and what noise costs",
        "What an epsilon does to each group",
        "Opt-outs and complaints",
        "What is promised, and what is not",
        "What this page is",
    ]


def test_example_euros_are_called_examples_wherever_they_stand(task_with, plain):
    value = Value(won_per_positive=100, cost_per_contact=5, source="example")
    result = sweep(task_with(value=value), plain, jobs=1)
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


def test_gaps_that_cannot_be_told_leave_out_their_pictures_only(swept):
    rows = swept.rows.assign(selection_gap=np.nan, opportunity_gap=np.nan)
    result = dataclasses.replace(swept, rows=rows)
    html = sweep_report(result, choose(result, {})).html()
    assert html.count("<svg") == 3
    assert "not estimable" in html


@pytest.mark.parametrize(
    ("changes", "source", "title"),
    [
        (
            {"opted_out": "not_agreed"},
            "Opt-outs: measured in the column not_agreed, per 1,000 customers. They are recorded in the "
            "days after, of those contacted. Nobody was left alone to compare with, so they are not what "
            "contacts caused.",
            "Opt-outs recorded in the days after, of those contacted, per 1,000 customers",
        ),
        (
            {"opted_out": "left", "treatment": "sent", "treatment_probability": 0.5},
            "Opt-outs: measured in the column left, per 1,000 customers, net of those whom the campaign "
            "left alone. They are what contacts caused.",
            "Opt-outs caused by contacts, per 1,000 customers",
        ),
        (
            {"value": {"won_per_positive": 9, "cost_per_contact": 1, "opt_outs_per_contact": 0.02}},
            "Opt-outs: not measured. Every contact counts the declared rate, 0.02, so policies differ in "
            "them by how many they contact and by nothing else.",
            "Opt-outs per 1,000 customers, at the declared rate",
        ),
    ],
)
def test_trust_is_called_by_how_it_was_found_out(swept, changes, source, title):
    facts = {**swept.manifest, "task": {**swept.manifest["task"], **changes}}
    result = dataclasses.replace(swept, manifest=facts)
    assert trust_told(result, "opt_outs") == source
    assert titles_of(result)["opt_outs"] == title


def test_a_reader_of_the_table_picks_what_the_rule_picks(sweep_of):
    """The rounded table alone, read from the top, gives the pick, near-limits and ties included."""
    rng = np.random.default_rng(3)
    for trial in range(15):
        gaps = 0.1 + rng.choice([0, 1e-7, -1e-7, 4e-5, -4e-5, 0.03, -0.03], 6)
        euros = np.repeat(rng.choice([500.0, 500.00001, 510.0], 3), 2)
        given = [
            {
                "selection_gap": gap,
                "profit_eur": euro,
                "epsilon": rng.choice([1.0, 2.0, 1.00000001]),
            }
            for gap, euro in zip(gaps, euros, strict=True)
        ]
        result = sweep_of(given, replicates=3, seeds=1)
        limits = {"selection_gap": 0.1, "epsilon": rng.choice([1.0, 1.5])}
        choice = choose(result, limits)
        table = candidates_table(choice)
        within = table["selection_gap"].str.rstrip(MARK).astype(float) <= 0.1
        within &= table["epsilon"].astype(float) <= limits["epsilon"]
        first = table[within].head(1)
        assert list(first["policy"]) == ([] if choice.policy is None else [str(choice.policy)]), (
            trial
        )
        # Ties, too, can be settled by hand: goal, epsilon, place.
        by_hand = table.assign(
            goal=-table["profit_eur"].str.replace(",", "").astype(float),
            epsilon=table["epsilon"].astype(float),
        ).sort_values(["goal", "epsilon", "place in plan"])
        assert list(by_hand["order"]) == list(range(1, 7)), trial


def test_a_figure_whose_rounding_would_hide_its_side_is_marked(sweep_of):
    result = sweep_of([{"selection_gap": 0.10000004}, {"selection_gap": 0.0999}], replicates=3)
    choice = choose(result, {"selection_gap": 0.1})
    assert list(candidates_table(choice)["selection_gap"]) == ["0.10000004*", "0.0999"]
    assert choice.policy == Policy("m1", "none", INF)
    assert told_exactly("auc", 0.69999, {"auc": 0.7}, 4) == "0.69999*"
    assert told_exactly("auc", 0.7, {"auc": 0.7}, 4) == "0.7000"


def test_a_table_names_the_limits_that_a_policy_breaks(sweep_of):
    rows = [{"selection_gap": 0.3, "auc": 0.9}, {"selection_gap": 0.01, "auc": 0.6}]
    result = sweep_of(rows, replicates=3)
    choice = choose(result, {"selection_gap": 0.1, "auc": 0.5}, maximise="auc")
    assert list(candidates_table(choice)["within limits"]) == ["not selection_gap", "yes: the pick"]


def test_folded_tables_are_details_that_print(page, consent_html):
    blocks = [block for section in page.sections for block in section.blocks]
    folded = sum(block.kind == "table" and block.folded for block in blocks)
    assert folded >= 6
    assert len(re.findall(r"<details>\s*<summary>", consent_html)) == folded
    assert "details::details-content { content-visibility: visible; }" in consent_html


def test_every_measure_is_explained_with_the_side_of_its_limit(page, consents):
    assert set(PRECISELY) == {"epsilon", *MEASURES}
    (table,) = (
        block.frame
        for block in page.sections[-1].blocks
        if block.kind == "table" and "name in limits" in block.frame
    )
    sides = dict(zip(table["name in limits"], table["a limit says"], strict=True))
    assert set(sides) == {"epsilon", *titles_of(consents)}
    assert (sides["epsilon"], sides["reach_gap"], sides["auc"]) == (
        "at most",
        "at most",
        "at least",
    )


def test_a_consent_policy_that_leaves_nobody_out_is_said_to_decide_about_the_others(sweep_of):
    result = sweep_of(
        [
            {"campaign_eur": 500.0, "consent_policy": "everyone"},
            {"campaign_eur": 400.0, "consent_policy": "opt_in"},
        ],
        replicates=5,
    )
    withheld = result.by_group.assign(
        n_whole=result.by_group["n"].where(
            result.by_group["consent_policy"] == "everyone", 2 * result.by_group["n"]
        )
    )
    result = dataclasses.replace(result, by_group=withheld)
    assert (
        "Consent policy everyone leaves nobody out: it decides also about customers whom others withhold "
        "(opt_in 50 %)." in summary(result, choose(result, {}))
    )


def test_groups_of_which_the_same_is_said_share_a_sentence():
    rows = pd.DataFrame(
        {"group": ["a", "b", "c"], "low": [-1.0, -1.0, 0.5], "high": [1.0, 1.0, 2.0], "told": ""}
    )
    told = list(_summed(rows, "band"))
    assert told[0] == (
        "band a, b: of 1 policies with a finite epsilon, the rate rises in 0, falls in 0, and in 1 is "
        "not told apart from no effect."
    )
    assert told[1].startswith("band c: of 1 policies with a finite epsilon, the rate rises in 1")
    assert told[2].endswith("about 1 in 20 would stand out by chance.")


@pytest.mark.parametrize(
    ("epsilons", "told"),
    [
        ([3.0, 1.0], " Another has exactly as much, and the smaller epsilon decided."),
        ([1.0, 1.0], " Another has exactly as much, and the earlier place in the plan decided."),
        (
            [1.0, 1.0, 1.0],
            " 2 others have exactly as much, and the earlier place in the plan decided.",
        ),
    ],
)
def test_a_tie_is_told_with_what_decided_it(sweep_of, epsilons, told):
    rows = [{"epsilon": epsilon, "profit_eur": 400.0} for epsilon in epsilons]
    choice = choose(sweep_of(rows, replicates=5), {})
    assert choice.reasons[1].endswith(f"is the highest among them, 400.{told}")
