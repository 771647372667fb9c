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
from equipoise.charts import draw_rates
from equipoise.fairness import audit_task
from equipoise.intervals import area_under_curve, worst_gap
from equipoise.models import out_of_fold

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
# B gets the coupon far less often. Is that a finding, or chance? An audit answers with intervals, and
# it names the group that the others are compared with.

# %%
audited, auc = audit_task(task, model="logistic", by=["community"], seed=7)
draw_rates(audited.frame(), reference="A")

# %% tags=["nbval-check-output"]
gaps = audited.gaps().query("metric in ['selection_rate', 'true_positive_rate']")
gaps[["group", "reference", "metric", "gap", "low", "high"]].round(3)

# %% [markdown]
# For B the interval is far from zero. For C it contains zero: these data cannot tell C from A. That
# is not the same as *equal*.
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
# ## Exercise 3a: the right question
#
# A selection rate looks at everybody. The question of this lesson is another one: *do those who would
# use the coupon get it equally often?*

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
# ## Take away
#
# - Name the question first. Selection rate, true positive rate and precision answer different ones.
# - A gap comes with a sign, a reference and an interval. The largest of many needs an interval that
#   pays for the search.
# - *Cannot tell* is an answer. *Not estimable* is not zero, and no passed test.
# - Removing a column does not remove what other columns carry.
# - An audit of records inherits what the records leave out.
