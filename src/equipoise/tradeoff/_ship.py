"""Ship: refit the chosen policy with fresh noise, charge it once, and write it down."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from equipoise._files import check_writable, text_digest
from equipoise.exceptions import InputError, StalePolicyError
from equipoise.privacy import Guarantee, Ledger
from equipoise.privacy.accounting import Spend
from equipoise.task import Task
from equipoise.tradeoff._learner_of_policy import LearnerOfPolicy, check_private
from equipoise.tradeoff._plan import AS_GIVEN, Policy
from equipoise.tradeoff._policy_file import SavedPolicy, parse_policy
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._release_file import Curves, ReleasedModel
from equipoise.tradeoff._synthetic import SyntheticTask, declared_groups

__all__ = ["Shipment", "ship"]

READ = "the choice of policy, which read these customers without noise"
BEFOREHAND = "the choice of policy, unless it was settled without looking at these customers"
SYNTHETIC_SEED = "the choice of policy, to anybody who knows the seed of the synthetic customers"
ELSEWHERE = "the choice of policy, which was made on other customers"


@dataclass(frozen=True)
class Shipment:
    """What was released, what it cost, and where it lies.

    Attributes
    ----------
    release : ReleasedModel
    spend : Spend
        The entry of the ledger.
    path : Path or None
        Of the release file.
    """

    release: ReleasedModel
    spend: Spend
    path: Path | None


@dataclass(frozen=True)
class _Picked:
    """The policy to ship, and where it comes from."""

    policy: Policy
    delta: float | None
    attribute: str
    task_digest: str | None
    key: str


def ship(
    choice: SavedPolicy | Policy | str | Path,
    task: Task,
    *,
    ledger: Ledger,
    purpose: str,
    what: str | None = None,
    out: str | Path | None = None,
    again: bool = False,
    chosen_on: SyntheticTask | Task | None = None,
    groups: Sequence[str] | None = None,
    delta: float | None = None,
    attribute: str | None = None,
) -> Shipment:
    """Release the chosen policy: refitted on all permitted customers, charged once, written whole.

    Everything that can be refused is refused before anything is fitted: the file, the policy, its
    promise against the ledger. Then it is fitted in memory with fresh noise of the operating system's
    seed, the ledger is charged, and the file is written. A crash leaves at worst a spend without a file,
    never a file without a spend; of two processes that ship one decision at the same time, one is
    refused and costs nothing.

    Parameters
    ----------
    choice : Choice, SavedPolicy, Policy or path
        A path is that of a file of `Choice.save`. A bare `Policy` needs `delta` and `attribute`.
    task : Task
        The customers; the policy's own consent policy says which of them.
    ledger : Ledger
        Of these customers.
    purpose : str
        What the model may be used for; one of the ledger's where it has caps per purpose.
    what : str, optional
        What is released, for the ledger; by default the task and the policy. The ledger adds the number
        of the release and digests of decision and task, which stand nowhere else: a digest of a table
        without noise would tell whoever guesses it that they are right.
    out : path, optional
        A new JSON file; None writes none.
    again : bool
        Ship although this ledger holds a release of the same decision. It costs again.
    chosen_on : SyntheticTask or Task, optional
        Where the choice was not made on these customers: what it was made on. Without it the choice
        must be of this very task.
    groups : sequence of str, optional
        The groups that there can be, where the mitigation reads them. Without it they are read off the
        customers, which warns.
    delta, attribute : optional
        Of a bare `Policy`.

    Returns
    -------
    Shipment

    Raises
    ------
    InputError
        Where the policy is not private, has no private form, was shipped before, does not fit what is
        left in the ledger, or a file is damaged, edited or there already.
    StalePolicyError
        Where the choice was made on another task than `task` or `chosen_on`.

    Warns
    -----
    BoundsFromDataWarning
        Where groups are read off the customers.

    See Also
    --------
    read_release : Reads the file.
    """
    path = None if out is None else _new_file(Path(out))
    picked = _picked(choice, task, delta, attribute)
    covered, not_covered = _about_the_choice(picked, task, chosen_on)
    permitted = _permitted(task, picked.policy)
    learner = _learner(permitted, picked, groups)
    planned = learner.promised(task.file.unit)
    _check_ledger(ledger, planned, purpose, picked, again=again)
    fitted = learner.fitted(permitted)
    guarantee = replace(
        fitted.guarantee_,
        covers=(*fitted.guarantee_.covers, *covered),
        does_not_cover=(*fitted.guarantee_.does_not_cover, *not_covered),
    )
    release = _release(permitted, picked.policy, purpose, learner, fitted, guarantee)
    named = what or f"{task.name}: {picked.policy}"
    told = f"{named} [release {release.number}, {picked.key}, task {task.digest[:16]}]"
    if path is not None:
        _new_file(path)  # another process may have written there during the fit
    spend = ledger.spend(guarantee, what=told, purpose=purpose, once=None if again else picked.key)
    if path is not None:
        _write(release, path, spend)
    return Shipment(release, spend, path)


def _new_file(path: Path) -> Path:
    check_writable(path, suffix=".json")
    if path.exists():
        move = "A release is kept as it is: choose another name."
        raise InputError("out", "must be a new file", path, move)
    return path


def _picked(
    choice: SavedPolicy | Policy | str | Path,
    task: Task,
    delta: float | None,
    attribute: str | None,
) -> _Picked:
    given: Any = parse_policy(Path(choice)) if isinstance(choice, str | Path) else choice
    if isinstance(given, Policy):
        if attribute is None:
            move = "Name the attribute of its mitigation, or ship a choice."
            raise InputError("attribute", "is required with a bare policy", "None", move)
        record = {"policy": given._asdict(), "delta": delta, "task": task.digest}
        picked = _Picked(given, delta, attribute, None, _key(record))
    elif given.policy is None:
        raise InputError(
            "choice",
            "must have picked a policy",
            "none within its limits",
            "Choose again with other limits: its relaxations say which.",
        )
    else:
        if delta is not None or attribute is not None:
            rule, move = "must not come with a choice", "It brings its own: leave them out."
            raise InputError("delta and attribute", rule, "one of them", move)
        plan = given.plan
        picked = _Picked(
            given.policy, plan["delta"], plan["attribute"], given.task_digest, _key(_facts(given))
        )
    if math.isinf(picked.policy.epsilon):
        raise InputError(
            "policy",
            "must be private to be shipped",
            f"{picked.policy}, which promises nothing that a ledger could hold",
            "Choose again with a limit on epsilon, such as epsilon=2; or keep the model and all its "
            "scores inside, as an internal study.",
        )
    check_private(picked.policy.model, picked.policy.mitigation)
    return picked


def _facts(choice: Any) -> dict[str, Any]:
    """Return what makes a decision this one, whether it comes from memory or from its file."""
    names = ("limits", "maximise", "plan", "sweep_digest", "task_digest")
    return {"policy": choice.policy._asdict(), **{name: getattr(choice, name) for name in names}}


def _key(record: dict[str, Any]) -> str:
    return f"decision {text_digest(json_text(record))[:16]}"


def _about_the_choice(
    picked: _Picked, task: Task, chosen_on: SyntheticTask | Task | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the guarantee must say of the choice, as covered and as not; refuse a stale one."""
    if picked.task_digest is None:
        return (), (BEFOREHAND,)
    source = chosen_on.task if isinstance(chosen_on, SyntheticTask) else chosen_on
    wanted = task if source is None else source
    if picked.task_digest != wanted.digest:
        named = "task" if source is None else "chosen_on"
        raise StalePolicyError(
            named,
            "must be the one that the choice was made on",
            f"{wanted.digest[:12]}, where the choice has {picked.task_digest[:12]}",
            "The table or the task file changed since: choose again. If the choice was made on synthetic "
            "or other customers on purpose, pass these as chosen_on.",
        )
    if isinstance(chosen_on, SyntheticTask):
        own = chosen_on.guarantee
        if math.isinf(own.epsilon):
            return (), (READ,)
        told = (
            "the choice of policy, as part of the release of synthetic customers that it was made on, "
            f"{own}: the two epsilons add up, and the ledger must hold both"
        )
        return (told,), (SYNTHETIC_SEED,) if own.study else ()
    # A sweep reads the rows that its policy withholds, too, and those of its other policies.
    if source is not None and not _everybody(source) & _everybody(task):
        return (ELSEWHERE,), ()
    return (), (READ,)


