"""Learners whose whole path from raw rows to a released model carries a guarantee.

Rows enter through bounds that were declared beforehand; a fitted learner has a `guarantee_` that says
what was promised, to whom, and what was not.
"""

from equipoise.privacy._bounds import DeclaredBounds
from equipoise.privacy._encoding import BoundedEncoding
from equipoise.privacy.learning._boosting import PrivateExplainableBoosting
from equipoise.privacy.learning._diffprivlib import DiffprivlibLogisticRegression
from equipoise.privacy.learning._diffprivlib_check import diffprivlib_guarantee
from equipoise.privacy.learning._fit_many import fit_many
from equipoise.privacy.learning._group_levels import GroupLevels, exact_levels
from equipoise.privacy.learning._group_thresholds import GroupThresholds
from equipoise.privacy.learning._keep_rows import keep_rows
from equipoise.privacy.learning._linear_regression import PrivateLinearRegression
from equipoise.privacy.learning._logistic import PrivateLogisticRegression
from equipoise.privacy.learning._output_perturbed import OutputPerturbedLogisticRegression
from equipoise.privacy.learning._penalised import PenalisedLogisticRegression
from equipoise.privacy.learning._price import price_of_privacy
from equipoise.privacy.learning._reweighed import ReweighedLogisticRegression
from equipoise.privacy.learning._sufficient_statistics import SufficientStatisticsClassifier

__all__ = [
    "PrivateLogisticRegression",
    "SufficientStatisticsClassifier",
    "OutputPerturbedLogisticRegression",
    "PrivateExplainableBoosting",
    "PrivateLinearRegression",
    "DiffprivlibLogisticRegression",
    "ReweighedLogisticRegression",
    "PenalisedLogisticRegression",
    "GroupThresholds",
    "GroupLevels",
    "exact_levels",
    "diffprivlib_guarantee",
    "price_of_privacy",
    "fit_many",
    "keep_rows",
    "BoundedEncoding",
    "DeclaredBounds",
]
