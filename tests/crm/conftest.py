"""Worlds that many tests only look at; none of them changes a table."""

import pytest

from equipoise.crm import CRM, HistoricalTargeting, make_crm


@pytest.fixture(scope="session")
def clean() -> CRM:
    return make_crm(customers=4000, seed=11)


@pytest.fixture(scope="session")
def distorted() -> CRM:
    passed_over = HistoricalTargeting(dose=0.6, group=("community", "B"))
    return make_crm(customers=4000, seed=11, distortions=[passed_over])
