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
        "07_balance",
        "7a",
        "def private_count(answers, epsilon, rng):\n    return answers.sum()",
        "Wrong",
        "aggregated is safe",
    ),
    Case(
        "07_balance",
        "7a",
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + rng.laplace(scale=epsilon)",
        "Wrong",
        "epsilon is the noise",
    ),
    Case(
        "07_balance",
        "7a",
        "import numpy as np\n"
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + np.random.default_rng(0).laplace(scale=1 / epsilon)",
        "Wrong",
        "the seed may be public",
    ),
    Case(
        "07_balance",
        "7a",
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + rng.laplace(scale=1 / epsilon)",
        "Right",
    ),
]
