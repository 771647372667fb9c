"""The datasheet of a CRM, in the sections of Gebru et al. (2021), from its actual parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from equipoise._files import versions
from equipoise.crm import (
    _calendar,
    _campaigns,
    _cases,
    _consents,
    _emails,
    _items,
    _natural,
    _orders,
    _population,
    _potential,
    _schema,
)
from equipoise.crm._described import Described, described
from equipoise.crm._dictionary import columns_of
from equipoise.crm._group_counts import GROUP_MEASURES, with_rates
from equipoise.crm._manifest import LIBRARIES
from equipoise.crm._margins import margins_table, season_table
from equipoise.crm._margins_published import SEASON_SOURCE
from equipoise.crm.distortions import Distortion

if TYPE_CHECKING:
    from equipoise.crm._records import CRM

__all__ = ["datasheet_of", "datasheet_text", "distortion_lines"]

MEASURE_NAMES = {
    "response_rate": "recorded answers per member outside the hold-out",
    "contact_rate": "contacted customers per member outside the hold-out",
    "opt_in_rate": "opt-ins to offers by post per customer who had joined by March 2026",
    "linked_orders_per_customer": "linked orders per customer",
    "complaints_per_customer": "recorded complaints per customer",
    "uses_app_rate": "recorded users of the app per customer",
    "record_share": "the group's share of all recorded customers",
}
"""The measures of `CRM.injected_gap` in words."""

MODULES = (
    _calendar,
    _campaigns,
    _cases,
    _consents,
    _emails,
    _items,
    _natural,
    _orders,
    _population,
    _potential,
    _schema,
)
"""Whose constants the template reads, each by its name without the underscore."""

NATURAL = (
    ("order rate (factor)", _natural.RATE_FACTORS),
    ("amount of an order (factor)", _natural.AMOUNT_FACTORS),
    ("liking of printed mail (standard deviations)", _natural.POST_AFFINITY_SHIFTS),
    ("liking of e-mail (standard deviations)", _natural.EMAIL_AFFINITY_SHIFTS),
    ("sensitivity to prices (standard deviations)", _natural.PRICE_SENSITIVITY_SHIFTS),
    ("concern for privacy (standard deviations)", _natural.PRIVACY_CONCERN_SHIFTS),
    ("came by store or referral (share)", {"age_band": _population.PHYSICAL_SHARE_BY_AGE}),
    ("uses the app (share)", {"age_band": _population.USES_APP_BY_AGE}),
    ("credit score (mean)", {"income_band": _population.CREDIT_SCORE_BY_INCOME}),
)
"""Where groups differ by themselves, income and consent apart: its sign is a setting."""


def datasheet_text(crm: CRM) -> str:
    """Return the datasheet of a CRM as Markdown.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> print(datasheet_text(make_crm(customers=500, seed=7)).splitlines()[0])
    # Datasheet: a fictional retailer's customers
    """
    return datasheet_of(described(crm))


def datasheet_of(about: Described) -> str:
    """Return the datasheet of a world as Markdown, from what documents need to know of it."""
    from jinja2 import Environment, StrictUndefined

    template = resources.files("equipoise.crm").joinpath("datasheet.md.j2")
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters |= {"percent": _percent, "day": _day}
    text = environment.from_string(template.read_text(encoding="utf-8")).render(**_told(about))
    return f"{text.rstrip()}\n"


def distortion_lines(about: Described) -> list[str]:
    """Return one sentence a distortion: mechanism, dose, group, and the gap that it injected."""
    return [_distortion_line(each, about) for each in about.settings.distortions]


def _told(about: Described) -> dict[str, Any]:
    """Return what the template reads: the run, its tables, and the constants of the model."""
    income = _consents.INCOME_WEIGHT
    less = about.settings.better_off == "consent_less"
    willing = {
        "age_band": _consents.AGE_WEIGHT,
        "income_band": {group: by if less else 0 - by for group, by in income.items()},
    }
    return {
        "about": about,
        "less": less,
        "fatigue": math.expm1(_emails.UNSUBSCRIBED_BY_FATIGUE),
        "versions": versions(LIBRARIES),
        "tables": _tables_table(about.rows),
        "groups": _groups_table(about.groups),
        "differences": [_natural_line(*each) for each in NATURAL]
        + [_natural_line("willingness to consent (log-odds)", willing)],
        "distortions": distortion_lines(about),
        "margins": markdown_table(margins_table(about.margins)),
        "season": markdown_table(season_table(about.margins)),
        "season_source": SEASON_SOURCE,
        **{module.__name__.rpartition("._")[2]: module for module in MODULES},
    }


def markdown_table(frame: pd.DataFrame) -> str:
    """Return a frame of text and whole numbers as a Markdown table."""
    head = f"| {' | '.join(frame)} |\n|{'---|' * len(frame.columns)}"
    rows = [
        f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in row)} |"
        for row in frame.itertuples(index=False)
    ]
    return "\n".join([head, *rows])


def _tables_table(rows: Mapping[str, int]) -> str:
    cells = [
        (f"`{name}`", number, ", ".join(f"`{column.name}`" for column in columns_of(name)))
        for name, number in rows.items()
        if name in _schema.TABLES
    ]
    return markdown_table(pd.DataFrame(cells, columns=["table", "rows", "columns"]))


def _groups_table(counts: pd.DataFrame) -> str:
    rates = with_rates(counts)
    rates["text"] = [
        f"{_percent(row.value, 1)} [{100 * row.low:.1f}, {100 * row.high:.1f}]"
        if row.n
        else "nobody"
        for row in rates.itertuples()
    ]
    cells = []
    for (attribute, group), rows in rates.groupby(["attribute", "group"], sort=False):
        by_measure = rows.set_index("measure")
        customers = int(by_measure.loc["ordered", "n"])
        texts = [by_measure.loc[measure, "text"] for measure in GROUP_MEASURES]
        cells.append((attribute, group, customers, *texts))
    titles = [title.replace("\n", " ") for title in GROUP_MEASURES.values()]
    columns = ["attribute", "group", "customers", *titles]
    return markdown_table(pd.DataFrame(cells, columns=columns))


def _natural_line(what: str, by_attribute: Mapping[str, Mapping[str, float]]) -> str:
    parts = [
        f"{attribute.replace('_', ' ')} ({_listed(by_group)})"
        for attribute, by_group in by_attribute.items()
    ]
    return f"{what}: {'; '.join(parts)}"


def _listed(by_group: Mapping[str, float]) -> str:
    return ", ".join(f"{group} {by:g}" for group, by in by_group.items())


def _distortion_line(distortion: Distortion, about: Described) -> str:
    column, value = distortion.group
    told = (
        f"`{distortion}`: {distortion.summary} Dose {distortion.dose:g}, acting on {column} {value}"
    )
    if not distortion.dose:
        return f"{told}: nothing was changed."
    row = about.injected.loc[str(distortion)]
    name = MEASURE_NAMES[distortion.moves]
    if pd.isna(row["injected"]):
        return f"{told}. Measured: nobody of the group is left to count {name} from."
    return (
        f"{told}. Measured among {int(row['n']):,}: {name} {row['recorded_rate']:.3f} with this "
        f"alone, {row['undistorted_rate']:.3f} without any distortion, injected {row['injected']:+.3f}."
    )


def _percent(share: float, digits: int = 0) -> str:
    return f"{share:.{digits}%}".replace("%", " %")


def _day(date: pd.Timestamp) -> str:
    return f"{date.day} {date:%B %Y}"
