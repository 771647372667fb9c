# %% [markdown]
# # 1 Meet the customers
#
# **Question.** Who is in this table, who is not, and what does a recorded "no" mean?
#
# You have joined a home-goods retailer. Each spring it sends a coupon by post to some of its
# customers, and you will decide who gets the next one. Before any model, look at the customers and at
# last spring's campaign. They are fictional, drawn from seed 7, so that what we find can be compared
# with the truth.

# %%
import pandas as pd

import equipoise as eq
from equipoise.intervals import wilson

crm = eq.make_crm(
    customers=20_000,
    seed=7,
    distortions=[eq.crm.HistoricalTargeting(dose=0.6, group=("community", "B"))],
)
pd.DataFrame({name: {"rows": len(table), "columns": table.shape[1]} for name, table in crm.tables.items()}).T

# %% [markdown]
# The names follow a common CRM system. An *individual* is a person; a *contact* is how the firm
# knows them. The campaign has *members*, each with the reason why they got the coupon or did not.

# %%
individuals, contacts = crm.tables["individuals"], crm.tables["contacts"]
people = contacts.merge(individuals, on="individual_id", validate="1:1")
people.head()

# %%
members = crm.tables["campaign_members"].merge(people, on="contact_id", validate="1:1")
members.groupby(["status", "reason"]).size().rename("members").reset_index()

# %% [markdown]
# Three in ten members were held out by chance: they got no coupon, so that the firm can learn what
# the coupon changes. The others were eligible, but not all of them were contacted. Keep that in mind.
#
# ## The naive answer
#
# Communities A, B and C live in different parts of the country. How do they respond?

# %%
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
# Community B responds less than half as often as the others, and the intervals are far apart. It is
# no accident of small numbers. A sensible colleague says: *B is not interested; leave them out and
# save the postage.*
#
# **Before you run the next cell**, write down what you would tell that colleague.

# %% [markdown]
# ## The surprise

# %% tags=["nbval-check-output"]
pd.crosstab(eligible["community"], eligible["status"], normalize="index").round(3)

# %% tags=["nbval-check-output"]
response(eligible[eligible["status"] == "contacted"])

# %% [markdown]
# Most of B was never asked. Among those who were, the intervals of all three communities overlap.
#
# ## Why
#
# `has_responded` is `False` for two kinds of people: those who got the coupon and did not use it,
# and those who never got it. Whoever keeps that column alone, as a model will, cannot tell them apart.
# The campaign's list of members can, because it keeps the reason:

# %%
eligible[eligible["status"] == "not_targeted"].groupby(["community", "reason"]).size().unstack(
    fill_value=0
)

# %% [markdown]
# *Not on past lists*: whoever was left out before is left out again. Nobody decided to exclude B.
#
# These customers are simulated, so for once the truth can be looked up: what would the same
# customers' records show if past lists had not left B out?

# %% tags=["nbval-check-output"]
crm.injected_gap("community").round(3)

# %% [markdown]
# `injected` is exactly the part of B's low rate that was put there. It is known, not estimated. No
# firm has such a column about its real customers: it has the hold-out, the reasons, and the habit of
# asking who is missing.
#
# ## A column that nobody needed
#
# For each column ask: does the purpose need it? The coupon goes by post, so an address is needed.
# Which of these would you not have collected?

# %%
individuals.columns.tolist()

# %% [markdown]
# ## Try it
#
# 1. Set the dose to `0` above and run again. Which tables change, and which do not?
# 2. Put the distortion on another group, for example `("age_band", "60+")`. Would you have noticed?
# 3. Which customers are in `individuals` but not among the campaign's members, and why?
#
# ## Take away
#
# - A recorded "no" can mean "was never asked". Look for the table that says who was asked.
# - An interval speaks about chance. It says nothing about who is missing.
# - Leaving out is rarely a decision. It is an old list that nobody questioned.
#
# The next lesson of this first edition is **3, Who is left out**: what a model makes of this table.
