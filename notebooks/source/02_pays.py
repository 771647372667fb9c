# %% [markdown]
# # 2 Personalization that pays
#
# **Question.** Whom do we send the coupon to?
#
# A coupon by post takes 10 % off one order within 30 days. It went out four times: in September 2024, in
# March and September 2025, and in March 2026. Stand in February 2026. Three campaigns are in the records, the
# fourth is yours, and there is money for a fifth of the customers who permitted it. The last campaign
# is used to see how your choice turned out.

# %%
import json
import textwrap
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

import equipoise as eq
from equipoise import course
from equipoise.charts.models import draw_profit_curve
from equipoise.fairness.benefits import allocation
from equipoise.intervals import area_under_curve, wilson
from equipoise.models import held_out, out_of_fold, propensity, random_beside_time
from equipoise.models.calibration import calibration_curve
from equipoise.models.leaks import find_leaks
from equipoise.models.uplift import (
    effect_error,
    policy_value,
    true_effects,
    uplift_curve,
    uplift_learner,
)
from equipoise.models.value import gains, profit_curve, regret, trust_lost
from equipoise.task import Feature

pd.options.display.max_colwidth = None
crm = eq.load_crm("retail")
offer = crm.task("offer_response", since="2024-09-01")
print(offer.file.question)
offer.value.model_dump(include={"won_per_positive", "discount_per_positive", "cost_per_contact"})

# %% [markdown]
# An order brings a margin of 35 €, less the discount, and a letter costs 0.90 €.
#
# ## The naive answer
#
# Predict who will respond, and write to the fifth with the highest scores. The model learns from the
# three earlier campaigns, and scores the customers of March 2026.

# %%
naive = held_out(offer, "logistic", seed=7, known_after_days=30)
booked = profit_curve(naive.task, naive.scores, seed=7)
reached = gains(naive.task, naive.scores)


def per_1000(euros: float, rows: int) -> int:
    """Return euros for every thousand customers."""
    return round(1000 * float(euros) / rows)


# %% tags=["nbval-check-output"]
told = {
    "area under the curve": area_under_curve(naive.task.y, naive.scores).value,
    "of all who respond, in the top fifth": reached.gain_at(0.2).value,
    "times as many as by lot": reached.lift_at(0.2).value,
}
print("\n".join(f"{name}: {value:.2f}" for name, value in told.items()))
print("booked, € per 1,000 customers:", per_1000(booked.chosen.profit_eur, len(naive.task)))

# %% [markdown]
# A decent model, and a campaign that books many times what it costs. Would more letters book more?

# %%
curve = booked.frame()
marked = curve["is_chosen"] | curve["is_best"]
every_tenth = np.arange(len(curve))[::-1] % 10 == 0
draw_profit_curve(curve[marked | every_tenth | (curve["share"] == 0)])

# %% [markdown]
# The curve goes down the list, from the highest score to the lowest, and adds up what the letters book. The
# fifth was a limit of money. Where should one stop if there were none?
#
# ## Exercise 2a: where to cut

# %%
course.task("2a")


# %%
def cut(scores, profit_eur):
    # solution
    falling = np.argsort(-scores)
    so_far = profit_eur[falling].cumsum()
    top = so_far.argmax()
    return scores[falling[top]] if so_far[top] > 0 else np.inf
    # end solution


course.check("2a", cut)

# %% [markdown]
# Stuck? `course.hint("2a")` gives one of three hints, and after an attempt `course.solution("2a")`
# shows a solution. Now your function on our books. An empty answer counts only after the check says
# *right*.

# %%
lowest = cut(naive.scores, naive.task.profit_eur(np.ones(len(naive.task), dtype=bool)))
if lowest is not None:
    print(f"contact from a score of {lowest:.3f}: {np.mean(naive.scores >= lowest):.0%} of them")

# %% [markdown]
# Nowhere near a half, and nearly everybody. That is the right answer to the euros in the books. Are they
# the right euros?
#
# ## Surprise 1: the hold-out
#
# In March 2026 three in ten of those who were to get the coupon were left alone, by lot. They are customers
# like the others, and they show what happens *without* a letter. Here are the same scores, with both
# kinds.

