"""Every refusal of `read_task`, by its whole message; and what reading gives."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import yaml

from equipoise.exceptions import BoundsFromDataWarning, ExampleValueWarning, InputError
from equipoise.task import TaskFile, build_task, read_task

FILE = {
    "equipoise_task": 1,
    "name": "customers",
    "source": {"file": "customers.csv"},
    "unit": "id",
    "outcome": {"column": "left", "positive": ["Yes"], "negative": ["No"]},
    "groups": {"gender": {"reference": "woman"}},
    "features": {
        "age": {"type": "number", "bounds": [18, 120]},
        "spend": {"type": "number", "bounds": [0, 1000]},
        "plan": {"type": "category", "categories": ["basic", "family", "pro"]},
    },
}


@pytest.fixture
def attempt(tmp_path):
    """Write table and task file, change them, and read the task."""

    def attempted(frame: pd.DataFrame, **changes: object):
        frame.to_csv(tmp_path / "customers.csv", index=False)
        path = tmp_path / "task.yaml"
        path.write_text(yaml.safe_dump(merged(FILE, changes), allow_unicode=True))
        return read_task(path)

    return attempted


def merged(file: dict, changes: dict) -> dict:
    """Change a key, or keys in a part: features={"age": None} removes one."""
    result = dict(file)
    for key, value in changes.items():
        if value is None:
            result.pop(key)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def put(column: str, value: object, rows: object = slice(0, 3)):
    """Return a change of the table."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype(object)
        frame.loc[frame.index[rows], column] = value
        return frame

    return change


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def told(column: str, values):
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{column: values(frame["left"].eq("Yes").to_numpy())})

    return change


