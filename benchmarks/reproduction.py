"""Results that a faithful laboratory must reproduce, with intervals and with the sign that was found.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/reproduction.py [telco_churn.csv]

Seeds are fixed. `sd` is over seeds (noise and training); intervals in brackets are 95 %, over seeds for
means of seeds, over customers and seeds for effects. Telco's rows are printed where the file is given.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

import equipoise as eq
from equipoise.crm import make_crm
from equipoise.fairness import audit_counts, count_table
from equipoise.fairness.mitigation import reweighing
from equipoise.privacy import learning, noisy_counts
from equipoise.task import (
    DecisionRule,
    Feature,
    Group,
    Outcome,
    Source,
    Task,
    TaskFile,
    Value,
    build_task,
    describe,
    read_task,
)
from equipoise.tradeoff import ways_out
from equipoise.tradeoff.comparisons import compare_orders, effect_of_epsilon, price_of_consent

DELTA, INF = 1e-6, math.inf
EUROS = Value(won_per_positive=35.0, discount_per_positive=7.0, cost_per_contact=0.9)


def show(title: str, table: pd.DataFrame) -> None:
    print(f"\n{title}\n{table.to_string(index=False)}", flush=True)


def over_seeds(values) -> str:
    """Return a mean over seeds with its 95 % interval."""
    values = np.asarray(values, float)
    reach = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return f"{values.mean():.3f} [{values.mean() - reach:.3f}, {values.mean() + reach:.3f}]"


def two_groups(n: int, share: float, seed: int) -> Task:
    """Draw customers of whom a share behaves in ways of its own, told by columns of its own."""
    rng = np.random.default_rng(seed)
    small = rng.random(n) < share
    told = rng.uniform(-1, 1, (n, 6))
    told[small, :3], told[~small, 3:] = 0.0, 0.0
    odds = told[:, :3] @ [2, -2, 1.5] + told[:, 3:] @ [2, -2, 1.5] - 0.8
    frame = pd.DataFrame(told, columns=[f"{where}_{k}" for where in ("shop", "app") for k in "abc"])
    features = {name: Feature(type="number", bounds=(-1, 1)) for name in frame}
    frame["id"] = [f"c{k}" for k in range(n)]
    frame["kind"] = np.where(small, "app", "shop")
    frame["answered"] = np.where(rng.random(n) < expit(odds), "yes", "no")
    return build_task(
        frame,
        TaskFile(
            name="two_groups",
            source=Source(file="none"),
            unit="id",
            outcome=Outcome(column="answered", positive=("yes",), negative=("no",)),
            groups={"kind": Group(reference="shop")},
            features=features,
            decision=DecisionRule(top_share=0.3),
            value=EUROS,
        ),
    )


def utility() -> None:
    """R1: area under the curve rises with epsilon and with the number of customers."""
    rows = []
    whole = make_crm(customers=60_000, seed=7).task("offer_response").under("everyone")
    plan = eq.Plan(
        epsilons=(0.1, 0.3, 1, 3, INF), delta=DELTA, models=["private_logistic"],
        mitigations=["none"], seeds=10,
    )  # fmt: skip
    for n in (1_000, 4_000, 16_000, 30_000):
        frame = eq.sweep(whole.take(np.arange(n)), plan, jobs=1).frame()
        rows.append(
            {"customers": n}
            | {f"epsilon {e:g}": over_seeds(part["auc"]) for e, part in frame.groupby("epsilon")}
        )
    show(
        "R1  AUC of the private logistic model on simulated customers, 10 seeds, 60 % to fit on",
        pd.DataFrame(rows),
    )


def telco(path: Path) -> None:
    """R1 on Telco: a flat gap with our learner, levelling down with diffprivlib's."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = {"outcome": "Churn", "positive": "Yes", "unit": "customerID"}
        file = Path(folder) / "telco.yaml"
        file.write_text(describe(path, groups=["SeniorCitizen"], folder=folder, **asked))
        task = read_task(file)
        senior = task.groups["SeniorCitizen"].eq("1").to_numpy()
        rows = []
        for split in range(10):
            parts = task.split(seed=split)
            held = np.r_[parts.choose, parts.confirm]
            fit, rest = task.take(parts.fit), task.take(held)
            for name, learner in (
                ("private_logistic", learning.PrivateLogisticRegression),
                ("diffprivlib_logistic", learning.DiffprivlibLogisticRegression),
            ):
                for epsilon in (0.1, 0.3, 1.0, 3.0, INF):
                    told = {"bounds": task.bounds, "bounds_from_data": task.bounds_from_data}
                    if name == "private_logistic":
                        told["delta"] = DELTA
                    model = learner(epsilon=epsilon, random_state=split, **told).fit(fit.X, fit.y)
                    scores = model.predict_proba(rest.X)[:, 1]
                    area = {
                        kind: roc_auc_score(rest.y[mask], scores[mask])
                        for kind, mask in (("seniors", senior[held]), ("others", ~senior[held]))
                    }
                    rows.append({"model": name, "epsilon": epsilon} | area)
    frame = pd.DataFrame(rows).assign(gap=lambda f: f["others"] - f["seniors"])
    table = frame.groupby(["model", "epsilon"], sort=False).agg(over_seeds).reset_index()
    show("R1  Telco, AUC by group and the gap between them, 10 splits and seeds", table)


