"""Attribute inference: one hidden value of a customer, from everything else and a model's scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_columns, check_seed
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval, difference, mean_amount, wilson
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.attacks._alike import check_names
from equipoise.privacy.attacks._cells import (
    NOTHING,
    Bools,
    Cell,
    Floats,
    Groups,
    cells,
    not_estimable,
    spread,
)
from equipoise.privacy.attacks._guesses import Attacker, Codes, every, level_codes
from equipoise.privacy.attacks._shadows import checked_member, checked_outcomes, split_for
from equipoise.privacy.attacks._words import points, share

__all__ = ["AttributeInference", "attribute_inference"]

MOST_LEVELS = 20
SIDES = ("members", "non-members")


@dataclass(frozen=True)
class AttributeInference:
    """How often a hidden value was guessed, with and without the model; by `attribute_inference`.

    Attributes
    ----------
    sensitive : str
    guarantee : Guarantee or None
        Of the attacked model, as it claims it.
    bound : float
        The most that the guarantee lets members exceed non-members by; NaN where there is none.
    """

    sensitive: str
    guarantee: Guarantee | None
    bound: float
    _frame: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a group, a side and a measure.

        Sides: `members`, `non-members`, and `difference` (members minus non-members). Measures:
        `most_common` (share right when always guessing the most common value of the known customers),
        `imputed` (from other customers, without the model), `with_model`, and `gain` (with the model
        minus without). The gain's difference is what taking part cost the members: columns `bound`
        and, as everywhere, `value, low, high, customers, note`.
        """
        return self._frame.copy()

    def sentence(self) -> str:
        """Return what was found in words."""

        def told(side: str, measure: str) -> tuple[float, float, float]:
            rows = self._frame[(self._frame.side == side) & (self._frame.measure == measure)]
            value, low, high = rows.iloc[0][["value", "low", "high"]]
            return value, low, high

        best = imputed = told("members", "imputed")
        common = told("members", "most_common")
        how = to_what = ""
        if common[0] > imputed[0]:
            best, how = common, ", by always naming the most common value"
            to_what = f" to an imputation that is right for {share(*imputed)}"
        words = (
            f"Without the model {share(*best)} of members' {self.sensitive} can be guessed right{how}. "
            f"Its scores add {points(*told('members', 'gain'))} for members and "
            f"{points(*told('non-members', 'gain'))} for non-members{to_what}: taking part cost "
            f"members {points(*told('difference', 'gain'))}."
        )
        if np.isnan(self.bound):
            return words
        if self.guarantee is not None and np.isinf(self.guarantee.epsilon):
            return words + " The model promises nothing: its epsilon is infinite."
        return words + f" Its guarantee, {self.guarantee}, allows {100 * self.bound:.1f} at most."


def attribute_inference(
    learner: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    *,
    sensitive: str,
    member: ArrayLike | None = None,
    groups: Groups = None,
    confidence: float = 0.95,
    random_state: int | None = None,
) -> AttributeInference:
    """Guess one hidden value of customers, and tell what the model leaked from what anyone could guess.

    The attacker knows everything about a customer but the sensitive value, the outcome too, and can
    ask the model for scores with each value put in. Of some other customers, a third, everything is
    known: from them the value is imputed, and on a model of their own the attacker learns how far to
    trust a model that is surer of the outcome under one value than under another.

    What can be imputed is knowledge about people like the customer, gained without her; nobody can
    prevent it by staying out of the data. What the model adds for non-members is such knowledge too.
    What it adds for members beyond that is what taking part cost them. It can be below zero.

    What a failure does not prove: another attacker may read the model better, or its weights; a mean
    near zero can hide single customers; and if the value can be imputed, customers are exposed
    although the model leaks nothing about its members.

    Parameters
    ----------
    learner : scikit-learn classifier
        With `predict_proba`, on frames that hold the sensitive column. A clone is fitted on a third of
        the customers; a third are non-members, a third are known to the attacker.
    X : pandas.DataFrame, shape (n, features)
        One row a customer.
    y : array_like, shape (n,)
    sensitive : str
        A column with 2 to 20 values, none missing.
    member : array_like of bool, shape (n,), optional
        Attacks the fitted learner as it is, which was fitted on just these rows. The others must have
        been drawn in the same way; a random half of them becomes known.
    groups : pandas.DataFrame or Series, optional
        Attributes to report by, row by row.
    confidence : float
        Of each interval. They are about other customers and this one model.
    random_state : int, optional
        Seeds splits and fits; random states inside the learner are replaced by it.

    Returns
    -------
    AttributeInference

    Raises
    ------
    InputError
        As `membership`; and where the column is missing, incomplete or has too many values, or two
        columns have the same name.

    References
    ----------
    Fredrikson et al. (2014), Privacy in pharmacogenetics. Yeom, Giacomelli, Fredrikson & Jha (2018),
    Privacy risk in machine learning. Jayaraman & Evans (2022), Are attribute inference attacks just
    imputation?

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"visits": rng.integers(0, 9, 300), "band": rng.integers(0, 2, 300)})
    >>> y = rng.integers(0, 2, 300)
    >>> tree = DecisionTreeClassifier()
    >>> found = attribute_inference(tree, X, y, sensitive="band", random_state=0).frame()
    >>> list(found.side.unique())
    ['members', 'non-members', 'difference']
    """
    levels = _checked_levels(X, sensitive)
    rows, outcomes = checked_outcomes(learner, X, y)
    given = None if member is None else checked_member(learner, rows, member)
    fewest = len(X) // 3 if given is None else min(given.sum(), (~given).sum() // 2)
    if fewest < MINIMUM_TRIALS:
        move = "Pass more customers."
        rule = f"must leave at least {MINIMUM_TRIALS} members, non-members and known customers"
        raise InputError("X", rule, f"{len(X):,} customers", move)
    found_groups = cells(groups, rows)
    rng = np.random.default_rng(check_seed(random_state))
    codes = level_codes(X[sensitive], levels)
    model, inside, known = _parted(learner, X, outcomes, codes, given, rng)
    attacker = Attacker(learner, X, outcomes, sensitive, levels, known, rng)
    common = X[sensitive].to_numpy() == X[sensitive][known].mode().iloc[0]
    right = dict.fromkeys(("most_common", "imputed", "with_model"), np.zeros(len(X)))
    right["most_common"] = common.astype(float)
    targets = ~known
    for name, hits in zip(("imputed", "with_model"), attacker.guesses(model, targets), strict=True):
        right[name] = np.where(targets, 0.0, np.nan)
        right[name][targets] = hits
    guarantee = getattr(model, "guarantee_", None)
    bound = float("nan") if guarantee is None else guarantee.attacker_advantage()
    sides = dict(zip(SIDES, (inside, targets & ~inside), strict=True))
    frame = _frame(right, sides, found_groups, bound, confidence)
    return AttributeInference(sensitive, guarantee, bound, frame)


