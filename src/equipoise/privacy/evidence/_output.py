"""The attack on what is released."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from equipoise.exceptions import InputError
from equipoise.privacy.evidence._chance import (
    Chances,
    family_chances,
    points_above,
    power_of,
    twin_chances,
    unknown_chances,
)
from equipoise.privacy.evidence._event import Seen
from equipoise.privacy.evidence._outputs import Outputs, Reader, drawn_outputs
from equipoise.privacy.evidence._power import ENOUGH
from equipoise.privacy.evidence._rates import AnyNoise, GaussianNoise, Reading
from equipoise.privacy.evidence._result import Bound, Challenge, verdict_of
from equipoise.privacy.evidence._score import chosen_attack
from equipoise.privacy.evidence._setting import Pose, Setting
from equipoise.privacy.evidence._subject import Learner, Noisy, Subject

__all__ = ["attacked_output"]


def attacked_output(
    pose: Pose,
    setting: Setting,
    *,
    statistic: Callable[[Any], float] | None,
    event: Callable[[Any], bool] | None,
) -> Challenge:
    """Return the claim beside what the released numbers show."""
    name = "event" if event else "statistic" if statistic else "output"
    reader = Reader(event or statistic, name)
    outputs = _drawn(pose.subject, setting, reader)
    readings = _readings(pose)
    judged = [_judged(outputs, setting, reading) for reading in readings]
    chances = _chances(pose, setting, reader, judged[0][0])
    bounds = [
        _bound(seen, pose, setting, reading, chances)
        for (seen, _), reading in zip(judged, readings, strict=True)
    ]
    seen, attack = judged[0]
    if event is not None and not outputs.error:
        attack = "the event as given"
    verdict = verdict_of(bounds[0], pose.promise.epsilon)
    silent = verdict == "cannot say"
    return Challenge(
        subject=pose.subject.name,
        promise=pose.promise,
        decided_by=bounds[0],
        without_assumption=bounds[1] if bounds[1:] else None,
        runs=setting.runs,
        confidence=setting.confidence,
        verdict=verdict,
        view="output",
        worlds=pose.worlds,
        attack=f"{attack} in {seen.hits:,} and {seen.misses:,} runs",
        looked_at=outputs.looked_at,
        ended=_ended(outputs),
        chance_by=chances.by,
        may_show_less=pose.family is None or reader.call is not None,
        runs_needed=chances.runs_needed(readings[0]) if silent else None,
        next_move=_next_move(pose, chances) if silent else "",
    )


def _drawn(subject: Subject, setting: Setting, reader: Reader) -> Outputs:
    return drawn_outputs(subject, setting.by_world(), runs=2 * setting.runs, reader=reader)


def _readings(pose: Pose) -> list[Reading]:
    """Return how the counts are read, that on which the verdict rests first."""
    delta = pose.promise.delta
    return [GaussianNoise(delta), AnyNoise(delta)] if pose.gaussian else [AnyNoise(delta)]


def _judged(outputs: Outputs, setting: Setting, reading: Reading) -> tuple[Seen, str]:
    """Choose the attack on the first half of the runs, and count on the second."""
    worlds = outputs.worlds
    first = (worlds[0][: setting.runs], worlds[1][: setting.runs])
    attack = chosen_attack(first, level=setting.level, reading=reading)
    second = [attack.scores(world[setting.runs :]) for world in worlds]
    return attack.event.seen((second[0], second[1])), attack.told(outputs.columns)


def _chances(pose: Pose, setting: Setting, reader: Reader, seen: Seen) -> Chances:
    """Return the chance to refute twice the claim; a twin runs only where it decides the verdict."""
    if pose.family is not None and reader.call is None:
        return family_chances(pose.family, pose, setting.level)
    readings = _readings(pose)
    refuted = seen.epsilon(setting.level, readings[0]) > pose.promise.epsilon
    if refuted or pose.twin is None:
        return unknown_chances("nothing")
    try:
        outputs = _drawn(pose.twin, setting, reader)
    except InputError:  # it has no such epsilon
        return unknown_chances("nothing")
    chances = twin_chances(outputs.worlds, pose, setting, readings)
    enough = chances.at(readings[0], setting.runs) >= ENOUGH
    in_doubt = enough and points_above(seen, pose, readings[0])
    return unknown_chances("doubt") if in_doubt else chances


def _bound(seen: Seen, pose: Pose, setting: Setting, reading: Reading, chances: Chances) -> Bound:
    perfect = Seen(setting.runs, 0, (setting.runs, setting.runs))
    return Bound(
        assumes="any noise" if isinstance(reading, AnyNoise) else "Gaussian noise",
        lower_bound=seen.epsilon(setting.level, reading),
        ceiling=perfect.epsilon(setting.level, reading),
        power=power_of(pose, setting, reading),
        chance_to_refute=chances.at(reading, setting.runs),
    )


def _ended(outputs: Outputs) -> str:
    if not outputs.error:
        return ""
    one, other = outputs.raised
    of = len(outputs.worlds[0])
    return (
        f"{outputs.error!r} ended {one:,} and {other:,} of {of:,} runs, and that is an output too"
    )


def _next_move(pose: Pose, chances: Chances) -> str:
    """Say where more is seen."""
    if isinstance(pose.subject, Learner) and pose.promise.mu is not None:
        return "view='steps' sees more where noise is added to sums"
    if chances.by != "nothing":
        return "more runs decide" if chances.by == "doubt" else ""
    what = (
        "an attribute"
        if isinstance(pose.subject, Noisy) and pose.subject.releases
        else "a parameter"
    )
    return f"give it {what} epsilon, which is doubled to find out"
