import numpy as np
import pandas as pd
import pytest

from equipoise.crm import TimeShift
from equipoise.crm._calendar import SHIFT_DATE
from equipoise.crm.distortions._time_shift import LARGEST_DROP

GROUP = ("income_band", "low")


@pytest.fixture(scope="module")
def both(draw_tables):
    return [draw_tables(4000, 3, *each) for each in ((), (TimeShift(dose=1.0, group=GROUP),))]


def test_nothing_changes_before_the_date(both):
    for name, date in [("orders", "order_date"), ("cases", "opened_date")]:
        before, after = (tables[name][tables[name][date] < SHIFT_DATE] for tables in both)
        kept = (each.reset_index(drop=True) for each in (before, after))
        pd.testing.assert_frame_equal(*kept)


def test_after_it_members_order_less_by_sixty_per_cent_at_dose_1(both):
    counts = []
    for tables in both:
        orders = tables["orders"].merge(tables["contacts"], on="contact_id")
        orders = orders.merge(tables["individuals"], on="individual_id")
        # Of those who had joined by then, so that the first order on joining is not counted.
        late = orders[(orders["order_date"] >= SHIFT_DATE) & (orders["joined_date"] < SHIFT_DATE)]
        late = late[late["campaign_id"].isna()]
        counts.append((late["income_band"] == "low").sum())
    ratio = counts[1] / counts[0]
    # Fewer orders also mean fewer departures, so the drop is a little less than 60 %.
    assert 1 - LARGEST_DROP - 4 / np.sqrt(counts[1]) < ratio < 1 - LARGEST_DROP + 0.15
