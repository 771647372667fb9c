# %% [markdown]
# # 3 Who is left out
#
# **Question.** Does our coupon policy leave someone out, and how sure are we?
#
# A model scores every eligible customer, and the fifth with the highest scores gets the coupon. The
# customers are those of lesson 1, with what was planted there: of the campaign's members all who were not
# held out and had opted in to personalised offers by post.

# %%
import numpy as np
import pandas as pd

import equipoise as eq
from equipoise import course
from equipoise.fairness import audit, audit_task, beside_truth
from equipoise.fairness.benefits import allocation
from equipoise.fairness.rates import RATES, reading
from equipoise.intervals import area_under_curve, difference, mean_amount, wilson, worst_gap
from equipoise.models import out_of_fold

pd.options.display.max_colwidth = None
crm = eq.make_crm(
    customers=20_000,
    seed=7,
    distortions=[eq.crm.HistoricalTargeting(dose=0.6, group=("community", "B"))],
)
task = crm.task("offer_response", purpose="personalised_offers")
task

# %% [markdown]
# ## The naive answer
#
# Two rates, one difference.

# %%
scores = out_of_fold(task, "logistic", seed=7)
contacted = task.decide(scores, seed=7)
selected = pd.Series(contacted).groupby(task.groups["community"]).mean()

# %% tags=["nbval-check-output"]
selected.round(3).rename("contacted").to_frame()

# %% [markdown]
# B gets the coupon far less often. Before anybody acts on that, two questions: is it the right rate,
# and how sure is it?
#
# ## Each rate answers its own question
#
# A selection rate looks at everybody. There are eight more, and the package says of each what it asks
# and what it hides.

# %%
pd.DataFrame(
    {each.lower(): {name: reading(name, each) for name in RATES} for each in ("Asks", "Hides")}
)

# %% [markdown]
# None of them is right for everybody: which harm counts, being missed or being bothered, is a choice,
# and somebody has to make it aloud. And none says that half of the contacted must come from each group:
# equal selection rates mean that a group is contacted as often as it is large.
#
# ## Exercise 3a: the right question
#
# The question of this lesson is: *do those who would use the coupon get it equally often?*

# %%
course.task("3a")


# %%
def rate(y_true, y_pred):
    # solution
    would_use_it = y_true == 1
    return y_pred[would_use_it].mean()
    # end solution


course.check("3a", rate)

# %% [markdown]
# Stuck? `course.hint("3a")` gives one of three hints, and after an attempt `course.solution("3a")`
# shows a solution. Run the next cell when your check says *right*.

# %%
community = task.groups["community"].to_numpy()
reach = {g: rate(task.y[community == g], contacted[community == g]) for g in ("A", "B", "C")}
pd.DataFrame({"reached of those who would use it": reach}).astype(float).round(3)

# %% [markdown]
# Contacts and reach point the same way here. Later in this lesson they part.
#
# ## Finding or chance?
#
# An audit answers with intervals, and it names the group that the others are compared with.

# %%
audited = audit_task(task, model="logistic", seed=7).audit
audited.plot("community")

# %% tags=["nbval-check-output"]
gaps = audited.gaps().query(
    "attribute == 'community' and metric in ['selection_rate', 'true_positive_rate']"
)
gaps[["group", "reference", "metric", "gap", "low", "high"]].round(3)

# %% [markdown]
# For B the interval is far from zero. For C it contains zero: these data cannot tell C from A. That
# is not the same as *equal*.
#
# A gap can be read as a ratio, too. A rule of thumb, the *four-fifths rule*, asks whether a group is
# selected at least 0.8 times as often as another.

# %% tags=["nbval-check-output"]
ratios = audited.ratios().query(
    "attribute in ['community', 'age_band'] and metric == 'selection_rate'"
)
ratios[["group", "reference", "ratio", "low", "high"]].round(2)

# %% [markdown]
# Read the interval, not the point. Wholly below 0.8, as for B: the rule is broken. Wholly above: it is
# kept. Where 0.8 lies inside, these customers cannot tell.
#
# A rule of thumb has a blind side. Turn the question round: how often does A *go without*, beside B?

# %% tags=["nbval-check-output"]
without = 1 - selected[["A", "B"]]
pd.DataFrame({"go without": without, "beside B": without / without["B"]}).round(2)

