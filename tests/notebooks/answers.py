"""What learners type, and what the check must say: state, then the misconception if it is one.

The code is the whole answer as it would stand in the cell, without the check.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    lesson: str
    exercise: str
    code: str
    state: str
    misconception: str = ""


CASES = [
    Case(
        "01_customers",
        "1b",
        "def counts(records):\n    return records['consent_event_id'].iloc[-1]",
        "Wrong",
        "the row recorded last wins",
    ),
    Case(
        "01_customers",
        "1b",
        "def counts(records):\n"
        "    refusals = records[records['expression'] != 'opt_in']\n"
        "    return (refusals if len(refusals) else records)['consent_event_id'].iloc[-1]",
        "Wrong",
        "an old opt-out beats a later opt-in for ever",
    ),
    Case(
        "01_customers",
        "1b",
        "def counts(records):\n"
        "    return records.sort_values('effective_at')['consent_event_id'].iloc[-1]",
        "Wrong",
        "an unproved opt-in counts",
    ),
    Case(
        "01_customers",
        "1b",
        "def counts(records):\n"
        "    yes = (records['expression'] == 'opt_in') & records['has_proof']\n"
        "    kept = records[yes | (records['expression'] != 'opt_in')].assign(yes=yes)\n"
        "    kept = kept.sort_values(['effective_at', 'yes'], ascending=[False, True])\n"
        "    return kept['consent_event_id'].iloc[0] if len(kept) else None",
        "Right",
    ),
    Case(
        "01_customers",
        "1a",
        "def by_band(people):\n"
        "    yes = people['permitted'].groupby(people['age_band']).agg(['sum', 'size'])\n"
        "    rate, low, high = wilson(yes['sum'], yes['size'])\n"
        "    table = pd.DataFrame({'rate': rate, 'low': low, 'high': high}, index=yes.index)\n"
        "    return table.assign(under_represented=table['rate'] < people['permitted'].mean())",
        "Wrong",
        "any lower rate is a finding",
    ),
    Case(
        "01_customers",
        "1a",
        "def by_band(people):\n"
        "    yes = people.loc[people['permitted'], 'age_band'].value_counts()\n"
        "    rate, low, high = wilson(yes, yes.sum())\n"
        "    table = pd.DataFrame({'rate': rate, 'low': low, 'high': high}, index=yes.index)\n"
        "    return table.assign(under_represented=table['high'] < 0.25)",
        "Wrong",
        "the parts of the permitted for the rate",
    ),
    Case(
        "01_customers",
        "1a",
        "def by_band(people):\n"
        "    rows = {}\n"
        "    for band, part in people.groupby('age_band')['permitted']:\n"
        "        rate, low, high = wilson(part.sum(), len(part))\n"
        "        rows[band] = {'rate': rate, 'low': low, 'high': high}\n"
        "        rows[band]['under_represented'] = high < people['permitted'].mean()\n"
        "    return pd.DataFrame(rows).T",
        "Right",
    ),
    Case(
        "01_customers",
        "1d",
        "def missing_more(table):\n"
        "    return table['household_size'].isna().groupby(table['group']).mean().idxmax()",
        "Wrong",
        "any difference is a mechanism",
    ),
    Case(
        "01_customers",
        "1d",
        "def missing_more(table):\n"
        "    share = table['household_size'].isna().groupby(table['group']).mean()\n"
        "    return share.idxmax() if share.max() > 0.5 else None",
        "Wrong",
        "few missing values are harmless",
    ),
    Case(
        "01_customers",
        "1d",
        "from scipy.stats import chi2_contingency\n"
        "def missing_more(table):\n"
        "    blank = table['household_size'].isna()\n"
        "    if chi2_contingency(pd.crosstab(table['group'], blank)).pvalue > 0.02:\n"
        "        return None\n"
        "    return blank.groupby(table['group']).mean().idxmax()",
        "Right",
    ),
    Case(
        "02_pays",
        "2a",
        "def cut(scores, profit_eur):\n    return 0.5",
        "Wrong",
        "the threshold is 0.5",
    ),
    Case(
        "02_pays",
        "2a",
        "def cut(scores, profit_eur):\n    return np.quantile(scores, 0.8)",
        "Wrong",
        "one share fits every firm",
    ),
    Case(
        "02_pays",
        "2a",
        "def cut(scores, profit_eur):\n"
        "    table = pd.DataFrame({'score': scores, 'euros': profit_eur})\n"
        "    table = table.sort_values('score', ascending=False)\n"
        "    table['so_far'] = table['euros'].cumsum()\n"
        "    best = table.loc[table['so_far'].idxmax()]\n"
        "    return best['score'] if best['so_far'] > 0 else float('inf')",
        "Right",
    ),
    Case(
        "02_pays",
        "2c",
        "from sklearn.linear_model import LogisticRegression\n"
        "def by_effect(past, new):\n"
        "    rows = past[past['contacted'] == 1]\n"
        "    model = LogisticRegression(max_iter=1000).fit(rows[list(new)], rows['ordered'])\n"
        "    return model.predict_proba(new)[:, 1], 'estimate'",
        "Wrong",
        "response equals effect",
    ),
    Case(
        "02_pays",
        "2c",
        "def by_effect(past, new):\n    return new['months_quiet'], 'estimate'",
        "Wrong",
        "who may leave is worth most",
    ),
    Case(
        "02_pays",
        "2c",
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "def by_effect(past, new):\n"
        "    chance = []\n"
        "    for kind in (0, 1):\n"
        "        rows = past[past['contacted'] == kind]\n"
        "        trees = HistGradientBoostingClassifier(max_depth=3, max_iter=50, random_state=0)\n"
        "        trees.fit(rows[list(new)], rows['ordered'])\n"
        "        chance.append(trees.predict_proba(new)[:, 1])\n"
        "    return 28 * chance[1] - 35 * chance[0], 'estimate'",
        "Right",
    ),
    Case(
        "02_pays",
        "2b",
        "def leak(table, written, decided):\n"
        "    best = table.drop(columns='responded').corrwith(table['responded']).abs().idxmax()\n"
        "    return best, 'tells the answer'",
        "Wrong",
        "the best predictor is the leak",
    ),
    Case(
        "02_pays",
        "2b",
        "from equipoise.intervals import area_under_curve\n"
        "def leak(table, written, decided):\n"
        "    for name in written:\n"
        "        values = table[name].fillna(-99)\n"
        "        area = area_under_curve(table['responded'], values)\n"
        "        if max(area.low, 1 - area.high) > 0.9:\n"
        "            return name, 'tells the answer'",
        "Wrong",
        "a leak must tell the whole answer",
    ),
    Case(
        "02_pays",
        "2b",
        "from equipoise.intervals import area_under_curve\n"
        "def leak(table, written, decided):\n"
        "    for name in written:\n"
        "        values = table[name].fillna(-99)\n"
        "        area = area_under_curve(table['responded'], values)\n"
        "        if (written[name].dropna() > decided).any():\n"
        "            return name, 'written after'\n"
        "        if max(area.low, 1 - area.high) > 0.9:\n"
        "            return name, 'tells the answer'",
        "Right",
    ),
    Case(
        "02_pays",
        "2d",
        "def of_hundred(plot, score):\n    return 100 * score, 100 * score",
        "Wrong",
        "a score is a rate",
    ),
    Case(
        "02_pays",
        "2d",
        "def of_hundred(plot, score):\n"
        "    row = plot.iloc[(plot['mean_score'] - score).abs().argmin()]\n"
        "    return 100 * row['rate'], 100 * row['rate']",
        "Wrong",
        "response equals effect",
    ),
    Case(
        "02_pays",
        "2d",
        "def of_hundred(plot, score):\n"
        "    row = plot.iloc[(plot['mean_score'] - score).abs().argmin()]\n"
        "    if row['note']:\n"
        "        return None\n"
        "    return 100 * row['rate'], 100 * row['rate'] - 100 * row['rate_left_alone']",
        "Right",
    ),
    Case(
        "03_left_out",
        "3a",
        "def rate(y_true, y_pred):\n    return y_pred.mean()",
        "Wrong",
        "parity means benefit",
    ),
    Case(
        "03_left_out",
        "3a",
        "def rate(y_true, y_pred):\n    return y_true[y_pred == 1].mean()",
        "Wrong",
        "precision for reach",
    ),
    Case("03_left_out", "3a", "def rate(y_true, y_pred):\n    return 1 / 0", "Wrong"),
    Case(
        "03_left_out",
        "3a",
        "def rate(y_true, y_pred):\n    return y_pred[y_true == 1].mean()",
        "Right",
    ),
    Case(
        "03_left_out",
        "3b",
        "def differ(selected, customers):\n"
        "    rates = selected / customers\n"
        "    return 'differ' if rates.max() > rates.min() else 'cannot tell'",
        "Wrong",
        "any gap is a finding",
    ),
    Case(
        "03_left_out",
        "3b",
        "def differ(selected, customers):\n"
        "    rng, gaps = np.random.default_rng(1), []\n"
        "    for _ in range(100):\n"
        "        rates = rng.binomial(customers, selected / customers) / customers\n"
        "        gaps.append(rates.max() - rates.min())\n"
        "    return 'differ' if np.quantile(gaps, 0.025) > 0 else 'cannot tell'",
        "Wrong",
        "the percentile bootstrap of a largest gap",
    ),
    Case(
        "03_left_out",
        "3b",
        "def differ(selected, customers):\n"
        "    mean = selected.sum() / customers.sum()\n"
        "    _, low, high = wilson(selected, customers)\n"
        "    return 'differ' if any((low > mean) | (high < mean)) else 'cannot tell'",
        "Wrong",
        "sixteen looks at the price of one",
    ),
    Case(
        "03_left_out",
        "3b",
        "def differ(selected, customers):\n"
        "    rng, share = np.random.default_rng(1), selected.sum() / customers.sum()\n"
        "    draws = rng.binomial(customers, share, (1000, len(customers))) / customers\n"
        "    chance = np.quantile(np.ptp(draws, axis=1), 0.95)\n"
        "    return 'differ' if np.ptp(selected / customers) > chance else 'cannot tell'",
        "Right",
    ),
    Case(
        "03_left_out",
        "3d",
        "def say(hits, trials, others_hits, others_trials):\n"
        "    if trials < 10:\n"
        "        return 'not estimable'\n"
        "    rate = hits / trials\n"
        "    half = 1.96 * (rate * (1 - rate) / trials) ** 0.5\n"
        "    return rate - half, rate + half",
        "Wrong",
        "none of fourteen means never",
    ),
    Case(
        "03_left_out",
        "3d",
        "def say(hits, trials, others_hits, others_trials):\n"
        "    if trials < 20:\n"
        "        hits, trials = hits + others_hits, trials + others_trials\n"
        "    rate = wilson(hits, trials)\n"
        "    return rate.low, rate.high",
        "Wrong",
        "merged silently",
    ),
    Case(
        "03_left_out",
        "3d",
        "def say(hits, trials, others_hits, others_trials):\n"
        "    return wilson(hits, trials)[1:] if trials >= 10 else None",
        "Wrong",
        "a missing group is a passed test",
    ),
    Case(
        "03_left_out",
        "3d",
        "def say(hits, trials, others_hits, others_trials):\n"
        "    return wilson(hits, trials)[1:] if trials >= 10 else 'not estimable'",
        "Right",
    ),
    Case(
        "03_left_out",
        "3c",
        "def planted(table):\n"
        "    answers = table.groupby('community')['responded'].mean()\n"
        "    if answers.min() < 0.6 * answers.max():\n"
        "        return 'label_bias', answers.idxmin()",
        "Wrong",
        "who was not asked has said no",
    ),
    Case(
        "03_left_out",
        "3c",
        "def planted(table):\n"
        "    answers = table.groupby('community')['responded'].mean()\n"
        "    if answers.min() < 0.6 * answers.max():\n"
        "        return 'historical_targeting', answers.idxmin()",
        "Wrong",
        "few answers mean few letters",
    ),
    Case(
        "03_left_out",
        "3c",
        "def planted(table):\n"
        "    letters = table.groupby('community')['contacted'].mean()\n"
        "    asked = table[table['contacted']].groupby('community')['responded'].mean()\n"
        "    orders = table.groupby('community')['orders'].mean()\n"
        "    app = table.groupby('community')['uses_app'].mean()\n"
        "    if letters.min() < 0.6 * letters.max():\n"
        "        return 'historical_targeting', letters.idxmin()\n"
        "    if asked.min() < 0.6 * asked.max():\n"
        "        return 'label_bias', asked.idxmin()\n"
        "    if app.max() > 0.6:\n"
        "        return 'proxy_column', app.idxmax()\n"
        "    return ('noisy_measurement', orders.idxmin()) if orders.min() < 3.5 else None",
        "Right",
    ),
    Case(
        "03_left_out",
        "3e",
        "def who_loses(table):\n"
        "    rates = table.groupby('group')['contacted'].mean()\n"
        "    return 'cannot tell' if np.ptp(rates) < 0.01 else (rates.idxmin(), np.ptp(rates))",
        "Wrong",
        "equal contacts, equal benefit",
    ),
    Case(
        "03_left_out",
        "3e",
        "def who_loses(table):\n"
        "    got = (table['worth_eur'] * table['would_use'] * table['contacted'])\n"
        "    mean = got.groupby(table['group']).mean()\n"
        "    return mean.idxmin(), mean.max() - mean.min()",
        "Wrong",
        "any difference is a loss",
    ),
    Case(
        "03_left_out",
        "3e",
        "def who_loses(table):\n"
        "    got = (table['worth_eur'] * table['would_use'] * table['contacted'])\n"
        "    each = got.groupby(table['group']).agg(['mean', 'sem'])\n"
        "    gap = each['mean']['A'] - each['mean']['B']\n"
        "    if abs(gap) < 2 * (each['sem'] ** 2).sum() ** 0.5:\n"
        "        return 'cannot tell'\n"
        "    return ('B' if gap > 0 else 'A'), round(abs(gap), 2)",
        "Right",
    ),
    Case(
        "05_what_leaks",
        "5a",
        "def find(export, public, person):\n"
        "    known = ['postcode_area', 'birth_date', 'gender']\n"
        "    both = export.reset_index().merge(public[public['name'] == person], on=known)\n"
        "    return both['index'].iloc[0] if len(both) == 1 else None",
        "Wrong",
        "one row that fits is the person",
    ),
    Case(
        "05_what_leaks",
        "5a",
        "def find(export, public, person):\n"
        "    known = ['postcode_area', 'birth_date', 'gender']\n"
        "    own = public.set_index('name').loc[person, known]\n"
        "    rows = export[(export[known] == own).all(axis=1)]\n"
        "    return rows.index[0] if len(rows) else None",
        "Wrong",
        "the first that fits is the person",
    ),
    Case(
        "05_what_leaks",
        "5a",
        "def find(export, public, person):\n"
        "    her = public[public['name'] == person].iloc[0]\n"
        "    rows = export[export['birth_date'] == her['birth_date']]\n"
        "    return rows.index[0] if len(rows) == 1 else None",
        "Wrong",
        "fewer columns will do",
    ),
    Case(
        "05_what_leaks",
        "5a",
        "def find(export, public, person):\n    return export.loc[person]",
        "Wrong",
    ),
    Case(
        "05_what_leaks",
        "5a",
        "def find(export, public, person):\n"
        "    known = ['postcode_area', 'birth_date', 'gender']\n"
        "    both = export.reset_index().merge(public, on=known)\n"
        "    row = both.loc[both['name'] == person, 'index']\n"
        "    return row.iloc[0] if both['index'].isin(row).sum() == 1 else None",
        "Right",
    ),
    Case(
        "05_what_leaks",
        "5b",
        "STEPS = {\n"
        "    'postcode_area': [2, '*'],\n"
        "    'household_size': ['*'],\n"
        "    'tenure_days': [90, 360, '*'],\n"
        "    'days_since_last_order': [30, 90, 360, '*'],\n"
        "    'lead_source': ['*'],\n"
        "}\n"
        "def ten_alike(table, task):\n"
        "    return table.assign(**dict.fromkeys(STEPS, '*'))",
        "Wrong",
        "hide everything to be on the safe side",
    ),
    Case(
        "05_what_leaks",
        "5b",
        "def ten_alike(table, task):\n    return table",
        "Wrong",
        "without a name nobody stands out",
    ),
    Case(
        "05_what_leaks",
        "5b",
        "def ten_alike(table, task):\n"
        "    sizes = {str(n): '1-2' if n < 3 else '3+' for n in range(1, 21)}\n"
        "    steps = STEPS | {'household_size': [sizes | {'unknown': '-'}, '*']}\n"
        "    return anonymise(table, quasi_identifiers=steps, k=10).table",
        "Wrong",
        "what is changed least costs least",
    ),
    Case(
        "05_what_leaks",
        "5b",
        "def ten_alike(table, task):\n"
        "    return anonymise(table, quasi_identifiers=STEPS, k=3).table",
        "Wrong",
        "ten on average is ten alike",
    ),
    Case(
        "05_what_leaks",
        "5b",
        "def ten_alike(table, task):\n"
        "    coarse = table.assign(**dict.fromkeys(STEPS, '*'))\n"
        "    recency = pd.cut(table['days_since_last_order'], [-1, 60, 120, 180, 9999])\n"
        "    return coarse.assign(days_since_last_order=recency.astype(str))",
        "Right",
    ),
    Case(
        "05_what_leaks",
        "5c",
        "from equipoise.privacy.attacks import within_generalised\n"
        "def may_be(released, person):\n"
        "    return [\n"
        "        all(within_generalised(row[name], person[name]) for name in person.index)\n"
        "        for _, row in released.iterrows()\n"
        "    ]\n"
        "def told_by(released, person):\n"
        "    said = released.loc[may_be(released, person), 'reason']\n"
        "    return said.iloc[0] if len(said) == 1 else None",
        "Wrong",
        "who cannot be singled out is told nothing about",
    ),
    Case(
        "05_what_leaks",
        "5c",
        "def told_by(released, person):\n"
        "    said = released.loc[may_be(released, person), 'reason']\n"
        "    return said.mode()[0] if len(said) else None",
        "Wrong",
        "the commonest reason is told",
    ),
    Case(
        "05_what_leaks",
        "5c",
        "def told_by(released, person):\n"
        "    rows = released[(released[list(person.index)] != '*').all(axis=1)]\n"
        "    said = set(rows.loc[may_be(rows, person), 'reason'])\n"
        "    return said.pop() if len(said) == 1 else None",
        "Wrong",
        "a star is nobody",
    ),
    Case(
        "05_what_leaks",
        "5c",
        "def told_by(released, person):\n"
        "    said = set(released.loc[may_be(released, person), 'reason'])\n"
        "    return said.pop() if len(said) == 1 else None",
        "Right",
    ),
    Case(
        "05_what_leaks",
        "5d",
        "from sklearn.metrics import roc_curve\n"
        "def cut_of(rows):\n"
        "    alarms, hits, cuts = roc_curve(rows['member'], rows['score'])\n"
        "    return cuts[(hits - alarms).argmax()]\n"
        "def exposed_most(scores):\n"
        "    called = scores['score'] >= cut_of(scores)\n"
        "    return (called == scores['member']).mean(), None",
        "Wrong",
        "accuracy is the advantage",
    ),
    Case(
        "05_what_leaks",
        "5d",
        "def advantage(rows, cut):\n"
        "    reach = (rows['score'] >= cut).groupby(rows['member']).mean()\n"
        "    return reach.get(True, 0) - reach.get(False, 0)\n"
        "def exposed_most(scores):\n"
        "    return advantage(scores, cut_of(scores)), None",
        "Wrong",
        "the best cut on the rows that judge it",
    ),
    Case(
        "05_what_leaks",
        "5d",
        "def exposed_most(scores):\n"
        "    rows, cut = scores[1::2], cut_of(scores[::2])\n"
        "    each = {name: advantage(own, cut) for name, own in rows.groupby('group')}\n"
        "    return advantage(rows, cut), max(each, key=each.get)",
        "Wrong",
        "some group is always exposed most",
    ),
    Case(
        "05_what_leaks",
        "5d",
        "def exposed_most(scores):\n    return advantage(scores[1::2], cut_of(scores[::2])), None",
        "Wrong",
        "the average speaks for every group",
    ),
    Case(
        "05_what_leaks",
        "5d",
        "def exposed_most(scores):\n"
        "    rows, cut = scores[1::2], cut_of(scores[::2])\n"
        "    def gap(own):\n"
        "        p, n = (own.loc[own['member'] == m, 'score'] >= cut for m in (True, False))\n"
        "        error = (p.sem() ** 2 + n.sem() ** 2) ** 0.5\n"
        "        return p.mean() - n.mean(), error\n"
        "    most = None\n"
        "    for name in ('A', 'B', 'C'):\n"
        "        own, rest = gap(rows[rows['group'] == name]), gap(rows[rows['group'] != name])\n"
        "        if own[0] - rest[0] > 2.5 * (own[1] ** 2 + rest[1] ** 2 + 0.01) ** 0.5:\n"
        "            most = name\n"
        "    return gap(rows)[0], most",
        "Right",
    ),
    Case(
        "06_promise",
        "6a",
        "def private_count(answers, epsilon, rng):\n    return answers.sum()",
        "Wrong",
        "aggregated is safe",
    ),
    Case(
        "06_promise",
        "6a",
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + rng.laplace(scale=epsilon)",
        "Wrong",
        "epsilon is the noise",
    ),
    Case(
        "06_promise",
        "6a",
        "import numpy as np\n"
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + np.random.default_rng(0).laplace(scale=1 / epsilon)",
        "Wrong",
        "the seed may be public",
    ),
    Case(
        "06_promise",
        "6a",
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + rng.laplace(scale=1 / epsilon)",
        "Right",
    ),
    Case(
        "06_promise",
        "6b",
        "def private_mean(values, low, high, epsilon, rng):\n"
        "    step = (values.max() - values.min()) / len(values)\n"
        "    return values.mean() + rng.laplace(scale=step / epsilon)",
        "Wrong",
        "bounds from the data are fine",
    ),
    Case(
        "06_promise",
        "6b",
        "def private_mean(values, low, high, epsilon, rng):\n"
        "    step = (high - low) / len(values)\n"
        "    return values.mean() + rng.laplace(scale=step / epsilon)",
        "Wrong",
        "values stay within their bounds by themselves",
    ),
    Case(
        "06_promise",
        "6b",
        "def private_mean(values, low, high, epsilon, rng):\n"
        "    values = values[(values >= low) & (values <= high)]\n"
        "    step = (high - low) / len(values)\n"
        "    return values.mean() + rng.laplace(scale=step / epsilon)",
        "Wrong",
        "who is out of bounds may be left out",
    ),
    Case(
        "06_promise",
        "6b",
        "def private_mean(values, low, high, epsilon, rng):\n"
        "    total = values.clip(low, high).sum() + rng.laplace(scale=(high - low) / epsilon)\n"
        "    return total / values.size",
        "Right",
    ),
    Case(
        "06_promise",
        "6c",
        "def granted(releases, budget):\n    return (releases['epsilon'] <= budget).tolist()",
        "Wrong",
        "epsilon is per release",
    ),
    Case(
        "06_promise",
        "6c",
        "def granted(releases, budget):\n"
        "    left, said = {}, []\n"
        "    for row in releases.itertuples():\n"
        "        cost = row.epsilon * row.answers\n"
        "        said.append(cost <= left.get(row.purpose, budget))\n"
        "        if said[-1]:\n"
        "            left[row.purpose] = left.get(row.purpose, budget) - cost\n"
        "    return said",
        "Wrong",
        "purposes compose in parallel",
    ),
    Case(
        "06_promise",
        "6c",
        "def granted(releases, budget):\n"
        "    said, spent = [], 0\n"
        "    for row in releases.itertuples():\n"
        "        said.append(spent + row.epsilon <= budget)\n"
        "        spent += row.epsilon if said[-1] else 0\n"
        "    return said",
        "Wrong",
        "averaging repeated answers is one release",
    ),
    Case(
        "06_promise",
        "6c",
        "def granted(releases, budget):\n"
        "    said, spent = [], 0\n"
        "    for row in releases.itertuples():\n"
        "        said.append(spent + row.epsilon * row.answers <= budget)\n"
        "        spent += row.epsilon * row.answers if said[-1] else 0\n"
        "    return said",
        "Right",
    ),
    Case(
        "06_promise",
        "6d",
        "def false_promise(mechanisms):\n"
        "    claims = [claim for _, claim in mechanisms]\n"
        "    return claims.index(max(claims))",
        "Wrong",
        "the largest epsilon is the false one",
    ),
    Case(
        "06_promise",
        "6d",
        "def false_promise(mechanisms):\n"
        "    table, over = np.arange(40) < 20, []\n"
        "    for release, claim in mechanisms:\n"
        "        pair = release(table, 4000), release(table[1:], 4000)\n"
        "        over.append(epsilon_lower_bound(*pair, delta=0.0) - claim)\n"
        "    return np.argmax(over)",
        "Wrong",
        "one pair of neighbours is enough",
    ),
    Case(
        "06_promise",
        "6d",
        "def false_promise(mechanisms):\n"
        "    over = []\n"
        "    for release, claim in mechanisms:\n"
        "        bounds = []\n"
        "        for yes in (1, 20):\n"
        "            pair = [release(np.ones(n, bool), 8000) for n in (yes, yes - 1)]\n"
        "            bounds.append(epsilon_lower_bound(*pair, delta=0.0))\n"
        "        over.append(max(bounds) / claim)\n"
        "    return over.index(max(over))",
        "Right",
    ),
    Case(
        "06_promise",
        "6e",
        "def most_believed(prior, epsilon):\n    return prior * (1 + epsilon / 100)",
        "Wrong",
        "epsilon is a percentage",
    ),
    Case(
        "06_promise",
        "6e",
        "def most_believed(prior, epsilon):\n    return min(1, prior * np.exp(epsilon))",
        "Wrong",
        "the chance grows by the factor",
    ),
    Case(
        "06_promise",
        "6e",
        "def most_believed(prior, epsilon):\n"
        "    return 1 / (1 + (1 / prior - 1) / np.exp(epsilon))",
        "Right",
    ),
    Case(
        "07_balance",
        "7a",
        "def pick(policies, confirm):\n"
        "    best = policies.sort_values('profit_eur').iloc[-1]\n"
        "    return best['policy'], best['profit_eur_low'], best['profit_eur_high']",
        "Wrong",
        "some policy must be picked",
    ),
    Case(
        "07_balance",
        "7a",
        "def pick(policies, confirm):\n"
        "    kept = policies[(policies['epsilon'] <= 2) & (policies['selection_gap'] <= 0.05)]\n"
        "    if kept.empty:\n"
        "        return None\n"
        "    best = kept.sort_values('profit_eur').iloc[-1]\n"
        "    return best['policy'], best['profit_eur_low'], best['profit_eur_high']",
        "Wrong",
        "seed bands say how sure we are about other customers",
    ),
    Case(
        "07_balance",
        "7a",
        "def pick(policies, confirm):\n"
        "    kept = policies[(policies['epsilon'] <= 2) & (policies['selection_gap'] <= 0.05)]\n"
        "    if not len(kept):\n"
        "        return None\n"
        "    best = kept.loc[kept['profit_eur'].idxmax(), 'policy']\n"
        "    own = confirm[(confirm['policy'] == best) & (confirm['replicate'] > 0)]\n"
        "    return best, *own['profit_eur'].quantile([0.025, 0.975])",
        "Right",
    ),
]
