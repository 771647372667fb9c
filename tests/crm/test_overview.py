from equipoise.crm._overview import (
    FOLLOWED_CONSENTS,
    consent_by_month,
    orders_by_month,
    overview_page,
)


def test_every_order_falls_into_one_month(clean):
    months = orders_by_month(clean.tables)
    assert months["orders"].sum() == len(clean.tables["orders"])
    assert len(months) == 2 * 30


def test_consent_is_followed_for_30_months(clean):
    consent = consent_by_month(clean.tables)
    assert len(consent) == 30 * len(FOLLOWED_CONSENTS)
    assert consent["n"].max() <= len(clean.tables["individuals"])
    assert (consent["hits"] <= consent["n"]).all()


def test_the_page_has_every_picture_beside_its_table(clean):
    html = overview_page(clean.tables).html()
    assert html.count("<svg") == 3
    assert html.count("<table") == 3
