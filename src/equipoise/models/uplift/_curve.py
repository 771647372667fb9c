"""What contacting the highest scores adds: uplift and Qini curves, their areas, and tenths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_number, check_whole
from equipoise.intervals import Interval
from equipoise.models.uplift._areas import area_over_random, gain_over_random
from equipoise.models.uplift._arm_rates import note_of, support_of, uplift_of
from equipoise.models.uplift._campaign import check_rows, read_campaign, read_scores
from equipoise.models.uplift._ranked import Ranked, ranked

if TYPE_CHECKING:
    from equipoise.charts import Picture

__all__ = ["UpliftCurve", "uplift_curve"]

PER_ROWS = 1000
TENTHS = 10


@dataclass(frozen=True, eq=False)
class UpliftCurve:
    """What contacting the highest scores of a campaign's rows adds over contacting nobody.

    Uplift of some rows is the outcome rate of the contacted among them less that of those left
    alone; where probabilities of contact differ, each row counts for the inverse of the
    probability of what happened to it, and the weights of an arm are made to sum to one.

    Attributes
    ----------
    rows : Ranked
        The campaign, the highest scores first.
    dependent : bool
        Whether a customer may stand in both arms.
    """

    rows: Ranked
    dependent: bool

    def __repr__(self) -> str:
        contacted = int(self.rows.treated.sum())
        left_alone = len(self.rows) - contacted
        return f"UpliftCurve({contacted:,} contacted, {left_alone:,} left alone)"

    @cached_property
    def qini(self) -> Interval:
        """Qini coefficient with a 95 % interval.

        The area between the Qini curve and the straight line to its end, as a share of the same
        area under the perfect curve. The Qini curve over the top k rows is the outcomes of the
        contacted less those of the ones left alone, scaled to as many rows as were contacted. The
        perfect curve ranks contacted rows with the outcome first and rows left alone with it last,
        which no model can know, so one is out of reach; zero is what ranking by lot gives, and
        below zero the ranking is worse than the lot.
        """
        return area_over_random(self.rows, "qini")

    @cached_property
    def auuc(self) -> Interval:
        """Area under the uplift curve, over chance and as a share of the perfect one's.

        As `qini`, for the curve of uplift among the top k rows times k. With a 95 % interval.
        """
        return area_over_random(self.rows, "uplift")

    def frame(self, *, steps: int = 100) -> pd.DataFrame:
        """Return the curve at equal steps of the share contacted.

        Columns `share, gain, low, high, random, note`. `gain` is how many more positive outcomes
        contacting the top share brings than contacting nobody, per 1,000 rows of all; zero means
        that these contacts change nothing. `random` is what as many contacts by lot would bring.
        The 95 % intervals hold for one share each, not for the whole curve at once, and take the
        cut as given. NaN where an arm has fewer than ten customers, with the reason in `note`.
        """
        check_whole("steps", steps, low=1, next_move="Use 100 for whole per cents.")
        share = np.arange(steps + 1) / steps
        sums = self.rows.down_to(share[1:] * len(self.rows))
        found = uplift_of(sums, dependent=self.dependent)
        gain, low, high = (
            np.append(0.0, PER_ROWS * share[1:] * np.asarray(side)) for side in found
        )
        notes = ["", *(note_of(support) for support in support_of(sums))]
        by_lot = share * gain[-1]
        columns = {"share": share, "gain": gain, "low": low, "high": high, "random": by_lot}
        return pd.DataFrame({**columns, "note": notes})

    def deciles(self) -> pd.DataFrame:
        """Return the uplift of each tenth of the rows: `decile, n, uplift, low, high, note`.

        Decile 1 has the highest scores; where the rows do not part evenly, the first tenths have
        one more. `n` counts rows. The 95 % intervals hold for one tenth each. NaN where an arm has
        fewer than ten customers in it.
        """
        sizes = np.full(TENTHS, len(self.rows) // TENTHS)
        sizes[: len(self.rows) % TENTHS] += 1
        stops = sizes.cumsum()
        rows = []
        for tenth, (size, stop) in enumerate(zip(sizes, stops, strict=True), start=1):
            sums = self.rows.between(stop - size, stop)
            value, low, high = uplift_of(sums, dependent=self.dependent)
            told = note_of(float(support_of(sums)))
            rows.append((tenth, int(size), float(value), float(low), float(high), told))
        return pd.DataFrame(rows, columns=["decile", "n", "uplift", "low", "high", "note"])

    def uplift_at(self, share: float, *, within_arms: bool = False) -> Interval:
        """Return the uplift among the top share of rows (uplift@k), with a 95 % interval.

        Parameters
        ----------
        share : float
            In (0, 1]; the nearest whole number of rows is taken, as decisions do.
        within_arms : bool
            Take the top share of the contacted and of those left alone, each ranked apart, instead
            of the top share of all.

        Returns
        -------
        Interval
            Change of the outcome's probability by a contact; NaN where an arm has fewer than ten
            customers there.
        """
        check_number(
            "share", share, low=0, high=1, open_low=True, next_move="Use 0.3 for the top 30 %."
        )
        if not within_arms:
            sums = self.rows.between(0, max(1, round(share * len(self.rows))))
            return uplift_of(sums, dependent=self.dependent)
        arms = [self.rows.of_arm(arm) for arm in (0, 1)]
        tops = [own.between(0, max(1, round(share * len(own))))[:, k] for k, own in enumerate(arms)]
        return uplift_of(np.stack(tops, axis=1), dependent=self.dependent)

    def summary(self) -> pd.DataFrame:
        """Return one row a measure: `measure, value, low, high, note`.

        - `average_uplift`: of all rows, whatever the scores.
        - `uplift_at_10` up to `uplift_at_30`: among the top tenth, fifth, and three tenths.
        - `gain_over_random`: outcomes per 1,000 rows by which the curve of `frame` lies above
          `random`, averaged over all shares.
        - `qini`, `auuc`: see there.

        NaN where an arm has fewer than ten customers, or where no ranking could beat chance.
        """
        told = {
            "average_uplift": self.uplift_at(1.0),
            **{
                f"uplift_at_{per_cent}": self.uplift_at(per_cent / 100) for per_cent in (10, 20, 30)
            },
            "gain_over_random": gain_over_random(self.rows),
            "qini": self.qini,
            "auuc": self.auuc,
        }
        table = pd.DataFrame(
            [tuple(map(float, each)) for each in told.values()], columns=["value", "low", "high"]
        )
        table.insert(0, "measure", list(told))
        return table.assign(note=np.where(table["value"].isna(), "not estimable", ""))

    def plot(self) -> Picture:
        """Return the curve and the tenths as a picture with its data in words."""
        from equipoise.charts.models import draw_uplift

        return draw_uplift(self.frame(), self.deciles())


def uplift_curve(
    y: ArrayLike,
    scores: ArrayLike,
    *,
    treatment: ArrayLike,
    probability: ArrayLike | str | None = None,
    unit: ArrayLike | None = None,
) -> UpliftCurve:
    """Judge scores by what contacting the highest of them adds, from a campaign's hold-out.

    The scores may come from anywhere (an uplift learner, a response model, a rule), but not from a
    model fitted on the outcomes of these rows: it would have seen which way they fell. It hides
    what contacts cost and what the outcomes are worth.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    scores : array_like of float, shape (n,)
        Higher is contacted first; only their order counts. Tied rows are never ordered: each counts
        by the same fraction where a cut falls among them.
    treatment : array_like of 0 and 1, shape (n,)
        1 where the row was contacted.
    probability : float, array_like of float, shape (n,), or "randomised"
        With which the row was to be contacted, strictly between 0 and 1. "randomised" says that all
        were contacted by lot with one and the same probability, which need not be known then.
    unit : array_like, shape (n,), optional
        Customer of each row. Where customers have several, they and not the rows are the sample.

    Returns
    -------
    UpliftCurve

    Raises
    ------
    InputError
        Where rows do not match, a score is missing, an arm is missing, or probabilities are unknown,
        0 or 1, or cannot be those of the contacts made.

    References
    ----------
    Radcliffe (2007), Using control groups to target on predicted lift. Direct Marketing Analytics
    Journal. Devriendt, Guns & Verbeke (2020), Learning to rank for uplift modeling; definitions
    equal those of scikit-uplift where it leaves nothing to the order of tied rows. Newcombe (1998),
    Statistics in Medicine 17; Efron (1982), The jackknife, the bootstrap and other resampling plans.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> moved, asked = rng.random(4000), rng.integers(0, 2, 4000)
    >>> bought = (rng.random(4000) < 0.1 + 0.2 * moved * asked).astype(int)
    >>> curve = uplift_curve(bought, moved, treatment=asked, probability=0.5)
    >>> print("{:.2f} [{:.2f}, {:.2f}]".format(*curve.uplift_at(0.2)))
    0.21 [0.15, 0.26]
    >>> curve.frame(steps=4)[["share", "gain", "random"]].round(2).iloc[1:3]
       share   gain  random
    1   0.25  48.58   26.64
    2   0.50  82.09   53.29
    """
    check_rows(y=y, scores=scores, treatment=treatment)
    numbers = read_scores(scores)
    campaign = read_campaign(
        y, treatment=treatment, probability=probability, unit=unit, in_order=False
    )
    rows = ranked(campaign, numbers)
    return UpliftCurve(rows, _in_both_arms(rows))


def _in_both_arms(rows: Ranked) -> bool:
    if rows.codes is None:
        return False
    treated = np.bincount(rows.codes, weights=rows.treated)
    return bool(((treated > 0) & (treated < np.bincount(rows.codes))).any())
