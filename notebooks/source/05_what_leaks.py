# %% [markdown]
# # 5 What can leak
#
# **Question.** We removed the names. What can still be learnt about one person?
#
# The firm wants others to look at its data: a consultancy, a university, the press office. Each time
# somebody says *but it is anonymous*. In this lesson you attack what the firm would give away. The
# customers are those of lesson 3.

# %%
import hashlib
import textwrap

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_curve
from sklearn.pipeline import make_pipeline

import equipoise as eq
from equipoise import course
from equipoise.crm import identities
from equipoise.intervals import difference, newcombe
from equipoise.models import propensity
from equipoise.privacy.anonymity import (
    ModelLoss,
    anonymise,
    homogeneous_classes,
    measure_anonymity,
    new_key,
    pseudonymise,
    reverse_hashes,
)
from equipoise.privacy.attacks import (
    attribute_inference,
    linkage,
    membership,
    reconstruct,
    within_generalised,
)
from equipoise.privacy.queries.mechanisms import LaplaceMechanism

crm = eq.make_crm(
    customers=20_000,
    seed=7,
    distortions=[eq.crm.HistoricalTargeting(dose=0.6, group=("community", "B"))],
)
task = crm.task("offer_response", purpose="personalised_offers")
people = crm.tables["individuals"].merge(crm.tables["contacts"], on="individual_id")
people["email"] = identities(people, seed=7)["email"]


def told(text: object) -> None:
    """Print a long text in lines that fit."""
    print(textwrap.fill(str(text), 90, break_on_hyphens=False, break_long_words=False))


# %% [markdown]
# Names, streets and e-mail addresses are made up; the addresses lead nowhere.
#
# ## An export without names
#
# Half of the customers are exported for a study. Somebody else has a list of people: a directory, an old
# newsletter, the colleagues of the sports club. Say that it names 85 of 100 customers, with their e-mail,
# postcode area, date of birth and gender. Where the firm does not know a gender, neither does the list.

# %%
export = people.sample(frac=0.5, random_state=1)
listed = people.sample(frac=0.85, random_state=2)
exposed = ["gender", "age_band", "community"]


def found_by(columns, released=export, on_list=listed):
    """Link an export to the list; the id judges the links and takes no part in them."""
    groups = people.loc[released.index, exposed]
    return linkage(released, on_list, columns, identity="individual_id", groups=groups)


# %% [markdown]
# **The naive answer**: drop the name, and replace the e-mail address by its *hash* (a code computed from
# it, always the same, that cannot be computed back), so that nobody can read it and rows can still be
# joined. Who is *singled out*? Those for whom exactly one person on the list fits, and the right one:


# %%
def hashed(addresses):
    """Replace each address by its SHA-256 hash."""
    return addresses.map(lambda address: hashlib.sha256(address.encode()).hexdigest())


by_hash = found_by(
    ["email"],
    export.assign(email=hashed(export["email"])),
    listed.assign(email=hashed(listed["email"])),
)
told(by_hash.sentence())

# %% [markdown]
# Everybody on the list was found. Nobody had to break the hash: the attacker hashes the list, too. Where
# there is no list, one can be made, since there are not that many phone numbers. That is why a hash needs
# a *key* that the attacker does not have.

# %% tags=["nbval-check-output"]
without_key = reverse_hashes(hashed(export["email"]), listed["email"])
with_key = reverse_hashes(
    pseudonymise(export["email"], key=new_key(), purpose="study"), listed["email"]
)
pd.Series(
    {
        "SHA-256": without_key["candidate"].notna().mean(),
        "HMAC-SHA256 under a secret key": with_key["candidate"].notna().mean(),
    },
    name="share of hashes turned back",
).round(2)

# %% [markdown]
# Both are *pseudonyms*, and only the second is worth the name. It keeps the rows of one person together and
# hides who it is, as long as the key stays where it belongs. And now?
#
# ## Surprise 1: nobody needs the name

