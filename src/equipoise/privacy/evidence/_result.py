"""Challenge: a claim beside what an attack showed, and beside what it could have shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.evidence._power import ENOUGH

__all__ = ["Bound", "Challenge", "KnownBy", "Verdict", "verdict_of"]

NAMED = 8  # attributes that are listed
Verdict = Literal["not refuted", "refuted", "cannot say"]
KnownBy = Literal["known noise", "a twin", "doubt", "nothing"]


@dataclass(frozen=True)
class Bound:
    """What the runs show under one assumption about the noise.

    Attributes
    ----------
    assumes : str
        `"any noise"` or `"Gaussian noise"`.
    lower_bound : float
        The true epsilon is at least this, with the stated confidence; 0 where nothing was found.
    ceiling : float
        What an attack that is always right would show with these runs.
    power : float
        Median lower bound of a mechanism that is exactly as private as claimed, and no more: of the
        subject's own noise where it is known, else of Gaussian noise if the claim states a ratio, else
        of randomised response. What choosing the event costs is counted for all but the last.
    chance_to_refute : float
        Probability of refuting the claim where the true epsilon is twice it. NaN where nothing tells.
        See `Challenge.chance_by`.
    """

    assumes: str
    lower_bound: float
    ceiling: float
    power: float
    chance_to_refute: float


@dataclass(frozen=True)
class Challenge:
    """A claim beside its evidence. An audit never certifies: another attack may show more.

    Attributes
    ----------
    subject : str
        What was challenged.
    promise : Guarantee
        The claim in full, at the adjacency of the two worlds.
    claimed : float
        Its epsilon.
    decided_by : Bound
        The bound that the verdict rests on. Where the promise states a Gaussian ratio it is that for
        Gaussian noise: the ratio itself is then refuted whatever the noise, but the epsilon shown
        assumes Gaussian noise.
    without_assumption : Bound or None
        The bound for any noise beside it; None where it is the one that decides, or `view` is
        `"steps"`.
    runs : int
        In each world, in the half that is judged.
    confidence : float
        That a true claim is not refuted.
    verdict : {"not refuted", "refuted", "cannot say"}
        "cannot say" wherever twice the claim would be refuted with a probability below .8, or nothing
        tells that probability.
    view : {"output", "steps"}
        What the attacker sees: what is released, or every noisy sum on the way.
    worlds : str
        How the two tables were chosen.
    attack : str
        The event, and how often it was seen in each world.
    chance_by : {"known noise", "a twin", "doubt", "nothing"}
        How the chance to refute is known. `"known noise"`: simulated, or at the steps computed, for
        this subject at twice the claim. `"a twin"`: the attack ran on a copy of twice the epsilon, and
        the chance is a cautious one, too high at most once in ten times. A copy has the bugs of the
        original: where the code is wrong by as much as outputs show too little, nothing tells.
        `"doubt"`: the counts lie above the claim, though not surely. `"nothing"`: the subject has no
        epsilon to double, or was refuted without that.
    may_show_less : bool
        Whether the power is that of an exactly tight mechanism, while the subject may not be one: its
        noise is of no known kind, it releases several numbers or a model, or what to look at was given.
    looked_at : tuple of str
        Of a learner, the public numbers that the attack chose from.
    ended : str
        Which error ended how many runs, where one did.
    findings : tuple of str
        Facts that break the promise by themselves.
    runs_needed : int or None
        Where the verdict is "cannot say": a round number of runs that would do; None if above
        100,000, or not known.
    next_move : str
        Where the verdict is "cannot say": what sees more.
    """

    subject: str
    promise: Guarantee
    decided_by: Bound
    without_assumption: Bound | None
    runs: int
    confidence: float
    verdict: Verdict
    view: str
    worlds: str
    attack: str
    chance_by: KnownBy = "known noise"
    may_show_less: bool = False
    looked_at: tuple[str, ...] = ()
    ended: str = ""
    findings: tuple[str, ...] = ()
    runs_needed: int | None = None
    next_move: str = ""

    @property
    def claimed(self) -> float:
        """Epsilon of the claim."""
        return self.promise.epsilon

    @property
    def lower_bound(self) -> float:
        """What the true epsilon is at least; see `decided_by.assumes`."""
        return self.decided_by.lower_bound

    @property
    def ceiling(self) -> float:
        """What an attack that is always right would show."""
        return self.decided_by.ceiling

    @property
    def power(self) -> float:
        """Median lower bound of a mechanism exactly at the claim."""
        return self.decided_by.power

    @property
    def chance_to_refute(self) -> float:
        """Probability of refuting the claim where the true epsilon is twice it; NaN if not known."""
        return self.decided_by.chance_to_refute

    def frame(self) -> pd.DataFrame:
        """Return one row a bound: claim, bound, ceiling, power, runs, verdict."""
        rows = []
        for bound in (self.decided_by, self.without_assumption):
            if bound is not None:
                rows.append(self._row(bound))
        return pd.DataFrame(rows)

    def _row(self, bound: Bound) -> dict[str, object]:
        decides = bound is self.decided_by
        return {
            "subject": self.subject,
            "view": self.view,
            "claimed": self.claimed,
            "delta": self.promise.delta,
            "unit": self.promise.unit,
            "adjacency": self.promise.adjacency,
            "assumes": bound.assumes,
            "lower_bound": bound.lower_bound,
            "ceiling": bound.ceiling,
            "power": bound.power,
            "chance_to_refute": bound.chance_to_refute,
            "runs": self.runs,
            "confidence": self.confidence,
            "verdict": self.verdict if decides else None,
        }

    def __str__(self) -> str:
        told = [
            f"{self.subject} claims {self.promise}",
            self._shown(),
            *((self.ended,) if self.ended else ()),
            *self.findings,
            f"With these runs {self._could_show()}{self._at_twice()}",
            f"Worlds: {self.worlds}",
            *((f"Looked at: {self._names()}",) if self.looked_at else ()),
            f"Verdict: {self.verdict}{self._why()}",
            "An audit never certifies: another attack may show more",
        ]
        return " ".join(f"{sentence}." for sentence in told)

    def _shown(self) -> str:
        bound, more = self.decided_by, ""
        if bound.assumes != "any noise":
            more = f", assuming {bound.assumes}"
        if self.without_assumption is not None:
            more += f" ({_number(self.without_assumption.lower_bound)} without that assumption)"
        runs = f"{self.runs:,} runs a world at {100 * self.confidence:g} % confidence"
        if math.isinf(bound.lower_bound):
            return f"Attacked: no epsilon holds, from {runs}"
        return f"Attacked: at least {_number(bound.lower_bound)}{more}, from {runs}"

    def _could_show(self) -> str:
        perfect, free = _number(self.ceiling), self.without_assumption
        if free is not None:
            perfect += f" if the noise is Gaussian and {_number(free.ceiling)} whatever the noise"
        tight = "a tight mechanism" if self.may_show_less else "a mechanism exactly at its claim"
        return f"a perfect attack would show {perfect}, {tight} {_number(self.power)}"

    def _at_twice(self) -> str:
        if self.chance_by == "a twin":
            often = f"with a probability of at least {self.chance_to_refute:.2f}, as measured"
            return f"; the same code at twice the epsilon would be refuted {often}"
        if math.isnan(self.chance_to_refute):
            unknown = "; whether one of twice the claim would be refuted is not known"
            return unknown if self.chance_by == "nothing" and self.verdict != "refuted" else ""
        return f"; one of twice the claim would be refuted with probability {self.chance_to_refute:.2f}"

    def _names(self) -> str:
        more = len(self.looked_at) - NAMED
        return ", ".join(self.looked_at[:NAMED]) + (f" and {more} more" if more > 0 else "")

    def _why(self) -> str:
        if self.verdict != "cannot say":
            return ""
        moves = [self._more_runs(), self.next_move]
        reason = {
            "doubt": "as the counts lie above the claim, though not surely",
            "nothing": "as nothing tells what this attack would show at twice the claim",
        }.get(self.chance_by, f"as that probability is below {ENOUGH:g}")
        return "; ".join([f", {reason}", *(move for move in moves if move)])

    def _more_runs(self) -> str:
        if self.runs_needed is not None:
            about = "about " if self.chance_by == "a twin" else ""
            return f"{about}{self.runs_needed:,} runs would do"
        known = self.chance_by == "known noise" and self.view == "output"
        return "100,000 runs would not do either" if known else ""


def verdict_of(bound: Bound, claimed: float, findings: tuple[str, ...] = ()) -> Verdict:
    """Return what the bound and the findings say about a claim."""
    if findings or bound.lower_bound > claimed:
        return "refuted"
    return "not refuted" if bound.chance_to_refute >= ENOUGH else "cannot say"


def _number(epsilon: float) -> str:
    return "any epsilon" if math.isinf(epsilon) else f"{epsilon:.2f}"