# %% [markdown]
# About four fifths. The same decision is far below the rule or about at it, depending on which of its
# two sides is counted.
#
# ## Surprise 1: the usual interval invents gaps
#
# Now look at sixteen segments instead of three. To know the truth, draw them so that there is **no**
# difference at all: every customer of every segment is selected with the same probability.

# %%
rng = np.random.default_rng(7)
segments = np.repeat(np.arange(16), 250)
alike = rng.random(len(segments)) < 0.2


def largest_gap(selected: np.ndarray, segment: np.ndarray) -> float:
    """Return the difference between the highest and the lowest selection rate."""
    rates = np.bincount(segment, weights=selected) / np.bincount(segment)
    return rates.max() - rates.min()


draws = []
for _ in range(500):
    rows = rng.integers(0, len(segments), len(segments))
    draws.append(largest_gap(alike[rows], segments[rows]))
bootstrap = np.quantile(draws, [0.025, 0.975])
counts = np.bincount(segments, weights=alike), np.bincount(segments)
ours = worst_gap(*counts)

# %% tags=["nbval-check-output"]
pd.DataFrame(
    {
        "low": [bootstrap[0], ours.low],
        "high": [bootstrap[1], ours.high],
        "contains the true gap of 0": [bool(bootstrap[0] <= 0), bool(ours.low <= 0)],
    },
    index=["percentile bootstrap", "simultaneous interval"],
).round(3)

# %% [markdown]
# The bootstrap interval of the largest gap excludes zero although there is no gap. Whoever searches
# sixteen segments for the two extremes always finds two. An interval has to pay for the search: the
# simultaneous one does.
#
# Back to our own customers. Beside each largest gap stands its *noise floor*: what it would stay below
# 19 times in 20 if no group differed.

# %% tags=["nbval-check-output"]
worst = audited.worst().query("metric == 'selection_rate'").set_index("attribute")
worst[["gap", "low", "high", "noise_floor"]].round(3)

# %% [markdown]
# Between communities the gap is several times its floor. Between genders it lies below it: chance alone
# shows as much. The floor of `gender` is the highest of the four, although there are only three groups.
# One of them, *unknown*, is small, and small groups swing.
#
# An interval above zero says that there is a gap. Whether a gap of that size matters, no interval says.
#
# ## Exercise 3b: real or noise?

# %%
course.task("3b")


# %%
def differ(selected, customers):
    # solution
    return "differ" if worst_gap(selected, customers).low > 0 else "cannot tell"
    # end solution


course.check("3b", differ)

# %% [markdown]
# Now your function on our own customers, cut in two ways. An empty answer counts only after the check
# says *right*.

# %%
for name, segment in {
    "age and income": task.groups["age_band"] + " " + task.groups["income_band"],
    "postcode area": task.X["postcode_area"],
}.items():
    counts = pd.Series(contacted).groupby(segment.to_numpy()).agg(["sum", "size"]).to_numpy().T
    print(f"{counts.shape[1]} segments by {name}: {differ(*counts)}")

# %% [markdown]
# Keep the second line in mind.
#
# ## Two attributes at once
#
# Nobody is only a woman, or only under thirty. A policy can be even on both and leave out young women.
# So an audit crosses the attributes. Here is the reach, by gender and age.

# %% tags=["nbval-check-output"]
pairs = audited.intersections()
by_pair = pairs.query("metric == 'true_positive_rate'")
shown = ["group", "n", "value", "low", "high", "shrunk", "gap_low", "gap_high", "note"]
by_pair[by_pair["attribute"] == "gender × age_band"][shown].round(2)

# %% [markdown]
# `n` counts the customers of a group. The note counts those whom the rate is about, the ones with the
# outcome. Where they are fewer than ten the rate is **not estimable**. That is neither zero nor "no
# problem": nobody knows.
#
# Which groups are served best and worst? Look at all pairs of gender, age and income.

# %% tags=["nbval-check-output"]
other = by_pair[~by_pair["attribute"].str.contains("community")]
extremes = other.loc[[other["value"].idxmax(), other["value"].idxmin()]]
print(f"{len(other)} groups; half of them have {other['n'].median():.0f} customers or more")
extremes[["group", "n", "value", "low", "high", "shrunk"]].round(2)

# %% [markdown]
# Small groups swing most, and chance alone takes them to the ends of such a list: look at `n`. The
# *shrunk* value moves each rate towards the mean of all groups, the further the fewer customers it
# rests on, and less than half of the distance between the extremes is left.
#
# The same with the bounds of the gaps. In the table above, `gap_low` and `gap_high` compare each group
# with everybody else, and hold for *all* groups at once. How many of them leave out zero?