# %%
steps = {
    "e-mail address": found_by(["email"]),
    "its hash": by_hash,
    "no e-mail; area, date of birth, gender": found_by(["postcode_area", "birth_date", "gender"]),
    "age instead of the date": found_by(["postcode_area", "age", "gender"]),
    "age band instead of age": found_by(["postcode_area", "age_band", "gender"]),
}

# %% tags=["nbval-check-output"]
pd.DataFrame(
    {
        released: result.frame().loc[0, ["singled_out", "low", "high", "wrong_links"]]
        for released, result in steps.items()
    }
).T.astype({"wrong_links": int}).infer_objects().round(3)

# %% [markdown]
# Area, date of birth and gender find nearly as many as the e-mail address: 85 % of the customers are on
# the list, and almost all of them are alone with these three. Each is harmless, and together they are a
# name. A *pseudonymous* table is still a table about persons, and the law treats it so wherever somebody can
# reasonably find them again.
#
# A few links are wrong: one person on the list fits, and the row is somebody else's who is not on it. Whoever
# is taken for another is harmed, too.
#
# ## Exercise 5a: find her

# %%
course.task("5a")


# %%
def find(export, public, person):
    # solution
    known = ["postcode_area", "birth_date", "gender"]
    her = public.loc[public["name"] == person, known].iloc[0]
    rows = export.index[(export[known] == her).all(axis=1)]
    namesakes = (public[known] == her).all(axis=1).sum()
    return rows[0] if len(rows) == 1 and namesakes == 1 else None
    # end solution


course.check("5a", find)

# %% [markdown]
# ## Coarser, but for whom?
#
# With the age instead of the date only about 1 in 100 is singled out. Is that little? Look at whom:

# %% tags=["nbval-check-output"]
by_age = steps["age instead of the date"].frame()
by_age[by_age["attribute"] != "community"].set_index(["attribute", "group"])[
    ["customers", "singled_out", "low", "high"]
].round(3)

# %% [markdown]
# A third of those whose gender is *unknown* are found, where the list says *unknown*, too, as here. (A list
# that states a gender for them finds none of them this way.) A mean over all customers hides whoever is
# rare in a column. Whoever promises anonymity promises it to these, too.
#
# ## Alike at least ten times
#
# A rule that speaks of everybody: *k-anonymity*. On what others may know each customer looks like at least
# k - 1 others. Values are made coarser step by step, and who still stands out is left out of the table.

#
# How a column is made coarser is declared: `[2, "*"]` keeps the first two characters, then one value for all;
# a number on a date is a band of so many years.

# %%
known = ["postcode_area", "birth_date", "gender"]
hierarchies = {
    "postcode_area": [2, "*"],
    "birth_date": ["month", "quarter", "year", 5, 10, 20, "*"],
    "gender": ["*"],
}
alike = {k: anonymise(export[known], quasi_identifiers=hierarchies, k=k) for k in (2, 10, 50)}

# %% tags=["nbval-check-output"]
pd.DataFrame(
    {
        f"k = {k}": {
            **made.steps,
            "left out": made.suppressed,
            "of them without gender": int((export["gender"] == "unknown").sum())
            - int((made.table["gender"] == "unknown").sum()),
            "smallest class": made.anonymity.k,
        }
        for k, made in alike.items()
    }
).T

# %% [markdown]
# The date became a band of years. Look at who is left out: at k = 2 and k = 50 only people of unknown
# gender, and at k = 10 all 390 of them and 82 others. (At k = 50 the values are so coarse that fewer stand
# out.) Either they are exposed, or a study does not see them: they are *left out*, as in lesson 3.
#
# Which coarsening is best depends on what the table is for. `anonymise` looks for the one that changes the
# values least. If a model is to learn from the table, ask the model: `loss=ModelLoss(task)` measures how much
# worse it ranks customers by it.
#
# ## Exercise 5b: ten alike, and still of use

# %%
course.task("5b")


