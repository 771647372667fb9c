"""Challenge a claimed epsilon: two worlds that differ by one unit, and an attacker between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_choice, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.evidence._output import attacked_output
from equipoise.privacy.evidence._rates import check_confidence
from equipoise.privacy.evidence._result import Challenge
from equipoise.privacy.evidence._setting import Setting
from equipoise.privacy.evidence._steps import attacked_steps
from equipoise.privacy.evidence._subject import Seeds
from equipoise.privacy.evidence._worlds import posed

__all__ = ["challenge"]

FEWEST_RUNS = 50


def challenge(
    subject: Any,
    *,
    neighbours: Literal["worst_case", "my_data"] | tuple[Any, Any] = "worst_case",
    runs: int = 1000,
    confidence: float = 0.95,
    view: Literal["output", "steps"] = "output",
    statistic: Callable[[Any], float] | None = None,
    event: Callable[[Any], bool] | None = None,
    claimed: Guarantee | float | None = None,
    X: pd.DataFrame | ArrayLike | None = None,
    y: ArrayLike | None = None,
    unit: ArrayLike | None = None,
    random_state: int | None = 0,
) -> Challenge:
    """Attack a claim, and say what the attack showed and what it could have shown.

    The subject runs again and again on two tables that differ by one unit. On one half of the runs
    the attacker chooses what to look at: a direction through the released numbers, a threshold, and
    the world in which it is crossed more often. The other half alone is judged. How often the
    event was seen in both worlds bounds epsilon from below, with Clopper-Pearson bounds.

    Where nothing is refuted, silence counts only if twice the claim would have been noticed with a
    probability of .8. That probability is simulated for one number, bit or choice of a mechanism of this
    package. Elsewhere a twin of twice the epsilon runs as often, through the same attack. Without an
    epsilon to double the verdict is "cannot say".

    Parameters
    ----------
    subject : learner, mechanism or callable
        A private learner, fitted or not; it is cloned and refitted with a fresh seed for each run. A
        pipeline that ends in one, which makes the claim. A mechanism with `release(value, rng)`, or
        diffprivlib's `randomise(value)`. A planted bug. Any estimator with `fit(X, y)`, or a function
        of (table, rng) that returns a number or a vector; both, and mechanisms of diffprivlib, need
        `claimed` and explicit neighbours. A function's parameter `epsilon`, with its default, is what
        a twin doubles.
    neighbours : {"worst_case", "my_data"} or pair
        `"worst_case"` makes the tables from the declared bounds, and tests the code. `"my_data"`
        adds a mislabelled, extreme customer to X and y. A pair is taken as given: for learners
        ((X, y), (X', y')), with the unit of each row as a third part where rows repeat; for a
        mechanism two values; for a function two tables or values.
    runs : int
        Runs in each world that are judged, at least 50; as many again choose the attack. With
        `view="steps"` all are judged.
    confidence : float
        That a true claim is not refuted, strictly between 0 and 1.
    view : {"output", "steps"}
        What the attacker sees. `"steps"` measures every noisy sum that a learner takes: how far
        one customer moves it, and how much noise hides that. It refutes as well where the models
        differ although all noisy sums were the same: then something else was read.
    statistic : callable, optional
        From an output, for learners the fitted learner, to a number. By default every public number
        of a fitted learner and of learners inside it (attributes whose name ends in an underscore),
        and without weights of one size also the score of the row in which the tables differ. Tried
        are single numbers, a linear discriminant, and the likelihood ratio of Laplace noise.
    event : callable, optional
        From an output to True or False, fixed beforehand.
    claimed : Guarantee or float, optional
        What is challenged, where the subject does not say so itself. A bare epsilon is pure.
    X, y, unit : array_like, optional
        Rows, outcomes and customers for `"my_data"`. For a function, `unit` may name the column of
        its two frames that says whose row it is.
    random_state : int, optional
        Seed of the audit. None draws as a release does, from the operating system's entropy: a
        mechanism then takes its exact sampler, which is slower.

    Returns
    -------
    Challenge
        A lower bound of 0 means that this attack found nothing. A run that ends with an error is an
        output too, as it is seen; refusals of this package are raised.

    Raises
    ------
    InputError
        Where an argument breaks a rule, the neighbours are none, the claim is missing or infinite or
        no longer that of an earlier fit, the subject has no steps to look at or fails in every run,
        or an output cannot be read as finite numbers.

    References
    ----------
    Jagielski, Ullman & Oprea (2020), Auditing differentially private machine learning. Dong, Roth &
    Su (2022), Gaussian differential privacy. Nasr et al. (2023), Tight auditing of differentially
    private machine learning.

    Examples
    --------
    >>> def coin(answer, rng, epsilon=1.0):
    ...     truth = rng.random() < 1 / (1 + np.exp(-epsilon))
    ...     return answer[0] if truth else 1 - answer[0]
    >>> audit = challenge(coin, neighbours=([0], [1]), claimed=1.0, runs=1000)
    >>> audit.verdict, round(audit.ceiling, 1), round(audit.power, 2)
    ('not refuted', 5.6, 0.86)
    >>> challenge(coin, neighbours=([0], [1]), claimed=0.4, runs=1000).verdict
    'refuted'
    """
    check_choice("view", view, ("output", "steps"))
    move = f"Use {FEWEST_RUNS} or more; 1,000 can refute twice a claim of 1."
    settings = Setting(
        runs=check_whole("runs", runs, low=FEWEST_RUNS, next_move=move),
        confidence=check_confidence(confidence),
        seeds=_seeds(random_state),
    )
    for name, reader in (("statistic", statistic), ("event", event)):
        if reader is not None and not callable(reader):
            move = "Pass a function of one output."
            raise InputError(name, "must be callable", repr(reader), move)
    if statistic is not None and event is not None:
        raise InputError(
            "event", "excludes a statistic", "both", "Give the one that the attack rests on."
        )
    pose = posed(subject, neighbours, claimed=claimed, X=X, y=y, unit=unit)
    if view == "steps":
        return attacked_steps(pose, settings)
    return attacked_output(pose, settings, statistic=statistic, event=event)


def _seeds(random_state: object) -> Seeds:
    if random_state is None:
        return None
    move = "Use a seed such as 0, or None to draw as a release does."
    return np.random.SeedSequence(check_whole("random_state", random_state, low=0, next_move=move))
