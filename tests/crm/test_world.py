import hashlib
import io
import re
import subprocess
import sys

import pytest

from equipoise.crm import DISTORTIONS, HistoricalTargeting, make_crm
from equipoise.crm._schema import CAMPAIGN_DATE, GROUPS, RESPONSE_WINDOW_DAYS, TABLES
from equipoise.exceptions import InputError

PASSED_OVER = HistoricalTargeting(dose=0.6, group=("community", "B"))


def as_bytes(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def digest(crm):
    frames = [*crm.tables.values(), crm.truth.frame()]
    return hashlib.sha256(b"".join(as_bytes(frame) for frame in frames)).hexdigest()


@pytest.mark.parametrize("kind", list(DISTORTIONS.values()))
@pytest.mark.parametrize("column", list(GROUPS))
def test_dose_0_is_the_clean_twin_byte_for_byte(kind, column):
    clean = make_crm(customers=800, seed=3)
    twin = make_crm(
        customers=800,
        seed=3,
        distortions=[kind(dose=0.0, group=(column, value)) for value in GROUPS[column]],
    )
    for name in TABLES:
        assert as_bytes(clean.tables[name]) == as_bytes(twin.tables[name])
    assert digest(clean) == digest(twin)


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    here = digest(make_crm(customers=800, seed=3, distortions=[PASSED_OVER]))
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import hashlib, io\n"
        "from equipoise.crm import make_crm, parse_distortion\n"
        f"crm = make_crm(customers=800, seed=3, distortions=[parse_distortion('{PASSED_OVER}')])\n"
        "digest = hashlib.sha256()\n"
        "for frame in [*crm.tables.values(), crm.truth.frame()]:\n"
        "    buffer = io.BytesIO(); frame.to_parquet(buffer, index=False)\n"
        "    digest.update(buffer.getvalue())\n"
        "print(digest.hexdigest())\n"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_another_seed_gives_another_world():
    assert digest(make_crm(customers=800, seed=3)) != digest(make_crm(customers=800, seed=4))


def test_the_tables_are_those_of_the_schema(clean):
    assert tuple(clean.tables) == TABLES


def test_a_world_of_one_customer_can_be_drawn():
    assert len(make_crm(customers=1, seed=3).tables["individuals"]) == 1


def test_behaviour_looks_like_retail(clean):
    orders = clean.tables["orders"]
    before = orders[orders["order_date"] < CAMPAIGN_DATE]
    age = (CAMPAIGN_DATE - before["order_date"]).dt.days
    members = len(clean.tables["campaign_members"])
    last_quarter = before["contact_id"][age <= 90].nunique() / members
    per_buyer = before["contact_id"][age <= 365].value_counts()
    assert 0.3 < last_quarter < 0.5
    assert 2 < per_buyer.mean() < 4
    assert 60 < orders["amount_eur"].mean() < 80


def test_two_distortions_act_side_by_side():
    both = [PASSED_OVER, HistoricalTargeting(dose=0.4, group=("gender", "man"))]
    gaps = make_crm(customers=2000, seed=3, distortions=both).injected_gap()
    injected = gaps.set_index(["attribute", "group"])["injected"]
    assert injected["community", "B"] < injected["community", "A"] < 0
    assert injected["gender", "man"] < injected["gender", "woman"] < 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"customers": 0},
            "customers must be a whole number of at least 1, got 0. Use 20000 for a course.",
        ),
        (
            {"customers": 10.5},
            "customers must be a whole number of at least 1, got 10.5. Use 20000 for a course.",
        ),
        (
            {"seed": -1},
            "seed must be a whole number of at least 0, got -1. Use a seed such as 7.",
        ),
        (
            {"distortions": ["historical_targeting=0.6:community=B"]},
            "distortions must be distortions, got 'historical_targeting=0.6:community=B'. "
            "Use parse_distortion to read one from text.",
        ),
        (
            {"distortions": [PASSED_OVER, HistoricalTargeting(dose=1, group=("community", "B"))]},
            "distortions must name each group once per distortion, "
            "got historical_targeting=1.0:community=B. Keep one of the two doses.",
        ),
    ],
)
def test_arguments_that_break_a_rule_are_refused(arguments, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        make_crm(**{"customers": 10, "seed": 3, **arguments})


def test_the_answer_window_ends_within_the_world(clean):
    last = clean.tables["orders"]["order_date"].max()
    assert (last - CAMPAIGN_DATE).days > RESPONSE_WINDOW_DAYS
