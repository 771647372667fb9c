"""Whatever table comes, the draft runs unedited and says what was guessed, or one refusal does."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.task import Value, describe


def comment(text: str, key: str) -> str:
    """Return the comment behind the line of a key."""
    line = next(line for line in text.splitlines() if line.strip().startswith(f"{key}:"))
    return line.partition("  # ")[2]


def test_the_draft_of_a_plain_table_runs_unedited(customers, draft, read):
    text = draft(customers)
    task = read(text)
    assert task.y.tolist() == customers["left"].eq("Yes").astype(int).tolist()
    assert list(task.X) == ["age", "spend", "plan"]
    assert task.X["age"].tolist() == customers["age"].tolist()
    assert task.reference == {"gender": customers["gender"].mode()[0]}
    assert task.file.source.model_dump() == {
        "file": "customers.csv",
        "table": None,
        "separator": ",",
        "decimal": ".",
        "encoding": "utf-8",
        "missing_values": (),
    }
    assert task.file.excluded == {"gender": "a group; a feature only if you move it to features"}
    assert task.bounds["age"] == (customers["age"].min(), customers["age"].max())
    assert task.bounds["plan"] == ("basic", "family", "pro")
    assert task.bounds_from_data == ("age", "spend", "plan")
    assert comment(text, "gender") == "check me: the largest, 103 of 200 rows"
    assert comment(text, "age") == comment(text, "decision") == "check me"


def test_bounds_read_off_are_short_and_hold_what_was_seen(customers, task_of):
    customers["spend"] = np.linspace(-12.3456789, 98765.4321, 200)
    low, high = task_of(customers).bounds["spend"]
    assert (low, high) == (-12.35, 98770.0)


def test_declared_bounds_and_treatments_are_kept(customers, draft, read):
    customers["age"] = customers["age"].astype(float)
    customers.loc[:4, "age"] = None
    text = draft(customers, bounds={"age": (0, 120)}, missing={"age": 50})
    task = read(text)
    assert task.bounds["age"] == (0, 120)
    assert task.file.features["age"].source == "declared"
    assert task.X["age"][:5].tolist() == [50.0] * 5
    assert comment(text, "age") == "5 blanks become 50"


@pytest.mark.parametrize(
    ("write", "source"),
    [
        (
            {"sep": ";", "decimal": ",", "encoding": "cp1252"},
            {"separator": ";", "decimal": ",", "encoding": "cp1252"},
        ),
        ({"encoding": "utf-8-sig"}, {"separator": ",", "decimal": ".", "encoding": "utf-8-sig"}),
        ({"sep": "\t"}, {"separator": "\t", "decimal": ".", "encoding": "utf-8"}),
        ({"sep": "|"}, {"separator": "|", "decimal": ".", "encoding": "utf-8"}),
        (
            {"sep": "\t", "encoding": "utf-16", "decimal": ","},
            {"separator": "\t", "decimal": ",", "encoding": "utf-16"},
        ),
        ({"quoting": 1, "lineterminator": "\r\n"}, {"separator": ",", "decimal": "."}),
        ({"decimal": ","}, {"separator": ",", "decimal": ","}),
    ],
)
def test_every_way_to_write_a_text_table_gives_the_same_task(
    customers, task_of, tmp_path, write, source
):
    customers["plan"] = customers["plan"].replace("family", "größer, günstiger;\nzwei Zeilen\tTab")
    path = tmp_path / "customers.csv"
    customers.to_csv(path, index=False, **write)
    task = task_of(path)
    pd.testing.assert_frame_equal(
        task.X, customers[["age", "spend", "plan"]], check_dtype=False, check_column_type=False
    )
    assert source.items() <= task.file.source.model_dump().items()


def test_guesses_about_the_file_are_marked(customers, draft, tmp_path):
    customers["plan"] = customers["plan"].replace({"family": "für zwei", "pro": "NA"})
    path = tmp_path / "customers.csv"
    customers.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")
    text = draft(path)
    assert comment(text, "decimal") == "check me: 12,5 is taken for twelve and a half"
    assert comment(text, "encoding") == "check me: the file is not UTF-8"
    assert comment(text, "missing_values") == "check me: does each of these mean missing?"
    assert "  missing_values: [NA]  #" in text
    blanks = customers["plan"].eq("NA").sum()
    assert comment(text, "plan") == f"check me: {blanks} blanks become unknown"


def test_a_point_in_a_file_with_decimal_commas_is_not_read_as_one(customers, draft, tmp_path):
    customers["revenue"] = [f"1.{k:03d}" for k in range(200)]
    path = tmp_path / "customers.csv"
    customers.to_csv(path, index=False, sep=";", decimal=",")
    assert "  revenue: numbers with '.' where the file's decimal sign is ','\n" in draft(path)


def test_whole_codes_written_with_a_decimal_comma_are_whole(customers, task_of, tmp_path):
    customers["left"] = customers["left"].map({"Yes": 1.0, "No": 0.0})
    customers["gender"] = customers["gender"].map({"woman": 1.0, "man": 2.0})
    path = tmp_path / "customers.csv"
    customers.to_csv(path, index=False, sep=";", decimal=",")
    task = task_of(path, positive="1")
    assert set(task.groups["gender"]) == {"1", "2", "unknown"}
    assert task.y.sum() == customers["left"].sum()


def test_thousands_with_commas_are_not_taken_for_fractions(customers, draft):
    customers["revenue"] = [f"{1 + k % 3},{k:03d}" for k in range(200)]
    text = draft(customers)
    assert "  decimal: .\n" in text
    assert "  revenue: numbers with ',' where the file's decimal sign is '.'\n" in text


NAMES = [
    "net income, EUR",
    "a=b",
    "a: b",
    "größe 😀 客户",
    "# of calls",
    "yes",
    "null",
    "~",
    "1",
    "01",
    "*",
    "&a",
    "- a",
    "? a",
    "{a}",
    "[a, b]",
    "%",
    "@a",
    "`a`",
    "'a'",
    'a "b"',
    "two\nlines",
    "tab\tbed",
    " outer blanks ",
    "features",
    "2026-03-31",
    "<<",
    "=",
    "!tag",
    "---",
    "back\\slash",
    "x" * 200,
    "\u2028\x85\ufeffodd",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ["id", "gender", "spend", "plan", "left"])
def test_any_column_name_survives_the_draft(make, draft, read, name, role):
    frame = make(40).rename(columns={role: name})
    asked = {
        "outcome": name if role == "left" else "left",
        "unit": name if role == "id" else "id",
        "groups": [name if role == "gender" else "gender"],
    }
    task = read(draft(frame, **asked))
    assert name in {task.file.unit, task.file.outcome.column, *task.groups, *task.file.features}


def test_a_column_without_a_name_is_called_by_its_place(make, task_of):
    task = task_of(make(40).rename(columns={"gender": ""}), groups=["Unnamed: 1"])
    assert list(task.groups) == ["Unnamed: 1"]


VALUES = ["Yes", "No", "true", "off", "1.5e3", "01", "~", "null-", "2026", ".inf", "- a", "a: b"]


@pytest.mark.parametrize("values", [VALUES, [f"{v}\n'x'" for v in VALUES], ["#", "{}", "*a"]])
def test_values_that_yaml_would_misread_stay_text(make, task_of, values):
    frame = make(120)
    for column in ("gender", "plan"):
        frame[column] = (values * 60)[:120]
    task = task_of(frame)
    assert task.groups["gender"].tolist() == frame["gender"].tolist()
    assert task.bounds["plan"] == tuple(sorted(values))
    assert task.X["plan"].tolist() == frame["plan"].tolist()


@pytest.mark.parametrize(
    ("values", "positive", "negative"),
    [
        (["0", "1"], "1", "0"),
        (["1", "2"], "2", "1"),
        (["1.0", "0.0"], "1", "0"),
        (["True", "False"], "True", "False"),
        (["true", "false"], "true", "false"),
        (["yes", "no"], "yes", "no"),
        (["01", "02"], "01", "02"),
        (["~", "-"], "~", "-"),
        (["2026-01-01", "2026-12-31"], "2026-12-31", "2026-01-01"),
        (["null: 1", "# none"], "# none", "null: 1"),
    ],
)
def test_outcomes_are_coded_as_written(make, task_of, values, positive, negative):
    frame = make(40)
    frame["left"] = (values * 20)[:40]
    task = task_of(frame, positive=positive)
    assert task.file.outcome.positive == (positive,)
    assert task.file.outcome.negative == (negative,)
    assert task.y.sum() == 20


@pytest.mark.parametrize("dtype", ["bool", "boolean", "int64", "Int64", "float64", "category"])
def test_outcomes_of_any_stored_type_are_coded(make, task_of, tmp_path, dtype):
    frame = make(60)
    coded = frame["left"].eq("Yes")
    frame["left"] = coded.astype(dtype)
    path = tmp_path / "customers.parquet"
    frame.to_parquet(path)
    task = task_of(path, positive="True" if dtype in ("bool", "boolean", "category") else "1")
    assert task.y.tolist() == coded.astype(int).tolist()


def test_rows_without_an_outcome_are_dropped_in_writing(customers, draft, read):
    customers.loc[[3, 9], "left"] = ""
    text = draft(customers)
    assert comment(text, "missing") == "check me: 2 without an outcome"
    task = read(text)
    assert len(task) == 198
    assert "2 rows without outcome 'left' dropped" in task.notes


def test_a_column_that_tells_the_outcome_only_where_it_is_known_is_still_found(customers, draft):
    customers["copy"] = customers["left"].map({"Yes": "gone", "No": "here"})
    customers.loc[:30, "left"] = ""
    assert "  copy: encodes the outcome (AUC 1.000 from this column alone)\n" in draft(customers)


def test_blanks_in_a_group_are_a_level_of_their_own_but_not_the_reference(customers, task_of):
    customers.loc[:149, "gender"] = " "
    task = task_of(customers)
    assert task.groups["gender"].value_counts()["unknown"] == 150
    assert task.reference["gender"] == customers["gender"][150:].mode()[0]


def test_three_outcomes_need_the_negative_ones_named(customers, draft, task_of):
    customers.loc[:9, "left"] = "maybe"
    with pytest.raises(InputError) as refused:
        draft(customers)
    assert str(refused.value) == (
        "outcome 'left' must have exactly two values unless the negative ones are named, got "
        "'No', 'Yes', 'maybe'. Name them (negative=..., --negative VALUE), and leave no other value in the "
        "table."
    )
    task = task_of(customers, negative=["No", "maybe"])
    assert task.y.sum() == customers["left"].eq("Yes").sum()
    with pytest.raises(InputError) as refused:
        draft(customers, negative=["No"])
    assert str(refused.value) == (
        "outcome 'left' must be binary after coding, got 'maybe' beside Yes against No. List the "
        "value under positive or negative, or remove its rows."
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([7] * 200, "the same value in every row (7)"),
        (["x"] * 200, "the same value in every row ('x')"),
        ([None] * 200, "no values"),
        (range(1000, 1200), "an identifier, it seems: a different whole number in every row"),
        ([f"{k:05d}" for k in range(200)], "free text or codes (200 different values)"),
        ([f"word {k}" for k in range(200)], "free text or codes (200 different values)"),
        (
            ["n.k.", *map(str, np.arange(199) / 7)],
            "mostly numbers, but also 'n.k.'; correct it, or list it under source.missing_values, "
            "and make this a number",
        ),
        (
            ["inf", *map(str, range(199))],
            "numbers with infinity among them; give that a value, or leave it blank",
        ),
        (
            ["-Infinity", *map(str, np.arange(199) % 3)],
            "numbers with infinity among them; give that a value, or leave it blank",
        ),
    ],
)
def test_a_column_that_cannot_be_a_feature_is_excluded_with_the_reason(
    customers, draft, read, values, reason
):
    customers["odd"] = pd.Series(values, dtype=object)
    text = draft(customers)
    assert read(text).file.excluded["odd"] == reason


def test_what_a_consent_policy_permits_is_no_feature(customers, task_of):
    customers["allowed_opt_in"] = np.where(np.arange(200) % 3, "yes", "no")
    customers["allowed_overdraft"] = np.where(np.arange(200) % 4, "yes", "no")
    task = task_of(customers)
    assert list(task.X) == ["age", "spend", "plan", "allowed_overdraft"]
    assert task.file.excluded["allowed_opt_in"] == (
        "what a consent policy permits, by its name; write it under `allowed`"
    )
    assert task.allowed is None


DATES = [
    "%Y-%m-%d",
    "%Y-%m",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d %b %Y",
    "%d-%b-%y",
    "%B %d, %Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%m/%d/%Y %I:%M %p",
]


@pytest.mark.parametrize("form", DATES)
def test_dates_are_excluded_however_they_are_written(customers, draft, form):
    days = pd.date_range("2024-01-03", periods=200, freq="2D")
    customers["signed"] = days.strftime(form)
    assert "  signed: dates; a number such as the days since then could be a feature\n" in draft(
        customers
    )


@pytest.mark.parametrize("n", [30, 200])
@pytest.mark.parametrize(
    "values",
    [
        lambda y: y,
        lambda y: np.where(y, "gone", "here"),
        lambda y: 1 - y,
        lambda y: np.where(y, 3.5, 2.5),
    ],
)
def test_a_copy_of_the_outcome_is_excluded_even_in_a_small_table(make, draft, n, values):
    frame = make(n)
    frame["copy"] = values(frame["left"].eq("Yes").to_numpy().astype(int))
    assert "  copy: encodes the outcome (AUC 1.000 from this column alone)\n" in draft(frame)


def test_an_ordinal_code_whose_middle_means_churned_is_excluded(customers, draft):
    y = customers["left"].eq("Yes").to_numpy()
    customers["status"] = np.where(y, 1, np.where(np.arange(200) % 2, 0, 2))
    assert "  status: encodes the outcome (AUC 1.000 from this column alone)\n" in draft(customers)


def test_a_reason_filled_only_for_positives_is_excluded(customers, draft):
    y = customers["left"].eq("Yes")
    customers["reason"] = np.where(y, np.where(np.arange(200) % 2, "price", "service"), "")
    text = draft(customers)
    assert "  reason: encodes the outcome (AUC 1.000 from this column alone)\n" in text


def test_an_amount_filled_only_for_positives_is_excluded_by_its_blanks(customers, draft):
    y = customers["left"].eq("Yes")
    customers["refund"] = np.where(y, np.arange(200) % 60 - 29.5, np.nan)
    text = draft(customers)
    assert "  refund: encodes the outcome (AUC 1.000 from its blanks alone)\n" in text


def test_postcodes_keep_their_zeros(customers, task_of):
    customers["postcode"] = [["01067", "10115", "99084"][k % 3] for k in range(200)]
    assert task_of(customers).bounds["postcode"] == ("01067", "10115", "99084")


def test_a_feature_may_be_called_like_the_mark_of_blanks(customers, task_of):
    customers["spend"] = customers["spend"].where(customers.index > 5)
    customers["spend is missing"] = np.arange(200) % 7
    task = task_of(customers)
    assert list(task.X) == [
        "age",
        "spend",
        "spend is missing_",
        "plan",
        "spend is missing",
    ]
    assert task.X["spend is missing_"].sum() == 6
    assert task.bounds["spend is missing_"] == (0.0, 1.0)


def test_several_rows_of_a_customer_are_written_down(customers, draft, read):
    customers["id"] = [f"c{k // 3}" for k in range(200)]
    text = draft(customers)
    assert comment(text, "rows_per_unit") == "check me: the most rows that one customer has"
    assert "rows_per_unit_source: data" in text
    task = read(text)
    assert task.rows_per_unit == 3
    assert "rows_per_unit" in task.bounds_from_data
    assert task.unit.nunique() == 67


def test_a_unit_stored_as_a_fraction_is_a_whole_code(customers, task_of, tmp_path):
    customers["id"] = np.arange(200, dtype=float)
    path = tmp_path / "customers.parquet"
    customers.to_parquet(path)
    assert task_of(path).unit[:3].tolist() == ["0", "1", "2"]


def test_sixty_groups_are_drafted_and_101_refused(make, draft, task_of):
    frame = make(505)
    frame["gender"] = [f"g{k % 60}" for k in range(505)]
    assert task_of(frame).groups["gender"].nunique() == 60
    frame["gender"] = [f"g{k % 101}" for k in range(505)]
    with pytest.raises(InputError) as refused:
        draft(frame)
    assert str(refused.value) == (
        "group 'gender' must have at most 100 values, got 101 values. Bin it first, for example "
        "into age bands."
    )


def test_one_feature_is_enough(customers, task_of):
    assert list(task_of(customers[["id", "gender", "age", "left"]]).X) == ["age"]


def test_few_values_of_a_number_are_pointed_out(customers, draft):
    customers["grade"] = np.arange(200) % 4
    assert (
        comment(draft(customers), "grade")
        == "check me: 4 different values; a category if they are codes"
    )


def test_other_roles_are_taken_from_the_features(customers, task_of):
    customers["day"] = pd.date_range("2026-01-01", periods=200).strftime("%Y-%m-%d")
    customers["weight"] = np.arange(200) % 5 + 0.5
    customers["mailed"] = np.arange(200) % 2
    task = task_of(customers, time="day", weights="weight", treatment="mailed")
    assert list(task.X) == ["age", "spend", "plan"]
    assert task.time.iloc[31] == pd.Timestamp("2026-02-01")
    assert task.weights[:3].tolist() == [0.5, 1.5, 2.5]
    assert task.treatment[:3].tolist() == [0, 1, 0]
    assert task.file.excluded["mailed"] == "used as treatment"


def test_who_opted_out_or_complained_is_no_feature_and_nor_is_what_tells_it(customers, draft, read):
    k = np.arange(200)
    customers["gone"], customers["moaned"] = k % 20 == 0, 0
    customers["exit_form"] = np.where(k % 20 == 0, "sent", "none")
    text = draft(customers, opted_out="gone", complained="moaned")
    assert "\nopted_out: gone\ncomplained: moaned\n" in text
    task = read(text)
    assert list(task.X) == ["age", "spend", "plan"]
    assert task.opted_out.sum() == 10 and task.complained.sum() == 0
    assert dict(task.file.excluded) == {
        "gender": "a group; a feature only if you move it to features",
        "gone": "used as opted_out",
        "moaned": "used as complained",
        "exit_form": "encodes opted_out (AUC 1.000 from this column alone)",
    }


def test_columns_called_after_lost_trust_are_no_features_either(customers, task_of):
    customers["opted_out"] = np.where(np.arange(200) % 20, "no", "yes")
    task = task_of(customers)
    assert list(task.X) == ["age", "spend", "plan"]
    assert task.file.excluded["opted_out"] == (
        "known only after the contact, by its name; write it under `opted_out`"
    )
    assert task.opted_out is None


def test_parquet_types_arrive_as_what_they_mean(customers, task_of, tmp_path):
    n = len(customers)
    k = np.arange(n)
    customers["gender"] = pd.array(np.where(k % 3 == 0, 1.0, np.where(k % 3 == 1, 2.0, np.nan)))
    frame = customers.assign(
        whole=pd.array([None, *range(1, 100), *range(100)], dtype="Int64"),
        flag=k % 2 == 0,
        maybe=pd.array([None, *([True, False] * n)][:n], dtype="boolean"),
        kind=pd.Categorical(np.array(["b", "a"])[k % 2]),
        money=[decimal.Decimal(int(i) % 50) / 4 for i in k],
        when=pd.Timestamp("2026-01-01") + pd.to_timedelta(k, "D"),
        day=[datetime.date(2026, 1, 1 + int(i) % 28) for i in k],
        gap=pd.to_timedelta(k, "h"),
        nothing=pd.Series([None] * n, dtype=object),
        codes=np.where(k % 4 == 0, np.nan, k % 3).astype("float32"),
        many=[[1, 2]] * n,
        huge=np.where(k == 7, np.inf, k / 7),
    )
    path = tmp_path / "customers.parquet"
    frame.to_parquet(path)
    task = task_of(path)
    assert task.groups["gender"][:4].tolist() == ["1", "2", "unknown", "1"]
    assert task.X["whole"][:3].tolist() == [0.0, 1.0, 2.0]
    assert task.X["whole is missing"].sum() == 1
    assert task.bounds["flag"] == ("False", "True")
    assert task.bounds["maybe"] == ("False", "True", "unknown")
    assert task.bounds["kind"] == ("a", "b")
    assert task.X["money"][:3].tolist() == [0.0, 0.25, 0.5]
    assert task.X["codes"][:4].tolist() == [0.0, 1.0, 2.0, 0.0]
    excluded = dict(task.file.excluded)
    assert excluded.pop("when") == excluded.pop("day")
    assert excluded.pop("gap") == excluded.pop("many")
    assert excluded.pop("nothing") == "no values"
    assert excluded.pop("huge").startswith("numbers with infinity among them")
    assert list(excluded) == ["gender"]


@pytest.mark.parametrize("given", [0.5, "0.5", "chance"])
def test_the_probability_of_a_treatment_is_a_number_or_a_column(customers, task_of, given):
    customers["mailed"] = np.arange(len(customers)) % 2
    customers["chance"] = 0.5
    task = task_of(customers, treatment="mailed", treatment_probability=given)
    assert task.profit_is_incremental
    assert task.treatment_probability.unique().tolist() == [0.5]
    assert "chance" in task.file.excluded


def test_the_table_is_named_relative_to_where_the_task_will_lie(customers, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "tasks").mkdir()
    customers.to_csv(tmp_path / "data" / "c.csv", index=False)
    text = describe(
        tmp_path / "data" / "c.csv",
        outcome="left",
        positive="Yes",
        groups="gender",
        unit="id",
        value=Value(won_per_positive=3, cost_per_contact=1),
        folder=tmp_path / "tasks",
    )
    assert "  file: ../data/c.csv\n" in text
    assert "# Euros per contacted customer.\nvalue:\n  won_per_positive: 3\n" in text


REFUSED = [
    ({"outcome": "lef"}, "outcome must name a column of the table, got 'lef'. Did you mean 'left'?"),
    (
        {"groups": ["gnder"]},
        "groups must name a column of the table, got 'gnder'. Did you mean 'gender'?",
    ),
    ({"groups": []}, "groups must name a column, got none. Say whose treatment is to be compared."),
    ({"unit": "ID"}, "unit must name a column of the table, got 'ID'. Did you mean 'id'?"),
    ({"time": "when"}, "time must name a column of the table, got 'when'. Known: 'id', 'gender', "
     "'age', 'spend', 'plan', 'left'."),
    (
        {"positive": "yes"},
        "positive value of outcome 'left' must be one of its values, got 'yes'. Did you mean 'Yes'?",
    ),
    (
        {"negative": "Yes"},
        "outcome must not list a value as positive and as negative, got 'Yes'. Keep it in one.",
    ),
    (
        {"bounds": {"age": (90, 18)}},
        "features.age.bounds must be low then high, got [90, 18]. Write the lower one first.",
    ),
    (
        {"bounds": {"age": (18, 18)}},
        "features.age.bounds must be low then high, got [18, 18]. Write the lower one first.",
    ),
    (
        {"bounds": {"age": (0, float("inf"))}},
        "features.age.bounds.1 must be a finite number, got inf. Correct it.",
    ),
    (
        {"bounds": {"age": (float("nan"), 9)}},
        "features.age.bounds.0 must be a finite number, got nan. Correct it.",
    ),
    (
        {"bounds": {"plan": (0, 1)}},
        "bounds of 'plan' must be those of a column of numbers, got 'family'. Correct the column, "
        "or leave out its bounds.",
    ),
    (
        {"bounds": {"gender": (0, 1)}},
        "bounds of 'gender' must concern a feature, got a group; a feature only if you move it to "
        "features. Leave it out.",
    ),
    (
        {"missing": {"id": "drop"}},
        "missing of 'id' must concern a feature, got the unit or the outcome. Leave it out.",
    ),
    (
        {"missing": {"left": "No"}},
        "missing of outcome 'left' must be drop or refuse, got 'No'. An outcome is never filled in.",
    ),
    (
        {"missing": {"age": "old"}},
        "features.age.missing must be refuse, drop or a number, got 'old'. A number takes the "
        "place of each blank.",
    ),
    (
        {"bounds": {"age": (0, 120)}, "missing": {"age": -1}},
        "features.age.missing must lie within the bounds [0, 120], got -1. Widen them, or fill with "
        "a number inside.",
    ),
    (
        {"groups": ["left"]},
        "groups must not contain the outcome column, got 'left'. Remove 'left' there.",
    ),
    (
        {"weights": "left"},
        "weights must not be the outcome column, got 'left'. Name another column.",
    ),
    (
        {"table": "t"},
        "table must be given for a database file only, got 't'. Leave it out.",
    ),
    (
        {"groups": ["gender", "age", "spend", "plan"]},
        "features must leave at least one column besides unit, outcome and groups, got none of 6 "
        "columns. Add columns that are known before the outcome is.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "message"), REFUSED)
def test_what_cannot_be_drafted_is_refused_in_one_message(customers, draft, asked, message):
    with pytest.raises(InputError) as refused:
        draft(customers, **asked)
    assert str(refused.value) == message


def test_where_every_column_tells_the_outcome_nothing_is_drafted(customers, draft):
    customers["copy"] = customers["left"]
    with pytest.raises(InputError) as refused:
        draft(customers[["id", "gender", "copy", "left"]])
    assert str(refused.value) == (
        "features must leave at least one column besides unit, outcome and groups, got none of 4 "
        "columns. Add columns that are known before the outcome is."
    )


def test_a_unit_with_blanks_is_refused(customers, draft):
    customers.loc[:2, "id"] = ""
    with pytest.raises(InputError) as refused:
        draft(customers)
    assert str(refused.value) == (
        "unit 'id' must say in every row whose it is, got 3 of 200 rows without. Complete it: "
        "splits and guarantees go by customer."
    )


def test_a_name_that_yaml_cannot_hold_is_refused_rather_than_drafted(customers, draft):
    with pytest.raises(InputError) as refused:
        draft(customers.rename(columns={"age": "a" * 2000}))
    assert str(refused.value) == (
        "file must have names and values that YAML can hold, got customers.csv. Shorten the long "
        "names of columns."
    )


def test_a_large_table_is_drafted_within_seconds(make, task_of, tmp_path):
    path = tmp_path / "customers.parquet"
    make(200_000).to_parquet(path)
    assert len(task_of(path)) == 200_000


def test_whole_euros_that_happen_not_to_repeat_are_no_identifier(customers, draft):
    customers = customers.iloc[:60].assign(
        income=np.random.default_rng(7).choice(np.arange(20_000, 90_000), 60, replace=False)
    )
    assert "\n  income: {type: number" in draft(customers)


@pytest.mark.parametrize(
    "values", [np.arange(200) * 7919 + 1, np.arange(200) + 15_634_602], ids=["named", "dense"]
)
def test_whole_numbers_that_name_a_row_are_identifiers(customers, draft, values):
    name = "AccountId" if values[1] - values[0] > 1 else "row"
    customers[name] = values
    assert f"\n  {name}: 'an identifier, it seems" in draft(customers)
