"""The audit: rates per group, signed gaps, ratios and the largest gap, all from one count table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd

from equipoise._checks import check_choice, check_whole
from equipoise.fairness._counts import CountTable
from equipoise.fairness._frames import (
    Metrics,
    gap_rows,
    rate_rows,
    ratio_rows,
    trial_rows,
    worst_rows,
)
from equipoise.fairness._kept import KeptRows
from equipoise.fairness._measured import Measured, measured
from equipoise.fairness._suppression import HIDDEN
from equipoise.fairness.tables import as_listed

if TYPE_CHECKING:
    from equipoise.charts import Picture

__all__ = ["REST", "Audit"]

REST = "the rest"
"""The reference that compares each group with all others together."""


@dataclass(frozen=True, eq=False)
class Audit:
    """Rates of every group of every attribute, with the counts behind them.

    Attributes
    ----------
    counts : CountTable
    reference : mapping of str to str
        For each attribute the group that gaps are measured against, or `REST`.
    rows : KeptRows or None
        Kept where customers have several rows or scores were given.
    below : int
        Counts below this are suppressed in everything the audit shows; 0 suppresses nothing.
    seed : int
        Of the draws behind noise floors and bootstraps.
    """

    counts: CountTable
    reference: Mapping[str, str]
    rows: KeptRows | None = None
    below: int = 0
    seed: int = 0
    # What has been measured; not set by `__init__`, so that `replace` starts anew.
    _found: dict[tuple[str, ...], Measured] = field(default_factory=dict, init=False, repr=False)

    def __repr__(self) -> str:
        compared = ", ".join(
            f"{name} ({self.counts.cells[name].nunique()} groups, against {reference})"
            for name, reference in self.reference.items()
        )
        hidden = f", counts below {self.below} suppressed" if self.below else ""
        return f"Audit({compared}{hidden})"

    def measured(self, *attributes: str) -> Measured:
        """Return sums and estimates of an attribute's groups, or of an intersection of several."""
        if attributes not in self._found:
            self._found[attributes] = measured(self.counts, self.rows, attributes, below=self.below)
        return self._found[attributes]

    def frame(self) -> pd.DataFrame:
        """Return one row a group and metric: `attribute, group, n, metric, value, low, high, note`.

        Intervals are at 95 %: Wilson's for shares, at the number of independent customers that
        weighted or repeated rows amount to. `n` is the number of rows of the group. A rate with
        fewer than ten customers in its denominator is NaN, with the reason in `note`: it is not
        zero.
        """
        return self._stacked(lambda _, each: rate_rows(each.metrics, each.n, self._hidden))

    def gaps(self) -> pd.DataFrame:
        """Return signed gaps: `attribute, group, reference, metric, gap, low, high, note`.

        A gap is the group's rate minus the rate of the reference, with Newcombe's 95 % interval.
        Each interval speaks for itself alone: for the largest of many use `worst`.
        """
        return self._compared(gap_rows)

    def ratios(self) -> pd.DataFrame:
        """Return ratios: `attribute, group, reference, metric, ratio, low, high, note`.

        A ratio is the group's rate over the rate of the reference, with a 95 % interval by the log
        method. The four-fifths rule asks whether a selection rate is below 0.8 of another; only an
        interval wholly below 0.8 says that it is.
        """
        return self._compared(ratio_rows)

    def worst(self) -> pd.DataFrame:
        """Return the largest gap between any two groups, by attribute and metric.

        Columns `attribute, metric, gap, low, high, noise_floor, note`. The 95 % interval is
        simultaneous over all pairs of groups with at least ten customers in the denominator. The
        noise floor is what chance alone would stay below 19 times in 20 if no group differed.
        """
        return self._stacked(lambda _, each: worst_rows(each.metrics, self.seed, self._hidden))

    def trials(self) -> pd.DataFrame:
        """Return the denominators behind the intervals: `attribute, group, metric, trials`.

        They are counts of rows, or of the independent customers that these amount to; of a mean of
        shares it is the smaller denominator.
        """
        return self._stacked(lambda _, each: trial_rows(each.metrics))

    def intersections(self, depth: int = 2) -> pd.DataFrame:
        """Return groups formed by several attributes at once, each compared with everybody else.

        Parameters
        ----------
        depth : int
            How many attributes are crossed, at most as many as there are; 1 crosses none.

        Returns
        -------
        DataFrame
            Columns `attribute, group, n, metric, value, low, high, shrunk, gap, gap_low, gap_high,
            note`. `low, high` hold for the value alone; `gap` is to everybody else, and its bounds
            hold for all groups of that metric and depth at once (Šidák), since whoever searches
            many groups finds one that stands out. `shrunk` is the value moved towards the mean of
            all groups, the further the fewer customers it rests on.

        Raises
        ------
        InputError
            Where the depth is not possible, or the audit is suppressed: cells of a cross table can
            be worked out from its margins, so what may be shown of each alone is no answer.
        """
        from equipoise.fairness._intersections import intersections

        return intersections(self, depth)

    def calibration(self) -> pd.DataFrame:
        """Return how often the outcome occurs beside what the scores promised, by score bin.

        Columns `attribute, group, score_bin, score_low, score_high, n, mean_score, value, low, high,
        note`: `value` is the share with the outcome of the customers scored from `score_low` to
        `score_high`. A score means the same for two groups where their values agree bin by bin.

        Raises
        ------
        InputError
            Where the audit has no scores.
        """
        from equipoise.fairness._calibration import calibration

        return calibration(self)

    def conflicts(self) -> pd.DataFrame:
        """Return what could not also be equal: criteria in conflict, on these customers.

        Columns `attribute, group, reference, if_equal, then, gap, low, high, note`. Where base
        rates differ, rates cannot all be equal at once. Each row supposes that the group had the
        reference's rates named in `if_equal`, keeps its own base rate, and says which gap `then`
        follows. Bounds are 95 % bootstrap percentiles of a smooth function of the counts.
        """
        from equipoise.fairness._conflicts import conflicts

        return conflicts(self)

    def bootstrap(self, times: int = 1000, *, seed: int = 0) -> pd.DataFrame:
        """Return bootstrap draws of every rate: `attribute, group, replicate, metric, value`.

        Resampling rows changes nothing but the counts, so the counts are drawn: a thousand draws
        of ten million rows cost as much as of ten thousand. For smooth functions of one's own; the
        percentiles of a largest gap are no interval (it is above zero in every draw), see `worst`.

        Raises
        ------
        InputError
            Where rows are weighted, customers have several, counts are noised or suppressed: then a
            multinomial draw is not what sampling would do.
        """
        from equipoise.fairness._bootstrap import bootstrap

        return bootstrap(self, times, seed)

    def readings(self) -> dict[str, list[str]]:
        """Return plain sentences by attribute; they follow the numbers alone.

        Who is contacted, reached and bothered more or less often than the reference, where these
        customers cannot tell, and where criteria conflict. The verdicts on several groups of an
        attribute hold for all of them at once.
        """
        from equipoise.fairness._explain import explained

        return explained(self)

    def explain(self) -> str:
        """Return the readings as text."""
        return as_listed(self.readings())

    def plot(self, attribute: str | None = None) -> Picture:
        """Return the rates of an attribute's groups as a picture with its data in words.

        Parameters
        ----------
        attribute : str, optional
            By default the first.
        """
        from equipoise.charts import draw_rates

        name = check_choice("attribute", attribute or self.counts.by[0], self.counts.by)
        rates = self.frame().query("attribute == @name")
        return draw_rates(rates, reference=self.reference[name])

    def to_json(self) -> str:
        """Return everything the audit says as JSON, by the schema in `audit.schema.json`."""
        from equipoise.fairness._json import audit_json

        return audit_json(self)

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the audit as a self-contained page, and write it where a path is given."""
        from equipoise.fairness._page import whole_page

        page = whole_page(self)
        if path is not None:
            page.save(path)
        return page.html()

    def suppressed(self, below: int = 10) -> Self:
        """Return the audit without what would tell of single customers, for publication.

        A group with fewer than `below` customers in one of its four cells (outcome × decision) is
        left out as a whole, with the reason in `note`; so are further groups, until nothing can be
        worked out from totals either. Largest gaps, floors and words are those of what remains.
        Intersections, calibration and bootstrap draws are refused. What is published are the
        frames, the page and the JSON: the object itself still holds all counts. It is no
        differential privacy: two audits of nearly the same customers can be subtracted, and so can
        attributes of which one is the coarser version of another; publish one of those.

        Raises
        ------
        InputError
            Where `below` is not at least 2.
        """
        check_whole("below", below, low=2, next_move="Use for example 10.")
        return replace(self, below=below)

    @property
    def _hidden(self) -> str:
        return HIDDEN.format(below=self.below)

    def bases(self, attribute: str) -> Measured:
        """Return, group by group, what each is compared with."""
        each = self.measured(attribute)
        reference = self.reference[attribute]
        if reference == REST:
            return each.rest
        return each.take([each.groups.index(reference)] * len(each.groups))

    def _compared(self, rows: Callable[[Metrics, Metrics, str, str], pd.DataFrame]) -> pd.DataFrame:
        return self._stacked(
            lambda name, each: rows(
                each.metrics, self.bases(name).metrics, self.reference[name], self._hidden
            )
        )

    def _stacked(self, rows: Callable[[str, Measured], pd.DataFrame]) -> pd.DataFrame:
        """Return the rows of all attributes, each with its name in front."""
        parts = [rows(name, self.measured(name)) for name in self.counts.by]
        for name, part in zip(self.counts.by, parts, strict=True):
            part.insert(0, "attribute", name)
        return pd.concat(parts, ignore_index=True)
