"""Reconstruction: a secret of each customer, worked out from counts about many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_columns, check_seed, check_whole
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval, wilson
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._units import check_same_order
from equipoise.privacy.anonymity._columns import names_of
from equipoise.privacy.attacks._alike import check_names
from equipoise.privacy.attacks._cells import NOTHING, Bools, Cell, Floats, Groups, cells, spread
from equipoise.privacy.attacks._counts import random_parts
from equipoise.privacy.attacks._words import percent, share

__all__ = ["CountMechanism", "Reconstruction", "reconstruct"]

ALMOST_EXACT = 1e6  # how much an exact count outweighs what is known of the secret in general


class CountMechanism(Protocol):
    """What answers counts with noise."""

    @property
    def sensitivity(self) -> float:
        """The most that one customer moves a count by; at least 1."""

    @property
    def guarantee(self) -> Guarantee:
        """The guarantee of one answer."""

    def release(self, value: Any, rng: np.random.Generator | None) -> Any:
        """Return the answers with independent noise, in the shape of `value`."""


@dataclass(frozen=True)
class Reconstruction:
    """How much of a secret counts gave away; returned by `reconstruct`.

    Attributes
    ----------
    counts, at_least, repeats : int
        Counts answered, the fewest customers behind each, and how often the attack was run.
    epsilon_per_count, epsilon_in_all : float
        Of the answers; the second adds the first up over all counts. Infinite for exact counts.
    """

    counts: int
    at_least: int
    repeats: int
    epsilon_per_count: float
    epsilon_in_all: float
    _frame: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a group, everybody first.

        Columns: `attribute, group, customers`; `recovered` with `low` and `high` (mean share of
        customers whose secret was guessed right; the interval is Student's, over draws of counts and
        noise, and missing where all draws gave the same share: then `note` says how surely a further
        draw gives it too); `base_rate` (share right when always guessing the group's more common answer);
        `all_recovered` with its interval (how often nobody's secret was missed); `note`.
        """
        return self._frame.copy()

    def sentence(self) -> str:
        """Return what was found in words."""
        row = self._frame.iloc[0]
        kind = "exact counts"
        if np.isfinite(self.epsilon_per_count):
            kind = (
                f"counts at epsilon {self.epsilon_per_count:g} each "
                f"({self.epsilon_in_all:g} in all)"
            )
        recovered = share(row.recovered, row.low, row.high)
        if row.note:
            recovered = f"{percent(row.recovered)} ({row.note})"
        return (
            f"{self.counts:,} {kind}, each about at least {self.at_least} of {row.customers:,} "
            f"customers, gave away {recovered} of the secrets; always guessing the more common "
            f"answer is right for {percent(row.base_rate)}."
        )


def reconstruct(
    table: pd.DataFrame,
    secret: ArrayLike,
    quasi_identifiers: Sequence[str],
    *,
    counts: int,
    mechanism: CountMechanism | None = None,
    at_least: int = 3,
    repeats: int = 20,
    groups: Groups = None,
    confidence: float = 0.95,
    random_state: int | None = None,
) -> Reconstruction:
    """Ask how many of a part of the customers have a secret, often, and solve for who has it.

    The attacker knows who the customers are, their quasi-identifiers, which part each count is about,
    how noisy the answers are, and how common the secret is. The counts are random conditions such as
    "women or unknown, in area K01 or K03", none about fewer than `at_least` customers. The guess is
    the most probable one under Laplace noise, found by a linear programme and rounded.

    What a failure does not prove: more counts, counts chosen one after the other, or a secret of
    somebody known beforehand may succeed where these did not. Customers with the same
    quasi-identifiers are never told apart by such counts, but if all of them have the secret, it is
    known. And a share no better than the base rate can still hide single customers who were found.

    Parameters
    ----------
    table : pandas.DataFrame, shape (n, columns)
        One row a customer.
    secret : array_like of bool or 0 and 1, shape (n,)
        Such as belonging to the highest salary band.
    quasi_identifiers : sequence of str
        Columns that the conditions are about. Missing is a value of its own.
    counts : int
        Different counts that are answered; limiting them is one remedy.
    mechanism : CountMechanism, optional
        What answers with noise, the other remedy. None answers exactly.
    at_least : int
        Customers in the part, and outside of it. A rule of publishers that this attack obeys.
    repeats : int
        Independent draws of the counts and the noise. From 10 on they give an interval, if they differ.
    groups : pandas.DataFrame or Series, optional
        Attributes to report by, row by row.
    confidence : float
        Of each interval, and of what a note says of a further draw.
    random_state : int, optional
        Seeds the counts and the noise.

    Returns
    -------
    Reconstruction

    Raises
    ------
    InputError
        Where the secret is not 0 and 1 or in another order than the table, a column is missing or
        named twice, fewer different counts are possible than asked, or the mechanism is calibrated
        for less than one customer.

    References
    ----------
    Dinur & Nissim (2003), Revealing information while preserving privacy. Dwork, McSherry & Talwar
    (2007), The price of privacy and the limits of LP decoding.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> team = pd.DataFrame({"desk": list("ABCDEFGH") * 2, "floor": [1] * 8 + [2] * 8})
    >>> secret = rng.random(16) < 0.4
    >>> found = reconstruct(team, secret, ["desk", "floor"], counts=30, random_state=0).frame()
    >>> bool(found.recovered[0] > 0.95 > found.base_rate[0])
    True
    """
    names = list(names_of("quasi_identifiers", quasi_identifiers))
    bits = _checked_secret(table, secret)
    if not names:
        move = "Name the columns that a condition may be about."
        raise InputError("quasi_identifiers", "must name a column", "none", move)
    check_columns("quasi_identifiers", names, table.columns)
    check_names(names, table=table)
    check_whole("counts", counts, low=1, next_move="Give the number of counts.")
    check_whole("at_least", at_least, low=1, next_move="Use 1 for counts about single customers.")
    check_whole("repeats", repeats, low=1, next_move="Use 10 or more for an interval.")
    epsilon = _checked_epsilon(mechanism)
    found_groups = cells(groups, table)
    rng = np.random.default_rng(check_seed(random_state))
    hits = np.empty((repeats, len(bits)), dtype=bool)
    for repeat in range(repeats):
        parts = random_parts(table, names, counts=counts, at_least=at_least, rng=rng)
        answers = parts.astype(int) @ bits
        if mechanism is not None:
            answers = np.asarray(mechanism.release(answers, rng), dtype=float)
        hits[repeat] = _guessed(parts, answers, epsilon, float(bits.mean())) == bits
    frame = _frame(hits, bits, found_groups, confidence)
    return Reconstruction(counts, at_least, repeats, epsilon, counts * epsilon, frame)


