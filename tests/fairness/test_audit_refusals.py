"""What an audit refuses, and of what it says that it cannot be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.fairness import RATES, audit, audit_counts, count_table

GROUPS = pd.DataFrame({"band": ["a", "b"]})
FIGURES = ["gap", "low", "high"]
RESERVED = "y_true, y_pred, score_bin, count, score, weight, weight_squared, noise_scale"
INCOMPLETE = "must not be missing, got 1 of 2 rows without. Remove those rows, or complete them."
CODED = "must be coded 0 and 1, got {}. Code the positive value as 1."
INDEX = (
    "{} must have the same index in the same order, got different ones. "
    "Align the rows first, or pass arrays to have them read by position."
)
ROWS = "{} must have the same number of rows, got {}. Pass the rows of the same customers in the same order."
NAMES = (
    f"groups must have columns named by different texts, other than {RESERVED}, got {{}}. "
    "Rename the column."
)
WEIGHTS = "weights must be 0 or lie in 1e-60..1e60, not all 0, got {}. Correct those rows."
REST_TAKEN = (
    "group 'band' must not hold the word for all others together, got 'the rest'. Rename the group."
)
FLIPPED = pd.Index([1, 0])


def refusal(**changed) -> str:
    """Return the whole message with which an audit of two customers refuses these arguments."""
    asked = {"y_true": [0, 1], "y_pred": [0, 1], "groups": GROUPS, "reference": {"band": "a"}}
    with pytest.raises(InputError) as refused:
        audit(**(asked | changed))
    return str(refused.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y_true": [0, 1, 1]}, ROWS.format("y_true, y_pred and groups", "3, 2 and 2")),
        ({"unit": ["k"]}, ROWS.format("y_true, y_pred, groups and unit", "2, 2, 2 and 1")),
        (
            {"y_score": [0.5] * 3},
            ROWS.format("y_true, y_pred, groups and y_score", "2, 2, 2 and 3"),
        ),
        (
            {"y_true": (one for one in (0, 1))},
            "y_true must be a column of values, got generator. Pass a list or an array.",
        ),
        (
            {"weights": 2.0},
            "weights must be a column of values, got float. Pass a list or an array.",
        ),
        ({"weights": []}, ROWS.format("y_true, y_pred, groups and weights", "2, 2, 2 and 0")),
        ({"groups": GROUPS[:1]}, ROWS.format("y_true, y_pred and groups", "2, 2 and 1")),
        ({"y_true": pd.Series([0, 1], index=FLIPPED)}, INDEX.format("y_true and groups")),
        ({"y_pred": pd.Series([0, 1], index=[0, 2])}, INDEX.format("y_pred and groups")),
        ({"unit": pd.Series(["k", "l"], index=FLIPPED)}, INDEX.format("groups and unit")),
        ({"weights": pd.Series([1, 2], index=FLIPPED)}, INDEX.format("groups and weights")),
        ({"y_score": pd.Series([0.1, 0.2], index=FLIPPED)}, INDEX.format("groups and y_score")),
    ],
)
def test_rows_that_do_not_match_are_refused(changed, message):
    assert refusal(**changed) == message


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2], CODED.format("2")),
        ([-1, 1], CODED.format("-1")),
        (np.array([0, 255], dtype="uint8"), CODED.format("255")),
        (["1", "0"], CODED.format("'1'")),
        (["yes", "no"], CODED.format("'yes'")),
        (pd.Series(["yes", "no"], dtype="category"), CODED.format("'yes'")),
        ([b"1", b"0"], CODED.format("b'1'")),
        (np.array([b"1", b"0"]), CODED.format("b'1'")),
        (np.array([0.2, 0.9]), CODED.format("0.2")),
        ([0, np.inf], CODED.format("inf")),
        ([0, np.nan], INCOMPLETE),
        ([None, True], INCOMPLETE),
        (pd.array([pd.NA, 1], dtype="Int64"), INCOMPLETE),
        (pd.array([pd.NA, True], dtype="boolean"), INCOMPLETE),
        (pd.Series(pd.Categorical([1, None])), INCOMPLETE),
        (np.array([[0], [1]]), "must be one value a row, got shape (2, 1). Pass one column."),
        ([[0, 1], [1, 0]], "must be one value a row, got shape (2, 2). Pass one column."),
        (
            pd.DataFrame({"y": [0, 1]}),
            "must be one value a row, got shape (2, 1). Pass one column.",
        ),
        (b"01", "must be a column of values, got bytes. Pass a list or an array."),
    ],
)
def test_outcomes_and_decisions_that_are_not_zero_and_one_are_refused(name, values, message):
    assert refusal(**{name: values}) == f"{name} {message}"


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
def test_a_masked_outcome_is_missing(name):
    assert refusal(**{name: np.ma.masked_array([0, 1], mask=[0, 1])}) == f"{name} {INCOMPLETE}"


@pytest.mark.parametrize(
    ("levels", "positive", "message"),
    [
        (["yes", "no", "maybe"], "yes", "must hold 'yes' and one other value, got 'no', 'maybe'."),
        (["yes", "no", "no"], "Yes", "must hold 'Yes' and one other value, got 'yes', 'no'."),
        ([0, 1, 1], "1", "must hold '1' and one other value, got 0, 1."),
        (["1", "0", "0"], 1, "must hold 1 and one other value, got '1', '0'."),
        (["yes", None, "no"], "yes", "must not be missing, got 1 of 3 rows without."),
    ],
)
def test_a_positive_value_that_leaves_a_choice_is_refused(levels, positive, message):
    groups = pd.DataFrame({"band": ["a", "b", "a"]})
    told = refusal(y_true=levels, y_pred=levels, groups=groups, positive=positive)
    assert told.startswith(f"y_true {message}")


def test_a_value_that_never_occurs_is_not_taken_for_the_positive_one():
    told = refusal(y_true=["yes", "yes"], y_pred=["yes", "yes"], positive="Yes")
    assert told == ("positive must be a value of y_true or y_pred, got 'Yes'. Did you mean 'yes'?")


def test_outcomes_and_decisions_must_agree_on_the_other_value():
    told = refusal(y_true=["yes", "no"], y_pred=["Yes", "Yes"], positive="yes")
    assert told == (
        "y_true and y_pred must hold 'yes' and one other value, got 'no', 'Yes'. "
        "Merge the others into one, or correct `positive`."
    )


def test_a_positive_value_may_be_the_only_one_or_missing_on_one_side():
    for decided, contacted in ((["yes", "yes"], 1.0), (["no", "no"], 0.0)):
        counts = audit(["yes", "no"], decided, groups=GROUPS, positive="yes").counts.frame()
        assert (counts["count"] * counts["y_pred"]).sum() / 2 == contacted


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"y_score": [0.2, 1.2]},
            "y_score must lie in 0..1, got 1.2 among 1 of 2 rows outside. "
            "Pass probabilities, not ranks or margins.",
        ),
        (
            {"y_score": [-0.1, np.inf]},
            "y_score must lie in 0..1, got -0.1 among 2 of 2 rows outside. "
            "Pass probabilities, not ranks or margins.",
        ),
        (
            {"y_score": [0.2, np.nan]},
            "y_score must not be missing, got 1 of 2 rows without. Remove those rows, or score them.",
        ),
        (
            {"y_score": pd.array([pd.NA, 0.5], dtype="Float64")},
            "y_score must not be missing, got 1 of 2 rows without. Remove those rows, or score them.",
        ),
        (
            {"y_score": ["low", "high"]},
            "y_score must be numbers, got str. Convert the column first.",
        ),
        (
            {"y_score": [[0.1], [0.2]]},
            "y_score must be one value a row, got shape (2, 1). Pass one column.",
        ),
        ({"weights": [1, -1]}, WEIGHTS.format("-1")),
        ({"weights": [1, np.inf]}, WEIGHTS.format("inf")),
        ({"weights": [np.nan, 1]}, WEIGHTS.format("nan")),
        ({"weights": pd.array([pd.NA, 1], dtype="Int64")}, WEIGHTS.format("nan")),
        ({"weights": [0, 0]}, WEIGHTS.format("zero in every row")),
        ({"weights": ["1", "2"]}, "weights must be numbers, got str. Convert the column first."),
        (
            {"unit": ["k", None]},
            "unit must not be missing, got 1 of 2 rows without. Say of every row whose it is.",
        ),
        (
            {"unit": [np.nan, 1.0]},
            "unit must not be missing, got 1 of 2 rows without. Say of every row whose it is.",
        ),
        (
            {"unit": [["k"], ["l"]]},
            "unit must be one value a row, got shape (2, 1). Pass one column.",
        ),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1. Use a seed such as 7."),
        (
            {"seed": None},
            "seed must be a whole number of at least 0, got None. Use a seed such as 7.",
        ),
    ],
)
def test_scores_weights_and_customers_that_would_mislead_are_refused(changed, message):
    assert refusal(**changed) == message


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            pd.DataFrame({"band": ["a", None]}),
            "group 'band' must not be missing, got 1 of 2 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
        (
            pd.DataFrame({"band": pd.Categorical(["a", np.nan])}),
            "group 'band' must not be missing, got 1 of 2 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
        (
            GROUPS["band"],
            "groups must be a DataFrame with one column an attribute, got Series. "
            "Use for example table[['gender']].",
        ),
        (
            GROUPS["band"].to_numpy(),
            "groups must be a DataFrame with one column an attribute, got ndarray. "
            "Use for example table[['gender']].",
        ),
        (
            GROUPS[[]],
            "groups must have at least one attribute, got none. Name a sensitive attribute.",
        ),
        (GROUPS.set_axis(["count"], axis=1), NAMES.format("'count'")),
        (GROUPS.set_axis(["noise_scale"], axis=1), NAMES.format("'noise_scale'")),
        (GROUPS.set_axis([0], axis=1), NAMES.format("0")),
        (pd.concat([GROUPS, GROUPS], axis=1), NAMES.format("'band'")),
        (pd.DataFrame({"band": ["a", "the rest"]}), REST_TAKEN),
    ],
)
def test_groups_that_would_mislead_are_refused(groups, message):
    assert refusal(groups=groups, reference=None) == message


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"band": "A"}, "reference of 'band' must be one of its groups, got 'A'. Did you mean 'a'?"),
        ({"band": None}, "reference of 'band' must be one of its groups, got None. Known: 'a', 'b'."),
        ({}, "reference of 'band' must be one of its groups, got None. Known: 'a', 'b'."),
        (
            {"band": ["a", "b"]},
            "reference of 'band' must be one of its groups, got ['a', 'b']. Known: 'a', 'b'.",
        ),
        (
            {"band": np.array(["a", "b"])},
            "reference of 'band' must be one of its groups, got array(['a', 'b'], dtype='<U1'). "
            "Known: 'a', 'b'.",
        ),
        (
            {"band": "a", "bond": "b"},
            "reference must name a column of the table, got 'bond'. Did you mean 'band'?",
        ),
        (
            ["band"],
            "reference must say a group for each attribute, got list. Use for example {'band': 'a'}.",
        ),
    ],
)  # fmt: skip
def test_references_that_are_no_group_are_refused(reference, message):
    assert refusal(reference=reference) == message


def test_every_attribute_needs_a_reference_if_one_has_it(rows):
    with pytest.raises(InputError) as refused:
        audit(rows["y"], rows["d"], groups=rows[["band", "region"]], reference={"band": "a"})
    assert str(refused.value) == (
        "reference of 'region' must be one of its groups, got None. Known: 'north', 'south'."
    )


def test_no_rows_are_no_audit():
    empty = {"y_true": [], "y_pred": [], "groups": GROUPS[:0]}
    assert refusal(**empty) == "groups must have at least one row, got none. Pass some customers."


def test_a_reference_that_is_absent_from_a_part_is_refused_by_its_name(rows):
    part = rows[rows["band"] != "c"]
    told = refusal(
        y_true=part["y"], y_pred=part["d"], groups=part[["band"]], reference={"band": "c"}
    )
    assert told == "reference of 'band' must be one of its groups, got 'c'. Known: 'a', 'b'."


def test_a_group_that_is_absent_from_one_fold_is_counted_in_the_sum_of_both(rows):
    folds = [rows[rows["band"] != "c"], rows[rows["band"] != "b"]]
    one, other = (count_table(fold, by="band", y_true="y", y_pred="d") for fold in folds)
    both = audit_counts(one + other, reference={"band": "c"}).frame()
    sizes = both[both["metric"] == "accuracy"].set_index("group")["n"]
    expected = pd.concat(folds)["band"].value_counts()
    assert sizes.to_dict() == expected.to_dict()
    assert set(audit_counts(one).frame()["group"]) == {"a", "b"}


def test_the_rule_of_ten_looks_at_the_denominator_alone(cells_of):
    cells = cells_of(a=(500, 400, 50, 50), b=(91, 0, 4, 5), c=(300, 20, 10, 0))
    frame = audit_counts(cells, reference={"band": "a"}).frame().set_index(["group", "metric"])
    assert frame.loc[("b", "true_positive_rate"), "note"] == "not estimable (n=9)"
    assert np.isnan(frame.loc[("b", "true_positive_rate"), "value"])
    assert frame.loc[("b", "false_positive_rate"), "value"] == 0
    assert frame.loc[("b", "false_positive_rate"), "high"] > 0
    assert frame.loc[("c", "true_positive_rate"), ["value", "note"]].tolist() == [0, ""]
    assert frame.loc[("b", "base_rate"), "value"] == 0.09
    assert frame.loc[("b", "balanced_accuracy"), "note"] == "not estimable (n=9)"


@pytest.mark.parametrize("positive", [False, True])
def test_a_single_outcome_leaves_rates_among_the_other_not_estimable(rows, positive):
    everybody = rows.assign(y=int(positive))
    result = audit(
        everybody["y"], rows["d"], groups=rows[["band"]], y_score=np.linspace(0, 1, len(rows))
    )
    frame = result.frame().set_index("metric")
    gone = ["false_positive_rate"] if positive else ["true_positive_rate", "false_negative_rate"]
    for metric in [*gone, "balanced_accuracy", "auc"]:
        assert (frame.loc[metric, "note"] == "not estimable (n=0)").all()
        assert frame.loc[metric, ["value", "low", "high"]].isna().to_numpy().all()
    assert (frame.loc["base_rate", "value"] == positive).all()
    assert result.conflicts()["note"].str.startswith("not estimable").all()


def test_nobody_contacted_leaves_precision_not_estimable_and_the_rest_zero(cells_of):
    result = audit_counts(cells_of(a=(30, 0, 20, 0), b=(30, 0, 30, 0)), reference={"band": "a"})
    frame = result.frame().set_index(["group", "metric"])
    assert frame.loc[("a", "selection_rate"), "value"] == 0
    assert frame.loc[("a", "precision"), "note"] == "not estimable (n=0)"
    worst = result.worst().set_index("metric")
    assert worst.loc["precision", "note"] == "not estimable (fewer than two groups large enough)"
    assert np.isnan(
        worst.loc["precision", ["gap", "low", "high", "noise_floor"]].astype(float)
    ).all()
    assert worst.loc["selection_rate", "gap"] == 0


def test_a_single_group_has_rates_and_no_gaps(cells_of):
    cells = cells_of(a=(30, 15, 20, 15))
    result = audit_counts(cells, reference={"band": "a"})
    assert len(result.frame()) == len(RATES)
    assert result.gaps().empty
    assert result.ratios().empty
    assert list(result.gaps()) == ["attribute", "group", "reference", "metric", *FIGURES, "note"]
    assert result.worst()["gap"].isna().all()
    to_the_rest = audit_counts(cells).gaps()
    assert to_the_rest["gap"].isna().all()
    assert (to_the_rest["note"] == "not estimable (n=0)").all()