def small_group_first() -> None:
    """R2: privacy hurts the small group first, and the sign of the difference turns with its share."""
    rows = []
    for share in (0.05, 0.2, 0.5, 0.8):
        plan = eq.Plan(
            epsilons=(0.1, 0.3, 1, INF), delta=DELTA, models=["private_logistic"],
            mitigations=["none"], seeds=20,
        )  # fmt: skip
        result = eq.sweep(two_groups(20_000, share, 1), plan, jobs=1)
        effects = effect_of_epsilon(result, "true_positive_rate")
        between = effects.between_groups().set_index(["epsilon", "group"])
        for epsilon, part in effects.frame().groupby("epsilon"):
            told = {
                f"{row.group}": f"{row.effect:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
                for row in part.itertuples()
            }
            other = between.loc[(epsilon, "app")]
            noise = part.set_index("group").loc["app"]
            rows.append(
                {"share of app": share, "epsilon": epsilon}
                | told
                | {
                    "app less shop": f"{other.effect:+.3f} [{other.low:+.3f}, {other.high:+.3f}]",
                    "app: sd of noise": f"{math.sqrt(noise.noise_variance):.3f}",
                    "app: se of customers": f"{math.sqrt(noise.sampling_variance):.3f}",
                }
            )
    show(
        "R2  Effect of epsilon on the true positive rate of customers of the shop and of the app, who behave "
        "in ways of their own; 20,000 customers, 20 seeds",
        pd.DataFrame(rows),
    )


def more_data_or_more_epsilon() -> None:
    """R2: four times the small group's data beside four times the epsilon."""
    rows = []
    fresh = two_groups(60_000, 0.5, 99)
    app = fresh.groups["kind"].eq("app").to_numpy()
    bounds = dict(fresh.bounds)
    for epsilon in (0.25, 0.5, 1.0, 2.0, 4.0):
        areas = {}
        for name, share, times in (
            ("as it is", 0.05, 1),
            ("four times the epsilon", 0.05, 4),
            ("four times its data", 0.2, 1),
        ):
            found = []
            for draw in range(5):
                n = round(3_000 * 0.95 / (1 - share))
                task = two_groups(n, share, draw)
                learner = learning.PrivateLogisticRegression(epsilon=1, delta=DELTA, bounds=bounds)
                many = learning.fit_many(
                    learner, task.X, task.y, epsilons=[times * epsilon], seeds=range(8)
                )
                scores = many.decision_function(fresh.X[app])[0]
                found += [roc_auc_score(fresh.y[app], one) for one in scores]
            areas[name] = over_seeds(found)
        rows.append({"epsilon": epsilon} | areas)
    show(
        "R2  AUC among customers of the app, 5 % of 3,000: what helps them (5 draws of customers, 8 seeds)",
        pd.DataFrame(rows),
    )


def tends_to_non_private() -> None:
    """R5: the gap of a private model tends to that of the same model without privacy."""
    rows = []
    for n in (1_000, 4_000, 16_000, 64_000):
        plan = eq.Plan(
            epsilons=(0.5, INF), delta=DELTA, models=["private_logistic"], mitigations=["none"],
            seeds=20,
        )  # fmt: skip
        frame = eq.sweep(two_groups(n, 0.2, 3), plan, jobs=1).frame()
        told = {"customers": n}
        for gap in ("selection_gap", "opportunity_gap"):
            wide = frame.pivot(index="seed", columns="epsilon", values=gap)
            told[f"distance of {gap}"] = over_seeds((wide[0.5] - wide[INF]).abs())
        rows.append(told)
    show(
        "R5  Distance between a gap at epsilon 0.5 and without privacy, 20 seeds",
        pd.DataFrame(rows),
    )


