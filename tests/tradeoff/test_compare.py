"""Two sweeps: what differs, what changed with which interval, and whether the pick did for certain."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import Policy, choose
from equipoise.tradeoff._report_changes import _of_sums
from equipoise.tradeoff.comparisons import compare_sweeps

INF = float("inf")
PLAIN, PRIVATE = Policy("m0", "none", INF), Policy("m1", "none", 1.0)


def two(sweep_of, old, new, *, same=False, **more):
    """Return two sweeps of two policies whose measures are given; other customers unless `same`."""
    rows = [[{}, {"epsilon": 1.0}] for _ in range(2)]
    for own, given in zip(rows, (old, new), strict=True):
        for row, change in zip(own, given, strict=True):
            row.update(change)
    was, now = (sweep_of(own, **more) for own in rows)
    if not same:
        facts = {**now.manifest, "task_digest": "n" * 64, "digest": "e" * 64, "rows": 1500}
        now = dataclasses.replace(now, manifest=facts)
    return was, now


def row_of(found, policy, measure):
    own = found.changes[found.changes["measure"] == measure]
    return next(row for row in own.to_dict("records") if Policy.of(row) == policy)


def test_a_sweep_compared_with_itself_has_changed_in_nothing(swept):
    found = compare_sweeps(swept, swept, limits={"epsilon": 2})
    assert found.same_customers
    assert found.differences == (
        "Both sweeps are of the same task, so these are the same customers, paired draw by draw.",
    )
    known = found.changes[found.changes["change"].notna()]
    assert len(known) and (known["change"] == 0).all()
    drawn = known[known["part"] == "confirm"]
    assert (drawn["low"] == 0).all() and (drawn["high"] == 0).all()
    assert set(found.frontier["told"]) == {"stayed"}
    assert found.old_choice.policy == found.new_choice.policy
    assert found.told[1].startswith("From then to now, in profit in € per 1,000 decisions: 0, ")
    assert not found.only_old and not found.only_new


def test_the_variances_of_independent_customers_add_up(sweep_of):
    old, new = two(
        sweep_of, [{"auc": 0.70}, {"auc": 0.6}], [{"auc": 0.75}, {"auc": 0.6}], seeds=3, spread=0.02
    )
    found = compare_sweeps(old, new, maximise="auc")
    told = row_of(found, PLAIN, "auc")
    assert told["change"] == pytest.approx(0.05)
    each = 1.96 * 0.02 / np.sqrt(3)  # draws of the three seeds are independent in a made sweep
    assert (told["high"] - told["low"]) / 2 == pytest.approx(each * np.sqrt(2), rel=0.15)


def test_the_same_customers_are_paired_draw_by_draw(sweep_of):
    old, new = two(
        sweep_of, [{"auc": 0.7}, {}], [{"auc": 0.75}, {}], same=True, seeds=3, spread=0.02
    )
    told = row_of(compare_sweeps(old, new, maximise="auc"), PLAIN, "auc")
    assert told["change"] == pytest.approx(0.05)
    assert told["low"] == pytest.approx(0.05) and told["high"] == pytest.approx(0.05)


def test_the_same_customers_with_more_seeds_stay_paired(sweep_of):
    old = sweep_of([{"auc": 0.7}], seeds=2, noise=0.01, spread=0.02)
    new = sweep_of([{"auc": 0.7}], seeds=5, noise=0.01, spread=0.02)
    told = row_of(compare_sweeps(old, new, maximise="auc"), PLAIN, "auc")
    assert told["low"] < told["change"] < told["high"]
    assert told["old"] != told["new"]


@pytest.mark.parametrize("paired", [False, True])
def test_intervals_hold_the_true_change_about_as_often_as_they_say(paired):
    """Customers and seeds move both sweeps round the same truth; of paired ones the customers are shared."""
    rng, held = np.random.default_rng(5), 0
    for _ in range(400):
        customers = rng.normal(0, 0.02, (2, 1))
        customers[1] = customers[0] if paired else customers[1]
        seeds = rng.normal(0, 0.01, (2, 4))
        drawn = rng.normal(0, 0.02, (2, 1, 200))
        drawn[1] = drawn[0] if paired else drawn[1]
        sample = 0.7 + customers + seeds
        was, now = np.concatenate([sample[:, :, None], sample[:, :, None] + drawn], axis=2)
        _, low, high = _of_sums(was, now, paired=paired)
        held += low <= 0 <= high
    assert 0.93 * 400 <= held <= 0.98 * 400


def test_gaps_change_by_intervals_that_hold_for_all_groups(sweep_of):
    old, new = two(sweep_of, [{"selection_gap": 0.2}, {}], [{"selection_gap": 0.1}, {}], seeds=2)
    told = row_of(compare_sweeps(old, new), PLAIN, "selection_gap")
    assert told["change"] == pytest.approx(-0.1)
    assert told["low"] < -0.1 < told["high"]


def test_what_is_not_drawn_has_no_interval_and_one_seed_has_none(sweep_of):
    old, new = two(sweep_of, [{"reach": 0.2}, {}], [{"reach": 0.3}, {}])
    found = compare_sweeps(old, new)
    told = row_of(found, PLAIN, "reach")
    assert (told["part"], round(told["change"], 9)) == ("choose", 0.1)
    assert told["note"] == "no interval: not measured on draws of customers"
    assert row_of(found, PLAIN, "auc")["note"] == "no interval (one seed)"


def test_a_pick_that_changed_is_told_apart_from_noise_or_not(sweep_of):
    far = two(
        sweep_of,
        [{"profit_eur": 600.0}, {"profit_eur": 500.0}],
        [{"profit_eur": 400.0}, {"profit_eur": 500.0}],
        seeds=2,
    )
    found = compare_sweeps(*far)
    assert (found.old_choice.policy, found.new_choice.policy) == (PLAIN, PRIVATE)
    assert found.told[0] == (
        f"Without limits, the old sweep picks {PLAIN} and the new one {PRIVATE}."
    )
    assert re.fullmatch(
        r"On the customers of the new sweep the new pick less the old one, in profit in € per 1,000 "
        r"decisions: \+100 \[.*\], which is told apart from noise\.",
        found.told[1],
    )
    near = two(
        sweep_of,
        [{"profit_eur": 501.0}, {"profit_eur": 500.0}],
        [{"profit_eur": 499.0}, {"profit_eur": 500.0}],
        seeds=2,
        spread=5.0,
    )
    assert compare_sweeps(*near).told[1].endswith("which is not told apart from noise.")


def test_an_old_pick_that_breaks_a_limit_now_is_named_with_what_others_say(sweep_of):
    old, new = two(
        sweep_of,
        [{"profit_eur": 600.0, "selection_gap": 0.05}, {"selection_gap": 0.05}],
        [{"profit_eur": 600.0, "selection_gap": 0.15}, {"selection_gap": 0.05}],
        seeds=2,
    )
    found = compare_sweeps(old, new, limits={"selection_gap": 0.1})
    assert found.told[1] == (
        "The old pick no longer satisfies its limit on selection_gap: 0.150; on the confirm-customers the "
        "limit is neither confirmed nor refuted."
    )


def test_picks_that_never_ran_together_are_not_compared(sweep_of):
    old = sweep_of([{"model": "a"}], seeds=2)
    new = sweep_of([{"model": "b"}], seeds=2)
    found = compare_sweeps(old, new)
    assert found.told[1:] == (
        "The old pick did not run with every seed in the new sweep.",
        "Whether the two picks differ by more than noise cannot be told: no sweep has draws of both.",
    )
    assert [str(policy) for policy in found.only_old] == ["a, not private"]
    assert "No policy ran with every seed in both sweeps." in found.page().html()
    assert found.pick_change.empty


def test_without_a_pick_in_one_of_them_it_says_so(sweep_of):
    old, new = two(sweep_of, [{"selection_gap": 0.05}, {}], [{"selection_gap": 0.5}, {}], seeds=2)
    found = compare_sweeps(old, new, limits={"selection_gap": 0.1})
    assert found.told[0].endswith(f"the old sweep picks {PLAIN} and the new one no policy.")
    assert "Now: no policy satisfies the limits." in found.page().html()


def test_the_frontier_says_who_entered_and_who_left(sweep_of):
    old, new = two(
        sweep_of,
        [{"profit_eur": 600.0, "selection_gap": 0.1}, {"profit_eur": 500.0, "selection_gap": 0.1}],
        [{"profit_eur": 400.0, "selection_gap": 0.3}, {"profit_eur": 500.0, "selection_gap": 0.1}],
        seeds=2,
    )
    told = {
        Policy.of(row): row["told"] for row in compare_sweeps(old, new).frontier.to_dict("records")
    }
    assert told == {PLAIN: "left", PRIVATE: "stayed"}


def test_what_differs_is_told_in_words(sweep_of):
    old, new = two(sweep_of, [{}, {}], [{}, {}])
    task = json.loads(json.dumps(new.manifest["task"]))
    task["features"]["tenure"] = {"type": "number", "bounds": [0, 9]}
    del task["features"]["plan"]
    task["features"]["age"]["bounds"] = [18, 99]
    task["value"]["won_per_positive"] = 25.0
    facts = {
        **new.manifest,
        "task": task,
        "base_rate": 0.35,
        "group_sizes": {"band": {"a": 150, "b": 100}},
        "versions": {"equipoise": "1"},
        "plan": {**new.manifest["plan"], "models": ["m0"]},
    }
    found = compare_sweeps(old, dataclasses.replace(new, manifest=facts))
    for sentence in (
        "The customers are not the same; intervals take them to be independent.",
        "Rows: 1,200 then, 1,500 now.",
        "Recorded outcome: positive in 30.0 % then, in 35.0 % now.",
        "Groups of band, with their rows. a: 140 (58.3 %) then, 150 (60.0 %) now; b: 92 (38.3 %) then, "
        "100 (40.0 %) now; z: 8 (3.3 %) then, none now.",
        "Features: added tenure; gone plan.",
        "Features with other types, bounds or categories: age.",
        "Euros changed, and with them every profit: euros won 20 then, 25 now.",
        "Models: added m0.",
        "Versions: equipoise 0 then, 1 now.",
    ):
        assert sentence in found.differences, sentence


def test_the_same_customers_split_otherwise_are_said_to_be_that(sweep_of):
    old, new = two(sweep_of, [{}, {}], [{}, {}], same=True)
    plan = {**new.manifest["plan"], "split_seed": 3}
    found = compare_sweeps(old, dataclasses.replace(new, manifest={**new.manifest, "plan": plan}))
    assert not found.same_customers
    assert found.differences[0].startswith(
        "Both sweeps are of the same customers, but split otherwise."
    )


def test_sweeps_of_other_attributes_or_units_are_refused(sweep_of):
    old, new = two(sweep_of, [{}, {}], [{}, {}])
    plan = {**new.manifest["plan"], "attribute": "sex"}
    with pytest.raises(InputError) as refused:
        compare_sweeps(old, dataclasses.replace(new, manifest={**new.manifest, "plan": plan}))
    assert str(refused.value) == (
        "old, new must be of the same sensitive attribute, got 'band' and 'sex'. Sweep one of them again "
        "with the attribute of the other."
    )
    plan = {**new.manifest["plan"], "consent_policies": ["opt_in", "opt_out"]}
    consents = dataclasses.replace(new, manifest={**new.manifest, "plan": plan})
    with pytest.raises(InputError) as refused:
        compare_sweeps(old, consents)
    assert str(refused.value) == (
        "old, new must have a goal in the same unit, got profit_eur and campaign_eur. Name one that "
        "both have, such as maximise='auc'."
    )
    assert compare_sweeps(old, consents, maximise="auc").new_choice.maximise == "auc"
    with pytest.raises(InputError, match="maximise must be"):
        compare_sweeps(old, new, maximise="selection_gap")


def test_the_page_and_the_data_say_the_same(sweep_of):
    old, new = two(
        sweep_of,
        [{"profit_eur": 600.0}, {"opt_outs": np.nan}],
        [{"profit_eur": 400.0}, {"opt_outs": np.nan}],
        seeds=2,
    )
    found = compare_sweeps(old, new, limits={"epsilon": INF})
    record = found.to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["old"]["policy"] == str(choose(old, {}).policy)
    assert record["limits"] == {"epsilon": "inf"}
    assert len(record["changes"]) == len(found.frame())
    html = found.page().html()
    for part in (*found.told, *record["differences"], "What this page is", "Internal study"):
        assert part in re.sub(r"<[^>]+>", "", html).replace("&lt;", "<"), part
    assert "not estimable (then and now)" in html