EVERY = slice(None)
NUMBER = {"type": "number"}
REFUSED = {
    "unknown column as feature": (
        same,
        {"features": {"agee": NUMBER}},
        "features must name a column of the table, got 'agee'. Did you mean 'age'?",
    ),
    "unknown column as unit": (
        same,
        {"unit": "customer"},
        "unit must name a column of the table, got 'customer'. Known: 'id', 'gender', 'age', "
        "'spend', 'plan', 'left'.",
    ),
    "unknown column as outcome": (
        same,
        {"outcome": {"column": "Left"}},
        "outcome must name a column of the table, got 'Left'. Did you mean 'left'?",
    ),
    "unknown column as group": (
        same,
        {"groups": {"genre": {"reference": "woman"}}},
        "groups must name a column of the table, got 'genre'. Did you mean 'gender'?",
    ),
    "unknown column as time": (
        same,
        {"time": "spent"},
        "time must name a column of the table, got 'spent'. Did you mean 'spend'?",
    ),
    "unknown column as chance": (
        same,
        {"treatment": "age", "treatment_probability": "spent", "features": {"age": None}},
        "treatment_probability must name a column of the table, got 'spent'. Did you mean 'spend'?",
    ),
    "repeated unit": (
        put("id", "c000000"),
        {},
        "unit 'id' must stand in at most rows_per_unit: 1 rows, got 'c000000' in 3. Raise "
        "rows_per_unit if a customer may have several rows, or remove the repeats.",
    ),
    "unit missing": (
        put("id", ""),
        {},
        "unit 'id' must say in every row whose it is, got 3 of 200 rows without. Complete it: "
        "splits and guarantees go by customer.",
    ),
    "outcome not binary after coding": (
        put("left", "maybe"),
        {},
        "outcome 'left' must be binary after coding, got 'maybe' beside Yes against No. List the "
        "value under positive or negative, or remove its rows.",
    ),
    "outcome with one side": (
        put("left", "No", EVERY),
        {},
        "outcome 'left' must have positive and negative rows, got 200 rows, all negative. Check "
        "the positive values of its coding, and which rows were dropped.",
    ),
    "outcome missing": (
        put("left", ""),
        {},
        "outcome 'left' must have no missing values while their treatment is refuse, got 3 of 200 "
        "rows. Declare `missing` as drop, or complete the data.",
    ),
    "group with one value": (
        put("gender", "woman", EVERY),
        {},
        "group 'gender' must have at least two values, got only 'woman'. Remove it: there is "
        "nobody to compare with.",
    ),
    "group without its reference": (
        same,
        {"groups": {"gender": {"reference": "women"}}},
        "reference of group 'gender' must be one of its values, got 'women'. Did you mean 'woman'?",
    ),
    "group with too many values": (
        told("gender", lambda y: np.arange(len(y)) % 150),
        {},
        "group 'gender' must have at most 100 values, got 150 values. Bin it first, for example "
        "into age bands.",
    ),
    "number missing without a treatment": (
        put("age", ""),
        {},
        "feature 'age' must have no missing values while their treatment is refuse, got 3 of 200 "
        "rows. Declare `missing` as drop, or as the value that takes their place, or complete the "
        "data.",
    ),
    "category missing by a word": (
        put("plan", "n/a"),
        {"source": {"missing_values": ["n/a"]}},
        "feature 'plan' must have no missing values while their treatment is refuse, got 3 of 200 "
        "rows. Declare `missing` as drop, or as the value that takes their place, or complete the "
        "data.",
    ),
    "nothing left after dropping": (
        put("age", "", EVERY),
        {"features": {"age": {"missing": "drop"}}},
        "missing must leave at least one row, got 0 rows. Fill blanks instead of dropping.",
    ),
    "dates as text in a number": (
        put("spend", "31/03/2026", EVERY),
        {},
        "feature 'spend' must not hold dates, got '31/03/2026'. Replace it by a number such as "
        "the days since then, or remove it.",
    ),
    "dates as text in a category": (
        put("plan", "2026-03-31", EVERY),
        {"features": {"plan": {"categories": ["2026-03-31"]}}},
        "feature 'plan' must not hold dates, got '2026-03-31'. Replace it by a number such as the "
        "days since then, or remove it.",
    ),
    "dates as whole numbers": (
        put("spend", "20260331", EVERY),
        {},
        "feature 'spend' must not hold dates, got '20260331'. Replace it by a number such as the "
        "days since then, or remove it.",
    ),
    "text in a number": (
        put("age", "about 40"),
        {},
        "feature 'age' must hold plain numbers, got 'about 40'. Make it a category, list the value "
        "under `source.missing_values`, or correct the data.",
    ),
    "a number that stands for missing": (
        put("spend", "1.7e308"),
        {},
        "feature 'spend' must lie within ±1e+15, got 1.7e+308. If it stands for a missing value, list it "
        "under `source.missing_values`.",
    ),
    "infinity in a number": (
        put("spend", "inf"),
        {},
        "feature 'spend' must hold plain numbers, got 'inf'. Make it a category, list the value "
        "under `source.missing_values`, or correct the data.",
    ),
    "decimal comma in a file of points": (
        put("spend", "12,5"),
        {},
        "feature 'spend' must hold plain numbers, got '12,5'. Make it a category, list the value "
        "under `source.missing_values`, or correct the data.",
    ),
    "unseen category": (
        put("plan", "prro"),
        {},
        "feature 'plan' must hold only its listed categories, got 'prro'. Add it to the list, or "
        "correct the data. Did you mean 'pro'?",
    ),
    "feature is the outcome": (
        same,
        {"features": {"left": {"type": "category", "categories": ["Yes", "No"]}}},
        "features must not contain the outcome column, got 'left'. Remove 'left' there.",
    ),
    "feature is the unit": (
        same,
        {"features": {"id": NUMBER}},
        "features must not contain the unit column, got 'id'. Remove 'id' there.",
    ),
    "group is the outcome": (
        same,
        {"groups": {"left": {"reference": "No"}}},
        "groups must not contain the outcome column, got 'left'. Remove 'left' there.",
    ),
    "unit is the outcome": (
        same,
        {"unit": "left"},
        "outcome must not be the unit column, got 'left'. Name another column.",
    ),
    "feature equals the outcome": (
        told("flag", lambda y: y.astype(int)),
        {"features": {"flag": NUMBER}},
        "feature 'flag' must not equal or encode the outcome, got AUC 1.000 from this column "
        "alone. Move it to `excluded`: it is known only once the outcome is.",
    ),
    "feature encodes the outcome": (
        told("status", lambda y: np.where(y, 1, np.where(np.arange(len(y)) % 2, 0, 2))),
        {"features": {"status": NUMBER}},
        "feature 'status' must not equal or encode the outcome, got AUC 1.000 from this "
        "column alone. Move it to `excluded`: it is known only once the outcome is.",
    ),
    "blanks of a feature encode the outcome": (
        told("refund", lambda y: np.where(y, np.arange(len(y)) % 7 - 3.0, np.nan)),
        {"features": {"refund": {"type": "number", "missing": 0}}},
        "feature 'refund' must not equal or encode the outcome, got AUC 1.000 from its blanks "
        "alone. Move it to `excluded`: it is known only once the outcome is.",
    ),
    "bounds reversed": (
        same,
        {"features": {"age": {"bounds": [120, 18]}}},
        "features.age.bounds must be low then high, got [120, 18]. Write the lower one first.",
    ),
    "bounds equal": (
        same,
        {"features": {"age": {"bounds": [18, 18]}}},
        "features.age.bounds must be low then high, got [18, 18]. Write the lower one first.",
    ),
    "bounds infinite": (
        same,
        {"features": {"age": {"bounds": [0, float("inf")]}}},
        "features.age.bounds.1 must be a number, got '.inf'. Correct it in task.yaml.",
    ),
    "bounds not a number": (
        same,
        {"features": {"age": {"bounds": ["nan", 18]}}},
        "features.age.bounds.0 must be a finite number, got nan. Correct it in task.yaml.",
    ),
    "one bound": (
        same,
        {"features": {"age": {"bounds": [18]}}},
        "features.age.bounds.1 must be given, got nothing. Add it to task.yaml.",
    ),
    "fill outside the bounds": (
        same,
        {"features": {"age": {"missing": -1}}},
        "features.age.missing must lie within the bounds [18, 120], got -1. Widen them, or fill "
        "with a number inside.",
    ),
    "no features left": (
        same,
        {"features": {"age": None, "spend": None, "plan": None}},
        "features must not be empty, got nothing. Name at least one in task.yaml.",
    ),
    "no groups left": (
        same,
        {"groups": {"gender": None}},
        "groups must not be empty, got nothing. Name at least one in task.yaml.",
    ),
    "no groups at all": (
        same,
        {"groups": None},
        "groups must be given, got nothing. Add it to task.yaml.",
    ),
    "a table without rows": (
        lambda frame: frame[:0],
        {},
        "file must hold at least one row, got customers.csv (0 rows). Export it again.",
    ),
    "time is ambiguous": (
        told("day", lambda y: [f"{1 + k % 12:02d}/04/2026" for k in range(len(y))]),
        {"time": "day"},
        "time 'day' must hold ISO dates (2026-03-31) or numbers in every row, got '01/04/2026'. "
        "Rewrite the dates year-month-day: 03/04 means two different days.",
    ),
    "time is missing": (
        told("day", lambda y: ["", *["2026-03-31"] * (len(y) - 1)]),
        {"time": "day"},
        "time 'day' must not be missing, got 1 of 200 rows without. Complete the column, or "
        "remove `time`.",
    ),
    "weights are negative": (
        told("weight", lambda y: np.where(y, 1, -1)),
        {"weights": "weight"},
        "weights 'weight' must be at least 0, and not all 0, got -1. Correct the column.",
    ),
    "weights are all zero": (
        told("weight", lambda y: 0),
        {"weights": "weight"},
        "weights 'weight' must be at least 0, and not all 0, got 0. Correct the column.",
    ),
    "weights are words": (
        told("weight", lambda y: np.where(y, "1", "much")),
        {"weights": "weight"},
        "weights 'weight' must hold plain numbers, got 'much'. Correct the column.",
    ),
    "opt-outs are counted": (
        lambda frame: frame.assign(gone=np.arange(200) % 3),
        {"opted_out": "gone"},
        "opted_out 'gone' must hold 0 and 1 only (or false and true), got '0', '1', '2'. Code the "
        "rows where it happened as 1 and all others as 0.",
    ),
    "complaints are missing": (
        lambda frame: frame.assign(moaned=[1.0, None, *[0.0] * 198]),
        {"complained": "moaned"},
        "complained 'moaned' must not be missing, got 1 of 200 rows without. Complete the column, "
        "or remove `complained`.",
    ),
    "unknown column as opt-out": (
        same,
        {"opted_out": "spent"},
        "opted_out must name a column of the table, got 'spent'. Did you mean 'spend'?",
    ),
    "opt-out is a complaint": (
        lambda frame: frame.assign(gone=0),
        {"opted_out": "gone", "complained": "gone"},
        "complained must not be the opted_out column, got 'gone'. Name another column.",
    ),
    "opt-out is the outcome": (
        same,
        {"opted_out": "left"},
        "opted_out must not be the outcome column, got 'left'. Name another column.",
    ),
    "opt-out is a feature": (
        lambda frame: frame.assign(gone=np.arange(200) % 2),
        {"opted_out": "gone", "features": {"gone": NUMBER}},
        "features must not contain the opted_out column, got 'gone'. Remove 'gone' there.",
    ),
    "complaint is a group": (
        lambda frame: frame.assign(moaned=np.arange(200) % 2),
        {"complained": "moaned", "groups": {"moaned": {"reference": "0"}}},
        "groups must not contain the complained column, got 'moaned'. Remove 'moaned' there.",
    ),
    "feature tells who complained": (
        lambda frame: frame.assign(
            moaned=np.arange(200) % 5 == 0, letter=np.where(np.arange(200) % 5, "none", "angry")
        ),
        {
            "complained": "moaned",
            "features": {"letter": {"type": "category", "categories": ["none", "angry"]}},
        },
        "feature 'letter' must not equal or encode the complained column, got AUC 1.000 from this "
        "column alone. Move it to `excluded`: it is known only after the contact.",
    ),
    "treatment is one-sided": (
        told("mailed", lambda y: 1),
        {"treatment": "mailed"},
        "treatment 'mailed' must hold both 0 and 1 (or both false and true), got '1'. Code who "
        "was treated as 1 and who was not as 0.",
    ),
    "chance of treatment is certain": (
        told("mailed", lambda y: np.arange(len(y)) % 2),
        {"treatment": "mailed", "treatment_probability": 1.0},
        "treatment_probability must lie strictly between 0 and 1, got 1 to 1. Customers who were "
        "always or never treated cannot be compared: remove them.",
    ),
    "chance without a treatment": (
        same,
        {"treatment_probability": 0.5},
        "treatment must be given with treatment_probability, got nothing. Name the column that "
        "says who was treated.",
    ),
    "two roles for one column": (
        told("mailed", lambda y: np.arange(len(y)) % 2),
        {"treatment": "mailed", "weights": "mailed"},
        "treatment must not be the weights column, got 'mailed'. Name another column.",
    ),
    "unknown column as permission": (
        same,
        {"allowed": {"opt_in": "plans"}},
        "allowed.opt_in must name a column of the table, got 'plans'. Did you mean 'plan'?",
    ),
    "feature is a permission": (
        same,
        {"allowed": {"opt_in": "plan"}},
        "features must not contain the allowed.opt_in column, got 'plan'. Remove 'plan' there.",
    ),
    "group is a permission": (
        same,
        {"allowed": {"opt_in": "gender"}},
        "groups must not contain the allowed.opt_in column, got 'gender'. Remove 'gender' there.",
    ),
    "permission is the outcome": (
        same,
        {"allowed": {"opt_in": "left"}},
        "allowed.opt_in must not be the outcome column, got 'left'. Name another column.",
    ),
    "permission is the unit": (
        same,
        {"allowed": {"opt_in": "id"}},
        "allowed.opt_in must not be the unit column, got 'id'. Name another column.",
    ),
    "permission for two policies": (
        told("agreed", lambda y: 1),
        {"allowed": {"opt_in": "agreed", "opt_out": "agreed"}},
        "allowed.opt_out must not be the allowed.opt_in column, got 'agreed'. Name another column.",
    ),
    "permission in other words": (
        told("agreed", lambda y: ["perhaps", *["yes"] * (len(y) - 1)]),
        {"allowed": {"opt_in": "agreed"}},
        "allowed.opt_in 'agreed' must hold yes and no, true and false, or 1 and 0 only, got "
        "'perhaps', 'yes'. Code who is permitted as 1 and who is not as 0.",
    ),
    "permission in two codings": (
        told("agreed", lambda y: ["1", *["yes"] * (len(y) - 1)]),
        {"allowed": {"opt_in": "agreed"}},
        "allowed.opt_in 'agreed' must hold yes and no, true and false, or 1 and 0 only, got "
        "'1', 'yes'. Code who is permitted as 1 and who is not as 0.",
    ),
    "permission is blank": (
        told("agreed", lambda y: ["", *["yes"] * (len(y) - 1)]),
        {"allowed": {"opt_in": "agreed"}},
        "allowed.opt_in 'agreed' must not be missing, got 1 of 200 rows without. Complete the "
        "column, or remove `allowed.opt_in`.",
    ),
    "policy that permits nobody": (
        told("agreed", lambda y: "no"),
        {"allowed": {"opt_in": "agreed"}, "policy": "opt_in"},
        "policy must permit at least one row, got 'opt_in', which permits none of 200. Use another "
        "policy, or check the column that `allowed` names for it.",
    ),
    "profit without euros": (
        same,
        {"decision": {"max_profit": True}},
        "value must be given where decision is max_profit, got nothing. Add euros.",
    ),
    "feature and excluded": (
        same,
        {"excluded": {"age": "not needed"}},
        "excluded must not name a feature, got 'age'. Remove it from one of the two.",
    ),
}


