"""The attack on every noisy sum of a descent: how far one customer moves it, how much noise hides it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, t

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.evidence._listening import Recording, listening, repeated
from equipoise.privacy.evidence._rates import Floats, epsilon_of_mu
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
    noise : list of T arrays, shape (runs, d)
        What was added to each sum, in that sd.
    """

    moved: Floats
    noise: list[Floats]

    @property
    def together(self) -> Floats:
        """How far the customer moves all sums together, in each run."""
        return np.sqrt((self.moved**2).sum(axis=1))  # type: ignore[no-any-return]

    @property
    def draws(self) -> NDArray[np.intp]:
        """How many numbers the noise of each step consists of, over all runs."""
        return np.array([part.size for part in self.noise])


def attacked_steps(pose: Pose, setting: Setting) -> Challenge:
    """Return the claim beside what an attacker would learn who sees every noisy sum.

    The sums of a world are answered with those of the other, so that both walk the same path and
    the exact sums can be compared. A customer who moves sum t by m_t, under noise of sd s_t, is
    hidden by a Gaussian ratio of sqrt(sum of (m_t / s_t)²) and not less; chi-square limits bound s_t.
    """
    learner, promise = pose.subject, pose.promise
    if not isinstance(learner, Learner) or promise.mu is None:
        raise _no_steps(learner.name)
    steps = _measured(learner, setting)
    error = 1 - setting.confidence
    mu = _ratio_shown(steps, error / 2)
    same, findings = _findings(steps, promise, error / 2)
    bound = Bound(
        assumes="Gaussian noise",
        lower_bound=math.inf if same else epsilon_of_mu(mu, promise.delta),
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


def _no_steps(name: str) -> InputError:
    return InputError(
        "view",
        "can be 'steps' only for a learner that adds noise to sums",
        name,
        "Use view='output'.",
    )


def _measured(learner: Learner, setting: Setting) -> Steps:
    moved, noise = [], []
    for seed in fresh_seeds(setting.seeds, setting.runs):
        own = _heard(learner, 0, seed, Recording())
        replay = _heard(learner, 1, seed, Recording(repeated(own)))
        if len(replay.heard) != len(own.heard):
            raise _other_steps(own, replay)
        both = zip(own.heard, replay.heard, strict=True)
        moved.append([np.linalg.norm(b.exact - a.exact) / a.unit for a, b in both])
        noise.append([one.in_sd for one in own.heard])
    return Steps(np.array(moved), [np.array(part) for part in zip(*noise, strict=True)])


def _heard(learner: Learner, world: int, seed: int | None, recording: Recording) -> Recording:
    with listening(recording):
        learner.fitted(world, seed)
    if not recording.heard:
        raise _no_steps(learner.name)
    return recording


def _other_steps(own: Recording, other: Recording) -> InputError:
    return InputError(
        "view",
        "can be 'steps' only where both tables take the same number of sums",
        f"{len(own.heard)} and {len(other.heard)}",
        "Give the learner a row_count, or use view='output'.",
    )


def _ratio_shown(steps: Steps, error: float) -> float:
    """Return the Gaussian ratio that the sums have at least, by an upper limit of each step's noise."""
    squares = np.array([(part**2).sum() for part in steps.noise])
    most = np.sqrt(squares / chi2.ppf(error / len(squares), steps.draws))
    if (most == 0).any():
        return math.inf
    return float(np.sqrt(((steps.moved / most) ** 2).sum(axis=1)).min())


def _findings(steps: Steps, promise: Guarantee, error: float) -> tuple[bool, tuple[str, ...]]:
    """Return whether noise repeats itself, and every fact that breaks the promise."""
    found, largest = [], float(steps.together.max())
    allowed = gaussian_mu(promise.epsilon, promise.delta)
    if largest > allowed * (1 + ROUNDING):
        found.append(
            f"One customer moves the sums by {largest:.3g} sd of the noise that the code means to add, "
            f"the claim allows {allowed:.3g}"
        )
    fixed = any(np.array_equal(part[0], part[1]) for part in steps.noise)
    if fixed:
        return True, (
            *found,
            "The noise is the same in every run: whoever saw it once subtracts it",
        )
    reused, told = _between_steps(steps, error / 2)
    return reused, (*found, *told, *(() if reused else _between_runs(steps, error / 2)))


def _between_steps(steps: Steps, error: float) -> tuple[bool, tuple[str, ...]]:
    """Say whether the noise of two steps of the same shape goes together."""
    widths = [part.shape[1] for part in steps.noise]
    alike = [
        part.ravel() for part in steps.noise if part.shape[1] == max(set(widths), key=widths.count)
    ]
    count = len(alike)
    if count < 2:
        return False, ()
    correlation = float(np.abs(np.corrcoef(alike) - np.eye(count)).max())
    if correlation <= _chance_correlation(alike[0].size, error / (count * (count - 1) / 2)):
        return False, ()
    told = f"The noise of two steps is correlated by {correlation:.2f}, not drawn anew"
    return correlation > 1 - ROUNDING, (told,)


def _between_runs(steps: Steps, error: float) -> tuple[str, ...]:
    """Say whether the noise of a run predicts that of the next."""
    first = np.concatenate([part[:-1].ravel() for part in steps.noise])
    then = np.concatenate([part[1:].ravel() for part in steps.noise])
    correlation = float(np.corrcoef(first, then)[0, 1])
    if abs(correlation) <= _chance_correlation(first.size, error):
        return ()
    return (f"The noise of one run predicts that of the next: correlation {correlation:.2f}",)


def _chance_correlation(draws: int, error: float) -> float:
    """Return the correlation of independent Gaussian noise that is exceeded so seldom."""
    quantile = t.isf(error / 2, draws - 2)
    return float(quantile / math.sqrt(draws - 2 + quantile**2))


def _power(steps: Steps, promise: Guarantee, error: float) -> dict[str, float]:
    """Return what these distances show where the noise is as claimed, and half as private."""
    count, rng = len(steps.noise), np.random.default_rng(0)
    limit = chi2.ppf(error / count, steps.draws)
    inflated = np.sqrt((limit / rng.chisquare(steps.draws, (SIMULATED, count))).mean(axis=1))
    claimed = gaussian_mu(promise.epsilon, promise.delta)
    doubled = gaussian_mu(2 * promise.epsilon, promise.delta)
    intended = min(float(steps.together.min()), claimed)
    return {
        "power": epsilon_of_mu(float(np.median(inflated)) * claimed, promise.delta),
        "chance_to_refute": float((intended * doubled / claimed * inflated > claimed).mean()),
    }
