# %% [markdown]
# # 1 Meet the customers
#
# **Question.** Who is in this table, who is not, and what did they allow?
#
# You have joined a home-goods retailer. Each spring it sends a coupon by post to some of its
# customers, and you will decide who gets the next one. Before any model, meet the customers. They are
# fictional, drawn from seed 7, so that what we find can be compared with the truth.

# %%
import pandas as pd

import equipoise as eq
from equipoise import course
from equipoise.consent import allowed, in_force, permitted, purpose_table
from equipoise.intervals import wilson, worst_gap

pd.options.display.max_colwidth = None
crm = eq.make_crm(
    customers=20_000,
    seed=7,
    distortions=[eq.crm.HistoricalTargeting(dose=0.6, group=("community", "B"))],
)
columns = eq.crm.dictionary()
pd.DataFrame(
    {
        "rows": {name: len(table) for name, table in crm.tables.items()},
        "key": columns[columns["key"] == "primary"].set_index("table")["column"],
        "points to": columns[columns["key"].str.startswith("foreign")]
        .groupby("table")["key"]
        .agg(lambda keys: ", ".join(key.split()[1] for key in keys)),
    }
).fillna("").loc[list(crm.tables)]

# %% [markdown]
# The names follow a common CRM system. An *individual* is a person; a *contact* is how the firm knows
# them. The last table holds what each person allowed. The coupon goes out on 2 March 2026; whoever
# joined before that day is one row of `people`.

# %%
day = pd.Timestamp("2026-03-02")
people = crm.tables["contacts"].merge(crm.tables["individuals"], on="individual_id", validate="1:1")
people = people[people["joined_date"] < day].reset_index(drop=True)
people[
    ["individual_id", "contact_id", "joined_date", "postcode_area", "age_band", "income_band"]
].head()

# %% [markdown]
# ## What one customer allowed
#
# Nobody consents to "the table". Consent is given for a *purpose*, and where the firm reaches out,
# for a *channel*. Our purpose is personalised offers, our channel is the post.

# %%
purpose_table().set_index("name")[["covers", "channels"]]

# %%
events = crm.tables["consent_events"]
offers = events[(events["purpose"] == "personalised_offers") & (events["channel"] == "post")]
often = offers["individual_id"].value_counts()
shown = ["individual_id", "expression", "effective_at", "recorded_at", "source", "has_proof"]
offers[offers["individual_id"].isin(often[often >= 3].index[:3])][shown]

# %% [markdown]
# Three people, and each has said several things. The records have two dates: `effective_at`, from
# when it holds, and `recorded_at`, when the firm typed it in. Some dates are unknown, and some
# opt-ins have no proof.
#
# ## Exercise 1b: which record counts?

# %%
course.task("1b")


# %%
def counts(records):
    # solution
    valid = records[records["has_proof"] | (records["expression"] != "opt_in")]
    newest = valid[valid["effective_at"] == valid["effective_at"].max()]
    if newest.empty:
        return None
    refusals = newest[newest["expression"] != "opt_in"]
    return (newest if refusals.empty else refusals)["consent_event_id"].iloc[0]
    # end solution


course.check("1b", counts)

# %% [markdown]
# Stuck? `course.hint("1b")` gives one of three hints, and after an attempt `course.solution("1b")`
# shows a solution.
#
# The package applies the same rule to everyone, and to unknown dates: a doubt never works for the
# firm. This is how offers by post stood on the day of the coupon, with what was recorded by then.

# %% tags=["nbval-check-output"]
stood = in_force(
    offers[offers["individual_id"].isin(people["individual_id"])], at=day, known_at=day
)
stood.groupby(["state", "why"]).size().rename("people").reset_index(level="why")

# %% [markdown]
# Whoever never said anything about offers by post is not in this table at all.
#
# What *was in force* and what the firm *knew* are two questions. The next cell asks both.

# %% tags=["nbval-check-output"]
known = permitted(
    people, events, purpose="personalised_offers", channel="post", at=day, known_at=day
)
found_later = permitted(people, events, purpose="personalised_offers", channel="post", at=day)
too_many = known.index.difference(found_later.index)
too_few = found_later.index.difference(known.index)
pd.Series(
    {
        "taken for permitted, a refusal was on its way": len(too_many),
        "taken for not permitted, a yes was on its way": len(too_few),
    },
    name="people",
).to_frame()