# %% tags=["nbval-check-output"]
pairs["gap found"] = (pairs["gap_low"] > 0) | (pairs["gap_high"] < 0)
print("gender, age and income, reach:", pairs.loc[other.index, "gap found"].sum(), "of", len(other))
by_age = pairs.query("attribute == 'age_band × community' and metric == 'selection_rate'")
by_age[by_age["group"].str.endswith("B")][["group", "n", "value", "gap_low", "gap_high"]].round(2)

# %% [markdown]
# What was noise disappears, and so would a small real gap. What is large stays: B is contacted less
# often at every age.
#
# Three attributes at once, and groups become very small. These are all the customers of unknown gender
# who are under thirty and live in community B:

# %% tags=["nbval-check-output"]
fourteen = audited.intersections(3).query("group == 'unknown × 18-29 × B'").set_index("metric")
fourteen.loc[
    ["base_rate", "selection_rate", "true_positive_rate"], ["n", "value", "low", "high", "note"]
].round(3)

# %% [markdown]
# ## Exercise 3d: fourteen people
#
# None of the fourteen has an answer in the records. One got the coupon. What may be said about them?

# %%
course.task("3d")


# %%
def say(hits, trials, others_hits, others_trials):
    # solution
    if trials < 10:
        return "not estimable"
    rate = wilson(hits, trials)
    return float(rate.low), float(rate.high)
    # end solution


course.check("3d", say)

# %%
with_answer = int(task.y.sum())
print("have an answer:", say(0, 14, with_answer, len(task) - 14))
print("contacted, of those with one:", say(0, 0, int(contacted @ task.y), with_answer))

# %% [markdown]
# ## Surprise 2: dropping the column changes nothing
#
# The obvious repair is not to let the model see the community. But look at what it sees:

# %%
list(task.X.columns)

# %% [markdown]
# The community never was among the features. Something else carries it. Take away one feature at a
# time and see how far the gap between B and A moves.


# %%
def gap_without(*names: str) -> float:
    """Return the selection rate of B less that of A for a model without these features."""
    part = task.without(*names) if names else task
    chosen = part.decide(out_of_fold(part, "logistic", seed=7), seed=7)
    rates = pd.Series(chosen).groupby(part.groups["community"]).mean()
    return rates["B"] - rates["A"]


# %% tags=["nbval-check-output"]
pd.Series(
    {
        "nothing dropped": gap_without(),
        "without orders_12m": gap_without("orders_12m"),
        "without lead_source": gap_without("lead_source"),
        "without postcode_area": gap_without("postcode_area"),
    },
    name="gap of B to A",
).round(3).to_frame()

# %% [markdown]
# The postcode carries it. A feature that stands in for a group is called a *proxy*. Dropping it moves
# the gap. But does it not take something useful from the model, too? Keep the question for a moment.
#
# ## Surprise 3: the records miss most of those left out
#
# The audit compares decisions with *recorded* outcomes. In lesson 1 you saw that B's outcomes were
# recorded only for those who were asked. How many customers with the outcome are in the records, and
# how many would there be in truth?

# %%
truth = crm.truth.campaign.set_index("individual_id")
would_respond = truth.loc[task.unit, "undistorted_has_responded"].astype(int).to_numpy()


def reached(outcome: np.ndarray) -> pd.Series:
    """Return the share of those with the outcome who are contacted, by community."""
    positive = outcome == 1
    return pd.Series(contacted[positive]).groupby(task.groups["community"][positive].to_numpy()).mean()


# %% tags=["nbval-check-output"]
pd.DataFrame(
    {
        "with the outcome, as recorded": pd.Series(task.y).groupby(task.groups["community"]).sum(),
        "in truth": pd.Series(would_respond).groupby(task.groups["community"]).sum(),
        "reached, in truth": reached(would_respond).round(3),
    }
)

# %% [markdown]
# Most customers of B who would use the coupon are not in the records at all. No metric that is
# computed from the records can see them, however good its interval is.
#
# Now back to the postcode. Compare the model with and without it, once against the records and once
# against the truth.