# %%
def ten_alike(table, task):
    # solution
    sizes = {str(n): "1-2" if n < 3 else "3+" for n in range(1, 21)} | {"unknown": "-"}
    hierarchies = {
        "postcode_area": [2, "*"],
        "household_size": [sizes, "*"],
        "tenure_days": [90, 360, "*"],
        "days_since_last_order": [30, 90, 360, "*"],
        "lead_source": ["*"],
    }
    made = anonymise(table, quasi_identifiers=hierarchies, k=10, loss=ModelLoss(task))
    return made.table
    # end solution


course.check("5b", ten_alike)

# %% [markdown]
# ## Surprise 2: alike, and told all the same
#
# The service desk passes on who made a request in May 2026 and whether it was a complaint. Twelve stand out
# and are left out; everybody else looks like at least two others.

# %%
calls = crm.tables["cases"].query("'2026-05-01' <= opened_date < '2026-06-01'").merge(people)
calls["complained"] = np.where(calls["reason"] == "complaint", "yes", "no")
calls = calls.sort_values("complained").drop_duplicates("individual_id", keep="last")
three = anonymise(
    calls[[*known, "complained"]], quasi_identifiers=hierarchies, k=3, max_suppressed=0.05
)
same = homogeneous_classes(three.table, quasi_identifiers=known, sensitive="complained")

# %% tags=["nbval-check-output"]
print(
    f"{same['customers'].sum()} of {len(three.table)} customers are in classes where all answers are the same"
)
answers = three.table.assign(complained=three.table["complained"] == "yes").groupby(known)
by_class = answers["complained"].agg(customers="size", complained="sum").reset_index()
shares = (by_class["complained"] / by_class["customers"]).sort_values(kind="stable")
by_class.loc[shares.index[[0, 1, -2, -1]]]

# %% [markdown]
# Nobody can say which row of the first class is hers, and it does not matter: all of them say that she did not
# complain. Were it the other way round, it would hurt; in the last one three of four did, and that is a
# good guess. **k hides which row is yours. It does not hide what the rows say.** Two more figures look at the
# secret: *l*, the fewest different values in a class, and *t*, how far a class is at most from the whole
# table; with two answers, the difference in the share of *yes*. *Loss* says how much of the values was given
# up: 0 is exact, 1 hides all.

# %%
demands = {
    "k = 3": three,
    **{
        f"k = 3, {name} = {wanted}": anonymise(
            calls[[*known, "complained"]],
            quasi_identifiers=hierarchies,
            k=3,
            sensitive="complained",
            **{name: wanted},
        )
        for name, wanted in (("l", 2), ("t", 0.2))
    },
}

# %% tags=["nbval-check-output"]
rows = {}
for name, made in demands.items():
    measured = measure_anonymity(made.table, quasi_identifiers=known, sensitive="complained")
    secret = measured.attributes.loc[0]
    rows[name] = {
        "date of birth": made.steps["birth_date"],
        "loss": round(made.loss, 2),
        "l": secret["distinct_l"],
        "t": round(secret["t"], 2),
        "told for certain": round(secret["share_told"], 2),
    }
pd.DataFrame(rows).T

# %% [markdown]
# Each figure stops one thing. l = 2 asks for a complaint in *every* class, and pays for it with the date of
# birth; nine of ten answers may still be the same. A t of 0.2 bounds what a class may tell beyond the table,
# and lets some customers be told *no*. None of them counts what somebody knows besides, and none adds up: two
# exports, each alike enough, can single out one person together.
#
# A released value may stand for many exact ones; `within_generalised` knows for which:

# %%
[within_generalised("1980–1989", pd.Timestamp(day)) for day in ("1984-05-01", "1990-01-01")]

# %% [markdown]
# ## Exercise 5c: what the table tells

# %%
course.task("5c")


# %%
def told_by(released, person):
    # solution
    fits = np.logical_and.reduce(
        [
            released[name].map(lambda shown, exact=person[name]: within_generalised(shown, exact))
            for name in ("postcode_area", "birth_date", "gender")
        ]
    )
    reasons = released.loc[fits, "reason"].unique()
    return reasons[0] if len(reasons) == 1 else None
    # end solution


course.check("5c", told_by)