# %%
lift = crm.task("coupon_uplift", since="2024-09-01")
before = lift.take(np.flatnonzero(lift.time < naive.cut))
spring = lift.take(np.flatnonzero(lift.time == naive.cut))
known = offer.take(np.flatnonzero(offer.time < naive.cut))
model = propensity(offer).fit(known.X, known.y)
response = model.predict_proba(spring.X)[:, 1]

# %% tags=["nbval-check-output"]
fifths = pd.qcut(-response, 5, labels=["top fifth", "second", "third", "fourth", "last fifth"])
ordered = pd.Series(spring.y).groupby([fifths, spring.treatment], observed=True).mean().unstack()
ordered.columns = ["ordered, left alone", "ordered, contacted"]
ordered.assign(difference=ordered.iloc[:, 1] - ordered.iloc[:, 0]).round(3)

# %% [markdown]
# The top fifth orders most, with a letter or without. The letter changes more further down. In euros, with
# an order worth 35 € that comes anyway, and 28 € that comes with the coupon:

# %%
everybody = np.ones(len(spring), dtype=bool)
truth = true_effects(crm, spring)
lists = {"by response": spring.decide(response, seed=7), "everybody": everybody}


def worth(chosen: np.ndarray) -> dict[str, object]:
    """Return what a list books, what it adds by the hold-out, and what it adds in truth."""
    found = (
        policy_value(spring, chosen, method="doubly_robust", seed=7, truth=truth).frame().iloc[0]
    )
    got_it = chosen & (spring.treatment == 1).to_numpy()
    earned = spring.y[got_it] * spring.value.net_per_positive - spring.value.cost_per_contact
    return {
        "booked": round(1000 * chosen.mean() * earned.mean()),
        "added, by the hold-out": round(found["per_1000_eur"]),
        "low": round(found["per_1000_low"]),
        "high": round(found["per_1000_high"]),
        "added, in truth": per_1000(found["truth_eur"], len(spring)),
    }


# %% tags=["nbval-check-output"]
pd.DataFrame({name: worth(chosen) for name, chosen in lists.items()}).T

# %% [markdown]
# Euros per 1,000 customers. The books credit each order of a contacted customer to the letter, and see a
# success. Against those left alone, the letters to the top fifth earn nothing: they *lose*. The interval
# is wide, because an order is worth far more than a letter, and only three in ten were left alone. Of
# fictional people the truth is known, and stands beside it.
#
# And *everybody*, nearly the best cut of the books? The hold-out cannot tell whether that earns or loses.
# In truth it loses. A cut is as good as the euros that it is found with.
#
# ## Why
#
# What does one letter add? The order that comes with it, at 28 €, less the order that would have come
# without, at 35 €, less 0.90 €:

# %% tags=["nbval-check-output"]
chances = pd.DataFrame(
    {
        "if left alone": [0.00, 0.05, 0.60],
        "if contacted": [0.01, 0.15, 0.65],
    },
    index=["has lost interest", "needs a push", "sure buyer"],
)
chances["€ added by a letter"] = (
    chances["if contacted"] * spring.value.net_per_positive
    - chances["if left alone"] * spring.value.won_per_positive
    - spring.value.cost_per_contact
).round(2)
chances

# %% [markdown]
# The sure buyer is moved by five points, and takes the discount on all the orders that would have come
# anyway. *Who will respond* and *whom does a letter move* are two questions. Here is the answer to both, of
# those whom the naive list contacts, and of all:

# %% tags=["nbval-check-output"]
kinds = {"all": everybody, "by response": lists["by response"]}
pd.DataFrame(
    {
        name: truth["effect_kind"][chosen].value_counts(normalize=True)
        for name, chosen in kinds.items()
    }
).round(2)

# %% [markdown]
# In words: the order would come anyway (*sure thing*), never (*lost cause*), only with a letter
# (*persuadable*), or only without one (*sleeping dog*).
#
# ## The remedy: rank by the effect
#
# Nobody was ever both contacted and left alone, so no record holds an effect. But each campaign held some
# customers out by lot. An *uplift learner* compares, for customers alike, those who got the letter with those
# who did not. It learns from the three earlier campaigns, as the naive model did.
#
# A colleague has another idea: *send the coupon to those who are about to leave us.* Her model learns who
# placed no order in the 90 days up to March.