# %%
def judged(*names: str) -> dict[str, float]:
    """Return how well a model without these features ranks, and whom of B it reaches in truth."""
    part = task.without(*names) if names else task
    scores = out_of_fold(part, "logistic", seed=7)
    chosen = part.decide(scores, seed=7)
    in_b = (task.groups["community"] == "B").to_numpy()
    return {
        "AUC on the records": area_under_curve(task.y, scores).value,
        "AUC in truth": area_under_curve(would_respond, scores).value,
        "B reached, in truth": chosen[in_b & (would_respond == 1)].mean(),
    }


# %% tags=["nbval-check-output"]
pd.DataFrame(
    {"with postcode": judged(), "without postcode": judged("postcode_area")}
).T.round(3)

# %% [markdown]
# On the records the model with the postcode looks better: it has learnt who was never asked. In truth
# the model without it ranks better, and it reaches far more of B. A figure that is measured on
# distorted records rewards whoever fits the distortion. No firm has the second column; it has the
# hold-out and the list of who was asked, and lesson 1 says where to look for them.
#
# ## A conflict that is not there
#
# A colleague objects: *B answers less often, so we have to choose. Equal contacts, equal reach and equal
# precision cannot all be had.* Where base rates differ, that is a theorem. `conflicts` says what it
# means for these customers: if B had the rates of A in the first column, how far would it be behind in
# the second?

# %% tags=["nbval-check-output"]
in_truth = audit(
    would_respond, contacted, groups=task.groups[["community"]], reference={"community": "A"}
)
conflict = {
    "by the records": audited.conflicts().query("attribute == 'community'"),
    "in truth": in_truth.conflicts(),
}
of_b = pd.concat(conflict, names=["judged"]).query("group == 'B'").droplevel(1)
of_b[["if_equal", "then", "gap", "low", "high"]].round(3).replace("_", " ", regex=True)

# %% [markdown]
# By the records B must fall behind somewhere. In truth every interval contains zero: as far as these
# customers can tell, B would use the coupon as often as A, and there is nothing to choose between. What
# left out B put the conflict into the records. Elsewhere base rates do differ, and then no formula says
# which of the rates should give way.
#
# ## How much of a gap was put there?
#
# Of fictional people we know it. `beside_truth` puts the gap that anybody would find in the records
# beside the gap that was injected. The first 6,000 of our customers are enough to see it.


# %%
def small_firm(distortion: eq.crm.Distortion) -> eq.crm.CRM:
    """Return the records of the first 6,000 customers, with another distortion."""
    return eq.make_crm(customers=6_000, seed=7, distortions=[distortion])


def gaps_of_b(firm: eq.crm.CRM) -> pd.DataFrame:
    """Return measured and injected gaps of B to A in answers and in contacts."""
    measures = ("response_rate", "contact_rate")
    found = [beside_truth(firm, "community", reference="A", measure=name) for name in measures]
    rows = pd.concat(found).query("group == 'B'").set_index("measure")
    return rows[["measured_gap", "low", "high", "injected_gap"]].round(3)


# %% tags=["nbval-check-output"]
left_off_the_lists = eq.crm.HistoricalTargeting(dose=0.6, group=("community", "B"))
gaps_of_b(small_firm(left_off_the_lists))

# %% [markdown]
# The difference between the two columns is chance, since communities do not differ by themselves.
#
# Now another firm with the same customers. It posts the coupon to B as often as to anybody. But at the
# tills of B it is not scanned, and six in ten answers are lost.

# %% tags=["nbval-check-output"]
answers_lost = eq.crm.LabelBias(dose=0.6, group=("community", "B"))
gaps_of_b(small_firm(answers_lost))

# %% [markdown]
# Two firms with about the same gap in answers, for two reasons, with two cures: post the coupon, or
# mend the tills. The gap does not say which. Another column does.
#
# ## Exercise 3c: what was planted, and for whom?

# %%
course.task("3c")


# %%
def planted(table):
    # solution
    traces = pd.DataFrame(
        {
            "historical_targeting": ~table["contacted"],
            "label_bias": (~table["responded"]).where(table["contacted"]),
            "noisy_measurement": table["household_size"].isna(),
            "proxy_column": table["uses_app"],
        }
    ).astype(float)
    for act, trace in traces.items():
        counts = trace.groupby(table["community"]).agg(["sum", "count"])
        if worst_gap(counts["sum"], counts["count"], confidence=0.99).low > 0:
            return act, (counts["sum"] / counts["count"]).idxmax()
    return None
    # end solution


course.check("3c", planted)

# %% [markdown]
# The check draws small firms of its own, which takes a few seconds the first time. Now ours:

