"""The attack on every noisy sum of a fit: how far one customer moves it, how much noise hides it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from scipy.stats import chi2

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.evidence._drawn_noise import by_sum, faults_of
from equipoise.privacy.evidence._rates import Floats, epsilon_of_mu
from equipoise.privacy.evidence._replay import replayed
from equipoise.privacy.evidence._result import Bound, Challenge, verdict_of
from equipoise.privacy.evidence._setting import Pose, Setting
from equipoise.privacy.evidence._subject import Learner, fresh_seeds

__all__ = ["attacked_steps"]

ROUNDING = 1e-6
SIMULATED = 2000


@dataclass(frozen=True)
class Steps:
    """What the noisy sums of all runs are made of.

    Attributes
    ----------
    moved : array, shape (runs, T)
        How far the customer moves each sum, in the sd that the code meant to add.
    along : array, shape (runs, T)
        The noise of each sum in the direction in which she moves it, times how far.
    noise : list of T arrays, shape (runs, d)
        What was added to each sum, in that sd.
    read : list of str
        In what the models of both tables differ, although they got the same sums.
    """

    moved: Floats
    along: Floats
    noise: list[Floats]
    read: list[str]

    @property
    def together(self) -> Floats:
        """How far the customer moves all sums together, in each run."""
        return np.sqrt((self.moved**2).sum(axis=1))  # type: ignore[no-any-return]

    @property
    def draws(self) -> float:
        """How many draws of one size the noise along her moves tells as much as."""
        weights = self.moved**2
        return float(weights.sum() ** 2 / (weights**2).sum())


def attacked_steps(pose: Pose, setting: Setting) -> Challenge:
    """Return the claim beside what an attacker would learn who sees every noisy sum.

    The sums of one world get the noisy answers of the other, so that both walk the same path and the
    exact sums can be compared. A customer who moves sum t by m_t, under noise of sd s_t in that
    direction, is hidden by a Gaussian ratio of sqrt(sum of (m_t / s_t)²) and not less. That is at
    least sum of m_t² over the root of the sum of (m_t s_t)², of which chi-square gives a limit.

    The same answers must also leave the same model: whatever else was read had no noise.
    """
    steps, promise = _measured(pose, setting), pose.promise
    error = 1 - setting.confidence
    absent, findings = _findings(steps, promise, error / 2)
    mu = math.inf if absent else _ratio_shown(steps, error / 2)
    bound = Bound(
        assumes="Gaussian noise",
        lower_bound=epsilon_of_mu(mu, promise.delta),
        ceiling=math.inf,
        **_power(steps, promise, error / 2),
    )
    runs, count = steps.moved.shape
    return Challenge(
        subject=pose.subject.name,
        promise=promise,
        decided_by=bound,
        without_assumption=None,
        runs=runs,
        confidence=setting.confidence,
        verdict=verdict_of(bound, promise.epsilon, findings),
        view="steps",
        worlds=pose.worlds,
        attack=f"distance and noise of {count} sums in {runs:,} runs",
        findings=findings,
    )


def _measured(pose: Pose, setting: Setting) -> Steps:
    learner, name = pose.subject, pose.subject.name
    if not isinstance(learner, Learner):
        raise _no_steps("for a learner that adds noise to sums", name)
    if pose.promise.mu is None:
        raise _no_steps("for a claim with a Gaussian ratio (mu)", f"that of {name}, which has none")
    moved, along, noise, read = [], [], [], set[str]()
    for seed in fresh_seeds(setting.seeds, setting.runs):
        run = replayed(learner, seed)
        if not run.own:
            only = "for a learner that adds noise to sums over customers"
            raise _no_steps(only, f"none in {name}")
        moves = [move / heard.unit for move, heard in zip(run.moves, run.own, strict=True)]
        noise.append([heard.in_sd for heard in run.own])
        moved.append([float(np.linalg.norm(move)) for move in moves])
        along.append([float(m @ drawn) for m, drawn in zip(moves, noise[-1], strict=True)])
        read |= run.read
    return Steps(_table(moved), _table(along), by_sum(noise), sorted(read))


def _no_steps(only: str, found: str) -> InputError:
    return InputError("view", f"can be 'steps' only {only}", found, "Use view='output'.")


def _table(runs: list[list[float]]) -> Floats:
    """Return one row a run; zeros where a run took fewer sums than others."""
    return np.array(list(zip_longest(*runs, fillvalue=0.0)), dtype=float).T


def _ratio_shown(steps: Steps, error: float) -> float:
    """Return the Gaussian ratio that the sums have at least, by an upper limit of their noise."""
    if not steps.moved.any():
        return 0.0
    seen = (steps.along**2).sum() / (steps.moved**2).sum()
    most = seen * steps.draws / chi2.ppf(error, steps.draws)
    return float(steps.together.min() / math.sqrt(most)) if most else math.inf


def _findings(steps: Steps, promise: Guarantee, error: float) -> tuple[bool, tuple[str, ...]]:
    """Return whether noise is absent or can be subtracted, and every fact that breaks the promise."""
    found, largest = [], float(steps.together.max())
    allowed = gaussian_mu(promise.epsilon, promise.delta)
    if largest > allowed * (1 + ROUNDING):
        found.append(
            f"One customer moves the sums by {largest:.3g} sd of the noise that the code means to add, "
            f"the claim allows {allowed:.3g}"
        )
    if steps.read:
        found.append(
            f"With the same noisy sums both tables leave different models ({', '.join(steps.read)}): "
            "something else was read"
        )
    absent, faults = faults_of(steps.noise, error)
    return absent, (*found, *faults)


def _power(steps: Steps, promise: Guarantee, error: float) -> dict[str, float]:
    """Return what these distances show where the noise is as claimed, and half as private."""
    claimed = gaussian_mu(promise.epsilon, promise.delta)
    doubled = gaussian_mu(2 * promise.epsilon, promise.delta)
    if not steps.moved.any():
        return {"power": 0.0, "chance_to_refute": 0.0}
    drawn = np.random.default_rng(0).chisquare(steps.draws, SIMULATED)
    inflated = np.sqrt(chi2.ppf(error, steps.draws) / drawn)
    intended = min(float(steps.together.min()), claimed)
    return {
        "power": epsilon_of_mu(float(np.median(inflated)) * claimed, promise.delta),
        "chance_to_refute": float((intended * doubled / claimed * inflated > claimed).mean()),
    }