# %%
learner = uplift_learner(before, "doubly_robust", seed=7)
learner.fit(before.X, before.y, before.treatment, before.treatment_probability, unit=before.unit)
churn = crm.task("churn_90d", purpose="personalised_offers", as_of="2025-12-02")
leaving = propensity(churn).fit(churn.X, churn.y)
rankings = {
    "by response": response,
    "by the risk to leave": leaving.predict_proba(spring.X[list(churn.X)])[:, 1],
    "by effect": learner.predict(spring.X),
}
lists = {name: spring.decide(scores, seed=7) for name, scores in rankings.items()} | {
    "everybody": everybody
}

# %% tags=["nbval-check-output"]
added = pd.DataFrame({name: worth(chosen) for name, chosen in lists.items()}).T
added

# %% [markdown]
# The same budget, the same customers, and the list by effect earns. It *books* less than the naive one:
# whoever looks at the books would dismiss it. The list by the risk to leave loses in truth, mostly paper
# and postage, since its customers hardly order, with a letter or without. Read the intervals, too. They say
# what a firm could know of all this: of the list by effect, little more than that it does not lose.
#
# How do the rankings look by the usual figures? *AUC* says how well a ranking tells who orders. *Qini* says
# how well it tells whom a letter moves: 0 is by lot.


# %%
def uplift_of(scores: np.ndarray) -> eq.models.uplift.UpliftCurve:
    """Return what contacting the highest of some scores added in March 2026."""
    return uplift_curve(
        spring.y,
        scores,
        treatment=spring.treatment,
        probability=spring.treatment_probability,
        unit=spring.unit,
    )


def figures(scores: np.ndarray) -> dict[str, float]:
    """Return AUC, Qini with its interval, and Qini against the truth."""
    qini, low, high = uplift_of(scores).qini
    in_truth = effect_error(scores, truth["true_effect"]).set_index("measure")["value"]
    return {
        "AUC": area_under_curve(spring.y, scores).value,
        "Qini, by the hold-out": qini,
        "low": low,
        "high": high,
        "Qini, in truth": in_truth["true_qini"],
    }


# %% tags=["nbval-check-output"]
beside = pd.DataFrame({name: figures(scores) for name, scores in rankings.items()}).T.round(2)
beside.assign(**{"€ per 1,000, in truth": added["added, in truth"]})

# %% [markdown]
# The ranking with the highest AUC loses money, and one with a lower AUC earns it. A higher AUC is not more
# profit: it answers the other question. (The two Qinis do not compare in size. In truth each effect is
# known; a hold-out sees one order or none.)

# %% [markdown]
# Where do the additional orders come from? A tenth of the customers at a time, from the highest scores
# (1) to the lowest (10): by how much did a letter raise the share who ordered?

# %% tags=["nbval-check-output"]
tenths = {
    name: uplift_of(rankings[name]).deciles().set_index("decile")[["uplift", "low", "high"]]
    for name in ("by response", "by effect")
}
pd.concat(tenths, axis=1).round(2)

# %% [markdown]
# Single tenths are uncertain: each holds some two hundred customers who were left alone. But by effect the
# first tenths lie clearly above zero. By response the first one does not.
#
# ## Exercise 2c: target by effect
#
# Now by hand, with two plain models.

# %%
course.task("2c")


# %%
def by_effect(past, new):
    # solution
    def chances(kind):
        rows = past[past["contacted"] == kind]
        model = LogisticRegression(max_iter=1000).fit(rows[list(new)], rows["ordered"])
        return model.predict_proba(new)[:, 1]

    return chances(1) - chances(0), "estimate"
    # end solution


course.check("2c", by_effect)

# %% [markdown]
# Your function on our own campaigns, with the columns that are numbers:

# %%
numbers = before.X.select_dtypes("number")
past = (numbers - numbers.mean()) / numbers.std()
past = past.assign(contacted=before.treatment, ordered=before.y)
new = (spring.X[list(numbers)] - numbers.mean()) / numbers.std()
answer = by_effect(past, new)
if answer is not None:
    for name, euros in worth(spring.decide(np.asarray(answer[0]), seed=7)).items():
        print(f"{name}: {euros}")

