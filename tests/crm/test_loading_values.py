import numpy as np
import pandas as pd
import pytest

from equipoise.crm._loading import Unmapped
from equipoise.crm._loading_values import Clock, Export, meant, read_export
from equipoise.exceptions import InputError

FORMS = "Pass date_format='%d/%m/%Y' if the day comes first, '%m/%d/%Y' if the month does."


def export(values, date_format=None, column="C"):
    return Export("T", pd.DataFrame({column: values}), Clock(date_format), ("C",))


def refusal(act, *arguments, **named):
    with pytest.raises(InputError) as refused:
        act(*arguments, **named)
    return str(refused.value)


@pytest.mark.parametrize("name", ["C", "c", " C "])
def test_columns_are_found_in_any_case(name):
    assert export(["x"], column=name).text("C").tolist() == ["x"]


def test_text_loses_blanks_at_its_ends_and_nothing_else():
    read = export([" Ann ", "", None, "a  b", "   "]).text("C")
    assert read.dtype == "str"
    assert read.dropna().tolist() == ["Ann", "a  b"]
    assert read.isna().tolist() == [False, True, True, False, True]


def test_numbers_become_text_without_decimals():
    assert export([1.0, 2.0, np.nan]).text("C").dropna().tolist() == ["1", "2"]
    assert export([1, 2]).text("C").tolist() == ["1", "2"]


@pytest.mark.parametrize(
    "values",
    [
        ["true", "FALSE", "1", "0"],
        ["True", "False", "TRUE", "false"],
        [True, False, True, False],
        [1, 0, 1, 0],
        [1.0, 0.0, 1.0, 0.0],
    ],
)
def test_yes_and_no_are_written_in_few_ways(values):
    assert export(values).flag("C").tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("value", "shown"), [("yes", "'yes'"), ("2", "'2'"), ("", "nothing"), (None, "nothing")]
)
def test_another_yes_or_no_is_refused(value, shown):
    assert refusal(export(["true", value]).flag, "C") == (
        f"T.C must hold true, false, 1 or 0, got {shown}. Export it again, or correct the column."
    )


def test_blank_may_be_given_a_meaning():
    assert export(["true", "", None]).flag("C", blank=False).tolist() == [True, False, False]
    assert export([None, None]).flag("C", blank=False).tolist() == [False, False]


def test_ids_stand_once_each():
    assert refusal(export(["a", "b", "a"]).ids, "C") == (
        "T.C must stand once each, got 'a' more than once. "
        "Decide which of the rows is right and remove the others."
    )
    assert refusal(export(["a", ""]).ids, "C") == (
        "T.C must be given, got 1 of 2 rows without. Export it again."
    )


@pytest.mark.parametrize(
    ("value", "date_format", "expected"),
    [
        ("2026-03-04", None, "2026-03-04"),
        ("2026-03-04 10:15", None, "2026-03-04 10:15"),
        ("2026-03-04T10:15:30.000Z", None, "2026-03-04 10:15:30"),
        ("2026-03-04T10:15:30.000+0200", None, "2026-03-04 08:15:30"),
        ("03/04/2026", "%d/%m/%Y", "2026-04-03"),
        ("03/04/2026", "%m/%d/%Y", "2026-03-04"),
        ("2026-03-04", "%d/%m/%Y", "2026-03-04"),
        ("2026-03-04", "%Y-%d-%m", "2026-04-03"),
        ("03/04/2026 10:00 +0100", "%d/%m/%Y %H:%M %z", "2026-04-03 09:00"),
        (pd.Timestamp("2026-03-04 10:00", tz="Europe/Berlin"), None, "2026-03-04 09:00"),
        (pd.Timestamp("2026-03-04").date(), None, "2026-03-04"),
    ],
)
def test_dates_are_iso_or_in_the_stated_format(value, date_format, expected):
    read = export([value, None], date_format).date("C")
    assert read.dtype == "datetime64[us]"
    assert read[0] == pd.Timestamp(expected)
    assert read.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "date_format", "message"),
    [
        (["03/04/2026"], None, f"T.C must hold ISO dates (2026-03-31), got '03/04/2026'. {FORMS}"),
        (
            ["13/13/2026"],
            "%d/%m/%Y",
            f"T.C must hold ISO dates (2026-03-31) or '%d/%m/%Y', got '13/13/2026'. {FORMS}",
        ),
        (["2026-02-30"], None, "T.C must hold dates that exist, got '2026-02-30'. Correct it."),
        (
            ["2026-03-04", "2026-03-04T10:00:00Z"],
            None,
            "T.C must hold dates that all have a UTC offset or none, got both. "
            "Convert them to one time zone first.",
        ),
        (
            ["2026-03-04x"],
            "%d/%Q",
            "date_format must be a format such as '%d/%m/%Y', got '%d/%Q'. "
            "See the table of format codes of datetime.strptime.",
        ),
    ],
)
def test_a_date_that_is_not_clear_is_refused(values, date_format, message):
    assert refusal(export(values, date_format).date, "C") == message


