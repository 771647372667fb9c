import re
from dataclasses import replace

import pytest

from equipoise.crm import (
    CDNOW,
    HistoricalTargeting,
    NoisyMeasurement,
    UnderRepresentation,
    make_crm,
)
from equipoise.crm._calendar import CAMPAIGNS
from equipoise.crm._datasheet import MEASURE_NAMES, datasheet_of, datasheet_text
from equipoise.crm._described import described
from equipoise.crm._gaps import MEASURES
from equipoise.crm._margins_published import MARGINS

SECTIONS = [
    "1. Motivation",
    "2. Composition",
    "3. Collection process",
    "4. Preprocessing, cleaning, labelling",
    "5. Uses",
    "6. Distribution",
    "7. Maintenance",
    "Known limits",
]


@pytest.fixture(scope="module")
def sheet(clean):
    return datasheet_text(clean)


def test_it_has_the_seven_sections_of_a_datasheet_and_its_limits(sheet):
    assert re.findall(r"^## (.*)$", sheet, flags=re.MULTILINE) == SECTIONS


def test_it_names_seed_size_and_every_table(clean, sheet):
    assert "- 4,000 customers, seed 11, from 1 January 2024 to 30 June 2026." in sheet
    for name, table in clean.tables.items():
        assert f"| `{name}` | {len(table):,} | `{table.columns[0]}`" in sheet


def test_it_says_that_everyone_is_fictional(sheet):
    assert "All people, orders and places here are fictional." in sheet


def test_every_campaign_and_every_margin_is_there(sheet):
    for plan in CAMPAIGNS:
        assert f"| {plan.name} | " in sheet
    for margin in MARGINS:
        assert f"| {margin.what} | " in sheet


def test_a_clean_world_says_so(sheet):
    assert "None: this is the clean world." in sheet


def test_each_distortion_stands_with_dose_group_mechanism_and_measured_gap(distorted):
    gap = distorted.injected_gap("community").set_index("group").loc["B", "injected"]
    text = datasheet_text(distorted)
    assert "- `historical_targeting=0.6:community=B`: members of the group are left out" in text
    assert "Dose 0.6, acting on community B. Measured among " in text
    assert f"without any distortion, injected {gap:+.3f}." in text


def test_a_dose_of_0_is_not_passed_off_as_a_distortion_that_acted():
    nothing = HistoricalTargeting(dose=0, group=("gender", "man"))
    text = datasheet_text(make_crm(customers=100, seed=1, distortions=[nothing]))
    assert "Dose 0, acting on gender man: nothing was changed." in text


def test_every_measure_that_a_distortion_moves_has_words():
    assert set(MEASURE_NAMES) == set(MEASURES)


def test_the_parameters_are_those_of_the_run():
    crm = make_crm(customers=60, seed=1, behaviour=CDNOW, better_off="consent_more")
    text = datasheet_text(crm)
    assert "r 0.2426 and alpha 4.4135 weeks" in text
    assert "in this file the better off consent more" in text
    assert "income band (low -0.35, middle 0, high 0.35)" in text


@pytest.mark.parametrize("customers", [1, 3, 60])
def test_a_tiny_or_emptied_world_has_a_datasheet_without_nan(customers):
    distortions = [
        UnderRepresentation(dose=1, group=("gender", "unknown")),
        NoisyMeasurement(dose=1, group=("community", "C")),
    ]
    text = datasheet_text(make_crm(customers=customers, seed=1, distortions=distortions))
    assert not re.search(r"\b(nan|None|inf)\b(?!:)", text)


def test_a_world_written_in_parts_says_whom_it_counted(clean, sheet):
    rows = {name: 10 * len(table) for name, table in clean.tables.items()}
    about = described(clean, customers=40_000, rows=rows)
    text = datasheet_of(about)
    assert "- 40,000 customers, seed 11," in text
    assert "counted from the first\n  4,000 of them." in text
    assert f"| `orders` | {rows['orders']:,} |" in text
    whole = replace(
        about, customers=about.counted, rows={name: n // 10 for name, n in rows.items()}
    )
    assert datasheet_of(whole) == sheet
