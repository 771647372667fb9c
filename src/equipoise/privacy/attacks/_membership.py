"""Membership inference: who was among the customers that a model was fitted on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_seed
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.attacks._cells import Bools, Groups, cells
from equipoise.privacy.attacks._judged import Judged
from equipoise.privacy.attacks._scores import membership_scores
from equipoise.privacy.attacks._shadows import (
    checked_member,
    checked_outcomes,
    confidence_in,
    shadow_models,
    split_for,
)
from equipoise.privacy.attacks._words import standing_out

__all__ = ["Membership", "membership"]


@dataclass(frozen=True)
class Membership:
    """How well members are told from others; returned by `membership`.

    Attributes
    ----------
    strongest : str
        The attack with the largest advantage on the half of the customers that chose the cuts.
    guarantee : Guarantee or None
        Of the attacked model, as it claims it.
    bound : float
        The most that the guarantee allows any attacker; NaN where there is none, 1 where epsilon is
        infinite.
    shadows : int
    """

    strongest: str
    guarantee: Guarantee | None
    bound: float
    shadows: int
    _frame: pd.DataFrame
    _customers: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row an attack, group and measure.

        Measures: `advantage` (true minus false positive rate; 0 is a coin flip, below 0 worse than
        one), `balanced_accuracy`, `area_under_curve`, `true_positive_rate_at_0.001` and its
        `false_positive_rate_at_0.001`, the rate that the cut turned out to have. Columns: `attack,
        attribute, group, measure, value, low, high, members, non_members` (behind the figure),
        `bound, more_than_rest, more_low, more_high, note`. Groups are told of the strongest attack.
        """
        return self._frame.copy()

    def customers(self) -> pd.DataFrame:
        """Return one row a customer: `member`, `judged` (not used to choose cuts), a score by attack."""
        return self._customers.copy()

    def sentence(self) -> str:
        """Return what was found in words."""
        rows = self._frame[
            (self._frame.attack == self.strongest) & (self._frame.measure == "advantage")
        ]
        found = rows.iloc[0]
        words = (
            f"The strongest attack ({self.strongest}) told members from others with an advantage of "
            f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}], where 0 is a coin flip and 1 "
            "is certainty."
        )
        if self.guarantee is not None and np.isinf(self.guarantee.epsilon):
            words += " The model promises nothing: its epsilon is infinite."
        elif np.isnan(self.bound):
            words += " The model has no guarantee that would bound other attacks."
        elif found.low > self.bound:
            words += (
                f" That is above the {self.bound:.3f} that its guarantee {self.guarantee} allows: "
                "test the guarantee with challenge."
            )
        else:
            words += f" Its guarantee, {self.guarantee}, allows no attacker more than "
            words += f"{self.bound:.3f}."
        return words + standing_out(rows)