# %% [markdown]
# Is *by effect* better than *by response*, or was it luck? Both lists were made of earlier campaigns, and
# are paid on the same customers, so the difference can be estimated as one:

# %% tags=["nbval-check-output"]
gap = policy_value(
    spring,
    lists["by effect"],
    method="doubly_robust",
    against=lists["by response"],
    seed=7,
    truth=truth,
).frame()
gap[["per_1000_eur", "per_1000_low", "per_1000_high"]].round(0).assign(
    in_truth=per_1000(gap["truth_eur"].item(), len(spring))
)

# %% [markdown]
# The interval leaves out zero: this is known, and only because some customers were held out. How much better
# is known less well. The truth lies at the very edge of the interval; one interval in twenty misses it.
#
# ## What the remedy costs
#
# **What is left on the table.** The *oracle* knows every effect and contacts the best fifth. Nobody can be
# it. What it earns more than a list is that list's *regret*.

# %% tags=["nbval-check-output"]
left_behind = regret(spring, {name: lists[name] for name in rankings}, truth, budget=0.2).frame()
left_behind[left_behind["policy"] != "everybody"].set_index("policy")[
    ["share", "per_1000_eur", "share_of_oracle", "regret_eur"]
].assign(regret_per_1000=lambda frame: 1000 * frame["regret_eur"] / len(spring)).drop(
    columns="regret_eur"
).round(2)

# %% [markdown]
# **Who gets the discount.** Euros of discount per customer of each age band, on either list:


# %%
def discounts(chosen: np.ndarray) -> pd.DataFrame:
    """Return the discount that a customer of each age band gets on average, in euros."""
    found = allocation(
        spring.groups[["age_band"]],
        contacted=chosen,
        amounts_eur={"discount_eur": spring.discount_eur(chosen)},
        reference={"age_band": "30-44"},
    ).frame()
    return found[found["measure"] == "discount_eur"].set_index("group")[["mean", "low", "high"]]


# %% tags=["nbval-check-output"]
pd.concat({name: discounts(lists[name]) for name in ("by response", "by effect")}, axis=1).round(2)

# %% [markdown]
# Sure buyers, our best customers, lose a discount that they had each season. Somebody will have to explain
# it to them, and the next lesson asks who they are.
#
# **Trust.** A letter may annoy. Opt-outs and complaints within 30 days, of the contacted and of those left
# alone. What one of them costs is a guess (20 € and 15 €), so it is a line of its own, and never part of
# the profit.

# %% tags=["nbval-check-output"]
lost = trust_lost(
    crm, "spring_coupon_2026", days=30, lost_per_opt_out=20.0, lost_per_complaint=15.0
)
per_letter = lost.lost_eur_per_contact
print("€ per letter: {:.3f} [{:.3f}, {:.3f}]".format(*per_letter))
print(
    "€ per 1,000 customers, a fifth contacted: {:.0f} [{:.0f}, {:.0f}]".format(
        *(200 * side for side in per_letter)
    )
)
lost.frame().query("group == 'everyone'").set_index("measure")[
    ["contacted_rate", "held_out_rate", "per_contact", "low", "high"]
].round(4)

# %% [markdown]
# Nothing is shown. That is not *no trust is lost*: the interval says how much it could be.
#
# ## Surprise 2: the random split flattered
#
# Our models learnt from earlier campaigns and were judged on a later one. Many teams shuffle all rows
# and keep some back: *the rows are independent, so why not?* In our firm that makes no great
# difference. Here is another, smaller firm. Since October 2025 its customers of community A, the largest,
# have bought less.


