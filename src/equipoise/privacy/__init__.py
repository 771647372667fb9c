"""What can be learnt about one person, and promises about it that can be checked.

A guarantee names the unit, the adjacency, epsilon, delta, what is covered and what is not. Bounds
and epsilon are always given, never defaulted, and never read off the data in silence. A ledger adds
up what was promised; a challenge puts evidence beside a claim.

`privacy.queries` releases counts, sums, means and quantiles, `privacy.learning` models,
`privacy.accounting` says what they cost together, `privacy.reading` what an epsilon means in odds.
`privacy.evidence` attacks claims, `privacy.attacks` tables and models, and `privacy.anonymity`
measures and reaches what anonymised tables promise.
"""

from equipoise.privacy import anonymity as anonymity
from equipoise.privacy import attacks as attacks
from equipoise.privacy import reading as reading
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.accounting import Ledger
from equipoise.privacy.evidence import challenge, epsilon_lower_bound, planted_bugs
from equipoise.privacy.learning import (
    DiffprivlibLogisticRegression,
    OutputPerturbedLogisticRegression,
    PrivateExplainableBoosting,
    PrivateLinearRegression,
    PrivateLogisticRegression,
    SufficientStatisticsClassifier,
)
from equipoise.privacy.queries import noisy_counts

__all__ = [
    "PrivateLogisticRegression",
    "OutputPerturbedLogisticRegression",
    "SufficientStatisticsClassifier",
    "PrivateExplainableBoosting",
    "PrivateLinearRegression",
    "DiffprivlibLogisticRegression",
    "Guarantee",
    "noisy_counts",
    "Ledger",
    "challenge",
    "epsilon_lower_bound",
    "planted_bugs",
]
