"""Every exercise in its three states, with every misconception that it names."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from equipoise.consent import EVENT_COLUMNS, in_force
from equipoise.course import EXERCISES
from equipoise.course._desk import Desk
from equipoise.course._exercise_consents import FAMILIES, _records, counts
from equipoise.course._exercise_few import say
from equipoise.course._exercise_planted import planted
from equipoise.intervals import clopper_pearson, newcombe, wilson, worst_gap
from equipoise.intervals.chance import noise_floor
from equipoise.privacy import epsilon_lower_bound


@pytest.fixture
def desk():
    return Desk()


def always_seeded(answers, epsilon, rng):
    return answers.sum() + np.random.default_rng(0).laplace(scale=1 / epsilon)


def per_band(answer):
    """Turn a function of counts into one of the customers."""

    def by_band(people):
        counted = people["permitted"].groupby(people["age_band"]).agg(["sum", "size"])
        yes, size = counted["sum"], counted["size"]
        columns = answer(yes, size, people["permitted"].mean())
        names = ["rate", "low", "high", "under_represented"]
        return pd.DataFrame(dict(zip(names, columns, strict=True)), index=counted.index)

    return by_band


def flagged(flag, of=wilson):
    """Return answers with right intervals and their own rule for who is under-represented."""
    return per_band(lambda yes, size, all_: (*of(yes, size), flag(*of(yes, size), yes, all_)))


def wald(yes, size):
    rate = yes / size
    return rate, rate - (half := 1.96 * (rate * (1 - rate) / size) ** 0.5), rate + half


def spread(yes, size):
    rate = yes / size
    return rate, rate - (half := 1.96 * (rate * (1 - rate)) ** 0.5), rate + half


def parts(yes, size):
    return wilson(yes, pd.Series(yes.sum(), index=yes.index))


def below(rate, low, high, yes, all_):
    return high < all_


def below_the_rest(yes, size, all_):
    gap = newcombe(yes, size, yes.sum() - yes, size.sum() - size)
    return (*wilson(yes, size), gap.high < 0)


def valid(records):
    return records[records["has_proof"] | (records["expression"] != "opt_in")]


def by_sorting(records):
    kept = valid(records).sort_values(["effective_at", "expression"])
    return kept["consent_event_id"].iloc[-1] if len(kept) else None


def newest(records):
    return records.sort_values("effective_at")["consent_event_id"].iloc[-1]


def preferred(*said):
    """Return the last of these expressions, or of all records where there is none."""

    def counts(records):
        kept = records[records["expression"].isin(said)]
        return (kept if len(kept) else records)["consent_event_id"].iloc[-1]

    return counts


def blanks(table):
    return table["household_size"].isna().groupby(table["group"]).agg(["sum", "size"])


def by_chi_square(table):
    found = blanks(table)
    cells = np.c_[found["sum"], found["size"] - found["sum"]]
    unlikely = chi2_contingency(cells).pvalue < 0.05
    return (found["sum"] / found["size"]).idxmax() if unlikely else None


def against_the_rest(level):
    def missing_more(table):
        found = blanks(table)
        rest = found.sum() - found
        low = newcombe(*found.to_numpy().T, *rest.to_numpy().T, confidence=level).low
        return found.index[np.argmax(low)] if low.max() > 0 else None

    return missing_more


def highest(table):
    found = blanks(table)
    return (found["sum"] / found["size"]).idxmax()


def most_blanks(table):
    return blanks(table)["sum"].idxmax()


def above(threshold):
    def missing_more(table):
        found = blanks(table)
        return highest(table) if (found["sum"] / found["size"]).max() > threshold else None

    return missing_more


def where_sure(name):
    return lambda table: name(table) if worst_gap(*blanks(table).to_numpy().T).low > 0 else None


def verdict(differs):
    """Turn a function of counts that says whether segments differ into the words of 3b."""
    return lambda selected, of: "differ" if differs(selected, of) else "cannot tell"


def off_the_mean(selected, of):
    each, mean = wilson(selected, of), selected.sum() / of.sum()
    return ((each.low > mean) | (each.high < mean)).any()


def two_extremes(selected, of):
    most, least = np.argmax(selected / of), np.argmin(selected / of)
    return newcombe(selected[most], of[most], selected[least], of[least]).low > 0


def bootstrapped(selected, of):
    draws = np.random.default_rng(0).binomial(of, selected / of, size=(200, len(of))) / of
    return np.quantile(np.ptp(draws, axis=1), 0.025) > 0


def looked_up(looks, where=np.argmax):
    """Return answers to 3c that go through some columns and name the first that differs."""

    def found(table):
        for act, column in looks(table).items():
            counts = column.astype(float).groupby(table["community"]).agg(["sum", "count"])
            if worst_gap(counts["sum"], counts["count"], confidence=0.99).low > 0:
                rates = counts["sum"] / counts["count"]
                return act, rates.index[where(rates)]
        return None

    return found


def furthest_apart(table):
    columns = {"label_bias": ~table["responded"], "historical_targeting": ~table["contacted"]}
    rates = pd.DataFrame(columns).groupby(table["community"]).mean()
    act = (rates.max() - rates.min()).idxmax()
    return act, rates[act].idxmax()


def enough(statement):
    """Return answers to 3d that say nothing of fewer than ten, and this of the others."""
    return lambda hits, of, *others: "not estimable" if of < 10 else statement(hits, of, *others)


def bounds(rate, *counts, **how):
    return tuple(rate(*counts, **how)[1:])


def behind(measure, sure=lambda table: True):
    """Return answers to 3e that compare the two groups by this measure, where they are sure."""

    def who(table):
        a, b = (measure(table[table["group"] == group]) for group in ("A", "B"))
        return ("B" if a > b else "A", abs(a - b)) if sure(table) else "cannot tell"

    return who


def got(table):
    return table["worth_eur"] * table["would_use"] * table["contacted"]


def apart(table):
    euros = got(table).groupby(table["group"]).agg(["mean", "var", "size"])
    error = (euros["var"] / euros["size"]).sum() ** 0.5
    return abs(euros["mean"]["A"] - euros["mean"]["B"]) > 1.96 * error


def apart_by_more_than(euros):
    return lambda table: abs(np.ptp(got(table).groupby(table["group"]).mean().to_numpy())) > euros


def noisy_mean(scale, clip=np.clip, draw="laplace"):
    """Return answers to 6b with their own scale of the noise, from (low, high, epsilon, n)."""

    def mean(values, low, high, epsilon, rng):
        size = scale(low, high, epsilon, len(values))
        return clip(values, low, high).mean() + getattr(rng, draw)(0, size)

    return mean


def enough_noise(low, high, epsilon, n):
    return (high - low) / epsilon / n


def noisy_sum(values, low, high, epsilon, rng):
    noise = rng.laplace(scale=(high - low) / epsilon)
    return (np.minimum(np.maximum(values, low), high).sum() + noise) / len(values)


def own_bounds(find):
    return lambda values, low, high, e, rng: noisy_mean(enough_noise)(values, *find(values), e, rng)


def always_seeded_mean(values, low, high, epsilon, rng):
    return noisy_sum(values, low, high, epsilon, np.random.default_rng(1))


def within(values, low, high):
    return values[(values >= low) & (values <= high)]


def cost_of(releases):
    return releases["epsilon"] * releases["answers"]


def each_purpose(releases, budget):
    spent, said = {}, []
    for row in releases.itertuples():
        spent[row.purpose] = spent.get(row.purpose, 0) + row.epsilon * row.answers
        said.append(spent[row.purpose] <= budget)
        spent[row.purpose] -= 0 if said[-1] else row.epsilon * row.answers
    return said


def by_hand(releases, budget):
    said = np.zeros(4, bool)
    for place, cost in enumerate(cost_of(releases)):
        said[place] = cost_of(releases)[said].sum() + cost <= budget
    return said


def tried(*tables, runs=4000, against=lambda shown, claim: shown - claim):
    """Return answers to 6d that look at these tables and take the one with the largest of this."""

    def false(mechanisms):
        worst = []
        for release, claim in mechanisms:
            pairs = [(release(t, runs), release(np.append(t, True), runs)) for t in tables]
            shown = max(epsilon_lower_bound(*pair, delta=0.0) for pair in pairs)
            worst.append(against(shown, claim))
        return int(np.argmax(worst))

    return false


def noise_of(mechanisms):
    return [release(np.arange(30) < 15, 4000).std() for release, _ in mechanisms]


def least_noise_for_its_claim(mechanisms):
    return np.argmin(
        [sd * claim for sd, (_, claim) in zip(noise_of(mechanisms), mechanisms, strict=True)]
    )


def tails(mechanisms):
    """Look at results beyond the counts, in both directions, without a ready-made attack."""
    excess = []
    for release, claim in mechanisms:
        shown = 0.0
        for yes in (0, 10):
            table, runs = np.arange(20) < yes, 20_000
            more = np.append(table, True)
            for beyond in (0, 1 / claim, 2.5 / claim):
                hits = (release(more, runs) >= yes + 1 + beyond).sum()
                misses = (release(table, runs) >= yes + 1 + beyond).sum()
                shown = max(shown, np.log((hits + 1) / (misses + 1)) if hits > 99 else 0)
        excess.append(shown / claim)
    return excess.index(max(excess))


NOBODY, SOME = np.zeros(30, bool), np.arange(30) < 12


def odds(prior):
    return prior / (1 - prior)


def pick_by(rule, interval=None, none=None):
    """Return answers to 7a that pick among all policies by this rule, with this interval."""

    def picked(policies, confirm):
        if not within_limits(policies).any() and none != "any":
            return none
        name = rule(policies, confirm)
        return (name, *(interval or drawn)(policies, confirm, name))

    return picked


def within_limits(policies):
    return (policies["epsilon"] <= 2) & (policies["selection_gap"] <= 0.05)


def best_within(policies, confirm):
    kept = policies[within_limits(policies)]
    return kept.set_index("policy")["profit_eur"].idxmax() if len(kept) else "policy 1"


def drawn(policies, confirm, name):
    return np.quantile(
        confirm.query("policy == @name and replicate > 0")["profit_eur"], [0.025, 0.975]
    )


def earned(policies, confirm, name, about=0.0):
    value = policies.set_index("policy").loc[name, "profit_eur"]
    return value - about, value + about


def first_by(column, ascending=True):
    def rule(policies, confirm):
        kept = policies[within_limits(policies)]
        return kept.sort_values(column, ascending=ascending)["policy"].iloc[0]

    return rule


def best_on_confirm(policies, confirm):
    kept = policies[within_limits(policies)]["policy"]
    sample = confirm[confirm["policy"].isin(kept) & (confirm["replicate"] == 0)]
    return sample.groupby("policy")["profit_eur"].mean().idxmax()


RIGHT = {
    "1a": [
        flagged(below),
        flagged(below, of=lambda yes, size: wilson(yes, size, confidence=1 - 0.05 / 4)),
        per_band(below_the_rest),
        lambda people: flagged(below)(people).reset_index().round(2),
    ],
    "1b": [by_sorting, lambda records: by_sorting(records.iloc[::-1])],
    "1d": [by_chi_square, against_the_rest(1 - 0.05 / 12), where_sure(highest)],
    "3a": [
        lambda y, d: d[y == 1].mean(),
        lambda y, d: (y * d).sum() / y.sum(),
        lambda y, d: float(np.sum((y == 1) & (d == 1)) / np.sum(y == 1)),
    ],
    "3b": [
        verdict(lambda selected, of: np.ptp(selected / of) > noise_floor([(selected, of)])),
        verdict(lambda n, of: chi2_contingency(np.c_[n, of - n]).pvalue < 0.05),
    ],
    "3c": [
        lambda table: list(planted(table) or ()) or None,
        looked_up(
            lambda table: {
                "historical_targeting": ~table["contacted"],
                "label_bias": ~table["responded"],
                "noisy_measurement": table["orders"] == 0,
                "proxy_column": table["uses_app"],
            }
        ),
    ],
    "3d": [
        enough(lambda hits, of, *_: bounds(clopper_pearson, hits, of)),
        enough(lambda hits, of, *_: [round(float(side), 2) for side in bounds(wilson, hits, of)]),
        lambda hits, of, *_: enough(lambda *_: np.array(bounds(wilson, hits, of)))(hits, of),
    ],
    "3e": [
        behind(lambda part: got(part).mean(), apart),
        behind(lambda part: round(got(part).mean(), 3), apart),
    ],
    "6a": [
        lambda a, e, rng: a.sum() + rng.laplace(0, 1 / e),
        lambda a, e, rng: round(a.sum() + rng.laplace(scale=1 / e)),
        lambda a, e, rng: max(0, a.sum() + rng.laplace(scale=1 / e)),
        lambda a, e, rng: a.sum() + rng.laplace(scale=2 / e),
        lambda a, e, rng: a.sum() + rng.geometric(1 - np.exp(-e)) - rng.geometric(1 - np.exp(-e)),
    ],
    "6b": [
        noisy_sum,
        lambda *given: min(max(noisy_sum(*given), given[1]), given[2]),
        noisy_mean(lambda *given: 2 * enough_noise(*given)),
    ],
    "6c": [by_hand, lambda releases, budget: pd.Series(by_hand(releases, budget))],
    "6d": [tails],
    "6e": [
        lambda prior, epsilon: 1 / (1 + np.exp(-epsilon) * (1 - prior) / prior),
        lambda prior, epsilon: round(
            prior * np.exp(epsilon) / (1 - prior + prior * np.exp(epsilon)), 2
        ),
    ],
    "7a": [
        pick_by(best_within),
        pick_by(
            first_by("profit_eur", ascending=False),
            lambda p, confirm, name: (
                1.96
                * np.array([-1, 1])
                * confirm.query("policy == @name and replicate > 0")["profit_eur"].std()
                + confirm.query("policy == @name")["profit_eur"].mean()
            ),
        ),
    ],
}
WRONG = {
    "1a": {
        "the parts of the permitted for the rate": flagged(below, of=parts),
        "the size for the rate": flagged(below, of=lambda yes, n: wilson(n, n * 0 + n.sum())),
        "the refusals": flagged(below, of=lambda yes, n: wilson(n - yes, n)),
        "a rate of many customers is exact": flagged(below, of=lambda yes, n: (yes / n,) * 3),
        "the spread of customers for the doubt about their rate": flagged(below, of=spread),
        "nobody of eight means nobody": flagged(below, of=wald),
        "few is under-represented": flagged(lambda r, low, high, yes, all_: yes == yes.min()),
        "any lower rate is a finding": flagged(lambda r, low, high, yes, all_: r < all_),
    },
    "1b": {
        "an old opt-out beats a later opt-in for ever": preferred("opt_out", "withdrawal"),
        "a yes covers what comes after a withdrawal": preferred("opt_in"),
        "the row recorded last wins": lambda records: records["consent_event_id"].iloc[-1],
        "an unproved opt-in counts": newest,
        "a refusal needs proof": lambda r: (
            newest(r[r["has_proof"]]) if any(r["has_proof"]) else None
        ),
        "the doubt works for the firm": lambda r: newest(valid(r)) if len(valid(r)) else None,
    },
    "1d": {
        "any difference is a mechanism": highest,
        "many missing values, because many customers": most_blanks,
        "twelve looks at the price of one": against_the_rest(0.95),
        "few missing values are harmless": above(0.3),
    },
    "3a": {
        "parity means benefit": lambda y, d: d.mean(),
        "precision for reach": lambda y, d: y[d == 1].mean(),
        "one number for all": lambda y, d: (y == d).mean(),
        "the missed for the reached": lambda y, d: 1 - d[y == 1].mean(),
        "the wrong customers": lambda y, d: d[y == 0].mean(),
        "the outcome itself": lambda y, d: y.mean(),
    },
    "3b": {
        "any gap is a finding": verdict(lambda n, of: np.ptp(n / of) > 0),
        "the percentile bootstrap of a largest gap": verdict(bootstrapped),
        "sixteen looks at the price of one": verdict(off_the_mean),
        "a gap of this size is a finding, however few the customers": (
            verdict(lambda n, of: np.ptp(n / of) > 0.2)
        ),
        "who never raises an alarm makes no mistake": lambda n, of: "cannot tell",
    },
    "3c": {
        "who was not asked has said no": looked_up(
            lambda table: {
                "label_bias": ~table["responded"],
                "noisy_measurement": table["household_size"].isna(),
                "proxy_column": table["uses_app"],
            }
        ),
        "few answers mean few letters": looked_up(
            lambda table: {
                "historical_targeting": ~table["responded"],
                "noisy_measurement": table["household_size"].isna(),
                "proxy_column": table["uses_app"],
            }
        ),
        "every difference was planted": lambda table: planted(table) or ("proxy_column", "A"),
        "the lowest figure marks who was hit": lambda table: (
            looked_up(lambda table: {"proxy_column": table["uses_app"]}, np.argmin)(table)
            or planted(table)
        ),
    },
    "3d": {
        "the point alone": enough(lambda hits, of, *_: hits / of),
        "few people say nothing": lambda *counts: "not estimable",
        "none of fourteen means never": enough(lambda hits, of, *_: wald(hits, of)[1:]),
        "merged silently": enough(
            lambda hits, of, more, others: bounds(wilson, hits + more, of + others)
        ),
        "no figure means zero": lambda hits, of, *others: 0 if of < 10 else say(hits, of, *others),
        "a missing group is a passed test": (
            lambda hits, of, *others: None if of < 10 else say(hits, of, *others)
        ),
    },
    "3e": {
        "equal contacts, equal benefit": (
            behind(lambda part: 0.0, lambda table: len(set(table["contacted"])) < 2)
        ),
        "any difference is a loss": behind(lambda part: got(part).mean()),
        "the larger group gets more": behind(lambda part: got(part).sum(), apart),
        "a benefit per contact": behind(lambda part: got(part)[part["contacted"]].mean(), apart),
        "what they would have had": behind(
            lambda part: (part["worth_eur"] * part["would_use"]).mean(), apart
        ),
        "uses counted, euros forgotten": behind(
            lambda part: (part["would_use"] & part["contacted"]).mean(), apart
        ),
        "a loss of this size is a finding, however few the customers": behind(
            lambda part: got(part).mean(), apart_by_more_than(0.5)
        ),
    },
    "6a": {
        "aggregated is safe": lambda a, e, rng: a.sum(),
        "the seed may be public": always_seeded,
        "epsilon is the noise": lambda a, e, rng: a.sum() + rng.laplace(scale=e),
        "sensitivity too small": lambda a, e, rng: a.sum() + rng.laplace(scale=0.5 / e),
        "the noise divided by the number of customers": (
            lambda a, e, rng: a.sum() + rng.laplace(scale=1 / e / len(a))
        ),
        "more noise than one customer moves": (
            lambda a, e, rng: a.sum() + rng.laplace(scale=len(a) / e)
        ),
        "any noise will do": lambda a, e, rng: a.sum() + rng.normal(scale=1 / e),
        "a larger epsilon means more noise": lambda a, e, rng: a.sum() + rng.laplace(scale=4 * e),
    },
    "6b": {
        "aggregated is safe": lambda values, low, high, e, rng: np.clip(values, low, high).mean(),
        "the seed may be public": always_seeded_mean,
        "bounds from the data are fine": own_bounds(lambda values: (values.min(), values.max())),
        "values stay within their bounds by themselves": (
            noisy_mean(enough_noise, clip=lambda values, *bounds: values)
        ),
        "who is out of bounds may be left out": noisy_mean(enough_noise, clip=within),
        "a customer moves a mean by one, as a count": noisy_mean(lambda low, high, e, n: 1 / e),
        "a customer moves a sum by one, as a count": noisy_mean(lambda low, high, e, n: 1 / e / n),
        "epsilon is the noise": noisy_mean(lambda low, high, e, n: (high - low) / n * e),
        "the noise divided by the number of customers twice": (
            noisy_mean(lambda low, high, e, n: (high - low) / e / n**2)
        ),
        "sensitivity too small": noisy_mean(lambda low, high, e, n: (high - low) / e / n / 2),
        "any noise will do": noisy_mean(enough_noise, draw="normal"),
        "the noise of a sum on a mean": noisy_mean(lambda low, high, e, n: (high - low) / e),
        "more noise than one customer moves": noisy_mean(
            lambda low, high, e, n: 9 * (high - low) / e / n
        ),
    },
    "6c": {
        "epsilon is per release": lambda releases, budget: cost_of(releases) <= budget,
        "purposes compose in parallel": each_purpose,
        "averaging repeated answers is one release": (
            lambda releases, budget: by_hand(releases.assign(answers=1), budget)
        ),
        "what was refused has been paid": (
            lambda releases, budget: [bool(paid <= budget) for paid in np.cumsum(cost_of(releases))]
        ),
        "the dearest goes": lambda releases, budget: [
            cost < cost_of(releases).max() or cost_of(releases).idxmax() != place
            for place, cost in cost_of(releases).items()
        ],
        "the last one goes": lambda releases, budget: [True, True, True, False],
    },
    "6d": {
        "the largest epsilon is the false one": (
            lambda mechanisms: int(np.argmax([claim for _, claim in mechanisms]))
        ),
        "little noise is too little": lambda mechanisms: int(np.argmin(noise_of(mechanisms))),
        "whoever tells most has lied": tried(NOBODY, SOME, against=lambda shown, claim: shown),
        "one pair of neighbours is enough": tried(SOME),
        "much noise is enough noise": least_noise_for_its_claim,
    },
    "6e": {
        "epsilon is a percentage": lambda prior, epsilon: prior + epsilon / 100,
        "epsilon is the factor": lambda prior, epsilon: min(1, prior * epsilon),
        "the chance grows by the factor": lambda prior, epsilon: min(1, prior * np.exp(epsilon)),
        "odds are a chance": lambda prior, epsilon: odds(prior) * np.exp(epsilon),
        "everybody starts at one half": lambda prior, epsilon: 1 / (1 + np.exp(-epsilon)),
        "the attacker's advantage for the belief": (
            lambda prior, epsilon: (np.exp(epsilon) - 1) / (np.exp(epsilon) + 1)
        ),
        "who is promised privacy is safe from guesses": lambda prior, epsilon: prior,
    },
    "7a": {
        "some policy must be picked": pick_by(best_within, none="any"),
        "enough profit outweighs a limit": pick_by(
            lambda policies, confirm: policies.set_index("policy")["profit_eur"].idxmax()
        ),
        "the confirm-customers may choose": pick_by(best_on_confirm),
        "the strictest is the best": pick_by(first_by("selection_gap")),
        "the mean over seeds is enough": pick_by(best_within, earned),
        "seed bands say how sure we are about other customers": pick_by(
            best_within,
            lambda policies, confirm, name: policies.set_index("policy").loc[
                name, ["profit_eur_low", "profit_eur_high"]
            ],
        ),
    },
}
UNNAMED = {
    "1a": [
        lambda people: people.groupby("age_band")["permitted"].mean(),
        lambda people: flagged(below)(people).head(2),
        per_band(lambda yes, n, all_: (0.5 + 0 * n, 0.4 + 0 * n, 0.6 + 0 * n, n < 0)),
        per_band(lambda yes, n, all_: (yes / n, yes / n - 0.01, yes / n + 0.01, n < 0)),
        per_band(lambda yes, n, all_: (yes / n, yes / n + 0.1, yes / n - 0.1, n < 0)),
        flagged(lambda rate, low, high, yes, all_: high < 0.3),
        flagged(lambda rate, low, high, yes, all_: (high < all_) | (low > all_)),
        lambda people: 1 / 0,
        "18-29",
    ],
    "1b": [
        lambda records: records["consent_event_id"].iloc[0],
        lambda records: records["expression"].iloc[0],
        lambda records: records.iloc[-1],
        lambda records: (
            by_sorting(records) if records["effective_at"].is_monotonic_increasing else None
        ),
        lambda records: valid(records).iloc[-1, 0],
        lambda records: "V12345",
        7,
    ],
    "1d": [
        where_sure(most_blanks),
        where_sure(lambda table: blanks(table)["sum"].idxmin()),
        lambda table: table["household_size"],
        lambda table: "a",
        lambda table: 1 / 0,
        "A",
    ],
    "3a": [
        lambda y, d: 0.6,
        lambda y, d: d[y == 1],
        lambda y, d: np.nan,
        lambda y, d: d[y == 1][:100].mean(),
        lambda y, d: 1 / 0,
        lambda y: 0.5,
        5,
    ],
    "3b": [
        lambda n, of: "differ",
        lambda n, of: "differ" if n.sum() else "cannot tell either",
        lambda n, of: np.ptp(n / of) > 0.1,
        verdict(two_extremes),
        verdict(lambda n, of: worst_gap(n, of, confidence=1 - 1e-12).low > 0),
        lambda n, of: 1 / 0,
        "differ",
    ],
    "3c": [
        furthest_apart,
        lambda table: (planted(table) or [None])[0],
        lambda table: ("label_bias", "D"),
        lambda table: ("historical_targeting", "B") if planted(table) else None,
        lambda table: planted(table) if table["contacted"].mean() > 0.7 else None,
        lambda table: table["contacted"],
        lambda table: table["tills"],
        ("label_bias", "B"),
    ],
    "3d": [
        lambda hits, of, *_: bounds(wilson, hits, of) if of else "not estimable",
        enough(lambda *counts: (0.0, 1.0)),
        enough(lambda hits, of, *_: bounds(wilson, hits, of, confidence=0.7)),
        enough(lambda hits, of, *_: bounds(wilson, hits, of)[::-1]),
        enough(lambda hits, of, *_: (-0.5, 1.5)),
        enough(lambda hits, of, *_: bounds(wilson, hits, of) if 0 < hits < of else "all or none"),
        lambda hits, of, *_: hits / of,
        lambda *counts: "about a fifth",
        0.2,
    ],
    "3e": [
        lambda table: "B",
        lambda table: ("B", np.nan),
        lambda table: ("C", 1.0),
        behind(lambda part: -got(part).mean(), apart),
        behind(lambda part: part["contacted"][part["would_use"]].mean(), apart),
        behind(lambda part: got(part).mean(), lambda table: apart(table) and len(table) > 1000),
        behind(lambda part: got(part).mean(), lambda table: apart(table) or table.index[-1] > 1000),
        lambda table: table["worth"],
        ("B", 1.0),
    ],
    "6a": [
        lambda a, e, rng: a.mean() + rng.laplace(scale=1 / e),
        lambda a, e, rng: a.sum() + abs(rng.laplace(scale=1 / e)),
        lambda a, e, rng: a.sum() + rng.uniform(-1 / e, 1 / e),
        lambda a, e, rng: 40 + rng.laplace(scale=1 / e),
        lambda a, e, rng: a.sum() + (a.sum() == 40) * rng.laplace(scale=1 / e),
        lambda a, e, rng: (a[:1].fill(not a[0]), a.sum() + rng.laplace(scale=1 / e))[1],
        lambda a, e, rng: 1 / 0,
        lambda a, e, rng: [a.sum()],
        3.0,
    ],
    "6b": [
        lambda values, low, high, e, rng: noisy_sum(values, low, high, e, rng) * len(values),
        lambda values, low, high, e, rng: noisy_sum(np.abs(values), low, high, e, rng),
        lambda values, low, high, e, rng: [values.mean()],
        lambda values, low, high, e, rng: np.nan,
        lambda values: 1.0,
        3.0,
    ],
    "6c": [
        lambda releases, budget: True,
        lambda releases, budget: ["yes"] * 4,
        lambda releases, budget: [True] * 4,
        lambda releases, budget: [False] * 4,
        lambda releases, budget: cost_of(releases).cumsum() < budget,
        lambda releases: [True] * 4,
        [True, True, True, False],
    ],
    "6d": [
        lambda mechanisms: 1,
        lambda mechanisms: 4,
        lambda mechanisms: "the first",
        tried(NOBODY, SOME, runs=40),
        lambda mechanisms: mechanisms[0][0](NOBODY),
        2,
    ],
    "6e": [
        lambda prior, epsilon: 0.5,
        lambda prior, epsilon: prior * (1 - prior),
        lambda prior, epsilon: min(1, prior + epsilon),
        lambda prior, epsilon: -prior,
        lambda prior, epsilon: [prior],
        lambda prior: prior,
        0.5,
    ],
    "7a": [
        pick_by(best_within, lambda *given: earned(*given, about=600)),
        pick_by(best_within, lambda *given: earned(*given, about=200)),
        pick_by(first_by("profit_eur")),
        pick_by(lambda policies, confirm: "policy 99"),
        lambda policies, confirm: best_within(policies, confirm),
        lambda policies, confirm: policies["profit"],
        "policy 1",
    ],
}


def cases(table):
    return [
        pytest.param(name, answer, id=f"{name}-{place}")
        for name, answers in table.items()
        for place, answer in enumerate(answers)
    ]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [..., lambda *_: None, lambda *_: ...])
def test_an_untouched_exercise_is_not_attempted(desk, name, answer):
    assert desk.check(name, answer).state == "not attempted"


@pytest.mark.parametrize("name", EXERCISES)
def test_the_shipped_solution_is_right(desk, name):
    assert desk.check(name, EXERCISES[name].solution).state == "right"


@pytest.mark.parametrize(("name", "answer"), cases(RIGHT))
def test_other_right_answers_are_right(desk, name, answer):
    assert desk.check(name, answer).state == "right"


@cache
def judged(name, misconception):
    return EXERCISES[name].check(WRONG[name][misconception])


@pytest.mark.parametrize(
    ("name", "misconception"), [(n, m) for n, answers in WRONG.items() for m in answers]
)
def test_a_misconception_is_named(name, misconception):
    verdict = judged(name, misconception)
    assert (verdict.state, verdict.misconception) == ("wrong", misconception)
    assert misconception in repr(verdict)


@pytest.mark.parametrize(("name", "answer"), cases(UNNAMED))
def test_other_wrong_answers_are_wrong_and_never_raise(desk, name, answer):
    verdict = desk.check(name, answer)
    assert verdict.state == "wrong"
    assert verdict.message


# Answers to the exercises of lessons 2 and 5 are in files of their own.
HERE = [name for name in EXERCISES if not name.startswith(("2", "5"))]


@pytest.mark.parametrize("name", HERE)
def test_two_misconceptions_at_least_are_recognised(name):
    assert len(WRONG[name]) >= 2


def test_hints_come_one_at_a_time_and_the_last_one_stays(desk):
    hints = EXERCISES["3a"].hints
    shown = [repr(desk.hint("3a")).replace("\n", " ") for _ in range(4)]
    assert shown == [f"Hint {k} of 3: {hints[k - 1]}" for k in (1, 2, 3, 3)]


def test_the_solution_comes_after_an_attempt_only(desk):
    assert repr(desk.solution("6a")) == "Try 6a first: the solution comes after an attempt."
    desk.check("6a", ...)
    assert repr(desk.solution("6a")) == "Try 6a first: the solution comes after an attempt."
    desk.check("6a", lambda a, e, rng: a.sum())
    assert "rng.laplace(scale=1 / epsilon)" in repr(desk.solution("6a"))


def test_no_hint_and_no_verdict_gives_the_whole_answer():
    for name in HERE:
        exercise = EXERCISES[name]
        last_line = exercise.solution_source().strip().splitlines()[-1].strip()
        texts = [exercise.task, *exercise.hints]
        texts += [judged(name, misconception).message for misconception in WRONG[name]]
        assert not any(last_line in text for text in texts)


def test_an_unknown_exercise_is_refused_with_a_suggestion(desk):
    with pytest.raises(ValueError) as refused:
        desk.hint("3f")
    first = ", ".join(map(repr, list(EXERCISES)[:12]))
    assert str(refused.value) == f"exercise must be a known name, got '3f'. Known: {first}, …."


@pytest.mark.parametrize("family", [name for name, _, _ in FAMILIES])
def test_what_exercise_1b_takes_for_right_is_the_rule_of_the_consent_chapter(family):
    rng = np.random.default_rng(7)
    usual = {
        "individual_id": "P1",
        "purpose": "profiling",
        "channel": "any",
        "expires_at": pd.NaT,
        "notice_version": "fictional-1",
    }
    for _ in range(40):
        records = _records(rng, family)
        events = records.assign(**usual)[list(EVENT_COLUMNS)]
        row = in_force(events, at="2030-01-01").iloc[0]
        stands = row["state"] in {"granted", "refused", "conflicting"}
        assert counts(records) == (row["consent_event_id"] if stands else None)