@pytest.mark.parametrize(("change", "file", "message"), REFUSED.values(), ids=REFUSED)
def test_what_would_mislead_is_refused_in_one_message(customers, attempt, change, file, message):
    with pytest.raises(InputError) as refused:
        attempt(change(customers), **file)
    assert str(refused.value) == message


def test_the_unchanged_file_is_accepted_without_a_warning(customers, attempt):
    task = attempt(customers)
    assert repr(task) == (
        "Task('customers': 200 rows, 3 features, base rate 0.3250, groups gender)"
    )
    assert task.notes == ()
    assert task.unbounded == task.bounds_from_data == ()


def test_reading_warns_of_bounds_from_the_data_and_example_euros(customers, attempt):
    features = {"age": {"source": "data"}, "spend": {"source": "data"}}
    value = {"won_per_positive": 9, "cost_per_contact": 1, "source": "example"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        task = attempt(customers, features=features, value=value)
    assert [(w.category, str(w.message)) for w in caught] == [
        (
            BoundsFromDataWarning,
            "2 features have bounds or categories read off the customers (source: data); no "
            "guarantee covers that. Declare them in task.yaml.",
        ),
        (
            ExampleValueWarning,
            "the euros in task.yaml are drafted examples (source: example). Write your own under "
            "`value` and set source: declared.",
        ),
    ]
    assert {w.filename for w in caught} == {__file__}
    assert task.notes == ("2 features have bounds or categories read off the customers",)


def test_what_reading_did_is_noted_in_words(customers, attempt):
    frame = put("plan", "", slice(5, 7))(put("age", "", slice(0, 1))(customers))
    features = {
        "age": {"missing": 40},
        "spend": {"bounds": None},
        "plan": {"missing": "drop"},
    }
    task = attempt(frame, features=features)
    assert task.notes == (
        "2 rows without feature 'plan' dropped",
        "1 blank of 'age' set to 40",
        "no bounds for 'spend': a finite epsilon is refused",
    )
    assert len(task) == 198
    assert task.X.loc[0, ["age", "age is missing"]].tolist() == [40.0, 1.0]


def test_a_group_may_be_a_feature_if_the_file_says_so(customers, attempt):
    known = {"type": "category", "categories": ["man", "other", "woman"]}
    assert "gender" in attempt(customers, features={"gender": known}).X


def test_codes_are_the_same_whatever_rows_are_dropped(customers, attempt):
    frame = customers.assign(grade=np.where(np.arange(200) % 2, "1.0", "2.0")).astype(object)
    frame.loc[0, "grade"] = "high"
    frame.loc[0, "age"] = ""
    known = {"type": "category", "categories": ["1.0", "2.0", "high"]}
    task = attempt(frame, features={"grade": known, "age": {"missing": "drop"}})
    assert set(task.X["grade"]) == {"1.0", "2.0"}


def test_a_frame_in_memory_gives_the_same_task_as_its_file(customers, attempt):
    from_file = attempt(customers)
    in_memory = build_task(customers.sample(frac=1, random_state=0).sort_index(), from_file.file)
    assert in_memory.digest == from_file.digest


def test_columns_named_by_numbers_are_found(customers):
    frame = customers.set_axis([10, 11, 12, 13, 14, 15], axis=1)
    file = TaskFile(
        name="numbered",
        source={"file": "none"},
        unit=10,
        outcome={"column": 15, "positive": "Yes", "negative": "No"},
        groups={11: {"reference": "man"}},
        features={12: {"type": "number"}},
    )
    assert list(build_task(frame, file).X) == ["12"]


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["2026-03-31", "2026-04-01"], pd.Timestamp("2026-03-31")),
        (["20260331", "20260401"], pd.Timestamp("2026-03-31")),
        (["2026-03-31T10:00:00", "2026-04-01T00:30:00"], pd.Timestamp("2026-03-31 10:00")),
        (["3", "14"], 3.0),
    ],
)
def test_time_is_iso_dates_or_numbers(customers, attempt, values, first):
    task = attempt(customers.assign(day=(values * 100)), time="day")
    assert task.time.iloc[0] == first


