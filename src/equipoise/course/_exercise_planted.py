"""Exercise 3c: which distortion was planted in the records of a fresh firm, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from equipoise.course._exercise import Exercise, Verdict, not_attempted, right, wrong
from equipoise.crm import CRM, DISTORTIONS, make_crm
from equipoise.intervals import worst_gap

__all__ = ["PLANTED", "firm_table"]

CUSTOMERS = 3000
COMMUNITIES = ("A", "B", "C")
ACTS = ("historical_targeting", "label_bias", "noisy_measurement", "proxy_column")
DOSE = 0.7
HIDDEN: tuple[tuple[int, tuple[str, str] | None], ...] = (
    (101, ("historical_targeting", "B")),
    (102, ("historical_targeting", "C")),
    (103, ("label_bias", "A")),
    (104, ("label_bias", "B")),
    (105, ("noisy_measurement", "C")),
    (116, ("proxy_column", "B")),
    (107, None),
    (108, None),
)
"""Seeds of the hidden worlds, each with what is planted there."""


def planted(table: pd.DataFrame) -> tuple[str, str] | None:
    """Return the act and the community that was hit, or None where chance explains what differs."""
    traces = pd.DataFrame(
        {
            "historical_targeting": ~table["contacted"],
            "label_bias": (~table["responded"]).where(table["contacted"]),
            "noisy_measurement": table["household_size"].isna(),
            "proxy_column": table["uses_app"],
        }
    ).astype(float)
    for act, trace in traces.items():
        counts = trace.groupby(table["community"]).agg(["sum", "count"])
        if worst_gap(counts["sum"], counts["count"], confidence=0.99).low > 0:
            return str(act), str((counts["sum"] / counts["count"]).idxmax())
    return None


def firm_table(crm: CRM) -> pd.DataFrame:
    """Return what a firm knows about each member of its spring coupon who was not held out.

    Columns `community, contacted, responded, orders, household_size, uses_app`: who got the coupon,
    whose answer is recorded, how many orders are linked to the customer, household size as far as
    known, and whether the app is used. One row a customer; the truth is not read.
    """
    members = crm.tables["campaign_members"].query(
        "campaign_id == 'spring_coupon_2026' and status != 'hold_out'"
    )
    rows = members.merge(crm.tables["contacts"], on="contact_id", validate="1:1")
    rows = rows.merge(crm.tables["individuals"], on="individual_id", validate="1:1")
    orders = crm.tables["orders"]["contact_id"].value_counts()
    return pd.DataFrame(
        {
            "community": rows["community"],
            "contacted": (rows["status"] == "contacted").astype(bool),
            "responded": rows["has_responded"].astype(bool),
            "orders": rows["contact_id"].map(orders).fillna(0).astype("int64"),
            "household_size": rows["household_size"],
            "uses_app": (rows["uses_app"] == "yes").astype(bool),
        }
    )


class _World(NamedTuple):
    """The table of a hidden world, what is planted in it, and what the answer says."""

    table: pd.DataFrame
    truth: tuple[str, str] | None
    said: Any


@cache
def _hidden() -> tuple[pd.DataFrame, ...]:
    return tuple(firm_table(_drawn(seed, truth)) for seed, truth in HIDDEN)


def _drawn(seed: int, truth: tuple[str, str] | None) -> CRM:
    acts = (
        [] if truth is None else [DISTORTIONS[truth[0]](dose=DOSE, group=("community", truth[1]))]
    )
    return make_crm(customers=CUSTOMERS, seed=seed, distortions=acts)


def _judge(answer: Any) -> Verdict:
    given = [answer(table.copy()) for table in _hidden()]
    if all(each is None or each is ... for each in given):
        return not_attempted()
    if not all(each is None or _is_pair(each) for each in given):
        return wrong(
            f"Return a pair such as ({ACTS[0]!r}, {COMMUNITIES[1]!r}), or None. The acts are "
            f"{', '.join(ACTS)}; the communities are {', '.join(COMMUNITIES)}."
        )
    worlds = [
        _World(table, truth, each if each is None else tuple(map(str, each)))
        for table, (_, truth), each in zip(_hidden(), HIDDEN, given, strict=True)
    ]
    return _confused(worlds) or _missed(worlds) or _right()


def _is_pair(given: Any) -> bool:
    pair = isinstance(given, Sequence | np.ndarray) and not isinstance(given, str)
    return pair and len(given) == 2 and given[0] in ACTS and given[1] in COMMUNITIES


def _confused(worlds: list[_World]) -> Verdict | None:
    """Recognise one trace that is taken for another, and a table without any that gets one."""
    for act, taken_for, why, name in _TAKEN_FOR:
        own = [each for each in worlds if each.truth and each.truth[0] == act]
        if all(each.said is not None and each.said[0] == taken_for for each in own):
            return wrong(why, name)
    clean = [each for each in worlds if each.truth is None]
    invented = [each for each in clean if each.said is not None]
    if invented:
        return wrong(
            f"In {len(invented)} of {len(clean)} tables nothing is planted, and you name something. "
            "Three communities and four columns are twelve looks: some difference is always there, and "
            "an answer has to pay for all of them.",
            "every difference was planted" if len(invented) == len(clean) else "",
        )
    return _other_community(worlds)


_TAKEN_FOR = (
    (
        "historical_targeting",
        "label_bias",
        "Where a community was left off the lists you say that its answers were lost. Who was never asked "
        "has no answer to lose: look at the answers of those who got the coupon.",
        "who was not asked has said no",
    ),
    (
        "label_bias",
        "historical_targeting",
        "Where the answers of a community were lost you say that it was left off the lists. It got the "
        "coupon as often as the others: the table says who did.",
        "few answers mean few letters",
    ),
)


def _other_community(worlds: list[_World]) -> Verdict | None:
    hit = [each for each in worlds if each.said and each.truth and each.said[0] == each.truth[0]]
    elsewhere = [each.truth[0] for each in hit if each.truth and each.said[1] != each.truth[1]]
    if elsewhere:
        low = set(elsewhere) <= {"proxy_column", "noisy_measurement"}
        return wrong(
            f"You find {' and '.join(sorted(set(elsewhere)))}, but for another community. Ask which way "
            "each act moves its column: of some the community that was hit has more, not less.",
            "the lowest figure marks who was hit" if low else "",
        )
    return None


def _missed(worlds: list[_World]) -> Verdict | None:
    missed = [each.truth[0] for each in worlds if each.truth and each.said != each.truth]
    if not missed:
        return None
    return wrong(
        f"You miss {len(missed)} of {len(HIDDEN) - 2} planted distortions, among them {missed[0]}. Which "
        "column would it change, and among whom?"
    )


def _right() -> Verdict:
    return right(
        "You name all that was planted in hidden worlds, and nothing where nothing was. It worked because "
        "these communities do not differ by themselves and somebody told you what to look for. A real "
        "firm has neither: then a gap is a reason to ask how the record came about."
    )


PLANTED = Exercise(
    name="3c",
    task=(
        "Write planted(table): which distortion was planted in a firm's records, and which community it "
        "hit, as a pair such as ('label_bias', 'B'), or None. table has one row a customer: community, "
        "contacted (got the coupon), responded, orders (linked to them), household_size, uses_app. "
        "historical_targeting leaves a community off the lists; label_bias loses its answers; "
        "noisy_measurement loses orders and household sizes; proxy_column makes uses_app say who belongs to "
        "it. At most one was planted, and by themselves communities do not differ."
    ),
    hints=(
        "Each act leaves its trace in one column. Whose responded can tell that answers were lost?",
        "Count each trace by community, the lost answers among the contacted only. Let worst_gap look at "
        "each with confidence=0.99, since you look four times.",
        "trace.groupby(table['community']).agg(['sum', 'count']) gives the two counts that worst_gap wants; "
        "with (~table['responded']).where(table['contacted']) who was not asked is not counted.",
    ),
    judge=_judge,
    solution=planted,
)
