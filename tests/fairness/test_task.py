"""From a task to an audit and its page, on tables as people bring them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from equipoise.exceptions import InputError, LeakSuspectedWarning
from equipoise.fairness import audit_page, audit_task
from equipoise.fairness.benefits import reach_of
from equipoise.fairness.profits import parameters_table, profit_lines, random_split_table
from equipoise.task import Task, TaskFile, build_task

SEED = 3
RULE = "decision: {top_share: 0.2}"


def customers(n: int, bands=("a", "b"), rows: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(11)
    visits = random.normal(size=n)
    table = pd.DataFrame(
        {
            "id": [f"c{k}" for k in range(n)],
            "band": np.resize(bands, n),
            "visits": visits.round(3),
            "plan": random.choice(["basic", "pro"], n),
            "bought": random.binomial(1, 1 / (1 + np.exp(0.7 - visits))),
        }
    )
    return table.loc[table.index.repeat(rows)].reset_index(drop=True)


def test_a_small_table_is_audited_end_to_end(task_of):
    task = task_of(customers(60))
    found = audit_task(task, seed=SEED)
    audited, auc = found.audit, found.auc
    rates = audited.frame().set_index(["group", "metric"])
    assert rates.loc["a", "n"].eq(30).all()
    assert rates["value"].xs("selection_rate", level="metric").mean() == pytest.approx(0.2)
    assert auc.low < auc.value < auc.high


def test_the_same_seed_gives_the_same_audit_and_another_one_does_not(task_of):
    task = task_of(customers(200))
    one, again, other = (audit_task(task, seed=seed) for seed in (1, 1, 2))
    assert_frame_equal(one.audit.frame(), again.audit.frame())
    assert one.auc == again.auc
    assert one.auc != other.auc


def test_a_group_of_three_rows_is_shown_and_not_estimable(task_of):
    table = customers(90)
    table.loc[:2, "band"] = "tiny"
    audited = audit_task(task_of(table), seed=SEED).audit
    tiny = audited.frame().query("group == 'tiny'")
    assert tiny["n"].eq(3).all()
    assert tiny["value"].isna().all()
    assert tiny["note"].str.fullmatch(r"not estimable \(n=[0-3]\)").all()
    assert audited.worst().query("metric == 'selection_rate'")["gap"].notna().all()


@pytest.mark.parametrize("threshold", [1.0, 0.0])
def test_a_threshold_that_contacts_nobody_or_everybody_is_an_answer(task_of, threshold):
    task = task_of(customers(120), (RULE, f"decision: {{threshold: {threshold:g}}}"))
    found = audit_task(task, seed=SEED)
    audited = found.audit
    rates = audited.frame().pivot(index="group", columns="metric", values="value")
    everybody = float(threshold == 0)
    assert (rates["selection_rate"] == everybody).all()
    assert (rates["true_positive_rate"] == everybody).all()
    npv = "negative_predictive_value"
    if everybody:
        assert rates["precision"].tolist() == rates["base_rate"].tolist()
        assert rates[npv].isna().all()
    else:
        assert rates["precision"].isna().all()
        assert rates[npv].tolist() == (1 - rates["base_rate"]).tolist()
    gap = audited.gaps().query("metric == 'selection_rate'").iloc[0]
    assert gap["gap"] == 0
    assert gap["low"] < 0 < gap["high"]
    html = audit_page(found).html()
    assert "not estimable (n=0)" in html


def test_max_profit_contacts_whoever_is_expected_to_pay(task_of):
    task = task_of(customers(200), (RULE, "decision: {max_profit: true}"))
    audited = audit_task(task, seed=SEED).audit
    assert audited.frame().query("metric == 'selection_rate'")["value"].gt(0.9).all()


def test_customers_with_several_rows_have_the_intervals_of_one_row_each(task_of):
    table = customers(150, rows=2)
    found = audit_task(task_of(table), seed=SEED)
    audited, auc = found.audit, found.auc
    base = audited.frame().query("metric == 'base_rate'")
    single = audit_task(task_of(customers(150)), seed=SEED)
    columns = ["group", "value", "low", "high"]
    expected = single.audit.frame().query("metric == 'base_rate'")[columns]
    assert_frame_equal(base[columns], expected, rtol=1e-6)
    assert auc == pytest.approx(single.auc, abs=0.03)


def test_only_the_asked_attributes_are_audited(task_of):
    table = customers(120).assign(region=np.resize(["n", "n", "s"], 120))
    audited = audit_task(task_of(table, groups=["band", "region"]), by=["region"], seed=SEED).audit
    assert audited.counts.by == ("region",)
    assert audited.reference == {"region": "n"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": ["Band"]}, "by must be a known name, got 'Band'. Did you mean 'band'?"),
        (
            {"by": ["band", "band"]},
            "by must name each attribute once, got ['band', 'band']. Leave out the repeats.",
        ),
        (
            {"by": []},
            "groups must have at least one attribute, got none. Name a sensitive attribute.",
        ),
        (
            {"model": "forest"},
            "model must be a known name, got 'forest'. "
            "Known: 'logistic', 'hist_gradient_boosting', 'explainable_boosting'.",
        ),
    ],
)
def test_unknown_names_are_refused(task_of, asked, message):
    with pytest.raises(InputError) as refusal:
        audit_task(task_of(customers(60)), seed=SEED, **asked)
    assert str(refusal.value) == message


def test_an_audit_uses_the_weights_of_a_task_and_says_that_a_sweep_does_not(task_of):
    table = customers(200).assign(w=np.resize([0.5, 1.5, 4.0], 200))
    task = task_of(table, weights="w")
    told = "weights 'w' used by audits only: a sweep counts rows, not what they stand for"
    assert told in task.notes
    found = audit_task(task, seed=SEED)
    audited, auc = found.audit, found.auc
    plain = audit_task(task_of(customers(200)), seed=SEED)
    rates = audited.frame().query("metric == 'base_rate'").set_index("group")
    for band, part in table.groupby("band"):
        expected = np.average(part["bought"], weights=part["w"])
        assert rates.loc[band, "value"] == pytest.approx(expected, abs=1e-12)
    unweighted = plain.audit.frame().query("metric == 'base_rate'").set_index("group")
    assert (rates.eval("high - low") > unweighted.eval("high - low")).all()
    assert auc.high - auc.low > plain.auc.high - plain.auc.low
    page = audit_page(found).html()
    assert "Rows are weighted." in page


def test_a_negative_seed_is_refused(task_of):
    with pytest.raises(InputError) as refusal:
        audit_task(task_of(customers(60)), seed=-1)
    assert str(refusal.value) == (
        "seed must be a whole number of at least 0, got -1. Use a seed such as 7."
    )


def test_a_ranking_too_good_to_be_true_is_warned_of(task_of):
    table = customers(400)
    table["visits"] = 4 * table["bought"] + np.random.default_rng(3).normal(size=400).round(3)
    with pytest.warns(LeakSuspectedWarning, match="recorded after the outcome"):
        audit_task(task_of(table), seed=SEED)


ODD = ("<b>bold</b>", "a & b", "$x_1$ and $", "_under", "çok güzel 😀")


def test_the_page_escapes_names_and_says_in_words_what_it_draws(task_of):
    task = task_of(customers(300, bands=ODD))
    found = audit_task(task, seed=SEED)
    html = audit_page(found).html()
    assert "<b>" not in html
    assert "&lt;b&gt;bold" in html
    assert "a &amp; b" in html
    assert "Rates per group with 95 % intervals. Contacted: $x_1$ and $ 0." in html
    assert 'role="img"' in html
    assert "The area under the ROC curve of the scores is 0." in html
    assert "Largest gap between any two groups" in html
    assert html.count("<svg") == 5  # rates, profit, gains, calibration, who gets what
    assert "publishing it is not covered by any privacy guarantee" in html


def test_two_groups_have_one_gap_and_no_table_of_the_largest(task_of):
    task = task_of(customers(100))
    found = audit_task(task, seed=SEED)
    page = audit_page(found)
    assert "Largest gap between any two groups" not in page.html()
    assert [section.title for section in page.sections] == [
        "The question", "In short", "band", "What it earns", "How far the scores carry",
        "Who gets what", "Further rates", "How to read it",
    ]  # fmt: skip


def test_an_area_of_too_few_customers_is_not_estimable_and_no_number(task_of):
    table = customers(60)
    table["bought"] = (np.arange(60) % 9 == 0).astype(int)
    task = task_of(table)
    found = audit_task(task, seed=SEED)
    assert np.isnan(found.auc).all()
    html = audit_page(found).html()
    assert "The area under the ROC curve of the scores is not estimable." in html
    assert "nan" not in html.replace("finance", "")


def posed(table: pd.DataFrame, **roles: object) -> Task:
    file = TaskFile(
        name="offer",
        source={"file": "none"},
        unit="id",
        rows_per_unit=9,
        outcome={"column": "bought", "positive": "1", "negative": "0"},
        groups={"band": {"reference": "a"}},
        features={"visits": {"type": "number", "bounds": (-9, 9)}},
        value={"won_per_positive": 20, "discount_per_positive": 4, "cost_per_contact": 0},
        **roles,
    )
    return build_task(table, file)


def dated(n: int = 800) -> pd.DataFrame:
    """Four months; only every second customer agreed, and every customer has two rows."""
    return customers(n).assign(
        id=lambda table: [f"c{k // 2}" for k in range(len(table))],
        month=np.repeat(
            pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]), n // 4
        ),
        agreed=lambda table: np.where(table["visits"] > 0, "yes", "no"),
    )


def test_a_dated_task_scores_later_rows_and_shows_a_random_split_beside():
    task = posed(dated(), time="month")
    found = audit_task(task, seed=SEED)
    assert str(found.held_out.cut) == "2026-03-01 00:00:00"
    assert len(found.task) == len(found.contacted) == 400
    assert (found.task.time >= "2026-03-01").all()
    assert found.held_out.fitted == 400
    beside = random_split_table(found)
    assert beside["measure"].tolist() == ["auc", "lift at 10", "profit eur per 1000"] * 2
    assert beside["of"].tolist() == ["what each split scores"] * 3 + ["the same later rows"] * 3
    html = audit_page(found).html()
    assert "A logistic model of 400 earlier rows scores the rows from 2026-03-01 on." in html
    assert "A split at random lets a model learn from the dates that it is judged on." in html


def test_a_dated_task_still_shows_whom_consent_withholds_among_the_same_dates():
    table = dated()
    task = posed(table, time="month", allowed={"opt_in": "agreed"}, policy="opt_in")
    found = audit_task(task, seed=SEED)
    later = table["month"] >= found.held_out.cut
    assert len(found.task) == (later & (table["agreed"] == "yes")).sum()
    assert len(found.task.whole) == later.sum()
    people = table[later].groupby("band")["id"].nunique()
    reach = reach_of(found.task, found.contacted).frame().query("stage == 'permitted'")
    assert reach.set_index("group")["of"].to_dict() == people.to_dict()
    html = audit_page(found).html()
    assert "Who can be reached at all" in html
    assert f"Consent policy opt_in permits {len(found.task):,} of {later.sum():,} rows" in html


def test_with_a_known_treatment_an_audit_reports_what_contacts_add():
    random = np.random.default_rng(4)
    table = customers(900).assign(asked=(random.random(900) < 0.7).astype(int))
    task = posed(table, treatment="asked", treatment_probability=0.7)
    found = audit_task(task, seed=SEED)
    credited = audit_task(posed(table), seed=SEED)
    expected = 1000 * task.profit_eur(found.contacted).mean()
    assert found.profit_eur.value == pytest.approx(expected)
    assert found.profit_eur.low < expected < found.profit_eur.high
    assert found.profit_eur.value < 0 < credited.profit_eur.low  # all of them buy anyway
    assert "what contacts add, by inverse probability of the treatment." in profit_lines(found)[0]
    assert "is credited to the contact." in profit_lines(credited)[0]
    told = parameters_table(found.profit).set_index("parameter")["value"]
    assert told["cost of a contact, €"] == "0"
    assert "Outcomes added per 1,000 customers" in audit_page(found).html()
    assert "Outcomes added per 1,000 customers" not in audit_page(credited).html()


def test_later_rows_of_one_arm_are_told_and_have_no_curve_of_what_contacts_add():
    table = dated().assign(asked=lambda table: (np.arange(len(table)) % 40 > 0).astype(int))
    table.loc[table["month"] >= "2026-03-01", "asked"] = 1
    task = posed(table, time="month", treatment="asked", treatment_probability=0.975)
    html = audit_page(audit_task(task, seed=SEED)).html()
    assert "Of these rows all were contacted, or none" in html
    assert "Outcomes added per 1,000 customers" not in html


def test_probabilities_that_contacts_contradict_are_refused():
    table = customers(400).assign(asked=np.resize([1, 1, 1, 0], 400))
    with pytest.raises(InputError) as refusal:
        audit_task(posed(table, treatment="asked", treatment_probability=0.25), seed=SEED)
    assert str(refusal.value) == (
        "probability must be that of being contacted, which the contacts agree with, got 0.25 on "
        "average where 0.75 were contacted. Check that it is not the share of the hold-out, and that "
        "1 stands for contacted."
    )
