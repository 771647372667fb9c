"""The records of the retailer as one object: tables, tasks, and the truth apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from equipoise._checks import check_choice
from equipoise.crm._gaps import MEASURES, injected, taken_apart
from equipoise.crm._life import Settings
from equipoise.crm._overview import overview_page
from equipoise.crm._recording import record, recorded_customers
from equipoise.crm._schema import GROUPS
from equipoise.crm._streams import Draws
from equipoise.crm._tasks import check_enough, pose_task
from equipoise.crm._truth import Truth, world_truth
from equipoise.crm._world import simulate
from equipoise.crm._writing import write_crm
from equipoise.crm.distortions import Distortion
from equipoise.pages import Page
from equipoise.task import Task, build_task

__all__ = ["CRM", "draw_crm"]


@dataclass(frozen=True, eq=False)
class CRM:
    """The records of a fictional European home-goods retailer, and the truth behind them.

    Parameters
    ----------
    draws : Draws
        Which customers of which seed's world these are.
    settings : Settings
        What holds for all of them: behaviour, consent, distortions.
    tables : mapping of str to pandas.DataFrame
        `individuals, contacts, orders, order_items, campaigns, campaign_members, email_events,
        cases, consent_events`, each by customer and time.
    truth : Truth
        Latents and both potential outcomes. No table, feature or task reads it.
    """

    draws: Draws = field(repr=False)
    settings: Settings = field(repr=False)
    tables: Mapping[str, pd.DataFrame]
    truth: Truth

    def __repr__(self) -> str:
        acts = ", ".join(str(distortion) for distortion in self.distortions) or "none"
        return f"CRM(customers={self.draws.customers}, seed={self.seed}, distortions={acts})"

    @property
    def seed(self) -> int:
        """What every random number comes from."""
        return self.draws.seed

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """What makes the records differ from the truth; empty for the clean world."""
        return self.settings.distortions

    def task(
        self,
        name: str,
        *,
        purpose: str | None = None,
        as_of: str | pd.Timestamp | None = None,
        policy: str = "opt_in",
        since: str | pd.Timestamp | None = None,
    ) -> Task:
        """Return the decision problem `name` on the customers and columns that a purpose may use.

        Consent is judged on the date of the question, by what was recorded until then:
        `task.under(policy)` shows the same question under another consent policy. Features stand
        as on that date.

        Parameters
        ----------
        name : str
            ``"offer_response"``: who answers the coupon, among the members of the campaign but
            for the randomised hold-out. ``"coupon_uplift"``: who orders, contacted or held out,
            among those whom the rules selected. ``"churn_90d"``: who of those with an order in
            the last 180 days places none in the next 90. ``"next_category"``: what each customer
            of the last year buys in the next 90 days, a row for each category.
            ``"case_priority"``: which service requests of the next 90 days escalate. The coupon's
            two also say who opted out or complained in the 30 days from its first day on,
            contacted or not; for a coupon by post that is not what the contact caused.
        purpose : str, optional
            One of `equipoise.consent.PURPOSES`. If not given: personalised_offers, but analytics
            for churn and service for case priority. Service covers case priority only.
        as_of : str or pandas.Timestamp, optional
            The date of the question; for the coupon, the last printed campaign on or before it.
            If not given, the last that leaves a full outcome window before April 2026: the last
            season is kept for whoever asks for it by date.
        policy : str
            ``"opt_in"``, ``"opt_out"``, ``"legitimate_interest"`` (service only) or
            ``"everyone"`` (these people are fictional).
        since : str or pandas.Timestamp, optional
            Ask the same question on earlier dates too: on every printed campaign from here on, or,
            for churn and next category, every 90 days back from the date of the question, so that no
            two outcome windows overlap. A customer has a row for each date on which they are asked
            about, with features as on it and the date in `task.time`. Consent is judged on the date
            of the question for all rows. Case priority has dates of its own, and refuses.

        Raises
        ------
        InputError
            If a name is unknown, the purpose does not cover the task, the date leaves no full
            outcome window, `since` leaves no earlier date, or there are too few customers to ask.

        Examples
        --------
        >>> from equipoise.crm import make_crm
        >>> crm = make_crm(customers=500, seed=7)
        >>> task = crm.task("offer_response", purpose="personalised_offers")
        >>> len(task) < len(task.under("everyone"))
        True
        >>> crm.task("offer_response", since="2025-01-01").time.dt.strftime("%Y-%m").unique().tolist()
        ['2025-03', '2025-09', '2026-03']
        """
        frame, file = pose_task(
            name, self.tables, purpose=purpose, as_of=as_of, policy=policy, since=since
        )
        check_enough(frame, file)
        return build_task(frame, file)

    def with_distortions(self, *distortions: Distortion) -> CRM:
        """Return the same customers with other distortions, and with none if none is named."""
        return draw_crm(self.draws, replace(self.settings, distortions=distortions))

    @cached_property
    def clean_twin(self) -> CRM:
        """The same customers without distortions: each one's undistorted label, decision and features."""
        return self.with_distortions() if self.distortions else self

    def injected_gap(
        self, column: str | None = None, *, measure: str = "response_rate"
    ) -> pd.DataFrame:
        """Return how far distortions moved what the records say about each group.

        Parameters
        ----------
        column : str, optional
            One group attribute; all of them if not given.
        measure : str
            Of the spring coupon of 2026, among all members but the hold-out: ``"response_rate"``
            (recorded answers) or ``"contact_rate"``. Of those who had joined by then:
            ``"opt_in_rate"`` (to offers by post, as known on that date). Of all customers:
            ``"linked_orders_per_customer"``,
            ``"complaints_per_customer"``, ``"uses_app_rate"``, ``"record_share"`` (the group's
            share of all recorded customers).

        Returns
        -------
        pandas.DataFrame
            `attribute, group, n` (the denominator), `recorded_rate`, `undistorted_rate` (the same
            in the clean twin) and their difference `injected`. It is exactly 0 at dose 0. It is no
            estimate and has no interval: both are known. It does not say how far the
            undistorted rates of two groups differ by themselves.

        Raises
        ------
        InputError
            If the column is not a group attribute, or the measure is unknown.

        Examples
        --------
        >>> from equipoise.crm import make_crm
        >>> make_crm(customers=500, seed=7).injected_gap("community")["injected"].tolist()
        [0.0, 0.0, 0.0]
        """
        columns = list(GROUPS) if column is None else [check_choice("column", column, GROUPS)]
        check_choice("measure", measure, MEASURES)
        twin = self.clean_twin.tables
        parts = [injected(self.tables, twin, each, measure) for each in columns]
        return pd.concat(parts, ignore_index=True)

    def recorded(self, measure: str) -> pd.DataFrame:
        """Return what the records say of each customer, for one of the measures of `injected_gap`.

        Parameters
        ----------
        measure : str
            As in `injected_gap`, but for ``"record_share"``, which says nothing about one customer.

        Returns
        -------
        pandas.DataFrame
            The group attributes, `hits` and `n`, one row a customer in the denominator: a rate is
            the sum of `hits` over the sum of `n`.

        Raises
        ------
        InputError
            If the measure is unknown.

        Examples
        --------
        >>> from equipoise.crm import make_crm
        >>> rows = make_crm(customers=500, seed=7).recorded("uses_app_rate")
        >>> list(rows), len(rows)
        (['gender', 'age_band', 'income_band', 'community', 'hits', 'n'], 500)
        """
        check_choice("measure", measure, [name for name in MEASURES if name != "record_share"])
        people = self.tables["individuals"].set_index("individual_id")[list(GROUPS)]
        return people.join(MEASURES[measure](self.tables).astype("int64"), how="inner")

    def injected_by(self, column: str, *, measure: str = "response_rate") -> pd.DataFrame:
        """Return what each distortion injects alone, what goes with it, and the interaction.

        Parameters
        ----------
        column, measure : str
            As in `injected_gap`.

        Returns
        -------
        pandas.DataFrame
            `attribute, group, distortion, alone` (injected in a world with this one only),
            `left_out` (injected in a world with all others only), and `goes_with_it` (what all
            inject less `left_out`). The last row of each group, ``"interaction"``, has in `alone`
            what all inject together less the sum of what each injects alone. Each world is drawn
            anew, so this takes twice as long as drawing them all.

        Raises
        ------
        InputError
            As in `injected_gap`.

        Examples
        --------
        >>> from equipoise.crm import HistoricalTargeting, make_crm
        >>> passed_over = HistoricalTargeting(dose=0.6, group=("community", "B"))
        >>> crm = make_crm(customers=500, seed=7, distortions=[passed_over])
        >>> crm.injected_by("community")["left_out"].dropna().tolist()
        [0.0, 0.0, 0.0]
        """
        together = self.injected_gap(column, measure=measure).set_index("group")["injected"]

        def gap(*distortions: Distortion) -> pd.Series[float]:
            other = self.with_distortions(*distortions).tables
            frame = injected(other, self.clean_twin.tables, column, measure)
            return frame.set_index("group")["injected"]

        alone = {str(each): gap(each) for each in self.distortions}
        left_out = {
            str(each): gap(*(other for other in self.distortions if other is not each))
            for each in self.distortions
        }
        return taken_apart(column, together, alone, left_out)

    def overview(self) -> Page:
        """Return a page of pictures: who buys, is contacted, consents and complains, by group.

        Orders and consent stand beside them month by month, and every picture has its table. Save
        it with `.save("overview.html")`; it takes a few seconds at 20,000 customers.
        """
        return overview_page(self.tables)

    def write(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write every table, the truth, the tasks with their task files, and the documents.

        Either all files appear or none. `truth.parquet` and the datasheet's seed let anyone
        look behind the records: keep them from learners who should not see the answer.

        Parameters
        ----------
        folder : str or Path
            New or empty, unless `overwrite`.
        overwrite : bool
            Replace files of the same names, and remove what an earlier run wrote here and this
            one does not, unless it was changed since. Nothing else in the folder is touched.

        Raises
        ------
        InputError
            If the folder is not empty and `overwrite` is false.
        """
        write_crm(self, folder, overwrite=overwrite)


def draw_crm(draws: Draws, settings: Settings) -> CRM:
    """Draw some customers of a world, with their records and their truth."""
    world = simulate(draws, settings)
    clean = simulate(draws, replace(settings, distortions=())) if settings.distortions else world
    kept = recorded_customers(world.life, settings.distortions)
    return CRM(
        draws=draws,
        settings=settings,
        tables=record(world, settings.distortions),
        truth=world_truth(world, clean, kept),
    )
