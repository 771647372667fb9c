# %% [markdown]
# # 7 The balance
#
# **Question.** Which point do we pick, and who pays for it?
#
# So far there were two quantities: what the coupon earns, and who is left out. Now a third one
# enters: what can be learnt about a single customer from the model. All three go on one table. The
# customers are those of lesson 3, who opted in to personalised offers by post.

# %%
import json
import textwrap
from pathlib import Path

import pandas as pd

import equipoise as eq
from equipoise import course, lab
from equipoise.tradeoff.comparisons import effect_of_epsilon, price_of_consent

crm = eq.make_crm(
    customers=20_000,
    seed=7,
    distortions=[eq.crm.HistoricalTargeting(dose=0.6, group=("community", "B"))],
)
task = crm.task("offer_response", purpose="personalised_offers")

# %% [markdown]
# ## What an epsilon promises
#
# Differential privacy is a promise to each customer: *whatever comes out would come out almost as
# likely if you were not in the table*. "Almost" is a factor of e to the power of epsilon. Lesson 6 makes
# and attacks such promises; here one is enough. In a model every step that looks at customers gets noise,
# and the noise is matched to what one customer can change at most. So that this is known beforehand, each
# feature has declared bounds.

# %%
model = eq.privacy.PrivateLogisticRegression(
    epsilon=1.0, delta=1e-6, bounds=task.bounds, random_state=7
).fit(task.X, task.y, unit=task.unit)
promise = model.guarantee_
print(promise)
for title, lines in (("Covers", promise.covers), ("Does not cover", promise.does_not_cover)):
    print(f"{title}:")
    for line in lines:
        print(textwrap.fill(line, 90, initial_indent="- ", subsequent_indent="  "))

# %% [markdown]
# Read the second list twice. A guarantee is as good as what it leaves out.
#
# ## The sweep
#
# Now try several models, with and without reweighing, at several epsilons, with five seeds each, on
# the same customers. Smaller epsilon means more privacy; `inf` means none. Beside a finite epsilon the
# weights come from noisy counts that the same epsilon pays for, so reweighing is part of the promise.

# %%
plan = eq.Plan(
    epsilons=[0.1, 0.3, 1.0, 3.0, float("inf")],
    delta=1e-6,
    models=["logistic", "private_logistic"],
    seeds=5,
    attribute="community",
    split_seed=7,
)
sweep = eq.sweep(task, plan, jobs=1)
policies = sweep.policies()

# %% tags=["nbval-check-output"]
shown = ["model", "mitigation", "epsilon", "profit_eur", "auc", "selection_gap"]
policies[shown].round({"profit_eur": -1, "auc": 2, "selection_gap": 2})

# %% [markdown]
# Every row is a mean over seeds on the same *choose-customers*, whom no model was fitted on.
#
# **The naive reading**: with noise the gap is smaller than without. Privacy helps fairness!
#
# ## The surprise

# %% tags=["nbval-check-output"]
private = policies.query("model == 'private_logistic' and mitigation == 'none'")
plain = policies.query("model == 'logistic' and mitigation == 'none'").iloc[0]
strictest, bounded = private.iloc[0], private.iloc[-1]
measures = ["profit_eur", "selection_gap"]
(
    pd.DataFrame(
        {
            "bounds and optimiser": bounded[measures] - plain[measures],
            "noise at epsilon 0.1": strictest[measures] - bounded[measures],
        }
    )
    .T.astype(float)
    .round({"profit_eur": -1, "selection_gap": 2})
    + 0.0
)

# %% [markdown]
# These are changes: a negative profit is a loss, a negative gap is a gap that closed. Bounding what a
# customer can change costs next to nothing here. The noise costs money. The gap it closes is not a
# gift: a noisier model follows the records less closely, and in these records B was left out. *Who
# pays* shows only in the levels. Of the customers with the outcome, how many are contacted in each
# community? A lottery that contacts the same share stands beside them.

# %% tags=["nbval-check-output"]
groups = sweep.groups().query(
    "part == 'choose' and model == 'private_logistic' and mitigation == 'none'"
)
reached = groups.pivot_table(index="group", columns="epsilon", values="true_positive_rate")
reached.assign(lottery=task.decision.top_share).round(2)

# %% [markdown]
# Read the rows from `inf` to the left, from no privacy to much. The gap between A and B closes from
# both ends: B is reached more often, A less often, and C, which was never left out, pays as well. With other
# customers A pays, too, and B fares better than either. How much B gains is mostly luck: few of its customers
# have the outcome, and five draws of noise are few. Whether that is a help depends on whom you ask, and the
# gap alone does not tell.
#
# ## Luck of the noise, luck of the customers
#
# How sure is that, for each community? Two things would differ next time: the noise, if one more model
# were released for the same customers, and the customers themselves. They have two cures (a larger
# epsilon, more customers), so they are kept apart. The effect is the rate at epsilon 1 less the rate without
# privacy, on the confirm-customers:

# %%
effects = effect_of_epsilon(sweep).frame().query("epsilon == 1 and mitigation == 'none'")
effects[["group", "effect", "low", "high", "noise_variance", "sampling_variance", "told"]].round(4)

# %% [markdown]
# Read the last column before the second: where it does not tell an effect from none, its sign is luck.
#
# ## Weigh it yourself
#
# Set a limit for epsilon and one for the gap in contact rate. The picture, the pick and the sentence
# follow. Everything works by keyboard, and the same figures stand in the table below the picture.

# %%
lab.balance(sweep)

