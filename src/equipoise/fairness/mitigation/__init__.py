"""What can be changed before, during or after training, and what it needs.

Every name says the act, never what it achieves; that is a matter to measure. All are
scikit-learn classifiers with `fit(X, y, *, group)` and `predict(X, *, group=None)`, and say of
themselves whether they need the group to decide (`needs_group_to_decide`) and whether a coin
decides (`is_randomised`). A fit whose result decides the same for everybody is refused.

In `cross_validate` the group reaches them by metadata routing: enable it, then use
`set_fit_request(group=True)` and `set_score_request(group=True)`, and leave `scoring` out, since
scikit-learn's scorers pass nothing on to `predict`.
"""

from equipoise.fairness.mitigation.after import (
    FlipNearThreshold,
    MixDecisions,
    MixScores,
    SetThresholds,
)
from equipoise.fairness.mitigation.before import RemoveCorrelation, Reweigh, reweighing
from equipoise.fairness.mitigation.during import ConstrainTraining, SearchMultipliers

__all__ = [
    "reweighing",
    "Reweigh",
    "RemoveCorrelation",
    "ConstrainTraining",
    "SearchMultipliers",
    "MixDecisions",
    "MixScores",
    "FlipNearThreshold",
    "SetThresholds",
]
