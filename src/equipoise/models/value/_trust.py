"""Trust lost: the opt-outs and complaints that a campaign causes, against its hold-out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_columns, check_number
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval, mean_amount, newcombe
from equipoise.intervals.compared import difference
from equipoise.models.value._trust_events import members_of, named_groups

__all__ = ["TrustLost", "trust_lost"]

Flags = NDArray[np.bool_]
EVERYONE = ("", "everyone")
NOTHING_SHOWN = "the interval contains zero: no such effect is shown"
MEASURES = {"opt_outs": "opted_out", "complaints": "complained"}


@dataclass(frozen=True, eq=False)
class TrustLost:
    """What a campaign with a randomised hold-out cost in trust, a contact.

    Attributes
    ----------
    table : DataFrame
        What `frame` shows.
    lost_eur_per_contact : Interval
        Euros of opt-outs and complaints together, over everyone; NaN where none were given.
    parameters : mapping
        Everything that the figures depend on.
    notes : tuple of str
        What a reader must know besides.
    """

    table: pd.DataFrame
    lost_eur_per_contact: Interval
    parameters: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        contacted: str,
        opted_out: str,
        complained: str,
        group: str | tuple[str, ...] = (),
        lost_per_opt_out: float | None = None,
        lost_per_complaint: float | None = None,
    ) -> Self:
        """Compare contacted and held-out customers of any table with a row for each.

        Parameters
        ----------
        frame : DataFrame
            Only customers who were contacted or held out *by lot*; others are no comparison.
        contacted, opted_out, complained : str
            Columns of 0 and 1 (or booleans): who was contacted, and who opted out or complained
            in the same days, contacted or not.
        group : str or tuple of str
            Columns to report by, besides everyone; a missing group is "unknown".
        lost_per_opt_out, lost_per_complaint : float, optional
            Euros that each costs later.

        Raises
        ------
        InputError
            Where a column is missing or not 0 and 1, euros are negative, or nobody was contacted or
            held out.

        Examples
        --------
        >>> table = pd.DataFrame({
        ...     "mailed": np.repeat([1, 0], [900, 300]),
        ...     "left": np.concatenate([np.arange(900) < 27, np.arange(300) < 3]),
        ...     "moaned": False})
        >>> found = TrustLost.from_frame(
        ...     table, contacted="mailed", opted_out="left", complained="moaned")
        >>> row = found.frame().iloc[0]
        >>> print(f"{row.per_contact:.3f} [{row.low:.3f}, {row.high:.3f}]")
        0.020 [-0.001, 0.035]
        """
        lost = _lost(lost_per_opt_out, lost_per_complaint)
        groups = (group,) if isinstance(group, str) else tuple(group)
        check_columns("group", groups, frame)
        flags = {
            name: _flags(frame, column)
            for name, column in (
                ("contacted", contacted),
                ("opted_out", opted_out),
                ("complained", complained),
            )
        }
        _check_both_arms(flags["contacted"])
        rows = [
            _row(*part, measure, flags, lost.get(measure, np.nan))
            for part in _parts(frame, groups)
            for measure in MEASURES
        ]
        told = {"lost_per_opt_out": lost_per_opt_out, "lost_per_complaint": lost_per_complaint}
        return cls(pd.DataFrame(rows), _together(flags, lost), told)

    def frame(self) -> pd.DataFrame:
        """Return one row a group and measure, everyone first.

        Columns `attribute, group, measure, contacted, contacted_rate, held_out, held_out_rate,
        per_contact, low, high, lost_eur, lost_low, lost_high, note`.

        - `measure` is `opt_outs` or `complaints`; a customer counts once in each.
        - `contacted`, `held_out` count customers; the rates are of those with an event.
        - `per_contact` is the contacted rate less the held-out rate, with a 95 % interval
          (Newcombe); zero means that contacts cause none, negative that they prevent some. NaN
          under ten customers on either side. Each interval speaks for itself alone.
        - `lost_eur` and its bounds are in euros a contact; NaN where none were given.
        """
        return self.table.copy()

    def rates(self) -> dict[str, float]:
        """Return `opt_outs_per_contact` and `complaints_per_contact` for a task file's `value`.

        They are the estimates over everyone, zero where they are negative. Read the interval first:
        where it contains zero, writing zero is as well supported. Someone has to decide.

        Raises
        ------
        InputError
            Where too few customers were contacted or held out to estimate them.
        """
        everyone = self.table[self.table["group"] == EVERYONE[1]].set_index("measure")
        found = everyone.loc[list(MEASURES), "per_contact"]
        if found.isna().any():
            raise InputError(
                "campaign",
                f"must have {MINIMUM_TRIALS} customers contacted and as many held out",
                everyone["note"].iloc[0],
                "Use a larger campaign.",
            )
        return {f"{name}_per_contact": max(0.0, float(rate)) for name, rate in found.items()}


def trust_lost(
    records: Any,
    campaign: str,
    *,
    days: int,
    purpose: str = "personalised_offers",
    group: str | tuple[str, ...] = (),
    lost_per_opt_out: float | None = None,
    lost_per_complaint: float | None = None,
) -> TrustLost:
    """Say how many opt-outs and complaints a campaign's contacts cause, by its hold-out.

    Compared are the members whom the campaign's rules selected: contacted, or held out by lot. An
    opt-out is an unsubscription from any e-mail, or a refusal or withdrawal of consent to the
    purpose on any channel; a complaint is a case of that reason, or a report as spam. Both count
    from the campaign's first day on, for so many days, by what was recorded until they end. It hides
    what takes longer, and customers who are silently annoyed.

    Parameters
    ----------
    records : CRM, or mapping of str to DataFrame
        With the tables `campaigns`, `campaign_members`, `contacts`, `individuals`, `email_events`,
        `consent_events` and `cases`, as the CRM's dictionary describes them; an empty table says
        that nothing happened.
    campaign : str
        A `campaign_id`.
    days : int
        How long opt-outs and complaints are ascribed to it; the same for both sides.
    purpose : str
        Whose consent is watched.
    group : str or tuple of str
        Columns of `individuals` to report by, besides everyone.
    lost_per_opt_out, lost_per_complaint : float, optional
        Euros that each costs later.

    Returns
    -------
    TrustLost

    Raises
    ------
    InputError
        Where a table or column is missing, the campaign is unknown or has no randomised hold-out, a
        customer is twice in it, or euros are negative.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, as for `equipoise.intervals.newcombe`.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> crm = make_crm(customers=500, seed=7)
    >>> found = trust_lost(crm, "spring_email_2025", days=30).frame()
    >>> found[["measure", "contacted", "held_out"]].values.tolist()
    [['opt_outs', 105, 14], ['complaints', 105, 14]]
    """
    groups = (group,) if isinstance(group, str) else tuple(group)
    members, notes = members_of(records, campaign, days=days, purpose=purpose, groups=groups)
    found = TrustLost.from_frame(
        members,
        contacted="contacted",
        opted_out="opted_out",
        complained="complained",
        group=groups,
        lost_per_opt_out=lost_per_opt_out,
        lost_per_complaint=lost_per_complaint,
    )
    told = {"campaign": campaign, "days": days, "purpose": purpose, **found.parameters}
    return TrustLost(found.table, found.lost_eur_per_contact, told, notes)


def _lost(per_opt_out: float | None, per_complaint: float | None) -> dict[str, float]:
    """Return euros by measure, where they are given, or refuse."""
    given = {"opt_outs": per_opt_out, "complaints": per_complaint}
    names = {"opt_outs": "lost_per_opt_out", "complaints": "lost_per_complaint"}
    most, move = np.finfo(float).max, "Give euros, or leave it out."
    return {
        measure: check_number(names[measure], lost, low=0, high=most, next_move=move)
        for measure, lost in given.items()
        if lost is not None
    }


def _flags(frame: pd.DataFrame, column: str) -> Flags:
    check_columns("frame", [column], frame)
    values = frame[column]
    odd = ~values.isin([0, 1])
    if odd.any():
        first = values[odd].iloc[0]
        raise InputError(
            f"column {column!r}",
            "must be coded 0 and 1",
            f"{'nothing' if pd.isna(first) else repr(first)} in {odd.sum():,} of {len(frame):,} rows",
            "Correct or remove those rows.",
        )
    return np.asarray(values.to_numpy().astype(bool))


def _check_both_arms(contacted: Flags) -> None:
    if contacted.all() or not contacted.any():
        side = "held out" if contacted.any() else "contacted"
        raise InputError(
            "campaign",
            "must have customers contacted, and others held out by lot",
            f"nobody {side} among {len(contacted):,}",
            "Without a randomised hold-out nobody can say what a contact causes.",
        )


def _parts(frame: pd.DataFrame, groups: tuple[str, ...]) -> list[tuple[tuple[str, str], Flags]]:
    parts = [(EVERYONE, np.ones(len(frame), dtype=bool))]
    for attribute in groups:
        levels = named_groups(frame[attribute])
        parts += [((attribute, level), levels == level) for level in sorted(set(levels))]
    return parts


def _row(
    name: tuple[str, str], part: Flags, measure: str, flags: dict[str, Flags], lost: float
) -> dict[str, Any]:
    event, asked = flags[MEASURES[measure]], flags["contacted"]
    hits = [int((event & part & side).sum()) for side in (asked, ~asked)]
    sizes = [int((part & side).sum()) for side in (asked, ~asked)]
    few = min(sizes) < MINIMUM_TRIALS
    gap = newcombe(hits[0], sizes[0], hits[1], sizes[1])
    value, low, high = (np.nan if few else float(side) for side in gap)
    rates = [hit / size if size else np.nan for hit, size in zip(hits, sizes, strict=True)]
    note = NOTHING_SHOWN if low <= 0 <= high else ""
    return {
        "attribute": name[0],
        "group": name[1],
        "measure": measure,
        "contacted": sizes[0],
        "contacted_rate": rates[0],
        "held_out": sizes[1],
        "held_out_rate": rates[1],
        "per_contact": value,
        "low": low,
        "high": high,
        "lost_eur": value * lost,
        "lost_low": low * lost,
        "lost_high": high * lost,
        "note": f"not estimable (n={min(sizes)})" if few else note,
    }


def _together(flags: dict[str, Flags], lost: dict[str, float]) -> Interval:
    """Return the euros of both a contact: one customer may opt out and complain, so not a sum."""
    most = sum(lost.values())
    if not lost:
        return Interval(np.nan, np.nan, np.nan)
    if most == 0:
        return Interval(0.0, 0.0, 0.0)
    each = sum(euros * flags[MEASURES[measure]] for measure, euros in lost.items())
    arms = [
        mean_amount(np.asarray(each, float)[side], bounds=(0.0, most))
        for side in (flags["contacted"], ~flags["contacted"])
    ]
    return Interval(*(float(side) for side in difference(*arms)))