# %% [markdown]
# ## Surprise 3: only counts
#
# So no rows at all, only counts, and none about fewer than three people: *how many of the women between 30
# and 44 have a high income?* A team of twenty, and twenty such questions. Whoever asks knows the team.

# %%
team = people.sample(20, random_state=4)
secret = team["income_band"] == "high"
asked = ["gender", "age_band", "community", "household_size"]
by_counts = {
    f"{counts} counts, {'exact' if noise is None else f'epsilon {noise:g} each'}": reconstruct(
        team,
        secret,
        asked,
        counts=counts,
        mechanism=None if noise is None else LaplaceMechanism(sensitivity=1, epsilon=noise),
        random_state=7,
    )
    for counts, noise in ((5, None), (10, None), (20, None), (20, 1.0), (20, 0.05))
}

# %% tags=["nbval-check-output"]
pd.DataFrame(
    {
        name: result.frame().loc[0, ["recovered", "low", "high", "base_rate"]]
        for name, result in by_counts.items()
    }
).T.astype(float).round(2)

# %% [markdown]
# `base_rate` is how often somebody is right who always says the commoner of the two; where all runs agree
# there is no interval. Five counts tell little beyond it. Twenty tell nearly everyone's income, and no single
# one of them was about one person: each is an equation, and together they leave hardly any choice. (Who is
# like a colleague in all four columns cannot be told apart by such counts.) A rule on the size of a cell
# does not stop this, and neither does an encrypted disk: the attacker never touched the disk, and asked what
# anybody may ask.
#
# Noise does. *Epsilon* says how much, as the next lesson explains: the smaller, the more. At epsilon 0.05
# each, 1 in all, the answers are of no use to the attacker, and of twenty people of none to anybody else.
# That is honest: so many figures about so few people cannot be given away safely.
#
# ## A model is a release, too
#
# A model such as that of lesson 3 goes to an agency. It holds no rows, only what it learnt. Can somebody who
# knows a customer's values and her answer tell whether she was among those it learnt from? *Membership
# inference* compares how sure the model is of her answer with how sure models are that never saw her.

# %%
answered = pd.DataFrame({"answered": np.where(task.y == 1, "yes", "no")}, index=task.X.index)
columns = propensity(task).named_steps["columns"]
models = {
    "forest, grown out": make_pipeline(columns, RandomForestClassifier(100)),
    "logistic regression": propensity(task),
    "private, epsilon 1": eq.privacy.PrivateLogisticRegression(
        epsilon=1.0, delta=1e-6, bounds=task.bounds
    ),
}
attacked = {
    name: membership(
        model,
        task.X,
        task.y,
        groups=answered,
        shadows=8,
        false_positive_rates=0.01,
        random_state=7,
    )
    for name, model in models.items()
}


# %% tags=["nbval-check-output"]
def strongest(result, measure, group="all"):
    """Return value, low and high of the attack that did best."""
    rows = result.frame()
    chosen = (rows["attack"] == result.strongest) & (rows["measure"] == measure)
    return rows[chosen & (rows["group"] == group)].iloc[0][["value", "low", "high"]]


pd.DataFrame(
    {
        name: {
            **strongest(result, "advantage").rename({"value": "advantage"}),
            "found at 1 %": strongest(result, "true_positive_rate_at_0.01")["value"],
            "bound": result.bound,
        }
        for name, result in attacked.items()
    }
).T.astype(float).round(2)

# %% [markdown]
# *Advantage* is how much more often members are called members than others are: 0 is a coin, 1 is
# certainty. *Found at 1 %* is the share of members that an attacker finds who accuses 1 in 100 wrongly. The
# *bound* is that of a guarantee; the first two have none. The forest learnt its customers by heart. The
# logistic regression has too few numbers for that, and no promise that it never will: another attack,
# another table. The third has a bound that holds for *every* attack, and this one came nowhere near it.
#
# Are only odd customers at risk? Here those who answered the coupon, one in six, beside all others:

# %% tags=["nbval-check-output"]
pd.DataFrame(
    {group: strongest(attacked["forest, grown out"], "advantage", group) for group in ("yes", "no")}
).T.astype(float).round(2)

