"""Four attacks, each before and after its remedy, on simulated customers.

    .venv/bin/python benchmarks/attacks.py [customers]

Every figure is a mean over seeds of the simulator and of the attack, with the least and the most that a
seed gave; intervals over customers are in the frames of each result. No figure bounds what another
attacker could do.
"""

from __future__ import annotations

import hashlib
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

import equipoise as eq
from equipoise.crm import identities
from equipoise.models import propensity
from equipoise.privacy.anonymity import anonymise
from equipoise.privacy.attacks import (
    attribute_inference,
    linkage,
    membership,
    reconstruct,
    within_generalised,
)
from equipoise.privacy.queries.mechanisms import LaplaceMechanism

SEEDS = range(5)
ON_THE_LIST = 0.85  # share of customers whom the attacker's public list names
EXPORTED = 0.5
KNOWN = ["postcode_area", "birth_date", "gender"]
STEPS = {
    "postcode_area": [2, 1, "*"],
    "birth_date": ["month", "quarter", "year", 5, 10, 20, "*"],
    "gender": ["*"],
}
GROUPS = ["gender", "age_band", "income_band", "community"]


def people_of(crm):
    area = crm.tables["contacts"][["individual_id", "postcode_area"]]
    return crm.tables["individuals"].merge(area, on="individual_id")


def linked(crm, seed):
    """Yield the remedy and the linkage it leaves."""
    people = people_of(crm)
    emails = identities(people, seed=seed)["email"]
    people = people.assign(email=emails.to_numpy())
    public = people.sample(frac=ON_THE_LIST, random_state=seed)
    export = people.sample(frac=EXPORTED, random_state=seed + 1000)

    def hashed(column):
        return column.map(lambda text: hashlib.sha256(text.encode()).hexdigest())

    def link(released, names, attacker=public, **given):
        groups = people.loc[released.index, GROUPS]
        return linkage(released, attacker, names, identity="individual_id", groups=groups, **given)

    yield "names removed, e-mail kept", link(export, ["email"])
    closed = export.assign(email=hashed(export["email"]))
    opened = public.assign(email=hashed(public["email"]))
    yield "e-mail hashed (SHA-256)", link(closed, ["email"], opened)
    yield "e-mail removed: area, birth date, gender", link(export, KNOWN)
    yield "birth date coarsened to age", link(export, ["postcode_area", "age", "gender"])
    yield "age coarsened to band", link(export, ["postcode_area", "age_band", "gender"])
    for k in (3, 10):
        kept = export[["individual_id", *KNOWN]]
        released = anonymise(kept, quasi_identifiers=STEPS, k=k).table
        matches = dict.fromkeys(KNOWN, within_generalised)
        yield f"k-anonymous, k = {k}", link(released, KNOWN, matches=matches)


def models_of(task):
    """Yield name and learner: one that overfits, and what can be put in its place."""
    plain = propensity(task)
    columns = plain.named_steps["columns"]
    yield "random forest, grown out", make_pipeline(columns, RandomForestClassifier(100))
    pruned = RandomForestClassifier(100, min_samples_leaf=50)
    yield "random forest, leaves of 50", make_pipeline(columns, pruned)
    yield "logistic regression", plain
    for epsilon in (8.0, 1.0):
        private = eq.privacy.PrivateLogisticRegression(
            epsilon=epsilon, delta=1e-6, bounds=task.bounds
        )
        yield f"private, epsilon {epsilon:g}", private


def team_of(crm, seed):
    people = people_of(crm)
    high = people["income_band"] == "high"
    return pd.concat(
        [people[high].sample(8, random_state=seed), people[~high].sample(12, random_state=seed)]
    )


def counted(crm, seed):
    """Yield what is answered and what it gives away about 20 people, 8 with a high income."""
    team = team_of(crm, seed)
    secret = team["income_band"] == "high"
    known = ["gender", "age_band", "community", "household_size"]
    for counts, epsilon in (
        (5, np.inf), (10, np.inf), (20, np.inf), (40, np.inf), (20, 1.0), (20, 0.25), (20, 0.05),
    ):  # fmt: skip
        mechanism = None
        if np.isfinite(epsilon):
            mechanism = LaplaceMechanism(sensitivity=1, epsilon=epsilon)
        name = f"{counts} counts, " + (
            f"epsilon {epsilon:g} each, {counts * epsilon:g} in all" if mechanism else "exact"
        )
        yield (
            name,
            reconstruct(team, secret, known, counts=counts, mechanism=mechanism, random_state=seed),
        )