# %% [markdown]
# A firm can act on what it knows only, so from here on we use `known`. The first line is the reason
# to look at the records again on the day of posting, and not a month before.
#
# ## The naive answer
#
# How many may get a personalised offer by post?

# %% tags=["nbval-check-output"]
people["permitted"] = people.index.isin(known.index)
people["permitted"].agg(["size", "sum", "mean"]).astype(float).round(3).to_frame().T

# %% [markdown]
# More than half, ten thousand people. A sensible colleague says: *That is plenty. We lose some at
# random, and those who like us best say yes anyway. Drop the others and go on.*
#
# **Before you run the next cells**, write down how you expect the permitted customers to differ from
# all.

# %% [markdown]
# ## The surprise

# %% tags=["nbval-check-output"]
privacy_concern = crm.truth.latents.set_index("individual_id")["privacy_concern"]
orders = crm.tables["orders"]
last_year = orders[
    orders["order_date"].between(day - pd.Timedelta(days=365), day, inclusive="left")
]
people["eur_12m"] = people["contact_id"].map(last_year.groupby("contact_id")["amount_eur"].sum())
people["eur_12m"] = people["eur_12m"].fillna(0.0)
traits = pd.DataFrame(
    {
        "is 60 or older": people["age_band"] == "60+",
        "is 18 to 29": people["age_band"] == "18-29",
        "has a high income": people["income_band"] == "high",
        "has a low income": people["income_band"] == "low",
        "is in the top tenth by euros spent": people["eur_12m"] >= people["eur_12m"].quantile(0.9),
        "would mind the use of data (top fifth, truth)": people["individual_id"]
        .map(privacy_concern)
        .rank(pct=True)
        > 0.8,
    }
)
pd.DataFrame(
    {
        "of all customers": traits.mean(),
        "of the permitted": traits[people["permitted"]].mean(),
        "of the others": traits[~people["permitted"]].mean(),
    }
).round(3)

# %% [markdown]
# No model has been trained, and the table has already changed. Young and poorer customers have become
# more frequent in it, older and better-off ones rarer, and those who mind the use of data rarest.
#
# And the best customers? How many of them are left?

# %% tags=["nbval-check-output"]
best = traits["is in the top tenth by euros spent"]
which = best.map({True: "top tenth", False: "the others"}).rename("by euros spent in a year")
yes = people["permitted"].groupby(which).agg(["sum", "size"])
rate, low, high = wilson(yes["sum"], yes["size"])
pd.DataFrame({"customers": yes["size"], "permit": rate, "low": low, "high": high}).round(3)

# %% [markdown]
# Spending much with a firm is not consenting to its offers: of those who spent most, four in ten are
# gone, about as many as of the others.
#
# ## Exercise 1a: who is under-represented?
#
# So far you saw parts of a whole. Now ask band by band, and how sure the answer is.

# %%
course.task("1a")


# %%
def by_band(people):
    # solution
    yes = people["permitted"].groupby(people["age_band"]).agg(["sum", "size"])
    rate, low, high = wilson(yes["sum"], yes["size"])
    table = pd.DataFrame({"rate": rate, "low": low, "high": high}, index=yes.index)
    table["under_represented"] = table["high"] < people["permitted"].mean()
    return table
    # end solution


course.check("1a", by_band)

# %% tags=["nbval-check-output"]
by_band(people)

# %% [markdown]
# ## Why
#
# Opting in is not a coin that each customer tosses. It depends on who they are. Since these people
# are fictional we can look at what moved them; a firm sees age and income at best, and never the
# concern.

# %% tags=["nbval-check-output"]
fifth = pd.qcut(
    people["individual_id"].map(privacy_concern), 5, labels=["least", "2", "3", "4", "most"]
)
by_concern = people.groupby(fifth, observed=True)["permitted"].mean()
by_concern.round(2).rename_axis("privacy concern").to_frame().T