# %% [markdown]
# Whoever answered is found nearly always: the forest remembers each of the few. And the many others, who did
# what most people do, are found far more often than by chance. An ordinary answer does not protect.
#
# Two things to mind. The best cut has to be chosen on other rows than those it is judged on, or chance
# flatters it. And who asks of three groups which is exposed most has three chances of a false alarm.
#
# ## Exercise 5d: the attacker's advantage

# %%
course.task("5d")


# %%
def exposed_most(scores):
    # solution
    half = np.random.default_rng(1).random(len(scores)) < 0.5
    alarms, hits, cuts = roc_curve(scores["member"][half], scores["score"][half])
    judged = scores[~half]
    called, member = judged["score"] >= cuts[np.argmax(hits - alarms)], judged["member"]

    def advantage(rows):
        yes, no = called[rows & member], called[rows & ~member]
        return newcombe(yes.sum(), len(yes), no.sum(), len(no), confidence=1 - 0.05 / 3)

    most = None
    for group in ("A", "B", "C"):
        own = judged["group"] == group
        if difference(advantage(own), advantage(~own)).low > 0:
            most = group
    return float(called[member].mean() - called[~member].mean()), most
    # end solution


course.check("5d", exposed_most)

# %% [markdown]
# ## Guessed, or leaked?
#
# A last attack wants a value: *how many people live in her household?* Some of that anybody can guess from
# what customers like her do. That is no leak: it would be the same had she never been a customer. So the
# guess is compared between members of the training data and others.

# %%
guessed = {
    name: attribute_inference(model, task.X, task.y, sensitive="household_size", random_state=7)
    for name, model in models.items()
}

# %% tags=["nbval-check-output"]
sides = ("members", "non-members", "difference")
pd.DataFrame(
    {
        name: result.frame()
        .query("attribute == 'all'")
        .set_index(["side", "measure"])
        .loc[[("members", "imputed"), *((side, "gain") for side in sides)], "value"]
        for name, result in guessed.items()
    }
).T.round(2)

# %% [markdown]
# A third is guessed right without any model. The forest adds a lot for its members; of others the guess gets
# worse with it. The *difference* is what taking part cost them. The other two add hardly anything.
#
# ## What each is for
#
# | what is done | stops | does not stop |
# |---|---|---|
# | encryption | whoever steals the disk | whoever may ask, and every release |
# | a hash | a glance | whoever has, or can make, a list |
# | a pseudonym (keyed hash) | joining by the identifier without the key | linking by everything else |
# | k-anonymity | picking out a row by what is assumed known | a shared secret; other knowledge; two releases |
# | l | a class that tells the secret for certain | a good guess; other knowledge; two releases |
# | t | a class that tells much more than the table | what the table tells; other knowledge; two releases |
# | counts of at least n | reading one cell | solving many |
# | a model instead of rows | reading rows | telling members, where it learnt by heart |
# | differential privacy | learning more as she is in it, up to epsilon | what is true of people like her; theft |
#
# The last line is the next lesson.
#
# ## Try it
#
# 1. Link by area, age, gender *and* `lead_source`. Who is exposed now?
# 2. Make two exports with k = 10, one that keeps the area, one that keeps the date of birth. How many
#    customers who are in both are alone in the two together?
# 3. `membership(..., shadows=0)` is the attack that knows nothing of other models. How much weaker is it?
#
# ## Take away
#
# - Without a name is not without a person: a few harmless columns together are a name.
# - A hash without a key hides nothing that can be listed. A pseudonym is a lock whose key somebody has.
# - A mean over all customers hides whom an export exposes. Ask group by group.
# - k hides which row, not what the rows say. l and t look at the secret, and none of them composes.
# - Counts are equations. Enough of them, exact, are the table.
# - A model remembers what it learnt by heart, of ordinary customers, too.
# - What can be guessed about people like her is no leak. Measure what taking part adds.
# - An attack that fails proves nothing. A promise that holds against all of them has to be made beforehand.