def _checked_secret(table: pd.DataFrame, secret: ArrayLike) -> Bools:
    values = np.asarray(secret)
    if not isinstance(table, pd.DataFrame) or values.shape != (len(table),):
        shape = f"shape {values.shape}"
        move = "Pass a frame and one secret a row."
        raise InputError("secret", "must have one value for each row of the table", shape, move)
    check_same_order(table=table, secret=secret)
    if pd.isna(values).any() or set(pd.unique(pd.Series(values))) != {0, 1}:
        shown = ", ".join(sorted({str(value) for value in values})[:4])
        move = "Say which customers have it, such as income_band == 'high'."
        raise InputError("secret", "must hold both 0 and 1 and nothing else", shown, move)
    return values.astype(bool)


def _checked_epsilon(mechanism: CountMechanism | None) -> float:
    if mechanism is None:
        return float("inf")
    if not hasattr(mechanism, "sensitivity") or not hasattr(mechanism, "release"):
        raise InputError(
            "mechanism",
            "must add noise to counts",
            repr(mechanism)[:60],
            "Pass for example LaplaceMechanism(sensitivity=1, epsilon=0.5).",
        )
    if mechanism.sensitivity < 1:
        raise InputError(
            "mechanism",
            "must be calibrated for a customer who moves a count by 1",
            f"sensitivity {mechanism.sensitivity:g}",
            "Make it with sensitivity=1.",
        )
    return float(mechanism.guarantee.epsilon)


def _guessed(parts: Bools, answers: Floats, epsilon: float, base_rate: float) -> Bools:
    """Return who is guessed to have the secret: the most probable real numbers, rounded.

    Customers in the same parts are one unknown, the number of them who have it.
    """
    from scipy.optimize import linprog

    columns, place, sizes = np.unique(parts.T, axis=0, return_inverse=True, return_counts=True)
    asked = columns.T.astype(float)
    slack = np.eye(len(asked))
    weight = min(epsilon, ALMOST_EXACT)
    surprise = np.log((1 - base_rate) / base_rate)
    solved = linprog(
        np.r_[np.full(len(sizes), surprise / weight), np.ones(len(asked))],
        A_ub=np.block([[asked, -slack], [-asked, -slack]]),
        b_ub=np.r_[answers, -answers],
        bounds=[*((0, size) for size in sizes), *((0, None) for _ in asked)],
    )
    guess: Bools = (solved.x[: len(sizes)] / sizes)[place.ravel()] > 0.5
    return guess


def _frame(hits: Bools, bits: Bools, found: list[Cell], confidence: float) -> pd.DataFrame:
    lines = []
    for cell in found:
        own = hits[:, cell.rows]
        every = np.asarray(own.all(axis=1))
        few = len(every) < MINIMUM_TRIALS
        every_share = NOTHING if few else wilson(every.sum(), len(every), confidence=confidence)
        having = bits[cell.rows].mean()
        recovered, note = _over_runs(own.mean(axis=1), confidence)
        lines.append(
            {"attribute": cell.attribute, "group": cell.group, "customers": int(cell.rows.sum())}
            | spread("recovered", recovered, "")
            | {"base_rate": max(having, 1 - having)}
            | spread("all_recovered", every_share)
            | {"note": note}
        )
    return pd.DataFrame(lines)


def _over_runs(shares: Floats, confidence: float) -> tuple[Interval, str]:
    """Return the mean share with Student's interval, and why there is none where there is none."""
    from scipy.stats import t

    runs, mean = len(shares), float(shares.mean())
    nothing = NOTHING._replace(value=mean)
    if runs < MINIMUM_TRIALS:
        told = f"{runs} run{'s' if runs > 1 else ''}"
        return nothing, f"no interval from {told}: {MINIMUM_TRIALS} are needed"
    if np.ptp(shares) == 0:
        # What differs with probability p is missed by all runs with (1 - p) ** runs.
        surely = percent((1 - confidence) ** (1 / runs))
        return nothing, (
            f"the same in all {runs} runs, so with a probability of at least {surely} in a further one"
        )
    half = t.ppf((1 + confidence) / 2, runs - 1) * shares.std(ddof=1) / np.sqrt(runs)
    return Interval(mean, max(0.0, mean - half), min(1.0, mean + half)), ""