# %%
def known_of(firm: eq.crm.CRM) -> pd.DataFrame:
    """Return what a firm knows about each member of its spring coupon who was not held out."""
    coupon = "campaign_id == 'spring_coupon_2026' and status != 'hold_out'"
    rows = firm.tables["campaign_members"].query(coupon).merge(firm.tables["contacts"])
    rows = rows.merge(firm.tables["individuals"]).rename(columns={"has_responded": "responded"})
    orders = rows["contact_id"].map(firm.tables["orders"]["contact_id"].value_counts()).fillna(0)
    is_contacted, uses_app = rows["status"] == "contacted", rows["uses_app"] == "yes"
    kept = rows[["community", "responded", "household_size"]]
    return kept.assign(contacted=is_contacted, orders=orders, uses_app=uses_app)


print("our firm:", planted(known_of(crm)))
print("the firm that loses answers:", planted(known_of(small_firm(answers_lost))))

# %% [markdown]
# ## Surprise 4: equal contacts, unequal benefit
#
# The board decides: *from now on every community is contacted equally often.* Two lists do that. One
# takes the fifth with the highest scores in each community. The other has no faith in scores of B, of
# whom so little is recorded, and draws a fifth of B by lot.

# %%
by_lot = np.where(community == "B", np.random.default_rng(7).random(len(task)), scores)
lists = {
    name: (pd.Series(order).groupby(community).rank(ascending=False, pct=True) <= 0.2).to_numpy()
    for name, order in {"by score": scores, "B by lot": by_lot}.items()
}


# %%
def handed_out(chosen: np.ndarray) -> pd.DataFrame:
    """Return what a customer of each community gets on average: contacts, and euros in truth."""
    euros = task.value.discount_per_positive * chosen * would_respond
    found = allocation(
        task.groups[["community"]],
        contacted=chosen,
        amounts_eur={"discount_eur": euros},
        reference={"community": "A"},
    )
    return found.frame().set_index(["measure", "group"])[["mean", "low", "high"]].round(2)


# %% tags=["nbval-check-output"]
pd.concat({name: handed_out(chosen) for name, chosen in lists.items()}, axis=1)

# %% [markdown]
# Contacts are equal on both lists. What people get out of them is not: drawn by lot, a letter meets
# somebody of B who has a use for it about half as often, and B gets about half of the euros. *We contact
# all groups equally often* is a sentence about letters. Who had the benefit is another one, and here only
# the truth told it: the records hold too few answers of B.
#
# ## Exercise 3e: who loses?

# %%
course.task("3e")


# %%
def who_loses(table):
    # solution
    got = table["worth_eur"] * table["would_use"] * table["contacted"]
    means = {g: mean_amount(euros, bounds=(0, 40)) for g, euros in got.groupby(table["group"])}
    gap = difference(means["A"], means["B"])
    if gap.low <= 0 <= gap.high:
        return "cannot tell"
    return "B" if gap.value > 0 else "A", abs(gap.value)
    # end solution


course.check("3e", who_loses)

# %%
for name, chosen in lists.items():
    customers = {"group": community, "contacted": chosen, "would_use": would_respond == 1}
    table = pd.DataFrame(customers).assign(worth_eur=task.value.discount_per_positive)
    print(f"{name}: {who_loses(table[table['group'] != 'C'])}")

# %% [markdown]
# ## Try it
#
# 1. `audited.worst()` has the other rates, too. Count how many largest gaps you look at until one of
#    them leaves out zero. Each interval pays for the groups within it, not for the looks at all of them.
# 2. The gender of some customers is unknown. `eq.fairness.gap_bounds` says which gap between men and
#    women is possible, whoever they are. Make their gender missing first.
# 3. Set the dose to `0` in the first cell and run again. Which surprises are gone, and which stay?
#
# ## Take away
#
# - Name the question first. Selection rate, true positive rate and precision answer different ones, and
#   none is right for everybody.
# - A gap comes with a sign, a reference and an interval. The largest of many needs an interval that
#   pays for the search; its noise floor says what chance alone would show.
# - *Cannot tell* is an answer. *Not estimable* is not zero, and no passed test. The ends of a long list
#   are mostly small groups.
# - Removing a column does not remove what other columns carry.
# - An audit of records inherits what the records leave out. The same gap can have several causes; ask how
#   the record came about.
# - Equal contacts are not equal benefit.