@pytest.mark.parametrize("values", [("0", "1"), ("False", "True"), ("false", "true"), (0.0, 1.0)])
def test_treatment_and_its_chance_are_read(customers, attempt, values):
    frame = customers.assign(mailed=values * 100, chance=[0.25, 0.75] * 100)
    task = attempt(frame, treatment="mailed", treatment_probability="chance")
    assert task.treatment.tolist() == [0, 1] * 100
    assert task.treatment_probability.tolist() == [0.25, 0.75] * 100
    assert (
        attempt(frame, treatment="mailed", treatment_probability=0.5).treatment_probability == 0.5
    ).all()


@pytest.mark.parametrize("values", [(0, 1), (0.0, 1.0), ("False", "True"), (0, 0), (1, 1)])
def test_who_opted_out_is_read_and_may_be_nobody(customers, attempt, values):
    task = attempt(customers.assign(gone=values * 100), opted_out="gone")
    assert (
        task.opted_out.tolist()
        == [int(str(value) in ("1", "1.0", "True")) for value in values] * 100
    )
    assert task.complained is None


def test_a_word_among_weights_is_named_even_in_a_row_that_is_dropped(attempt, customers):
    outcome = {"column": "left", "positive": ["Yes"], "negative": ["No"], "missing": "drop"}
    customers["w"] = ["heavy", *["1"] * (len(customers) - 1)]
    customers.loc[0, "left"] = None
    with pytest.raises(InputError) as refused:
        attempt(customers, outcome=outcome, weights="w")
    assert str(refused.value) == (
        "weights 'w' must hold plain numbers, got 'heavy'. Correct the column."
    )


