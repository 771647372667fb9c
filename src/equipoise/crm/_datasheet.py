"""What was generated, written from the parameters that generated it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from equipoise.crm._behaviour import RETAIL
from equipoise.crm._campaigns import HOLD_OUT_PROBABILITY
from equipoise.crm._schema import (
    CAMPAIGN_DATE,
    END_DATE,
    GROUPS,
    RESPONSE_WINDOW_DAYS,
    START_DATE,
)
from equipoise.crm.distortions import Distortion

__all__ = ["datasheet_text"]

TEMPLATE = """\
# Datasheet: a fictional retailer's customers

All people, orders and places here are fictional. They were drawn from the model below; no real
customer, and no table of real customers, was used.

## What was generated

- Seed {seed}, {customers} customers, numpy {numpy}, pandas {pandas}. The same seed, number and
  versions give the same tables.
- {start:%d %B %Y} to {end:%d %B %Y}. The records begin empty; customers join at an even pace.

| table | rows | columns |
|---|---|---|
{tables}

`truth.parquet` is no CRM table: it holds latents, both potential outcomes of the campaign and
what the undistorted world would have recorded. `offer_response.parquet` with
`offer_response.yaml` is the task posed on these tables.

## How

- Orders: BG/NBD with r {model.r:g}, alpha {model.alpha_weeks:g} weeks, a {model.a:g},
  b {model.b:g}. Amounts: Gamma-Gamma with p {model.p:g}, q {model.q:g}, v {model.v_eur:g} euros.
  The values were chosen to look like home goods with a loyalty plan; they were not fitted to any
  firm's data.
- Campaign: a coupon by post on {campaign:%d %B %Y}; answers count for {window} days. A hold-out
  of {hold_out:.0%} was drawn at random. Of the others, a random share was undeliverable or over
  budget, whatever the group.
- Groups: {groups}.
- Natural differences: gender, age band and income band differ modestly in order rate, amount
  and taste for mail or discounts. Communities do not differ in behaviour, answers or contact
  before distortion. The postcode area depends on the community and has no effect of its own.

## Distortions

{distortions}

## Limits

- No seasons, product categories, e-mail, complaints or consent are modelled in these tables.
- `has_responded` is recorded for contacted customers only; everyone else reads false. In this
  file {unasked:.1%} of the eligible members were not contacted.
- Groups, effects and euros are stipulated. Nothing here is evidence about real people, and a
  method that does well here has not been shown to do well elsewhere.
"""


def datasheet_text(
    tables: Mapping[str, pd.DataFrame], *, seed: int, distortions: Sequence[Distortion]
) -> str:
    """Return the datasheet as Markdown."""
    members = tables["campaign_members"]
    eligible = members[members["status"] != "hold_out"]
    return TEMPLATE.format(
        seed=seed,
        customers=len(tables["individuals"]),
        numpy=np.__version__,
        pandas=pd.__version__,
        start=START_DATE,
        end=END_DATE,
        tables="\n".join(_table_line(name, table) for name, table in tables.items()),
        model=RETAIL,
        campaign=CAMPAIGN_DATE,
        window=RESPONSE_WINDOW_DAYS,
        hold_out=HOLD_OUT_PROBABILITY,
        groups="; ".join(_group_line(column, shares) for column, shares in GROUPS.items()),
        distortions=_distortion_lines(distortions),
        unasked=(eligible["status"] == "not_targeted").mean() if len(eligible) else 0.0,
    )


def _table_line(name: str, table: pd.DataFrame) -> str:
    return f"| {name} | {len(table)} | {', '.join(f'`{column}`' for column in table)} |"


def _group_line(column: str, shares: Mapping[str, float]) -> str:
    listed = ", ".join(f"{value} {share:.0%}" for value, share in shares.items())
    return f"{column} ({listed})"


def _distortion_lines(distortions: Sequence[Distortion]) -> str:
    if not distortions:
        return "None: this is the clean world."
    return "\n".join(_distortion_line(distortion) for distortion in distortions)


def _distortion_line(distortion: Distortion) -> str:
    column, value = distortion.group
    outcome = "." if distortion.dose else ": nothing was changed."
    acting = f"Dose {distortion.dose:g}, acting on {column} {value}{outcome}"
    return f"- `{distortion}`: {distortion.summary} {acting}"
