"""Policies as text: one column for consent, where there is any, and euros that compare."""

from __future__ import annotations

from equipoise.cli._tables import show
from equipoise.tradeoff.tables import policies_table, profits_table

INF = float("inf")


def test_without_consent_policies_there_is_no_column_for_them(sweep_of):
    table = policies_table(sweep_of([{"profit_eur": 400.0}], replicates=3).policies())
    assert "consent" not in table
    assert table["€ per 1,000"].tolist() == ["400"]


def test_one_consent_policy_is_named_beside_euros_per_decision(sweep_of):
    rows = [{"profit_eur": 400.0, "campaign_eur": 300.0, "consent_policy": "opt_in"}]
    table = policies_table(sweep_of(rows, replicates=3).policies())
    assert table["consent"].tolist() == ["opt_in"]
    assert table["€ per 1,000"].tolist() == ["400"]


def test_consent_policies_are_compared_by_euros_per_1000_of_all(sweep_of):
    rows = [
        {"profit_eur": 400.0, "campaign_eur": 300.0, "consent_policy": "opt_in"},
        {"profit_eur": 350.0, "campaign_eur": 340.0, "consent_policy": "opt_out"},
    ]
    policies = sweep_of(rows, replicates=3).policies()
    table = policies_table(policies, example_euros=True)
    assert table["example € per 1,000 of all"].tolist() == ["300", "340"]
    assert list(table)[:4] == ["model", "mitigation", "epsilon", "consent"]
    assert list(profits_table(policies)["policy"]) == [
        "m0, not private, consent opt_in",
        "m1, not private, consent opt_out",
    ]


def test_a_table_with_consent_fits_ninety_columns(sweep_of, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    rows = [
        {
            "model": "private_logistic",
            "mitigation": "group_thresholds",
            "consent_policy": policy,
            "campaign_eur": 12345.6,
            "selection_gap": 0.123,
        }
        for policy in ("opt_in", "opt_out")
    ]
    show(policies_table(sweep_of(rows, replicates=3).policies()), "Means")
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 90
    assert "private_logistic" in told and "opt_out" in told and "12,346" in told
