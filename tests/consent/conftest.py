"""Consent events as tests write them: a few words each, the rest filled in."""

import pandas as pd
import pytest
from hypothesis import strategies as st

from equipoise.consent import EVENT_COLUMNS, PURPOSES

DAYS = [str(day.date()) for day in pd.date_range("2026-01-01", periods=5)]


def _as_events(*rows, **common):
    """Return events of person P1 for profiling, changed by each row's words."""
    usual = {
        "individual_id": "P1",
        "purpose": "profiling",
        "channel": "any",
        "expression": "opt_in",
        "effective_at": "2026-01-02",
        "recorded_at": "2026-01-02",
        "expires_at": None,
        "source": "web_form",
        "notice_version": "fictional-1",
        "has_proof": True,
    }
    written = [
        {"consent_event_id": f"E{place}", **usual, **common, **row}
        for place, row in enumerate(rows)
    ]
    return pd.DataFrame(written, columns=list(EVENT_COLUMNS))


@st.composite
def _any_events(draw, most=8, expressions=("opt_in", "opt_out", "withdrawal"), dated=False):
    rows = []
    day = st.sampled_from(DAYS)
    perhaps = day if dated else st.none() | day
    for place in range(draw(st.integers(0, most))):
        purpose = draw(st.sampled_from(["service", "analytics", "personalised_offers"]))
        rows.append(
            {
                "consent_event_id": f"E{place}",
                "individual_id": draw(st.sampled_from(["P1", "P2"])),
                "purpose": purpose,
                "channel": draw(st.sampled_from(PURPOSES[purpose].channels)),
                "expression": draw(st.sampled_from(expressions)),
                "effective_at": draw(perhaps),
                "recorded_at": draw(perhaps),
                "expires_at": draw(st.none() | day),
                "has_proof": draw(st.booleans()) or draw(st.booleans()),
            }
        )
    return _as_events(*rows)


@pytest.fixture(scope="session")
def as_events():
    return _as_events


@pytest.fixture(scope="session")
def any_events():
    return _any_events


@pytest.fixture(scope="session")
def questions():
    """Purpose, moment of use and moment of knowledge."""
    return st.fixed_dictionaries(
        {
            "purpose": st.sampled_from(["service", "analytics", "personalised_offers"]),
            "at": st.sampled_from(DAYS),
            "known_at": st.none() | st.sampled_from(DAYS),
        }
    )