def test_a_feature_that_recognises_a_customer_with_many_rows_is_no_leak():
    """The outcome never changes within a customer: knowing the customer is knowing it."""
    customers = np.repeat(np.arange(40), 10)
    frame = pd.DataFrame({"id": customers, "left": customers % 2, "age": 20 + customers})
    frame = frame.assign(band=np.where(customers < 20, "a", "b"))
    file = TaskFile(
        name="panel",
        source={"file": "none"},
        unit="id",
        rows_per_unit=10,
        outcome={"column": "left", "positive": "1", "negative": "0"},
        groups={"band": {"reference": "a"}},
        features={"age": {"type": "number", "bounds": (0, 120)}},
    )
    assert len(build_task(frame, file)) == 400


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"time": "when"}, "time 'when' splits by date: models are fitted on earlier rows than they "
         "decide on"),
        ({"time": "once"}, "time 'once' the same in every row, so customers are split at random"),
        ({"treatment": "sent"}, "treatment 'sent' not used without treatment_probability: every outcome "
         "is credited to the contact"),
        ({"treatment": "sent", "treatment_probability": 0.5}, "treatment 'sent' makes profit what "
         "contacts add over contacting nobody"),
        ({"value": {"won_per_positive": 9, "cost_per_contact": 1, "budget_eur": 50}}, "budget_eur is "
         "shown, and does not change whom the decision contacts"),
    ],
)  # fmt: skip
def test_notes_say_what_further_columns_do(changes, note):
    rows = np.arange(40)
    frame = pd.DataFrame(
        {"id": rows, "left": rows % 2, "age": 20 + rows // 2, "once": "2026-01-01"}
    )
    frame = frame.assign(band=np.where(rows < 20, "a", "b"), sent=rows // 2 % 2, when=rows)
    file = TaskFile(
        name="noted",
        source={"file": "none"},
        unit="id",
        outcome={"column": "left", "positive": "1", "negative": "0"},
        groups={"band": {"reference": "a"}},
        features={"age": {"type": "number", "bounds": (0, 120)}},
        **changes,
    )
    assert build_task(frame, file).notes == (note,)