# %%
def flattery(task: eq.task.Task) -> pd.DataFrame:
    """Return what a random split reports beside what the later rows showed, and print a warning."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        found = random_beside_time(task, seed=7, repeats=3, known_after_days=30).frame()
    for each in heard:
        print(textwrap.fill(str(each.message), 90))
    rows = found[(found["rows"] == "all") & (found["measure"] != "lift_at_10")]
    return rows.set_index("measure")[["random", "time", "difference", "low", "high"]].round(2)


weaker = eq.crm.TimeShift(dose=1.0, group=("community", "A"))
other_offer = eq.make_crm(customers=8_000, seed=7, distortions=[weaker]).task(
    "offer_response", since="2024-09-01"
)

# %% tags=["nbval-check-output"]
flattery(other_offer)

# %% [markdown]
# The random split promises euros that the next season does not bring. It has mixed this spring into what it
# learns from and what it is judged on, and so it says how well the model does in a year that is over.
# Rows may be independent of each other, and still not of the year.
#
# Look at the AUC: on the later rows it is *higher*. The order of the customers is as good as before, and
# there are fewer orders. No figure that only ranks can see that.
#
# And our own firm?

# %% tags=["nbval-check-output"]
flattery(offer)

# %% [markdown]
# The euros are as promised, as far as these customers can tell. We know it because we looked.
#
# ## Surprise 3: one feature knew the answer
#
# A colleague has found a column in the customer file, `days_quiet`: days since anybody heard of a customer.
# With it her model is far better.

# %%
now = crm.task("offer_response")
exported = pd.Timestamp("2026-04-15")
orders = crm.tables["orders"].merge(crm.tables["contacts"], on="contact_id")
orders = orders[orders["order_date"] < exported]
quiet = (exported - orders.groupby("individual_id")["order_date"].max()).dt.days
column = now.unit.map(quiet).fillna(900.0).to_numpy(dtype=float)
better = replace(
    now,
    X=now.X.assign(days_quiet=column),
    file=now.file.model_copy(
        update={
            "features": {
                **now.file.features,
                "days_quiet": Feature(type="number", bounds=(0.0, 900.0)),
            }
        }
    ),
)


def sold(task: eq.task.Task) -> dict[str, float]:
    """Return how a model looks on customers that it has not seen."""
    scores = out_of_fold(task, "hist_gradient_boosting", seed=7)
    curve = profit_curve(task, scores, seed=7)
    return {
        "AUC": round(area_under_curve(task.y, scores).value, 3),
        "booked, € per 1,000": per_1000(curve.chosen.profit_eur, len(task)),
    }


# %% tags=["nbval-check-output"]
pd.DataFrame({"our features": sold(now), "with days_quiet": sold(better)}).T

# %% [markdown]
# That is on customers whom the model has not seen, properly kept apart, and the top fifth books twice as
# much. Too good? Ask what each column tells alone, and when it was written.

# %% tags=["nbval-check-output"]
leaks = find_leaks(
    better,
    recorded_at={"days_quiet": exported},
    decided_at=naive.cut,
    model="logistic",
    seed=7,
)
for line in leaks.explain().splitlines():
    print(textwrap.fill(line, 90))

# %% [markdown]
# The file was exported in April. Whoever had ordered in March had been heard of lately: the column holds the
# answer. On the day of the decision it will not. Keeping customers apart does not help, since each
# customer brings the answer along.
#
# How far do honest columns stay below?

# %% tags=["nbval-check-output"]
leaks.searched().head(4).set_index("feature")[["value", "low", "high"]].round(3)

# %% [markdown]
# ## Exercise 2b: which column leaks?

# %%
course.task("2b")


# %%
def leak(table, written, decided):
    # solution
    late = (written > decided).any()
    if late.any():
        return late.idxmax(), "written after"
    for name in written:
        filled = table[name].fillna(table[name].min() - 1)
        area = area_under_curve(table["responded"], filled)
        if area.low > 0.9 or area.high < 0.1:
            return name, "tells the answer"
    return None
    # end solution


course.check("2b", leak)

# %%
columns = better.X.select_dtypes("number")
unknown = pd.DataFrame(pd.NaT, index=columns.index, columns=columns.columns)
print("without dates:", leak(columns.assign(responded=better.y), unknown, naive.cut))
dated = unknown.assign(days_quiet=exported)
print("with the date of the export:", leak(columns.assign(responded=better.y), dated, naive.cut))

# %% [markdown]
# ## What does 0.3 mean?
#
# A score ranks customers. May it be read as a probability, too? For customers with similar scores, compare
# what the model said with how many responded in March 2026:

# %%
calibration = calibration_curve(naive.task.y, naive.scores, unit=naive.task.unit)
calibration.plot()

# %% tags=["nbval-check-output"]
print("said less happened: {:.3f} [{:.3f}, {:.3f}]".format(*calibration.gap))
print("slope: {:.2f} [{:.2f}, {:.2f}]".format(*calibration.slope))

# %% [markdown]
# Close to the line: of a hundred customers with a score near 0.3, about thirty have a response in the
# records. That sentence has three catches. It is about a hundred, not about one. It is about *the records*,
# where whoever was never asked counts as a no (lesson 1). And it says nothing about what the letter did.
# For that, put those left alone beside those contacted:

# %% tags=["nbval-check-output"]
group = pd.qcut(response, 8, labels=False)
contacted = (spring.treatment == 1).to_numpy()
rows = []
for place in range(8):
    here = group == place
    with_letter, without = spring.y[here & contacted], spring.y[here & ~contacted]
    rate, low, high = wilson(with_letter.sum(), len(with_letter))
    rows.append((response[here].mean(), len(with_letter), rate, low, high, without.mean(), ""))
names = ["mean_score", "n", "rate", "low", "high", "rate_left_alone", "note"]
plot = pd.DataFrame(rows, columns=names)
plot.round(3)

# %% [markdown]
# ## Exercise 2d: of a hundred customers

# %%
course.task("2d")


# %%
def of_hundred(plot, score):
    # solution
    nearest = plot.iloc[(plot["mean_score"] - score).abs().argmin()]
    if pd.isna(nearest["rate"]):
        return None
    return 100 * nearest["rate"], 100 * (nearest["rate"] - nearest["rate_left_alone"])
    # end solution


course.check("2d", of_hundred)

# %%
read = of_hundred(plot, 0.3)
if read is not None:
    print(
        "with a score of 0.3: {:.0f} of 100 order, {:.0f} of them because of the letter".format(
            *read
        )
    )

# %% [markdown]
# ## Write it down
#
# A decision that is not written down cannot be defended. This line goes into your decision log, a file beside
# this notebook. Change it to what *you* decide, and say why.

# %%
log = Path("decision_log.json")
entries = json.loads(log.read_text("utf-8")) if log.exists() else {}
of_ours = added.loc["by effect"]
entries["2"] = {
    "question": "Whom do we send the coupon to?",
    "decided": "the fifth with the largest effect, by a doubly robust learner of earlier campaigns",
    "added_eur_per_1000": {
        "by the hold-out": float(of_ours["added, by the hold-out"]),
        "low": float(of_ours["low"]),
        "high": float(of_ours["high"]),
    },
    "trust_lost_eur_per_letter": [round(float(side), 3) for side in per_letter],
    "rejected": {
        "by response": "books more, and loses against the hold-out",
        "by the risk to leave": "hardly order, with a letter or without",
    },
    "not_known": "who loses a discount by it: lesson 3",
}
log.write_text(json.dumps(entries, indent=1), "utf-8")
entries["2"]

# %% [markdown]
# ## Try it
#
# 1. Which list is best if a letter costs 3 €? `replace(spring, file=...)` with another `value`, as
#    `days_quiet` was added above.
# 2. Let the learner be `"two_model"` or `"transformed_outcome"`, or made of trees
#    (`model="hist_gradient_boosting"`). Which differences are larger than their intervals?
# 3. Rank by euros instead of by effect: 28 € times the chance if contacted, less 35 € times that if left
#    alone.
#
# ## Take away
#
# - Response is not effect. Sure buyers respond best, and are moved least.
# - Keep a hold-out in every campaign. Without it the books are all you have, and they flatter.
# - A cut follows from what a contact costs and adds. It is not 0.5, and it is as good as its euros.
# - A higher AUC is not more profit.
# - Judge on later rows. A random split tells how last year would have gone.
# - A column that is too good to be true was written too late. Ask when each was written.
# - A score of 0.3 is about a hundred customers, and about orders, not about what the letter changes.
# - Say how sure you are, in euros, and put trust on a line of its own.
