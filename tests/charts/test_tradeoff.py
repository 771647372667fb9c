"""Pictures of how sure a sweep is say in words what they show."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd

from equipoise.charts.tradeoff import BAND_LABELS, draw_bands, draw_effects


def words(shown):
    return [text.strip() for text in ElementTree.fromstring(shown.svg).itertext()]


def bands(rows):
    columns = ["policy", "value", "low", "high", "label", "note"]
    return pd.DataFrame(rows, columns=columns)


def test_both_bands_are_labelled_and_told():
    shown = draw_bands(
        bands(
            [
                ("m, epsilon 1", 0.7, 0.65, 0.75, BAND_LABELS[0], ""),
                ("m, epsilon 1", 0.7, 0.68, 0.72, BAND_LABELS[1], ""),
                ("n, <b> & $x$", 0.6, np.nan, np.nan, BAND_LABELS[0], "not estimable (one seed)"),
                ("n, <b> & $x$", 0.6, 0.58, 0.62, BAND_LABELS[1], ""),
                ("o", np.nan, np.nan, np.nan, BAND_LABELS[0], "not estimable"),
                ("o", np.nan, np.nan, np.nan, BAND_LABELS[1], "not estimable"),
            ]
        ),
        title="AUC",
    )
    assert {"noise and training", "customers", "mean over seeds", "AUC", "n, <b> & $x$"} <= set(
        words(shown)
    )
    assert shown.alt == (
        "AUC, mean over seeds: m, epsilon 1 0.7 (noise and training 0.65 to 0.75, customers 0.68 to "
        "0.72); n, <b> & $x$ 0.6 (noise and training not estimable (one seed), customers 0.58 to "
        "0.62); o not estimable."
    )


def effects(told, low, high):
    keys = {"model": "m", "mitigation": "reweighing", "consent_policy": "opt_in", "epsilon": 0.5}
    return [
        keys
        | {"group": group, "effect": (bottom + top) / 2, "low": bottom, "high": top, "told": said}
        for group, said, bottom, top in zip("ab", told, low, high, strict=True)
    ]


def test_effects_are_drawn_with_their_sign_and_what_is_not_estimable_is_told():
    frame = pd.DataFrame(effects(["falls", "not estimable (n=4)"], [-0.3, np.nan], [-0.1, np.nan]))
    shown = draw_effects(frame, rate="true positive rate")
    assert {"m with reweighing, consent opt_in", "a", "b (not estimable)", "0.5"} <= set(
        words(shown)
    )
    assert shown.alt == (
        "Change in true positive rate that an epsilon makes. M with reweighing, consent opt_in at "
        "epsilon 0.5, a: -0.200 [-0.300, -0.100], falls; m with reweighing, consent opt_in at epsilon "
        "0.5, b: not estimable (n=4)."
    )


def test_one_panel_for_each_model():
    frame = pd.DataFrame(effects(["falls", "rises"], [-0.3, 0.1], [-0.1, 0.3]))
    other = frame.assign(model="n", mitigation="none", consent_policy="as_given", epsilon=2.0)
    said = words(draw_effects(pd.concat([frame, other]), rate="true positive rate"))
    assert "n" in said and "m with reweighing, consent opt_in" in said
    assert "epsilon (left: more privacy)" in said
