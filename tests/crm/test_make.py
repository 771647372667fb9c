import hashlib
import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm import (
    CDNOW,
    RETAIL,
    FeedbackLoop,
    HistoricalTargeting,
    LabelBias,
    ProxyColumn,
    UnderRepresentation,
    make_crm,
)
from equipoise.crm._make import check_settings
from equipoise.crm._schema import TABLES
from equipoise.exceptions import InputError

PASSED_OVER = HistoricalTargeting(dose=0.6, group=("community", "B"))


@pytest.fixture
def digest(as_bytes):
    def digested(crm):
        frames = [*crm.tables.values(), crm.truth.frame(), crm.truth.members]
        return hashlib.sha256(b"".join(as_bytes(frame) for frame in frames)).hexdigest()

    return digested


def test_the_same_seed_gives_the_same_bytes_in_another_process(digest):
    here = digest(make_crm(customers=800, seed=3, distortions=[PASSED_OVER]))
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import hashlib, io\n"
        "from equipoise.crm import make_crm, parse_distortion\n"
        f"crm = make_crm(customers=800, seed=3, distortions=[parse_distortion('{PASSED_OVER}')])\n"
        "digest = hashlib.sha256()\n"
        "for frame in [*crm.tables.values(), crm.truth.frame(), crm.truth.members]:\n"
        "    buffer = io.BytesIO(); frame.to_parquet(buffer, index=False)\n"
        "    digest.update(buffer.getvalue())\n"
        "print(digest.hexdigest())\n"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_another_seed_gives_another_world(digest):
    assert digest(make_crm(customers=300, seed=3)) != digest(make_crm(customers=300, seed=4))


def test_another_behaviour_gives_other_orders():
    retail, cdnow = (
        make_crm(customers=300, seed=3, behaviour=behaviour) for behaviour in (RETAIL, CDNOW)
    )
    pd.testing.assert_frame_equal(retail.tables["individuals"], cdnow.tables["individuals"])
    assert len(retail.tables["orders"]) > len(cdnow.tables["orders"])


def test_the_knob_of_consent_reaches_the_tables():
    less, more = (
        make_crm(customers=4000, seed=3, better_off=way) for way in ("consent_less", "consent_more")
    )

    def high_share(crm):
        events = crm.tables["consent_events"]
        given = events["individual_id"][events["expression"] == "opt_in"]
        income = crm.tables["individuals"].set_index("individual_id")["income_band"]
        return (given.map(income) == "high").mean()

    assert high_share(more) > high_share(less) + 0.02
    pd.testing.assert_frame_equal(less.tables["individuals"], more.tables["individuals"])


@settings(max_examples=5)
@given(seed=st.integers(0, 10**9), few=st.integers(1, 40), more=st.integers(1, 60))
def test_the_first_customers_of_a_larger_world_are_those_of_a_smaller(seed, few, more):
    small, large = make_crm(customers=few, seed=seed), make_crm(customers=few + more, seed=seed)
    for name in TABLES:
        head = large.tables[name].head(len(small.tables[name]))
        pd.testing.assert_frame_equal(head, small.tables[name])


def test_the_order_of_the_list_does_not_matter(as_bytes):
    distortions = [
        PASSED_OVER,
        UnderRepresentation(dose=0.5, group=("gender", "man")),
        LabelBias(dose=0.3, group=("age_band", "60+")),
        LabelBias(dose=0.5, group=("age_band", "18-29")),
        ProxyColumn(dose=0.5, group=("community", "C")),
    ]
    one = make_crm(customers=500, seed=3, distortions=distortions)
    other = make_crm(customers=500, seed=3, distortions=distortions[::-1])
    assert one.distortions == other.distortions
    assert [each.name for each in one.distortions] == [
        "historical_targeting",
        "label_bias",
        "label_bias",
        "proxy_column",
        "under_representation",
    ]
    for name in TABLES:
        assert as_bytes(one.tables[name]) == as_bytes(other.tables[name])


def test_distortions_may_come_from_a_generator():
    settings_ = check_settings((each for each in [PASSED_OVER]), RETAIL, "consent_less")
    assert settings_.distortions == (PASSED_OVER,)


def test_two_distortions_act_side_by_side():
    both = [PASSED_OVER, HistoricalTargeting(dose=0.4, group=("gender", "man"))]
    gaps = make_crm(customers=2000, seed=3, distortions=both).injected_gap()
    injected = gaps.set_index(["attribute", "group"])["injected"]
    assert injected["community", "B"] < injected["community", "A"] < 0
    assert injected["gender", "man"] < injected["gender", "woman"] < 0


CUSTOMERS = "customers must be a whole number of at least 1, got {}. Use 20000 for a course."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"customers": 0}, CUSTOMERS.format(0)),
        ({"customers": 10.5}, CUSTOMERS.format(10.5)),
        ({"customers": True}, CUSTOMERS.format(True)),
        ({"customers": "10"}, CUSTOMERS.format("'10'")),
        ({"customers": 10**8}, "customers must be at most 99,999,999, got 100,000,000. Use fewer."),
        (
            {"seed": -1},
            "seed must be a whole number of at least 0, got -1. Use a seed such as 7.",
        ),
        (
            {"distortions": PASSED_OVER},
            "distortions must be a list of distortions, "
            "got historical_targeting=0.6:community=B. Put it into [ ].",
        ),
        (
            {"distortions": None},
            "distortions must be a list of distortions, got None. Put it into [ ].",
        ),
        (
            {"behaviour": replace(RETAIL, r=50.0, alpha_weeks=1.0, a=0.01, b=500.0)},
            "behaviour must leave each customer fewer than 900 orders, "
            "got 6,122. Lower r, or raise alpha_weeks.",
        ),
        (
            {"behaviour": "RETAIL"},
            "behaviour must be a Behaviour, got 'RETAIL'. Use crm.RETAIL.",
        ),
        (
            {"better_off": "consent_les"},
            "better_off must be a known name, got 'consent_les'. Did you mean 'consent_less'?",
        ),
        (
            {"distortions": ["historical_targeting=0.6:community=B"]},
            "distortions must be distortions, got 'historical_targeting=0.6:community=B'. "
            "Use parse_distortion to read one from text.",
        ),
        (
            {"distortions": [PASSED_OVER, HistoricalTargeting(dose=1, group=("community", "B"))]},
            "distortions must hold each group once per distortion, "
            "got historical_targeting=1.0:community=B. Keep one of the two.",
        ),
        (
            {
                "distortions": [
                    ProxyColumn(dose=0.1, group=("community", "B")),
                    ProxyColumn(dose=0.1, group=("community", "C")),
                ]
            },
            "distortions must hold at most one proxy_column, "
            "got proxy_column=0.1:community=C. Keep one of the two.",
        ),
        (
            {
                "distortions": [
                    FeedbackLoop(dose=0.1, group=("community", "B")),
                    FeedbackLoop(dose=0.1, group=("gender", "man")),
                ]
            },
            "distortions must hold at most one feedback_loop, "
            "got feedback_loop=0.1:gender=man. Keep one of the two.",
        ),
    ],
)
def test_arguments_that_break_a_rule_are_refused(arguments, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        make_crm(**{"customers": 10, "seed": 3, **arguments})
