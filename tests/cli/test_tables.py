"""Tables on a terminal: 80 columns, any name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.cli._tables import say, show
from equipoise.tradeoff.tables import policies_table, profits_table


def test_names_are_shown_as_they_are_written(capsys):
    show(pd.DataFrame({"[b]": ["[/red] :smile: [bold]x"]}), "T [i]")
    told = capsys.readouterr().out
    assert "[/red] :smile: [bold]x" in told and "[b]" in told and "T [i]" in told


def test_a_table_of_policies_fits_eighty_columns_with_whole_headings(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = ["auc", "selection_gap", "opportunity_gap", "worst_group_tpr"]
    row = {"model": "diffprivlib_logistic", "mitigation": "reweighing", "epsilon": np.inf}
    row["consent_policy"] = "as_given"
    euros = {"profit_eur": 12345.6, "profit_eur_customers_low": -9.4}
    euros["profit_eur_customers_high"] = 23456.7
    frame = pd.DataFrame([row | dict.fromkeys(names, 0.123) | euros])
    show(policies_table(frame, example_euros=True), "Means")
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    for word in (
        "diffprivlib_logistic",
        "reweighing",
        "example",
        "12,346",
        "contact",
        "least",
    ):
        assert word in told


def test_profits_stand_with_an_interval_over_customers_and_the_span_of_seeds():
    row = {"model": "logistic", "mitigation": "none", "epsilon": np.inf, "profit_eur": 12345.6}
    row["consent_policy"] = "as_given"
    bounds = {"profit_eur_customers_low": -9.4, "profit_eur_customers_high": 23456.7}
    frame = pd.DataFrame([row | bounds | {"profit_eur_low": 12000.0, "profit_eur_high": 12500.0}])
    told = profits_table(frame, example_euros=True)
    assert told.iloc[0].tolist() == [
        "logistic, not private", "12,346 [-9, 23,457]", "12,000 to 12,500",
    ]  # fmt: skip
    assert list(told)[1] == "example € per 1,000 decisions, customers and seeds"
    assert profits_table(frame.assign(profit_eur=np.nan)).empty


def test_sentences_are_not_wrapped_in_a_pipe(capsys):
    say("word " * 40 + "/a/long/path")
    assert capsys.readouterr().out == "word " * 40 + "/a/long/path\n"


def test_no_column_is_cut_off_however_many_cells_are_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = ["auc", "selection_gap", "opportunity_gap", "worst_group_tpr"]
    row = {"model": "private_logistic", "mitigation": "reweighing", "epsilon": 1.0}
    row["consent_policy"] = "as_given"
    frame = pd.DataFrame([row | dict.fromkeys(names, np.nan) | {"profit_eur": 12345.6}])
    show(policies_table(frame, example_euros=True), "Means")
    assert capsys.readouterr().out.count("not estimable") == 4
