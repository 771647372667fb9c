import numpy as np
import pandas as pd
import pytest

from equipoise.crm import ProxyColumn

GROUP = ("community", "C")


@pytest.fixture(scope="module")
def draw_both(draw_tables):
    clean = draw_tables(4000, 3)

    def drawn(dose):
        return clean, draw_tables(4000, 3, ProxyColumn(dose=dose, group=GROUP))

    return drawn


def test_at_dose_1_the_column_is_the_group(draw_both):
    _, proxy = draw_both(1.0)
    member = proxy["individuals"]["community"] == "C"
    assert ((proxy["contacts"]["uses_app"] == "yes") == member).all()


def test_everyone_is_struck_with_the_dose_whether_member_or_not(draw_both):
    clean, proxy = draw_both(0.3)
    member = clean["individuals"]["community"] == "C"
    used = clean["contacts"]["uses_app"] == "yes"
    changed = clean["contacts"]["uses_app"] != proxy["contacts"]["uses_app"]
    assert not changed[used == member].any()
    for could in (member & ~used, ~member & used):
        error = np.sqrt(0.3 * 0.7 / could.sum())
        assert abs(changed[could].mean() - 0.3) < 4 * error


def test_no_other_column_and_no_behaviour_changes(draw_both):
    clean, proxy = draw_both(1.0)
    for name, table in clean.items():
        pd.testing.assert_frame_equal(
            table.drop(columns="uses_app", errors="ignore"),
            proxy[name].drop(columns="uses_app", errors="ignore"),
        )