def _everybody(task: Task) -> set[str]:
    return {*(task if task.whole is None else task.whole).unit}


def _permitted(task: Task, policy: Policy) -> Task:
    return task if policy.consent_policy == AS_GIVEN else task.under(policy.consent_policy)


def _learner(task: Task, picked: _Picked, groups: Sequence[str] | None) -> LearnerOfPolicy:
    policy = picked.policy
    levels, from_data = (
        ([], [])
        if policy.mitigation == "none"
        else declared_groups(task, picked.attribute, groups, stacklevel=4)
    )
    return LearnerOfPolicy.of(
        task,
        model=policy.model,
        mitigation=policy.mitigation,
        epsilon=policy.epsilon,
        delta=picked.delta,
        attribute=picked.attribute,
        groups=levels,
        groups_from_data=bool(from_data),
    )


def _check_ledger(
    ledger: Ledger, planned: Guarantee, purpose: str, picked: _Picked, *, again: bool
) -> None:
    """Refuse what the ledger would refuse, and a decision that it holds already."""
    if not (isinstance(purpose, str) and purpose.strip()):
        move = "Write what the model may be used for."
        raise InputError("purpose", "must be text that says it", repr(purpose), move)
    entries = ledger.frame()
    shipped = entries[entries["what"].str.contains(picked.key, regex=False)]
    if len(shipped) and not again:
        last = shipped.iloc[-1]
        raise InputError(
            "choice",
            "must not be shipped twice to one ledger",
            f"entry {last['number']} of {last['time']}",
            "That release is there and can be used. Shipping again costs again: pass again=True, or "
            "--again, if that is meant.",
        )
    if not ledger.allows(planned, purpose=purpose):
        left = ledger.remaining()
        raise InputError(
            "ledger",
            "must have room for the release before anything is fitted",
            f"{planned}; left is epsilon {left.epsilon:g} with delta {left.delta:g}, over all purposes",
            "Choose a policy with a smaller epsilon.",
        )


def _release(
    task: Task,
    policy: Policy,
    purpose: str,
    learner: LearnerOfPolicy,
    fitted: Any,
    guarantee: Guarantee,
) -> ReleasedModel:
    bounds, weights = learner.linear(fitted)
    curves = learner.curves(fitted)
    return ReleasedModel(
        number=secrets.token_hex(8),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        task=task.name,
        policy=policy,
        purpose=purpose,
        bounds=bounds,
        weights=weights,
        curves=None if curves is None else Curves(*curves),
        decision=task.decision,
        value=task.value if task.decision.max_profit else None,
        guarantee=guarantee,
    )


def _write(release: ReleasedModel, path: Path, spend: Spend) -> None:
    try:
        release.save(path)
    except BaseException as problem:
        problem.add_note(
            f"Entry {spend.number} of the ledger is spent, and no release file was written. Shipping "
            "again needs again=True and costs again."
        )
        raise
