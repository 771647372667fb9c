"""What a campaign must say before an effect is worked out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.models.uplift._campaign import campaign_of, read_campaign, read_scores

Y, TREATMENT = [0, 1, 1, 0], [1, 1, 0, 0]


def refused(call, *given, **named):
    with pytest.raises(InputError) as refusal:
        call(*given, **named)
    return str(refusal.value)


def test_a_task_without_a_treatment_says_what_uplift_needs(campaign_task):
    assert refused(campaign_of, replace(campaign_task(), treatment=None)) == (
        "task must have a treatment, got none. Uplift needs a randomised hold-out, or logged "
        "contacts with known probabilities: add treatment and treatment_probability."
    )


def test_a_treatment_without_probabilities_is_refused_until_the_caller_vouches_for_a_lot(
    campaign_task,
):
    task = campaign_task(chance=False)
    assert refused(campaign_of, task) == (
        "probability must say how likely each row was to be contacted, got None. Pass a number, or "
        "one a row. Only if all were contacted by lot, with one and the same probability, say "
        "'randomised': it is then estimated."
    )
    found = campaign_of(task, "randomised")
    assert found.probability == pytest.approx(np.full(600, task.treatment.mean()))
    assert (found.weights == 1).all()


def test_a_task_with_probabilities_is_not_told_others(campaign_task):
    assert refused(campaign_of, campaign_task(), "randomised") == (
        "probability must be left out where the task has treatment_probability, got 'randomised'. "
        "Leave it out."
    )


@pytest.mark.parametrize("wrong", [0.0, 1.0, [0.5, 0.5, 1.0, 0.0]])
def test_certain_contacts_are_refused(wrong):
    told = refused(read_campaign, Y, treatment=TREATMENT, probability=wrong)
    found = np.broadcast_to(wrong, 4)
    outside = found[(found == 0) | (found == 1)]
    assert told == (
        f"probability must lie strictly between 0 and 1, got {outside[0]:g} among {len(outside)} "
        "of 4 rows. Customers who were always or never contacted cannot be compared: remove them."
    )


@pytest.mark.parametrize(
    ("arm", "found"), [([1] * 4, "only 1"), ([0] * 4, "only 0"), ([], "no rows")]
)
def test_one_arm_is_refused(arm, found):
    assert refused(read_campaign, Y[: len(arm)], treatment=arm, probability=0.5) == (
        f"treatment must hold both arms, got {found}. An effect is a difference: it takes customers "
        "who were contacted and who were not."
    )


@pytest.mark.parametrize("odd", [2, np.nan, "1", None, -1, 0.5])
def test_other_codings_are_refused(odd):
    for name, given in (("y", {"y": [0, 1, 1, odd]}), ("treatment", {"treatment": [1, 1, 0, odd]})):
        told = refused(read_campaign, **({"y": Y, "treatment": TREATMENT} | given), probability=0.5)
        assert told == (
            f"{name} must be 0 or 1, got {pd.Series([0, 1, 1, odd]).iloc[3]!r} among 1 of 4 rows. "
            "Code it, or remove those rows."
        )


def test_missing_integers_of_pandas_are_refused():
    told = refused(
        read_campaign, pd.array([0, 1, 1, None], "Int64"), treatment=TREATMENT, probability=0.5
    )
    assert told.startswith("y must be 0 or 1, got <NA> among 1 of 4 rows.")


@pytest.mark.parametrize("kind", [bool, float, "Int64", "boolean", object])
def test_zeros_and_ones_of_any_kind_are_read(kind):
    found = read_campaign(
        pd.Series(Y).astype(kind), treatment=pd.Series(TREATMENT).astype(kind), probability=0.5
    )
    assert found.y.tolist() == Y
    assert found.treated.tolist() == TREATMENT


def test_the_share_of_the_hold_out_is_not_the_probability_of_a_contact(campaign):
    drawn = campaign(500, 1)
    told = refused(read_campaign, drawn.y, treatment=drawn.treatment, probability=0.3)
    assert told == (
        "probability must be that of being contacted, which the contacts agree with, got 0.3 on "
        f"average where {drawn.treatment.mean():.3g} were contacted. Check that it is not the share "
        "of the hold-out, and that 1 stands for contacted."
    )


def test_few_customers_may_differ_from_their_probability_by_chance():
    rows = np.repeat([1, 1, 0], 500)
    found = read_campaign(rows, treatment=rows, probability=0.5, unit=np.repeat([1, 2, 3], 500))
    assert found.codes.max() == 2


def test_rows_of_other_lengths_and_indexes_are_refused():
    assert refused(read_campaign, Y, treatment=TREATMENT[:3], probability=0.5) == (
        "y and treatment must have the same number of rows, got 4 and 3. Pass the rows of the same "
        "customers in the same order."
    )
    assert refused(
        read_campaign,
        pd.Series(Y),
        treatment=pd.Series(TREATMENT, index=[3, 2, 1, 0]),
        probability=0.5,
    ) == (
        "y and treatment must have the same index in the same order, got different ones. Align the "
        "rows first, or pass arrays to have them read by position."
    )
    assert refused(read_campaign, [Y], treatment=TREATMENT, probability=0.5) == (
        "y must be one value a row, got shape (1, 4). Pass one column."
    )


def test_unknown_words_and_customers_are_refused():
    assert "got 'random'" in refused(read_campaign, Y, treatment=TREATMENT, probability="random")
    assert refused(
        read_campaign, Y, treatment=TREATMENT, probability=0.5, unit=[1, 2, None, 4]
    ) == ("unit must not be missing, got 1 of 4 rows without. Say of every row whose it is.")


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_scores_must_be_finite_numbers(odd):
    assert refused(read_scores, [0.1, odd]) == (
        "scores must be finite, got 1 of 2 rows missing or infinite. Remove those rows, or score them."
    )
    assert refused(read_scores, ["a", "b"]) == (
        "scores must be numbers, got str. Convert the column first."
    )


def test_unequal_probabilities_weigh_rows_by_the_inverse_of_what_happened():
    found = read_campaign(Y, treatment=TREATMENT, probability=[0.5, 0.25, 0.2, 0.5])
    assert found.weights == pytest.approx([2, 4, 1.25, 2])
