"""Worlds that many tests only look at; none of them changes a table."""

import io
from collections.abc import Callable

import pandas as pd
import pytest

from equipoise.crm import CRM, RETAIL, Distortion, HistoricalTargeting, make_crm
from equipoise.crm._make import check_settings
from equipoise.crm._recording import record
from equipoise.crm._streams import Draws
from equipoise.crm._world import World, simulate


@pytest.fixture(scope="session")
def clean() -> CRM:
    return make_crm(customers=4000, seed=11)


@pytest.fixture(scope="session")
def distorted() -> CRM:
    passed_over = HistoricalTargeting(dose=0.6, group=("community", "B"))
    return make_crm(customers=4000, seed=11, distortions=[passed_over])


@pytest.fixture(scope="session")
def course() -> CRM:
    """Return the course's customers, 20,000 of seed 7, without its distortions."""
    return make_crm(customers=20_000, seed=7)


@pytest.fixture(scope="session")
def town() -> CRM:
    """Enough customers for rates by group."""
    return make_crm(customers=30_000, seed=4)


@pytest.fixture(scope="session")
def small_world() -> World:
    return simulate(Draws(11, 1, 4000), check_settings([], RETAIL, "consent_less"))


@pytest.fixture(scope="session")
def draw_tables() -> Callable[..., dict[str, pd.DataFrame]]:
    """Return a function that draws the tables alone, without the truth and the clean twin."""

    def tables(
        customers: int, seed: int, *distortions: Distortion, first: int = 1
    ) -> dict[str, pd.DataFrame]:
        settings = check_settings(distortions, RETAIL, "consent_less")
        world = simulate(Draws(seed, first, customers), settings)
        return record(world, settings.distortions)

    return tables


@pytest.fixture(scope="session")
def as_bytes() -> Callable[[pd.DataFrame], bytes]:
    """Return a function that turns a table into the bytes of its Parquet file."""

    def written(frame: pd.DataFrame) -> bytes:
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        return buffer.getvalue()

    return written