def orders() -> None:
    """R9: mitigate then privatise, privatise then mitigate, or both in one objective."""
    crm = make_crm(
        customers=40_000, seed=7,
        distortions=[eq.crm.distortions.HistoricalTargeting(dose=0.8, group=("community", "B"))],
    )  # fmt: skip
    plan = eq.Plan(
        epsilons=(0.3, 1, 3, INF), delta=DELTA, models=["private_logistic"],
        mitigations=["none", "reweighing", "group_thresholds", "score_gap_penalty"], seeds=10,
        attribute="community",
    )  # fmt: skip
    found = compare_orders(eq.sweep(crm.task("offer_response"), plan, jobs=1))
    table = found.frame()
    shown = [name for name in table if name not in ("model", "consent_policy", "told")]
    show("R9  Joint or sequential, on 40,000 simulated customers", table[shown].round(3))
    print("\n".join(found.answers))


def group_at_decision() -> None:
    """R7: the trade-off is milder where the group may be used when deciding."""
    rows = []
    for customers in (10_000, 40_000):
        plan = eq.Plan(
            epsilons=(0.5, 1, 3, INF), delta=DELTA, models=["private_logistic"],
            mitigations=["none", "reweighing", "group_thresholds_tpr"], seeds=10,
        )  # fmt: skip
        frame = eq.sweep(unequal_groups(customers), plan, jobs=1).frame()
        for (mitigation, epsilon), part in frame.groupby(["mitigation", "epsilon"], sort=False):
            rows.append(
                {
                    "customers": customers,
                    "mitigation": mitigation,
                    "epsilon": epsilon,
                    "opportunity_gap": over_seeds(part["opportunity_gap"]),
                    "profit_eur": over_seeds(part["profit_eur"]),
                }
            )
    show(
        "R7  Thresholds by group when deciding, beside weights when training, 10 seeds",
        pd.DataFrame(rows),
    )


def unequal_groups(n: int) -> Task:
    """Draw two groups, a third of whom have a lower base rate that a feature gives away."""
    rng = np.random.default_rng(5)
    few = rng.random(n) < 1 / 3
    told = rng.normal(np.where(few, -0.4, 0.2)[:, None], 1, (n, 4)).clip(-4, 4)
    odds = told @ [1.0, 0.6, -0.4, 0.3] - 1.0 - 0.4 * few
    frame = pd.DataFrame(told, columns=list("abcd"))
    frame = frame.assign(
        id=[f"c{k}" for k in range(n)],
        kind=np.where(few, "few", "many"),
        answered=np.where(rng.random(n) < expit(odds), "yes", "no"),
    )
    file = two_groups(200, 0.5, 0).file
    changed = {
        "groups": {"kind": Group(reference="many")},
        "features": {name: Feature(type="number", bounds=(-4, 4)) for name in "abcd"},
        "decision": DecisionRule(top_share=0.2),
    }
    return build_task(frame, file.model_copy(update=changed))


def through_synthetic() -> None:
    """R12: private synthesis and a mitigation, beside the mitigation inside the private learner."""
    task = unequal_groups(20_000)
    parts = task.split(seed=0)
    fit, rest = task.take(parts.fit), task.take(np.r_[parts.choose, parts.confirm])
    few = rest.groups["kind"].eq("few").to_numpy()
    bounds = {**task.bounds, "kind": ("few", "many")}
    rows = []
    for epsilon in (0.3, 1.0, 3.0):
        found: dict[str, list[tuple[float, float]]] = {}
        for seed in range(10):
            made = ways_out.synthetic(
                fit, attribute="kind", groups=["few", "many"], epsilon=epsilon, delta=DELTA,
                random_state=seed,
            ).task  # fmt: skip
            weights = reweighing(made.y, made.groups["kind"])
            plain = eq.models.propensity(made).fit(made.X, made.y, model__sample_weight=weights)
            inside = learning.ReweighedLogisticRegression(
                epsilon=epsilon, delta=DELTA, bounds=bounds, group="kind", random_state=seed
            ).fit(fit.X.assign(kind=fit.groups["kind"]), fit.y)
            scored = {
                "synthesis, then reweighing": plain.predict_proba(rest.X)[:, 1],
                "reweighing inside": inside.predict_proba(rest.X.assign(kind=rest.groups["kind"]))[
                    :, 1
                ],
            }
            for name, scores in scored.items():
                contacted = rest.decide(scores, seed=seed)
                gap = contacted[~few].mean() - contacted[few].mean()
                found.setdefault(name, []).append((roc_auc_score(rest.y, scores), gap))
        for name, values in found.items():
            area, gap = zip(*values, strict=True)
            rows.append(
                {"epsilon": epsilon, "way": name, "AUC": over_seeds(area), "gap": over_seeds(gap)}
            )
    show(
        "R12  Two ways to a private, reweighed model of 12,000 customers, 10 seeds",
        pd.DataFrame(rows),
    )


