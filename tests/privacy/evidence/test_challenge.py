"""A claim beside its evidence: mechanisms, functions, and what is refused."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from diffprivlib.mechanisms import GaussianAnalytic
from sklearn.linear_model import LogisticRegression

from equipoise.exceptions import InputError
from equipoise.privacy import Guarantee
from equipoise.privacy.evidence import challenge
from equipoise.privacy.queries.mechanisms import (
    ExponentialMechanism,
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
    RandomizedResponse,
)


def coin(own):
    """Randomised response on the only value of a table."""

    def response(table, rng, epsilon=own):
        told = rng.random() < 1 / (1 + math.exp(-epsilon))
        return table[0] if told else 1 - table[0]

    return response


def unknown(table, rng):
    """Noise of no known kind, and nothing to double."""
    return table[0] + rng.laplace()


BITS = ([0], [1])


def test_randomised_response_shows_nearly_its_epsilon():
    found = [
        challenge(coin(1.0), neighbours=BITS, claimed=1.0, random_state=seed).lower_bound
        for seed in range(16)
    ]
    assert np.median(found) == pytest.approx(0.86, abs=0.05)
    assert np.sum(np.array(found) > 1.0) <= 2


@pytest.mark.parametrize(
    "mechanism",
    [
        LaplaceMechanism(sensitivity=2.0, epsilon=1.0),
        GeometricMechanism(sensitivity=3, epsilon=1.0),
        GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=1e-6),
        ExponentialMechanism(candidates=["a", "b", "c"], sensitivity=1.0, epsilon=1.0),
        RandomizedResponse(epsilon=1.0),
    ],
    ids=lambda mechanism: type(mechanism).__name__,
)
def test_sound_mechanisms_are_not_refuted(mechanism):
    audit = challenge(mechanism, runs=200)
    assert audit.verdict != "refuted"
    assert audit.lower_bound <= 1.0
    assert audit.promise == mechanism.guarantee


@pytest.mark.parametrize(
    "mechanism",
    [
        LaplaceMechanism(sensitivity=2.0, epsilon=3.0),
        GaussianMechanism(sensitivity=1.0, epsilon=4.0, delta=1e-6),
    ],
    ids=lambda mechanism: type(mechanism).__name__,
)
def test_a_claim_three_times_too_strong_is_refuted(mechanism):
    claim = type(mechanism)(**{**vars(mechanism), "epsilon": 1.0}).guarantee
    audit = challenge(mechanism, runs=400, claimed=claim)
    assert audit.verdict == "refuted"
    assert audit.lower_bound > audit.claimed == 1.0


def test_the_real_sampler_is_attacked_without_a_seed():
    told = []

    class Spying(LaplaceMechanism):
        def release(self, value, rng=None):
            told.append(rng)
            return super().release(value, rng)

    assert challenge(Spying(sensitivity=1.0, epsilon=1.0), runs=50, random_state=None)
    assert set(told) == {None}


def test_the_same_seed_gives_the_same_audit():
    one, again, other = (
        challenge(coin(1.0), neighbours=BITS, claimed=1.0, runs=100, random_state=seed)
        for seed in (1, 1, 2)
    )
    assert one == again != other


def test_gaussian_noise_is_read_in_both_ways():
    audit = challenge(GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=1e-6))
    assert audit.decided_by.assumes == "Gaussian noise"
    assert audit.without_assumption.assumes == "any noise"
    assert audit.chance_to_refute == pytest.approx(0.66, abs=0.06)
    assert audit.without_assumption.chance_to_refute < 0.01
    frame = audit.frame()
    assert frame["assumes"].tolist() == ["Gaussian noise", "any noise"]
    assert (frame["verdict"] == audit.verdict).tolist() == [True, False]
    assert frame.loc[0, "lower_bound"] == audit.lower_bound


def test_few_runs_cannot_say_and_tell_how_many_would():
    audit = challenge(RandomizedResponse(epsilon=0.1))
    assert audit.verdict == "cannot say"
    assert audit.chance_to_refute < 0.8
    assert audit.runs_needed == 5000
    by_twin = challenge(coin(0.1), neighbours=BITS, claimed=0.1)
    assert (by_twin.verdict, by_twin.chance_by) == ("cannot say", "a twin")
    assert by_twin.chance_to_refute < 0.8


def test_a_function_without_an_epsilon_cannot_be_judged_by_silence():
    audit = challenge(unknown, neighbours=BITS, claimed=1.0)
    assert (audit.verdict, audit.chance_by, audit.runs_needed) == ("cannot say", "nothing", None)
    assert math.isnan(audit.chance_to_refute)
    assert (
        "; whether one of twice the claim would be refuted is not known. Worlds: as given. Verdict: "
        "cannot say, as nothing tells what this attack would show at twice the claim; give it a "
        "parameter epsilon, which is doubled to find out."
    ) in str(audit)


def test_twice_the_epsilon_is_never_more_than_twice_the_claim():
    asked = []

    def told(table, rng, epsilon=3.0):
        asked.append(epsilon)
        return rng.random()

    challenge(told, neighbours=BITS, claimed=1.0, runs=50)
    assert set(asked) == {3.0, 2.0}


def test_counts_above_the_claim_are_no_silence():
    def near(table, rng, epsilon=1.0):
        chance = 1 / (1 + math.exp(-1.2 * epsilon))
        return table[0] if rng.random() < chance else 1 - table[0]

    audit = challenge(near, neighbours=BITS, claimed=1.0, runs=300)
    assert (audit.verdict, audit.chance_by) == ("cannot say", "doubt")
    assert "cannot say, as the counts lie above the claim, though not surely; more runs decide" in (
        str(audit)
    )


def test_a_claim_above_the_ceiling_cannot_be_refuted():
    audit = challenge(coin(20.0), neighbours=BITS, claimed=6.0, runs=100)
    assert audit.ceiling < 6.0
    assert audit.verdict == "cannot say"


def test_refuted_stands_whatever_the_power():
    audit = challenge(lambda table, rng: table[0], neighbours=BITS, claimed=1.0, runs=50)
    assert math.isnan(audit.chance_to_refute)
    assert "not known" not in str(audit)
    assert audit.verdict == "refuted"
    assert audit.lower_bound == audit.ceiling


def test_it_is_told_in_words():
    audit = challenge(coin(1.0), neighbours=BITS, claimed=1.0, random_state=2)
    assert str(audit) == (
        "response claims (epsilon 1, delta 0) per row, replace-one. Attacked: at least "
        f"{audit.lower_bound:.2f}, from 1,000 runs a world at 95 % confidence. With these runs a "
        "perfect attack would show 5.60, a tight mechanism 0.86; the same code at twice the epsilon "
        "would be refuted with a probability of at least 1.00, as measured. Worlds: as given. "
        "Verdict: not refuted. An audit never certifies: another attack may show more."
    )
    with pytest.raises(FrozenInstanceError):
        audit.runs = 1


def test_a_mechanism_of_known_noise_says_nothing_of_showing_less():
    audit = challenge(RandomizedResponse(epsilon=1.0))
    assert not audit.may_show_less
    assert "Verdict: not refuted. An audit" in str(audit)


def test_a_perfect_attack_on_gaussian_noise_is_told_with_and_without_the_assumption():
    audit = challenge(GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=1e-6), runs=50)
    assert (
        f"a perfect attack would show {audit.ceiling:.2f} if the noise is Gaussian and "
        f"{audit.without_assumption.ceiling:.2f} whatever the noise, a mechanism"
    ) in str(audit)


def test_it_says_in_words_why_it_cannot_say():
    audit = challenge(RandomizedResponse(epsilon=0.1))
    assert "Verdict: cannot say, as that probability is below 0.8; 5,000 runs would do." in str(
        audit
    )
    lasting = challenge(RandomizedResponse(epsilon=0.01), runs=50)
    assert "; 100,000 runs would not do either." in str(lasting)


def test_an_event_and_a_statistic_can_be_given():
    def two(table, rng, epsilon=1.0):
        return {"noise": rng.normal(), "leak": table[0] + rng.normal() / 100}

    asked = {"neighbours": BITS, "claimed": 1.0, "runs": 100}
    by_event = challenge(two, event=lambda output: output["leak"] > 0.5, **asked)
    by_statistic = challenge(two, statistic=lambda output: output["leak"], **asked)
    assert by_event.verdict == by_statistic.verdict == "refuted"
    assert by_event.attack == "the event as given in 100 and 0 runs"
    blind = challenge(two, statistic=lambda output: output["noise"], **asked)
    assert (blind.verdict, blind.chance_by) == ("cannot say", "a twin")


def test_replaced_rows_are_judged_by_the_weaker_claim():
    claim = Guarantee(1.0, 0.0, "row", "add-remove", "coin", (), ())
    replaced = challenge(coin(1.0), neighbours=BITS, claimed=claim, runs=100)
    assert (replaced.claimed, replaced.promise.adjacency) == (2.0, "replace-one")
    present = challenge(
        lambda table, rng: len(table) + rng.laplace(),
        neighbours=([0], [0, 1]),
        claimed=claim,
        runs=100,
    )
    assert (present.claimed, present.promise.adjacency) == (1.0, "add-remove")


def broken(table, rng):
    if table[0]:
        raise ValueError("no such customer")
    return rng.normal()


def test_an_error_in_one_world_is_an_output():
    audit = challenge(broken, neighbours=BITS, claimed=1.0, runs=100)
    assert (audit.verdict, audit.lower_bound) == ("refuted", audit.ceiling)
    assert (
        "'ValueError: no such customer' ended 0 and 200 of 200 runs, and that is an output too."
    ) in str(audit)


def test_errors_as_often_in_both_worlds_show_nothing():
    def sometimes(table, rng):
        return 1 / 0 if rng.random() < 0.1 else rng.normal()

    audit = challenge(sometimes, neighbours=BITS, claimed=1.0, runs=100)
    assert audit.verdict == "cannot say"
    assert audit.ended


def test_one_value_is_a_table_of_one_row():
    asked = {"claimed": 1.0, "runs": 100}
    audit = challenge(lambda value, rng: value + rng.laplace(), neighbours=(0.0, 1.0), **asked)
    assert audit.promise.adjacency == "replace-one"
    told = challenge(lambda value, rng: len(value), neighbours=("no", "yes"), **asked)
    assert told.verdict == "refuted"


def test_complex_numbers_keep_their_imaginary_part():
    audit = challenge(
        lambda table, rng: rng.normal() + 9j * table[0], neighbours=BITS, claimed=1.0, runs=50
    )
    assert audit.verdict == "refuted"


def test_without_a_seed_a_function_still_gets_a_generator():
    audit = challenge(coin(3.0), neighbours=BITS, claimed=1.0, runs=200, random_state=None)
    assert audit.verdict == "refuted"


class Query:
    """A mechanism without a sensitivity, a guarantee or a generator."""

    def release(self, value):
        return value + np.random.default_rng().laplace(scale=0.1)


def test_a_mechanism_may_know_no_sensitivity_and_take_no_generator():
    audit = challenge(Query(), neighbours=(0.0, 1.0), claimed=1.0, runs=100)
    assert audit.verdict == "refuted"
    with pytest.raises(InputError, match="must be given for a mechanism without sensitivity"):
        challenge(Query(), claimed=1.0, runs=50)


def test_mechanisms_of_diffprivlib_are_taken_as_they_are():
    from diffprivlib.mechanisms import Laplace

    audit = challenge(Laplace(epsilon=1, sensitivity=1), claimed=0.2, runs=300)
    assert audit.verdict == "refuted"
    assert audit.worlds == "the values 0.0 and 1.0, one sensitivity apart"


def test_one_customer_may_have_several_rows():
    few = pd.DataFrame({"customer": ["a", "b"], "spent": [1.0, 2.0]})
    more = pd.DataFrame({"customer": ["a", "b", "c", "c"], "spent": [1.0, 2.0, 9.0, 9.0]})

    def total(table, rng):
        return table["spent"].sum() + rng.laplace(scale=18)

    asked = {"neighbours": (few, more), "claimed": 1.0, "runs": 50}
    assert challenge(total, unit="customer", **asked).promise.adjacency == "add-remove"
    with pytest.raises(InputError, match="got 0 and 2 rows that the other table has not"):
        challenge(total, **asked)


GOOD = {"subject": coin(1.0), "neighbours": BITS, "claimed": 1.0, "runs": 100}
LEARNER = LogisticRegression()
X, Y = np.zeros((4, 1)), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"runs": 49},
            "runs must be a whole number of at least 50, got 49. Use 50 or more; 1,000 can refute "
            "twice a claim of 1.",
        ),
        (
            {"confidence": 1.0},
            "confidence must lie strictly between 0 and 1, got 1.0. Use for example 0.99.",
        ),
        (
            {"view": "weights"},
            "view must be a known name, got 'weights'. Known: 'output', 'steps'.",
        ),
        (
            {"neighbours": "worst"},
            "neighbours must be a known name, got 'worst'. Did you mean 'worst_case'?",
        ),
        (
            {"neighbours": ([0],)},
            "neighbours must be a known name or a pair, got tuple. "
            "Write neighbours=(table, other_table).",
        ),
        (
            {"neighbours": "worst_case"},
            "neighbours must be given for a function, got 'worst_case'. "
            "Write neighbours=(table, other_table).",
        ),
        (
            {"neighbours": ([0], [0])},
            "neighbours must differ by one unit, got two equal tables. "
            "Give two tables that are alike but for one unit.",
        ),
        (
            {"neighbours": ([0, 0], [0, 1, 2])},
            "neighbours must differ by one unit, got 1 and 2 rows that the other table has not. "
            "Give two tables that are alike but for one unit.",
        ),
        (
            {"claimed": None},
            "claimed is required where the subject does not state its guarantee, got response. "
            "Pass claimed=, an epsilon or a Guarantee.",
        ),
        (
            {"claimed": math.inf},
            "claimed must have a finite epsilon to be challenged, got not private (epsilon "
            "infinite). An infinite epsilon promises nothing: there is nothing to refute.",
        ),
        (
            {
                "claimed": Guarantee(1.0, 0.0, "row", "replace-one", "coin", (), ()),
                "neighbours": ([], [1]),
            },
            "neighbours must be of one size for a replace-one claim, got a unit that is present in "
            "one table alone. Replace the unit's rows instead of removing them.",
        ),
        (
            {"event": bool, "statistic": float},
            "event excludes a statistic, got both. Give the one that the attack rests on.",
        ),
        (
            {"statistic": 3},
            "statistic must be callable, got 3. Pass a function of one output.",
        ),
        (
            {"event": 3},
            "event must be callable, got 3. Pass a function of one output.",
        ),
        (
            {"subject": len},
            "subject must take a table and a generator, got len. "
            "Write def query(table, rng), and draw all noise from rng.",
        ),
        (
            {"neighbours": ((np.zeros((3, 2)), [0, 1]), (np.zeros((3, 2)), [0, 1]))},
            "neighbours must be two tables, got parts of different shapes. "
            "Pass one array or frame for each world.",
        ),
        (
            {"statistic": lambda output: math.nan},
            "statistic must be finite numbers, got NaN or infinity in 400 of 400 runs. "
            "Give a statistic or an event that can read every output.",
        ),
        (
            {"subject": lambda table, rng: "yes"},
            "output must be numbers, got ['yes']. "
            "Give a statistic that turns an output into one number.",
        ),
        (
            {"subject": lambda table, rng: np.zeros(int(rng.integers(1, 3)))},
            "output must be as many numbers in every run, got 1 and 2 in two runs. "
            "Give a statistic that turns an output into one number.",
        ),
        (
            {"view": "steps"},
            "view can be 'steps' only for a learner that adds noise to sums, got response. "
            "Use view='output'.",
        ),
        (
            {"confidence": "0.9"},
            "confidence must lie strictly between 0 and 1, got '0.9'. Use for example 0.99.",
        ),
        (
            {"confidence": [0.9]},
            "confidence must lie strictly between 0 and 1, got [0.9]. Use for example 0.99.",
        ),
        *(
            (
                {"random_state": given},
                f"random_state must be a whole number of at least 0, got {given!r}. "
                "Use a seed such as 0, or None to draw as a release does.",
            )
            for given in (-1, "a", 1.5)
        ),
        (
            {"subject": LaplaceMechanism},
            "subject must be an instance, got the class LaplaceMechanism. "
            "Write LaplaceMechanism(…).",
        ),
        (
            {"subject": lambda table, rng: 1 / 0},
            "subject must run, got ZeroDivisionError: division by zero. "
            "Run it once by hand in each world.",
        ),
        (
            {"statistic": lambda output: output.mean},
            "statistic must read every output, got AttributeError: 'int' object has no attribute "
            "'mean'. It is called with one output; for learners that is the fitted learner.",
        ),
        (
            {"unit": "customer"},
            "unit must name a column of both frames, for a function, got str. "
            "Keep the customer in a column.",
        ),
        (
            {"unit": "typo", "neighbours": (pd.DataFrame({"a": [0]}), pd.DataFrame({"a": [1]}))},
            "unit must name a column of the table, got 'typo'. Known: 'a'.",
        ),
        (
            {"neighbours": ({"a": 1}, {"a": 2})},
            "neighbours must be two tables, got dict. Pass arrays or frames.",
        ),
        (
            {"subject": LaplaceMechanism(sensitivity=1.0, epsilon=1.0), "neighbours": ("a", "b")},
            "neighbours must be numbers for a mechanism, got 'a' and 'b'. "
            "Give values that it adds noise to.",
        ),
        (
            {"subject": LEARNER, "neighbours": ((X, Y, Y), (X[:3], Y[:3], Y[:3]))},
            "neighbours can have units only where fit takes unit, got LogisticRegression. "
            "Leave the third part out.",
        ),
        (
            {"subject": LEARNER, "unit": "customer"},
            "unit must tell whose each row is, for a learner, got 'customer'. "
            "Pass unit=X['customer'], and leave that column out of X.",
        ),
        (
            {"subject": 3},
            "subject must have fit or release, or be called, got 3. "
            "Pass a learner, a mechanism, or a function of (table, rng).",
        ),
        (
            {"subject": LaplaceMechanism(sensitivity=1.0, epsilon=1.0), "neighbours": (0.0, 2.0)},
            "neighbours must lie apart by more than 0 and at most the sensitivity 1, got 2. "
            "Give values that one unit can move between.",
        ),
        (
            {"subject": LaplaceMechanism(sensitivity=1.0, epsilon=1.0), "neighbours": "my_data"},
            "neighbours must be values for a mechanism, got 'my_data'. "
            "Pass neighbours=(value, other_value), or leave it at 'worst_case'.",
        ),
        (
            {"subject": LEARNER, "neighbours": "worst_case"},
            "neighbours must be given for a learner that declares no bounds, got "
            "LogisticRegression. Write neighbours=((X, y), (other_X, other_y)).",
        ),
        (
            {"subject": LEARNER, "neighbours": ((X, Y), (X, 1 - Y[::-1]), (X, Y))},
            "neighbours must be a known name or a pair, got tuple. "
            "Write neighbours=(table, other_table).",
        ),
        (
            {"subject": LEARNER, "neighbours": (X, X)},
            "neighbours must be two pairs of rows and outcomes, got ndarray. "
            "Write neighbours=((X, y), (other_X, other_y)).",
        ),
        (
            {"subject": LEARNER, "neighbours": ((X, Y), (X[:3], Y))},
            "neighbours must have one outcome a row, got 4 for 3 rows. Align them.",
        ),
    ],
)
def test_what_cannot_be_challenged_is_refused(changes, message):
    given = GOOD | changes
    with pytest.raises(InputError) as refused:
        challenge(given.pop("subject"), **given)
    assert str(refused.value) == message


def test_what_claims_a_delta_is_not_told_to_claim_none():
    mechanism = GaussianAnalytic(epsilon=1.0, delta=0.2, sensitivity=1.0)
    with pytest.raises(InputError, match=r"Pass a Guarantee with epsilon 1 and delta 0\.2: a bare"):
        challenge(mechanism, neighbours=(0, 1))


@pytest.mark.parametrize("said", [0.3, 3, "no", None, [True, False]])
def test_an_event_says_true_or_false(said):
    with pytest.raises(InputError, match=r"^event must say True or False of an output, got"):
        challenge(
            LaplaceMechanism(sensitivity=1.0, epsilon=1.0), runs=50, event=lambda output: said
        )
