"""A world is drawn once; whatever befalls the cache, what comes back is the world."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import equipoise as eq
from equipoise.crm import CRM, make_crm
from equipoise.crm import _cache as module
from equipoise.crm._cache import load_crm

RECIPE = """\
name: small
customers: 400
seed: 3
distortions: [historical_targeting=0.6:community=B]
"""


@pytest.fixture
def recipe(tmp_path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("EQUIPOISE_CACHE", str(folder))
    monkeypatch.setattr(module, "_drawn", {})
    return folder


@pytest.fixture
def drawn(monkeypatch) -> list[str]:
    """Give a list that grows by each world that is drawn rather than read."""
    acts: list[str] = []
    draw = module.draw_crm
    monkeypatch.setattr(module, "draw_crm", lambda *how: acts.append("drawn") or draw(*how))
    return acts


def another_process() -> None:
    module._drawn.clear()


def only_entry(place: Path) -> Path:
    (entry,) = place.iterdir()
    return entry


def assert_the_same_world(left: CRM, right: CRM) -> None:
    assert list(left.tables) == list(right.tables)
    for name, table in left.tables.items():
        pd.testing.assert_frame_equal(table, right.tables[name])
        assert type(table.index) is type(right.tables[name].index)
    pd.testing.assert_frame_equal(left.truth.latents, right.truth.latents)
    pd.testing.assert_frame_equal(left.truth.members, right.truth.members)
    assert left.settings == right.settings
    assert (left.draws.seed, left.draws.first) == (right.draws.seed, right.draws.first)
    assert left.draws.customers == right.draws.customers


def test_a_world_is_drawn_once_a_process(place, recipe, drawn):
    assert load_crm(recipe) is load_crm(str(recipe))
    assert drawn == ["drawn"]


def test_a_process_keeps_a_few_worlds_only(place, tmp_path, drawn):
    for seed in range(6):
        path = tmp_path / f"{seed}.yaml"
        path.write_text(RECIPE.replace("seed: 3", f"seed: {seed}"))
        load_crm(path)
    assert len(module._drawn) == 4
    assert load_crm(path) is load_crm(path)
    assert len(drawn) == 6


def test_the_next_process_reads_the_very_world(place, recipe, drawn):
    first = load_crm(recipe)
    another_process()
    again = load_crm(recipe)
    assert drawn == ["drawn"]
    assert again is not first
    assert_the_same_world(again, first)
    assert_the_same_world(again.clean_twin, make_crm(customers=400, seed=3))
    assert again.task("offer_response").digest == first.task("offer_response").digest


def test_the_twin_is_the_clean_twin_of_the_world(place, recipe):
    twin = load_crm(recipe, twin=True)
    assert twin is load_crm(recipe).clean_twin
    assert twin.distortions == ()
    assert_the_same_world(twin, make_crm(customers=400, seed=3))


def test_the_course_world_is_the_recipe_of_that_name(place):
    assert eq.load_crm is load_crm
    crm = load_crm()
    assert crm is load_crm("retail")
    assert repr(crm).startswith("CRM(customers=20000, seed=7, distortions=")


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: (entry / "orders.parquet").unlink(),
        lambda entry: (entry / "orders.parquet").write_bytes(b""),
        lambda entry: flip_a_bit(entry / "orders.parquet"),
        lambda entry: (entry / "manifest.json").unlink(),
        lambda entry: (entry / "manifest.json").write_text("{"),
        lambda entry: (entry / "manifest.json").write_text('{"files": {}}'),
        lambda entry: (entry / "manifest.json").write_text("[]"),
        lambda entry: (entry / "manifest.json").write_bytes(b"\xff"),
        lambda entry: (shutil.rmtree(entry), entry.write_text("a file")),
    ],
)
def test_a_damaged_cache_is_drawn_anew_and_never_believed(place, recipe, drawn, damage):
    first = load_crm(recipe)
    damage(only_entry(place))
    another_process()
    assert_the_same_world(load_crm(recipe), first)
    assert drawn == ["drawn"] * 2


def flip_a_bit(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))


def test_a_damaged_cache_is_mended(place, recipe, drawn):
    load_crm(recipe)
    flip_a_bit(only_entry(place) / "orders.parquet")
    for _ in range(2):
        another_process()
        load_crm(recipe)
    assert drawn == ["drawn"] * 2


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("_source", lambda: "other code"),
        ("versions", lambda names: dict.fromkeys(names, "99")),
    ],
)
def test_another_code_or_library_never_meets_an_old_world(
    place, recipe, drawn, monkeypatch, name, other
):
    load_crm(recipe)
    another_process()
    monkeypatch.setattr(module, name, other)
    load_crm(recipe)
    assert drawn == ["drawn"] * 2
    assert len(list(place.iterdir())) == 2


@pytest.mark.parametrize(
    "change",
    [("seed: 3", "seed: 4"), ("=0.6:", "=0.7:"), ("400", "401"), ("small", "large"),
     ("name", "better_off: consent_more\nname"), ("name", "behaviour: cdnow\nname")],
)  # fmt: skip
def test_another_recipe_is_another_world(place, recipe, drawn, change):
    load_crm(recipe)
    recipe.write_text(RECIPE.replace(*change))
    load_crm(recipe)
    assert drawn == ["drawn"] * 2
    assert len(list(place.iterdir())) == 2


def test_the_code_that_counts_is_all_that_draws():
    module._source.cache_clear()
    assert len(module._source()) == 64
    folder = Path(module.__file__).parent
    assert folder / "distortions" / "_label_bias.py" in folder.rglob("*.py")


def test_an_empty_variable_switches_the_disk_off(place, recipe, drawn, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_CACHE", "")
    monkeypatch.setattr(module.platformdirs, "user_cache_dir", lambda _: pytest.fail("asked"))
    load_crm(recipe)
    another_process()
    load_crm(recipe)
    assert drawn == ["drawn"] * 2
    assert not place.exists()


def test_without_the_variable_it_is_the_users_cache_folder(
    place, recipe, drawn, monkeypatch, tmp_path
):
    monkeypatch.delenv("EQUIPOISE_CACHE")
    monkeypatch.setattr(module.platformdirs, "user_cache_dir", lambda name: tmp_path / name)
    load_crm(recipe)
    assert only_entry(tmp_path / "equipoise").name.startswith("small-")


def test_a_cache_that_cannot_be_written_is_done_without(recipe, drawn, monkeypatch, place):
    def full(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module, "atomic_folder", full)
    assert load_crm(recipe).draws.customers == 400
    assert not place.exists()


def test_a_file_in_the_caches_place_is_done_without(recipe, drawn, place):
    place.write_text("a file")
    assert load_crm(recipe).draws.customers == 400
    assert place.read_text() == "a file"


def test_a_disk_that_fills_up_leaves_no_half_world(recipe, drawn, monkeypatch, place):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_manifest", full)
    assert load_crm(recipe).draws.customers == 400
    assert list(place.iterdir()) == []


LOAD = """
import sys
from equipoise.crm import load_crm
crm = load_crm(sys.argv[1])
print(len(crm.tables["orders"]), crm.tables["orders"]["amount_eur"].sum())
"""


def test_several_processes_may_write_at_once(place, recipe, drawn):
    command = [sys.executable, "-c", LOAD, str(recipe)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(3)
    ]
    said = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    orders = load_crm(recipe).tables["orders"]
    assert said == {f"{len(orders)} {orders['amount_eur'].sum()}\n"}
    assert drawn == []  # what they left is whole
    assert list(place.iterdir()) == [only_entry(place)]
