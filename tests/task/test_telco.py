"""Known answers on real input: the Telco churn table beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

TABLE = Path(__file__).parents[2].parent / "shared" / "data" / "telco_churn.csv"
ASKED = {
    "outcome": "Churn",
    "positive": "Yes",
    "groups": ["gender", "SeniorCitizen"],
    "unit": "customerID",
}

pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"{TABLE.name} is not on this machine")


@pytest.fixture
def telco(draft, tmp_path):
    return draft(TABLE, **ASKED, folder=tmp_path)


@pytest.fixture
def task(telco, read):
    return read(telco)


def test_rows_and_base_rates_are_the_measured_ones(task):
    assert len(task) == 7043
    assert task.y.mean() == pytest.approx(0.2654, abs=5e-5)
    senior = task.groups["SeniorCitizen"].eq("1").to_numpy()
    assert task.y[senior].mean() == pytest.approx(0.4168, abs=5e-5)
    assert task.y[~senior].mean() == pytest.approx(0.2361, abs=5e-5)


def test_the_eleven_blanks_of_total_charges_are_an_explicit_treatment(telco, task):
    line = next(line for line in telco.splitlines() if "TotalCharges" in line)
    assert line == (
        "  TotalCharges: {type: number, bounds: [0, 8685], source: data, missing: 0}"
        "  # check me: 11 blanks become 0"
    )
    assert task.X["TotalCharges is missing"].sum() == 11
    assert "11 blanks of 'TotalCharges' set to 0" in task.notes


def test_the_references_are_the_largest_groups(telco, task):
    assert task.reference == {"gender": "Male", "SeniorCitizen": "0"}
    assert "  gender: {reference: Male}  # check me: the largest, 3,555 of 7,043 rows\n" in telco
    assert (
        "  SeniorCitizen: {reference: '0'}  # check me: the largest, 5,901 of 7,043 rows\n" in telco
    )


def test_every_other_column_is_a_feature_and_no_person_is_in_two_parts(task):
    assert len(task.file.features) == 17
    assert set(task.file.excluded) == {"gender", "SeniorCitizen"}
    assert task.unit.is_unique
    assert not task.unbounded
