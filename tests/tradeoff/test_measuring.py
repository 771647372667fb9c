"""Many models at once: the figures of one audit a model, and the same draws for every policy."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from equipoise.fairness import audit
from equipoise.intervals import wilson
from equipoise.models.value import profit_curve
from equipoise.task import DecisionRule
from equipoise.tradeoff import Plan
from equipoise.tradeoff._attack import attack_advantage
from equipoise.tradeoff._draws import REPLICATES, _block, drawn_sums, fixed_point
from equipoise.tradeoff._measures import DRAWN, GAPS, MEASURES, PROFIT_BOUNDS, RATES_SHOWN
from equipoise.tradeoff._measuring import measured
from equipoise.tradeoff._parts import Part, prepare

ALLOWED = {"opt_in": "agreed", "opt_out": "not_refused"}
NOT_KNOWN = "the task records none in the days after a contact, and declares no rate above 0"


def prepared(task, **given):
    return prepare(task, Plan(epsilons=[float("inf")], seeds=1, **given).for_task(task))


def scores_of(task, models=3, decimals=2, seed=0):
    rng = np.random.default_rng(seed)
    chance = rng.random((models, len(task))) * 0.7 + 0.3 * task.y
    return np.round(chance, decimals)


def weights_of(part):
    """How often each draw takes the customer of each row of the whole, shape (rows, replicates)."""
    blocks = part.whole_customers.max() // 2048 + 1
    drawn = np.concatenate([_block(part.split_seed, part.name, k) for k in range(blocks)])
    return drawn[part.whole_customers].astype(float)


@pytest.fixture(scope="module")
def tried(task_with):
    """A part with customers who have three rows each, under a consent policy, with records."""
    task = task_with(4500, rows_per_customer=3, allowed=ALLOWED)
    rng = np.random.default_rng(8)
    chance = rng.uniform(0.3, 0.7, len(task))
    task = dataclasses.replace(
        task,
        treatment=pd.Series((rng.random(len(task)) < chance).astype(int)),
        treatment_probability=pd.Series(chance),
        opted_out=pd.Series(rng.integers(0, 2, len(task))),
    )
    part = prepared(task, consent_policies=("opt_out",)).choose["opt_out"]
    scores = scores_of(part.task)
    return part, scores, measured(part, scores, range(3))


@pytest.mark.parametrize("rows_per_customer", [1, 3])
def test_groups_and_gaps_are_those_of_one_audit_a_model(task_with, rows_per_customer):
    part = prepared(task_with(1500, rows_per_customer=rows_per_customer)).choose["as_given"]
    task, scores = part.task, scores_of(part.task)
    found = measured(part, scores, range(3))
    for k in range(3):
        audited = audit(
            task.y,
            task.decide(scores[k], seed=k).astype(int),
            groups=task.groups[["band"]],
            unit=task.unit,
        )
        told = audited.frame().merge(audited.trials(), on=["attribute", "group", "metric"])
        for group in found.groups[k]:
            own = told[told["group"] == group["group"]].set_index("metric")
            assert group["n"] == own["n"].iloc[0] == group["n_whole"]
            for rate in RATES_SHOWN:
                sides = [group[rate], *(group[f"{rate}_{s}"] for s in ("low", "high", "trials"))]
                wanted = own.loc[rate, ["value", "low", "high", "trials"]].astype(float)
                np.testing.assert_array_equal(sides, wanted)
        worst = audited.worst().set_index("metric")["gap"]
        for gap, rate in GAPS.items():
            assert found.measures[gap][k] == worst[rate]
        lowest = told.loc[told["metric"] == "true_positive_rate", "value"].min()
        assert found.measures["worst_group_tpr"][k] == lowest
        lost = told[(told["note"] != "") & told["metric"].isin(list(GAPS.values()))]
        notes = [f"{row.group}: {row.metric} {row.note}" for row in lost.itertuples()]
        assert [note for note in found.notes[k] if "_rate not" in note] == notes


def test_what_a_small_task_cannot_tell_is_said_once_and_never_zero(task):
    made = prepared(task)
    found = measured(made.choose["as_given"], scores_of(made.choose["as_given"].task), range(3))
    assert found.notes[0] == found.notes[1] == found.notes[2]
    z = sum(made.choose["as_given"].task.groups["band"] == "z")
    positive = sum(
        made.choose["as_given"].task.y[made.choose["as_given"].task.groups["band"] == "z"]
    )
    assert found.notes[0] == [
        f"z: selection_rate not estimable (n={z})",
        f"z: true_positive_rate not estimable (n={positive})",
        f"z: reach not estimable (n={z})",
        "attack_advantage: the fit-customers were not scored",
        f"opt_outs: {NOT_KNOWN}",
        f"complaints: {NOT_KNOWN}",
    ]
    for name in ("attack_advantage", "opt_outs", "complaints"):
        assert np.isnan(found.measures[name]).all()
    (z_row,) = (row for row in found.groups[0] if row["group"] == "z")
    assert np.isnan([z_row["selection_rate"], z_row["reach"], z_row["reach_low"]]).all()
    assert np.isnan(found.group_draws[:, :, 2]).all()
    confirm = measured(made.confirm["as_given"], scores_of(made.confirm["as_given"].task), range(3))
    assert "attack_advantage: it is measured on the choose-customers alone" in confirm.notes[0]


def test_measures_have_their_order_and_shapes(tried):
    part, _, found = tried
    assert list(found.measures) == [*MEASURES, *PROFIT_BOUNDS]
    assert all(told.shape == (3,) for told in found.measures.values())
    assert found.draws.shape == (3, REPLICATES + 1, len(DRAWN))
    assert found.group_draws.shape == (3, REPLICATES + 1, 3, 2)
    assert [row["group"] for row in found.groups[0]] == list(part.levels)


def test_profit_is_that_of_the_curve_and_a_campaign_is_of_all_customers(tried):
    part, scores, found = tried
    for k in range(3):
        curve = profit_curve(part.task, scores[k], seed=k).frame().set_index("contacts")
        told = curve.loc[part.task.decide(scores[k], seed=k).sum(), ["profit_eur", "low", "high"]]
        wanted = 1000 * told.astype(float) / len(part.task)
        names = ("profit_eur", *PROFIT_BOUNDS)
        assert [found.measures[name][k] for name in names] == pytest.approx(wanted.tolist())
        campaign = wanted.iloc[0] * len(part.task) / part.whole_rows
        assert found.measures["campaign_eur"][k] == pytest.approx(campaign)
        assert found.measures["auc"][k] == pytest.approx(roc_auc_score(part.task.y, scores[k]))


def test_reach_counts_the_contacted_of_all_rows_permitted_or_not(task_with):
    task = task_with(3000, allowed=ALLOWED)
    part = prepared(task, consent_policies=("opt_in",)).choose["opt_in"]
    scores = scores_of(part.task, models=1)
    found = measured(part, scores, [0])
    contacted = part.task.decide(scores[0], seed=0)
    assert found.measures["reach"][0] == contacted.sum() / part.whole_rows
    shares = []
    for code, row in enumerate(found.groups[0][:2]):
        hits, of = contacted[part.codes == code].sum(), part.whole_groups[code]
        assert (row["reach"], row["reach_low"], row["reach_high"]) == tuple(wilson(hits, of))
        assert row["reach_trials"] == of
        assert (row["n"], row["n_whole"]) == ((part.codes == code).sum(), of)
        shares.append(hits / of)
    assert found.measures["reach_gap"][0] == pytest.approx(abs(shares[0] - shares[1]))


def test_a_group_that_nobody_of_is_permitted_is_reached_by_nothing(task_with):
    task = task_with(3000, allowed=ALLOWED)
    allowed = task.allowed.assign(opt_in=task.allowed["opt_in"] & (task.groups["band"] != "b"))
    task = dataclasses.replace(task, allowed=allowed)
    part = prepared(task, consent_policies=("opt_in",)).choose["opt_in"]
    found = measured(part, scores_of(part.task, models=1), [0])
    _, b, _ = found.groups[0]
    assert (b["group"], b["n"], b["reach"]) == ("b", 0, 0.0)
    assert b["n_whole"] > 100
    assert np.isnan([b["selection_rate"], b["base_rate"]]).all()
    assert found.measures["reach_gap"][0] == found.groups[0][0]["reach"]
    assert np.isnan([*found.measures["selection_gap"], *found.draws[0, :, 3]]).all()
    assert "b: selection_rate not estimable (n=0)" in found.notes[0]
    lost = "selection_gap: not estimable (fewer than two groups large enough)"
    assert lost in found.notes[0]


def test_contacts_cause_what_is_recorded_or_declared_per_thousand_of_all_customers(tried):
    part, scores, found = tried
    task = part.task
    treated, chance = task.treatment.to_numpy(), task.treatment_probability.to_numpy()
    net = task.opted_out * np.where(treated == 1, 1 / chance, -1 / (1 - chance))
    contacted = [
        [task.decide(own, seed=seed) for seed in range(400)] for own in scores[:1]
    ]  # ties at the cut, broken many ways
    broken = [1000 * net[who].sum() / part.whole_rows for who in contacted[0]]
    off = np.std(broken) / 20
    assert found.measures["opt_outs"][0] == pytest.approx(np.mean(broken), abs=5 * off + 1e-9)
    value = task.value.model_copy(update={"complaints_per_contact": 0.03})
    declared = dataclasses.replace(task, file=task.file.model_copy(update={"value": value}))
    told = measured(dataclasses.replace(part, task=declared), scores, range(3))
    assert told.measures["complaints"] == pytest.approx(30 * told.measures["reach"])


def test_members_are_attacked_where_they_were_scored(task):
    part = prepared(task).choose["as_given"]
    scores, members = scores_of(part.task), scores_of(part.members, seed=5)
    found = measured(part, scores, range(3), members)
    wanted = [
        attack_advantage(part.members.y, own, part.task.y, other)
        for own, other in zip(members, scores, strict=True)
    ]
    assert found.measures["attack_advantage"].tolist() == wanted
    assert not any("attack" in note for note in found.notes[0])


def test_without_euros_there_is_no_profit(task):
    bare = dataclasses.replace(task, file=task.file.model_copy(update={"value": None}))
    part = prepared(bare).choose["as_given"]
    found = measured(part, scores_of(part.task), range(3))
    for name in ("profit_eur", "campaign_eur", *PROFIT_BOUNDS):
        assert np.isnan(found.measures[name]).all()
    assert np.isnan(found.draws[:, :, [1, 2]]).all()
    assert "profit_eur: the task has no euros" in found.notes[0]
    assert "campaign_eur: the task has no euros" in found.notes[0]


def test_few_contacts_have_a_profit_without_an_interval(task):
    rule = task.file.model_copy(update={"decision": DecisionRule(threshold=0.97)})
    part = prepared(dataclasses.replace(task, file=rule)).choose["as_given"]
    found = measured(part, scores_of(part.task, models=1), [0])
    assert np.isfinite(found.measures["profit_eur"][0])
    assert np.isnan(found.measures[PROFIT_BOUNDS[0]][0])
    lost = "profit_eur: no interval, since fewer than ten customers are contacted"
    assert found.notes[0][-1] == lost


def test_too_few_of_an_outcome_have_no_area(task):
    y = np.zeros(len(task), dtype=int)
    for rows in dataclasses.asdict(task.split(seed=0)).values():
        y[rows[:9]] = 1
    part = prepared(dataclasses.replace(task, y=y)).choose["as_given"]
    found = measured(part, scores_of(part.task, models=1), [0])
    assert np.isnan([found.measures["auc"][0], *found.draws[0, :, 0]]).all()
    assert "auc: not estimable (n=9)" in found.notes[0]


def same(one, other):
    for name, told in one.measures.items():
        np.testing.assert_array_equal(told, other.measures[name])
    np.testing.assert_array_equal(one.draws, other.draws)
    np.testing.assert_array_equal(one.group_draws, other.group_draws)
    for own, others in zip(one.groups, other.groups, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(own), pd.DataFrame(others), check_exact=True)
    assert one.notes == other.notes


def test_a_model_has_the_same_figures_alone_and_among_sixteen(tried):
    part, _, _ = tried
    scores = scores_of(part.task, models=16, decimals=9)
    scores[3:6] = scores[3:6].round(1)
    many = measured(part, scores, range(16))
    alone = [measured(part, scores[[k]], [k]) for k in range(16)]
    joined = dataclasses.replace(
        many,
        measures={n: np.concatenate([one.measures[n] for one in alone]) for n in many.measures},
        notes=[one.notes[0] for one in alone],
        groups=[one.groups[0] for one in alone],
        draws=np.concatenate([one.draws for one in alone]),
        group_draws=np.concatenate([one.group_draws for one in alone]),
    )
    same(many, joined)
    same(measured(part, np.asfortranarray(scores), range(16)), many)


def test_the_first_replicate_is_the_sample_itself(tried):
    _, _, found = tried
    for place, name in enumerate(DRAWN):
        np.testing.assert_array_equal(found.draws[:, 0, place], found.measures[name])
    for k, rows in enumerate(found.groups):
        rates = [[row["selection_rate"], row["true_positive_rate"]] for row in rows]
        np.testing.assert_array_equal(found.group_draws[k, 0], rates)


def test_draws_weigh_customers_and_measure_the_rest_exactly(tried):
    part, scores, found = tried
    task, weights = part.task, weights_of(part)
    drawn = pd.DataFrame(found.draws[0], columns=list(DRAWN))
    contacted = task.decide(scores[0], seed=0)
    broken = [task.decide(scores[0], seed=seed) for seed in range(400)]
    taken = np.mean(broken, axis=0)
    profit = task.profit_eur(np.ones(len(task), dtype=bool))
    for replicate in (1, 2, REPLICATES):
        every = weights[:, replicate - 1]
        own, whole = every[part.permitted], every.sum()
        row = drawn.loc[replicate]
        euros = 1000 * (own * taken) @ profit
        assert row["profit_eur"] == pytest.approx(euros / own.sum(), rel=0.02)
        assert row["campaign_eur"] == pytest.approx(row["profit_eur"] * own.sum() / whole)
        selected, reached, of_all = [], [], []
        for code in (0, 1):  # the third group is not estimable
            inside, positive = part.codes == code, task.y == 1
            selected.append(np.average(contacted[inside], weights=own[inside]))
            both = inside & positive
            reached.append(np.average(contacted[both], weights=own[both]))
            hits = own[inside & contacted].sum()
            of_all.append(hits / every[part.whole_codes == code].sum())
            shown = found.group_draws[0, replicate, code]
            assert shown.tolist() == pytest.approx([selected[-1], reached[-1]])
        assert row["selection_gap"] == pytest.approx(np.ptp(selected))
        assert row["opportunity_gap"] == pytest.approx(np.ptp(reached))
        assert row["worst_group_tpr"] == pytest.approx(min(reached))
        assert row["reach_gap"] == pytest.approx(np.ptp(of_all))
    assert np.isnan(drawn["complaints"]).all()
    assert drawn["opt_outs"].notna().all()


def test_amounts_of_draws_are_exact_where_no_score_is_tied(tried):
    part, _, _ = tried
    scores = scores_of(part.task, models=2, decimals=12)
    found, weights = measured(part, scores, range(2)), weights_of(part)
    own = weights[part.permitted]
    for k in range(2):
        profit = part.task.profit_eur(part.task.decide(scores[k], seed=k))
        wanted = 1000 * profit @ own / own.sum(axis=0)
        np.testing.assert_allclose(found.draws[k, 1:, 1], wanted, rtol=1e-7)


def test_drawn_areas_are_near_the_weighted_ones(tried):
    part, scores, found = tried
    own = weights_of(part)[part.permitted]
    wanted = [
        roc_auc_score(part.task.y, scores[0], sample_weight=own[:, k]) for k in range(REPLICATES)
    ]
    error, spread = found.draws[0, 1:, 0] - wanted, np.std(wanted)
    assert abs(error.mean()) < 0.02 * spread
    assert error.std() < 0.1 * spread


def test_every_policy_and_consent_policy_draws_the_same_customers(task_with):
    task = task_with(12000, allowed=ALLOWED)  # more customers than a block of draws
    made = prepared(task, consent_policies=("opt_in", "opt_out"))
    one, other = made.choose["opt_in"], made.choose["opt_out"]
    assert one.whole_rows > 2048
    rows = [drawn_sums(part, lambda rows: np.ones((1, len(rows))), 1)[1] for part in (one, other)]
    np.testing.assert_array_equal(rows[0].sum(axis=1), rows[1].sum(axis=1))
    np.testing.assert_array_equal(rows[0].sum(axis=(0, 1)), weights_of(one).sum(axis=0))
    assert (rows[0][:, 2].sum() > rows[1][:, 2].sum() > 0).all()


def test_draws_take_a_customer_once_on_average_and_differ_by_part_and_seed():
    drawn = [_block(0, "choose", 0), _block(0, "choose", 1), _block(0, "confirm", 0)]
    drawn.append(_block(1, "choose", 0))
    for one in drawn:
        assert abs(one.mean() - 1) < 0.01
        assert abs(one.var() - 1) < 0.02
    for one in range(4):
        for other in range(one):
            assert abs(np.corrcoef(drawn[one].ravel(), drawn[other].ravel())[0, 1]) < 0.01


def test_sums_of_scaled_amounts_are_whole_numbers_below_the_last_exact_one():
    for values in (np.array([1e-9, 3.0]), np.full(10**6, 1e7), np.array([0.7])):
        most = 31 * len(values) * np.rint(values.max() * fixed_point(values))
        assert 2**49 < most < 2**53
    assert fixed_point(np.zeros(5)) == 1.0


def test_a_draw_without_a_row_of_an_estimable_group_has_no_gap(task):
    """Ten customers of a group, of whom a draw may take none: no gap is told of that draw."""
    part = prepared(task).choose["as_given"]
    weights = weights_of(part)
    none = int(np.argmin(weights[:10].sum(axis=0)))
    own = np.flatnonzero(weights[:, none] == 0)[:10]
    codes = np.zeros(len(part.task), dtype=np.intp)
    codes[own] = 1
    found = measured(dataclasses.replace(part, whole_codes=codes), scores_of(part.task), range(3))
    assert np.isnan(found.draws[:, 1 + none, DRAWN.index("selection_gap")]).all()
    assert np.isfinite(found.draws[:, 0, DRAWN.index("selection_gap")]).all()


def test_draws_of_profit_hold_the_known_expectation(task_with):
    """Binomial bounds: of 200 intervals at 95 %, fewer than 178 or none outside is improbable."""
    task = task_with(300)
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.05, 0.6, 300)
    score = np.where(np.arange(300) < 75, 0.9, 0.1)
    covered = 0
    for run in range(200):
        drawn = rng.integers(300, size=300)  # a fresh sample of customers, with fresh outcomes
        y = (rng.random(300) < chance[drawn]).astype(int)
        rule = task.file.model_copy(update={"decision": DecisionRule(threshold=0.5)})
        part = Part(
            "confirm",
            dataclasses.replace(task, y=y, file=rule),
            ("a",),
            np.zeros(300, dtype=np.intp),
            np.arange(300),
            np.arange(300),
            run,
        )
        draws = measured(part, score[drawn][None], [0]).draws[0, 1:, DRAWN.index("profit_eur")]
        low, high = np.quantile(draws, [0.025, 0.975])
        covered += low <= 1000 * np.mean((score > 0.5) * (15 * chance - 1)) <= high
    assert 178 <= covered <= 199