def shown(table, keys):
    """Print mean [least, most] over seeds of every measure."""
    values = [name for name in table if name not in [*keys, "seed"]]
    grouped = table.groupby(keys, sort=False)[values]
    text = grouped.agg(
        lambda own: (
            "-" if own.isna().all() else f"{own.mean():.3f} [{own.min():.3f}, {own.max():.3f}]"
        )
    )
    print(text.reset_index().to_string(index=False), "\n")


def pick(frame, **where):
    rows = frame
    for name, value in where.items():
        rows = rows[rows[name] == value]
    return rows.iloc[0]


def main() -> None:
    warnings.simplefilter("ignore")
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    started = time.perf_counter()
    links, members, attributes, counts, groups, words = [], [], [], [], [], []
    for seed in SEEDS:
        crm = eq.make_crm(customers=customers, seed=seed)
        task = crm.task("offer_response")
        for remedy, result in linked(crm, seed):
            row = result.frame().iloc[0]
            links.append(
                {"release": remedy, "seed": seed}
                | {"singled_out": row.singled_out, "precision": row.precision}
                | {"guessed": row.guessed, "released": row.customers / (customers * EXPORTED)}
            )
            if remedy.startswith("birth date"):
                rows = result.frame()
                groups.append(rows[rows.attribute != "all"].assign(seed=seed))
        for name, learner in models_of(task):
            result = membership(learner, task.X, task.y, groups=task.groups, random_state=seed)
            if seed == 0:
                words.append(f"{name}: {result.sentence()}")
            frame = result.frame()
            for attack in frame.attack.unique():
                at = {"attack": attack, "attribute": "all"}
                members.append(
                    {"model": name, "attack": attack, "seed": seed}
                    | {"advantage": pick(frame, measure="advantage", **at).value}
                    | {"area": pick(frame, measure="area_under_curve", **at).value}
                    | {
                        "TPR at FPR .01": pick(
                            frame, measure="true_positive_rate_at_0.01", **at
                        ).value
                    }
                    | {
                        "TPR at .001": pick(
                            frame, measure="true_positive_rate_at_0.001", **at
                        ).value
                    }
                    | {"bound": result.bound}
                )
            inferred = attribute_inference(
                learner, task.X, task.y, sensitive="household_size", random_state=seed
            )
            rows = inferred.frame()
            attributes.append(
                {"model": name, "seed": seed}
                | {"imputed": pick(rows, side="members", measure="imputed").value}
                | {"members": pick(rows, side="members", measure="with_model").value}
                | {"non-members": pick(rows, side="non-members", measure="with_model").value}
                | {"cost of taking part": pick(rows, side="difference", measure="gain").value}
            )
        for name, result in counted(crm, seed):
            row = result.frame().iloc[0]
            counts.append(
                {"answered": name, "seed": seed, "recovered": row.recovered}
                | {"all_recovered": row.all_recovered, "base_rate": row.base_rate}
            )
    print(f"{customers:,} customers, seeds {list(SEEDS)}; mean [least, most] over seeds\n")
    print(f"Linkage: {EXPORTED:.0%} of the customers exported, {ON_THE_LIST:.0%} on the list")
    shown(pd.DataFrame(links), ["release"])
    print("By group, birth date coarsened to age")
    by_group = pd.concat(groups)[["attribute", "group", "customers", "singled_out", "seed"]]
    shown(by_group, ["attribute", "group"])
    print(f"Membership: {len(task.y):,} customers in the last seed, half of them members")
    shown(pd.DataFrame(members), ["model", "attack"])
    print("Who is exposed, seed 0:", *words, sep="\n- ", end="\n\n")
    print("Attribute: household size, six values, guessed from everything else")
    shown(pd.DataFrame(attributes), ["model"])
    print("Reconstruction: who of 20 people has a high income, each count about at least 3")
    shown(pd.DataFrame(counts), ["answered"])
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
