"""A model decides whom to ask, and is trained on the answers of those whom it asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from equipoise.crm._streams import Draws, Flags, Floats
from equipoise.crm.distortions._base import Distortion
from equipoise.exceptions import InputError

__all__ = ["FeedbackLoop"]

FIRST_LIST_LOSS = 0.5
SHARE_KEPT = 0.5
DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class FeedbackLoop(Distortion):
    """Round by round, a model trained on its own past choices decides which members are asked.

    Mechanism: the first printed campaign leaves out half of the members that are struck. For each
    later one a classifier is trained on the records of all printed campaigns before it, in which
    whoever was not asked reads "has not responded"; of the members that are struck, those whose
    score is below the median score of all customers on that day are left out. Their missing answers
    train the next round. Nobody outside the group is left out.

    The model sees what was bought, and who lives where, before anything else distorts how that is
    recorded; of the answers it sees what label bias leaves.

    Parameters
    ----------
    dose : float
        Share of members whose contact is up to the model, from 0 (none) to 1 (all).
    group : tuple of (column, value)
        Whose contact is up to the model. It sees recency, frequency, spending, tenure, lead source
        and postcode area, and never the group itself.
    classifier : scikit-learn classifier, optional
        Anything with `fit`, `predict_proba` and `get_params`; a logistic regression if not given.
        It is cloned, so the one that was passed stays unfitted. One that draws at random
        needs a `random_state`.

    Examples
    --------
    >>> str(FeedbackLoop(dose=0.8, group=("community", "B")))
    'feedback_loop=0.8:community=B'
    """

    name: ClassVar[str] = "feedback_loop"
    summary: ClassVar[str] = (
        "a share of members equal to the dose is asked only if a model trained on earlier rounds' "
        "records ranks them above the median; the first round leaves out half of them."
    )
    moves: ClassVar[str] = "response_rate"
    needs_everyone: ClassVar[bool] = True

    classifier: Any = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        missing = [
            name
            for name in ("fit", "predict_proba", "get_params")
            if self.classifier is not None and not callable(getattr(self.classifier, name, None))
        ]
        if missing or isinstance(self.classifier, type):
            raise InputError(
                "classifier",
                "must be a scikit-learn classifier with predict_proba",
                repr(self.classifier),
                "Pass for example HistGradientBoostingClassifier(random_state=0).",
            )

    def ranked_low(
        self,
        people: pd.DataFrame,
        draws: Draws,
        features: Floats,
        is_member: Flags,
        past: list[tuple[Floats, Flags]],
    ) -> Flags:
        """Return whom this round leaves out.

        Parameters
        ----------
        people, draws
            The customers, row for row.
        features : numpy.ndarray of shape (customers, columns)
            What the model sees about them on the day.
        is_member : numpy.ndarray of bool
            Who is a customer on the day; the median is theirs.
        past : list of (features, answered)
            Rows and recorded answers of each earlier round.
        """
        struck = self.struck(people, draws)
        answers = np.concatenate([answered for _, answered in past]) if past else np.zeros(0, bool)
        if len(np.unique(answers)) < 2:
            return struck & (draws.uniform(self.stream("first")) < FIRST_LIST_LOSS)
        model = self._fitted(np.concatenate([rows for rows, _ in past]), answers)
        # Rounded, so that the last bits of another processor decide about nobody.
        score = model.predict_proba(features)[:, 1].round(DECIMALS)
        cut = np.quantile(score[is_member], 1 - SHARE_KEPT)
        return np.asarray(struck & (score < cut))

    def _fitted(self, rows: Floats, answers: Flags) -> Any:
        from sklearn.base import clone
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        model = LogisticRegression(max_iter=200) if self.classifier is None else self.classifier
        with threadpool_limits(1):  # so that sums have one order, on any number of cores
            return clone(model).fit(rows, answers)