def _checked_levels(X: object, sensitive: str) -> list[Any]:
    if not isinstance(X, pd.DataFrame):
        move = "Wrap it in a data frame with column names."
        raise InputError("X", "must be a data frame", type(X).__name__, move)
    check_columns("sensitive", [sensitive], X.columns)
    check_names(list(X.columns.unique()), X=X)
    column = X[sensitive]
    levels = sorted(column.dropna().unique(), key=lambda level: (str(type(level)), level))
    if column.isna().any() or not 2 <= len(levels) <= MOST_LEVELS:
        found = f"{len(levels)} values and {int(column.isna().sum()):,} missing in {sensitive!r}"
        rule = f"must have 2 to {MOST_LEVELS} values, none missing"
        raise InputError("sensitive", rule, found, "Use bands, and name the missing ones.")
    return levels


def _parted(
    learner: Any,
    X: pd.DataFrame,
    y: Any,
    codes: Codes,
    given: Bools | None,
    rng: np.random.Generator,
) -> tuple[Any, Bools, Bools]:
    """Return the attacked model, its members, and the customers known to the attacker."""
    if given is not None:
        return learner, given, every(2, ~given, codes, y, rng)
    known = every(3, np.ones(len(y), dtype=bool), codes, y, rng)
    model, inside = split_for(learner, X[~known], y[~known], rng)
    member = np.zeros(len(y), dtype=bool)
    member[~known] = inside
    return model, member, known


def _frame(
    right: dict[str, Floats],
    sides: dict[str, Bools],
    found: list[Cell],
    bound: float,
    confidence: float,
) -> pd.DataFrame:
    gain = right["with_model"] - right["imputed"]
    lines = []
    for cell in found:
        own = {side: rows & cell.rows for side, rows in sides.items()}
        told: dict[tuple[str, str], Interval] = {}
        for side, rows in own.items():
            for name, hits in right.items():
                told[side, name] = _rate(hits[rows], confidence)
            told[side, "gain"] = mean_amount(gain[rows], bounds=(-1, 1), confidence=confidence)
        for name in (*right, "gain"):
            told["difference", name] = difference(*(told[side, name] for side in SIDES))
        numbers = {side: int(rows.sum()) for side, rows in own.items()}
        numbers["difference"] = min(numbers.values())
        lines += [
            {"attribute": cell.attribute, "group": cell.group, "side": side, "measure": name}
            | spread("value", interval, "")
            | {"customers": numbers[side], "note": not_estimable(numbers[side])}
            | {"bound": bound if (side, name) == ("difference", "gain") else np.nan}
            for (side, name), interval in told.items()
        ]
    return pd.DataFrame(lines)


def _rate(hits: Floats, confidence: float) -> Interval:
    if len(hits) < MINIMUM_TRIALS:
        return NOTHING
    return wilson(hits.sum(), len(hits), confidence=confidence)
