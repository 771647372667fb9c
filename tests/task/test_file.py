"""A task file as values: what it holds, what it refuses, and that YAML brings it back whole."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.task import DecisionRule, Feature, Group, Outcome, Source, TaskFile, Value
from equipoise.task._loading import parse_task_file, read_task_file
from equipoise.task._writing import task_yaml

NASTY = ["yes", "null", "~", "", "1", "1.0", "01", "- a", "a: b", "#", "*", "2026-03-31", "<<", "="]
NASTY += [
    "a\nb",
    " a ",
    "\t",
    "'",
    '"',
    "{",
    "]",
    "\u2028",
    "\x85",
    "\ufeff",
    "\x00",
    "😀",
    "...\n",
    "?",
]
text = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(string.punctuation), max_size=12
)
names = text.filter(lambda name: len(name) > 0)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def features(draw):
    source = draw(st.sampled_from(["declared", "data"]))
    if draw(st.booleans()):
        levels = draw(st.lists(text, min_size=1, max_size=4, unique=True))
        missing = draw(st.sampled_from(["refuse", "drop", *levels]))
        return Feature(type="category", categories=levels, source=source, missing=missing)
    bounds = draw(st.none() | st.lists(numbers, min_size=2, max_size=2, unique=True).map(sorted))
    missing = draw(st.sampled_from(["refuse", "drop", *(bounds or [0.5, 3])]))
    return Feature(type="number", bounds=bounds, source=source, missing=missing)


@st.composite
def task_files(draw):
    codes = draw(st.lists(text, min_size=2, max_size=4, unique=True))
    declared = draw(st.dictionaries(text, features(), min_size=1, max_size=3))
    treatment = draw(st.none() | text)
    allowed = draw(st.dictionaries(text, text, max_size=3))
    return TaskFile(
        name=draw(names),
        question=draw(text),
        source=Source(
            file=draw(text),
            table=draw(st.none() | text),
            separator=draw(st.sampled_from(",;\t|")),
            missing_values=draw(st.lists(text, max_size=3)),
        ),
        unit=draw(text),
        rows_per_unit=draw(st.integers(1, 9)),
        rows_per_unit_source=draw(st.sampled_from(["declared", "data"])),
        outcome=Outcome(column=draw(text), positive=codes[:1], negative=codes[1:]),
        groups=draw(
            st.dictionaries(text, st.builds(Group, reference=text), min_size=1, max_size=2)
        ),
        features=declared,
        excluded={
            name: reason
            for name, reason in draw(st.dictionaries(text, text, max_size=2)).items()
            if name not in declared
        },
        decision=draw(
            st.builds(DecisionRule, top_share=st.floats(0.001, 1))
            | st.builds(DecisionRule, threshold=st.floats(0, 1))
            | st.just(DecisionRule(max_profit=True))
        ),
        value=Value(
            won_per_positive=draw(st.floats(0, 1e20)), cost_per_contact=draw(st.floats(0, 9))
        ),
        time=draw(st.none() | text),
        weights=draw(st.none() | text),
        treatment=treatment,
        treatment_probability=None if treatment is None else draw(st.none() | text | numbers),
        opted_out=draw(st.none() | text),
        complained=draw(st.none() | text),
        allowed=allowed,
        policy=draw(st.sampled_from([None, *allowed])),
    )


@settings(max_examples=150, deadline=None)
@given(task_files())
def test_any_task_file_comes_back_from_yaml_as_it_was(file):
    assert parse_task_file(task_yaml(file, rows=1_000)) == file


DRAFT = """
equipoise_task: 1
name: churn
source: {file: c.csv}
unit: id
outcome: {column: left, positive: [1], negative: [0]}
groups: {gender: {reference: woman}}
features: {age: {type: number, bounds: [0, 120]}}
"""


def test_what_is_left_out_has_a_plain_default():
    file = parse_task_file(DRAFT)
    assert file.rows_per_unit == 1
    assert file.decision == DecisionRule(top_share=0.2)
    assert file.value is None
    assert file.outcome.positive == ("1",)
    assert file.features["age"].missing == "refuse"
    assert file.allowed == {} and file.policy is None


def test_words_are_read_as_written_with_or_without_quotes():
    file = parse_task_file(
        DRAFT.replace("[1]", "yes").replace("[0]", "[no, 010, 1.10, 12:30, 2026-03-31, 1_000]")
        + "time: null\nweights: ~\ntreatment:\n"
    )
    assert file.outcome.positive == ("yes",)
    assert file.outcome.negative == ("no", "010", "1.10", "12:30", "2026-03-31", "1_000")
    assert file.time is file.weights is file.treatment is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: churn\n", "", "name must be given, got nothing. Add it to task.yaml."),
        ("name: churn", "nam: churn", "name must be given, got nothing. Add it to task.yaml."),
        (
            "unit: id",
            "unit: id\nunits: id",
            "units must be a known key, got 'units'. Did you mean 'unit'?",
        ),
        (
            "bounds:",
            "bound:",
            "features.age.bound must be a known key, got 'bound'. Did you mean 'bounds'?",
        ),
        (
            "number",
            "numeric",
            "features.age.type must be 'number' or 'category', got 'numeric'. Correct it in "
            "task.yaml.",
        ),
        (
            "{reference: woman}",
            "woman",
            "groups.gender must be a mapping of keys, got 'woman'. Correct it in task.yaml.",
        ),
        (
            "[0, 120]",
            "[0, old]",
            "features.age.bounds.1 must be a number, got 'old'. Correct it in task.yaml.",
        ),
        (
            "[0, 120]",
            "120",
            "features.age.bounds must be a list, got 120. Correct it in task.yaml.",
        ),
        (
            "[0, 120]}",
            "[0, 120], missing: mean}",
            "features.age.missing must be refuse, drop or a number, got 'mean'. A number takes "
            "the place of each blank.",
        ),
        (
            "{type: number, bounds: [0, 120]}",
            "{type: category}",
            "features.age.categories must be listed, got none. List what the column holds.",
        ),
        (
            "number,",
            "category,",
            "features.age.type must be number where bounds are given, got category. Keep one.",
        ),
        (
            "bounds: [0, 120]",
            "categories: [a]",
            "features.age.type must be category where categories are listed, got number. Keep one.",
        ),
        (
            "{type: number, bounds: [0, 120]}",
            "{type: category, categories: [a, b, a]}",
            "features.age.categories must not repeat, got 'a'. Keep one.",
        ),
        (
            "{type: number, bounds: [0, 120]}",
            "{type: category, categories: [a], missing: b}",
            "features.age.missing must be refuse, drop or one of the categories, got 'b'. Add it "
            "to the categories if it is to stand for a blank.",
        ),
        (
            "negative: [0]",
            "negative: [0, 1]",
            "outcome must not list a value as positive and as negative, got '1'. Keep it in one.",
        ),
        (
            "positive: [1]",
            "positive: [null]",
            "outcome.positive.0 must be text, got nothing. Write the word null in quotes.",
        ),
        (
            "positive: [1]",
            "positive: []",
            "outcome.positive must not be empty, got nothing. Name at least one in task.yaml.",
        ),
        (
            "unit: id",
            "unit: id\nrows_per_unit: 0",
            "rows_per_unit must be greater than or equal to 1, got 0. Correct it in task.yaml.",
        ),
        (
            "unit: id",
            "unit: id\nrows_per_unit: 1.5",
            "rows_per_unit must be a whole number, got 1.5. Correct it in task.yaml.",
        ),
        (
            "unit: id",
            "unit: id\ndecision: {top_share: 20}",
            "decision.top_share must be less than or equal to 1, got 20. Correct it in task.yaml.",
        ),
        (
            "unit: id",
            "unit: id\ndecision: {top_share: 0.2, threshold: 0.5}",
            "decision must be exactly one of top_share, threshold and max_profit, got top_share "
            "and threshold. Write for example {top_share: 0.2}.",
        ),
        (
            "unit: id",
            "unit: id\ndecision: {}",
            "decision must be exactly one of top_share, threshold and max_profit, got none. Write "
            "for example {top_share: 0.2}.",
        ),
        (
            "unit: id",
            "unit: id\nvalue: {won_per_positive: -1, cost_per_contact: 0}",
            "value.won_per_positive must be greater than or equal to 0, got -1. Correct it in "
            "task.yaml.",
        ),
        (
            "unit: id",
            "unit: id\nallowed: agreed",
            "allowed must be a mapping of keys, got 'agreed'. Correct it in task.yaml.",
        ),
        (
            "unit: id",
            "unit: id\nallowed: {opt_in: null}",
            "allowed.opt_in must be text, got nothing. Write the word null in quotes.",
        ),
        (
            "unit: id",
            "unit: id\nallowed: {opt_in: a, opt_out: b}\npolicy: everyone",
            "policy must be one of those under `allowed`, got 'everyone'. Known: 'opt_in', "
            "'opt_out'.",
        ),
        (
            "unit: id",
            "unit: id\npolicy: opt_in",
            "policy must be one of those under `allowed`, got 'opt_in'. There are none.",
        ),
        (
            "_task: 1",
            "_task: 2",
            "equipoise_task must be 1, got 2. Correct it in task.yaml.",
        ),
        (
            "unit: id",
            "unit: id\nunit: ID",
            "task must be readable YAML, got task.yaml. Mend this first: the key 'unit' stands "
            "twice (line 6, column 1).",
        ),
    ],
)  # fmt: skip
def test_a_broken_rule_is_one_message(old, new, message):
    assert old in DRAFT
    with pytest.raises(InputError) as refused:
        parse_task_file(DRAFT.replace(old, new))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "task must be a task file, got {}. Draft one with `equipoise describe FILE ...`."),
        (b"", "task must be a YAML mapping, got task.yaml. Draft one with `equipoise describe FILE "
              "...`."),
        (b"- a", "task must be a YAML mapping, got task.yaml. Draft one with `equipoise describe "
                 "FILE ...`."),
        (b"\xff\xfe", "task must be text in UTF-8, got {}. Save it as UTF-8."),
        (b"a: [", "task must be readable YAML, got task.yaml. Mend this first: expected the node "
                  "content, but found '<stream end>' (line 1, column 5)."),
    ],
)  # fmt: skip
def test_what_is_no_task_file_is_refused(tmp_path, content, message):
    path = tmp_path / "task.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_task_file(path)
    assert str(refused.value) == message.format(path)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (DecisionRule(top_share=0.2), "the 20% with the highest scores"),
        (DecisionRule(top_share=0.125), "the 12.5% with the highest scores"),
        (DecisionRule(threshold=0.5), "everyone with a score of at least 0.5"),
        (DecisionRule(max_profit=True), "everyone whose expected profit is above zero"),
    ],
)
def test_a_decision_says_itself_in_words(rule, words):
    assert str(rule) == words
