"""`equipoise ship`: from a choice to a release file and one entry of a ledger."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from equipoise.cli import app
from equipoise.exceptions import EquipoiseError
from equipoise.privacy import Ledger
from equipoise.task import read_task
from equipoise.tradeoff import Plan, choose, sweep
from equipoise.tradeoff.ways_out import read_release

CAPS = ("--epsilon-cap", 2, "--delta-cap", 1e-5)


def run(*arguments: object) -> str:
    """Run a verb in this process; a refusal is raised as it is."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def refusal(*arguments: object) -> str:
    with pytest.raises(EquipoiseError) as refused:
        run(*arguments)
    return str(refused.value)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a table, its task file and a choice."""
    folder, rng, n = tmp_path_factory.mktemp("ship"), np.random.default_rng(4), 900
    age, band = rng.uniform(18, 90, n).round(1), rng.choice(["a", "b"], n)
    answered = np.where(rng.random(n) < age / 180, "yes", "no")
    frame = pd.DataFrame({"id": range(n), "age": age, "band": band, "answered": answered})
    frame.to_csv(folder / "offers.csv", index=False)
    file = {
        "equipoise_task": 1,
        "name": "offers",
        "source": {"file": "offers.csv"},
        "unit": "id",
        "outcome": {"column": "answered", "positive": ["yes"], "negative": ["no"]},
        "groups": {"band": {"reference": "a"}},
        "features": {"age": {"type": "number", "bounds": [18, 90]}},
        "value": {"won_per_positive": 20, "cost_per_contact": 1},
    }
    (folder / "offers.yaml").write_text(yaml.safe_dump(file))
    plan = Plan(
        epsilons=[1.0], delta=1e-6, models=["private_logistic"], mitigations=["none"], seeds=1
    )
    choose(sweep(read_task(folder / "offers.yaml"), plan, jobs=1), {}).save(folder / "choice.json")
    return folder


def asked(made: Path, folder: Path, *more: object) -> tuple[object, ...]:
    return (
        *("ship", made / "choice.json", made / "offers.yaml", "--purpose", "offers"),
        *("--ledger", folder / "spring.ledger", "--out", folder / "release.json", *more),
    )


def test_it_opens_a_ledger_charges_it_and_writes_the_release(made, tmp_path):
    told = run(*asked(made, tmp_path, *CAPS, "--what", "spring offers"))
    release = read_release(tmp_path / "release.json")
    assert f"Release {release.number} of {release.date}: private_logistic, epsilon 1" in told
    assert "Not covered: the choice of policy, which read these customers without noise." in told
    assert (
        f"Ledger: {tmp_path / 'spring.ledger'} (add-remove), entry 1. Left over all purposes: epsilon 1 "
        "with delta 9e-06.\n" in told
    )
    ledger = Ledger(tmp_path / "spring.ledger")
    assert ledger.unit == "id" and ledger.verify().ok
    (entry,) = ledger.frame().to_dict("records")
    assert entry["what"].startswith(f"spring offers [release {release.number}, decision ")
    assert (entry["purpose"], entry["epsilon"]) == ("offers", 1.0)
    rows = pd.read_csv(made / "offers.csv")
    assert release.decide(rows, seed=0).sum() == 180


def test_a_second_time_needs_again_and_costs_again(made, tmp_path):
    run(*asked(made, tmp_path, *CAPS))
    told = refusal(*asked(made, tmp_path, "--out", tmp_path / "second.json"))
    assert told.startswith("choice must not be shipped twice to one ledger, got entry 1 of ")
    assert "--again" in told and not (tmp_path / "second.json").exists()
    run(*asked(made, tmp_path, "--out", tmp_path / "second.json", "--again"))
    assert Ledger(tmp_path / "spring.ledger").frame()["epsilon"].sum() == 2.0
    third = refusal(*asked(made, tmp_path, "--out", tmp_path / "third.json", "--again"))
    assert third.startswith("ledger must have room for the release before anything is fitted")
    assert not (tmp_path / "third.json").exists()


def test_a_new_ledger_needs_its_caps(made, tmp_path):
    assert refusal(*asked(made, tmp_path)) == (
        f"--ledger must be an existing ledger, unless it is given caps, got "
        f"{tmp_path / 'spring.ledger'}. Add --epsilon-cap and --delta-cap to start one, such as 3 and "
        "1e-5."
    )
    assert not list(tmp_path.iterdir())


def test_a_refusal_leaves_no_new_ledger_behind(made, tmp_path):
    record = json.loads((made / "choice.json").read_text())
    (tmp_path / "edited.json").write_text(json.dumps(record | {"maximise": "auc"}))
    edited = ("ship", tmp_path / "edited.json", *asked(made, tmp_path, *CAPS)[2:])
    assert refusal(*edited).startswith("policy must be as it was written, got edited.json.")
    small = ("--epsilon-cap", 0.5, "--delta-cap", 1e-5)
    assert refusal(*asked(made, tmp_path, *small)).startswith(
        "ledger must have room for the release"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["edited.json"]


def test_a_table_that_changed_since_the_choice_is_refused(made, tmp_path):
    for name in ("offers.csv", "offers.yaml", "choice.json"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    rows = pd.read_csv(tmp_path / "offers.csv")
    rows.iloc[1:].to_csv(tmp_path / "offers.csv", index=False)
    told = refusal(*asked(tmp_path, tmp_path, *CAPS))
    assert told.startswith("task must be the one that the choice was made on, got ")
    assert not (tmp_path / "spring.ledger").exists()


def test_a_new_ledger_is_of_the_adjacency_of_the_pick(made, tmp_path):
    plan = Plan(
        epsilons=[1.0], delta=1e-6, models=["diffprivlib_logistic"], mitigations=["none"], seeds=1
    )
    swept = sweep(read_task(made / "offers.yaml"), plan, jobs=1)
    choose(swept, {}).save(tmp_path / "choice.json")
    told = run("ship", tmp_path / "choice.json", *asked(made, tmp_path, *CAPS)[2:])
    assert "spring.ledger (replace-one), entry 1. Left over all purposes: epsilon 1" in told
    assert Ledger(tmp_path / "spring.ledger").adjacency == "replace-one"