# %% [markdown]
# Without a running kernel you see the starting point only. The same decision in code:

# %%
choice = eq.choose(sweep, limits={"epsilon": 2, "selection_gap": 0.1})
for reason in choice.reasons:
    print("-", reason)

# %% [markdown]
# ## What is it said to earn?
#
# A pick is picked because it looked good on the choose-customers, and a part of that is luck: the more
# policies, the larger the part. And those are only some customers. So what a pick is said to earn comes
# from the *confirm-customers*, who took no part in the choice, and with an interval:

# %% tags=["nbval-check-output"]
picked = choice.candidates[choice.candidates["feasible"]].iloc[0]
confirmed = choice.confirm.set_index("measure")
pd.DataFrame(
    {
        "on choose-customers": picked[["profit_eur", "selection_gap"]].astype(float),
        "on confirm-customers": confirmed.loc[["profit_eur", "selection_gap"], "value"],
        "low": confirmed.loc[["profit_eur", "selection_gap"], "low"],
        "high": confirmed.loc[["profit_eur", "selection_gap"], "high"],
    }
).round(2)

# %% [markdown]
# The choice says by itself how much the pick flatters itself, in euros with their interval, and what one
# would expect of the best of so many. One sweep shows one draw of that luck:

# %%
choice.optimism.round(2)

# %% [markdown]
# ## What a limit cost
#
# Whoever sets a limit will be asked what it costs. So each limit alone is moved by a stated step, and the
# best policy then is compared with the pick, on the same confirm-customers. A price that chance would
# explain has no figure:

# %%
choice.shadow_prices[["limit", "asked", "moved_to", "value", "low", "high", "note"]].round(2)

# %% [markdown]
# ## Exercise 7a: the most profitable, and how sure

# %%
course.task("7a")


# %%
def pick(policies, confirm):
    # solution
    kept = policies.query("epsilon <= 2 and selection_gap <= 0.05")
    if kept.empty:
        return None
    name = kept.sort_values("profit_eur")["policy"].iloc[-1]
    draws = confirm.query("policy == @name and replicate > 0")["profit_eur"]
    return name, draws.quantile(0.025), draws.quantile(0.975)
    # end solution


course.check("7a", pick)

# %% [markdown]
# Now on our own sweep. An empty answer counts only after the check says *right*.


# %%
def named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with one name for each policy."""
    return frame.assign(
        policy=frame[["model", "mitigation", "epsilon"]].astype(str).agg(", ".join, axis=1)
    )


drawn = sweep.draws.query("part == 'confirm'").join(sweep.rows[["model", "mitigation", "epsilon"]], on="cell")
print(pick(named(policies), named(drawn)))
eq.choose(sweep, limits={"epsilon": 2, "selection_gap": 0.05}).relaxations.round(2)

# %% [markdown]
# With a gap of at most 0.05 nobody keeps to both limits. The frame says how far each of them, alone, would
# have to move. That is no advice: it shows those who set the limits what they ask for. We go on with a gap
# of 0.1.

# %% [markdown]
# What did the limits give up, against the best policy without any? The difference is measured on the
# same confirm-customers, and has an interval:

# %%
choice.given_up.round(2)

# %% [markdown]
# ## Consent beside epsilon
#
# The epsilon is one thing that customers are owed, and being asked is another. How much does it cost to contact
# only those who opted in, against those who did not opt out, against everyone? Now euros are counted per 1,000
# customers, permitted or not: else a policy that may contact few of them would look as rich as one that may
# contact all.

# %%
asked = eq.Plan(
    epsilons=[1.0, float("inf")],
    delta=1e-6,
    models=["private_logistic"],
    mitigations=["none"],
    consent_policies=["everyone", "opt_out", "opt_in"],
    seeds=5,
    attribute="age_band",
    split_seed=7,
)
by_consent = eq.sweep(task, asked, jobs=1)
by_consent.policies().pivot(index="consent_policy", columns="epsilon", values="campaign_eur").round(-1)

# %%
consent = price_of_consent(by_consent).frame().query("measure == 'campaign_eur'")
consent[["consent_policy", "reference", "epsilon", "value", "low", "high"]].round(0)

# %% [markdown]
# Asking first costs more here than an epsilon of 1 does, and its interval leaves no doubt of the sign. That
# is no argument against asking: the law does not weigh consent against euros. It says which of the two
# a discussion about money is about.
#
# ## Write it down
#
# A decision that is not written down cannot be defended. The policy is saved as it is, and goes into your
# decision log, beside that of lesson 2.

# %%
choice.save("policy.json")
log = Path("decision_log.json")
entries = json.loads(log.read_text("utf-8")) if log.exists() else {}
entries["7"] = {"question": "Which point do we pick?", **json.loads(Path("policy.json").read_text("utf-8"))}
log.write_text(json.dumps(entries, indent=1), "utf-8")
entries["7"]["reasons"]

# %% [markdown]
# ## Take away
#
# - There is no best point, only a best one within limits. Somebody has to set the limits, and to say
#   why.
# - Bounds have a price, noise has another. Keep them apart.
# - Consent can cost more than epsilon. It is not for the laboratory to say whether it may be left out.
# - What a limit costs is told with an interval, or not at all.
# - A gap can shrink because the decisions became worse for everyone, or closer to a lottery.
# - Bands over seeds say how much training and noise matter. They do not speak about other customers;
#   the confirm-customers do.
# - The sweep itself is computed without noise. It is an internal study: the epsilon of a row is what
#   one released model would promise, not what this table promises.