@pytest.mark.parametrize("date_format", ["day first", 7])
def test_a_format_without_codes_is_refused(date_format):
    assert refusal(Clock, date_format) == (
        f"date_format must be a format such as '%d/%m/%Y', got {date_format!r}. "
        "See the table of format codes of datetime.strptime."
    )


def test_dates_of_two_kinds_cannot_be_put_in_order():
    frame = pd.DataFrame({"A": ["2026-01-01T00:00Z"], "B": ["2026-01-01"], "C": [None]})
    both = Export("T", frame, Clock(None), ())
    both.date("A")
    both.date("C")
    both.date("B", decides=False)
    assert refusal(both.date, "B") == (
        "the dates of the export must all have a UTC offset or none, got T.A with and T.B without. "
        "Export them in one way, or leave out one column: nobody can say which came first."
    )


def test_a_needed_column_is_asked_for_with_the_nearest_name():
    assert refusal(export(["x"], column="Individual_Id").need, "IndividualId") == (
        "T must have the column 'IndividualId', got none of that name. "
        "Did you mean 'Individual_Id'?"
    )


def test_an_optional_column_may_be_missing_but_not_renamed():
    assert not export(["x"], column="Name").need_if_renamed("DoNotCall")
    assert export(["x"], column="DoNotCall").need_if_renamed("DoNotCall")
    assert refusal(export(["x"], column="Do_Not_Call").need_if_renamed, "DoNotCall") == (
        "T must have the column 'DoNotCall', got none of that name. Did you mean 'Do_Not_Call'?"
    )


def test_a_column_that_stands_twice_is_refused():
    frame = pd.DataFrame([["x", "y"]], columns=["Id", "ID"])
    assert refusal(Export, "T", frame, Clock(None), ()) == (
        "T must name each column once, got 'ID'. Rename one of them."
    )


def test_something_else_than_a_frame_is_refused():
    assert refusal(Export, "T", [], Clock(None), ()) == (
        "T must be a DataFrame, got list. Read it with pandas first."
    )


def test_what_was_not_read_is_noted():
    frame = pd.DataFrame({"A": ["x", "y"], "B": ["x", ""], "D": [1, 2]})
    read, unmapped = Export("T", frame, Clock(None), ()), Unmapped()
    read.text("a")
    read.note_absent(unmapped, ["A", "Z"])
    read.note_unread(unmapped, {"d": "Because."})
    assert unmapped.frame()[["column", "rows", "why"]].to_numpy().tolist() == [
        ["Z", 0, "Not exported."],
        ["B", 1, "No column of our tables holds it."],
        ["D", 2, "Because."],
    ]


def test_cells_arrive_exactly_as_written(tmp_path):
    text = '\ufeffId,Note\n007,"a, b\nc"\nNA,\n'
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    frame = read_export(tmp_path / "t.csv")
    assert frame.to_numpy().tolist() == [["007", "a, b\nc"], ["NA", ""]]
    assert list(frame) == ["Id", "Note"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.csv must hold a header, got nothing. Export it again."),
        (
            b"Id;Name\n1;x\n",
            "t.csv must be separated by commas, got 'Id;Name'. Export it as CSV with commas.",
        ),
        (b"Id,Id\n1,2\n", "t.csv must name each column once, got 'Id'. Rename one of them."),
        (
            b"Id,Name\n1,x\n2\n",
            "t.csv must have as many cells in each row as in the header, got 1 instead of 2 in "
            "row 2. Put cells that contain commas in quotes.",
        ),
        (
            b"Id,Name\n1,M\xfcller\n",
            "t.csv must be UTF-8, got 'utf-8' codec can't decode byte 0xfc in position 11: invalid "
            "start byte. Export it as UTF-8.",
        ),
    ],
)
def test_an_unreadable_file_is_refused(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    assert refusal(read_export, tmp_path / "t.csv") == message


def test_a_refusal_is_heard_in_any_spelling_and_a_yes_only_as_known():
    words = pd.Series(["Opt Out", "optout", "OPT_OUT", "OptIn", "optin", "Seen", None])
    said = meant(words, {"OptIn": "opt_in", "OptOut": "opt_out"})
    assert said.tolist()[:4] == ["opt_out", "opt_out", "opt_out", "opt_in"]
    assert said.isna().tolist()[4:] == [True, True, True]