def membership(
    learner: Any,
    X: pd.DataFrame | ArrayLike,
    y: ArrayLike,
    *,
    member: ArrayLike | None = None,
    shadows: int = 32,
    groups: Groups = None,
    false_positive_rates: float | Iterable[float] = (0.001, 0.01),
    confidence: float = 0.95,
    random_state: int | None = None,
) -> Membership:
    """Tell the customers that a model was fitted on from others, by the scores it gives them.

    The attacker knows the features and the outcome of each customer and can ask the model for scores.
    `loss` says member where the model is right and sure. The likelihood ratios compare with shadow
    models: fresh clones of the learner that the attacker fits on random parts of the same customers,
    `offline` with those that have not seen the customer, `online` with both kinds. Probabilities of 0
    and 1 are read as half a step away, a step being the smallest that the learner takes. Cuts are
    chosen on a random half of the customers and judged on the other half.

    What a failure does not prove: an attacker with the weights of the model, better shadow models or
    customers made up to be remembered can do more; an average near zero can hide single customers
    who are found with certainty, which is why the rates at few false alarms are given; and scores
    pooled over customers are no bound on epsilon: `epsilon_lower_bound` is.

    Parameters
    ----------
    learner : scikit-learn classifier
        With `predict_proba`. It is cloned, and the clone fitted on about half of the customers.
    X : pandas.DataFrame or array_like, shape (n, features)
        One row a customer.
    y : array_like, shape (n,)
        Outcomes, of two or more kinds.
    member : array_like of bool, shape (n,), optional
        Attacks the fitted learner as it is, which was fitted on just these rows. The others must have
        been drawn in the same way: customers of another year are told apart by the year.
    shadows : int
        Shadow models. From 64 on each customer has a spread of her own. 0 for the loss alone.
    groups : pandas.DataFrame or Series, optional
        Attributes to report by, row by row. All groups have the same cut.
    false_positive_rates : float or sequence of float
        In (0, 1). The hits at a rate r need 1/r non-members in each half.
    confidence : float
        Of each interval. They are about other customers and this one model: another fit varies more.
    random_state : int, optional
        Seeds splits, fits and shadow models; random states inside the learner are replaced by it.

    Returns
    -------
    Membership
        Beside the bound (e^epsilon - 1 + 2 delta) / (e^epsilon + 1) where the model has a guarantee.
        Add-remove: for each customer in or out by a coin. Replace-one: for in or out with the number
        of customers fixed, somebody else taking the place.

    Raises
    ------
    InputError
        Where the learner has no `predict_proba`, there is a single outcome, or one so rare that a
        part which a model is fitted on has none, members or non-members are fewer than 20, or a
        given `member` does not fit the learner or the order of `X`.

    References
    ----------
    Yeom, Giacomelli, Fredrikson & Jha (2018), Privacy risk in machine learning. Carlini, Chien, Nasr,
    Song, Terzis & Tramèr (2022), Membership inference attacks from first principles.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(400, 3)), rng.integers(0, 2, 400)
    >>> learnt_by_heart = membership(DecisionTreeClassifier(), X, y, shadows=0, random_state=0)
    >>> bool(learnt_by_heart.frame().value[0] > 0.3)
    True
    """
    rows, outcomes = checked_outcomes(learner, X, y)
    rates = _checked_rates(false_positive_rates)
    given = None if member is None else checked_member(learner, rows, member)
    _check_enough(len(outcomes), given)
    index = rows.index if isinstance(rows, pd.DataFrame) else pd.RangeIndex(len(outcomes))
    found_groups = cells(groups, pd.DataFrame(index=index))
    rng = np.random.default_rng(check_seed(random_state))
    share = 0.5 if given is None else float(given.mean())
    models = shadow_models(learner, rows, outcomes, share=share, shadows=shadows, rng=rng)
    if given is None:
        target, inside = split_for(learner, rows, outcomes, rng)
    else:
        target, inside = learner, given
    scores = membership_scores(confidence_in(target, rows, outcomes), models)
    guarantee = getattr(target, "guarantee_", None)
    bound = float("nan") if guarantee is None else guarantee.attacker_advantage()
    judged = Judged(inside, _half(inside, rng), scores, confidence)
    frame = judged.frame(found_groups, rates, bound)
    customers = pd.DataFrame({"member": inside, "judged": judged.half, **scores}, index=index)
    return Membership(judged.strongest, guarantee, bound, shadows, frame, customers)


def _checked_rates(rates: float | Iterable[float]) -> list[float]:
    several = list(rates) if isinstance(rates, Iterable) else [rates]
    for rate in several:
        if not isinstance(rate, Real) or not 0 < float(rate) < 1:
            rule = "must lie strictly between 0 and 1"
            raise InputError("false_positive_rates", rule, repr(rate), "Use for example 0.01.")
    return [float(rate) for rate in several]


def _check_enough(n: int, member: Bools | None) -> None:
    needed = 2 * MINIMUM_TRIALS
    # Coins that decide about 80 customers leave fewer than 20 on a side once in a million times.
    fewest = min(member.sum(), n - member.sum()) if member is not None else n // 4
    if fewest < needed:
        what = f"{n:,} customers" if member is None else f"{fewest:,} on one side"
        raise InputError(
            "X",
            f"must have at least {needed} members and as many others"
            + (f", so {4 * needed} customers" if member is None else ""),
            what,
            "Pass more customers: half of them choose the cuts, half judge them.",
        )


def _half(member: Bools, rng: np.random.Generator) -> Bools:
    """Return a random half of the members and of the others."""
    half = np.zeros(len(member), dtype=bool)
    for side in (member, ~member):
        half[rng.permutation(np.flatnonzero(side))[: side.sum() // 2]] = True
    return half