# %% [markdown]
# One warning. That better-off people consent less is an assumption of this world, not a law: the
# literature is mixed, and studies report both signs. The simulator has a switch for it.

# %% tags=["nbval-check-output"]
def by_income(**knob: str) -> pd.Series:
    """Return the share of each income band that permits offers by post, in a world of this kind."""
    world = eq.make_crm(customers=5_000, seed=7, **knob).tables
    here = world["individuals"]
    may = permitted(
        here, world["consent_events"], purpose="personalised_offers", channel="post", at=day
    )
    return here["individual_id"].isin(may["individual_id"]).groupby(here["income_band"]).mean()


pd.DataFrame(
    {
        "better off consent less": by_income(),
        "better off consent more": by_income(better_off="consent_more"),
    }
).loc[["low", "middle", "high"]].round(2)

# %% [markdown]
# Which sign your own customers have is for you to measure.
#
# Is it a matter of time? Perhaps the others just have not got round to it.


# %% tags=["nbval-check-output"]
def share_permitted(date: pd.Timestamp) -> float:
    """Return the share of those who had joined by a date that permitted offers by post on it."""
    joined = people[people["joined_date"] < date]
    may = permitted(
        joined, events, purpose="personalised_offers", channel="post", at=date, known_at=date
    )
    return len(may) / len(joined)


dates = pd.date_range("2024-07-01", "2026-01-01", freq="6MS")
over_time = pd.Series({f"{date:%Y-%m}": share_permitted(date) for date in dates}, name="permit")
over_time.round(3).to_frame().T

# %% [markdown]
# The share hardly moves: some opt in later, others withdraw.
#
# ## The remedy, and what it costs
#
# **Take silence for a yes.** Many say nothing at all. Under another *policy* they would be in:

# %% tags=["nbval-check-output"]
policies = allowed(
    people, events, purpose="personalised_offers", channel="post", at=day, known_at=day
)
pd.DataFrame(
    {
        "permitted": policies.mean(),
        "of the 60 or older": policies[traits["is 60 or older"]].mean(),
        "of the 18 to 29": policies[traits["is 18 to 29"]].mean(),
    }
).round(2)

# %% [markdown]
# The table grows, and it comes closer to all customers. The price is paid by people who were asked
# and did not say yes. What the law allows for which purpose is not for this lesson; `purpose_table()`
# says where to look. The third line is a yardstick on fictional people and nothing else.
#
# **Weigh.** To *describe* all customers with the permitted ones, give each permitted customer the
# weight that makes age and income come out as they are among all.

# %% tags=["nbval-check-output"]
cell = people["age_band"].str.cat(people["income_band"], sep=" ")
kept = people["permitted"]
weight = cell[kept].map(cell.value_counts() / cell[kept].value_counts())
described = traits.astype(float)
pd.DataFrame(
    {
        "of all customers": described.mean(),
        "of the permitted": described[kept].mean(),
        "of the permitted, weighed": described[kept].mul(weight, axis=0).sum() / weight.sum(),
    }
).round(3)

# %% [markdown]
# Age and income are right, by construction. The concern is not: weights repair what they were made
# from and little else. They cost something, too: to make them, somebody counted the age and the
# income of people who had said no. Such a count is a use of its own, with a purpose of its own, the
# `fairness_audit`. And no weight brings anybody back: those who said no get no coupon, as they
# wished.
#
# So the lasting remedy is a plain one. Beside each figure say whom it is about, and who is missing.
#
# ## Are the records themselves in order?
#
# Consent is one way to be missing. Another is a record that is incomplete or outdated.

# %% tags=["nbval-check-output"]
records = {name: crm.tables[name] for name in ("individuals", "contacts", "campaign_members")}
found = eq.crm.quality(records, by="community")
asked_for = found.frame().query(
    "(column == 'household_size' and measure == 'completeness')"
    " or (column == 'has_responded' and measure == 'completeness') or measure == 'freshness'"
)
asked_for[["column", "measure", "group", "n", "value", "low", "high"]].round(3)

# %% [markdown]
# *Fresh* means that the address was confirmed within a year. In each column the intervals overlap.
# That is no proof that the communities are alike; for the largest gap of many, `found` takes the
# search into account:

# %% tags=["nbval-check-output"]
found

# %% [markdown]
# ## Exercise 1d: chance or mechanism?
#
# Here chance is enough to explain what differs. It is not always so easy to see.

# %%
course.task("1d")


# %%
def missing_more(table):
    # solution
    blank = table["household_size"].isna().groupby(table["group"]).agg(["sum", "size"])
    worst = worst_gap(blank["sum"], blank["size"])
    return None if worst.low <= 0 else (blank["sum"] / blank["size"]).idxmax()
    # end solution


course.check("1d", missing_more)

# %% [markdown]
# Now your function on our own table, by postcode area. `None` is an answer, though not before the
# check says *right*.

# %%
print(missing_more(people.rename(columns={"postcode_area": "group"})))

# %% [markdown]
# ## A complete column that misses most of a group
#
# Look at the quality table once more: `has_responded`, the answer to a campaign, is complete for
# everyone. Every customer of ours is a *member* of the campaign of 2 March, with a status and the
# reason for it. Three in ten were held out by chance, so that the firm can learn what the coupon
# changes. How did the rest respond?

# %%
coupon = crm.tables["campaign_members"].query("campaign_id == 'spring_coupon_2026'")
members = coupon.merge(people, on="contact_id", validate="1:1")
eligible = members[members["status"] != "hold_out"]


def response(table: pd.DataFrame) -> pd.DataFrame:
    """Return the recorded response rate of each community with its 95 % interval."""
    counts = table.groupby("community")["has_responded"].agg(["sum", "size"])
    value, low, high = wilson(counts["sum"], counts["size"])
    return pd.DataFrame(
        {"customers": counts["size"], "response": value, "low": low, "high": high}
    ).round(3)


# %% tags=["nbval-check-output"]
response(eligible)

# %% [markdown]
# Community B responds less than half as often as the others. *B is not interested*, says the
# colleague.

# %% tags=["nbval-check-output"]
response(eligible[eligible["status"] == "contacted"])

# %% tags=["nbval-check-output"]
pd.crosstab(eligible["community"], eligible["reason"])

# %% [markdown]
# Among those who got the coupon the intervals overlap. Most of B was never asked, and whoever was not
# asked has `False` in the column, like those who did not want it. *Not on past lists*: whoever was
# left out before is left out again, and nobody decided to exclude B. (*Objected* are those who had
# refused. Who had said nothing got the coupon as well; from lesson 3 on we keep to those who said
# yes.) What would the same customers' records show if past lists had not left B out?

# %% tags=["nbval-check-output"]
crm.injected_gap("community").round(3)

# %% [markdown]
# `injected` is exactly the part of B's low rate that was put there. It is known, not estimated. No
# firm has such a column about its real customers: it has the hold-out, the reasons, and the habit of
# asking who is missing.
#
# ## A column that nobody needed
#
# For each column ask: which purpose needs it? The data dictionary answers for this firm.

# %%
columns[columns["table"] == "individuals"].set_index("column")[["purposes", "reason"]]

# %% [markdown]
# Two columns have no purpose at all. They are in the table because somebody once thought that they
# might come in handy. They can leak and they can mislead; the cheapest protection is not to have
# them. And age, income and community may be read to compare groups, and not to choose who gets the
# coupon.
#
# ## Try it
#
# 1. Among the permitted, a smaller part of the orders is at full price. Is that who they are, or what
#    the firm did to them? Think of who gets coupons.
# 2. Choose another purpose above, such as `third_party_sharing` with channel `any`. Who is left?
# 3. Set the dose to `0` above and run again. Which tables change, and which do not?
#
# ## Take away
#
# - Consent is for a purpose and a channel, from a date on. What counts is the latest expression that
#   can be shown; where the order is unknown, the refusal.
# - The permitted customers are another population, not a sample of all. Say who is missing, with
#   intervals.
# - A difference between groups may be chance. The more groups, the larger the difference that is.
# - A recorded "no" can mean "was never asked". Look for the table that says who was asked.
#
# The next lesson of this first edition is **3, Who is left out**: what a model makes of this table.