def audits_of_small_groups() -> None:
    """R11: under a small epsilon the audit of a small group says nothing."""
    rng = np.random.default_rng(0)
    rows = []
    for size in (30, 100, 300, 1_000, 5_000):
        group = np.r_[np.repeat("others", 20_000), np.repeat("few", size)]
        y = (rng.random(len(group)) < 0.3).astype(int)
        contacted = (rng.random(len(group)) < np.where(group == "few", 0.1, 0.2)).astype(int)
        table = count_table(
            pd.DataFrame({"group": group, "y": y, "contacted": contacted}),
            by=["group"], y_true="y", y_pred="contacted",
        )  # fmt: skip
        told: dict[str, object] = {"customers": size}
        for epsilon in (0.01, 0.03, 0.1, 0.3, 1.0):
            widths, lost = [], 0
            for seed in range(20):
                noisy = noisy_counts(
                    table, epsilon=epsilon, delta=0, random_state=seed,
                    attributes={"group": ["others", "few"]},
                )  # fmt: skip
                rates = audit_counts(noisy.frame(), reference={"group": "others"}).frame()
                own = rates.query("group == 'few' and metric == 'selection_rate'").iloc[0]
                lost += not np.isfinite(own["value"])
                widths.append(own["high"] - own["low"])
            width = np.nanmean(widths) if lost < 20 else np.nan
            told[f"epsilon {epsilon:g}"] = f"{width:.2f}, lost {lost}/20"
        rows.append(told)
    show(
        "R11  Width of the 95 % interval of a group's contact rate from noisy counts, and how often "
        "it is not estimable",
        pd.DataFrame(rows),
    )


def best_of_many() -> None:
    """The best of 24 equal policies on the 6,000 customers that it was chosen on, and on others."""
    rows = []
    for alike in (0.0, 0.5, 0.8):
        rng = np.random.default_rng(11)
        chosen, others = [], []
        for _ in range(400):
            picked = None
            for part in (chosen, others):
                euros = 28.0 * (rng.random(6_000) < 0.2) - 0.9
                shared, own = rng.standard_normal(6_000), rng.standard_normal((24, 6_000))
                score = math.sqrt(alike) * shared + math.sqrt(1 - alike) * own
                cut = np.partition(score, -1_200, axis=1)[:, [-1_200]]
                profit = euros * (score >= cut)
                means = profit.mean(axis=1)
                picked = int(means.argmax()) if picked is None else picked
                error = profit[picked].std() / math.sqrt(6_000)
                part.append((means[picked] - 0.2 * (0.2 * 28.0 - 0.9)) / error)
        rows.append(
            {
                "correlation of scores": alike,
                "on the customers it was chosen on": over_seeds(chosen),
                "on the confirm-customers": over_seeds(others),
            }
        )
    show(
        "Best of 24 equal policies, 6,000 customers: overstated by so many standard errors (400 draws)",
        pd.DataFrame(rows),
    )


def consent() -> None:
    """What a consent policy costs beside what an epsilon costs."""
    plan = eq.Plan(
        epsilons=(0.3, 1, INF), delta=DELTA, models=["private_logistic"], mitigations=["none"],
        consent_policies=["everyone", "opt_out", "opt_in"], seeds=10, attribute="age_band",
    )  # fmt: skip
    result = eq.sweep(make_crm(customers=40_000, seed=7).task("offer_response"), plan, jobs=1)
    table = result.policies()
    shown = ["consent_policy", "epsilon", "auc", "campaign_eur", "reach", "reach_gap", "opt_outs",
             "complaints"]  # fmt: skip
    show("Price of consent and of privacy, means over 10 seeds", table[shown].round(3))
    priced = price_of_consent(result).frame()
    show("Differences to contacting under `everyone`, same customers", priced.round(3))


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("telco", nargs="?", type=Path)
    asked = parser.parse_args()
    utility()
    if asked.telco is not None:
        telco(asked.telco)
    small_group_first()
    more_data_or_more_epsilon()
    tends_to_non_private()
    orders()
    group_at_decision()
    through_synthetic()
    audits_of_small_groups()
    best_of_many()
    consent()


if __name__ == "__main__":
    main()
